using System.ComponentModel;
using System.Diagnostics;
using Concord.Tests.Stores;

namespace Concord.Tests.SystemCache;

/// <summary>SQLite in use while all its files are purged all the time: nothing of what it committed is lost.</summary>
public sealed class SqliteTests : IDisposable
{
    /// <summary>Writes a row a transaction and says its number when it is committed, until its input ends.</summary>
    private const string Program = """
        import sqlite3, sys, threading
        path, mode = sys.argv[1:3]
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("pragma journal_mode=" + mode)
        db.execute("pragma synchronous=full")
        db.execute("pragma mmap_size=268435456")
        db.execute("pragma wal_autocheckpoint=20")
        db.execute("create table t (n integer primary key, bytes blob)")
        ends = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.read(), ends.set()), daemon=True).start()
        n = 0
        while not ends.is_set():
            n += 1
            db.execute("begin")
            db.execute("insert into t values (?, ?)", (n, bytes([n % 251]) * 700))
            if n % 7 == 0: db.execute("update t set bytes = bytes where n > ?", (n - 50,))
            db.execute("commit")
            print(n, flush=True)
        db.close()
        """;

    /// <summary>Looks at it from another process: the answer of the check, rows, rows as written.</summary>
    private const string Check = """
        import sqlite3, sys
        db = sqlite3.connect(sys.argv[1])
        print(db.execute("pragma integrity_check").fetchone()[0])
        print(db.execute("select count(*) from t where n <= ?", (int(sys.argv[2]),)).fetchone()[0])
        print(sum(1 for n, b in db.execute("select n, bytes from t") if b == bytes([n % 251]) * 700))
        print(db.execute("select count(*) from t").fetchone()[0])
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    [InlineData("truncate")]
    [InlineData("persist")]
    public void Every_row_that_was_committed_is_there_when_all_files_are_purged_meanwhile(string mode)
    {
        ProcessSections.RequireLinux();
        string path = _folder["data.db"];
        using var writer = Start(Program, path, mode);
        long last = 0;
        var reader = new Thread(() =>
        {
            while (writer.StandardOutput.ReadLine() is { } line) Volatile.Write(ref last, long.Parse(line));
        });
        reader.Start();
        var clock = Stopwatch.StartNew();
        var time = TimeSpan.FromSeconds(TestRun.IsFull ? 20 : 1.2);
        int purges = 0;
        while (clock.Elapsed < time || Volatile.Read(ref last) < 20)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), $"{last} rows in a minute");
            foreach (string file in Directory.GetFiles(Path.GetDirectoryName(path)!)) purges += Purge(file);
        }

        writer.StandardInput.Close();
        Assert.True(writer.WaitForExit(TimeSpan.FromMinutes(1)));
        reader.Join();
        Assert.Equal(0, writer.ExitCode);
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(path)!)) Purge(file);

        using var check = Start(Check, path, $"{last}");
        string[] said = check.StandardOutput.ReadToEnd().Trim().Split('\n');
        Assert.Equal("ok", said[0]);
        Assert.Equal(last, long.Parse(said[1]));
        Assert.Equal(said[3], said[2]);
        Assert.True(purges > 0);
        Figures.Record(
            "R8", $"SQLite ({mode}) in use while its files are purged",
            $"{last} commits, {purges} purges, integrity good", "none lost, integrity good");
    }

    private static int Purge(string path)
    {
        try
        {
            using var file = SystemFile.Open(path);
            file.FlushAndPurge();
            return 1;
        }
        catch (FileNotFoundException)
        {
            // A journal that was deleted meanwhile.
            return 0;
        }
    }

    private static Process Start(string program, params string[] args)
    {
        var start = new ProcessStartInfo("python3") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(program);
        foreach (string arg in args) start.ArgumentList.Add(arg);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("python3 is missing, whose SQLite this uses: apt-get install python3");
            throw;
        }
    }
}
