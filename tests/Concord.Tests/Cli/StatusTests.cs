using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Concord.Tests.Interop;
using Concord.Tests.SystemCache;

namespace Concord.Tests.Cli;

[Collection(SideBySide.Command)]
public class StatusTests
{
    /// <summary>
    /// The code of a run whose figures are known as far as this kernel tells them: without cachestat dirty pages are
    /// unknown.
    /// </summary>
    private static int Told => KernelView.CountsDirtyPages ? 0 : 1;

    public StatusTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Fact]
    public void A_file_just_written_is_shown_as_resident()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 5000);
        string[] lines = ConcordProgram.Run("status", path).Exits(Told).Output.Split('\n');
        Assert.StartsWith("PATH", lines[0], StringComparison.Ordinal);
        Assert.Contains("4.9 KiB", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("100%", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_has_its_documented_shape()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 5000);
        JsonElement document = ConcordProgram.Run("status", "--json", "--pages", path).Exits(Told).Json;
        Assert.Equal("status", document.GetProperty("command").GetString());
        Assert.Equal(Told, document.GetProperty("exitCode").GetInt32());
        Assert.False(document.GetProperty("interrupted").GetBoolean());
        Assert.Equal(0, document.GetProperty("errors").GetArrayLength());
        JsonElement file = document.GetProperty("files")[0];
        Assert.Equal(
            ["path", "size", "pageSize", "pages", "residentPages", "dirtyPages", "writeBackPages", "share", "runs"],
            Names(file));
        Assert.Equal(path, file.GetProperty("path").GetString());
        Assert.Equal(5000, file.GetProperty("size").GetInt64());
        Assert.Equal(1.0, file.GetProperty("share").GetDouble());
        Assert.Equal(0, file.GetProperty("runs")[0].GetProperty("first").GetInt64());
        Assert.Equal(
            file.GetProperty("pages").GetInt64() - 1, file.GetProperty("runs")[0].GetProperty("last").GetInt64());
        Assert.Equal(1, document.GetProperty("totals").GetProperty("files").GetInt64());
    }

    [Fact]
    public void Runs_of_pages_are_shown_as_ranges()
    {
        using var folder = new Folder();
        int page = Environment.SystemPageSize;
        string path = folder.Add("file", 16 * page);
        ConcordProgram.Run("purge", path, "--range", $"{4 * page}:{page}");
        JsonElement left = ConcordProgram.Run("status", path, "--json", "--pages").Json.GetProperty("files")[0];
        Assert.SkipUnless(left.GetProperty("residentPages").GetInt64() == 15,
            "the file system of the temporary directory does not drop single pages");
        Assert.Contains("pages 0-3, 5-15 of 16", ConcordProgram.Run("status", path, "--pages").Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_figure_that_the_system_does_not_tell_is_unknown()
    {
        using var folder = new Folder();
        string path = folder.Open().Add("file");
        ConcordProgram.Outcome run = ConcordProgram.RunAsNobody(folder.Path, "status", path).Exits(1);
        Assert.Contains("unknown", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("%", run.Output, StringComparison.Ordinal);
        JsonElement document = ConcordProgram.RunAsNobody(folder.Path, "status", "--json", path).Exits(1).Json;
        Assert.Equal(JsonValueKind.Null, document.GetProperty("files")[0].GetProperty("residentPages").ValueKind);
        Assert.Equal(JsonValueKind.Null, document.GetProperty("totals").GetProperty("residentPages").ValueKind);
        Assert.Equal(1, document.GetProperty("totals").GetProperty("unknownFiles").GetInt64());
    }

    [Fact]
    public void An_error_on_one_file_does_not_stop_the_rest()
    {
        using var folder = new Folder();
        string good = folder.Add("good");
        ConcordProgram.Outcome run = ConcordProgram.Run("status", folder.At("missing"), good, "/dev/null").Exits(2);
        Assert.Contains(good, run.Output, StringComparison.Ordinal);
        Assert.Equal(2, run.ErrorLines.Length);
        Assert.All(run.ErrorLines, line => Assert.StartsWith("concord: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_with_two_names_is_counted_once()
    {
        using var folder = new Folder();
        string first = folder.Add("first");
        File.CreateSymbolicLink(folder.At("link"), first);
        HardLinks.Add(first, folder.At("second"));
        folder.Add("third");
        Assert.Equal(2, Files(folder.Path));
        Assert.Equal(2, Files(folder.Path, "--follow"));
        Assert.Equal(2, Files(folder.Path, folder.At("second"), first, folder.At("third")));
    }

    [Fact]
    public void Links_are_followed_when_asked_and_loops_end()
    {
        using var folder = new Folder();
        using var other = new Folder();
        folder.Add("a/file");
        other.Add("elsewhere");
        Directory.CreateSymbolicLink(folder.At("a/loop"), folder.Path);
        Directory.CreateSymbolicLink(folder.At("out"), other.Path);
        Assert.Equal(1, Files(folder.Path));
        Assert.Equal(2, Files(folder.Path, "--follow"));
        Assert.Equal(1, Files(folder.At("out")));
    }

    [Fact]
    public void A_followed_link_that_leads_nowhere_is_counted_and_no_error()
    {
        using var folder = new Folder();
        folder.Add("file");
        File.CreateSymbolicLink(folder.At("gone"), folder.At("none"));
        File.CreateSymbolicLink(folder.At("round"), folder.At("back"));
        File.CreateSymbolicLink(folder.At("back"), folder.At("round"));
        var run = ConcordProgram.Run("status", "--follow", folder.Path).Exits(Told);
        Assert.Empty(run.Error);
        Assert.Contains("passed over: 3 symbolic links to nowhere", run.Output, StringComparison.Ordinal);
        Assert.Single(ConcordProgram.Run("status", "--follow", folder.At("gone")).Exits(2).ErrorLines);
    }

    [Fact]
    public void A_link_to_itself_is_one_error_with_a_way_out()
    {
        using var folder = new Folder();
        File.CreateSymbolicLink(folder.At("round"), folder.At("round"));
        ConcordProgram.Outcome run = ConcordProgram.Run("status", folder.At("round")).Exits(2);
        Assert.Single(run.ErrorLines);
        ConcordProgram.Run("status", folder.Path).Exits(0);
    }

    [Fact]
    public void A_socket_is_passed_over_inside_a_directory_and_an_error_by_name()
    {
        using var folder = new Folder();
        folder.Add("file");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder.At("socket")));
        ConcordProgram.Outcome inside = ConcordProgram.Run("status", folder.Path).Exits(Told);
        Assert.Contains("1 special file", inside.Output, StringComparison.Ordinal);
        Assert.Empty(inside.Error);
        Assert.Single(ConcordProgram.Run("status", folder.At("socket")).Exits(2).ErrorLines);
    }

    [Fact]
    public void Of_many_files_the_largest_are_shown_and_all_are_counted()
    {
        using var folder = new Folder();
        for (int i = 0; i < 60; i++) folder.Add($"file{i:00}", 100 + (i * 1000));
        ConcordProgram.Outcome some = ConcordProgram.Run("status", folder.Path).Exits(Told);
        Assert.Contains("total, 60 files", some.Output, StringComparison.Ordinal);
        Assert.Contains("40 files more", some.Output, StringComparison.Ordinal);
        Assert.Contains("file59", some.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("file00", some.Output, StringComparison.Ordinal);
        string all = ConcordProgram.Run("status", "--all", folder.Path).Exits(Told).Output;
        Assert.Equal(60, all.Split('\n').Count(line => line.Contains("/file", StringComparison.Ordinal)));
        Assert.Equal(
            60, ConcordProgram.Run("status", "--json", folder.Path).Json.GetProperty("files").GetArrayLength());
    }

    [Fact]
    public void An_empty_file_has_no_share()
    {
        using var folder = new Folder();
        string path = folder.Add("empty", 0);
        Assert.Contains(" -", ConcordProgram.Run("status", path).Exits(0).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(30, "status", ".")]
    [InlineData(40, "status", ".")]
    [InlineData(60, "status", ".")]
    [InlineData(80, "status", "--sort", "size", ".")]
    [InlineData(40, "watch", "--count", "1", ".")]
    [InlineData(60, "watch", "--count", "1", ".")]
    public void On_a_narrow_terminal_no_line_is_broken_and_a_path_keeps_its_end(int columns, params string[] line)
    {
        const string Script = "/usr/bin/script";
        Assert.SkipUnless(File.Exists(Script), "script of util-linux is not installed");
        using var folder = new Folder();
        folder.Add("a-directory-with-a-long-name/and-another-one/table.db", 100_000);
        folder.Add("a-directory-with-a-long-name/index.db", 5000);
        string shell = "export TERM=xterm-256color LC_ALL=C.UTF-8; exec script -qefc "
            + $"\"stty rows 30 cols {columns}; '$0' {string.Join(' ', line)}\" /dev/null";
        using Process process = ConcordProgram.Start(folder.Path, ["/bin/sh", "-c", shell]);
        process.StandardInput.Close();
        string drawn = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string[] lines = [.. Regex.Replace(drawn, "\u001b\\[[0-9;?]*[A-Za-z]", "").Split(['\n', '\r'])
            .Where(static text => text.Contains(".db", StringComparison.Ordinal))];
        Assert.Equal(2, lines.Length);
        Assert.All(lines, text => Assert.InRange(text.TrimEnd().Length, 10, columns));
        Assert.All(lines, text => Assert.Contains("100%", text, StringComparison.Ordinal));
        Assert.Contains(lines, static text => text.Contains("/index.db ", StringComparison.Ordinal));
    }

    private static int Files(params string[] args) =>
        ConcordProgram.Run(["status", "--json", .. args]).Exits(Told).Json.GetProperty("files").GetArrayLength();

    private static IEnumerable<string> Names(JsonElement element) =>
        element.EnumerateObject().Select(property => property.Name);
}
