namespace Concord.Stores;

/// <summary>
/// A default of <see cref="BackingStore"/> that asks the other form of its call. If that is a default as well, each would
/// ask the other until the stack is full: it is told in words instead.
/// </summary>
internal readonly ref struct OtherForm
{
    [ThreadStatic]
    private static BackingStore? AskedStore;

    [ThreadStatic]
    private static string? AskedCall;

    private readonly BackingStore? _outerStore;
    private readonly string? _outerCall;

    /// <summary>The synchronous default begins to ask the asynchronous form.</summary>
    internal OtherForm(BackingStore store, string call)
    {
        (_outerStore, _outerCall) = (AskedStore, AskedCall);
        (AskedStore, AskedCall) = (store, call);
    }

    /// <summary>Called by the asynchronous default, which is about to ask the synchronous form.</summary>
    /// <exception cref="NotSupportedException">That one is asking already: the store has neither.</exception>
    internal static void ThrowIfAsked(BackingStore store, string call)
    {
        if (AskedStore == store && AskedCall == call)
        {
            throw new NotSupportedException($"{store.GetType().Name} has neither {call} nor {call}Async: a store overrides one of the two");
        }
    }

    /// <summary>The other form has answered.</summary>
    public void Dispose() => (AskedStore, AskedCall) = (_outerStore, _outerCall);
}
