namespace Concord.Tests.House;

/// <summary>
/// Folders of src/Concord are layers, and folders of Memory and Caching rooms. Each knows itself and what lies below
/// it, and no other: those of one rank do not know each other. The compiler says what each name means, so that no name
/// is guessed.
/// </summary>
internal static class LayerRule
{
    /// <summary>From the bottom up; what stands in one line has one rank.</summary>
    public static readonly IReadOnlyList<string[]> Order =
    [
        ["Interop"],
        ["Coherency", "Scheduling"],
        ["Processor", "SystemCache"],
        ["Stores"],
        ["Memory/Pages"],
        ["Memory/Sections", "Memory/Pins"],
        ["Caching/Cache", "Caching/Replacement"],
        ["Caching/File"],
        ["Caching/WritingBack"],
        ["Caching/Eviction"],
        ["Caching/Loading"],
        ["Caching/Coherency", "Caching/Background"],
        ["Caching/Copying", "Caching/Leases"],
        ["Caching/Views"],
        ["Files"],
    ];

    private static readonly Dictionary<string, int> Ranks =
        Order.SelectMany(static (rooms, rank) => rooms.Select(room => (room, rank)))
            .ToDictionary(StringComparer.Ordinal);

    public static IReadOnlyList<Finding> Check(IEnumerable<HouseFile> files) => Check(new LibraryTypes(files));

    public static IReadOnlyList<Finding> Check(LibraryTypes types)
    {
        string all = string.Join(", ", Ranks.Keys);
        var homeless =
            from file in types.Files
            let room = LibraryTypes.RoomOf(file.Path)
            where !Ranks.ContainsKey(room)
            select new Finding(file.Path, 1, $"'{room}' is no layer or room; there are {all}");
        var upward =
            from name in types.Names
            let room = LibraryTypes.RoomOf(name.File.Path)
            let other = LibraryTypes.RoomOf(name.Path)
            where other != room && Ranks.TryGetValue(room, out int rank)
                && Ranks.TryGetValue(other, out int otherRank) && otherRank >= rank
            select name.File.At(name.Node, $"{room} names {name.To} of {other}, which does not lie below it");
        return [.. homeless, .. upward];
    }
}
