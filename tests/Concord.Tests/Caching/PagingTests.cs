using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>Sharers' own reads and writes, which go on while the file is held.</summary>
public sealed class PagingTests
{
    [Fact]
    public void Sharers_read_and_write_while_somebody_holds_the_file()
    {
        using var test = new CachedFixture(Pages.Pattern(3 * Pages.Bytes, seed: 4));
        var expected = test.Store.Content;
        using (test.File.AcquireExclusive())
        {
            Write(test, Pages.Bytes - 2, [1, 2, 3, 4]);
            new byte[] { 1, 2, 3, 4 }.CopyTo(expected, Pages.Bytes - 2);
            Assert.Equal(expected, Read(test, 0, 4 * Pages.Bytes));
            Assert.True(Pages.IsDirty(test.File.State, 0) && Pages.IsDirty(test.File.State, 1));
        }

        test.File.FlushAndPurge();
        Assert.Equal(expected, test.Store.Content);
    }

    [Fact]
    public void A_whole_page_is_written_down_without_asking_the_store_and_nothing_behind_the_end_is()
    {
        using var test = new CachedFixture(Pages.Of(1)[..1000]);
        Write(test, 0, Pages.Of(5, 2));
        Assert.Empty(test.Store.Reads);
        Assert.Equal(1000, test.File.Length);
        test.File.FlushAndPurge();
        Assert.Equal(Pages.Of(5)[..1000], test.Store.Content);
        test.File.SetLength(2000);
        Assert.Equal(0, Pages.Read(test.File, new ByteRange(1500, 1))[0]);
    }

    [Theory]
    [InlineData(0, 4096)]
    [InlineData(100, 10)]
    public void What_is_written_down_during_an_invalidation_passes_and_is_written_back_before_the_store_is(
        int inside, int length)
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        byte[] bytes = [.. Enumerable.Repeat((byte)8, length)];
        var sharer = new TestSharer();
        sharer.OnInvalidate = _ =>
        {
            if (sharer.Invalidations == 1) Write(test, Pages.Bytes + inside, bytes);
            return [];
        };
        test.File.Services.AddSharer(sharer);

        var result = test.File.WriteUncached(Pages.Bytes + inside + length - 1, new byte[] { 9 });

