/* The routines that Concord has of <ntifs.h>, under their own names. See concord.h. */
#ifndef CONCORD_NTIFS_H
#define CONCORD_NTIFS_H

#include "ntddk.h"

#ifdef CONCORD_NO_NT_TYPES
#include "concord_hide.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Coherency: CcCoherencyFlushAndPurgeCache stands in concord.h ---- */

/*
 * Writes back and makes durable, drops nothing. IoStatus may be NULL. While the store writes, the flush has the file to
 * itself: the store's Write must not wait for another call of that file.
 */
VOID CcFlushCache(PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, PIO_STATUS_BLOCK IoStatus);

#define UNINITIALIZE_CACHE_MAPS 0x1
#define DO_NOT_RETRY_PURGE 0x2
#define DO_NOT_PURGE_DIRTY_PAGES 0x4
#define PURGE_WITH_ACTIVE_VIEWS 0x8

/* Drops pages, dirty ones too, which are lost. FALSE: some stayed; with an error kept: nothing was done. */
BOOLEAN CcPurgeCacheSection(PSECTION_OBJECT_POINTERS SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags);

/* ---- Cache maps and sizes ---- */

/* 0 <= valid data length <= file size <= allocation size. A valid data length of MAXLONGLONG means all of the file. */
typedef struct _CC_FILE_SIZES {
  LARGE_INTEGER AllocationSize;
  LARGE_INTEGER FileSize;
  LARGE_INTEGER ValidDataLength;
} CC_FILE_SIZES, *PCC_FILE_SIZES;

typedef BOOLEAN (*PACQUIRE_FOR_LAZY_WRITE)(PVOID Context, BOOLEAN Wait);
typedef VOID (*PRELEASE_FROM_LAZY_WRITE)(PVOID Context);
typedef BOOLEAN (*PACQUIRE_FOR_READ_AHEAD)(PVOID Context, BOOLEAN Wait);
typedef VOID (*PRELEASE_FROM_READ_AHEAD)(PVOID Context);

/* Called around write-behind and read-ahead, on one thread each time. Without Wait an acquisition is a try. */
typedef struct _CACHE_MANAGER_CALLBACKS {
  PACQUIRE_FOR_LAZY_WRITE AcquireForLazyWrite;
  PRELEASE_FROM_LAZY_WRITE ReleaseFromLazyWrite;
  PACQUIRE_FOR_READ_AHEAD AcquireForReadAhead;
  PRELEASE_FROM_READ_AHEAD ReleaseFromReadAhead;
} CACHE_MANAGER_CALLBACKS, *PCACHE_MANAGER_CALLBACKS;

typedef struct _CACHE_UNINITIALIZE_EVENT {
  struct _CACHE_UNINITIALIZE_EVENT *Next;
  KEVENT Event;
} CACHE_UNINITIALIZE_EVENT, *PCACHE_UNINITIALIZE_EVENT;

VOID CcInitializeCacheMap(
    PFILE_OBJECT FileObject,
    PCC_FILE_SIZES FileSizes,
    BOOLEAN PinAccess,
    PCACHE_MANAGER_CALLBACKS Callbacks,
    PVOID LazyWriteContext);
BOOLEAN CcUninitializeCacheMap(PFILE_OBJECT FileObject, PLARGE_INTEGER TruncateSize, PCACHE_UNINITIALIZE_EVENT UninitializeEvent);
VOID CcSetFileSizes(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes);
NTSTATUS CcSetFileSizesEx(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes);

/* ---- Copies ---- */

/*
 * FALSE without Wait: it would have to block. FALSE otherwise, or with an error kept: it raised, and the status block
 * says what.
 */
BOOLEAN CcCopyRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer, PIO_STATUS_BLOCK IoStatus);
BOOLEAN CcCopyReadEx(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    BOOLEAN Wait,
    PVOID Buffer,
    PIO_STATUS_BLOCK IoStatus,
    PETHREAD IoIssuerThread);

/*
 * A write that begins behind the valid data length moves that over the gap, which the file system fills with zeros first
 * (CcZeroData): otherwise the file has there what the disk has.
 */
BOOLEAN CcCopyWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer);
BOOLEAN CcCopyWriteEx(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    BOOLEAN Wait,
    PVOID Buffer,
    PETHREAD IoIssuerThread);
