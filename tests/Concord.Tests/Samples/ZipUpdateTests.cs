using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Concord.Tests.Stores;

namespace Concord.Tests.Samples;

/// <summary>
/// A zip archive that is made, updated and read through a small cache is the one that a file stream makes.
/// </summary>
[Collection(SideBySide.Children)]
public sealed partial class ZipUpdateTests
{
    private const int FullMebibytes = 1024, SliceMebibytes = 24, FullCacheMebibytes = 64, SliceCacheMebibytes = 2;

    /// <summary>
    /// The runtime, the cache, and what the archive keeps of changed entries: far less than the archive.
    /// </summary>
    private const int ProcessMebibytesMax = 400;

    [Fact]
    public void An_archive_updated_through_a_small_cache_equals_one_updated_through_a_file_stream()
    {
        using var folder = new TempFolder();
        var (mebibytes, cacheMebibytes) = TestRun.IsFull
            ? (FullMebibytes, FullCacheMebibytes)
            : (SliceMebibytes, SliceCacheMebibytes);
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows()
            ? "ZipUpdate.exe"
            : "ZipUpdate");
        var start = new ProcessStartInfo(program, [$"{mebibytes}", $"{cacheMebibytes}"])
        {
            RedirectStandardOutput = true,
        };
        foreach (string variable in (string[])["TMPDIR", "TMP"]) start.Environment[variable] = folder.Path;
        using var sample = Process.Start(start)!;
        string output = sample.StandardOutput.ReadToEnd();
        sample.WaitForExit();
        Assert.True(sample.ExitCode == 0, output);
        Assert.Contains("the archives are equal", output, StringComparison.Ordinal);
        Assert.Equal(2, Hash().Count(output));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));

        var memory = Memory().Match(output);
        int cache = int.Parse(memory.Groups["cache"].Value, CultureInfo.InvariantCulture), process = int.Parse(
            memory.Groups["process"].Value, CultureInfo.InvariantCulture);
        Assert.InRange(cache, 1, cacheMebibytes);
        Assert.InRange(process, 1, ProcessMebibytesMax);
        Figures.Record("zip", $"archive of {mebibytes} MiB updated through a cache of {cacheMebibytes} MiB",
            $"SHA-256 equal to FileStream's; {process} MiB in memory at most", "equal, 1024 MiB through 64 MiB");
    }

    [GeneratedRegex("SHA-256 [0-9a-f]{64}")]
    private static partial Regex Hash();

    [GeneratedRegex(@"at most (?<cache>\d+) MiB of \d+ MiB; whole process: at most (?<process>\d+) MiB")]
    private static partial Regex Memory();
}
