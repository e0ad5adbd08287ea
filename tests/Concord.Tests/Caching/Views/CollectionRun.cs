using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Concord.Tests.Caching.Views;

/// <summary>
/// Native threads touch views of a file larger than its cache, others purge, write past the cache and change lengths,
/// and one forces collections, one after the other. Nobody may stand still, and nobody may see a byte that was not
/// there.
/// </summary>
internal sealed class CollectionRun : IDisposable
{
    private const int NumberedFirst = NativeCounters.PageCount, NumberedEnd = 1024, TailEnd = 1536;

    /// <summary>
    /// How long a thread may stand still: far longer than any collection, far shorter than anybody's patience.
    /// </summary>
    private static readonly TimeSpan StillMax = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan BetweenCollections = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// The most that counts between two looks: where the whole process stood, by its disk say, no thread stood still.
    /// </summary>
    private static readonly TimeSpan LookMax = TimeSpan.FromSeconds(1);

    private readonly ScriptedStore _store = new(MakeContent()) { IsLogging = false };
    private readonly FileCache _cache = new(
        new FileCacheOptions { CapacityBytes = 256 * Pages.Bytes, LazyWriterInterval = TimeSpan.FromMilliseconds(50) });
    private readonly CachedFile _file;
    private readonly List<Worker> _workers = [];

    // For each numbered page: the last version that is in the store for certain, and the newest that may be.
    private readonly long[] _written = new long[NumberedEnd], _begun = new long[NumberedEnd];
    private readonly nint _counts = Marshal.AllocHGlobal(NativeCounters.PageCount * sizeof(long));
    private readonly ManualResetEventSlim _failed = new();
    private readonly ManualResetEventSlim _collects = new();
    private volatile bool _stops;
    private bool _isStuck;

    internal CollectionRun()
    {
        _file = _cache.Open(_store);
        for (int page = 0; page < NativeCounters.PageCount; page++) Marshal.WriteInt64(_counts, page * sizeof(long), 0);
    }

    internal long Collections { get; private set; }

    /// <summary>Nanoseconds of a native touch of an absent page, while nobody forced collections.</summary>
    internal LatencyHistogram Quiet { get; } = new();

    /// <summary>The same while collections were forced.</summary>
    internal LatencyHistogram Collected { get; } = new();

    /// <summary>What each thread did, by its name.</summary>
    internal IEnumerable<(string Name, long Rounds)> Rounds =>
        _workers.Select(static worker => (worker.Name, worker.Rounds));

    /// <summary>Runs that long: an eighth without forced collections, the rest with.</summary>
    internal void Go(TimeSpan duration)
    {
        var counted = _file.MapView(Pages.Range(0, NativeCounters.PageCount), ViewAccess.ReadWrite);
        var numbered = _file.MapView(Pages.Range(NumberedFirst, NumberedEnd - NumberedFirst));
        var tail = _file.MapView(Pages.Range(NumberedEnd, TailEnd - NumberedEnd));
        var missed = _cache.Open(new ScriptedStore(Pages.Of(7, 1)) { IsLogging = false });
        var miss = missed.MapView(Pages.Range(0));
        ulong seed = 1, otherSeed = 2;
        Start("counts", _ => seed = NativeCounters.Run(counted.Address, _counts, 200, seed));
        Start("counts too", _ => otherSeed = NativeCounters.Run(counted.Address, _counts, 200, otherSeed));
        Start("reads", random => ReadNumbered(numbered, random));
        Start("reads the tail", random => CheckZeros(
            NativeMemory.Read(tail, random.Next(TailEnd - NumberedEnd) * Pages.Bytes, Pages.Bytes)));
        Start("reads on the pool", random => Task.Run(() => ReadNumbered(numbered, random)).Wait());
        Start("misses", _ => Miss(missed, miss));
        Start("writes past the cache", Renumber);
        Start("purges", random => _file.FlushAndPurge(Pages.Range(random.Next(NumberedEnd), 64)));
        Start("cuts", random => _file.SetLength(random.Next(NumberedEnd, TailEnd) * (long)Pages.Bytes));
        Start("collects", _ => Collect());
        Watch(duration);
        foreach (var worker in _workers) worker.Thread.Join();
        foreach (IDisposable one in (IDisposable[])[counted, numbered, tail, miss, missed]) one.Dispose();
        if (_workers.Find(static worker => worker.Error is not null) is { } failed)
            throw new InvalidOperationException($"'{failed.Name}' failed", failed.Error);
    }

    /// <summary>Additions that the store does not have in the end.</summary>
    internal long CountLost()
    {
        Assert.True(_file.FlushAndPurge().IsComplete);
        byte[] content = _store.Content;
        long lost = 0;
        for (int page = 0; page < NativeCounters.PageCount; page++)
        {
            lost += Marshal.ReadInt64(_counts, page * sizeof(long)) - BitConverter.ToInt64(content, page * Pages.Bytes);
        }

        return lost;
    }

    public void Dispose()
    {
        // Native code may still be inside the views: they stay, and the memory with them.
        if (_isStuck) return;
        _file.Dispose();
        _cache.Dispose();
        _failed.Dispose();
        _collects.Dispose();
        Marshal.FreeHGlobal(_counts);
    }

