using System.Diagnostics;
using System.Runtime.InteropServices;
using Concord.Caching;
using Concord.Tests.Stores;
using Concord.Tests.SystemCache;

namespace Concord.Tests.Caching.Views;

/// <summary>Dumps of a process with a view: they end, are small, and leave the view's bytes as they are.</summary>
[Collection(SideBySide.Children)]
public sealed class DumpTests
{
    private static readonly TimeSpan LimitOfDump = TimeSpan.FromMinutes(1);

    /// <summary>What a small program takes without the gigabyte of address space that each section reserves.</summary>
    private const long DumpBytesMax = 512L << 20;

    [Theory]
    [InlineData(ViewAccess.Read)]
    [InlineData(ViewAccess.ReadWrite)]
    [InlineData(ViewAccess.CopyOnWrite)]
    public void A_heap_dump_ends_is_small_and_changes_no_page_of_a_view(ViewAccess access) =>
        Dump(access, process => [CreateDump(), "--withheap", "--name", process.Path, process.Id]);

    [Theory]
    [InlineData(ViewAccess.ReadWrite)]
    [InlineData(ViewAccess.CopyOnWrite)]
    public void A_full_dump_ends_is_small_and_changes_no_page_of_a_view(ViewAccess access) =>
        Dump(access, process => [CreateDump(), "--full", "--name", process.Path, process.Id]);

    [Fact]
    public void A_full_dump_of_a_view_for_reading_ends_where_it_asks_what_is_mapped() =>
        Dump(
            ViewAccess.Read,
            process => [CreateDump(), "--full", "--name", process.Path, process.Id],
            new Dictionary<string, string> { ["DOTNET_DbgDisablePagemapUse"] = "0" });

    [Theory]
    [InlineData(ViewAccess.Read)]
    [InlineData(ViewAccess.ReadWrite)]
    [InlineData(ViewAccess.CopyOnWrite)]
    public void A_debuggers_core_ends_is_small_and_changes_no_page_of_a_view(ViewAccess access) =>
        Dump(access, process => [GCore(), "-o", process.Path, process.Id]);

    private static void Dump(ViewAccess access, Func<(string Id, string Path), string[]> command,
        Dictionary<string, string>? environment = null)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "views need userfaultfd");
        Assert.SkipWhen(PageFaultDispatcher.Shared.UnsupportedReason.Length > 0,
            $"views: {PageFaultDispatcher.Shared.UnsupportedReason}");
        using var folder = new TempFolder();

        // The C library reserves 64 MiB for each thread, which a debugger writes too.
        using var host = new ChildProcess(new Dictionary<string, string> { ["MALLOC_ARENA_MAX"] = "1" }, ViewHost.Name,
            access.ToString());
        host.Expect("ready");
        host.Say("present");
        string before = host.Read();

        string output = Run(command((host.Id.ToString(null, null), folder["dump"])), environment ?? []);

        long[] lengths = [.. Directory.GetFiles(folder.Path).Select(static path => new FileInfo(path).Length)];
        Assert.True(lengths is [> 0 and < DumpBytesMax], $"dumps of {string.Join(", ", lengths)} bytes: {output}");
        host.Say("present");
        Assert.Equal(before, host.Read());
        host.Say("look");
        host.Expect("0");
        host.Say("write");
        host.Expect(access == ViewAccess.ReadWrite ? "9" : "7");
        host.Finish();
    }

    private static string Run(string[] command, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        bool hasEnded = process.WaitForExit(LimitOfDump);
        if (!hasEnded) process.Kill(entireProcessTree: true);
        string all = output.Result + errors.Result;
        Assert.True(hasEnded, $"the dump does not end: {all}");
        Assert.SkipWhen(all.Contains("Operation not permitted", StringComparison.Ordinal),
            "right: this user may not trace a process");
        Assert.True(process.ExitCode == 0, all);
        return all;
    }

    private static string CreateDump()
    {
        string path = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "createdump");
        Assert.SkipUnless(System.IO.File.Exists(path), $"tool: there is no {path}");
        return path;
    }

    private static string GCore()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string? path = folders.Select(static folder => Path.Combine(folder, "gcore"))
            .FirstOrDefault(System.IO.File.Exists);
        Assert.SkipWhen(path is null, "tool: there is no gcore (gdb)");
        return path!;
    }
}
