using static Concord.Testing.Requirements;

namespace Concord.Testing;

/// <summary>The checks themselves.</summary>
public abstract partial class ReadOnlyStoreConformance
{
    /// <summary>The longest call of a cache, and one that is a multiple of nothing.</summary>
    private const int CallBytesMax = 16 << 20, CallBytesOdd = (8 << 20) + 4_999;

    private const int PieceBytes = 256 << 10, Workers = 4, TurnsPerWorker = 60;

    private static readonly int[] AwkwardOffsets = [0, 1, 7, 511, 512, 4095, 4096, 4097, 65_535, 65_537];
    private static readonly int[] AwkwardLengths = [1, 2, 511, 513, 4095, 4096, 4097, 65_536, 70_001];

    private async Task ContentAsync(CallForms forms)
    {
        using var store = Make(forms);
        await RequireLengthAsync(store, Content.Length, "of a store with that content").ConfigureAwait(false);
        Require(store.Store.MaxLength >= Content.Length,
            $"a store of {Content.Length} bytes says that it can hold {store.Store.MaxLength}");
        for (int at = 0; at < Content.Length; at += PieceBytes)
        {
            var part = Content.Slice(at, Math.Min(PieceBytes, Content.Length - at));
            await RequireBytesAsync(store, at, part, "read in parts").ConfigureAwait(false);
        }
    }

    private async Task UnalignedAsync(CallForms forms)
    {
        using var store = Make(forms);
        foreach (int offset in AwkwardOffsets)
        {
            foreach (int length in AwkwardLengths)
            {
                if (offset + length > Content.Length) continue;
                await RequireBytesAsync(store, offset, Content.Slice(offset, length), $"{length} bytes at {offset}")
                    .ConfigureAwait(false);
                await RequireBytesAsync(store, Content.Length - offset - length,
                    Content.Slice(Content.Length - offset - length, length), $"{length} bytes before the end")
                    .ConfigureAwait(false);
            }
        }
    }

    private async Task LongReadsAsync(CallForms forms)
    {
        using var store = Make(forms);
        foreach ((int offset, int length) in ((int, int)[])[(0, CallBytesMax), (4_097, CallBytesOdd)])
        {
            int count = Math.Min(length, Content.Length - offset);
            if (count <= 0) continue;
            await RequireBytesAsync(store, offset, Content.Slice(offset, count), $"{count} bytes read at once")
                .ConfigureAwait(false);
        }

        if (Content.Length < CallBytesMax)
            throw LeftOut($"reads of {CallBytesMax} bytes at once: Content has {Content.Length}");
    }

    private async Task ShortReadsAsync(CallForms forms)
    {
        using var store = Make(forms);
        long length = Content.Length;
        await RequireShortReadsAsync(store, length).ConfigureAwait(false);
        Require(await store.ReadAsync(0, Memory<byte>.Empty).ConfigureAwait(false) == 0, "a read of nothing returns 0");
    }

    private async Task UntouchedRestAsync(CallForms forms)
    {
        using var store = Make(forms);
        byte[] destination = new byte[200];
        Array.Fill(destination, (byte)0xEE);
        int count = await store.ReadAsync(Content.Length - 100, destination).ConfigureAwait(false);
        Require(count == 100, $"100 bytes before the end {count} were read");
        Require(destination.AsSpan(100).IndexOfAnyExcept((byte)0xEE) < 0,
            "a short read changes nothing behind what it read");
    }

    private async Task NegativesAsync(CallForms forms)
    {
        using var store = Make(forms);
        await RequireThrowsAsync<ArgumentOutOfRangeException>(
            async () => _ = await store.ReadAsync(-1, new byte[10]).ConfigureAwait(false), "a read at -1")
            .ConfigureAwait(false);
    }

    private async Task FormsAgreeAsync(CallForms forms)
    {
        using var store = Make(forms);
        var other = new TestedStore(store.Store, new CallForms(!forms.ChangesAsync, !forms.AsksAsync));
        int half = Content.Length / 2;
        for (int turn = 0; turn < 2; turn++)
        {
            await RequireBytesAsync(store, 0, Content[..half], "read by one form").ConfigureAwait(false);
            await RequireBytesAsync(other, 1, Content[1..half], "read by the other form").ConfigureAwait(false);
        }

        await RequireLengthAsync(other, await store.GetLengthAsync().ConfigureAwait(false), "by the other form")
            .ConfigureAwait(false);
        int count = await other.ReadAsync(Content.Length - 10, new byte[20]).ConfigureAwait(false);
        Require(count == 10, $"a read is short at the end: {count} of 10 bytes");
    }

