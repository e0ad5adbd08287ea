namespace Concord.Caching;

/// <summary>Who calls for bytes of a file: a handle, or whoever holds the file exclusively.</summary>
internal interface IFileCaller
{
    /// <summary>Whether the caller has the file's exclusive hold, and so passes where others wait.</summary>
    bool HoldsExclusively { get; }

    /// <exception cref="ObjectDisposedException">The handle was closed, or the hold released.</exception>
    void ThrowIfClosed();
}
