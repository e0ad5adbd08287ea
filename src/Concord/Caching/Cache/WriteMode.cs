namespace Concord;

/// <summary>When the store gets what a call writes into a cache.</summary>
/// <remarks>
/// Neither mode is durable by itself: what survives a loss of power is what was flushed, or written through a handle
/// that was opened with <see cref="FileOptions.WriteThrough"/>. Views have no moment at which a write has returned:
/// theirs are found within <see cref="FileCacheOptions.MaxDirtyAge"/> in both modes.
/// </remarks>
public enum WriteMode
{
    /// <summary>
    /// Later: with the next flush, and within <see cref="FileCacheOptions.MaxDirtyAge"/>. A process that is killed
    /// loses what was written in that time.
    /// </summary>
    WriteBack = 0,

    /// <summary>
    /// Before the call returns: each write, in whatever form, is in the store when it has returned, and each writable
    /// lease when it has ended, as with a <see cref="FileStream"/> without a buffer. It survives the process, however
    /// that ends; not a loss of power. <see cref="FileOperations.TryWrite"/>, which never waits, writes nothing.
    /// </summary>
    HandOver,
}
