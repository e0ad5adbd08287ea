/*
 * Concord for C and C++: routines of the Windows kernel that keep caches coherent, under their own names, in an
 * ordinary program. Prototypes, types, values and preconditions are those that are documented for Windows; where a
 * routine differs, docs/nt-api.md says so and why. This header has the types, the two routines that flush and purge, and
 * Concord's own; the others are declared where Windows declares them, in wdm.h, ntddk.h and ntifs.h, which include it.
 *
 * Link libconcord.so: pkg-config concord, or CMake's find_package(Concord). Nothing else is needed. The first call of any
 * routine starts the library, which takes some milliseconds; a program that wants to choose the moment calls ConcordStart.
 *
 * Only the process that has started the library may call. In a child that it forks every routine is refused (FALSE, 0,
 * NULL, STATUS_NOT_SUPPORTED): the child's calls would be done to its parent's memory. A child that executes another
 * program is nobody's business, and neither is one of a process that has not called yet.
 *
 * Every routine may be called from any thread. None throws, jumps or raises: a routine that would raise in the kernel
 * does nothing and returns what says so (FALSE, 0, NULL, an error status, which a status block gets too); then
 * ConcordLastStatus is what it would have raised, and ConcordLastError tells why.
 */
#ifndef CONCORD_H
#define CONCORD_H

#include <stddef.h>
#include <stdint.h>

#ifdef CONCORD_NO_NT_TYPES
#include "concord_hide.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * ---- Types, in the widths they have on 64-bit Windows ----
 *
 * A program that has a ULONG or LONG of another library, where they may be wider, defines CONCORD_NO_NT_TYPES before it
 * includes this: then these names are the other library's, and Concord's are CONCORD_ULONG, CONCORD_LONG and so on.
 */

typedef void *PVOID;
typedef int8_t CCHAR, KPROCESSOR_MODE;
typedef int16_t CSHORT, SHORT;
typedef uint16_t USHORT, WCHAR, *PWSTR;
typedef int32_t LONG, KPRIORITY;
typedef uint32_t ULONG, *PULONG;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG;
typedef uintptr_t ULONG_PTR;
typedef size_t SIZE_T;
typedef uint8_t BOOLEAN, *PBOOLEAN, UCHAR, *PUCHAR, KIRQL, *PKIRQL;
typedef LONG NTSTATUS;

#ifndef TRUE
#define TRUE 1
#define FALSE 0
#endif

#ifndef VOID
#define VOID void
#endif

#define MAXLONGLONG ((LONGLONG)0x7fffffffffffffffLL)

/* Members without a name of their own, as the Windows headers have them: ISO C has them since 2011. */
#ifdef __GNUC__
#define CONCORD_UNNAMED __extension__
#else
#define CONCORD_UNNAMED
#endif

