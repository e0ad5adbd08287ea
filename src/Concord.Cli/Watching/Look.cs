using Concord.Cli.Status;

namespace Concord.Cli.Watching;

/// <summary>What was seen at one time.</summary>
/// <param name="Time">When.</param>
/// <param name="Shown">The files to show.</param>
/// <param name="Left">How many more files there are.</param>
/// <param name="Totals">The sums of all files.</param>
/// <param name="Change">How fast the sums change.</param>
/// <param name="FailedFiles">Files that could not be asked.</param>
internal sealed record Look(
    DateTimeOffset Time, IReadOnlyList<(FileStatus File, Change Change)> Shown, long Left, StatusTotals Totals,
    Change Change, long FailedFiles);

/// <summary>Bytes a second by which something grows, or shrinks; null where that is not known.</summary>
/// <param name="Resident">Of what is in the cache.</param>
/// <param name="Dirty">Of what differs from the store.</param>
internal readonly record struct Change(double? Resident, double? Dirty)
{
    public static Change operator +(Change a, Change b) => new(a.Resident + b.Resident, a.Dirty + b.Dirty);

    /// <summary>The change between two looks.</summary>
    internal static Change Between(Counts before, Counts after, TimeSpan time) => new(
        (after.Resident - before.Resident) / time.TotalSeconds, (after.Dirty - before.Dirty) / time.TotalSeconds);
}

/// <summary>Bytes of a file at one time; null where they are not known.</summary>
internal readonly record struct Counts(long? Resident, long? Dirty)
{
    internal static Counts Of(FileStatus file) =>
        new(file.ResidentPages * file.PageSize, file.DirtyPages * file.PageSize);
}
