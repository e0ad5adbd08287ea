using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>
/// Folders of src/Concord are layers. A layer knows itself and the layers below it, and no other: layers of one
/// rank do not know each other. The compiler says what each name means, so that no name has to be guessed.
/// </summary>
internal static class LayerRule
{
    private const string Library = "src/Concord";

    private static readonly Dictionary<string, int> Ranks = new()
    {
        ["Interop"] = 0,
        ["Coherency"] = 1,
        ["Scheduling"] = 1,
        ["Processor"] = 2,
        ["SystemCache"] = 2,
        ["Stores"] = 3,
        ["Memory"] = 4,
        ["Caching"] = 5,
    };

    // What ImplicitUsings adds to each file of the project.
    internal static readonly HouseFile ImplicitUsings = new("implicit.cs", """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """);

    public static IReadOnlyList<Finding> Check(IEnumerable<HouseFile> files)
    {
        HouseFile[] library = [.. files.Where(file => file.IsCSharp && file.IsIn(Library))];
        var compilation = CSharpCompilation.Create(
            "Concord", [ImplicitUsings.Tree, .. library.Select(file => file.Tree)], References(),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        return [.. library.SelectMany(file => Check(file, compilation))];
    }

    private static IEnumerable<Finding> Check(HouseFile file, Compilation compilation)
    {
        string layer = LayerOf(file.Path);
        if (!Ranks.TryGetValue(layer, out int rank))
        {
            return [new Finding(file.Path, 1, $"'{layer}' is no layer; there are {string.Join(", ", Ranks.Keys)}")];
        }

        var model = compilation.GetSemanticModel(file.Tree);
        return
            from name in file.Root.DescendantNodes().OfType<SimpleNameSyntax>()
            let type = TypeMeant(model, name)
            where type is not null
            from reference in type.DeclaringSyntaxReferences
            let other = LayerOf(reference.SyntaxTree.FilePath)
            where other != layer && Ranks.TryGetValue(other, out int otherRank) && otherRank >= rank
            select file.At(name, $"{layer} names {type.Name} of {other}, which does not lie below it");
    }

    private static INamedTypeSymbol? TypeMeant(SemanticModel model, SimpleNameSyntax name)
    {
        var info = model.GetSymbolInfo(name);
        var symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
        return (symbol as INamedTypeSymbol ?? symbol?.ContainingType)?.OriginalDefinition;
    }

    // The public handles are the top rooms of Caching.
    private static string LayerOf(string path)
    {
        string folder = path.StartsWith(Library + "/", StringComparison.Ordinal) ? path[(Library.Length + 1)..].Split('/')[0] : "";
        return folder == "Files" ? "Caching" : folder;
    }

    /// <summary>The assemblies of .NET itself.</summary>
    public static IEnumerable<MetadataReference> References() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal) || path.EndsWith("netstandard.dll", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path));
}
