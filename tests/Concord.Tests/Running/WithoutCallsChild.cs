using System.Diagnostics;
using Concord.Tests.Interop;

namespace Concord.Tests.Running;

/// <summary>
/// Runs a program where the kernel refuses system calls, by a real filter that the program inherits:
/// <c>NUMBER,NUMBER… ERROR PROGRAM ARG…</c>. Input, output and the exit code are the program's own.
/// </summary>
internal static class WithoutCallsChild
{
    internal const string Name = "without-calls";

    internal static int Run(string[] args)
    {
        uint error = uint.Parse(args[1], null);
        foreach (string number in args[0].Split(',')) SystemCallFilter.Refuse(uint.Parse(number, null), error);
        using Process program = Process.Start(args[2], args[3..]);
        program.WaitForExit();
        return program.ExitCode;
    }
}
