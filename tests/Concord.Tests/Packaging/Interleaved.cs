using System.Diagnostics;

namespace Concord.Tests.Packaging;

/// <summary>Times two programs by turns, so that both meet the same machine.</summary>
internal static class Interleaved
{
    internal const string VmTouch = "/usr/bin/vmtouch";

    /// <summary>
    /// The median over the rounds of the first program's time over the second's. One round more warms up.
    /// </summary>
    internal static double MedianRatio(
        int rounds, Action prepare, (string Program, string[] Args) first, (string Program, string[] Args) second)
    {
        var ratios = new double[rounds];
        for (int i = -1; i < rounds; i++)
        {
            prepare();
            double firstSeconds = Time(first);
            prepare();
            double secondSeconds = Time(second);
            if (i >= 0) ratios[i] = firstSeconds / secondSeconds;
        }

        Array.Sort(ratios);
        TestContext.Current.SendDiagnosticMessage(
            $"{first.Program} {string.Join(' ', first.Args)}: {ratios[rounds / 2]:F2} times, from {ratios[0]:F2} to "
                + $"{ratios[^1]:F2}");
        return ratios[rounds / 2];
    }

    private static double Time((string Program, string[] Args) run)
    {
        var start = new ProcessStartInfo(run.Program) { RedirectStandardOutput = true };
        foreach (string arg in run.Args) start.ArgumentList.Add(arg);
        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        Assert.True(process.ExitCode == 0, $"{run.Program} ended with {process.ExitCode}");
        return seconds;
    }
}
