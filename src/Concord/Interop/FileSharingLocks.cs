using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>
/// What caches of different processes tell each other about a file, by locks that belong to one opening of it and end
/// with it: who writes, and who refuses writers. Not safe for use by several threads.
/// </summary>
/// <remarks>
/// <para>
/// Two places far beyond any length stand for the two. Who refuses writers locks the first: exclusively if he writes
/// himself. Who writes and lets others write locks the second, shared. Each then looks whether the other place is
/// locked. Two that begin at the same moment, one by each place, may both be refused; never are both let in.
/// </para>
/// <para>
/// An exclusive lock needs an opening for writing, and is set by writers only. The length of a lock says which process
/// has set it, since the kernel does not.
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

    /// <summary>What the system itself calls an opening that does not go with another one's sharing.</summary>
    internal static int ErrorCode { get; } =
        OperatingSystem.IsWindows() ? unchecked((int)0x80070020)
        : OperatingSystem.IsMacOS() ? 35
        : ErrorNumber.TryAgain;

    private static long LockLength => Environment.ProcessId + 1L;

    /// <summary>Sets the locks for a use of the file, in addition to those that there are.</summary>
    /// <param name="writes">Whether the file is written; then the opening is one for writing.</param>
    /// <param name="refusesWriters">Whether nobody else may write it.</param>
    /// <param name="process">Who is in the way, if that is known.</param>
    /// <returns>
    /// False where somebody is in the way: the locks are as before. True also where there are no locks to be had.
    /// </returns>
    internal bool TryTake(bool writes, bool refusesWriters, out int? process)
    {
        process = null;
        if (!OperatingSystem.IsLinux() || UnavailableReason is not null) return true;
        return refusesWriters ? TryRefuseWriters(writes, out process) : !writes || TryWriteBesideOthers(out process);
    }

    /// <summary>Gives the locks back, unless the opening has ended, and they with it.</summary>
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
        if (!TrySet(Refusing, wanted == LockKind.Exclusive, out process)) return false;
        if (UnavailableReason is not null) return true;
        _refusal = wanted;
        if (!IsLockedByOther(Writing, out process)) return true;

        // Back to a lock that was compatible with everybody's a moment ago.
        if (before == LockKind.None) DescriptionLocks.Release(_handle, Refusing, LockLength);
        else _ = TrySet(Refusing, before == LockKind.Exclusive, out _);
        _refusal = before;
        return false;
    }

    private bool TryWriteBesideOthers(out int? process)
    {
        bool wasWriting = _isWriting;
        if (!TrySet(Writing, isExclusive: false, out process)) return false;
        if (UnavailableReason is not null) return true;
        _isWriting = true;
        if (!IsLockedByOther(Refusing, out process)) return true;
        if (!wasWriting) DescriptionLocks.Release(_handle, Writing, LockLength);
        _isWriting = wasWriting;
        return false;
    }

    /// <returns>
    /// False where somebody else's lock is in the way; true also where the file system refuses to lock at all.
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
