using System.Diagnostics;
using System.Globalization;

namespace Concord.Tests.Cli;

[Collection(SideBySide.Command)]
public class ManyFilesTests
{
    private const int Few = 1000;
    private const long GrowthBytesMax = 32L << 20;

    /// <summary>Names of files that are not there: their errors are more than a pipe holds.</summary>
    private const int Missing = 1500;

    private static int Many => TestRun.IsFull ? 100_000 : 5_000;

    public ManyFilesTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Theory]
    [InlineData("status")]
    [InlineData("purge")]
    public void Memory_does_not_grow_with_the_files(string command)
    {
        using var folder = new Folder();
        ManyFiles.Make(folder.At("few"), Few);
        ManyFiles.Make(folder.At("many"), Many);
        long few = PeakBytes(command, folder.At("few"), Few);
        long many = PeakBytes(command, folder.At("many"), Many);
        Figures.Record(
            "memory", $"{command}: peak for {Few:N0} and for {Many:N0} files", $"{few >> 20} and {many >> 20} MiB",
            $"{GrowthBytesMax >> 20} MiB more at most");
        Assert.True(
            many - few <= GrowthBytesMax, $"{command}: {few >> 20} MiB for {Few} files, {many >> 20} for {Many}");
    }

    /// <summary>
    /// The program's peak of resident memory. After the folder come names of files that are not there; once the first
    /// of their errors is read the folder is done, and since nobody reads the others the program waits and can be
    /// asked.
    /// </summary>
    private static long PeakBytes(string command, string folder, int files)
    {
        string[] missing = [.. Enumerable.Range(0, Missing).Select(i => $"{folder}/missing/{i}")];
        using Process process = ConcordProgram.Start(null, [], [command, folder, .. missing]);
        Assert.Contains("missing/0", process.StandardError.ReadLine(), StringComparison.Ordinal);
        string peak = File.ReadLines($"/proc/{process.Id}/status")
            .First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        Assert.Contains(files.ToString("N0", CultureInfo.InvariantCulture), output, StringComparison.Ordinal);
        Assert.Equal(
            Missing - 1, errors.GetAwaiter().GetResult().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        string kibibytes = peak["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal);
        return long.Parse(kibibytes, NumberStyles.Integer, CultureInfo.InvariantCulture) * 1024;
    }
}
