namespace Concord.Benchmarks.Harness;

/// <summary>How much is measured, and where files may be put.</summary>
/// <param name="Rounds">Rounds of each comparison.</param>
/// <param name="IsQuick">Whether the largest sizes are left out.</param>
/// <param name="Directory">A directory on the file system to be measured, for people to read.</param>
/// <param name="Folder">Where files are made: a folder there that is this run's alone.</param>
internal sealed record RunSettings(int Rounds, bool IsQuick, string Directory, TemporaryFolder Folder)
{
    /// <summary>The fewest rounds of a comparison that say something.</summary>
    public const int RoundsMin = Comparison.RoundsMin;

    public const int RoundsDefault = 11;
}
