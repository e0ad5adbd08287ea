using Concord.Memory;
using Concord.Stores;
using Concord.Tests.Caching;
using Concord.Tests.SystemCache;

namespace Concord.Tests.Stores;

/// <summary>
/// Stores that go past the system's cache: ragged ends, lengths, holes, memory that is not aligned, and refusals.
/// </summary>
public sealed class DirectStoreTests : IDisposable
{
    private const int PageBytes = 4096;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_system_decides_what_automatic_means_and_the_store_says_so()
    {
        using var direct = OpenDirect("a");
        using var automatic = LocalFileStore.Open(_folder["a"], FileMode.OpenOrCreate, FileAccess.ReadWrite);
        using var buffered = LocalFileStore.Open(
            _folder["a"], FileMode.OpenOrCreate, FileAccess.ReadWrite, caching: StoreCaching.Buffered);
        Assert.Equal(StoreCaching.Direct, automatic.Caching);
        Assert.Null(automatic.BufferedReason);
        Assert.Equal(StoreCaching.Buffered, buffered.Caching);
        Assert.Contains("asked", buffered.BufferedReason, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => LocalFileStore.Open(
            _folder["a"], FileMode.OpenOrCreate, FileAccess.ReadWrite, caching: (StoreCaching)9));
    }

    [Fact]
    public void A_file_of_memory_is_buffered_whatever_was_asked_and_the_store_says_why()
    {
        ProcessSections.RequireLinux();
        string path = $"/dev/shm/concord-{Guid.NewGuid()}";
        try
        {
            using var store = LocalFileStore.Open(
                path, FileMode.OpenOrCreate, FileAccess.ReadWrite, caching: StoreCaching.Direct);
            Assert.Equal(StoreCaching.Buffered, store.Caching);
            Assert.NotNull(store.BufferedReason);
            store.Write(0, [Pages.Pattern(10_000, seed: 1)]);
            Assert.Equal(Pages.Pattern(10_000, seed: 1), ReadAll(store));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(PageBytes - 1)]
    [InlineData(PageBytes)]
    [InlineData(PageBytes + 1)]
    [InlineData((5 * PageBytes) + 700)]
    public void A_file_of_any_length_is_that_long_and_other_programs_see_it_at_once_and_after_a_barrier(int length)
    {
        using var store = OpenDirect("a");
        byte[] bytes = Pages.Pattern(length, seed: length);
        store.Write(0, [bytes]);
        Assert.Equal(length, new FileInfo(_folder["a"]).Length);
        Assert.Equal(bytes, File.ReadAllBytes(_folder["a"]));
        store.Barrier();
        Assert.Equal(length, new FileInfo(_folder["a"]).Length);
        Assert.Equal(bytes, File.ReadAllBytes(_folder["a"]));
        Assert.Equal(bytes, ReadAll(store));
    }

    [Fact]
    public void A_tail_that_grows_and_shrinks_reads_the_same_by_both_descriptors_at_every_step()
    {
        using var store = OpenDirect("a");
        using var other = LocalFileStore.Open(
            _folder["a"], FileMode.OpenOrCreate, FileAccess.ReadWrite, caching: StoreCaching.Buffered);
        var random = new Random(7);
        byte[] model = [];
        for (int step = 0; step < 400; step++)
        {
            int kind = random.Next(5);
            if (kind == 0)
            {
                int length = random.Next(6 * PageBytes);
                store.SetLength(length);
                Array.Resize(ref model, length);
            }
            else if (kind == 1)
            {
                store.Barrier();
            }
            else
            {
                // Whole pages, ragged ones, and bytes of others through the system's cache.
                int offset = random.Next(6) * PageBytes + (kind == 2 ? 0 : random.Next(PageBytes));
                byte[] bytes = Pages.Pattern(
                    kind == 2 ? (1 + random.Next(3)) * PageBytes : 1 + random.Next(3 * PageBytes), seed: step);
                (kind == 4 ? other : store).Write(offset, [bytes]);
                if (offset + bytes.Length > model.Length) Array.Resize(ref model, offset + bytes.Length);
                bytes.CopyTo(model, offset);
            }

            Assert.Equal(model.Length, store.GetLength());
            Assert.Equal(model, ReadAll(store));
            Assert.Equal(model, ReadAll(other));
        }

        Assert.Equal(StoreCaching.Direct, store.Caching);
    }

    [Fact]
    public void What_was_never_written_stays_a_hole_and_reads_as_zeros()
    {
        using var store = OpenDirect("a");
        store.Write(8L << 20, [Pages.Pattern(2 * PageBytes, seed: 3)]);
        store.Write(100L << 20, [Pages.Pattern(100, seed: 4)]);
        store.Barrier();
        Assert.Equal((100L << 20) + 100, store.GetLength());
        Assert.InRange(AllocatedBytes.Of(_folder["a"]), 3 * PageBytes, 1L << 20);
        byte[] hole = Pages.Of(9, 4);
        Assert.Equal(hole.Length, store.Read(50L << 20, hole));
        Assert.Equal(-1, hole.AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Memory_and_pieces_that_are_not_aligned_are_copied()
    {
        using var store = OpenDirect("a");
        byte[] bytes = Pages.Pattern(700_001, seed: 5);
        var pieces = new List<ReadOnlyMemory<byte>>();
        for (int at = 0, length = 1; at < bytes.Length; at += length,
            length = Math.Min(bytes.Length - at, (length * 3 % 9001) + 1))
        {
            pieces.Add(bytes.AsMemory(at, length));
        }

        store.Write(3 * PageBytes, pieces);
        byte[] got = new byte[bytes.Length + 1];
        Assert.Equal(bytes.Length, store.Read(3 * PageBytes, got.AsMemory(1)));
        Assert.Equal(bytes, got[1..]);
        Assert.Equal(1001, store.Read((3 * PageBytes) + 777, got.AsMemory(3, 1001)));
        Assert.Equal(bytes[777..1778], got[3..1004]);
        Assert.Equal(StoreCaching.Direct, store.Caching);
    }

    [Fact]
    public void A_flushed_file_is_in_no_cache_of_the_system()
    {
        using (OpenDirect("a"))
        {
            // It tells whether the file system has direct I/O.
        }

        using var cache = new FileCache(new FileCacheOptions { LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(LocalFileStore.Open(
            _folder["a"], FileMode.OpenOrCreate, FileAccess.ReadWrite, caching: StoreCaching.Direct));
        byte[] bytes = Pages.Pattern((600 * PageBytes) + 123, seed: 6);
        file.Write(0, bytes);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(0, KernelView.Resident(_folder["a"]));
        Assert.Equal(bytes, Pages.Read(file, new ByteRange(0, bytes.Length)));
        Assert.Equal(0, KernelView.Resident(_folder["a"]));
        Assert.Equal(bytes, File.ReadAllBytes(_folder["a"]));
    }

    [Fact]
    public void Whole_pages_written_into_the_last_one_leave_the_length_of_the_cache()
    {
        using var cache = new FileCache(new FileCacheOptions { LazyWriterInterval = TimeSpan.Zero });
        using (OpenDirect("a"))
        {
            // It tells whether the file system has direct I/O.
        }

        using var file = cache.Open(LocalFileStore.Open(
            _folder["a"], FileMode.OpenOrCreate, FileAccess.ReadWrite, caching: StoreCaching.Direct));
        file.Write(0, Pages.Of(1, 2));
        file.SetLength(PageBytes + 10);
        file.Write(PageBytes, new byte[] { 2 });
        file.FlushAndPurge();
        Assert.Equal(PageBytes + 10, new FileInfo(_folder["a"]).Length);
        file.SetLength(3 * PageBytes);
        Assert.Equal([.. Pages.Of(1), 2, .. Enumerable.Repeat((byte)1, 9), .. new byte[(2 * PageBytes) - 10]],
            File.ReadAllBytes(_folder["a"]));
        Assert.Equal(File.ReadAllBytes(_folder["a"]), Pages.Read(file, new ByteRange(0, 3 * PageBytes)));
    }

    [Fact]
    public void A_file_for_reading_is_direct_too_and_outlives_its_name()
    {
        using (var writer = OpenDirect("a")) writer.Write(0, [Pages.Of(4, 3)]);
        using var store = LocalFileStore.Open(
            _folder["a"], FileMode.Open, FileAccess.Read, caching: StoreCaching.Direct);
        File.Delete(_folder["a"]);
        Assert.Equal(StoreCaching.Direct, store.Caching);
        Assert.Equal(Pages.Of(4, 3), ReadAll(store));
        Assert.ThrowsAny<Exception>(() => store.Write(0, [new byte[PageBytes]]));
    }

    [Fact]
    public async Task Both_forms_of_every_call_agree()
    {
        using var store = OpenDirect("a");
        var token = TestContext.Current.CancellationToken;
        byte[] bytes = Pages.Pattern((9 * PageBytes) + 5, seed: 8);
        await store.WriteAsync(PageBytes, [bytes], token);
        await store.BarrierAsync(token);
        byte[] got = new byte[bytes.Length];
        Assert.Equal(bytes.Length, await store.ReadAsync(PageBytes, got, token));
        Assert.Equal(bytes, got);
    }

    [Fact]
    public unsafe void A_read_across_an_end_that_was_cut_changes_nothing_behind_it_in_the_callers_memory()
    {
        using var store = OpenDirect("cut");
        store.Write(0, [Pages.Pattern(4 * PageBytes, seed: 3)]);
        using var aligned = AlignedMemory.Rent();
        using var destination = new NativeMemory((nint)aligned.Address, 4 * PageBytes);
        Assert.Equal(4 * PageBytes, store.Read(0, destination.Memory));
        store.SetLength(PageBytes + 100);
        destination.GetSpan().Fill(0xEE);
        Assert.Equal(PageBytes + 100, store.Read(0, destination.Memory));
        Assert.Equal(-1, destination.GetSpan()[(PageBytes + 100)..].IndexOfAnyExcept((byte)0xEE));
    }

    private LocalFileStore OpenDirect(string name)
    {
        ProcessSections.RequireLinux();
        var store = LocalFileStore.Open(
            _folder[name], FileMode.OpenOrCreate, FileAccess.ReadWrite, caching: StoreCaching.Direct);
        if (store.BufferedReason is not { } reason) return store;
        store.Dispose();
        Assert.Skip($"{SkipPolicy.OtherSystem}no direct I/O in {_folder.Path}: {reason}");
        return store;
    }

    private static byte[] ReadAll(BackingStore store)
    {
        byte[] bytes = new byte[store.GetLength()];
        Assert.Equal(bytes.Length, store.Read(0, bytes));
        return bytes;
    }
}
