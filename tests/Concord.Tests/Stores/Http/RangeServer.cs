using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Concord.Tests.Stores.Http;

/// <summary>A server of one file, with ranges and tags, and with whatever faults a test wants.</summary>
internal sealed class RangeServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _requests;

    private RangeServer(byte[] content)
    {
        Content = content;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    /// <summary>What the file holds.</summary>
    internal byte[] Content { get; set; }

    /// <summary>Its entity tag; null for none.</summary>
    internal string? Tag { get; set; } = "\"first\"";

    /// <summary>When it was changed; null for nobody knows.</summary>
    internal DateTimeOffset? LastModified { get; set; }

    /// <summary>
    /// Asked before each answer, with the number of the request from 0 on; true if it answered itself.
    /// </summary>
    internal Func<HttpContext, int, Task<bool>>? Fault { get; set; }

    /// <summary>The ranges that were asked for, as they stood in the requests.</summary>
    internal ConcurrentQueue<string> Ranges { get; } = new();

    /// <summary>The headers of the last request.</summary>
    internal IReadOnlyDictionary<string, string> LastHeaders { get; private set; } = new Dictionary<string, string>();

    /// <summary>The address of the file.</summary>
    internal Uri Address { get; private set; } = null!;

    internal static async Task<RangeServer> StartAsync(byte[] content)
    {
        var server = new RangeServer(content);
        await server._application.StartAsync();
        var addresses = server._application.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!;
        server.Address = new Uri(addresses.Addresses.First() + "/data");
        return server;
    }

    /// <summary>Answers as a good server does.</summary>
    internal async Task AnswerWellAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (Tag is not null) response.Headers.ETag = Tag;
        if (LastModified is { } changed) response.GetTypedHeaders().LastModified = changed;
        string wanted = request.Headers.IfMatch.ToString();
        bool isOther = (wanted.Length > 0 && wanted != Tag)
            || (request.GetTypedHeaders().IfUnmodifiedSince is { } since && LastModified > since);
        if (isOther)
        {
            response.StatusCode = StatusCodes.Status412PreconditionFailed;
            return;
        }

        if (HttpMethods.IsHead(request.Method))
        {
            response.ContentLength = Content.Length;
            return;
        }

        string[] range = request.Headers.Range.ToString()["bytes=".Length..].Split('-');
        long first = long.Parse(range[0], CultureInfo.InvariantCulture);
        if (first >= Content.Length)
        {
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            response.Headers.ContentRange = $"bytes */{Content.Length}";
            return;
        }

        long last = Math.Min(long.Parse(range[1], CultureInfo.InvariantCulture), Content.Length - 1);
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.Headers.ContentRange = $"bytes {first}-{last}/{Content.Length}";
        response.ContentLength = last - first + 1;
        await response.Body.WriteAsync(
            Content.AsMemory((int)first, (int)(last - first + 1)), context.RequestAborted);
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        int number = Interlocked.Increment(ref _requests) - 1;
        Ranges.Enqueue(context.Request.Headers.Range.ToString());
        LastHeaders = context.Request.Headers.ToDictionary(
            static header => header.Key, static header => header.Value.ToString());
        if (Fault is { } fault && await fault(context, number)) return;
        await AnswerWellAsync(context);
    }
}
