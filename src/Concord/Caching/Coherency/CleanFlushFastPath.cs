namespace Concord.Caching;

/// <summary>
/// The answer of a flush without a purge that has nothing to do, found without the file's hold: no lock, no system
/// call, no allocation.
/// </summary>
/// <remarks>
/// <para>
/// It is the answer that the operation would give if all of it ran at the moment at which the count of pending pages is
/// read. A write that completed before this call counted its pages before it returned. The count falls only when a page
/// is written and a good barrier covers it, or when the page is discarded. So at 0 each such write is durable or
/// discarded. Uncached writes and changes of length got their number in the ledger before their calls returned: the
/// ledger, read next, says whether a barrier covers them.
/// </para>
/// <para>
/// The answer does not wait for the file's holder: a call of the holder that has not returned counts as later. Sharers
/// that cannot write have nothing to hand over: a sharer hands over its writes before it loses the right to write. So
/// sharers are asked before the count is read. A store that is memory takes the full operation: it has lines to flush
/// whatever the state of the pages.
/// </para>
/// </remarks>
internal static class CleanFlushFastPath
{
    /// <summary>Returns the result, if there is nothing to do.</summary>
    internal static bool TryAnswer(
        FileState file, ByteRange range, CoherencyOptions options, out CoherencyResult result)
    {
        long length = file.Sizes.Length;
        var inFile = range.Intersect(new ByteRange(0, length));
        result = new CoherencyResult(CoherencyStatus.Success, inFile.Length, 0, 0, []);
        return (options & CoherencyOptions.NoPurge) != 0
            && !file.Sharers.CanWrite(range)
            && file.Pending.IsZero
            && file.Ledger.OwesNothing
            && file.Sizes.StoreLength >= inFile.End
            && file.Errors.IsEmpty
            && !file.Store.Traits.IsMemory;
    }
}
