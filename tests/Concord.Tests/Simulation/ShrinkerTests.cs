using Concord.Scheduling;
using Microsoft.CodeAnalysis.CSharp;

namespace Concord.Tests.Simulation;

[Collection(SideBySide.Simulation)]
public sealed class ShrinkerTests
{
    [Fact]
    public void A_failing_plan_shrinks_to_what_it_takes_and_is_printed_as_a_test()
    {
        var plan = Enumerable.Range(1, 50)
            .Select(static seed => ModelPlan.Draw(seed, actors: 1, operations: 60, shared: false, withFaults: true)
                with
            { Planted = InjectedFault.CleanAfterFailedWrite })
            .First(Shrinker.Fails);
        var shrunk = Shrinker.Shrink(plan, Shrinker.Fails);
        Assert.True(Shrinker.Fails(shrunk), "what is left still fails");

        // A write, a write-back that fails, and whoever asked for it.
        Assert.InRange(shrunk.Operations.Count, 1, 4);
        Assert.InRange(shrunk.Faults.Count, 0, 1);
        Assert.False(Shrinker.Fails(shrunk with { Planted = InjectedFault.None }),
            "without the planted fault it passes");
        string text = shrunk.ToCSharp();
        Assert.Empty(CSharpSyntaxTree.ParseText(
            $"class Tests {{ {text} }}", cancellationToken: TestContext.Current.CancellationToken)
            .GetDiagnostics(TestContext.Current.CancellationToken));
        Assert.Contains("Operations =", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_runs_the_same_way_each_time()
    {
        var plan = ModelPlan.Draw(7, actors: 2, operations: 40, shared: false, withFaults: true);
        Assert.Equal(ModelRun.Execute(plan), ModelRun.Execute(plan));
    }
}
