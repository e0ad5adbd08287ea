using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static unsafe partial class Native
{
    private const uint SetModeFilter = 1, AllThreads = 1, ReturnError = 0x00050000, ReturnAllow = 0x7FFF0000;
    private const ushort LoadWord = 0x20, JumpIfEqual = 0x15, Return = 0x06;

    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Seccomp(nint call, nint operation, nint flags, in FilterProgram program);

    /// <summary>From now on, in all threads of this process, a system call fails with an error number.</summary>
    internal static void RefuseSystemCall(uint number, uint error)
    {
        FilterStep* steps = stackalloc FilterStep[]
        {
            new(LoadWord, 0, 0, 0),
            new(JumpIfEqual, 0, 1, number),
            new(Return, 0, 0, ReturnError | error),
            new(Return, 0, 0, ReturnAllow),
        };
        Succeeded(Prctl(SetNoNewPrivileges, 1, 0, 0, 0), "give up new privileges");
        nint call = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 277 : 317;
        Succeeded(Seccomp(call, (nint)SetModeFilter, (nint)AllThreads, new(4, steps)), "install the filter");
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct FilterStep(ushort Code, byte IfTrue, byte IfFalse, uint Operand);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct FilterProgram(ushort length, FilterStep* steps)
    {
        private readonly ushort _length = length;
        private readonly FilterStep* _steps = steps;
    }
}
