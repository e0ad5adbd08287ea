namespace Concord.SystemCache;

/// <summary>Who maps a range of a file, as far as this process may know.</summary>
/// <param name="Range">The range that was asked about.</param>
/// <param name="Parts">The parts found, as they were then.</param>
/// <param name="ProcessesNotReadable">How many processes did not let us see what they map.</param>
internal sealed record Mappings(ByteRange Range, IReadOnlyList<MappedPart> Parts, int ProcessesNotReadable)
{
    /// <summary>Who was found. By now they may map something else: whoever acts looks again.</summary>
    internal IEnumerable<int> Processes => Parts.Select(static part => part.ProcessId).Distinct();

    /// <summary>For each process that could not be trimmed: what that would need, for people to read.</summary>
    internal Dictionary<int, string> Obstacles { get; } = [];
}
