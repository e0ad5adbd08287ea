namespace Concord.Tests.Variants;

/// <summary>
/// The library with small extents, and with the assertions of debug builds: a file of a few pages has many extents
/// then, and what concerns two of them is met in every run. In the shipped library the number stays a constant.
/// </summary>
[Collection(SideBySide.Variants)]
public sealed class GeometryTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(TestRun.IsFull ? 240 : 5);

    // What runs in each geometry; the full run takes every seed.
    private static readonly string[] Classes =
    [
        "Simulation.ModelTests", "Simulation.ScheduleTests", "Simulation.CrashTests", "Simulation.FailedFlushTests",
        "Simulation.NthCallTests", "Caching.Linearizability.LinearizabilityTests",
    ];

    /// <summary>One seed of the default run in so many.</summary>
    private const int Part = 30;

    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    public void Simulations_models_crashes_and_histories_hold_with_extents_of(int pages)
    {
        var sources = LibrarySources.Load("DEBUG");
        using var folder = new VariantFolder($"pages-{pages}");
        sources.Emit(folder.Library, SourceChanges.PagesPerExtent(sources, pages));
        var environment = new Dictionary<string, string>
        {
            [Simulation.SimSeeds.PartVariable] = TestRun.IsFull ? "1" : $"{Part}",
        };
        string[] classes = [.. Classes.SelectMany(static name => new[] { "-class", $"Concord.Tests.{name}" })];
        var run = VariantRun.Execute(folder, $"{pages} pages an extent", Limit, environment, classes);
        Assert.Empty(run.Failures);
        Figures.Record("G1", $"{pages} pages an extent, assertions on", $"{run.Passed} tests passed", "all");
    }
}
