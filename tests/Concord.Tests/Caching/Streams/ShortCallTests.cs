using System.Reflection;
using Concord.Caching;
using Concord.Memory;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching.Streams;

/// <summary>
/// Streams that are read and written a few bytes at a time: such calls find their page once, and are as coherent as
/// any.
/// </summary>
public sealed class ShortCallTests
{
    private const int PageCount = 8;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// What a call does not do itself, it does as every other copy, which announces itself anew in the thread's slot.
    /// </summary>
    [Theory]
    [InlineData("read")]
    [InlineData("write over")]
    [InlineData("append")]
    public void A_run_of_single_bytes_looks_a_page_up_a_few_times_and_not_for_each_byte(string call)
    {
        const int Bytes = PageCount * 4096, LookUpsPerPageMax = 4;
        using var test = new CachedFixture(call == "append" ? [] : Pages.Of(1, PageCount));
        using var stream = test.File.AsStream(leaveOpen: true);
        long before = Pins.Mine.Turn;
        for (int i = 0; i < Bytes; i++)
        {
            if (call == "read") Assert.Equal(1, stream.ReadByte());
            else stream.WriteByte(7);
        }

        Assert.InRange(Pins.Mine.Turn - before, 1, LookUpsPerPageMax * PageCount);
        if (call != "read") Assert.Equal(Pages.Of(7, PageCount)[..Bytes], Pages.Read(test.File, new(0, Bytes)));
    }

    [Fact]
    public void A_byte_that_is_appended_in_the_same_page_waits_for_no_lock()
    {
        using var test = new CachedFixture([]);
        using var stream = test.File.AsStream(leaveOpen: true);
        var gate = (Lock)typeof(FileSizes).GetField("_gate", BindingFlags.Instance | BindingFlags.NonPublic)!
            .GetValue(test.File.State.Sizes)!;
        using var taken = new ManualResetEventSlim();
        using var done = new ManualResetEventSlim();
        var holder = new Thread(() =>
        {
            lock (gate)
            {
                taken.Set();
                done.Wait();
            }
        });
        var writer = Task.Factory.StartNew(() =>
        {
            for (int i = 0; i < 10; i++) stream.WriteByte(7);
            holder.Start();
            taken.Wait();
            for (int i = 0; i < 1000; i++) stream.WriteByte(7);
        }, Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            Patience.Await(() => writer.IsCompleted);
            Assert.Equal(1010, test.File.Length);
        }
        finally
        {
            done.Set();
            holder.Join();
        }
    }

    [Fact]
    public void What_was_written_a_byte_at_a_time_is_seen_at_once_by_everybody()
    {
        using var test = new CachedFixture([]);
        using var stream = test.File.AsStream(leaveOpen: true);
        using var other = test.File.AsStream(leaveOpen: true);
        byte[] one = new byte[1];
        for (int i = 0; i < 10_000; i++)
        {
            stream.WriteByte((byte)i);
            Assert.Equal(i + 1, test.File.Length);
            Assert.Equal(1, test.File.Read(i, one));
            Assert.Equal((byte)i, one[0]);
            Assert.Equal((byte)i, other.ReadByte());
            Assert.Equal(-1, other.ReadByte());
            if (i % 1000 == 0)
            {
                Assert.True(test.File.FlushAndPurge().IsComplete);
                Assert.Equal((byte)i, test.Store.Content[i]);
            }
        }
    }

    [Fact]
    public void A_byte_that_is_read_is_what_others_have_made_of_it_since_the_last_one()
    {
        using var test = new CachedFixture(Pages.Of(1, PageCount));
        using var stream = test.File.AsStream(leaveOpen: true);
        ReadRun(stream, 1);
        test.File.Write(0, Pages.Of(2));
        ReadRun(stream, 2);
        test.Store.Write(0, [Pages.Of(3)]);
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(2, stream.ReadByte());
        test.Store.Write(0, [Pages.Of(3)]);
        Assert.True(test.File.FlushAndPurge().IsComplete);
        ReadRun(stream, 3);
        test.File.WriteUncached(0, Pages.Of(4));
        ReadRun(stream, 4);
        using (var lease = test.File.Lease(Pages.Range(0), LeaseAccess.Write)) lease.WritableSpan.Fill(5);
        ReadRun(stream, 5);
        test.File.SetLength(stream.Position);
        Assert.Equal(-1, stream.ReadByte());
        test.File.SetLength(stream.Position + 1000);
        ReadRun(stream, 0);
    }

