namespace Concord.Measuring;

/// <summary>One implementation of the work that a comparison compares.</summary>
/// <param name="Name">The name in the table.</param>
/// <param name="Prepare">
/// Makes the state that the measurement begins with, and checks it: throws if a range that must be resident is not, or
/// one that must be absent is resident. It is not timed, and not watched for disturbances.
/// </param>
/// <param name="Measure">Does the work, and returns how long it took.</param>
internal sealed record Rival(string Name, Action Prepare, Func<Slice> Measure);
