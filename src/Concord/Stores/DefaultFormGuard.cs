namespace Concord.Stores;

/// <summary>
/// A default of <see cref="BackingStore"/> that asks the other form of its call. If that is a default as well, each would
/// ask the other until the stack is full: it is told in words instead.
/// </summary>
internal readonly ref struct DefaultFormGuard
{
    [ThreadStatic]
    private static BackingStore? AskedStore;

    [ThreadStatic]
    private static string? AskedCall;

    private readonly BackingStore? _outerStore;
    private readonly string? _outerCall;
    private readonly SynchronizationContext? _outerContext;

    /// <summary>
    /// The synchronous default begins to ask the asynchronous form. The caller's context is taken off meanwhile: it runs one
    /// thing at a time, so a store that went on there would wait for the thread that waits for the store.
    /// </summary>
    private DefaultFormGuard(BackingStore store, string call)
    {
        (_outerStore, _outerCall, _outerContext) = (AskedStore, AskedCall, SynchronizationContext.Current);
        (AskedStore, AskedCall) = (store, call);
        SynchronizationContext.SetSynchronizationContext(null);
    }

    /// <summary>Asks the asynchronous form for the synchronous default, and blocks until it has answered.</summary>
    internal static T Wait<T>(BackingStore store, string call, Func<ValueTask<T>> ask)
    {
        if (TaskScheduler.Current == TaskScheduler.Default) return WaitHere(store, call, ask);

        // A scheduler is found by what runs, like a context, and is left by running a task of the usual one here.
        var here = new Task<T>(() => WaitHere(store, call, ask));
        here.RunSynchronously(TaskScheduler.Default);
        return here.GetAwaiter().GetResult();
    }

    /// <summary>Asks the asynchronous form for the synchronous default, and blocks until it has answered.</summary>
    internal static void Wait(BackingStore store, string call, Func<ValueTask> ask) => Wait(store, call, async () =>
    {
        await ask().ConfigureAwait(false);
        return true;
    });

    /// <summary>Whether the asynchronous default, which is about to ask the synchronous form, was asked by it.</summary>
    internal static bool IsAsked(BackingStore store, string call) => AskedStore == store && AskedCall == call;

    /// <summary>Called by the asynchronous default, which is about to ask the synchronous form.</summary>
    /// <exception cref="NotSupportedException">That one is asking already: the store has neither.</exception>
    internal static void ThrowIfAsked(BackingStore store, string call)
    {
        if (!IsAsked(store, call)) return;
        throw new NotSupportedException($"{store.GetType().Name} has neither {call} nor {call}Async: a store overrides one of the two");
    }

    /// <summary>The other form has answered.</summary>
    public void Dispose()
    {
        (AskedStore, AskedCall) = (_outerStore, _outerCall);
        SynchronizationContext.SetSynchronizationContext(_outerContext);
    }

    private static T WaitHere<T>(BackingStore store, string call, Func<ValueTask<T>> ask)
    {
        using var form = new DefaultFormGuard(store, call);
        var answer = ask();
        return answer.IsCompleted ? answer.GetAwaiter().GetResult() : answer.AsTask().GetAwaiter().GetResult();
    }
}
