using System.Diagnostics;
using System.Text;
using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Writes what is dirty when the process ends in a way that the runtime announces, within a time limit, and reports
/// what it could not write. All caches do it at the same time. Caches with nothing dirty cost nothing, and are not kept
/// in memory.
/// </summary>
/// <param name="files">The files of the cache.</param>
/// <param name="timeout">
/// How long the process's end waits. Zero: nothing is written. Null: nothing is written, and a dropped cache is not
/// kept in memory.
/// </param>
/// <param name="tell">Called with what could not be written, if anything.</param>
internal sealed class ExitFlush(CacheFiles files, TimeSpan? timeout, Action<IReadOnlyList<ExitFlushFailure>> tell)
{
    /// <summary>The most threads, one a file: a file whose store hangs must not delay the other files.</summary>
    private const int ThreadsMax = 64;

    /// <summary>A second pass writes pages that are dirty again because another call's write of them failed.</summary>
    private const int PassesMax = 2;

    /// <summary>
    /// The most rounds. Each round but the first writes files that the round before made dirty: files of which their
    /// cache did not know that a store is built on them.
    /// </summary>
    private const int RoundsMax = 16;

    private static readonly ByteRange Whole = new(0, long.MaxValue);

    // Gate owns Enlisted and IsListening. It comes after the locks of extents.
    private static readonly Lock Gate = new();
    private static readonly HashSet<ExitFlush> Enlisted = [];
    private static bool IsListening;

    private readonly CacheFiles _files = files;
    private readonly Action<IReadOnlyList<ExitFlushFailure>> _tell = tell;

    private TimeSpan Time => timeout ?? TimeSpan.Zero;

    /// <summary>The cache may have something dirty from now on.</summary>
    internal void Enlist()
    {
        if (timeout is null) return;
        lock (Gate)
        {
            Enlisted.Add(this);
            if (IsListening) return;
            IsListening = true;
        }

        AppDomain.CurrentDomain.ProcessExit += static (_, _) => RunAll();
        AppDomain.CurrentDomain.UnhandledException += static (_, end) =>
        {
            if (end.IsTerminating) RunAll();
        };
    }

    /// <summary>Nothing is dirty any more, or the cache is closed.</summary>
    internal void Leave()
    {
        lock (Gate) Enlisted.Remove(this);
    }

    /// <summary>Writes what is dirty in all caches. Blocks, no longer than the longest of their times.</summary>
    internal static void RunAll()
    {
        long started = Stopwatch.GetTimestamp();
        var runs = new Dictionary<ExitFlush, Rounds>();
        for (int round = 1; round <= RoundsMax; round++)
        {
            // All caches write at the same time, also those that the round before made dirty.
            ExitFlush[] caches;
            lock (Gate) caches = [.. Enlisted.Where(static one => one.Time > TimeSpan.Zero)];
            foreach (var cache in caches) runs.TryAdd(cache, new Rounds(cache, started));
            var begun = runs.Values.Where(static run => run.Begin()).ToArray();
            if (begun.Length == 0) break;
            foreach (var run in begun) run.Wait();
        }

        foreach (var run in runs.Values) run.Tell();
    }

    /// <summary>Says on the standard error stream what could not be written, a line a file.</summary>
    internal static void Complain(IReadOnlyList<ExitFlushFailure> failures)
    {
        var lines = new StringBuilder();
        foreach (var failure in failures) lines.Append("concord: ").Append(failure).Append('\n');

        Diagnostic.Say(Encoding.UTF8.GetBytes(lines.ToString()));
    }

    private Work[] Begin(FileState[] dirty)
    {
        var works = WorkOf(dirty);
        int next = -1;
        for (int i = 0; i < Math.Min(works.Length, ThreadsMax); i++)
        {
            try
            {
                new Thread(Run) { IsBackground = true, Name = "Concord exit flush" }.UnsafeStart();
            }
            catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
            {
                // The threads that run do the work of this one. If none runs, the time limit reports it.
                break;
            }
        }

        return works;

        void Run()
        {
            while (Interlocked.Increment(ref next) is var index && index < works.Length) works[index].Write();
        }
    }

    /// <summary>The dirty files, and the files below them, which writing makes dirty.</summary>
    private Work[] WorkOf(FileState[] dirty)
    {
        var all = dirty.Union(_files.All.Where(file => dirty.Any(above => above.Level.LeadsTo(file.Level))));
        Work[] works = [.. StackOrder.FromTheTop(all).Select(static file => new Work(file))];
        foreach (var work in works) work.FindBelow(works);
        return works;
    }