    private async Task CancellationAsync(CallForms forms)
    {
        using var tested = Make(forms);
        var store = tested.Store;
        var cancelled = new CancellationToken(canceled: true);
        byte[] untouched = new byte[100];
        await RequireCancelledAsync(async () => await store.ReadAsync(0, untouched, cancelled).ConfigureAwait(false),
            "a read").ConfigureAwait(false);
        await RequireCancelledAsync(async () => await store.GetLengthAsync(cancelled).ConfigureAwait(false),
            "a question for the length").ConfigureAwait(false);
        await RequireCancelledAsync(() => store.RefreshAsync(cancelled).AsTask(), "a refresh").ConfigureAwait(false);
        Require(untouched.AsSpan().IndexOfAnyExcept((byte)0) < 0, "a read cancelled before its start touches nothing");
        await RequireBytesAsync(tested, 0, Content[..1000], "after calls that were cancelled before their start")
            .ConfigureAwait(false);
    }

    private async Task ConcurrencyAsync(CallForms forms)
    {
        using var store = Make(forms);
        await StoreConformance.BesideEachOtherAsync(Workers, async worker =>
        {
            for (int turn = 0; turn < TurnsPerWorker; turn++)
            {
                int length = Math.Min(AwkwardLengths[turn % AwkwardLengths.Length], Content.Length);
                int offset = (int)((turn + 1) * (worker + 1) * 7_919L % (Content.Length - length + 1));
                await RequireBytesAsync(store, offset, Content.Slice(offset, length),
                    $"what worker {worker} reads in turn {turn}, beside others").ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
    }

    private async Task RefreshAsync(CallForms forms)
    {
        using var store = Make(forms);
        await store.RefreshAsync().ConfigureAwait(false);
        await RequireLengthAsync(store, Content.Length, "after a refresh").ConfigureAwait(false);
        await RequireBytesAsync(store, 0, Content[..1000], "after a refresh").ConfigureAwait(false);
    }

    private async Task RefusalAsync(CallForms forms)
    {
        using var store = Make(forms);
        LeaveOutIf(store.Store.CanWrite,
            "writes: the store says that it takes them (CanWrite), and StoreConformance has the checks of that");
        byte[] other = [.. Content[..1000].Span];
        for (int i = 0; i < other.Length; i++) other[i] ^= 0xFF;
        await RequireThrowsAsync<Exception>(() => store.WriteAsync(0, other), "a write").ConfigureAwait(false);
        await RequireThrowsAsync<Exception>(() => store.SetLengthAsync(0), "a cut").ConfigureAwait(false);
        await RequireThrowsAsync<Exception>(() => store.SetLengthAsync(Content.Length + 1), "a longer length")
            .ConfigureAwait(false);
        await RequireLengthAsync(store, Content.Length, "after calls that were refused").ConfigureAwait(false);
        await RequireBytesAsync(store, 0, Content[..1000], "after calls that were refused").ConfigureAwait(false);
    }

    private async Task IdentityAsync(CallForms forms)
    {
        using var store = Make(forms);
        object identity = store.Store.Identity;
        Require(identity.Equals(store.Store.Identity), "an identity is equal to itself");
        if (OpenAgain(store.Store) is not { } again)
            throw LeftOut("that two ways to the same bytes have one identity: OpenAgain returns null");
        using var second = new TestedStore(again, forms);
        RequireOneIdentity(identity, again);
        await RequireBytesAsync(second, 0, Content[..1000], "by the second way").ConfigureAwait(false);
    }

    private async Task DisposeAsync(CallForms forms)
    {
        var store = Make(forms);
        await RequireBytesAsync(store, 0, Content[..1000], "before it is disposed").ConfigureAwait(false);
        store.Dispose();
        store.Dispose();
    }
}
