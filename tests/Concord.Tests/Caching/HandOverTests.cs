using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>With HandOver the store has each write when its call returns; with WriteThrough it is durable.</summary>
public sealed class HandOverTests
{
    private const int FilePages = 40;

    /// <summary>The forms in which pages 3 and 4 can be filled with 7.</summary>
    private static readonly Dictionary<string, Action<CachedFile, byte[]>> Forms = new()
    {
        ["write"] = static (file, bytes) => file.Write(3 * Pages.Bytes, bytes),
        ["write of what is in memory"] = static (file, bytes) =>
        {
            Pages.Read(file, Pages.Range(3, 2));
            file.Write(3 * Pages.Bytes, bytes);
        },
        ["write async"] = static (file, bytes) => Wait(file.WriteAsync(3 * Pages.Bytes, bytes)),
        ["write async of what is in memory"] = static (file, bytes) =>
        {
            Pages.Read(file, Pages.Range(3, 2));
            Wait(file.WriteAsync(3 * Pages.Bytes, bytes));
        },
        ["stream"] = static (file, bytes) =>
        {
            using var stream = file.AsStream(leaveOpen: true);
            stream.Position = 3 * Pages.Bytes;
            stream.Write(bytes, 0, 100);
            stream.WriteAsync(bytes, 100, bytes.Length - 200).GetAwaiter().GetResult();
            stream.Write(bytes.AsSpan(bytes.Length - 100, 99));
            stream.WriteByte(bytes[^1]);
        },
        ["lease"] = static (file, bytes) => Fill(file.Lease(Pages.Range(3, 2), LeaseAccess.Write), bytes),
        ["exclusive lease"] = static (file, bytes) => Fill(file.Lease(Pages.Range(3, 2), LeaseAccess.Exclusive), bytes),
        ["overwriting lease"] = static (file, bytes) =>
            Fill(file.Lease(Pages.Range(3, 2), LeaseAccess.Overwrite), bytes),
        ["lease async"] = static (file, bytes) =>
            Fill(file.LeaseAsync(Pages.Range(3, 2), LeaseAccess.Write).AsTask().GetAwaiter().GetResult(), bytes),
        ["lease at once"] = static (file, bytes) =>
        {
            Pages.Read(file, Pages.Range(3, 2));
            Assert.True(file.TryLease(Pages.Range(3, 2), LeaseAccess.Write, out var lease));
            Fill(lease, bytes);
        },
        ["uncached"] = static (file, bytes) => file.WriteUncached(3 * Pages.Bytes, bytes),
        ["hold"] = static (file, bytes) =>
        {
            using var hold = file.AcquireExclusive();
            hold.Write(3 * Pages.Bytes, bytes);
        },
        ["lease of a hold that outlives the hold of another lease"] = static (file, bytes) =>
        {
            var lease = file.Lease(Pages.Range(3, 2), LeaseAccess.Write);
            using var hold = file.AcquireExclusive();
            Fill(lease, bytes);
        },
        ["managed write of a view"] = static (file, bytes) =>
        {
            if (!OperatingSystem.IsLinux() || file.Services.Cache.Views.Faults.UnsupportedReason is { Length: > 0 })
            {
                file.Write(3 * Pages.Bytes, bytes);
                return;
            }

            using var view = file.MapView(Pages.Range(2, 10), ViewAccess.ReadWrite);
            view.Write(Pages.Bytes, bytes);
        },
    };

