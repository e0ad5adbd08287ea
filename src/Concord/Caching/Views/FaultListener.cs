using Concord.Interop;

namespace Concord.Caching;

/// <summary>
/// Lets one thread at a time listen for page faults, while the other fast threads stand by. A fault wakes every thread
/// that listens, and waking another processor costs more than the answer. So one thread listens, as near to the
/// faulting threads as possible.
/// </summary>
internal sealed class FaultListener
{
    /// <summary>No processor: the system chooses where the listener runs.</summary>
    internal const int Anywhere = -1;

    /// <summary>
    /// In every so many faults, two ask the system where the faulting threads run: asking costs half as much as an
    /// answer.
    /// </summary>
    private const uint FaultsPerLook = 256;

    // _gate owns _hasListener and _standingBy; the fields after them are used by the listening thread only.
    private readonly object _gate = new();
    private bool _hasListener;
    private int _standingBy;
    private uint _faults;
    private int _lastSeen = Anywhere;
    private int _place = Anywhere;

    /// <summary>Waits until no other thread listens, and makes this thread the listener.</summary>
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

    /// <summary>The listener is about to wait for a store: a thread that stands by takes its place.</summary>
    /// <returns>False if no thread stands by: the caller must not wait.</returns>
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
    /// Keeps the listener on the processor of the faulting threads, as long as all of them run on one: there it begins
    /// as soon as such a thread waits, several times sooner than another processor wakes up.
    /// </summary>
    /// <param name="thread">The system's number of the thread that waited.</param>
    /// <param name="boundTo">The processor that the listener is bound to; changed when it moves.</param>
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
