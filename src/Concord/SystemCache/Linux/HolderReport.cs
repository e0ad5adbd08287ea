namespace Concord.SystemCache.Linux;

/// <summary>Explains the pages that stayed.</summary>
internal static class HolderReport
{
    internal static IReadOnlyList<LeftRange> Make(PageMap left, Mappings mappings, Residency residency)
    {
        List<LeftRange> ranges = [];
        long from = left.FirstPage;
        while (left.TryNextRun(from, out long start, out from))
        {
            ByteRange run = PageRange.OfPages(start, from);
            int[] holders = [.. mappings.Parts.Where(part => part.Range.Overlaps(run)).Select(part => part.ProcessId).Distinct()];
            bool dirty = residency.CountUnwritten(run) > 0;
            LeftReason reason = dirty ? LeftReason.DirtyAgain : holders.Length > 0 ? LeftReason.MappedByProcess : LeftReason.Unknown;
            ranges.Add(new(run, reason, holders.Length == 0 ? null : string.Join(", ", holders.Select(ProcessName.Of))));
        }

        return ranges;
    }
}
