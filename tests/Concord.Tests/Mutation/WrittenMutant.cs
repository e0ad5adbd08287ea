using System.Text.RegularExpressions;
using Concord.Tests.Variants;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.Mutation;

/// <summary>
/// A fault that somebody wrote down: a text of a type of the library, found wherever that type stands, or of a file of
/// any project, however its words are broken into lines, and what stands there instead.
/// </summary>
internal sealed partial record WrittenMutant : Mutant
{
    /// <summary>What is replaced; it occurs once.</summary>
    internal required string Search { get; init; }

    internal required string Replacement { get; init; }

    /// <summary>The file that it changes, from the repository's root; null where the type says enough.</summary>
    internal string? File { get; init; }

    internal override string Project => File?.Split('/')[1] ?? LibrarySources.Library;

    internal override IReadOnlyDictionary<string, string> Apply(LibrarySources sources)
    {
        var words = Words().Matches(Search).Select(static word => Regex.Escape(word.Value));
        var pattern = new Regex(string.Join(@"\s*", words));
        (string Path, int Start, int Length)[] found =
        [
            .. from file in sources.Trees
               where File is null || File == file.Key
               from part in Parts(file.Value.GetRoot())
               from match in pattern.Matches(part.ToString()).Cast<Match>()
               select (file.Key, part.SpanStart + match.Index, match.Length),
        ];
        if (found is not [var (path, start, length)])
        {
            string where = Member is null ? Type : $"{Type}.{Member}";
            throw new VariantException($"'{Search}' occurs {found.Length} times in {File ?? where}");
        }

        string text = sources.Texts[path];
        return new Dictionary<string, string>
        {
            [path] = string.Concat(text.AsSpan(0, start), Replacement, text.AsSpan(start + length)),
        };
    }

    /// <summary>
    /// What may hold the text: the type's parts or its members of that name; the whole of a file that is named.
    /// </summary>
    private IEnumerable<SyntaxNode> Parts(SyntaxNode root)
    {
        if (File is not null && Member is null) return [root];
        string[] names = Type.Split('|');
        var types = root.DescendantNodes().OfType<TypeDeclarationSyntax>()
            .Where(type => names.Contains(type.Identifier.Text));
        if (Member is null) return types.Where(type => !type.Ancestors().Any(other => types.Contains(other)));
        string[] members = Member.Split('|');
        return types.SelectMany(static type => type.Members).Where(member => members.Contains(NameOf(member)))
            .Distinct();
    }

    internal static string? NameOf(MemberDeclarationSyntax member) => member switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        PropertyDeclarationSyntax property => property.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        FieldDeclarationSyntax { Declaration.Variables: [var variable, ..] } => variable.Identifier.Text,
        _ => null,
    };

    [GeneratedRegex(@"\w+|[^\w\s]")]
    private static partial Regex Words();
}
