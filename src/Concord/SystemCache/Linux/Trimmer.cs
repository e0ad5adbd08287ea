using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>Takes pages out of the mappings that show them, where that is permitted and loses nothing.</summary>
/// <remarks>
/// Paging out (<c>MADV_PAGEOUT</c>) is safe on every mapping: a clean page of a file is dropped, a private copy goes to
/// swap or stays. It passes over a page that is mapped twice, so this process's own mappings come first: what then is
/// mapped once more can be taken.
/// </remarks>
internal static class Trimmer
{
    internal static void Trim(Mappings mappings)
    {
        foreach (MappedPart part in mappings.Parts)
        {
            if (part.IsOurs) TrimOwn(part);
        }

        foreach (IGrouping<int, MappedPart> process in mappings.Parts.Where(part => !part.IsOurs).GroupBy(part => part.ProcessId))
        {
            TrimOther(process.Key, process);
        }
    }

    // Errors are not looked at: what a trim has done shows in what is left, and the report explains that.
    private static void TrimOwn(MappedPart part) =>
        _ = Libc.Madvise((nint)part.Address, (nint)part.Range.Length, Libc.MadvPageOut);

    private static void TrimOther(int processId, IEnumerable<MappedPart> parts)
    {
        using FileDescriptor process = Libc.PidfdOpen(Libc.SystemCallPidfdOpen, processId, 0);
        if (process.IsInvalid) return;
        foreach (MappedPart part in parts)
        {
            Libc.MemoryPart memory = new((nint)part.Address, (nint)part.Range.Length);
            _ = Libc.ProcessMadvise(Libc.SystemCallProcessMadvise, process, memory, 1, Libc.MadvPageOut, 0);
        }
    }
}
