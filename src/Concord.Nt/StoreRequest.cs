using System.Collections.Concurrent;

namespace Concord.Nt;

/// <summary>
/// One call of a <see cref="CONCORD_STORE"/>, which may be over later than it returns. It is known by a number, so that
/// a completion that comes twice, or for no call, is refused.
/// </summary>
internal sealed unsafe class StoreRequest
{
    private static readonly ConcurrentDictionary<nint, StoreRequest> UnderWay = new();
    private static long LastNumber;

    private readonly TaskCompletionSource<(NTSTATUS Status, nuint Information)> _ended =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly nint _number = (nint)Interlocked.Increment(ref LastNumber);

    /// <summary>Makes a request, which may be completed from now on.</summary>
    internal StoreRequest() => UnderWay[_number] = this;

    /// <summary>What the call gets, and gives back when it is over.</summary>
    internal void* Handle => (void*)_number;

    /// <summary>How it ended, when it has.</summary>
    internal Task<(NTSTATUS Status, nuint Information)> Ended => _ended.Task;

    /// <summary>The call returned: unless it is to end later, it is over.</summary>
    internal void Returned(NTSTATUS status, nuint information)
    {
        if (status != NTSTATUS.STATUS_PENDING) _ = TryComplete(Handle, status, information);
    }

    /// <summary>Ends a request.</summary>
    /// <returns>False if it has ended before, or was none.</returns>
    internal static bool TryComplete(void* handle, NTSTATUS status, nuint information) =>
        UnderWay.TryRemove((nint)handle, out var request) && request._ended.TrySetResult((status, information));
}
