using Concord.Caching;
using Concord.Memory;
using Concord.Tests.Interop;
using Concord.Tests.SystemCache;

namespace Concord.Tests.Caching.Views;

/// <summary>Hosts that lock memory: everything, or pages of the cache's own.</summary>
public sealed class LockedHostTests
{
    [Theory]
    [InlineData(ViewAccess.Read)]
    [InlineData(ViewAccess.ReadWrite)]
    [InlineData(ViewAccess.CopyOnWrite)]
    public void A_host_that_locks_all_memory_sees_the_files_bytes_and_no_memory_that_nobody_asked_for(ViewAccess access)
    {
        Assert.SkipWhen(PageFaultDispatcher.Shared.UnsupportedReason.Length > 0,
            $"views: {PageFaultDispatcher.Shared.UnsupportedReason}");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "right: memory without limit is locked by root");
        using var host = new ChildProcess(ViewHost.Name, access.ToString());
        host.Expect("ready");
        host.Say("lock all");
        host.Expect("locked");
        host.Say("present");
        Assert.InRange(long.Parse(host.Read(), null), ViewHost.Touched, ViewHost.PageCount);
        host.Say("look");
        host.Expect("0");
        host.Say("write");
        host.Expect(access == ViewAccess.ReadWrite ? "9" : "7");
        host.Say("unlock all");
        host.Expect("unlocked");
        host.Say("purge");
        host.Expect("Success");
        host.Finish();
    }

    [Theory]
    [InlineData(SectionKind.Shared)]
    [InlineData(SectionKind.Private)]
    public void Pages_of_the_cache_that_somebody_locked_are_evicted_all_the_same(SectionKind kind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "mlock");
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
            SectionKind = kind,
        });
        using var file = cache.Open(new ScriptedStore(Pages.Of(1, 256)));
        nint locked;
        using (var lease = file.Lease(Pages.Range(0, 16), LeaseAccess.Read))
        {
            locked = AddressOf(lease.Span);
            Native.Succeeded(Native.Mlock(locked, 16 * Pages.Bytes), "lock pages of the cache");
        }

        for (int page = 0; page < 256; page += 16)
            Assert.Equal(Pages.Of(1, 16), Pages.Read(file, Pages.Range(page, 16)));

        // Which of them leave is the policy's choice: they were used twice, the others once.
        ulong stayed = file.State.Extents.Find(0)?.Backed ?? PageMask.None;
        Assert.InRange(PageMask.Count(stayed & PageMask.Of(0, 16)), 0, 8);
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(Pages.Of(1, 16), Pages.Read(file, Pages.Range(0, 16)));
    }

    private static unsafe nint AddressOf(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes) return (nint)first;
    }
}
