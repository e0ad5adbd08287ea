using Concord.Nt;

namespace Concord.Tests.Nt;

public sealed class IrqlTests
{
    [Fact]
    public void A_thread_begins_at_passive_level_and_scopes_nest()
    {
        Assert.Equal(Irql.PassiveLevel, Irql.Current);
        using (Irql.Raise(Irql.ApcLevel))
        {
            Assert.Equal(Irql.ApcLevel, Irql.Current);
            using (Irql.Raise(Irql.DispatchLevel)) Assert.Equal(Irql.DispatchLevel, Irql.Current);
            Assert.Equal(Irql.ApcLevel, Irql.Current);
        }

        Assert.Equal(Irql.PassiveLevel, Irql.Current);
    }

    [Fact]
    public void A_level_belongs_to_one_thread()
    {
        using var scope = Irql.Raise(Irql.DispatchLevel);
        Irql other = default;
        var thread = new Thread(() => other = Irql.Current);
        thread.Start();
        thread.Join();
        Assert.Equal(Irql.PassiveLevel, other);
    }

    [Fact]
    public void Raising_to_a_lower_level_or_above_the_highest_is_refused_and_nothing_changes()
    {
        using var scope = Irql.Raise(Irql.DispatchLevel);
        foreach (var level in (Irql[])[Irql.ApcLevel, new Irql(16)])
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(() => Irql.Raise(level).Dispose());
            Assert.Equal("level", error.ParamName);
            Assert.Contains("from the present level, 2, to 15", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(Irql.DispatchLevel, Irql.Current);
    }

    [Fact]
    public void Levels_are_ordered_by_number()
    {
        Assert.True(Irql.PassiveLevel < Irql.ApcLevel && Irql.HighLevel > Irql.DispatchLevel);
        Assert.True(Irql.ApcLevel <= Irql.ApcLevel && Irql.ApcLevel >= Irql.PassiveLevel);
        Assert.True(Irql.ApcLevel.CompareTo(Irql.DispatchLevel) < 0);
    }
}
