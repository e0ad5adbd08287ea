namespace Concord.Caching;

/// <summary>
/// The answer of a flush without a purge that has nothing to do, found without the file's hold: no lock, no system
/// call, no allocation.
/// </summary>
/// <remarks>
/// <para>
/// It is the answer that the operation would give if it ran whole at the moment at which the count of pending pages
/// is read. A write that was completed before the call had counted its pages before it returned, and the count goes
/// down only when a page has been written and a good barrier has covered that, or when somebody discards it; so at 0
/// each such write is durable or discarded. What the store accepted otherwise, uncached writes and lengths, had its
/// number before its call returned: the ledger, read next, says whether a barrier covers it.
/// </para>
/// <para>
/// The answer does not wait for who has the file: a call of the holder that has not returned counts as later.
/// Sharers that cannot write have nothing to hand over; what one did while it could, it handed over before it lost
/// that right. So they are asked before the count is read. A store that is memory has lines to flush whatever the pages
/// are.
/// </para>
/// </remarks>
internal static class CleanFlushFastPath
{
    /// <summary>The result, if that is all there is to do.</summary>
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
            && !file.Store.IsMemory;
    }
}
