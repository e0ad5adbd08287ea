/*
 * Concord for C and C++: routines of the Windows kernel that keep caches coherent, under their own names, in an
 * ordinary program. Prototypes, types, values and preconditions are those that are documented for Windows; where a
 * routine differs, docs/nt-api.md says so and why.
 *
 * Compile src/concord.c with the program, or link libconcord.a. The first call of any routine starts .NET, which takes
 * about a fifth of a second; a program that wants to choose the moment, or to hear of a failure, calls ConcordStart.
 *
 * Every routine may be called from any thread. None throws, jumps or raises: a routine that would raise in the kernel
 * returns what says "not done" (FALSE, an error status, NULL), and ConcordLastError tells why.
 */
#ifndef CONCORD_H
#define CONCORD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Types, in the widths they have on 64-bit Windows ---- */

typedef void *PVOID;
typedef int8_t CCHAR;
typedef int16_t CSHORT, SHORT;
typedef uint16_t USHORT;
typedef int32_t LONG;
typedef uint32_t ULONG, *PULONG;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG;
typedef uintptr_t ULONG_PTR;
typedef size_t SIZE_T;
typedef uint8_t BOOLEAN, UCHAR, KIRQL, *PKIRQL;
typedef LONG NTSTATUS;

#ifndef TRUE
#define TRUE 1
#define FALSE 0
#endif

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

/* A handle. FsContext and FsContext2 are the caller's own. */
typedef struct _FILE_OBJECT {
  CSHORT Type;
  CSHORT Size;
  PVOID DeviceObject;
  PVOID Vpb;
  PVOID FsContext;
  PVOID FsContext2;
  PSECTION_OBJECT_POINTERS SectionObjectPointer;
  PVOID PrivateCacheMap;
} FILE_OBJECT, *PFILE_OBJECT;

/* ---- Statuses ---- */

#define NT_SUCCESS(Status) (((NTSTATUS)(Status)) >= 0)

#define STATUS_SUCCESS ((NTSTATUS)0x00000000L)
#define STATUS_CACHE_PAGE_LOCKED ((NTSTATUS)0x00000115L) /* a success: flushed, but some page stayed in a cache */
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000DL)
#define STATUS_ACCESS_DENIED ((NTSTATUS)0xC0000022L)
#define STATUS_OBJECT_NAME_NOT_FOUND ((NTSTATUS)0xC0000034L)
#define STATUS_DISK_FULL ((NTSTATUS)0xC000007FL)
#define STATUS_INSUFFICIENT_RESOURCES ((NTSTATUS)0xC000009AL)
#define STATUS_MEDIA_WRITE_PROTECTED ((NTSTATUS)0xC00000A2L)
#define STATUS_NOT_SUPPORTED ((NTSTATUS)0xC00000BBL)
#define STATUS_CANT_WAIT ((NTSTATUS)0xC00000D8L)
#define STATUS_INTERNAL_ERROR ((NTSTATUS)0xC00000E5L)
#define STATUS_UNEXPECTED_IO_ERROR ((NTSTATUS)0xC00000E9L)
#define STATUS_CANCELLED ((NTSTATUS)0xC0000120L)
#define STATUS_FILE_CLOSED ((NTSTATUS)0xC0000128L)
#define STATUS_DLL_INIT_FAILED ((NTSTATUS)0xC0000142L) /* .NET or Concord could not be started */
#define STATUS_IO_DEVICE_ERROR ((NTSTATUS)0xC0000185L)
#define STATUS_POSSIBLE_DEADLOCK ((NTSTATUS)0xC0000194L)
#define STATUS_RESOURCE_NOT_OWNED ((NTSTATUS)0xC0000264L)
#define STATUS_RESOURCE_IN_USE ((NTSTATUS)0xC0000708L)

/* ---- Concord's own ---- */

/* Starts .NET and Concord, once. Later calls return what the first one did. Blocks for about a fifth of a second. */
NTSTATUS ConcordStart(void);

/*
 * Why this thread's last call of a routine of this header failed, as a sentence in UTF-8; NULL if it did not fail. The
 * text is the thread's, until its next call. For people; programs go by statuses.
 */
const char *ConcordLastError(void);

/* How a file is opened. */
#define CONCORD_OPEN_EXISTING 0x0ul     /* Concord's cache, for reading and writing; the file has to exist */
#define CONCORD_OPEN_READ_ONLY 0x1ul    /* for reading alone */
#define CONCORD_OPEN_CREATE 0x2ul       /* made if it does not exist */
#define CONCORD_OPEN_SYSTEM_CACHE 0x4ul /* the operating system's cache, which other programs use: to flush and purge */

/*
 * The most bytes that Concord's cache keeps in memory for this program; a quarter of what the program may use if this
 * is not called. STATUS_INVALID_PARAMETER when it is too little, or when a file was opened already.
 */
NTSTATUS ConcordSetCapacity(ULONGLONG Bytes);

/* Opens a file by its path in UTF-8. On success *FileObject is valid until ConcordCloseFile succeeds. */
NTSTATUS ConcordOpenFile(const char *Path, ULONG Flags, PFILE_OBJECT *FileObject);

/*
 * Writes back what is dirty, makes it durable, and closes the handle. When writing fails, the status says why, the
 * handle stays open, and nothing is lost. STATUS_RESOURCE_IN_USE: something holds pages, or a thread has the lock; the
 * handle stays open too.
 */
NTSTATUS ConcordCloseFile(PFILE_OBJECT FileObject);

/*
 * The lock of a stream. It belongs to the thread that acquired it, which may acquire it again, and releases it as often.
 * (In a driver: ExAcquireResourceExclusiveLite and its kin, on the resource of the file's control block.)
 */
NTSTATUS ConcordAcquireExclusive(PFILE_OBJECT FileObject);
NTSTATUS ConcordAcquireShared(PFILE_OBJECT FileObject);
NTSTATUS ConcordRelease(PFILE_OBJECT FileObject);

/* ---- ntddk.h ---- */

#define PASSIVE_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2
#define HIGH_LEVEL 15

/* The calling thread's level: what the routines check. A level out of range changes nothing. */
KIRQL KeGetCurrentIrql(void);
void KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql);
void KeLowerIrql(KIRQL NewIrql);

/* At PASSIVE_LEVEL a range that cannot be read is left alone, and ConcordLastError says so. */
void KeInvalidateRangeAllCaches(PVOID BaseAddress, ULONG Length);

/* The regions that a .NET program registered. The value is to be ignored. */
BOOLEAN KeInvalidateAllCaches(void);

/* ---- ntifs.h ---- */

#define CC_FLUSH_AND_PURGE_NO_PURGE 0x1
#define CC_FLUSH_AND_PURGE_GATHER_DIRTY_BITS 0x2
#define CC_FLUSH_AND_PURGE_WRITEABLE_VIEWS_NOTSEEN 0x4

void CcCoherencyFlushAndPurgeCache(
    PSECTION_OBJECT_POINTERS SectionObjectPointer,
    PLARGE_INTEGER FileOffset,
    ULONG Length,
    PIO_STATUS_BLOCK IoStatus,
    ULONG Flags);

#ifdef __cplusplus
}
#endif

#endif
