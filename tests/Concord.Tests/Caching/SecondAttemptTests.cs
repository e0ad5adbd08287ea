using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>
/// The second attempt after one that failed, and the states between: accepted and not durable, refused in part.
/// </summary>
public sealed class SecondAttemptTests
{
    private const int FilePages = 6;

    [Fact]
    public async Task An_error_of_bytes_that_were_cut_off_since_is_told_by_a_flush_of_the_whole_file()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(3 * Pages.Bytes, [2]);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted") : null;
        await test.Cache.LazyWriter.PassAsync(CancellationToken.None);
        await test.Cache.LazyWriter.PassAsync(CancellationToken.None);
        test.Store.Fails = static _ => null;
        test.File.SetLength(Pages.Bytes);
        var error = Assert.Throws<WriteBackException>(() => test.File.FlushAndPurge());
        Assert.Contains("planted", error.Message, StringComparison.Ordinal);
        Assert.True(test.File.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void A_barrier_that_fails_in_any_way_is_a_flush_that_fails_and_the_next_one_is_made_again()
    {
        foreach (Exception planted in (Exception[])[new OutOfMemoryException("planted"), new IOException("planted"),
            new InvalidOperationException("planted")])
        {
            using var test = new CachedFixture(Pages.Of(1, 4));
            test.File.Write(0, [2]);
            test.Store.Fails = call => call.Kind == StoreCallKind.Barrier ? planted : null;
            Assert.Throws<WriteBackException>(() => test.File.Flush());
            test.Store.Fails = static _ => null;
            Assert.True(test.File.Flush().IsComplete);
            Assert.Equal(2, test.Store.Barriers.Count);
        }
    }

    [Theory]
    [InlineData(WriteMode.HandOver, FileOptions.None)]
    [InlineData(WriteMode.WriteBack, FileOptions.WriteThrough)]
    public void A_write_that_failed_on_its_way_is_in_the_store_with_the_next_one(WriteMode mode, FileOptions options)
    {
        foreach (var kind in (StoreCallKind[])[StoreCallKind.Write, StoreCallKind.Barrier])
        {
            if (kind == StoreCallKind.Barrier && options == FileOptions.None) continue;
            var store = new ScriptedStore(Pages.Of(1, FilePages));
            using var cache = Make(mode);
            using var file = Open(cache, store, options);
            store.Fails = call => call.Kind == kind ? new IOException("planted") : null;
            Assert.ThrowsAny<IOException>(() => file.Write(10, [7, 7]));
            Assert.True(Pages.IsDirty(file.State, 0));
            store.Fails = static _ => null;
            file.Write(3 * Pages.Bytes, [8]);

            // Told once more at most; then both writes are durable.
            Settle(file);
            Assert.Equal((7, 8), (store.Content[11], store.Content[3 * Pages.Bytes]));
            Assert.False(file.State.Ledger.IsOwed);
        }
    }

    [Fact]
    public async Task What_the_store_accepted_and_no_barrier_covers_neither_leaves_nor_counts_as_safe()
    {
        using var test = new CachedFixture(Pages.Of(1, 40), capacityPages: 16);
        test.File.Write(0, Pages.Of(2));
        await test.Cache.LazyWriter.PassAsync(CancellationToken.None);
        Assert.Single(test.Store.Writes);
        Assert.False(Pages.IsDirty(test.File.State, 0));
        test.Store.Fails = static call => call.Kind == StoreCallKind.Barrier ? new IOException("planted") : null;

        // Room may depend on the barrier that fails.
        for (int page = 4; page < 40; page += 4) Record.Exception(() => Pages.Read(test.File, Pages.Range(page, 3)));
        Assert.True(Pages.IsResident(test.File.State, 0));
        var error = Assert.Throws<WriteBackException>(() => test.File.Flush(Pages.Range(0)));
        Assert.Equal(0, error.Result.BytesInStore);
        Assert.True(Pages.IsDirty(test.File.State, 0));
        test.Store.Fails = static _ => null;
        Assert.Equal(Pages.Bytes, test.File.Flush(Pages.Range(0)).BytesInStore);
        Assert.Equal(2, test.Store.Writes.Count(static call => call.Offset == 0));
    }

    [Fact]
    public void What_the_store_accepts_while_the_barrier_runs_does_not_count_as_safe()
    {
        using var test = new CachedFixture(Pages.Of(1, FilePages));
        test.File.Write(0, [2]);
        bool isFirst = true;
        test.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Barrier || !isFirst) return;
            isFirst = false;
            Task.Run(() =>
            {
                TestSharer.WriteDown(test.File.Services, 3 * Pages.Bytes, Pages.Of(3));
                SyncCompletion.Result(test.File.Services.WriteBack.WriteAsync(
                    Pages.Range(0, FilePages), CallMode.Blocking, CancellationToken.None));
            }).Wait(TestContext.Current.CancellationToken);
        };
        Assert.Equal((FilePages - 1) * (long)Pages.Bytes, test.File.Flush().BytesInStore);
        Assert.False(Pages.IsDirty(test.File.State, 3));
        Assert.Equal(FilePages * (long)Pages.Bytes, test.File.Flush().BytesInStore);
        Assert.Equal(2, test.Store.Barriers.Count);
    }

    [Fact]
    public async Task Whoever_joins_a_barrier_that_does_not_cover_his_write_waits_for_another()
    {
        using var test = new CachedFixture(Pages.Of(1, FilePages));
        using var goOn = new ManualResetEventSlim();
        test.File.Write(0, [2]);
        test.Store.Before = call =>
        {
            if (call.Kind == StoreCallKind.Barrier) goOn.Wait();
        };
        var ledger = test.File.State.Ledger;
        var first = Task.Run(() => test.File.Flush(), TestContext.Current.CancellationToken);
        Patience.Await(() => test.Store.Barriers.Count == 1);
        TestSharer.WriteDown(test.File.Services, 3 * Pages.Bytes, Pages.Of(3));
        SyncCompletion.Result(test.File.Services.WriteBack.WriteAsync(
            Pages.Range(0, FilePages), CallMode.Blocking, CancellationToken.None));
        var joined = ledger.MakeDurableAsync(ledger.Accepted, CallMode.Async).AsTask();
        Assert.False(joined.IsCompleted);
        goOn.Set();
        await first;
        await joined;
        Assert.Equal(2, test.Store.Barriers.Count);
        Assert.False(ledger.IsOwed);
    }

    [Theory]
    [InlineData(StoreCallKind.Write)]
    [InlineData(StoreCallKind.Barrier)]
    public void What_failed_for_one_handle_is_told_to_each_once(object failing)
    {
        var store = new ScriptedStore(Pages.Of(1, FilePages));
        using var cache = Make(WriteMode.WriteBack);
        using var first = cache.Open(store, leaveOpen: true);
        using var second = cache.Open(store, leaveOpen: true);
        first.Write(0, [2]);
        store.Fails = call => call.Kind == (StoreCallKind)failing ? new IOException("planted") : null;
        Assert.Throws<WriteBackException>(() => first.Flush());
        store.Fails = static _ => null;
        Assert.Contains("planted", Assert.Throws<WriteBackException>(() =>
            second.Flush()).Message, StringComparison.Ordinal);
        Assert.True(second.Flush().IsComplete);
        Assert.True(first.FlushAndPurge().IsComplete);
        Assert.Equal(2, store.Content[0]);
    }

    [Fact]
    public void A_flush_makes_the_store_as_long_as_a_file_whose_last_pages_were_discarded()
    {
        using var test = new CachedFixture(Pages.Of(1, 1));
        test.File.Write(FilePages * Pages.Bytes, Pages.Of(2));
        Assert.True(test.File.Discard(Pages.Range(FilePages)));
        Assert.Equal(0, test.Cache.DirtyBytes);
        Assert.True(test.File.Flush().IsComplete);
        Assert.Equal(test.File.Length, test.Store.GetLength());
        Assert.Equal([.. Pages.Of(1), .. new byte[FilePages * Pages.Bytes]], test.Store.Content);
    }

    [Fact]
    public void A_change_of_length_that_was_refused_can_be_made_again()
    {
        foreach (int length in (int[])[2 * Pages.Bytes + 9, 9 * Pages.Bytes + 9])
        {
            using var test = new CachedFixture(Pages.Of(1, FilePages));
            test.File.Write(0, Pages.Of(2, FilePages));
            test.Store.Fails = static call => call.Kind == StoreCallKind.SetLength ? new IOException("planted") : null;
            Assert.Throws<IOException>(() => test.File.SetLength(length));
            Assert.Equal(FilePages * Pages.Bytes, test.File.Length);
            Assert.Equal(Pages.Of(2, FilePages), Pages.Read(test.File, Pages.Range(0, FilePages)));
            test.Store.Fails = static _ => null;
            test.File.SetLength(length);
            Assert.True(test.File.FlushAndPurge().IsComplete);
            Assert.Equal(length, test.Store.Content.Length);
            int kept = Math.Min(length, FilePages * Pages.Bytes);
            Assert.Equal(-1, test.Store.Content.AsSpan(0, kept).IndexOfAnyExcept((byte)2));
            Assert.Equal(-1, test.Store.Content.AsSpan(kept).IndexOfAnyExcept((byte)0));
        }
    }

    [Fact]
    public void An_uncached_write_that_was_refused_can_be_made_again()
    {
        using var test = new CachedFixture(Pages.Of(1, FilePages));
        using var lease = test.File.Lease(Pages.Range(1));
        byte[] bytes = Pages.Of(5, 3);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted") : null;
        Assert.Throws<IOException>(() => test.File.WriteUncached(Pages.Bytes, bytes));
        Assert.Equal(1, lease.Span[0]);
        Assert.Equal(Pages.Of(1, FilePages), Pages.Read(test.File, Pages.Range(0, FilePages)));
        test.Store.Fails = static _ => null;
        test.File.WriteUncached(Pages.Bytes, bytes);
        Assert.Equal(5, lease.Span[0]);
        Assert.Equal([.. Pages.Of(1), .. bytes, .. Pages.Of(1, 2)], Pages.Read(test.File, Pages.Range(0, FilePages)));
    }

    [Fact]
    public void A_load_that_failed_is_made_again_for_each_who_asks()
    {
        using var test = new CachedFixture(Pages.Of(1, FilePages));
        int failures = 3;
        test.Store.Fails = call =>
            call.Kind == StoreCallKind.Read && failures-- > 0 ? new IOException("planted") : null;
        for (int i = 0; i < 3; i++) Assert.Throws<IOException>(() => test.File.Read(0, new byte[1]));
        Assert.Equal(Pages.Of(1), Pages.Read(test.File, Pages.Range(0)));
        Assert.Equal(4, test.Store.Reads.Count);
    }

    [Fact]
    public void A_close_that_failed_leaves_the_file_open_and_the_second_one_writes_it()
    {
        var store = new ScriptedStore(Pages.Of(1, FilePages));
        using var cache = Make(WriteMode.WriteBack);
        var file = cache.Open(store);
        file.Write(0, [9]);
        foreach (var kind in (StoreCallKind[])[StoreCallKind.Write, StoreCallKind.Barrier])
        {
            store.Fails = call => call.Kind == kind ? new IOException("planted") : null;
            Assert.Throws<WriteBackException>(file.Close);
            Assert.Equal([9], Pages.Read(file, new ByteRange(0, 1)));
        }

        store.Fails = static _ => null;
        file.Close();
        Assert.Equal(9, store.Content[0]);
        Assert.Throws<ObjectDisposedException>(() => file.Read(0, new byte[1]));
    }

    private static void Settle(CachedFile file)
    {
        try
        {
            file.FlushAndPurge();
        }
        catch (WriteBackException)
        {
            Assert.True(file.FlushAndPurge().IsComplete);
        }
    }

    private static CachedFile Open(FileCache cache, ScriptedStore store, FileOptions options)
    {
        if (options == FileOptions.None) return cache.Open(store);
        var terms = new HandleTerms(FileAccess.ReadWrite, FileShare.Read, options);
        var opening = FileOpening.OpenAsync(
            cache.Services, store, terms, ownsStore: true, CallMode.Blocking, CancellationToken.None);
        return SyncCompletion.Result(opening);
    }

    private static FileCache Make(WriteMode mode) => new(new FileCacheOptions
    {
        CapacityBytes = 64 * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
        WriteMode = mode,
    });
}
