using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>
/// A thread that holds bytes of a stream, in any of the ways, goes on with every routine: it never waits for itself.
/// What it has prepared unseen is the one thing that routines refuse it.
/// </summary>
public sealed unsafe class OwnThreadTests
{
    private const int Page = 1;

    public enum Hold
    {
        Mapped,
        Pinned,
        PinnedDirty,
        Read,
        PreparedInMemory,
        PreparedPart,
        PreparedUnseen,
    }

    private static readonly Hold[] Holds = Enum.GetValues<Hold>();

    /// <summary>What would have to wait for a page that nobody sees yet.</summary>
    private static readonly (string Name, Action<CachingFixture> Call)[] Touching =
    [
        ("copy out", static test => test.Read(Pages.Bytes, 10)),
        ("copy in", static test => test.Write(Pages.Bytes + 5, [9])),
        ("copy in behind the end", static test => test.Write(2 * Pages.Bytes - 1, [9, 9])),
        ("zeros", Zero),
        ("map", static test => CcUnpinData(test.Map(Pages.Range(Page))!.Value.Bcb)),
        ("pin", static test => CcUnpinData(test.Pin(Pages.Range(Page), PIN_WAIT)!.Value.Bcb)),
        ("lock for reading", static test => CcMdlReadComplete(test.Object, Lock(test, isForWriting: false))),
        ("lock for writing", static test => CcMdlWriteAbort(test.Object, Lock(test, isForWriting: true))),
    ];

    /// <summary>What goes on in any case.</summary>
    private static readonly (string Name, Action<CachingFixture> Call)[] Others =
    [
        ("copy out, no wait", static test => test.Read(Pages.Bytes, 10, wait: false)),
        ("copy in, no wait", static test => test.Write(Pages.Bytes, [9], wait: false)),
        ("map, no wait", static test => End(test.Map(Pages.Range(Page), flags: 0))),
        ("pin, no wait", static test => End(test.Pin(Pages.Range(Page), flags: 0))),
        ("flush", static test => test.FlushAll()),
        ("flush and purge", static test => test.Inner.CallWhole()),
        ("purge", static test => test.Purge()),
        ("grow", static test => test.SetSizes(5 * Pages.Bytes)),
        ("cut", static test => Assert.Equal(
            STATUS_USER_MAPPED_FILE, Assert.Throws<NtStatusException>(() => test.SetSizes(10)).Status)),
        ("another page", static test => test.Read(0, Pages.Bytes)),
        ("write behind the end", static test => test.Write(9 * Pages.Bytes, [9])),
        ("end caching", static test => CachingFixture.Uninitialize(test.Nt)),
    ];

    public static TheoryData<Hold, string> Cases
    {
        get
        {
            var cases = new TheoryData<Hold, string>();
            foreach (var hold in Holds)
            {
                foreach (var (name, _) in (ReadOnlySpan<(string, Action<CachingFixture>)>)[.. Touching, .. Others])
                    cases.Add(hold, name);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_thread_that_holds_a_page_does_not_wait_for_itself(Hold hold, string call)
    {
        bool touches = Array.Exists(Touching, it => it.Name == call);
        bool isRefused = hold == Hold.PreparedUnseen && touches;
        var action = Array.Find([.. Touching, .. Others], it => it.Name == call).Call;
        NTSTATUS? raised = null;
        Exception? wrong = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var test = new CachingFixture(pages: 2);
                var ends = Take(test, hold);
                try
                {
                    action(test);
                }
                catch (NtStatusException error)
                {
                    raised = error.Status;
                }

                ends();
            }
            catch (Exception error)
            {
                wrong = error;
            }
        })
        { IsBackground = true };
        thread.Start();
        Patience.Await(() => !thread.IsAlive);
        Assert.Null(wrong);
        Assert.Equal(isRefused ? STATUS_POSSIBLE_DEADLOCK : null, raised);
    }

    [Fact]
    public void Another_thread_waits_for_what_is_prepared_unseen_and_gets_the_new_bytes()
    {
        using var test = new CachingFixture(pages: 2);
        var chain = Lock(test, isForWriting: true);
        new Span<byte>(chain->MappedSystemVa, Pages.Bytes).Fill(7);
        byte[]? seen = null;
        var other = new Thread(() => seen = test.Read(Pages.Bytes, Pages.Bytes));
        other.Start();
        var start = new LARGE_INTEGER { QuadPart = Pages.Bytes };
        CcMdlWriteComplete(test.Object, &start, chain);
        other.Join();
        Assert.Equal(Pages.Of(7), seen);
        Assert.Equal(Pages.Of(7), test.Read(Pages.Bytes, Pages.Bytes));
    }

    [Fact]
    public void What_is_prepared_unseen_is_left_out_by_a_flush_and_stands_against_a_purge()
    {
        using var test = new CachingFixture(pages: 2);
        var chain = Lock(test, isForWriting: true);
        new Span<byte>(chain->MappedSystemVa, Pages.Bytes).Fill(7);
        Assert.Equal(STATUS_SUCCESS, test.FlushAll().Status);
        Assert.Equal(STATUS_CACHE_PAGE_LOCKED, test.Inner.CallWhole().Status);
        Assert.False(test.Purge());
        Assert.Empty(test.Store.Writes);
        CcMdlWriteAbort(test.Object, chain);
        Assert.True(test.Purge());
        Assert.Equal(Pages.Of(1), test.Read(Pages.Bytes, Pages.Bytes));
    }

