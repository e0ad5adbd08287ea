namespace Concord.SystemCache;

/// <summary>Who maps a range of a file, as far as this process may know.</summary>
/// <param name="Parts">The parts found.</param>
/// <param name="ProcessesNotReadable">How many processes did not let us see what they map.</param>
internal sealed record Mappings(IReadOnlyList<MappedPart> Parts, int ProcessesNotReadable);
