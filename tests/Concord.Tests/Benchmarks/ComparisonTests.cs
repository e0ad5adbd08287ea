using Concord.Measuring;

namespace Concord.Tests.Benchmarks;

public class ComparisonTests
{
    private const int Rounds = 9;

    [Fact]
    public void Rivals_take_turns_and_another_one_begins_each_round()
    {
        var calls = new List<string>();
        Comparison comparison = Compare(Named("a"), Named("b"));

        comparison.Run(rounds: 3, new Meter(), () => { }, CancellationToken.None);

        Assert.Equal(["a", "b", "a", "b", "b", "a", "a", "b"], calls);

        Rival Named(string name) => new(name, () => { }, () =>
        {
            calls.Add(name);
            return new Slice(1);
        });
    }

    [Fact]
    public void Every_slice_is_prepared_and_preparing_is_not_watched()
    {
        var meter = new Meter();
        int prepared = 0, measured = 0;
        var rival = new Rival("a", () => { prepared++; meter.Disturb(); }, () => { measured++; return new Slice(1); });

        ComparisonResult result = Compare(rival, Constant("b", 1))
            .Run(Rounds, meter, () => { }, CancellationToken.None);

        Assert.Equal(1 + Rounds, prepared);
        Assert.Equal(1 + Rounds, measured);
        Assert.Equal(0, result["a"].DisturbedSlices);
    }

    [Fact]
    public void A_disturbed_slice_is_measured_again_and_the_undisturbed_one_counts()
    {
        var meter = new Meter();
        int call = 0;
        var rival = new Rival("a", () => { }, () =>
        {
            bool isDisturbed = call++ % 2 == 1;
            if (isDisturbed) meter.Disturb();
            return new Slice(isDisturbed ? 1 : 100);
        });

        ComparisonResult result = Compare(rival, Constant("b", 100))
            .Run(Rounds, meter, () => { }, CancellationToken.None);

        Assert.All(result["a"].Slices, slice => Assert.Equal(
            (false, 100, 1), (slice.IsDisturbed, slice.Slice.Nanoseconds, slice.DisturbedAttempts)));
    }

    [Fact]
    public void A_slice_that_saw_a_disturbance_itself_is_measured_again()
    {
        int call = 0;
        var rival = new Rival("a", () => { }, () => call++ % 2 == 1 ? new Slice(1, IsDisturbed: true) : new Slice(100));

        ComparisonResult result = Compare(rival, Constant("b", 100))
            .Run(Rounds, new Meter(), () => { }, CancellationToken.None);

        Assert.All(result["a"].Slices, slice => Assert.Equal(
            (false, 100, 1), (slice.IsDisturbed, slice.Slice.Nanoseconds, slice.DisturbedAttempts)));
    }

    [Fact]
    public void On_a_machine_that_never_rests_the_attempts_are_bounded_and_the_fastest_counts()
    {
        var meter = new Meter();
        int call = 0;
        var rival = new Rival("a", () => { }, () =>
        {
            meter.Disturb();
            return new Slice(1000 - call++);
        });

        ComparisonResult result = Compare(rival, Constant("b", 1))
            .Run(Rounds, meter, () => { }, CancellationToken.None);

        Assert.Equal(1 + Rounds * Comparison.AttemptsMax, call);
        Assert.Equal(Rounds, result["a"].DisturbedSlices);
        Assert.Equal(1000 - Comparison.AttemptsMax, result["a"].Slices[0].Slice.Nanoseconds);
    }

    [Theory]
    [InlineData(false, Rounds)]
    [InlineData(true, 0)]
    public void Rivals_whose_threads_take_the_processor_from_each_other_are_not_disturbed_by_that(
        bool sharesProcessors, int disturbed)
    {
        var meter = new Meter();
        var rival = new Rival("a", () => { }, () =>
        {
            meter.Switch();
            return new Slice(1);
        });

        ComparisonResult result = (Compare(rival, Constant("b", 1)) with { SharesProcessors = sharesProcessors })
            .Run(Rounds, meter, () => { }, CancellationToken.None);

        Assert.Equal(disturbed, result["a"].DisturbedSlices);
    }

    [Fact]
    public void When_its_time_is_over_there_are_as_many_rounds_as_say_something()
    {
        Comparison comparison = Compare(Constant("a", 1), Constant("b", 1)) with { TimeMax = TimeSpan.Zero };

        ComparisonResult result = comparison.Run(10 * Comparison.RoundsMin, new Meter(), () => { },
            CancellationToken.None);

        Assert.All(result.Rivals, rival => Assert.Equal(Comparison.RoundsMin, rival.Slices.Count));
    }

    [Fact]
    public void Cancelling_ends_the_run_between_slices()
    {
        using var source = new CancellationTokenSource();
        int slices = 0;

        Assert.Throws<OperationCanceledException>(() => Compare(Constant("a", 1), Constant("b", 1)).Run(
            Rounds,
            new Meter(),
            () =>
            {
                if (++slices == 3) source.Cancel();
            },
            source.Token));

        Assert.Equal(3, slices);
    }

    internal static Comparison Compare(params Rival[] rivals) => new("work", Bytes: 4096, rivals, rivals[^1].Name, [])
    {
        WarmUp = TimeSpan.Zero,
    };

    internal static Rival Constant(string name, double nanoseconds) =>
        new(name, () => { }, () => new Slice(nanoseconds));

    internal sealed class Meter : IDisturbanceMeter
    {
        private long _count;
        private long _switches;

        public string Watches => "what a test says";

        public long Count(bool withSwitches) => _count + (withSwitches ? _switches : 0);

        public void Disturb() => _count++;

        public void Switch() => _switches++;
    }
}
