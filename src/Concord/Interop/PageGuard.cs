using Concord.Interop.Linux;

namespace Concord.Interop;

/// <summary>
/// Keeps touches from making absent pages of shared memory: at the addresses it covers, only a call of this library
/// makes a page. A dump, a debugger or a lock of all memory that touches an absent page fails; a touch by this
/// library's own code raises a signal. Present pages are as in any mapping. Linux: a userfaultfd without a reader
/// (4.14).
/// </summary>
/// <remarks>One object a process; it costs a call when a mapping is made, and nothing afterwards.</remarks>
internal sealed class PageGuard
{
    private static readonly Lazy<PageGuard?> SharedGuard = new(static () => Open());

    private readonly UserFault _faults;

    private PageGuard(UserFault faults) => _faults = faults;

    /// <summary>The guard of this process; null where the system has none.</summary>
    internal static PageGuard? Shared => SharedGuard.Value;

    /// <summary>Lets touches of absent pages of a mapping fail from now on. Ends with the mapping.</summary>
    /// <exception cref="IOException">The system refuses; the mapping is as it was.</exception>
    internal void Cover(nint start, nint length) => _faults.Register(start, length, UserFaultCalls.MissingMode);

    private static PageGuard? Open() =>
        OperatingSystem.IsLinux() && UserFault.OpenWithoutAnswers() is { } faults ? new PageGuard(faults) : null;
}
