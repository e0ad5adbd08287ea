using System.Diagnostics;
using Concord.Tests.Interop;

namespace Concord.Tests.Cli;

/// <summary>
/// Standard streams that are closed when the command starts: what the runtime has opened under their numbers is neither
/// read nor written.
/// </summary>
[Collection(SideBySide.Command)]
public class ClosedStreamTests
{
    private const string Shell = "/bin/sh";
    private const StringComparison Ordinal = StringComparison.Ordinal;

    public ClosedStreamTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Theory]
    [InlineData("load", "file", "--files-from", "-")]
    [InlineData("status", "--files-from", "-", "-0")]
    [InlineData("watch", "--files-from", "-", "--count", "1")]
    public async Task A_list_from_a_closed_standard_input_is_one_error(params string[] line)
    {
        using var folder = new Folder();
        folder.Add("file");
        using Process process = ConcordProgram.Start(folder.Path, Without("<&-"), line);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        string said = await error;
        Assert.Contains("standard input is closed", said, StringComparison.Ordinal);
        Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("<&-")]
    [InlineData(">&-")]
    [InlineData("2>&-")]
    [InlineData("<&- >&- 2>&-")]
    public void With_closed_streams_it_works_and_ends_as_ever(string closed)
    {
        using var folder = new Folder();
        folder.Add("file");

        // Errors are told while the runtime has its own files open; then a lock waits until a signal ends it.
        using Process failing = ConcordProgram.Start(folder.Path, Without(closed), "lock", "--quiet", "none");
        failing.WaitForExit();
        Assert.Equal(2, failing.ExitCode);
        using Process holder = ConcordProgram.Start(
            folder.Path, Without(closed), "lock", "--quiet", "--pid-file", "pid", "file");
        Patience.Await(() => File.ReadAllText($"/proc/{holder.Id}/status").Contains("VmLck:\t       4 kB", Ordinal));
        Signals.Send(holder.Id, Signals.Termination);
        holder.WaitForExit();
        Assert.Equal(0, holder.ExitCode);
        Assert.False(File.Exists(folder.At("pid")));
    }

    [Fact]
    public void Output_that_cannot_be_written_is_an_error()
    {
        using var folder = new Folder();
        folder.Add("file");
        using Process process = ConcordProgram.Start(folder.Path, Without("<&- >&-"), "status", "file");
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        Assert.Contains("cannot write the output", error, StringComparison.Ordinal);
    }

    private static string[] Without(string closed) => [Shell, "-c", $"exec \"$@\" {closed}", "sh"];
}
