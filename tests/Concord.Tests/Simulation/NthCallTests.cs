namespace Concord.Tests.Simulation;

/// <summary>
/// Each script with each call of its store failed in turn (R3): once, and from there on until the end; refused, torn
/// in the middle, or done and answered with an error. Nothing is lost, and nothing succeeds silently: a flush that
/// returns is checked against what a loss of power would leave, and every failure reaches a caller.
/// </summary>
[Collection(SideBySide.Simulation)]
public sealed class NthCallTests
{
    private const int Seed = 1;

    public static TheoryData<string> Names => [.. Scripts.All.Select(static script => script.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Whichever_call_of_the_store_fails_nothing_is_lost(string name)
    {
        var script = Scripts.All.Single(other => other.Name == name);
        int calls = script.Execute(Seed).Store.Calls;
        int runs = 0, failures = 0;
        StoreFault[] faults = [StoreFault.Refused, StoreFault.Torn, StoreFault.LateError];
        foreach (int seed in SimSeeds.Of(slice: 1, full: 20))
        {
            // In a part of the run one call in three, and others with other extents.
            (int first, int step) = SimSeeds.Part == 1 ? (1, 1) : (1 + (Caching.Pages.PerExtent / 4 % 3), 3);
            for (int failing = Math.Min(first, calls); failing <= calls; failing += step)
            {
                foreach (var fault in faults)
                {
                    failures += Fail(script, seed, (_, call, _) => call == failing ? fault : StoreFault.None,
                        $"call {failing} {fault}");
                    failures += Fail(script, seed, (_, call, _) => call >= failing ? fault : StoreFault.None,
                        $"calls from {failing} on {fault}");
                    runs += 2;
                }
            }
        }

        Assert.True(failures >= runs / 2, "the failures that were planned did happen");
        Figures.Record("R3", name, $"{calls} calls failed in turn, {runs} runs, nothing lost",
            "every call failed in turn, nothing lost");
    }

    private static int Fail(Scenario script, int seed, Func<StoreCall, int, int, StoreFault> faultOf, string what)
    {
        var failing = script with
        {
            Name = $"{script.Name}; {what}",
            Play = world =>
            {
                world.Store.FaultOf = faultOf;
                script.Play(world);
            },
        };
        return failing.Execute(seed).Store.Failures;
    }
}
