using System.Text;

namespace Concord.Tests.Caching.Streams;

/// <summary>What a stream over a cached file promises beyond what file streams do.</summary>
public sealed class CachedFileStreamTests
{
    [Fact]
    public void A_hit_through_a_stream_allocates_nothing()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        using var stream = test.File.AsStream(leaveOpen: true);
        byte[] bytes = new byte[2 * Pages.Bytes];
        Hit(stream, bytes, 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Hit(stream, bytes, 10_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Flush_hands_over_what_this_stream_wrote_without_a_barrier()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        using var one = test.File.AsStream(leaveOpen: true);
        using var other = test.File.AsStream(leaveOpen: true);
        one.Position = Pages.Bytes + 10;
        one.Write("one"u8);
        other.Position = 6 * Pages.Bytes;
        other.Write("other"u8);
        one.Flush();
        Assert.Equal("one"u8, test.Store.Content.AsSpan(Pages.Bytes + 10, 3));
        Assert.Equal(1, test.Store.Content[6 * Pages.Bytes]);
        one.Flush();
        Assert.Single(test.Store.Writes);
        Assert.Empty(test.Store.Barriers);
    }

    [Fact]
    public void Flush_to_disk_makes_the_whole_file_durable_and_keeps_it_cached()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        using var stream = test.File.AsStream(leaveOpen: true);
        stream.Write("stream"u8);
        test.File.Write(5 * Pages.Bytes, "file"u8);
        stream.Flush(flushToDisk: true);
        Assert.Equal("stream"u8, test.Store.Content.AsSpan(0, 6));
        Assert.Equal("file"u8, test.Store.Content.AsSpan(5 * Pages.Bytes, 4));
        Assert.Single(test.Store.Barriers);
        Assert.True(Pages.IsResident(test.File.State, 5));
    }

    [Fact]
    public async Task A_flush_that_fails_says_so_keeps_the_bytes_and_is_tried_again_by_the_next()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        await using var stream = test.File.AsStream(leaveOpen: true);
        stream.Write("kept"u8);
        test.Store.Fails = static call =>
            call.Kind == StoreCallKind.Write ? new IOException("no room on the disk") { HResult = 28 } : null;
        var error = Assert.Throws<IOException>(stream.Flush);
        Assert.Contains("no room on the disk", error.Message, StringComparison.Ordinal);
        Assert.Equal(28, error.HResult);
        await Assert.ThrowsAsync<IOException>(() => stream.FlushAsync(TestContext.Current.CancellationToken));
        Assert.True(Pages.IsDirty(test.File.State, 0));
        test.Store.Fails = static _ => null;
        await stream.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("kept"u8, test.Store.Content.AsSpan(0, 4));