    public static TheoryData<string, bool> FormsAndModes()
    {
        var data = new TheoryData<string, bool>();
        foreach (string form in Forms.Keys)
        {
            data.Add(form, false);
            data.Add(form, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(FormsAndModes))]
    public void Each_form_of_writing_is_in_the_store_when_it_returns(string form, bool writesThrough)
    {
        var store = new ScriptedStore(Pages.Of(1, FilePages));
        using var cache = Make(writesThrough ? WriteMode.WriteBack : WriteMode.HandOver);
        using var file = Open(cache, store, writesThrough);
        Forms[form](file, Pages.Of(7, 2));
        byte[] content = store.Content;
        Assert.True(content.AsSpan(3 * Pages.Bytes, 2 * Pages.Bytes).IndexOfAnyExcept((byte)7) < 0);
        Assert.True(content.AsSpan(0, 3 * Pages.Bytes).IndexOfAnyExcept((byte)1) < 0);
        Assert.True(content.AsSpan(5 * Pages.Bytes).IndexOfAnyExcept((byte)1) < 0);
        Assert.Equal(0, cache.DirtyBytes);
        Assert.Equal(writesThrough, !file.State.Ledger.IsOwed);
        if (!writesThrough && form != "uncached") Assert.Empty(store.Barriers);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_length_is_in_the_store_when_it_was_set_and_when_a_write_made_it(bool writesThrough)
    {
        var store = new ScriptedStore(Pages.Of(1, FilePages));
        using var cache = Make(writesThrough ? WriteMode.WriteBack : WriteMode.HandOver);
        using var file = Open(cache, store, writesThrough);
        file.SetLength(100_001);
        Assert.Equal(100_001, store.GetLength());
        file.SetLength(5000);
        Assert.Equal(5000, store.GetLength());
        file.Write(200_000, [1, 2, 3]);
        Assert.Equal(200_003, store.GetLength());
        Assert.Equal(0, store.Content[199_999]);
        Assert.Equal([1, 2, 3], store.Content[200_000..]);
        Assert.Equal(writesThrough, !file.State.Ledger.IsOwed);
    }

    [Fact]
    public void What_the_store_refuses_is_thrown_kept_and_written_with_the_next_flush()
    {
        var store = new ScriptedStore(Pages.Of(1, FilePages));
        using var cache = Make(WriteMode.HandOver);
        using var file = Open(cache, store, writesThrough: false);
        store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("no space") : null;
        var error = Assert.Throws<IOException>(() => file.Write(10, [7, 7]));
        Assert.Contains("no space", error.Message, StringComparison.Ordinal);
        Assert.Equal([7, 7], Pages.Read(file, new ByteRange(10, 2)));

        // The end of a lease does not throw; the flush does.
        Fill(file.Lease(Pages.Range(3), LeaseAccess.Write), Pages.Of(8));
        store.Fails = static _ => null;
        Says("no space", () => file.FlushAndPurge());
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal((7, 8), (store.Content[11], store.Content[3 * Pages.Bytes]));
    }

    [Fact]
    public void A_barrier_that_fails_is_thrown_by_the_write_that_asked_for_it()
    {
        var store = new ScriptedStore(Pages.Of(1, FilePages));
        using var cache = Make(WriteMode.WriteBack);
        using var file = Open(cache, store, writesThrough: true);
        store.Fails = static call => call.Kind == StoreCallKind.Barrier ? new IOException("no power") : null;
        Says("no power", () => file.Write(10, [7]));
        Says("no power", () => file.SetLength(1));
        Says("no power", () => file.WriteUncached(0, new byte[] { 5 }));
        store.Fails = static _ => null;
        file.Write(0, [6]);
        Assert.Equal(6, store.Content[0]);
        Assert.False(file.State.Ledger.IsOwed);
    }

    [Fact]
    public void A_write_that_may_not_wait_writes_nothing()
    {
        var store = new ScriptedStore(Pages.Of(1, FilePages));
        using var cache = Make(WriteMode.HandOver);
        using var file = Open(cache, store, writesThrough: false);
        Pages.Read(file, Pages.Range(0, 2));
        Assert.False(file.TryWrite(0, [5]));
        Assert.Equal([1], Pages.Read(file, new ByteRange(0, 1)));
    }

    [Fact]
    public void A_handle_that_writes_through_leaves_other_handles_of_the_file_as_they_are()
    {
        var store = new ScriptedStore(Pages.Of(1, FilePages));
        using var cache = Make(WriteMode.WriteBack);
        using var through = Open(cache, store, writesThrough: true);
        using var back = cache.Open(store, leaveOpen: true);
        back.Write(0, [5]);
        Assert.Equal(1, store.Content[0]);
        through.Write(1, [6]);
        Assert.Equal(6, store.Content[1]);
    }

    [Fact]
    public void A_stream_that_waited_for_another_ones_write_writes_itself_when_that_fails()
    {
        var store = new ScriptedStore(Pages.Of(1, FilePages));
        using var cache = Make(WriteMode.WriteBack);
        using var file = Open(cache, store, writesThrough: false);
        using Stream first = file.AsStream(), second = file.AsStream();
        first.Write([7]);
        second.Position = 10;
        second.Write([8]);
        using ManualResetEventSlim begun = new(), fails = new();
        store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Write || begun.IsSet) return;
            begun.Set();
            fails.Wait(TestContext.Current.CancellationToken);
            throw new IOException("planted");
        };
        Exception? told = null;
        var writer = new Thread(() => told = Record.Exception(first.Flush));
        writer.Start();
        begun.Wait(TestContext.Current.CancellationToken);
        var waiter = new Thread(second.Flush);
        waiter.Start();
        Patience.Await(() => (waiter.ThreadState & ThreadState.WaitSleepJoin) != 0);
        fails.Set();
        writer.Join();
        waiter.Join();
        Assert.IsType<IOException>(told);
        Assert.Equal(8, store.Content[10]);
    }

