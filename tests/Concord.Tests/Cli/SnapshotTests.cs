using System.Text.Json;

namespace Concord.Tests.Cli;

/// <summary>A snapshot, and the load that brings it back.</summary>
[Collection(SideBySide.Command)]
public class SnapshotTests
{
    public SnapshotTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Fact]
    public void A_load_brings_back_what_was_resident_and_no_more()
    {
        using var folder = new Folder();
        using var lists = new Folder();
        string part = folder.Add("part", 8 << 20), whole = folder.Add("in/whole \\ \u001b[31m", 20_000);
        folder.Add("absent", 40_960);
        Assert.SkipUnless(ConcordProgram.Run("purge", folder.Path).ExitCode == 0, "nothing can be dropped here");
        ConcordProgram.Run("load", "--range", "4M:64k", part).Exits(0);
        ConcordProgram.Run("load", whole).Exits(0);
        long resident = Resident(folder.Path);

        // Take it from inside, so that the paths have to be made absolute.
        var snapshot = ConcordProgram.RunIn(folder.Path, "snapshot", ".").Exits(0);
        Assert.DoesNotContain('\u001b', snapshot.Output);
        File.WriteAllText(lists.At("list"), snapshot.Output);
        ConcordProgram.Run("purge", folder.Path).Exits(0);
        Assert.Equal(0, Resident(folder.Path));
        JsonElement load = ConcordProgram.Run("load", "--json", "--files-from", lists.At("list")).Exits(0).Json;
        Assert.Equal(2, load.GetProperty("totals").GetProperty("files").GetInt64());
        Assert.Equal(load.GetProperty("totals").GetProperty("pages").GetInt64(), resident);
        Assert.Equal(resident, Resident(folder.Path));
    }

    [Fact]
    public void The_document_has_the_ranges()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 10_000);
        JsonElement document = ConcordProgram.Run("snapshot", "--json", path).Exits(0).Json;
        JsonElement file = Assert.Single(document.GetProperty("files").EnumerateArray());
        JsonElement range = Assert.Single(file.GetProperty("ranges").EnumerateArray());
        Assert.Equal((path, 0, 10_000), (file.GetProperty("path").GetString(), range.GetProperty("offset").GetInt64(),
            range.GetProperty("length").GetInt64()));
        Assert.Equal(10_000, document.GetProperty("totals").GetProperty("residentBytes").GetInt64());
    }

    [Theory]
    [InlineData("", "was cut")]
    [InlineData("# end, 2 files\n", "has 1 of 2 files")]
    [InlineData(" 12\n", "no range")]
    [InlineData(" 0:9999999999999999999999\n", "no range")]
    [InlineData("relative\n", "no path")]
    [InlineData("/bad\\x\n", "no path")]
    public void A_snapshot_that_was_cut_or_changed_is_an_error(string rest, string said)
    {
        using var folder = new Folder();
        string path = folder.Add("file");
        File.WriteAllText(folder.At("list"), $"# concord snapshot 1\n{path}\n 0:4096\n{rest}");
        var run = ConcordProgram.Run("load", "--json", "--files-from", folder.At("list")).Exits(2);
        Assert.Contains(said, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_gone_since_is_counted_and_one_that_was_cut_is_loaded_as_it_is()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 5000);
        string[] list =
        [
            "# concord snapshot 1", path, " 0:4096", " 4096:40960", " 81920:4096", folder.At("gone"), " 0:1",
            "# end, 2 files",
        ];
        File.WriteAllLines(folder.At("list"), list);
        JsonElement run = ConcordProgram.Run("load", "--json", "--files-from", folder.At("list")).Exits(0).Json;
        Assert.Equal(1, run.GetProperty("totals").GetProperty("vanishedFiles").GetInt64());
        Assert.Equal(2, run.GetProperty("files")[0].GetProperty("pages").GetInt64());
    }

    private static long Resident(string path) =>
        ConcordProgram.Run("status", "--json", path).Json.GetProperty("totals").GetProperty("residentPages").GetInt64();
}
