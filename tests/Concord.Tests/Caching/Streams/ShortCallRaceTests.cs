namespace Concord.Tests.Caching.Streams;

/// <summary>
/// A stream that is written or read a byte at a time while others purge, flush, extend and write the file. Each byte
/// tells its place, so that one which is lost or stale is seen.
/// </summary>
public sealed class ShortCallRaceTests
{
    private const int Bytes = 200_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_that_are_appended_one_by_one_are_all_there_whatever_others_do_meanwhile()
    {
        using var test = new CachedFixture([], capacityPages: 256);
        using var stream = test.File.AsStream(leaveOpen: true);
        using var end = new CancellationTokenSource();
        Task[] others =
        [
            Repeat(end.Token, () => test.File.FlushAndPurge()),
            Repeat(end.Token, () => test.File.Flush()),
            Repeat(end.Token, () =>
            {
                // A length that was seen never sinks, and its last byte is there.
                long length = test.File.Length;
                if (length == 0) return;
                Assert.Equal([ByteAt(length - 1)], Pages.Read(test.File, new ByteRange(length - 1, 1)));
                Assert.True(test.File.Length >= length);
            }),
        ];
        await Task.Factory.StartNew(() =>
        {
            for (int i = 0; i < Bytes; i++) stream.WriteByte(ByteAt(i));
        }, Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await end.CancelAsync();
        await Task.WhenAll(others);
        Check(test, Bytes);
    }

    [Fact]
    public async Task Two_streams_that_make_a_file_longer_in_turns_lose_no_byte_of_each_other()
    {
        using var test = new CachedFixture([], capacityPages: 256);
        using var end = new CancellationTokenSource();
        var purges = Repeat(end.Token, () => test.File.FlushAndPurge());
        await Task.WhenAll(Enumerable.Range(0, 2).Select(half => Task.Factory.StartNew(() =>
        {
            // Each writes every second piece; so each writes behind the end of the file again and again.
            using var stream = test.File.AsStream(leaveOpen: true);
            const int Piece = 700;
            for (int piece = half; piece < Bytes / Piece; piece += 2)
            {
                stream.Position = piece * Piece;
                for (int i = 0; i < Piece; i++) stream.WriteByte(ByteAt((piece * Piece) + i));
            }
        }, Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        await end.CancelAsync();
        await purges;
        Check(test, Bytes / 700 * 700);
    }

    [Fact]
    public async Task Bytes_that_are_read_one_by_one_are_never_old_ones()
    {
        using var test = new CachedFixture(new byte[Pages.Bytes], capacityPages: 256);
        using var stream = test.File.AsStream(leaveOpen: true);
        using var end = new CancellationTokenSource();
        int written = 0;
        Task[] others =
        [
            Repeat(end.Token, () =>
            {
                byte next = (byte)(written + 1);
                test.File.Write(0, [next]);
                Volatile.Write(ref written, written + 1);
            }),
            Repeat(end.Token, () => test.File.FlushAndPurge()),
        ];
        await Task.Factory.StartNew(() =>
        {
            for (int i = 0; i < Bytes; i++)
            {
                int before = Volatile.Read(ref written);
                stream.Position = 0;
                byte found = (byte)stream.ReadByte();
                int after = Volatile.Read(ref written) + 1;
                Assert.True(after - before >= 255 || (byte)(found - before) <= after - before,
                    $"{found} was read when between {before} and {after} had been written");
            }
        }, Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await end.CancelAsync();
        await Task.WhenAll(others);
    }

    /// <summary>
    /// That is a mistake: positions may be anything then. Memory, and other bytes, are never touched.
    /// </summary>
    [Fact]
    public async Task A_stream_that_two_threads_use_at_once_harms_nothing()
    {
        using var test = new CachedFixture(Pages.Of(1, 16), capacityPages: 256);
        using var stream = test.File.AsStream(leaveOpen: true);
        using var end = new CancellationTokenSource();
        var purges = Repeat(end.Token, () => test.File.FlushAndPurge());
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() =>
        {
            for (int i = 0; i < Bytes / 3; i++)
            {
                if (i % 2000 == 0) stream.Position = 4 * Pages.Bytes;
                if (i % 3 == 0) Assert.InRange(stream.ReadByte(), -1, 7);
                else stream.WriteByte(7);
            }
        }, Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        await end.CancelAsync();
        await purges;
        Assert.True(test.File.FlushAndPurge().IsComplete);
        byte[] content = test.Store.Content;
        Assert.Equal(test.File.Length, content.Length);
        Assert.Equal(Pages.Of(1, 4), content[..(4 * Pages.Bytes)]);
        Assert.Equal(-1, content.AsSpan().IndexOfAnyExcept((byte)1, (byte)7));
    }

    private static byte ByteAt(long offset) => (byte)((offset * 31) + (offset >> 8) + 1);

    private static void Check(CachedFixture test, int length)
    {
        byte[] expected = [.. Enumerable.Range(0, length).Select(i => ByteAt(i))];
        Assert.Equal(length, test.File.Length);
        Assert.Equal(expected, Pages.Read(test.File, new ByteRange(0, length)));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(expected, test.Store.Content);
    }

    private static Task Repeat(CancellationToken end, Action work) => Task.Factory.StartNew(() =>
    {
        while (!end.IsCancellationRequested) work();
    }, Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
