using Concord.Interop;
using Concord.Tests.Stores;
using Microsoft.Win32.SafeHandles;

namespace Concord.Tests.Interop;

/// <summary>Locks that two openings of one file set through the kernel, as two processes would.</summary>
public sealed class FileSharingLocksTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<SafeFileHandle> _handles = [];

    public FileSharingLocksTests()
    {
        ProcessSections.RequireLinux();
        File.WriteAllText(_folder["a"], "content");
    }

    public void Dispose()
    {
        foreach (var handle in _handles) handle.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false, true, false, true, true)]
    [InlineData(false, true, true, true, false)]
    [InlineData(false, true, true, false, false)]
    [InlineData(false, false, true, true, true)]
    [InlineData(true, true, true, true, false)]
    [InlineData(true, true, true, false, false)]
    [InlineData(true, false, true, false, true)]
    [InlineData(true, false, false, true, false)]
    public void Two_openings_go_together_if_neither_writes_what_the_other_refuses(
        bool writes, bool refuses, bool otherWrites, bool otherRefuses, bool goTogether)
    {
        foreach (bool isReversed in (bool[])[false, true])
        {
            var (a, b) = ((Writes: writes, Refuses: refuses), (Writes: otherWrites, Refuses: otherRefuses));
            if (isReversed) (a, b) = (b, a);
            FileSharingLocks first = Open(a.Writes), second = Open(b.Writes);
            Assert.True(first.TryTake(a.Writes, a.Refuses, out _));

            bool isTaken = second.TryTake(b.Writes, b.Refuses, out int? process);

            Assert.Null(first.UnavailableReason);
            Assert.Equal(goTogether, isTaken);
            Assert.Equal(goTogether ? null : Environment.ProcessId, process);
            first.Release();
            if (!isTaken) Assert.True(second.TryTake(b.Writes, b.Refuses, out _));
            second.Release();
        }
    }

    [Fact]
    public void A_lock_that_cannot_grow_stays_as_it_was()
    {
        var growing = Open(writes: true);
        var other = Open(writes: false);
        Assert.True(growing.TryTake(writes: false, refusesWriters: true, out _));
        Assert.True(other.TryTake(writes: false, refusesWriters: true, out _));

        Assert.False(growing.TryTake(writes: true, refusesWriters: true, out _));

        other.Release();
        Assert.False(Open(writes: true).TryTake(writes: true, refusesWriters: true, out _));
        Assert.True(Open(writes: false).TryTake(writes: false, refusesWriters: true, out _));
    }

    [Fact]
    public void A_lock_that_meets_a_writer_when_it_grows_stays_as_it_was()
    {
        var growing = Open(writes: true);
        var other = Open(writes: true);
        Assert.True(growing.TryTake(writes: true, refusesWriters: false, out _));
        Assert.True(other.TryTake(writes: true, refusesWriters: false, out _));

        Assert.False(growing.TryTake(writes: true, refusesWriters: true, out _));

        Assert.True(Open(writes: true).TryTake(writes: true, refusesWriters: false, out _));
        Assert.False(Open(writes: false).TryTake(writes: false, refusesWriters: true, out _));
    }

    [Fact]
    public void A_lock_ends_with_its_opening()
    {
        var handle = File.OpenHandle(_folder["a"], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Assert.True(new FileSharingLocks(handle).TryTake(writes: true, refusesWriters: true, out _));

        // Another opening of the same process comes and goes: such locks do not end with it.
        File.ReadAllText(_folder["a"]);
        var next = Open(writes: true);
        Assert.False(next.TryTake(writes: true, refusesWriters: true, out _));
        handle.Dispose();

        Assert.True(next.TryTake(writes: true, refusesWriters: true, out _));
    }

    [Fact]
    public void A_lock_does_not_meet_those_of_NET()
    {
        var locks = Open(writes: true);
        Assert.True(locks.TryTake(writes: true, refusesWriters: true, out _));
        using (var alone = new FileStream(_folder["b"], FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            if (!OperatingSystem.IsMacOS()) alone.Lock(0, 100);
            var other = new FileSharingLocks(alone.SafeFileHandle);
            Assert.True(other.TryTake(writes: true, refusesWriters: true, out _));
            Assert.Null(other.UnavailableReason);
        }

        File.WriteAllText(_folder["a"], "written by another program");
    }

    private FileSharingLocks Open(bool writes)
    {
        var handle = File.OpenHandle(
            _folder["a"], FileMode.Open, writes ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite);
        _handles.Add(handle);
        return new FileSharingLocks(handle);
    }
}