        test.File.Services.RemoveSharer(sharer);
        Assert.Equal(CoherencyStatus.Success, result.Status);
        Assert.Equal(length, result.BytesWritten >= length ? length : result.BytesWritten);
        byte[] stored = test.Store.Content[(Pages.Bytes + inside)..(Pages.Bytes + inside + length)];
        Assert.Equal([.. bytes[..^1], (byte)9], stored);
        Assert.Equal(stored, Pages.Read(test.File, new ByteRange(Pages.Bytes + inside, length)));
    }

    [Fact]
    public async Task What_is_written_down_while_the_store_is_written_waits_and_comes_after()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        Task? down = null;
        test.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Write || down is not null) return;
            down = test.File.Services.Paging.WriteAsync(
                0, Pages.Of(8), CallMode.Async, CancellationToken.None).AsTask();
            Assert.False(down.IsCompleted);
        };
        test.File.WriteUncached(0, Pages.Of(9));
        await down!;
        Assert.Equal(Pages.Of(8), Pages.Read(test.File, Pages.Range(0)));
        test.Store.Before = static _ => { };
        test.File.FlushAndPurge();
        Assert.Equal(Pages.Of(8), test.Store.Content[..Pages.Bytes]);
    }

    [Fact]
    public void An_invalidation_may_write_down_more_than_fits_into_the_cache()
    {
        const int Capacity = 16, Dirty = 48;
        using var test = new CachedFixture(Pages.Of(1, 64), Capacity);
        var sharer = new TestSharer();
        sharer.OnInvalidate = _ =>
        {
            for (int page = 0; page < Dirty
                && sharer.Invalidations == 1; page++) Write(test, page * Pages.Bytes, Pages.Of(7));
            return [];
        };
        test.File.Services.AddSharer(sharer);
        using (var hold = test.File.AcquireExclusive())
        using (var suspended = hold.Suspend(Pages.Range(0, 64)))
        {
            Assert.Equal(CoherencyStatus.Success, suspended.Result.Status);
            Assert.Equal(Pages.Of(7, Dirty), test.Store.Content[..(Dirty * Pages.Bytes)]);
        }

        test.File.Services.RemoveSharer(sharer);
    }

    [Fact]
    public async Task A_write_down_behind_a_cut_that_is_under_way_is_dropped_with_it()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        Task? down = null;
        test.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.SetLength) return;
            down = test.File.Services.Paging.WriteAsync(
                2 * Pages.Bytes, Pages.Of(8), CallMode.Async, CancellationToken.None).AsTask();
            Assert.False(down.IsCompleted);
            Write(test, 0, Pages.Of(7));
        };
        test.File.SetLength(Pages.Bytes + 10);
        await down!;
        test.File.FlushAndPurge();
        Assert.Equal([.. Pages.Of(7), .. Pages.Of(1)[..10]], test.Store.Content);
    }

    [Fact]
    public async Task A_write_down_that_crosses_the_end_of_a_cut_in_its_page_waits_for_the_cut()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        int end = Pages.Bytes + 10;
        Pages.Read(test.File, Pages.Range(0, 4));
        Task? down = null;
        test.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.SetLength || down is not null) return;
            down = test.File.Services.Paging.WriteAsync(
                end - 5, Pages.Of(8)[..20], CallMode.Async, CancellationToken.None).AsTask();
            Assert.False(down.IsCompleted);
        };
        test.File.SetLength(end);
        await down!;
        test.File.SetLength(2 * Pages.Bytes);
        test.File.FlushAndPurge();
        byte[] expected = new byte[2 * Pages.Bytes];
        expected.AsSpan(0, end - 5).Fill(1);
        expected.AsSpan(end - 5, 5).Fill(8);
        Assert.Equal(expected, test.Store.Content);
    }

    [Fact]
    public async Task A_page_that_the_store_is_taking_is_written_down_only_afterwards()
    {
        using var test = new CachedFixture(Pages.Of(1, 2));
        test.File.Write(0, Pages.Of(7));
        Task? down = null;
        bool isDone = true;
        byte[] taken = [];
        test.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Write || down is not null) return;
            down = test.File.Services.Paging.WriteAsync(
                0, Pages.Of(8), CallMode.Async, CancellationToken.None).AsTask();
            isDone = down.IsCompleted;
        };
        test.Store.After = call =>
        {
            if (call.Kind == StoreCallKind.Write && taken.Length == 0) taken = test.Store.Content[..Pages.Bytes];
        };
        test.File.Flush();
        await down!;
        Assert.False(isDone);
        Assert.Equal(Pages.Of(7), taken);
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(Pages.Of(8), test.Store.Content[..Pages.Bytes]);
    }

    [Fact]
    public async Task Who_joins_a_load_of_before_a_purge_does_not_fail_with_it()
    {
        using var test = new CachedFixture(Pages.Of(1, 2));
        var read = new TaskCompletionSource();
        test.Store.ReadsEnd = () => read.Task;
        Task former = Load();
        test.Store.ReadsEnd = static () => Task.CompletedTask;
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Task joined = Load();
        Assert.False(joined.IsCompleted);
        read.SetException(new IOException("of before"));
        await Assert.ThrowsAsync<IOException>(() => former);
        await joined;
        Assert.True(Pages.IsResident(test.File.State, 1));

        Task Load() => test.File.Services.Loader.EnsureResidentAsync(
            0, 0b10, CallMode.Async, CancellationToken.None).AsTask();
    }

    private static void Write(CachedFixture test, long offset, byte[] bytes) =>
        Assert.True(SyncCompletion.Result(
            test.File.Services.Paging.WriteAsync(offset, bytes, CallMode.Blocking, CancellationToken.None)));

    private static byte[] Read(CachedFixture test, long offset, int length)
    {
        byte[] bytes = new byte[length];
        int count = SyncCompletion.Result(
            test.File.Services.Paging.ReadAsync(offset, bytes, CallMode.Blocking, CancellationToken.None));
        return bytes[..count];
    }
}
