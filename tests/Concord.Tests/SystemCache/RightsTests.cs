using Concord.Tests.Interop;
using Concord.Tests.SystemCache.Children;

namespace Concord.Tests.SystemCache;

/// <summary>What an ordinary user is told, and what is not claimed.</summary>
public sealed class RightsTests
{
    private const int Pages = 64;

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay)]
    public void Of_a_file_that_one_neither_owns_nor_may_write_nothing_is_claimed(string kind)
    {
        using Place place = PlaceForNobody(kind);
        string path = place.WriteFile(Pages);
        string said = AsNobody("purge", path);
        Assert.StartsWith("Unknown resident= map=False dirty= ", said, StringComparison.Ordinal);
        Assert.Contains($"stored={Pages * Environment.SystemPageSize} purged= left=Unknown:", said,
            StringComparison.Ordinal);

        // What is not claimed has been done all the same.
        Assert.Equal(0, KernelView.Unwritten(place.Below(path)));
        Assert.Equal(0, KernelView.Resident(path));
    }

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay)]
    public void Of_ones_own_file_everything_is_known(string kind)
    {
        using Place place = PlaceForNobody(kind);
        string path = place.WriteFile(Pages);
        Native.Succeeded(Native.Chown(path, AsNobodyChild.Nobody, AsNobodyChild.Nobody), "give the file away");
        string said = AsNobody("purge", path);
        Assert.StartsWith($"Success resident={Pages} map=True", said, StringComparison.Ordinal);
        Assert.Contains($"purged={Pages} left=", said, StringComparison.Ordinal);
        Assert.Equal(0, KernelView.Resident(path));
    }

    [Fact]
    public void Of_a_file_that_one_may_write_everything_is_known()
    {
        using Place place = PlaceForNobody(Place.Disk);
        string path = place.WriteFile(Pages);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        Assert.StartsWith($"Success resident={Pages} map=True", AsNobody("purge", path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_may_not_be_read_is_refused_by_name()
    {
        using Place place = PlaceForNobody(Place.Disk);
        string path = place.WriteFile(Pages);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead);
        string said = AsNobody("open", path);
        Assert.StartsWith("UnauthorizedAccessException", said, StringComparison.Ordinal);
        Assert.Contains(path, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_users_mapping_that_cannot_be_seen_is_not_guessed()
    {
        using Place place = PlaceForNobody(Place.Disk);
        string path = place.WriteFile(Pages);
        Native.Succeeded(Native.Chown(path, AsNobodyChild.Nobody, AsNobodyChild.Nobody), "give the file away");
        using ChildProcess mapper = new("system-cache-mapper", path, "shared");
        mapper.Expect("ready");
        string said = AsNobody("purge", path);
        Assert.StartsWith("CachePageLocked", said, StringComparison.Ordinal);
        Assert.Contains("purged=0 left=Unknown:what ", said, StringComparison.Ordinal);
        Assert.Contains("CAP_SYS_PTRACE", said, StringComparison.Ordinal);
        Assert.Equal(Pages, KernelView.Resident(path));
        mapper.Finish();
    }

    [Fact]
    public void A_process_that_cannot_be_trimmed_is_named_with_the_missing_right()
    {
        using Place place = PlaceForNobody(Place.Disk);
        string path = place.WriteFile(Pages);
        Native.Succeeded(Native.Chown(path, AsNobodyChild.Nobody, AsNobodyChild.Nobody), "give the file away");
        using ChildProcess mapper = new("system-cache-mapper", path, "shared", "as-nobody");
        mapper.Expect("ready");
        string said = AsNobody("purge", path);
        Assert.StartsWith("CachePageLocked", said, StringComparison.Ordinal);
        Assert.Contains($"left=MappedByProcess:process {mapper.Id} (", said, StringComparison.Ordinal);
        Assert.Contains("CAP_SYS_NICE", said, StringComparison.Ordinal);
        mapper.Finish();
    }

    [Fact]
    public void Loading_needs_no_more_than_reading()
    {
        using Place place = PlaceForNobody(Place.Disk);
        string path = place.WriteFile(Pages);
        using SystemFile file = SystemFile.Open(path);
        file.FlushAndPurge();
        Assert.Equal($"loaded={Pages * Environment.SystemPageSize}", AsNobody("load", path));
        Assert.Equal(Pages, KernelView.Resident(path));
    }

    private static Place PlaceForNobody(string kind)
    {
        Assert.SkipUnless(Rights.MayBecomeNobody, "becoming another user needs CAP_SETUID");
        return Place.Make(kind);
    }

    private static string AsNobody(string scenario, string path)
    {
        using ChildProcess child = new("system-cache-as-nobody", scenario, path);
        return child.Finish().Trim();
    }
}
