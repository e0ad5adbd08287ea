using System.Text.RegularExpressions;

namespace Concord.Tests.House;

/// <summary>Each link of a page to a file of the repository, and to a heading in one, leads somewhere.</summary>
internal static partial class LinkRule
{
    /// <summary>
    /// Each page for readers is linked from one of the pages where they begin; a site made of them has its own.
    /// </summary>
    public static IEnumerable<Finding> CheckReached(
        IReadOnlyCollection<string> beginnings, string folder, IReadOnlyCollection<HouseFile> files)
    {
        var reached = files.Where(file => beginnings.Contains(file.Path))
            .SelectMany(page => Link().Matches(page.Text)
                .Select(match => Resolve(page.Path, match.Groups["target"].Value.Split('#')[0])))
            .Concat(beginnings).ToHashSet();
        return files.Where(file => file.IsIn(folder) && file.Path.EndsWith(".md", StringComparison.Ordinal))
            .Where(page => !reached.Contains(page.Path) && !page.IsIn($"{folder}/site"))
            .Select(page => new Finding(page.Path, 1, $"no link of {string.Join(" or ", beginnings)} leads here"));
    }

    public static IEnumerable<Finding> Check(HouseFile page, IReadOnlyCollection<HouseFile> files)
    {
        string text = CodeBlock().Replace(page.Text, block => new string('\n', block.Value.Count(c => c == '\n')));
        foreach (Match match in Link().Matches(text))
        {
            string target = match.Groups["target"].Value;
            if (target.Contains("://", StringComparison.Ordinal)
                || target.StartsWith("mailto:", StringComparison.Ordinal))
                continue;
            string path = target.Split('#')[0], anchor = target.Contains('#')
                ? target[(target.IndexOf('#', StringComparison.Ordinal) + 1)..] : "";
            string full = path.Length == 0 ? page.Path : Resolve(page.Path, path);
            var file = files.FirstOrDefault(file => file.Path == full);
            int line = text.AsSpan(0, match.Index).Count('\n') + 1;
            if (file is null && full.Length > 0 && !files.Any(other => other.IsIn(full.TrimEnd('/'))))
            {
                // A picture is no text file, and is looked for on the disk.
                if (!File.Exists(Path.Combine(Repository.Root, full)))
                    yield return new Finding(page.Path, line, $"the link to {target} leads nowhere");
            }
            else if (anchor.Length > 0 && file is not null && !Headings(file.Text).Contains(anchor))
            {
                yield return new Finding(page.Path, line, $"{full} has no heading #{anchor}");
            }
        }
    }

    private static string Resolve(string page, string target)
    {
        var parts = new List<string>(page.Split('/')[..^1]);
        foreach (string part in target.Split('/'))
        {
            if (part == ".." && parts.Count > 0) parts.RemoveAt(parts.Count - 1);
            else if (part is not ("." or "")) parts.Add(part);
        }

        return string.Join('/', parts);
    }

    // A heading's anchor: lower case, punctuation gone, spaces as hyphens.
    private static HashSet<string> Headings(string text) =>
    [
        .. Heading().Matches(text).Select(
            match => NotInAnchor().Replace(match.Groups["title"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'))
    ];

    [GeneratedRegex(@"\[[^\]\n]*\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"^#+ (?<title>.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}
