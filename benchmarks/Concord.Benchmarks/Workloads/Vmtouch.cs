using System.Diagnostics;

namespace Concord.Benchmarks.Workloads;

/// <summary>The vmtouch program, whose eviction is a process a call.</summary>
internal static class Vmtouch
{
    private const string FileName = "vmtouch";

    /// <summary>What to do where it is missing.</summary>
    public const string Missing = "vmtouch is not installed (Debian, Ubuntu: apt-get install vmtouch)";

    public static bool IsInstalled { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, FileName)));

    /// <summary>Evicts a file; returns when the process has ended.</summary>
    public static void Evict(string path)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(FileName, ["-e", "-q", path]) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"vmtouch -e ended with {process.ExitCode}");
    }
}