    [Fact]
    public void A_stream_that_was_disposed_or_whose_file_was_closed_refuses_the_next_byte()
    {
        using var test = new CachedFixture(Pages.Of(1, PageCount));
        using var other = test.Cache.Open(test.Store);
        var disposed = test.File.AsStream(leaveOpen: true);
        var closed = other.AsStream(leaveOpen: true);
        foreach (var stream in (CachedFileStream[])[disposed, closed])
        {
            WriteRun(stream);
            ReadRun(stream, 1);
        }

        disposed.Dispose();
        other.Close();
        foreach (var stream in (CachedFileStream[])[disposed, closed])
        {
            Assert.Throws<ObjectDisposedException>(() => stream.ReadByte());
            Assert.Throws<ObjectDisposedException>(() => stream.WriteByte(1));
            Assert.Throws<ObjectDisposedException>(() => stream.Read(new byte[1].AsSpan()));
            Assert.Throws<ObjectDisposedException>(() => stream.Write(new byte[1].AsSpan()));
        }
    }

    [Fact]
    public void A_handle_for_one_direction_refuses_the_other_in_the_middle_of_a_run()
    {
        using var folder = new TempFolder();
        string path = folder["file"];
        File.WriteAllBytes(path, Pages.Of(1, PageCount));
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes });
        using var reader = cache.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite).AsStream();
        using var writer = cache.Open(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite).AsStream();
        WriteRun(writer);
        ReadRun(reader, 7);
        writer.Position = reader.Position = 0;
        Assert.Throws<NotSupportedException>(() => writer.ReadByte());
        Assert.Throws<NotSupportedException>(() => reader.WriteByte(1));
        WriteRun(writer);
        Assert.Throws<NotSupportedException>(() => writer.ReadByte());
    }

    [Fact]
    public void Each_flush_hands_over_every_byte_written_until_then()
    {
        using var test = new CachedFixture(Pages.Of(1, PageCount));
        using var stream = test.File.AsStream(leaveOpen: true);
        for (int i = 0; i < 5000; i++)
        {
            stream.WriteByte(7);
            if (i % 97 != 0) continue;
            stream.Flush();
            Assert.Equal(7, test.Store.Content[i]);
        }

        stream.Flush();
        Assert.Equal(-1, test.Store.Content.AsSpan(0, 5000).IndexOfAnyExcept((byte)7));
        Assert.Empty(test.Store.Barriers);
    }

    [Fact]
    public void A_flush_hands_over_a_byte_that_was_written_where_somebody_else_had_made_the_page_dirty_again()
    {
        using var test = new CachedFixture(Pages.Of(1, PageCount));
        using var stream = test.File.AsStream(leaveOpen: true);
        for (int i = 0; i < 10; i++) stream.WriteByte(7);
        stream.Flush();
        test.File.Write(100, [8]);
        stream.WriteByte(9);
        stream.Flush();
        Assert.Equal(9, test.Store.Content[10]);
    }

    [Theory]
    [InlineData(WriteMode.HandOver, FileOptions.None)]
    [InlineData(WriteMode.WriteBack, FileOptions.WriteThrough)]
    public void Where_the_store_is_to_have_each_write_it_has_each_byte(WriteMode mode, FileOptions options)
    {
        using var folder = new TempFolder();
        string path = folder["file"];
        File.WriteAllBytes(path, Pages.Of(1, PageCount));
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
            WriteMode = mode,
        });
        using var plain = cache.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var stream = cache.Open(
            path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, options).AsStream();
        for (int i = 0; i < 100; i++)
        {
            stream.WriteByte(7);
            Assert.Equal(7, File.ReadAllBytes(path)[i]);
            stream.Position--;
            Assert.Equal(7, stream.ReadByte());
            plain.Write(Pages.Bytes - 1, [(byte)i]);
        }
    }

    /// <summary>A pool's threads take an asynchronous program's stream over from each other.</summary>
    [Fact]
    public void Threads_that_take_turns_read_and_write_every_byte_in_order()
    {
        const int Turns = 60, Run = 1001;
        using var test = new CachedFixture([]);
        using var writer = test.File.AsStream(leaveOpen: true);
        using var reader = test.File.AsStream(leaveOpen: true);
        for (int turn = 0; turn < Turns; turn++)
        {
            Exception? error = null;
            int first = turn * Run;
            var thread = new Thread(() => error = Record.Exception(() =>
            {
                for (int i = first; i < first + Run; i++) writer.WriteByte((byte)(i * 31));
                for (int i = first; i < first + Run; i++) Assert.Equal((byte)(i * 31), reader.ReadByte());
            }));
            thread.Start();
            thread.Join();
            Assert.Null(error);
        }

        Assert.Equal(Turns * Run, test.File.Length);
    }

    private static void ReadRun(CachedFileStream stream, int expected)
    {
        for (int i = 0; i < 20; i++) Assert.Equal(expected, stream.ReadByte());
    }

    private static void WriteRun(CachedFileStream stream)
    {
        long before = stream.Position;
        for (int i = 0; i < 20; i++) stream.WriteByte(7);
        stream.Position = before;
        stream.Write(stream.CanRead ? Pages.Of(1)[..20] : Pages.Of(7)[..20]);
    }
}
