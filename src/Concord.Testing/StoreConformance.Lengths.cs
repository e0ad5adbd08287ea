using static Concord.Testing.Requirements;

namespace Concord.Testing;

/// <summary>Checks of lengths: growth, extension, cuts, and invalid lengths.</summary>
public abstract partial class StoreConformance
{
    private async Task GrowthReadsZerosAsync(CallForms forms)
    {
        LeaveOutIf(FixedLength is not null, "the store's length is fixed");
        using var store = await MakeFilledAsync(forms, 1000, salt: 11).ConfigureAwait(false);
        await store.WriteAsync(200_000, Pattern(200_000, 5000, salt: 11)).ConfigureAwait(false);
        await RequireLengthAsync(store, 205_000, "after a write up to 205000").ConfigureAwait(false);
        await RequireBytesAsync(store, 0, Pattern(0, 1000, salt: 11), "before the gap").ConfigureAwait(false);
        await RequireBytesAsync(store, 1000, new byte[199_000], "the gap").ConfigureAwait(false);
        await RequireBytesAsync(store, 200_000, Pattern(200_000, 5000, salt: 11), "behind the gap")
            .ConfigureAwait(false);
    }

    private async Task ExtensionReadsZerosAsync(CallForms forms)
    {
        LeaveOutIf(FixedLength is not null, "the store's length is fixed");
        using var store = await MakeFilledAsync(forms, 1000, salt: 12).ConfigureAwait(false);
        await store.SetLengthAsync(100_000).ConfigureAwait(false);
        await RequireLengthAsync(store, 100_000, "after an extension to 100000").ConfigureAwait(false);
        await RequireBytesAsync(store, 0, Pattern(0, 1000, salt: 12), "before the extension").ConfigureAwait(false);
        await RequireBytesAsync(store, 1000, new byte[99_000], "the extension").ConfigureAwait(false);
        await store.SetLengthAsync(100_000).ConfigureAwait(false);
        await RequireLengthAsync(store, 100_000, "after setting the length there is").ConfigureAwait(false);
    }

    private async Task CutForgetsAsync(CallForms forms)
    {
        LeaveOutIf(FixedLength is not null, "the store's length is fixed");
        using var store = await MakeFilledAsync(forms, 100_000, salt: 13).ConfigureAwait(false);
        await store.SetLengthAsync(5000).ConfigureAwait(false);
        await RequireLengthAsync(store, 5000, "after a cut to 5000").ConfigureAwait(false);
        Require(await store.ReadAsync(5000, new byte[10]).ConfigureAwait(false) == 0, "nothing is read beyond a cut");
        await RequireBytesAsync(store, 0, Pattern(0, 5000, salt: 13), "before the cut").ConfigureAwait(false);
        await store.SetLengthAsync(100_000).ConfigureAwait(false);
        await RequireBytesAsync(store, 5000, new byte[95_000], "what was cut off, after an extension")
            .ConfigureAwait(false);
        await store.SetLengthAsync(0).ConfigureAwait(false);
        await RequireLengthAsync(store, 0, "after a cut to nothing").ConfigureAwait(false);
        Require(await store.ReadAsync(0, new byte[10]).ConfigureAwait(false) == 0,
            "nothing is read after a cut to nothing");
        await store.WriteAsync(10, Pattern(10, 10, salt: 14)).ConfigureAwait(false);
        await RequireBytesAsync(store, 0, new byte[10], "the gap after a cut to nothing").ConfigureAwait(false);
    }

    private async Task FixedLengthAsync(CallForms forms)
    {
        LeaveOutIf(FixedLength is null, "the store has no fixed length: any length can be");
        long length = FixedLength ?? 0;
        using var store = await MakeFilledAsync(forms, Work, salt: 15).ConfigureAwait(false);
        byte[] tail = new byte[Math.Min(length, 10)];
        await store.ReadAsync(length - tail.Length, tail).ConfigureAwait(false);
        Require(store.Store.MaxLength == length,
            $"a store of {length} bytes says that it can hold {store.Store.MaxLength}");
        await RequireThrowsAsync<IOException>(() => store.SetLengthAsync(length + 1), "a longer length")
            .ConfigureAwait(false);
        await RequireThrowsAsync<IOException>(() => store.SetLengthAsync(length - 1), "a shorter length")
            .ConfigureAwait(false);
        await RequireThrowsAsync<IOException>(() => store.WriteAsync(length - 5, Pattern(0, 10, salt: 16)),
            "a write over the end").ConfigureAwait(false);
        await store.SetLengthAsync(length).ConfigureAwait(false);
        await RequireLengthAsync(store, length, "after calls that were refused").ConfigureAwait(false);
        await RequireBytesAsync(store, 0, Pattern(0, Work, salt: 15), "after calls that were refused")
            .ConfigureAwait(false);
        await RequireBytesAsync(store, length - tail.Length, tail, "the end, after a write over it that was refused")
            .ConfigureAwait(false);
    }

    private async Task NegativesAsync(CallForms forms)
    {
        using var store = await MakeFilledAsync(forms, Math.Min(Work, 5000), salt: 17).ConfigureAwait(false);
        await RequireThrowsAsync<ArgumentOutOfRangeException>(
            async () => _ = await store.ReadAsync(-1, new byte[10]).ConfigureAwait(false), "a read at -1")
                .ConfigureAwait(false);
        await RequireThrowsAsync<ArgumentOutOfRangeException>(() => store.WriteAsync(-1, new byte[10]), "a write at -1")
            .ConfigureAwait(false);
        await RequireThrowsAsync<ArgumentOutOfRangeException>(() => store.SetLengthAsync(-1), "a length of -1")
            .ConfigureAwait(false);
        await RequireBytesAsync(store, 0, Pattern(0, Math.Min(Work, 5000), salt: 17), "after calls that were refused")
            .ConfigureAwait(false);
    }
}
