using Concord.Benchmarks.Harness;

namespace Concord.Benchmarks.Goals;

/// <summary>
/// Something the library wants to be as good at as the best there is, and the measurement that tells.
/// </summary>
/// <remarks>A new goal is a class in this folder and a line in <see cref="GoalList"/>.</remarks>
internal abstract class Goal
{
    /// <summary>What one asks for on the command line: "P1".</summary>
    public abstract string Name { get; }

    /// <summary>What is measured, in a few words.</summary>
    public abstract string Title { get; }

    /// <summary>What is wanted, as figures.</summary>
    public abstract string Target { get; }

    /// <summary>What is missing here for measuring it, and how to get it; null when nothing is.</summary>
    public abstract string? Missing(RunSettings settings);

    /// <summary>What a reader of the figures has to know: the instructions in use, peers that were left out.</summary>
    public virtual IEnumerable<string> Notes => [];

    /// <summary>
    /// The comparisons, made one at a time: each holds its memory and files from the moment it is asked for until the
    /// next one is.
    /// </summary>
    public abstract IEnumerable<Comparison> Comparisons(RunSettings settings);
}
