using Concord.Memory;

namespace Concord.Tests.Caching;

/// <summary>
/// What calls allocate that are no hits: a lease is one object, and a miss that nobody waits for is none.
/// </summary>
public sealed class AllocationTests : IDisposable
{
    private const int PageCount = 512;

    private readonly FileCache _cache = new(new FileCacheOptions
    {
        CapacityBytes = 4 * PageCount * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
        MaxReadAheadBytes = 0,
        SectionKind = SectionKind.Private,
    });

    private readonly CachedFile _file;

    public AllocationTests() => _file = _cache.Open(new MemoryStore(new byte[PageCount * Pages.Bytes]));

    [Fact]
    public void A_synchronous_miss_allocates_nothing()
    {
        byte[] bytes = new byte[Pages.Bytes];
        Warm(Miss);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int page = 0; page < PageGeometry.PagesPerExtent; page++) Miss(page);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Miss(int page) => _file.Read(page * (long)Pages.Bytes, bytes);
    }

    [Fact]
    public void A_synchronous_write_of_an_absent_page_allocates_nothing()
    {
        byte[] bytes = Pages.Of(7);
        Warm(Miss);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int page = 0; page < PageGeometry.PagesPerExtent; page++) Miss(page);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Miss(int page) => _file.Write(page * (long)Pages.Bytes, bytes);
    }

    [Theory]
    [InlineData(LeaseAccess.Read)]
    [InlineData(LeaseAccess.Write)]
    [InlineData(LeaseAccess.Exclusive)]
    public void A_lease_is_one_object(LeaseAccess access)
    {
        const int Count = 100;
        Warm(Lease);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Count; i++) Lease(i % PageGeometry.PagesPerExtent);
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / Count;
        Figures.Record("P3", $"bytes that a lease allocates ({access})", $"{each}", "one object");
        Assert.InRange(each, 1, 160);

        void Lease(int page) => _file.Lease(Pages.Range(page), access).Dispose();
    }

    public void Dispose() => _cache.Dispose();

    /// <summary>
    /// Every extent's own state, and what a thread makes once; then the first extent's pages leave memory.
    /// </summary>
    private void Warm(Action<int> call)
    {
        for (int round = 0; round < 2; round++)
        {
            for (int page = 0; page < PageCount; page++) call(page);
            _file.FlushAndPurge();
        }
    }
}
