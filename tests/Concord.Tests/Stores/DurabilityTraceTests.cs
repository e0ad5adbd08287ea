using System.Diagnostics;

namespace Concord.Tests.Stores;

/// <summary>
/// Which calls of the system a flush makes, in order: seen from outside, with the real kernel. Calls that are made to
/// fail, or to do a part, are made again. Needs strace.
/// </summary>
public sealed class DurabilityTraceTests : IDisposable
{
    private const string Injected = "(INJECTED)";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(StoreCaching.Automatic)]
    [InlineData(StoreCaching.Buffered)]
    public void Each_flush_makes_the_barriers_that_are_owed_and_no_other(StoreCaching caching)
    {
        var (calls, said) = Trace(caching);
        Assert.Equal("whole", said[^1]);
        Assert.Equal(["fdatasync", "fsync"], Barriers(calls["first"]));
        Assert.Empty(Barriers(calls["clean"]));
        Assert.Empty(Barriers(calls["purge"]));
        Assert.Equal(["fdatasync"], Barriers(calls["again"]));
        Assert.Equal(["fdatasync"], Barriers(calls["async"]));
        Assert.Equal(["fdatasync"], Barriers(calls["length"]));
        Assert.Equal(["fdatasync"], Barriers(calls["uncached"]));
        Assert.Empty(Barriers(calls["end"]));
    }

    [Fact]
    public void A_buffered_flush_has_the_system_begin_before_its_barrier()
    {
        var (calls, _) = Trace(StoreCaching.Buffered);
        string[] made = [.. calls["again"].Select(NameOf).Where(static name =>
            name is "sync_file_range" or "fdatasync")];
        Assert.Equal(["sync_file_range", "fdatasync"], made);
    }

    [Fact]
    public void A_ragged_end_leaves_the_systems_cache_after_the_barrier_and_stays_there_when_that_failed()
    {
        var (calls, said) = Trace(StoreCaching.Automatic);
        SkipWithoutDirect();
        Assert.Equal("fadvise64", calls["first"].Select(NameOf).Last(static name =>
            name is "fdatasync" or "fadvise64"));

        // The barrier that fails leaves it; the next one, of the step after, takes it along.
        (calls, said) = Trace(StoreCaching.Automatic, "fdatasync:error=EIO:when=1");
        Assert.Contains("first failed: WriteBackException", said);
        int barrier = calls["first"].FindIndex(static call => NameOf(call) == "fdatasync");
        Assert.DoesNotContain(calls["first"][barrier..], static call =>
            NameOf(call) == "fadvise64" && call.Contains("DONTNEED"));
        Assert.Equal("whole", said[^1]);
    }

    [Theory]
    [InlineData("fdatasync")]
    [InlineData("fsync")]
    public void A_barrier_that_fails_the_first_time_is_made_again(string call)
    {
        var (calls, said) = Trace(StoreCaching.Automatic, $"{call}:error=EIO:when=1");
        Assert.Contains("first failed: WriteBackException", said);
        Assert.Contains(calls["first"], line => line.Contains(Injected, StringComparison.Ordinal));

        // The step that found nothing to do before has something to make durable now, name and bytes.
        string[] later = [.. calls.Where(static step => step.Key != "first").SelectMany(static step =>
            Barriers(step.Value))];
        Assert.Contains(call, later);
        Assert.Contains("fdatasync", later);
        Assert.Contains("fsync", later);
        Assert.Equal("whole", said[^1]);
    }

    [Fact]
    public void Of_a_write_that_did_a_part_the_rest_goes_to_its_own_place()
    {
        // The kernel is not asked, and a page counts as written: it stays what it was, and all behind it is there.
        var (calls, said) = Trace(StoreCaching.Automatic, $"pwritev:retval={Caching.Pages.Bytes}:when=1");
        SkipWithoutDirect();
        string[] writes = [.. calls["first"].Where(static call => NameOf(call) == "pwritev")];
        Assert.Contains(Injected, writes[0]);
        Assert.Contains("behind the first page all is there", said);
        Assert.Equal(2, writes.Length);
    }

    [Fact]
    public void A_ragged_end_that_a_failed_barrier_left_leaves_with_the_next_good_one()
    {
        var (calls, said) = Trace(StoreCaching.Direct, "fdatasync:error=EIO:when=1", DurableCalls.RaggedEnd);
        SkipWithoutDirect();
        Assert.Contains("first failed: IOException", said);
        Assert.DoesNotContain(calls["first"], static call => call.Contains("DONTNEED", StringComparison.Ordinal));
        Assert.Contains("again done", said);
        Assert.Contains(calls["again"], static call => call.Contains("DONTNEED", StringComparison.Ordinal));
    }

    [Fact]
    public void A_direct_read_that_was_answered_before_the_wanted_bytes_goes_on()
    {
        // The kernel is not asked, and the call has one byte, of those before.
        var (_, said) = Trace(StoreCaching.Direct, "pread64:retval=1:when=1", DurableCalls.InnerRead, isOfFile: true);
        SkipWithoutDirect();
        Assert.Equal("whole", said[^1]);
        Assert.Contains(Injected, File.ReadAllText(_folder["trace"]), StringComparison.Ordinal);
    }

    private void SkipWithoutDirect()
    {
        using var store = LocalFileStore.Open(_folder["probe"], FileMode.OpenOrCreate, FileAccess.ReadWrite);
        Assert.SkipWhen(store.Caching != StoreCaching.Direct,
            $"the file system has no direct I/O: {store.BufferedReason}");
    }

    private static string[] Barriers(IEnumerable<string> calls) =>
        [.. calls.Select(NameOf).Where(static name => name is "fdatasync" or "fsync" or "syncfs")];

    private static string NameOf(string call) => call.Split('(')[0];

    /// <summary>The calls of each step, and what the child said.</summary>
    private (Dictionary<string, List<string>> Calls, string[] Said) Trace(
        StoreCaching caching, string? injected = null, string what = DurableCalls.Flushes, bool isOfFile = false)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "strace is Linux's");
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed; it shows the system calls");
        string place = Directory.CreateDirectory(_folder[Path.GetRandomFileName()]).FullName, trace = _folder["trace"];
        string[] options = injected is null ? [] : ["-e", $"inject={injected}"];
        if (isOfFile) options = [.. options, "-P", Path.Combine(place, "file")];
        string shown = "trace=fdatasync,fsync,syncfs,sync_file_range,fadvise64,pwritev,pread64,?lstat,?newfstatat";
        var start = new ProcessStartInfo(
            "/usr/bin/strace",
            [
                "-f", "-qq", "-o", trace, "-e", shown, .. options,
                Environment.ProcessPath!, "--child", DurableCalls.Name, $"{caching}", place, what,
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        string[] said = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Assert.SkipWhen(errors.Result.Contains("Operation not permitted", StringComparison.Ordinal),
            "this user may not trace processes");
        Assert.True(process.ExitCode == 0, errors.Result);
        return (ByStep(File.ReadAllLines(trace)), said);
    }

    private static Dictionary<string, List<string>> ByStep(string[] trace)
    {
        var steps = new Dictionary<string, List<string>>();
        List<string>? step = null;
        foreach (string line in trace)
        {
            // A number of the thread, then the call; one that another call interrupted is shown in two lines.
            string call = line[(line.IndexOf(' ') + 1)..].TrimStart();
            int mark = call.IndexOf(DurableCalls.Mark, StringComparison.Ordinal);
            if (mark >= 0) steps[call[(mark + DurableCalls.Mark.Length)..].Split('"')[0]] = step = [];
            else if (!call.StartsWith("<...", StringComparison.Ordinal)) step?.Add(call);
        }

        return steps;
    }
}
