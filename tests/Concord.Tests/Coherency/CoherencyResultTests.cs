namespace Concord.Tests.Coherency;

/// <summary>A result that is printed says what stayed.</summary>
public class CoherencyResultTests
{
    [Fact]
    public void A_result_as_text_has_the_figures_and_everything_that_stayed()
    {
        var result = new CoherencyResult(
            CoherencyStatus.CachePageLocked, 8192, 4096, 1,
            [new LeftRange(new ByteRange(0, 4096), LeftReason.Lease),
                new LeftRange(new ByteRange(4096, 100), LeftReason.Lock, "somebody")]);
        Assert.Equal(
            "CachePageLocked: 8192 bytes in the store, 4096 written, 1 pages purged, left: [0, 4096) Lease; [4096, "
                + "4196) Lock (somebody)",
            result.ToString());
    }

    [Fact]
    public void What_is_not_known_is_called_so()
    {
        Assert.Equal(
            "Unknown: 10 bytes in the store, unknown written, unknown pages purged",
            new CoherencyResult(CoherencyStatus.Unknown, 10, null, null, []).ToString());
        Assert.Equal("Success: 0 bytes in the store, unknown written, unknown pages purged",
            default(CoherencyResult).ToString());
    }
}
