using Concord.Measuring;

namespace Concord.Benchmarks.Harness;

/// <summary>How much is measured, and where files may be put.</summary>
/// <param name="Rounds">Rounds of each comparison.</param>
/// <param name="IsQuick">Whether the largest sizes are left out.</param>
/// <param name="Directory">Where files are made, on the file system to be measured.</param>
internal sealed record RunSettings(int Rounds, bool IsQuick, string Directory)
{
    /// <summary>The fewest rounds of a comparison that say something.</summary>
    public const int RoundsMin = Comparison.RoundsMin;

    public const int RoundsDefault = 11;
}
