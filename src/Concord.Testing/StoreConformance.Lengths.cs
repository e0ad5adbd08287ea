namespace Concord.Testing;

/// <summary>Lengths: growth, extension, cuts, and what cannot be.</summary>
public abstract partial class StoreConformance
{
    private Task GrowthReadsZerosAsync()
    {
        if (FixedLength is not null) return Task.CompletedTask;
        using var store = MakeFilled(1000, salt: 11);
        Write(store, 200_000, Pattern(200_000, 5000, salt: 11));
        Require(store.GetLength() == 205_000, $"a write up to 205000 makes the length {store.GetLength()}");
        RequireBytes(store, 0, Pattern(0, 1000, salt: 11), "before the gap");
        RequireBytes(store, 1000, new byte[199_000], "the gap");
        RequireBytes(store, 200_000, Pattern(200_000, 5000, salt: 11), "behind the gap");
        return Task.CompletedTask;
    }

    private Task ExtensionReadsZerosAsync()
    {
        if (FixedLength is not null) return Task.CompletedTask;
        using var store = MakeFilled(1000, salt: 12);
        store.SetLength(100_000);
        Require(store.GetLength() == 100_000, $"after an extension to 100000 the length is {store.GetLength()}");
        RequireBytes(store, 0, Pattern(0, 1000, salt: 12), "before the extension");
        RequireBytes(store, 1000, new byte[99_000], "the extension");
        store.SetLength(100_000);
        Require(store.GetLength() == 100_000, "setting the length there is changes nothing");
        return Task.CompletedTask;
    }

    private Task CutForgetsAsync()
    {
        if (FixedLength is not null) return Task.CompletedTask;
        using var store = MakeFilled(100_000, salt: 13);
        store.SetLength(5000);
        Require(store.GetLength() == 5000, $"after a cut to 5000 the length is {store.GetLength()}");
        Require(store.Read(5000, new byte[10]) == 0, "nothing is read beyond a cut");
        RequireBytes(store, 0, Pattern(0, 5000, salt: 13), "before the cut");
        store.SetLength(100_000);
        RequireBytes(store, 5000, new byte[95_000], "what was cut off, after an extension");
        store.SetLength(0);
        Require(store.GetLength() == 0 && store.Read(0, new byte[10]) == 0, "a store can be cut to nothing");
        Write(store, 10, Pattern(10, 10, salt: 14));
        RequireBytes(store, 0, new byte[10], "the gap after a cut to nothing");
        return Task.CompletedTask;
    }

    private Task FixedLengthAsync()
    {
        if (FixedLength is not { } length) return Task.CompletedTask;
        using var store = MakeFilled(Work, salt: 15);
        byte[] tail = new byte[Math.Min(length, 10)];
        store.Read(length - tail.Length, tail);
        Require(store.MaxLength == length, $"a store of {length} bytes says that it can hold {store.MaxLength}");
        RequireThrows<IOException>(() => store.SetLength(length + 1), "a longer length");
        RequireThrows<IOException>(() => store.SetLength(length - 1), "a shorter length");
        RequireThrows<IOException>(() => Write(store, length - 5, Pattern(0, 10, salt: 16)), "a write over the end");
        store.SetLength(length);
        Require(store.GetLength() == length, "the length stays as it is");
        RequireBytes(store, 0, Pattern(0, Work, salt: 15), "after calls that were refused");
        RequireBytes(store, length - tail.Length, tail, "the end, after a write over it that was refused");
        return Task.CompletedTask;
    }

    private Task NegativesAsync()
    {
        using var store = MakeFilled(Math.Min(Work, 5000), salt: 17);
        RequireThrows<ArgumentOutOfRangeException>(() => store.Read(-1, new byte[10]), "a read at -1");
        RequireThrows<ArgumentOutOfRangeException>(() => Write(store, -1, new byte[10]), "a write at -1");
        RequireThrows<ArgumentOutOfRangeException>(() => store.SetLength(-1), "a length of -1");
        RequireBytes(store, 0, Pattern(0, Math.Min(Work, 5000), salt: 17), "after calls that were refused");
        return Task.CompletedTask;
    }

    private static void RequireThrows<T>(Action call, string what)
        where T : Exception
    {
        try
        {
            call();
        }
        catch (T)
        {
            // As it should be.
            return;
        }

        throw new BrokenPromiseException($"{what} is refused with {typeof(T).Name}");
    }
}
