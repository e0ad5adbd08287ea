namespace Concord.Processor;

/// <summary>
/// All registered regions. Changes take <see cref="Writers"/> and publish a new array; a flush reads one reference,
/// takes no lock and allocates nothing.
/// </summary>
internal static class RegisteredRegions
{
    private static readonly Lock Writers = new();
    private static volatile RegisteredRegion[] All = [];

    internal static void Add(RegisteredRegion region)
    {
        lock (Writers) All = [.. All, region];
    }

    internal static void Remove(RegisteredRegion region)
    {
        lock (Writers) All = [.. All.Where(r => r != region)];
    }

    /// <summary>
    /// Flushes and invalidates every region that is registered now. Complete on return. A region disposed meanwhile
    /// is left out or waited for by its <see cref="RegisteredRegion.Dispose"/>.
    /// </summary>
    internal static void Flush(LineFlusher flusher)
    {
        foreach (var region in All)
        {
            if (!region.TryEnter()) continue;
            flusher.FlushReadable((nuint)region.Address, region.Length);
            region.Leave();
        }
    }
}
