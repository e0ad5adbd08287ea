using System.Diagnostics;

namespace Concord.Caching;

/// <summary>
/// The sizes of a file: 0 ≤ valid data length ≤ length. Bytes between the two were never written, and read as zeros
/// without a read of the store. The store may be shorter than the file until the last page has been written back.
/// One thread at a time may append without the lock (<see cref="AppendMark"/>), and only while hits are allowed.
/// </summary>
internal sealed class FileSizes(long length)
{
    // _gate owns the writing of these; they are read without it.
    private readonly Lock _gate = new();
    private long _length = length;
    private long _valid = length;
    private long _stored = length;
    private long _durable = length;
    private long _owed;
    private bool _ownerSaysValid;
    private bool _mayAppend = true;
    private AppendMark? _appended;

    internal long Length
    {
        get
        {
            // The mark first: its end is taken over into the length before it goes.
            var appended = Volatile.Read(ref _appended);
            long length = Volatile.Read(ref _length);
            return appended is null ? length : Math.Max(length, appended.End);
        }
    }

    internal long ValidLength
    {
        get
        {
            var appended = Volatile.Read(ref _appended);
            long valid = Volatile.Read(ref _valid);
            return appended is null ? valid : Math.Max(valid, appended.End);
        }
    }

    /// <summary>How long the store is, by the writes and lengths of this cache that it has accepted.</summary>
    internal long StoreLength => Volatile.Read(ref _stored);

    /// <summary>
    /// The length that the store had accepted when a barrier failed, which may have taken it away again: the file is
    /// that long still, though no page of it may be dirty. 0 when the store has the length again.
    /// </summary>
    internal long OwedLength => Volatile.Read(ref _owed);

    /// <summary>Notes that the store accepted bytes up to <paramref name="end"/>.</summary>
    internal void StoredUpTo(long end)
    {
        lock (_gate)
        {
            Volatile.Write(ref _stored, Math.Max(_stored, end));
            OweLocked(_owed);
        }
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
        lock (_gate)
        {
            long accepted = _stored;
            Volatile.Write(ref _stored, Math.Min(_stored, _durable));
            OweLocked(Math.Max(_owed, accepted));
        }
    }

    /// <summary>A write reached <paramref name="end"/>: the file is at least that long, and valid as far.</summary>
    internal void WroteUpTo(long end)
    {
        if (end <= ValidLength) return;
        lock (_gate)
        {
            TakeOverAppendedLocked();
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
        lock (_gate)
        {
            TakeOverAppendedLocked();
            Volatile.Write(ref _valid, Math.Max(_valid, Math.Min(end, _length)));
        }
    }

    /// <summary>
    /// Lets a thread append without the lock from here on, if the file ends here, all of it is valid, and no other
    /// thread does so. Called by a thread that may hit.
    /// </summary>
    /// <param name="mark">The thread's mark, which raises both lengths from then on.</param>
    /// <param name="end">Where the file ends.</param>
    /// <returns>Whether it may.</returns>
    internal bool TryBeginAppending(AppendMark mark, long end)
    {
        lock (_gate)
        {
            if (!_mayAppend || (_appended is not null && _appended != mark)) return false;
            TakeOverAppendedLocked();
            if (_length != end || _valid != end) return false;
            mark.Begin(end);
            Volatile.Write(ref _appended, mark);
            return true;
        }
    }

    /// <summary>
    /// From now on everybody takes the lock to append; a thread that has just passed by it does so after a fence of all
    /// processors at the latest. Called when the file is held exclusively, until <see cref="AllowAppending"/>.
    /// </summary>
    internal void StopAppending()
    {
        lock (_gate)
        {
            _mayAppend = false;
            _appended?.Stop();
        }
    }

    /// <summary>
    /// Called after <see cref="StopAppending"/> and a fence of all processors: takes over what was appended.
    /// </summary>
    internal void EndAppending()
    {
        lock (_gate)
        {
            TakeOverAppendedLocked();
            Volatile.Write(ref _appended, null);
        }
    }

    /// <summary>Ends what <see cref="StopAppending"/> began.</summary>
    internal void AllowAppending()
    {
        lock (_gate) _mayAppend = true;
    }

    private void TakeOverAppendedLocked()
    {
        if (_appended is not { } appended) return;
        Volatile.Write(ref _length, Math.Max(_length, appended.End));
        Volatile.Write(ref _valid, Math.Max(_valid, appended.End));
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
            OweLocked(0);

            // A barrier that fails later may take a longer length away again.
            _durable = Math.Min(_durable, length);
            CheckHeldLocked();
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
            CheckHeldLocked();
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
            OweLocked(Math.Min(_owed, length));
            CheckHeldLocked();
            return true;
        }
    }

    private void OweLocked(long length) => Volatile.Write(ref _owed, length > _stored ? length : 0);

    private void CheckLocked() =>
        Debug.Assert(_valid >= 0 && _valid <= _length, "0 <= valid data length <= length");

    private void CheckHeldLocked()
    {
        Debug.Assert(_appended is null, "whoever holds the file has stopped who appends");
        CheckLocked();
    }
}
