namespace Concord;

/// <summary>
/// A file has left the cache, durable, and a store that was to be closed with it threw. Nothing is left to be done.
/// </summary>
internal sealed class StoreNotClosedException(string message, Exception inner) : IOException(message, inner);
