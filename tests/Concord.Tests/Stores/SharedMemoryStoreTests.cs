using System.Runtime.InteropServices;

namespace Concord.Tests.Stores;

public sealed unsafe class SharedMemoryStoreTests : IDisposable
{
    private const int Bytes = 200_003;

    private readonly nint _address = (nint)NativeMemory.AllocZeroed(Bytes);

    public SharedMemoryStoreTests() =>
        Assert.SkipUnless(ProcessorCache.IsSupported, SkipPolicy.OtherProcessor + ProcessorCache.UnsupportedReason);

    private Span<byte> Memory => new((void*)_address, Bytes);

    public void Dispose() => NativeMemory.Free((void*)_address);

    [Fact]
    public void A_cache_over_memory_writes_back_into_it_and_sees_what_others_put_there()
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 1 << 20, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(SharedMemoryStore.Over(_address, Bytes));
        byte[] mine = new byte[Bytes];
        new Random(1).NextBytes(mine);
        file.Write(0, mine);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.True(Memory.SequenceEqual(mine));

        Memory[100..200].Fill(7);
        byte[] got = new byte[100];
        file.Read(100, got);
        Assert.Equal(Enumerable.Repeat((byte)7, 100), got);

        // Cached now: what others put there is seen after the next purge.
        Memory[100..200].Fill(8);
        file.Read(100, got);
        Assert.Equal(7, got[0]);
        Assert.True(file.FlushAndPurge(new ByteRange(100, 100)).IsComplete);
        file.Read(100, got);
        Assert.Equal(Enumerable.Repeat((byte)8, 100), got);
    }

    [Fact]
    public void A_write_beyond_the_memory_is_refused_before_anything_is_cached()
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 1 << 20, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(SharedMemoryStore.Over(_address, Bytes, "ring of a device"));
        var error = Assert.Throws<IOException>(() => file.Write(Bytes - 5, new byte[10]));
        Assert.Contains("ring of a device", error.Message, StringComparison.Ordinal);
        Assert.Contains($"at most {Bytes} bytes", error.Message, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => file.SetLength(Bytes + 1));
        Assert.Throws<IOException>(() => file.SetLength(Bytes - 1));
        Assert.Throws<IOException>(() => file.WriteUncached(Bytes, new byte[1]));
        Assert.Equal(0, cache.DirtyBytes);
        Assert.Equal(Bytes, file.Length);
        file.SetLength(Bytes);
    }

    [Fact]
    public void Memory_that_cannot_be_read_is_refused_when_the_store_is_made()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SharedMemoryStore.Over(_address, 0));
        Assert.Throws<ArgumentException>(() => SharedMemoryStore.Over(4096, 4096));
        Assert.Throws<ArgumentOutOfRangeException>(() => SharedMemoryStore.Create(-1));
    }

    [Fact]
    public void Two_stores_over_one_memory_are_one_file()
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 1 << 20, LazyWriterInterval = TimeSpan.Zero });
        using var one = cache.Open(SharedMemoryStore.Over(_address, Bytes));
        using var other = cache.Open(SharedMemoryStore.Over(_address, Bytes));
        one.Write(10, new byte[] { 1, 2, 3 });
        byte[] got = new byte[3];
        other.Read(10, got);
        Assert.Equal(new byte[] { 1, 2, 3 }, got);
    }

    [Fact]
    public void Files_of_memory_are_mapped_and_pipes_and_empty_files_refused()
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["memory"], new byte[10_000]);
        File.WriteAllBytes(folder["empty"], []);
        using (var store = SharedMemoryStore.Open(folder["memory"]))
        {
            Assert.Equal(10_000, store.GetLength());
            store.Write(9_990, [new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }]);
            store.Barrier();
        }

        Assert.Equal(10, File.ReadAllBytes(folder["memory"])[^1]);
        Assert.Contains("empty", Assert.Throws<ArgumentException>(
            () => SharedMemoryStore.Open(folder["empty"])).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => SharedMemoryStore.Open(folder["missing"]));
        if (OperatingSystem.IsLinux()) Assert.Throws<IOException>(() => SharedMemoryStore.Open("/dev/null"));
    }

    [Fact]
    public void Without_instructions_for_lines_no_store_is_made_and_the_reason_given()
    {
        using var child = Child.Start(new Dictionary<string, string> { ["CONCORD_CACHE_INSTRUCTIONS"] = "none" },
            "shared-memory-refused");
        string[] lines = child.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        child.WaitForExit();
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line =>
        {
            Assert.StartsWith(nameof(PlatformNotSupportedException), line, StringComparison.Ordinal);
            Assert.Contains("CONCORD_CACHE_INSTRUCTIONS allows 'none'", line, StringComparison.Ordinal);
        });
    }

    /// <summary>What this child program prints: how each way to make a store fails.</summary>
    internal static int PrintRefusals()
    {
        Action[] ways =
        [
            () => SharedMemoryStore.Create(100),
            () => SharedMemoryStore.Over(4096, 100),
            () => SharedMemoryStore.Open("no such file"),
        ];
        foreach (var way in ways)
        {
            var error = Record.Exception(way);
            Console.WriteLine($"{error?.GetType().Name}: {error?.Message}");
        }

        return 0;
    }

    [Fact]
    public void A_disposed_store_touches_no_memory()
    {
        var store = SharedMemoryStore.Create(5000);
        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => store.Read(0, new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => store.Write(0, [new byte[1]]));
        Assert.Throws<ObjectDisposedException>(store.Barrier);
        Assert.Throws<ObjectDisposedException>(() => store.FlushLines(new ByteRange(0, 10)));
    }

    [Fact]
    public void Memory_that_the_system_has_not_got_is_an_IOException() =>
        Assert.ThrowsAny<IOException>(() => SharedMemoryStore.Create(long.MaxValue));
}
