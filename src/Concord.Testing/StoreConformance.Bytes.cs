using static Concord.Testing.Requirements;

namespace Concord.Testing;

/// <summary>Checks of written bytes that are read back.</summary>
public abstract partial class StoreConformance
{
    private static readonly int[] AwkwardOffsets = [0, 1, 7, 511, 512, 4095, 4096, 4097, 65_535, 65_537];
    private static readonly int[] AwkwardLengths = [1, 2, 511, 513, 4095, 4096, 4097, 65_536, 70_001];

    private async Task NewStoreAsync(CallForms forms)
    {
        using var store = Make(forms);
        await RequireLengthAsync(store, FixedLength ?? 0, "in a new store").ConfigureAwait(false);
        if (FixedLength is not null)
            await RequireBytesAsync(store, 0, new byte[Work], "a new store").ConfigureAwait(false);
        else
            Require(await store.ReadAsync(0, new byte[10]).ConfigureAwait(false) == 0,
                "a store without bytes reads nothing");
    }

    private async Task ReadsReturnWritesAsync(CallForms forms)
    {
        using var store = await MakeFilledAsync(forms, Work, salt: 1).ConfigureAwait(false);
        await RequireBytesAsync(store, 0, Pattern(0, Work, salt: 1), "all that was written").ConfigureAwait(false);
        await RequireLengthAsync(store, FixedLength ?? Work, $"after {Work} bytes").ConfigureAwait(false);
        await store.WriteAsync(100, Pattern(100, 1000, salt: 2)).ConfigureAwait(false);
        await RequireBytesAsync(store, 100, Pattern(100, 1000, salt: 2), "what was written again")
            .ConfigureAwait(false);
    }

    private async Task GatheredWritesAsync(CallForms forms)
    {
        using var store = Make(forms);

        // Use more pieces than one call of any system takes, of many lengths, some of them empty.
        var pieces = new List<ReadOnlyMemory<byte>>();
        long length = 0;
        for (int i = 0; i < 1500 && length + (i % 131) <= Work; i++)
        {
            pieces.Add(Pattern(length, i % 131, salt: 3));
            length += i % 131;
        }

        await store.WriteAsync(0, pieces).ConfigureAwait(false);
        await RequireBytesAsync(store, 0, Pattern(0, length, salt: 3), $"{pieces.Count} pieces").ConfigureAwait(false);
    }

    private async Task EmptyWritesAsync(CallForms forms)
    {
        using var store = await MakeFilledAsync(forms, Math.Min(Work, 5000), salt: 4).ConfigureAwait(false);
        long length = await store.GetLengthAsync().ConfigureAwait(false);
        await store.WriteAsync(100).ConfigureAwait(false);
        await store.WriteAsync(200, ReadOnlyMemory<byte>.Empty, ReadOnlyMemory<byte>.Empty).ConfigureAwait(false);
        Require(await store.ReadAsync(0, Memory<byte>.Empty).ConfigureAwait(false) == 0, "a read of nothing returns 0");
        await RequireLengthAsync(store, length, "after writes of nothing").ConfigureAwait(false);
        await RequireBytesAsync(store, 0, Pattern(0, Math.Min(Work, 5000), salt: 4), "after writes of nothing")
            .ConfigureAwait(false);
    }

    private async Task UnalignedAsync(CallForms forms)
    {
        using var store = await MakeFilledAsync(forms, Work, salt: 5).ConfigureAwait(false);
        int salt = 6;
        foreach (int offset in AwkwardOffsets)
        {
            foreach (int length in AwkwardLengths)
            {
                if (offset + length > Work) continue;
                await store.WriteAsync(offset, Pattern(offset, length, ++salt)).ConfigureAwait(false);
                await RequireBytesAsync(store, offset, Pattern(offset, length, salt), $"{length} bytes at {offset}")
                    .ConfigureAwait(false);
            }
        }
    }

    private async Task NeighboursAsync(CallForms forms)
    {
        byte[] model = Pattern(0, Work, salt: 7);
        using var store = await MakeFilledAsync(forms, Work, salt: 7).ConfigureAwait(false);
        int salt = 100;
        foreach (int offset in AwkwardOffsets)
        {
            int length = (int)Math.Min(AwkwardLengths[salt % AwkwardLengths.Length], Work - offset);
            if (length <= 0) continue;
            byte[] bytes = Pattern(offset, length, ++salt);
            bytes.CopyTo(model, offset);
            await store.WriteAsync(offset, bytes).ConfigureAwait(false);
        }

        await RequireBytesAsync(store, 0, model, "after writes here and there, the whole").ConfigureAwait(false);
    }

    private async Task ShortReadsAsync(CallForms forms)
    {
        using var store = await MakeFilledAsync(forms, Work, salt: 8).ConfigureAwait(false);
        long length = await store.GetLengthAsync().ConfigureAwait(false);
        await RequireShortReadsAsync(store, length).ConfigureAwait(false);
    }

    private async Task UntouchedRestAsync(CallForms forms)
    {
        using var store = await MakeFilledAsync(forms, Work, salt: 9).ConfigureAwait(false);
        byte[] destination = new byte[200];
        Array.Fill(destination, (byte)0xEE);
        long length = await store.GetLengthAsync().ConfigureAwait(false);
        int count = await store.ReadAsync(length - 100, destination).ConfigureAwait(false);
        Require(count == 100, $"100 bytes before the end {count} were read");
        Require(destination.AsSpan(100).IndexOfAnyExcept((byte)0xEE) < 0,
            "a short read changes nothing behind what it read");
    }

    private async Task KeepsNoMemoryAsync(CallForms forms)
    {
        using var store = Make(forms);
        byte[] mine = Pattern(0, Math.Min(Work, 20_000), salt: 10);
        byte[] expected = [.. mine];
        await store.WriteAsync(0, mine).ConfigureAwait(false);
        Array.Clear(mine);
        await RequireBytesAsync(store, 0, expected, "after the caller has used its memory for something else")
            .ConfigureAwait(false);
    }
}
