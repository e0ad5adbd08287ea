using Concord.Testing;

namespace Concord.Tests.Stores;

/// <summary>
/// The checks of stores that take no writes: a good one passes all, and each catches the breach it is there for.
/// </summary>
[Collection(SideBySide.Stores)]
public sealed class ReadOnlyConformanceTests
{
    private const int ShortBytes = 300_007, LongBytes = (16 << 20) + 1_234;

    private static readonly byte[] Bytes = Caching.Pages.Pattern(LongBytes, 3);

    public static TheoryData<string, string> Faults => new()
    {
        { "one byte is another", "a store has the bytes that it was given" },
        { "a length rounded up", "a store has the bytes that it was given" },
        { "reads aligned down", "any offset and length can be read" },
        { "reads short above 1 MiB", "reads are as long as a cache makes them" },
        { "fails beyond the end", "reads at the end are short" },
        { "zeros behind a short read", "a short read leaves the rest of the destination alone" },
        { "negative offsets taken for 0", "negative offsets are refused" },
        { "an asynchronous read one byte off", "both forms of every call agree" },
        { "deaf to cancellation", "a cancelled call does nothing" },
        { "one position for all", "concurrent reads do not disturb each other" },
        { "a refresh that cuts", "a refresh changes nothing" },
        { "writes that are dropped", "writes and lengths are refused whole" },
        { "an identity for each opening", "two ways to the same bytes are one store" },
        { "disposed once only", "a store can be disposed twice" },
    };

    [Theory]
    [InlineData(1_000)]
    [InlineData(ShortBytes)]
    [InlineData(LongBytes)]
    public async Task A_good_store_passes_every_check(int length)
    {
        foreach (string check in ReadOnlyStoreConformance.CheckNames)
        {
            var outcome = await new Conformance("", length).RunAsync(check);
            bool isLeftOut = length < LongBytes && check == "reads are as long as a cache makes them";
            Assert.Equal((check, true, isLeftOut), (outcome.Check, outcome.Ran, outcome.LeftOut is not null));
        }
    }

