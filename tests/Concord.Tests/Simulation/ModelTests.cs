namespace Concord.Tests.Simulation;

/// <summary>Random operations on a cache under a seeded scheduler, against a plain byte array (R1, R2).</summary>
[Collection(SideBySide.Simulation)]
public sealed class ModelTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_caller_sees_what_a_byte_array_would_show(bool shared)
    {
        int operations = TestRun.IsFull ? 5000 : 500;
        long done = Run(SimSeeds.Of(slice: 20, full: 500), actors: 1, operations, shared);
        Figures.Record("R1", shared ? "one caller, shared section" : "one caller, private section",
            $"{done} operations, no difference", "2500000 operations, no difference");
    }

    [Fact]
    public void Several_callers_in_one_page_lose_nothing_of_each_other()
    {
        int operations = TestRun.IsFull ? 1700 : 200;
        long done = Run(SimSeeds.Of(slice: 20, full: 500), actors: 3, operations, shared: false);
        Figures.Record("R1", "three callers in one page", $"{done} operations, no difference",
            "2500000 operations, no difference");
    }

    [Theory]
    [Row(108)]
    [InlineData(1)]
    [InlineData(3)]
    public void Whatever_the_store_refuses_no_accepted_byte_is_lost(int actors)
    {
        int operations = (TestRun.IsFull ? 2000 : 150) / actors;
        long done = Run(SimSeeds.Of(slice: 30, full: 500), actors, operations, shared: false, withFaults: true);
        Figures.Record("R1", $"calls of the store fail, callers: {actors}", $"{done} operations, no difference",
            "no difference");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Whatever_a_failed_barrier_loses_in_the_store_no_accepted_byte_is_lost(int actors)
    {
        int operations = (TestRun.IsFull ? 2000 : 150) / actors;
        long done = 0;
        foreach (int seed in SimSeeds.Of(slice: 20, full: 500))
        {
            var plan = ModelPlan.Draw(seed, actors, operations, shared: false, withFaults: true).OnLossyStore();
            Shrinker.Execute(plan);
            done += plan.Operations.Count;
        }

        Figures.Record("R1", $"failed barriers lose, callers: {actors}", $"{done} operations, no difference",
            "no difference");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Beside_a_program_that_appends_and_cuts_each_sees_what_the_other_did(bool shared)
    {
        int operations = TestRun.IsFull ? 5000 : 200;
        long done = 0;
        foreach (int seed in SimSeeds.Of(slice: 20, full: 500))
        {
            var plan = ModelPlan.Draw(seed, actors: 1, operations, shared).BesideOutsider(every: 9);
            Shrinker.Execute(plan);
            done += plan.Operations.Count;
        }

        string what = $"another program appends and cuts, {(shared ? "shared" : "private")} section";
        Figures.Record("R1", what, $"{done} operations, no difference", "no difference");
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace()
    {
        int seeds = 0;
        foreach (int seed in SimSeeds.Of(slice: 30, full: 1000))
        {
            Assert.Equal(ModelRun.Execute(seed, 3, 60, shared: false), ModelRun.Execute(seed, 3, 60, shared: false));
            seeds++;
        }

        Figures.Record("R2", "seeds run twice", $"{seeds}, equal traces", "1000, equal traces");
    }

    private static long Run(IEnumerable<int> seeds, int actors, int operations, bool shared, bool withFaults = false)
    {
        long done = 0;
        foreach (int seed in seeds)
        {
            var plan = ModelPlan.Draw(seed, actors, operations, shared, withFaults);
            Shrinker.Execute(plan);
            done += plan.Operations.Count;
        }

        return done;
    }
}
