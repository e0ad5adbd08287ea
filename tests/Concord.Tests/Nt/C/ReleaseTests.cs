using System.Text.RegularExpressions;

namespace Concord.Tests.Nt.C;

/// <summary>
/// The job of the release's workflow that makes libconcord: its packing is the command that <see cref="NativePackage"/>
/// runs for each runtime, and what it makes reaches the release.
/// </summary>
public sealed partial class ReleaseTests
{
    private static string Workflow { get; } =
        File.ReadAllText(Path.Combine(Repository.Root, ".github/workflows/release.yml"));

    [Fact]
    public void It_packs_for_each_runtime_with_the_command_that_the_tests_run()
    {
        string job = Job("library");
        Assert.Equal(
            ["linux-x64", "linux-arm64"], Runtime().Matches(job).Select(static one => one.Groups[1].Value));
        Assert.Equal(
            ["sh src/Concord.Native/pack.sh artifacts/native ${{ matrix.runtime }}"],
            Step().Matches(job).Select(static step => step.Groups[1].Value));
        Assert.True(File.Exists(Path.Combine(Repository.Root, "src/Concord.Native/pack.sh")));
    }

    [Fact]
    public void What_it_packs_is_attached_to_the_release()
    {
        Assert.Contains("path: artifacts/native/*.tar.gz", Job("library"), StringComparison.Ordinal);
        string publish = Job("publish");
        Assert.Matches(@"needs: \[.*\blibrary\b.*\]", publish);
        Assert.Contains("merge-multiple: true", publish, StringComparison.Ordinal);
        Assert.Matches("gh release create .* assets/\\*", publish);
    }

    /// <summary>The text of one job.</summary>
    private static string Job(string name) =>
        Regex.Match(Workflow, $@"(?ms)^  {name}:$.*?(?=^  \w+:$|\z)").Value;

    [GeneratedRegex(@"runtime: (linux-\w+),")]
    private static partial Regex Runtime();

    [GeneratedRegex(@"^ +(?:- )?run: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Step();
}
