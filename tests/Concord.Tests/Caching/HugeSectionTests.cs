using System.Diagnostics;
using Concord.Interop;
using Concord.Interop.Linux;
using Concord.Memory;
using NativeMemory = Concord.Tests.Caching.Views.NativeMemory;

namespace Concord.Tests.Caching;

/// <summary>Memory that is collected into huge pages: faster to walk, and otherwise as any other.</summary>
public sealed class HugeSectionTests
{
    private const int Blocks = 4;

    private static int BlockPages => (int)(HugePages.Bytes / Pages.Bytes);

    [Fact]
    public void Blocks_that_stay_whole_become_huge_pages_with_the_same_bytes()
    {
        RequireHugePages();
        byte[] bytes = Pages.Pattern(Blocks * BlockPages * Pages.Bytes, seed: 1);
        using var cache = MakeCache();
        using var file = cache.Open(new MemoryStore(bytes));
        Pages.Read(file, Pages.Range(0, Blocks * BlockPages));
        cache.Services.HugeBlocks.Pass();
        Assert.Equal(0, cache.HugePageBytes);
        cache.Services.HugeBlocks.Pass();

        Assert.Equal(Blocks * HugePages.Bytes, cache.HugePageBytes);
        Assert.Equal(Blocks * HugePages.Bytes, HugeBytesMapped());
        Assert.Equal(bytes, Pages.Read(file, Pages.Range(0, Blocks * BlockPages)));
        Assert.Equal(bytes.Length, cache.ResidentBytes);
    }

    [Fact]
    public void A_block_with_an_absent_page_stays_as_it_is()
    {
        RequireHugePages();
        using var cache = MakeCache();
        using var file = cache.Open(new MemoryStore(Pages.Of(1, BlockPages)));
        Pages.Read(file, Pages.Range(0, BlockPages));
        file.FlushAndPurge(Pages.Range(7));
        cache.Services.Evictor.Sweep(0);
        for (int pass = 0; pass < 3; pass++) cache.Services.HugeBlocks.Pass();

        Assert.Equal(0, cache.HugePageBytes);
        Assert.Equal(0, HugeBytesMapped());
    }

    [Fact]
    public void Memory_of_a_huge_page_goes_back_page_by_page()
    {
        RequireHugePages();
        using var cache = MakeCache();
        using var file = cache.Open(new MemoryStore(Pages.Of(1, BlockPages)));
        Collect(cache, file);
        file.FlushAndPurge(Pages.Range(3, 5));
        int given = cache.Services.Evictor.Sweep(5);

        Assert.Equal(5, given);
        Assert.Equal(0, cache.HugePageBytes);
        Assert.Equal(BlockPages - 5, PagesThere(file));
        Assert.Equal(Pages.Of(1, BlockPages), Pages.Read(file, Pages.Range(0, BlockPages)));
        Collect(cache, file);
    }

    [Fact]
    public void Leases_stay_where_they_are()
    {
        RequireHugePages();
        var store = new MemoryStore(Pages.Of(1, BlockPages));
        using var cache = MakeCache();
        using var file = cache.Open(store, leaveOpen: true);
        using (var lease = file.Lease(Pages.Range(2), LeaseAccess.Write))
        {
            Collect(cache, file);
            lease.WritableSpan[5] = 9;
            Assert.Equal(LeftReason.Lease, Assert.Single(file.FlushAndPurge().Left).Reason);
        }

        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(9, Pages.Read(file, Pages.Range(2))[5]);
    }

    [Fact]
    public void Views_are_refused_with_the_kind_to_choose_and_leased_ones_work()
    {
        RequireHugePages();
        using var cache = MakeCache();
        using var file = cache.Open(new MemoryStore(Pages.Of(1, BlockPages)));
        var error = Assert.Throws<PlatformNotSupportedException>(() => file.MapView(Pages.Range(0)));
        Assert.Contains("SectionKind.Shared", error.Message, StringComparison.Ordinal);
        using var view = file.MapView(Pages.Range(0, BlockPages), ViewAccess.LeasedRead);
        Collect(cache, file);
        Assert.Equal(Pages.Of(1, BlockPages), NativeMemory.Read(view, 0, BlockPages * Pages.Bytes));
    }

    [Fact]
    public void Where_there_are_none_the_reason_is_told()
    {
        if (FileCache.HugePagesUnsupportedReason is null)
        {
            using var section = SectionFactory.Create(SectionKind.Huge);
            Assert.IsType<HugePageSection>(section);
        }
        else
        {
            using var section = SectionFactory.Create(SectionKind.Huge);
            Assert.IsNotType<HugePageSection>(section);
        }
    }

