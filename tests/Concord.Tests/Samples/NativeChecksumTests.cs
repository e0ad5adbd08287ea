using System.Diagnostics;
using System.Text.RegularExpressions;
using Concord.Tests.Caching.Views;
using Concord.Tests.Stores;

namespace Concord.Tests.Samples;

/// <summary>
/// A library in C reads a file through a view that the cache cannot hold as a whole, and gets the right answer.
/// </summary>
[Collection(SideBySide.Children)]
public sealed partial class NativeChecksumTests
{
    private const int FullMebibytes = 512, SliceMebibytes = 24, CacheMebibytes = 4;
    private const string Library = "libz.so.1";
    private const uint Polynomial = 0xEDB88320;

    [Fact]
    public void A_checksum_in_C_over_a_view_larger_than_the_cache_is_that_of_the_file()
    {
        // The sample is a process of its own; here is only asked whether it can have views.
        using (new ViewFixture(new byte[1]))
        {
        }

        using var folder = new TempFolder();
        int mebibytes = TestRun.IsFull ? FullMebibytes : SliceMebibytes;
        uint expected = Make(folder["file"], mebibytes);

        string program = Path.Combine(AppContext.BaseDirectory, "NativeChecksum");
        var start = new ProcessStartInfo(program, [folder["file"], $"{CacheMebibytes}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var sample = Process.Start(start)!;
        string output = sample.StandardOutput.ReadToEnd();
        string error = sample.StandardError.ReadToEnd();
        sample.WaitForExit();
        Assert.SkipWhen(error.Contains(Library, StringComparison.Ordinal), $"{Library} is not installed");
        Assert.True(sample.ExitCode == 0, output + error);
        Assert.Equal($"{expected:x8}", Checksum().Match(output).Groups[1].Value);
        Figures.Record("view", $"libz's crc32 over a view of {mebibytes} MiB through a cache of {CacheMebibytes} MiB",
            "right", "right");
    }

    /// <summary>Fills a file with noise and an end that is no whole page.</summary>
    /// <returns>Its checksum, from the definition.</returns>
    private static uint Make(string path, int mebibytes)
    {
        uint[] table = [.. Enumerable.Range(0, 256).Select(static value => Rest((uint)value))];
        uint checksum = uint.MaxValue;
        var random = new Random(1);
        byte[] piece = new byte[1 << 20];
        using var file = File.Create(path);
        for (int i = 0; i <= mebibytes; i++)
        {
            var part = piece.AsSpan(0, i == mebibytes ? 12_345 : piece.Length);
            random.NextBytes(part);
            foreach (byte value in part) checksum = table[(byte)(checksum ^ value)] ^ (checksum >> 8);
            file.Write(part);
        }

        return ~checksum;
    }

    private static uint Rest(uint value)
    {
        for (int bit = 0; bit < 8; bit++) value = (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;
        return value;
    }

    [GeneratedRegex("^CRC-32 ([0-9a-f]{8}) of ")]
    private static partial Regex Checksum();
}
