using System.Text;
using System.Text.RegularExpressions;

namespace Concord.Tests.Variants;

/// <summary>Changes of the library's sources, each as new texts by path.</summary>
internal static partial class SourceChanges
{
    private const string FileReads = "src/Concord/Interop/FileBytes.cs";
    private const StringComparison Exact = StringComparison.Ordinal;

    /// <summary>The library with another number of pages an extent.</summary>
    internal static IReadOnlyDictionary<string, string> PagesPerExtent(LibrarySources sources, int pages)
    {
        var (path, text) = sources.Texts.Single(static file => PagesConstant().IsMatch(file.Value));
        return new Dictionary<string, string>
        {
            [path] = PagesConstant().Replace(text, $"internal const int PagesPerExtent = {pages};"),
        };
    }

    /// <summary>
    /// The library in which each import of Linux's C library asks first whether it is to fail: a line before each
    /// native call, in what the import generator made. Reads and writes of files ask how much they are to do.
    /// </summary>
    internal static IReadOnlyDictionary<string, string> FailingImports(LibrarySources sources)
    {
        var (path, text) = sources.Texts.Single(
            static file => file.Key.EndsWith("LibraryImports.g.cs", StringComparison.Ordinal));
        var changed = new StringBuilder(text.Length * 2);
        string import = "";
        bool isLinux = false;
        int asked = 0;
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith("namespace ", StringComparison.Ordinal))
                isLinux = line.EndsWith(".Linux", StringComparison.Ordinal);
            if (ImportName().Match(line) is { Success: true } declared) import = declared.Groups[1].Value;
            var call = NativeCall().Match(line);
            if (!isLinux || !call.Success)
            {
                changed.Append(line).Append('\n');
                continue;
            }

            asked++;
            string asks = $"global::{SystemCallFaults.TypeName}.Asks(\"{import}\", out int __planted)";
            string made = call.Groups[1].Value;
            string part = $"global::{SystemCallFaults.TypeName}.Part";
            if (import == "Pread") made = made.Replace("length", $"{part}(length)", Exact);
            if (import == "Pwritev")
            {
                // A cut piece needs a place.
                changed.Append("var __piece = default(global::Concord.Interop.IoVector);\n");
                made = made.Replace("vectors", $"{part}(vectors, &__piece, ref count)", Exact);
            }

            changed.Append($"__retVal = {asks} ? __planted : {made};\n");
        }

        if (asked == 0) throw new VariantException("no import was found in what the generator made");
        return new Dictionary<string, string>
        {
            [path] = changed.ToString(),
            ["SystemCallFaults.g.cs"] = SystemCallFaults.Source,
            [FileReads] = PartialReads(sources.Texts[FileReads]),
        };
    }

    /// <summary>What .NET reads of files for the library does a part too.</summary>
    private static string PartialReads(string text)
    {
        const string Destination = "(file, destination, offset";
        string part = $"(file, destination[..global::{SystemCallFaults.TypeName}.Part(destination.Length)], offset";
        if (!text.Contains(Destination, Exact)) throw new VariantException($"{FileReads} reads in another way");
        return text.Replace(Destination, part, Exact);
    }

    [GeneratedRegex(@"internal const int PagesPerExtent = \d+;")]
    private static partial Regex PagesConstant();

    [GeneratedRegex(@"\bpartial [\w.:]+ (\w+)\(")]
    private static partial Regex ImportName();

    [GeneratedRegex(@"__retVal = (__PInvoke\([^;]*\))")]
    private static partial Regex NativeCall();
}