    [Fact]
    public void In_a_page_that_somebody_holds_he_sees_the_new_bytes_and_they_are_written()
    {
        using var test = new CachingFixture(pages: 3);
        var (bcb, buffer) = test.Map(Pages.Range(Page))!.Value;

        // One page is held, the two beside it are not in memory: one chain, one piece of memory.
        var chain = Lock(test, isForWriting: true, new ByteRange(10, 3 * Pages.Bytes - 10));
        new Span<byte>(chain->MappedSystemVa, (int)chain->ByteCount).Fill(7);
        Assert.Equal(7, ((byte*)buffer)[0]);
        var start = new LARGE_INTEGER { QuadPart = 10 };
        CcMdlWriteComplete(test.Object, &start, chain);
        CcUnpinData(bcb);
        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
        Assert.Equal([.. Pages.Of(1)[..10], .. Pages.Of(7, 3)[10..]], test.Store.Content[..(3 * Pages.Bytes)]);
    }

    [Fact]
    public void What_is_prepared_whole_and_not_in_memory_is_not_read_also_beside_a_page_that_is_held()
    {
        using var test = new CachingFixture(pages: 3);
        var (bcb, _) = test.Map(Pages.Range(Page))!.Value;
        test.Store.Fails = static call => call.Kind == StoreCallKind.Read ? new IOException("planted", 5) : null;
        var chain = Lock(test, isForWriting: true, new ByteRange(0, 3 * Pages.Bytes));
        CcMdlWriteAbort(test.Object, chain);
        CcUnpinData(bcb);
        test.Store.Fails = static _ => null;
        Assert.Equal(Pages.Of(1), test.Read(0, Pages.Bytes));
    }

    [Fact]
    public void Another_offset_than_the_chains_is_refused_in_checked_mode_and_ignored_without()
    {
        using var test = new CachingFixture(pages: 2);
        var chain = Lock(test, isForWriting: true);
        new Span<byte>(chain->MappedSystemVa, Pages.Bytes).Fill(7);
        var wrong = default(LARGE_INTEGER);
        var zero = &wrong;
        NtRules.Checked(() =>
        {
            Assert.Throws<NtPreconditionException>(() => CcMdlWriteComplete(test.Object, zero, chain));
            Assert.Throws<NtPreconditionException>(() => CcMdlWriteComplete(test.Object, null, chain));
        });
        CcMdlWriteComplete(test.Object, zero, chain);
        Assert.Equal(Pages.Of(7), test.Read(Pages.Bytes, Pages.Bytes));
    }

    /// <summary>Holds the page, and returns what ends that.</summary>
    private static Action Take(CachingFixture test, Hold hold)
    {
        switch (hold)
        {
            case Hold.Mapped:
                var mapped = test.Map(Pages.Range(Page))!.Value;
                return () => CcUnpinData(mapped.Bcb);
            case Hold.Pinned or Hold.PinnedDirty:
                var pinned = test.Pin(Pages.Range(Page), PIN_WAIT)!.Value;
                if (hold == Hold.PinnedDirty) CcSetDirtyPinnedData(pinned.Bcb, null);
                return () => CcUnpinData(pinned.Bcb);
            case Hold.Read:
                var read = Lock(test, isForWriting: false);
                return () => CcMdlReadComplete(test.Object, read);
            case Hold.PreparedPart:
                var part = Lock(test, isForWriting: true, new ByteRange(Pages.Bytes, 100));
                return () => CcMdlWriteAbort(test.Object, part);
            default:
                if (hold == Hold.PreparedInMemory) test.Read(Pages.Bytes, 1);
                var prepared = Lock(test, isForWriting: true);
                return () => CcMdlWriteAbort(test.Object, prepared);
        }
    }

    private static void End(CachingFixture.Held? held)
    {
        if (held is { } taken) CcUnpinData(taken.Bcb);
    }

    private static void Zero(CachingFixture test)
    {
        var start = new LARGE_INTEGER { QuadPart = Pages.Bytes };
        var end = new LARGE_INTEGER { QuadPart = Pages.Bytes + 10 };
        Assert.True((bool)CcZeroData(test.Object, &start, &end, true));
    }

    private static MDL* Lock(CachingFixture test, bool isForWriting, ByteRange? range = null)
    {
        MDL* chain;
        IO_STATUS_BLOCK status;
        var (offset, length) = range is { } part ? (part.Offset, part.Length) : (Pages.Bytes, Pages.Bytes);
        var start = new LARGE_INTEGER { QuadPart = offset };
        if (isForWriting) CcPrepareMdlWrite(test.Object, &start, (uint)length, &chain, &status);
        else CcMdlRead(test.Object, &start, (uint)length, &chain, &status);
        return chain;
    }
}
