namespace Concord;

/// <summary>
/// A file has left the cache, and is durable, and a store that was closed with it threw. There is nothing to retry.
/// </summary>
internal sealed class StoreNotClosedException(string message, Exception inner) : IOException(message, inner);
