namespace Concord.Tests.Caching;

/// <summary>What CcSetFileSizes promises, by the library's lengths.</summary>
public sealed class SizeRowTests
{
    [Theory]
    [InlineData(LeaseAccess.Write)]
    [InlineData(LeaseAccess.Exclusive)]
    [Row(69)]
    public void Growing_under_a_lease_that_has_written_writes_nothing_and_loses_nothing(LeaseAccess access)
    {
        using var test = new CachedFixture(Pages.Of(1, 2));
        using (var lease = test.File.Lease(Pages.Range(1), access))
        {
            lease.WritableSpan[..8].Fill(7);
            test.File.SetLength(5 * Pages.Bytes);

            Assert.Empty(test.Store.Writes);
            Assert.Equal(7, lease.Span[0]);
        }

        // The new page is the store's, which had it filled in meanwhile.
        test.Store.Put(3 * Pages.Bytes, Pages.Of(9));
        Assert.Equal(7, Pages.Read(test.File, Pages.Range(1))[0]);
        Assert.Empty(test.Store.Writes);
        Assert.Equal(Pages.Of(0), Pages.Read(test.File, Pages.Range(2)));
        test.File.FlushAndPurge();
        Assert.Equal(7, test.Store.Content[Pages.Bytes]);
        Assert.Equal(Pages.Of(9), Pages.Read(test.File, Pages.Range(3)));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(4096)]
    [InlineData(9000)]
    [InlineData(0)]
    [Row(71)]
    public void What_was_cut_off_never_comes_back(int length)
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        test.File.Write(0, Pages.Of(7, 8));
        test.File.SetLength(length);
        test.File.SetLength(8 * Pages.Bytes);
        byte[] expected = new byte[8 * Pages.Bytes];
        expected.AsSpan(0, length).Fill(7);
        Assert.Equal(expected, Pages.Read(test.File, Pages.Range(0, 8)));
        test.File.FlushAndPurge();
        Assert.Equal(expected, test.Store.Content);
        Assert.Equal(expected, Pages.Read(test.File, Pages.Range(0, 8)));
    }
}
