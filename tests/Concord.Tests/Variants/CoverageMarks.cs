using System.Text;
using Concord.Tests.Mutation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.Variants;

/// <summary>The library in which each body leaves a mark, so that it is known which tests come there.</summary>
internal sealed class CoverageMarks
{
    /// <summary>
    /// The environment variable with the folder into which a process writes its marks, when it ends or is asked.
    /// </summary>
    internal const string Variable = "CONCORD_TESTS_MARKS";

    private readonly List<string> _names = [];

    private CoverageMarks(LibrarySources sources) => Changed = Mark(sources);

    /// <summary>The changed texts.</summary>
    internal IReadOnlyDictionary<string, string> Changed { get; }

    internal static CoverageMarks In(LibrarySources sources) => new(sources);

    /// <summary>The members, as <c>Type.Member</c>, in which the processes of a run left a mark.</summary>
    internal IReadOnlySet<string> Read(string folder) => Directory.EnumerateFiles(folder)
        .SelectMany(File.ReadLines).Select(line => _names[int.Parse(line, null)]).ToHashSet();

    private Dictionary<string, string> Mark(LibrarySources sources)
    {
        var changed = new Dictionary<string, string>();
        foreach (var (path, tree) in sources.Trees.Where(
            static file => file.Key.StartsWith("src/", StringComparison.Ordinal)))
        {
            var text = new StringBuilder(sources.Texts[path]);
            foreach (var body in Bodies(tree.GetRoot()).OrderByDescending(static body => body.SpanStart))
            {
                text.Insert(body.SpanStart + 1, $" global::Concord.CoverageMarks.Hit({_names.Count});");
                _names.Add(NameOf(body));
            }

            if (text.Length != sources.Texts[path].Length) changed[path] = text.ToString();
        }

        changed["CoverageMarks.g.cs"] = Source.Replace("COUNT", _names.Count.ToString(null, null),
            StringComparison.Ordinal);
        return changed;
    }

    private static IEnumerable<BlockSyntax> Bodies(SyntaxNode root) =>
        root.DescendantNodes().OfType<BlockSyntax>()
            .Where(static block => block.Parent is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax);

    private static string NameOf(BlockSyntax body)
    {
        var member = body.Ancestors().OfType<MemberDeclarationSyntax>()
            .First(static node => node is not BaseTypeDeclarationSyntax);
        string type = body.Ancestors().OfType<BaseTypeDeclarationSyntax>().First().Identifier.Text;
        return $"{type}.{WrittenMutant.NameOf(member) ?? "other"}";
    }

    private const string Source = """
        namespace Concord;

        internal static class CoverageMarks
        {
            private static readonly bool[] Seen = new bool[COUNT];
            private static int _written;

            static CoverageMarks() => System.AppDomain.CurrentDomain.ProcessExit += (_, _) => Write();

            internal static void Hit(int mark) => Seen[mark] = true;

            internal static void Write()
            {
                string? folder = System.Environment.GetEnvironmentVariable("CONCORD_TESTS_MARKS");
                if (string.IsNullOrEmpty(folder)) return;
                var hit = new System.Collections.Generic.List<string>();
                for (int mark = 0; mark < Seen.Length; mark++)
                {
                    if (Seen[mark]) hit.Add(mark.ToString());
                    Seen[mark] = false;
                }

                string name = $"{System.Environment.ProcessId}-{System.Threading.Interlocked.Increment(ref _written)}";
                System.IO.File.WriteAllLines(System.IO.Path.Combine(folder, name), hit);
            }
        }
        """;
}
