using System.IO.MemoryMappedFiles;
using Concord.Interop;
using Concord.Stores;
using Concord.Tests.Caching;
using Concord.Tests.SystemCache;

namespace Concord.Tests.Stores;

/// <summary>
/// A disk whose barriers fail and that recovers: what a flush then calls safe is on it, after it was taken out and put
/// in again. The file system turns the blocks below a page whose write-back failed into written ones only when the page
/// is brought in anew.
/// </summary>
public sealed class FailedBarrierTests
{
    private const int SmallBytes = 3000, Files = 40;

    [Theory]
    [InlineData(StoreCaching.Automatic)]
    [InlineData(StoreCaching.Buffered)]
    public void Small_files_that_were_flushed_again_are_on_the_disk(StoreCaching caching)
    {
        using var disk = FailingDisk.Make();
        using (var cache = NewCache())
        {
            var files = OpenFiles(cache, disk, caching);
            disk.Fill();
            for (int i = 0; i < Files; i++) files[i].Write(0, Pages.Pattern(SmallBytes, seed: i));
            Assert.All(files, static file => Assert.Throws<WriteBackException>(() => file.FlushAndPurge()));
            disk.Heal();
            Assert.All(files, FlushUntilSafe);
        }

        disk.PutInAgain();
        for (int i = 0; i < Files; i++)
            Assert.Equal(Pages.Pattern(SmallBytes, seed: i), File.ReadAllBytes(PathOf(disk, i)));
    }

    [Fact]
    public void What_was_appended_to_flushed_files_is_on_the_disk()
    {
        using var disk = FailingDisk.Make();
        using (var cache = NewCache())
        {
            var files = OpenFiles(cache, disk, StoreCaching.Automatic);
            for (int i = 0; i < Files; i++) files[i].Write(0, Pages.Pattern(Pages.Bytes - 50, seed: i));
            Assert.All(files, static file => Assert.True(file.FlushAndPurge().IsComplete));
            disk.Fill();
            for (int i = 0; i < Files; i++) files[i].Write(Pages.Bytes - 50, Pages.Pattern(100, seed: i));

            // A few may get blocks that the disk had written before.
            Assert.InRange(files.Count(
                static file => Record.Exception(() => file.FlushAndPurge()) is WriteBackException), Files / 2, Files);
            disk.Heal();
            Assert.All(files, FlushUntilSafe);
        }

        disk.PutInAgain();
        for (int i = 0; i < Files; i++)
        {
            byte[] expected = [.. Pages.Pattern(Pages.Bytes - 50, seed: i), .. Pages.Pattern(100, seed: i)];
            Assert.Equal(expected, File.ReadAllBytes(PathOf(disk, i)));
        }
    }

    [Fact]
    public void A_long_file_through_the_systems_cache_is_on_the_disk()
    {
        const int Bytes = (20 << 20) + 777;
        using var disk = FailingDisk.Make();
        byte[] bytes = Pages.Pattern(Bytes, seed: 1);
        using (var cache = NewCache())
        using (var file = cache.Open(Open(PathOf(disk, 0), StoreCaching.Buffered)))
        {
            file.Write(0, bytes);
            Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
            disk.Heal();
            FlushUntilSafe(file);
        }

        disk.PutInAgain();
        Assert.Equal(bytes, File.ReadAllBytes(PathOf(disk, 0)));
    }

