using static Concord.Testing.Requirements;

namespace Concord.Testing;

/// <summary>Checks of calls as long, and at offsets as far, as those of a cache.</summary>
public abstract partial class StoreConformance
{
    /// <summary>The longest call of a cache, and one that is a multiple of nothing.</summary>
    private const int CallBytesMax = 16 << 20, CallBytesOdd = (8 << 20) + 4_999;

    /// <summary>The length of the pieces of a cache's run: the pages of an extent.</summary>
    private const int PieceBytes = 256 << 10;

    /// <summary>Beyond what 32 bits count, and a multiple of nothing.</summary>
    private const long FarOffset = (1L << 32) + 12_345;

    private async Task LongCallsAsync(CallForms forms)
    {
        int salt = 60;
        foreach ((long offset, int length) in ((long, int)[])[(0, CallBytesMax), (4_097, CallBytesOdd),
            (CallBytesOdd, CallBytesOdd)])
        {
            int count = (int)Math.Min(length, (FixedLength ?? long.MaxValue) - offset);
            if (count <= 0) continue;
            using var store = Make(forms);
            byte[] bytes = Pattern(offset, count, ++salt);
            await store.WriteAsync(offset, bytes.Chunk(PieceBytes).Select(static piece => (ReadOnlyMemory<byte>)piece)
                .ToArray()).ConfigureAwait(false);
            await RequireBytesAsync(store, offset, bytes, $"{count} bytes written at {offset} in pieces, read at once")
                .ConfigureAwait(false);
            await RequireLengthAsync(store, FixedLength ?? offset + count, $"after {count} bytes at {offset}")
                .ConfigureAwait(false);
            byte[] again = Pattern(offset, count, ++salt);
            await store.WriteAsync(offset, again).ConfigureAwait(false);
            await RequireBytesAsync(store, offset, again, $"{count} bytes written at {offset} in one piece")
                .ConfigureAwait(false);
            await RequirePartsAsync(store, offset, again).ConfigureAwait(false);
            await RequireDurableAsync(store, offset, again).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Reads in short parts: a store that is wrong in both long writes and long reads could pass a long read.
    /// </summary>
    private static async ValueTask RequirePartsAsync(TestedStore store, long offset, byte[] expected)
    {
        for (int at = 0; at < expected.Length; at += PieceBytes)
        {
            byte[] part = expected[at..Math.Min(expected.Length, at + PieceBytes)];
            await RequireBytesAsync(store, offset + at, part,
                $"{expected.Length} bytes written at {offset}, read in parts").ConfigureAwait(false);
        }
    }

    private async ValueTask RequireDurableAsync(TestedStore store, long offset, byte[] expected)
    {
        await store.BarrierAsync().ConfigureAwait(false);
        if (ReadDurable(store.Store) is not { } durable) return;
        bool survives = durable.LongLength >= offset + expected.Length && durable.AsSpan((int)offset)
            .StartsWith(expected);
        Require(survives, $"{expected.Length} bytes written at {offset} before a barrier survive");
    }

    private async Task FarOffsetsAsync(CallForms forms)
    {
        const int Bytes = 10_000;
        LeaveOutIf(!IsSparse, "the store is not sparse (IsSparse): such offsets would take 4 GiB");
        LeaveOutIf((FixedLength ?? long.MaxValue) < FarOffset + Bytes, "the store's fixed length is under 4 GiB");
        using var store = await MakeFilledAsync(forms, Math.Min(Work, 50_000), salt: 70).ConfigureAwait(false);
        LeaveOutIf(store.Store.MaxLength < FarOffset + Bytes, "the store cannot be that long (MaxLength)");
        byte[] near = Pattern(0, Math.Min(Work, 50_000), salt: 70), far = Pattern(FarOffset, Bytes, salt: 71);
        await store.WriteAsync(FarOffset, far).ConfigureAwait(false);
        await RequireLengthAsync(store, FixedLength ?? FarOffset + Bytes, $"after {Bytes} bytes at {FarOffset}")
            .ConfigureAwait(false);
        await RequireBytesAsync(store, FarOffset, far, "beyond 4 GiB").ConfigureAwait(false);
        await RequireBytesAsync(store, FarOffset - Bytes, new byte[Bytes], "before what was written beyond 4 GiB")
            .ConfigureAwait(false);
        await RequireBytesAsync(store, 0, near, "the beginning, after a write beyond 4 GiB").ConfigureAwait(false);
        await store.BarrierAsync().ConfigureAwait(false);
        if (FixedLength is not null) return;
        await store.SetLengthAsync(FarOffset + 100).ConfigureAwait(false);
        await RequireLengthAsync(store, FarOffset + 100, $"after a cut to {FarOffset + 100}").ConfigureAwait(false);
        await RequireBytesAsync(store, FarOffset, far.AsMemory(0, 100), "beyond 4 GiB, before a cut")
            .ConfigureAwait(false);
        await store.SetLengthAsync(FarOffset + Bytes).ConfigureAwait(false);
        await RequireBytesAsync(store, FarOffset + 100, new byte[Bytes - 100],
            "beyond 4 GiB, what was cut off, after an extension").ConfigureAwait(false);
        await RequireBytesAsync(store, 0, near, "the beginning, after a cut beyond 4 GiB").ConfigureAwait(false);
    }
}
