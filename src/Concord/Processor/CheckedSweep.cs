using Concord.Interop;

namespace Concord.Processor;

/// <summary>
/// A sweep over addresses about which nothing is known. The whole range is examined before the first line is touched,
/// so that an unreadable range is refused and nothing is half done. It allocates and makes system calls.
/// </summary>
internal static class CheckedSweep
{
    /// <summary>Sweeps a range, or throws.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range wraps round.</exception>
    /// <exception cref="ArgumentException">A part of the range cannot be read.</exception>
    internal static void Run<T>(
        T routines, nint address, nuint length,
        AddressTable<IForeignRange>.Snapshot foreign, AddressSpace addressSpace, bool invalidate)
        where T : struct, ILineRoutines
    {
        if (length == 0) return;

        // 1. Check that all of it is readable before a line is touched.
        var mapped = Examine(address, length, foreign, addressSpace);

        // 2. Make earlier stores of this thread visible to the touches.
        routines.Open();

        // 3. Have foreign ranges flushed by their owners, and touch the present pages of the rest.
        foreach (var part in new OwnedParts((nuint)address, (nuint)address + length, foreign))
            part.Owner?.FlushLines((nint)part.Start, part.End - part.Start, invalidate);
        foreach (var range in mapped) TouchPresent(routines, range, addressSpace);

        // 4. Wait for all touches with one fence.
        routines.Fence();
    }

    /// <summary>Examines the parts of a range outside foreign ranges; does not examine those.</summary>
    internal static List<MappedRange> Examine(
        nint address, nuint length, AddressTable<IForeignRange>.Snapshot foreign, AddressSpace addressSpace)
    {
        var start = (nuint)address;
        if (start + length < start)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length,
                $"the range from 0x{start:x} wraps round the end of the address space; it must end below 2^64");
        }

        var mapped = new List<MappedRange>();
        foreach (var part in new OwnedParts(start, start + length, foreign))
        {
            if (part.Owner is null && addressSpace.Examine(part.Start, part.End, mapped) is { } unreadable)
                throw Refused(unreadable);
        }

        return mapped;
    }

    private static void TouchPresent<T>(T routines, in MappedRange mapped, AddressSpace addressSpace)
        where T : struct, ILineRoutines
    {
        for (nuint from = mapped.Start; from < mapped.End;)
        {
            if (addressSpace.NextRun(mapped, from, out var run) is { } unreadable)
            {
                routines.Fence();
                throw Refused(unreadable);
            }

            if (run.Start < run.End) LineSweep.TouchOwn(routines, run.Start, run.End);
            from = run.End;
        }
    }

    private static ArgumentException Refused(UnreadableRange unreadable) =>
        new($"The range must be readable: {unreadable}.", "address");
}