BOOLEAN CcZeroData(PFILE_OBJECT FileObject, PLARGE_INTEGER StartOffset, PLARGE_INTEGER EndOffset, BOOLEAN Wait);

/* ---- MDLs ---- */

/*
 * After a call that raised, the chain is NULL and the status block says why: there is nothing to complete.
 *
 * CcPrepareMdlWrite waits for no holder of a page: in a page that is in memory everybody sees the bytes as they are put
 * there. A page that is not, and that is overwritten whole, is not read; until the end of the chain no call sees it. Other
 * threads that need it wait for that end; the thread that prepared it would wait for itself, and is refused with
 * STATUS_POSSIBLE_DEADLOCK (or FALSE, without wait).
 */
VOID CcMdlRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus);
VOID CcMdlReadComplete(PFILE_OBJECT FileObject, PMDL MdlChain);
VOID CcPrepareMdlWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus);

/*
 * With an error kept, the chain is still the caller's, to be completed once more or aborted. FileOffset is what
 * CcPrepareMdlWrite got; the chain knows it, and another one is refused in checked mode alone.
 */
VOID CcMdlWriteComplete(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PMDL MdlChain);
VOID CcMdlWriteAbort(PFILE_OBJECT FileObject, PMDL MdlChain);

/* ---- Mappings and pins ---- */

#define VACB_OFFSET_SHIFT 18
#define VACB_MAPPING_GRANULARITY 0x40000
#define CACHE_NTC_BCB 0x2FD

#define MAP_WAIT 0x1
#define MAP_NO_READ 0x10
#define MAP_HIGH_PRIORITY 0x40                 /* ignored */
#define MAP_DISABLE_PAGEFAULT_CLUSTERING 0x100 /* ignored */

#define PIN_WAIT 0x1
#define PIN_EXCLUSIVE 0x2
#define PIN_NO_READ 0x4
#define PIN_IF_BCB 0x8
#define PIN_CALLER_TRACKS_DIRTY_DATA 0x20 /* ignored: all dirty data is tracked */
#define PIN_HIGH_PRIORITY 0x40            /* ignored */
#define PIN_VERIFY_REQUIRED 0x80          /* ignored */

/* What a BCB shows of itself. */
typedef struct _PUBLIC_BCB {
  CSHORT NodeTypeCode;
  CSHORT NodeByteSize;
  ULONG MappedLength;
  LARGE_INTEGER MappedFileOffset;
} PUBLIC_BCB, *PPUBLIC_BCB;

/*
 * The bytes lie in one cache view, which goes from one multiple of VACB_MAPPING_GRANULARITY to the next. A range beyond its
 * end is FALSE: with an error kept (STATUS_INVALID_PARAMETER) if the flags say wait, without one if not.
 */
BOOLEAN CcMapData(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID *Bcb, PVOID *Buffer);
BOOLEAN CcPinRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID *Bcb, PVOID *Buffer);
BOOLEAN CcPinMappedData(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID *Bcb);
BOOLEAN CcPreparePinWrite(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    BOOLEAN Zero,
    ULONG Flags,
    PVOID *Bcb,
    PVOID *Buffer);

/*
 * The bytes are dirty from now on. Lsn: NULL, or the number of the change in the log; 0 is no number. A number that comes
 * before CcSetLogHandleForFile is kept for the log.
 */
VOID CcSetDirtyPinnedData(PVOID BcbVoid, PLARGE_INTEGER Lsn);
VOID CcUnpinData(PVOID Bcb);

PFILE_OBJECT CcGetFileObjectFromBcb(PVOID Bcb);

/* Once more, for reading; NULL with an error kept. */
PVOID CcRemapBcb(PVOID Bcb);

/* Keeps a pin beyond its CcUnpinData, for no thread: while it is kept CcPurgeCacheSection is FALSE, and does not wait. */
VOID CcRepinBcb(PVOID Bcb);
VOID CcUnpinRepinnedBcb(PVOID Bcb, BOOLEAN WriteThrough, PIO_STATUS_BLOCK IoStatus);

