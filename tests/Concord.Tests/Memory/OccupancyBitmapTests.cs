using Concord.Memory;

namespace Concord.Tests.Memory;

public sealed class OccupancyBitmapTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1000)]
    public void The_next_taken_place_is_found_wherever_one_begins(int count)
    {
        var random = new Random(count);
        var places = new OccupancyBitmap(count);
        bool[] expected = new bool[count];
        for (int change = 0; change < 200; change++)
        {
            int place = random.Next(count);
            expected[place] = random.Next(3) != 0;
            places.Set(place, expected[place]);
            for (int from = 0; from <= count; from++)
                Assert.Equal(from == count ? -1 : Array.IndexOf(expected, true, from), places.Next(from));
        }
    }

    [Fact]
    public void Grown_places_keep_what_is_taken()
    {
        var places = new OccupancyBitmap(10);
        places.Set(9, isTaken: true);
        var grown = places.Grown(500);
        Assert.Equal(9, grown.Next(0));
        Assert.Equal(-1, grown.Next(10));
        grown.Set(499, isTaken: true);
        Assert.Equal(499, grown.Next(10));
    }

    [Fact]
    public void No_places_have_no_next_one() => Assert.Equal(-1, new OccupancyBitmap(0).Next(0));
}
