using Concord.Memory;

namespace Concord.Tests.Memory;

/// <summary>What a copy announces, and what those who take pages away see of it.</summary>
public sealed class PinSlotTests
{
    private const long Section = -7, Extent = 3;

    [Fact]
    public void A_copy_announces_all_its_pages_and_each_one_is_a_turn()
    {
        var slot = new PinSlot();
        slot.Enter(Section, Extent, 0b1110);
        var first = slot.Look();
        Assert.Equal((Section, Extent, 0b1110UL), (first.Section, first.Extent, first.Pages));
        slot.Leave();
        Assert.Equal(0, slot.Look().Section);
        slot.Enter(Section, Extent, 0b1110);
        Assert.NotEqual(first.Turn, slot.Look().Turn);
    }

    [Fact]
    public void Who_is_inside_is_found_by_section_and_extent_with_all_pages()
    {
        var mine = Pins.Mine;
        mine.Enter(Section, Extent, 0b110);
        Assert.Equal(0b110UL, Pins.Inside(Section, Extent));
        Assert.Equal(0UL, Pins.Inside(Section, Extent + 1));
        Assert.Equal(0UL, Pins.Inside(Section - 1, Extent));
        Assert.False(Pins.Drain(Section, TimeSpan.Zero));
        mine.Leave();
        Assert.Equal(0UL, Pins.Inside(Section, Extent));
        Assert.True(Pins.Drain(Section, TimeSpan.Zero));
    }
}
