using Concord.Scheduling;

namespace Concord.Stores;

/// <summary>
/// Guards the default of a pair of forms, which calls the other form. If that is a default as well, each would call the
/// other until the stack overflows: it throws instead.
/// </summary>
internal readonly ref struct DefaultFormGuard
{
    [ThreadStatic]
    private static object? AskedOwner;

    [ThreadStatic]
    private static string? AskedCall;

    private readonly object? _outerOwner;
    private readonly string? _outerCall;

    private DefaultFormGuard(object owner, string call)
    {
        (_outerOwner, _outerCall) = (AskedOwner, AskedCall);
        (AskedOwner, AskedCall) = (owner, call);
    }

    /// <summary>Calls the asynchronous form for the synchronous default, and blocks until it has completed.</summary>
    /// <remarks>
    /// Meanwhile the thread is outside the caller's synchronization context and task scheduler. In one that runs a
    /// single thread, a continuation of the store would wait for the thread that waits for the store.
    /// </remarks>
    internal static T Wait<T>(object owner, string call, Func<ValueTask<T>> ask)
    {
        if (TaskScheduler.Current == TaskScheduler.Default) return WaitHere(owner, call, ask);

        // To leave a task scheduler, run a task of the default scheduler on this thread.
        var here = new Task<T>(() => WaitHere(owner, call, ask));
        here.RunSynchronously(TaskScheduler.Default);
        return here.GetAwaiter().GetResult();
    }

    /// <inheritdoc cref="Wait{T}(object, string, Func{ValueTask{T}})"/>
    internal static void Wait(object owner, string call, Func<ValueTask> ask) => Wait(owner, call, async () =>
    {
        await LibraryTasks.WaitAsync(ask());
        return true;
    });

    /// <summary>
    /// Whether the asynchronous default was called by the synchronous default, which it is about to call.
    /// </summary>
    internal static bool IsAsked(object owner, string call) => AskedOwner == owner && AskedCall == call;

    /// <summary>Called by the asynchronous default, which is about to call the synchronous form.</summary>
    /// <exception cref="NotSupportedException">
    /// The synchronous default has called it: neither form is overridden.
    /// </exception>
    internal static void ThrowIfAsked(object owner, string call)
    {
        if (!IsAsked(owner, call)) return;
        string type = owner.GetType().Name;
        throw new NotSupportedException($"{type} has neither {call} nor {call}Async: override one of the two");
    }

    /// <summary>Ends the guard: the other form has begun, and may call the store itself.</summary>
    public void Dispose() => (AskedOwner, AskedCall) = (_outerOwner, _outerCall);

    private static T WaitHere<T>(object owner, string call, Func<ValueTask<T>> ask)
    {
        // Work that the store does on other threads belongs to this call too.
        using var flow = StoreLevel.EnterFlow(StoreLevel.Caller);
        using var context = new WaitingContext();
        return context.Wait(() =>
        {
            using var form = new DefaultFormGuard(owner, call);
            return ask();
        });
    }
}
