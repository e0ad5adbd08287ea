using System.Diagnostics;
using Concord.Cli.Interop;
using Concord.Cli.Text;
using Concord.Measuring;

namespace Concord.Cli.Bench;

/// <summary>
/// Reads of pages in random order, of a file that is in memory: through Concord's cache, and as programs do it today.
/// </summary>
internal sealed class ReadWorkload : IDisposable
{
    internal const string Cached = "Concord", Mapping = "copy from a mapping";

    private const int PageBytes = 4096, PagesMin = 16, ReadsPerSlice = 4096, PieceBytes = 1 << 20, Seed = 1;

    /// <summary>What the cache has beyond the file, so that nothing leaves it.</summary>
    private const long SlackBytes = 16 << 20;

    private readonly FileCache _cache;
    private readonly CachedFile _file;
    private readonly SystemFileCalls _calls;
    private readonly MappedFile? _mapping;
    private readonly long _pages;
    private readonly long[] _offsets;
    private readonly byte[] _page = new byte[PageBytes];
    private readonly byte[] _piece = new byte[PieceBytes];
    private readonly SystemFile? _system;
    private bool _isSystemLoaded, _isMappingTouched;

    /// <param name="path">The file; it is opened for reading only.</param>
    /// <param name="bytesMax">The most of its first bytes to use.</param>
    /// <exception cref="IOException">The file cannot be opened, or is too short to measure anything.</exception>
    internal ReadWorkload(string path, long bytesMax)
    {
        if (Directory.Exists(path)) throw new IOException($"{path} is a directory; name a file");
        if (!File.Exists(path)) throw new IOException($"{path}: there is no such file; check the path");
        long length = new FileInfo(path).Length;
        _pages = Math.Min(length, bytesMax) / PageBytes;
        if (_pages < PagesMin)
        {
            throw new IOException($"{path} has {SizeText.Format(length)}, too little to measure; name a file of at "
                + $"least {SizeText.Format(PagesMin * PageBytes)}");
        }

        _offsets = new long[_pages];
        for (int page = 0; page < _offsets.Length; page++) _offsets[page] = (long)page * PageBytes;
        new Random(Seed).Shuffle(_offsets);
        _calls = new SystemFileCalls(path, FileMode.Open, FileAccess.Read);
        _cache = new FileCache(
            new FileCacheOptions { CapacityBytes = Bytes + SlackBytes, LazyWriterInterval = TimeSpan.Zero });
        _file = _cache.Open(path, FileMode.Open, FileAccess.Read);
        if (OperatingSystem.IsLinux()) _mapping = MappedFile.Open(path);
        if (SystemFile.IsSupported) _system = SystemFile.Open(path);
    }

    /// <summary>How many bytes of the file are used for reads.</summary>
    internal long Bytes => _pages * PageBytes;

    internal Comparison Compare()
    {
        List<Rival> rivals =
        [
            Reader(Cached, LoadCache, offset => _file.Read(offset, _page)),
            Reader(SystemFileCalls.ReadName, LoadSystem, offset => _calls.Read(offset, _page)),
        ];
        List<Demand> demands = [new SpeedDemand(Cached, SystemFileCalls.ReadName, 1)];
        if (_mapping is not null)
        {
            rivals.Add(Reader(Mapping, TouchMapping, offset => _mapping.CopyTo(offset, _page)));
            demands.Add(new SpeedDemand(Cached, Mapping, 1));
        }

        return new Comparison($"read {SizeText.Format(PageBytes)} at random", PageBytes, rivals,
            SystemFileCalls.ReadName, demands)
        {
            WarmUp = Workloads.WarmUp,
        };
    }

    public void Dispose()
    {
        _system?.Dispose();
        _mapping?.Dispose();
        _calls.Dispose();
        _cache.Dispose();
    }

    /// <summary>
    /// Makes a rival that reads the pages in the same order as all rivals, a part of them in each slice.
    /// </summary>
    private Rival Reader(string name, Action load, Action<long> read)
    {
        int next = 0;
        return new Rival(name, load, () =>
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < ReadsPerSlice; i++)
            {
                read(_offsets[next]);
                if (++next == _offsets.Length) next = 0;
            }

            return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds / ReadsPerSlice);
        });
    }

    /// <summary>Loads absent pages, and proves that every page is in the cache.</summary>
    private void LoadCache()
    {
        if (_cache.ResidentBytes >= Bytes) return;
        ReadAll((offset, piece) => _file.Read(offset, piece.Span));
        if (_cache.ResidentBytes < Bytes) throw new IOException("the file does not stay in Concord's cache");
    }

    /// <summary>The same for the system's cache; where the system does not tell, the file was at least read.</summary>
    private void LoadSystem()
    {
        if (_isSystemLoaded && IsInSystem() != false) return;
        ReadAll((offset, piece) => _calls.Read(offset, piece.Span));
        _isSystemLoaded = true;
        if (IsInSystem() == false)
            throw new IOException(
                "the file does not stay in the system's cache: memory is short, or somebody purges it");
    }

    private void TouchMapping()
    {
        LoadSystem();
        if (_isMappingTouched) return;
        foreach (long offset in _offsets) _mapping!.CopyTo(offset, _page.AsSpan(0, 1));
        _isMappingTouched = true;
    }

    private bool? IsInSystem()
    {
        if (_system?.Query(new ByteRange(0, Bytes), ResidencyDetail.Counts) is not { Resident: { } resident } known)
            return null;
        return resident >= known.Pages;
    }

    private void ReadAll(Action<long, Memory<byte>> read)
    {
        for (long offset = 0; offset < Bytes; offset += PieceBytes)
            read(offset, _piece.AsMemory(0, (int)Math.Min(PieceBytes, Bytes - offset)));
    }
}
