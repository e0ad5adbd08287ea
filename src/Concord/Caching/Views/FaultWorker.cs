using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// The state of one thread that answers page faults: the memory in which it assembles pages, and whether it listens.
/// </summary>
/// <param name="listener">
/// Where it takes turns in listening; null for a slow thread, which takes its work from a queue.
/// </param>
internal sealed class FaultWorker(FaultListener? listener) : IDisposable
{
    private int _boundTo = FaultListener.Anywhere;

    /// <summary>Memory to assemble pages in.</summary>
    internal StagingBlock Staging { get; } = StagingBlock.Rent();

    private bool IsListening { get; set; }

    /// <summary>Called when the thread ends.</summary>
    public void Dispose() => StagingBlock.Return(Staging);

    /// <summary>Returns when this thread is the listener.</summary>
    internal void Listen()
    {
        if (IsListening) return;
        listener!.Take();
        IsListening = true;
    }

    /// <summary>
    /// Called before a store is read: whether this thread may wait for it. If it listens, another thread takes its
    /// place. If none stands by, it may not wait: faults of resident pages must not wait for a store.
    /// </summary>
    /// <param name="isImmediate">Whether the store answers from memory, without a wait.</param>
    internal bool MayRead(bool isImmediate)
    {
        if (listener is null || isImmediate || !IsListening) return true;
        if (!listener.TryHandOff()) return false;
        IsListening = false;
        return true;
    }

    /// <summary>Called when a fault of a thread was answered.</summary>
    internal void Answered(int thread)
    {
        if (IsListening) listener!.Follow(thread, ref _boundTo);
    }
}
