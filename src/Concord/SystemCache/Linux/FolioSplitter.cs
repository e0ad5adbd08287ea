using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>
/// The kernel keeps runs of pages as one large folio, and drops a folio only whole: pages of a range that ends inside a
/// folio would stay. Paging one page out through a mapping of that page alone makes the kernel split the folio first;
/// the pages outside the range stay resident.
/// </summary>
internal static class FolioSplitter
{
    /// <summary>Splits the folio of <paramref name="page"/>, if it is resident and no process maps it.</summary>
    internal static void Split(FileDescriptor file, Residency residency, ByteRange page)
    {
        // Populating an absent page would load it.
        if (residency.Count(page).Resident != 1) return;
        using FileMapping mapping = new(file, page.Offset, page.Length, Libc.ProtRead);
        if (!mapping.IsMapped) return;
        if (Libc.Madvise(mapping.Address, (nint)page.Length, Libc.MadvPopulateRead) != 0) return;
        _ = Libc.Madvise(mapping.Address, (nint)page.Length, Libc.MadvPageOut);
    }
}
