using System.Globalization;
using System.IO.MemoryMappedFiles;
using Concord.Caching;
using Concord.Interop.Linux;
using Concord.Memory;
using Concord.Tests.Interop;
using Concord.Tests.SystemCache;

namespace Concord.Tests.Caching.Views;

/// <summary>
/// The store changes behind the cache; after a flush and purge every way shows the new bytes, or the page was reported.
/// </summary>
public sealed class StoreChangeTests
{
    private const int PageCount = 64;

    private static int Trials => TestRun.IsFull ? 100_000 : 3_000;

    [Theory]
    [InlineData(ViewAccess.Read, false)]
    [InlineData(ViewAccess.ReadWrite, false)]
    [InlineData(ViewAccess.ReadWrite, true)]
    public void A_view_and_a_copy_show_what_the_store_has_after_a_purge(ViewAccess access, bool isSynchronous)
    {
        using var fixture = new ViewFixture(
            new byte[PageCount * Pages.Bytes], capacityPages: 96,
            dispatcher: PageFaultDispatcher.Open((UserFaultForm?)null, isSynchronous));
        using var view = fixture.Map(access);
        var random = new Random(7);
        long locked = 0;
        for (int trial = 1; trial <= Trials; trial++)
        {
            long page = random.Next(PageCount);
            byte[] now = BitConverter.GetBytes((long)trial);
            if (random.Next(2) == 0) NativeMemory.ReadByte(view, random.Next(PageCount) * Pages.Bytes);
            bool isLocked = random.Next(50) == 0;
            if (isLocked)
                Native.Succeeded(Native.Mlock(view.Address + (nint)(page * Pages.Bytes), Pages.Bytes), "lock a page");
            fixture.Store.Put(page * Pages.Bytes, now);

            var left = fixture.File.FlushAndPurge(Range(random, page)).Left;
            bool isReported = left.Any(range => range.Range.Contains(Pages.Range(page)));
            byte[] seen = NativeMemory.Read(view, page * Pages.Bytes, sizeof(long));
            byte[] copied = Pages.Read(fixture.File, new ByteRange(page * Pages.Bytes, sizeof(long)));
            if (isReported) locked++;
            else Assert.True(seen.SequenceEqual(now) && copied.SequenceEqual(now), $"trial {trial}, page {page}");
            Assert.True(isLocked || !isReported, $"trial {trial}: {left.FirstOrDefault()}");
            if (!isLocked) continue;
            Native.Succeeded(Native.Munlock(view.Address, PageCount * Pages.Bytes), "unlock");
            fixture.File.FlushAndPurge();
            fixture.Store.Put(page * Pages.Bytes, now);
        }

        Assert.Empty(fixture.Store.Writes);
        Figures.Record(
            "R7", $"store changed behind a view ({access}, {(isSynchronous ? "synchronous" : "asynchronous")})",
            $"{Trials:N0} trials, {locked:N0} reported as locked, none stale", "100,000 trials, none stale");
    }

    [Fact]
    public void A_second_process_that_maps_the_section_sees_it_too()
    {
        int trials = TestRun.IsFull ? 100_000 : 1_000;
        using var fixture = new ViewFixture(new byte[PageCount * Pages.Bytes]);
        using var view = fixture.Map();
        var descriptor = ((SharedSection)fixture.File.State.Section).Memory.Descriptor;
        using var child = new ChildProcess(
            "view-section", $"/proc/{Environment.ProcessId}/fd/{descriptor.DangerousGetHandle()}");
        child.Expect("mapped");
        var random = new Random(8);
        for (int trial = 1; trial <= trials; trial++)
        {
            long page = random.Next(PageCount);
            fixture.Store.Put(page * Pages.Bytes, BitConverter.GetBytes((long)trial));
            Assert.True(fixture.File.FlushAndPurge(Pages.Range(page)).IsComplete);
            view.Prefault(Pages.Range(page));
            child.Say(page.ToString(CultureInfo.InvariantCulture));
            child.Expect(trial.ToString(CultureInfo.InvariantCulture));
        }

        child.Finish();
        Figures.Record("R7", "the same, seen by a second process", $"{trials:N0} trials, none stale",
            "100,000 trials, none stale");
    }

    /// <summary>Says what it finds in pages of a section, which it maps as any file.</summary>
    internal static int ReadSection(string[] args)
    {
        using var stream = new FileStream(args[0], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read,
            HandleInheritability.None, leaveOpen: true);
        using var view = file.CreateViewAccessor(0, PageCount * Pages.Bytes, MemoryMappedFileAccess.Read);
        Console.WriteLine("mapped");
        while (Console.ReadLine() is { } line)
            Console.WriteLine(view.ReadInt64(long.Parse(line, CultureInfo.InvariantCulture) * Pages.Bytes));
        return 0;
    }

    private static ByteRange Range(Random random, long page) => random.Next(4) switch
    {
        0 => new ByteRange(0, PageCount * Pages.Bytes),
        1 => new ByteRange((page * Pages.Bytes) + 100, 1),
        _ => Pages.Range(page),
    };
}
