namespace Concord.Tests.House;

/// <summary>
/// Types that know each other in a ring can only be understood together: rings are small, and within one room.
/// </summary>
internal static class CycleRule
{
    /// <summary>A ring of more is a knot.</summary>
    private const int TypesMax = 4;

    /// <summary>The public handles: a file gives holds, views and streams, and each leads back to its file.</summary>
    private const int HandlesMax = 8;

    public static IReadOnlyList<Finding> Check(IEnumerable<HouseFile> files) => Check(new LibraryTypes(files));

    public static IReadOnlyList<Finding> Check(LibraryTypes types) =>
        [.. types.Cycles().SelectMany(ring => Check(ring, types))];

    private static IEnumerable<Finding> Check(IReadOnlyList<string> ring, LibraryTypes types)
    {
        var places = types.Names.Where(name => ring.Contains(name.From) && ring.Contains(name.To)
            && name.From != name.To).ToList();
        string[] rooms = [.. places.Select(static name => LibraryTypes.RoomOf(name.File.Path)).Distinct()];
        int most = rooms is ["Files"] ? HandlesMax : TypesMax;
        string names = string.Join(", ", ring);
        var first = places[0];
        if (rooms.Length > 1)
        {
            yield return first.File.At(first.Node, $"a ring of types goes through {string.Join(", ", rooms)}: {names}");
        }
        if (ring.Count > most)
        {
            yield return first.File.At(
                first.Node, $"{ring.Count} types know each other in a ring, {most} may: {names}");
        }
    }
}
