using Concord.Caching;
using Concord.Scheduling;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching;

/// <summary>What is owed, and what becomes of it when a barrier ends.</summary>
public sealed class BarrierLedgerTests
{
    [Fact]
    public void A_barrier_whose_error_cannot_be_told_has_ended_all_the_same()
    {
        // The error throws when it is asked for its message.
        using var test = new CachedFixture([]);
        using var store = new ScriptedStore();
        var errors = new ErrorLog();
        var state = test.File.State;
        var ledger = new BarrierLedger(store, state.Scheduler, errors, new FileSizes(0), state.StoreWait);
        long number = ledger.NoteAccepted();
        store.Fails = static _ => new StoreErrorTests.WordlessException();
        Assert.Throws<IOException>(() => SyncCompletion.Wait(ledger.MakeDurableAsync(number, CallMode.Blocking)));
        Assert.NotNull(errors.Tell(this, new ByteRange(0, 1)));
        Assert.Equal(1, ledger.Failures);

        // Whoever comes now does not wait for it, but makes the next one.
        store.Fails = static _ => null;
        SyncCompletion.Wait(ledger.MakeDurableAsync(number, CallMode.Blocking));
        Assert.Equal((2, false), (store.Barriers.Count, ledger.IsOwed));
    }
}
