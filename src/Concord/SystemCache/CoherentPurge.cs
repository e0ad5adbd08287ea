namespace Concord.SystemCache;

/// <summary>
/// The one operation, on the operating system's cache: when it returns, every write completed before the call is in
/// the store, and every copy has been dropped or is named in the result.
/// </summary>
/// <remarks>
/// <para>
/// It writes nothing of its own and drops only clean pages, so it is safe on any file at any time (I2). It cannot keep
/// other processes from writing: what they write during the call is written back again, a bounded number of times, and
/// then reported as dirty again.
/// </para>
/// <para>
/// The barrier is never skipped, not even when no page is dirty: a clean page means that its bytes were sent to the
/// disk, not that the disk's own cache has made them durable.
/// </para>
/// </remarks>
internal static class CoherentPurge
{
    /// <summary>
    /// How often pages that stayed are trimmed and dropped again. The first round takes them out of mappings, the
    /// second takes out those that were dirty again or mapped again, the third drops what the second made droppable.
    /// The number is bounded, because a process that writes without pause would keep the operation busy for ever.
    /// </summary>
    private const int RoundsMax = 3;

    internal static CoherencyResult Run(
        PageCacheFile file, ByteRange? range, CoherencyOptions options, CancellationToken cancellationToken)
    {
        EnumArgument.ThrowIfUndefined(options);
        PageRange target = PageRange.Of(file, range);
        if (target.Pages.IsEmpty && !target.IsWholeFile) return Nothing;

        // (1) Write back: what is flushed contains what is purged (I5).
        PageCounts before = file.Count(target.Pages);
        long? bytesWritten = WriteBack.Run(file, target, before, cancellationToken);
        return AfterBarrier(file, target, options, before, bytesWritten, cancellationToken);
    }

    /// <summary>The steps that follow, once everything is written back and durable.</summary>
    internal static CoherencyResult AfterBarrier(
        PageCacheFile file, PageRange target, CoherencyOptions options, PageCounts before, long? bytesWritten,
        CancellationToken cancellationToken)
    {
        if (options.HasFlag(CoherencyOptions.NoPurge) || target.Pages.IsEmpty)
        {
            return new(CoherencyStatus.Success, target.Bytes.Length, bytesWritten, 0, []);
        }

        // (2) Drop the pages; for most files nothing stays.
        cancellationToken.ThrowIfCancellationRequested();
        PageCounts after = before;
        if (!file.StoreIsMemory)
        {
            file.Drop(target.Droppable);
            after = file.Count(target.Pages);
        }

        // (3) and (4) Trim the processes that map the pages, drop again, count again.
        Mappings? mappings = null;
        if (after.Resident > 0 && !file.StoreIsMemory)
        {
            after = DropWhatStayed(file, target, options, ref mappings, after, cancellationToken);
        }

        // (5) Explain what is left, and (6) report.
        IReadOnlyList<LeftRange> left = after.Resident == 0 ? [] : Explain(file, target, mappings);
        if (left.Count == 0 && file.Server is { } server)
        {
            // The copies on this machine are gone, but the server of the file system may have others.
            left = [new(target.Bytes, LeftReason.Unknown, $"{server}; its copies cannot be seen or dropped from here")];
            return Report(target, before, after with { Resident = null }, left, bytesWritten);
        }

        return Report(target, before, after, left, bytesWritten);
    }

    private static CoherencyResult Nothing => new(CoherencyStatus.Success, 0, 0, 0, []);

    private static PageCounts DropWhatStayed(
        PageCacheFile file, PageRange target, CoherencyOptions options, ref Mappings? mappings, PageCounts after,
        CancellationToken cancellationToken)
    {
        for (int round = 0; round < RoundsMax && after.Resident != 0; round++)
        {
            // Write back what is dirty again, take the pages out of mappings, split the folios
            // at both ends, and drop again.
            cancellationToken.ThrowIfCancellationRequested();
            if (after.Dirty != 0) WriteBack.Run(file, target, after, cancellationToken);
            if (!options.HasFlag(CoherencyOptions.ViewsNotSeen))
            {
                mappings ??= file.FindMappings(target.Pages);
                file.Trim(mappings);
            }

            if (!target.IsWholeFile) file.SeparateEnds(target.Pages);
            file.Drop(target.Droppable);
            after = file.Count(target.Pages);
        }

        return after;
    }

    private static IReadOnlyList<LeftRange> Explain(PageCacheFile file, PageRange target, Mappings? mappings)
    {
        if (file.Map(target.Pages) is not { } map)
        {
            string why = $"whether pages stayed cannot be known: {file.WhyUnknown}";
            LeftRange all = file.StoreIsMemory
                ? new(target.Bytes, LeftReason.StoreIsMemory)
                : new(target.Bytes, LeftReason.Unknown, why);
            return [all];
        }

        IEnumerable<LeftRange> left;
        if (file.StoreIsMemory)
        {
            left = StoreIsMemory(map);
        }
        else
        {
            mappings ??= file.FindMappings(target.Pages);
            left = file.Explain(map, mappings);
        }

        // Whole pages, but not beyond the end of the file, which may have moved meanwhile.
        ByteRange whole = new(0, Math.Max(file.Length, target.Bytes.End));
        return [.. left.Select(part => part with { Range = part.Range.Intersect(whole) })];
    }

    private static IEnumerable<LeftRange> StoreIsMemory(PageMap map)
    {
        long from = map.FirstPage;
        while (map.TryNextRun(from, out long start, out from))
        {
            yield return new(PageRange.OfPages(start, from), LeftReason.StoreIsMemory);
        }
    }

    private static CoherencyResult Report(
        PageRange target, PageCounts before, PageCounts after, IReadOnlyList<LeftRange> left, long? bytesWritten)
    {
        CoherencyStatus status =
            after.Resident is null ? CoherencyStatus.Unknown
            : left.Count == 0 ? CoherencyStatus.Success
            : CoherencyStatus.CachePageLocked;
        long? purged = before.Resident is { } was && after.Resident is { } stayed ? Math.Max(0, was - stayed) : null;
        return new(status, target.Bytes.Length, bytesWritten, purged, left);
    }
}
