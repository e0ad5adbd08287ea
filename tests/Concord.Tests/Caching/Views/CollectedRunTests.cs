namespace Concord.Tests.Caching.Views;

/// <summary>Writes through views to more extents than one question covers: a flush asks about many at once.</summary>
public sealed class CollectedRunTests
{
    private const int Count = 64 * 150, PartFirst = 100, PartCount = 5000;

    [Fact]
    public void Exactly_the_pages_written_are_found_through_whichever_view()
    {
        using var fixture = new ViewFixture(new byte[Count * Pages.Bytes], capacityPages: 4 * Count,
            dirtyPages: 4 * Count);
        using var whole = fixture.Map(ViewAccess.ReadWrite);
        using var part = fixture.Map(ViewAccess.ReadWrite, PartFirst, PartCount);
        whole.Prefault();
        part.Prefault();
        var random = new Random(11);
        for (byte round = 1; round <= 5; round++)
        {
            var written = new HashSet<int>();
            for (int i = 0; i < 200; i++)
            {
                int page = random.Next(Count);
                bool isInPart = page is >= PartFirst and < PartFirst + PartCount && random.Next(2) == 0;
                if (isInPart) NativeMemory.Write(part, (page - PartFirst) * (long)Pages.Bytes, [round]);
                else NativeMemory.Write(whole, page * (long)Pages.Bytes, [round]);
                written.Add(page);
            }

            var result = fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);
            Assert.True(result.IsComplete);
            Assert.Equal(written.Count * (long)Pages.Bytes, result.BytesWritten);
            byte[] content = fixture.Store.Content;
            Assert.All(written, page => Assert.Equal(round, content[page * Pages.Bytes]));
        }

        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        Assert.Equal(5, NativeMemory.Read(whole, 0, Count * Pages.Bytes).Max());
    }
}
