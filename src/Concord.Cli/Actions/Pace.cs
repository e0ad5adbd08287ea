namespace Concord.Cli.Actions;

/// <summary>Keeps what several threads read within so many bytes a second.</summary>
internal sealed class Pace(long bytesPerSecond, TimeProvider clock)
{
    private const long PieceBytesMin = 64 << 10, PieceBytesMax = 16 << 20;

    /// <summary>So many pieces a second, so that the pace is even.</summary>
    private const int PiecesPerSecond = 10;

    private readonly Lock _lock = new();
    private long _due = clock.GetTimestamp();

    /// <summary>The bytes to read between two waits.</summary>
    internal long PieceBytes => Math.Clamp(bytesPerSecond / PiecesPerSecond, PieceBytesMin, PieceBytesMax);

    /// <summary>Waits as long as the bytes that were read take at this pace.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal void Wait(long bytes, CancellationToken cancellationToken)
    {
        TimeSpan wait = Take(bytes);
        if (wait > TimeSpan.Zero) _ = cancellationToken.WaitHandle.WaitOne(wait);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Counts bytes that were read, and returns how long to wait for them.</summary>
    internal TimeSpan Take(long bytes)
    {
        lock (_lock)
        {
            // What was not used of the time before is gone: a pause is not followed by haste.
            long now = clock.GetTimestamp();
            double ticks = (double)bytes / bytesPerSecond * clock.TimestampFrequency;
            _due = Math.Max(_due, now) + (long)ticks;
            return clock.GetElapsedTime(now, _due);
        }
    }
}
