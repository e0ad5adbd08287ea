using System.Diagnostics;
using System.Reflection;
using Concord.Tests.Caching.Stacks;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching;

/// <summary>What a process leaves in the store that ends without disposing.</summary>
[Collection(SideBySide.Children)]
public sealed class ExitFlushTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => _folder["file"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("return", "plain")]
    [InlineData("exit", "plain")]
    [InlineData("throw", "plain")]
    [InlineData("throw on a thread", "plain")]
    [InlineData("return", "dropped")]
    public void What_is_dirty_is_written_when_the_process_ends(string end, string manner)
    {
        var (code, output, errors, _) = Run(end, manner);
        Assert.Equal("written", output.Trim());
        Assert.Equal(end switch { "return" => 0, "exit" => 3, _ => 134 }, code);
        if (code != 134) Assert.Equal("", errors);
        Assert.Equal(Expected(), File.ReadAllBytes(Path));
    }

    [Fact]
    public void What_a_view_wrote_is_written_when_the_process_ends()
    {
        using (var cache = new FileCache())
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "views need userfaultfd");
            if (cache.Services.Views.Faults.UnsupportedReason is { Length: > 0 } why) Assert.Skip($"views: {why}");
        }

        Run("return", "view");
        Assert.Equal(Expected(), File.ReadAllBytes(Path));
    }

    [Theory]
    [InlineData("leased")]
    [InlineData("leased, later")]
    public void What_a_lease_shows_that_has_not_ended_is_written_when_the_process_ends(string manner)
    {
        var (_, _, errors, _) = Run("return", manner);
        Assert.Equal("", errors);
        Assert.Equal(Expected(), File.ReadAllBytes(Path));
    }

    [Theory]
    [InlineData("zero", "return")]
    [InlineData("plain", "fail fast")]
    public void Nothing_is_written_where_that_is_not_wanted_or_not_told(string manner, string end)
    {
        Run(end, manner);
        Assert.Empty(File.ReadAllBytes(Path));
    }

    [Fact]
    public void What_is_dirty_in_a_file_whose_store_lies_in_another_file_is_written_through_both()
    {
        var (_, _, errors, _) = Run("return", "stacked");
        Assert.Equal("", errors);
        using var cache = new FileCache();
        using var lowest = LocalFileStore.Open(Path);
        Assert.Equal(Expected(), new FileStack(cache, levels: 3, lowest: lowest).Stored(0, Expected().Length));
    }

    [Theory]
    [InlineData("unseen")]
    [InlineData("unseen, apart")]
    public void So_it_is_where_no_cache_knew_that_a_store_lies_in_another_file(string manner)
    {
        var (_, _, errors, _) = Run("return", manner);
        Assert.Equal("", errors);
        Assert.Equal(Expected(), File.ReadAllBytes(Path));
    }

    [Fact]
    public void So_are_the_files_of_a_cache_that_was_disposed_while_the_lowest_store_failed()
    {
        var (_, _, errors, _) = Run("return", "kept");
        Assert.Equal("", errors);
        Assert.Equal(Expected(), File.ReadAllBytes(Path));
    }

    [Fact]
    public void With_hand_over_it_does_not_matter_how_the_process_ends()
    {
        Run("fail fast", "hand over");
        Assert.Equal(Expected(), File.ReadAllBytes(Path));
    }

    [Theory]
    [InlineData("hang", "its store did not answer within 00:00:01")]
    [InlineData("fail", @"no space \x1b[31m")]
    public void What_cannot_be_written_is_a_line_on_stderr_and_other_files_are_written(string manner, string why)
    {
        var (code, _, errors, took) = Run("return", manner);
        Assert.Equal(0, code);
        string lost = $"{3 * Pages.Bytes} bytes of scripted store were not written before the process ended";
        Assert.Equal($"concord: {lost}: {why}", errors.Trim());
        Assert.Equal(Expected(), File.ReadAllBytes(Path));
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("hang, told", "TimeoutException")]
    [InlineData("fail, told", "IOException")]
    public void Who_listens_is_told_what_could_not_be_written(string manner, string why)
    {
        var (_, output, errors, _) = Run("exit", manner);
        Assert.Equal("", errors);
        string told = $"written\ntold: scripted store, {3 * Pages.Bytes}, {why}";
        Assert.Equal(told, output.ReplaceLineEndings("\n").Trim());
        Assert.Equal(Expected(), File.ReadAllBytes(Path));
    }

    [Fact]
    public void What_could_not_be_written_is_told_all_the_same_where_who_listens_throws()
    {
        var (code, output, errors, _) = Run("exit", "fail, throws");
        Assert.Equal(3, code);
        Assert.Equal("written", output.Trim());
        Assert.Contains($"concord: {3 * Pages.Bytes} bytes of scripted store", errors, StringComparison.Ordinal);
        Assert.Equal(Expected(), File.ReadAllBytes(Path));
    }

    [Fact]
    public void A_cache_with_nothing_dirty_is_kept_by_nobody()
    {
        var cache = Make();
        for (int i = 0; i < 10 && cache.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(cache.IsAlive);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static WeakReference Make()
        {
            var options = new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, SectionKind = SectionKind.Private };
            var made = new FileCache(options);
            var file = made.Open(new MemoryStore(Pages.Of(1, 4)));
            file.Write(0, [1]);
            Patience.Await(() => made.DirtyBytes == 0 && !made.LazyWriter.IsAwake);
            return new WeakReference(made.State);
        }
    }

    [Fact]
    public void However_many_files_are_dirty_64_threads_write_them_and_end_when_all_are_written()
    {
        const int Files = 70, ThreadsMax = 64;
        using var ends = new ManualResetEventSlim();
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 4 * Files * Pages.Bytes,
            SectionKind = SectionKind.Private,
            LazyWriterInterval = TimeSpan.Zero,
        });
        ScriptedStore[] stores = [.. Enumerable.Range(0, Files).Select(static _ => new ScriptedStore(Pages.Of(1)))];
        foreach (var store in stores)
        {
            cache.Open(store).Write(0, Pages.Of(7));
            store.Before = _ => ends.Wait(TestContext.Current.CancellationToken);
        }

        // As the end of the process does, of this cache alone.
        var flush = cache.Services.ExitFlush;
        typeof(Concord.Caching.ExitFlush).GetMethod("Begin", BindingFlags.Instance | BindingFlags.NonPublic)!
            .Invoke(flush, [cache.Services.Files.Dirty.Snapshot()]);
        Patience.Await(() => stores.Sum(static store => store.InFlight) >= ThreadsMax);
        int writing = stores.Sum(static store => store.InFlight), threads = ThreadsOf("Concord exit flush");
        ends.Set();
        Patience.Await(() => stores.All(static store => store.Content.AsSpan().SequenceEqual(Pages.Of(7))));
        Assert.Equal(ThreadsMax, writing);
        if (!OperatingSystem.IsLinux()) return;
        Assert.Equal(ThreadsMax, threads);
        Patience.Await(static () => ThreadsOf("Concord exit flush") == 0);
    }

    /// <summary>How many threads of this process have a name, as far as Linux keeps it; 0 elsewhere.</summary>
    private static int ThreadsOf(string name)
    {
        const int Kept = 15;
        if (!OperatingSystem.IsLinux()) return 0;
        return Directory.GetDirectories("/proc/self/task").Count(task => NameOf(task) == name[..Kept]);

        static string? NameOf(string task)
        {
            try
            {
                return File.ReadAllText(System.IO.Path.Combine(task, "comm")).Trim();
            }
            catch (IOException)
            {
                // It has ended.
                return null;
            }
        }
    }

    private static byte[] Expected() =>
        [.. Enumerable.Range(1, ExitChild.PageCount).SelectMany(static page => Pages.Of((byte)page))];

    private (int Code, string Output, string Errors, TimeSpan Took) Run(string end, string manner)
    {
        using var child = Child.StartWithErrors(ExitChild.Name, Path, end, manner);
        string output = "";
        var clock = Stopwatch.StartNew();
        var reader = new Thread(() => output = child.StandardOutput.ReadToEnd());
        reader.Start();
        string errors = child.StandardError.ReadToEnd();
        reader.Join();
        child.WaitForExit();
        return (child.ExitCode, output, errors, clock.Elapsed);
    }
}
