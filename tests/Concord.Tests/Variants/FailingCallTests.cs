using System.Diagnostics;

namespace Concord.Tests.Variants;

/// <summary>
/// Whatever the system refuses, once or for a while, nothing that was accepted is lost, nobody waits for ever, and all
/// is well when the system is.
/// </summary>
[Collection(SideBySide.Variants)]
public sealed class FailingCallTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(TestRun.IsFull ? 60 : 4);

    [Fact]
    public async Task Whichever_call_of_the_system_fails_nothing_is_lost_and_nobody_waits_for_ever()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "the imports of Linux fail");
        var sources = LibrarySources.Load("DEBUG");
        using var folder = new VariantFolder("failing-calls");
        sources.Emit(folder.Library, SourceChanges.FailingImports(sources));
        string extent = TestRun.IsFull ? "full" : "slice";
        var start = new ProcessStartInfo(folder.Program, ["--child", FailingCallsChild.Name, extent])
        {
            RedirectStandardOutput = true,
        };
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (!child.WaitForExit(Limit)) child.Kill();
        child.WaitForExit();
        string[] lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        static bool Failed(string line) => line.StartsWith("FAILED", StringComparison.Ordinal);
        string[] failed = [.. lines.SkipWhile(static line => !Failed(line)).Take(40)];
        Assert.True(failed.Length == 0, string.Join('\n', failed));
        Assert.True(child.ExitCode == 0, $"the process ended with {child.ExitCode} after: {lines[^1]}");
        string runs = lines[^1].Split(' ')[0];
        Figures.Record("G2", "calls of the system that fail in turn", $"{runs} runs, nothing lost", "nothing lost");
    }
}
