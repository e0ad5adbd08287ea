using System.Collections.Concurrent;
using System.Diagnostics;
using Concord.Tests.Caching;

namespace Concord.Tests.Variants;

/// <summary>
/// Runs scripts in which each import of the C library fails in turn: once, and many times from there on; with
/// each of the errors that such calls have; and in which reads and writes do a part, of which the rest may fail.
/// Prints what it does and what went wrong, and a line of totals:
/// <c>RUNS FAILURES</c>.
/// </summary>
internal static class FailingCallsChild
{
    internal const string Name = "failing-calls";

    /// <summary>ENOMEM, EINVAL, EPERM, EMFILE, EOPNOTSUPP.</summary>
    private static readonly int[] Errors = [12, 22, 1, 24, 95];

    /// <summary>ENOSPC, EFBIG and EIO: what comes of the rest when a call did a part.</summary>
    private static readonly int[] ErrorsOfRest = [28, 27, 5];

    private const string Writing = "Pwritev", Reading = "Pread", Buffered = "copies through the system's cache";

    // These answer a thread that waits for a message, or say something before the end of the process.
    private static readonly string[] Left = ["Read", "Write"];

    /// <summary>So many calls fail where a failure lasts, so that who waits for its end gets there.</summary>
    private const int LastingCalls = 40;

    private static readonly TimeSpan RunLimit = TimeSpan.FromSeconds(30);

    private static readonly (string Name, SectionKind Kind, Action<FailingCallsRun> Play)[] Scripts =
    [
        ("a view for writing", SectionKind.Shared, static run => Views(run, ViewAccess.ReadWrite)),
        ("a view for reading", SectionKind.Shared, static run => Views(run, ViewAccess.Read)),
        ("copies in private memory", SectionKind.Private, Copies),
        ("copies in shared memory", SectionKind.Shared, Copies),
        (Buffered, SectionKind.Private, Copies),
        ("leases and uncached writes", SectionKind.Private, Leases),
    ];

    private static string What = "";
    private static Stopwatch Clock = Stopwatch.StartNew();
    private static int Runs, Failures;

    internal static int Run(string[] args)
    {
        bool isFull = args is ["full", ..];
        string only = args is [_, var part, ..] ? part : "";
        var watch = new Thread(EndWhenStuck) { IsBackground = true };
        watch.Start();
        foreach (var (name, kind, play) in Scripts)
        {
            if (!name.Contains(only, StringComparison.Ordinal)) continue;

            // The first time, what is asked once a process is asked; the second time tells how many calls there are.
            Play(name, kind, play, static _ => 0);
            var calls = Count(name, kind, play);
            bool failsAll = isFull || name != Buffered;
            foreach (string import in calls.Keys.Except(Left).Where(_ => failsAll).Order(StringComparer.Ordinal))
            {
                FailEach(name, kind, play, import, Errors, calls[import], isFull);
            }

            DoParts(name, kind, play, isFull);
        }

        Console.WriteLine($"{Runs} {Failures}");
        return 0;
    }

    /// <summary>Reads and writes do a part: all of them, and until the rest of one fails.</summary>
    private static void DoParts(string name, SectionKind kind, Action<FailingCallsRun> play, bool isFull)
    {
        SystemCallFaults.SetParts(HalfOf);
        try
        {
            var calls = Count($"{name}: parts", kind, play);
            foreach (string import in (string[])[Writing, Reading])
            {
                if (!calls.TryGetValue(import, out int count)) continue;
                FailEach($"{name}: parts", kind, play, import, ErrorsOfRest, isFull ? count : 1, isFull);
            }
        }
        finally
        {
            SystemCallFaults.SetParts(null);
        }
    }

    /// <summary>
    /// About the half of so many bytes, in whole pages: past the system's cache there is nothing else.
    /// </summary>
    private static int HalfOf(int bytes) => Math.Max(Math.Min(bytes, Pages.Bytes), bytes / 2 & -Pages.Bytes);

