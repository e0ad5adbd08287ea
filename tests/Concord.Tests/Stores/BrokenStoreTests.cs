using Concord.Testing;

namespace Concord.Tests.Stores;

/// <summary>
/// The checks of stores, checked: each catches the breach it is there for, and a good store passes all.
/// </summary>
[Collection(SideBySide.Stores)]
public sealed class BrokenStoreTests
{
    private const string Long = "reads and writes are as long as a cache makes them",
        Far = "offsets are longer than 32 bits";
    private const string Adjacent = "writes that touch leave each other's bytes alone",
        Growing = "writes that grow the store side by side all stay";
    private const string Agree = "both forms of every call agree",
        Durable = "a barrier makes everything before it durable";

    /// <summary>
    /// A length that no store has and keeps; one in which the longest calls find room; one beyond 4 GiB, sparse.
    /// </summary>
    private const long Grows = 0, FixedBytes = (20 << 20) + 1_234, FarBytes = (1L << 32) + (1 << 20);

    /// <summary>A fault, the check that has to catch it, and the length that the store has and keeps.</summary>
    public static TheoryData<string, string, long> Faults => new()
    {
        { "a new store that is not empty", "a new store is empty or zeros", Grows },
        { "reads one byte less", "reads return what was written", Grows },
        { "never the second time", "reads return what was written", Grows },
        { "a length rounded up", "reads return what was written", Grows },
        { "pieces in the wrong order", "gathered writes are in order", Grows },
        { "stops at an empty piece", "gathered writes are in order", Grows },
        { "takes 1024 pieces", "gathered writes are in order", Grows },
        { "an empty write cuts", "writes of nothing do nothing", Grows },
        { "reads aligned down", "any offset and length works", Grows },
        { "whole sectors written", "writes leave their neighbours alone", Grows },
        { "reads as if it never ended", "reads at the end are short", Grows },
        { "fails beyond the end", "reads at the end are short", Grows },
        { "zeros behind a short read", "a short read leaves the rest of the destination alone", Grows },
        { "rubbish in gaps", "a write beyond the end leaves zeros between", Grows },
        { "rubbish in extensions", "an extension reads as zeros", Grows },
        { "lengths one too long", "an extension reads as zeros", Grows },
        { "cuts that remember", "a cut forgets what lay beyond it", Grows },
        { "a fixed length that is not", "a length that cannot be is refused whole", FixedBytes },
        { "half a write over the end", "a length that cannot be is refused whole", FixedBytes },
        { "no word of its fixed length", "a length that cannot be is refused whole", FixedBytes },
        { "negative offsets taken for 0", "negative offsets and lengths are refused", Grows },
        { "an asynchronous read one byte off", "both forms of every call agree", Grows },
        { "deaf to cancellation", "a cancelled call does nothing", Grows },
        { "loses concurrent writes", "concurrent reads and disjoint writes do not disturb each other", Grows },
        { "loses writes beside a length", "a change of length leaves calls below it alone", Grows },
        { "keeps the caller's memory", "a write does not keep the caller's memory", Grows },
        { "a barrier that does nothing", "a barrier makes everything before it durable", Grows },
        { "a barrier that drops lengths", "a barrier makes everything before it durable", Grows },
        { "an identity for each opening", "two ways to the same bytes are one store", Grows },
        { "one identity for all", "stores of their own are different stores", Grows },
        { "reads short above 1 MiB", Long, Grows },
        { "reads short above 1 MiB", Long, FixedBytes },
        { "loses the tail of writes above 1 MiB", Long, Grows },
        { "loses the tail of writes above 1 MiB", Long, FixedBytes },
        { "offsets cut to 32 bits", Far, Grows },
        { "offsets cut to 32 bits", Far, FarBytes },
        { "sectors written back without a lock", Adjacent, Grows },
        { "sectors written back without a lock", Adjacent, FixedBytes },
        { "races in growing", Growing, Grows },
        { "an asynchronous barrier that does nothing", Durable, Grows },
        { "an asynchronous barrier that does nothing", Durable, FixedBytes },
        { "an asynchronous growth that does nothing", "an extension reads as zeros", Grows },
        { "an asynchronous growth that does nothing", Durable, Grows },
        { "an asynchronous length one too long", Agree, Grows },
        { "no refresh after asynchronous writes", Agree, Grows },
        { "no refresh after asynchronous writes", "reads return what was written", FixedBytes },
        { "never refreshed", "a refreshed store shows what others have written", Grows },
        { "disposed once only", "a store can be disposed twice", Grows },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_broken_promise_is_caught_by_its_check(string fault, string check, long length)
    {
        var error = await Assert.ThrowsAsync<StoreConformanceException>(
            () => new Conformance(fault, length).RunAsync(check));
        Assert.Equal(check, error.Check);
    }

    [Theory]
    [InlineData(Grows)]
    [InlineData(301_234)]
    [InlineData(FixedBytes)]
    [InlineData(FarBytes)]
    public async Task A_good_store_passes_every_check(long length)
    {
        foreach (string check in StoreConformance.CheckNames) await new Conformance("", length).RunAsync(check);
    }

    [Fact]
    public async Task A_breach_says_in_which_forms_the_calls_were_made()
    {
        var error = await Assert.ThrowsAsync<StoreConformanceException>(
            () => new Conformance("an asynchronous barrier that does nothing", Grows).RunAsync(Durable));
        Assert.Contains("asynchronous calls", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_check_has_a_fault_it_must_catch() =>
        Assert.Empty(StoreConformance.CheckNames.Except(Faults.Select(row => row.Data.Item2)));

    [Fact]
    public async Task An_unknown_check_is_named()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => new Conformance("", Grows).RunAsync("no such check"));
        Assert.Contains("no such check", error.Message, StringComparison.Ordinal);
    }

    private sealed class Conformance(string fault, long length) : StoreConformance
    {
        protected override long? FixedLength => length == Grows ? null : length;

        protected override BackingStore MakeEmpty() => new BrokenStore(fault, FixedLength);

        protected override BackingStore? OpenAgain(BackingStore store) => ((BrokenStore)store).OpenAgain();

        protected override byte[]? ReadDurable(BackingStore store) => ((BrokenStore)store).Durable;
    }
}
