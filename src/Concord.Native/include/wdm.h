/* What file systems use of <wdm.h>: locks and their own MDLs. <ntddk.h> includes it, and it includes <ntddk.h>. */
#ifndef CONCORD_WDM_H
#define CONCORD_WDM_H

#include "ntddk.h"

#ifdef CONCORD_NO_NT_TYPES
#include "concord_hide.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Executive resources ---- */

/* A lock of threads: shared or one's alone, recursive. Not copied or moved from its initialisation to its end. */
typedef struct _ERESOURCE {
  ULONGLONG Opaque[13];
} ERESOURCE, *PERESOURCE;

NTSTATUS ExInitializeResourceLite(PERESOURCE Resource);
NTSTATUS ExDeleteResourceLite(PERESOURCE Resource);

/*
 * FALSE: it would have to wait and may not, or the thread would wait for itself; ConcordLastError tells that apart. When a
 * thread ends with a resource, the next one gets it, and ConcordLastStatus is STATUS_ABANDONED, a success.
 */
BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait);
BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait);
BOOLEAN ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait);
BOOLEAN ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait);
VOID ExConvertExclusiveToSharedLite(PERESOURCE Resource);
VOID ExReleaseResourceLite(PERESOURCE Resource);
BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource);
ULONG ExIsResourceAcquiredSharedLite(PERESOURCE Resource);
#define ExIsResourceAcquiredLite(Resource) ExIsResourceAcquiredSharedLite(Resource)
BOOLEAN ExTryToAcquireResourceExclusiveLite(PERESOURCE Resource);
NTSTATUS ExReinitializeResourceLite(PERESOURCE Resource);
ULONG ExGetExclusiveWaiterCount(PERESOURCE Resource);
ULONG ExGetSharedWaiterCount(PERESOURCE Resource);

/* The number of a thread as an owner; its lowest two bits are 0. Of a thread that has not ended, another one releases. */
typedef ULONG_PTR ERESOURCE_THREAD, *PERESOURCE_THREAD;
ERESOURCE_THREAD ExGetCurrentResourceThread(void);
VOID ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId);

#define ExReleaseResource(Resource) ExReleaseResourceLite(Resource)
#define ExDisableResourceBoostLite(Resource) ((void)(Resource)) /* nobody's priority is raised here */

/* A statement that the thread is about to take locks; counts. */
VOID KeEnterCriticalRegion(void);
VOID KeLeaveCriticalRegion(void);

/* ---- MDLs for memory of the program's own ---- */

typedef enum _LOCK_OPERATION { IoReadAccess, IoWriteAccess, IoModifyAccess } LOCK_OPERATION;

/* SecondaryBuffer is FALSE and Irp NULL: there are no requests here. NULL: a rule is broken, or no memory. */
PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp);
VOID IoFreeMdl(PMDL Mdl);
VOID MmBuildMdlForNonPagedPool(PMDL Mdl);

/* With an error kept nothing is locked: a part of the memory cannot be read. */
VOID MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation);
VOID MmUnlockPages(PMDL MemoryDescriptorList);

#ifdef __cplusplus
}
#endif

#ifdef CONCORD_NO_NT_TYPES
#include "concord_show.h"
#endif

#endif
