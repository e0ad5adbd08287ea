namespace Concord.Tests.SystemCache;

public sealed class PageMapTests
{
    [Fact]
    public void Counts_and_runs_equal_those_of_a_plain_list()
    {
        Random random = new(7);
        for (int trial = 0; trial < 500; trial++)
        {
            int pages = random.Next(1, 400), first = random.Next(0, 1000);
            PageMap map = new(first, pages);
            bool[] plain = new bool[pages];
            for (int runs = random.Next(0, 6); runs > 0; runs--)
            {
                int start = random.Next(0, pages), end = random.Next(start, pages + 1);
                map.Set(first + start, first + end);
                Array.Fill(plain, true, start, end - start);
            }

            int from = random.Next(0, pages + 1), to = random.Next(from, pages + 1);
            Assert.Equal(plain[from..to].Count(set => set), map.Count(first + from, first + to));
            Assert.Equal(plain, Enumerable.Range(first, pages).Select(page => map[page]));
            Assert.Equal(plain, FromRuns(map));
        }
    }

    [Fact]
    public void Pages_outside_count_as_absent_and_cannot_be_asked_for()
    {
        PageMap map = new(10, 5);
        map.Set(10, 15);
        Assert.Equal(5, map.Count(0, long.MaxValue));
        Assert.Equal(0, map.Count(15, 20));
        Assert.Equal(0, map.Count(12, 12));
        Assert.Equal("page", Assert.Throws<ArgumentOutOfRangeException>(() => map[9]).ParamName);
        Assert.Equal("page", Assert.Throws<ArgumentOutOfRangeException>(() => map[15]).ParamName);
    }

    [Fact]
    public void A_map_of_nothing_has_no_runs()
    {
        PageMap map = new(3, 0);
        Assert.Equal(0, map.Count(0, 10));
        Assert.False(map.TryNextRun(0, out _, out _));
    }

    private static bool[] FromRuns(PageMap map)
    {
        bool[] plain = new bool[map.Pages];
        for (long from = map.FirstPage; map.TryNextRun(from, out long start, out long end); from = end)
        {
            Array.Fill(plain, true, (int)(start - map.FirstPage), (int)(end - start));
        }

        return plain;
    }
}
