using Concord.Cli.Interop.Linux;

namespace Concord.Cli.Interop;

/// <summary>The three descriptors that a program is started with, and what is there where one was closed.</summary>
/// <remarks>
/// The runtime opens files of its own before the program begins, and gets the numbers that are free: where standard
/// input was closed, its number is soon that of the system's random bytes. What was given to the program is told by
/// one flag: a descriptor that closes when a program starts cannot have been open at the start.
/// </remarks>
internal static unsafe class StandardDescriptors
{
    private const int Closed = -1;

    private static readonly bool[] Given = [true, true, true], Taken = [false, false, false];

    /// <summary>
    /// Fills the numbers that are still free, so that no file that is opened later is taken for a standard stream: what
    /// is there then has nothing to read, and takes nothing.
    /// </summary>
    internal static void Fill()
    {
        if (!OperatingSystem.IsLinux()) return;
        for (int descriptor = 0; descriptor < Given.Length; descriptor++)
        {
            int flags = Libc.DescriptorFlags(descriptor, Libc.GetDescriptorFlags, 0);
            Given[descriptor] = flags >= 0 && (flags & Libc.ClosesOnExec) == 0;
            if (Given[descriptor]) continue;
            Taken[descriptor] = flags >= 0 || !TryFill(descriptor);
        }
    }

    /// <summary>Whether the program was started with it.</summary>
    internal static bool IsGiven(int descriptor) => Given[descriptor];

    /// <summary>Whether the runtime has it for a file of its own, which nobody else may touch.</summary>
    internal static bool IsTaken(int descriptor) => Taken[descriptor];

    /// <summary>The descriptor to write to: none where it is the runtime's.</summary>
    internal static int ForOutput(int descriptor) => Taken[descriptor] ? Closed : descriptor;

    /// <summary>Puts an empty file in a free place, the first there is; another thread may be faster.</summary>
    private static bool TryFill(int place)
    {
        int opened;
        fixed (byte* path = "/dev/null\0"u8) opened = Libc.OpenInherited(path);
        if (opened == place) return true;
        if (opened >= 0) _ = Libc.Close(opened);
        return false;
    }
}
