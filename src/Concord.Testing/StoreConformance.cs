using static Concord.Testing.Requirements;

namespace Concord.Testing;

/// <summary>
/// Checks of what a <see cref="BackingStore"/> promises to a cache. Inherit, implement <see cref="MakeEmpty"/>, and run
/// each check in any test framework. For stores that take no writes there is <see cref="ReadOnlyStoreConformance"/>.
/// </summary>
/// <remarks>
/// Each check makes stores of its own and disposes them, several times: for calls in the synchronous form, in the
/// asynchronous one, and for changes in one form and reads in the other. Its calls are as long, as many at once and as
/// far behind each other as those of a cache. Checks are deterministic except those of concurrency, which can miss a
/// breach but never report a false one. They need up to 32 MiB of a store. Several checks may run at once if stores of
/// <see cref="MakeEmpty"/> do not disturb each other.
/// </remarks>
public abstract partial class StoreConformance
{
    /// <summary>
    /// The length in which checks work, unless the store's is fixed and shorter; not a multiple of anything.
    /// </summary>
    private const int WorkBytes = 300_007;

    private static readonly Dictionary<string, Func<StoreConformance, CallForms, Task>> Checks = new()
    {
        ["a new store is empty or zeros"] = (check, forms) => check.NewStoreAsync(forms),
        ["reads return what was written"] = (check, forms) => check.ReadsReturnWritesAsync(forms),
        ["gathered writes are in order"] = (check, forms) => check.GatheredWritesAsync(forms),
        ["writes of nothing do nothing"] = (check, forms) => check.EmptyWritesAsync(forms),
        ["any offset and length works"] = (check, forms) => check.UnalignedAsync(forms),
        ["writes leave their neighbours alone"] = (check, forms) => check.NeighboursAsync(forms),
        ["reads at the end are short"] = (check, forms) => check.ShortReadsAsync(forms),
        ["reads and writes are as long as a cache makes them"] = (check, forms) => check.LongCallsAsync(forms),
        ["offsets are longer than 32 bits"] = (check, forms) => check.FarOffsetsAsync(forms),
        ["a short read leaves the rest of the destination alone"] = (check, forms) => check.UntouchedRestAsync(forms),
        ["a write beyond the end leaves zeros between"] = (check, forms) => check.GrowthReadsZerosAsync(forms),
        ["an extension reads as zeros"] = (check, forms) => check.ExtensionReadsZerosAsync(forms),
        ["a cut forgets what lay beyond it"] = (check, forms) => check.CutForgetsAsync(forms),
        ["a length that cannot be is refused whole"] = (check, forms) => check.FixedLengthAsync(forms),
        ["negative offsets and lengths are refused"] = (check, forms) => check.NegativesAsync(forms),
        ["both forms of every call agree"] = (check, forms) => check.FormsAgreeAsync(forms),
        ["a cancelled call does nothing"] = (check, forms) => check.CancellationAsync(forms),
        ["concurrent reads and disjoint writes do not disturb each other"] = (check, forms) =>
            check.ConcurrencyAsync(forms),
        ["writes that touch leave each other's bytes alone"] = (check, forms) => check.AdjacentWritesAsync(forms),
        ["writes that grow the store side by side all stay"] = (check, forms) => check.GrowthSideBySideAsync(forms),
        ["a change of length leaves calls below it alone"] = (check, forms) => check.LengthsBesideCallsAsync(forms),
        ["a write does not keep the caller's memory"] = (check, forms) => check.KeepsNoMemoryAsync(forms),
        ["a barrier makes everything before it durable"] = (check, forms) => check.BarrierAsync(forms),
        ["two ways to the same bytes are one store"] = (check, forms) => check.IdentityAsync(forms),
        ["a refreshed store shows what others have written"] = (check, forms) => check.RefreshAsync(forms),
        ["stores of their own are different stores"] = (check, forms) => check.DifferentIdentityAsync(forms),
        ["a store can be disposed twice"] = (check, forms) => check.DisposeAsync(forms),
    };

    /// <summary>The names of all checks: sentences that are true of a correct store.</summary>
    public static IReadOnlyList<string> CheckNames { get; } = [.. Checks.Keys];

    /// <summary>The length that every store made here has and keeps; null, the default, for stores that grow.</summary>
    protected virtual long? FixedLength => null;

    /// <summary>
    /// Whether unwritten bytes between written ones take no space. If they do, override it with false: then no check
    /// writes beyond 4 GiB. A store whose length cannot reach that far need not override it.
    /// </summary>
    protected virtual bool IsSparse => true;

    /// <summary>How many bytes most checks use.</summary>
    private long Work => Math.Min(FixedLength ?? WorkBytes, WorkBytes);

    /// <summary>
    /// Runs one check. One that does not apply, or a part of which does not (there is no second way to the store, say),
    /// says so. Some checks block a thread of the pool.
    /// </summary>
    /// <param name="check">One of <see cref="CheckNames"/>.</param>
    /// <returns>Whether the check has tried anything; what it did not try, and why.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="check"/> is null.</exception>
    /// <exception cref="ArgumentException">There is no check of that name.</exception>
    /// <exception cref="StoreConformanceException">The store broke the promise.</exception>
    public Task<StoreCheckOutcome> RunAsync(string check) => CheckRunner.RunAsync(this, check, Checks);

    /// <summary>
    /// Makes a store without bytes; one of <see cref="FixedLength"/> zeros if that is set. May block.
    /// </summary>
    protected abstract BackingStore MakeEmpty();

    /// <summary>
    /// Opens a second way to the bytes of a store, as a second opening of a path does; null if there is none.
    /// May block.
    /// </summary>
    /// <param name="store">A store that <see cref="MakeEmpty"/> made.</param>
    protected virtual BackingStore? OpenAgain(BackingStore store) => null;

    /// <summary>
    /// The bytes that a loss of power at this moment would leave; null, the default, if they cannot be read. May block.
    /// </summary>
    /// <param name="store">A store that <see cref="MakeEmpty"/> made.</param>
    protected virtual byte[]? ReadDurable(BackingStore store) => null;

    private TestedStore Make(CallForms forms)
    {
        var store = MakeEmpty();
        if (store.CanWrite) return new TestedStore(store, forms);
        store.Dispose();
        throw new BrokenPromiseException(
            "a store of MakeEmpty takes writes (CanWrite); for one that does not there is ReadOnlyStoreConformance");
    }

    /// <summary>A store that holds a pattern from its first byte to <paramref name="length"/>.</summary>
    private async ValueTask<TestedStore> MakeFilledAsync(CallForms forms, long length, int salt)
    {
        var store = Make(forms);
        await store.WriteAsync(0, Pattern(0, length, salt)).ConfigureAwait(false);
        return store;
    }
}
