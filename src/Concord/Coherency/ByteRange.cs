namespace Concord;

/// <summary>
/// A run of bytes of a file or store: <see cref="Length"/> bytes from <see cref="Offset"/> on.
/// </summary>
/// <remarks>
/// An empty range covers nothing, and every operation on it does nothing; the whole file is always the overload
/// without a range. Ranges are values: immutable, comparable, and free of allocation.
/// </remarks>
public readonly record struct ByteRange
{
    /// <summary>
    /// Makes the range [<paramref name="offset"/>, <paramref name="offset"/> + <paramref name="length"/>).
    /// </summary>
    /// <param name="offset">The first byte, 0 or more.</param>
    /// <param name="length">How many bytes, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An argument is negative, or the end lies beyond <see cref="long.MaxValue"/>.
    /// </exception>
    public ByteRange(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length > long.MaxValue - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(length), length, $"offset {offset} + length must not exceed {long.MaxValue}");
        }

        Offset = offset;
        Length = length;
    }

    /// <summary>The first byte, counted from 0.</summary>
    public long Offset { get; }

    /// <summary>How many bytes, 0 or more.</summary>
    public long Length { get; }

    /// <summary>One past the last byte.</summary>
    public long End => Offset + Length;

    /// <summary>Whether the range covers no byte.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>Makes the range from its first byte to one past its last.</summary>
    /// <param name="start">The first byte, 0 or more.</param>
    /// <param name="end">One past the last byte, <paramref name="start"/> or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="start"/> is negative, or after <paramref name="end"/>.
    /// </exception>
    public static ByteRange FromBounds(long start, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        return new ByteRange(start, end - start);
    }

    /// <summary>The first byte, and how many there are.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many bytes.</param>
    public void Deconstruct(out long offset, out long length) => (offset, length) = (Offset, Length);

    /// <summary>The bytes that both ranges cover; empty, at this range's offset, when there are none.</summary>
    /// <param name="other">The range to meet.</param>
    public ByteRange Intersect(ByteRange other)
    {
        long start = Math.Max(Offset, other.Offset);
        long end = Math.Min(End, other.End);
        return start < end ? FromBounds(start, end) : new ByteRange(Offset, 0);
    }

    /// <summary>Whether at least one byte is covered by both ranges.</summary>
    /// <param name="other">The range to meet.</param>
    public bool Overlaps(ByteRange other) => Math.Max(Offset, other.Offset) < Math.Min(End, other.End);

    /// <summary>
    /// Whether every byte of <paramref name="other"/> is covered by this range. An empty range is always covered.
    /// </summary>
    /// <param name="other">The range that may lie inside.</param>
    public bool Contains(ByteRange other) => other.IsEmpty || (other.Offset >= Offset && other.End <= End);

    /// <summary>
    /// The range with its start rounded down and its end rounded up to a multiple of <paramref name="grain"/>; an
    /// empty range stays empty. The end never passes <see cref="long.MaxValue"/>.
    /// </summary>
    /// <param name="grain">A power of two, in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="grain"/> is not a power of two.</exception>
    public ByteRange RoundOut(long grain)
    {
        if (!long.IsPow2(grain))
        {
            throw new ArgumentOutOfRangeException(nameof(grain), grain, "grain must be a power of two");
        }

        if (IsEmpty) return this;
        long start = Offset & -grain;
        long end = End > long.MaxValue - (grain - 1) ? long.MaxValue : (End + grain - 1) & -grain;
        return FromBounds(start, end);
    }

    /// <summary>The range as <c>[offset, end)</c>.</summary>
    public override string ToString() => $"[{Offset}, {End})";
}
