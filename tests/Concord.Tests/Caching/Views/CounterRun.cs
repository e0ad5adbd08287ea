using System.Runtime.InteropServices;
using Concord.Caching;
using Concord.Scheduling;

namespace Concord.Tests.Caching.Views;

/// <summary>
/// Threads count in native code through two views open for writing, while another flushes and purges: in the end the
/// store must hold what they counted.
/// </summary>
internal sealed class CounterRun(
    int purges, InjectedFault planted = InjectedFault.None, PageFaultDispatcher? dispatcher = null,
    int capacityPages = 256,
    long batch = 2_000)
{
    /// <summary>
    /// So often a step of a purge waits for counts at most: those who count may themselves wait for its end.
    /// </summary>
    private const int TurnsMax = 100;

    private volatile bool _stops;
    private long _counted;

    internal long Counted => _counted;

    /// <summary>Pages that a purge did not drop because they were written again and again.</summary>
    internal long Left { get; private set; }

    /// <summary>Additions that are not in the store.</summary>
    internal long Lost { get; private set; }

    internal void Run()
    {
        var store = new ScriptedStore(new byte[NativeCounters.PageCount * Pages.Bytes]) { IsLogging = false };
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = capacityPages * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero },
            new FaultInjectingScheduler(planted, planted == InjectedFault.None ? null : LetCount));
        if (dispatcher is not null) cache.Services.Views.Faults = dispatcher;
        using var file = cache.Open(store);
        using var first = file.MapView(new ByteRange(0, file.Length), ViewAccess.ReadWrite);
        using var second = file.MapView(new ByteRange(0, file.Length), ViewAccess.ReadWrite);
        nint table = Marshal.AllocHGlobal(NativeCounters.PageCount * sizeof(long));
        for (int page = 0; page < NativeCounters.PageCount; page++) Marshal.WriteInt64(table, page * sizeof(long), 0);
        Thread[] threads = [new(() => Count(first, table, seed: 1)), new(() => Count(second, table, seed: 2))];
        foreach (var thread in threads) thread.Start();
        for (int round = 0; round < purges; round++)
        {
            Left += file.FlushAndPurge().Left.Count;

            // A purge that finds nothing to take away proves nothing: some pages have to be there again.
            long seen = Volatile.Read(ref _counted);
            while (Volatile.Read(ref _counted) == seen) Thread.Yield();
        }

        _stops = true;
        foreach (var thread in threads) thread.Join();
        Assert.True(file.FlushAndPurge().IsComplete);
        byte[] content = store.Content;
        for (int page = 0; page < NativeCounters.PageCount; page++)
        {
            Lost += Marshal.ReadInt64(table, page * sizeof(long)) - BitConverter.ToInt64(content, page * Pages.Bytes);
        }

        Marshal.FreeHGlobal(table);
        Assert.Equal(0, file.State.OrphansFound);
    }

    /// <summary>
    /// Between the steps of a purge that has a hole: somebody writes there, however busy the machine is.
    /// </summary>
    private void LetCount()
    {
        long seen = Volatile.Read(ref _counted);
        for (int turn = 0; turn < TurnsMax && Volatile.Read(ref _counted) == seen; turn++) Thread.Yield();
    }

    private void Count(MappedView view, nint table, ulong seed)
    {
        while (!_stops)
        {
            seed = NativeCounters.Run(view.Address, table, batch, seed);
            Interlocked.Add(ref _counted, batch);
        }
    }
}
