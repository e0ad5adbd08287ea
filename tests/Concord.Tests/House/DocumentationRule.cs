using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>
/// What users can call is documented: a summary, each parameter, and each exception that the member itself throws.
/// (That there is a comment at all is the compiler's warning CS1591; this reads what stands in it.)
/// </summary>
internal static class DocumentationRule
{
    // The first says that a line cannot be reached; a stub with the second is another rule's finding.
    private static readonly string[] Unmet = ["UnreachableException", nameof(NotImplementedException)];

    public static IEnumerable<Finding> Check(HouseFile file) =>
        file.IsLibrary ? file.Root.DescendantNodes().OfType<MemberDeclarationSyntax>().Where(IsVisible)
            .SelectMany(member => Check(file, member)) : [];

    private static IEnumerable<Finding> Check(HouseFile file, MemberDeclarationSyntax member)
    {
        XmlNodeSyntax[] elements = Elements(member);
        if (elements.Any(element => NameOf(element) == "inheritdoc")) yield break;
        if (!elements.Any(element => NameOf(element) == "summary"))
        {
            if (member is TypeDeclarationSyntax type && type.Modifiers.Any(SyntaxKind.PartialKeyword)
                && IsFurtherPart(file, type))
                yield break;
            yield return file.At(member, $"{Title(member)} has no summary");
            yield break;
        }

        foreach (string parameter in Parameters(member))
        {
            bool isDocumented = elements.Any(element => NameOf(element) == "param" && Attribute(element) == parameter);
            if (!isDocumented) yield return file.At(member, $"{Title(member)} does not say what {parameter} is");
        }

        foreach (string exception in Thrown(member).Distinct())
        {
            bool isDocumented = elements.Any(
                element => NameOf(element) == "exception" && Attribute(element) == exception);
            if (!isDocumented) yield return file.At(member, $"{Title(member)} does not say when it throws {exception}");
        }
    }

    /// <summary>The elements of a member's documentation: summary, param, exception…</summary>
    internal static XmlNodeSyntax[] Elements(MemberDeclarationSyntax member) =>
        member.GetLeadingTrivia().Select(static trivia => trivia.GetStructure())
            .OfType<DocumentationCommentTriviaSyntax>()
            .LastOrDefault()?.DescendantNodes().OfType<XmlNodeSyntax>()
            .Where(static node => node is XmlElementSyntax or XmlEmptyElementSyntax).ToArray() ?? [];

    /// <summary>Whether users can name a member.</summary>
    internal static bool IsVisible(MemberDeclarationSyntax member)
    {
        if (member is BaseNamespaceDeclarationSyntax or GlobalStatementSyntax) return false;
        // "private protected" is for this assembly, and a part of a type in a file of its own has its words in the
        // first.
        if (member.Modifiers.Any(SyntaxKind.PrivateKeyword)) return false;
        bool isPublic = member is EnumMemberDeclarationSyntax || member.Parent is InterfaceDeclarationSyntax
            || member.Modifiers.Any(
                modifier => modifier.Kind() is SyntaxKind.PublicKeyword or SyntaxKind.ProtectedKeyword);
        return isPublic && (member.Parent is not BaseTypeDeclarationSyntax outer || IsVisible(outer));
    }

    /// <summary>Whether a file holds a further part of a type: FileOperations.Store.cs of FileOperations.</summary>
    private static bool IsFurtherPart(HouseFile file, TypeDeclarationSyntax type) =>
        Path.GetFileName(file.Path).StartsWith(type.Identifier.Text + ".", StringComparison.Ordinal)
        && Path.GetFileName(file.Path) != type.Identifier.Text + ".cs";

    private static IEnumerable<string> Parameters(MemberDeclarationSyntax member)
    {
        var list = member switch
        {
            // What stands left and right of an operator needs no words.
            OperatorDeclarationSyntax or ConversionOperatorDeclarationSyntax => [],
            BaseMethodDeclarationSyntax method => method.ParameterList.Parameters,
            TypeDeclarationSyntax { ParameterList: { } parameters } => parameters.Parameters,
            DelegateDeclarationSyntax @delegate => @delegate.ParameterList.Parameters,
            IndexerDeclarationSyntax indexer => indexer.ParameterList.Parameters,
            _ => [],
        };
        return list.Select(parameter => parameter.Identifier.Text);
    }

    private static IEnumerable<string> Thrown(MemberDeclarationSyntax member)
    {
        if (member is BaseTypeDeclarationSyntax) yield break;
        foreach (var node in member.DescendantNodes())
        {
            string name = node switch
            {
                ThrowStatementSyntax { Expression: ObjectCreationExpressionSyntax creation } =>
                    Names.Last(creation.Type),
                ThrowExpressionSyntax { Expression: ObjectCreationExpressionSyntax creation } =>
                    Names.Last(creation.Type),
                InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access }
                    when access.Name.Identifier.Text.StartsWith("ThrowIf", StringComparison.Ordinal) =>
                        access.Expression.ToString(),
                _ => "",
            };
            if (name.EndsWith("Exception", StringComparison.Ordinal) && !Unmet.Contains(name)) yield return name;
        }
    }

    private static string Title(MemberDeclarationSyntax member) => member switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier.Text,
        MethodDeclarationSyntax method => method.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        PropertyDeclarationSyntax property => property.Identifier.Text,
        EnumMemberDeclarationSyntax value => value.Identifier.Text,
        IndexerDeclarationSyntax => "the indexer",
        FieldDeclarationSyntax field => field.Declaration.Variables[0].Identifier.Text,
        _ => "a public member",
    };

    internal static string NameOf(XmlNodeSyntax element) => element switch
    {
        XmlElementSyntax full => full.StartTag.Name.LocalName.Text,
        XmlEmptyElementSyntax empty => empty.Name.LocalName.Text,
        _ => "",
    };

    internal static string Attribute(XmlNodeSyntax element) =>
        (element as XmlElementSyntax)?.StartTag.Attributes.Select(attribute => attribute switch
        {
            XmlNameAttributeSyntax name => name.Identifier.Identifier.Text,
            XmlCrefAttributeSyntax { Cref: NameMemberCrefSyntax cref } => Names.Last(cref.Name),
            XmlCrefAttributeSyntax cref => cref.Cref.ToString().Split('.')[^1],
            _ => "",
        }).FirstOrDefault() ?? "";
}
