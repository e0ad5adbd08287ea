using System.Text.RegularExpressions;
using Concord.Tests.Variants;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.Mutation;

/// <summary>
/// Draws faults: each place of the engine where a mask, an epoch, a length or a number of the ledger is changed or
/// compared can be broken in a few ways, and a seed says which are. A place is drawn by its name, so that changes
/// elsewhere leave the draw as it is.
/// </summary>
internal static partial class MutantLottery
{
    private static readonly (string Kind, Regex Names)[] Kinds =
    [
        ("masks", MaskNames()), ("epochs", EpochNames()), ("lengths", LengthNames()), ("ledger", LedgerNames()),
    ];

    /// <summary>
    /// As many of each kind, as far as there are so many; none that <see cref="MutantTexts.Unseen"/> names.
    /// </summary>
    internal static IReadOnlyList<Mutant> Draw(LibrarySources sources, int seed, int count)
    {
        var engine = sources.Trees.Where(static file => IsEngine(file.Key));
        var places = engine.SelectMany(static file => Places(file.Key, file.Value))
            .Where(static place => !MutantTexts.Unseen.Contains(place.Name)).ToList();
        return
        [
            .. Kinds.SelectMany(kind => places.Where(place => place.Kind == kind.Kind)
                .OrderBy(place => Lot(seed, place.Name)).Take(count / Kinds.Length)),
        ];
    }

    private static bool IsEngine(string path) =>
        path.StartsWith("src/Concord/Memory/", StringComparison.Ordinal)
            || path.StartsWith("src/Concord/Caching/", StringComparison.Ordinal);

    /// <summary>The places of one file where a fault can be made.</summary>
    internal static IEnumerable<DrawnMutant> Places(string path, SyntaxTree tree)
    {
        string file = Path.GetFileNameWithoutExtension(path);
        var numbers = new Dictionary<string, int>();
        foreach (var type in tree.GetRoot().DescendantNodes().OfType<TypeDeclarationSyntax>())
        {
            foreach (var member in type.Members.Where(
                static member => member is MethodDeclarationSyntax or PropertyDeclarationSyntax))
            {
                string name = WrittenMutant.NameOf(member)!;
                if (name.StartsWith("Check", StringComparison.Ordinal)) continue;
                foreach (var node in member.DescendantNodes().Where(static node => !IsAssertion(node)))
                {
                    foreach (var (change, length, replacement) in Changes(node))
                    {
                        if (KindOf(node.ToString()) is not { } kind) continue;
                        int number = numbers[name] = numbers.GetValueOrDefault(name) + 1;
                        yield return new DrawnMutant
                        {
                            Name = $"{file}.{name}-{number}",
                            Kind = kind,
                            What = $"{change}: {Shorten(node.ToString())}",
                            Type = type.Identifier.Text,
                            Member = name,
                            Path = path,
                            Start = node.SpanStart,
                            Length = length,
                            Replacement = replacement,
                        };
                    }
                }
            }
        }
    }

    /// <summary>In which ways one piece of code can be broken.</summary>
    private static IEnumerable<(string Change, int Length, string Replacement)> Changes(SyntaxNode node)
    {
        int length = node.Span.Length;
        switch (node)
        {
            case ExpressionStatementSyntax statement
                when (statement.Expression is AssignmentExpressionSyntax
                    or PostfixUnaryExpressionSyntax or InvocationExpressionSyntax)
                && !node.ToString().Contains(" out ", StringComparison.Ordinal) && !SetsLocal(node):
                yield return ("left out", length, ";");
                break;
            case BinaryExpressionSyntax { RawKind: (int)SyntaxKind.BitwiseOrExpression } either:
                yield return ("only the left of", length, either.Left.ToString());
                yield return ("only the right of", length, either.Right.ToString());
                break;
            case BinaryExpressionSyntax { RawKind: (int)SyntaxKind.BitwiseAndExpression } both:
                yield return ("only the left of", length, both.Left.ToString());
                break;
            case BinaryExpressionSyntax { RawKind: (int)SyntaxKind.LogicalAndExpression } both:
                yield return ("only the left of", length, both.Left.ToString());
                break;
            case BinaryExpressionSyntax comparison when Neighbour(comparison.Kind()) is { } other:
                yield return ("another comparison in", length, $"{comparison.Left} {other} {comparison.Right}");
                break;
            case InvocationExpressionSyntax extreme
                when extreme.Expression.ToString() is "Math.Max" or "Math.Min":
                string turned = extreme.Expression.ToString() == "Math.Max" ? "Math.Min" : "Math.Max";
                yield return ("the other end of", length, $"{turned}{extreme.ArgumentList}");
                break;
        }
    }

    /// <summary>Without it, the compiler would find a local that nobody has set.</summary>
    private static bool SetsLocal(SyntaxNode node) =>
        node is ExpressionStatementSyntax { Expression: AssignmentExpressionSyntax { Left: IdentifierNameSyntax name } }
        && char.IsLower(name.Identifier.Text[0]);

    private static string? Neighbour(SyntaxKind comparison) => comparison switch
    {
        SyntaxKind.LessThanExpression => "<=",
        SyntaxKind.LessThanOrEqualExpression => "<",
        SyntaxKind.GreaterThanExpression => ">=",
        SyntaxKind.GreaterThanOrEqualExpression => ">",
        _ => null,
    };

    /// <summary>What only looks, or counts for figures, breaks nothing that a user sees.</summary>
    private static bool IsAssertion(SyntaxNode node) => node.AncestorsAndSelf().OfType<InvocationExpressionSyntax>()
        .Any(static call => call.Expression.ToString() is "Debug.Assert" or "Require" or "Interlocked.Increment");

    private static string? KindOf(string text) => Kinds.FirstOrDefault(kind => kind.Names.IsMatch(text)).Kind;

    private static string Shorten(string text)
    {
        string line = Spaces().Replace(text, " ");
        return line.Length <= 80 ? line : line[..77] + "...";
    }

    /// <summary>A number for a name under a seed, the same on every machine.</summary>
    private static uint Lot(int seed, string name)
    {
        uint hash = 2166136261 ^ (uint)seed;
        foreach (char letter in name) hash = (hash ^ letter) * 16777619;
        return hash ^ (hash >> 15);
    }

    [GeneratedRegex(
        @"\b(Resident|Backed|Dirty|Loading|Claimed|Writing|Unstable(Old|New)?|Suspended|Closing|Leased|WriteLeased"
        + @"|ExclusivelyLeased|Overwriting|Frozen|Awaited|WritablyMapped|MarkDirty|CleanLocked|ForgetLogLocked)\b")]
    private static partial Regex MaskNames();

    [GeneratedRegex(@"\b(_?[eE]poch|AdvanceEpochLocked|[gG]eneration)\b")]
    private static partial Regex EpochNames();

    [GeneratedRegex(@"\b(_?[lL]ength|_?[vV]alid\w*|WroteUpTo|ViewWroteUpTo|_?[sS]izes)\b")]
    private static partial Regex LengthNames();

    [GeneratedRegex(
        @"\b(_?[lL]edger|_?accepted|_?covered|_?durable|Accept\w*|Owe\w*|Failures|_?number|Cover\w*|_?begun)\b")]
    private static partial Regex LedgerNames();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