/* Gives a pin to an owner that is no thread: an address with the lowest two bits set. A purge is FALSE meanwhile. */
VOID CcSetBcbOwnerPointer(PVOID Bcb, PVOID OwnerPointer);
VOID CcUnpinDataForThread(PVOID Bcb, ERESOURCE_THREAD ResourceThreadId);

/*
 * Makes the log durable up to a number, before pages that carry it or a lower one are written. Called on any thread, by
 * several at once; must not use the stream. One that fails says so by ConcordFailFlushToLsn before it returns.
 */
typedef VOID (*PFLUSH_TO_LSN)(PVOID LogHandle, LARGE_INTEGER Lsn);
VOID CcSetLogHandleForFile(PFILE_OBJECT FileObject, PVOID LogHandle, PFLUSH_TO_LSN FlushToLsnRoutine);

/*
 * Within a PFLUSH_TO_LSN, on its thread: the log could not be made durable, and Status says why. The pages are not written
 * and stay dirty, and whoever wrote them back gets the status; STATUS_UNEXPECTED_IO_ERROR in place of a success of another
 * kind (STATUS_TIMEOUT). STATUS_SUCCESS is refused. Concord's own: the original cannot fail.
 */
NTSTATUS ConcordFailFlushToLsn(NTSTATUS Status);

/* ---- Questions ---- */

#define CcIsFileCached(FileObject) \
  ((FileObject)->SectionObjectPointer != NULL && (FileObject)->SectionObjectPointer->SharedCacheMap != NULL)

PFILE_OBJECT CcGetFileObjectFromSectionPtrs(PSECTION_OBJECT_POINTERS SectionObjectPointer);
LARGE_INTEGER CcGetFlushedValidData(PSECTION_OBJECT_POINTERS SectionObjectPointer, BOOLEAN BcbListHeld);
BOOLEAN CcIsThereDirtyData(PVPB Vpb);
BOOLEAN CcIsThereDirtyDataEx(PVPB Vpb, PULONG NumberOfDirtyPages);

/* Where the size that the cache has can be read, and another be put: the cache takes it over with the next routine. */
PLARGE_INTEGER CcGetFileSizePointer(PFILE_OBJECT FileObject);

/* Calls back for each run of dirty pages of the files of a log; the oldest number of all, or 0. */
typedef VOID (*PDIRTY_PAGE_ROUTINE)(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    PLARGE_INTEGER OldestLsn,
    PLARGE_INTEGER NewestLsn,
    PVOID Context1,
    PVOID Context2);
LARGE_INTEGER CcGetDirtyPages(PVOID LogHandle, PDIRTY_PAGE_ROUTINE DirtyPageRoutine, PVOID Context1, PVOID Context2);

typedef enum _MMFLUSH_TYPE { MmFlushForDelete, MmFlushForWrite } MMFLUSH_TYPE;

BOOLEAN MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionPointer, PLARGE_INTEGER NewFileSize);
ULONG MmDoesFileHaveUserWritableReferences(PSECTION_OBJECT_POINTERS SectionPointer);
BOOLEAN MmFlushImageSection(PSECTION_OBJECT_POINTERS SectionObjectPointer, MMFLUSH_TYPE FlushType);
BOOLEAN MmForceSectionClosed(PSECTION_OBJECT_POINTERS SectionObjectPointer, BOOLEAN DelayClose);

/* ---- Control blocks ---- */

#define FSRTL_FLAG_ADVANCED_HEADER 0x40

typedef enum _FAST_IO_POSSIBLE { FastIoIsNotPossible, FastIoIsPossible, FastIoIsQuestionable } FAST_IO_POSSIBLE;

/* What FsContext points to: the main resource is who "acquired the file exclusively"; the sizes are for the FsRtl routines. */
typedef struct _FSRTL_COMMON_FCB_HEADER {
  CSHORT NodeTypeCode;
  CSHORT NodeByteSize;
  UCHAR Flags;
  UCHAR IsFastIoPossible;
  UCHAR Flags2;
  UCHAR Reserved : 4;
  UCHAR Version : 4;
  PERESOURCE Resource;
  PERESOURCE PagingIoResource;
  LARGE_INTEGER AllocationSize;
  LARGE_INTEGER FileSize;
  LARGE_INTEGER ValidDataLength;
} FSRTL_COMMON_FCB_HEADER, *PFSRTL_COMMON_FCB_HEADER;

