using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using Concord.Tests.Interop;

namespace Concord.Tests.Cli;

/// <summary>Files that are looked at again and again, and pictures of them.</summary>
[Collection(SideBySide.Command)]
public class WatchTests
{
    private const string Script = "/usr/bin/script";

    public WatchTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Fact]
    public void Each_look_is_a_line_of_JSON_with_what_changed()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 40_000);
        Assert.SkipUnless(ConcordProgram.Run("purge", path).ExitCode == 0, "nothing can be dropped here");
        using Process watch = ConcordProgram.Start(null, [], "watch", "--json", "--interval", "0.1", folder.Path);
        JsonElement first = JsonDocument.Parse(watch.StandardOutput.ReadLine()!).RootElement;
        Assert.Equal(0, first.GetProperty("files")[0].GetProperty("residentPages").GetInt64());
        Assert.Equal(
            JsonValueKind.Null, first.GetProperty("files")[0].GetProperty("residentBytesPerSecond").ValueKind);
        ConcordProgram.Run("load", path).Exits(0);
        JsonElement look;
        do look = JsonDocument.Parse(watch.StandardOutput.ReadLine()!).RootElement.GetProperty("totals");
        while (look.GetProperty("residentPages").GetInt64() < 10);
        Assert.True(look.GetProperty("residentBytesPerSecond").GetDouble() > 0);
        Signals.Interrupt(watch.Id);
        watch.StandardOutput.ReadToEnd();
        watch.WaitForExit();
        Assert.Equal(0, watch.ExitCode);
    }

    [Fact]
    public void In_a_pipe_it_writes_plain_lines_and_ends_after_a_count()
    {
        using var folder = new Folder();
        folder.Add("a \u001b[31m");
        folder.Add("b");
        string output = ConcordProgram.Run("watch", "--count", "2", "--interval", "0.1", folder.Path).Exits(0).Output;
        Assert.DoesNotContain('\u001b', output);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(7, lines.Length);
        Assert.StartsWith("TIME", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("total, 2 files", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void On_a_terminal_it_is_redrawn_and_obeys_keys()
    {
        Assert.SkipUnless(File.Exists(Script), "script of util-linux is not installed");
        using var folder = new Folder();
        folder.Add("file", 40_000);
        const string Shell = "export TERM=xterm-256color LC_ALL=C.UTF-8; "
            + "exec script -qefc \"stty rows 30 cols 120; '$0' watch --interval 30 .\" /dev/null";
        using Process watch = ConcordProgram.Start(folder.Path, ["/bin/sh", "-c", Shell]);
        Assert.Equal('\u001b', (char)watch.StandardOutput.Read());
        watch.StandardInput.Write(" s+q");
        watch.StandardInput.Flush();
        string drawn = watch.StandardOutput.ReadToEnd();
        watch.WaitForExit();
        Assert.Equal(0, watch.ExitCode);
        Assert.Contains("./file", drawn, StringComparison.Ordinal);
        Assert.Contains("\u2588", drawn, StringComparison.Ordinal);
        Assert.Contains("q ends", drawn, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--interval", "0")]
    [InlineData("--interval", "x")]
    [InlineData("--count", "0")]
    public void A_wrong_interval_or_count_is_one_line(params string[] options)
    {
        var run = ConcordProgram.Run(["watch", "file", .. options]).Exits(2);
        string line = Assert.Single(run.ErrorLines);
        Assert.StartsWith($"concord: {options[0]} is a number", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_an_error_and_told_once()
    {
        using var folder = new Folder();
        string[] paths = [folder.Add("file"), folder.At("none")];
        var run = ConcordProgram.Run(["watch", "--count", "3", "--interval", "0.1", .. paths]).Exits(2);
        Assert.Single(run.ErrorLines);
    }

    [Fact]
    public void A_picture_has_each_file_and_the_runs_of_its_pages()
    {
        using var folder = new Folder();
        string path = folder.Add("a & b <\u001b", 8 << 20);
        Assert.SkipUnless(ConcordProgram.Run("purge", path).ExitCode == 0, "nothing can be dropped here");
        ConcordProgram.Run("load", "--range", "0:1M", path).Exits(0);
        ConcordProgram.Run("status", "--svg", folder.At("map.svg"), path).Exits(0);
        string text = File.ReadAllText(folder.At("map.svg"));
        Assert.DoesNotContain('\u001b', text);
        XDocument picture = XDocument.Parse(text);
        XNamespace svg = "http://www.w3.org/2000/svg";
        Assert.Contains(
            picture.Descendants(svg + "text"),
            static element => element.Value.EndsWith("a & b <\\x1b", StringComparison.Ordinal));
        Assert.Contains(
            picture.Descendants(svg + "rect"), static element => element.Attribute("fill-opacity")?.Value == "1.0");
    }
}
