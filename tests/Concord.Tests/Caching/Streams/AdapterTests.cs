using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Concord.Memory;

namespace Concord.Tests.Caching.Streams;

/// <summary>The other shapes in which .NET takes bytes: memory, sequences, buffer writers.</summary>
public sealed class AdapterTests
{
    [Fact]
    public async Task The_memory_of_a_lease_is_the_page_itself()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        var range = new ByteRange(100, 5000);
        using (var lease = test.File.Lease(range, LeaseAccess.Write))
        {
            var source = new MemoryStream(Pages.Pattern(5000, 1));
            Assert.Equal(5000, await source.ReadAsync(lease.WritableMemory, TestContext.Current.CancellationToken));
            Assert.True(lease.Memory.Span == lease.Span);
        }

        Assert.Equal(Pages.Pattern(5000, 1), Pages.Read(test.File, range));
        using var reader = test.File.Lease(range);
        Assert.Throws<InvalidOperationException>(() => reader.WritableMemory);
    }

    [Fact]
    public unsafe void The_memory_of_a_lease_ends_with_it_and_is_pinned_where_it_is()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        var lease = test.File.Lease(new ByteRange(10, 20));
        var memory = lease.Memory;
        using (var pin = memory[5..].Pin())
            fixed (byte* first = lease.Span)
            {
                Assert.True(pin.Pointer == first + 5);
            }

        lease.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => memory.Pin());
        Assert.Throws<ObjectDisposedException>(() => lease.Memory.Length);
    }

    [Fact]
    public void A_document_is_parsed_in_place()
    {
        using var test = new CachedFixture([]);
        using (var stream = test.File.AsStream(leaveOpen: true))
            JsonSerializer.Serialize(stream, Enumerable.Range(0, 50_000));
        using var leased = test.File.LeaseSequence(new ByteRange(0, test.File.Length));
        Assert.True(leased.Sequence.IsSingleSegment);
        var reader = new Utf8JsonReader(leased.Sequence);
        long sum = 0;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Number) sum += reader.GetInt32();
        }

        Assert.Equal(50_000L * 49_999 / 2, sum);
    }

    [Theory]
    [InlineData(SectionKind.Automatic)]
    [InlineData(SectionKind.Private)]
    public async Task A_sequence_goes_over_windows_of_memory_and_holds_every_page_of_them(SectionKind kind)
    {
        const long Edge = Section.WindowBytesMin;
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
            SectionKind = kind
        });
        using var file = cache.Open(new MemoryStore());
        file.Write(0, "x"u8);
        file.Write(Edge - 5, "before"u8);
        file.Write((4 * Edge) - 5, "behind"u8);
        foreach (long edge in (long[])[Edge, 4 * Edge])
        {
            using var leased = await file.LeaseSequenceAsync(
                new ByteRange(edge - 5, 6), TestContext.Current.CancellationToken);
            Assert.Equal(6, leased.Sequence.Length);
            Assert.Equal(edge == Edge ? "before"u8 : "behind"u8, leased.Sequence.ToArray());
            Assert.False(leased.Sequence.IsSingleSegment);
            var result = file.FlushAndPurge(leased.Range);
            Assert.Equal((CoherencyStatus.CachePageLocked, 2),
                (result.Status, result.Left.Sum(left => (int)(left.Range.RoundOut(Pages.Bytes).Length / Pages.Bytes))));
        }

        Assert.True(file.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void A_sequence_of_nothing_or_beyond_the_end_is_refused_and_holds_nothing()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => test.File.LeaseSequence(new ByteRange(5, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => test.File.LeaseSequence(new ByteRange(0, (8 * Pages.Bytes) + 1)));
        var leased = test.File.LeaseSequence(Pages.Range(0, 2));
        leased.Dispose();
        leased.Dispose();
        Assert.Throws<ObjectDisposedException>(() => leased.Sequence.Length);
        Assert.True(test.File.FlushAndPurge().IsComplete);
    }

    [Fact]
    public async Task Bytes_go_straight_into_a_pipe()
    {
        byte[] content = Pages.Pattern(40_000, 3);
        using var test = new CachedFixture(content);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        Assert.Equal(39_900, test.File.ReadTo(pipe.Writer, 100, long.MaxValue));
        await pipe.Writer.CompleteAsync();
        var read = await pipe.Reader.ReadAtLeastAsync(39_900, TestContext.Current.CancellationToken);
        Assert.Equal(content[100..], read.Buffer.ToArray());
    }

    [Fact]
    public void A_buffer_writer_is_advanced_by_what_was_read_and_no_more()
    {
        byte[] content = Pages.Pattern(20_000, 3);
        using var test = new CachedFixture(content);
        var writer = new ArrayBufferWriter<byte>();
        Assert.Equal(10, test.File.ReadTo(writer, 50, 10));
        Assert.Equal(0, test.File.ReadTo(writer, 20_000, 10));
        Assert.Equal(0, test.File.ReadTo(writer, 50, 0));
        Assert.Equal(content[50..60], writer.WrittenSpan);
        Assert.Throws<ArgumentNullException>(() => test.File.ReadTo(null!, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => test.File.ReadTo(writer, -1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => test.File.ReadTo(writer, 0, -1));
        test.File.FlushAndPurge();
        test.Store.Fails = static call => call.Kind == StoreCallKind.Read ? new IOException("unreadable") : null;
        Assert.Throws<IOException>(() => test.File.ReadTo(writer, 0, 100));
        Assert.Equal(10, writer.WrittenCount);
    }
}
