using System.Diagnostics;

namespace Concord.Cli.Running;

/// <summary>This program again, as a second process.</summary>
internal static class SelfProcess
{
    /// <summary>Starts it with its input and output connected.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    internal static Process Start(params string[] args)
    {
        string program = Environment.ProcessPath ?? throw new IOException("this program does not know its own path");
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        // Where the process is 'dotnet concord.dll', the executable is dotnet, and needs the assembly's name.
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (string arg in args) start.ArgumentList.Add(arg);
        return Process.Start(start) ?? throw new IOException("cannot start a second process");
    }
}
