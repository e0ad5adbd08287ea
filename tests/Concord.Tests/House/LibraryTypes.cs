using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>
/// Which types of the library name which, as the compiler understands each name: a nested type belongs to the one it
/// stands in, an extension or a member to its type, words in comments to nobody.
/// </summary>
internal sealed class LibraryTypes
{
    private const string Library = "src/Concord";

    // What ImplicitUsings adds to each file of the project.
    internal static readonly HouseFile ImplicitUsings = new("implicit.cs", """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """);

    private static readonly Lazy<LibraryTypes> OfRepository = new(static () => new LibraryTypes(HouseFiles.CSharp));

    private readonly List<TypeName> _names = [];

    public LibraryTypes(IEnumerable<HouseFile> files)
    {
        HouseFile[] library = [.. files.Where(file => file.IsCSharp && file.IsIn(Library))];
        var compilation = CSharpCompilation.Create(
            "Concord", [ImplicitUsings.Tree, .. library.Select(file => file.Tree)], References(),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        Files = library;
        foreach (var file in library) _names.AddRange(NamesIn(file, compilation.GetSemanticModel(file.Tree)));
    }

    /// <summary>The types of this repository.</summary>
    public static LibraryTypes Repository => OfRepository.Value;

    /// <summary>The files that were read.</summary>
    public IReadOnlyList<HouseFile> Files { get; }

    /// <summary>Each place where a type of the library is named by another one's code.</summary>
    public IReadOnlyList<TypeName> Names => _names;

    /// <summary>The room of a file: its layer, and in a layer that has rooms also the folder below.</summary>
    public static string RoomOf(string path)
    {
        string[] parts = path.StartsWith(Library + "/", StringComparison.Ordinal)
            ? path[(Library.Length + 1)..].Split('/')
            : [""];
        return parts is ["Memory" or "Caching", var room, _, ..] ? $"{parts[0]}/{room}" : parts[0];
    }

    /// <summary>Types that name each other in a ring, the largest first; a type alone is none.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Cycles() => new CycleSearch(Edges()).Find();

    /// <summary>What each type names.</summary>
    public Dictionary<string, HashSet<string>> Edges()
    {
        var edges = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var name in _names)
        {
            if (!edges.TryGetValue(name.From, out var named))
            {
                edges.Add(name.From, named = new HashSet<string>(StringComparer.Ordinal));
            }
            if (name.To != name.From) named.Add(name.To);
        }

        return edges;
    }

    /// <summary>The assemblies of .NET itself.</summary>
    public static IEnumerable<MetadataReference> References() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal)
                || path.EndsWith("netstandard.dll", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path));

    private static IEnumerable<TypeName> NamesIn(HouseFile file, SemanticModel model) =>
        from name in file.Root.DescendantNodes().OfType<SimpleNameSyntax>()
        let type = TypeMeant(model, name)
        where type is not null
        from reference in type.DeclaringSyntaxReferences
        let path = reference.SyntaxTree.FilePath
        where path.StartsWith(Library + "/", StringComparison.Ordinal)
        select new TypeName(file, name, Outermost(EnclosingType(model, name))?.Name ?? "", type.Name, path);

    private static INamedTypeSymbol? EnclosingType(SemanticModel model, SyntaxNode node) =>
        node.FirstAncestorOrSelf<BaseTypeDeclarationSyntax>() is { } declaration
            ? model.GetDeclaredSymbol(declaration)
            : null;

    private static INamedTypeSymbol? TypeMeant(SemanticModel model, SimpleNameSyntax name)
    {
        var info = model.GetSymbolInfo(name);
        var symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
        return Outermost((symbol as INamedTypeSymbol ?? symbol?.ContainingType)?.OriginalDefinition);
    }

    private static INamedTypeSymbol? Outermost(INamedTypeSymbol? type)
    {
        while (type?.ContainingType is { } outer) type = outer;
        return type;
    }

    /// <summary>A type is named.</summary>
    /// <param name="File">Where.</param>
    /// <param name="Node">The name.</param>
    /// <param name="From">The type whose code it is; empty outside all types.</param>
    /// <param name="To">The type that is meant.</param>
    /// <param name="Path">A file that declares it.</param>
    public sealed record TypeName(HouseFile File, SyntaxNode Node, string From, string To, string Path);
}
