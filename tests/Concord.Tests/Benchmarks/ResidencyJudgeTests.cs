using Concord.Benchmarks;
using Concord.Benchmarks.Workloads;
using Concord.Measuring.Files;

namespace Concord.Tests.Benchmarks;

public class ResidencyJudgeTests
{
    private const long FileBytes = 4 << 20;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_kernel_is_asked_what_it_holds_with_cachestat_and_without(bool allowCachestat)
    {
        Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");
        string directory = DiskDirectory.Choose(wanted: null);
        Assert.SkipUnless(DiskDirectory.IsOnDisk(directory),
            $"{DiskDirectory.FileSystemOf(directory)} keeps its pages; a disk file system is needed");

        using TemporaryFolder folder = TemporaryFolder.Create("test", [directory]);
        using var file = new DirtyFile(folder, FileBytes);
        using var judge = new ResidencyJudge(file.Handle, file.Bytes, allowCachestat);
        file.MakeDirty();
        long before = judge.CountResident();
        file.FlushAndAdvise();

        Assert.Equal(file.Pages, before);
        Assert.Equal(0, judge.CountResident());
    }
}
