using Concord.Memory;
using Concord.Tests.Caching;

namespace Concord.Tests.Memory;

public sealed class PageRunsTests : IDisposable
{
    private readonly Section _section = new SharedSection();
    private readonly ExtentTable _extents;

    public PageRunsTests() => _extents = new ExtentTable(new PageCounters(), new PendingPageCount());

    [Fact]
    public void Neighbours_are_one_run_across_extents_too()
    {
        (Extent Extent, ulong Pages)[] parts =
        [
            Part(0, PageMask.Of(0, 2) | PageMask.Of(60, 4)), Part(1, PageMask.All), Part(2, PageMask.Of(0, 1)),
            Part(4, PageMask.Of(3, 1)),
        ];
        Assert.Equal([Pages.Range(0, 2), Pages.Range(60, 69), Pages.Range((4 * 64) + 3, 1)], PageRuns.Join(parts));
        Assert.Equal(PageRuns.Join(parts), PageRuns.Join(parts, _section.IsContiguous));
    }

    [Fact]
    public void An_extent_that_comes_again_begins_a_run_of_its_own()
    {
        (Extent Extent, ulong Pages)[] parts = [Part(0, PageMask.Of(10, 2)), Part(0, PageMask.Of(1, 2)),
            Part(0, PageMask.Of(3, 1))];
        Assert.Equal([Pages.Range(10, 2), Pages.Range(1, 3)], PageRuns.Join(parts));
    }

    [Fact]
    public void Nothing_is_no_run() => Assert.Empty(PageRuns.Join([Part(0, PageMask.None)]));

    public void Dispose() => _section.Dispose();

    private (Extent Extent, ulong Pages) Part(long index, ulong pages) => (_extents.FindOrAdd(index, _section), pages);
}
