/* The routines that Concord has of <ntddk.h> and <wdm.h>, under their own names. See concord.h. */
#ifndef CONCORD_NTDDK_H
#define CONCORD_NTDDK_H

#include "concord.h"
#include "concord_words.h"

#ifdef CONCORD_NO_NT_TYPES
#include "concord_hide.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Levels and processors' caches ---- */

#define PASSIVE_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2
#define HIGH_LEVEL 15

/* The calling thread's level: what the routines check. A level out of range changes nothing. */
KIRQL KeGetCurrentIrql(void);
VOID KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql);
VOID KeLowerIrql(KIRQL NewIrql);

/* The regions that a .NET program registered. The value is to be ignored. */
BOOLEAN KeInvalidateAllCaches(void);

/* ---- Events ---- */

typedef struct _DISPATCHER_HEADER {
  UCHAR Type;
  UCHAR Signalling;
  UCHAR Size;
  UCHAR Reserved;
  LONG SignalState;
  LIST_ENTRY WaitListHead;
} DISPATCHER_HEADER;

/* What threads wait for until it is signalled; stays where it is while it is in use. */
typedef struct _KEVENT {
  DISPATCHER_HEADER Header;
} KEVENT, *PKEVENT, *PRKEVENT;

typedef enum _EVENT_TYPE {
  NotificationEvent,   /* lets everybody go on, and stays signalled */
  SynchronizationEvent /* lets one go on, and is not signalled any more */
} EVENT_TYPE;

/* Why and how a thread waits: ignored. */
typedef enum _KWAIT_REASON { Executive, FreePage, PageIn, PoolAllocation, DelayExecution, Suspended, UserRequest } KWAIT_REASON;
typedef enum _MODE { KernelMode, UserMode } MODE;

VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State);

/* Both: not 0 if the event was signalled. */
LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait);
LONG KeReadStateEvent(PRKEVENT Event);
LONG KeResetEvent(PRKEVENT Event);
VOID KeClearEvent(PRKEVENT Event);

/* For events alone. The timeout is NULL, for ever, or below 0: so many times 100 ns. STATUS_SUCCESS or STATUS_TIMEOUT. */
NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout);

/* ---- Bytes that are locked in memory ---- */

#define MDL_MAPPED_TO_SYSTEM_VA 0x0001
#define MDL_PAGES_LOCKED 0x0002
#define MDL_SOURCE_IS_NONPAGED_POOL 0x0004

/* The fixed part of the original, without the list of pages behind it. Made and freed by the routines. */
typedef struct _MDL {
  struct _MDL *Next;
  CSHORT Size;
  CSHORT MdlFlags;
  PVOID Process;
  PVOID MappedSystemVa;
  PVOID StartVa;
  ULONG ByteCount;
  ULONG ByteOffset;
} MDL, *PMDL;

/* All memory of this process is mapped, so the bytes can be touched at once. Never NULL; the priority is ignored. */
#define MmGetSystemAddressForMdlSafe(Mdl, Priority) ((void)(Priority), (Mdl)->MappedSystemVa)
#define MmGetMdlVirtualAddress(Mdl) ((PVOID)((unsigned char *)(Mdl)->StartVa + (Mdl)->ByteOffset))
#define MmGetMdlByteCount(Mdl) ((Mdl)->ByteCount)
#define MmGetMdlByteOffset(Mdl) ((Mdl)->ByteOffset)
#define LowPagePriority 0
#define NormalPagePriority 16
#define HighPagePriority 32

VOID KeFlushIoBuffers(PMDL Mdl, BOOLEAN ReadOperation, BOOLEAN DmaOperation);

#ifdef __cplusplus
}
#endif

#ifdef CONCORD_NO_NT_TYPES
#include "concord_show.h"
#endif

#include "wdm.h"

#endif
