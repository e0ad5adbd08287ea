using System.Text.RegularExpressions;

namespace Concord.Tests.House;

/// <summary>The lists that the site of the documentation is built from name every page.</summary>
[Collection(SideBySide.Texts)]
public sealed partial class SiteTests
{
    private static readonly string[] Lists = ["docs/toc.yml", "docs/site/toc.yml"];

    [Fact]
    public void Every_page_is_listed()
    {
        string[] listed = [.. Lists.SelectMany(static list => Entry()
            .Matches(File.ReadAllText(Path.Combine(Repository.Root, list)))
            .Select(entry => Path.GetRelativePath(
                Repository.Root,
                Path.GetFullPath(Path.Combine(Repository.Root, list, "..", entry.Groups["path"].Value)))
                .Replace('\\', '/')))];
        string[] pages = [.. HouseFiles.All.Select(static file => file.Path)
            .Where(static path => path.EndsWith(".md", StringComparison.Ordinal))
            .Where(static path => !path.StartsWith("docs/site/", StringComparison.Ordinal))
            .Where(static path => path.StartsWith("docs/", StringComparison.Ordinal) || !path.Contains('/'))];
        Assert.Empty(pages.Except(listed));
        Assert.All(
            listed.Where(static path => !path.StartsWith("artifacts/", StringComparison.Ordinal)),
            static path => Assert.True(File.Exists(Path.Combine(Repository.Root, path)), path));
    }

    [GeneratedRegex(@"^ *href: (?<path>\S+)$", RegexOptions.Multiline)]
    private static partial Regex Entry();
}
