using Concord.Benchmarks.Goals;
using Concord.Measuring;

namespace Concord.Tests.Benchmarks;

public class VerdictTests
{
    private const int Rounds = 9;
    private static readonly SpeedDemand Fast = new("own", "peer", 0.9);

    [Theory]
    [InlineData(100, Verdict.Reached)]
    [InlineData(110, Verdict.Reached)]
    [InlineData(115, Verdict.Missed)]
    public void A_speed_is_judged_by_the_median_of_the_ratios(double nanoseconds, object verdict) =>
        Assert.Equal((Verdict)verdict, Fast.Judge(Measured(nanoseconds, disturbed: 0)).Verdict);

    [Theory]
    [InlineData(4, Verdict.Missed)]
    [InlineData(5, Verdict.Inconclusive)]
    public void Missed_becomes_inconclusive_when_most_rounds_were_disturbed(int disturbed, object verdict) =>
        Assert.Equal((Verdict)verdict, Fast.Judge(Measured(200, disturbed)).Verdict);

    [Fact]
    public void Nothing_is_called_reached_either_when_most_rounds_were_disturbed() =>
        Assert.Equal(Verdict.Inconclusive, Fast.Judge(Measured(50, disturbed: 9)).Verdict);

    [Fact]
    public void One_page_left_in_one_disturbed_round_is_missed()
    {
        ComparisonResult result = Measured(
            100, disturbed: 9, round => new PagesLeft(round == 3 ? 1 : 0, round == 3 ? 1 : 0, 10));

        Assert.Equal(Verdict.Missed, new EmptyDemand("own").Judge(result).Verdict);
        Assert.Equal(Verdict.Reached, new TruthDemand("own").Judge(result).Verdict);
    }

    [Theory]
    [InlineData(7L)]
    [InlineData(null)]
    public void Saying_anything_but_what_stayed_is_missed(long? claimed)
    {
        ComparisonResult result = Measured(100, disturbed: 0, _ => new PagesLeft(0, claimed, 10));

        Assert.Equal(Verdict.Missed, new TruthDemand("own").Judge(result).Verdict);
        Assert.Equal(Verdict.Reached, new EmptyDemand("own").Judge(result).Verdict);
    }

    [Theory]
    [InlineData(new object[] { Verdict.Reached, Verdict.Missed, Verdict.Inconclusive }, Verdict.Missed)]
    [InlineData(new object[] { Verdict.Reached, Verdict.Inconclusive }, Verdict.Inconclusive)]
    [InlineData(new object[] { Verdict.Reached, Verdict.Skipped }, Verdict.Reached)]
    [InlineData(new object[] { }, Verdict.Skipped)]
    public void A_whole_is_as_good_as_its_worst_part(object[] parts, object whole) =>
        Assert.Equal((Verdict)whole, Verdicts.Worst(parts.Cast<Verdict>()));

    [Fact]
    public void An_unknown_goal_is_named_with_those_there_are()
    {
        var error = Assert.Throws<ArgumentException>(() => GoalList.Find(["P1", "P99"]));

        Assert.Contains("'P99'", error.Message, StringComparison.Ordinal);
        Assert.All(GoalList.All, goal => Assert.Contains(goal.Name, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Goals_are_found_whatever_the_case_of_their_letters() =>
        Assert.Equal(["P2", "P1"], GoalList.Find(["p2", "P1"]).Select(goal => goal.Name));

    internal static ComparisonResult Measured(double nanoseconds, int disturbed, Func<int, PagesLeft>? left = null)
    {
        Comparison comparison = ComparisonTests.Compare(ComparisonTests.Constant("own", 0),
            ComparisonTests.Constant("peer", 0));
        return new ComparisonResult(comparison with { Demands = [Fast] },
            [Slices("own", nanoseconds, disturbed), Slices("peer", 100, 0)]);

        RivalResult Slices(string name, double time, int disturbedCount) => new(
            name,
            [.. Enumerable.Range(0, Rounds).Select(round =>
                new MeasuredSlice(new Slice(time, left?.Invoke(round)), round < disturbedCount, 0))]);
    }
}
