using Concord.Caching;

namespace Concord.Tests.Caching;

/// <summary>Errors of a file, up to their number and beyond it: none is forgotten, none is told twice.</summary>
public sealed class ErrorLogTests
{
    /// <summary>As many as a log keeps apart.</summary>
    private const int EntriesMax = 64;

    private readonly ErrorLog _log = new();

    [Fact]
    public void An_error_is_told_once_to_each_listener_whose_range_it_meets()
    {
        object first = new(), second = new();
        _log.Add(Pages.Range(4, 2), new IOException("a"));
        Assert.Null(_log.Tell(first, Pages.Range(0, 4)));
        Assert.Equal("a", _log.Tell(first, Pages.Range(5, 9))?.Message);
        Assert.Null(_log.Tell(first, Pages.Range(0, 99)));
        Assert.Equal("a", _log.Tell(second, Pages.Range(0, 5))?.Message);
    }

    [Fact]
    public void Beyond_their_number_errors_are_merged_and_the_range_of_each_still_hears()
    {
        for (int i = 0; i < 3 * EntriesMax; i++) _log.Add(Pages.Range(2 * i), new IOException($"{i}"));
        for (int i = 0; i < 3 * EntriesMax; i++)
        {
            Assert.NotNull(_log.Tell(new object(), Pages.Range(2 * i)));
        }

        Assert.Equal(3 * EntriesMax, _log.Last);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whoever_has_heard_of_one_of_two_that_are_merged_hears_of_the_other(bool heardFirst)
    {
        object listener = new();
        _log.Add(Pages.Range(8), new IOException("first"));
        _log.Add(Pages.Range(2), new IOException("second"));
        Assert.NotNull(_log.Tell(listener, Pages.Range(heardFirst ? 8 : 2)));
        for (int i = 2; i <= EntriesMax; i++) _log.Add(Pages.Range(100 + i), new IOException($"{i}"));
        Assert.NotNull(_log.Tell(listener, Pages.Range(heardFirst ? 2 : 8)));
        Assert.Null(_log.Tell(listener, Pages.Range(0, 50)));
    }

    [Fact]
    public void What_both_have_heard_is_not_told_again_after_a_merge()
    {
        object listener = new();
        _log.Add(Pages.Range(1), new IOException("first"));
        _log.Add(Pages.Range(3), new IOException("second"));
        Assert.Equal("second", _log.Tell(listener, Pages.Range(0, 9))?.Message);
        for (int i = 2; i <= EntriesMax; i++) _log.Add(Pages.Range(100 + i), new IOException($"{i}"));
        Assert.Null(_log.Tell(listener, Pages.Range(0, 50)));
    }

    [Fact]
    public void An_error_that_somebody_open_has_not_heard_outlives_a_handle_that_was_closed()
    {
        object left = new(), closed = new();
        _log.Add(Pages.Range(1), new IOException("a"));
        _log.Tell(closed, Pages.Range(0, 9));
        _log.Forget([left]);
        Assert.False(_log.IsEmpty);
        Assert.NotNull(_log.Tell(left, Pages.Range(0, 9)));
        _log.Forget([left]);
        Assert.True(_log.IsEmpty);
        _log.Add(Pages.Range(1), new IOException("b"));
        _log.Forget([]);
        Assert.False(_log.IsEmpty);
    }

    [Fact]
    public void Many_failed_flushes_of_many_ranges_are_all_told_to_another_handle()
    {
        const int Runs = 2 * EntriesMax;
        var store = new ScriptedStore(Pages.Of(1, 2 * Runs)) { Fails = Refuse };
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 4 * Runs * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        using var writer = cache.Open(store, leaveOpen: true);
        using var other = cache.Open(store, leaveOpen: true);
        for (int run = 0; run < Runs; run++) writer.Write(2 * run * (long)Pages.Bytes, [2]);
        Assert.Throws<WriteBackException>(() => writer.Flush());
        store.Fails = static _ => null;

        // Each told range is one that a flush of it alone hears of, whatever was merged; afterwards all is well.
        Assert.Throws<WriteBackException>(() => other.Flush(Pages.Range(0)));
        Assert.Throws<WriteBackException>(() => other.Flush(Pages.Range(2 * (Runs - 1))));
        Assert.Throws<WriteBackException>(() => other.Flush());
        Assert.True(writer.FlushAndPurge().IsComplete);
        Assert.True(other.FlushAndPurge().IsComplete);
    }

    private static Exception? Refuse(StoreCall call) =>
        call.Kind == StoreCallKind.Write ? new IOException($"planted at {call.Offset}") : null;
}
