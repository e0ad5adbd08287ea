using Concord.Caching;
using Concord.Memory;
using NativeMemory = Concord.Tests.Caching.Views.NativeMemory;

namespace Concord.Tests.Caching;

/// <summary>What an eviction leaves alone, and in which order it looks.</summary>
public sealed class EvictorTests
{
    internal const string ChildName = "cache-evictions";

    [Fact]
    public void A_page_that_another_call_has_closed_stays_closed_and_is_that_calls_to_drop()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        Pages.Read(test.File, Pages.Range(0, 4));
        var (extent, scheduler) = (test.File.State.Extents.Find(0)!, test.Cache.State.Scheduler);
        ulong closed = PageMask.Of(1, 1);
        lock (extent) extent.CloseLocked(closed, scheduler);
        test.Cache.Services.Evictor.Sweep(int.MaxValue);
        lock (extent)
        {
            Assert.Equal((closed, closed), (extent.Resident, extent.Closing));
            extent.ReopenLocked(closed, scheduler);
        }

        Assert.Equal(Pages.Of(1), Pages.Read(test.File, Pages.Range(1)));
    }

    [Fact]
    public void A_page_stays_that_a_view_writes_which_is_mapped_when_the_page_was_chosen()
    {
        using var fixture = new Views.ViewFixture(Pages.Of(1, 4));
        Pages.Read(fixture.File, Pages.Range(0, 4));
        MappedView? view = null;
        var state = fixture.File.State;
        state.Sharers = SteppedSharers.Over(state.Sharers, nameof(ISharers.UnmapForEviction), () =>
        {
            view = fixture.Map(ViewAccess.ReadWrite, first: 1, count: 1);
            NativeMemory.Write(view, 0, [5]);
        });
        fixture.Cache.Services.Evictor.Sweep(int.MaxValue);
        Assert.False(Pages.IsResident(state, 0));
        Assert.Equal(5, NativeMemory.ReadByte(view!, 0));
        view!.Dispose();
        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        Assert.Equal([5, 1], fixture.Store.Content[Pages.Bytes..(Pages.Bytes + 2)]);
    }

    [Fact]
    public void An_eviction_that_ends_with_an_exception_leaves_no_page_closed_and_none_claimed()
    {
        int count = 2 * Pages.PerExtent;
        using var test = new CachedFixture(Pages.Of(1, count), capacityPages: 2 * count);
        Pages.Read(test.File, Pages.Range(0, count));
        Assert.True(test.File.FlushAndPurge(Pages.Range(3)).IsComplete);
        var (state, evictor) = (test.File.State, test.Cache.Services.Evictor);
        state.Sharers = SteppedSharers.Over(state.Sharers, nameof(ISharers.UnmapForEviction),
            static () => throw new OutOfMemoryException("planted"));
        Assert.Throws<OutOfMemoryException>(() => evictor.Sweep(int.MaxValue));
        foreach (var extent in state.Extents.All)
        {
            lock (extent) Assert.Equal((PageMask.None, PageMask.None), (extent.Closing, extent.Claimed));
        }

        Assert.Equal(count, evictor.Sweep(int.MaxValue));
        Assert.Equal(Pages.Of(1, count), Pages.Read(test.File, Pages.Range(0, count)));
    }

    /// <remarks>A copy announces itself without a fence, and only so can be seen by who looks.</remarks>
    [Fact]
    public void Closed_pages_are_fenced_on_all_processors_before_their_memory_goes()
    {
        var calls = TracedChild.CallsBetweenMarks(ChildName).ToList();
        int fence = calls.FindIndex(static call => call.Contains("membarrier(", StringComparison.Ordinal));
        int gone = calls.FindIndex(static call => call.Contains("DONTNEED", StringComparison.Ordinal));
        Assert.True(gone >= 0, "the memory went");
        Assert.InRange(fence, 0, gone - 1);
    }

    /// <summary>The child: one eviction between two calls that a trace shows.</summary>
    internal static int Child()
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            SectionKind = SectionKind.Private,
            LazyWriterInterval = TimeSpan.Zero,
        });
        using var file = cache.Open(new MemoryStore(Pages.Of(1, 8)));
        var evictor = cache.Services.Evictor;
        for (int turn = 0; turn < 2; turn++)
        {
            Pages.Read(file, Pages.Range(0, 8));
            if (turn > 0) TracedChild.MarkBegin();
            if (evictor.Sweep(8) != 8) throw new InvalidOperationException("not all pages went");
            if (turn > 0) TracedChild.MarkEnd();
        }

        Console.WriteLine("done");
        return 0;
    }
}
