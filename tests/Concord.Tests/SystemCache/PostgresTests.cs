using System.Diagnostics;

namespace Concord.Tests.SystemCache;

/// <summary>
/// PostgreSQL in use while all its files are purged all the time: nothing of what it committed is lost.
/// </summary>
public sealed class PostgresTests
{
    private const string Row = "repeat(md5(n::text), 20)";

    [Fact]
    public void Every_row_that_was_committed_is_there_after_a_crash_when_all_files_were_purged_meanwhile()
    {
        using var server = PostgresServer.Start();
        long last = 0;
        int purges = 0;
        using (var writer = server.Connect())
        {
            writer.StandardInput.WriteLine("create table t (n bigint primary key, bytes text);");
            var clock = Stopwatch.StartNew();
            bool ends = false;
            var writing = new Thread(() =>
            {
                while (!Volatile.Read(ref ends) && TryInsert(writer, last + 1)) Volatile.Write(ref last, last + 1);
            });
            writing.Start();
            var time = TimeSpan.FromSeconds(TestRun.IsFull ? 60 : 5);
            while (clock.Elapsed < time || Volatile.Read(ref last) < 20)
            {
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(3), $"{last} rows in three minutes");
                purges += PurgeAll(server.Data);
            }

            Volatile.Write(ref ends, true);
            writing.Join();
            server.Crash();
        }

        PurgeAll(server.Data);
        server.Go();
        using (var reader = server.Connect())
        {
            Assert.Equal($"{last}", Ask(reader, $"select count(*) from t where n <= {last};"));
            Assert.Equal("0", Ask(reader, $"select count(*) from t where bytes <> {Row};"));
        }

        server.StopAndCheck();
        Figures.Record(
            "R8", "PostgreSQL in use while its files are purged, then crashed",
            $"{last} commits, {purges} purges, checksums good", "none lost, checksums good");
    }

    /// <summary>Commits a row, changing one of those before it now and then.</summary>
    /// <returns>Whether the server said that it is committed.</returns>
    private static bool TryInsert(Process writer, long n) =>
        Ask(writer, $"insert into t select n, {Row} from (select {n}::bigint as n) r returning n;") == $"{n}"
        && (n % 50 != 0 || Ask(writer, "checkpoint; select 1;") == "1");

    private static string? Ask(Process client, string statement)
    {
        client.StandardInput.WriteLine(statement);
        return client.StandardOutput.ReadLine();
    }

    private static int PurgeAll(string folder)
    {
        int purges = 0;
        foreach (string path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            try
            {
                using var file = SystemFile.Open(path);
                file.FlushAndPurge();
                purges++;
            }
            catch (FileNotFoundException)
            {
                // The server has deleted it meanwhile.
                continue;
            }
        }

        return purges;
    }
}
