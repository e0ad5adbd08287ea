namespace Concord.Testing;

/// <summary>How calls behave: their two forms, cancellation, concurrency, barriers, identity, disposal.</summary>
public abstract partial class StoreConformance
{
    private const int Workers = 4, TurnsPerWorker = 60;

    private async Task FormsAgreeAsync()
    {
        using var store = MakeEmpty();
        long half = Work / 2;
        await store.WriteAsync(0, [Pattern(0, half, salt: 20)], CancellationToken.None).ConfigureAwait(false);
        Write(store, half, Pattern(half, half, salt: 20));
        RequireBytes(store, 0, Pattern(0, half * 2, salt: 20), "written by one form and the other, read blocking");
        byte[] got = new byte[half * 2];
        int count = await store.ReadAsync(0, got, CancellationToken.None).ConfigureAwait(false);
        Require(count == got.Length && got.AsSpan().SequenceEqual(Pattern(0, half * 2, salt: 20)), "the asynchronous read agrees");
        count = await store.ReadAsync(store.GetLength() - 10, new byte[20], CancellationToken.None).ConfigureAwait(false);
        Require(count == 10, $"the asynchronous read is short at the end: {count} of 10 bytes");
        if (FixedLength is null)
        {
            await store.SetLengthAsync(half, CancellationToken.None).ConfigureAwait(false);
            Require(store.GetLength() == half, "the asynchronous form sets the length");
        }

        await store.BarrierAsync(CancellationToken.None).ConfigureAwait(false);
        store.Barrier();
        RequireBytes(store, 0, Pattern(0, half, salt: 20), "after both forms of the barrier");
    }

    private async Task CancellationAsync()
    {
        using var store = MakeFilled(Math.Min(Work, 5000), salt: 21);
        long length = store.GetLength();
        var cancelled = new CancellationToken(canceled: true);
        byte[] untouched = new byte[100];
        await RequireCancelledAsync(async () => await store.ReadAsync(0, untouched, cancelled).ConfigureAwait(false), "a read").ConfigureAwait(false);
        await RequireCancelledAsync(() => store.WriteAsync(0, [Pattern(0, 100, salt: 22)], cancelled).AsTask(), "a write").ConfigureAwait(false);
        await RequireCancelledAsync(() => store.BarrierAsync(cancelled).AsTask(), "a barrier").ConfigureAwait(false);
        await RequireCancelledAsync(() => store.SetLengthAsync(length, cancelled).AsTask(), "a length").ConfigureAwait(false);
        Require(untouched.AsSpan().IndexOfAnyExcept((byte)0) < 0, "a read cancelled before its start touches nothing");
        RequireBytes(store, 0, Pattern(0, Math.Min(Work, 5000), salt: 21), "after calls that were cancelled before their start");
    }

