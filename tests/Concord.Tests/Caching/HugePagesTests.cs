using Concord.Interop;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching;

/// <summary>What the system says of its huge pages, and what it says where it hides that.</summary>
public sealed class HugePagesTests
{
    [Fact]
    public void The_size_is_what_the_system_says()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["size"], "2097152\n");
        Assert.Equal((2 << 20, null), HugePages.Look(folder["size"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("many")]
    [InlineData("-2097152")]
    [InlineData("0")]
    [InlineData("3000000")]
    [InlineData("99999999999999999999")]
    public void What_is_no_size_is_said_and_is_no_error(string text)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["size"], text);
        var (bytes, missing) = HugePages.Look(folder["size"]);
        Assert.Equal(0, bytes);
        Assert.Contains("size of huge pages", missing, StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_that_is_missing_or_cannot_be_read_is_said_and_is_no_error()
    {
        using var folder = new TempFolder();
        foreach (string path in (string[])[folder["none"], folder["no/folder"], folder.Path])
        {
            var (bytes, missing) = HugePages.Look(path);
            Assert.Equal(0, bytes);
            Assert.Contains("cannot be read", missing, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Pages_that_are_too_long_are_not_used()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["size"], $"{512 << 20}");
        Assert.Contains("up to", HugePages.Look(folder["size"]).Missing, StringComparison.Ordinal);
    }
}
