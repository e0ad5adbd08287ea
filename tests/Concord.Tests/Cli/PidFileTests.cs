using System.Diagnostics;
using System.Globalization;
using Concord.Cli.Locking;

namespace Concord.Tests.Cli;

/// <summary>The file with the number of the process that keeps locks: a file of anybody else stays as it is.</summary>
[Collection(SideBySide.Command)]
public class PidFileTests
{
    private const string Shell = "/bin/sh";

    public PidFileTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Theory]
    [InlineData("text", "something else")]
    [InlineData("binary", "something else")]
    [InlineData("long", "something else")]
    [InlineData("link", "a symbolic link")]
    [InlineData("dangling", "a symbolic link")]
    [InlineData("pipe", "a pipe")]
    [InlineData("folder", "is a directory")]
    [InlineData("none/pid", "no such directory")]
    public void What_is_no_file_with_a_number_is_refused_and_stays(string name, string said)
    {
        using var folder = new Folder();
        Make(folder, "echo '12 monkeys' > text; echo 4711 > number; ln -s number link; ln -s nowhere dangling;"
            + " mkfifo pipe; mkdir folder; echo 12345678901234567890 > long");
        folder.Add("binary", 10_000);
        var error = Assert.Throws<IOException>(() => PidFile.Take(folder.At(name)));
        Assert.StartsWith($"--pid-file {folder.At(name)}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Equal("12 monkeys\n", File.ReadAllText(folder.At("text")));
        Assert.Equal("4711\n", File.ReadAllText(folder.At("number")));
        Assert.Equal(10_000, new FileInfo(folder.At("binary")).Length);
        Assert.Equal(8, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Theory]
    [InlineData("4711\n")]
    [InlineData("")]
    [InlineData(null)]
    public void One_that_a_killed_process_left_is_taken_over_and_goes_at_the_end(string? held)
    {
        using var folder = new Folder();
        string path = folder.At("pid");
        if (held is not null) File.WriteAllText(path, held);
        using (PidFile.Take(path)) Assert.Equal(Number, File.ReadAllText(path));
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void One_that_is_no_longer_ours_stays_at_the_end()
    {
        using var folder = new Folder();
        string path = folder.At("pid");
        using (PidFile.Take(path)) File.WriteAllText(path, "4711\n");
        Assert.Equal("4711\n", File.ReadAllText(path));
        using (PidFile.Take(path))
        {
            File.WriteAllText(folder.At("other"), Number);
            File.Move(folder.At("other"), path, overwrite: true);
        }

        Assert.True(File.Exists(path));
    }

    [Theory]
    [InlineData("lock", "file", "--pid-file", "file")]
    [InlineData("lock", "--daemon", "file", "--pid-file", "file")]
    [InlineData("lock", "--files-from", "list", "--pid-file", "list")]
    public void A_file_that_is_to_be_locked_is_never_the_one_with_the_number(params string[] line)
    {
        using var folder = new Folder();
        File.WriteAllText(folder.At("file"), "17\n");
        File.WriteAllText(folder.At("list"), "17\n");
        var run = ConcordProgram.RunIn(folder.Path, line).Exits(2);
        Assert.Contains("named to be read", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Equal("17\n", File.ReadAllText(folder.At("file")));
        Assert.Equal("17\n", File.ReadAllText(folder.At("list")));
    }

    private static string Number => string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n");

    private static void Make(Folder folder, string script)
    {
        var start = new ProcessStartInfo(Shell, ["-c", script]) { WorkingDirectory = folder.Path };
        using Process shell = Process.Start(start)!;
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }
}
