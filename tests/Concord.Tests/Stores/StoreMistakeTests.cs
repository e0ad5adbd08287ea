namespace Concord.Tests.Stores;

/// <summary>
/// Mistakes that are easily made in a store of one's own are told in words, and leave the cache as it was.
/// </summary>
public sealed class StoreMistakeTests
{
    private const int Bytes = 8192;

    [Fact]
    public void A_store_that_has_neither_form_of_a_call_is_told_which()
    {
        using var cache = new FileCache();
        var file = cache.Open(new Bare());
        var read = Assert.Throws<IOException>(() => file.Read(0, new byte[1]));
        Assert.Contains("Bare has neither Read nor ReadAsync", read.Message, StringComparison.Ordinal);
        file.Write(0, new byte[Bytes]);
        var write = Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
        Assert.Contains("Bare has neither Write nor WriteAsync", write.Message, StringComparison.Ordinal);
        file.Dispose();
        Assert.Single(cache.FailedFiles).Discard();
        cache.Close();
    }

    [Fact]
    public async Task So_it_is_in_the_asynchronous_form()
    {
        using var store = new Bare();
        CancellationToken token = TestContext.Current.CancellationToken;
        await Assert.ThrowsAsync<NotSupportedException>(async () => await store.ReadAsync(0, new byte[1], token));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await store.WriteAsync(0, [], token));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await store.BarrierAsync(token));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await store.SetLengthAsync(0, token));
        Assert.Throws<NotSupportedException>(store.Barrier);
        Assert.Throws<NotSupportedException>(() => store.SetLength(0));
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(-3)]
    public async Task A_store_that_read_what_it_cannot_have_read_is_told_so(int count)
    {
        using var cache = new FileCache();
        using var file = cache.Open(new Fixed(Bytes, count));
        string expected = $"says that it has read {count} of {Bytes} bytes";
        Assert.Contains(expected, Assert.Throws<IOException>(() => file.Read(0, new byte[Bytes])).Message,
            StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<IOException>(
            async () => await file.ReadAsync(0, new byte[Bytes], TestContext.Current.CancellationToken));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_length_below_zero_is_refused_when_the_store_is_opened()
    {
        using var cache = new FileCache();
        var error = Assert.Throws<IOException>(() => cache.Open(new Fixed(length: -1, count: 0)));
        Assert.Contains("says that it is -1 bytes long", error.Message, StringComparison.Ordinal);
        cache.Close();
    }

    /// <summary>What remains when everything that has a default is left out.</summary>
    private sealed class Bare : BackingStore
    {
        public override long GetLength() => Bytes;
    }

    private sealed class Fixed(long length, int count) : BackingStore
    {
        public override bool CanWrite => false;

        public override long GetLength() => length;

        public override int Read(long offset, Memory<byte> destination) => count;
    }
}