    [Fact]
    public async Task A_store_that_has_a_length_and_reads_and_nothing_else_passes_and_is_all_that_a_cache_needs()
    {
        foreach (string check in ReadOnlyStoreConformance.CheckNames)
        {
            var outcome = await new Least().RunAsync(check);
            Assert.True(outcome.Ran, check);
        }

        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        using var file = cache.Open(new LeastStore());
        byte[] read = new byte[ShortBytes];
        Assert.Equal(ShortBytes, file.Read(0, read));
        Assert.True(Bytes.AsSpan(0, ShortBytes).SequenceEqual(read));
        Assert.True((await file.FlushAndPurgeAsync(
            cancellationToken: TestContext.Current.CancellationToken)).IsComplete);
        file.Flush();
        file.Close();
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_broken_promise_is_caught_by_its_check(string fault, string check)
    {
        var error = await Assert.ThrowsAsync<StoreConformanceException>(
            () => new Conformance(fault, LongBytes).RunAsync(check));
        Assert.Equal(check, error.Check);
    }

    [Fact]
    public void Every_check_has_a_fault_it_must_catch() =>
        Assert.Empty(ReadOnlyStoreConformance.CheckNames.Except(Faults.Select(row => row.Data.Item2)));

    [Fact]
    public async Task A_store_that_takes_writes_is_read_and_says_where_its_writes_are_tried()
    {
        var outcome = await new Writable().RunAsync("writes and lengths are refused whole");
        Assert.False(outcome.Ran);
        Assert.Contains("StoreConformance", outcome.LeftOut, StringComparison.Ordinal);
        foreach (string check in ReadOnlyStoreConformance.CheckNames) await new Writable().RunAsync(check);
    }

    [Fact]
    public async Task A_store_without_writes_is_told_where_it_belongs()
    {
        var error = await Assert.ThrowsAsync<StoreConformanceException>(
            () => new Misplaced().RunAsync("reads return what was written"));
        Assert.Contains("ReadOnlyStoreConformance", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a cut forgets what lay beyond it", 20_000, false, "fixed")]
    [InlineData("a length that cannot be is refused whole", null, false, "no fixed length")]
    [InlineData("offsets are longer than 32 bits", 20_000, false, "under 4 GiB")]
    [InlineData("two ways to the same bytes are one store", null, true, "OpenAgain")]
    [InlineData("a refreshed store shows what others have written", null, true, "OpenAgain")]
    [InlineData("a barrier makes everything before it durable", null, true, "ReadDurable")]
    [InlineData("reads return what was written", null, true, null)]
    public async Task A_check_that_does_not_apply_says_what_it_did_not_try(
        string check, int? fixedLength, bool ran, string? why)
    {
        var outcome = await new Plain(fixedLength).RunAsync(check);
        Assert.Equal(ran, outcome.Ran);
        if (why is null) Assert.Null(outcome.LeftOut);
        else Assert.Contains(why, outcome.LeftOut, StringComparison.Ordinal);
    }

    private sealed class Conformance(string fault, int length) : ReadOnlyStoreConformance
    {
        protected override ReadOnlyMemory<byte> Content => Bytes.AsMemory(0, length);

        protected override BackingStore Open() => new ReadOnlyStore(fault, Content);

        protected override BackingStore? OpenAgain(BackingStore store) => new ReadOnlyStore(fault, Content);
    }

    private sealed class Least : ReadOnlyStoreConformance
    {
        protected override ReadOnlyMemory<byte> Content => Bytes.AsMemory(0, ShortBytes);

        protected override BackingStore Open() => new LeastStore();
    }

    /// <summary>What a store must have at the least.</summary>
    private sealed class LeastStore : BackingStore
    {
        public override bool CanWrite => false;

        public override long GetLength() => ShortBytes;

        public override int Read(long offset, Memory<byte> destination)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(offset);
            int count = (int)Math.Clamp(ShortBytes - offset, 0, destination.Length);
            if (count > 0) Bytes.AsMemory((int)offset, count).CopyTo(destination);
            return count;
        }
    }

    private sealed class Writable : ReadOnlyStoreConformance
    {
        protected override ReadOnlyMemory<byte> Content => Bytes.AsMemory(0, ShortBytes);

        protected override BackingStore Open() => new MemoryStore(Content.ToArray());
    }

    private sealed class Misplaced : StoreConformance
    {
        protected override BackingStore MakeEmpty() => new ReadOnlyStore("", default);
    }

    private sealed class Plain(int? length) : StoreConformance
    {
        protected override long? FixedLength => length;

        protected override BackingStore MakeEmpty() => new BrokenStore("", length);
    }

    /// <summary>A store that takes no writes, with one fault, chosen by name.</summary>
    private sealed class ReadOnlyStore(string fault, ReadOnlyMemory<byte> content) : BackingStore
    {
        private static readonly TimeSpan Meeting = TimeSpan.FromSeconds(5);

        private readonly Barrier _meeting = new(2);
        private long _position;
        private volatile bool _hasMoved;
        private bool _isCut, _isDisposed;

        public override object Identity => fault == "an identity for each opening" ? this : nameof(ReadOnlyStore);

        public override bool CanWrite => false;

        public override long GetLength() => _isCut ? 1 : fault == "a length rounded up"
            ? (content.Length + 511) / 512 * 512 : content.Length;

        public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken)
        {
            if (fault != "deaf to cancellation") cancellationToken.ThrowIfCancellationRequested();
            return new(GetLength());
        }

        public override int Read(long offset, Memory<byte> destination)
        {
            if (fault == "negative offsets taken for 0") offset = Math.Max(0, offset);
            ArgumentOutOfRangeException.ThrowIfNegative(offset);
            if (fault == "fails beyond the end" && offset > content.Length) throw new IOException("beyond the end");
            if (fault == "reads aligned down" && destination.Length < 512) offset = offset / 512 * 512;
            if (fault == "reads short above 1 MiB" && destination.Length > 1 << 20)
                destination = destination[..(1 << 20)];
            if (fault == "one position for all" && !_hasMoved)
            {
                // The first two reads that meet have one position.
                Volatile.Write(ref _position, offset);
                if (_meeting.SignalAndWait(Meeting)) _hasMoved = true;
                offset = Volatile.Read(ref _position);
            }

            int count = (int)Math.Clamp(content.Length - offset, 0, destination.Length);
            if (count > 0) content.Slice((int)offset, count).CopyTo(destination);
            if (fault == "zeros behind a short read") destination.Span[count..].Clear();
            if (fault == "one byte is another" && offset == 0 && count > 100) destination.Span[99] ^= 1;
            return count;
        }

        public override async ValueTask<int> ReadAsync(
            long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            if (fault != "deaf to cancellation") cancellationToken.ThrowIfCancellationRequested();
            await Task.CompletedTask;
            int count = Read(offset, destination);
            if (fault == "an asynchronous read one byte off" && count > 1)
                destination.Span[1..count].CopyTo(destination.Span);
            return count;
        }

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            if (fault != "writes that are dropped") throw new NotSupportedException();
        }

        public override void Barrier()
        {
            // Nothing was written.
        }

        public override void Refresh() => _isCut = fault == "a refresh that cuts";

        public override void SetLength(long length) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            ObjectDisposedException.ThrowIf(_isDisposed && fault == "disposed once only", this);
            _isDisposed = true;
            if (disposing) _meeting.Dispose();
        }
    }
}
