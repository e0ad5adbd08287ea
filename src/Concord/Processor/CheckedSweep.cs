using Concord.Interop;

namespace Concord.Processor;

/// <summary>
/// A sweep over addresses of which nothing is known. The whole range is examined before the first line is touched,
/// so that a range that cannot be read is refused and nothing is half done. It allocates and makes system calls.
/// </summary>
internal static class CheckedSweep
{
    /// <summary>Sweeps a range, or says why it cannot.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range wraps round.</exception>
    /// <exception cref="ArgumentException">A part of the range cannot be read.</exception>
    internal static void Run<T>(
        T routines, nint address, nuint length,
        AddressTable<IForeignRange>.Snapshot foreign, AddressSpace addressSpace, bool invalidate)
        where T : struct, ILineRoutines
    {
        if (length == 0) return;

        // 1. Nothing is touched before all of it is known to be readable.
        var mapped = Examine(address, length, foreign, addressSpace);

        // 2. Earlier stores of this thread must not be left behind.
        routines.Open();

        // 3. Parts that belong to others go to their owners, and of our own the pages that are there are touched.
        foreach (var part in new OwnedParts((nuint)address, (nuint)address + length, foreign))
            part.Owner?.FlushLines((nint)part.Start, part.End - part.Start, invalidate);
        foreach (var range in mapped) TouchPresent(routines, range, addressSpace);

        // 4. One fence for all of them.
        routines.Fence();
    }

    /// <summary>Examines the parts of a range that are nobody else's: those of others are not even looked at.</summary>
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
