using System.Diagnostics;
using Concord.Scheduling;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching;

/// <summary>One state for each store however often it is opened, and nothing left of it when it is closed.</summary>
public sealed class HandleTests : IDisposable
{
    /// <summary>Past the system's cache, and through it.</summary>
    private const int DescriptorsPerFile = 2;

    private readonly TempFolder _folder = new();
    private readonly FileCache _cache = new(
        new FileCacheOptions { CapacityBytes = 4 << 20, LazyWriterInterval = TimeSpan.Zero });

    public void Dispose()
    {
        _cache.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Paths_to_one_file_are_one_file()
    {
        string path = _folder["a"], symbolic = _folder["symbolic"], hard = _folder["hard"];
        File.WriteAllBytes(path, new byte[10_000]);
        File.CreateSymbolicLink(symbolic, path);
        using var first = _cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        first.Write(5000, "seen by all"u8);
        var paths = new List<string> { symbolic, Path.GetRelativePath(Environment.CurrentDirectory, path) };
        if (OperatingSystem.IsLinux())
        {
            using (var ln = Process.Start("ln", [path, hard])) ln.WaitForExit();
            paths.Add(hard);
        }

        foreach (string other in paths)
        {
            using var file = _cache.Open(other, FileMode.Open, FileAccess.ReadWrite);
            byte[] got = new byte["seen by all"u8.Length];
            Assert.Equal(got.Length, file.Read(5000, got));
            Assert.True(got.AsSpan().SequenceEqual("seen by all"u8));
            file.SetLength(file.Length + 100);
            Assert.Equal(file.Length, first.Length);
        }

        Assert.Single(_cache.Services.Files.All);
    }

    [Fact]
    public void The_last_handle_frees_memory_and_descriptors()
    {
        ProcessSections.RequireLinux();
        string path = _folder["a"];
        int mappings = ProcessSections.Mappings(), descriptors = ProcessSections.Descriptors().Count;
        var one = _cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        var other = _cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        one.Write(0, new byte[1 << 20]);
        Assert.InRange(ProcessSections.DescriptorsOf(path), 1, 2 * DescriptorsPerFile);

        // The block that is used, and what lies behind it.
        Assert.Equal(mappings + 2, ProcessSections.Mappings());
        one.Close();
        Assert.InRange(ProcessSections.DescriptorsOf(path), 1, 2 * DescriptorsPerFile);
        for (int again = 0; again < 10; again++) _cache.Open(path, FileMode.Open, FileAccess.ReadWrite).Close();
        Assert.InRange(ProcessSections.DescriptorsOf(path), 1, 2 * DescriptorsPerFile);
        Assert.Equal(1 << 20, other.Length);
        Assert.True(_cache.ResidentBytes > 0);
        other.Close();
        Assert.Equal(0, _cache.ResidentBytes);
        Assert.Equal(0, _cache.DirtyBytes);
        Assert.Equal(0, ProcessSections.DescriptorsOf(path));
        Assert.Equal(mappings, ProcessSections.Mappings());
        Assert.Equal(descriptors, ProcessSections.Descriptors().Count);
        Assert.Empty(_cache.Services.Files.All);
        Assert.Throws<ObjectDisposedException>(() => other.Read(0, new byte[1]));
    }

    [Fact]
    public void A_store_is_disposed_only_if_it_was_handed_over()
    {
        using var kept = new CountingStore("one");
        var given = new CountingStore("one");
        var first = _cache.Open(kept, leaveOpen: true);
        var second = _cache.Open(given);
        Assert.Equal(0, given.Disposals);
        first.Close();
        second.Close();
        Assert.Equal(1, given.Disposals);
        Assert.Equal(0, kept.Disposals);

        var own = new CountingStore("two");
        _cache.Open(own).Close();
        Assert.Equal(1, own.Disposals);
    }

    [Fact]
    public void A_handle_for_reading_refuses_writes_and_one_for_writing_takes_them_for_both()
    {
        string path = _folder["a"];
        File.WriteAllBytes(path, new byte[5000]);
        using var reader = _cache.Open(path, FileMode.Open, FileAccess.Read);
        Assert.False(reader.CanWrite);
        Assert.Equal(1, reader.Read(10, new byte[1]));
        var error = Assert.Throws<NotSupportedException>(() => reader.Write(0, new byte[1]));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => reader.SetLength(1));
        Assert.Throws<NotSupportedException>(() => reader.WriteUncached(0, new byte[1]));
        Assert.Throws<NotSupportedException>(() => reader.Lease(new ByteRange(0, 1), LeaseAccess.Write));
        Assert.Throws<NotSupportedException>(() => reader.Discard(new ByteRange(0, 5000)));

        using (var writer = _cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite))
        {
            Assert.True(writer.CanWrite);
            writer.Write(10, "written"u8);
            byte[] got = new byte[7];
            reader.Read(10, got);
            Assert.True(got.AsSpan().SequenceEqual("written"u8));
            Assert.True(writer.FlushAndPurge().IsComplete);
            Assert.Throws<NotSupportedException>(() => reader.Write(0, new byte[1]));
        }

