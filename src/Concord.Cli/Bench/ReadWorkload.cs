using System.Diagnostics;
using Concord.Cli.Interop;
using Concord.Cli.Text;
using Concord.Measuring;

namespace Concord.Cli.Bench;

/// <summary>Reads of pages in random order, of a file that is in memory: through Concord's cache, and as programs do it today.</summary>
internal sealed class ReadWorkload : IDisposable
{
    internal const string Cached = "Concord", Mapping = "copy from a mapping";

    private const int PageBytes = 4096, PagesMin = 16, ReadsPerSlice = 4096, Seed = 1;

    /// <summary>What the cache has beyond the file, so that nothing leaves it.</summary>
    private const long SlackBytes = 16 << 20;

    private readonly FileCache _cache;
    private readonly CachedFile _file;
    private readonly SystemFileCalls _calls;
    private readonly MappedFile? _mapping;
    private readonly long _pages;
    private readonly long[] _offsets = new long[ReadsPerSlice];
    private readonly byte[] _page = new byte[PageBytes];

    /// <param name="path">The file; it is opened for reading only.</param>
    /// <param name="bytesMax">So many of its first bytes are enough.</param>
    /// <exception cref="IOException">The file cannot be opened, or is too short to measure anything.</exception>
    internal ReadWorkload(string path, long bytesMax)
    {
        long length = new FileInfo(path).Length;
        _pages = Math.Min(length, bytesMax) / PageBytes;
        if (_pages < PagesMin)
        {
            throw new IOException($"{path} has {SizeText.Format(length)}, too little to measure; name a file of at least {SizeText.Format(PagesMin * PageBytes)}");
        }

        var random = new Random(Seed);
        for (int i = 0; i < _offsets.Length; i++) _offsets[i] = random.NextInt64(_pages) * PageBytes;
        _calls = new SystemFileCalls(path, FileMode.Open, FileAccess.Read);
        _cache = new FileCache(new FileCacheOptions { CapacityBytes = Bytes + SlackBytes, LazyWriterInterval = TimeSpan.Zero });
        _file = _cache.Open(path, FileMode.Open, FileAccess.Read);
        if (OperatingSystem.IsLinux()) _mapping = MappedFile.Open(path);
    }

    /// <summary>How many bytes of the file are read from.</summary>
    internal long Bytes => _pages * PageBytes;

    internal Comparison Compare()
    {
        List<Rival> rivals =
        [
            new(Cached, LoadCache, () => Time(offset => _file.Read(offset, _page))),
            new(SystemFileCalls.ReadName, LoadSystem, () => Time(offset => _calls.Read(offset, _page))),
        ];
        List<Demand> demands = [new SpeedDemand(Cached, SystemFileCalls.ReadName, 1)];
        if (_mapping is not null)
        {
            rivals.Add(new(Mapping, TouchMapping, () => Time(offset => _mapping.CopyTo(offset, _page))));
            demands.Add(new SpeedDemand(Cached, Mapping, 1));
        }

        return new Comparison($"read {SizeText.Format(PageBytes)} at random", PageBytes, rivals, SystemFileCalls.ReadName, demands)
        {
            WarmUp = Workloads.WarmUp,
        };
    }

    public void Dispose()
    {
        _mapping?.Dispose();
        _calls.Dispose();
        _cache.Dispose();
    }

    private Slice Time(Action<long> read)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (long offset in _offsets) read(offset);
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / _offsets.Length);
    }

    /// <summary>Proves that every page that will be read is in the cache, and brings in what is not.</summary>
    private void LoadCache()
    {
        foreach (long offset in _offsets)
        {
            if (_file.TryRead(offset, _page.AsSpan(0, 1), out _)) continue;
            _file.Read(offset, _page);
            if (!_file.TryRead(offset, _page, out _)) throw new IOException("the file does not stay in the cache");
        }
    }

    /// <summary>Reads every page once: what the system then does not have it cannot keep.</summary>
    private void LoadSystem()
    {
        foreach (long offset in _offsets) _calls.Read(offset, _page.AsSpan(0, 1));
    }

    private void TouchMapping()
    {
        foreach (long offset in _offsets) _mapping!.CopyTo(offset, _page.AsSpan(0, 1));
    }
}
