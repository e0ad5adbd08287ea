using Concord.Interop;

namespace Concord.Caching;

/// <summary>
/// Where one thread at a time listens for page faults, and the others stand by. Every message wakes all who listen, and
/// waking another processor costs more than the answer; so only one does, as near to the waiting threads as it can be.
/// </summary>
internal sealed class FaultListener
{
    /// <summary>No processor: the listener runs where the system likes.</summary>
    internal const int Anywhere = -1;

    /// <summary>
    /// After so many faults it is looked where the waiting threads run, twice: a look costs half as much as an answer.
    /// </summary>
    private const uint FaultsPerLook = 256;

    // _gate owns _hasListener and _standingBy; what follows them belongs to whoever listens.
    private readonly object _gate = new();
    private bool _hasListener;
    private int _standingBy;
    private uint _faults;
    private int _lastSeen = Anywhere;
    private int _place = Anywhere;

    /// <summary>Stands by until nobody listens, and listens then.</summary>
    internal void Take()
    {
        lock (_gate)
        {
            _standingBy++;
            while (_hasListener) Monitor.Wait(_gate);
            _standingBy--;
            _hasListener = true;
        }
    }

    /// <summary>The listener is about to wait for something else: who stands by listens from now on.</summary>
    /// <returns>False if nobody stands by: the caller must not wait.</returns>
    internal bool TryHandOff()
    {
        lock (_gate)
        {
            if (_standingBy == 0) return false;
            _hasListener = false;
            Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>
    /// Keeps the listener on the processor of the threads that wait for it, as long as they are on one: it begins there
    /// as soon as such a thread waits, several times sooner than another processor wakes up.
    /// </summary>
    /// <param name="thread">Who waited, as the system numbers threads.</param>
    /// <param name="boundTo">Where the listener is bound to; changed when it moves.</param>
    internal void Follow(int thread, ref int boundTo)
    {
        if (_faults++ % FaultsPerLook < 2)
        {
            int seen = ThreadBinding.ProcessorOf(thread);
            _place = seen == _lastSeen ? seen : Anywhere;
            _lastSeen = seen;
        }

        if (boundTo == _place) return;
        if (_place == Anywhere) ThreadBinding.Unbind();
        else ThreadBinding.TryBind(_place);
        boundTo = _place;
    }
}
