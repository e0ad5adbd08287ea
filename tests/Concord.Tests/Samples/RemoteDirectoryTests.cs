using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Concord.Tests.Samples;

/// <summary>The directory of an archive of 10 GB behind an address is listed in a few requests.</summary>
[Collection(SideBySide.Children)]
public sealed partial class RemoteDirectoryTests
{
    private const int RequestsMax = 6, BytesMax = 1 << 20;

    [Fact]
    public void A_directory_of_ten_gigabytes_is_listed_in_a_few_requests()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "RemoteDirectory");
        using var sample = Process.Start(new ProcessStartInfo(OperatingSystem.IsWindows() ? program + ".exe" : program)
        {
            RedirectStandardOutput = true,
        })!;
        string output = sample.StandardOutput.ReadToEnd();
        sample.WaitForExit();
        Assert.True(sample.ExitCode == 0, output);
        Assert.Contains("10,000,000  frame-0000.raw", output, StringComparison.Ordinal);
        var found = Found().Match(output);
        Assert.True(found.Success, output);
        Assert.Equal(1_000, Number("entries"));
        Assert.InRange(Number("requests"), 1, RequestsMax);
        Assert.InRange(Number("moved"), 1, BytesMax);
        Assert.InRange(Number("length"), 10_000_000_000, 10_100_000_000);
        Figures.Record("P25", "directory of an archive of 10 GB behind an address",
            $"{Number("requests")} requests, {Number("moved")} bytes", $"at most {RequestsMax} requests");

        long Number(string group) =>
            long.Parse(found.Groups[group].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(
        @"(?<moved>[\d,]+) of (?<length>[\d,]+) bytes moved\s+(?<entries>[\d,]+) entries in (?<requests>\d+) requests")]
    private static partial Regex Found();
}
