using System.Runtime.InteropServices;
using Concord.Cli.Interop.Linux;

namespace Concord.Cli.Interop;

/// <summary>Limits that the machine and its shell set for the program, checked before it does anything.</summary>
internal static class HostLimits
{
    /// <summary>
    /// Makes a limit for the length of files (<c>ulimit -f</c>) an error of the write that passes it, as a full disk
    /// is, and not a signal that ends the program.
    /// </summary>
    internal static void TakeFileSizeLimitAsError()
    {
        if (OperatingSystem.IsLinux()) _ = Libc.Signal(Libc.FileSizeSignal, Libc.Ignore);
    }

    /// <summary>How many descriptors may be used for files at a time, of those that the system allows.</summary>
    internal static int OpenFilesMax =>
        OperatingSystem.IsLinux() && Libc.Getrlimit(Libc.LimitOpenFiles, out var limit) == 0
            ? (int)Math.Clamp((long)Math.Min(limit.Soft, long.MaxValue) - OwnDescriptors, 1, 12_000)
            : 1;

    /// <summary>How many bytes the process may lock in memory; null for no limit.</summary>
    internal static long? LockedBytesMax =>
        OperatingSystem.IsLinux() && Libc.Getrlimit(Libc.LimitLockedMemory, out var limit) == 0
            && limit.Soft <= long.MaxValue
            ? (long)limit.Soft
            : null;

    /// <summary>Descriptors that the program and its runtime use themselves, with room to spare.</summary>
    private const long OwnDescriptors = 128;

    /// <summary>Why the program does not run on a processor; null where it does.</summary>
    internal static string? Refuse(Architecture processor) => processor is Architecture.X64 or Architecture.Arm64
        ? null
        : $"this is a process for {processor} processors; Concord runs on 64-bit x86 (X64) and Arm (Arm64)";

    /// <summary>Ends the process at once, wherever its threads are.</summary>
    internal static void EndNow(int code)
    {
        if (OperatingSystem.IsLinux()) Libc.EndNow(code);
        Environment.Exit(code);
    }
}