        Assert.True(File.ReadAllBytes(path).AsSpan(10, 7).SequenceEqual("written"u8));
        reader.Close();
        if (OperatingSystem.IsLinux()) Assert.Equal(0, ProcessSections.DescriptorsOf(path));
    }

    [Fact]
    public void Many_handles_opened_and_closed_at_once_share_one_state_and_leave_nothing()
    {
        string path = _folder["a"];
        int turns = TestRun.IsFull ? 20_000 : 2000;
        Parallel.For(0, turns, new ParallelOptions { MaxDegreeOfParallelism = 8 }, turn =>
        {
            using var file = _cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
            byte[] mine = BitConverter.GetBytes(turn + 1);
            file.Write(turn * 4L, mine);
            byte[] got = new byte[4];
            Assert.Equal(4, file.Read(turn * 4L, got));
            Assert.Equal(mine, got);
        });
        Assert.Empty(_cache.Services.Files.All);
        Assert.Equal(0, _cache.ResidentBytes);
        byte[] all = File.ReadAllBytes(path);
        for (int turn = 0; turn < turns; turn++) Assert.Equal(turn + 1, BitConverter.ToInt32(all, turn * 4));
    }

    [Fact]
    public void A_file_goes_on_when_the_store_that_served_it_is_closed_by_who_lent_it()
    {
        string path = _folder["a"];
        File.WriteAllBytes(path, new byte[5000]);
        var lent = LocalFileStore.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var first = _cache.Open(lent, FileShare.ReadWrite, leaveOpen: true);
        using var second = _cache.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        second.Write(0, "one"u8);
        first.Close();
        lent.Dispose();
        second.Write(100, "two"u8);
        Assert.True(second.FlushAndPurge().IsComplete);
        Assert.Equal("one"u8, File.ReadAllBytes(path).AsSpan(0, 3));
        Assert.Equal("two"u8, File.ReadAllBytes(path).AsSpan(100, 3));
        byte[] got = new byte[3];
        second.Read(100, got);
        Assert.Equal("two"u8, got);
        second.Close();
        Assert.Empty(_cache.FailedFiles);
    }

    [Fact]
    public void What_was_written_through_a_handle_whose_store_was_closed_under_it_is_written_through_another()
    {
        string path = _folder["a"];
        File.WriteAllBytes(path, new byte[5000]);
        var lent = LocalFileStore.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var first = _cache.Open(lent, FileShare.ReadWrite, leaveOpen: true);
        using var second = _cache.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        first.Write(0, "one"u8);
        lent.Dispose();
        Assert.True(second.FlushAndPurge().IsComplete);
        Assert.Equal("one"u8, File.ReadAllBytes(path).AsSpan(0, 3));
        byte[] got = new byte[3];
        Assert.Equal(3, first.Read(0, got));
        Assert.Equal("one"u8, got);
        first.Write(50, "more"u8);
        first.SetLength(6000);
        first.Close();
        Assert.Equal(6000, new FileInfo(path).Length);
        Assert.Equal("more"u8, File.ReadAllBytes(path).AsSpan(50, 4));
    }

    [Fact]
    public async Task Who_writes_back_in_the_background_leaves_a_store_that_was_closed_under_its_handle()
    {
        string path = _folder["a"];
        File.WriteAllBytes(path, new byte[5000]);
        var lent = LocalFileStore.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var first = _cache.Open(lent, FileShare.ReadWrite, leaveOpen: true);
        using var second = _cache.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        first.Write(0, "one"u8);
        lent.Dispose();
        var writing = second.Services.WriteBack;
        var (bytes, error) = await writing.WriteAsync(
            new ByteRange(0, 5000), CallMode.Async, CancellationToken.None, flushes: false);
        Assert.Null(error);
        Assert.NotEqual(0, bytes);
        Assert.Equal("one"u8, File.ReadAllBytes(path).AsSpan(0, 3));
    }

    [Fact]
    public void A_file_whose_only_store_was_closed_is_not_taken_for_another_one_of_its_identity()
    {
        var gone = new CountingStore("number 7");
        var old = _cache.Open(gone, leaveOpen: true);
        old.Write(0, "old"u8);
        gone.Dispose();

        // The number has been given to another file.
        using var store = new CountingStore("number 7");
        store.Write(0, [new byte[] { 1, 2, 3, 4 }]);
        using (var file = _cache.Open(store, leaveOpen: true))
        {
            Assert.Equal(4, file.Length);
            byte[] got = new byte[4];
            file.Read(0, got);
            Assert.Equal([1, 2, 3, 4], got);
            file.Write(0, [9]);
            Assert.True(file.FlushAndPurge().IsComplete);
        }

        byte[] shown = new byte[3];
        old.Read(0, shown);
        Assert.Equal("old"u8, shown);
        Assert.Throws<WriteBackException>(() => old.FlushAndPurge());
        old.Dispose();
        Assert.Single(_cache.FailedFiles).Discard();
        byte[] stored = new byte[4];
        store.Read(0, stored);
        Assert.Equal([9, 2, 3, 4], stored);
    }

    /// <summary>A store whose identity is a word, and that counts how often it was disposed.</summary>
    private sealed class CountingStore(string word) : BackingStore
    {
        private readonly MemoryStore _memory = new();

        public int Disposals { get; private set; }

        public override object Identity => word;

        public override long GetLength() => _memory.GetLength();

        public override int Read(long offset, Memory<byte> destination) => _memory.Read(offset, destination);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            ObjectDisposedException.ThrowIf(Disposals > 0, this);
            _memory.Write(offset, pieces);
        }

        public override void Barrier() => _memory.Barrier();

        public override void SetLength(long length) => _memory.SetLength(length);

        protected override void Dispose(bool disposing)
        {
            Disposals++;
            base.Dispose(disposing);
        }
    }
}
