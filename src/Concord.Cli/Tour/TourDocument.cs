using Concord.Cli.Bench;

namespace Concord.Cli.Tour;

/// <summary>The results of the tour, as they are documented.</summary>
/// <param name="Command">Always <c>tour</c>.</param>
/// <param name="Directory">Where its files were; they are gone.</param>
/// <param name="FileSystem">The file system there, as the system calls it.</param>
/// <param name="Steps">The steps, in order.</param>
/// <param name="Comparisons">The ratios of this machine, from a short run.</param>
/// <param name="Holds">Whether all checks of all steps hold.</param>
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
/// <param name="Found">The checks, each with its result.</param>
/// <param name="Skipped">Why the step cannot run here, with nothing checked; or null.</param>
/// <param name="Holds">Whether all checks hold.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record TourStep(string Name, string Title, IReadOnlyList<TourCheck> Found, string? Skipped, bool Holds,
    double Seconds);

/// <summary>A check of a step.</summary>
/// <param name="Text">What should hold.</param>
/// <param name="Holds">Whether it holds.</param>
internal sealed record TourCheck(string Text, bool Holds);
