using Concord.Caching;
using Concord.Memory;

namespace Concord.Tests.Caching;

/// <summary>Pages of a file as tests speak of them.</summary>
internal static class Pages
{
    internal static readonly int Bytes = PageGeometry.PageBytes;

    /// <summary>
    /// Pages an extent, in the library that is tested: a constant of it would stay what it was at compilation.
    /// </summary>
    internal static readonly int PerExtent = PageGeometry.ExtentBytes / PageGeometry.PageBytes;

    /// <summary>The range of whole pages.</summary>
    internal static ByteRange Range(long first, long count = 1) => new(first * Bytes, count * Bytes);

    /// <summary>Pages filled with one byte.</summary>
    internal static byte[] Of(byte value, int count = 1) => [.. Enumerable.Repeat(value, count * Bytes)];

    /// <summary>Bytes that tell where they are.</summary>
    internal static byte[] Pattern(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal static byte[] Read(FileOperations file, ByteRange range)
    {
        byte[] bytes = new byte[range.Length];
        int count = file.Read(range.Offset, bytes);
        return bytes[..count];
    }

    internal static bool IsDirty(FileState map, long page) => Is(map, page, static extent => extent.Dirty);

    internal static bool IsResident(FileState map, long page) => Is(map, page, static extent => extent.Resident);

    private static bool Is(FileState map, long page, Func<Extent, ulong> mask)
    {
        if (map.Extents.Find(page / PerExtent) is not { } extent) return false;
        lock (extent) return (mask(extent) >> (int)(page % PerExtent) & 1) != 0;
    }
}
