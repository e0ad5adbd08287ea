using Concord.Caching;

namespace Concord.Tests.Caching.Stacks;

/// <summary>The order in which files are closed of which one may be below another.</summary>
public sealed class StackOrderTests : IDisposable
{
    private readonly FileCache _cache = new(new FileCacheOptions { LazyWriterInterval = TimeSpan.Zero });

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void Of_files_of_which_nothing_is_known_those_opened_later_come_first()
    {
        FileState[] files = [Open(), Open(), Open()];
        Assert.Equal([files[2], files[1], files[0]], StackOrder.FromTheTop(files));
        Assert.True(files[0].MayLeadTo(files[2]) && files[2].MayLeadTo(files[0]));
    }

    [Fact]
    public void What_a_call_has_shown_comes_before_that_and_moves_no_other_file()
    {
        FileState[] files = [Open(), Open(), Open(), Open()];
        Assert.True(files[0].Level.TryStandOn(files[2].Level));
        Assert.Equal([files[3], files[1], files[0], files[2]], StackOrder.FromTheTop(files));
        Assert.True(files[0].MayLeadTo(files[2]));
        Assert.False(files[2].MayLeadTo(files[0]));
    }

    [Fact]
    public void Files_below_which_there_is_none_come_last_and_lead_nowhere()
    {
        FileState[] files = [Open(), Open(saysItIsLowest: true), Open(), Open(saysItIsLowest: true)];
        Assert.Equal([files[2], files[0], files[3], files[1]], StackOrder.FromTheTop(files));
        Assert.False(files[3].MayLeadTo(files[0]));
        Assert.True(files[0].MayLeadTo(files[3]));
    }

    [Fact]
    public void Below_a_file_that_names_one_which_says_nothing_may_be_any()
    {
        FileState[] files = [Open(), Open(), Open(saysItIsLowest: true), Open()];
        Assert.True(files[2].Level.TryStandOn(files[1].Level));
        Assert.True(files[3].Level.TryStandOn(files[1].Level));
        Assert.True(files[2].MayLeadTo(files[0]));
        Assert.False(files[2].MayLeadTo(files[3]));
        Assert.False(files[2].MayLeadTo(files[2]));
    }

    private FileState Open(bool saysItIsLowest = false) =>
        _cache.Open(new ScriptedStore { SaysItIsLowest = saysItIsLowest }).State;
}
