using Concord.Caching;
using Concord.Scheduling;

namespace Concord;

/// <summary>
/// A file held by one caller alone. Calling through the hold is "acquired exclusively"; it carries every operation
/// of the file, and belongs to whoever has the object, not to a thread.
/// </summary>
public sealed class ExclusiveHold : FileOperations, IDisposable
{
    private readonly CachedFile _file;
    private int _isReleased;

    internal ExclusiveHold(CacheMap map, CachedFile file)
        : base(map) => _file = file;

    /// <inheritdoc/>
    public override bool CanWrite => _file.CanWrite;

    internal override bool IsClosed => Volatile.Read(ref _isReleased) != 0;

    private protected override bool HoldsFile => true;

    private protected override object Listener => _file;

    /// <summary>Lets others at the file again. Does not block. Idempotent.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0) Map.ReleaseExclusive();
    }

    internal override ValueTask EndAsync(CallMode mode)
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private protected override ValueTask HoldAsync(CallMode mode, CancellationToken cancellationToken) =>
        ValueTask.CompletedTask;

    private protected override void Unhold()
    {
        // The hold lasts until it is disposed, not until a call ends.
    }

    private protected override void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isReleased != 0, this);
}
