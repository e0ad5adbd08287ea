namespace Concord.Measuring;

/// <summary>One way of doing what a comparison compares.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="Prepare">
/// Makes the state the measurement begins with, and proves it: throws when a range that is to be resident is not, or
/// one that is to be absent is there. Not timed, and not watched for disturbances.
/// </param>
/// <param name="Measure">Does it, and says how long it took.</param>
internal sealed record Rival(string Name, Action Prepare, Func<Slice> Measure);
