using System.Diagnostics;
using Concord.Interop;

namespace Concord.Processor;

/// <summary>
/// A sweep over the lines of a range: each line is touched once, then one fence waits for all of them. Foreign ranges
/// are flushed by their owners, with a fence of their own. Allocates nothing and takes no lock.
/// </summary>
internal static class LineSweep
{
    /// <summary>Sweeps a range of addresses that can be read.</summary>
    /// <param name="routines">The routines that touch the lines.</param>
    /// <param name="start">The first byte.</param>
    /// <param name="end">One byte past the last; above <paramref name="start"/>.</param>
    /// <param name="foreign">The foreign ranges.</param>
    /// <param name="invalidate">Passed on to their owners.</param>
    internal static void Run<T>(
        T routines, nuint start, nuint end, AddressTable<IForeignRange>.Snapshot foreign, bool invalidate)
        where T : struct, ILineRoutines
    {
        Debug.Assert(start < end, "a sweep has at least one byte");

        // 1. Make earlier stores of this thread visible to the touches.
        routines.Open();

        // 2. Touch every line outside foreign ranges once; owners flush the rest.
        if (foreign.IsEmpty) TouchOwn(routines, start, end);
        else TouchAround(routines, start, end, foreign, invalidate);

        // 3. Wait for all touches with one fence.
        routines.Fence();
    }

    /// <summary>Touches the lines of a range, rounded out, in pieces between which a collection may begin.</summary>
    internal static void TouchOwn<T>(T routines, nuint start, nuint end)
        where T : struct, ILineRoutines
    {
        nuint mask = routines.LineSize - 1, piece = routines.PieceBytes;
        start &= ~mask;
        end = (end + mask) & ~mask;
        for (; end - start > piece; start += piece) routines.TouchLines(start, start + piece);
        routines.TouchLines(start, end);
    }

    private static void TouchAround<T>(
        T routines, nuint start, nuint end, AddressTable<IForeignRange>.Snapshot foreign, bool invalidate)
        where T : struct, ILineRoutines
    {
        foreach (var part in new OwnedParts(start, end, foreign))
        {
            if (part.Owner is null) TouchOwn(routines, part.Start, part.End);
            else part.Owner.FlushLines((nint)part.Start, part.End - part.Start, invalidate);
        }
    }
}
