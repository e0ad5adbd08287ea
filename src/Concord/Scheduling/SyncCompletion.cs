using System.Diagnostics;

namespace Concord.Scheduling;

/// <summary>The blocking form of an operation: the same code, which in blocking mode never suspends.</summary>
internal static class SyncCompletion
{
    internal static void Wait(ValueTask call)
    {
        Debug.Assert(call.IsCompleted, "a call in blocking mode completes before it returns");
        call.GetAwaiter().GetResult();
    }

    internal static T Result<T>(ValueTask<T> call)
    {
        Debug.Assert(call.IsCompleted, "a call in blocking mode completes before it returns");
        return call.GetAwaiter().GetResult();
    }
}
