using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>
/// Tells caches of other processes whether a cache writes a file and whether it refuses writers, by locks that belong
/// to one opening and end with it. Not safe for use by several threads.
/// </summary>
/// <remarks>
/// <para>
/// There are two places far beyond any length. A cache that refuses writers locks the first one: exclusively if it
/// writes itself, otherwise shared. A cache that writes and permits other writers locks the second one, shared. Each
/// then checks whether the other place is locked. If two caches begin at the same moment, one at each place, both may
/// be refused; both never succeed.
/// </para>
/// <para>
/// An exclusive lock needs an opening for writing, and is set by writers only. The length of a lock encodes the process
/// that has set it, since the kernel does not tell.
/// </para>
/// </remarks>
internal sealed class FileSharingLocks
{
    private const long Refusing = 1L << 62, Writing = Refusing + (1L << 32);

    private readonly SafeFileHandle _handle;
    private LockKind _refusal;
    private bool _isWriting;

    private enum LockKind
    {
        None,
        Shared,
        Exclusive,
    }

    internal FileSharingLocks(SafeFileHandle handle)
    {
        _handle = handle;
        UnavailableReason =
            OperatingSystem.IsLinux() ? DescriptionLocks.UnavailableReason(handle)
            : OperatingSystem.IsWindows() ? null
            : "locks that belong to one opening of a file are used on Linux only";
    }

    /// <summary>
    /// Why no lock is set; null while one is or can be. On Windows the system enforces each opening's own sharing, and
    /// no lock is needed.
    /// </summary>
    internal string? UnavailableReason { get; private set; }

    /// <summary>The system's own error code for an opening that conflicts with the sharing of another one.</summary>
    internal static int ErrorCode { get; } =
        OperatingSystem.IsWindows() ? unchecked((int)0x80070020)
        : OperatingSystem.IsMacOS() ? 35
        : ErrorNumber.TryAgain;

    private static long LockLength => Environment.ProcessId + 1L;

    /// <summary>Sets the locks for a use of the file, in addition to those that are set.</summary>
    /// <param name="writes">Whether the file is written; then the opening is one for writing.</param>
    /// <param name="refusesWriters">Whether no other cache may write it.</param>
    /// <param name="process">The process whose lock conflicts, if known.</param>
    /// <returns>
    /// False if another lock conflicts: the locks are as before. True also where the file cannot be locked.
    /// </returns>
    internal bool TryTake(bool writes, bool refusesWriters, out int? process)
    {
        process = null;
        if (!OperatingSystem.IsLinux() || UnavailableReason is not null) return true;
        return refusesWriters ? TryRefuseWriters(writes, out process) : !writes || TryWriteBesideOthers(out process);
    }

    /// <summary>Releases the locks, unless the opening has ended, and the locks with it.</summary>
    internal void Release()
    {
        if (_handle.IsClosed) return;
        if (_refusal != LockKind.None) DescriptionLocks.Release(_handle, Refusing, LockLength);
        if (_isWriting) DescriptionLocks.Release(_handle, Writing, LockLength);
        (_refusal, _isWriting) = (LockKind.None, false);
    }

    private bool TryRefuseWriters(bool writes, out int? process)
    {
        var before = _refusal;
        var wanted = writes || before == LockKind.Exclusive ? LockKind.Exclusive : LockKind.Shared;

        // Lock the place of those that refuse writers, then check that no cache writes.
        if (!TrySet(Refusing, wanted == LockKind.Exclusive, out process)) return false;
        if (UnavailableReason is not null) return true;
        _refusal = wanted;
        if (!IsLockedByOther(Writing, out process)) return true;

        // Go back to the lock from before, which conflicted with no other lock a moment ago.
        if (before == LockKind.None) DescriptionLocks.Release(_handle, Refusing, LockLength);
        else _ = TrySet(Refusing, before == LockKind.Exclusive, out _);
        _refusal = before;
        return false;
    }

    private bool TryWriteBesideOthers(out int? process)
    {
        bool wasWriting = _isWriting;

        // Lock the place of writers, then check that no cache refuses writers.
        if (!TrySet(Writing, isExclusive: false, out process)) return false;
        if (UnavailableReason is not null) return true;
        _isWriting = true;
        if (!IsLockedByOther(Refusing, out process)) return true;
        if (!wasWriting) DescriptionLocks.Release(_handle, Writing, LockLength);
        _isWriting = wasWriting;
        return false;
    }

    /// <returns>
    /// False if another opening's lock conflicts; true also where the file system refuses all locks.
    /// </returns>
    private bool TrySet(long place, bool isExclusive, out int? process)
    {
        process = null;
        int error = DescriptionLocks.TrySet(_handle, place, LockLength, isExclusive);
        if (error == 0) return true;
        if (error != ErrorNumber.TryAgain)
        {
            UnavailableReason = $"the file system refuses locks (errno {error})";
            return true;
        }

        _ = IsLockedByOther(place, out process);
        return false;
    }

    private bool IsLockedByOther(long place, out int? process)
    {
        process = null;
        if (DescriptionLocks.FindOther(_handle, place, LockLength) is not { } found) return false;
        process = found.Process ?? (found.Offset == place && found.Length > 1 ? (int)(found.Length - 1) : null);
        return true;
    }
}
