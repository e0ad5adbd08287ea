using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Concord.Tests.Stores.Http;

/// <summary>nginx (Debian: nginx-light) with the files of a folder, as any user, at an address of its own.</summary>
internal sealed class NginxServer : IDisposable
{
    private const string Program = "/usr/sbin/nginx";

    private readonly TempFolder _folder = new();
    private readonly Process _process;

    private NginxServer()
    {
        Directory.CreateDirectory(Files);
        int port = FreePort();
        Address = new Uri($"http://127.0.0.1:{port}/");
        File.WriteAllText(_folder["nginx.conf"], $$"""
            daemon off;
            master_process off;
            worker_processes 1;
            pid {{_folder["pid"]}};
            error_log {{_folder["errors"]}};
            events { worker_connections 128; }
            http {
              access_log {{_folder["access"]}};
              client_body_temp_path {{_folder["body"]}};
              proxy_temp_path {{_folder["proxy"]}};
              fastcgi_temp_path {{_folder["fastcgi"]}};
              uwsgi_temp_path {{_folder["uwsgi"]}};
              scgi_temp_path {{_folder["scgi"]}};
              server {
                listen 127.0.0.1:{{port}};
                root {{Files}};
                location /compressed/ { alias {{Files}}/; gzip on; gzip_types *; gzip_min_length 1; }
                location /untagged/ { alias {{Files}}/; etag off; }
                location /whole/ { alias {{Files}}/; max_ranges 0; }
                location /moved/ { return 302 /$arg_to; }
                location /busy/ { return 503; }
              }
            }
            """);
        _process = Process.Start(new ProcessStartInfo(Program, ["-p", _folder.Path, "-c", _folder["nginx.conf"]])
        {
            RedirectStandardError = true,
        })!;
    }

    /// <summary>Where the files are that it serves.</summary>
    internal string Files => _folder["files"];

    internal Uri Address { get; }

    /// <summary>Starts it, or skips the test with what is missing.</summary>
    internal static NginxServer Start()
    {
        Assert.SkipUnless(TestRun.IsServers, SkipPolicy.ServersRun + "starts nginx");
        Assert.SkipUnless(File.Exists(Program), "nginx is not installed");
        var server = new NginxServer();
        Patience.Await(() => server._process.HasExited || server.Answers());
        if (!server._process.HasExited) return server;
        string errors = server._process.StandardError.ReadToEnd();
        server.Dispose();
        throw new InvalidOperationException($"nginx does not start: {errors}");
    }

    /// <summary>The lines of its log of requests.</summary>
    internal string[] Requests => File.ReadAllLines(_folder["access"]);

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Dispose();
    }

    private bool Answers()
    {
        try
        {
            using var connection = new TcpClient(Address.Host, Address.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
