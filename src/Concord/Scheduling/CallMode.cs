namespace Concord.Scheduling;

/// <summary>How a call waits. One body of code serves both forms of every operation.</summary>
internal enum CallMode
{
    /// <summary>The thread waits, and every awaited step has completed when it returns.</summary>
    Blocking,

    /// <summary>The call gives its thread back while it waits.</summary>
    Async,
}
