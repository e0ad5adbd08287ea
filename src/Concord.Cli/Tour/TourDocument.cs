using Concord.Cli.Bench;

namespace Concord.Cli.Tour;

/// <summary>What the tour did and found, as it is documented.</summary>
/// <param name="Command">Always <c>tour</c>.</param>
/// <param name="Directory">Where its files were; they are gone.</param>
/// <param name="FileSystem">The file system there, as the system calls it.</param>
/// <param name="Steps">What was shown, in order.</param>
/// <param name="Comparisons">The ratios of this machine, from a short run.</param>
/// <param name="Holds">Whether every step found what it promises.</param>
/// <param name="Seconds">How long all of it took.</param>
internal sealed record TourDocument(
    string Command,
    string Directory,
    string FileSystem,
    IReadOnlyList<TourStep> Steps,
    IReadOnlyList<BenchComparison> Comparisons,
    bool Holds,
    double Seconds);

/// <summary>One step of the tour.</summary>
/// <param name="Name">A word for it.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Found">What was checked, each with whether it is so.</param>
/// <param name="Skipped">Why it cannot be taken here, or null; then nothing was checked.</param>
/// <param name="Holds">Whether all of it is so.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record TourStep(string Name, string Title, IReadOnlyList<TourCheck> Found, string? Skipped, bool Holds,
    double Seconds);

/// <summary>Something that a step looked at.</summary>
/// <param name="Text">What should be so.</param>
/// <param name="Holds">Whether it is.</param>
internal sealed record TourCheck(string Text, bool Holds);
