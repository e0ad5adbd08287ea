using System.Text;
using Concord.Tests.House;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Concord.Tests.Variants;

/// <summary>
/// The library's sources, and assemblies that are compiled from them with something changed. A changed library has no
/// hook in the product, and costs a few seconds: the texts are parsed once, and nothing but the library is compiled.
/// </summary>
internal sealed class LibrarySources
{
    private const string Project = "Concord";
    private static readonly string Folder = $"src/{Project}";

    private readonly string[] _symbols;
    private readonly CSharpParseOptions _parsing;
    private readonly Dictionary<string, SyntaxTree> _trees;
    private readonly CSharpCompilation _compilation;

    private LibrarySources(IReadOnlyDictionary<string, string> texts, string[] symbols)
    {
        _symbols = symbols;
        _parsing = new CSharpParseOptions(LanguageVersion.CSharp13, DocumentationMode.None,
            preprocessorSymbols: symbols);
        Texts = texts;
        _trees = Texts.ToDictionary(static file => file.Key, file => Parse(file.Key, file.Value));
        var options = new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true,
            nullableContextOptions: NullableContextOptions.Enable, generalDiagnosticOption: ReportDiagnostic.Suppress);
        _compilation = CSharpCompilation.Create(Project, _trees.Values, LibraryTypes.References(), options);
    }

    /// <summary>
    /// Each file's text by its path from the repository's root; what a build generated is among them.
    /// </summary>
    internal IReadOnlyDictionary<string, string> Texts { get; }

    /// <summary>The syntax of each file.</summary>
    internal IReadOnlyDictionary<string, SyntaxTree> Trees => _trees;

    /// <param name="symbols">
    /// Symbols of the compilation: <c>DEBUG</c> brings the assertions that releases leave out.
    /// </param>
    internal static LibrarySources Load(params string[] symbols) => new(Read(), symbols);

    /// <summary>The sources with some texts changed, to change them further.</summary>
    internal LibrarySources With(IReadOnlyDictionary<string, string> changed)
    {
        var texts = new Dictionary<string, string>(Texts);
        foreach (var (path, text) in changed) texts[path] = text;
        return new LibrarySources(texts, _symbols);
    }

    /// <summary>Compiles the library with some files changed or added.</summary>
    /// <param name="path">Where the assembly goes.</param>
    /// <param name="changed">New texts by path.</param>
    /// <exception cref="VariantException">It does not compile.</exception>
    internal void Emit(string path, IReadOnlyDictionary<string, string> changed)
    {
        // A file that is also somewhere else by a hard link is not written through.
        File.Delete(path);
        using var assembly = File.Create(path);
        var result = Changed(changed, out _).Emit(
            assembly, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.Embedded));
        ThrowOnErrors(result.Diagnostics);
    }

    /// <summary>Compiles the changed files alone, and makes no assembly: a small part of the time.</summary>
    /// <exception cref="VariantException">They do not compile.</exception>
    internal void Check(IReadOnlyDictionary<string, string> changed)
    {
        var compilation = Changed(changed, out var trees);
        foreach (var tree in trees) ThrowOnErrors(compilation.GetSemanticModel(tree).GetDiagnostics());
    }

    private CSharpCompilation Changed(IReadOnlyDictionary<string, string> changed, out List<SyntaxTree> trees)
    {
        var compilation = _compilation;
        trees = [];
        foreach (var (file, text) in changed)
        {
            var tree = Parse(file, text);
            trees.Add(tree);
            compilation = _trees.TryGetValue(file, out var former)
                ? compilation.ReplaceSyntaxTree(former, tree)
                : compilation.AddSyntaxTrees(tree);
        }

        return compilation;
    }

    private static void ThrowOnErrors(IEnumerable<Diagnostic> found)
    {
        string errors = string.Join('\n', found.Where(static one => one.Severity == DiagnosticSeverity.Error).Take(5));
        if (errors.Length > 0) throw new VariantException($"the changed library does not compile:\n{errors}");
    }

    private static Dictionary<string, string> Read()
    {
        // The configuration of this program is the last part of where it lies: artifacts/bin/Concord.Tests/release.
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string generated = Path.Combine(Repository.Root, "artifacts", "obj", Project, configuration);
        string[] files =
        [
            .. Directory.EnumerateFiles(Path.Combine(Repository.Root, Folder), "*.cs", SearchOption.AllDirectories),
            .. Directory.EnumerateFiles(generated, $"{Project}.*.cs"),
            .. Directory.EnumerateFiles(Path.Combine(generated, "generated"), "*.g.cs", SearchOption.AllDirectories),
        ];
        return files.ToDictionary(static file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'),
            File.ReadAllText);
    }

    private SyntaxTree Parse(string path, string text) =>
        CSharpSyntaxTree.ParseText(SourceText.From(text, Encoding.UTF8), _parsing, path);
}
