using System.Text.RegularExpressions;
using Concord.Tests.Stores;

namespace Concord.Tests.Nt.C;

/// <summary>
/// The steps of the workflow that makes a release, as far as a machine without GitHub can run them: the packing is the
/// command that <see cref="NativePackage"/> runs for each runtime, and the upload is run with a double of GitHub's
/// command.
/// </summary>
public sealed partial class ReleaseTests
{
    private static string Workflow { get; } =
        File.ReadAllText(Path.Combine(Repository.Root, ".github/workflows/release.yml"));

    [Fact]
    public void It_packs_for_each_runtime_with_the_command_that_the_tests_run()
    {
        Assert.Equal(
            ["linux-x64", "linux-arm64"], Runtime().Matches(Workflow).Select(static one => one.Groups[1].Value));
        string[] steps = [.. Step().Matches(Workflow).Select(static step => step.Groups[1].Value)];
        Assert.Equal(2, steps.Length);
        Assert.Equal("sh src/Concord.Native/pack.sh artifacts/native ${{ matrix.runtime }}", steps[0]);
        Assert.True(File.Exists(Path.Combine(Repository.Root, "src/Concord.Native/pack.sh")));
        Assert.StartsWith("gh release", steps[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "upload")]
    [InlineData("upload", "upload create")]
    [InlineData("upload create", "upload create upload")]
    public void It_uploads_to_the_release_and_makes_it_first_if_no_other_job_has(string failing, string calls)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "the step is a line of a shell");
        using var folder = new TempFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "artifacts/native"));
        File.WriteAllText(Path.Combine(folder.Path, "artifacts/native/concord.tar.gz"), "");
        string log = Path.Combine(folder.Path, "log"), gh = Path.Combine(folder.Path, "gh");

        // Each call fails once that is to fail; what it is called with is kept.
        File.WriteAllText(gh, $$"""
            #!/bin/sh
            [ "$1 $3 $4" = "release v9 artifacts/native/concord.tar.gz" ] || exit 9
            echo "$2" >>'{{log}}'
            for failing in {{failing}}; do
              [ "$failing" = "$2" ] && [ "$(grep -c "^$2$" '{{log}}')" = 1 ] && exit 1
            done
            exit 0
            """);
        _ = CCompiler.Run("chmod", ["+x", gh]);
        string step = Step().Matches(Workflow)[^1].Groups[1].Value;
        _ = CCompiler.Run("sh", ["-ec", $"cd '{folder.Path}'; {step}"],
            ("PATH", $"{folder.Path}:{Environment.GetEnvironmentVariable("PATH")}"), ("GITHUB_REF_NAME", "v9"));
        Assert.Equal(calls, string.Join(' ', File.ReadAllLines(log)));
    }

    [GeneratedRegex(@"runtime: (linux-\w+),")]
    private static partial Regex Runtime();

    [GeneratedRegex(@"^ +(?:- )?run: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Step();
}
