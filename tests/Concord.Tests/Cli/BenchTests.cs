using System.Text.Json;
using System.Xml.Linq;

namespace Concord.Tests.Cli;

/// <summary><c>concord bench</c>: the figures are whole, and the user's file is only read.</summary>
[Collection(SideBySide.Command)]
public class BenchTests
{
    private const int FileBytes = 1 << 20;

    [Fact]
    public void Without_a_file_a_temporary_one_is_measured_and_taken_away()
    {
        using var folder = new Folder();
        JsonElement document = ConcordProgram.RunIn(folder.Path, "bench", "--json", "--rounds", "9").Exits(0).Json;
        Assert.Equal(JsonValueKind.Null, document.GetProperty("file").ValueKind);
        JsonElement[] comparisons = [.. document.GetProperty("comparisons").EnumerateArray()];
        Assert.Equal(OperatingSystem.IsLinux() ? 5 : 3, comparisons.Length);
        Assert.All(comparisons, comparison =>
        {
            Assert.Equal(9, comparison.GetProperty("rounds").GetInt32());
            JsonElement[] rivals = [.. comparison.GetProperty("rivals").EnumerateArray()];
            Assert.Equal("Concord", rivals[0].GetProperty("name").GetString());
            Assert.All(rivals, rival => CheckSpread(rival.GetProperty("nanoseconds")));
            Assert.All(rivals[1..], rival =>
            {
                CheckSpread(rival.GetProperty("concordSpeed"));
                Assert.Contains(rival.GetProperty("verdict").GetString(),
                    (string[])["faster", "slower", "inconclusive"]);
            });
        });
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_file_that_is_named_is_read_and_not_touched_and_the_chart_shows_every_workload()
    {
        using var folder = new Folder();
        string path = folder.Add("file", FileBytes), chart = folder.At("chart.svg");
        byte[] before = File.ReadAllBytes(path);
        DateTime written = File.GetLastWriteTimeUtc(path);
        var run = ConcordProgram.RunIn(folder.Path, "bench", path, "--output", chart, "--rounds", "9").Exits(0);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
        Assert.Equal([chart, path], Directory.GetFileSystemEntries(folder.Path).Order(StringComparer.Ordinal));
        Assert.Contains("which is only read", run.Output, StringComparison.Ordinal);
        Assert.All(run.Output, c => Assert.InRange(c, '\0', '\u007f'));

        Assert.All(run.Output.Replace(folder.Path, "", StringComparison.Ordinal).Split('\n'),
            line => Assert.True(line.Length <= 80, line));

        string[] words = [.. XDocument.Parse(File.ReadAllText(chart)).Descendants().Select(element => element.Value)];
        Assert.Contains("read 4.0 KiB at random", words);
        Assert.Contains("Concord is faster", words);
    }

    [Fact]
    public void Beside_a_file_where_nobody_may_write_reads_alone_are_measured_and_that_is_said()
    {
        using var folder = new Folder();
        string path = folder.Open().Add("file", FileBytes);
        JsonElement document = ConcordProgram.RunAsNobody(folder.Path, "bench", path, "--json", "--rounds", "9")
            .Exits(0).Json;
        Assert.Contains("temporary folder", document.GetProperty("writesNotMeasured").GetString(),
            StringComparison.Ordinal);
        Assert.Equal(1, document.GetProperty("comparisons").GetArrayLength());
    }

    [Theory]
    [InlineData("at least 64.0 KiB", "short")]
    [InlineData("absent", "absent")]
    [InlineData("9 or more", "file", "--rounds", "8")]
    [InlineData("9 or more", "file", "--rounds", "many")]
    public void What_cannot_be_measured_is_one_line(string expected, params string[] args)
    {
        using var folder = new Folder();
        folder.Add("short", 5000);
        folder.Add("file", FileBytes);
        var run = ConcordProgram.RunIn(folder.Path, ["bench", .. args]).Exits(2);
        Assert.Contains(expected, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    private static void CheckSpread(JsonElement spread)
    {
        double median = spread.GetProperty("median").GetDouble();
        Assert.True(median > 0 && spread.GetProperty("p10").GetDouble() <= median && median <= spread.GetProperty("p90")
            .GetDouble(), spread.ToString());
    }
}
