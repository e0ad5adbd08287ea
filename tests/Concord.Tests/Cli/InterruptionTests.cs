using System.Diagnostics;
using System.Text.Json;
using Concord.Cli.Actions;
using Concord.Tests.Interop;

namespace Concord.Tests.Cli;

[Collection(SideBySide.Command)]
public class InterruptionTests
{
    /// <summary>
    /// Their document is many times what a pipe holds (64 KiB), so that an unread one stops the program.
    /// </summary>
    private const int Files = 6000;

    public InterruptionTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Fact]
    public void Ctrl_C_stops_a_purge_between_two_files_and_says_what_was_done()
    {
        using var folder = new Folder();
        for (int i = 0; i < Files; i++) File.WriteAllBytes(folder.At($"file{i}"), []);
        using Process process = ConcordProgram.Start(null, [], "purge", "--json", folder.Path);
        char[] first = new char[1];
        Assert.Equal(1, process.StandardOutput.Read(first));

        // The program now waits for a reader of its document. It has heard the signal when it says so.
        Signals.Interrupt(process.Id);
        Assert.Equal("concord: stopping", process.StandardError.ReadLine());

        string output = new string(first) + process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(130, process.ExitCode);
        JsonElement document = JsonDocument.Parse(output).RootElement;
        Assert.True(document.GetProperty("interrupted").GetBoolean());
        Assert.Equal(130, document.GetProperty("exitCode").GetInt32());
        Assert.InRange(document.GetProperty("totals").GetProperty("files").GetInt64(), 1, Files - 1);
    }

    [Fact]
    public void A_file_that_was_stopped_in_leaves_the_sums_unknown()
    {
        var totals = new ActionTotals();
        totals.Add(new FlushOutcome("done", 10, "success", 10, 10, 1, []));
        Assert.True(totals.IsComplete);
        totals.AddInterrupted("large");
        Assert.False(totals.IsComplete);
        Assert.Equal("large", totals.Interrupted);
        Assert.Equal((1, 10, null, null), (totals.Files, totals.Size, totals.BytesWritten, totals.PagesPurged));
    }

    [Fact]
    public void Ctrl_C_in_the_demonstration_leaves_no_file()
    {
        using var folder = new Folder();
        using Process process = ConcordProgram.Start(folder.Path, []);
        Assert.NotNull(process.StandardOutput.ReadLine());
        Signals.Interrupt(process.Id);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode is 130 or 0, $"exit code {process.ExitCode}");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_reader_that_goes_away_ends_the_program_without_a_word()
    {
        using var folder = new Folder();
        for (int i = 0; i < Files; i++) File.WriteAllBytes(folder.At($"file{i}"), []);
        using Process process = ConcordProgram.Start(null, [], "status", "--json", folder.Path);
        Assert.NotEqual(-1, process.StandardOutput.Read());
        process.StandardOutput.Close();
        Assert.Empty(process.StandardError.ReadToEnd());
        process.WaitForExit();
        Assert.Equal(141, process.ExitCode);
    }
}
