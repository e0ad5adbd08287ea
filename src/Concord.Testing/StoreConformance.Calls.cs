using static Concord.Testing.Requirements;

namespace Concord.Testing;

/// <summary>Checks of calls: their two forms, cancellation, barriers, identity, refresh, disposal.</summary>
public abstract partial class StoreConformance
{
    private async Task FormsAgreeAsync(CallForms forms)
    {
        using var store = Make(forms);
        var other = new TestedStore(store.Store, new CallForms(!forms.ChangesAsync, !forms.AsksAsync));
        long half = Work / 2;
        await other.WriteAsync(0, Pattern(0, half, salt: 20)).ConfigureAwait(false);
        await store.WriteAsync(half, Pattern(half, half, salt: 20)).ConfigureAwait(false);
        byte[] expected = Pattern(0, half * 2, salt: 20);
        await RequireBytesAsync(store, 0, expected, "written by one form and the other").ConfigureAwait(false);
        await RequireBytesAsync(other, 0, expected, "written by one form and the other, read by the other")
            .ConfigureAwait(false);
        long length = await other.GetLengthAsync().ConfigureAwait(false);
        await RequireLengthAsync(store, length, "by the other form").ConfigureAwait(false);
        int count = await store.ReadAsync(length - 10, new byte[20]).ConfigureAwait(false);
        Require(count == 10, $"a read is short at the end: {count} of 10 bytes");
        if (FixedLength is null)
        {
            await other.SetLengthAsync(half).ConfigureAwait(false);
            await RequireLengthAsync(store, half, "after the other form has set it").ConfigureAwait(false);
        }

        await store.BarrierAsync().ConfigureAwait(false);
        await other.BarrierAsync().ConfigureAwait(false);
        await RequireBytesAsync(store, 0, Pattern(0, half, salt: 20), "after both forms of the barrier")
            .ConfigureAwait(false);
    }

    private async Task CancellationAsync(CallForms forms)
    {
        using var tested = await MakeFilledAsync(forms, Math.Min(Work, 5000), salt: 21).ConfigureAwait(false);
        var store = tested.Store;
        long length = await tested.GetLengthAsync().ConfigureAwait(false);
        var cancelled = new CancellationToken(canceled: true);
        byte[] untouched = new byte[100];
        await RequireCancelledAsync(async () => await store.ReadAsync(0, untouched, cancelled).ConfigureAwait(false),
            "a read").ConfigureAwait(false);
        await RequireCancelledAsync(() => store.WriteAsync(0, [Pattern(0, 100, salt: 22)], cancelled).AsTask(),
            "a write").ConfigureAwait(false);
        await RequireCancelledAsync(() => store.BarrierAsync(cancelled).AsTask(), "a barrier").ConfigureAwait(false);
        await RequireCancelledAsync(() => store.SetLengthAsync(length, cancelled).AsTask(), "a length")
            .ConfigureAwait(false);
        await RequireCancelledAsync(async () => await store.GetLengthAsync(cancelled).ConfigureAwait(false),
            "a question for the length").ConfigureAwait(false);
        await RequireCancelledAsync(() => store.RefreshAsync(cancelled).AsTask(), "a refresh").ConfigureAwait(false);
        Require(untouched.AsSpan().IndexOfAnyExcept((byte)0) < 0, "a read cancelled before its start touches nothing");
        await RequireBytesAsync(tested, 0, Pattern(0, Math.Min(Work, 5000), salt: 21),
            "after calls that were cancelled before their start").ConfigureAwait(false);
    }

    private async Task BarrierAsync(CallForms forms)
    {
        using var store = Make(forms);
        await store.BarrierAsync().ConfigureAwait(false);
        await store.WriteAsync(0, Pattern(0, Work, salt: 24)).ConfigureAwait(false);
        await store.BarrierAsync().ConfigureAwait(false);
        await RequireBytesAsync(store, 0, Pattern(0, Work, salt: 24), "after a barrier").ConfigureAwait(false);
        if (ReadDurable(store.Store) is not { } durable)
            throw LeftOut("what a loss of power leaves: ReadDurable returns null");
        Require(durable.AsSpan().StartsWith(Pattern(0, Work, salt: 24)), "what was written before a barrier survives");
        await store.WriteAsync(10, Pattern(10, 1000, salt: 25)).ConfigureAwait(false);
        await store.BarrierAsync().ConfigureAwait(false);
        Require(ReadDurable(store.Store).AsSpan(10).StartsWith(Pattern(10, 1000, salt: 25)),
            "what was written again before a further barrier survives");
        if (FixedLength is not null) return;
        foreach (long length in (long[])[500, Work + 1000])
        {
            await store.SetLengthAsync(length).ConfigureAwait(false);
            await store.BarrierAsync().ConfigureAwait(false);
            Require(ReadDurable(store.Store)!.LongLength == length,
                $"a length of {length} set before a barrier survives");
        }
    }

