namespace Concord.Cli.Snapshot;

/// <summary>Sums over a snapshot.</summary>
internal sealed class SnapshotTotals
{
    /// <summary>Files with resident pages.</summary>
    public long Files { get; private set; }

    public long Ranges { get; private set; }

    public long ResidentBytes { get; private set; }

    /// <summary>Files that are not in the snapshot, because what is resident of them cannot be known.</summary>
    public long UnknownFiles { get; private set; }

    /// <summary>Files and directories that were gone when their turn came.</summary>
    public long VanishedFiles { get; internal set; }

    /// <summary>The first reason why something cannot be known.</summary>
    internal string? Unknown { get; private set; }

    internal void Add(SnapshotFile file)
    {
        Files++;
        Ranges += file.Ranges.Count;
        foreach (var range in file.Ranges) ResidentBytes += range.Length;
    }

    internal void AddUnknown(string why)
    {
        UnknownFiles++;
        Unknown ??= why;
    }
}
