namespace Concord.Tests.Caching;

/// <summary>What somebody else does while a store is called, who is not called by it.</summary>
internal static class Elsewhere
{
    /// <summary>Does it, and returns when it is done.</summary>
    internal static void Do(Action what)
    {
        Exception? failure = null;
        var other = new Thread(() => failure = Record.Exception(what)) { IsBackground = true };
        other.UnsafeStart();
        other.Join();
        if (failure is not null) throw new InvalidOperationException("it failed elsewhere", failure);
    }
}
