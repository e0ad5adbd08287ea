using System.Runtime.InteropServices;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>Takes pages out of the mappings that show them, where that is permitted and loses nothing.</summary>
/// <remarks>
/// <para>
/// Paging out (<c>MADV_PAGEOUT</c>) is safe on every mapping, also on one that is replaced at this moment: a clean page
/// of a file is dropped, a private copy goes to swap or stays. But it passes over a page that is mapped twice. This
/// process's mappings come first, so that what another maps is then mapped once.
/// </para>
/// <para>
/// What stays then is dropped from this process's shared mappings (<c>MADV_DONTNEED</c>), whose pages are in the cache
/// and nowhere else, so that nothing is lost. On a private mapping the same call would throw private copies away: it is
/// never made there. Nothing of the kind may be done to another process.
/// </para>
/// </remarks>
internal static class Trimmer
{
    internal static void PageOut(Mappings mappings)
    {
        foreach (MappedPart part in mappings.Parts.Where(part => part.IsOurs))
        {
            // No error to act on: what it has done shows in what is left.
            _ = Libc.Madvise((nint)part.Address, (nint)part.Range.Length, Libc.MadvPageOut);
        }

        IEnumerable<MappedPart> others = mappings.Parts.Where(part => !part.IsOurs);
        foreach (IGrouping<int, MappedPart> process in others.GroupBy(part => part.ProcessId))
        {
            string? obstacle = PageOut(process.Key, process);
            if (obstacle is null) mappings.Obstacles.Remove(process.Key);
            else mappings.Obstacles[process.Key] = obstacle;
        }
    }

    /// <summary>
    /// Between the look at the list of mappings, made just before, and the call, a mapping must not be replaced by
    /// another thread: that is demanded of callers, as of every call that takes an address.
    /// </summary>
    internal static void DropFromOwnSharedMappings(IReadOnlyList<MappedPart> ownParts)
    {
        foreach (MappedPart part in ownParts.Where(part => part.IsShared))
        {
            // Refused where the pages are locked in memory, which the report will say.
            _ = Libc.Madvise((nint)part.Address, (nint)part.Range.Length, Libc.MadvDontNeed);
        }
    }

    /// <summary>Returns what a trim of the process would need, or <see langword="null"/>.</summary>
    private static string? PageOut(int processId, IEnumerable<MappedPart> parts)
    {
        using FileDescriptor process = Libc.PidfdOpen(processId);
        if (process.IsInvalid) return Obstacle(Marshal.GetLastPInvokeError());
        string? obstacle = null;
        foreach (MappedPart part in parts)
        {
            Libc.MemoryPart memory = new((nint)part.Address, (nint)part.Range.Length);
            nint advised = Libc.ProcessMadvise(process, memory, Libc.MadvPageOut);
            if (advised < 0) obstacle ??= Obstacle(Marshal.GetLastPInvokeError());
        }

        return obstacle;
    }

    private static string? Obstacle(int error) => error switch
    {
        ErrorNumber.NotPermitted => "CAP_SYS_NICE",
        ErrorNumber.AccessDenied => "CAP_SYS_PTRACE and CAP_SYS_NICE",
        ErrorNumber.NoSystemCall => "Linux 5.10",
        _ => null,
    };
}
