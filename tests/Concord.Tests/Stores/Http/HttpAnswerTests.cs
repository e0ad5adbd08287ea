using Concord.Stores.Http;
using Microsoft.AspNetCore.Http;

namespace Concord.Tests.Stores.Http;

/// <summary>
/// Servers that answer what was not asked for: an error that says what, and never other bytes or zeros.
/// </summary>
public class HttpAnswerTests
{
    private static readonly HttpStoreOptions Quick = new() { RetryDelay = TimeSpan.Zero, RetriesMax = 1 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly Dictionary<string, Func<RangeServer, HttpContext, Task>> Answers = new()
    {
        ["the whole file where a part was asked for"] = (server, context) =>
        {
            context.Response.StatusCode = 200;
            context.Response.Headers.ETag = server.Tag;
            return context.Response.Body.WriteAsync(server.Content).AsTask();
        },
        ["the file compressed"] = (server, context) => PartAsync(server, context, "bytes 0-9/1000", 10, "gzip"),
        ["does not say which bytes"] = (server, context) => PartAsync(server, context, null, 10),
        ["carries bytes 10-19/1000"] = (server, context) => PartAsync(server, context, "bytes 10-19/1000", 10),
        ["carries bytes 0-20/1000"] = (server, context) => PartAsync(server, context, "bytes 0-20/1000", 21),
        ["the answer for bytes 0 to 9 does not say"] =
            (server, context) => PartAsync(server, context, "bytes 0-9/5", 10),
        ["does not say which bytes it carries"] = (server, context) => PartAsync(server, context, "bytes 0-9/*", 10),
        ["has a body of 12 bytes"] = (server, context) => PartAsync(server, context, "bytes 0-9/1000", 12),
        ["more bytes than the 10"] = (server, context) => PartAsync(server, context, "bytes 0-9/1000", 12, null, true),
        ["ended after 0 of 10"] = (server, context) => PartAsync(server, context, "bytes 0-9/1000", 0, null, true),
        ["no such file"] = (_, context) => StatusAsync(context, 404),
        ["refuses access (403"] = (_, context) => StatusAsync(context, 403),
        ["answered 418"] = (_, context) => StatusAsync(context, 418),
        ["does not say where to"] = (_, context) => StatusAsync(context, 302),
        ["more than 10 times"] = (_, context) => RedirectAsync(context, "/again"),
        ["not safe to follow"] = (_, context) => RedirectAsync(context, "file:///etc/passwd"),
        ["has changed"] = (server, context) =>
        {
            server.Tag = "\"second\"";
            return PartAsync(server, context, "bytes 0-9/1000", 10);
        },
        ["has changed: tag \"first\", 1000 bytes before, tag none"] = (server, context) =>
        {
            server.Tag = null;
            return PartAsync(server, context, "bytes 0-9/1000", 10);
        },
        ["shows the same version"] = (_, context) => StatusAsync(
            context, context.Request.Headers.IfMatch.Count > 0 ? 412 : 0),
    };

    public static TheoryData<string> Cases => [.. Answers.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_was_not_asked_for_is_an_error_that_says_so(string words)
    {
        await using var server = await RangeServer.StartAsync(new byte[1000]);
        using var store = await HttpStore.OpenAsync(server.Address, Quick, cancellationToken: Token);
        server.Fault = async (context, _) =>
        {
            await Answers[words](server, context);
            return context.Response.StatusCode != 0;
        };
        var error = await Assert.ThrowsAnyAsync<IOException>(async () => await store.ReadAsync(0, new byte[10], Token));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("W/\"weak\"", "only a weak entity tag")]
    [InlineData(null, "no entity tag")]
    public async Task A_server_without_strong_tags_is_told_at_once_with_a_way_out(string? tag, string words)
    {
        await using var server = await RangeServer.StartAsync(new byte[1000]);
        server.Tag = tag;
        var error = await Assert.ThrowsAsync<IOException>(
            () => HttpStore.OpenAsync(server.Address, Quick, cancellationToken: Token));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains("HttpStoreOptions.VersionCheck", error.Message, StringComparison.Ordinal);
        using var store = await HttpStore.OpenAsync(
            server.Address, Quick with { VersionCheck = HttpVersionCheck.Length }, cancellationToken: Token);
        Assert.Equal(10, await store.ReadAsync(0, new byte[10], Token));
        error = await Assert.ThrowsAsync<IOException>(() => HttpStore.OpenAsync(
            server.Address, Quick with { VersionCheck = HttpVersionCheck.LastModified }, cancellationToken: Token));
        Assert.Contains("when the file was changed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_secret_is_in_no_message_and_goes_to_no_other_origin()
    {
        await using var server = await RangeServer.StartAsync(new byte[1000]);
        await using var other = await RangeServer.StartAsync(new byte[1000]);
        var address = new UriBuilder(server.Address)
        {
            UserName = "me",
            Password = "pass%20word",
            Query = "key=hidden",
        }.Uri;
        var options = Quick with { Headers = new Dictionary<string, string> { ["X-Key"] = "token" } };
        using var store = await HttpStore.OpenAsync(address, options, cancellationToken: Token);
        Assert.Equal("token", server.LastHeaders["X-Key"]);
        Assert.Equal(
            "Basic " + Convert.ToBase64String("me:pass word"u8), server.LastHeaders["Authorization"]);
        Assert.EndsWith("/data?...", store.Name, StringComparison.Ordinal);

        server.Fault = (context, _) =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = other.Address + "?signature=hidden";
            return Task.FromResult(true);
        };
        Assert.Equal(10, await store.ReadAsync(0, new byte[10], Token));
        Assert.False(other.LastHeaders.ContainsKey("X-Key"));
        Assert.False(other.LastHeaders.ContainsKey("Authorization"));
        Assert.Equal("\"first\"", other.LastHeaders["If-Match"]);

        other.Fault = (context, _) => { context.Response.StatusCode = 500; return Task.FromResult(true); };
        var error = await Assert.ThrowsAsync<IOException>(async () => await store.ReadAsync(0, new byte[10], Token));
        string all = error.ToString();
        Assert.All(["hidden", "pass", "token"], secret => Assert.DoesNotContain(secret, all, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ftp://example.org/x")]
    [InlineData("/x")]
    public void An_address_of_something_else_is_refused(string address) =>
        Assert.Contains("http:// or https://", Assert.Throws<ArgumentException>(
            nameof(address), () => HttpStore.Open(new Uri(address, UriKind.RelativeOrAbsolute))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Options_that_are_impossible_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(static () => Quick with { RetriesMax = 101 });
        Assert.Throws<ArgumentOutOfRangeException>(static () => Quick with { RetryDelay = TimeSpan.FromHours(1) });
        Assert.Throws<ArgumentOutOfRangeException>(static () => Quick with { RetryDelayMax = TimeSpan.FromHours(2) });
        Assert.Throws<ArgumentOutOfRangeException>(static () => Quick with { AnswerTimeout = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(static () => Quick with { VersionCheck = (HttpVersionCheck)9 });
        foreach (var (name, value) in new[] { ("Range", "x"), ("if-match", "x"), ("X-Key", "a\r\nb"), ("a b", "x") })
        {
            var options = Quick with { Headers = new Dictionary<string, string> { [name] = value } };
            Assert.Throws<ArgumentException>("options", () => HttpStore.Open(new Uri("http://127.0.0.1:9/x"), options));
        }
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_an_error_that_names_it()
    {
        var address = new Uri("http://127.0.0.1:9/x?key=hidden");
        var error = await Assert.ThrowsAsync<IOException>(
            () => HttpStore.OpenAsync(address, Quick, cancellationToken: Token));
        Assert.StartsWith("http://127.0.0.1:9/x?...: the request failed", error.Message, StringComparison.Ordinal);
    }

    private static async Task PartAsync(RangeServer server, HttpContext context, string? range, int count,
        string? encoding = null, bool isChunked = false)
    {
        context.Response.StatusCode = 206;
        context.Response.Headers.ETag = server.Tag;
        if (range is not null) context.Response.Headers.ContentRange = range;
        if (encoding is not null) context.Response.Headers.ContentEncoding = encoding;
        if (!isChunked) context.Response.ContentLength = count;
        await context.Response.Body.WriteAsync(new byte[count]);
    }

    private static Task RedirectAsync(HttpContext context, string location)
    {
        context.Response.Headers.Location = location;
        return StatusAsync(context, 302);
    }

    private static Task StatusAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
