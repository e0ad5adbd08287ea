using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>A place that uses a member of a type that rules watch.</summary>
/// <param name="Node">The place.</param>
/// <param name="Name">What is used: <c>Type.Member</c>, or <c>new Type</c>.</param>
internal readonly record struct MemberUse(SyntaxNode Node, string Name)
{
    /// <summary>
    /// The uses of <paramref name="watched"/> names: <c>Type.Member</c>, <c>Type.*</c> or <c>new Type</c>. Names
    /// are compared as written, so importing such a type statically or under another name counts as a use too.
    /// </summary>
    public static IEnumerable<MemberUse> Find(SyntaxNode root, IReadOnlyCollection<string> watched)
    {
        var types = watched.Select(name => name.StartsWith("new ", StringComparison.Ordinal)
            ? name[4..]
            : name.Split('.')[0]).ToHashSet();
        foreach (var node in root.DescendantNodes())
        {
            string? name = node switch
            {
                MemberAccessExpressionSyntax access => $"{LastOf(access.Expression)}.{access.Name.Identifier.Text}",
                ObjectCreationExpressionSyntax creation => $"new {Names.Last(creation.Type)}",
                ImplicitObjectCreationExpressionSyntax creation => $"new {Names.Last(DeclaredType(creation))}",
                UsingDirectiveSyntax { StaticKeyword.RawKind: not 0 } or UsingDirectiveSyntax { Alias: not null } =>
                    UsedType((UsingDirectiveSyntax)node, types),
                _ => null,
            };
            if (name is null) continue;
            if (node is UsingDirectiveSyntax || watched.Contains(name) || watched.Contains($"{name.Split('.')[0]}.*"))
            {
                yield return new MemberUse(node, name);
            }
        }
    }

    private static string LastOf(ExpressionSyntax expression) => expression switch
    {
        MemberAccessExpressionSyntax access => access.Name.Identifier.Text,
        TypeSyntax type => Names.Last(type),
        _ => "",
    };

    private static string? UsedType(UsingDirectiveSyntax directive, HashSet<string> types) =>
        types.Contains(Names.Last(directive.NamespaceOrType)) ? $"using {directive.NamespaceOrType}" : null;

    private static TypeSyntax? DeclaredType(SyntaxNode creation) => creation.FirstAncestorOrSelf<SyntaxNode>(
        node => node is VariableDeclarationSyntax or PropertyDeclarationSyntax or BaseMethodDeclarationSyntax
            or ArgumentSyntax) switch
    {
        VariableDeclarationSyntax variable => variable.Type,
        PropertyDeclarationSyntax property => property.Type,
        _ => null,
    };
}
