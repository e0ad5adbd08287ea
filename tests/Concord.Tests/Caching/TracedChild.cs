using System.Diagnostics;

namespace Concord.Tests.Caching;

/// <summary>A child of the test program whose system calls are traced between two marks. Needs strace.</summary>
internal static class TracedChild
{
    private const string Begin = "/concord-trace-begin", End = "/concord-trace-end";

    /// <summary>What the child calls to begin: a call that the trace shows.</summary>
    internal static void MarkBegin() => _ = File.Exists(Begin);

    internal static void MarkEnd() => _ = File.Exists(End);

    /// <summary>
    /// Runs a child and returns the system calls of its marking thread between the marks; skips without the tool or the
    /// right.
    /// </summary>
    internal static IReadOnlyList<string> CallsBetweenMarks(string child)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(),
            SkipPolicy.OtherSystem + "system calls are counted with strace, which is Linux's");
        string? strace = Environment.GetEnvironmentVariable("PATH")?.Split(':')
            .Select(folder => Path.Combine(folder, "strace")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(strace is null, "strace is not installed; it counts the system calls");
        string trace = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo(strace!, ["-f", "-o", trace, Environment.ProcessPath!, "--child", child])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };

            // Code that is compiled again while it runs would be the runtime's calls and not the library's.
            start.Environment["DOTNET_TieredCompilation"] = "0";
            using var process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd();
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.SkipWhen(errors.Contains("Operation not permitted", StringComparison.Ordinal),
                "this user may not trace processes");
            Assert.True(process.ExitCode == 0 && output.Contains("done", StringComparison.Ordinal), errors);
            return Between(File.ReadAllLines(trace));
        }
        finally
        {
            File.Delete(trace);
        }
    }

    private static IReadOnlyList<string> Between(string[] trace)
    {
        int begin = Array.FindIndex(trace, line => line.Contains(Begin, StringComparison.Ordinal));
        int end = Array.FindIndex(trace, line => line.Contains(End, StringComparison.Ordinal));
        Assert.True(begin >= 0 && end > begin, "the trace shows both marks");
        string thread = trace[begin].Split(' ')[0];
        return
        [
            .. trace[(begin + 1)..end].Where(line => line.Split(' ')[0] == thread
                && !(line.Contains("resumed", StringComparison.Ordinal) && trace[begin]
                    .Contains("unfinished", StringComparison.Ordinal)))
        ];
    }
}
