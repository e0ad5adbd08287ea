using Concord.Scheduling;

namespace Concord;

// What a stream over the file needs beside the calls that everybody has.
public abstract partial class FileOperations
{
    /// <summary>Whether the file was closed, or the hold released.</summary>
    internal abstract bool IsClosed { get; }

    /// <summary>
    /// Closes what a stream owns. A file that cannot be written back is kept with the failed ones, and the error
    /// thrown.
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