    private static async Task RequireCancelledAsync(Func<Task> call, string what)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // As it should be.
            return;
        }

        throw new BrokenPromiseException($"{what} that was cancelled before its start says so");
    }

    private async Task ConcurrencyAsync()
    {
        using var store = MakeFilled(Work, salt: 23);
        long stripe = Work / Workers / 2;
        using var start = new ManualResetEventSlim();
        var work = Enumerable.Range(0, Workers)
            .Select(worker => Task.Run(() => Alternate(store, worker, stripe, start))).ToArray();
        start.Set();
        await Task.WhenAll(work).ConfigureAwait(false);
        for (int worker = 0; worker < Workers; worker++)
        {
            long offset = worker * stripe * 2;
            RequireBytes(store, offset, Pattern(offset, stripe, salt: 1000 + (worker * TurnsPerWorker) + TurnsPerWorker - 1), $"what worker {worker} wrote last");
            RequireBytes(store, offset + stripe, Pattern(offset + stripe, stripe, salt: 23), "what nobody wrote");
        }
    }

    /// <summary>Each worker writes its stripe and reads it back, and the one behind it, which nobody writes.</summary>
    private static void Alternate(BackingStore store, int worker, long stripe, ManualResetEventSlim start)
    {
        long offset = worker * stripe * 2;
        start.Wait();
        for (int turn = 0; turn < TurnsPerWorker; turn++)
        {
            byte[] bytes = Pattern(offset, stripe, salt: 1000 + (worker * TurnsPerWorker) + turn);
            Write(store, offset, bytes.AsMemory(0, (int)(stripe / 3)), bytes.AsMemory((int)(stripe / 3)));
            RequireBytes(store, offset, bytes, $"what worker {worker} wrote in turn {turn}, beside others");
            RequireBytes(store, offset + stripe, Pattern(offset + stripe, stripe, salt: 23), "what nobody wrote, beside others");
        }
    }

    /// <summary>Lengths change behind what workers write and read; never two changes at once, as a cache promises.</summary>
    private async Task LengthsBesideCallsAsync()
    {
        if (FixedLength is not null) return;
        using var store = MakeFilled(Work, salt: 31);
        long stripe = Work / Workers / 2, end = Workers * stripe * 2;
        using var changed = new CancellationTokenSource();
        var workers = Enumerable.Range(0, Workers)
            .Select(worker => Task.Run(() => WriteBesideLengths(store, worker, stripe, changed.Token))).ToArray();
        try
        {
            for (int turn = 0; turn < TurnsPerWorker; turn++)
            {
                store.SetLength(turn % 2 == 0 ? end + 70_000 : end);
                store.Barrier();
            }
        }
        finally
        {
            await changed.CancelAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(workers).ConfigureAwait(false);
        store.SetLength(end + 100);
        RequireBytes(store, end, new byte[100], "what an extension after cuts shows");
    }

    /// <summary>Writes a stripe, reads it back, and so on until the last change of length.</summary>
    private static void WriteBesideLengths(BackingStore store, int worker, long stripe, CancellationToken changed)
    {
        long offset = worker * stripe * 2;
        for (int turn = 0; turn < TurnsPerWorker || !changed.IsCancellationRequested; turn++)
        {
            byte[] bytes = Pattern(offset, stripe, salt: 2000 + worker + (turn * Workers));
            Write(store, offset, bytes);
            RequireBytes(store, offset, bytes, $"what worker {worker} wrote in turn {turn}, below a length that changed");
        }
    }

    private Task BarrierAsync()
    {
        using var store = MakeEmpty();
        store.Barrier();
        Write(store, 0, Pattern(0, Work, salt: 24));
        store.Barrier();
        RequireBytes(store, 0, Pattern(0, Work, salt: 24), "after a barrier");
        if (ReadDurable(store) is not { } durable) return Task.CompletedTask;
        Require(durable.AsSpan().StartsWith(Pattern(0, Work, salt: 24)), "what was written before a barrier survives");
        Write(store, 10, Pattern(10, 1000, salt: 25));
        store.Barrier();
        Require(ReadDurable(store).AsSpan(10).StartsWith(Pattern(10, 1000, salt: 25)), "what was written again before a further barrier survives");
        if (FixedLength is not null) return Task.CompletedTask;
        store.SetLength(500);
        store.Barrier();
        Require(ReadDurable(store)!.Length == 500, "a length set before a barrier survives");
        return Task.CompletedTask;
    }

    private Task IdentityAsync()
    {
        using var store = MakeFilled(Math.Min(Work, 5000), salt: 26);
        Require(store.Identity.Equals(store.Identity), "an identity is equal to itself");
        using var second = OpenAgain(store);
        if (second is null) return Task.CompletedTask;
        Require(store.Identity.Equals(second.Identity) && second.Identity.Equals(store.Identity), "two ways to the same bytes have equal identities");
        Require(store.Identity.GetHashCode() == second.Identity.GetHashCode(), "equal identities have equal hashes");
        RequireBytes(second, 0, Pattern(0, Math.Min(Work, 5000), salt: 26), "by the second way");
        Write(second, 50, Pattern(50, 100, salt: 27));
        second.Barrier();
        RequireBytes(store, 50, Pattern(50, 100, salt: 27), "by the first way, what was written by the second");
        return Task.CompletedTask;
    }

    private Task DifferentIdentityAsync()
    {
        using var one = MakeFilled(Math.Min(Work, 500), salt: 28);
        using var other = MakeFilled(Math.Min(Work, 500), salt: 29);
        Require(!one.Identity.Equals(other.Identity), "two stores have two identities");
        RequireBytes(one, 0, Pattern(0, Math.Min(Work, 500), salt: 28), "beside another store");
        return Task.CompletedTask;
    }

    private Task DisposeAsync()
    {
        var store = MakeFilled(Math.Min(Work, 500), salt: 30);
        store.Barrier();
        store.Dispose();
        store.Dispose();
        return Task.CompletedTask;
    }
}
