namespace Concord.Benchmarks.Workloads;

/// <summary>The vmtouch program, whose eviction is a process a call.</summary>
internal static class Vmtouch
{
    private const string FileName = "vmtouch";

    /// <summary>What to do where it is missing.</summary>
    public const string Missing = "vmtouch is not installed (Debian, Ubuntu: apt-get install vmtouch)";

    public static bool IsInstalled { get; } = InstalledProgram.Exists(FileName);

    /// <summary>Evicts a file; returns when the process has ended.</summary>
    public static void Evict(string path) => InstalledProgram.Run(FileName, "-e", "-q", path);
}
