using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Concord.Tests.House;

/// <summary>What the pages show works: their C# compiles, and their commands name projects that exist.</summary>
[Collection(SideBySide.Texts)]
public sealed partial class PageTests
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("src/Concord/README.md")]
    public void The_code_that_a_page_shows_compiles(string path)
    {
        string[] shown = [.. CodeBlock().Matches(Page(path).Text).Select(block => block.Groups["code"].Value)];
        Assert.NotEmpty(shown);
        foreach (string code in shown)
        {
            Assert.Empty(Errors($"using System; using System.IO; using Concord;\n{code}"));
        }
    }

    [Fact]
    public void Code_that_does_not_compile_is_found() =>
        Assert.NotEmpty(Errors("using Concord;\nSystemFile.Nonsense();\n"));

    [Theory]
    [InlineData("dotnet run --project src/Concord.Cli -c Release")]
    [InlineData("dotnet run --project tests/Concord.Tests -c Release")]
    public void The_readme_has_its_two_commands(string command) =>
        Assert.Contains($"\n{command}\n", Page("README.md").Text, StringComparison.Ordinal);

    [Fact]
    public void Commands_on_pages_name_projects_that_exist()
    {
        string[] projects =
        [
            .. HouseFiles.All.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal))
                .SelectMany(page => Project().Matches(page.Text)).Select(match => match.Groups["path"].Value).Distinct()
        ];
        Assert.NotEmpty(projects);
        Assert.All(projects, project => Assert.Contains(
            HouseFiles.All, file => file.IsIn(project) && file.Path.EndsWith(".csproj", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_change_log_has_the_usual_sections_and_nothing_else()
    {
        string[] usual = ["### Added", "### Changed", "### Deprecated", "### Removed", "### Fixed", "### Security"];
        string[] lines = Page("CHANGELOG.md").Text.Split('\n');
        string[] versions = [.. lines.Where(static line => line.StartsWith("## ", StringComparison.Ordinal))];
        Assert.NotEmpty(versions);
        Assert.All(versions, static version => Assert.Matches(
            @"^## [0-9]+\.[0-9]+\.[0-9]+ - ([0-9]{4}-[0-9]{2}-[0-9]{2}|unreleased)$", version));
        foreach (string version in Page("CHANGELOG.md").Text.Split("\n## ")[1..])
        {
            string[] sections = [.. version.Split('\n')
                .Where(static line => line.StartsWith("### ", StringComparison.Ordinal))];
            Assert.Empty(sections.Except(usual));
            Assert.Equal(sections.Distinct(), sections);
        }
    }

    private static HouseFile Page(string path) => HouseFiles.All.Single(file => file.Path == path);

    private static IEnumerable<Diagnostic> Errors(string code) =>
        CSharpCompilation.Create("page", [new HouseFile("page.cs", code).Tree], LibraryTypes.References())
            .AddReferences(MetadataReference.CreateFromFile(typeof(ByteRange).Assembly.Location))
            .GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"dotnet run --project (?<path>[\w./]+)")]
    private static partial Regex Project();
}
