using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Concord;

namespace Cookbook;

/// <summary>
/// Serves a file over HTTP, whole or in parts, one request a connection: as much of a server as a recipe needs. In
/// ASP.NET Core the pipe is there already: it is <c>context.Response.BodyWriter</c>.
/// </summary>
public sealed class RangeServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CachedFile _file;
    private readonly Task _serving;
    private int _requests;

    public RangeServer(CachedFile file)
    {
        _file = file;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _serving = ServeAsync();
    }

    public Uri Address { get; }

    public int Requests => Volatile.Read(ref _requests);

    public void Dispose()
    {
        _listener.Dispose();
        _serving.Wait();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                _ = AnswerAsync(await _listener.AcceptSocketAsync());
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The server stops.
                return;
            }
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        using var connection = new NetworkStream(socket, ownsSocket: true);
        using var request = new StreamReader(connection, Encoding.ASCII, leaveOpen: true);
        bool wantsBody = (await request.ReadLineAsync())?.StartsWith("GET", StringComparison.Ordinal) == true;
        var range = new RangeItemHeaderValue(0, null);
        while (await request.ReadLineAsync() is { Length: > 0 } line)
        {
            if (line.StartsWith("Range:", StringComparison.OrdinalIgnoreCase))
                range = RangeHeaderValue.Parse(line[6..]).Ranges.First();
        }

        Interlocked.Increment(ref _requests);
        long first = range.From ?? 0, last = Math.Min(range.To ?? long.MaxValue, _file.Length - 1);
        var response = PipeWriter.Create(connection);
        response.Write(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {first}-{last}/{_file.Length}\r\n"
            + $"Content-Length: {last - first + 1}\r\nConnection: close\r\n\r\n"));

        // Flushes as it goes, and waits while the client is slow.
        if (wantsBody) await _file.ReadToAsync(response, first, last - first + 1);
        await response.CompleteAsync();
    }
}
