using System.Runtime.CompilerServices;
using Concord.Stores;

namespace Concord;

/// <summary>
/// A slow store read through a <see cref="DiskTier"/>: what was read once comes from the local disk the next time, in
/// this process or a later one, as long as the store below shows the same version. It cannot be written.
/// </summary>
/// <remarks>
/// <para>
/// A read takes its start and its end from the tier, as far as they are there, and asks the store below once for what
/// is between. What came from below is handed to the tier behind the reader's back, in whole pages of 4 KiB, as a cache
/// reads them. A read is of one version whole: where the store below goes on with another one meanwhile, it is done
/// again.
/// </para>
/// <para>
/// The version is the store's <see cref="BackingStore.ContentKey"/>. Refresh the store below by this store only (a
/// flush and purge of the cached file does): then no read can be under way in both versions.
/// </para>
/// <para>
/// A writable store below makes no difference: a file that is to be written is opened without a tier, and what was
/// written gives the store another version. All members may be called by several threads at once.
/// </para>
/// </remarks>
public sealed class TieredStore : BackingStore
{
    /// <summary>How often a read is done again that met a refresh; then the store below reads it whole.</summary>
    private const int AttemptsMax = 4;

    private readonly BackingStore _below;
    private readonly DiskTier _tier;
    private volatile KnownVersion? _known;
    private int _refreshes;
    private long _epoch;

    /// <summary>Puts a tier over a store. Does not block.</summary>
    /// <param name="below">The slow store; disposed with this one.</param>
    /// <param name="tier">The tier; stays open, and the caller's.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">
    /// The store does not say which version it shows (<see cref="BackingStore.ContentKey"/> is null).
    /// </exception>
    public TieredStore(BackingStore below, DiskTier tier)
    {
        ArgumentNullException.ThrowIfNull(below);
        ArgumentNullException.ThrowIfNull(tier);
        if (below.ContentKey is null)
        {
            throw new ArgumentException(
                $"{below.Label} does not say which version of its bytes it shows (ContentKey), so that copies on disk "
                + "could not be told from old ones; read it without a tier",
                nameof(below));
        }

        (_below, _tier) = (below, tier);
    }

    /// <inheritdoc/>
    /// <value>That of the store below.</value>
    public override object Identity => _below.Identity;

    /// <inheritdoc/>
    /// <value>That of the store below.</value>
    public override string Name => _below.Name;

    /// <inheritdoc/>
    /// <value>False.</value>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    /// <value>That of the store below.</value>
    public override long MaxLength => _below.MaxLength;

    /// <inheritdoc/>
    /// <value>That of the store below.</value>
    public override int MaxConcurrentRequests => _below.MaxConcurrentRequests;

    /// <inheritdoc/>
    /// <value>That of the store below.</value>
    public override int MaxRequestBytes => _below.MaxRequestBytes;

    /// <inheritdoc/>
    /// <value>That of the store below.</value>
    public override int BestRequestBytes => _below.BestRequestBytes;

    /// <inheritdoc/>
    /// <value>Those of the store below.</value>
    public override IReadOnlyCollection<ICoherentFile> FilesBelow => _below.FilesBelow;

    /// <inheritdoc/>
    /// <value>That of the store below.</value>
    public override string? ContentKey => _below.ContentKey;

    /// <inheritdoc/>
    public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken) =>
        _below.GetLengthAsync(cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Refreshes the store below. What the tier has of older versions goes when it needs the room.</remarks>
    public override async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        // Reads that meet this see the epoch change, or the refresh under way.
        Interlocked.Increment(ref _refreshes);
        Interlocked.Increment(ref _epoch);
        try
        {
            await _below.RefreshAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _refreshes);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> is negative.</exception>
    public override async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        for (int attempt = 0; attempt < AttemptsMax && FindVersion() is { } version; attempt++)
        {
            if (await TryReadAsync(version, offset, destination, cancellationToken).ConfigureAwait(false) is { } count)
                return count;
        }

        return await _below.ReadAsync(offset, destination, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Nothing is written, so that there is nothing to make durable. Does not block.</remarks>
    public override void Barrier()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _below.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Reads bytes of a version, from the tier and from below.</summary>
    /// <returns>How many were read; null where the store went on with another version meanwhile.</returns>
    private async ValueTask<int?> TryReadAsync(
        KnownVersion version, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        // How long the version is: only while it is shown, the length is its own.
        long length = await _below.GetLengthAsync(cancellationToken).ConfigureAwait(false);
        if (!IsShown(version)) return null;
        long end = Math.Min(length, offset + Math.Min(destination.Length, long.MaxValue - offset));
        if (end <= offset) return 0;
        destination = destination[..(int)(end - offset)];

        // What the tier has at the start and at the end.
        int head = 0, tail = (int)(_tier.Reader.TailOf(version.Key, offset, end) - offset);
        if (tail < destination.Length || _tier.Reader.Has(version.Key, offset))
        {
            await LeaveCaller();
            head = _tier.Reader.Read(version.Key, offset, destination);
            if (head == destination.Length) return head;
            if (tail <= head || !TryRead(version, offset + tail, destination[tail..])) tail = destination.Length;
        }

        // What is between, in one call.
        var middle = destination[head..tail];
        int count = await _below.ReadAsync(offset + head, middle, cancellationToken).ConfigureAwait(false);
        if (IsShown(version))
        {
            _tier.Add(version.Key, Name, offset + head, middle.Span[..count], length);
            return count < middle.Length ? head + count : destination.Length;
        }

        // Bytes of the tier would be of another version than those from below.
        return head == 0 && tail == destination.Length ? count : null;
    }

    private bool TryRead(KnownVersion version, long offset, Memory<byte> destination) =>
        destination.IsEmpty || _tier.Reader.Read(version.Key, offset, destination) == destination.Length;

    /// <summary>The version that is shown now; null where none is, or a refresh is under way.</summary>
    private KnownVersion? FindVersion()
    {
        long epoch = Interlocked.Read(ref _epoch);
        if (Volatile.Read(ref _refreshes) > 0 || _below.ContentKey is not { } content) return null;
        var known = _known;
        if (known is not null && known.Epoch == epoch && known.Content == content) return known;
        return _known = new KnownVersion(epoch, content, TierKey.Of(content));
    }

    private bool IsShown(KnownVersion version) =>
        _below.ContentKey == version.Content && Interlocked.Read(ref _epoch) == version.Epoch;

    private static ConfiguredTaskAwaitable LeaveCaller() =>
        Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    /// <summary>A version, and how many refreshes had begun before it was seen.</summary>
    private sealed record KnownVersion(long Epoch, string Content, TierKey Key);
}