    /// <summary>Bytes of a file that the store has not accepted now.</summary>
    private static long BytesLostOf(FileState file)
    {
        var whole = new ByteRange(0, file.Sizes.Length);
        long bytes = 0;
        foreach (var extent in file.Extents.All)
        {
            bytes += PageRuns.CountBytes(extent.Index, extent.Dirty | extent.Writing, whole);
        }

        return bytes;
    }

    /// <summary>
    /// The rounds of one cache. Writing a file makes those dirty in which its store keeps the bytes; the files of which
    /// the cache knows so are written in the same round, others in the next one.
    /// </summary>
    private sealed class Rounds(ExitFlush flush, long started)
    {
        private readonly Dictionary<FileState, Work> _latest = [];
        private Work[]? _works;

        private TimeSpan TimeLeft => flush.Time - Stopwatch.GetElapsedTime(started);

        /// <summary>Begins a round, if there is time and something to write that has not failed.</summary>
        internal bool Begin()
        {
            // The first round takes every listed file: what views wrote does not count as dirty yet.
            var dirty = _works is null ? flush._files.Dirty.Snapshot() : Unwritten();
            _works = dirty.Length == 0 || TimeLeft <= TimeSpan.Zero ? [] : flush.Begin(dirty);
            return _works.Length > 0;
        }

        /// <summary>Waits for each file, for all of them together no longer than the time limit.</summary>
        internal void Wait()
        {
            foreach (var work in _works!)
            {
                var left = TimeLeft;
                work.Wait(left > TimeSpan.Zero ? left : TimeSpan.Zero);
                _latest[work.File] = work;
            }
        }

        /// <summary>Reports each file that failed or is not done, if bytes of it are unwritten.</summary>
        internal void Tell()
        {
            List<ExitFlushFailure> failures = [];
            foreach (var file in _latest.Keys.Union(Unwritten()))
            {
                var work = _latest.GetValueOrDefault(file);
                if (BytesLostOf(file) is not (> 0 and var lost)) continue;
                var error = work is { IsOver: true, Error: { } failure }
                    ? failure : new TimeoutException($"its store did not answer within {flush.Time}");
                failures.Add(new(file.Store.Traits.Name, lost, error));
            }

            if (failures.Count > 0) flush._tell(failures);
        }

        private FileState[] Unwritten() => Array.FindAll(
            flush._files.Dirty.Snapshot(),
            file => (!_latest.TryGetValue(file, out var work) || work.HasSucceeded) && BytesLostOf(file) > 0);
    }

    /// <summary>The work for one file.</summary>
    private sealed class Work(FileState file)
    {
        private readonly ManualResetEventSlim _isOver = new();
        private Work[] _below = [];
        private volatile Exception? _error;

        internal FileState File => file;

        /// <summary>Why it could not be written; read when it is over.</summary>
        internal Exception? Error => _error;

        internal bool IsOver => _isOver.IsSet;

        internal bool HasSucceeded => IsOver && _error is null;

        internal void Wait(TimeSpan time) => _ = _isOver.Wait(time);

        /// <summary>The files in which the store of this one keeps its bytes.</summary>
        internal void FindBelow(Work[] works) =>
            _below = Array.FindAll(works, other => file.Level.LeadsTo(other.File.Level));

        /// <summary>Writes the file, and then the files in which its store keeps the bytes.</summary>
        internal void Write()
        {
            WriteOne();
            foreach (var below in _below) below.WriteOne();
            _isOver.Set();
        }

        private void WriteOne()
        {
            try
            {
                // Collect what views wrote, so that it counts as dirty.
                if (file.Sharers.HasWritableView(Whole))
                {
                    SyncCompletion.Wait(
                        file.Sharers.CollectViewWritesAsync(Whole, CallMode.Blocking, CancellationToken.None));
                }

                // What a lease for writing shows is written as it stands, as by a flush.
                if (file.Pending.HasHeld) MarkLeased();

                // Write; then wait for writes of other calls, whose failure makes pages dirty again.
                var writeBack = new FileWriteBack(file);
                for (int pass = 1; pass <= PassesMax && _error is null; pass++)
                {
                    (_, _error) = SyncCompletion.Result(writeBack.WriteAsync(
                        Whole, CallMode.Blocking, CancellationToken.None, flushes: false));
                    SyncCompletion.Wait(writeBack.WaitForWritesInFlightAsync(Whole, CallMode.Blocking));
                }
            }
            catch (Exception error)
            {
                _error = error;
            }
        }

        private void MarkLeased()
        {
            foreach (var extent in file.Extents.All)
            {
                lock (extent) extent.MarkDirty(extent.WriteLeased);
            }
        }
    }
}