        // What the stream has thrown counts as told.
        Assert.True(test.File.FlushAndPurge().IsComplete);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_that_owns_its_file_closes_it_and_throws_what_that_threw_with_every_byte_kept(
        bool isAsync)
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        var stream = test.File.AsStream();
        stream.Write("kept"u8);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("refused") : null;
        if (isAsync) await Assert.ThrowsAsync<WriteBackException>(async () => await stream.DisposeAsync());
        else Assert.Throws<WriteBackException>(stream.Dispose);
        Assert.False(stream.CanWrite);
        await stream.DisposeAsync();
        var failed = Assert.Single(test.Cache.FailedFiles);
        test.Store.Fails = static _ => null;
        failed.Retry();
        Assert.Equal("kept"u8, test.Store.Content.AsSpan(0, 4));
        Assert.Empty(test.Cache.FailedFiles);
    }

    [Fact]
    public void A_stream_that_does_not_own_its_file_leaves_it()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        using (var writer = new StreamWriter(test.File.AsStream(leaveOpen: true), Encoding.ASCII))
            writer.Write("some text");
        Assert.Equal("some text"u8, Pages.Read(test.File, new ByteRange(0, 9)));
    }

    [Fact]
    public void A_stream_ends_with_its_file()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        var stream = test.File.AsStream(leaveOpen: true);
        test.File.Close();
        Assert.Equal((false, false, false), (stream.CanRead, stream.CanSeek, stream.CanWrite));
        Assert.Throws<ObjectDisposedException>(() => stream.ReadByte());
        Assert.Throws<ObjectDisposedException>(() => test.File.AsStream());
        stream.Dispose();
    }

    [Fact]
    public void The_stream_of_a_hold_passes_where_others_wait_and_ends_the_hold_if_it_owns_it()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        var hold = test.File.AcquireExclusive();
        using (var stream = hold.AsStream())
        {
            stream.Write("held"u8);
            stream.Flush();
            Assert.Equal("held"u8, test.Store.Content.AsSpan(0, 4));
            Assert.False(test.File.TryRead(0, new byte[1], out _));
        }

        Assert.Throws<ObjectDisposedException>(() => hold.Length);
        Assert.True(test.File.TryRead(0, new byte[1], out _));
    }

    [Fact]
    public async Task Writes_that_were_begun_one_after_the_other_lie_one_behind_the_other()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        using var gate = new SemaphoreSlim(0);
        test.Store.ReadsEnd = () => gate.WaitAsync();
        await using var stream = test.File.AsStream(leaveOpen: true);
        stream.Position = 100;
        var first = stream.WriteAsync("first "u8.ToArray(), TestContext.Current.CancellationToken);
        var second = stream.WriteAsync("second"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.False(first.IsCompleted);
        gate.Release(100);
        await first;
        await second;
        Assert.Equal(112, stream.Position);
        Assert.Equal("first second"u8, Pages.Read(test.File, new ByteRange(100, 12)));
    }

    [Fact]
    public async Task Reads_that_were_begun_one_after_the_other_read_one_behind_the_other()
    {
        byte[] content = Pages.Pattern(8 * Pages.Bytes, 5);
        using var test = new CachedFixture(content);
        using var gate = new SemaphoreSlim(0);
        test.Store.ReadsEnd = () => gate.WaitAsync();
        await using var stream = test.File.AsStream(leaveOpen: true);
        stream.Position = (8 * Pages.Bytes) - 150;
        byte[] one = new byte[100], other = new byte[100];
        var first = stream.ReadAsync(one, TestContext.Current.CancellationToken);
        var second = stream.ReadAsync(other, TestContext.Current.CancellationToken);
        Assert.False(first.IsCompleted);
        gate.Release(100);
        Assert.Equal((100, 50), (await first, await second));
        Assert.Equal(8 * Pages.Bytes, stream.Position);
        byte[] both = [.. one, .. other[..50]];
        Assert.Equal(content[^150..], both);
    }

    [Fact]
    public async Task A_write_or_read_that_fails_leaves_the_position()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        test.Store.Fails = static call => call.Kind == StoreCallKind.Read ? new IOException("unreadable") : null;
        await using var stream = test.File.AsStream(leaveOpen: true);
        stream.Position = 10;
        byte[] bytes = new byte[5];
        Assert.Throws<IOException>(() => stream.Read(bytes));
        Assert.Throws<IOException>(() => stream.Write(bytes));
        await Assert.ThrowsAsync<IOException>(
            async () => await stream.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<IOException>(
            async () => await stream.WriteAsync(bytes, TestContext.Current.CancellationToken));
        Assert.Equal(10, stream.Position);
    }

    private static void Hit(CachedFileStream stream, byte[] bytes, int times)
    {
        if (times <= 1000) stream.ReadExactly(new byte[8 * Pages.Bytes]);
        for (int i = 0; i < times; i++)
        {
            stream.Position = i % 5 * 1001;
            Require(stream.Read(bytes) == bytes.Length);
            stream.Seek(-bytes.Length, SeekOrigin.Current);
            stream.Write(bytes);
            stream.Position = i % 3;
            Require(stream.Read(bytes, 0, 100) == 100);
            stream.Write(bytes, 0, 100);
            Require(stream.ReadByte() >= 0);
            stream.WriteByte(1);
            var read = stream.ReadAsync(bytes.AsMemory(0, 5000));
            Require(read.IsCompletedSuccessfully && read.Result == 5000);
            Require(stream.WriteAsync(bytes.AsMemory(0, 5000)).IsCompletedSuccessfully);
            Require(stream.ReadAsync(bytes, 0, 1000).Result == 1000);
            Require(stream.WriteAsync(bytes, 0, 1000).IsCompletedSuccessfully);
        }
    }

    private static void Require(bool isHit)
    {
        if (!isHit) throw new InvalidOperationException("not a hit");
    }
}
