namespace Concord.Tests.Simulation;

/// <summary>Random operations on a cache under a seeded scheduler, against a plain byte array.</summary>
public sealed class ModelTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_caller_sees_what_a_byte_array_would_show(bool shared)
    {
        int seeds = TestRun.IsFull ? 500 : 40, operations = TestRun.IsFull ? 5000 : 500;
        for (int seed = 1; seed <= seeds; seed++) ModelRun.Execute(seed, actors: 1, operations, shared);
    }

    [Fact]
    public void Several_callers_in_one_page_lose_nothing_of_each_other()
    {
        int seeds = TestRun.IsFull ? 500 : 40, operations = TestRun.IsFull ? 1700 : 200;
        for (int seed = 1; seed <= seeds; seed++) ModelRun.Execute(seed, actors: 3, operations, shared: false);
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace()
    {
        int seeds = TestRun.IsFull ? 1000 : 30;
        for (int seed = 1; seed <= seeds; seed++)
        {
            Assert.Equal(ModelRun.Execute(seed, 3, 60, shared: false), ModelRun.Execute(seed, 3, 60, shared: false));
        }
    }
}
