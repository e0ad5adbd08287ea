using System.Diagnostics;
using Concord.Benchmarks.Interop;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// A store behind a line: a request waits for the latency, then its bytes come one request after the other at the
/// line's bandwidth. Requests that wait do not delay each other. The bytes are a copy from memory, as a socket's are.
/// </summary>
internal sealed class DistantStore : BackingStore
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly byte[] _bytes;
    private readonly TimeSpan _latency;
    private readonly double _secondsPerByte;

    // _gate owns everything below; the thread that ends asynchronous reads waits on it.
    private readonly object _gate = new();
    private readonly Queue<(long Due, TaskCompletionSource Over)> _ending = [];
    private long _lineFree;
    private bool _isDisposed;

    /// <param name="bytes">Its length.</param>
    /// <param name="latency">What a request waits for its first byte.</param>
    /// <param name="bytesPerSecond">How many bytes come in a second, of all requests.</param>
    public DistantStore(int bytes, TimeSpan latency, double bytesPerSecond)
    {
        _bytes = new byte[bytes];
        _bytes.AsSpan().Fill(5);
        _latency = latency;
        _secondsPerByte = 1 / bytesPerSecond;
        new Thread(EndReads) { IsBackground = true, Name = "distant store" }.Start();
    }

    public override bool CanWrite => false;

    public override IReadOnlyCollection<ICoherentFile> FilesBelow => [];

    public override long GetLength() => _bytes.Length;

    public override int Read(long offset, Memory<byte> destination)
    {
        long due = Arrive(destination.Length);
        int count = Copy(offset, destination);
        SleepUntil(due);
        return count;
    }

    public override async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _ending.Enqueue((Arrive(destination.Length), over));
            Monitor.Pulse(_gate);
        }

        int count = Copy(offset, destination);
        await over.Task.ConfigureAwait(false);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            _isDisposed = true;
            Monitor.Pulse(_gate);
        }

        base.Dispose(disposing);
    }

    /// <summary>When the last byte of a request that begins now will have come.</summary>
    private long Arrive(int length)
    {
        lock (_gate)
        {
            long first = Stopwatch.GetTimestamp() + (long)(_latency.TotalSeconds * Stopwatch.Frequency);
            _lineFree = Math.Max(first, _lineFree) + (long)(length * _secondsPerByte * Stopwatch.Frequency);
            return _lineFree;
        }
    }

    private int Copy(long offset, Memory<byte> destination)
    {
        int count = (int)Math.Clamp(_bytes.Length - offset, 0, destination.Length);
        _bytes.AsSpan((int)offset, count).CopyTo(destination.Span);
        return count;
    }

    private static void SleepUntil(long due)
    {
        long left = due - Stopwatch.GetTimestamp();
        if (left <= 0) return;
        long nanoseconds = (long)(left * ((double)NanosecondsPerSecond / Stopwatch.Frequency));
        unsafe
        {
            var time = new Libc.TimeSpecification(
                nanoseconds / NanosecondsPerSecond, nanoseconds % NanosecondsPerSecond);
            _ = Libc.Nanosleep(time, null);
        }
    }

    private void EndReads()
    {
        while (Next() is { } next)
        {
            SleepUntil(next.Due);
            next.Over.SetResult();
        }
    }

    private (long Due, TaskCompletionSource Over)? Next()
    {
        lock (_gate)
        {
            while (_ending.Count == 0)
            {
                if (_isDisposed) return null;
                Monitor.Wait(_gate);
            }

            return _ending.Dequeue();
        }
    }
}
