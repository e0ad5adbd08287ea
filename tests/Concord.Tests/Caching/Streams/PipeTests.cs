using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Concord.Tests.Caching.Streams;

/// <summary>A file that goes into a pipe: flushed as it goes, however slow the reader is.</summary>
public sealed class PipeTests
{
    private const int FileBytes = (8 << 20) + 123, FlushedBytes = 64 << 10;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slow_reader_makes_the_file_wait_and_memory_stays_small()
    {
        byte[] content = Pages.Pattern(FileBytes, 3);
        using var test = new CachedFixture(content, capacityPages: 256);
        using var memory = new CountedMemory();
        var pipe = new Pipe(new PipeOptions(memory));
        var writing = WriteAsync(test.File, pipe.Writer);
        byte[] got = new byte[FileBytes];
        int done = 0;
        for (ReadResult read = default; !read.IsCompleted || !read.Buffer.IsEmpty;)
        {
            read = await pipe.Reader.ReadAsync(Token);

            // A little at a time, while the file waits with the rest.
            var part = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, 10_000));
            part.CopyTo(got.AsSpan(done));
            done += (int)part.Length;
            pipe.Reader.AdvanceTo(part.End);
            if (done == FileBytes) break;
        }

        Assert.Equal(FileBytes, await writing);
        Assert.Equal(content, got);

        // What the pipe holds before its writer is to wait, and what is written before the next flush.
        Assert.InRange(memory.BytesMax, FlushedBytes, 4 * FlushedBytes);
    }

    [Fact]
    public async Task A_reader_that_has_completed_ends_the_call_without_an_error()
    {
        using var test = new CachedFixture(Pages.Pattern(FileBytes, 3), capacityPages: 256);
        var pipe = new Pipe();
        var writing = WriteAsync(test.File, pipe.Writer);
        var read = await pipe.Reader.ReadAtLeastAsync(1000, Token);
        pipe.Reader.AdvanceTo(read.Buffer.End);
        await pipe.Reader.CompleteAsync();
        Assert.InRange(await writing, FlushedBytes, 4 * FlushedBytes);
    }

    [Fact]
    public async Task A_flush_that_is_cancelled_ends_the_call_and_so_does_the_callers_token()
    {
        using var test = new CachedFixture(Pages.Pattern(FileBytes, 3), capacityPages: 256);
        var pipe = new Pipe();
        var writing = WriteAsync(test.File, pipe.Writer);
        pipe.Writer.CancelPendingFlush();
        await Assert.ThrowsAsync<OperationCanceledException>(() => writing);

        using var caller = new CancellationTokenSource();
        pipe = new Pipe();
        writing = test.File.ReadToAsync(pipe.Writer, 0, FileBytes, caller.Token).AsTask();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
    }

    [Fact]
    public async Task A_read_that_fails_leaves_the_pipe_with_what_came_before()
    {
        using var test = new CachedFixture(Pages.Pattern(FileBytes, 3), capacityPages: 256);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Read && call.Range.End > 4 * FlushedBytes
            ? new IOException("unreadable") : null;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await Assert.ThrowsAsync<IOException>(
            async () => await test.File.ReadToAsync(pipe.Writer, 0, FileBytes, Token));
        await pipe.Writer.CompleteAsync();
        var read = await pipe.Reader.ReadAtLeastAsync(FileBytes, Token);
        Assert.InRange(read.Buffer.Length, FlushedBytes, 4 * FlushedBytes);
        Assert.Equal(Pages.Pattern(FileBytes, 3)[..(int)read.Buffer.Length], read.Buffer.ToArray());
    }

    [Fact]
    public async Task A_part_ends_where_the_file_ends_and_bad_arguments_are_refused()
    {
        byte[] content = Pages.Pattern(20_000, 3);
        using var test = new CachedFixture(content);
        var pipe = new Pipe();
        Assert.Equal(19_900, await test.File.ReadToAsync(pipe.Writer, 100, long.MaxValue, Token));
        Assert.Equal(0, await test.File.ReadToAsync(pipe.Writer, 20_000, 10, Token));
        Assert.Equal(0, await test.File.ReadToAsync(pipe.Writer, 0, 0, Token));
        Assert.Equal(content[100..], (await pipe.Reader.ReadAtLeastAsync(19_900, Token)).Buffer.ToArray());
        PipeWriter none = null!;
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await test.File.ReadToAsync(none, 0, 1, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await test.File.ReadToAsync(pipe.Writer, -1, 1, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await test.File.ReadToAsync(pipe.Writer, 0, -1, Token));
    }

    /// <summary>
    /// As a server writes a response: a pipe over the stream of a connection, whose other end is slow.
    /// </summary>
    [Fact]
    public async Task A_response_goes_through_a_connection_in_pieces()
    {
        byte[] content = Pages.Pattern(FileBytes, 3);
        using var test = new CachedFixture(content, capacityPages: 256);
        using var memory = new CountedMemory();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Token);
        using var server = await listener.AcceptTcpClientAsync(Token);
        var response = PipeWriter.Create(server.GetStream(), new StreamPipeWriterOptions(memory));
        response.Write("HTTP/1.0 200 OK\r\n\r\n"u8);
        var writing = WriteAsync(test.File, response);
        using var received = new MemoryStream();
        await client.GetStream().CopyToAsync(received, 10_000, Token);
        Assert.Equal(FileBytes, await writing);
        byte[] all = received.ToArray();
        int body = all.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        Assert.Equal("HTTP/1.0 200 OK", Encoding.ASCII.GetString(all, 0, 15));
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(all.AsSpan(body)));
        Assert.InRange(memory.BytesMax, 1, 4 * FlushedBytes);
    }

    private static async Task<long> WriteAsync(CachedFile file, PipeWriter writer)
    {
        long count = await file.ReadToAsync(writer, 0, FileBytes, Token);
        await writer.CompleteAsync();
        return count;
    }

    /// <summary>Memory of a pipe, counted: how much is rented at a time at most.</summary>
    private sealed class CountedMemory : MemoryPool<byte>
    {
        private long _bytes;

        internal long BytesMax { get; private set; }

        public override int MaxBufferSize => 1 << 20;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) =>
            new Owner(this, Math.Max(4096, minBufferSize));

        protected override void Dispose(bool disposing)
        {
            // What was rented belongs to the collector.
        }

        private void Add(int bytes)
        {
            lock (this)
            {
                _bytes += bytes;
                BytesMax = Math.Max(BytesMax, _bytes);
            }
        }

        private sealed class Owner : IMemoryOwner<byte>
        {
            private readonly CountedMemory _pool;
            private int _bytes;

            internal Owner(CountedMemory pool, int bytes)
            {
                _pool = pool;
                _bytes = bytes;
                Memory = new byte[bytes];
                pool.Add(bytes);
            }

            public Memory<byte> Memory { get; }

            public void Dispose() => _pool.Add(-Interlocked.Exchange(ref _bytes, 0));
        }
    }
}
