namespace Concord.Memory;

/// <summary>
/// Copies bytes to or from pages so that each aligned 8 bytes of the page are copied at once (I6): a call that
/// overlaps another may leave a mixture of both at that grain and no finer.
/// </summary>
/// <remarks>
/// The middle, whose ends are multiples of 8 in the page, goes to the runtime's own copy: it moves in units of 8
/// and more, and where its last move overlaps the one before, it does so at a multiple of 8 as well, since the
/// middle's length is one. Only the ragged ends, which are part of an aligned 8 bytes, go on their own.
/// </remarks>
internal static class PageCopy
{
    private const int Grain = sizeof(long);

    /// <param name="source">The bytes to copy.</param>
    /// <param name="destination">Where they go; as long.</param>
    /// <param name="inside">Where in the page's extent the first byte lies.</param>
    internal static void Copy(ReadOnlySpan<byte> source, Span<byte> destination, int inside)
    {
        int head = Math.Min(-inside & (Grain - 1), source.Length);
        int middle = (source.Length - head) & -Grain;
        if (head != 0) source[..head].CopyTo(destination);
        source.Slice(head, middle).CopyTo(destination[head..]);
        if (head + middle != source.Length) source[(head + middle)..].CopyTo(destination[(head + middle)..]);
    }
}
