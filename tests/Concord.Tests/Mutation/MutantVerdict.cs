using System.Globalization;

namespace Concord.Tests.Mutation;

/// <summary>How a fault fared.</summary>
internal enum MutantFate
{
    /// <summary>A test failed twice with it, and passes without it.</summary>
    Killed,

    /// <summary>All tests that come to it passed.</summary>
    Survived,

    /// <summary>The source is no longer as it was when the fault was written.</summary>
    NoLongerApplies,
}

/// <summary>What became of one fault.</summary>
/// <param name="Name">The fault.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Fate">How it fared.</param>
/// <param name="By">The test that killed it, or why it does not apply.</param>
/// <param name="Seconds">How long that took.</param>
/// <param name="What">What is wrong with it.</param>
internal sealed record MutantVerdict(string Name, string Kind, MutantFate Fate, string By, double Seconds, string What)
{
    internal string ToLine() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name}\t{Kind}\t{Fate}\t{By}\t{Seconds:F1}\t{What}");

    internal static MutantVerdict Read(string line)
    {
        string[] parts = line.Split('\t');
        return new MutantVerdict(parts[0], parts[1], Enum.Parse<MutantFate>(parts[2]), parts[3],
            double.Parse(parts[4], CultureInfo.InvariantCulture), parts[5]);
    }
}
