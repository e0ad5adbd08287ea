using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Concord.Tests.Stores.Tiers;

/// <summary>Processes that have a tier and end, are killed, or keep another one out.</summary>
[Collection(SideBySide.Children)]
public sealed class KilledTierTests : IDisposable
{
    private readonly TierFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Bytes_are_right_whenever_the_process_is_killed()
    {
        int kills = TestRun.IsFull ? 50 : 4;
        long fromTier = 0;
        for (int kill = 1; kill <= kills; kill++)
        {
            KillOne(seed: kill);
            using var tier = _folder.Open(TierChild.TierBlocks);
            for (int version = 1; version <= TierChild.Versions; version++)
                fromTier += await TierFolder.ReadAllAsync(tier, TierChild.StoreBytes, version);
        }

        Assert.True(fromTier > 0, "nothing survived any kill");
        Figures.Record("T1", "kills at random moments while a tier is filled, and bytes read from it after them",
            $"{kills} kills, {fromTier / 1024:N0} KiB, none wrong", "50 kills, none wrong");
    }

    [Fact]
    public void A_second_process_is_told_which_one_has_the_tier()
    {
        using var child = Child.Start(TierChild.Name, TierChild.Hold, _folder.Path);
        string process = child.StandardOutput.ReadLine()!;
        var error = Assert.Throws<IOException>(() => _folder.Open(4));
        Assert.Contains(_folder.Path, error.Message, StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
            Assert.Contains($"process {process} (", error.Message, StringComparison.Ordinal);
        child.StandardInput.WriteLine();
        child.WaitForExit();
        _folder.Open(4).Dispose();
    }

    [Fact]
    public void A_full_disk_ends_the_filling_and_no_read()
    {
        ProcessSections.RequireLinux();
        using var child = Child.Start(TierChild.Name, TierChild.NoRoom, _folder.Path);
        string[] said = Said(child);
        Assert.Contains("concord-tier", said[0], StringComparison.Ordinal);
        Assert.Equal(["5", "5"], said[1..]);
    }

    [Fact]
    public void A_disk_that_cannot_be_read_costs_copies_and_no_bytes()
    {
        ProcessSections.RequireLinux();
        Assert.SkipUnless(
            RuntimeInformation.ProcessArchitecture == Architecture.X64,
            SkipPolicy.OtherProcessor + "the filter of system calls knows the numbers of x64");
        using var child = Child.Start(TierChild.Name, TierChild.NoReads, _folder.Path);
        Assert.Equal([$"{TierChild.StoreBytes} 0 True"], Said(child));
    }

    private void KillOne(int seed)
    {
        var random = new Random(seed);
        using var child = Child.Start(TierChild.Name, TierChild.Fill, _folder.Path, seed.ToString(null, null));

        // Let it get going, then wait for a moment that no line marks: inside a read, a write, a barrier.
        int lines = random.Next(1, 30);
        for (int i = 0; i < lines; i++)
            Assert.DoesNotContain("FAILED", child.StandardOutput.ReadLine(), StringComparison.Ordinal);
        var moment = TimeSpan.FromMicroseconds(random.Next(20_000));
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < moment) Thread.SpinWait(20);
        child.Kill();
        Assert.DoesNotContain("FAILED", child.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
        child.WaitForExit();
    }

    private static string[] Said(Process child)
    {
        string said = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, said);
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
