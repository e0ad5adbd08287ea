namespace Concord.Tests.Caching.Views;

/// <summary>A view that is disposed while somebody brings its pages in.</summary>
public sealed class ViewDisposalTests
{
    /// <summary>Long enough to see that somebody waits.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(30);

    [Fact]
    public async Task Disposing_a_view_waits_for_who_prefaults_and_stops_him()
    {
        const int FilePages = 256;
        var store = new ScriptedStore(Pages.Of(1, FilePages));
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1024 * Pages.Bytes });
        using var reading = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var file = cache.Open(store);
        var view = ViewFixture.MapOrSkip(cache, file, ViewAccess.Read);
        file.Dispose();
        store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Read) return;
            reading.Set();
            goOn.Wait();
        };
        var prefault = Task.Run(view.Prefault, TestContext.Current.CancellationToken);
        reading.Wait(TestContext.Current.CancellationToken);
        var dispose = new Thread(view.Dispose);
        dispose.Start();
        Patience.Await(() => view.IsClosing);
        bool hasEnded = dispose.Join(Short);
        goOn.Set();
        dispose.Join();
        Assert.False(hasEnded, "the view was closed under who prefaults it");
        await Assert.ThrowsAsync<ObjectDisposedException>(() => prefault);
        Assert.Equal(0, cache.ResidentBytes);
        Assert.Throws<ObjectDisposedException>(view.Prefault);
    }

    [Fact]
    public void A_view_that_is_disposed_after_its_cache_takes_its_handle_off_the_failed_files()
    {
        var store = new ScriptedStore(Pages.Of(1, 8));
        var cache = new FileCache(new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes });
        var file = cache.Open(store);
        var view = ViewFixture.MapOrSkip(cache, file, ViewAccess.ReadWrite);
        store.Fails = static _ => new IOException("refused");
        file.Write(0, Pages.Of(2));
        cache.Dispose();
        Assert.NotEmpty(cache.FailedFiles);
        store.Fails = static _ => null;
        view.Dispose();
        if (Record.Exception(cache.Close) is not null) cache.Close();
        Assert.Empty(cache.FailedFiles);
        Assert.Equal(Pages.Of(2), store.Content[..Pages.Bytes]);
    }

    [Fact]
    public async Task Prefaulting_and_disposing_side_by_side_leave_nothing_behind()
    {
        const int FilePages = 64;
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1024 * Pages.Bytes });
        for (int round = 0; round < 40; round++)
        {
            var file = cache.Open(new ScriptedStore(Pages.Of(1, FilePages)));
            var view = ViewFixture.MapOrSkip(cache, file, ViewAccess.ReadWrite);
            file.Dispose();
            var prefault = Task.Run(view.Prefault, TestContext.Current.CancellationToken);
            await view.DisposeAsync();
            if (await Record.ExceptionAsync(() => prefault) is { } error) Assert.IsType<ObjectDisposedException>(error);
            Assert.Equal((0, 0), (cache.ResidentBytes, cache.GetCurrentStatistics().Files));
        }
    }
}
