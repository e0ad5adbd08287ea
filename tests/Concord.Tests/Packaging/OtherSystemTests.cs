using System.Text.Json;

namespace Concord.Tests.Packaging;

/// <summary>
/// Systems that nobody here has, played by Wine and by an emulator of a processor: smoke tests, which say that the code
/// for them starts and does its work, and nothing of speed.
/// </summary>
[Collection(nameof(FeedCollection))]
public sealed class OtherSystemTests(LocalFeed feed)
{
    // What needs a cache, files, threads and processes, and nothing of Linux.
    private static readonly string[] Portable =
    [
        "Coherency.ByteRangeTests", "Coherency.CoherencyResultTests", "Coherency.EnumArgumentTests",
        "Caching.CopyRowTests", "Caching.DiscardRowTests", "Caching.FileCacheOptionsTests", "Caching.FileSizesTests",
        "Caching.SizeRowTests", "Caching.TryLeaseTests", "Caching.Streams.AdapterTests",
    ];

    [Fact]
    public void The_command_works_under_Wine_but_for_the_caches_of_the_system()
    {
        OtherSystem windows = OtherSystem.Windows(feed);
        string command = windows.Publish("src/Concord.Cli", "concord");
        Assert.Contains("The processor's cache", windows.Run(command), StringComparison.Ordinal);
        JsonElement processor = Json(windows.Run(command, "cpu", "--json"));
        Assert.Equal(64, processor.GetProperty("lineSize").GetInt32());
        JsonElement bench = Json(windows.Run(command, "bench", "--json", "--rounds", "9"));
        Assert.NotEmpty(bench.GetProperty("comparisons").EnumerateArray());

        JsonElement tour = Json(windows.Run(command, "tour", "--json"));
        Assert.True(tour.GetProperty("holds").GetBoolean());
        Assert.Equal(["view"], tour.GetProperty("steps").EnumerateArray()
            .Where(static step => step.GetProperty("skipped").ValueKind == JsonValueKind.String)
            .Select(static step => step.GetProperty("name").GetString()!));
    }

    [Fact]
    public void A_program_with_the_package_works_under_Wine()
    {
        OtherSystem windows = OtherSystem.Windows(feed);
        Assert.Contains("Concord was used", windows.Run(windows.Publish(Stranger())), StringComparison.Ordinal);
    }

    [Fact]
    public void The_portable_tests_pass_under_Wine()
    {
        OtherSystem windows = OtherSystem.Windows(feed);
        // The tests look for the repository above them.
        string output = Path.Combine(Repository.Root, "artifacts", "wine");
        try
        {
            string tests = windows.Publish("tests/Concord.Tests", "Concord.Tests", output);
            string said = windows.Run(
                tests, [.. Portable.SelectMany(static name => (string[])["-class", "Concord.Tests." + name])]);
            string last = said.TrimEnd().Split('\n')[^1];
            Assert.Matches("^[1-9][0-9]+ passed, 0 failed, [0-9]+ skipped$", last);
            Figures.Record("systems", "tests that pass under Wine", last, "no failure");
        }
        finally
        {
            if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
        }
    }

    [Fact]
    public void The_command_works_on_an_emulated_Arm64()
    {
        OtherSystem arm = OtherSystem.LinuxArm64(feed);
        string command = arm.Publish("src/Concord.Cli", "concord");
        JsonElement processor = Json(arm.Run(command, "cpu", "--json"));
        Assert.Equal("dc civac", processor.GetProperty("flushInstruction").GetString());
    }

    private StrangerProject Stranger() =>
        StrangerProject.MakeOpen(feed, "elsewhere", StrangerProject.Reference("Concord"))
            .With("Program.cs", StrangerPrograms.Alone["Concord"]);

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
