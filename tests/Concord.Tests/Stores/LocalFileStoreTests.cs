using System.Diagnostics;
using System.IO.Pipes;
using Concord.Interop;
using Concord.Interop.Linux;
using Concord.Tests.Caching;
using Concord.Tests.SystemCache;

namespace Concord.Tests.Stores;

public sealed class LocalFileStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(FileAccess.Read)]
    [InlineData(FileAccess.ReadWrite)]
    public void A_pipe_is_refused_at_once(FileAccess access)
    {
        ProcessSections.RequireLinux();
        string path = _folder["pipe"];
        using (var mkfifo = Process.Start("mkfifo", path)) mkfifo.WaitForExit();
        var error = Assert.Throws<IOException>(() => LocalFileStore.Open(path, FileMode.Open, access));
        Assert.Contains("pipe", error.Message, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => LocalFileStore.Open("/dev/null", FileMode.Open, access));
    }

    [Fact]
    public void What_an_announced_barrier_will_cover_is_on_its_way_to_the_disk()
    {
        ProcessSections.RequireLinux();
        string fileSystem = new DriveInfo(_folder.Path).DriveFormat;
        Assert.SkipWhen(fileSystem.StartsWith("tmpfs", StringComparison.Ordinal) || fileSystem.StartsWith(
            "overlay", StringComparison.Ordinal), $"{SkipPolicy.OtherSystem}{fileSystem} has nothing to write early");
        KernelView.NeedsDirtyCounts();
        using var store = LocalFileStore.Open(
            _folder["file"], FileMode.OpenOrCreate, FileAccess.ReadWrite, caching: StoreCaching.Buffered);
        store.Write(0, [Pages.Pattern(1 << 20, seed: 1)]);
        long dirty = KernelView.Dirty(store.Name);

        store.AnnounceBarrier(new ByteRange(0, 1 << 20));

        Assert.InRange(KernelView.Dirty(store.Name), 0, dirty / 2);
        store.Barrier();
        Assert.Equal(0, KernelView.Unwritten(store.Name));
    }

    [Fact]
    public void A_folder_is_refused() =>
        Assert.ThrowsAny<UnauthorizedAccessException>(() => LocalFileStore.Open(_folder.Path, FileMode.Open));

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var error = Assert.Throws<FileNotFoundException>(() => LocalFileStore.Open(_folder["missing"], FileMode.Open));
        Assert.Contains("missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentException>(() => LocalFileStore.Open(""));
        Assert.Throws<ArgumentException>(() => LocalFileStore.Open(_folder["a"], FileMode.Append));
        Assert.Throws<ArgumentOutOfRangeException>(() => LocalFileStore.Open(_folder["a"], access: (FileAccess)4));
        Assert.False(File.Exists(_folder["a"]));
    }

    [Fact]
    public void Links_and_relative_paths_are_one_file()
    {
        File.WriteAllText(_folder["a"], "one");
        File.WriteAllText(_folder["b"], "other");
        File.CreateSymbolicLink(_folder["symbolic"], _folder["a"]);
        Directory.CreateDirectory(_folder["inside"]);
        using var first = LocalFileStore.Open(_folder["a"]);
        using var symbolic = LocalFileStore.Open(_folder["symbolic"]);
        using var roundabout = LocalFileStore.Open(Path.Combine(_folder["inside"], "..", "a"));
        using var relative = LocalFileStore.Open(Path.GetRelativePath(Environment.CurrentDirectory, _folder["a"]));
        using var other = LocalFileStore.Open(_folder["b"]);
        Assert.Equal(first.Identity, symbolic.Identity);
        Assert.Equal(first.Identity, roundabout.Identity);
        Assert.Equal(first.Identity, relative.Identity);
        Assert.NotEqual(first.Identity, other.Identity);
        if (!OperatingSystem.IsLinux()) return;
        using (var ln = Process.Start("ln", [_folder["a"], _folder["hard"]])) ln.WaitForExit();
        using var hard = LocalFileStore.Open(_folder["hard"]);
        Assert.Equal(first.Identity, hard.Identity);
    }

    [Fact]
    public void A_file_opened_for_reading_says_so_and_refuses_writes()
    {
        File.WriteAllText(_folder["a"], "one");
        using var store = LocalFileStore.Open(_folder["a"], FileMode.Open, FileAccess.Read);
        Assert.False(store.CanWrite);
        Assert.ThrowsAny<IOException>(() => store.Write(0, [new byte[1]]));
        Assert.ThrowsAny<IOException>(() => store.SetLength(1));
        store.Barrier();
        Assert.Equal("one", File.ReadAllText(_folder["a"]));
    }

    [Fact]
    public void A_barrier_that_does_nothing_is_an_error()
    {
        ProcessSections.RequireLinux();
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(),
            ownsHandle: false);

        // .NET's own call takes EINVAL, EROFS and ENOTSUP for nothing to do, and reports success.
        RandomAccess.FlushToDisk(handle);
        var error = Assert.Throws<IOException>(() => FileDurability.Flush(handle, "a pipe"));
        Assert.Contains($"errno {ErrorNumber.InvalidArgument}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_barrier_makes_the_name_durable_and_reports_when_it_cannot()
    {
        ProcessSections.RequireLinux();
        using var good = LocalFileStore.Open(_folder["a"], FileMode.OpenOrCreate, FileAccess.ReadWrite);
        good.Barrier();

        Directory.CreateDirectory(_folder["gone"]);
        using var store = LocalFileStore.Open(
            Path.Combine(_folder["gone"], "b"), FileMode.OpenOrCreate, FileAccess.ReadWrite);
        store.Write(0, [new byte[10]]);
        Directory.Delete(_folder["gone"], recursive: true);

        // Its folder cannot be opened any more, so the whole file system answers for the name.
        store.Barrier();
        using var closed = new Microsoft.Win32.SafeHandles.SafeFileHandle(1_000_000, ownsHandle: false);
        Assert.Throws<IOException>(() => FileDurability.FlushName(closed, _folder["gone"], "b"));
    }

    [Fact]
    public async Task The_asynchronous_barrier_and_length_do_not_run_on_the_caller()
    {
        using var store = LocalFileStore.Open(_folder["a"], FileMode.OpenOrCreate, FileAccess.ReadWrite);
        await store.SetLengthAsync(5000, TestContext.Current.CancellationToken);
        await store.BarrierAsync(TestContext.Current.CancellationToken);
        Assert.Equal(5000, store.GetLength());
    }

    [Theory]
    [InlineData(StoreCaching.Automatic)]
    [InlineData(StoreCaching.Buffered)]
    public void An_offset_near_the_last_there_is_reads_nothing_refuses_a_write_and_changes_nothing(StoreCaching caching)
    {
        using var folder = new TempFolder();
        using var store = LocalFileStore.Open(
            folder["file"], FileMode.OpenOrCreate, FileAccess.ReadWrite, caching: caching);
        store.Write(0, [new byte[5000]]);
        var before = store.Caching;
        Assert.Equal(0, store.Read(long.MaxValue - 1, new byte[8192]));
        Assert.Throws<IOException>(() => store.Write(long.MaxValue - 1, [new byte[8192]]));
        Assert.Equal(before, store.Caching);
        Assert.Equal(5000, store.GetLength());

        using var memory = new MemoryStore(new byte[5000]);
        Assert.Equal(0, memory.Read(long.MaxValue - 1, new byte[8192]));
        Assert.Throws<IOException>(() => memory.Write(long.MaxValue - 1, [new byte[1], new byte[8192]]));
        Assert.Equal(5000, memory.GetLength());
    }

    [Theory]
    [InlineData(StoreCaching.Automatic)]
    [InlineData(StoreCaching.Buffered)]
    public async Task What_the_system_refuses_is_an_IOException_and_never_a_wrong_argument(StoreCaching caching)
    {
        // EFBIG: file systems have files of some terabytes, and .NET makes a wrong argument of the error's number.
        var token = TestContext.Current.CancellationToken;
        using var store = LocalFileStore.Open(_folder["file"], FileMode.Create, FileAccess.ReadWrite, caching: caching);
        Exception?[] refusals =
        [
            Record.Exception(() => store.SetLength(long.MaxValue)),
            await Record.ExceptionAsync(async () => await store.SetLengthAsync(long.MaxValue, token)),
            Record.Exception(() => store.Write(long.MaxValue - 10, [new byte[10]])),
            Record.Exception(() => store.Write((1L << 62) + 1, [new byte[10]])),
            await Record.ExceptionAsync(async () => await store.WriteAsync((1L << 62) + 1, [new byte[10_000]], token)),
        ];
        Assert.All(refusals, error => Assert.True(error is null or IOException, $"{error}"));
        if (new DriveInfo(_folder.Path).DriveFormat is "ext4" or "ext3" or "xfs") Assert.All(refusals, Assert.NotNull);
        store.SetLength(5000);
        Assert.Equal(5000, store.GetLength());
    }

    [Fact]
    public async Task Wrong_arguments_are_refused_by_name_in_either_form()
    {
        var token = TestContext.Current.CancellationToken;
        using var store = LocalFileStore.Open(_folder["file"], FileMode.Create, FileAccess.ReadWrite,
            caching: StoreCaching.Buffered);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await store.ReadAsync(-1, new byte[1], token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await store.WriteAsync(-1, [], token));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await store.WriteAsync(0, null!, token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await store.SetLengthAsync(-1, token));
    }
}