    private static void FailEach(
        string name, SectionKind kind, Action<FailingCallsRun> play, string import, int[] errors, int count,
        bool isFull)
    {
        int[] some = [1, (count + 1) / 2, count];
        int[] positions = isFull ? [.. Enumerable.Range(1, count)] : [.. some.Distinct()];
        int turn = 0;
        foreach (int position in positions)
        {
            foreach (int error in isFull ? errors : [errors[turn++ % errors.Length]])
            {
                // In a slice the first call fails both ways, and the others take turns.
                bool[] ways = isFull || position == 1 ? [false, true] : [turn % 2 == 0];
                foreach (bool lasts in ways)
                {
                    int seen = 0;
                    int ErrorOf(string called)
                    {
                        if (called != import) return 0;
                        int at = Interlocked.Increment(ref seen);
                        return at == position || (lasts && at > position && at < position + LastingCalls) ? error : 0;
                    }

                    string which = $"{import} {position}{(lasts ? " and on" : "")} of {count} with {error}";
                    Play($"{name}: {which}", kind, play, ErrorOf);
                }
            }
        }
    }

    private static ConcurrentDictionary<string, int> Count(string name, SectionKind kind, Action<FailingCallsRun> play)
    {
        var calls = new ConcurrentDictionary<string, int>();
        Play(name, kind, play, called =>
        {
            calls.AddOrUpdate(called, 1, static (_, count) => count + 1);
            return 0;
        });
        return calls;
    }

    private static void Play(string what, SectionKind kind, Action<FailingCallsRun> play, Func<string, int> errorOf)
    {
        (What, Clock) = (what, Stopwatch.StartNew());
        Runs++;
        Console.WriteLine(what);
        FailingCallsRun? run = null;
        try
        {
            run = new FailingCallsRun(kind, what.StartsWith(Buffered, StringComparison.Ordinal)
                ? StoreCaching.Buffered : StoreCaching.Automatic);
            SystemCallFaults.Set(errorOf);
            try
            {
                play(run);
            }
            finally
            {
                SystemCallFaults.Set(null);
            }

            run.Finish();
        }
        catch (Exception error)
        {
            Failures++;
            Console.WriteLine($"FAILED {what}: {error}");
        }
        finally
        {
            run?.Dispose();
        }
    }

    private static void Copies(FailingCallsRun run)
    {
        for (int page = 0; page < FailingCallsRun.FilePages; page += 4) run.Read(page, 4);
        for (int page = 0; page < FailingCallsRun.FilePages; page += 3) run.Write(page, 2);
        run.ReadOther(0, 12);
        run.Try(() => run.File.FlushAndPurge(Pages.Range(0, 20)));
        run.Write(5, 3);
        run.ReadOther(12, 12);
        run.Try(() => run.File.FlushAndPurge(CoherencyOptions.NoPurge));
        for (int page = 0; page < FailingCallsRun.FilePages; page += 4) run.Read(page, 4);
        run.Try(() => run.File.FlushAndPurge());
    }

    private static void Leases(FailingCallsRun run)
    {
        run.Read(0, 8);
        run.Try(() => run.File.Lease(Pages.Range(2, 20)).Dispose());
        run.Try(() => run.File.Lease(Pages.Range(4, 8), LeaseAccess.Overwrite).Abort());
        run.WriteUncached(3, 5);
        run.Write(10, 4);
        run.WriteUncached(12, 4);
        run.ReadOther(0, 14);
        run.Try(() => run.File.ReadUncached(0, new byte[Pages.Bytes]));
        run.Read(0, 12);
    }

    private static void Views(FailingCallsRun run, ViewAccess access)
    {
        run.Write(0, 6);
        run.Try(() => run.File.FlushAndPurge(Pages.Range(0, 3)));
        run.Try(() => run.View = run.File.MapView(new ByteRange(0, run.File.Length), access));
        if (run.View is not { } view) return;
        for (int page = 0; page < FailingCallsRun.FilePages; page += 3) run.ReadView(view, page);
        for (int page = 0; page < 30 && access == ViewAccess.ReadWrite; page += 5) run.WriteView(view, page, 600);
        run.ReadOther(0, 12);
        run.Write(7, 2);
        run.Try(() => run.File.FlushAndPurge(Pages.Range(0, 20)));
        for (int page = 1; page < 30 && access == ViewAccess.ReadWrite; page += 7) run.WriteView(view, page, 700);
        run.Try(() => run.File.FlushAndPurge());
        for (int page = 0; page < 20; page += 2) run.ReadView(view, page);
        run.Try(view.Dispose);
        run.Read(0, 10);
    }

    private static void EndWhenStuck()
    {
        using var never = new ManualResetEventSlim();
        while (Clock.Elapsed < RunLimit) never.Wait(200);
        Console.WriteLine($"FAILED {What}: no end after {RunLimit.TotalSeconds} s");
        Console.Out.Flush();
        Environment.Exit(3);
    }
}
