using System.Diagnostics;
using System.Text.Json;
using Concord.Tests.Interop;

namespace Concord.Tests.Cli;

/// <summary>
/// What the command says where things go wrong: in words that help, and as a document where one is wanted.
/// </summary>
[Collection(SideBySide.Command)]
public class ReportTests
{
    public ReportTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Theory]
    [InlineData("status", "status", "--json")]
    [InlineData("status", "status", "--json", "file", "--unheard-of")]
    [InlineData("load", "load", "file", "--json", "--range", "x")]
    [InlineData("purge", "purge", "file", "--quiet", "--json")]
    [InlineData("bench", "bench", "none", "--json")]
    [InlineData("status", "status", "file", "--svg", "none/map.svg", "--json")]
    [InlineData("lock", "lock", "none", "--json")]
    [InlineData("lock", "lock", "none", "--daemon", "--json")]
    [InlineData("watch", "watch", "--files-from", "none", "--json")]
    [InlineData("manual", "manual", "--json")]
    [InlineData("concord", "stats", "--json")]
    public void What_fails_before_there_is_a_document_writes_one_with_the_error(string command, params string[] line)
    {
        using var folder = new Folder();
        folder.Add("file");
        var run = ConcordProgram.RunIn(folder.Path, line).Exits(2);
        string error = Assert.Single(run.ErrorLines);
        Assert.Equal(command, run.Json.GetProperty("command").GetString());
        Assert.Equal(error, $"concord: {run.Json.GetProperty("error").GetString()}");
        Assert.Equal(2, run.Json.GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public void What_only_looks_like_the_option_asks_for_no_document()
    {
        Assert.Empty(ConcordProgram.Run("status", "--unheard-of", "--", "--json").Exits(2).Output);
    }

    [Fact]
    public void A_tour_that_is_stopped_says_so_in_a_document()
    {
        using var folder = new Folder();
        using Process process = ConcordProgram.Start(folder.Path, [], "bench", "--json");
        Patience.Await(() => Directory.EnumerateFileSystemEntries(folder.Path).Any());
        Signals.Interrupt(process.Id);
        JsonElement document = JsonDocument.Parse(process.StandardOutput.ReadToEnd()).RootElement;
        process.WaitForExit();
        Assert.Equal(130, process.ExitCode);
        Assert.Equal("it was stopped", document.GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("purge", "no file was purged\n1 error: what they name was not purged\n", "none")]
    [InlineData("flush", "no file was flushed\n1 error: what they name was not flushed\n", "none")]
    [InlineData("load", "no file was loaded\n1 error: what they name was not loaded\n", "none")]
    [InlineData("purge", "no file was purged\n1 name left out by", "file", "--include", "*.db")]
    [InlineData("load", "1 error: what they name was not loaded", "file", "none")]
    public void What_was_not_done_is_told(string command, string said, params string[] rest)
    {
        using var folder = new Folder();
        folder.Add("file");
        var run = ConcordProgram.RunIn(folder.Path, [command, .. rest]);
        Assert.Contains(said, run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("0 files", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("folder is a directory; name a file", "bench", "folder")]
    [InlineData("none: there is no such file; check the path", "bench", "none")]
    [InlineData("folder: it is a directory; name a file with paths", "load", "--files-from", "folder")]
    [InlineData("folder: it is a directory; name a file with paths", "watch", "--files-from", "folder")]
    [InlineData("none: there is no such file; check the path", "load", "--files-from", "none")]
    [InlineData("zeros: the list has zero bytes in it", "purge", "--files-from", "zeros")]
    [InlineData("new: it is a snapshot of another version", "load", "--files-from", "new")]
    [InlineData("old: it is a snapshot, in which no zero", "load", "--files-from", "old", "--null")]
    [InlineData("json: it is a JSON document", "load", "--files-from", "json")]
    public void An_input_of_the_wrong_kind_is_one_error_that_says_what_would_be_right(string said, params string[] line)
    {
        using var folder = new Folder();
        folder.Add("folder/file");
        string file = folder.Add("file");
        File.WriteAllText(folder.At("zeros"), $"{file}\0{file}\0");
        File.WriteAllText(folder.At("new"), $"# concord snapshot 9\n{file}\n");
        File.WriteAllText(folder.At("old"), $"# concord snapshot 1\n{file}\n 0:4096\n# end, 1 files\n");
        File.WriteAllText(folder.At("json"), ConcordProgram.Run("snapshot", "--json", file).Exits(0).Output);
        var run = ConcordProgram.RunIn(folder.Path, line).Exits(2);
        Assert.StartsWith($"concord: {said}", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secret: it may not be opened; run as a user who may", "status", "secret")]
    [InlineData("secret: it may not be opened; run as a user who may", "lock", "secret")]
    [InlineData("secret: it may not be opened; run as a user who may", "bench", "secret")]
    [InlineData("secret: it may not be read; run as a user who may", "load", "--files-from", "secret")]
    [InlineData("--pid 1: its files are shown to its own user and to root alone", "status", "--pid", "1")]
    public void What_may_not_be_read_is_one_error_with_a_way_out(string said, params string[] line)
    {
        using var folder = new Folder();
        string secret = folder.Open().Add("secret", 100_000);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(secret, UnixFileMode.None);
        var run = ConcordProgram.RunAsNobody(folder.Path, line).Exits(2);
        Assert.StartsWith($"concord: {said}", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_that_look_like_written_out_characters_are_told_from_them()
    {
        using var folder = new Folder();
        folder.Add("a\u001b");
        folder.Add(@"a\x1b");
        foreach (string[] line in (string[][])[["status", "."], ["status", "--all", "."], ["snapshot", "."]])
        {
            string text = ConcordProgram.RunIn(folder.Path, line).Output;
            Assert.Contains(@"a\x1b", text, StringComparison.Ordinal);
            Assert.Contains(@"a\x5cx1b", text, StringComparison.Ordinal);
        }

        Assert.Contains(@"b\x5cx07: ", ConcordProgram.RunIn(folder.Path, "status", @"b\x07").Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_directive_of_the_parser_is_no_command() =>
        Assert.Single(ConcordProgram.Run("[suggest] ").Exits(2).ErrorLines);
}
