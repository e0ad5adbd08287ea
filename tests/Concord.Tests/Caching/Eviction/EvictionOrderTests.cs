using Concord.Caching;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Caching.Eviction;

/// <summary>Which pages the policy knows, and what counts as a use of them.</summary>
public sealed class EvictionOrderTests
{
    [Fact]
    public void The_read_that_loads_a_page_does_not_count_as_a_second_use_and_the_next_one_does()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        Pages.Read(test.File, Pages.Range(0, 4));
        var extent = test.File.State.Extents.Find(0)!;
        Assert.Equal(PageMask.None, extent.Used);
        Pages.Read(test.File, Pages.Range(2));
        Assert.Equal(PageMask.Of(2, 1), extent.Used);
        test.File.Write(Pages.Bytes, [7]);
        Assert.Equal(PageMask.Of(1, 2), extent.Used);
        Assert.True(test.Cache.Services.Evictor.IsOrderExact());
    }

    [Fact]
    public void The_write_that_fills_a_page_does_not_count_as_a_second_use()
    {
        using var test = new CachedFixture([]);
        test.File.Write(0, Pages.Of(1, 4));
        Assert.Equal(PageMask.None, test.File.State.Extents.Find(0)!.Used);
    }

    [Fact]
    public void Pages_read_ahead_count_as_used_only_when_they_are()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        var loader = new RunLoader(test.File.State, test.Cache.Services.Evictor);
        SyncCompletion.Wait(loader.LoadAsync(Pages.Range(0, 8), CallMode.Blocking));
        test.Cache.Services.Evictor.Sweep(0);
        var extent = test.File.State.Extents.Find(0)!;
        Assert.Equal((PageMask.Of(0, 8), PageMask.None), (extent.Resident, extent.Used));
        Pages.Read(test.File, Pages.Range(3));
        Assert.Equal(PageMask.Of(3, 1), extent.Used);
    }

    [Fact]
    public void A_page_that_is_being_loaded_joins_the_order_when_it_has_come()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        var evictor = test.Cache.Services.Evictor;
        test.Store.Before = call =>
        {
            if (call.Kind == StoreCallKind.Read) evictor.Sweep(0);
        };
        Pages.Read(test.File, Pages.Range(2, 3));
        var place = (EvictionPlace)test.File.State.Extents.Find(0)!.Enlistment!;
        Assert.Equal(PageMask.None, place.Ordered);
        evictor.Sweep(0);
        Assert.Equal(PageMask.Of(2, 3), place.Ordered);
    }

    [Fact]
    public void Who_asks_whether_a_file_was_used_leaves_the_marks_of_its_pages()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        Pages.Read(test.File, Pages.Range(0, 4));
        Pages.Read(test.File, Pages.Range(1));
        var state = test.File.State;
        Assert.True(state.TakeUse());
        Assert.False(state.TakeUse());
        Assert.Equal(PageMask.Of(1, 1), state.Extents.Find(0)!.Used);
        Pages.Read(test.File, Pages.Range(1));
        Assert.True(state.TakeUse());
    }

    [Fact]
    public void Purged_memory_goes_back_before_any_page_leaves()
    {
        using var test = new CachedFixture(Pages.Of(1, 32));
        Pages.Read(test.File, Pages.Range(0, 32));
        Assert.True(test.File.FlushAndPurge(Pages.Range(8, 8)).IsComplete);
        Assert.Equal(8, test.Cache.Services.Evictor.Sweep(8));
        Assert.Equal(~PageMask.Of(8, 8) & PageMask.Of(0, 32), test.File.State.Extents.Find(0)!.Resident);
    }

    [Fact]
    public void A_page_that_was_used_stays_and_its_neighbours_leave()
    {
        int count = 2 * Pages.PerExtent;
        using var test = new CachedFixture(Pages.Of(1, 4 * count), capacityPages: count);
        for (int round = 0; round < 3; round++)
        {
            for (int page = 0; page < 4 * count; page++)
            {
                Pages.Read(test.File, Pages.Range(5));
                Pages.Read(test.File, Pages.Range(page));
            }
        }

        test.Store.ForgetCalls();
        Pages.Read(test.File, Pages.Range(5));
        Assert.Empty(test.Store.Reads);
        Assert.True(test.Cache.Services.Evictor.IsOrderExact());
    }

    [Fact]
    public void Where_nearly_everything_is_leased_a_sweep_tries_few_pages_and_finds_what_can_go()
    {
        const int Extents = 64;
        int count = Extents * Pages.PerExtent, free = Pages.PerExtent;
        using var test = new CachedFixture(Pages.Of(1, count), capacityPages: count);
        for (int extent = Extents - 1; extent >= 0; extent--)
            Pages.Read(test.File, Pages.Range(extent * free, free));
        var evictor = test.Cache.Services.Evictor;
        using (test.File.Lease(Pages.Range(free, count - free)))
        {
            for (int turn = 0; turn < free; turn++)
            {
                long before = evictor.Tried;
                Assert.InRange(evictor.Sweep(1), 1, free);
                Assert.InRange(evictor.Tried - before, 0, 80);
                if (test.File.State.Extents.Find(0) is null) break;
            }

            Assert.Equal(0, evictor.Sweep(1));
        }

        Assert.True(evictor.IsOrderExact());
    }

    [Fact]
    public void A_file_that_closes_takes_its_pages_out_of_the_order()
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        for (int turn = 0; turn < 50; turn++)
        {
            using var file = cache.Open(new MemoryStore(Pages.Of(1, 40)));
            Assert.Equal(Pages.Of(1, 40), Pages.Read(file, Pages.Range(0, 40)));
            Assert.True(cache.Services.Evictor.IsOrderExact());
        }

        Assert.Equal(0, cache.ResidentBytes);
    }
}
