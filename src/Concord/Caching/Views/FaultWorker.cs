using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// One thread that answers page faults: the memory it assembles pages in, and whether it listens for more.
/// </summary>
/// <param name="listener">Where it takes turns in listening; null for one that takes its work from a list.</param>
internal sealed class FaultWorker(FaultListener? listener) : IDisposable
{
    private int _boundTo = FaultListener.Anywhere;

    /// <summary>Memory to assemble pages in.</summary>
    internal StagingBlock Staging { get; } = StagingBlock.Rent();

    private bool IsListening { get; set; }

    /// <summary>The thread ends.</summary>
    public void Dispose() => StagingBlock.Return(Staging);

    /// <summary>Returns when this thread is the one that listens.</summary>
    internal void Listen()
    {
        if (IsListening) return;
        listener!.Take();
        IsListening = true;
    }

    /// <summary>
    /// Asked before a store is read: whether this thread may wait for it. Another one listens meanwhile; where none is
    /// left, pages that are there must not wait for a store, and it may not.
    /// </summary>
    /// <param name="isImmediate">Whether the store answers from memory: then there is nothing to wait for.</param>
    internal bool MayRead(bool isImmediate)
    {
        if (listener is null || isImmediate || !IsListening) return true;
        if (!listener.TryHandOff()) return false;
        IsListening = false;
        return true;
    }

    /// <summary>A fault of a thread was answered.</summary>
    internal void Answered(int thread)
    {
        if (IsListening) listener!.Follow(thread, ref _boundTo);
    }
}