    [Fact]
    public void Collecting_while_others_write_purge_and_evict_loses_nothing()
    {
        RequireHugePages();
        const int Threads = 3;
        int filePages = 2 * Blocks * BlockPages, slots = filePages * 4;
        var limit = TimeSpan.FromSeconds(TestRun.IsFull ? 60 : 2);
        var store = new MemoryStore();
        store.SetLength((long)filePages * Pages.Bytes);
        using var cache = MakeCache(capacityPages: (filePages * 3) / 4);
        using var file = cache.Open(store, leaveOpen: true);
        var clock = Stopwatch.StartNew();
        long collected = 0;
        var collector = new Thread(() =>
        {
            while (clock.Elapsed < limit)
            {
                cache.Services.HugeBlocks.Pass();
                long huge = cache.HugePageBytes;
                if (huge > collected) collected = huge;
            }
        });
        collector.Start();
        long[][] last = [.. Enumerable.Range(0, Threads).Select(_ => new long[slots])];
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads },
            thread => Mix(file, last[thread], thread, clock, limit));
        collector.Join();

        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.True(collected > 0, "no block was collected while the others ran");
        byte[] word = new byte[8];
        for (int thread = 0; thread < Threads; thread++)
        {
            for (int slot = 0; slot < slots; slot++)
            {
                store.Read(At(slot, thread), word);
                Assert.Equal(last[thread][slot], BitConverter.ToInt64(word));
            }
        }
    }

    /// <summary>
    /// Writes slots of this thread's own in runs, so that blocks become whole, and reads what it wrote.
    /// </summary>
    private static void Mix(CachedFile file, long[] last, int thread, Stopwatch clock, TimeSpan limit)
    {
        var random = new Random(thread);
        byte[] word = new byte[8];
        for (long turn = 1; clock.Elapsed < limit; turn++)
        {
            int first = random.Next(last.Length);
            for (int slot = first; slot < Math.Min(last.Length, first + 4096); slot++)
            {
                if (file.Read(At(slot, thread), word) != 8 || BitConverter.ToInt64(word) != last[slot])
                    throw new InvalidOperationException($"slot {slot} of {thread} is lost");
                file.Write(At(slot, thread), BitConverter.GetBytes(last[slot] = (turn << 20) + slot));
            }

            if (turn % 16 == 0) file.FlushAndPurge(new ByteRange(At(first, thread), 100 * Pages.Bytes));
        }
    }

    private static long At(int slot, int thread) => ((long)slot * 1024) + (thread * 8);

    private static FileCache MakeCache(int capacityPages = 0) => new(new FileCacheOptions
    {
        CapacityBytes = (capacityPages == 0 ? 2 * Blocks * BlockPages : capacityPages) * (long)Pages.Bytes,
        SectionKind = SectionKind.Huge,
        LazyWriterInterval = TimeSpan.Zero,
    });

    private static void Collect(FileCache cache, CachedFile file)
    {
        Pages.Read(file, Pages.Range(0, BlockPages));
        cache.Services.HugeBlocks.Pass();
        cache.Services.HugeBlocks.Pass();
        Assert.Equal(HugePages.Bytes, cache.HugePageBytes);
    }

    private static void RequireHugePages()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "huge pages are collected on Linux only");
        Assert.SkipWhen(FileCache.HugePagesUnsupportedReason is not null,
            $"system: {FileCache.HugePagesUnsupportedReason}");
    }

    /// <summary>Bytes of the sections' mappings that the kernel maps by huge pages.</summary>
    private static long HugeBytesMapped()
    {
        long kib = 0;
        bool isIn = false;
        foreach (string line in System.IO.File.ReadLines("/proc/self/smaps"))
        {
            if (char.IsAsciiHexDigitLower(line[0]) && line.Contains('-', StringComparison.Ordinal))
                isIn = line.Contains("/memfd:concord section", StringComparison.Ordinal);
            else if (isIn && line.StartsWith("ShmemPmdMapped:", StringComparison.Ordinal))
                kib += long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], null);
        }

        return kib * 1024;
    }

    private static unsafe int PagesThere(CachedFile file)
    {
        byte[] there = new byte[BlockPages];
        fixed (byte* first = there)
        {
            if (Libc.Mincore(file.State.Section.AddressOf(0), BlockPages * Pages.Bytes, first) != 0)
                throw Libc.LastError("ask which pages are there");
        }

        return there.Count(static page => (page & 1) != 0);
    }
}
