using System.Diagnostics;
using System.Runtime.InteropServices;
using Concord.Cli.Actions;
using Concord.Cli.Files;
using Concord.Cli.Interop;
using Concord.Tests.Interop;
using Concord.Tests.SystemCache;

namespace Concord.Tests.Cli;

/// <summary>How the command ends: by signals, where it cannot write, and where it may not.</summary>
[Collection(SideBySide.Command)]
public class EndingTests
{
    private const string Shell = "/bin/sh";

    /// <summary>Output goes into a pipe that is full, and that nobody reads.</summary>
    private const string IntoFullPipe = "mkfifo pipe; exec 3<>pipe; head -c 65536 /dev/zero >&3; exec \"$@\" >&3";

    /// <summary>
    /// Their document is many times what a pipe holds (64 KiB), so that an unread one stops the program.
    /// </summary>
    private const int Files = 3000;

    public EndingTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Theory]
    [InlineData(Signals.HangUp, 129)]
    [InlineData(Signals.Termination, 143)]
    public void Each_signal_has_its_own_code(int signal, int code)
    {
        using var folder = new Folder();
        using Process process = StartBlocked(folder);
        Signals.Send(process.Id, signal);
        Assert.Equal("concord: stopping", process.StandardError.ReadLine());
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(code, process.ExitCode);
    }

    [Fact]
    public void A_second_signal_ends_it_while_the_system_keeps_it()
    {
        using var folder = new Folder();
        folder.Add("file");
        string[] by = [Shell, "-c", IntoFullPipe, "sh"];
        using Process process = ConcordProgram.Start(folder.Path, by, "purge", "--json", "none", "file");
        Assert.Contains("none", process.StandardError.ReadLine(), StringComparison.Ordinal);
        Signals.Send(process.Id, Signals.Termination);
        Assert.Equal("concord: stopping", process.StandardError.ReadLine());

        // Nobody reads its document: it waits in a write for ever.
        Signals.Send(process.Id, Signals.Interruption);
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(30)));
        Assert.Equal(130, process.ExitCode);
    }

    [Fact]
    public void Where_errors_cannot_be_written_the_work_goes_on()
    {
        using var folder = new Folder();
        folder.Add("file");
        foreach (string target in (string[])["/dev/full", "&-"])
        {
            string[] by = [Shell, "-c", $"exec \"$@\" 2>{target}", "sh"];
            using Process process = ConcordProgram.Start(folder.Path, by, "status", "none", "file");
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.Equal(2, process.ExitCode);
            Assert.Contains("file", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_limit_for_the_length_of_files_is_an_error_and_leaves_nothing()
    {
        using var folder = new Folder();

        // The runtime maps its own code through a file beyond the limit, unless it is told not to.
        const string Limited = "ulimit -f 8; DOTNET_EnableWriteXorExecute=0 exec \"$@\"";
        using Process process = ConcordProgram.Start(folder.Path, [Shell, "-c", Limited, "sh"], "tour");
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        Assert.StartsWith("concord: ", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Processors_that_it_is_not_made_for_are_refused_with_a_sentence()
    {
        Assert.Null(HostLimits.Refuse(Architecture.X64));
        Assert.Null(HostLimits.Refuse(Architecture.Arm64));
        Architecture[] others = [Architecture.X86, Architecture.Arm, Architecture.RiscV64, (Architecture)99];
        foreach (Architecture other in others)
        {
            Assert.Contains("Concord runs on 64-bit x86", HostLimits.Refuse(other), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_load_that_is_stopped_says_what_it_did()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 40_000);
        using (SystemFile opened = SystemFile.Open(path)) opened.FlushAndPurge();
        using CancellationTokenSource stopped = new();
        stopped.Cancel();
        var file = new WalkedFile(path, default, 0, IsNamed: true);
        var outcome = (LoadOutcome)new LoadAction().Apply(file, new Tally(), stopped.Token);
        Assert.Equal(40_000, outcome.Size);
        Assert.Equal(0, outcome.BytesLoaded);
    }

    [Fact]
    public void A_load_says_what_is_there_afterwards()
    {
        using var folder = new Folder();
        folder.Add("file", 40_000);
        var load = ConcordProgram.RunIn(folder.Path, "load", "--json", "file").Exits(0).Json;
        Assert.Equal(10, load.GetProperty("files")[0].GetProperty("residentPages").GetInt64());
        Assert.Equal(10, load.GetProperty("totals").GetProperty("pages").GetInt64());
        string text = ConcordProgram.RunIn(folder.Path, "load", "file").Exits(0).Output;
        Assert.Contains("all of it there now", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_load_looks_whether_all_of_it_is_there()
    {
        // What a file in memory has not got is not brought in by reading it.
        using Place place = Place.Make(Place.Tmpfs);
        string path = place.WriteFile(3);
        using (FileStream stream = new(path, FileMode.Open)) stream.SetLength(10L * Environment.SystemPageSize);
        string text = ConcordProgram.Run("load", path).Exits(1).Output;
        Assert.Contains("3 of 10 pages there now", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_kernel_makes_when_it_is_read_is_neither_opened_nor_unknown()
    {
        const string Made = "/sys/kernel/mm/transparent_hugepage/enabled";
        Assert.SkipUnless(File.Exists(Made), "this kernel has no huge pages to ask about");
        var status = ConcordProgram.Run("status", "--json", Made).Exits(0).Json;
        Assert.Equal(0, status.GetProperty("files")[0].GetProperty("residentPages").GetInt64());
        Assert.Contains("none left", ConcordProgram.Run("purge", Made).Exits(0).Output, StringComparison.Ordinal);
    }

    private static Process StartBlocked(Folder folder)
    {
        for (int i = 0; i < Files; i++) File.WriteAllBytes(folder.At($"file{i}"), []);
        Process process = ConcordProgram.Start(null, [], "purge", "--json", folder.Path);
        Assert.Equal(1, process.StandardOutput.Read(new char[1]));
        return process;
    }
}
