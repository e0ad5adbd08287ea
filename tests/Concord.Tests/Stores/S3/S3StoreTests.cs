using System.Globalization;
using Amazon.S3;
using Concord.Stores.S3;
using Concord.Tests.Caching;
using Microsoft.AspNetCore.Http;

namespace Concord.Tests.Stores.S3;

/// <summary>An object as a store: its bytes, its versions, and answers that come late, in parts or never.</summary>
[Collection(SideBySide.Stores)]
public sealed class S3StoreTests
{
    private const int Bytes = 100_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Random_reads_leases_and_views_show_the_objects_bytes()
    {
        byte[] content = RemoteReading.NewContent();
        await using var service = await S3Service.StartAsync(content);
        await RemoteReading.CompareAsync(await service.OpenAsync(), content, Token);
        Assert.Equal("\"first\"", service.Server.LastHeaders["If-Match"]);
        Assert.Contains(
            $"Credential={S3Service.AccessKey}/", service.Server.LastHeaders["Authorization"],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_the_callers_is_used_and_stays_open()
    {
        await using var service = await S3Service.StartAsync(Pages.Pattern(Bytes, seed: 1));
        using var client = service.Connect();
        for (int i = 0; i < 2; i++)
        {
            using var store = await service.OpenAsync(client);
            Assert.Equal(Bytes, await store.GetLengthAsync(Token));
            Assert.Equal("tag \"first\", 100000 bytes", store.Version);
            Assert.Equal("s3://bucket/folder/data", store.Name);
        }
    }

    [Fact]
    public async Task An_object_that_was_replaced_is_told_with_both_versions_until_it_is_purged()
    {
        await using var service = await S3Service.StartAsync(Pages.Pattern(Bytes, seed: 1));
        using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
        using var file = cache.Open(await service.OpenAsync());
        byte[] bytes = new byte[10], before = service.Server.Content, after = Pages.Pattern(Bytes - 1, seed: 2);
        Assert.Equal(10, file.Read(0, bytes));
        (service.Server.Content, service.Server.Tag) = (after, "\"second\"");

        // What is cached is of the old version; what is not cannot be had any more.
        Assert.Equal(10, file.Read(0, bytes));
        Assert.Equal(before.AsSpan(0, 10).ToArray(), bytes);
        var error = await Assert.ThrowsAnyAsync<IOException>(
            async () => await file.ReadAsync(Bytes - 20, bytes, Token));
        var changed = Assert.IsType<StoreChangedException>(error as StoreChangedException ?? error.InnerException);
        Assert.Equal("tag \"first\", 100000 bytes", changed.Known);
        Assert.Equal("tag \"second\", 99999 bytes", changed.Found);

        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(after.Length, file.Length);
        Assert.Equal(after, Pages.Read(file, new Concord.ByteRange(0, Bytes)));
    }

    [Fact]
    public async Task A_read_that_meets_a_refresh_is_of_one_version_whole()
    {
        await using var service = await S3Service.StartAsync(Pages.Pattern(Bytes, seed: 1));
        var server = service.Server;
        using var store = await service.OpenAsync();
        byte[] first = server.Content, second = Pages.Pattern(Bytes, seed: 2);
        server.Fault = async (context, number) =>
        {
            // The first answer of the read ends early; before the next one the object is replaced.
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
    public async Task A_version_that_was_named_is_asked_for_by_its_number()
    {
        await using var service = await S3Service.StartAsync(Pages.Pattern(Bytes, seed: 1));
        var asked = new List<string>();
        service.Server.Fault = (context, _) =>
        {
            lock (asked) asked.Add(context.Request.Query["versionId"].ToString());
            context.Response.Headers["x-amz-version-id"] = "number-7";
            return Task.FromResult(false);
        };
        using var store = await service.OpenAsync(options: service.Options with { VersionId = "number-7" });
        using var current = await service.OpenAsync();
        Assert.NotEqual(current.Identity, store.Identity);
        Assert.Equal(10, await store.ReadAsync(5, new byte[10], Token));
        Assert.Equal(["number-7", "", "number-7"], asked);
        Assert.EndsWith(", version number-7", store.Version, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_come_of_an_answer_that_ends_early_is_kept()
    {
        await using var service = await S3Service.StartAsync(Pages.Pattern(Bytes, seed: 1));
        var server = service.Server;
        using var store = await service.OpenAsync();
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

    [Fact]
    public async Task A_service_that_stops_in_the_middle_of_an_answer_is_asked_again_in_time()
    {
        await using var service = await S3Service.StartAsync(Pages.Pattern(Bytes, seed: 1));
        var server = service.Server;
        using var store = await service.OpenAsync(
            options: service.Options with { AnswerTimeout = TimeSpan.FromSeconds(1) });
        server.Fault = async (context, number) =>
        {
            if (number != 1) return false;
            var hangs = new TaskCompletionSource();
            await using var ended = context.RequestAborted.Register(hangs.SetResult);
            await EndAfterAsync(context, server.Content, 700);
            await hangs.Task;
            return true;
        };
        byte[] bytes = new byte[5000];
        Assert.Equal(5000, await store.ReadAsync(0, bytes, Token));
        Assert.Equal(server.Content.AsSpan(0, 5000).ToArray(), bytes);
        Assert.Equal(["bytes=0-4999", "bytes=700-4999"], server.Ranges.Skip(1));
    }

    [Fact]
    public async Task A_slow_down_is_the_clients_to_try_again()
    {
        await using var service = await S3Service.StartAsync(Pages.Pattern(Bytes, seed: 1));
        using var client = service.Connect(retries: 2);
        using var store = await service.OpenAsync(client);
        service.Server.Fault = (context, number) => StatusAsync(context, number == 1, 503);
        byte[] bytes = new byte[10];
        Assert.Equal(10, await store.ReadAsync(7, bytes, Token));
        Assert.Equal(service.Server.Content.AsSpan(7, 10).ToArray(), bytes);
        Assert.Equal(3, service.Server.Ranges.Count);
    }

    /// <summary>Each request of a file's reading fails in turn, once and from there on, in each way.</summary>
    [Fact]
    public async Task Whichever_request_fails_the_bytes_are_right_or_an_error()
    {
        byte[] content = Pages.Pattern(40_000, seed: 3);
        await using var service = await S3Service.StartAsync(content);
        using var client = service.Connect();
        int failures = 0;
        foreach (var (name, fault) in Faults())
        {
            foreach (bool isOnce in (bool[])[true, false])
            {
                foreach (int failing in (int[])[1, 2, 4])
                {
                    service.Server.Fault = null;
                    using var cache = new FileCache(new FileCacheOptions { CapacityBytes = 1 << 20 });
                    using var file = cache.Open(await service.OpenAsync(client));
                    int asked = 0;
                    service.Server.Fault = (context, _) =>
                    {
                        int number = Interlocked.Increment(ref asked);
                        return isOnce ? number == failing ? fault(service, context) : Task.FromResult(false)
                            : number >= failing ? fault(service, context) : Task.FromResult(false);
                    };
                    string what = $"{name}, request {failing}{(isOnce ? "" : " and all after it")}";
                    failures += await ReadAllAsync(file, content, what);
                    service.Server.Fault = null;
                    Assert.True(file.FlushAndPurge().IsComplete, what);
                    Assert.Equal(0, await ReadAllAsync(file, content, what));
                }
            }
        }

        Assert.True(failures > 20, $"{failures} reads failed");
    }

    [Fact]
    public async Task A_call_that_is_cancelled_ends_so()
    {
        await using var service = await S3Service.StartAsync(Pages.Pattern(Bytes, seed: 1));
        using var store = await service.OpenAsync();
        using var source = new CancellationTokenSource();
        service.Server.Fault = async (context, _) =>
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

    [Fact]
    public async Task An_object_without_bytes_is_one()
    {
        await using var service = await S3Service.StartAsync([]);
        using var store = await service.OpenAsync();
        Assert.Equal(0, await store.GetLengthAsync(Token));
        Assert.Equal(0, await store.ReadAsync(0, new byte[10], Token));
    }

    /// <summary>An object of somebody's own: two variables name it, those of AWS say how to come to it.</summary>
    [Fact]
    public async Task A_real_object_is_read_as_the_client_reads_it()
    {
        string? bucket = Environment.GetEnvironmentVariable("CONCORD_TESTS_S3_BUCKET");
        string? key = Environment.GetEnvironmentVariable("CONCORD_TESTS_S3_KEY");
        Assert.SkipWhen(
            bucket is null || key is null,
            SkipPolicy.OwnAccount + "name an object in CONCORD_TESTS_S3_BUCKET and CONCORD_TESTS_S3_KEY");
        using var client = new AmazonS3Client();
        using var answer = await client.GetObjectAsync(bucket, key, Token);
        using var content = new MemoryStream();
        await answer.ResponseStream.CopyToAsync(content, Token);
        await RemoteReading.CompareAsync(
            await S3Store.OpenAsync(bucket!, key!, cancellationToken: Token), content.ToArray(), Token);
    }

    private static Dictionary<string, Func<S3Service, HttpContext, Task<bool>>> Faults() => new()
    {
        ["503"] = static (_, context) => StatusAsync(context, true, 503),
        ["412"] = static (_, context) => StatusAsync(context, true, 412),
        ["cut"] = static async (service, context) =>
        {
            await EndAfterAsync(context, service.Server.Content, 100);
            return true;
        },
        ["no body"] = static async (service, context) =>
        {
            await EndAfterAsync(context, service.Server.Content, 0);
            return true;
        },
        ["reset"] = static (_, context) =>
        {
            context.Abort();
            return Task.FromResult(true);
        },
        ["the answer to another request"] = static async (service, context) =>
        {
            context.Request.Headers.Range = "bytes=0-99";
            await service.Server.AnswerWellAsync(context);
            return true;
        },
    };

    private static async Task<int> ReadAllAsync(CachedFile file, byte[] content, string what)
    {
        byte[] got = new byte[9_000];
        int failures = 0;
        for (int offset = 500; offset < content.Length; offset += got.Length)
        {
            try
            {
                int count = await file.ReadAsync(offset, got, Token);
                Assert.Equal(Math.Min(got.Length, content.Length - offset), count);
                Assert.True(content.AsSpan(offset, count).SequenceEqual(got.AsSpan(0, count)), $"{what}: at {offset}");
            }
            catch (IOException error)
            {
                Assert.Contains("s3://bucket/folder/data", error.ToString(), StringComparison.Ordinal);
                failures++;
            }
        }

        return failures;
    }

    private static Task<bool> StatusAsync(HttpContext context, bool isFault, int status)
    {
        if (isFault) context.Response.StatusCode = status;
        return Task.FromResult(isFault);
    }

    /// <summary>Sends a part of what an answer promises; the server ends the connection then.</summary>
    private static async Task EndAfterAsync(HttpContext context, byte[] content, int count)
    {
        if (HttpMethods.IsHead(context.Request.Method)) context.Abort();
        if (HttpMethods.IsHead(context.Request.Method)) return;
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
