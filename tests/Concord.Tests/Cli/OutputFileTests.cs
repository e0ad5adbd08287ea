using System.Diagnostics;
using System.Xml.Linq;

namespace Concord.Tests.Cli;

/// <summary>Files that the command writes besides standard output: none of them costs anybody a byte.</summary>
[Collection(SideBySide.Command)]
public class OutputFileTests
{
    private const string Shell = "/bin/sh";

    /// <summary>Makes every kind of place that no picture may be put into.</summary>
    private const string Places =
        "mkfifo pipe; ln -s big link; ln -s nowhere dangling; mkdir folder; ln big second; echo '<svg/>' > svg";

    public OutputFileTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Theory]
    [InlineData("named to be read", "status", "big", "--svg", "big")]
    [InlineData("named to be read", "status", "big", "--svg", "second", "--force")]
    [InlineData("named to be read", "status", "--files-from", "list", "--svg", "list", "--force")]
    [InlineData("named to be read", "bench", "big", "--output", "./big")]
    [InlineData("named to be read", "bench", "big", "--output", "big", "--force")]
    [InlineData("is no picture", "status", "--svg", "other", "big")]
    [InlineData("is no picture", "status", "--svg", "svg", "big")]
    [InlineData("is no picture", "status", "big", "--json", "--svg", "other")]
    [InlineData("is no picture", "bench", "--output", "other", "--rounds", "9")]
    [InlineData("a pipe", "status", "big", "--svg", "pipe")]
    [InlineData("a pipe", "bench", "big", "--output", "pipe", "--force")]
    [InlineData("a device", "status", "big", "--svg", "/dev/null", "--force")]
    [InlineData("a symbolic link", "status", "other", "--svg", "link", "--force")]
    [InlineData("a symbolic link", "status", "other", "--svg", "dangling", "--force")]
    [InlineData("is a directory", "status", "big", "--svg", "folder")]
    [InlineData("no such directory", "status", "big", "--svg", "none/map.svg")]
    [InlineData("no such directory", "bench", "big", "--output", "none/map.svg")]
    [InlineData("needs the name", "status", "big", "--svg", "")]
    public void What_is_no_picture_of_ours_is_refused_and_stays(string said, params string[] line)
    {
        using var folder = new Folder();
        folder.Add("big", 100_000);
        folder.Add("other");
        File.WriteAllText(folder.At("list"), "other\n");
        Run(folder, Places);
        Dictionary<string, byte[]> before = Contents(folder);
        var run = ConcordProgram.RunIn(folder.Path, line).Exits(2);
        string option = line.Contains("--svg") ? "--svg" : "--output";
        Assert.StartsWith($"concord: {option} ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
        Assert.Equal(before, Contents(folder));
        Assert.False(File.Exists(folder.At("nowhere")));
    }

    [Fact]
    public void A_picture_of_ours_and_an_empty_file_are_replaced_and_nothing_stays_beside()
    {
        using var folder = new Folder();
        folder.Add("big", 100_000);
        string picture = folder.Add("map.svg", 0);
        for (int again = 0; again < 2; again++)
        {
            ConcordProgram.RunIn(folder.Path, "status", ".", "--svg", "map.svg").Exits(0);
            Assert.Equal("svg", XDocument.Load(picture).Root!.Name.LocalName);
            Assert.Equal([folder.At("big"), picture], Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(picture, UnixFileMode.UserRead);
        }

        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(picture));
    }

    [Fact]
    public void Another_file_is_replaced_when_that_is_asked_for()
    {
        using var folder = new Folder();
        folder.Add("big", 100_000);
        ConcordProgram.RunIn(folder.Path, "status", "big", "--force", "--svg", folder.Add("other")).Exits(0);
        Assert.Equal("svg", XDocument.Load(folder.At("other")).Root!.Name.LocalName);
    }

    [Fact]
    public async Task A_picture_that_cannot_be_written_leaves_the_one_before()
    {
        using var folder = new Folder();
        folder.Add("big", 100_000);
        ConcordProgram.RunIn(folder.Path, "status", "big", "--svg", "map.svg").Exits(0);
        byte[] before = File.ReadAllBytes(folder.At("map.svg"));

        // The runtime maps its own code through a file beyond the limit, unless it is told not to.
        const string Limited = "ulimit -f 0; DOTNET_EnableWriteXorExecute=0 exec \"$@\"";
        using Process process = ConcordProgram.Start(
            folder.Path, [Shell, "-c", Limited, "sh"], "status", "big", "--svg", "map.svg");
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains("big", process.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        Assert.StartsWith("concord: --svg map.svg: ", await error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(folder.At("map.svg")));
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
    }

    [Fact]
    public void Where_nobody_may_write_that_is_said_before_the_work()
    {
        using var folder = new Folder();
        string path = folder.Open().Add("big", 100_000);
        var run = ConcordProgram.RunAsNobody(folder.Path, "bench", path, "--output", "map.svg").Exits(2);
        Assert.Contains("--output map.svg: its directory may not be written; run as",
            Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    /// <summary>Every name in the folder, with the bytes of those that are files.</summary>
    private static Dictionary<string, byte[]> Contents(Folder folder) =>
        Directory.GetFileSystemEntries(folder.Path).ToDictionary(
            static path => path,
            static path => Path.GetFileName(path) is "pipe" or "folder" or "dangling" ? [] : File.ReadAllBytes(path));

    private static void Run(Folder folder, string script)
    {
        var start = new ProcessStartInfo(Shell, ["-c", script]) { WorkingDirectory = folder.Path };
        using Process shell = Process.Start(start)!;
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }
}
