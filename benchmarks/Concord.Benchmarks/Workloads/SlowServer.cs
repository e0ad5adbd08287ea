using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// A server of a long file of zeros that is as far away as a latency, behind a line that all connections share.
/// </summary>
internal sealed class SlowServer : IDisposable
{
    private const int ChunkBytes = 64 * 1024;

    private static readonly byte[] Zeros = new byte[ChunkBytes];

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TimeSpan _latency;
    private readonly double _ticksPerByte;
    private readonly Task _serving;

    // _gate owns _free: when the line has sent what was given to it.
    private readonly Lock _gate = new();
    private long _free;

    internal SlowServer(long length, TimeSpan latency, double bytesPerSecond)
    {
        Length = length;
        _latency = latency;
        _ticksPerByte = Stopwatch.Frequency / bytesPerSecond;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/zeros");
        _serving = ServeAsync();
    }

    internal Uri Address { get; }

    internal long Length { get; }

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
                _ = AnswerAllAsync(await _listener.AcceptSocketAsync());
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The server stops.
                return;
            }
        }
    }

    /// <summary>Answers one request of a connection after the other.</summary>
    private async Task AnswerAllAsync(Socket socket)
    {
        socket.NoDelay = true;
        using var connection = new NetworkStream(socket, ownsSocket: true);
        using var requests = new StreamReader(connection, Encoding.ASCII, leaveOpen: true);
        try
        {
            while (await requests.ReadLineAsync() is { Length: > 0 }) await AnswerAsync(connection, requests);
        }
        catch (IOException)
        {
            // The client has gone.
            return;
        }
    }

    private async Task AnswerAsync(NetworkStream connection, StreamReader requests)
    {
        long first = 0, last = Length - 1;
        while (await requests.ReadLineAsync() is { Length: > 0 } line)
        {
            if (!line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase)) continue;
            string[] range = line["Range: bytes=".Length..].Split('-');
            first = long.Parse(range[0], CultureInfo.InvariantCulture);
            last = Math.Min(last, long.Parse(range[1], CultureInfo.InvariantCulture));
        }

        await Task.Delay(_latency);
        await connection.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 206 Partial Content\r\nETag: \"zeros\"\r\nContent-Range: bytes {first}-{last}/{Length}\r\n"
            + $"Content-Length: {last - first + 1}\r\n\r\n"));
        for (long rest = last - first + 1; rest > 0;)
        {
            int count = (int)Math.Min(rest, ChunkBytes);
            if (TurnOf(count) is { TotalMilliseconds: >= 1 } wait) await Task.Delay(wait);
            await connection.WriteAsync(Zeros.AsMemory(0, count));
            rest -= count;
        }
    }

    /// <summary>Gives bytes to the line, and returns how long until it begins to send them.</summary>
    private TimeSpan TurnOf(int bytes)
    {
        lock (_gate)
        {
            long now = Stopwatch.GetTimestamp(), begin = Math.Max(now, _free);
            _free = begin + (long)(bytes * _ticksPerByte);
            return Stopwatch.GetElapsedTime(now, begin);
        }
    }
}
