using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>Systems are told apart by folders under Interop and at run time, never by the compiler.</summary>
internal static class DirectiveRule
{
    public static IEnumerable<Finding> Check(HouseFile file) =>
        file.Root.DescendantNodes(descendIntoTrivia: true).OfType<DirectiveTriviaSyntax>()
            .Where(directive => directive.Kind() is SyntaxKind.IfDirectiveTrivia or SyntaxKind.ElifDirectiveTrivia
                or SyntaxKind.DefineDirectiveTrivia or SyntaxKind.RegionDirectiveTrivia)
            .Select(directive => file.At(directive, $"#{directive.DirectiveNameToken.Text} is banned"));
}
