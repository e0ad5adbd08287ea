using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>
/// What users can call says whether it blocks: its documentation has a word for waiting, or says that it does not wait.
/// Values (structures), operators and what repeats another member's words are left out.
/// </summary>
internal static partial class BlockingRule
{
    public static IEnumerable<Finding> Check(HouseFile file)
    {
        if (!file.IsLibrary) yield break;
        foreach (var method in file.Root.DescendantNodes().OfType<MethodDeclarationSyntax>())
        {
            if (!DocumentationRule.IsVisible(method) || method.Parent is not TypeDeclarationSyntax type) continue;
            string comment = string.Concat(method.GetLeadingTrivia().Select(static trivia => trivia.GetStructure())
                .OfType<DocumentationCommentTriviaSyntax>().Select(static structure => structure.ToFullString()));
            if (IsValue(type) || comment.Length == 0 || comment.Contains("<inheritdoc", StringComparison.Ordinal))
                continue;
            if (Word().IsMatch(comment)) continue;
            string parameters = string.Join(
                ", ", method.ParameterList.Parameters.Select(static parameter => parameter.Type));
            string name = $"{type.Identifier.Text}.{method.Identifier.Text}({parameters})";
            yield return file.At(method.Identifier, $"{name} does not say whether it blocks");
        }
    }

    private static bool IsValue(TypeDeclarationSyntax type) =>
        type is StructDeclarationSyntax || type.Kind() == SyntaxKind.RecordStructDeclaration;

    [GeneratedRegex(@"\b(block(s|ing)?|wait(s|ed|ing)?|at once|asynchronously)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Word();
}
