using static Concord.Testing.Requirements;

namespace Concord.Testing;

/// <summary>
/// Checks of concurrent calls, as a cache makes them: several runs of one file in flight, and a length set meanwhile.
/// </summary>
public abstract partial class StoreConformance
{
    private const int Workers = 4, TurnsPerWorker = 60;

    /// <summary>
    /// Runs workers that all begin when the last one is ready, each on a thread of its own until it first awaits.
    /// </summary>
    internal static Task BesideEachOtherAsync(int workers, Func<int, Task> work)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int ready = 0;
        return Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            if (Interlocked.Increment(ref ready) == workers) start.SetResult();
            await start.Task.ConfigureAwait(false);
            await work(worker).ConfigureAwait(false);
        })));
    }

    private async Task ConcurrencyAsync(CallForms forms)
    {
        using var store = await MakeFilledAsync(forms, Work, salt: 23).ConfigureAwait(false);
        long stripe = Work / Workers / 2;
        await BesideEachOtherAsync(Workers, worker => AlternateAsync(store, worker, stripe)).ConfigureAwait(false);
        for (int worker = 0; worker < Workers; worker++)
        {
            long offset = worker * stripe * 2;
            byte[] last = Pattern(offset, stripe, salt: 1000 + (worker * TurnsPerWorker) + TurnsPerWorker - 1);
            await RequireBytesAsync(store, offset, last, $"what worker {worker} wrote last").ConfigureAwait(false);
            await RequireBytesAsync(store, offset + stripe, Pattern(offset + stripe, stripe, salt: 23),
                "what nobody wrote").ConfigureAwait(false);
        }
    }

    /// <summary>
    /// A worker writes its stripe and reads it back, and reads the stripe behind it, which no worker writes.
    /// </summary>
    private static async Task AlternateAsync(TestedStore store, int worker, long stripe)
    {
        long offset = worker * stripe * 2;
        byte[] untouched = Pattern(offset + stripe, stripe, salt: 23);
        for (int turn = 0; turn < TurnsPerWorker; turn++)
        {
            byte[] bytes = Pattern(offset, stripe, salt: 1000 + (worker * TurnsPerWorker) + turn);
            await WriteInTwoAsync(store, offset, bytes).ConfigureAwait(false);
            await RequireBytesAsync(store, offset, bytes, $"what worker {worker} wrote in turn {turn}, beside others")
                .ConfigureAwait(false);
            await RequireBytesAsync(store, offset + stripe, untouched, "what nobody wrote, beside others")
                .ConfigureAwait(false);
        }
    }

    private static ValueTask WriteInTwoAsync(TestedStore store, long offset, byte[] bytes) =>
        store.WriteAsync(offset, bytes.AsMemory(0, bytes.Length / 3), bytes.AsMemory(bytes.Length / 3));

    /// <summary>Stripes that begin and end inside sectors and pages, one right behind the other.</summary>
    private async Task AdjacentWritesAsync(CallForms forms)
    {
        using var store = await MakeFilledAsync(forms, Work, salt: 50).ConfigureAwait(false);
        long stripe = (Work - 1) / Workers;
        if (stripe % 2 == 0) stripe--;
        await BesideEachOtherAsync(Workers, async worker =>
        {
            long offset = 1 + (worker * stripe);
            for (int turn = 0; turn < TurnsPerWorker; turn++)
            {
                byte[] bytes = Pattern(offset, stripe, salt: 3000 + (worker * TurnsPerWorker) + turn);
                await WriteInTwoAsync(store, offset, bytes).ConfigureAwait(false);
                await RequireBytesAsync(store, offset, bytes,
                    $"what worker {worker} wrote in turn {turn}, beside its neighbours").ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        for (int worker = 0; worker < Workers; worker++)
        {
            long offset = 1 + (worker * stripe);
            byte[] last = Pattern(offset, stripe, salt: 3000 + (worker * TurnsPerWorker) + TurnsPerWorker - 1);
            await RequireBytesAsync(store, offset, last, $"what worker {worker} wrote last, beside its neighbours")
                .ConfigureAwait(false);
        }

        await RequireBytesAsync(store, 0, Pattern(0, 1, salt: 50), "the byte before the stripes").ConfigureAwait(false);
    }

    /// <summary>Every write ends behind the end, and the ends come in any order.</summary>
    private async Task GrowthSideBySideAsync(CallForms forms)
    {
        const int Turns = 20, StripesPerWorker = 5, StripeBytes = 9_001;
        const long All = (long)Workers * StripesPerWorker * StripeBytes;
        LeaveOutIf(FixedLength is not null, "the store's length is fixed");
        using var store = Make(forms);
        byte[] expected = Pattern(0, All, salt: 51);
        for (int turn = 0; turn < Turns; turn++)
        {
            await store.SetLengthAsync(0).ConfigureAwait(false);
            await BesideEachOtherAsync(Workers, async worker =>
            {
                for (int index = worker; index < Workers * StripesPerWorker; index += Workers)
                {
                    long offset = (long)index * StripeBytes;
                    await WriteInTwoAsync(store, offset, Pattern(offset, StripeBytes, salt: 51)).ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
            await RequireLengthAsync(store, All, $"after {Workers} writers have grown the store to {All}")
                .ConfigureAwait(false);
            await RequireBytesAsync(store, 0, expected, "what was written side by side behind the end")
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Lengths change behind what workers write and read; never two changes at once, as a cache promises.
    /// </summary>
    private async Task LengthsBesideCallsAsync(CallForms forms)
    {
        LeaveOutIf(FixedLength is not null, "the store's length is fixed");
        using var store = await MakeFilledAsync(forms, Work, salt: 31).ConfigureAwait(false);
        long stripe = Work / Workers / 2, end = Workers * stripe * 2;
        using var changed = new CancellationTokenSource();
        var workers = Enumerable.Range(0, Workers)
            .Select(worker => Task.Run(() => WriteBesideLengthsAsync(store, worker, stripe, changed.Token))).ToArray();
        try
        {
            for (int turn = 0; turn < TurnsPerWorker; turn++)
            {
                await store.SetLengthAsync(turn % 2 == 0 ? end + 70_000 : end).ConfigureAwait(false);
                await store.BarrierAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            await changed.CancelAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(workers).ConfigureAwait(false);
        await store.SetLengthAsync(end + 100).ConfigureAwait(false);
        await RequireBytesAsync(store, end, new byte[100], "what an extension after cuts shows").ConfigureAwait(false);
    }

    /// <summary>Writes a stripe, reads it back, and so on until the last change of length.</summary>
    private static async Task WriteBesideLengthsAsync(TestedStore store, int worker, long stripe,
        CancellationToken changed)
    {
        long offset = worker * stripe * 2;
        for (int turn = 0; turn < TurnsPerWorker || !changed.IsCancellationRequested; turn++)
        {
            byte[] bytes = Pattern(offset, stripe, salt: 2000 + worker + (turn * Workers));
            await store.WriteAsync(offset, bytes).ConfigureAwait(false);
            await RequireBytesAsync(store, offset, bytes,
                $"what worker {worker} wrote in turn {turn}, below a length that changed").ConfigureAwait(false);
        }
    }
}
