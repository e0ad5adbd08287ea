using Concord.Caching;

namespace Concord.Tests.Caching;

/// <summary>What the end of the process does, here without an end: of all caches of this process.</summary>
public sealed class ExitRoundsTests
{
    [Fact]
    public void Each_cache_has_what_is_dirty_written_and_one_that_cannot_be_written_is_told_once()
    {
        ScriptedStore good = new(Pages.Of(1, 2)), clean = new(Pages.Of(1, 2)), bad = new(Pages.Of(1, 2));
        using FileCache first = Make(), second = Make();
        first.Open(good).Write(0, Pages.Of(7));
        Pages.Read(first.Open(clean), Pages.Range(0));
        second.Open(bad).Write(0, Pages.Of(7));
        bad.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("no space") : null;
        var told = new List<string>();
        second.ExitFlushFailed += (_, failed) => told.AddRange(failed.Failures.Select(static one => $"{one}"));
        ExitFlush.RunAll();
        bad.Fails = static _ => null;
        Assert.Equal(Pages.Of(7), good.Content[..Pages.Bytes]);
        Assert.Empty(clean.Writes);
        Assert.Contains("no space", Assert.Single(told), StringComparison.Ordinal);
        Assert.Equal(Pages.Bytes, second.DirtyBytes);
    }

    private static FileCache Make() => new(new FileCacheOptions
    {
        CapacityBytes = 64 * Pages.Bytes,
        LazyWriterInterval = TimeSpan.Zero,
    });
}
