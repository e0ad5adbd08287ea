using System.Diagnostics;
using System.Text.Json;

namespace Concord.Tests.Cli;

[Collection(SideBySide.Command)]
public class ActionTests
{
    public ActionTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Fact]
    public void Purge_drops_a_file_and_load_brings_it_back()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 1 << 20);
        Assert.SkipUnless(OnDisk(path), "the temporary directory is memory: nothing can be dropped there");
        JsonElement purge = ConcordProgram.Run("purge", "--json", path).Exits(0).Json;
        JsonElement file = purge.GetProperty("files")[0];
        Assert.Equal("success", file.GetProperty("status").GetString());
        Assert.Equal(256, file.GetProperty("pagesPurged").GetInt64());
        Assert.Equal(1 << 20, purge.GetProperty("totals").GetProperty("bytesInStore").GetInt64());
        Assert.Equal(0, Resident(path));
        JsonElement load = ConcordProgram.Run("load", "--json", path).Exits(0).Json;
        Assert.Equal(1 << 20, load.GetProperty("totals").GetProperty("bytesLoaded").GetInt64());
        Assert.Equal(256, Resident(path));
    }

    [Fact]
    public void Flush_writes_back_and_keeps()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 1 << 20);
        Assert.SkipUnless(OnDisk(path), "the temporary directory is memory: nothing is written back there");
        ConcordProgram.Outcome run = ConcordProgram.Run("flush", path).Exits(0);
        Assert.Contains("flushed 1 file, 1.0 MiB", run.Output, StringComparison.Ordinal);
        using SystemFile file = SystemFile.Open(path);
        CacheResidency residency = file.Query(ResidencyDetail.Counts);
        Assert.Equal(256, residency.Resident);
        Assert.True(residency.Dirty is 0 or null);
    }

    [Theory]
    [InlineData("purge")]
    [InlineData("purge", "--fdatasync")]
    [InlineData("flush")]
    public void A_folder_of_files_just_written_is_treated_as_each_file_would_be(params string[] command)
    {
        const int Files = 60;
        using var folder = new Folder();
        for (int file = 0; file < Files; file++) folder.Add($"{file % 3}/{file}", 5000 + file);
        Assert.SkipUnless(OnDisk(folder.At("0/0")), "the temporary directory is memory: nothing can be dropped there");
        JsonElement run = ConcordProgram.Run([.. command, "--json", folder.Path]).Exits(0).Json;
        JsonElement[] files = [.. run.GetProperty("files").EnumerateArray()];
        Assert.Equal(Files, files.Length);
        Assert.All(files, static file => Assert.Equal("success", file.GetProperty("status").GetString()));
        Assert.All(
            files,
            static file =>
                Assert.Equal(file.GetProperty("size").GetInt64(), file.GetProperty("bytesInStore").GetInt64()));
        bool purges = command[0] == "purge";
        foreach (JsonElement file in files)
        {
            using SystemFile opened = SystemFile.Open(file.GetProperty("path").GetString()!);
            CacheResidency residency = opened.Query(ResidencyDetail.Counts);
            Assert.Equal(purges ? 0 : 2, residency.Resident);
            Assert.True(residency.Dirty is 0 or null);
        }
    }

    [Fact]
    public void A_range_leaves_the_rest()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 1 << 20);
        Assert.SkipUnless(OnDisk(path), "the temporary directory is memory: nothing can be dropped there");
        ConcordProgram.Run("purge", "--range", "512k:512k", path).Exits(0);
        Assert.Equal(128, Resident(path));
    }

    [Theory]
    [InlineData("purge", "x", "--range", "4k")]
    [InlineData("purge", "x", "--range", "a:b")]
    [InlineData("purge")]
    [InlineData("status")]
    [InlineData("status", "--unheard-of", "x")]
    [InlineData("stats", "x")]
    [InlineData("cpu", "x")]
    public void A_wrong_line_is_one_line_of_error_with_a_way_out(params string[] args)
    {
        ConcordProgram.Outcome run = ConcordProgram.Run(args).Exits(2);
        string line = Assert.Single(run.ErrorLines);
        Assert.StartsWith("concord: ", line, StringComparison.Ordinal);
        Assert.Contains("--help", line, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public void What_stays_is_named_with_its_holder()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 1 << 20);
        Assert.SkipUnless(OnDisk(path), "the temporary directory is memory: nothing can be dropped there");
        using Process mapper = ConcordProgram.Start(null, [], "map-for-demonstration", path);
        Ask(mapper, "touch");
        JsonElement purge = ConcordProgram.Run("purge", "--no-trim", "--json", path).Exits(1).Json;
        JsonElement left = purge.GetProperty("files")[0].GetProperty("left")[0];
        Assert.Equal("mappedByProcess", left.GetProperty("reason").GetString());
        Assert.Equal(256, left.GetProperty("pages").GetInt64());
        Assert.Contains($"process {mapper.Id}", left.GetProperty("holder").GetString(), StringComparison.Ordinal);
        Assert.Equal(256, purge.GetProperty("totals").GetProperty("leftByReason").GetProperty("mappedByProcess")
            .GetInt64());
        Assert.Contains("mapped by a process", ConcordProgram.Run("purge", "--no-trim", path).Exits(1).Output,
            StringComparison.Ordinal);
        Ask(mapper, "unmap");
        ConcordProgram.Run("purge", "--no-trim", path).Exits(0);
        mapper.StandardInput.Close();
        mapper.WaitForExit();
    }

    [Fact]
    public void Nothing_in_a_pipe_is_coloured_or_drawn()
    {
        using var folder = new Folder();
        string path = folder.Add("file\u001b[31m");
        foreach (string[] args in (string[][])[["status", path], ["status", "--pages", path], ["purge", path],
            ["load", path], ["flush", path], ["cpu"], ["status", "--json", path], ["--help"]])
        {
            ConcordProgram.Outcome run = ConcordProgram.Run(args);
            Assert.True(run.ExitCode is 0 or 1, run.Error);
            Assert.DoesNotContain('\u001b', run.Output);
            Assert.All(run.Output, c => Assert.InRange(c, '\0', '\u007f'));
        }
    }

    [Fact]
    public void A_command_that_does_not_exist_is_one_line_that_names_the_help_there_is()
    {
        var run = ConcordProgram.Run("tuor").Exits(2);
        Assert.Contains("'concord --help'", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void The_processor_document_has_its_documented_shape()
    {
        JsonElement cpu = ConcordProgram.Run("cpu", "--json").Json;
        Assert.Equal("cpu", cpu.GetProperty("command").GetString());
        Assert.SkipUnless(ProcessorCache.IsSupported, ProcessorCache.UnsupportedReason ?? "");
        Assert.Equal(ProcessorCache.LineSize, cpu.GetProperty("lineSize").GetInt32());
        Assert.Equal(ProcessorCache.FlushInstruction, cpu.GetProperty("flushInstruction").GetString());
        Assert.True(cpu.GetProperty("reload").GetProperty("ratio").GetDouble() > 2, cpu.ToString());
        Assert.Equal(4096, cpu.GetProperty("flushes")[0].GetProperty("bytes").GetInt64());
        Assert.Equal(
            cpu.GetProperty("reload").GetProperty("samples").GetInt32(),
            cpu.GetProperty("reload").GetProperty("histogram").EnumerateArray()
                .Sum(bucket => bucket.GetProperty("hot").GetInt32()));
    }

    private static long Resident(string path) =>
        ConcordProgram.Run("status", "--json", path).Json.GetProperty("totals").GetProperty("residentPages").GetInt64();

    private static bool OnDisk(string path)
    {
        using SystemFile file = SystemFile.Open(path);
        return file.FileSystem is not "tmpfs";
    }

    private static void Ask(Process mapper, string line)
    {
        mapper.StandardInput.WriteLine(line);
        mapper.StandardInput.Flush();
        Assert.Equal("done", mapper.StandardOutput.ReadLine());
    }
}