    [Fact]
    public async Task Whatever_happens_at_the_same_time_each_write_that_returned_is_in_the_store()
    {
        const int Threads = 4, FewPages = 3;
        int writes = TestRun.IsFull ? 20_000 : 1000, failures = 0;
        var store = new ScriptedStore(new byte[FewPages * Pages.Bytes]) { IsLogging = false };
        var random = new Random(5);
        store.Fails = call => call.Kind == StoreCallKind.Write && Draw() == 0 ? new IOException("sometimes") : null;
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            WriteMode = WriteMode.HandOver,
            LazyWriterInterval = TimeSpan.FromMilliseconds(1),
        });
        using var file = cache.Open(store, leaveOpen: true);
        var stop = TestContext.Current.CancellationToken;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () => WriteAndLook(thread), stop, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        store.Fails = static _ => null;
        while (Record.Exception(() => file.FlushAndPurge()) is not null) continue;
        Assert.True(failures > 0);

        int Draw()
        {
            lock (random) return random.Next(20);
        }

        void WriteAndLook(int thread)
        {
            var mine = new Random(thread);
            for (int i = 1; i <= writes; i++)
            {
                long at = (mine.Next(FewPages) * Pages.Bytes) + (mine.Next(16) * 64) + (thread * 8);
                byte[] bytes = BitConverter.GetBytes((long)i);
                try
                {
                    file.Write(at, bytes);
                }
                catch (IOException)
                {
                    Interlocked.Increment(ref failures);
                    continue;
                }

                Assert.Equal(i, BitConverter.ToInt64(store.Content, (int)at));
                if (i % 50 == 0) Flush();
            }
        }

        void Flush()
        {
            try
            {
                file.FlushAndPurge();
            }
            catch (WriteBackException)
            {
                Interlocked.Increment(ref failures);
            }
        }
    }

    private static FileCache Make(WriteMode mode) => new(new FileCacheOptions
    {
        CapacityBytes = 64 * Pages.Bytes,
        WriteMode = mode,
        LazyWriterInterval = TimeSpan.Zero,
    });

    private static CachedFile Open(FileCache cache, ScriptedStore store, bool writesThrough)
    {
        if (!writesThrough) return cache.Open(store, leaveOpen: true);
        var terms = new HandleTerms(FileAccess.ReadWrite, FileShare.Read, FileOptions.WriteThrough);
        var opening = FileOpening.OpenAsync(
            cache.Services, store, terms, ownsStore: false, CallMode.Blocking, CancellationToken.None);
        return SyncCompletion.Result(opening);
    }

    private static void Says(string why, Action call) =>
        Assert.Contains(why, Assert.ThrowsAny<IOException>(call).Message, StringComparison.Ordinal);

    private static void Fill(PageLease lease, byte[] bytes)
    {
        using (lease) bytes.CopyTo(lease.WritableSpan);
    }

    private static void Wait(ValueTask call) => call.AsTask().GetAwaiter().GetResult();
}
