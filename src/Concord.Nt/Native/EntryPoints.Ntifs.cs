using System.Runtime.InteropServices;

namespace Concord.Nt.Native;

// What is declared in ntifs.h.
internal static unsafe partial class EntryPoints
{
    [UnmanagedCallersOnly]
    private static void CcCoherencyFlushAndPurgeCache(
        SECTION_OBJECT_POINTERS* sectionObjectPointer, LARGE_INTEGER* fileOffset, uint length, IO_STATUS_BLOCK* ioStatus, uint flags)
    {
        LastError.Clear();
        try
        {
            Ntifs.CcCoherencyFlushAndPurgeCache(sectionObjectPointer, fileOffset, length, ioStatus, flags);
            if (!Ntifs.NT_SUCCESS(ioStatus->Status)) LastError.Keep($"CcCoherencyFlushAndPurgeCache: {*ioStatus}");
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            // A broken precondition in checked mode, or no status block: said by ConcordLastError.
            if (ioStatus is not null) *ioStatus = new IO_STATUS_BLOCK { Status = NTSTATUS.STATUS_INVALID_PARAMETER };
        }
    }
}
