using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

/// <summary>
/// Filters of system calls (seccomp), for the calling thread and the threads it starts, or for all. x64 numbers.
/// </summary>
internal static unsafe class SystemCallFilter
{
    private const int MprotectNumber = 10, ReadAndExecute = 5, PageBytes = 4096, PermissionDenied = 13;
    private const int NumberOffset = 0, FirstArgumentOffset = 16, SecondArgumentOffset = 24, ThirdArgumentOffset = 32;
    private const uint Allow = 0x7FFF0000, Fail = 0x00050000, KillProcess = 0x80000000;
    private const ushort LoadWord = 0x20, JumpIfEqual = 0x15, JumpIfAtLeast = 0x35, Return = 0x06;

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Step(ushort Code, byte IfTrue, byte IfFalse, uint Operand);

    private struct Program
    {
        public ushort Length;
        public Step* Steps;
    }

    /// <summary>
    /// Refuses to make less than a page executable, as hardened systems refuse it altogether: so this process's own
    /// compiler, which works in whole pages, goes on.
    /// </summary>
    public static void RefuseSmallExecutableMemory() => Install(
    [
        new(LoadWord, 0, 0, NumberOffset),
        new(JumpIfEqual, 0, 5, MprotectNumber),
        new(LoadWord, 0, 0, ThirdArgumentOffset),
        new(JumpIfEqual, 0, 3, ReadAndExecute),
        new(LoadWord, 0, 0, SecondArgumentOffset),
        new(JumpIfAtLeast, 1, 0, PageBytes),
        new(Return, 0, 0, Fail | PermissionDenied),
        new(Return, 0, 0, Allow),
    ]);

    /// <summary>
    /// From now on any system call of this thread ends the process. A filter that allows everything goes first, so
    /// that whatever the runtime prepares at a first call is prepared.
    /// </summary>
    public static void EndProcessAtNextCall()
    {
        foreach (uint verdict in (ReadOnlySpan<uint>)[Allow, KillProcess]) Install([new(Return, 0, 0, verdict)]);
    }

    /// <summary>From now on, in all threads of this process, a system call fails with an error number.</summary>
    public static void Refuse(uint number, uint error) => Install(
    [
        new(LoadWord, 0, 0, NumberOffset),
        new(JumpIfEqual, 0, 1, number),
        new(Return, 0, 0, Fail | error),
        new(Return, 0, 0, Allow),
    ], allThreads: true);

    /// <summary>The same where an argument, counted from 0, has a value, as far as 32 bits tell.</summary>
    public static void Refuse(uint number, int argument, uint value, uint error) => Install(
    [
        new(LoadWord, 0, 0, NumberOffset),
        new(JumpIfEqual, 0, 3, number),
        new(LoadWord, 0, 0, (uint)(FirstArgumentOffset + (argument * sizeof(ulong)))),
        new(JumpIfEqual, 0, 1, value),
        new(Return, 0, 0, Fail | error),
        new(Return, 0, 0, Allow),
    ], allThreads: true);

    private static void Install(Step[] steps, bool allThreads = false)
    {
        fixed (Step* first = steps)
        {
            var program = new Program { Length = (ushort)steps.Length, Steps = first };
            if (Native.Prctl(Native.SetNoNewPrivileges, 1, 0, 0, 0) != 0
                || Native.Seccomp(Native.SeccompSetModeFilter, allThreads ? Native.SeccompAllThreads : 0,
                    &program) != 0)
            {
                throw new PlatformNotSupportedException(
                    $"the system refuses a filter of system calls: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
    }
}
