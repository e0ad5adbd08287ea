using Concord.Interop.Linux;

namespace Concord.Interop;

/// <summary>
/// Receives page faults of registered ranges as messages and answers them, and tracks writes to such ranges. All views
/// of a process share one object. Linux: userfaultfd.
/// </summary>
internal sealed class PageFaults
{
    private readonly UserFault _faults;
    private readonly PageScan? _scan;
    private readonly PageTable? _table;

    private PageFaults(UserFault faults, PageScan? scan)
    {
        _faults = faults;
        _scan = scan;
        _table = scan is null ? PageTable.Open() : null;
    }

    /// <summary>A run of pages, as addresses.</summary>
    internal readonly record struct AddressRun(nint Start, nint End);

    /// <summary>
    /// A fault at an address, and the number of the thread that waits; 0 if the system does not report it.
    /// </summary>
    internal readonly record struct Fault(nint Address, bool IsProtected, int Thread);

    /// <summary>Whether writes can be tracked, so that views can be opened for writing.</summary>
    internal bool CanTrack => _faults.CanTrack;

    /// <summary>
    /// Whether a first write to a protected page goes on and is found later; otherwise it is a fault, and waits for an
    /// answer.
    /// </summary>
    internal bool IsAsync => _faults.IsAsync && _scan is not null;

    /// <summary>
    /// Whether only faults of user mode are answered: then a system call on an absent page fails (EFAULT).
    /// </summary>
    internal bool IsUserModeOnly => _faults.Form == UserFaultForm.UserModeOnly;

    internal string Form => $"{_faults.Form}, {(IsAsync ? "asynchronous" : "synchronous")} write protection";

    internal bool CanPoison => _faults.CanPoison;

    /// <summary>
    /// Opens one; returns null, and in <paramref name="why"/> what the system lacks, where it cannot.
    /// </summary>
    internal static PageFaults? Open(
        out string why, UserFaultForm? form = null, bool isSynchronous = false, bool isUntracked = false)
    {
        if (!OperatingSystem.IsLinux())
        {
            why = "this system has no userfaultfd (Linux has)";
            return null;
        }

        var scan = isSynchronous ? null : PageScan.Open();
        return UserFault.Open(form, scan is null, isUntracked, out why) is { } faults
            ? new PageFaults(faults, scan)
            : null;
    }

    /// <summary>Waits for the next fault; null for a message that is not a fault.</summary>
    internal Fault? Next() =>
        _faults.Next(out var message)
            ? new Fault(message.Address, (message.Flags & UserFaultCalls.FaultProtected) != 0, message.Thread)
            : null;

    /// <summary>Registers a mapping: touches of absent pages wait for an answer from now on.</summary>
    internal void Register(nint start, nint length, bool isTracked)
    {
        ulong mode = UserFaultCalls.MissingMode;
        if (isTracked) mode |= UserFaultCalls.ProtectMode | (IsAsync ? UserFaultCalls.MinorMode : 0);
        _faults.Register(start, length, mode);
    }

    internal void Unregister(nint start, nint length) => _faults.Unregister(start, length);

    internal void Wake(nint start, nint length) => _faults.Wake(start, length);

    /// <inheritdoc cref="UserFault.Copy"/>
    internal (long Done, int Error) Copy(nint destination, nint source, nint length) =>
        _faults.Copy(destination, source, length);

    /// <summary>Maps pages that are in memory, protected, and wakes the threads that wait for them.</summary>
    internal void MapProtected(nint start, nint length, bool isAll) =>
        _faults.Continue(start, length, isProtected: true, isAll);

    /// <summary>
    /// Makes absent pages appear protected later; in the synchronous form also protects present pages.
    /// </summary>
    internal void Protect(nint start, nint length) => _faults.Protect(start, length, isOn: true, wakes: false);

    /// <summary>Removes protection, or its mark on an absent page.</summary>
    internal void Unprotect(nint start, nint length, bool wakes) => _faults.Protect(start, length, isOn: false, wakes);

    /// <inheritdoc cref="UserFault.Poison"/>
    internal bool Poison(nint start, nint length) => _faults.Poison(start, length);

    /// <summary>Finds runs of pages that were written, and protects them again; at most as many runs as fit.</summary>
    /// <param name="start">The first address.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="runs">Receives the runs.</param>
    /// <param name="end">Where the search stopped; go on there.</param>
    internal int TakeWritten(nint start, nint length, Span<AddressRun> runs, out nint end)
    {
        Span<PageScan.Region> regions = stackalloc PageScan.Region[runs.Length];
        int count = _scan!.TakeWritten(start, length, regions, out end);
        for (int i = 0; i < count; i++) runs[i] = new AddressRun(regions[i].Start, regions[i].End);
        return count;
    }

    /// <summary>
    /// Finds runs of pages that a mapping has translations for, at most as many runs as fit. Where the system does not
    /// show this process its own translations, finds none.
    /// </summary>
    internal int FindPresent(nint start, nint length, Span<AddressRun> runs, out nint end)
    {
        end = start + length;
        if (_scan is null) return _table?.FindPresent(start, length, runs, out end) ?? 0;
        Span<PageScan.Region> regions = stackalloc PageScan.Region[runs.Length];
        int count = _scan.FindPresent(start, length, regions, out end);
        for (int i = 0; i < count; i++) runs[i] = new AddressRun(regions[i].Start, regions[i].End);
        return count;
    }
}
