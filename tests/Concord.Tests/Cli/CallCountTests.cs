using System.Diagnostics;
using System.Globalization;

namespace Concord.Tests.Cli;

/// <summary>How many system calls a file of a tree costs: unlike time, the same on every machine.</summary>
[Collection(SideBySide.Command)]
public class CallCountTests
{
    private const string Strace = "/usr/bin/strace";
    private const int Few = 100, More = 600;

    /// <summary>The calls on files but cachestat, of which older straces do not know: one or two a file.</summary>
    private static readonly string[] Counted =
        ["open", "openat", "close", "statx", "newfstatat", "fstat", "fstatfs", "fadvise64", "mmap", "mincore",
            "fdatasync", "fcntl"];

    public CallCountTests()
    {
        Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");
        Assert.SkipUnless(File.Exists(Strace), "strace is not installed");
    }

    [Theory]
    [InlineData("status", 5)]
    [InlineData("purge", 6)]
    public void A_file_of_a_tree_costs_few_system_calls(string command, double callsMax)
    {
        using var folder = new Folder();
        ManyFiles.Make(folder.At("few"), Few);
        ManyFiles.Make(folder.At("more"), More);
        using (SystemFile file = SystemFile.Open(folder.At("few/000/file0")))
            Assert.SkipUnless(file.FileSystem is "ext4" or "xfs" or "btrfs", "it needs a file system with syncfs");

        // Older kernels do not number mounts for ever, and are asked for each file's type.
        if (Environment.OSVersion.Version < new Version(6, 8)) callsMax++;
        ConcordProgram.Run("flush", folder.Path).Exits(0);
        double calls = (double)(Count(folder, command, "more") - Count(folder, command, "few")) / (More - Few);
        Figures.Record("files", $"{command}: system calls a file, but cachestat", $"{calls:F1}", $"{callsMax} at most");
        Assert.True(calls < callsMax + 0.5, $"{command} makes {calls:F1} system calls a file, not {callsMax}");
    }

    /// <summary>Counts calls on files, as a table of strace tells: share, seconds, each, calls, errors, name.</summary>
    private static long Count(Folder folder, string command, string name)
    {
        const int CallsField = 3;
        string table = folder.At($"{command}-{name}");
        using Process process = ConcordProgram.Start(
            null, [Strace, "-f", "-c", "-o", table], command, folder.At(name));
        process.StandardInput.Close();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return File.ReadLines(table)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(static fields => fields.Length > CallsField && Counted.Contains(fields[^1]))
            .Sum(static fields => long.Parse(fields[CallsField], CultureInfo.InvariantCulture));
    }
}
