using Concord.Scheduling;

namespace Concord.Stores;

/// <summary>
/// A default of a pair of forms that asks the other form of its call. If that is a default as well, each would ask the
/// other until the stack is full: it is told in words instead.
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

    /// <summary>Asks the asynchronous form for the synchronous default, and blocks until it has answered.</summary>
    /// <remarks>
    /// The caller's synchronization context and task scheduler are left meanwhile: one that runs one thing at a time
    /// would have what the store goes on with wait for the thread that waits for the store.
    /// </remarks>
    internal static T Wait<T>(object owner, string call, Func<ValueTask<T>> ask)
    {
        if (TaskScheduler.Current == TaskScheduler.Default) return WaitHere(owner, call, ask);

        // A scheduler is found by what runs, like a context, and is left by running a task of the usual one here.
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

    /// <summary>Whether the asynchronous default, about to ask the synchronous form, was asked by it.</summary>
    internal static bool IsAsked(object owner, string call) => AskedOwner == owner && AskedCall == call;

    /// <summary>Called by the asynchronous default, which is about to ask the synchronous form.</summary>
    /// <exception cref="NotSupportedException">That one is asking already: there is neither.</exception>
    internal static void ThrowIfAsked(object owner, string call)
    {
        if (!IsAsked(owner, call)) return;
        string type = owner.GetType().Name;
        throw new NotSupportedException($"{type} has neither {call} nor {call}Async: override one of the two");
    }

    /// <summary>The other form has begun: what it asks from now on is its own affair.</summary>
    public void Dispose() => (AskedOwner, AskedCall) = (_outerOwner, _outerCall);

    private static T WaitHere<T>(object owner, string call, Func<ValueTask<T>> ask)
    {
        // What goes on elsewhere is this call's doing too.
        using var flow = StoreLevel.EnterFlow(StoreLevel.Caller);
        using var context = new WaitingContext();
        return context.Wait(() =>
        {
            using var form = new DefaultFormGuard(owner, call);
            return ask();
        });
    }
}
