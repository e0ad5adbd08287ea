using Concord.SystemCache;
using Concord.SystemCache.Linux;
using Concord.Tests.Interop;

namespace Concord.Tests.SystemCache;

/// <summary>The operation on files that processes map.</summary>
public sealed unsafe class MappedPurgeTests
{
    private const int Pages = 300;

    private const string NeedsRights = "taking pages out of another process needs CAP_SYS_NICE and CAP_SYS_PTRACE";

    private static long Length => (long)Pages * Environment.SystemPageSize;

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay)]
    public void Writes_through_a_mapping_reach_the_store(string kind)
    {
        using Place place = Place.Make(kind);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        file.Flush();
        using TestMapping mapping = new(path);
        mapping.Touch();
        mapping.Bytes[Length / 2] ^= 0xFF;
        byte[] expected = Place.Contents(Pages);
        expected[Length / 2] ^= 0xFF;

        long unwritten = KernelView.Unwritten(place.Below(path));
        Assert.NotEqual(0, unwritten);

        CoherencyResult result = file.FlushAndPurge();

        Assert.Equal(CoherencyStatus.Success, result.Status);
        Assert.Equal(0, KernelView.Resident(path));
        Assert.Equal(kind == Place.Disk ? unwritten * Environment.SystemPageSize : null, result.BytesWritten);
        Assert.Equal(expected, File.ReadAllBytes(path));
        Assert.Equal(expected[Length / 2], mapping.Bytes[Length / 2]);
    }

    [Fact]
    public void Pages_that_this_process_maps_twice_stay_and_are_named_until_it_maps_them_once()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        using TestMapping one = new(path);
        one.Touch();
        one.Bytes[0] ^= 0xFF;
        using (TestMapping two = new(path, isWritable: false))
        {
            two.Touch();
            CoherencyResult result = file.FlushAndPurge();
            Assert.Equal(result.Left.Count == 0, result.Status == CoherencyStatus.Success);
            Assert.All(result.Left, static left => Assert.Equal(LeftReason.MappedByProcess, left.Reason));
            Assert.All(result.Left, static left => Assert.Contains("this one maps it more than once", left.Holder,
                StringComparison.Ordinal));

            // Some kernels take whole folios out of two mappings of one process; what they leave is named.
            Assert.Equal(result.Left.Sum(static left => left.Range.Length),
                KernelView.Resident(path) * (long)Environment.SystemPageSize);
            Assert.Equal(one.Bytes[0], two.Bytes[0]);
        }

        one.Touch();
        Assert.Equal(CoherencyStatus.Success, file.FlushAndPurge().Status);
        Assert.Equal(0, KernelView.Resident(path));
    }

    [Fact]
    public void Private_copies_of_this_process_are_kept()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        using TestMapping mapping = new(path, isShared: false), other = new(path);
        mapping.Touch();
        other.Touch();
        byte[] expected = Place.Contents(Pages);
        for (long at = 0; at < Length; at += 2 * Environment.SystemPageSize)
        {
            mapping.Bytes[at] ^= 0xFF;
            expected[at] ^= 0xFF;
        }

        file.FlushAndPurge();
        file.FlushAndPurge();

        Assert.True(new ReadOnlySpan<byte>(mapping.Bytes, (int)Length).SequenceEqual(expected));
        Assert.Equal(Place.Contents(Pages), File.ReadAllBytes(path));
    }

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay)]
    public void Pages_that_another_process_maps_are_trimmed(string kind)
    {
        Assert.SkipUnless(Rights.MayTrim, NeedsRights);
        using Place place = Place.Make(kind);
        string path = place.WriteFile(Pages);
        using ChildProcess child = new("system-cache-mapper", path, "shared");
        child.Expect("ready");
        using SystemFile file = SystemFile.Open(path);
        CoherencyResult result = file.FlushAndPurge();
        Assert.Equal(CoherencyStatus.Success, result.Status);
        Assert.Equal(Pages, result.PagesPurged);
        Assert.Equal(0, KernelView.Resident(path));
        child.Finish();
    }

    [Fact]
    public void Only_the_range_is_trimmed()
    {
        Assert.SkipUnless(Rights.MayTrim, NeedsRights);
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using ChildProcess child = new("system-cache-mapper", path, "shared");
        child.Expect("ready");
        using SystemFile file = SystemFile.Open(path);
        file.Flush();
        int pageSize = Environment.SystemPageSize;
        CoherencyResult result = file.FlushAndPurge(new ByteRange(30L * pageSize, 40L * pageSize));
        Assert.Equal(CoherencyStatus.Success, result.Status);
        Assert.Equal(Enumerable.Range(0, Pages).Select(page => page is < 30 or >= 70), KernelView.ResidentPages(path));
        child.Finish();
    }

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay)]
    public void Pages_that_two_processes_map_stay_and_both_are_named(string kind)
    {
        using Place place = Place.Make(kind);
        string path = place.WriteFile(Pages);
        using ChildProcess one = new("system-cache-mapper", path, "shared"), two = new(
            "system-cache-mapper", path, "shared");
        one.Expect("ready");
        two.Expect("ready");
        using SystemFile file = SystemFile.Open(path);

        CoherencyResult result = file.FlushAndPurge();

        Assert.Equal(CoherencyStatus.CachePageLocked, result.Status);
        Assert.Equal(Pages, KernelView.Resident(path));
        LeftRange left = Assert.Single(result.Left);
        Assert.Equal(new ByteRange(0, Length), left.Range);
        Assert.Equal(LeftReason.MappedByProcess, left.Reason);
        Assert.Contains($"process {one.Id} (", left.Holder, StringComparison.Ordinal);
        Assert.Contains($"process {two.Id} (", left.Holder, StringComparison.Ordinal);
        Assert.Throws<IncompletePurgeException>(result.ThrowIfIncomplete);

        one.Say("unmap");
        one.Expect("done");
        two.Say("unmap");
        two.Expect("done");
        Assert.Equal(CoherencyStatus.Success, file.FlushAndPurge().Status);
        Assert.Equal(0, KernelView.Resident(path));
    }

    [Fact]
    public void Pages_that_this_process_and_another_map_stay_and_both_are_named()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using ChildProcess child = new("system-cache-mapper", path, "shared");
        child.Expect("ready");
        using SystemFile file = SystemFile.Open(path);
        using (TestMapping mapping = new(path))
        {
            mapping.Touch();
            LeftRange left = Assert.Single(file.FlushAndPurge().Left);
            Assert.Equal((LeftReason.MappedByProcess, new ByteRange(0, Length)), (left.Reason, left.Range));
            Assert.Contains($"process {child.Id} (", left.Holder, StringComparison.Ordinal);
            Assert.Contains($"process {Environment.ProcessId} (", left.Holder, StringComparison.Ordinal);
        }

        if (Rights.MayTrim) Assert.Equal(CoherencyStatus.Success, file.FlushAndPurge().Status);
        child.Finish();
    }

    [Fact]
    public void Pages_that_this_process_locks_stay_and_say_so()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(8);
        using SystemFile file = SystemFile.Open(path);
        using TestMapping mapping = new(path);
        Native.Succeeded(Native.Mlock((nint)mapping.Bytes, (nint)mapping.Length), "lock");
        CoherencyResult result = file.FlushAndPurge();
        Assert.Equal(CoherencyStatus.CachePageLocked, result.Status);
        LeftRange left = Assert.Single(result.Left);
        Assert.Equal((LeftReason.Lock, new ByteRange(0, mapping.Length)), (left.Reason, left.Range));
        Assert.Contains($"process {Environment.ProcessId} (", left.Holder, StringComparison.Ordinal);
        Assert.Equal(8, KernelView.Resident(path));
    }

    [Fact]
    public void Pages_that_another_process_locks_stay_and_say_so()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(8);
        using ChildProcess child = new("system-cache-mapper", path, "locked");
        child.Expect("ready");
        using SystemFile file = SystemFile.Open(path);
        LeftRange left = Assert.Single(file.FlushAndPurge().Left);
        Assert.Equal(LeftReason.Lock, left.Reason);
        Assert.Contains($"process {child.Id} (", left.Holder, StringComparison.Ordinal);
        child.Finish();
    }

    [Fact]
    public void ViewsNotSeen_leaves_mappings_alone_and_reports_them()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        using TestMapping mapping = new(path);
        mapping.Touch();
        CoherencyResult result = file.FlushAndPurge(CoherencyOptions.ViewsNotSeen);
        Assert.Equal(CoherencyStatus.CachePageLocked, result.Status);
        LeftRange left = Assert.Single(result.Left);
        Assert.Equal((LeftReason.MappedByProcess, new ByteRange(0, Length)), (left.Reason, left.Range));
        Assert.Equal(Pages, KernelView.Resident(path));
    }

    [Fact]
    public void Pages_that_are_dirty_again_are_told_from_those_that_are_not()
    {
        KernelView.NeedsDirtyCounts();
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using LinuxPageCacheFile file = LinuxPageCacheFile.Open(path);
        file.WriteBack(null);
        file.Drop(new ByteRange(0, long.MaxValue));
        int pageSize = Environment.SystemPageSize;
        file.LoadPiece(new ByteRange(0, pageSize));
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0))
        {
            stream.Position = 200L * pageSize;
            stream.Write(new byte[pageSize]);
        }

        ByteRange all = new(0, Length);
        IReadOnlyList<LeftRange> left = file.Explain(file.Map(all)!, new Mappings(all, [], 0));

        LeftRange dirty = Assert.Single(left, range => range.Reason == LeftReason.DirtyAgain);
        Assert.Equal(new ByteRange(200L * pageSize, pageSize), dirty.Range);
        Assert.All(left.Where(range => range != dirty), range => Assert.Equal(LeftReason.Unknown, range.Reason));
        Assert.True(left[0].Range.Offset == 0 && left.Count >= 2);
    }

    [Fact]
    public void A_mapping_that_was_never_touched_holds_nothing()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        using TestMapping mapping = new(path);
        Assert.Equal(CoherencyStatus.Success, file.FlushAndPurge(CoherencyOptions.ViewsNotSeen).Status);
        Assert.Equal(0, KernelView.Resident(path));
    }

    [Fact]
    public void What_is_mapped_elsewhere_since_the_lists_were_read_is_taken_out_too()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(Pages);
        using LinuxPageCacheFile file = LinuxPageCacheFile.Open(path);
        ByteRange whole = new(0, Length);
        file.WriteBack(range: null);
        TestMapping former = new(path);
        Mappings found = file.FindMappings(whole);
        using TestMapping mapping = new(path);
        former.Dispose();
        mapping.Touch();

        file.Trim(found);

        file.Drop(whole);
        Assert.Equal(0, KernelView.Resident(path));
    }
}
