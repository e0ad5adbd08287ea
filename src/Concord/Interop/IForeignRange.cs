namespace Concord.Interop;

/// <summary>
/// The owner of addresses that no layer below it may touch, because a touch of an absent page there waits for managed
/// code: the views of a section. To flush the lines of such a range, a sweep calls its owner.
/// </summary>
internal interface IForeignRange
{
    /// <summary>
    /// Writes back the lines of a part of the range, through a mapping that the owner may touch, and returns when that
    /// is done on every processor. Absent pages have nothing to flush. It does not block and does not allocate. A flush
    /// that read the table just before the range was removed may call it; then it does nothing.
    /// </summary>
    /// <param name="address">The first byte; inside the range.</param>
    /// <param name="length">Bytes; inside the range, more than zero.</param>
    /// <param name="invalidate">Whether the lines are invalidated as well.</param>
    void FlushLines(nint address, nuint length, bool invalidate);
}
