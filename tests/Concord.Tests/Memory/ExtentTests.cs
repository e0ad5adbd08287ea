using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Memory;

/// <summary>
/// What an extent's own rules are, whoever calls: those that others guard a second time are not met by their tests.
/// </summary>
public sealed class ExtentTests
{
    private const ulong Page = 0b10, Other = 0b100, Both = Page | Other;

    private static readonly PoolScheduler Scheduler = new(TimeProvider.System);

    private readonly PageCounters _counters = new();
    private readonly PendingPageCount _pending = new();
    private readonly Extent _extent;

    public ExtentTests() => _extent = new Extent(0, new ExtentLeaf(0, new NoMemory()), _counters, _pending);

    [Fact]
    public void Hits_pass_by_pages_that_are_taken_away_or_below_which_the_store_is_written()
    {
        Load(Both);
        _extent.CloseLocked(Page, Scheduler);
        Assert.Equal((Other, Other), (_extent.Readable, _extent.Writable));
        _extent.ReopenLocked(Page, Scheduler);
        _extent.SuspendLocked(Other, Scheduler);
        Assert.Equal((Page, Page), (_extent.Readable, _extent.Writable));
        _extent.ResumeLocked(Other, Scheduler);
        Assert.Equal((Both, Both), (_extent.Readable, _extent.Writable));
    }

    [Fact]
    public void Hits_read_a_page_that_the_store_is_taking_and_do_not_change_it()
    {
        Load(Both);
        Write(Page);
        Assert.Equal((Both, Other), (_extent.Readable, _extent.Writable));
        _extent.EndWriteLocked(Page, accepted: true, Scheduler);
        Assert.Equal((Both, Both), (_extent.Readable, _extent.Writable));
    }

    [Theory]
    [InlineData("purge")]
    [InlineData("suspend")]
    [InlineData("resume")]
    [InlineData("discard")]
    public void A_load_that_began_before_the_store_may_have_changed_publishes_nothing(string change)
    {
        if (change == "resume") _extent.SuspendLocked(Page, Scheduler);
        var load = _extent.BeginLoadLocked(Page);
        switch (change)
        {
            case "purge": _extent.AdvanceEpochLocked(); break;
            case "suspend": _extent.SuspendLocked(Page, Scheduler); break;
            case "resume": _extent.ResumeLocked(Page, Scheduler); break;
            default: _extent.DiscardLocked(Page, Scheduler); break;
        }

        Assert.False(_extent.EndLoadLocked(load, error: null, Scheduler));
        Assert.Equal(PageMask.None, _extent.Resident);
        Load(Other);
        Assert.Equal(Other, _extent.Resident);
    }

    [Fact]
    public void What_was_written_while_a_barrier_ran_waits_for_the_next_one_alone()
    {
        Load(Both);
        Accept(Both);
        _extent.BeginBarrierLocked();
        Accept(Page);
        Assert.Equal((Other, Page), (_extent.UnstableOld, _extent.UnstableNew));
        _extent.EndBarrierLocked(Scheduler);
        Assert.Equal((PageMask.None, Page), (_extent.UnstableOld, _extent.UnstableNew));
        Assert.Equal(Other, _extent.DroppableLocked);
    }

    [Fact]
    public void A_failed_barrier_makes_dirty_what_it_was_to_cover_what_came_since_and_what_is_on_its_way()
    {
        const ulong Third = 0b1000, All = Both | Third;
        Load(All);
        Accept(Page);
        _extent.BeginBarrierLocked();
        Accept(Other);
        Write(Third);
        Assert.Equal(PageMask.None, _extent.Dirty);
        _extent.FailBarrierLocked(Scheduler);
        Assert.Equal((All, PageMask.None), (_extent.Dirty, _extent.Unstable));

        // The one on its way stays dirty whatever becomes of it.
        _extent.EndWriteLocked(Third, accepted: true, Scheduler);
        Assert.Equal(All, _extent.Dirty);
        Assert.Equal(3, _counters.Dirty);
    }