    private void Start(string name, Action<Random> round)
    {
        var worker = new Worker(name, round, () => _stops, _failed.Set);
        _workers.Add(worker);
        worker.Thread.Start();
    }

    /// <summary>
    /// Ends the run when its time is up or a worker failed; a thread that stands still ends it with its name.
    /// </summary>
    private void Watch(TimeSpan duration)
    {
        var clock = Stopwatch.StartNew();
        var looked = TimeSpan.Zero;
        while (clock.Elapsed < duration && !_failed.Wait(WatchInterval))
        {
            if (clock.Elapsed > duration / 8) _collects.Set();
            var now = clock.Elapsed;
            var since = now - looked;
            looked = now;
            foreach (var worker in _workers) worker.Look(since < LookMax ? since : LookMax);
            if (_workers.Find(static worker => worker.Stood > StillMax) is { } still)
            {
                _stops = _isStuck = true;
                throw new TimeoutException($"'{still.Name}' stands still since {still.Stood.TotalSeconds:F0} s, after "
                    + $"{still.Rounds} rounds and {Collections} collections");
            }
        }

        _stops = true;
    }

    private void Collect()
    {
        if (!_collects.Wait(WatchInterval)) return;

        Collections++;
        if (Collections % 8 == 0)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: Collections % 64 == 0);
        else GC.Collect(0);

        // Without this moment one collection follows another so closely that on two processors .NET lets no managed
        // thread of this process run for seconds, whatever it does.
        _failed.Wait(BetweenCollections);
    }

    private void Miss(CachedFile file, MappedView view)
    {
        file.FlushAndPurge();
        bool collects = _collects.IsSet;
        var (value, took) = NativeTouch.Time(view.Address);
        if (collects == _collects.IsSet) (collects ? Collected : Quiet).Add(took);
        if (value != 7) throw new InvalidOperationException($"an absent page came as {value}");
    }

    private void Renumber(Random random)
    {
        int page = random.Next(NumberedFirst, NumberedEnd);
        long version = _written[page] + 1;
        Volatile.Write(ref _begun[page], version);
        _file.WriteUncached((long)page * Pages.Bytes, Numbered(page, version));
        Volatile.Write(ref _written[page], version);
    }

    /// <summary>Every word of a page is of one of the versions that it may be of, and of this page.</summary>
    private void ReadNumbered(MappedView view, Random random)
    {
        int page = random.Next(NumberedFirst, NumberedEnd);
        long oldest = Volatile.Read(ref _written[page]);
        byte[] found = NativeMemory.Read(view, (page - NumberedFirst) * (long)Pages.Bytes, Pages.Bytes);
        long newest = Volatile.Read(ref _begun[page]);
        foreach (long word in MemoryMarshal.Cast<byte, long>(found))
        {
            long version = word >> 16;
            if ((word & 0xFFFF) != page || version < oldest || version > newest)
            {
                throw new InvalidOperationException(
                    $"page {page} shows {word:x}: it should be of version {oldest} to {newest}");
            }
        }
    }

    private static void CheckZeros(byte[] found)
    {
        if (found.AsSpan().ContainsAnyExcept((byte)0))
            throw new InvalidOperationException("what nobody wrote is not zero");
    }

    private static byte[] MakeContent()
    {
        byte[] content = new byte[TailEnd * Pages.Bytes];
        for (int page = NumberedFirst; page < NumberedEnd; page++)
            Numbered(page, 0).CopyTo(content, page * Pages.Bytes);
        return content;
    }

    private static byte[] Numbered(int page, long version)
    {
        byte[] bytes = new byte[Pages.Bytes];
        MemoryMarshal.Cast<byte, long>(bytes.AsSpan()).Fill((version << 16) + page);
        return bytes;
    }

    /// <summary>A thread that does one thing again and again.</summary>
    private sealed class Worker
    {
        private long _rounds;
        private long _seen;

        internal Worker(string name, Action<Random> round, Func<bool> stops, Action failed)
        {
            Name = name;
            Thread = new Thread(() => Run(round, stops, failed)) { IsBackground = true, Name = name };
        }

        internal string Name { get; }

        internal Thread Thread { get; }

        internal Exception? Error { get; private set; }

        internal long Rounds => Volatile.Read(ref _rounds);

        /// <summary>How long the watcher has seen it in its present round.</summary>
        internal TimeSpan Stood { get; private set; }

        /// <summary>The watcher looks at it, so long after the last time.</summary>
        internal void Look(TimeSpan since)
        {
            long rounds = Rounds;
            Stood = rounds == _seen && Thread.IsAlive ? Stood + since : TimeSpan.Zero;
            _seen = rounds;
        }

        private void Run(Action<Random> round, Func<bool> stops, Action failed)
        {
            var random = new Random(Name.Length);
            try
            {
                while (!stops())
                {
                    round(random);
                    Interlocked.Increment(ref _rounds);
                }
            }
            catch (Exception error)
            {
                Error = error;
                failed();
            }
        }
    }
}
