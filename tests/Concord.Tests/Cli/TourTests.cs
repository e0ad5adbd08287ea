using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Concord.Cli.Running;
using Concord.Cli.Tour;
using Concord.Measuring.Files;
using Concord.Tests.Interop;

namespace Concord.Tests.Cli;

/// <summary><c>concord tour</c>: every step really holds, and a step that does not is not passed over.</summary>
[Collection(SideBySide.Command)]
public class TourTests
{
    private const string BarriersOfX64 = "75,74,277,26";
    private const int InputOutputError = 5;

    private static readonly string[] Names = ["cache", "stale", "purge", "lease", "view", "failure", "kill", "ratios"];

    [Fact]
    public void Every_step_holds_and_nothing_is_left_on_the_disk()
    {
        using var folder = new Folder();
        JsonElement document = ConcordProgram.RunIn(folder.Path, "tour", "--json").Exits(0).Json;
        Assert.True(document.GetProperty("holds").GetBoolean());
        Assert.Equal(
            Names, document.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("name").GetString()));
        Assert.All(document.GetProperty("steps").EnumerateArray(), step =>
        {
            Assert.True(step.GetProperty("holds").GetBoolean(), step.ToString());
            Assert.NotEmpty(step.GetProperty("found").EnumerateArray());
        });
        Assert.NotEmpty(document.GetProperty("comparisons").EnumerateArray());
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void An_ordinary_user_takes_the_same_tour()
    {
        using var folder = new Folder();
        folder.Open(toWrite: true);
        string text = ConcordProgram.RunAsNobody(folder.Path, "tour").Exits(0).Output;
        Assert.Contains($"All {Names.Length} steps held", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NOT SO", text, StringComparison.Ordinal);
        Assert.All(text, c => Assert.InRange(c, '\0', '\u007f'));
    }

    [Fact]
    public void Where_the_disk_fails_the_tour_does_not_hold_and_says_so()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "filters of system calls are Linux's");
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64,
            SkipPolicy.OtherProcessor + "the filter knows the numbers of x64");
        using var folder = new Folder();
        var run = ConcordProgram.RunWithoutCalls(folder.Path, BarriersOfX64, InputOutputError, "tour", "--json")
            .Exits(ExitCode.Error);
        Assert.False(run.Json.GetProperty("holds").GetBoolean());
        string[] failed = [.. run.Json.GetProperty("steps").EnumerateArray().Where(
            step => !step.GetProperty("holds").GetBoolean()).Select(step => step.GetProperty("name").GetString()!)];
        Assert.Contains("lease", failed);
        Assert.Contains("kill", failed);
        Assert.DoesNotContain("cache", failed);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        string text = ConcordProgram.RunWithoutCalls(folder.Path, BarriersOfX64, InputOutputError, "tour")
            .Exits(ExitCode.Error).Output;
        Assert.Contains("NOT SO", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cache")]
    [InlineData("stale")]
    [InlineData("purge")]
    [InlineData("lease")]
    [InlineData("view")]
    public void A_step_sees_a_file_that_is_not_what_it_should_be(string name)
    {
        using var folder = TemporaryFolder.Create($"tour-test-{name}", [Path.GetTempPath()]);
        using var ground = new TourGround(folder);
        foreach (var step in TourSteps.All)
        {
            bool isLast = step.Name == name;
            if (isLast) ground.Expected[^1] ^= 1;
            TourStep taken = Walk.Take(step.Name, step.Title, checks => step.Walk(ground, checks));
            if (isLast && taken.Skipped is { } why)
                Assert.Skip((OperatingSystem.IsLinux() ? "" : SkipPolicy.OtherSystem) + why);
            Assert.Equal(!isLast, taken.Holds);
            if (isLast) return;
        }

        Assert.Fail($"the tour has no step {name}");
    }

    [Fact]
    public void A_step_that_cannot_be_taken_here_says_why_and_is_no_fault()
    {
        TourStep taken = Walk.Take("view", "a view", static checks => checks.Skip("no permission"));
        Assert.Equal((true, "no permission", 0), (taken.Holds, taken.Skipped, taken.Found.Count));
    }

    [Fact]
    public void Ctrl_C_leaves_no_file()
    {
        using var folder = new Folder();
        using Process process = ConcordProgram.Start(folder.Path, [], "tour");
        Assert.NotNull(process.StandardOutput.ReadLine());
        Signals.Interrupt(process.Id);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode is 130 or 0, $"exit code {process.ExitCode}");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }
}
