using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Simulation;

/// <summary>What a simulated run begins with.</summary>
internal sealed record WorldOptions
{
    internal int CapacityPages { get; init; } = 16;

    internal int DirtyPagesMax { get; init; }

    /// <summary>The file's first length; off a page, so that its tail is looked at too.</summary>
    internal int FileBytes { get; init; } = 4 * 4096 - 1000;

    /// <summary>How far the file may grow.</summary>
    internal int FileBytesMax { get; init; } = 10 * 4096;

    /// <summary>Zero: no lazy writer but the passes that a scenario makes itself.</summary>
    internal TimeSpan LazyWriterInterval { get; init; }

    /// <summary>How many pages are read ahead; 0 for none.</summary>
    internal int ReadAheadPages { get; init; }

    /// <summary>
    /// After so many calls of the store its images after a loss of power are checked; 0 for only after flushes.
    /// </summary>
    internal int ImagesEvery { get; init; }

    internal int ImageSamples { get; init; } = 4;

    internal InjectedFault Planted { get; init; }

    internal StoreLie Lie { get; init; }
}

/// <summary>
/// One cache, one store, one file and all that is known of it, under one seed. Operations go through here, so that
/// each is checked against the oracle; between any two steps the audit looks at everything.
/// </summary>
internal sealed partial class World
{
    private const int StepsMax = 40_000;

    private readonly HashSet<CachedFile> _handles = [];
    private readonly List<ByteRange> _uncached = [];
    private readonly Audit _audit;
    private int _callsSeen;

    internal World(int seed, WorldOptions? options = null)
    {
        Options = options ?? new WorldOptions();
        Random = new Random(seed);
        Scheduler = new SimScheduler(seed) { Planted = Options.Planted };
        Origin = OriginOf(seed);
        byte[] first = Fill(Oracle.First, Origin + Options.FileBytes);
        Store = new CrashStore(Scheduler, first) { Lie = Options.Lie };
        Oracle = new Oracle(Origin + Options.FileBytesMax, first.Length);
        Cache = new FileCache(
            new FileCacheOptions
            {
                CapacityBytes = (long)Options.CapacityPages * PageGeometry.PageBytes,
                MaxDirtyBytes = (long)Options.DirtyPagesMax * PageGeometry.PageBytes,
                SectionKind = SectionKind.Private,
                StoreWaitTimeout = Timeout.InfiniteTimeSpan,
                LazyWriterInterval = Options.LazyWriterInterval,
            },
            Scheduler);
        Cache.State.MaxReadAheadBytes = (long)Options.ReadAheadPages * PageGeometry.PageBytes;
        _audit = new Audit(this);
        File = Open();
        FileOfFirst = Cache.Services.FileOf(Store);
        Scheduler.AfterStep = AfterStep;
    }

    internal WorldOptions Options { get; }

    /// <summary>
    /// Where in the file everything happens: what the operations of a world call offset 0. In every other world that is
    /// two pages before the end of an extent, so that whatever a scenario does concerns two extents or more.
    /// </summary>
    internal int Origin { get; }

    internal Random Random { get; }

    internal SimScheduler Scheduler { get; }

    internal CrashStore Store { get; }

    internal Oracle Oracle { get; }

    internal FileCache Cache { get; }

    internal CachedFile File { get; }

    /// <summary>The file's state in the cache, until it has left.</summary>
    internal FileServices? FileOfFirst { get; private set; }

    internal bool IsChangingLength { get; private set; }

    /// <summary>
    /// The most pages that were leased at any time: memory above the capacity may outlast its leases.
    /// </summary>
    internal long LeasedPagesMost { get; private set; }

    /// <summary>The most files on which another one of the scenario stands.</summary>
    internal int LevelsBelow { get; set; }

    /// <summary>How often each handle heard of an error.</summary>
    internal Dictionary<CachedFile, int> Heard { get; } = [];

    /// <summary>What a test looks at when a handle hears of an error.</summary>
    internal Action<CachedFile, IOException>? OnHeard { get; set; }

    internal int HeardByAnybody => Heard.Values.Sum();

    /// <summary>How many images after a loss of power were checked.</summary>
    internal long Images { get; private set; }

    /// <summary>
    /// Whether the last change of a byte may have come from an uncached write, which no page stands for.
    /// </summary>
    internal bool WroteUncached(int at)
    {
        foreach (var range in _uncached)
        {
            if (at >= range.Offset && at < range.End) return true;
        }

        return false;
    }

    internal CachedFile Open()
    {
        var handle = Cache.Open(Store, leaveOpen: true);
        _handles.Add(handle);
        Heard[handle] = 0;
        return handle;
    }

    /// <summary>Runs tasks in the order the seed gives.</summary>
    internal void Run(params Func<Task>[] tasks) => Scheduler.Run(StepsMax, tasks);

    /// <summary>
    /// Heals the store and ends the run: everything that anybody wrote is in the store and durable, nothing is left
    /// in memory, and each handle heard of what it had to hear.
    /// </summary>
    internal void Finish()
    {
        Store.Heal();
        Run(async () =>
        {
            foreach (var handle in _handles) await HealAsync(handle);
            foreach (var handle in _handles) await handle.CloseAsync();
        });
        FileOfFirst = null;
        _audit.Everything();
        Oracle.CheckContent(Store.Content, "the store after the last close");
        CheckImages(Options.ImageSamples);
        if (_uncached.Count == 0) Oracle.CheckContent(Store.Log.Durable, "what is durable after the last close");
        Rule(Cache.ResidentBytes == 0 && Cache.DirtyBytes == 0, "nothing is in memory after the last close");
        Rule(Store.Failures == Store.FailedReads || HeardByAnybody > 0,
            $"{Store.Failures} calls of the store failed, and nobody heard of it");

        // Closing waits for the lazy writer's thread, and a simulation has one thread only.
        if (Options.LazyWriterInterval == TimeSpan.Zero) Cache.Close();
    }

    /// <summary>Leaves a handle to a scenario: it closes it itself.</summary>
    internal void Disown(CachedFile handle) => _handles.Remove(handle);

    /// <summary>The place of a range of a scenario in the file.</summary>
    internal ByteRange At(ByteRange range) =>
        new(Origin + range.Offset, Math.Min(range.Length, long.MaxValue - Origin));

    internal static int OriginOf(int seed) => seed % 2 == 0 ? 0 : PageGeometry.ExtentBytes - 2 * PageGeometry.PageBytes;

    internal static byte[] Fill(byte value, int length)
    {
        byte[] bytes = new byte[length];
        Array.Fill(bytes, value);
        return bytes;
    }

    internal static void Rule(bool holds, string rule)
    {
        if (!holds) throw new SimulationException(rule);
    }

    /// <summary>The store works again: one flush may tell of what was, the next one must not.</summary>
    private async Task HealAsync(CachedFile handle)
    {
        await FlushAsync(handle);
        int before = Heard[handle];
        await FlushAsync(handle);
        Rule(Heard[handle] == before, "a handle that was told of an error is not told again (rule 3)");
    }

    private void AfterStep()
    {
        LeasedPagesMost = Math.Max(LeasedPagesMost, Cache.State.Counters.Leased);
        _audit.Step();
        if (Options.ImagesEvery == 0 || Store.Calls / Options.ImagesEvery == _callsSeen / Options.ImagesEvery) return;
        _callsSeen = Store.Calls;
        CheckImages(Options.ImageSamples);
    }

    private void CheckImages(int samples)
    {
        foreach (byte[] image in Store.Log.Images(Random, samples))
        {
            Oracle.CheckImage(image);
            Images++;
        }
    }
}
