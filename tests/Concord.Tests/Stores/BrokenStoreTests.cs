using Concord.Testing;

namespace Concord.Tests.Stores;

/// <summary>The checks of stores, checked: each catches the breach it is there for, and a good store passes all.</summary>
public sealed class BrokenStoreTests
{
    private const long FixedBytes = 301_234;

    /// <summary>A fault, the check that has to catch it, and whether the store has a fixed length.</summary>
    public static TheoryData<string, string, bool> Faults => new()
    {
        { "a new store that is not empty", "a new store is empty or zeros", false },
        { "reads one byte less", "reads return what was written", false },
        { "never the second time", "reads return what was written", false },
        { "a length rounded up", "reads return what was written", false },
        { "pieces in the wrong order", "gathered writes are in order", false },
        { "stops at an empty piece", "gathered writes are in order", false },
        { "takes 1024 pieces", "gathered writes are in order", false },
        { "an empty write cuts", "writes of nothing do nothing", false },
        { "reads aligned down", "any offset and length works", false },
        { "whole sectors written", "writes leave their neighbours alone", false },
        { "reads as if it never ended", "reads at the end are short", false },
        { "fails beyond the end", "reads at the end are short", false },
        { "zeros behind a short read", "a short read leaves the rest of the destination alone", false },
        { "rubbish in gaps", "a write beyond the end leaves zeros between", false },
        { "rubbish in extensions", "an extension reads as zeros", false },
        { "lengths one too long", "an extension reads as zeros", false },
        { "cuts that remember", "a cut forgets what lay beyond it", false },
        { "a fixed length that is not", "a length that cannot be is refused whole", true },
        { "half a write over the end", "a length that cannot be is refused whole", true },
        { "no word of its fixed length", "a length that cannot be is refused whole", true },
        { "negative offsets taken for 0", "negative offsets and lengths are refused", false },
        { "an asynchronous read one byte off", "both forms of every call agree", false },
        { "deaf to cancellation", "a cancelled call does nothing", false },
        { "loses concurrent writes", "concurrent reads and disjoint writes do not disturb each other", false },
        { "loses writes beside a length", "a change of length leaves calls below it alone", false },
        { "keeps the caller's memory", "a write does not keep the caller's memory", false },
        { "a barrier that does nothing", "a barrier makes everything before it durable", false },
        { "a barrier that drops lengths", "a barrier makes everything before it durable", false },
        { "an identity for each opening", "two ways to the same bytes are one store", false },
        { "one identity for all", "stores of their own are different stores", false },
        { "disposed once only", "a store can be disposed twice", false },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_broken_promise_is_caught_by_its_check(string fault, string check, bool isFixed)
    {
        var error = await Assert.ThrowsAsync<StoreConformanceException>(() => new Conformance(fault, isFixed).RunAsync(check));
        Assert.Equal(check, error.Check);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_good_store_passes_every_check(bool isFixed)
    {
        foreach (string check in StoreConformance.CheckNames) await new Conformance("", isFixed).RunAsync(check);
    }

    [Fact]
    public void Every_check_has_a_fault_it_must_catch() =>
        Assert.Empty(StoreConformance.CheckNames.Except(Faults.Select(row => row.Data.Item2)));

    [Fact]
    public async Task An_unknown_check_is_named()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => new Conformance("", isFixed: false).RunAsync("no such check"));
        Assert.Contains("no such check", error.Message, StringComparison.Ordinal);
    }

    private sealed class Conformance(string fault, bool isFixed) : StoreConformance
    {
        protected override long? FixedLength => isFixed ? FixedBytes : null;

        protected override BackingStore MakeEmpty() => new BrokenStore(fault, FixedLength);

        protected override BackingStore? OpenAgain(BackingStore store) => store;

        protected override byte[]? ReadDurable(BackingStore store) => ((BrokenStore)store).Durable;
    }
}
