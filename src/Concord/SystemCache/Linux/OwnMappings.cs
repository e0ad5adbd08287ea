using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>What this process maps of a file, apart from the mappings that this library makes for a moment.</summary>
/// <remarks>
/// Another thread may unmap what the list shows and use its addresses for anything, before anybody can act on the list:
/// no call of the system ties the two together. So the only advice that is given here is one that loses nothing
/// wherever it strikes (<c>MADV_PAGEOUT</c>). <c>MADV_DONTNEED</c>, which would also take pages out of two mappings at
/// once, empties private memory: it is never given.
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
            // No error to act on: what it has done shows in what is left.
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
