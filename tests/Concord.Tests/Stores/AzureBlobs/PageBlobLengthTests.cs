using Concord.Stores.AzureBlobs;

namespace Concord.Tests.Stores.AzureBlobs;

/// <summary>How a page blob says where its file ends, and what it says in the middle of a change.</summary>
[Collection(SideBySide.Stores)]
public sealed class PageBlobLengthTests
{
    private static readonly long[] Lengths = [0, 1, 511, 512, 513, 700, 1000, 1024, 1025, 2048, 100_000, 1L << 42];

    [Fact]
    public void Every_change_shows_the_old_length_and_then_the_new_one()
    {
        foreach (long first in Lengths)
        {
            IDictionary<string, string> metadata = new Dictionary<string, string> { ["other"] = "kept" };
            long bytes = 0;
            foreach (long length in (long[])[first, .. Lengths, .. Lengths.Reverse(), first])
            {
                long before = PageBlobLength.Of(metadata, bytes);
                var changed = PageBlobLength.ForChange(metadata, bytes, length);
                if (PageBlobLength.BlobBytes(length) != bytes)
                    Assert.Equal(before, PageBlobLength.Of(changed, bytes));
                (metadata, bytes) = (changed, PageBlobLength.BlobBytes(length));
                Assert.Equal(length, PageBlobLength.Of(metadata, bytes));
                Assert.Equal("kept", metadata["other"]);
            }
        }
    }

    [Fact]
    public void A_change_between_whole_pages_needs_no_metadata()
    {
        var metadata = new Dictionary<string, string>();
        Assert.Same(metadata, PageBlobLength.ForChange(metadata, 0, 4096));
        Assert.Same(metadata, PageBlobLength.ForChange(metadata, 4096, 512));
    }

    [Theory]
    [InlineData("700", 1024, 700)]
    [InlineData("700", 512, 512)]
    [InlineData("700", 2048, 2048)]
    [InlineData("700", 0, 0)]
    [InlineData("-1", 512, 512)]
    [InlineData("x 100", 512, 100)]
    [InlineData("", 512, 512)]
    [InlineData("99999999999999999999", 512, 512)]
    public void What_does_not_fit_the_blob_means_nothing(string said, long blobBytes, long expected) => Assert.Equal(
        expected,
        PageBlobLength.Of(new Dictionary<string, string> { [PageBlobLength.Key] = said }, blobBytes));
}
