using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>
/// A long file holds a second concept, a long method a second step. Tests may list more cases, and are longer.
/// </summary>
internal static class LengthRule
{
    private const int FileLinesMax = 400, TestFileLinesMax = 500, MethodLinesMax = 60, TestMethodLinesMax = 80;

    public static IEnumerable<Finding> Check(HouseFile file)
    {
        int fileMax = file.IsTest ? TestFileLinesMax : FileLinesMax;
        int methodMax = file.IsTest ? TestMethodLinesMax : MethodLinesMax;
        int lines = file.Text.AsSpan().Count('\n');
        if (lines > fileMax)
            yield return new Finding(file.Path, fileMax + 1, $"{lines} lines; a file has at most {fileMax}");

        foreach (var member in file.Root.DescendantNodes().Where(HasBody))
        {
            // Attributes and documentation do not count; the signature and the body do.
            int start = SignatureOf(member).GetLocation().GetLineSpan().StartLinePosition.Line;
            int length = member.GetLocation().GetLineSpan().EndLinePosition.Line - start + 1;
            if (length > methodMax)
                yield return file.At(SignatureOf(member), $"{length} lines; a method has at most {methodMax}");
        }

        GlobalStatementSyntax[] program = [.. file.Root.Members.OfType<GlobalStatementSyntax>()];
        if (program.Length == 0) yield break;
        int programLines = program[^1].GetLocation().GetLineSpan().EndLinePosition.Line
            - program[0].GetLocation().GetLineSpan().StartLinePosition.Line + 1;
        if (programLines > methodMax)
            yield return file.At(program[0], $"{programLines} lines; a method has at most {methodMax}");
    }

    private static bool HasBody(SyntaxNode node) =>
        node is BaseMethodDeclarationSyntax or BasePropertyDeclarationSyntax or LocalFunctionStatementSyntax;

    private static SyntaxToken SignatureOf(SyntaxNode node) => node switch
    {
        MemberDeclarationSyntax { AttributeLists: [.., var last] } => last.CloseBracketToken.GetNextToken(),
        LocalFunctionStatementSyntax { AttributeLists: [.., var last] } => last.CloseBracketToken.GetNextToken(),
        _ => node.GetFirstToken(),
    };
}
