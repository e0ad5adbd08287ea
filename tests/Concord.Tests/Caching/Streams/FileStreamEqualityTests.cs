using Concord.Tests.Simulation;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching.Streams;

/// <summary>
/// A stream over a cached file does what a <see cref="FileStream"/> does: bytes, positions, lengths, exceptions, and
/// what others see of the file after a flush.
/// </summary>
[Collection(SideBySide.Stores)]
public sealed class FileStreamEqualityTests : IDisposable
{
    private const int CallsPerSeed = 2500, SeedsFull = 200, SeedsSlice = 16;

    /// <summary>What <see cref="FileStream"/> takes when it is not told.</summary>
    private const int DefaultBufferBytes = 4096;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(DefaultBufferBytes)]
    public void Random_calls_do_the_same_to_a_file_stream_and_to_a_cached_one(int bufferBytes)
    {
        int calls = 0;
        foreach (int seed in SimSeeds.Of(SeedsSlice, SeedsFull))
        {
            Compare(seed, bufferBytes, seed % 8 == 0 ? FileAccess.Read : FileAccess.ReadWrite);
            calls += CallsPerSeed;
        }

        Figures.Record("stream", $"calls equal to a FileStream's with a buffer of {bufferBytes}",
            $"{calls:N0}, no difference", "500,000, no difference");
    }

    [Theory]
    [InlineData(FileAccess.Read)]
    [InlineData(FileAccess.ReadWrite)]
    public void A_closed_stream_refuses_what_a_closed_file_stream_refuses(FileAccess access)
    {
        using var pair = new Pair(_folder, 1, 0, access);
        pair.Expected.Dispose();
        pair.Actual.Dispose();
        foreach (var call in StreamCalls.All())
            Assert.Equal($"{call.Text}: {call.On(pair.Expected)}", $"{call.Text}: {call.On(pair.Actual)}");
    }

    [Theory]
    [InlineData(FileAccess.Read)]
    [InlineData(FileAccess.ReadWrite)]
    public void Every_call_on_an_open_stream_answers_as_a_file_stream_does(FileAccess access)
    {
        foreach (var call in StreamCalls.All())
        {
            using var pair = new Pair(_folder, 1, 0, access);
            Assert.Equal($"{call.Text}: {call.On(pair.Expected)}", $"{call.Text}: {call.On(pair.Actual)}");
        }
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MaxValue - 5)]
    public void A_position_at_the_end_of_numbers_is_kept_and_cannot_be_written_at(long position)
    {
        using var pair = new Pair(_folder, 1, 0, FileAccess.ReadWrite);
        StreamCall[] calls =
        [
            new("Position", s => s.Position = position),
            new("Seek beyond", static s => s.Seek(100, SeekOrigin.Current)),
        ];
        foreach (var call in calls)
            Assert.Equal($"{call.Text}: {call.On(pair.Expected)}", $"{call.Text}: {call.On(pair.Actual)}");

        // What a system says to a read up there is its own affair; ours is beyond the end like any other.
        for (int i = 0; i < 3; i++) Assert.Equal(-1, pair.Actual.ReadByte());
        long before = pair.Actual.Length;
        Assert.ThrowsAny<ArgumentOutOfRangeException>(() => pair.Actual.Write(new byte[10]));
        Assert.Equal((position, before), (pair.Actual.Position, pair.Actual.Length));
    }

    private void Compare(int seed, int bufferBytes, FileAccess access)
    {
        using var pair = new Pair(_folder, seed, bufferBytes, access);
        var calls = new StreamCalls(seed);
        string last = "";
        for (int number = 1; number <= CallsPerSeed; number++)
        {
            var call = calls.Next();
            string expected = call.On(pair.Expected), actual = call.On(pair.Actual);
            if (expected != actual)
            {
                Assert.Fail($"seed {seed}, buffer {bufferBytes}, call {number}, {call.Text} after {last}: a FileStream "
                    + $"gives {expected}; ours {actual}. "
                    + $"{SimSeeds.Variable}={seed} runs it alone");
            }

            // Others see what was flushed.
            if (call.Text == "Flush()" && number % 5 == 0) pair.AssertFilesAreEqual($"seed {seed}, call {number}");
            if (number % 100 == 50) pair.File.FlushAndPurge().ThrowIfIncomplete();
            last = call.Text;
        }

        pair.Expected.Dispose();
        pair.Actual.Dispose();
        pair.AssertFilesAreEqual($"seed {seed}, at the end");
    }

    /// <summary>Two files with the same bytes, one behind a file stream and one in a small cache.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly string _expectedPath, _actualPath;
        private readonly FileCache _cache;

        internal Pair(TempFolder folder, int seed, int bufferBytes, FileAccess access)
        {
            byte[] content = Pages.Pattern(100_000 + seed, seed);
            _expectedPath = folder["expected"];
            _actualPath = folder["actual"];
            System.IO.File.WriteAllBytes(_expectedPath, content);
            System.IO.File.WriteAllBytes(_actualPath, content);
            Expected = new FileStream(_expectedPath, FileMode.Open, access, FileShare.ReadWrite, bufferBytes);
            _cache = new FileCache(new FileCacheOptions
            {
                CapacityBytes = 32 * Pages.Bytes,
                LazyWriterInterval = TimeSpan.FromMilliseconds(5)
            });
            File = _cache.Open(_actualPath, FileMode.Open, access);
            Actual = File.AsStream();
        }

        internal FileStream Expected { get; }

        internal CachedFile File { get; }

        internal CachedFileStream Actual { get; }

        internal void AssertFilesAreEqual(string when)
        {
            byte[] expected = Content(_expectedPath), actual = Content(_actualPath);
            int same = expected.AsSpan().CommonPrefixLength(actual);
            if (expected.Length != actual.Length || same != actual.Length)
                Assert.Fail(
                    $"{when}: the files have {expected.Length} and {actual.Length} bytes and differ from {same} on");
        }

        public void Dispose()
        {
            Expected.Dispose();
            Actual.Dispose();
            _cache.Dispose();
            Assert.Empty(_cache.FailedFiles);
        }

        private static byte[] Content(string path)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
    }
}
