using System.Diagnostics;

namespace Concord.Benchmarks.Workloads;

/// <summary>Programs of the machine, which are run as a user runs them.</summary>
internal static class InstalledProgram
{
    /// <summary>Whether the program is in a folder of the path.</summary>
    public static bool Exists(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, name)));

    /// <summary>Runs it, and returns when it has ended.</summary>
    /// <exception cref="InvalidOperationException">Its exit code was not zero.</exception>
    public static void Run(string name, params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{name} {arguments[0]} ended with {process.ExitCode}");
    }
}
