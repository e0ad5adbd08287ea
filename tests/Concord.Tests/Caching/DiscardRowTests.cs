using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>What CcPurgeCacheSection promises, by the library's discard.</summary>
public sealed class DiscardRowTests
{
    private static readonly ByteRange Everything = new(0, long.MaxValue);

    [Fact]
    [Row(52)]
    public void Clean_pages_that_nobody_holds_go_and_the_next_read_needs_the_store()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        Pages.Read(test.File, Pages.Range(0, 4));
        test.Store.ForgetCalls();
        Assert.True(test.File.Discard(Everything));
        test.Store.Put(0, Pages.Of(9));
        Assert.Equal(Pages.Of(9), Pages.Read(test.File, Pages.Range(0)));
        Assert.Single(test.Store.Reads);
    }

    [Fact]
    [Row(53)]
    public void Dirty_pages_go_unwritten()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(0, Pages.Of(7, 4));
        Assert.True(test.File.Discard(Everything));
        Assert.Equal(Pages.Of(1, 4), Pages.Read(test.File, Pages.Range(0, 4)));
        test.File.FlushAndPurge();
        Assert.Empty(test.Store.Writes);
        Assert.Equal(0, test.Cache.DirtyBytes);
    }

    [Fact]
    [Row(57)]
    public void From_an_offset_on_it_goes_to_the_end_and_changes_nothing_below()
    {
        using var test = new CachedFixture(Pages.Of(1, 200), capacityPages: 512);
        test.File.Write(0, Pages.Of(7, 200));
        Assert.True(test.File.Discard(ByteRange.FromBounds(90 * Pages.Bytes, long.MaxValue)));
        test.File.FlushAndPurge();
        Assert.Equal([.. Pages.Of(7, 90), .. Pages.Of(1, 110)], test.Store.Content);
    }

    [Fact]
    [Row(61)]
    public void A_start_inside_a_page_spares_that_page()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(Pages.Bytes, Pages.Of(7, 2));
        Assert.True(test.File.Discard(ByteRange.FromBounds(Pages.Bytes + 100, long.MaxValue)));
        Assert.True(Pages.IsDirty(test.File.State, 1));
        Assert.Equal(Pages.Of(7), Pages.Read(test.File, Pages.Range(1)));
        Assert.Equal(Pages.Of(1), Pages.Read(test.File, Pages.Range(2)));
    }

    [Fact]
    public async Task A_load_that_ends_while_a_discard_waits_brings_nothing_old_in()
    {
        using var test = new CachedFixture(Pages.Of(1, 4)) { ReaderLimit = TimeSpan.FromMinutes(1) };
        Pages.Read(test.File, Pages.Range(0));
        var read = new TaskCompletionSource();
        test.Store.ReadsEnd = () => read.Task;
        Task load = test.File.Services.Loader.EnsureResidentAsync(
            0, 0b10, CallMode.Async, CancellationToken.None).AsTask();
        test.Store.ReadsEnd = static () => Task.CompletedTask;
        test.Store.Put(0, Pages.Of(2, 4));
        using var hold = test.File.AcquireExclusive();
        using (var stuck = new StuckCopy(test.File.State, page: 0))
        {
            // It has closed its pages, and waits for the copy that is inside one of them.
            var discarder = new Thread(() => hold.Discard(Everything));
            discarder.Start();
            var extent = test.File.State.Extents.Find(0)!;
            Patience.Await(() => extent.Closing != 0);
            read.SetResult();
            await load;
            stuck.Leave();
            discarder.Join();
        }

        Assert.Equal(Pages.Of(2, 4), Pages.Read(hold, Pages.Range(0, 4)));
    }

    [Fact]
    public void Pages_under_a_lease_stay_and_the_answer_says_so()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(0, Pages.Of(7, 4));
        using (test.File.Lease(Pages.Range(2))) Assert.False(test.File.Discard(Everything));
        Assert.Equal([.. Pages.Of(1, 2), .. Pages.Of(7), .. Pages.Of(1)], Pages.Read(test.File, Pages.Range(0, 4)));
    }
}
