using Concord.Measuring;

namespace Concord.Tests.Benchmarks;

public class StatisticsTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.1, 1.9)]
    [InlineData(0.5, 5.5)]
    [InlineData(0.9, 9.1)]
    [InlineData(1, 10)]
    public void A_percentile_lies_between_its_neighbours_in_proportion(double share, double expected) =>
        Assert.Equal(expected, Statistics.Percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], share), precision: 10);

    [Fact]
    public void The_spread_does_not_depend_on_the_order()
    {
        Spread spread = Statistics.SpreadOf([9, 1, 8, 2, 7, 3, 6, 4, 5]);

        Assert.Equal(5, spread.Median);
        Assert.Equal(1.8, spread.P10, precision: 10);
        Assert.Equal(8.2, spread.P90, precision: 10);
    }

    [Fact]
    public void Everything_about_one_value_is_that_value() =>
        Assert.Equal(new Spread(3, 3, 3), Statistics.SpreadOf([3]));

    [Fact]
    public void Paired_speeds_divide_out_what_slowed_both_down()
    {
        double[] speeds = Statistics.PairedSpeeds(nanoseconds: [10, 40, 20], referenceNanoseconds: [20, 80, 40]);

        Assert.Equal([2, 2, 2], speeds);
    }

    [Fact]
    public void Rounds_that_do_not_pair_are_refused() =>
        Assert.Equal("referenceNanoseconds",
            Assert.Throws<ArgumentException>(() => Statistics.PairedSpeeds([1, 2], [1])).ParamName);

    [Fact]
    public void Nothing_has_no_percentile() =>
        Assert.Equal("sorted", Assert.Throws<ArgumentException>(() => Statistics.Percentile([], 0.5)).ParamName);

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    public void A_share_outside_of_the_whole_is_refused(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Statistics.Percentile([1, 2], share));
}
