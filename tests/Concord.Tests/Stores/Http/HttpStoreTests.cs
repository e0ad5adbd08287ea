using System.Globalization;
using System.IO.Compression;
using Concord.Stores.Http;
using Microsoft.AspNetCore.Http;

namespace Concord.Tests.Stores.Http;

/// <summary>A file behind a URL: its bytes, one version at a time, and nothing that is secret in messages.</summary>
public class HttpStoreTests
{
    private const int Bytes = 100_000;

    private static readonly HttpStoreOptions Quick = new() { RetryDelay = TimeSpan.Zero, RetriesMax = 3 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_of_every_place_and_length_show_the_file()
    {
        await using var server = await RangeServer.StartAsync(Random());
        using var store = await HttpStore.OpenAsync(server.Address, Quick, cancellationToken: Token);
        Assert.Equal(Bytes, await store.GetLengthAsync(Token));
        Assert.Equal("tag \"first\", 100000 bytes", store.Version);
        var random = new Random(1);
        for (int i = 0; i < 200; i++)
        {
            int offset = random.Next(Bytes + 10), length = random.Next(1, 5000);
            byte[] bytes = new byte[length];
            int count = i % 2 == 0 ? store.Read(offset, bytes) : await store.ReadAsync(offset, bytes, Token);
            Assert.Equal(Math.Clamp(Bytes - offset, 0, length), count);
            Assert.Equal(server.Content.AsSpan(Math.Min(offset, Bytes), count), bytes.AsSpan(0, count));
        }

        Assert.Equal("\"first\"", server.LastHeaders["If-Match"]);
        Assert.Equal("identity", server.LastHeaders["Accept-Encoding"]);
    }

    [Fact]
    public async Task An_archive_behind_an_address_is_listed_and_unpacked_through_a_cache()
    {
        byte[] entry = Random();
        using var packed = new MemoryStream();
        using (var made = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var stream = made.CreateEntry("entry", CompressionLevel.NoCompression).Open();
            stream.Write(entry);
        }

        await using var server = await RangeServer.StartAsync(packed.ToArray());
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        using var file = cache.Open(HttpStore.Open(server.Address, Quick));
        using var archive = new ZipArchive(file.AsStream(leaveOpen: true));
        using var unpacked = new MemoryStream();
        using (var stream = Assert.Single(archive.Entries).Open()) await stream.CopyToAsync(unpacked, Token);
        Assert.Equal(entry, unpacked.ToArray());
        int requests = server.Ranges.Count;
        byte[] again = new byte[packed.Length];
        Assert.Equal(again.Length, file.Read(0, again));
        Assert.Equal(packed.ToArray(), again);
        Assert.InRange(requests, 1, 20);
    }

    [Theory]
    [InlineData(HttpVersionCheck.StrongTag)]
    [InlineData(HttpVersionCheck.LastModified)]
    [InlineData(HttpVersionCheck.Length)]
    public async Task A_file_that_has_changed_is_told_with_both_versions_until_it_is_purged(HttpVersionCheck check)
    {
        await using var server = await RangeServer.StartAsync(Random());
        server.LastModified = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        using var file = cache.Open(HttpStore.Open(server.Address, Quick with { VersionCheck = check }));
        byte[] bytes = new byte[10];
        Assert.Equal(10, file.Read(0, bytes));
        byte[] before = server.Content;
        byte[] after = [.. before.Reverse().Skip(1)];
        (server.Content, server.Tag) = (after, "\"second\"");
        server.LastModified = server.LastModified.Value.AddHours(1);

        // What is cached is of the old version; what is not cannot be had any more.
        Assert.Equal(10, file.Read(0, bytes));
        Assert.Equal(before.AsSpan(0, 10).ToArray(), bytes);
        var error = await Assert.ThrowsAnyAsync<IOException>(
            async () => await file.ReadAsync(Bytes - 20, bytes, Token));
        var changed = Assert.IsType<StoreChangedException>(error as StoreChangedException ?? error.InnerException);
        Assert.Contains(changed.Known, changed.Message, StringComparison.Ordinal);
        Assert.Contains(changed.Found, changed.Message, StringComparison.Ordinal);
        Assert.NotEqual(changed.Known, changed.Found);

        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(after.Length, file.Length);
        Assert.Equal(10, file.Read(0, bytes));
        Assert.Equal(after.AsSpan(0, 10).ToArray(), bytes);
    }

    [Fact]
    public async Task A_read_that_meets_a_refresh_is_of_one_version_whole()
    {
        await using var server = await RangeServer.StartAsync(Random());
        using var store = await HttpStore.OpenAsync(server.Address, Quick, cancellationToken: Token);
        byte[] first = server.Content, second = [.. first.Reverse()];
        server.Fault = async (context, number) =>
        {
            // The first answer of the read ends early; before the next one the file changes and the store learns of it.
            if (number != 1) return false;
            await EndAfterAsync(context, first, 700);
            (server.Content, server.Tag) = (second, "\"second\"");
            await store.RefreshAsync(CancellationToken.None);
            return true;
        };
        byte[] bytes = new byte[5000];
        Assert.Equal(5000, await store.ReadAsync(100, bytes, Token));
        Assert.Equal(second.AsSpan(100, 5000).ToArray(), bytes);
    }

    [Fact]
    public async Task What_has_come_of_an_answer_that_ends_early_is_kept()
    {
        await using var server = await RangeServer.StartAsync(Random());
        using var store = await HttpStore.OpenAsync(server.Address, Quick, cancellationToken: Token);
        server.Fault = async (context, number) =>
        {
            if (number > 20) return false;
            await EndAfterAsync(context, server.Content, 500);
            return true;
        };
        byte[] bytes = new byte[60_000];
        Assert.Equal(60_000, await store.ReadAsync(0, bytes, Token));
        Assert.Equal(server.Content.AsSpan(0, 60_000).ToArray(), bytes);
        long[] begun = [.. server.Ranges.Skip(1).Select(static range =>
            long.Parse(range["bytes=".Length..].Split('-')[0], CultureInfo.InvariantCulture))];
        Assert.Equal(begun.Order(), begun);
        Assert.True(begun[^1] > 0, "it began anew");
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_failure_that_may_pass_is_tried_again(int status)
    {
        await using var server = await RangeServer.StartAsync(Random());
        server.Fault = (context, number) => Status(context, number % 4 != 3, status);
        using var store = await HttpStore.OpenAsync(server.Address, Quick, cancellationToken: Token);
        byte[] bytes = new byte[10];
        Assert.Equal(10, await store.ReadAsync(7, bytes, Token));
        Assert.Equal(server.Content.AsSpan(7, 10).ToArray(), bytes);

        server.Fault = (context, _) => Status(context, true, status);
        var error = await Assert.ThrowsAsync<IOException>(async () => await store.ReadAsync(0, bytes, Token));
        Assert.Contains($"answered {status}", error.Message, StringComparison.Ordinal);
        Assert.Contains("4 times in a row", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_asks_for_a_long_pause_is_not_asked_again()
    {
        await using var server = await RangeServer.StartAsync(Random());
        server.Fault = (context, _) =>
        {
            context.Response.Headers.RetryAfter = "3600";
            return Status(context, true, 503);
        };
        var error = await Assert.ThrowsAsync<IOException>(
            () => HttpStore.OpenAsync(server.Address, Quick, cancellationToken: Token));
        Assert.Contains("asks for a pause of 01:00:00", error.Message, StringComparison.Ordinal);
        Assert.Single(server.Ranges);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_asked_again_in_time()
    {
        await using var server = await RangeServer.StartAsync(Random());
        server.Fault = async (context, number) =>
        {
            if (number > 0) return false;
            var hangs = new TaskCompletionSource();
            await using var ended = context.RequestAborted.Register(hangs.SetResult);
            await hangs.Task;
            return true;
        };
        using var store = await HttpStore.OpenAsync(
            server.Address, Quick with { AnswerTimeout = TimeSpan.FromSeconds(1) }, cancellationToken: Token);
        Assert.Equal(2, server.Ranges.Count);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_ends_so()
    {
        await using var server = await RangeServer.StartAsync(Random());
        using var store = await HttpStore.OpenAsync(server.Address, Quick, cancellationToken: Token);
        using var source = new CancellationTokenSource();
        server.Fault = async (context, _) =>
        {
            var hangs = new TaskCompletionSource();
            await using var ended = context.RequestAborted.Register(hangs.SetResult);
            source.Cancel();
            await hangs.Task;
            return true;
        };
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await store.ReadAsync(0, new byte[10], source.Token));
        Assert.Equal(source.Token, error.CancellationToken);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_without_bytes_is_one(bool isSentWhole)
    {
        await using var server = await RangeServer.StartAsync([]);
        server.Fault = (context, _) =>
        {
            if (isSentWhole) context.Response.ContentLength = 0;
            return Task.FromResult(isSentWhole);
        };
        using var store = await HttpStore.OpenAsync(server.Address, Quick, cancellationToken: Token);
        Assert.Equal(0, await store.GetLengthAsync(Token));
        Assert.Equal(0, await store.ReadAsync(0, new byte[10], Token));
    }

    private static byte[] Random()
    {
        byte[] bytes = new byte[Bytes];
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    private static Task<bool> Status(HttpContext context, bool isFault, int status)
    {
        if (isFault) context.Response.StatusCode = status;
        return Task.FromResult(isFault);
    }

    /// <summary>Sends a part of what an answer promises; the server ends the connection then.</summary>
    private static async Task EndAfterAsync(HttpContext context, byte[] content, int count)
    {
        string[] range = context.Request.Headers.Range.ToString()["bytes=".Length..].Split('-');
        int first = int.Parse(range[0], CultureInfo.InvariantCulture);
        int last = int.Parse(range[1], CultureInfo.InvariantCulture);
        context.Response.StatusCode = StatusCodes.Status206PartialContent;
        context.Response.Headers.ContentRange = $"bytes {first}-{last}/{content.Length}";
        context.Response.Headers.ETag = "\"first\"";
        context.Response.ContentLength = last - first + 1;
        await context.Response.Body.WriteAsync(content.AsMemory(first, Math.Min(count, last - first + 1)));
        await context.Response.Body.FlushAsync();
    }
}
