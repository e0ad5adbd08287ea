using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>A text file of the repository, or a text that a test plants in its place.</summary>
internal sealed class HouseFile
{
    private static readonly CSharpParseOptions Options =
        new(LanguageVersion.CSharp13, DocumentationMode.Parse, SourceCodeKind.Regular);

    private readonly Lazy<SyntaxTree> _tree;

    /// <param name="path">Relative to the repository's root, with forward slashes.</param>
    /// <param name="text">What stands in it.</param>
    public HouseFile(string path, string text)
    {
        Path = path;
        Text = text;
        _tree = new Lazy<SyntaxTree>(() => CSharpSyntaxTree.ParseText(text, Options, path));
    }

    public string Path { get; }

    public string Text { get; }

    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    /// <summary>Whether the file belongs to the product: a library or a command.</summary>
    public bool IsProduct => Path.StartsWith("src/", StringComparison.Ordinal);

    /// <summary>
    /// Whether the file belongs to a library, which is to say to the product but not to its command line.
    /// </summary>
    public bool IsLibrary => IsProduct && !IsIn("src/Concord.Cli");

    public bool IsTest => IsIn("tests");

    public SyntaxTree Tree => _tree.Value;

    public CompilationUnitSyntax Root => Tree.GetCompilationUnitRoot();

    public bool IsIn(string folder) => Path.StartsWith(folder + "/", StringComparison.Ordinal);

    public Finding At(SyntaxNode node, string message) => At(node.GetLocation(), message);

    public Finding At(SyntaxToken token, string message) => At(token.GetLocation(), message);

    public Finding At(Location location, string message) =>
        new(Path, location.GetLineSpan().StartLinePosition.Line + 1, message);

    /// <summary>The finding at a place of the text, counted in characters.</summary>
    public Finding At(int index, string message) => new(Path, Text.AsSpan(0, index).Count('\n') + 1, message);
}
