using System.Diagnostics;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching;

/// <summary>A process that is killed loses no write with HandOver that had returned, as with a file stream.</summary>
[Collection(SideBySide.Children)]
public sealed class KilledHandOverTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void No_write_that_had_returned_is_lost_when_the_process_is_killed()
    {
        int kills = TestRun.IsFull ? 25 : 3;
        long records = 0;
        for (int kill = 1; kill <= kills; kill++) records += KillOne(kill);
        Figures.Record(
            "R8", "kills of a writer in HandOver mode, and writes that had returned before them",
            $"{kills} kills, {records} writes, none lost", "25 kills, none lost");
    }

    [Fact]
    public void No_commit_of_LiteDB_is_lost_that_a_file_stream_keeps()
    {
        int kills = TestRun.IsFull ? 25 : 2;
        var (cached, plain) = (0L, 0L);
        for (int kill = 1; kill <= kills; kill++)
        {
            plain += KillDatabase("stream", kill);
            cached += KillDatabase("cache", kill);
        }

        Figures.Record(
            "R8", "kills of LiteDB while it commits, over AsStream() in HandOver mode",
            $"{kills} kills, {cached} commits, none lost (FileStream: {plain})", "25 kills, none lost");
    }

    private long KillOne(int seed)
    {
        string path = _folder[$"killed-{seed}"];
        long last = RunUntilKilled(seed, KilledHandOver.Name, path);
        byte[] content = File.ReadAllBytes(path);
        Assert.Equal(KilledHandOver.Slots * KilledHandOver.SlotBytes, content.Length);
        for (int slot = 0; slot < KilledHandOver.Slots; slot++)
        {
            long number = last;
            while (number > 0 && KilledHandOver.SlotOf(number) != slot) number--;

            // The record after the last that was acknowledged may be there in part.
            if (number == 0 || KilledHandOver.SlotOf(last + 1) == slot) continue;
            var found = content.AsSpan(slot * KilledHandOver.SlotBytes, KilledWriter.RecordBytes);
            Assert.True(
                found.SequenceEqual(KilledWriter.Record(number)),
                $"seed {seed}: write {number} had returned, and slot {slot} lacks it");
        }

        return last;
    }

    private long KillDatabase(string kind, int seed)
    {
        string path = _folder[$"{kind}-{seed}.db"];
        long last = RunUntilKilled(seed, LiteDbChild.Name, path, kind);
        using var child = Child.Start(LiteDbChild.Name, path, kind, "check");
        string answer = child.StandardOutput.ReadToEnd().Trim();
        child.WaitForExit();

        // Each commit, and at most the one that nobody had heard of.
        Assert.True(
            answer == $"{last} to {last}" || answer == $"{last + 1} to {last + 1}",
            $"{kind}, seed {seed}: {last} commits were acknowledged, and the database has {answer}");
        return last;
    }

    /// <summary>Kills a child at a moment that no line marks.</summary>
    /// <returns>The number it said last.</returns>
    private static long RunUntilKilled(int seed, string name, params string[] args)
    {
        var random = new Random(seed);
        long last = 0;
        using var child = Child.Start(name, args);
        int lines = random.Next(50, 500);
        for (int i = 0; i < lines && child.StandardOutput.ReadLine() is { } line; i++) last = long.Parse(line, null);
        var moment = TimeSpan.FromMicroseconds(random.Next(20_000));
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < moment) Thread.SpinWait(20);
        child.Kill();
        string rest = child.StandardOutput.ReadToEnd();
        child.WaitForExit();

        // A line that was cut off says a number that is too small.
        foreach (string line in rest.Split('\n')[..^1]) last = long.Parse(line, null);
        Assert.True(last > 0, "the child wrote something before it was killed");
        return last;
    }
}
