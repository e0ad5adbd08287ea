using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>The parts of a file that this process maps, without temporary mappings of this library.</summary>
/// <remarks>
/// Another thread may unmap what the list shows and reuse its addresses before this code acts on the list: no system
/// call makes the two one step. So only advice is used that loses nothing at any address (<c>MADV_PAGEOUT</c>).
/// <c>MADV_DONTNEED</c>, which would also take pages out of two mappings at once, empties private memory, and is never
/// used.
/// </remarks>
internal static class OwnMappings
{
    /// <summary>The parts of a range that this process maps.</summary>
    /// <exception cref="IOException">The list of mappings cannot be read.</exception>
    internal static List<MappedPart> Find(ListedFile file, ByteRange range) =>
        TemporaryMappings.HeldStill(() => FindHeldStill(file, range));

    /// <summary>Takes the pages of a range out of this process's mappings, and out of the cache.</summary>
    /// <exception cref="IOException">The list of mappings cannot be read.</exception>
    internal static void PageOut(ListedFile file, ByteRange range) => TemporaryMappings.HeldStill(() =>
    {
        List<MappedPart> parts = FindHeldStill(file, range);
        foreach (MappedPart part in parts)
        {
            // Ignore the result: the count of pages that stayed shows the effect.
            _ = Libc.Madvise((nint)part.Address, (nint)part.Range.Length, Libc.MadvPageOut);
        }

        return parts.Count;
    });

    private static List<MappedPart> FindHeldStill(ListedFile file, ByteRange range)
    {
        byte[] contents = [];
        List<MappedPart> parts = file.FindParts(ListedFile.ReadOwn(ref contents), Environment.ProcessId, range);
        parts.RemoveAll(static part => TemporaryMappings.Contain(part.Address));
        return parts;
    }
}
