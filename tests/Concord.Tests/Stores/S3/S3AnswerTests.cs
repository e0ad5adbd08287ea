using System.Net;
using System.Text;
using Amazon.Runtime;
using Concord.Stores.S3;
using Concord.Tests.Stores.Http;
using Microsoft.AspNetCore.Http;

namespace Concord.Tests.Stores.S3;

/// <summary>
/// Services that answer what was not asked for: an error that says what, never other bytes, and nothing secret.
/// </summary>
[Collection(SideBySide.Stores)]
public sealed class S3AnswerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly Dictionary<string, Func<RangeServer, HttpContext, Task>> Answers = new()
    {
        ["answers with 200 (OK) where a part"] = (server, context) =>
        {
            context.Response.Headers.ETag = server.Tag;
            return context.Response.Body.WriteAsync(server.Content).AsTask();
        },
        ["does not say which bytes it carries"] = (server, context) => PartAsync(server, context, null, 10),
        ["carries bytes 10-19/1000"] = (server, context) => PartAsync(server, context, "bytes 10-19/1000", 10),
        ["carries bytes 0-20/1000"] = (server, context) => PartAsync(server, context, "bytes 0-20/1000", 21),
        ["has a body of 12 bytes"] = (server, context) => PartAsync(server, context, "bytes 0-9/1000", 12),
        ["there is no such object (404)"] = (_, context) => FailAsync(context, 404, "NoSuchKey"),
        ["refuses access (403 AccessDenied)"] = (_, context) => FailAsync(context, 403, "AccessDenied"),
        ["answered 400 InvalidArgument"] = (_, context) => FailAsync(context, 400, "InvalidArgument"),
        ["answered 503"] = (_, context) => FailAsync(context, 503, "Some words; no code"),
        ["has changed: tag \"first\", 1000 bytes before, tag \"second\""] = (server, context) =>
        {
            server.Tag = "\"second\"";
            return PartAsync(server, context, "bytes 0-9/1000", 10);
        },
        ["has changed: tag \"first\", 1000 bytes before, tag \"first\", 999 bytes"] = (server, context) =>
            PartAsync(server, context, "bytes 0-9/999", 10),
        ["shows the same version"] = (server, context) => HttpMethods.IsHead(context.Request.Method)
            ? server.AnswerWellAsync(context)
            : FailAsync(context, 412, "PreconditionFailed"),
    };

    public static TheoryData<string> Cases => [.. Answers.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_was_not_asked_for_is_an_error_that_says_so(string words)
    {
        await using var service = await S3Service.StartAsync(new byte[1000]);
        using var client = service.Connect();
        using var store = await service.OpenAsync(client);
        service.Server.Fault = async (context, _) =>
        {
            await Answers[words](service.Server, context);
            return true;
        };
        var error = await Assert.ThrowsAnyAsync<IOException>(async () => await store.ReadAsync(0, new byte[10], Token));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, typeof(FileNotFoundException))]
    [InlineData(403, typeof(IOException))]
    public async Task What_cannot_be_opened_is_told_at_once(int status, Type expected)
    {
        await using var service = await S3Service.StartAsync(new byte[1000]);
        using var client = service.Connect();
        service.Server.Fault = async (context, _) =>
        {
            await StatusAsync(context, status);
            return true;
        };
        var error = await Assert.ThrowsAnyAsync<IOException>(() => service.OpenAsync(client));
        Assert.IsType(expected, error);
    }

    [Fact]
    public async Task A_service_without_entity_tags_is_told_at_once()
    {
        await using var service = await S3Service.StartAsync(new byte[1000]);
        service.Server.Tag = null;
        var error = await Assert.ThrowsAsync<IOException>(() => service.OpenAsync());
        Assert.Contains("no entity tag", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    public async Task Nobody_is_followed_to_another_origin(int status)
    {
        await using var service = await S3Service.StartAsync(new byte[1000]);
        await using var other = await RangeServer.StartAsync(new byte[1000]);
        using var store = await service.OpenAsync();
        service.Server.Fault = (context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = other.Address.AbsoluteUri;
            return Task.FromResult(true);
        };
        await Assert.ThrowsAnyAsync<IOException>(async () => await store.ReadAsync(0, new byte[10], Token));
        Assert.Empty(other.Ranges);
    }

    [Fact]
    public async Task What_is_secret_is_not_in_printed_options()
    {
        await using var service = await S3Service.StartAsync(new byte[1000]);
        string printed = (service.Options with { VersionId = "7" }).ToString();
        Assert.Contains("VersionId = 7", printed, StringComparison.Ordinal);
        Assert.DoesNotContain("Credentials", printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_an_error_that_names_the_object()
    {
        var options = new S3StoreOptions
        {
            ServiceUrl = new Uri("http://127.0.0.1:9"),
            Credentials = new AnonymousAWSCredentials(),
        };
        await using var service = await S3Service.StartAsync([]);
        using var client = new Amazon.S3.AmazonS3Client(new AnonymousAWSCredentials(), new Amazon.S3.AmazonS3Config
        {
            ServiceURL = "http://127.0.0.1:9",
            MaxErrorRetry = 0,
        });
        var error = await Assert.ThrowsAsync<IOException>(() => service.OpenAsync(client, options));
        Assert.StartsWith("s3://bucket/folder/data: the request failed: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_are_impossible_are_refused()
    {
        var options = new S3StoreOptions();
        Assert.Throws<ArgumentOutOfRangeException>(() => options with { AnswerTimeout = TimeSpan.Zero });
        foreach (string address in (string[])["ftp://a", "http://me:secret@a", "http://a?key=secret"])
        {
            Assert.DoesNotContain("secret", Assert.Throws<ArgumentException>(
                () => options with { ServiceUrl = new Uri(address) }).Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>("bucket", () => S3Store.Open("", "key"));
        Assert.Throws<ArgumentNullException>("key", () => S3Store.Open("bucket", null!));
    }

    private static async Task PartAsync(RangeServer server, HttpContext context, string? range, int count)
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            await server.AnswerWellAsync(context);
            return;
        }

        context.Response.StatusCode = (int)HttpStatusCode.PartialContent;
        context.Response.Headers.ETag = server.Tag;
        if (range is not null) context.Response.Headers.ContentRange = range;
        context.Response.ContentLength = count;
        await context.Response.Body.WriteAsync(new byte[count]);
    }

    /// <summary>An error in the service's words, which repeat what was sent to it.</summary>
    private static async Task FailAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/xml";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(
            $"<Error><Code>{code}</Code><Message>you sent hidden-token</Message><RequestId>1</RequestId></Error>"));
    }

    private static Task StatusAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
