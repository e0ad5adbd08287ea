namespace Concord.Tests.Caching;

/// <summary>A call that could go on for ever comes to its end.</summary>
public sealed class ProgressTests
{
    [Fact]
    public void A_read_with_two_gaps_in_a_full_cache_does_not_evict_one_for_the_other()
    {
        const int Capacity = 24, First = 9;
        using var test = new CachedFixture(Pages.Pattern(60 * Pages.Bytes, seed: 9), Capacity);
        Pages.Read(test.File, Pages.Range(First + 1));
        for (int page = First + 5; page < First + 4 + Capacity; page++) Pages.Read(test.File, Pages.Range(page));
        byte[] found = [];
        var reader = new Thread(() => found = Pages.Read(test.File, Pages.Range(First, 3))) { IsBackground = true };
        reader.Start();
        Assert.True(reader.Join(TimeSpan.FromSeconds(60)), "the read evicts its own pages for ever");
        Assert.Equal(test.Store.Content[(First * Pages.Bytes)..((First + 3) * Pages.Bytes)], found);
    }
}
