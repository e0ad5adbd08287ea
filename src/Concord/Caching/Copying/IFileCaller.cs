namespace Concord.Caching;

/// <summary>The caller of a read or write: a handle, or an exclusive hold.</summary>
internal interface IFileCaller
{
    /// <summary>Whether the caller has the file's exclusive hold, and so does not wait for it.</summary>
    bool HoldsExclusively { get; }

    /// <exception cref="ObjectDisposedException">The handle was closed, or the hold released.</exception>
    void ThrowIfClosed();
}
