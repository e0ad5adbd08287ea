using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Concord.Cli.Locking;
using Concord.Tests.Interop;

namespace Concord.Tests.Cli;

/// <summary>Files that are kept in memory.</summary>
[Collection(SideBySide.Command)]
public class LockTests
{
    private const string SetPriv = "/usr/bin/setpriv";
    private const int Termination = 15;

    public LockTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Fact]
    public void What_is_locked_stays_until_the_process_is_asked_to_end()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 40_000);
        Assert.SkipUnless(ConcordProgram.Run("purge", path).ExitCode == 0, "nothing can be dropped here");
        using Process holder = ConcordProgram.Start(
            null, [], "lock", "--range", "4k:8k", "--pid-file", folder.At("pid"), path);
        Assert.StartsWith("PATH", holder.StandardOutput.ReadLine(), StringComparison.Ordinal);
        Assert.Contains("8.0 KiB", holder.StandardOutput.ReadLine(), StringComparison.Ordinal);
        Assert.StartsWith("locked 1 file, 8.0 KiB", holder.StandardOutput.ReadLine(), StringComparison.Ordinal);
        Assert.Equal($"{holder.Id}\n", File.ReadAllText(folder.At("pid")));

        JsonElement left = ConcordProgram.Run("purge", "--json", path).Exits(1).Json.GetProperty("files")[0];
        Assert.Equal(2, left.GetProperty("left")[0].GetProperty("pages").GetInt64());
        Assert.Equal("lock", left.GetProperty("left")[0].GetProperty("reason").GetString());
        var second = ConcordProgram.Run("lock", "--pid-file", folder.At("pid"), path).Exits(2);
        Assert.Contains($"process {holder.Id} has it", Assert.Single(second.ErrorLines), StringComparison.Ordinal);

        Signals.Send(holder.Id, Termination);
        holder.WaitForExit();
        Assert.Equal(0, holder.ExitCode);
        Assert.False(File.Exists(folder.At("pid")));
        ConcordProgram.Run("purge", path).Exits(0);
    }

    [Fact]
    public void A_daemon_leaves_the_terminal_and_ends_by_its_number()
    {
        using var folder = new Folder();
        string path = folder.Add("file", 8192);
        var run = ConcordProgram.RunIn(
            folder.Path, "lock", "--daemon", "--json", "--pid-file", "pid", "file").Exits(0);
        int id = int.Parse(File.ReadAllText(folder.At("pid")), CultureInfo.InvariantCulture);
        Assert.Equal(id, run.Json.GetProperty("totals").GetProperty("process").GetInt32());
        Assert.Equal(8192, run.Json.GetProperty("files")[0].GetProperty("bytesLocked").GetInt64());
        Assert.Equal("/", Directory.ResolveLinkTarget($"/proc/{id}/cwd", returnFinalTarget: false)?.FullName);
        string locked = File.ReadLines($"/proc/{id}/status")
            .First(static line => line.StartsWith("VmLck:", StringComparison.Ordinal));
        Assert.Contains("8 kB", locked, StringComparison.Ordinal);
        Signals.Send(id, Termination);
        Patience.Await(() => !File.Exists(folder.At("pid")));
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void A_missing_file_leaves_nothing_locked()
    {
        using var folder = new Folder();
        string path = folder.Add("file");
        foreach (string[] form in (string[][])[["lock"], ["lock", "--daemon"]])
        {
            var run = ConcordProgram.Run([.. form, path, folder.At("none")]).Exits(2);
            Assert.Empty(run.Output);
            Assert.Contains("there is no such file", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("lock")]
    [InlineData("lock", "--daemon")]
    public void No_file_at_all_is_an_error_and_not_a_wait(params string[] line)
    {
        using var folder = new Folder();
        var run = ConcordProgram.Run([.. line, folder.Path]).Exits(2);
        Assert.Contains("there is no file to lock", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void More_than_may_be_locked_is_refused_with_a_way_out()
    {
        Assert.Null(LockLimit.Refuse(8 << 20, limit: 8 << 20, memory: 1L << 40));
        Assert.Contains(
            "ulimit -l 8193", LockLimit.Refuse((8 << 20) + 1, limit: 8 << 20, memory: 1L << 40),
            StringComparison.Ordinal);
        string? refusal = LockLimit.Refuse(2L << 40, limit: null, memory: 1L << 40);
        Assert.Contains("of memory", refusal, StringComparison.Ordinal);

        Assert.SkipUnless(Environment.IsPrivilegedProcess, "ordinary user: only root can take the right to lock away");
        Assert.SkipUnless(File.Exists(SetPriv), "setpriv of util-linux is not installed");
        using var folder = new Folder();
        string path = folder.Open().Add("file", 128 << 10);
        string[] by =
        [
            SetPriv, "--reuid", "65534", "--regid", "65534", "--clear-groups", "/bin/sh", "-c",
            "ulimit -l 64; exec \"$0\" \"$@\"",
        ];
        using Process process = ConcordProgram.Start(null, by, "lock", path);
        process.StandardInput.Close();
        string error = process.StandardError.ReadToEnd();
        Assert.Empty(process.StandardOutput.ReadToEnd());
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        Assert.Contains("may lock 64.0 KiB (RLIMIT_MEMLOCK)", error, StringComparison.Ordinal);
    }
}
