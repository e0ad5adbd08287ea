namespace Concord.Tests.Stores;

/// <summary>The forms of a store's calls that it does not override itself.</summary>
public sealed class BackingStoreTests
{
    /// <summary>Longer than any call that ends takes.</summary>
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_length_is_had_by_both_forms_whichever_is_overridden()
    {
        using var synchronous = new MemoryStore(new byte[100]);
        Assert.Equal(100, await synchronous.GetLengthAsync(Token));
        using var asynchronous = new YieldingStore();
        Assert.Equal(YieldingStore.Bytes, asynchronous.GetLength());
        using var neither = new NothingStore();
        var error = Assert.Throws<NotSupportedException>(() => neither.GetLength());
        Assert.Contains("NothingStore has neither GetLength nor GetLengthAsync", error.Message,
            StringComparison.Ordinal);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await neither.GetLengthAsync(Token));
    }

    [Fact]
    public async Task A_refresh_reaches_the_form_that_is_overridden_and_does_nothing_where_none_is()
    {
        using var asynchronous = new YieldingStore();
        asynchronous.Refresh();
        await asynchronous.RefreshAsync(Token);
        Assert.Equal(2, asynchronous.Refreshed);
        using var synchronous = new RememberingStore();
        synchronous.Refresh();
        await synchronous.RefreshAsync(Token);
        Assert.Equal(2, synchronous.Refreshed);
        using var neither = new NothingStore();
        neither.Refresh();
        await neither.RefreshAsync(Token);
    }

    [Fact]
    public async Task Defaults_that_are_cancelled_before_their_start_say_so()
    {
        using var store = new RememberingStore();
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await store.GetLengthAsync(cancelled));
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await store.RefreshAsync(cancelled));
        Assert.Equal(0, store.Refreshed);
    }

    [Fact]
    public void A_store_of_asynchronous_forms_answers_a_thread_whose_context_runs_one_thing_at_a_time()
    {
        SynchronizationContext? after = null;
        var context = new BusyContext();
        var caller = new Thread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(context);
            CallEveryForm();
            after = SynchronizationContext.Current;
        })
        {
            IsBackground = true,
        };
        caller.Start();
        Assert.True(caller.Join(HangLimit), "a call waits for the thread that waits for it");
        Assert.Same(context, after);
    }

    [Fact]
    public async Task So_it_does_under_a_scheduler_of_that_kind()
    {
        var one = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        await Task.Factory.StartNew(CallEveryForm, Token, TaskCreationOptions.None, one).WaitAsync(HangLimit, Token);
    }

    private static void CallEveryForm()
    {
        using var store = new YieldingStore();
        Assert.Equal(YieldingStore.Bytes, store.GetLength());
        Assert.Equal(10, store.Read(0, new byte[10]));
        store.Write(0, [new byte[10]]);
        store.Barrier();
        store.SetLength(10);
        store.Refresh();
    }

    /// <summary>The context of a thread that is busy: nothing that is posted there runs.</summary>
    private sealed class BusyContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
            // The thread comes to it when its call has ended.
        }
    }

    private sealed class NothingStore : BackingStore;

    private sealed class RememberingStore : BackingStore
    {
        public int Refreshed { get; private set; }

        public override long GetLength() => 0;

        public override void Refresh() => Refreshed++;
    }

    /// <summary>
    /// Asynchronous forms only, none of which ends at once, and all of which go on wherever they were called.
    /// </summary>
    private sealed class YieldingStore : BackingStore
    {
        public const int Bytes = 100;

        public int Refreshed { get; private set; }

        public override async ValueTask<long> GetLengthAsync(CancellationToken cancellationToken)
        {
            await Task.Yield();
            return Bytes;
        }

        public override async ValueTask RefreshAsync(CancellationToken cancellationToken)
        {
            await Task.Yield();
            Refreshed++;
        }

        public override async ValueTask<int> ReadAsync(long offset, Memory<byte> destination,
            CancellationToken cancellationToken)
        {
            await Task.Yield();
            return destination.Length;
        }

        public override async ValueTask WriteAsync(
            long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces,
            CancellationToken cancellationToken) => await Task.Yield();

        // Tasks of their own begin in the scheduler of who made the call, whatever context it has.
        public override async ValueTask BarrierAsync(CancellationToken cancellationToken) =>
            await Task.Factory.StartNew(
                static () => { }, cancellationToken, TaskCreationOptions.None, TaskScheduler.Current);

        public override async ValueTask SetLengthAsync(long length, CancellationToken cancellationToken) =>
            await Task.Yield();
    }
}
