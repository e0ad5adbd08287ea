using Concord.Stores;

namespace Concord.Tests.Stores;

/// <summary>Which version a store of a remote file shows while it is refreshed, and read.</summary>
[Collection(SideBySide.Stores)]
public sealed class ShownVersionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_answer_to_the_later_question_is_shown_whichever_comes_first()
    {
        var shown = new ShownVersion<Version>();
        var (early, late) = (new TaskCompletionSource<Version>(), new TaskCompletionSource<Version>());
        var first = shown.RefreshAsync(_ => early.Task, Token).AsTask();
        var second = shown.RefreshAsync(_ => late.Task, Token).AsTask();
        late.SetResult(new Version(2));
        await second;
        Assert.Equal(2, await shown.GetLengthAsync(Token));
        early.SetResult(new Version(1));
        await first;
        Assert.Equal(2, await shown.GetLengthAsync(Token));
    }

    [Fact]
    public async Task A_refresh_that_fails_leaves_the_version_that_was_shown()
    {
        var shown = new ShownVersion<Version>();
        await shown.RefreshAsync(static _ => Task.FromResult(new Version(5)), Token);
        await Assert.ThrowsAsync<IOException>(
            async () => await shown.RefreshAsync(static _ => throw new IOException("no answer"), Token));
        Assert.Equal(5, shown.Now.Length);
    }

    [Fact]
    public async Task A_version_that_changed_is_told_unless_the_store_shows_another_one_by_then()
    {
        var shown = new ShownVersion<Version>();
        await shown.RefreshAsync(static _ => Task.FromResult(new Version(100)), Token);
        ValueTask ReadAsync(Version version, long offset, Memory<byte> destination, CancellationToken token) =>
            version.Length == 100 ? throw new StoreChangedException("a store", "100", "50") : ValueTask.CompletedTask;
        await Assert.ThrowsAsync<StoreChangedException>(
            async () => await shown.ReadAsync(40, new byte[20], ReadAsync, Token));

        async ValueTask ReadLateAsync(
            Version version, long offset, Memory<byte> destination, CancellationToken token)
        {
            if (version.Length == 100) await shown.RefreshAsync(static _ => Task.FromResult(new Version(50)), token);
            await ReadAsync(version, offset, destination, token);
        }

        Assert.Equal(10, await shown.ReadAsync(40, new byte[20], ReadLateAsync, Token));
    }

    private sealed record Version(long Length) : IRemoteVersion;
}
