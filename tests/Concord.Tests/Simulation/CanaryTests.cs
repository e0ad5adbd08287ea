using Concord.Scheduling;

namespace Concord.Tests.Simulation;

/// <summary>
/// The net is tried: with each fault planted in the cache, and with each store that lies, the suite must fail. A
/// fault that nothing catches is a hole.
/// </summary>
[Collection(SideBySide.Simulation)]
public sealed class CanaryTests
{
    private const int SeedsMax = 60;

    [Theory]
    [InlineData("PublishStaleLoads")]
    [InlineData("StableBeforeBarrier")]
    [InlineData("BarrierCoversLater")]
    [InlineData("CleanAfterFailedWrite")]
    [InlineData("CleanAfterFailedBarrier")]
    [InlineData("ResumedEarly")]
    [InlineData("ErrorsForgotten")]
    public void A_fault_planted_in_the_cache_is_caught_by_schedules(string fault) =>
        AssertCaught(new WorldOptions { Planted = Enum.Parse<InjectedFault>(fault) }, InScenario);

    [Theory]
    [InlineData("StableBeforeBarrier")]
    [InlineData("CleanAfterFailedWrite")]
    [InlineData("CleanAfterFailedBarrier")]
    public void A_fault_planted_in_the_cache_is_caught_by_losses_of_power(string fault) =>
        AssertCaught(new WorldOptions { Planted = Enum.Parse<InjectedFault>(fault) },
            static (options, seed) => Workload.Execute(seed, options));

    [Theory]
    [InlineData("EmptyBarrier")]
    [InlineData("BarrierForgetsOne")]
    [InlineData("KeepsCopies")]
    public void A_store_whose_barriers_lie_is_caught_by_losses_of_power(string lie) =>
        AssertCaught(new WorldOptions { Lie = Enum.Parse<StoreLie>(lie) },
            static (options, seed) => Workload.Execute(seed, options));

    [Fact]
    public void Without_a_planted_fault_the_same_runs_pass()
    {
        for (int seed = 1; seed <= 3; seed++) InScenario(new WorldOptions(), seed);
    }

    private static void InScenario(WorldOptions options, int seed)
    {
        foreach (var scenario in Scenarios.All)
        {
            scenario.Execute(seed, scenario.Options with { Planted = options.Planted, Lie = options.Lie });
        }
    }

    private static void AssertCaught(WorldOptions options, Action<WorldOptions, int> run)
    {
        for (int seed = 1; seed <= SeedsMax; seed++)
        {
            try
            {
                run(options, seed);
            }
            catch (SimulationException caught)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: {caught.Message.Split('\n')[0]}");
                return;
            }
        }

        Assert.Fail($"nothing caught {options} in {SeedsMax} seeds");
    }
}
