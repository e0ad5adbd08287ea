namespace Concord.Interop;

/// <summary>
/// The owner of addresses that nobody below it may touch, because touching an absent page there waits for managed
/// code: the views of a section. Whoever wants the lines of such a range flushed asks its owner.
/// </summary>
internal interface IForeignRange
{
    /// <summary>
    /// Writes back the lines of a part of the range, by whatever mapping the owner may touch, and returns when that
    /// is done on every processor. Absent pages have nothing to flush. It does not block and does not allocate. It
    /// may be called by a flush that looked just before the range was removed, and then does nothing.
    /// </summary>
    /// <param name="address">The first byte; inside the range.</param>
    /// <param name="length">Bytes; inside the range, more than zero.</param>
    /// <param name="invalidate">Whether the lines are taken out of the caches as well.</param>
    void FlushLines(nint address, nuint length, bool invalidate);
}