    private async Task IdentityAsync(CallForms forms)
    {
        using var store = await MakeFilledAsync(forms, Math.Min(Work, 5000), salt: 26).ConfigureAwait(false);
        object identity = store.Store.Identity;
        Require(identity.Equals(store.Store.Identity), "an identity is equal to itself");
        if (OpenAgain(store.Store) is not { } again)
            throw LeftOut("that two ways to the same bytes have one identity: OpenAgain returns null");
        using var second = new TestedStore(again, forms);
        RequireOneIdentity(identity, again);
        await RequireBytesAsync(second, 0, Pattern(0, Math.Min(Work, 5000), salt: 26), "by the second way")
            .ConfigureAwait(false);
        await second.WriteAsync(50, Pattern(50, 100, salt: 27)).ConfigureAwait(false);
        await second.BarrierAsync().ConfigureAwait(false);
        await store.RefreshAsync().ConfigureAwait(false);
        await RequireBytesAsync(store, 50, Pattern(50, 100, salt: 27),
            "by the first way, what was written by the second").ConfigureAwait(false);
    }

    private async Task RefreshAsync(CallForms forms)
    {
        using var store = await MakeFilledAsync(forms, Math.Min(Work, 5000), salt: 40).ConfigureAwait(false);
        long length = await store.GetLengthAsync().ConfigureAwait(false);

        // A refresh that finds nothing new changes nothing.
        await store.RefreshAsync().ConfigureAwait(false);
        await RequireLengthAsync(store, length, "after a refresh that finds nothing new").ConfigureAwait(false);
        await RequireBytesAsync(store, 0, Pattern(0, Math.Min(Work, 5000), salt: 40),
            "after a refresh that finds nothing new").ConfigureAwait(false);

        // A second way writes, and perhaps appends: after a refresh the first way sees both.
        if (OpenAgain(store.Store) is not { } again)
            throw LeftOut("what another way has written: OpenAgain returns null");
        using var second = new TestedStore(again, forms);
        await second.WriteAsync(100, Pattern(100, 1000, salt: 41)).ConfigureAwait(false);
        if (FixedLength is null) await second.WriteAsync(length, Pattern(length, 3000, salt: 42)).ConfigureAwait(false);
        await second.BarrierAsync().ConfigureAwait(false);
        await store.RefreshAsync().ConfigureAwait(false);
        await RequireBytesAsync(store, 100, Pattern(100, 1000, salt: 41), "after a refresh, what another way wrote")
            .ConfigureAwait(false);
        if (FixedLength is not null) return;
        await RequireLengthAsync(store, length + 3000, "after a refresh, when another way appended 3000 bytes,")
            .ConfigureAwait(false);
        await RequireBytesAsync(store, length, Pattern(length, 3000, salt: 42),
            "after a refresh, what another way appended").ConfigureAwait(false);

        // The second way cuts: after a refresh the first way reads nothing behind the cut.
        await second.SetLengthAsync(200).ConfigureAwait(false);
        await second.BarrierAsync().ConfigureAwait(false);
        await store.RefreshAsync().ConfigureAwait(false);
        await RequireLengthAsync(store, 200, "after a refresh, when another way has cut the store to 200,")
            .ConfigureAwait(false);
        Require(await store.ReadAsync(200, new byte[10]).ConfigureAwait(false) == 0,
            "nothing is read beyond another way's cut");
    }

    private async Task DifferentIdentityAsync(CallForms forms)
    {
        using var one = await MakeFilledAsync(forms, Math.Min(Work, 500), salt: 28).ConfigureAwait(false);
        using var other = await MakeFilledAsync(forms, Math.Min(Work, 500), salt: 29).ConfigureAwait(false);
        Require(!one.Store.Identity.Equals(other.Store.Identity), "two stores have two identities");
        await RequireBytesAsync(one, 0, Pattern(0, Math.Min(Work, 500), salt: 28), "beside another store")
            .ConfigureAwait(false);
    }

    private async Task DisposeAsync(CallForms forms)
    {
        var store = await MakeFilledAsync(forms, Math.Min(Work, 500), salt: 30).ConfigureAwait(false);
        await store.BarrierAsync().ConfigureAwait(false);
        store.Dispose();
        store.Dispose();
    }
}
