namespace Concord.Stores;

/// <summary>The version that a store of a remote file shows: that of its last refresh. Each read is of one.</summary>
internal sealed class ShownVersion<TVersion>
    where TVersion : class, IRemoteVersion
{
    private readonly Lock _lock = new();
    private volatile TVersion? _version;
    private long _begun, _shown;

    /// <summary>Reads bytes of a version, which has all of them.</summary>
    internal delegate ValueTask ReadPart(
        TVersion version, long offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>The version that is shown now.</summary>
    /// <exception cref="InvalidOperationException">None is known yet.</exception>
    internal TVersion Now => _version ?? throw new InvalidOperationException("the store was not opened");

    /// <summary>Asks for the version that there is, and shows it from then on.</summary>
    internal async ValueTask RefreshAsync(
        Func<CancellationToken, Task<TVersion>> find, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long number = Interlocked.Increment(ref _begun);
        var found = await find(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            // An answer to a question that was put earlier may be an older version, and is not shown any more.
            if (number < _shown) return;
            _shown = number;
            _version = found;
        }
    }

    /// <summary>The length of the version that is shown.</summary>
    internal ValueTask<long> GetLengthAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<long>(Now.Length);
    }

    /// <summary>Reads bytes of the version that is shown, as a store does.</summary>
    /// <returns>How many: all that were asked for, or fewer where the version ends.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative.</exception>
    /// <exception cref="IOException">They could not be read, or are of another version.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, ReadPart read, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        for (var version = Now; ;)
        {
            int count = (int)Math.Clamp(version.Length - offset, 0, destination.Length);
            if (count == 0) return 0;
            try
            {
                await read(version, offset, destination[..count], cancellationToken).ConfigureAwait(false);
                return count;
            }
            catch (StoreChangedException) when (version != Now)
            {
                // The store was refreshed meanwhile: the whole read is of the version that it shows now.
                version = Now;
            }
        }
    }
}
