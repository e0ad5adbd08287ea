using System.Diagnostics;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching;

/// <summary>Any number of files can be open; the number with memory, descriptors and mappings is bounded.</summary>
public sealed class SectionLimitTests
{
    private const int FileBytes = 600;

    /// <summary>What the collector may map for the state of very many files.</summary>
    private const int HeapMappingsMax = 200;

    [Theory]
    [InlineData(SectionKind.Automatic)]
    [InlineData(SectionKind.Private)]
    public void Very_many_files_stay_open_with_a_bounded_number_of_sections(SectionKind kind)
    {
        int files = TestRun.IsFull ? 100_000 : 5000;
        int limit = TestRun.IsFull ? FileCacheOptions.MaxSectionsDefault : 100;
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 << 20,
            MaxSections = limit,
            SectionKind = kind,
            LazyWriterInterval = TimeSpan.Zero
        });
        int mappings = Mappings(kind), descriptors = Descriptors(), most = 0, mostMapped = 0, mostDescriptors = 0;
        var clock = Stopwatch.StartNew();
        var handles = new CachedFile[files];
        byte[] got = new byte[FileBytes];
        for (int i = 0; i < files; i++)
        {
            handles[i] = cache.Open(new MemoryStore());
            handles[i].Write(0, Content(i));

            // An older one comes back transparently, whatever became of its memory.
            int older = (int)((i * 7919L) % (i + 1));
            Assert.Equal(FileBytes, handles[older].Read(0, got));
            Assert.True(got.AsSpan().SequenceEqual(Content(older)), $"file {older} after {i} files");
            most = Math.Max(most, cache.Services.Files.SectionCount);
            if (i % (files / 50) != 0) continue;
            mostMapped = Math.Max(mostMapped, Mappings(kind) - mappings);
            mostDescriptors = Math.Max(mostDescriptors, Descriptors() - descriptors);
        }

        Assert.True(most <= limit, $"{most} sections, and {limit} are the most");
        // Of each section the block that is used, and what lies behind it.
        Assert.True(mostMapped <= (2 * limit) + (kind == SectionKind.Private ? HeapMappingsMax : 0),
            $"{mostMapped} mappings more than before");
        Assert.True(mostDescriptors <= limit + 50, $"{mostDescriptors} descriptors more than before");
        for (int i = 0; i < files; i += Math.Max(1, files / 1000))
        {
            Assert.Equal(FileBytes, handles[i].Read(0, got));
            Assert.True(got.AsSpan().SequenceEqual(Content(i)), $"file {i} at the end");
        }

        if (kind == SectionKind.Automatic)
        {
            Figures.Record("I3", "files open at once, and the most descriptors they took",
                $"{files} files, {mostDescriptors} descriptors", $"at most {limit} sections");
            Figures.Record("I3", "a file opened, written and another read",
                $"{clock.Elapsed.TotalMicroseconds / files:F0} µs", "no target");
        }

        cache.Close();
        Assert.Equal(0, cache.Services.Files.SectionCount);
        Assert.Equal(0, cache.ResidentBytes);
    }

    [Fact]
    public void A_file_that_is_leased_keeps_its_section_and_the_others_do_without()
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 4 << 20, MaxSections = 2, LazyWriterInterval = TimeSpan.Zero });
        var handles = Enumerable.Range(0, 10).Select(i => cache.Open(new MemoryStore(Content(i)))).ToArray();
        using (var first = handles[0].Lease(new ByteRange(0, FileBytes), LeaseAccess.Write))
        using (var second = handles[1].Lease(new ByteRange(0, FileBytes)))
        {
            // Both sections are in use; a third comes on top, and one after the other has it.
            byte[] got = new byte[FileBytes];
            for (int i = 2; i < 10; i++)
            {
                handles[i].Read(0, got);
                Assert.Equal(Content(i), got);
                Assert.True(cache.Services.Files.SectionCount <= 3);
            }

            first.WritableSpan[0] = 99;
            Assert.Equal(Content(1), second.Span.ToArray());
        }

        byte[] one = new byte[1];
        for (int i = 2; i < 10; i++) handles[i].Read(0, one);
        Assert.True(cache.Services.Files.SectionCount <= 2);
        handles[0].Read(0, one);
        Assert.Equal(99, one[0]);
    }

    [Fact]
    public void A_file_that_cannot_be_written_back_keeps_its_pages_and_hears_of_it()
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 4 << 20, MaxSections = 1, LazyWriterInterval = TimeSpan.Zero });
        var store = new RefusingStore { Refuses = true };
        using var bad = cache.Open(store);
        using var good = cache.Open(new MemoryStore(Content(1)));
        bad.Write(0, Content(7));
        byte[] got = new byte[FileBytes];
        good.Read(0, got);
        Assert.Equal(Content(1), got);
        bad.Read(0, got);
        Assert.Equal(Content(7), got);
        store.Refuses = false;
        Assert.Throws<WriteBackException>(() => bad.FlushAndPurge());
        Assert.True(bad.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void Several_threads_over_more_files_than_sections_lose_nothing()
    {
        const int Files = 40, Threads = 6;
        int turns = TestRun.IsFull ? 50_000 : 2000;
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 1 << 20,
            MaxSections = 4,
            LazyWriterInterval = TimeSpan.FromMilliseconds(5)
        });
        var handles = Enumerable.Range(0, Files).Select(i => cache.Open(new MemoryStore(new byte[Threads * 8])))
            .ToArray();
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            var random = new Random(thread);
            long[] mine = new long[Files];
            byte[] got = new byte[8];
            for (int turn = 1; turn <= turns; turn++)
            {
                int at = random.Next(Files);
                if (turn % 50 == 0)
                {
                    using var lease = handles[at].Lease(new ByteRange(thread * 8, 8));
                    Assert.Equal(mine[at], BitConverter.ToInt64(lease.Span));
                    continue;
                }

                Assert.Equal(8, handles[at].Read(thread * 8, got));
                Assert.Equal(mine[at], BitConverter.ToInt64(got));
                mine[at] = turn;
                handles[at].Write(thread * 8, BitConverter.GetBytes(mine[at]));
                Assert.True(cache.Services.Files.SectionCount <= 4 + (2 * Threads));
            }
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Under_any_schedule_a_file_that_gives_its_section_up_loses_nothing(bool fails)
    {
        int seeds = TestRun.IsFull ? 2000 : 40;
        for (int seed = 1; seed <= seeds; seed++) SectionLimitRun.Execute(seed, operations: 120, fails);
    }

    [Fact]
    public void Closed_files_leave_nothing_behind_in_the_replacement()
    {
        int files = 3000;
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 << 20, LazyWriterInterval = TimeSpan.Zero });
        var references = new List<WeakReference>();
        for (int i = 0; i < files; i++) references.Add(OpenAndClose(cache));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        int alive = references.Count(static reference => reference.IsAlive);
        Assert.True(alive < files / 4, $"{alive} of {files} closed stores are still held");
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference OpenAndClose(FileCache cache)
    {
        var store = new MemoryStore();
        var file = cache.Open(store);
        file.Write(0, Content(1));
        file.Close();
        return new WeakReference(store);
    }

    /// <summary>
    /// The sections' mappings; those of private memory have no name, so there it is all of the process's.
    /// </summary>
    private static int Mappings(SectionKind kind)
    {
        if (!OperatingSystem.IsLinux()) return 0;
        return kind == SectionKind.Private ? File.ReadLines("/proc/self/maps").Count() : ProcessSections.Mappings();
    }

    private static int Descriptors() => OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd").Length : 0;

    private static byte[] Content(int file)
    {
        byte[] content = new byte[FileBytes];
        for (int i = 0; i < FileBytes; i++) content[i] = (byte)((file * 31) + i + (file >> 8));
        return content;
    }

    private sealed class RefusingStore : BackingStore
    {
        private readonly MemoryStore _memory = new();

        public bool Refuses { get; set; }

        public override long GetLength() => _memory.GetLength();

        public override int Read(long offset, Memory<byte> destination) => _memory.Read(offset, destination);

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            if (Refuses) throw new IOException("refused");
            _memory.Write(offset, pieces);
        }

        public override void Barrier() => _memory.Barrier();

        public override void SetLength(long length) => _memory.SetLength(length);
    }
}
