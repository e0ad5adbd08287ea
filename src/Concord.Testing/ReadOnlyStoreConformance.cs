namespace Concord.Testing;

/// <summary>
/// Checks of what is read from a <see cref="BackingStore"/> whose bytes are given: one that takes no writes, such as a
/// part of an archive or something that a server has. Inherit, implement <see cref="Content"/> and <see cref="Open"/>,
/// and run each check in any test framework. For stores that can be made empty and written there is
/// <see cref="StoreConformance"/>.
/// </summary>
/// <remarks>
/// Each check opens stores of its own and disposes them, several times: for calls in the synchronous form, in the
/// asynchronous one, and in both. Checks are deterministic except that of concurrency, which can miss a breach but
/// never report a false one. With a content of 16 MiB or more, calls are as long as those of a cache. Several checks
/// may run at once if stores of <see cref="Open"/> do not disturb each other.
/// </remarks>
public abstract partial class ReadOnlyStoreConformance
{
    private static readonly Dictionary<string, Func<ReadOnlyStoreConformance, CallForms, Task>> Checks = new()
    {
        ["a store has the bytes that it was given"] = (check, forms) => check.ContentAsync(forms),
        ["any offset and length can be read"] = (check, forms) => check.UnalignedAsync(forms),
        ["reads are as long as a cache makes them"] = (check, forms) => check.LongReadsAsync(forms),
        ["reads at the end are short"] = (check, forms) => check.ShortReadsAsync(forms),
        ["a short read leaves the rest of the destination alone"] = (check, forms) => check.UntouchedRestAsync(forms),
        ["negative offsets are refused"] = (check, forms) => check.NegativesAsync(forms),
        ["both forms of every call agree"] = (check, forms) => check.FormsAgreeAsync(forms),
        ["a cancelled call does nothing"] = (check, forms) => check.CancellationAsync(forms),
        ["concurrent reads do not disturb each other"] = (check, forms) => check.ConcurrencyAsync(forms),
        ["a refresh changes nothing"] = (check, forms) => check.RefreshAsync(forms),
        ["writes and lengths are refused whole"] = (check, forms) => check.RefusalAsync(forms),
        ["two ways to the same bytes are one store"] = (check, forms) => check.IdentityAsync(forms),
        ["a store can be disposed twice"] = (check, forms) => check.DisposeAsync(forms),
    };

    /// <summary>The names of all checks: sentences that are true of a correct store.</summary>
    public static IReadOnlyList<string> CheckNames { get; } = [.. Checks.Keys];

    /// <summary>
    /// The bytes that every store of <see cref="Open"/> has; a thousand at least, and not all alike. Asked for often.
    /// </summary>
    protected abstract ReadOnlyMemory<byte> Content { get; }

    /// <summary>Runs one check. Some checks block a thread of the pool.</summary>
    /// <param name="check">One of <see cref="CheckNames"/>.</param>
    /// <returns>What the check did not try, and why.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="check"/> is null.</exception>
    /// <exception cref="ArgumentException">There is no check of that name.</exception>
    /// <exception cref="StoreConformanceException">The store broke the promise.</exception>
    public Task<StoreCheckOutcome> RunAsync(string check) => CheckRunner.RunAsync(this, check, Checks);

    /// <summary>Opens a store that has the bytes of <see cref="Content"/>. May block.</summary>
    protected abstract BackingStore Open();

    /// <summary>
    /// Opens a second way to the bytes of a store, as a second opening of a path does; null if there is none.
    /// May block.
    /// </summary>
    /// <param name="store">A store that <see cref="Open"/> opened.</param>
    protected virtual BackingStore? OpenAgain(BackingStore store) => null;

    private TestedStore Make(CallForms forms) => new(Open(), forms);
}
