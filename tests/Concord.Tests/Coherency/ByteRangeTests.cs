namespace Concord.Tests.Coherency;

public sealed class ByteRangeTests
{
    [Fact]
    public void Overflow_names_the_argument_and_the_limit()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new ByteRange(2, long.MaxValue - 1));
        Assert.Equal("length", error.ParamName);
        Assert.Contains("must not exceed", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 0, "offset")]
    [InlineData(0, -1, "length")]
    public void Negative_arguments_are_named(long offset, long length, string name) =>
        Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => new ByteRange(offset, length)).ParamName);

    [Theory]
    [InlineData(0, 1, 0, 4096)]
    [InlineData(4095, 2, 0, 8192)]
    [InlineData(4096, 4096, 4096, 8192)]
    [InlineData(5000, 0, 5000, 5000)]
    [InlineData(long.MaxValue - 1, 1, long.MaxValue - 4095, long.MaxValue)]
    public void RoundOut_covers_whole_pages_and_never_overflows(long offset, long length, long start, long end) =>
        Assert.Equal(ByteRange.FromBounds(start, end), new ByteRange(offset, length).RoundOut(4096));

    [Fact]
    public void Intersect_of_disjoint_ranges_is_empty()
    {
        Assert.True(new ByteRange(0, 10).Intersect(new ByteRange(10, 5)).IsEmpty);
        Assert.Equal(new ByteRange(5, 5), new ByteRange(0, 10).Intersect(new ByteRange(5, 50)));
    }
}
