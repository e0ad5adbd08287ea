namespace Concord;

/// <summary>
/// A write to the store, or the barrier after it, failed. What was not written is still in the cache: dirty,
/// resident and readable; nothing that failed was purged.
/// </summary>
public sealed class WriteBackException : IOException
{
    /// <summary>Makes the exception for a failed write.</summary>
    /// <param name="message">What failed, on which file, and what the caller can do.</param>
    /// <param name="result">What had been done when the write failed.</param>
    /// <param name="innerException">The error of the store.</param>
    public WriteBackException(string message, CoherencyResult result, Exception? innerException = null)
        : base(message, innerException)
    {
        Result = result;
        if (innerException is not null) HResult = innerException.HResult;
    }

    /// <summary>What had been done when the write failed: bytes in the store, and the pages that stayed.</summary>
    public CoherencyResult Result { get; }
}
