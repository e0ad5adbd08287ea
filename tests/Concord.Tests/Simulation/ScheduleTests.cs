namespace Concord.Tests.Simulation;

/// <summary>
/// Each scenario in many orders (R6): at every lock, await and queue point the seed chooses who goes on.
/// </summary>
[Collection(SideBySide.Simulation)]
public sealed class ScheduleTests
{
    public static TheoryData<string> Names => [.. Scenarios.All.Select(static scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_order_of_the_tasks_breaks_a_rule(string scenario)
    {
        var played = Scenarios.All.Single(other => other.Name == scenario);
        int schedules = 0;
        long steps = 0;
        foreach (int seed in SimSeeds.Of(slice: 120, full: 10_000))
        {
            steps += played.Execute(seed).Scheduler.Steps;
            schedules++;
        }

        Figures.Record("R6", scenario, $"{schedules} schedules, {steps} steps, no failure",
            "10000 schedules, no failure");
    }
}
