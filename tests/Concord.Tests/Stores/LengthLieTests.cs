using Concord.Tests.Caching;

namespace Concord.Tests.Stores;

/// <summary>
/// A store that says something wrong of its length, or nothing, for a while: whoever asks it is told, no accepted
/// byte is
/// lost, and when it tells the truth again all goes on.
/// </summary>
public sealed class LengthLieTests
{
    private const int FilePages = 4;

    /// <summary>What the store says instead of its length; 0 throws.</summary>
    public static TheoryData<long> Lies => [-1, long.MinValue, 0];

    private static Action<CachedFile>[] Calls { get; } =
    [
        static file => file.FlushAndPurge(),
        static file => file.SetLength(FilePages * Pages.Bytes + 5000),
        static file => file.SetLength(Pages.Bytes),
        static file => file.Write(FilePages * Pages.Bytes + 9000, [1]),
        static file => file.WriteUncached(FilePages * Pages.Bytes + 9000, new byte[] { 1 }),
        static file =>
        {
            using var hold = file.AcquireExclusive();
            hold.Suspend(Pages.Range(1)).Dispose();
        },
    ];

    [Theory]
    [MemberData(nameof(Lies))]
    public void Whatever_it_says_no_accepted_byte_is_lost(long lie)
    {
        for (int call = 0; call < Calls.Length; call++)
        {
            var store = new LyingStore(Pages.Of(1, FilePages));
            using var cache = new FileCache(
                new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
            var file = cache.Open(store);
            file.Write(10, Pages.Of(7)[..100]);
            store.Says = () => lie != 0 ? lie : throw new IOException("planted");
            var error = Record.Exception(() => Calls[call](file));
            Assert.True(error is null or IOException, $"call {call}: {error}");
            store.Says = null;
            Assert.Equal(7, Pages.Read(file, new ByteRange(50, 1))[0]);
            file.Dispose();
            foreach (var failed in cache.FailedFiles) failed.Retry();
            Assert.Equal(7, store.Content[50]);
            Assert.Equal(1, store.Content[200]);
            cache.Close();
        }
    }

    [Theory]
    [InlineData(FilePages * 4096L + 100_000)]
    [InlineData(1L << 44)]
    public void A_length_that_it_does_not_have_is_found_out_by_the_first_read_behind_its_bytes(long lie)
    {
        var store = new LyingStore(Pages.Of(1, FilePages));
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(store);
        store.Says = () => lie;
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(lie, file.Length);
        Assert.Equal(Pages.Of(1), Pages.Read(file, Pages.Range(0)));
        Assert.Throws<IOException>(() => file.Read(FilePages * Pages.Bytes + 10, new byte[10]));
        store.Says = null;
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(FilePages * Pages.Bytes, file.Length);
        Assert.Equal(Pages.Of(1, FilePages), store.Content);
    }

    private sealed class LyingStore(byte[] content) : BackingStore
    {
        private readonly MemoryStore _bytes = new(content);

        internal Func<long>? Says { get; set; }

        internal byte[] Content
        {
            get
            {
                byte[] all = new byte[_bytes.GetLength()];
                _bytes.Read(0, all);
                return all;
            }
        }

        public override string Name => "lying store";

        public override long GetLength() => Says?.Invoke() ?? _bytes.GetLength();

        public override int Read(long offset, Memory<byte> destination) => _bytes.Read(offset, destination);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) =>
            _bytes.Write(offset, pieces);

        public override void Barrier() => _bytes.Barrier();

        public override void SetLength(long length) => _bytes.SetLength(length);
    }
}
