using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace RemoteDirectory;

/// <summary>Serves parts of one file over HTTP, with a strong entity tag: as much as this sample needs.</summary>
internal sealed class FileServer : IDisposable
{
    private const string Tag = "\"one version\"";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly SafeFileHandle _file;
    private readonly Task _serving;

    internal FileServer(string path)
    {
        _file = File.OpenHandle(path);
        _listener.Start();
        int port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        Address = new Uri($"http://127.0.0.1:{port}/{Path.GetFileName(path)}");
        _serving = ServeAsync();
    }

    internal Uri Address { get; }

    public void Dispose()
    {
        _listener.Dispose();
        _serving.Wait();
        _file.Dispose();
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
        long length = RandomAccess.GetLength(_file), first = 0, last = length - 1;
        while (await request.ReadLineAsync() is { Length: > 0 } line)
        {
            if (!line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase)) continue;
            string[] range = line["Range: bytes=".Length..].Split('-');
            first = long.Parse(range[0], CultureInfo.InvariantCulture);
            last = Math.Min(last, long.Parse(range[1], CultureInfo.InvariantCulture));
        }

        byte[] body = new byte[last - first + 1];
        RandomAccess.Read(_file, body, first);
        await connection.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 206 Partial Content\r\nETag: {Tag}\r\nContent-Range: bytes {first}-{last}/{length}\r\n"
            + $"Content-Length: {body.Length}\r\nConnection: close\r\n\r\n"));
        await connection.WriteAsync(body);
    }
}
