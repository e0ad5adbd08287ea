using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Concord.Cli.Actions;
using Concord.Cli.Files;

namespace Concord.Tests.Cli;

/// <summary>Which files a command treats, and which bytes of them.</summary>
[Collection(SideBySide.Command)]
public class SelectionTests
{
    public SelectionTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Theory]
    [InlineData("\n")]
    [InlineData("\0", "--null")]
    [InlineData("\0", "-0")]
    public void Paths_are_taken_from_a_list_and_from_standard_input(string end, params string[] options)
    {
        using var folder = new Folder();
        string[] paths = [folder.Add("one"), folder.Add("two words"), folder.Add("inner/three")];
        File.WriteAllText(folder.At("list"), string.Join(end, paths));
        string[] line = ["status", "--json", "--files-from", folder.At("list"), .. options];
        Assert.Equal(paths, Paths(ConcordProgram.Run(line).Exits(0).Json));

        using Process process = ConcordProgram.Start(null, [], ["status", "--json", "--files-from", "-", .. options]);
        process.StandardInput.Write(string.Concat(paths.Select(path => path + end)));
        process.StandardInput.Close();
        Assert.Equal(paths, Paths(JsonDocument.Parse(process.StandardOutput.ReadToEnd()).RootElement));
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void A_list_names_files_of_any_bytes_once_and_missing_ones_are_errors()
    {
        using var folder = new Folder();
        string file = folder.Add("file");
        using (Process shell = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "printf x > \"$(printf 'bad\\377')\""])
            {
                WorkingDirectory = folder.Path,
            })!)
            shell.WaitForExit();
        byte[] list = [.. Encoding.UTF8.GetBytes($"{file}\n{file}\n\n"), .. "bad\u00ff\nnone\n"u8];
        int at = list.AsSpan().IndexOf("\u00ff"u8);
        File.WriteAllBytes(folder.At("list"), [.. list[..at], 255, .. list[(at + 2)..]]);
        var run = ConcordProgram.RunIn(folder.Path, "status", "--json", "--files-from", "list").Exits(2);
        Assert.Equal([file, "bad\\xff"], Paths(run.Json));
        Assert.Contains("none: there is no such file", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        using Process cleaner = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "rm -f bad*"]) { WorkingDirectory = folder.Path })!;
        cleaner.WaitForExit();
    }

    [Theory]
    [InlineData("a.log b.log logs/c.log", "--include", "*.log")]
    [InlineData("a.log b.log", "--include", "*.log", "--exclude", "logs")]
    [InlineData("a.log data.db", "--exclude", "[b]*", "--exclude", "logs")]
    [InlineData("logs/c.log", "--include", "*/logs/*")]
    [InlineData("logs/c.log", "--include", "logs/*")]
    [InlineData("a.log b.log data.db", "--exclude", "logs/*.log")]
    [InlineData("a.log b.log logs/c.log", "--max-file-size", "4k")]
    public void Names_and_sizes_choose_the_files_of_a_tree(string expected, params string[] options)
    {
        using var folder = new Folder();
        foreach (string name in (string[])["a.log", "b.log", "logs/c.log"]) folder.Add(name);
        folder.Add("data.db", 8192);
        string[] found = [.. Paths(ConcordProgram.Run(["status", "--json", folder.Path, .. options]).Exits(0).Json)
            .Select(path => Path.GetRelativePath(folder.Path, path)).Order(StringComparer.Ordinal)];
        Assert.Equal(expected.Split(' '), found);
        Assert.Contains("left out by", ConcordProgram.Run(["status", folder.Path, .. options]).Exits(0).Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void One_file_system_leaves_out_what_is_mounted_inside()
    {
        Assert.SkipUnless(SystemCache.Rights.MayMount, "mounting needs CAP_SYS_ADMIN");
        using var folder = new Folder();
        folder.Add("file");
        Directory.CreateDirectory(folder.At("other"));
        Interop.Native.Succeeded(Interop.Native.Mount("none", folder.At("other"), "tmpfs", 0, ""), "mount a tmpfs");
        try
        {
            File.WriteAllBytes(folder.At("other/inside"), new byte[1]);
            Assert.Equal(2, Paths(ConcordProgram.Run("status", "--json", folder.Path).Json).Length);
            Assert.Equal(
                [folder.At("file")],
                Paths(ConcordProgram.Run("status", "--json", "--one-file-system", folder.Path).Exits(0).Json));
        }
        finally
        {
            Interop.Native.Succeeded(Interop.Native.Umount(folder.At("other")), "take the mount away");
        }
    }

    [Fact]
    public void The_files_of_a_process_are_those_it_maps_or_has_open()
    {
        using var folder = new Folder();
        string mapped = folder.Add("mapped"), open = folder.Add("open");
        using Process mapper = ConcordProgram.Start(
            null, ["/bin/sh", "-c", "exec 9< \"$0\"; exec \"$@\"", open], "map-for-demonstration", mapped);
        mapper.StandardInput.WriteLine("touch");
        mapper.StandardInput.Flush();
        Assert.NotNull(mapper.StandardOutput.ReadLine());
        string[] paths = Paths(ConcordProgram.Run(
            "status", "--json", "--pid", $"{mapper.Id}", "--include", $"{folder.Path}/*").Exits(0).Json);
        Assert.Equal([mapped, open], paths);
        mapper.StandardInput.Close();
        mapper.WaitForExit();
        var run = ConcordProgram.Run("status", "--pid", $"{mapper.Id}").Exits(2);
        Assert.Contains("there is no process", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status", 2)]
    [InlineData("load", 1)]
    [InlineData("flush", 1)]
    public void A_range_is_treated_and_reported_as_it_was_asked(string command, long offsetPages)
    {
        using var folder = new Folder();
        string path = folder.Add("file", 40_000);
        string asked = $"{offsetPages * 4}k:1M";
        JsonElement run = ConcordProgram.Run(command, "--json", "--range", asked, path).Exits(0).Json;
        JsonElement file = run.GetProperty("files")[0], range = file.GetProperty("range");
        Assert.Equal(40_000, file.GetProperty("size").GetInt64());
        Assert.Equal(offsetPages * 4096, range.GetProperty("offset").GetInt64());
        Assert.Equal(40_000 - offsetPages * 4096, range.GetProperty("length").GetInt64());
        Assert.Equal(40_000 - offsetPages * 4096, run.GetProperty("totals").GetProperty("bytesAsked").GetInt64());
        if (file.TryGetProperty("pages", out JsonElement pages)) Assert.Equal(10 - offsetPages, pages.GetInt64());
        string text = ConcordProgram.Run(command, "--range", "4k:8k", path).Exits(0).Output;
        Assert.Contains("8.0 KiB", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_load_of_a_range_leaves_the_rest_alone()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 8 << 20);
        Assert.SkipUnless(ConcordProgram.Run("purge", path).ExitCode == 0, "nothing can be dropped here");
        ConcordProgram.Run("load", "--range", "0:64k", path).Exits(0);
        using SystemFile file = SystemFile.Open(path);
        Assert.Equal(16, file.Query(new ByteRange(0, 64 << 10), ResidencyDetail.Counts).Resident);
        Assert.Equal(0, file.Query(new ByteRange(4 << 20, 4 << 20), ResidencyDetail.Counts).Resident);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("load")]
    [InlineData("flush")]
    [InlineData("purge")]
    public void Quiet_leaves_the_errors_and_the_exit_code(string command)
    {
        using var folder = new Folder();
        string path = folder.Add("file");
        Assert.Empty(ConcordProgram.Run(command, "--quiet", path).Output);
        var run = ConcordProgram.Run(command, "-q", folder.At("none")).Exits(2);
        Assert.Empty(run.Output);
        Assert.Single(run.ErrorLines);
    }

    [Theory]
    [InlineData("--columns", "path,seize")]
    [InlineData("--sort", "where")]
    [InlineData("--reverse")]
    [InlineData("--max-file-size", "0")]
    [InlineData("--pid", "x")]
    [InlineData("--null")]
    public void A_wrong_choice_is_one_line_that_says_what_would_be_right(params string[] options)
    {
        var run = ConcordProgram.Run(["status", "file", .. options]).Exits(2);
        Assert.StartsWith($"concord: {options[0]} ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_and_order_are_as_asked()
    {
        using var folder = new Folder();
        folder.Add("small", 4096);
        folder.Add("large", 40_960);
        folder.Add("middle", 8192);
        string[] line = ["status", folder.Path, "--columns", "size,path", "--bytes", "--sort", "size"];
        Assert.Equal(
            ["SIZE", "40960", "8192", "4096", "53248"],
            Lines(line).Select(static row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
        Assert.Equal(
            ["SIZE", "4096", "8192", "40960", "53248"],
            Lines([.. line, "--reverse", "--all"])
                .Select(static row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]));
        Assert.Equal(
            ["large", "middle", "small"],
            Paths(ConcordProgram.Run("status", "--json", "--sort", "path", folder.Path).Json).Select(Path.GetFileName));
        Assert.Equal(
            ["40960", "8192", "4096", "53248"],
            Lines([.. line, "--no-header"]).Select(static row => row.Trim().Split(' ')[0]));
        Assert.Contains(
            "[##########]", ConcordProgram.Run("status", "--columns", "where", folder.At("large")).Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_load_reads_side_by_side_and_tells_each_file_in_order()
    {
        using var folder = new Folder();
        string[] paths = [.. Enumerable.Range(0, 300).Select(i => folder.Add($"{i}", 5000))];
        JsonElement run = ConcordProgram.Run(["load", "--json", "--jobs", "8", .. paths]).Exits(0).Json;
        Assert.Equal(paths, Paths(run));
        Assert.Equal(600, run.GetProperty("totals").GetProperty("residentPages").GetInt64());
    }

    [Fact]
    public void A_pace_makes_readers_wait_for_what_they_read_together()
    {
        var clock = new HandClock();
        var pace = new Pace(bytesPerSecond: 1 << 20, clock);
        Assert.Equal(TimeSpan.FromSeconds(0.5), pace.Take(512 << 10));
        Assert.Equal(TimeSpan.FromSeconds(1), pace.Take(512 << 10));
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(0.25), pace.Take(256 << 10));
    }

    [Theory]
    [InlineData("*.log", "dir/a.log", true)]
    [InlineData("*.log", "dir.log/a", false)]
    [InlineData("dir*/a", "dir/inner/a", true)]
    [InlineData("inner", "dir/inner/", true)]
    [InlineData("[!a]", "b", true)]
    [InlineData("\\*", "a", false)]
    public void A_pattern_is_of_names_or_with_a_slash_of_paths(string pattern, string path, bool matches) =>
        Assert.Equal(matches, new NamePattern(pattern).Matches(path));

    private static string[] Lines(string[] line) =>
        ConcordProgram.Run(line).Exits(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Paths(JsonElement document) =>
        [.. document.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString()!)];

    /// <summary>A clock that is turned by hand.</summary>
    private sealed class HandClock : TimeProvider
    {
        private TimeSpan _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now.Ticks;

        internal void Advance(TimeSpan time) => _now += time;
    }
}
