namespace Concord.Measuring;

/// <summary>Whether measurements meet a demand.</summary>
internal enum Verdict
{
    /// <summary>It could not be measured here, and the reason is given.</summary>
    Skipped,

    /// <summary>The figures meet the demand.</summary>
    Reached,

    /// <summary>Most rounds were disturbed: the figures also depend on the machine's other work.</summary>
    Inconclusive,

    /// <summary>The figures do not meet the demand.</summary>
    Missed,
}

/// <summary>Combines verdicts.</summary>
internal static class Verdicts
{
    /// <summary>A whole is as good as its worst part; parts that were skipped do not count unless all were.</summary>
    public static Verdict Worst(IEnumerable<Verdict> parts) => parts.DefaultIfEmpty(Verdict.Skipped).Max();
}
