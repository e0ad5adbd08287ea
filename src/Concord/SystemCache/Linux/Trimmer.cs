using System.Runtime.InteropServices;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>Takes pages out of the mappings that show them, where that is permitted and loses nothing.</summary>
/// <remarks>
/// Paging out (<c>MADV_PAGEOUT</c>) is safe on every mapping, also on one that is replaced at this moment: a clean page
/// of a file is dropped, a private copy goes to swap or stays. But it skips a page that is mapped twice, and no safe
/// call changes that: the page stays, and the report names the processes that hold it.
/// </remarks>
internal static class Trimmer
{
    internal static void PageOut(ListedFile file, Mappings mappings)
    {
        OwnMappings.PageOut(file, mappings.Range);
        foreach (int id in mappings.Processes.Where(static id => id != Environment.ProcessId))
        {
            string? obstacle = PageOut(id, file, mappings.Range);
            if (obstacle is null) mappings.Obstacles.Remove(id);
            else mappings.Obstacles[id] = obstacle;
        }
    }

    /// <summary>
    /// Trims a process. Returns what that would need, or <see langword="null"/>. The process is opened first and its
    /// list read after that, so that the list is of the process that is trimmed, and as recent as possible.
    /// </summary>
    private static string? PageOut(int id, ListedFile file, ByteRange range)
    {
        using ProcessFolder? folder = ProcessFolder.Open(id);
        using FileDescriptor? process = folder?.OpenProcess();
        if (process is null) return null;
        if (process.IsInvalid) return Obstacle(Marshal.GetLastPInvokeError());
        string? obstacle = null;
        foreach (MappedPart part in MappingProcesses.FindAgain(folder!, file, range))
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
