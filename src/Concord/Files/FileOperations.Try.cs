using System.Diagnostics.CodeAnalysis;
using Concord.Caching;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord;

// Calls that do their work at once or not at all.
public abstract partial class FileOperations
{
    /// <summary>
    /// Reads bytes if all of them are in memory, and never waits. If some are not, a load of them begins in the
    /// background, so that a later try finds them. NT: CcCopyRead with Wait FALSE.
    /// </summary>
    /// <param name="offset">The first byte, 0 or more.</param>
    /// <param name="destination">Where the bytes go; without success it may hold some of them.</param>
    /// <param name="count">How many bytes were read: all, or fewer where the file ends; 0 without success.</param>
    /// <returns>Whether the bytes were read. False also while another caller holds the file exclusively.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> is negative.</exception>
    /// <exception cref="NotSupportedException">The file was opened for writing.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="IOException">
    /// The destination lies in a view whose store could not be read; some of it may be filled.
    /// </exception>
    public bool TryRead(long offset, Span<byte> destination, out int count)
    {
        if (Bounce.IsNeeded(destination)) return TryReadBounced(offset, destination, out count);
        count = CountToRead(offset, destination.Length);
        if (PageCopier.Read(State, offset, destination[..count], HoldsExclusively) == count) return true;
        Services.MissPath.LoadInBackground(new ByteRange(offset, count), HoldsExclusively);
        count = 0;
        return false;
    }

    /// <summary>
    /// Writes bytes if all their pages are in memory, and never waits: not for pages, nor where too much is dirty. If
    /// some are not in memory, a load of them begins in the background, so that a later try finds them. NT:
    /// CcCopyWrite with Wait FALSE.
    /// </summary>
    /// <param name="offset">The first byte, 0 or more; the file grows when the end lies beyond its length.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>
    /// Whether the bytes were written. Without success none were, unless the range crosses a multiple of 64 pages and
    /// pages left memory while it was written: then the first of them may be in the file. False also while another
    /// caller holds the file exclusively; behind the last page of a file that the caller holds; behind the end of a
    /// file that a view shows, to which another program has appended, or whose store does not say at once how long it
    /// is; and always where a write has to wait for the store: with <see cref="WriteMode.HandOver"/> and
    /// <see cref="FileOptions.WriteThrough"/>.
    /// </returns>
    /// <exception cref="IOException">
    /// The bytes begin behind the file's end, and the store could not say how long it is; nothing was written.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="offset"/> is negative, or the end is beyond what a file can have.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="NotSupportedException">The file was opened for reading.</exception>
    public bool TryWrite(long offset, ReadOnlySpan<byte> source)
    {
        CheckWrite(offset, source.Length);
        if (source.IsEmpty) return true;
        if (Bounce.IsNeeded(source)) return TryWriteBounced(offset, source);
        bool leavesGap = LeavesGap(offset, source.Length);
        if (leavesGap && (State.IsStaged || MayStoreBeLonger())) return false;

        // Copy only where nothing has to be waited for and every page is there.
        if (Reach != WriteReach.Memory || State.Cache.IsOverDirtyLimit) return false;
        if (PageCopier.IsWritable(State, offset, source.Length)
            && PageCopier.Write(State, offset, source, HoldsExclusively) == source.Length)
            return true;
        Services.MissPath.LoadInBackground(new ByteRange(offset, source.Length), HoldsExclusively);
        return false;
    }

    /// <summary>Whether the store says that another program has appended to it, or does not answer at once.</summary>
    private bool MayStoreBeLonger()
    {
        var asked = State.Store.GetLengthAsync(CallMode.Async, CancellationToken.None);
        if (asked.IsCompleted) return asked.GetAwaiter().GetResult() > State.Sizes.Length;
        _ = asked.AsTask().ContinueWith(
            static late => late.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return true;
    }

    /// <summary>
    /// Holds pages in place, as <see cref="Lease"/> does, if they are in memory and no other lease excludes it. If they
    /// are not in memory, they are loaded in the background. Does not block.
    /// </summary>
    /// <param name="range">The bytes, within the file; not empty, and at most <see cref="int.MaxValue"/> long.</param>
    /// <param name="access">
    /// What the lease is for: <see cref="LeaseAccess.Read"/> or <see cref="LeaseAccess.Write"/>.
    /// </param>
    /// <param name="lease">The lease, or null.</param>
    /// <returns>Whether the pages are held. False also while another caller holds the file exclusively.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The range is empty, too long, or ends beyond the file; or the access is not one of the two.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// The lease is for writing, and the file was opened for reading; or it shows bytes, and the file was opened for
    /// writing.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    /// <exception cref="IOException">
    /// The range lies beyond the reach of a cache; or a file that was to give its memory up for this one could not be
    /// written back (<see cref="WriteBackException"/>). Nothing is held.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// It comes from within a call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public bool TryLease(ByteRange range, LeaseAccess access, [NotNullWhen(true)] out PageLease? lease)
    {
        if (access is not (LeaseAccess.Read or LeaseAccess.Write))
            throw new ArgumentOutOfRangeException(nameof(access), access, "must be Read or Write");
        CheckLease(range, access);
        lease = null;
        if ((!HoldsExclusively && State.IsClosedToHits) || !Services.Leasing.IsPossibleAtOnce(range, access))
        {
            Services.MissPath.LoadInBackground(range, HoldsExclusively);
            return false;
        }

        var taking = Services.Leasing.TakeAsync(range, access, HoldsExclusively, CallMode.Async,
            CancellationToken.None);
        if (taking.IsCompleted) lease = EndsAsWritten(taking.GetAwaiter().GetResult());
        else _ = Leasing.EndWhenTakenAsync(taking.AsTask());
        return lease is not null;
    }
}
