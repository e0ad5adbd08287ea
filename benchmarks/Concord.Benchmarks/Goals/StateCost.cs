using System.Diagnostics;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;

namespace Concord.Benchmarks.Goals;

/// <summary>
/// What the cache needs to know about what it keeps: in bytes, and in time for a file that is nearly all hole.
/// </summary>
internal sealed class StateCost : Goal
{
    private const string ReadIn = "Concord, page by page", Open = "open", Read = "read", Flush = "flush",
        Purge = "purge";

    private const double ShareMax = 0.01;

    private const double StepMax = 10e6, TransferMax = 250e6;

    private const long Bytes = 1 * Sizes.GiB, BytesQuick = 256 * Sizes.MiB, SparseBytes = 1024 * Sizes.GiB;

    private const int SparsePages = 1000;

    public override string Name => "State";

    public override string Title => "What the cache keeps about its pages";

    public override string Target =>
        $"bytes of state ≤ {ShareMax:0%} of the bytes cached; a sparse terabyte with {SparsePages:N0} pages in memory: "
            + $"open and purge ≤ {StepMax / 1e6:0} ms each, read and flush of its pages ≤ {TransferMax / 1e6:0} "
            + "ms each";

    public override IEnumerable<string> Notes =>
    [
        $"State: {Sizes.Bytes(Bytes)} ({Sizes.Bytes(BytesQuick)} in a quick run) read in page by page from a store of "
            + "zeros. Counted are live objects after a collection, the process's private memory beside them, and its "
            + "page tables, before and after; the median of all rounds decides.",
        $"The terabyte is a file with a hole, opened for direct I/O where the disk has that; {SparsePages:N0} pages "
            + "spread evenly are read, and for the flush written. Each time is that of one call on all of it, or of "
            + $"all {SparsePages:N0} reads.",
    ];

    public override string? Missing(RunSettings settings) =>
        OperatingSystem.IsLinux() ? null : "what a process has in memory is asked of Linux";

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        yield return Shares(settings.IsQuick ? BytesQuick : Bytes);
        string path = settings.Folder["terabyte"];
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete, FileOptions.DeleteOnClose);
        RandomAccess.SetLength(handle, SparseBytes);
        using var sparse = new SparseFile(path);
        yield return Sparse(sparse);
    }

    private static Comparison Shares(long bytes)
    {
        List<ProcessMemory> grown = [];
        List<double> shares = [];
        return new Comparison(
            Sizes.Bytes(bytes),
            RandomPages.PageBytes,
            [
                new Rival(ReadIn, static () => { }, () =>
                {
                    var slice = FillAndCount(bytes, out ProcessMemory growth);
                    grown.Add(growth);
                    shares.Add(growth.Total / (double)bytes);
                    return slice;
                }),
            ],
            Reference: ReadIn,
            [new ShareDemand("state", shares, ShareMax, () => $"objects {Part(static part => part.Managed)}, native "
                + $"{Part(static part => part.Native)}, page tables {Part(static part => part.PageTables)}")]);

        string Part(Func<ProcessMemory, long> part) =>
            $"{Statistics.SpreadOf(grown.Select(growth => (double)part(growth))).Median / bytes:0.00%}";
    }

    private static Slice FillAndCount(long bytes, out ProcessMemory growth)
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 2 * bytes, LazyWriterInterval = TimeSpan.Zero });
        byte[] page = new byte[RandomPages.PageBytes];
        ProcessMemory before = ProcessMemory.Now();
        using CachedFile file = cache.Open(new ZeroStore(bytes));
        long start = Stopwatch.GetTimestamp();
        for (long at = 0; at < bytes; at += page.Length) file.Read(at, page);
        double nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        if (cache.ResidentBytes != bytes)
            throw new InvalidOperationException($"the cache has {cache.ResidentBytes} of {bytes} bytes");
        growth = ProcessMemory.Now() - before;
        return new Slice(nanoseconds / (bytes / page.Length));
    }

    private static Comparison Sparse(SparseFile file) => new(
        "1 TiB",
        SparsePages * RandomPages.PageBytes,
        [
            new Rival(Open, file.Close, () => Time(file.Open)),
            new Rival(Read, file.Reopen, () => Time(file.ReadAll)),
            new Rival(Flush, file.MakeDirty, () => Time(() => file.Cached.FlushAndPurge(CoherencyOptions.NoPurge))),
            new Rival(Purge, file.MakeResident, () => Time(() => file.Cached.FlushAndPurge())),
        ],
        Reference: Open,
        [new TimeDemand(Open, StepMax), new TimeDemand(Read, TransferMax), new TimeDemand(Flush, TransferMax),
            new TimeDemand(Purge, StepMax)]);

    private static Slice Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return new Slice(Stopwatch.GetElapsedTime(start).TotalNanoseconds);
    }

    /// <summary>The terabyte in a cache of its own.</summary>
    private sealed class SparseFile(string path) : IDisposable
    {
        private readonly FileCache _cache = new(
            new FileCacheOptions { CapacityBytes = 64 * Sizes.MiB, LazyWriterInterval = TimeSpan.Zero });
        private readonly byte[] _page = new byte[RandomPages.PageBytes];
        private CachedFile? _file;

        internal CachedFile Cached => _file ?? throw new InvalidOperationException("the file is not open");

        internal void Open() => _file = _cache.Open(path, FileMode.Open, FileAccess.ReadWrite);

        internal void Close()
        {
            _file?.Dispose();
            _file = null;
        }

        internal void Reopen()
        {
            Close();
            Open();
        }

        internal void ReadAll() => ForEach(at => Cached.Read(at, _page));

        internal void MakeResident()
        {
            Reopen();
            ReadAll();
            if (_cache.ResidentBytes < SparsePages * RandomPages.PageBytes)
                throw new InvalidOperationException("the pages are not in memory");
        }

        internal void MakeDirty()
        {
            MakeResident();
            ForEach(at => Cached.Write(at, _page));
        }

        public void Dispose()
        {
            Close();
            _cache.Dispose();
        }

        private static void ForEach(Action<long> work)
        {
            for (int i = 0; i < SparsePages; i++)
                work(i * (SparseBytes / SparsePages / RandomPages.PageBytes * RandomPages.PageBytes));
        }
    }
}
