namespace Concord.Measuring;

/// <summary>What measurements say about a demand.</summary>
internal enum Verdict
{
    /// <summary>It could not be measured here, and the reason is given.</summary>
    Skipped,

    /// <summary>The figures are what was demanded.</summary>
    Reached,

    /// <summary>Most rounds were disturbed: the figures say something about the machine's other work.</summary>
    Inconclusive,

    /// <summary>The figures are not what was demanded.</summary>
    Missed,
}

/// <summary>Puts verdicts together.</summary>
internal static class Verdicts
{
    /// <summary>A whole is as good as its worst part; parts that were skipped do not count unless all were.</summary>
    public static Verdict Worst(IEnumerable<Verdict> parts) => parts.DefaultIfEmpty(Verdict.Skipped).Max();
}
