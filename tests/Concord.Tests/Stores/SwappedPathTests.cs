using Concord.Tests.Interop;

namespace Concord.Tests.Stores;

/// <summary>Only files are opened, also where a path leads to something else a moment later.</summary>
public sealed class SwappedPathTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(FileMode.Open, FileAccess.Read)]
    [InlineData(FileMode.OpenOrCreate, FileAccess.ReadWrite)]
    public void A_pipe_or_a_device_is_refused_and_a_folder_as_by_the_system(FileMode mode, FileAccess access)
    {
        ProcessSections.RequireLinux();
        Assert.Equal(0, Native.Mkfifo(_folder["pipe"], 0x1B6));
        File.CreateSymbolicLink(_folder["device"], "/dev/null");
        foreach (string name in (string[])["pipe", "device"])
        {
            var error = Assert.Throws<IOException>(() => LocalFileStore.Open(_folder[name], mode, access));
            Assert.Contains("a pipe, a socket or a device", error.Message, StringComparison.Ordinal);
        }

        var folder = Assert.Throws<UnauthorizedAccessException>(() => LocalFileStore.Open(_folder.Path, mode, access));
        Assert.Contains(_folder.Path, folder.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("/proc/", folder.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_leads_nowhere_makes_the_file_that_it_names()
    {
        ProcessSections.RequireLinux();
        File.CreateSymbolicLink(_folder["link"], _folder["target"]);
        Assert.Throws<FileNotFoundException>(() => LocalFileStore.Open(_folder["link"]));
        LocalFileStore.Open(_folder["link"], FileMode.OpenOrCreate, FileAccess.ReadWrite).Dispose();
        Assert.True(File.Exists(_folder["target"]));
    }

    [Fact]
    public async Task A_path_that_is_swapped_all_the_time_never_opens_a_pipe_or_a_device()
    {
        ProcessSections.RequireLinux();
        Assert.Equal(0, Native.Mkfifo(_folder["pipe"], 0x1B6));
        File.WriteAllText(_folder["file"], "bytes");
        using var stop = new CancellationTokenSource();
        var swap = Task.Run(() =>
        {
            for (int turn = 0; !stop.IsCancellationRequested; turn++)
            {
                string next = _folder[$"next-{turn}"];
                string[] targets = [_folder["file"], _folder["pipe"], "/dev/null"];
                File.CreateSymbolicLink(next, targets[turn % targets.Length]);
                File.Move(next, _folder["path"], overwrite: true);
            }
        }, TestContext.Current.CancellationToken);
        Patience.Await(() => File.Exists(_folder["path"]));
        int opened = 0;
        for (int round = 0; round < 10_000; round++)
        {
            try
            {
                using var store = LocalFileStore.Open(_folder["path"], FileMode.OpenOrCreate, FileAccess.Read);
                Assert.Equal(5, store.GetLength());
                opened++;
            }
            catch (IOException error)
            {
                Assert.Contains("a pipe, a socket or a device", error.Message, StringComparison.Ordinal);
            }
        }

        await stop.CancelAsync();
        await swap;
        Assert.True(opened > 0);
    }
}
