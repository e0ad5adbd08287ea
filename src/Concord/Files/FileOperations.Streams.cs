using Concord.Scheduling;

namespace Concord;

// Members that only a stream over the file needs.
public abstract partial class FileOperations
{
    /// <summary>Whether the file was closed, or the hold released.</summary>
    internal abstract bool IsClosed { get; }

    /// <summary>
    /// Closes the file or hold that a stream owns. A file that cannot be written back is kept with the failed ones, and
    /// the error is thrown.
    /// </summary>
    internal abstract ValueTask EndAsync(CallMode mode);

    /// <summary>
    /// Has the store accept what was written in a range, without a barrier: readers of the store see it then, and it
    /// outlives this process. Pages under a writable lease follow when the lease has ended.
    /// </summary>
    /// <exception cref="IOException">The store refused; what it refused is dirty and readable as before.</exception>
    internal async ValueTask HandOverAsync(ByteRange range, CallMode mode, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        var error = await TryHandOverAsync(range, mode, cancellationToken).ConfigureAwait(false);
        if (error is not null) throw Told(range, error);
    }
}
