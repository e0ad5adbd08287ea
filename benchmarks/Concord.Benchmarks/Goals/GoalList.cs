namespace Concord.Benchmarks.Goals;

/// <summary>All goals, in the order they are measured.</summary>
internal static class GoalList
{
    public static IReadOnlyList<Goal> All { get; } =
    [
        new RangeFlush(), new FlushBandwidth(), new FileFlushAndPurge(), new CachedReads(), new HitScaling(),
        new CachedWrites(), new CleanPurge(), new CachedFlush(), new FlushInFlight(), new ColdReads(), new LookUp(),
        new ViewTouches(), new ViewMisses(), new MissesApart(), new FirstWrites(), new CollectedWrites(),
        new MappedPurge(), new StateCost(), new ShortCalls(), new ManyFiles(), new LongReads(),
        new RemoteReads(),
    ];

    /// <summary>The goals of those names, all of them when there are no names.</summary>
    /// <exception cref="ArgumentException">No goal has one of the names; nothing was measured.</exception>
    public static IReadOnlyList<Goal> Find(IReadOnlyList<string> names)
    {
        if (names.Count == 0) return All;
        return [.. names.Select(name =>
            All.FirstOrDefault(goal => string.Equals(goal.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"no goal is called '{name}'; there are: {string.Join(", ", All.Select(goal => goal.Name))}"))];
    }
}
