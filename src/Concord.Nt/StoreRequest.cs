using System.Collections.Concurrent;

namespace Concord.Nt;

/// <summary>
/// One call of a <see cref="CONCORD_STORE"/>, which may be over later than it returns. It is known by a number, so that
/// a completion that comes twice, or for no call, is refused.
/// </summary>
internal sealed class StoreRequest
{
    private static readonly ConcurrentDictionary<nint, StoreRequest> UnderWay = new();
    private static long LastNumber;

    private readonly TaskCompletionSource<StoreAnswer> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly nint _number = (nint)Interlocked.Increment(ref LastNumber);

    // Set before the call's own thread asks how it ended, and by nobody else.
    private StoreAnswer? _refused;

    /// <summary>Makes a request, which may be completed from now on.</summary>
    internal StoreRequest() => UnderWay[_number] = this;

    /// <summary>What the call gets, and gives back when it is over.</summary>
    internal unsafe void* Handle => (void*)_number;

    /// <summary>How it ended, when it has. Blocks.</summary>
    internal StoreAnswer Wait() => _refused ?? _ended.Task.GetAwaiter().GetResult();

    /// <summary>How it ended, when it has.</summary>
    internal async ValueTask<StoreAnswer> EndedAsync() => _refused ?? await _ended.Task.ConfigureAwait(false);

    /// <summary>
    /// The call returned: unless it is to end later, it is over. Of what it returned, what it put into its status block
    /// and what it was completed with before, an error counts, wherever it stands.
    /// </summary>
    internal unsafe void Returned(NTSTATUS status, IO_STATUS_BLOCK told)
    {
        if (status == NTSTATUS.STATUS_PENDING) return;
        bool saysMore = !Ntifs.NT_SUCCESS(status) || told.Status == NTSTATUS.STATUS_SUCCESS;
        var answer = new StoreAnswer(saysMore ? status : told.Status, told.Information);
        bool wasCompleted = !TryComplete(Handle, answer.Status, answer.Information);
        if (wasCompleted && answer.Status != NTSTATUS.STATUS_SUCCESS) _refused = answer;
    }

    /// <summary>Ends a request.</summary>
    /// <returns>False if it has ended before, or was none.</returns>
    internal static unsafe bool TryComplete(void* handle, NTSTATUS status, nuint information) =>
        UnderWay.TryRemove((nint)handle, out var request)
        && request._ended.TrySetResult(new StoreAnswer(status, information));
}
