using Concord.Caching;

namespace Concord.Tests.Caching.Replacement;

/// <summary>What is remembered of pages that left.</summary>
public sealed class GhostTableTests
{
    [Fact]
    public void A_page_is_remembered_once_with_what_was_known_of_it()
    {
        var ghosts = new GhostTable(1000, ageMax: 32);
        ulong hash = ReplacementPolicy.Scatter(5);
        ghosts.Add(hash, new Ghost(LastUse: 90, Uses: 7, Left: 100), now: 100);
        Assert.True(ghosts.TryTake(hash, 110, out var ghost));
        Assert.Equal(new Ghost(90, 7, 100), ghost);
        Assert.False(ghosts.TryTake(hash, 110, out _));
    }

    [Fact]
    public void A_page_that_left_long_ago_is_forgotten()
    {
        var ghosts = new GhostTable(1000, ageMax: 32);
        ulong hash = ReplacementPolicy.Scatter(5);
        ghosts.Add(hash, new Ghost(90, 7, 100), now: 100);
        Assert.False(ghosts.TryTake(hash, 133, out var ghost));
        Assert.Equal(default, ghost);
    }

    [Fact]
    public void Of_as_many_pages_as_fit_most_are_remembered_and_of_those_before_them_none_instead()
    {
        const int Count = 10_000;
        var ghosts = new GhostTable(Count, ageMax: 1000);
        for (int page = 0; page < 2 * Count; page++)
            ghosts.Add(ReplacementPolicy.Scatter((ulong)page + 1), new Ghost(page / 100, 1, page / 100), page / 100);
        int Known(int from) => Enumerable.Range(from, Count)
            .Count(page => ghosts.TryTake(ReplacementPolicy.Scatter((ulong)page + 1), 2 * Count / 100, out _));
        Assert.InRange(Known(Count), 0.84 * Count, Count);
        Assert.InRange(Known(0), 0, 0.16 * Count);
    }

    [Fact]
    public void Times_are_right_over_the_end_of_their_bits()
    {
        var ghosts = new GhostTable(1000, ageMax: 32);
        for (int now = 65_500; now < 65_600; now++)
        {
            ulong hash = ReplacementPolicy.Scatter((ulong)now);
            ghosts.Add(hash, new Ghost(now - 50, 3, now), now);
            Assert.True(ghosts.TryTake(hash, now + 10, out var ghost));
            Assert.Equal(new Ghost(now - 50, 3, now), ghost);
        }
    }
}
