using Concord.Tests.Caching;

namespace Concord.Tests.Stores;

/// <summary>Stores that return less than was asked for, as those on a network do.</summary>
public sealed class PartialStoreTests
{
    private const int StoreBytes = 300_007, PartBytes = 5_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_store_returns_in_parts_is_read_to_the_end(bool isAsync)
    {
        byte[] content = Pages.Pattern(StoreBytes, seed: 1);
        using var test = new Fixture(content);
        byte[] got = new byte[StoreBytes + 1000];
        int count = isAsync ? await test.File.ReadAsync(0, got, Token) : test.File.Read(0, got);
        Assert.Equal(content, got[..count]);
        Array.Clear(got);
        count = isAsync ? await test.File.ReadUncachedAsync(0, got, Token) : test.File.ReadUncached(0, got);
        Assert.Equal(content, got[..count]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bytes_beside_a_ragged_write_stay_in_the_store(bool isAsync)
    {
        byte[] content = Pages.Pattern(StoreBytes, seed: 2);
        using var test = new Fixture(content);
        byte[] written = Pages.Pattern(100_001, seed: 3);
        if (isAsync) await test.File.WriteAsync(70_777, written, Token);
        else test.File.Write(70_777, written);
        Assert.True(test.File.FlushAndPurge().IsComplete);
        written.CopyTo(content, 70_777);
        Assert.Equal(content, test.Store.Content);
        Assert.Equal(content, Pages.Read(test.File, new ByteRange(0, StoreBytes)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_that_reads_nothing_before_its_own_end_fails_the_read_and_loses_nothing(bool isAsync)
    {
        byte[] content = Pages.Pattern(StoreBytes, seed: 4);
        using var test = new Fixture(content);
        test.Store.EndsAt = 100_000;
        var error = await Assert.ThrowsAsync<IOException>(async () =>
        {
            byte[] got = new byte[StoreBytes];
            if (isAsync) await test.File.ReadAsync(0, got, Token);
            else test.File.Read(0, got);
        });
        Assert.Contains($"reads nothing at 100000, and says that it is {StoreBytes} bytes long", error.Message,
            StringComparison.Ordinal);
        Assert.Throws<IOException>(() => test.File.ReadUncached(99_000, new byte[5_000]));
        Assert.Throws<IOException>(() => test.File.Write(150_001, new byte[10]));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(content, test.Store.Content);

        test.Store.EndsAt = long.MaxValue;
        Assert.Equal(content, Pages.Read(test.File, new ByteRange(0, StoreBytes)));
    }

    [Fact]
    public void What_lies_behind_the_end_of_a_store_that_was_cut_reads_as_zeros()
    {
        using var test = new Fixture(Pages.Pattern(StoreBytes, seed: 5));
        test.Store.Cut(100_000);
        byte[] got = Pages.Read(test.File, new ByteRange(90_000, 20_000));
        Assert.Equal(test.Store.Content[90_000..], got[..10_000]);
        Assert.Equal(-1, got.AsSpan(10_000).IndexOfAnyExcept((byte)0));
    }

    private sealed class Fixture : IDisposable
    {
        internal Fixture(byte[] content)
        {
            Store = new PartialStore(content);
            Cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20, LazyWriterInterval = TimeSpan.Zero });
            File = Cache.Open(Store);
        }

        internal PartialStore Store { get; }

        internal FileCache Cache { get; }

        internal CachedFile File { get; }

        public void Dispose()
        {
            Cache.Dispose();
            Assert.Empty(Cache.FailedFiles);
        }
    }

    /// <summary>Returns a few bytes a call, in either form, and nothing behind a place that is not its end.</summary>
    private sealed class PartialStore(byte[] content) : BackingStore
    {
        private readonly MemoryStore _bytes = new(content);

        internal long EndsAt { get; set; } = long.MaxValue;

        internal byte[] Content
        {
            get
            {
                byte[] all = new byte[_bytes.GetLength()];
                _bytes.Read(0, all);
                return all;
            }
        }

        internal void Cut(long length) => _bytes.SetLength(length);

        public override long GetLength() => _bytes.GetLength();

        public override int Read(long offset, Memory<byte> destination)
        {
            int most = (int)Math.Clamp(EndsAt - offset, 0, PartBytes);
            return _bytes.Read(offset, destination[..Math.Min(destination.Length, most)]);
        }

        public override async ValueTask<int> ReadAsync(long offset, Memory<byte> destination,
            CancellationToken cancellationToken)
        {
            await Task.Yield();
            return Read(offset, destination);
        }

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) =>
            _bytes.Write(offset, pieces);

        public override void Barrier() => _bytes.Barrier();

        public override void SetLength(long length) => _bytes.SetLength(length);
    }
}