    [Fact]
    public void What_another_program_has_in_the_same_pages_is_on_the_disk_too()
    {
        const int Bytes = 9 * 4096;
        using var disk = FailingDisk.Make();
        string path = PathOf(disk, 0);
        byte[] others = Pages.Pattern(Bytes, seed: 1), mine = Pages.Pattern(5000, seed: 2);
        using (var store = Open(path, StoreCaching.Buffered))
        {
            disk.Fill();
            using (var other = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                other.Write(others);
            store.Write(6000, [mine]);
            Assert.Throws<IOException>(store.Barrier);
            disk.Heal();

            WriteUntilSafe(store, 6000, mine);
        }

        // The barrier is of what was written here; the other program's write-back comes when it comes.
        mine.CopyTo(others, 6000);
        Assert.Equal(others, File.ReadAllBytes(path));
        disk.PutInAgain();
        byte[] got = File.ReadAllBytes(path);
        Assert.Equal(mine, got[6000..11_000]);
        Assert.Equal(others[4096..6000], got[4096..6000]);
        Assert.Equal(others[11_000..12_288], got[11_000..12_288]);
    }

    [Fact]
    public void What_another_program_has_is_kept_while_the_disk_is_full_still()
    {
        using var disk = FailingDisk.Make();
        string path = PathOf(disk, 0);
        byte[] others = Pages.Pattern(4096, seed: 1), mine = Pages.Pattern(1000, seed: 2);
        using (var store = Open(path, StoreCaching.Buffered))
        {
            disk.Fill();
            using (var other = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                other.Write(others);
            store.Write(100, [mine]);
            Assert.Throws<IOException>(store.Barrier);
            mine.CopyTo(others, 100);
            for (int again = 0; again < 3; again++)
            {
                // Whether the file system has room for the bytes in its cache or not, none is lost.
                if (Record.Exception(() => store.Write(100, [mine])) is { } refused)
                    Assert.IsAssignableFrom<IOException>(refused);
                Assert.Throws<IOException>(store.Barrier);
                byte[] got = new byte[4096];
                store.Read(0, got);
                Assert.Equal(others[1100..], got[1100..]);
                Assert.Equal(others[..100], got[..100]);
            }

            disk.Heal();
            WriteUntilSafe(store, 100, mine);
        }

        disk.PutInAgain();
        Assert.Equal(others, File.ReadAllBytes(path));
    }

    [Fact]
    public void Whole_pages_that_somebody_maps_are_written_past_the_systems_cache()
    {
        const int Bytes = 64 * 4096;
        using var disk = FailingDisk.Make();
        string path = PathOf(disk, 0);
        byte[] bytes = Pages.Pattern(Bytes, seed: 1);
        using (var cache = NewCache())
        using (var file = cache.Open(Open(path, StoreCaching.Buffered)))
        {
            disk.Fill();
            file.Write(0, bytes);
            Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
            using var mapping = Map(path, Bytes);
            disk.Heal();
            FlushUntilSafe(file);
        }

        disk.PutInAgain();
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_part_of_a_page_that_somebody_maps_is_not_called_safe_until_it_is()
    {
        using var disk = FailingDisk.Make();
        string path = PathOf(disk, 0);
        byte[] bytes = Pages.Pattern(SmallBytes, seed: 1);
        using (var cache = NewCache())
        using (var file = cache.Open(Open(path, StoreCaching.Automatic)))
        {
            disk.Fill();
            file.Write(0, bytes);
            Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
            disk.Heal();
            using (Map(path, SmallBytes))
            {
                var error = Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
                Assert.Contains("does somebody map the file?", error.Message, StringComparison.Ordinal);
                Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
                Assert.Equal(bytes, Pages.Read(file, new ByteRange(0, SmallBytes)));
            }

            FlushUntilSafe(file);
        }

        disk.PutInAgain();
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public void Another_opening_of_the_file_knows_of_the_failure()
    {
        using var disk = FailingDisk.Make();
        string path = PathOf(disk, 0);
        using (var first = Open(path, StoreCaching.Buffered))
        {
            disk.Fill();
            first.Write(0, [new byte[SmallBytes]]);
            Assert.Throws<IOException>(first.Barrier);
        }

        disk.Heal();
        byte[] bytes = Pages.Pattern(SmallBytes, seed: 1);
        using (var second = Open(path, StoreCaching.Buffered))
        {
            WriteUntilSafe(second, 0, bytes);
        }

        disk.PutInAgain();
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_file_whose_barriers_are_good_is_not_looked_at()
    {
        using var folder = new TempFolder();
        using var store = Open(folder["file"], StoreCaching.Buffered);
        store.Write(0, [new byte[SmallBytes]]);
        store.Barrier();
        using var handle = File.OpenHandle(folder["file"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Assert.Null(DoubtfulFile.Of(FileLife.Of(handle, folder["file"])));
    }

    private static FileCache NewCache() =>
        new(new FileCacheOptions { CapacityBytes = 64 << 20, LazyWriterInterval = TimeSpan.Zero });

    private static void WriteUntilSafe(LocalFileStore store, long offset, byte[] bytes) => RepeatUntilSafe(() =>
    {
        store.Write(offset, [bytes]);
        store.Barrier();
    });

    private static void FlushUntilSafe(CachedFile file) =>
        RepeatUntilSafe(() => Assert.True(file.FlushAndPurge().IsComplete));

    /// <summary>
    /// After the disk has healed the system may tell once more of a write that it had tried by itself before. What it
    /// refused is written again, a few times at most.
    /// </summary>
    private static void RepeatUntilSafe(Action write)
    {
        Exception? error = null;
        for (int tries = 0; tries < 4; tries++)
        {
            error = Record.Exception(write);
            if (error is null) return;
            Assert.IsAssignableFrom<IOException>(error);
        }

        Assert.Fail($"refused four times: {error}");
    }

    private static string PathOf(FailingDisk disk, int number) => Path.Combine(disk.Directory, $"file-{number}");

    private static LocalFileStore Open(string path, StoreCaching caching) =>
        LocalFileStore.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, caching);

    private static CachedFile[] OpenFiles(FileCache cache, FailingDisk disk, StoreCaching caching)
    {
        CachedFile[] files = [.. Enumerable.Range(0, Files)
            .Select(number => cache.Open(Open(PathOf(disk, number), caching)))];
        foreach (var file in files) file.FlushAndPurge();
        return files;
    }

    /// <summary>Maps a file and touches each page of it.</summary>
    private static MappedTouch Map(string path, int bytes) => new(path, bytes);

    private sealed class MappedTouch : IDisposable
    {
        private readonly MemoryMappedFile _file;
        private readonly MemoryMappedViewAccessor _view;

        internal MappedTouch(string path, int bytes)
        {
            _file = MemoryMappedFile.CreateFromFile(
                new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite), null, 0,
                MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            _view = _file.CreateViewAccessor(0, bytes, MemoryMappedFileAccess.Read);
            for (int at = 0; at < bytes; at += 4096) _view.ReadByte(at);
        }

        public void Dispose()
        {
            _view.Dispose();
            _file.Dispose();
        }
    }
}
