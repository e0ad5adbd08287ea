namespace Concord.Testing;

/// <summary>Bytes that go in and come out again.</summary>
public abstract partial class StoreConformance
{
    private static readonly int[] AwkwardOffsets = [0, 1, 7, 511, 512, 4095, 4096, 4097, 65_535, 65_537];
    private static readonly int[] AwkwardLengths = [1, 2, 511, 513, 4095, 4096, 4097, 65_536, 70_001];

    private Task NewStoreAsync()
    {
        using var store = MakeEmpty();
        Require(store.GetLength() == (FixedLength ?? 0), $"the length of a new store is {store.GetLength()}");
        if (FixedLength is not null) RequireBytes(store, 0, new byte[Work], "a new store");
        else Require(store.Read(0, new byte[10]) == 0, "a store without bytes reads nothing");
        return Task.CompletedTask;
    }

    private Task ReadsReturnWritesAsync()
    {
        using var store = MakeFilled(Work, salt: 1);
        RequireBytes(store, 0, Pattern(0, Work, salt: 1), "all that was written");
        Require(store.GetLength() == (FixedLength ?? Work), $"after {Work} bytes the length is {store.GetLength()}");
        Write(store, 100, Pattern(100, 1000, salt: 2));
        RequireBytes(store, 100, Pattern(100, 1000, salt: 2), "what was written again");
        return Task.CompletedTask;
    }

    private Task GatheredWritesAsync()
    {
        using var store = MakeEmpty();

        // More pieces than one call of any system takes, of many lengths, some of them empty.
        var pieces = new List<ReadOnlyMemory<byte>>();
        long length = 0;
        for (int i = 0; i < 1500 && length + (i % 131) <= Work; i++)
        {
            pieces.Add(Pattern(length, i % 131, salt: 3));
            length += i % 131;
        }

        store.Write(0, pieces);
        RequireBytes(store, 0, Pattern(0, length, salt: 3), $"{pieces.Count} pieces");
        return Task.CompletedTask;
    }

    private Task EmptyWritesAsync()
    {
        using var store = MakeFilled(Math.Min(Work, 5000), salt: 4);
        long length = store.GetLength();
        store.Write(100, []);
        Write(store, 200, ReadOnlyMemory<byte>.Empty, ReadOnlyMemory<byte>.Empty);
        Require(store.Read(0, Memory<byte>.Empty) == 0, "a read of nothing returns 0");
        Require(store.GetLength() == length, "a write of nothing changes no length");
        RequireBytes(store, 0, Pattern(0, Math.Min(Work, 5000), salt: 4), "after writes of nothing");
        return Task.CompletedTask;
    }

    private Task UnalignedAsync()
    {
        using var store = MakeFilled(Work, salt: 5);
        int salt = 6;
        foreach (int offset in AwkwardOffsets)
        {
            foreach (int length in AwkwardLengths)
            {
                if (offset + length > Work) continue;
                Write(store, offset, Pattern(offset, length, ++salt));
                RequireBytes(store, offset, Pattern(offset, length, salt), $"{length} bytes at {offset}");
            }
        }

        return Task.CompletedTask;
    }

    private Task NeighboursAsync()
    {
        byte[] model = Pattern(0, Work, salt: 7);
        using var store = MakeFilled(Work, salt: 7);
        int salt = 100;
        foreach (int offset in AwkwardOffsets)
        {
            int length = (int)Math.Min(AwkwardLengths[salt % AwkwardLengths.Length], Work - offset);
            if (length <= 0) continue;
            byte[] bytes = Pattern(offset, length, ++salt);
            bytes.CopyTo(model, offset);
            Write(store, offset, bytes);
        }

        RequireBytes(store, 0, model, "after writes here and there, the whole");
        return Task.CompletedTask;
    }

    private Task ShortReadsAsync()
    {
        using var store = MakeFilled(Work, salt: 8);
        long length = store.GetLength();
        foreach (int before in (int[])[0, 1, 10, 4096])
        {
            if (before > length) continue;
            int count = store.Read(length - before, new byte[before + 100]);
            Require(count == before, $"{before} bytes before the end {count} were read");
        }

        Require(store.Read(length + 1, new byte[10]) == 0, "nothing is read beyond the end");
        Require(store.Read(length + (1L << 40), new byte[10]) == 0, "nothing is read far beyond the end");
        return Task.CompletedTask;
    }

    private Task UntouchedRestAsync()
    {
        using var store = MakeFilled(Work, salt: 9);
        byte[] destination = new byte[200];
        Array.Fill(destination, (byte)0xEE);
        int count = store.Read(store.GetLength() - 100, destination);
        Require(count == 100, $"100 bytes before the end {count} were read");
        Require(destination.AsSpan(100).IndexOfAnyExcept((byte)0xEE) < 0, "a short read changes nothing behind what it read");
        return Task.CompletedTask;
    }

    private Task KeepsNoMemoryAsync()
    {
        using var store = MakeEmpty();
        byte[] mine = Pattern(0, Math.Min(Work, 20_000), salt: 10);
        byte[] expected = [.. mine];
        Write(store, 0, mine);
        Array.Clear(mine);
        RequireBytes(store, 0, expected, "after the caller has used its memory for something else");
        return Task.CompletedTask;
    }
}
