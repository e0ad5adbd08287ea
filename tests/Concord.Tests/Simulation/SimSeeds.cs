using System.Globalization;

namespace Concord.Tests.Simulation;

/// <summary>Which seeds a simulated test runs: so many, or the one that somebody wants to see again.</summary>
internal static class SimSeeds
{
    /// <summary>The environment variable that names one seed.</summary>
    internal const string Variable = "CONCORD_SIM_SEED";

    /// <summary>The environment variable that runs a part only: one seed in so many.</summary>
    internal const string PartVariable = "CONCORD_SIM_PART";

    internal static IEnumerable<int> Of(int slice, int full)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } one)
            return [int.Parse(one, CultureInfo.InvariantCulture)];
        return Enumerable.Range(1, Math.Max(1, (TestRun.IsFull ? full : slice) / Part));
    }

    /// <summary>One seed in so many is run; what is not drawn by seeds leaves out as much as it can.</summary>
    internal static int Part => Environment.GetEnvironmentVariable(PartVariable) is { Length: > 0 } given
        ? int.Parse(given, CultureInfo.InvariantCulture)
        : 1;
}
