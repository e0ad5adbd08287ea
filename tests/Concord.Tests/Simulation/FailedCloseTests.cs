namespace Concord.Tests.Simulation;

/// <summary>
/// Rule 6 of failed writes: closing with failed pages reports them, and keeps them until somebody decides.
/// </summary>
[Collection(SideBySide.Simulation)]
public sealed class FailedCloseTests
{
    private static readonly byte[] Bytes = [1, 2, 3, 4];

    private readonly SwitchStore _store = new(10_000);
    private readonly FileCache _cache = new(
        new FileCacheOptions { CapacityBytes = 1 << 20, LazyWriterInterval = TimeSpan.Zero });

    [Fact]
    public void Rule_6_closing_throws_and_the_handle_stays_usable()
    {
        var file = _cache.Open(_store);
        file.Write(5000, Bytes);
        _store.Refuses = true;
        Assert.Throws<WriteBackException>(file.Close);
        Assert.Equal(Bytes, ReadFrom(file));
        Assert.Throws<WriteBackException>(file.Close);
        _store.Refuses = false;
        file.Close();
        Assert.Equal(Bytes, _store.Content[5000..5004]);
        _cache.Close();
    }

    [Fact]
    public void Rule_6_disposing_lists_the_file_and_keeps_its_pages_until_a_retry_succeeds()
    {
        var file = _cache.Open(_store);
        file.Write(5000, Bytes);
        _store.Refuses = true;
        file.Dispose();
        var failed = Assert.Single(_cache.FailedFiles);
        Assert.IsType<WriteBackException>(failed.Error);
        Assert.True(_cache.DirtyBytes > 0);
        Assert.Throws<WriteBackException>(_cache.Close);
        Assert.Throws<WriteBackException>(failed.Retry);
        Assert.Single(_cache.FailedFiles);

        // Whoever opens it now sees what was written, store or no store.
        var other = _cache.Open(_store, leaveOpen: true);
        Assert.Equal(Bytes, ReadFrom(other));
        _store.Refuses = false;
        failed.Retry();
        Assert.Empty(_cache.FailedFiles);
        Assert.Equal(Bytes, _store.Content[5000..5004]);
        other.Close();
        _cache.Close();
        Assert.Equal(0, _cache.ResidentBytes);
    }

    [Fact]
    public void Rule_6_discarding_a_failed_file_gives_its_pages_up_and_no_others()
    {
        var good = new SwitchStore(10_000);
        var kept = _cache.Open(good);
        kept.Write(0, Bytes);
        var file = _cache.Open(_store);
        file.Write(5000, Bytes);
        _store.Refuses = true;
        file.Dispose();
        _cache.FailedFiles[0].Discard();
        Assert.Empty(_cache.FailedFiles);
        _cache.Close();
        Assert.Equal(new byte[4], _store.Content[5000..5004]);
        Assert.Equal(Bytes, good.Content[..4]);
    }

    private static byte[] ReadFrom(CachedFile file)
    {
        byte[] got = new byte[4];
        Assert.Equal(4, file.Read(5000, got));
        return got;
    }
}
