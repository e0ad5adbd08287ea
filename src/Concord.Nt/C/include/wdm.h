/* What file systems use of <wdm.h>: locks, their own MDLs, texts. <ntddk.h> includes it, and it includes <ntddk.h>. */
#ifndef CONCORD_WDM_H
#define CONCORD_WDM_H

#include "ntddk.h"

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

/* FALSE: it would have to wait and may not, or the thread would wait for itself; ConcordLastError tells that apart. */
BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait);
BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait);
BOOLEAN ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait);
BOOLEAN ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait);
VOID ExConvertExclusiveToSharedLite(PERESOURCE Resource);
VOID ExReleaseResourceLite(PERESOURCE Resource);
BOOLEAN ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource);
ULONG ExIsResourceAcquiredSharedLite(PERESOURCE Resource);
#define ExIsResourceAcquiredLite(Resource) ExIsResourceAcquiredSharedLite(Resource)
ULONG ExGetExclusiveWaiterCount(PERESOURCE Resource);
ULONG ExGetSharedWaiterCount(PERESOURCE Resource);

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

/* ---- Texts ---- */

/* For a text that ends with a null, or NULL; what is longer than a string can be is left out. */
static inline VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, const WCHAR *SourceString) {
  size_t length = 0;
  while (SourceString && length < 0xFFFF / sizeof(WCHAR) - 1 && SourceString[length]) length++;
  DestinationString->Length = (USHORT)(length * sizeof(WCHAR));
  DestinationString->MaximumLength = (USHORT)(SourceString ? (length + 1) * sizeof(WCHAR) : 0);
  DestinationString->Buffer = (PWSTR)(uintptr_t)SourceString;
}

#ifdef __cplusplus
}
#endif

#endif
