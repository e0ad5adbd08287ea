using System.Diagnostics;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching;

/// <summary>R8: a process is killed at a random moment while it writes; no byte that was flushed is lost.</summary>
[Collection(SideBySide.Children)]
public sealed class KilledWriterTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void No_flushed_byte_is_lost_when_the_process_is_killed()
    {
        int kills = TestRun.IsFull ? 50 : 5;
        long records = 0;
        for (int kill = 1; kill <= kills; kill++) records += KillOne(seed: kill);
        Figures.Record("R8", "kills at random moments while writing, and records flushed before them",
            $"{kills} kills, {records} records, none lost", "50 kills, none lost");
    }

    private long KillOne(int seed)
    {
        var random = new Random(seed);
        string path = _folder[$"killed-{seed}"];
        long flushed = 0;
        using (var child = Child.Start(KilledWriter.Name, path, seed.ToString(null, null)))
        {
            // Let it get going, then wait for a moment that no line marks: inside a write, a flush, a barrier.
            int lines = random.Next(1, 60);
            for (int i = 0; i < lines && child.StandardOutput.ReadLine() is { } line; i++)
                flushed = long.Parse(line, null);
            var moment = TimeSpan.FromMicroseconds(random.Next(20_000));
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed < moment) Thread.SpinWait(20);
            child.Kill();
            while (child.StandardOutput.ReadLine() is { } line)
            {
                if (line.Length > 0 && long.TryParse(line, out long last)) flushed = Math.Max(flushed, last);
            }

            child.WaitForExit();
        }

        Assert.True(flushed > 0, "the child flushed something before it was killed");
        Check(File.ReadAllBytes(path), seed, flushed);
        return flushed;
    }

    /// <summary>
    /// Every byte of a slot is of the record flushed there last, or of one written after it; where nothing was
    /// written, zeros.
    /// </summary>
    private static void Check(byte[] content, int seed, long flushed)
    {
        var candidates = new List<byte[]>[KilledWriter.Slots];
        foreach (var (number, slot, flushesNow) in KilledWriter.Records(seed))
        {
            if (number <= flushed)
            {
                candidates[slot] = [KilledWriter.Record(number)];
                continue;
            }

            // What came after the last promise may be there, in whole or in part: up to the flush after it.
            (candidates[slot] ??= [new byte[KilledWriter.RecordBytes]]).Add(KilledWriter.Record(number));
            if (flushesNow) break;
        }

        Assert.True(content.Length <= KilledWriter.Slots * KilledWriter.RecordBytes);
        for (int slot = 0; slot < KilledWriter.Slots; slot++)
        {
            var versions = candidates[slot] ?? [new byte[KilledWriter.RecordBytes]];
            int start = slot * KilledWriter.RecordBytes;
            bool isPromised = candidates[slot] is [var first, ..] && first[0] != 0;
            if (isPromised)
                Assert.True(content.Length >= start + KilledWriter.RecordBytes,
                    $"seed {seed}: slot {slot} was flushed, and the file ends at {content.Length}");
            for (int i = 0; i < KilledWriter.RecordBytes && start + i < content.Length; i++)
            {
                byte found = content[start + i];
                if (!versions.Exists(version => version[i] == found))
                {
                    Assert.Fail($"seed {seed}: byte {i} of slot {slot} is {found}, which no record written there since "
                        + $"record {flushed} was flushed has");
                }
            }
        }
    }
}