typedef struct _FSRTL_ADVANCED_FCB_HEADER {
  CONCORD_UNNAMED struct {
    CSHORT NodeTypeCode;
    CSHORT NodeByteSize;
    UCHAR Flags;
    UCHAR IsFastIoPossible;
    UCHAR Flags2;
    UCHAR Reserved : 4;
    UCHAR Version : 4;
    PERESOURCE Resource;
    PERESOURCE PagingIoResource;
    LARGE_INTEGER AllocationSize;
    LARGE_INTEGER FileSize;
    LARGE_INTEGER ValidDataLength;
  };
  PVOID FastMutex; /* this and what follows is not used */
  LIST_ENTRY FilterContexts;
  ULONG_PTR PushLock;
  PVOID *FileContextSupportPointer;
  PVOID Oplock;
  PVOID ReservedContext;
} FSRTL_ADVANCED_FCB_HEADER, *PFSRTL_ADVANCED_FCB_HEADER;

#define FsRtlSetupAdvancedHeader(Header, Mutex) \
  ((void)((Header)->Flags |= FSRTL_FLAG_ADVANCED_HEADER, (Header)->FastMutex = (Mutex)))

#define FsRtlEnterFileSystem() KeEnterCriticalRegion()
#define FsRtlExitFileSystem() KeLeaveCriticalRegion()

/* Up to 64 KiB: a write that never makes its caller write dirty pages first. */
#define CcCopyWriteWontFlush(FileObject, FileOffset, Length) ((BOOLEAN)((Length) <= 0x10000))

/*
 * FALSE: the file system has to do it itself. IoStatus says why, with Information 0, if something failed, and is as before
 * otherwise. The lock key and the device are ignored.
 */
BOOLEAN FsRtlCopyRead(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    BOOLEAN Wait,
    ULONG LockKey,
    PVOID Buffer,
    PIO_STATUS_BLOCK IoStatus,
    PDEVICE_OBJECT DeviceObject);
BOOLEAN FsRtlCopyWrite(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    BOOLEAN Wait,
    ULONG LockKey,
    PVOID Buffer,
    PIO_STATUS_BLOCK IoStatus,
    PDEVICE_OBJECT DeviceObject);
BOOLEAN FsRtlMdlRead(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    ULONG LockKey,
    PMDL *MdlChain,
    PIO_STATUS_BLOCK IoStatus);
BOOLEAN FsRtlMdlReadComplete(PFILE_OBJECT FileObject, PMDL MdlChain);
BOOLEAN FsRtlPrepareMdlWrite(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    ULONG LockKey,
    PMDL *MdlChain,
    PIO_STATUS_BLOCK IoStatus);
BOOLEAN FsRtlMdlWriteComplete(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PMDL MdlChain);

/* The same, for the table of a driver's fast calls; the device is ignored. */
BOOLEAN FsRtlMdlReadDev(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    ULONG LockKey,
    PMDL *MdlChain,
    PIO_STATUS_BLOCK IoStatus,
    PDEVICE_OBJECT DeviceObject);
BOOLEAN FsRtlMdlReadCompleteDev(PFILE_OBJECT FileObject, PMDL MdlChain, PDEVICE_OBJECT DeviceObject);
BOOLEAN FsRtlPrepareMdlWriteDev(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    ULONG LockKey,
    PMDL *MdlChain,
    PIO_STATUS_BLOCK IoStatus,
    PDEVICE_OBJECT DeviceObject);
BOOLEAN FsRtlMdlWriteCompleteDev(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    PMDL MdlChain,
    PDEVICE_OBJECT DeviceObject);

/* The same, with a status: STATUS_NOT_SUPPORTED when the file system has to do it itself. */
NTSTATUS FsRtlMdlReadEx(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    ULONG LockKey,
    PMDL *MdlChain,
    PIO_STATUS_BLOCK IoStatus);
NTSTATUS FsRtlPrepareMdlWriteEx(
    PFILE_OBJECT FileObject,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    ULONG LockKey,
    PMDL *MdlChain,
    PIO_STATUS_BLOCK IoStatus);

#ifdef __cplusplus
}
#endif

#ifdef CONCORD_NO_NT_TYPES
#include "concord_show.h"
#endif

#endif
