using System.Runtime.InteropServices;
using Concord.Processor;

namespace Concord.Nt;

/// <summary>Routines of ntddk.h: <c>using static Concord.Nt.Ntddk;</c></summary>
public static unsafe partial class Ntddk
{
    /// <summary>
    /// Writes back and invalidates the lines of a range on every processor, through all mappings of the same memory,
    /// and returns when that is done. The contents do not change; the ends are rounded out to lines; no length, no
    /// effect. (NT: KeInvalidateRangeAllCaches.)
    /// </summary>
    /// <param name="BaseAddress">The first byte.</param>
    /// <param name="Length">Bytes.</param>
    /// <exception cref="ArgumentException">At <see cref="Irql.PassiveLevel"/>: a part of the range cannot be read. The
    /// message says which part; nothing was flushed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">At <see cref="Irql.PassiveLevel"/>: the range wraps round the end
    /// of the address space; nothing was done.</exception>
    /// <exception cref="InvalidOperationException">The thread runs above <see cref="Irql.DispatchLevel"/>; nothing was
    /// done. (The kernel stops the machine.)</exception>
    /// <exception cref="PlatformNotSupportedException">Lines cannot be flushed here; nothing was done.</exception>
    /// <remarks>
    /// Thread safe. "All" caches are those of instructions too, for callers that have patched code: on Arm64, where
    /// they do not follow by themselves, their lines are invalidated on every processor. A thread that runs patched
    /// code on another processor needs a barrier of its own before (isb, or membarrier(2) with SYNC_CORE), as after
    /// any patch. At <see cref="Irql.PassiveLevel"/> it first asks whether the range can be read, which makes system
    /// calls and allocates. At a raised level it does not ask, as the original does not: it allocates nothing, takes
    /// no lock, makes no system call and does not block, and a range that cannot be read ends the process.
    /// </remarks>
    public static void KeInvalidateRangeAllCaches(void* BaseAddress, uint Length)
    {
        RequireDispatchOrLower(nameof(KeInvalidateRangeAllCaches));
        if (Irql.Current == Irql.PassiveLevel) ProcessorCache.FlushAndInvalidate((nint)BaseAddress, Length);
        else ProcessorCache.Supported.FlushReadable((nuint)BaseAddress, Length);
        ProcessorCache.Supported.InvalidateInstructions((nuint)BaseAddress, Length);
    }

    /// <summary>
    /// Writes back and invalidates the lines of every region registered with
    /// <see cref="ProcessorCache.Register(nint, nuint)"/>, and returns when that is done. A program cannot empty a
    /// processor's caches as a whole, so these regions are what "all" means. (NT: KeInvalidateAllCaches.)
    /// </summary>
    /// <returns>A value to be ignored, as the original's is.</returns>
    /// <exception cref="InvalidOperationException">The thread runs above <see cref="Irql.DispatchLevel"/>; nothing was
    /// done. (The kernel stops the machine.)</exception>
    /// <exception cref="PlatformNotSupportedException">The processor is not an x64 one, where the original is not
    /// offered either, or lines cannot be flushed here; nothing was done.</exception>
    /// <remarks>Thread safe. Allocates nothing, takes no lock, makes no system call and does not block.</remarks>
    [Obsolete("NT: superseded by KeInvalidateRangeAllCaches, which is offered on every processor and costs far less.")]
    public static BOOLEAN KeInvalidateAllCaches()
    {
        RequireDispatchOrLower(nameof(KeInvalidateAllCaches));
        return FlushEverythingRegistered(ProcessorCache.Supported);
    }

    /// <summary>The same with the flusher in hand, so that another processor's can be tried.</summary>
    internal static bool FlushEverythingRegistered(LineFlusher flusher)
    {
        if (flusher.Architecture != Architecture.X64)
        {
            throw new PlatformNotSupportedException(
                $"KeInvalidateAllCaches is offered on X64 only, and this processor is {flusher.Architecture}; "
                + "KeInvalidateRangeAllCaches works here.");
        }

        RegisteredRegions.Flush(flusher);
        return true;
    }

    private static void RequireDispatchOrLower(string routine)
    {
        if (Irql.Current > Irql.DispatchLevel) throw TooHigh(routine);
    }

    private static InvalidOperationException TooHigh(string routine) =>
        new($"{routine} may be called at IRQL {Irql.DispatchLevel.Level} (DISPATCH_LEVEL) or lower, "
            + $"and this thread runs at {Irql.Current.Level}.");
}
