using System.Diagnostics;

namespace Concord.Caching;

/// <summary>
/// The sizes of a file: 0 ≤ valid data length ≤ length. Bytes between the two were never written, and read as zeros
/// without a read of the store. The store may be shorter than the file until the last page has been written back.
/// </summary>
internal sealed class FileSizes(long length)
{
    // _gate owns the writing of these; they are read without it.
    private readonly Lock _gate = new();
    private long _length = length;
    private long _valid = length;
    private long _stored = length;
    private long _durable = length;
    private bool _ownerSaysValid;

    internal long Length => Volatile.Read(ref _length);

    internal long ValidLength => Volatile.Read(ref _valid);

    /// <summary>How long the store is, by the writes and lengths of this cache that it has accepted.</summary>
    internal long StoreLength => Volatile.Read(ref _stored);

    /// <summary>Notes that the store accepted bytes up to <paramref name="end"/>.</summary>
    internal void StoredUpTo(long end)
    {
        lock (_gate) Volatile.Write(ref _stored, Math.Max(_stored, end));
    }

    /// <summary>
    /// Notes that a good barrier covers what the store had accepted when its length was <paramref name="stored"/>.
    /// </summary>
    internal void BarrierCovered(long stored)
    {
        lock (_gate) _durable = Math.Max(_durable, Math.Min(stored, _stored));
    }

    /// <summary>A barrier failed: the store may be as short as at the last good one.</summary>
    internal void BarrierFailed()
    {
        lock (_gate) Volatile.Write(ref _stored, Math.Min(_stored, _durable));
    }

    /// <summary>A write reached <paramref name="end"/>: the file is at least that long, and valid as far.</summary>
    internal void WroteUpTo(long end)
    {
        if (end <= ValidLength) return;
        lock (_gate)
        {
            Volatile.Write(ref _length, Math.Max(_length, end));
            Volatile.Write(ref _valid, Math.Max(_valid, end));
            CheckLocked();
        }
    }

    /// <summary>
    /// A view wrote a page that ends at <paramref name="end"/>: the bytes up to there are valid, within the file's
    /// length. A view never makes the file longer.
    /// </summary>
    internal void ViewWroteUpTo(long end)
    {
        if (end <= ValidLength) return;
        lock (_gate) Volatile.Write(ref _valid, Math.Max(_valid, Math.Min(end, _length)));
    }

    /// <summary>
    /// The owner set the length, and the store has accepted it. Growing leaves the valid length unchanged (the tail
    /// reads as zeros); cutting clamps it.
    /// </summary>
    internal void SetLength(long length)
    {
        lock (_gate)
        {
            Volatile.Write(ref _valid, Math.Min(_valid, length));
            Volatile.Write(ref _length, length);
            Volatile.Write(ref _stored, length);

            // A barrier that fails later may take a longer length away again.
            _durable = Math.Min(_durable, length);
            CheckLocked();
        }
    }

    /// <summary>
    /// Sets how far the store's bytes are valid, as its owner tells; from now on the store's length is not taken for
    /// that. Lowers the valid length only if <paramref name="mayLower"/>: if nothing was written through the cache yet.
    /// </summary>
    internal void SetValid(long valid, bool mayLower)
    {
        lock (_gate)
        {
            _ownerSaysValid = true;
            valid = Math.Min(valid, _length);
            if (mayLower || valid > _valid) Volatile.Write(ref _valid, valid);
            CheckLocked();
        }
    }

    /// <summary>
    /// Takes over the length of a store that another program may have changed. The store's bytes are valid, except
    /// where its owner has set the valid length.
    /// </summary>
    /// <param name="before">How long the file was when the store was asked.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="stored">How long the store is.</param>
    /// <returns>False, and nothing changed, if the file has another length by now.</returns>
    internal bool TryAgree(long before, long length, long stored)
    {
        lock (_gate)
        {
            if (_length != before) return false;
            Volatile.Write(ref _valid, _ownerSaysValid ? Math.Min(_valid, length) : length);
            Volatile.Write(ref _length, length);
            Volatile.Write(ref _stored, stored);
            _durable = Math.Min(_durable, stored);
            CheckLocked();
            return true;
        }
    }

    private void CheckLocked() =>
        Debug.Assert(_valid >= 0 && _valid <= _length, "0 <= valid data length <= length");
}
