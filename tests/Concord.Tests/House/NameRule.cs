using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>A type is named for what it is, and public types stand in the namespace that users import.</summary>
internal static class NameRule
{
    private static readonly string[] EmptySuffixes = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility",
        "Utilities", "Data", "Info"];

    public static IEnumerable<Finding> Check(HouseFile file)
    {
        foreach (var type in file.Root.DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
        {
            string? suffix = EmptySuffixes.FirstOrDefault(
                suffix => type.Identifier.Text.EndsWith(suffix, StringComparison.Ordinal));
            if (suffix is not null)
                yield return file.At(type.Identifier, $"'{suffix}' says nothing about {type.Identifier.Text}");

            if (file.IsLibrary && type.Modifiers.Any(modifier => modifier.IsKind(SyntaxKind.PublicKeyword))
                && !IsInFace(file, type))
            {
                yield return file.At(type.Identifier, $"a public type stands in namespace {file.Path.Split('/')[1]}");
            }
        }
    }

    private static bool IsInFace(HouseFile file, BaseTypeDeclarationSyntax type) =>
        type.FirstAncestorOrSelf<BaseNamespaceDeclarationSyntax>()?.Name.ToString() == file.Path.Split('/')[1];
}