typedef union _LARGE_INTEGER {
  CONCORD_UNNAMED struct {
    ULONG LowPart;
    LONG HighPart;
  };
  struct {
    ULONG LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

/* What a stream has in memory; one for all handles of the stream. */
typedef struct _SECTION_OBJECT_POINTERS {
  PVOID DataSectionObject;
  PVOID SharedCacheMap;
  PVOID ImageSectionObject;
} SECTION_OBJECT_POINTERS, *PSECTION_OBJECT_POINTERS;

typedef struct _IO_STATUS_BLOCK {
  CONCORD_UNNAMED union {
    NTSTATUS Status;
    PVOID Pointer;
  };
  ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

/* A text of 16-bit characters, which need not end with a null. Lengths are in bytes. */
typedef struct _UNICODE_STRING {
  USHORT Length;
  USHORT MaximumLength;
  PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;

/* Objects that are not here: a volume is what the program says it is, the others are ignored. */
typedef PVOID PDEVICE_OBJECT, PVPB, PETHREAD, PIRP;

#define IO_TYPE_FILE 5
#define FO_WRITE_THROUGH 0x00000010  /* what is written through the handle is in the store, durable, on return */
#define FO_FILE_MODIFIED 0x00001000     /* set by the FsRtl routines, as are the next two */
#define FO_FILE_SIZE_CHANGED 0x00002000
#define FO_TEMPORARY_FILE 0x00008000 /* CcIsThereDirtyData does not count the file */
#define FO_FILE_FAST_IO_READ 0x00080000

/*
 * A handle, made by ConcordOpenFile or by a file system itself (ConcordAttach). The program may set Vpb, FsContext,
 * FsContext2, the booleans and Flags; PrivateCacheMap is not NULL while caching is initialised for the handle.
 */
typedef struct _FILE_OBJECT {
  CSHORT Type;
  CSHORT Size;
  PDEVICE_OBJECT DeviceObject;
  PVPB Vpb;
  PVOID FsContext;
  PVOID FsContext2;
  PSECTION_OBJECT_POINTERS SectionObjectPointer;
  PVOID PrivateCacheMap;
  NTSTATUS FinalStatus;
  struct _FILE_OBJECT *RelatedFileObject;
  BOOLEAN LockOperation;
  BOOLEAN DeletePending;
  BOOLEAN ReadAccess;
  BOOLEAN WriteAccess;
  BOOLEAN DeleteAccess;
  BOOLEAN SharedRead;
  BOOLEAN SharedWrite;
  BOOLEAN SharedDelete;
  ULONG Flags;
  UNICODE_STRING FileName;
  LARGE_INTEGER CurrentByteOffset; /* moved by the FsRtl routines */
  ULONG Waiters;                   /* this and what follows is not used */
  ULONG Busy;
  PVOID LastLock;
  ULONGLONG Lock[3];
  ULONGLONG Event[3];
  PVOID CompletionContext;
  ULONG_PTR IrpListLock;
  ULONGLONG IrpList[2];
  PVOID FileObjectExtension;
} FILE_OBJECT, *PFILE_OBJECT;

/* ---- The two routines that all is about ---- */

#define CC_FLUSH_AND_PURGE_NO_PURGE 0x1
#define CC_FLUSH_AND_PURGE_GATHER_DIRTY_BITS 0x2
#define CC_FLUSH_AND_PURGE_WRITEABLE_VIEWS_NOTSEEN 0x4

VOID CcCoherencyFlushAndPurgeCache(
    PSECTION_OBJECT_POINTERS SectionObjectPointer,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    PIO_STATUS_BLOCK IoStatus,
    ULONG Flags);

/* At PASSIVE_LEVEL a range that cannot be read is left alone, and ConcordLastError says so. */
VOID KeInvalidateRangeAllCaches(PVOID BaseAddress, ULONG Length);

/* ---- Statuses ---- */

#define NT_SUCCESS(Status) (((NTSTATUS)(Status)) >= 0)

#define STATUS_SUCCESS ((NTSTATUS)0x00000000L)
#define STATUS_ABANDONED ((NTSTATUS)0x00000080L)         /* a success: acquired from a thread that has ended with it */
#define STATUS_TIMEOUT ((NTSTATUS)0x00000102L)           /* a success */
#define STATUS_PENDING ((NTSTATUS)0x00000103L)           /* a success: it ends later */
#define STATUS_CACHE_PAGE_LOCKED ((NTSTATUS)0x00000115L) /* a success: flushed, but some page stayed in a cache */
#define STATUS_ACCESS_VIOLATION ((NTSTATUS)0xC0000005L)
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000DL)
#define STATUS_END_OF_FILE ((NTSTATUS)0xC0000011L)
#define STATUS_ACCESS_DENIED ((NTSTATUS)0xC0000022L)
#define STATUS_OBJECT_NAME_NOT_FOUND ((NTSTATUS)0xC0000034L)
#define STATUS_SHARING_VIOLATION ((NTSTATUS)0xC0000043L)
#define STATUS_DISK_FULL ((NTSTATUS)0xC000007FL)
#define STATUS_INSUFFICIENT_RESOURCES ((NTSTATUS)0xC000009AL)
#define STATUS_MEDIA_WRITE_PROTECTED ((NTSTATUS)0xC00000A2L)
#define STATUS_NOT_SUPPORTED ((NTSTATUS)0xC00000BBL)
#define STATUS_CANT_WAIT ((NTSTATUS)0xC00000D8L)
#define STATUS_INTERNAL_ERROR ((NTSTATUS)0xC00000E5L)
#define STATUS_INVALID_USER_BUFFER ((NTSTATUS)0xC00000E8L)
#define STATUS_UNEXPECTED_IO_ERROR ((NTSTATUS)0xC00000E9L)
#define STATUS_CANCELLED ((NTSTATUS)0xC0000120L)
#define STATUS_FILE_CLOSED ((NTSTATUS)0xC0000128L)
#define STATUS_DLL_INIT_FAILED ((NTSTATUS)0xC0000142L) /* Concord could not be started */
#define STATUS_IO_DEVICE_ERROR ((NTSTATUS)0xC0000185L)
#define STATUS_POSSIBLE_DEADLOCK ((NTSTATUS)0xC0000194L)
#define STATUS_USER_MAPPED_FILE ((NTSTATUS)0xC0000243L)
#define STATUS_RESOURCE_NOT_OWNED ((NTSTATUS)0xC0000264L)
#define STATUS_PURGE_FAILED ((NTSTATUS)0xC0000435L)
#define STATUS_RESOURCE_IN_USE ((NTSTATUS)0xC0000708L)
#define STATUS_DISK_QUOTA_EXCEEDED ((NTSTATUS)0xC0000802L)
#define STATUS_FILE_TOO_LARGE ((NTSTATUS)0xC0000904L)

/* ---- Concord's own ---- */

/*
 * What a call of CcCoherencyFlushAndPurgeCache came to. NT_SUCCESS is true of the first two, so that callers overlook the
 * second: the store is up to date, and somebody may still see old bytes.
 */
typedef enum _CONCORD_OUTCOME {
  ConcordDone,                  /* all was written, and every copy that was to go is gone */
  ConcordFlushedNotInvalidated, /* all was written, but some copy stayed, or nobody knows: STATUS_CACHE_PAGE_LOCKED */
  ConcordFailed                 /* something could not be written, or the call was refused */
} CONCORD_OUTCOME;

static inline CONCORD_OUTCOME ConcordOutcome(const IO_STATUS_BLOCK *IoStatus) {
  if (IoStatus->Status == STATUS_CACHE_PAGE_LOCKED) return ConcordFlushedNotInvalidated;
  return NT_SUCCESS(IoStatus->Status) ? ConcordDone : ConcordFailed;
}

/* Starts Concord, once. Later calls return what the first one did. Blocks for some milliseconds. */
NTSTATUS ConcordStart(void);

/*
 * For a .NET program that has Concord.Nt, which calls this (NativeRoutines.Provide): C's calls are answered by that
 * program's routines, so that the process has one Concord. STATUS_RESOURCE_IN_USE when C has begun already.
 */
typedef PVOID (*CONCORD_FIND)(const char *Name);
NTSTATUS ConcordProvide(CONCORD_FIND Find);

/*
 * Why this thread's last call of a routine failed, in one line of UTF-8; NULL if it did not fail. The text is the thread's,
 * until its next call of a routine; asking again gives the same text. For people; programs go by statuses.
 */
const char *ConcordLastError(void);

/*
 * The same as a status: what the call would have raised in the kernel, or returned. STATUS_SUCCESS if it did not fail, and
 * STATUS_ABANDONED, a success too, if it took what a thread had left behind. What a callback of the program does with other
 * routines while the call is under way does not change it.
 */
NTSTATUS ConcordLastStatus(void);

/*
 * Checked mode, for the whole process, as Driver Verifier is for drivers. More rules are looked at, which takes time:
 * memory that was freed or overwritten, buffers that cannot be touched, locks taken outside a critical region, reads past
 * the end. And each call that breaks a rule writes a line to the standard error, beside its usual answer. Returns whether
 * it was on before. The environment variable CONCORD_CHECKS=1 turns it on when Concord starts.
 */
BOOLEAN ConcordSetChecks(BOOLEAN Enabled);

/* How a file is opened. */
#define CONCORD_OPEN_EXISTING 0x0ul     /* Concord's cache, for reading and writing; the file has to exist */
#define CONCORD_OPEN_READ_ONLY 0x1ul    /* for reading alone */
#define CONCORD_OPEN_CREATE 0x2ul       /* made if it does not exist */
#define CONCORD_OPEN_SYSTEM_CACHE 0x4ul /* the operating system's cache, which other programs use: to flush and purge */

/*
 * The most bytes that Concord's cache keeps in memory for this program; a quarter of what the program may use if this
 * is not called. Pages that the program holds (pins, mappings, MDLs) stay whatever is said here, and come on top of it.
 * STATUS_INVALID_PARAMETER when it is too little, which changes nothing, or when it was set or a file was opened already.
 */
NTSTATUS ConcordSetCapacity(ULONGLONG Bytes);

/*
 * Opens a file by its path, whose bytes are taken as they are. On success *FileObject is valid until ConcordCloseFile
 * succeeds. As in the kernel, caching begins with CcInitializeCacheMap: before, the routines that read, write, map, pin or
 * lock bytes refuse the handle. Sizes of 0, 0 and MAXLONGLONG mean those that the file has. A file in the operating
 * system's cache has no cache map; it can be flushed, purged and asked about. A file that is not closed is written when the
 * program returns from main or calls exit, as far as 5 seconds go; a program that ends in another way may lose what is dirty.
 * STATUS_SHARING_VIOLATION: somebody has the file in a way that excludes this, or it is attached (ConcordAttachFile).
 */
NTSTATUS ConcordOpenFile(const char *Path, ULONG Flags, PFILE_OBJECT *FileObject);

/*
 * Writes back what is dirty, makes it durable, and closes the handle, whose caching it ends. When writing fails, the
 * status says why, the handle stays open, and nothing is lost. STATUS_RESOURCE_IN_USE: something holds pages, or a thread
 * has the lock; the handle stays open too.
 */
NTSTATUS ConcordCloseFile(PFILE_OBJECT FileObject);

/*
 * The lock of a stream. It belongs to the thread that acquired it, which may acquire it again, and releases it as often.
 * When that thread ends without releasing it, the next one gets it, with STATUS_ABANDONED: what it protects may be half done.
 * Of a file object that is attached it is the main resource of the control block, taken in a critical region: the same as
 * FsRtlEnterFileSystem and ExAcquireResourceExclusiveLite. Without a control block it orders the callers of these three.
 */
NTSTATUS ConcordAcquireExclusive(PFILE_OBJECT FileObject);
NTSTATUS ConcordAcquireShared(PFILE_OBJECT FileObject);
NTSTATUS ConcordRelease(PFILE_OBJECT FileObject);

/* ---- File systems that bring their own file objects, section object pointers and way to the disk ---- */

/*
 * The way to the disk: functions that the cache calls, each with the context of ConcordAttach. They are called on any
 * thread, several at once; what a routine needs for its caller comes on the thread that called it. A function must not use
 * the stream that it is called for, nor wait for a call of another thread that does: a flush has the file to itself while
 * its Write is under way, and other calls of that file may have to wait until it is over. Where a view writes behind the
 * valid data the store sees to the gap itself, as file systems do for paging I/O: what it never got reads as zeros.
 *
 * How a call went: STATUS_SUCCESS alone means that it did what it was for. Any other status is a failure, and what was to
 * be written stays dirty. It does not matter where the status stands: returned, in IoStatus->Status, or given to
 * ConcordCompleteRequest. (STATUS_TIMEOUT and other successes are failures too, told as STATUS_UNEXPECTED_IO_ERROR.)
 * IoStatus comes with STATUS_SUCCESS and Information 0, for a write with Information = Length. After a write Information
 * must be Length: otherwise the write has failed, and all of it is done again later.
 *
 * A call that returns STATUS_PENDING is over when ConcordCompleteRequest was called with its request.
 */
typedef NTSTATUS (*PCONCORD_TRANSFER)(
    PVOID Context,
    LARGE_INTEGER Offset,
    ULONG Length,
    PVOID Buffer,
    PIO_STATUS_BLOCK IoStatus, /* Information: the bytes that were read or written */
    PVOID Request);
typedef NTSTATUS (*PCONCORD_FLUSH)(PVOID Context, PVOID Request);
typedef NTSTATUS (*PCONCORD_SET_LENGTH)(PVOID Context, LARGE_INTEGER Length, PVOID Request);

#define CONCORD_STORE_READ_ONLY 0x1

typedef struct _CONCORD_STORE {
  ULONG Size; /* sizeof(CONCORD_STORE) */
  ULONG Flags;

  /*
   * Reads bytes, and says in Information how many. When they are fewer than Length, the rest is asked for by a further
   * call. None at all, or STATUS_END_OF_FILE, means that the store ends there. If the file as the cache knows it goes on,
   * bytes are missing: whoever reads gets STATUS_END_OF_FILE.
   */
  PCONCORD_TRANSFER Read;

  /* Writes all of the buffer, and makes the store longer where it ends before. NULL with CONCORD_STORE_READ_ONLY. */
  PCONCORD_TRANSFER Write;

  /* Makes durable what was written before. NULL where a write is durable when it is over. */
  PCONCORD_FLUSH Flush;

  /*
   * Makes the store longer or shorter, when the cache is told another size than before: by CcInitializeCacheMap, by
   * CcSetFileSizes, or by what is put where CcGetFileSizePointer points to. Not called when a write makes the file longer:
   * Write does that. NULL where the file system sees to its lengths itself.
   */
  PCONCORD_SET_LENGTH SetLength;
} CONCORD_STORE, *PCONCORD_STORE;

/*
 * Makes a file system's own file object one that the routines take. SectionObjectPointer points to a structure that all
 * file objects of the stream share; the first brings it empty. FsContext is NULL or the control block, which begins with
 * an FSRTL_COMMON_FCB_HEADER: its main resource is the stream's lock. A further file object of the stream gives the same
 * store, or NULL. The memory stays where it is until the file object is detached. The size is the control block's FileSize
 * until CcInitializeCacheMap tells another; that of a read-only store stays the control block's.
 */
NTSTATUS ConcordAttach(PFILE_OBJECT FileObject, const CONCORD_STORE *Store, PVOID Context);

/*
 * The same for a stream whose bytes are those of a file, by its path: Concord reads and writes the file, and calls nobody.
 * Flags: CONCORD_OPEN_EXISTING, CONCORD_OPEN_READ_ONLY, CONCORD_OPEN_CREATE. Further file objects of the stream give the
 * same path. A file is attached in this way or opened by ConcordOpenFile, not both.
 */
NTSTATUS ConcordAttachFile(PFILE_OBJECT FileObject, const char *Path, ULONG Flags);

/*
 * Ends that, and the handle's caching. With the last file object of a stream what is dirty is made durable first, and then
 * nothing of the file system is called or touched any more. The thread must not have the main resource. When it fails, the
 * file object stays attached and nothing is lost.
 */
NTSTATUS ConcordDetach(PFILE_OBJECT FileObject);

/* Ends a call that returned STATUS_PENDING, or is about to; on any thread. Information: the bytes read or written. */
NTSTATUS ConcordCompleteRequest(PVOID Request, NTSTATUS Status, ULONG_PTR Information);

/* ---- Views: a stream as memory of the program, as users map files ---- */

#define CONCORD_VIEW_WRITABLE 0x1 /* what is written to the view is written to the file */
#define CONCORD_VIEW_PRIVATE 0x2  /* what is written to the view is seen there alone */

/*
 * Shows a part of a stream at an address that stays valid until ConcordUnmapView: all of it up to its end when Length is 0,
 * from its beginning when FileOffset is NULL. The coherency routine collects what was written to a view, and with a purge
 * takes the old bytes out of it; the next touch brings in the new ones. With CC_FLUSH_AND_PURGE_WRITEABLE_VIEWS_NOTSEEN the
 * caller says that there is no view, and none is looked at; a writable one is looked at all the same.
 * A touch of a page that is not there has it read on a thread of Concord's own, which calls the stream's store: hold no lock
 * that the store takes while you touch a view. A page that cannot be read raises SIGBUS. A child of fork has no view.
 * STATUS_NOT_SUPPORTED: this machine has no views, and ConcordLastError says what to set.
 */
NTSTATUS ConcordMapView(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, SIZE_T Length, ULONG Flags, PVOID *BaseAddress);

/* Ends a view that nobody touches any more. What was written to it is written back as any write. */
NTSTATUS ConcordUnmapView(PVOID BaseAddress);

#ifdef __cplusplus
}
#endif

#ifdef CONCORD_NO_NT_TYPES
#include "concord_show.h"
#endif

#endif
