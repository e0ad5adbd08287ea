using Concord.Stores;

namespace Concord.Tests.Stores;

public sealed class RangeListTests
{
    [Fact]
    public void Ranges_that_touch_become_one()
    {
        var list = new RangeList();
        list.Add(new ByteRange(100, 10));
        list.Add(new ByteRange(200, 10));
        list.Add(new ByteRange(110, 90));
        list.Add(new ByteRange(50, 0));
        Assert.Equal([new ByteRange(100, 110)], list.Take());
        Assert.Empty(list.Take());
    }

    [Fact]
    public void Beyond_their_number_one_range_covers_them_all_and_the_next_ones_are_kept_beside()
    {
        var list = new RangeList();
        for (int i = 0; i < RangeList.RangesMax; i++) list.Add(new ByteRange(10 * i, 5));
        Assert.Equal(RangeList.RangesMax, list.Count);
        list.Add(new ByteRange(10_000, 5));
        Assert.Equal(1, list.Count);
        Assert.True(list.Contains(new ByteRange(0, 10_005)));
        list.Add(new ByteRange(20_000, 5));
        Assert.Equal([new ByteRange(0, 10_005), new ByteRange(20_000, 5)], list.Take());
    }

    [Fact]
    public void What_was_added_is_covered_however_much_it_is()
    {
        var random = new Random(5);
        for (int round = 0; round < 50; round++)
        {
            var list = new RangeList();
            bool[] model = new bool[100_000];
            for (int i = 0; i < random.Next(1, 2 * RangeList.RangesMax); i++)
            {
                int offset = random.Next(99_900), length = random.Next(100);
                list.Add(new ByteRange(offset, length));
                Array.Fill(model, true, offset, length);
            }

            var taken = list.Take();
            Assert.True(taken.Count <= RangeList.RangesMax);
            foreach (var range in taken) Array.Fill(model, false, (int)range.Offset, (int)range.Length);
            Assert.DoesNotContain(true, model);
            for (int i = 1; i < taken.Count; i++) Assert.True(taken[i - 1].End < taken[i].Offset);
        }
    }
}