    [Fact]
    public void A_lease_that_wants_pages_alone_gets_none_that_others_hold()
    {
        Load(Both);
        _extent.LeaseLocked(Page, LeaseAccess.Read, Scheduler);
        Assert.True(_extent.CanLeaseLocked(Page, LeaseAccess.Write));
        foreach (var alone in (LeaseAccess[])[LeaseAccess.Exclusive, LeaseAccess.Overwrite])
        {
            Assert.False(_extent.CanLeaseLocked(Both, alone));
            Assert.True(_extent.CanLeaseLocked(Other, alone));
        }

        _extent.LeaseLocked(Other, LeaseAccess.Exclusive, Scheduler);
        Assert.False(_extent.CanLeaseLocked(Other, LeaseAccess.Read));
        _extent.ReleaseLocked(Other, LeaseAccess.Exclusive, Scheduler);
        Assert.True(_extent.CanLeaseLocked(Other, LeaseAccess.Exclusive));
        Assert.Equal((Other, Page), (_extent.Dirty, _extent.Leased));
    }

    [Fact]
    public void Only_pages_that_are_there_and_below_which_nobody_writes_the_store_are_leased()
    {
        Load(Both);
        _extent.SuspendLocked(Other, Scheduler);
        foreach (ulong pages in (ulong[])[0b1, Other, 0b1 | Page, Both])
        {
            Assert.Throws<InvalidOperationException>(() => _extent.LeaseLocked(pages, LeaseAccess.Read, Scheduler));
        }

        Assert.Equal(PageMask.None, _extent.Leased);
        _extent.LeaseLocked(Page, LeaseAccess.Read, Scheduler);
        Assert.Equal(Page, _extent.Leased);
    }

    [Theory]
    [InlineData("a page")]
    [InlineData("a suspension")]
    [InlineData("a frozen page")]
    public void An_extent_is_retired_only_when_nothing_of_it_is_left(string what)
    {
        Assert.True(_extent.IsEmptyLocked);
        switch (what)
        {
            case "a page": Load(Page); break;
            case "a suspension": _extent.SuspendLocked(Page, Scheduler); break;
            default: _extent.FreezeLocked(Page); break;
        }

        Assert.False(_extent.IsEmptyLocked);
        Assert.Throws<InvalidOperationException>(() => _extent.RetireLocked(Scheduler));
        Assert.False(_extent.IsRetired);
    }

    [Fact]
    public void A_mark_that_comes_while_the_extent_is_retired_counts_nowhere()
    {
        // A copy that was stuck while its file was given up marks its page here. Who awaits a page is woken when the
        // extent counts as retired and has not left its place yet: the copy comes at that point.
        var leaf = new ExtentLeaf(0, new NoMemory());
        var copy = new LateCopy();
        var extent = new Extent(0, leaf, _counters, _pending) { Waker = copy };
        lock (extent)
        {
            extent.AwaitLocked(Page);
            extent.RetireLocked(Scheduler);
        }

        Assert.Equal((true, Page), (copy.FoundRetired, copy.Marked));
        Assert.Equal((0L, 0L, 0UL), (_counters.Dirty, _pending.Count, leaf.Dirty(0)));
    }

    [Fact]
    public void A_mark_that_comes_after_the_extent_has_left_its_place_is_none_of_the_next_one_there()
    {
        var leaf = new ExtentLeaf(0, new NoMemory());
        var extent = new Extent(0, leaf, _counters, _pending);
        lock (extent) extent.RetireLocked(Scheduler);
        Assert.Equal(0UL, extent.MarkDirty(Page));
        Assert.Equal(0UL, new Extent(0, leaf, _counters, _pending).Dirty);
        Assert.Equal((0L, 0L), (_counters.Dirty, _pending.Count));
    }

    private void Load(ulong pages) =>
        Assert.True(_extent.EndLoadLocked(_extent.BeginLoadLocked(pages), error: null, Scheduler));

    private void Write(ulong pages)
    {
        _extent.MarkDirty(pages);
        _extent.BeginWriteLocked(pages, Scheduler);
    }

    private void Accept(ulong pages)
    {
        Write(pages);
        _extent.EndWriteLocked(pages, accepted: true, Scheduler);
    }

    /// <summary>Marks the pages that it is told of.</summary>
    private sealed class LateCopy : IPageWaker
    {
        internal bool FoundRetired { get; private set; }

        internal ulong Marked { get; private set; }

        public void WakeLocked(Extent extent, ulong pages)
        {
            FoundRetired = extent.IsRetired;
            Marked = extent.MarkDirty(pages);
        }
    }

    /// <summary>Masks are all that these tests look at.</summary>
    private sealed class NoMemory : IPageMemory, IBlockGuard
    {
        public long Id => 1;

        public nint AddressOf(long offset) => 0;

        public IBlockGuard NewGuard(long start, long length) => this;

        public void Open(int slot)
        {
        }

        public void Close(int slot)
        {
        }
    }
}
