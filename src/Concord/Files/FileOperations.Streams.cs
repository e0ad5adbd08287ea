using Concord.Scheduling;

namespace Concord;

// What a stream over the file needs beside the calls that everybody has.
public abstract partial class FileOperations
{
    /// <summary>Once more where pages were dirty again at the end: somebody else's write of them had failed meanwhile.</summary>
    private const int HandOverPasses = 2;

    /// <summary>Whether the file was closed, or the hold released.</summary>
    internal abstract bool IsClosed { get; }

    /// <summary>Closes what a stream owns. A file that cannot be written back is kept with the failed ones, and the error thrown.</summary>
    internal abstract ValueTask EndAsync(CallMode mode);

    /// <summary>
    /// Has the store accept what was written in a range, without a barrier: readers of the store see it then, and it
    /// outlives this process. Pages under a writable lease follow when the lease has ended.
    /// </summary>
    /// <exception cref="IOException">The store refused; what it refused is dirty and readable as before.</exception>
    internal async ValueTask HandOverAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        if (!HoldsExclusively) await State.AcquireSharedAsync(mode, cancellationToken).ConfigureAwait(false);
        try
        {
            Exception? error = null;
            for (int pass = 1; pass <= HandOverPasses && error is null; pass++)
            {
                (_, error) = await State.WriteBack.WriteAsync(range, mode, cancellationToken, flushes: false).ConfigureAwait(false);
                await State.WriteBack.WaitForWritesInFlightAsync(range, mode).ConfigureAwait(false);
            }

            // Told to this handle now, and with it what it had not heard of before: one error, the newest.
            if (error is null) return;
            error = State.Errors.Tell(Listener, range) ?? error;
            throw new IOException($"cannot write {Name} back: {error.Message}; the bytes are kept, flush again to retry", error) { HResult = error.HResult };
        }
        finally
        {
            ReleaseShared();
        }
    }
}
