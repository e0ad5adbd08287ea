using System.Text;
using Concord.Tests.House;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Concord.Tests.Variants;

/// <summary>
/// The sources of one assembly, the library's as a rule, and assemblies that are compiled from them with something
/// changed. A changed library has no hook in the product, and costs a few seconds: the texts are parsed once, and
/// nothing but the library is compiled.
/// </summary>
internal sealed class LibrarySources
{
    /// <summary>The project of the library itself.</summary>
    internal const string Library = "Concord";

    /// <summary>The start of the path of a project's files.</summary>
    internal const string Root = "src/";

    // Where a variant has the files that were changed in it, beside its assemblies.
    private const string ChangedFolder = "changed";

    // What some projects refer to besides .NET.
    private static readonly string[] Referenced = ["Concord.dll", "Concord.Measuring.dll", "Spectre.Console.dll"];

    private readonly string[] _symbols;
    private readonly CSharpParseOptions _parsing;
    private readonly Dictionary<string, SyntaxTree> _trees;
    private readonly CSharpCompilation _compilation;

    private LibrarySources(string project, IReadOnlyDictionary<string, string> texts, string[] symbols)
    {
        Project = project;
        _symbols = symbols;
        _parsing = new CSharpParseOptions(LanguageVersion.CSharp13, DocumentationMode.None,
            preprocessorSymbols: symbols);
        Texts = texts;
        _trees = Texts.ToDictionary(static file => file.Key, file => Parse(file.Key, file.Value));
        var options = new CSharpCompilationOptions(
            HasMain ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
            optimizationLevel: OptimizationLevel.Release, allowUnsafe: true,
            nullableContextOptions: NullableContextOptions.Enable, generalDiagnosticOption: ReportDiagnostic.Suppress);
        _compilation = CSharpCompilation.Create(Project, _trees.Values, References(), options);
    }

    /// <summary>
    /// How this program was built: the last part of where it lies, as in artifacts/bin/Concord.Tests/release.
    /// </summary>
    internal static string Configuration { get; } =
        Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));

    /// <summary>The project whose sources these are.</summary>
    internal string Project { get; }

    /// <summary>
    /// Each file's text by its path from the repository's root; what a build generated is among them.
    /// </summary>
    internal IReadOnlyDictionary<string, string> Texts { get; }

    /// <summary>The syntax of each file.</summary>
    internal IReadOnlyDictionary<string, SyntaxTree> Trees => _trees;

    /// <param name="symbols">
    /// Symbols of the compilation: <c>DEBUG</c> brings the assertions that releases leave out.
    /// </param>
    internal static LibrarySources Load(params string[] symbols) => new(Library, Read(Library), symbols);

    /// <summary>The sources of another project of the repository.</summary>
    internal static LibrarySources Of(string project) => new(project, Read(project), []);

    /// <summary>The sources with some texts changed, to change them further.</summary>
    internal LibrarySources With(IReadOnlyDictionary<string, string> changed)
    {
        var texts = new Dictionary<string, string>(Texts);
        foreach (var (path, text) in changed) texts[path] = text;
        return new LibrarySources(Project, texts, _symbols);
    }

    /// <summary>Compiles the library with some files changed or added.</summary>
    /// <param name="path">Where the assembly goes.</param>
    /// <param name="changed">New texts by path.</param>
    /// <exception cref="VariantException">It does not compile.</exception>
    internal void Emit(string path, IReadOnlyDictionary<string, string> changed)
    {
        KeepChanged(Path.GetDirectoryName(path)!, changed);

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

    private bool HasMain => Texts.ContainsKey($"{Root}{Project}/Program.cs");

    private IEnumerable<MetadataReference> References() =>
    [
        .. LibraryTypes.References(),
        .. Referenced.Where(name => name != $"{Project}.dll")
            .Select(static name => MetadataReference.CreateFromFile(Path.Combine(AppContext.BaseDirectory, name))),
    ];

    /// <summary>
    /// For tests of a variant that compile its sources themselves: they have to find the same change.
    /// </summary>
    private static void KeepChanged(string folder, IReadOnlyDictionary<string, string> changed)
    {
        string kept = Path.Combine(folder, ChangedFolder);
        if (Directory.Exists(kept)) Directory.Delete(kept, recursive: true);
        foreach (var (path, text) in changed)
        {
            string copy = Path.Combine(kept, path);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllText(copy, text);
        }
    }

    private static string TextOf(string path)
    {
        string changed = Path.Combine(AppContext.BaseDirectory, ChangedFolder, path);
        return File.ReadAllText(File.Exists(changed) ? changed : Path.Combine(Repository.Root, path));
    }

    private static Dictionary<string, string> Read(string project)
    {
        string generated = Path.Combine(Repository.Root, "artifacts", "obj", project, Configuration);
        string[] files =
        [
            .. Directory.EnumerateFiles(
                Path.Combine(Repository.Root, Root, project), "*.cs", SearchOption.AllDirectories),
            .. Directory.EnumerateFiles(generated, $"{project}.*.cs"),
            .. GeneratedIn(Path.Combine(generated, "generated")),
        ];
        return files.Select(static file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
            .ToDictionary(static path => path, TextOf);
    }

    /// <summary>What generators made, of a project that uses any.</summary>
    private static string[] GeneratedIn(string folder) => Directory.Exists(folder)
        ? Directory.GetFiles(folder, "*.g.cs", SearchOption.AllDirectories)
        : [];

    private SyntaxTree Parse(string path, string text) =>
        CSharpSyntaxTree.ParseText(SourceText.From(text, Encoding.UTF8), _parsing, path);
}
