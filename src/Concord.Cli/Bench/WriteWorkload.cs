using System.Diagnostics;
using Concord.Cli.Interop;
using Concord.Cli.Text;
using Concord.Measuring;

namespace Concord.Cli.Bench;

/// <summary>
/// Writes, flushes and purges, of two files of one length on one disk: one behind Concord's cache, one written as
/// programs do it today. Both are made here.
/// </summary>
internal sealed class WriteWorkload : IDisposable
{
    internal const string Cached = "Concord";

    private const int PageBytes = 4096, PieceBytes = 1 << 20, WritesPerSlice = 2048, Seed = 2;
    private const long SlackBytes = 16 << 20;

    private readonly FileCache _cache;
    private readonly CachedFile _file;
    private readonly SystemFileCalls _calls;
    private readonly long _bytes;
    private readonly long[] _offsets = new long[WritesPerSlice];
    private readonly byte[] _piece = new byte[PieceBytes];

    /// <param name="cachedPath">Where the file behind the cache is made.</param>
    /// <param name="systemPath">Where the other one is made.</param>
    /// <param name="bytes">The length of each, a multiple of 1 MiB.</param>
    internal WriteWorkload(string cachedPath, string systemPath, long bytes)
    {
        _bytes = bytes;
        var random = new Random(Seed);
        random.NextBytes(_piece);
        for (int i = 0; i < _offsets.Length; i++) _offsets[i] = random.NextInt64(bytes / PageBytes) * PageBytes;
        _cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = bytes + SlackBytes,
            MaxDirtyBytes = bytes + SlackBytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        _calls = new SystemFileCalls(systemPath, FileMode.CreateNew, FileAccess.ReadWrite);
        _file = _cache.Open(cachedPath, FileMode.CreateNew, FileAccess.ReadWrite);
    }

    private static string FlushAndDrop => $"{SystemFileCalls.FlushName} + fadvise";

    internal IEnumerable<Comparison> All() =>
        SystemFileCalls.CanDrop ? [Overwrite(), Flush(), PurgeDirty(), PurgeClean()] : [Overwrite(), Flush()];

    /// <summary>Overwrites pages that are in memory and clean.</summary>
    internal Comparison Overwrite() => Of(
        $"write {SizeText.Format(PageBytes)} at random",
        PageBytes,
        SystemFileCalls.WriteName,
        new Rival(Cached, () => { Dirty(); FlushCache(); },
            () => Time(() => { foreach (long offset in _offsets) _file.Write(offset, _piece.AsSpan(0, PageBytes)); },
            WritesPerSlice)),
        new Rival(SystemFileCalls.WriteName, () => { WriteSystem(); _calls.Flush(); },
            () => Time(() => { foreach (long offset in _offsets) _calls.Write(offset, _piece.AsSpan(0, PageBytes)); },
            WritesPerSlice)));

    /// <summary>Flushes from memory to the disk.</summary>
    internal Comparison Flush()
    {
        string peer = $"{SystemFileCalls.WriteName} + {SystemFileCalls.FlushName}";
        return Of(
            $"make {SizeText.Format(_bytes)} durable",
            _bytes,
            peer,
            new Rival(Cached, Dirty, () => Time(FlushCache)),
            new Rival(peer, _calls.Flush, () => Time(() => { WriteSystem(); _calls.Flush(); })));
    }

    /// <summary>Flush and purge of pages that were just written.</summary>
    internal Comparison PurgeDirty() => Of(
        $"flush and purge {SizeText.Format(_bytes)}, dirty",
        _bytes,
        FlushAndDrop,
        new Rival(Cached, Dirty, () => Time(PurgeCache)),
        new Rival(FlushAndDrop, WriteSystem, () => Time(() => { _calls.Flush(); _calls.Drop(); })));

    /// <summary>Flush and purge of pages that were only read.</summary>
    internal Comparison PurgeClean() => Of(
        $"flush and purge {SizeText.Format(_bytes)}, clean",
        _bytes,
        FlushAndDrop,
        new Rival(Cached, () => { FlushCache(); ReadCache(); }, () => Time(PurgeCache)),
        new Rival(FlushAndDrop, () => { _calls.Flush(); ReadSystem(); },
            () => Time(() => { _calls.Flush(); _calls.Drop(); })));

    public void Dispose()
    {
        _calls.Dispose();
        _cache.Dispose();
    }

    private static Comparison Of(string title, long bytes, string peer, params Rival[] rivals) =>
        new(title, bytes, rivals, peer, [new SpeedDemand(Cached, peer, 1)]) { WarmUp = Workloads.WarmUp };

    private static Slice Time(Action work, int operations = 1)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / operations);
    }

    private void Dirty()
    {
        for (long offset = 0; offset < _bytes; offset += PieceBytes) _file.Write(offset, _piece);
    }

    private void WriteSystem()
    {
        for (long offset = 0; offset < _bytes; offset += PieceBytes) _calls.Write(offset, _piece);
    }

    private void FlushCache() => _file.FlushAndPurge(CoherencyOptions.NoPurge).ThrowIfIncomplete();

    private void PurgeCache() => _file.FlushAndPurge().ThrowIfIncomplete();

    private void ReadCache()
    {
        for (long offset = 0; offset < _bytes; offset += PieceBytes) _file.Read(offset, _piece);
    }

    private void ReadSystem()
    {
        for (long offset = 0; offset < _bytes; offset += PieceBytes) _calls.Read(offset, _piece);
    }
}
