namespace Concord.Testing;

/// <summary>
/// Checks of what a <see cref="BackingStore"/> promises to a cache. Inherit, say how a store is made, and run each
/// check, in whatever test framework.
/// </summary>
/// <remarks>
/// Each check makes stores of its own and disposes them. Checks are deterministic but for those of concurrency, which
/// can miss a breach and never invent one. They need up to a few megabytes of the store. Several checks may run at once
/// if stores of <see cref="MakeEmpty"/> do not disturb each other.
/// </remarks>
public abstract partial class StoreConformance
{
    /// <summary>The length in which checks work, unless the store's is fixed and shorter; not a multiple of anything.</summary>
    private const int WorkBytes = 300_007;

    private static readonly Dictionary<string, Func<StoreConformance, Task>> Checks = new()
    {
        ["a new store is empty or zeros"] = check => check.NewStoreAsync(),
        ["reads return what was written"] = check => check.ReadsReturnWritesAsync(),
        ["gathered writes are in order"] = check => check.GatheredWritesAsync(),
        ["writes of nothing do nothing"] = check => check.EmptyWritesAsync(),
        ["any offset and length works"] = check => check.UnalignedAsync(),
        ["writes leave their neighbours alone"] = check => check.NeighboursAsync(),
        ["reads at the end are short"] = check => check.ShortReadsAsync(),
        ["a short read leaves the rest of the destination alone"] = check => check.UntouchedRestAsync(),
        ["a write beyond the end leaves zeros between"] = check => check.GrowthReadsZerosAsync(),
        ["an extension reads as zeros"] = check => check.ExtensionReadsZerosAsync(),
        ["a cut forgets what lay beyond it"] = check => check.CutForgetsAsync(),
        ["a length that cannot be is refused whole"] = check => check.FixedLengthAsync(),
        ["negative offsets and lengths are refused"] = check => check.NegativesAsync(),
        ["both forms of every call agree"] = check => check.FormsAgreeAsync(),
        ["a cancelled call does nothing"] = check => check.CancellationAsync(),
        ["concurrent reads and disjoint writes do not disturb each other"] = check => check.ConcurrencyAsync(),
        ["a change of length leaves calls below it alone"] = check => check.LengthsBesideCallsAsync(),
        ["a write does not keep the caller's memory"] = check => check.KeepsNoMemoryAsync(),
        ["a barrier makes everything before it durable"] = check => check.BarrierAsync(),
        ["two ways to the same bytes are one store"] = check => check.IdentityAsync(),
        ["stores of their own are different stores"] = check => check.DifferentIdentityAsync(),
        ["a store can be disposed twice"] = check => check.DisposeAsync(),
    };

    /// <summary>The names of all checks, sentences that hold of a good store.</summary>
    public static IReadOnlyList<string> CheckNames { get; } = [.. Checks.Keys];

    /// <summary>The length that every store made here has and keeps; null, the default, for stores that grow.</summary>
    protected virtual long? FixedLength => null;

    /// <summary>How many bytes the checks use.</summary>
    private long Work => Math.Min(FixedLength ?? WorkBytes, WorkBytes);

    /// <summary>
    /// Runs one check. A check that does not apply (there is no second way to the store, say) does nothing.
    /// </summary>
    /// <param name="check">One of <see cref="CheckNames"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="check"/> is null.</exception>
    /// <exception cref="ArgumentException">There is no check of that name.</exception>
    /// <exception cref="StoreConformanceException">The store broke the promise.</exception>
    public async Task RunAsync(string check)
    {
        ArgumentNullException.ThrowIfNull(check);
        if (!Checks.TryGetValue(check, out var run)) throw new ArgumentException($"there is no check called '{check}'", nameof(check));
        try
        {
            await run(this).ConfigureAwait(false);
        }
        catch (BrokenPromiseException error)
        {
            throw new StoreConformanceException(check, error.Message);
        }
        catch (Exception error)
        {
            throw new StoreConformanceException(check, error);
        }
    }

    /// <summary>Makes a store without bytes; one of <see cref="FixedLength"/> zeros if that is set.</summary>
    protected abstract BackingStore MakeEmpty();

    /// <summary>Opens a second way to the bytes of a store, as a second opening of a path does; null if there is none.</summary>
    /// <param name="store">A store that <see cref="MakeEmpty"/> made.</param>
    protected virtual BackingStore? OpenAgain(BackingStore store) => null;

    /// <summary>
    /// The bytes that a loss of power at this moment would leave; null, the default, if nobody can look at them.
    /// </summary>
    /// <param name="store">A store that <see cref="MakeEmpty"/> made.</param>
    protected virtual byte[]? ReadDurable(BackingStore store) => null;

    private static void Require(bool holds, string rule)
    {
        if (!holds) throw new BrokenPromiseException(rule);
    }

    /// <summary>Bytes that differ from place to place and from salt to salt, and are never zero.</summary>
    private static byte[] Pattern(long offset, long length, int salt)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < bytes.Length; i++)
        {
            ulong mixed = ((ulong)(offset + i) + ((ulong)salt * 0xD1B54A32D192ED03)) * 0x9E3779B97F4A7C15;
            bytes[i] = (byte)((mixed >> 32) | 1);
        }

        return bytes;
    }

    /// <summary>Requires that a store holds given bytes from an offset on.</summary>
    private static void RequireBytes(BackingStore store, long offset, ReadOnlySpan<byte> expected, string what)
    {
        byte[] got = new byte[expected.Length];
        int count = store.Read(offset, got);
        Require(count == expected.Length, $"{what}: {count} of {expected.Length} bytes were read at {offset}");
        int same = got.AsSpan().CommonPrefixLength(expected);
        Require(same == expected.Length, $"{what}: the byte at {offset + same} is another one");
    }

    private static void Write(BackingStore store, long offset, params ReadOnlyMemory<byte>[] pieces) => store.Write(offset, pieces);

    /// <summary>A store that holds a pattern from its first byte to <paramref name="length"/>.</summary>
    private BackingStore MakeFilled(long length, int salt)
    {
        var store = MakeEmpty();
        Write(store, 0, Pattern(0, length, salt));
        return store;
    }

    private sealed class BrokenPromiseException(string rule) : Exception(rule);
}
