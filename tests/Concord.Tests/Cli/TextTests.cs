using Concord.Cli.Rendering;
using Concord.Cli.Text;

namespace Concord.Tests.Cli;

[Collection(SideBySide.Command)]
public class TextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("4k", 4096)]
    [InlineData("4K", 4096)]
    [InlineData("4KiB", 4096)]
    [InlineData("4 kib", 4096)]
    [InlineData("1.5G", 1610612736)]
    [InlineData("1MB", 1000000)]
    [InlineData("2kB", 2000)]
    [InlineData("512B", 512)]
    [InlineData("0.5k", 512)]
    [InlineData("3T", 3298534883328)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void A_size_is_read_as_people_write_it(string text, long bytes)
    {
        Assert.True(SizeText.TryParse(text, out long read, out string? fault), fault);
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("k")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("4q")]
    [InlineData("4kk")]
    [InlineData("4ki")]
    [InlineData("1..5k")]
    [InlineData("0x10")]
    [InlineData("0.3k")]
    [InlineData("8192P")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999999999999999")]
    public void A_bad_size_gets_one_line_that_says_what_would_be_right(string text)
    {
        Assert.False(SizeText.TryParse(text, out _, out string? fault));
        Assert.NotNull(fault);
        Assert.Contains($"'{text}'", fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault);
    }

    [Theory]
    [InlineData("0:4k", 0, 4096)]
    [InlineData("1G:64M", 1L << 30, 64L << 20)]
    [InlineData("5:0", 5, 0)]
    public void A_range_is_an_offset_and_a_length(string text, long offset, long length)
    {
        Assert.True(RangeText.TryParse(text, out ByteRange range, out string? fault), fault);
        Assert.Equal(new ByteRange(offset, length), range);
    }

    [Theory]
    [InlineData("4k")]
    [InlineData(":4k")]
    [InlineData("4k:")]
    [InlineData("1:2:3")]
    [InlineData("1:-2")]
    [InlineData("9223372036854775807:1")]
    public void A_bad_range_says_what_would_be_right(string text)
    {
        Assert.False(RangeText.TryParse(text, out _, out string? fault));
        Assert.Contains(text is "9223372036854775807:1" ? "must not exceed" : "OFFSET:LENGTH", fault,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0L, 10, "0%")]
    [InlineData(10L, 10, "100%")]
    [InlineData(1L, 1000000, "<0.1%")]
    [InlineData(1L, 1000, "0.1%")]
    [InlineData(1L, 1L << 28, "<0.1%")]
    [InlineData(999999L, 1000000, ">99.9%")]
    [InlineData(999L, 1000, "99.9%")]
    [InlineData(5L, 10, "50.0%")]
    [InlineData(0L, 0, "-")]
    [InlineData(null, 10, "unknown")]
    [InlineData(null, 0, "unknown")]
    public void A_share_is_never_rounded_to_none_or_all_and_never_guessed(long? part, long whole, string shown) =>
        Assert.Equal(shown, ShareText.Format(part, whole));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1048575, "1.0 MiB")]
    [InlineData(67108864, "64.0 MiB")]
    [InlineData(long.MaxValue, "8192.0 PiB")]
    public void A_size_is_shown_in_the_unit_that_suits_it(long bytes, string shown) =>
        Assert.Equal(shown, SizeText.Format(bytes));

    [Fact]
    public void A_path_cannot_break_a_line_or_speak_to_the_terminal()
    {
        Assert.Equal("a\\x1b[31mb\\x0ac", PathText.Show("a\u001b[31mb\nc"));
        Assert.Equal("plain/äöü", PathText.Show("plain/äöü"));
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "a backslash divides names elsewhere");
        Assert.Equal(@"a\x1b", PathText.Name("a\u001b"));
        Assert.Equal(@"a\x5cx1b", PathText.Name(@"a\x1b"));
        Assert.Equal(@"a\x5cu202e\b", PathText.Name(@"a\u202e\b"));
        Assert.Equal("...lename", PathText.Shorten("a/long/filename", 9));
    }

    [Theory]
    [InlineData(1, 1000, "#.........")]
    [InlineData(999, 1000, "#########.")]
    [InlineData(0, 1000, "..........")]
    [InlineData(1000, 1000, "##########")]
    public void A_bar_shows_the_least_part_and_the_least_gap(long part, long whole, string bar)
    {
        (string filled, string empty) = Bars.Bar(part, whole, 10, utf8: false);
        Assert.Equal(bar, filled + empty);
    }
}
