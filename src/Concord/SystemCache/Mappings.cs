namespace Concord.SystemCache;

/// <summary>The processes that map a range of a file, of those that this process may inspect.</summary>
/// <param name="Range">The range that was asked about.</param>
/// <param name="Parts">The parts that were mapped at the time of the query.</param>
/// <param name="ProcessesNotReadable">How many processes' mappings this process may not read.</param>
internal sealed record Mappings(ByteRange Range, IReadOnlyList<MappedPart> Parts, int ProcessesNotReadable)
{
    /// <summary>
    /// The processes found. They may map something else by now: a caller reads their mappings again before it acts.
    /// </summary>
    internal IEnumerable<int> Processes => Parts.Select(static part => part.ProcessId).Distinct();

    /// <summary>For each process that could not be trimmed: the right or system that it would need, as text.</summary>
    internal Dictionary<int, string> Obstacles { get; } = [];
}
