using Concord.Nt;
using Concord.Tests.Caching;
using Concord.Tests.Stores;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>Mappings and pins that several threads have at once, and handles that may do different things.</summary>
public sealed unsafe class PinSharingTests
{
    [Fact]
    public void Threads_that_map_in_one_view_at_once_each_get_their_bytes_and_leave_nothing()
    {
        using var test = new CachingFixture(pages: 64, capacityPages: 128);
        byte[] content = Pages.Pattern(64 * Pages.Bytes, seed: 85);
        test.Store.Put(0, content);
        int wrong = 0;
        var threads = Enumerable.Range(0, 4).Select(number => new Thread(() =>
        {
            var random = new Random(number);
            for (int i = 0; i < 3_000; i++)
            {
                int offset = random.Next(content.Length - 9_000), length = 1 + random.Next(9_000);
                var (bcb, buffer) = test.Map(new ByteRange(offset, length))!.Value;
                if (!content.AsSpan(offset, length).SequenceEqual(new ReadOnlySpan<byte>(buffer, length)))
                    Interlocked.Increment(ref wrong);
                CcUnpinData(bcb);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.Equal(0, wrong);
        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
    }

    [Fact]
    public void A_mapping_that_is_kept_does_not_grow_with_those_that_come_and_go()
    {
        using var test = new CachingFixture(pages: 64, capacityPages: 128);
        void* kept = test.Map(new ByteRange(0, 1))!.Value.Bcb;
        for (int offset = 0; offset < 60 * Pages.Bytes; offset += 37)
            CcUnpinData(test.Map(new ByteRange(offset, 5_000))!.Value.Bcb);
        Assert.InRange(NtPins.Of(kept)!.LeaseCount, 1, 64);
        CcUnpinData(kept);
        Assert.True(test.Purge());
    }

    [Fact]
    public void A_pin_that_two_threads_share_and_both_set_dirty_is_not_leased_for_ever()
    {
        using var test = new CachingFixture(pages: 4);
        for (int round = 0; round < 300; round++)
        {
            using var barrier = new Barrier(2);
            var threads = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
            {
                void* bcb = test.Pin(Pages.Range(1), PIN_WAIT)!.Value.Bcb;
                barrier.SignalAndWait();
                CcSetDirtyPinnedData(bcb, null);
                barrier.SignalAndWait();
                CcUnpinData(bcb);
            })).ToArray();
            foreach (var thread in threads) thread.Start();
            foreach (var thread in threads) thread.Join();
        }

        Assert.Equal(STATUS_SUCCESS, test.Inner.CallWhole().Status);
        Assert.False(Pages.IsResident(test.File.State, 1));
    }

    [Fact]
    public void A_control_block_of_another_stream_or_another_threads_pin_is_refused()
    {
        using var test = new CachingFixture(pages: 4);
        using var other = new CachingFixture(pages: 4);
        var memory = new LARGE_INTEGER { QuadPart = Pages.Bytes };
        var start = &memory;
        void* mapped = test.Map(Pages.Range(1))!.Value.Bcb, pinned = test.Pin(Pages.Range(1), PIN_WAIT)!.Value.Bcb;
        Assert.Equal(STATUS_INVALID_PARAMETER, Raised(() =>
        {
            void* bcb = mapped;
            _ = CcPinMappedData(other.Object, start, 10, PIN_WAIT, &bcb);
        }));
        NTSTATUS answer = STATUS_SUCCESS;
        var thread = new Thread(() => answer = Raised(() =>
        {
            void* bcb = pinned;
            _ = CcPinMappedData(test.Object, start, 10, PIN_WAIT, &bcb);
        }));
        thread.Start();
        thread.Join();
        Assert.Equal(STATUS_RESOURCE_NOT_OWNED, answer);
        CcUnpinData(pinned);
        CcUnpinData(mapped);
        Assert.True(other.Purge());
        Assert.True(test.Purge());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_handle_may_do_what_it_was_opened_for_whichever_handle_the_stream_was_acquired_through(
        bool acquiresReader)
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "file");
        File.WriteAllBytes(path, Pages.Of(1));
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes });
        using var readable = cache.Open(path, FileMode.Open, FileAccess.Read);
        using var writable = cache.Open(path, FileMode.Open, FileAccess.ReadWrite);
        using NtFile reader = NtFile.From(readable), writer = NtFile.From(writable);
        var sizes = CachingFixture.Sizes(Pages.Bytes);
        CcInitializeCacheMap(reader.FileObject, &sizes, false, null, null);
        CcInitializeCacheMap(writer.FileObject, &sizes, false, null, null);
        var acquired = acquiresReader ? reader : writer;
        acquired.AcquireExclusive();
        var memory = default(LARGE_INTEGER);
        var start = &memory;
        byte value = 7;
        var one = &value;
        Assert.Equal(STATUS_ACCESS_DENIED, Raised(() => _ = CcCopyWrite(reader.FileObject, start, 1, true, one)));
        Assert.True(CcCopyWrite(writer.FileObject, start, 1, true, one));
        Assert.Equal(STATUS_SUCCESS, CoherencyFixture.Raw(reader.SectionObjectPointer, null, 0, 0).Status);
        acquired.Release();
        Assert.Equal(7, File.ReadAllBytes(path)[0]);
        CachingFixture.Uninitialize(reader);
        CachingFixture.Uninitialize(writer);
    }

    private static NTSTATUS Raised(Action call) => Assert.Throws<NtStatusException>(call).Status;
}
