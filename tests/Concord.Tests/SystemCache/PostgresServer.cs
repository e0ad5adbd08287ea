using System.Diagnostics;

namespace Concord.Tests.SystemCache;

/// <summary>
/// A PostgreSQL server of a test's own, on a socket in its folder, with pages of little shared memory and checksums. It
/// does not run as root, so as root it is started as nobody.
/// </summary>
internal sealed class PostgresServer : IDisposable
{
    private const string User = "tester", OrdinaryUser = "nobody";

    private readonly string _programs, _folder;
    private Process? _server;

    private PostgresServer(string programs, string folder) => (_programs, _folder) = (programs, folder);

    /// <summary>Where its files are.</summary>
    internal string Data => Path.Combine(_folder, "data");

    /// <summary>Makes a database and starts the server, or skips the test.</summary>
    internal static PostgresServer Start()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "the system's cache is Linux's");
        Assert.SkipUnless(TestRun.IsServers, SkipPolicy.ServersRun + "starts PostgreSQL");
        string? programs = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetFiles("/usr/lib/postgresql", "initdb", SearchOption.AllDirectories).Order().LastOrDefault()
            : null;
        if (programs is null) Assert.Skip("PostgreSQL is missing: apt-get install postgresql");
        var server = new PostgresServer(
            Path.GetDirectoryName(programs)!, Directory.CreateTempSubdirectory("concord-postgres-").FullName);
        try
        {
            if (Environment.IsPrivilegedProcess) server.Run("chown", OrdinaryUser, server._folder);
            server.RunProgram("initdb", "-D", server.Data, "-U", User, "-A", "trust", "--data-checksums", "--no-sync");
            server.Go();
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Starts the server and waits until it answers; after <see cref="Crash"/> it recovers first.</summary>
    internal void Go()
    {
        _server = Process.Start(StartInfo(
            "postgres", "-D", Data, "-k", _folder, "-h", "", "-c", "shared_buffers=1MB", "-c", "max_wal_size=32MB",
            "-c", "min_wal_size=32MB", "-c", "checkpoint_timeout=30s", "-c", "log_min_messages=panic"))!;
        Patience.Await(() => Try("pg_isready", "-q", "-h", _folder, "-U", User) == 0);
    }

    /// <summary>Ends the server as a crash does: what is not in its log is gone.</summary>
    internal void Crash() => Stop("immediate");

    /// <summary>Ends the server in order; then looks at the checksum of every page.</summary>
    internal void StopAndCheck()
    {
        Stop("fast");
        RunProgram("pg_checksums", "--check", "-D", Data);
    }

    /// <summary>Runs statements that are written to its input, a line each, and answers with a line each.</summary>
    internal Process Connect()
    {
        var start = StartInfo("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", _folder, "-U", User, "postgres");
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        return Process.Start(start)!;
    }

    public void Dispose()
    {
        if (_server is { HasExited: false }) Stop("immediate");
        Directory.Delete(_folder, recursive: true);
    }

    private void Stop(string mode)
    {
        RunProgram("pg_ctl", "stop", "-s", "-D", Data, "-m", mode);
        _server!.WaitForExit();
    }

    private void RunProgram(string name, params string[] args)
    {
        int code = Try(name, args);
        if (code != 0) throw new IOException($"{name} {string.Join(' ', args)} failed ({code})");
    }

    private int Try(string name, params string[] args) => Run(StartInfo(name, args));

    private void Run(string name, params string[] args)
    {
        if (Run(new ProcessStartInfo(name, args)) != 0) throw new IOException($"{name} failed");
    }

    private static int Run(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    private ProcessStartInfo StartInfo(string name, params string[] args)
    {
        string program = Path.Combine(_programs, name);
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo(
                "setpriv", ["--reuid", OrdinaryUser, "--regid", "nogroup", "--clear-groups", program, .. args])
            : new ProcessStartInfo(program, args);
        start.WorkingDirectory = _folder;
        return start;
    }
}
