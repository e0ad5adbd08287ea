using Concord.Memory;
using Concord.Nt;
using Concord.Scheduling;
using static Concord.Nt.Ntifs;

namespace Concord.Tests.Caching;

/// <summary>
/// Threads that read and write one file by every way there is: cached, uncached, leased, flushed and purged under the
/// NT name, with a sharer's load in the window of uncached writes. Each thread owns a stripe of every page, so that all
/// share pages and each knows its own bytes; what it reads there must be what it wrote last.
/// </summary>
internal sealed class MixRun : IDisposable
{
    private const int FilePages = 40, Threads = 4, StripeBytes = 1013;

    /// <summary>One write or barrier in so many fails, when faults are on.</summary>
    private const int FaultRate = 40;

    [ThreadStatic]
    private static Window? WindowOfThread;

    private readonly ScriptedStore _store = new(new byte[FilePages * Pages.Bytes]) { IsLogging = false };
    private readonly FileCache _cache;
    private readonly CachedFile _cached;
    private readonly CachedFile _uncached;
    private readonly NtFile _nt;
    private readonly Lock _chance = new();
    private readonly Random _faults = new(1);
    private volatile Exception? _failure;

    internal MixRun(InjectedFault planted)
    {
        _cache = new FileCache(
            new FileCacheOptions
            {
                CapacityBytes = 4 * FilePages * Pages.Bytes,
                LazyWriterInterval = TimeSpan.FromMilliseconds(20),
            },
            new FaultInjectingScheduler(planted));
        _cached = _cache.Open(_store);
        _uncached = _cache.Open(_store);
        _nt = NtFile.From(_cached);
        _store.Before = call =>
        {
            if (call.Kind == StoreCallKind.Write) WindowOfThread?.Open();
        };
        _store.ReadsEnd = static () => WindowOfThread?.End.Task ?? Task.CompletedTask;
    }

    /// <summary>How many loads met the window of an uncached write, and how many calls failed as planned.</summary>
    internal long LoadsInWindow { get; private set; }

    internal long Failures { get; private set; }

    /// <summary>Plays; throws what the first thread found.</summary>
    internal void Play(int calls, int seed, bool failsWrites = false)
    {
        if (failsWrites) _store.Fails = Fail;
        var actors = Enumerable.Range(0, Threads).Select(thread => new Actor(this, thread, seed)).ToArray();
        var threads = actors.Select(actor => new Thread(() => actor.Play(calls / Threads))).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        if (_failure is { } failure) throw new InvalidOperationException($"seed {seed}: {failure.Message}", failure);
        _store.Fails = static _ => null;
        LoadsInWindow = actors.Sum(actor => actor.LoadsInWindow);
        Failures = actors.Sum(actor => actor.Failures);

        // Each handle may have an error to hear of; after that everything is in the store.
        foreach (var file in (CachedFile[])[_cached, _uncached]) Attempt(() => file.FlushAndPurge(), out _);
        var last = _cached.FlushAndPurge();
        if (!last.IsComplete)
            throw new InvalidOperationException($"seed {seed}: {last.Status} when nobody holds anything");
        foreach (var actor in actors) actor.CheckStore(_store.Content);
    }

    public void Dispose()
    {
        _store.Fails = static _ => null;
        _nt.Dispose();
        _cache.Dispose();
    }

    private static bool Attempt(Action call, out IOException? error)
    {
        try
        {
            call();
            error = null;
            return true;
        }
        catch (IOException refused)
        {
            error = refused;
            return false;
        }
    }

    private IOException? Fail(StoreCall call)
    {
        if (call.Kind == StoreCallKind.Read) return null;
        lock (_chance)
            return _faults.Next(FaultRate) == 0 ? new IOException($"planted failure of {call.Kind}", 5) : null;
    }

    /// <summary>The time between the begin of an uncached write's store call and its return.</summary>
    private sealed class Window(MixRun run, long page)
    {
        /// <summary>Set when the write has returned: a load that got into the window ends only then.</summary>
        internal TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task? Load { get; private set; }

        /// <summary>Begins a sharer's load, which must wait for the suspension until the store has answered.</summary>
        internal void Open()
        {
            if (Load is not null) return;
            Load = run._cached.Services.Loader.EnsureResidentAsync(
                page / Pages.PerExtent, PageMask.Of((int)(page % Pages.PerExtent), 1), CallMode.Async,
                CancellationToken.None).AsTask();
        }
    }

    /// <summary>One thread and its bytes.</summary>
    private sealed class Actor(MixRun run, int thread, int seed)
    {
        private readonly Random _random = new((seed * Threads) + thread);
        private readonly byte[][] _stripes = [.. Enumerable.Range(0, FilePages).Select(_ => new byte[StripeBytes])];
        private byte _next;

