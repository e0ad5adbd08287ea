using System.Diagnostics;
using System.Text.Json;

namespace Concord.Tests.Cli;

/// <summary>The built program, run as a person runs it.</summary>
internal static class ConcordProgram
{
    private const string SetPriv = "/usr/bin/setpriv";

    private static readonly string[] AsNobody = [SetPriv, "--reuid", "65534", "--regid", "65534", "--clear-groups"];

    /// <summary>The program that was built with this test program, beside it.</summary>
    private static string Path { get; } = System.IO.Path.Combine(
        AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Concord.Cli.exe" : "Concord.Cli");

    /// <summary>Runs it to its end.</summary>
    internal static Outcome Run(params string[] args) => Run(null, [], args);

    internal static Outcome RunIn(string directory, params string[] args) => Run(directory, [], args);

    /// <summary>Runs it where the kernel refuses system calls, given by number, with an error.</summary>
    internal static Outcome RunWithoutCalls(string directory, string numbers, int error, params string[] args) => Run(
        directory, [Environment.ProcessPath!, "--child", WithoutCallsChild.Name, numbers, error.ToString(null, null)],
        args);

    /// <summary>Runs it as a user who owns nothing and has no rights.</summary>
    internal static Outcome RunAsNobody(string directory, params string[] args)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become another user");
        Assert.SkipUnless(File.Exists(SetPriv), "setpriv of util-linux is not installed");
        return Run(directory, AsNobody, args);
    }

    /// <summary>Starts it, by another program when <paramref name="by"/> names one with its first arguments.</summary>
    internal static Process Start(string? directory, string[] by, params string[] args)
    {
        Assert.SkipUnless(File.Exists(Path), $"the program is not beside the tests: {Path}");
        string[] line = [.. by, Path, .. args];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "",
        };
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }

    private static Outcome Run(string? directory, string[] by, string[] args)
    {
        using Process process = Start(directory, by, args);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    /// <summary>What a run said.</summary>
    internal sealed record Outcome(int ExitCode, string Output, string Error)
    {
        internal JsonElement Json => JsonDocument.Parse(Output).RootElement;

        internal string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        /// <summary>Asserts the exit code, with what was said when it is another.</summary>
        internal Outcome Exits(int code)
        {
            Assert.True(code == ExitCode, $"exit code {ExitCode}, not {code}\n{Output}\n{Error}");
            return this;
        }
    }
}
