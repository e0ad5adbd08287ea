using System.Text.Json;

namespace Concord.Tests.Packaging;

/// <summary>The documentation as a site: no link leads nowhere, public members are on it, it can be searched.</summary>
[Collection(nameof(FeedCollection))]
public sealed class SiteBuildTests
{
    [Fact]
    public void The_site_is_built_by_one_command_without_a_warning_and_is_searched()
    {
        Assert.SkipUnless(TestRun.IsPackages, SkipPolicy.PackagesRun + "builds the documentation");
        LocalFeed.RunInRepository("dotnet", "tool", "restore");
        string said = LocalFeed.RunInRepository("dotnet", "docfx", "--warningsAsErrors");
        Assert.DoesNotContain("warning ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("error ", said, StringComparison.Ordinal);

        string site = Path.Combine(Repository.Root, "artifacts", "site", "html");
        Assert.True(File.Exists(Path.Combine(site, "index.html")));
        using JsonDocument index = JsonDocument.Parse(File.ReadAllText(Path.Combine(site, "index.json")));
        string[] found = [.. index.RootElement.EnumerateObject().Select(static page => page.Name)];
        Assert.Contains("README.html", found);
        Assert.Contains("docs/choosing.html", found);
        Assert.Contains("api/Concord.FileCache.html", found);
        Assert.Contains("api/Concord.Nt.Ntifs.html", found);
        Assert.All(found, page => Assert.True(File.Exists(Path.Combine(site, page)), page));
    }
}