        internal long LoadsInWindow { get; private set; }

        internal long Failures { get; private set; }

        internal void Play(int calls)
        {
            try
            {
                for (int call = 0; call < calls && run._failure is null; call++) PlayOne();
            }
            catch (Exception error)
            {
                run._failure ??= error;
            }
        }

        internal void CheckStore(byte[] content)
        {
            for (int page = 0; page < FilePages; page++)
                Check(page, 0, content.AsSpan((int)StartOf(page), StripeBytes), "the store");
        }

        private static long StartOf(int page, int thread) => ((long)page * Pages.Bytes) + (thread * StripeBytes);

        private long StartOf(int page) => StartOf(page, thread);

        private void PlayOne()
        {
            int page = _random.Next(FilePages);
            switch (_random.Next(100))
            {
                case < 35: Write(page); break;
                case < 66: Read(page, run._cached); break;
                case < 78: WriteUncached(page); break;
                case < 86: ReadUncached(page); break;
                case < 91: Lease(page); break;
                case < 94: run._cached.Services.Cache.Evictor.Sweep(8); break;
                case < 97: CallNt(page, 0); break;
                default: CallNt(page, CC_FLUSH_AND_PURGE_NO_PURGE); break;
            }
        }

        private (int Offset, byte[] Bytes) Some()
        {
            int offset = _random.Next(StripeBytes);
            byte[] bytes = new byte[_random.Next(1, StripeBytes - offset + 1)];
            bytes.AsSpan().Fill(++_next);
            return (offset, bytes);
        }

        private void Write(int page)
        {
            var (offset, bytes) = Some();
            run._cached.Write(StartOf(page) + offset, bytes);
            bytes.CopyTo(_stripes[page], offset);
        }

        private void Read(int page, CachedFile file)
        {
            var (offset, bytes) = Some();
            file.Read(StartOf(page) + offset, bytes);
            Check(page, offset, bytes, "a cached read");
        }

        private void ReadUncached(int page)
        {
            var (offset, bytes) = Some();
            if (Attempt(() => run._uncached.ReadUncached(StartOf(page) + offset, bytes)))
                Check(page, offset, bytes, "an uncached read");
        }

        /// <summary>Writes the store below the cache; then what a sharer loaded meanwhile must not be old.</summary>
        private void WriteUncached(int page)
        {
            var (offset, bytes) = Some();
            var window = new Window(run, page);
            WindowOfThread = window;
            bool isWritten = Attempt(() => run._uncached.WriteUncached(StartOf(page) + offset, bytes));
            WindowOfThread = null;
            window.End.SetResult();
            if (isWritten) bytes.CopyTo(_stripes[page], offset);
            if (window.Load is not { } load) return;
            load.Wait();
            LoadsInWindow++;
            Read(page, run._cached);
        }

        /// <summary>Holds the page in place while it is written cached, uncached and in place.</summary>
        private void Lease(int page)
        {
            bool writes = _random.Next(2) == 0;
            using var lease = run._cached.Lease(new ByteRange(StartOf(page), StripeBytes),
                writes ? LeaseAccess.Write : LeaseAccess.Read);
            Check(page, 0, lease.Span, "a lease");
            if (writes)
            {
                var (offset, bytes) = Some();
                bytes.CopyTo(lease.WritableSpan[offset..]);
                bytes.CopyTo(_stripes[page], offset);
            }

            if (_random.Next(2) == 0) WriteUncached(page);
            else Write(page);
            Check(page, 0, lease.Span, "a lease after a write");
        }

        private unsafe void CallNt(int page, uint flags)
        {
            var offset = new LARGE_INTEGER { QuadPart = StartOf(page) };
            IO_STATUS_BLOCK status;
            run._nt.AcquireExclusive();
            CcCoherencyFlushAndPurgeCache(run._nt.SectionObjectPointer, &offset, (uint)_random.Next(5 * Pages.Bytes),
                &status, flags);
            run._nt.Release();
            if (!NT_SUCCESS(status.Status)) Failures++;
            Read(page, run._cached);
        }

        private bool Attempt(Action call)
        {
            if (MixRun.Attempt(call, out var error)) return true;
            Failures++;
            return error!.Message.Contains("planted", StringComparison.Ordinal) ? false : throw error;
        }

        private void Check(int page, int offset, ReadOnlySpan<byte> found, string where)
        {
            var expected = _stripes[page].AsSpan(offset, found.Length);
            int same = found.CommonPrefixLength(expected);
            if (same == found.Length) return;
            throw new InvalidDataException(
                $"{where} of thread {thread} differs at byte {offset + same} of its stripe in page {page}: "
                    + $"{found[same]} and not {expected[same]}");
        }
    }
}
