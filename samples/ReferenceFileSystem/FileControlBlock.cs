using Concord;
using Concord.Nt;

namespace ReferenceFileSystem;

/// <summary>
/// What all handles of a file share, besides what the cache keeps. The file's main resource owns the fields.
/// </summary>
public sealed class FileControlBlock(BackingStore device)
{
    private uint _purgeFailures;

    /// <summary>Where the file's bytes are: the way that does not lead through the cache.</summary>
    public BackingStore Device { get; } = device;

    /// <summary>
    /// Whether somebody has to be told when a copy cannot be dropped: a scanner, for example, that reads the file
    /// through a view and must not see a mixture. (NT: FSCTL_SET_PURGE_FAILURE_MODE.)
    /// </summary>
    public bool IsPurgeFailureMode => _purgeFailures > 0;

    /// <summary>How many have asked to be told; a count that would overflow or fall below 0 is refused.</summary>
    public NTSTATUS CountPurgeFailureMode(bool on)
    {
        if (_purgeFailures == (on ? uint.MaxValue : 0)) return NTSTATUS.STATUS_INVALID_PARAMETER;
        _purgeFailures = on ? _purgeFailures + 1 : _purgeFailures - 1;
        return NTSTATUS.STATUS_SUCCESS;
    }
}
