using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>No catch hides an error: it names what it expects, and does something about it.</summary>
internal static class CatchRule
{
    public static IEnumerable<Finding> Check(HouseFile file)
    {
        foreach (var clause in file.Root.DescendantNodes().OfType<CatchClauseSyntax>())
        {
            bool throws = clause.Block.DescendantNodes()
                .Any(node => node is ThrowStatementSyntax or ThrowExpressionSyntax);
            bool isAny = clause.Declaration is null
                || (Names.Last(clause.Declaration.Type) == "Exception" && clause.Filter is null);
            if (clause.Block.Statements.Count == 0)
            {
                // That somebody cancelled is an answer and no error; the comment says where it is given.
                bool isAnswer = Names.Last(clause.Declaration?.Type) == nameof(OperationCanceledException)
                    && HasComment(clause.Block);
                if (!isAnswer) yield return file.At(clause, "an empty catch hides the error");
            }
            else if (isAny && !throws && !UsesTheError(clause))
            {
                yield return file.At(
                    clause, "a catch of everything must throw again, pass the error on, or name what it expects");
            }
        }
    }

    private static bool HasComment(BlockSyntax block) =>
        block.DescendantTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia));

    private static bool UsesTheError(CatchClauseSyntax clause) =>
        clause.Declaration?.Identifier.Text is { Length: > 0 } name
        && clause.Block.DescendantNodes().OfType<IdentifierNameSyntax>()
            .Any(identifier => identifier.Identifier.Text == name);
}
