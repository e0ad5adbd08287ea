namespace Concord.Tests.Caching.Linearizability;

/// <summary>Concurrent histories of a file look as if each call had happened at one moment.</summary>
public sealed class LinearizabilityTests
{
    private static readonly long Page = Pages.Bytes;

    // Neighbours in a line, both ends of a page, two pages of one extent, and two extents.
    private static readonly long[] Registers = [0, 8, Page - 8, Page, ((Pages.PerExtent - 1) * Page) + 8,
        Pages.PerExtent * Page];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Aligned_eight_bytes_are_linearizable_under_purges_and_evictions(int seed)
    {
        using var run = new HistoryRun(sizeof(long), Registers, overlaps: true);
        Assert.Null(run.Play(TestRun.IsFull ? 20_000 : 800, seed));
    }

    [Fact]
    public void Whole_pages_are_linearizable_where_calls_on_one_do_not_overlap()
    {
        using var run = new HistoryRun(
            Pages.Bytes, [0, Page, 2 * Page, (Pages.PerExtent - 1) * Page, Pages.PerExtent * Page], overlaps: false);
        Assert.Null(run.Play(TestRun.IsFull ? 20_000 : 800, seed: 3));
    }

    [Fact]
    public void A_run_in_which_one_read_tells_an_old_value_is_found()
    {
        using var run = new HistoryRun(sizeof(long), Registers, overlaps: true);
        long first = 0;
        int reads = 0;
        run.Retell = value =>
        {
            if (value != 0) Interlocked.CompareExchange(ref first, value, 0);
            return Interlocked.Increment(ref reads) == 2_000 ? first : value;
        };
        string? violation = run.Play(200, seed: 4);
        Assert.NotNull(violation);
    }
}
