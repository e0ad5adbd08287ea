using Concord.Scheduling;

namespace Concord.Stores;

/// <summary>
/// An asynchronous call of a store, or log, that is under way. It flows to everything that the call begins, and is over
/// when the call has ended, also for work that outlives the call. Dispose it in the method that made it.
/// </summary>
internal sealed class StoreFlow : IDisposable
{
    private readonly AsyncLocal<StoreFlow?> _flow;
    private readonly StoreFlow? _outer;
    private readonly object? _outerOfThread;
    private bool _hasBegun;
    private volatile bool _isOver;

    internal StoreFlow(StoreLevel level, AsyncLocal<StoreFlow?> flow)
    {
        Level = level;
        _flow = flow;
        _outer = flow.Value;
        flow.Value = this;
        _outerOfThread = ThreadScope.Enter(null);
    }

    internal StoreLevel Level { get; }

    internal bool IsOver => _isOver;

    /// <summary>The call has returned its task: this thread goes on with its outer call.</summary>
    internal void HasBegun()
    {
        if (_hasBegun) return;
        _hasBegun = true;
        ThreadScope.Return(_outerOfThread);
    }

    public void Dispose()
    {
        HasBegun();
        _isOver = true;
        _flow.Value = _outer;
    }
}
