using Concord.Tests.Stores;
using Concord.Tests.SystemCache;

namespace Concord.Tests.Files;

/// <summary>Caches over one file, of one process and of two, do not overwrite each other in silence.</summary>
public sealed class SharingTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FileCache _one = new(new FileCacheOptions { CapacityBytes = 1 << 20, Name = "one" });
    private readonly FileCache _other = new(new FileCacheOptions { CapacityBytes = 1 << 20 });

    public SharingTests() => File.WriteAllText(_folder["a"], "content");

    public void Dispose()
    {
        _one.Dispose();
        _other.Dispose();
        _folder.Dispose();
    }

    private string FilePath => _folder["a"];

    [Theory]
    [InlineData(FileAccess.Read, FileShare.Read, FileAccess.Read, FileShare.Read, true)]
    [InlineData(FileAccess.Read, FileShare.Read, FileAccess.ReadWrite, FileShare.ReadWrite, false)]
    [InlineData(FileAccess.Read, FileShare.ReadWrite, FileAccess.ReadWrite, FileShare.Read, true)]
    [InlineData(FileAccess.ReadWrite, FileShare.Read, FileAccess.ReadWrite, FileShare.Read, false)]
    [InlineData(FileAccess.ReadWrite, FileShare.Read, FileAccess.ReadWrite, FileShare.ReadWrite, false)]
    [InlineData(FileAccess.Write, FileShare.Read, FileAccess.Write, FileShare.Read, false)]
    [InlineData(FileAccess.ReadWrite, FileShare.ReadWrite, FileAccess.ReadWrite, FileShare.ReadWrite, true)]
    [InlineData(FileAccess.Read, FileShare.None, FileAccess.Read, FileShare.ReadWrite, false)]
    [InlineData(FileAccess.Read, FileShare.Write, FileAccess.Read, FileShare.Read, false)]
    public void Two_caches_go_together_if_neither_does_what_the_other_does_not_share(
        FileAccess access, FileShare share, FileAccess otherAccess, FileShare otherShare, bool goTogether)
    {
        foreach (bool isReversed in (bool[])[false, true])
        {
            var (a, b) = ((access, share), (otherAccess, otherShare));
            if (isReversed) (a, b) = (b, a);
            using (var first = _one.Open(FilePath, FileMode.Open, a.access, a.share))
            {
                var error = Record.Exception(() => _other.Open(FilePath, FileMode.Open, b.Item1, b.Item2).Dispose());
                Assert.Equal(goTogether, error is null);
                if (error is not null) Assert.IsType<IOException>(error);
            }

            _other.Open(FilePath, FileMode.Open, b.Item1, b.Item2).Dispose();
        }
    }

    [Fact]
    public void Who_has_the_file_is_named_with_what_to_do()
    {
        using var first = _one.Open(FilePath, FileMode.Open, FileAccess.ReadWrite);
        var error = Assert.Throws<IOException>(() => _other.Open(FilePath, FileMode.Open, FileAccess.ReadWrite));
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        Assert.Contains("the cache one of this process", error.Message, StringComparison.Ordinal);
        Assert.Contains("FileShare.ReadWrite", error.Message, StringComparison.Ordinal);
        Assert.Null(first.UnlockedReason);

        // As many handles of one cache as one likes: they see each other's bytes.
        using var second = _one.Open(FilePath, FileMode.Open, FileAccess.ReadWrite);
    }

    [Fact]
    public void The_file_is_kept_by_its_state_until_the_last_handle_is_closed()
    {
        var reading = _one.Open(FilePath, FileMode.Open, FileAccess.Read);
        var writing = _one.Open(FilePath, FileMode.Open, FileAccess.ReadWrite);
        writing.Close();
        Assert.Throws<IOException>(() => _other.Open(FilePath, FileMode.Open, FileAccess.ReadWrite));
        Assert.Throws<IOException>(() => _other.Open(FilePath));
        reading.Close();
        _other.Open(FilePath, FileMode.Open, FileAccess.ReadWrite).Close();
    }

    [Fact]
    public void A_handle_that_another_cache_refuses_leaves_the_file_as_it_was()
    {
        using var reading = _one.Open(FilePath);
        using var otherReading = _other.Open(FilePath);
        Assert.Throws<IOException>(() => _one.Open(FilePath, FileMode.Open, FileAccess.ReadWrite));
        Assert.Single(_one.Services.Files.All.Single().Handles);
        if (OperatingSystem.IsLinux()) Assert.InRange(ProcessSections.DescriptorsOf(FilePath), 2, 4);
        otherReading.Close();
        using var writing = _one.Open(FilePath, FileMode.Open, FileAccess.ReadWrite);
        Assert.Throws<IOException>(() => _other.Open(FilePath));
    }

    [Fact]
    public void Stores_that_are_one_are_kept_apart_too()
    {
        using var store = new MemoryStore();
        using var first = _one.Open(store, leaveOpen: true);
        Assert.Contains("no local file", first.UnlockedReason, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => _other.Open(store, leaveOpen: true));
        first.Close();
        using var shared = _one.Open(store, FileShare.ReadWrite, leaveOpen: true);
        using var sharedToo = _other.Open(store, FileShare.ReadWrite, leaveOpen: true);
        Assert.Throws<ArgumentOutOfRangeException>(() => _one.Open(store, (FileShare)64));
    }

    [Fact]
    public void A_file_opened_alone_is_opened_once_by_cache_store_and_stream()
    {
        using (var first = _one.Open(FilePath, FileMode.Open, FileAccess.Read, FileShare.None))
        {
            Assert.Throws<IOException>(() => _one.Open(FilePath));
            Assert.Throws<IOException>(() => LocalFileStore.Open(FilePath));
            Assert.Throws<IOException>(() => File.ReadAllText(FilePath));
        }

        using var store = new MemoryStore();
        using (var alone = _one.Open(store, FileShare.None, leaveOpen: true))
        {
            Assert.Throws<IOException>(() => _one.Open(store, leaveOpen: true));
        }

        using var read = _one.Open(store, leaveOpen: true);
        Assert.Throws<IOException>(() => _one.Open(store, FileShare.None, leaveOpen: true));
        using var stream = new FileStream(FilePath, FileMode.Open, FileAccess.Read, FileShare.None);
        Assert.Throws<IOException>(() => _one.Open(FilePath));
    }

    [Fact]
    public void Who_is_to_have_a_file_alone_is_told_which_cache_has_it()
    {
        ProcessSections.RequireLinux();
        using var first = _one.Open(FilePath, FileMode.Open, FileAccess.ReadWrite);
        var own = Assert.Throws<IOException>(
            () => _one.Open(FilePath, FileMode.Open, FileAccess.Read, FileShare.None));
        Assert.Contains("FileShare.None: this cache has it open", own.Message, StringComparison.Ordinal);
        var other = Assert.Throws<IOException>(
            () => _other.Open(FilePath, FileMode.Open, FileAccess.Read, FileShare.None));
        Assert.Contains("the cache one of this process", other.Message, StringComparison.Ordinal);
        first.Close();
        using var alone = _one.Open(FilePath, FileMode.Open, FileAccess.Read, FileShare.None);
        own = Assert.Throws<IOException>(() => _one.Open(FilePath));
        Assert.Contains("a handle of this cache has it for itself alone", own.Message, StringComparison.Ordinal);
        other = Assert.Throws<IOException>(() => _other.Open(FilePath));
        Assert.Contains("the cache one of this process has it open for itself alone", other.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_readers_none_is_told_of_a_writer_who_is_not_there()
    {
        using var first = _one.Open(FilePath);
        var error = Assert.Throws<IOException>(
            () => _other.Open(FilePath, FileMode.Open, FileAccess.Read, FileShare.Write));
        Assert.Contains("the cache one of this process reads it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_programs_and_the_system_cache_are_let_in()
    {
        ProcessSections.RequireLinux();
        using var file = _one.Open(FilePath, FileMode.Open, FileAccess.ReadWrite);
        file.Write(0, "CONTENT"u8);
        file.Flush();
        Assert.Equal("CONTENT", File.ReadAllText(FilePath));
        using var system = SystemFile.Open(FilePath);
        system.FlushAndPurge();
    }

    [Theory]
    [InlineData(FileAccess.ReadWrite, FileShare.Read, FileAccess.ReadWrite, FileShare.Read, false)]
    [InlineData(FileAccess.ReadWrite, FileShare.Read, FileAccess.ReadWrite, FileShare.ReadWrite, false)]
    [InlineData(FileAccess.ReadWrite, FileShare.ReadWrite, FileAccess.Read, FileShare.Read, false)]
    [InlineData(FileAccess.Read, FileShare.Read, FileAccess.ReadWrite, FileShare.Read, false)]
    [InlineData(FileAccess.Read, FileShare.Read, FileAccess.Read, FileShare.Read, true)]
    [InlineData(FileAccess.Read, FileShare.Write, FileAccess.Read, FileShare.ReadWrite, true)]
    [InlineData(FileAccess.ReadWrite, FileShare.ReadWrite, FileAccess.ReadWrite, FileShare.ReadWrite, true)]
    public void Caches_of_two_processes_are_kept_apart_as_those_of_one(
        FileAccess access, FileShare share, FileAccess childAccess, FileShare childShare, bool goTogether)
    {
        ProcessSections.RequireLinux();
        using (var file = _one.Open(FilePath, FileMode.Open, access, share))
        {
            using var refused = StartChild(childAccess, childShare);
            string said = refused.Read();
            Assert.Equal(goTogether, said == "open");
            if (!goTogether) Assert.Contains($"process {Environment.ProcessId}", said, StringComparison.Ordinal);
            refused.Finish();
        }

        using var child = StartChild(childAccess, childShare);
        child.Expect("open");
        var error = Record.Exception(() => _one.Open(FilePath, FileMode.Open, access, share).Dispose());
        Assert.Equal(goTogether, error is null);
        if (error is not null) Assert.Contains($"process {child.Id}", error.Message, StringComparison.Ordinal);
        child.Finish();
        _one.Open(FilePath, FileMode.Open, access, share).Dispose();
    }

    [Fact]
    public void A_handle_that_another_process_refuses_leaves_the_lock_as_it_was()
    {
        ProcessSections.RequireLinux();
        using var file = _one.Open(FilePath);
        using (var reader = StartChild(FileAccess.Read, FileShare.Read))
        {
            reader.Expect("open");
            Assert.Throws<IOException>(() => _one.Open(FilePath, FileMode.Open, FileAccess.ReadWrite));
            reader.Finish();
        }

        using (var writer = StartChild(FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            Assert.Contains($"process {Environment.ProcessId}", writer.Read(), StringComparison.Ordinal);
            writer.Finish();
        }

        // The lock moves to the opening that can write, and is one that nobody goes beside.
        _one.Open(FilePath, FileMode.Open, FileAccess.ReadWrite).Close();
        using var nobody = StartChild(FileAccess.Read, FileShare.Read);
        Assert.Contains($"process {Environment.ProcessId}", nobody.Read(), StringComparison.Ordinal);
        nobody.Finish();
    }

    [Fact]
    public void What_another_process_wrote_and_closed_is_read_and_never_overwritten()
    {
        ProcessSections.RequireLinux();
        using var child = StartChild(FileAccess.ReadWrite, FileShare.Read);
        child.Expect("open");
        child.Say("from the child, longer than before");
        child.Expect("written");
        Assert.Throws<IOException>(() => _one.Open(FilePath, FileMode.Create, FileAccess.ReadWrite));
        child.Finish();
        using var file = _one.Open(FilePath, FileMode.Open, FileAccess.ReadWrite);
        byte[] got = new byte[100];
        string read = System.Text.Encoding.ASCII.GetString(got, 0, file.Read(0, got));
        Assert.Equal("from the child, longer than before", read);
    }

    [Fact]
    public async Task Closing_and_opening_by_turns_never_meets_the_lock_of_the_handle_before()
    {
        int turns = TestRun.IsFull ? 5000 : 500;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (int turn = 0; turn < turns; turn++)
            {
                var access = turn % 3 == 0 ? FileAccess.Read : FileAccess.ReadWrite;
                var file = turn % 2 == 0
                    ? _one.Open(FilePath, FileMode.Open, access)
                    : await _one.OpenAsync(FilePath, FileMode.Open, access);
                await file.DisposeAsync();
            }
        })));
        Assert.Empty(_one.Services.Files.All);
        _other.Open(FilePath, FileMode.Open, FileAccess.ReadWrite).Close();
    }

    [Fact]
    public void A_cache_that_nobody_closed_and_nobody_has_keeps_no_store()
    {
        var store = new MemoryStore();
        OpenAndForget(store);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var file = _other.Open(store);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void OpenAndForget(MemoryStore store)
    {
        var options = new FileCacheOptions { CapacityBytes = 1 << 20, LazyWriterInterval = TimeSpan.Zero };
        _ = new FileCache(options).Open(store, leaveOpen: true);
    }

    private ChildProcess StartChild(FileAccess access, FileShare share) =>
        new(FileHolder.Name, FilePath, access.ToString(), share.ToString());
}
