using Concord.Interop.Linux;

namespace Concord.Interop;

/// <summary>
/// Keeps absent pages of shared memory from appearing by a touch: at the addresses it covers, only a call of this
/// library makes a page. A dump, a debugger or a lock of all memory that touches an absent one is refused it, and so is
/// a mistake of our own, by a signal. Present pages are as in any mapping. Linux: a userfaultfd that nobody answers
/// (4.14).
/// </summary>
/// <remarks>One of each process; it costs a call when a mapping is made, and nothing afterwards.</remarks>
internal sealed class PageGuard
{
    private static readonly Lazy<PageGuard?> SharedGuard = new(static () => Open());

    private readonly UserFault _faults;

    private PageGuard(UserFault faults) => _faults = faults;

    /// <summary>The guard of this process; null where the system has none.</summary>
    internal static PageGuard? Shared => SharedGuard.Value;

    /// <summary>From now on a touch of an absent page of a mapping fails. It ends with the mapping.</summary>
    /// <exception cref="IOException">The system refuses; the mapping is as it was.</exception>
    internal void Cover(nint start, nint length) => _faults.Register(start, length, UserFaultCalls.MissingMode);

    private static PageGuard? Open() =>
        OperatingSystem.IsLinux() && UserFault.OpenWithoutAnswers() is { } faults ? new PageGuard(faults) : null;
}
