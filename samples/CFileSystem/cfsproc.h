/* What the parts of the file system know of each other. */
#ifndef CFSPROC_H
#define CFSPROC_H

#include "cfs.h"
#include "ondisk.h"

/*
 * Locks, in their order: Vcb->Resource (which files are open), a file's main resource, its resource of paging I/O,
 * that of its valid data on the disk, the volume stream's main resource (the bitmap and the directory: one
 * transaction at a time), its resource of paging I/O, the log's. Who has a resource of paging I/O alone, or one
 * behind it, calls no routine of the cache: the cache may be waiting for paging I/O.
 */

/* ---- The disk: an image file (disk.c) ---- */

typedef struct _DISK DISK, *PDISK;

NTSTATUS CfsDiskCreate(const char *Path, LONGLONG Bytes);
NTSTATUS CfsDiskOpen(const char *Path, PDISK *Disk);
VOID CfsDiskClose(PDISK Disk);
NTSTATUS CfsDiskRead(PDISK Disk, LONGLONG Offset, ULONG Length, PVOID Buffer);
NTSTATUS CfsDiskWrite(PDISK Disk, LONGLONG Offset, ULONG Length, const VOID *Buffer);

/* What was written before is durable when it returns STATUS_SUCCESS. */
NTSTATUS CfsDiskFlush(PDISK Disk);

/* ---- The write-ahead log (log.c) ---- */

typedef struct _LOG {
  PDISK Disk;
  LONGLONG Offset; /* in the image */
  ULONG Bytes;
  ERESOURCE Resource; /* owns what follows */
  PUCHAR Buffer;      /* the whole log as it is to be */
  LONGLONG StartLsn;  /* of the buffer's first byte; a byte's number never comes again */
  LONGLONG NextLsn;
  LONGLONG FlushedLsn; /* what lies below is durable */
  NTSTATUS Failure;    /* once the log could not be written, nothing that it should precede may be */
} LOG, *PLOG;

/* What is done with a change when the log is replayed. */
typedef NTSTATUS (*PCFS_REDO)(PVOID Context, LONGLONG Offset, ULONG Length, const VOID *Bytes);

NTSTATUS CfsLogOpen(PLOG Log, PDISK Disk, const SUPER_BLOCK *Super);
NTSTATUS CfsLogReplay(PLOG Log, PCFS_REDO Redo, PVOID Context);
VOID CfsLogClose(PLOG Log);
BOOLEAN CfsLogHasRoom(PLOG Log, ULONG Bytes);
LONGLONG CfsLogNextLsn(PLOG Log);
VOID CfsLogAppend(PLOG Log, PLOG_RECORD Record);
NTSTATUS CfsLogFlush(PLOG Log, LONGLONG Lsn);
NTSTATUS CfsLogFailure(PLOG Log);

/* Empties the log: the caller has made durable, in its place, all that it says. */
NTSTATUS CfsLogRestart(PLOG Log);
NTSTATUS CfsWriteRestartArea(PDISK Disk, LONGLONG StartLsn, ULONG LogBytes);
ULONGLONG CfsChecksum(const VOID *Bytes, SIZE_T Length);

/* ---- Control blocks ---- */

/* A stream: a file, or the volume's own structures. */
typedef struct _FCB {
  FSRTL_ADVANCED_FCB_HEADER Header; /* first: the routines find the locks and sizes here */
  SECTION_OBJECT_POINTERS SectionObjectPointers;
  ERESOURCE MainResource, PagingIoResource, DiskResource;
  PVCB Vcb;
  LIST_ENTRY Links; /* in Vcb->Fcbs; owned by Vcb->Resource, as are the next three */
  ULONG OpenCount, UncleanCount;
  BOOLEAN IsDeleted; /* its record is gone: nobody finds it any more */
  ULONG RecordIndex;
  ULONG State; /* FCB_*; owned by the main resource, as are the next two */
  ULONG PurgeFailureMode;
  ULONG ExtentCount;
  EXTENT Extents[CFS_EXTENTS]; /* changed with both resources, read with either */

  /* The sizes that the record has: not behind bytes that are not durable. Owned by the main resource. */
  LONGLONG RecordFileSize, RecordValidDataLength;

  /*
   * How far the disk has the file's bytes, or zeros: behind that it has what other files left. Owned by DiskResource.
   * The valid data length is behind it where bytes are in the cache alone, and before it where a view wrote them.
   */
  LONGLONG ValidOnDisk;
  UNICODE_STRING Name;
  WCHAR NameBuffer[CFS_NAME_CHARACTERS];
} FCB, *PFCB;

#define FCB_DELETE_ON_CLOSE 0x1
#define FCB_CUT 0x2            /* made shorter since caching began */
#define FCB_WRITTEN_AROUND 0x4 /* written past the cache since the last flush */

struct _VCB {
  PDISK Disk;
  SUPER_BLOCK Super;
  LOG Log;
  ERESOURCE Resource;
  LIST_ENTRY Fcbs;
  FCB VolumeFcb; /* the image up to its first data block, at the same offsets */
  PFILE_OBJECT VolumeFile;
};

/* The record of one open. */
typedef struct _CCB {
  ULONG Options;
  BOOLEAN InPurgeFailureMode;
} CCB, *PCCB;

#define CfsFcb(FileObject) ((PFCB)(FileObject)->FsContext)
#define CfsCcb(FileObject) ((PCCB)(FileObject)->FsContext2)

/*
 * Routines that return TRUE, or raise: what they raised. (In a driver: what __except catches.) Only with Wait, where
 * FALSE is always a raise.
 */
static inline NTSTATUS CfsStatusOf(BOOLEAN Succeeded) { return Succeeded ? STATUS_SUCCESS : ConcordLastStatus(); }

static inline VOID CfsAcquireExclusive(PERESOURCE Resource) { (void)ExAcquireResourceExclusiveLite(Resource, TRUE); }
static inline VOID CfsAcquireShared(PERESOURCE Resource) { (void)ExAcquireResourceSharedLite(Resource, TRUE); }

static inline LONGLONG CfsRoundToBlocks(LONGLONG Bytes) { return (Bytes + CFS_BLOCK - 1) & ~(LONGLONG)(CFS_BLOCK - 1); }

/* volume.c */
NTSTATUS CfsReadSuper(PDISK Disk, PSUPER_BLOCK Super);

/* fcb.c */
VOID CfsInitializeFcb(PFCB Fcb, PVCB Vcb);
VOID CfsDeleteFcb(PFCB Fcb);
PFILE_OBJECT CfsNewFileObject(PFCB Fcb, ULONG Options);
VOID CfsFreeFileObject(PFILE_OBJECT FileObject);
LONGLONG CfsAllocationSize(const EXTENT *Extents, ULONG Count);
NTSTATUS CfsTellSizes(PFILE_OBJECT FileObject);
NTSTATUS CfsInitializeCaching(PFILE_OBJECT FileObject, BOOLEAN PinAccess);

/* paging.c */
extern const CONCORD_STORE CfsFileStore, CfsVolumeStore;
extern CACHE_MANAGER_CALLBACKS CfsCallbacks;
NTSTATUS CfsReadDisk(PFCB Fcb, LONGLONG Offset, ULONG Length, PVOID Buffer);
NTSTATUS CfsWriteDisk(PFCB Fcb, LONGLONG Offset, ULONG Length, PVOID Buffer);
VOID CfsSetValidOnDisk(PFCB Fcb, LONGLONG Valid);
VOID CfsCutValidOnDisk(PFCB Fcb, LONGLONG Size);

/* ---- Transactions on the volume's structures (transact.c) ---- */

typedef struct _EDIT {
  LONGLONG Offset; /* of the page, in the volume stream */
  PVOID Bcb;
  PUCHAR Page;     /* as the cache has it */
  ULONG Low, High; /* what of it is changed */
  UCHAR After[CFS_BLOCK];
} EDIT, *PEDIT;

#define CFS_EDITS 16

typedef struct _TRANSACTION {
  PVCB Vcb;
  ULONG Count;
  PEDIT Edits[CFS_EDITS];
} TRANSACTION, *PTRANSACTION;

NTSTATUS CfsBegin(PTRANSACTION Transaction, PVCB Vcb);
NTSTATUS CfsEditPage(PTRANSACTION Transaction, LONGLONG Offset, PEDIT *Edit);
VOID CfsNoteChange(PEDIT Edit, ULONG Low, ULONG High);

/* All of the changes are in memory and in the log; with IsDurable, durable. The transaction is over in any case. */
NTSTATUS CfsCommit(PTRANSACTION Transaction, BOOLEAN IsDurable);
VOID CfsAbort(PTRANSACTION Transaction);
NTSTATUS CfsCheckpoint(PVCB Vcb);

/* alloc.c */
NTSTATUS CfsAddAllocation(PFILE_OBJECT FileObject, LONGLONG Bytes);
NTSTATUS CfsTrimAllocation(PFCB Fcb, LONGLONG Bytes);
NTSTATUS CfsFreeExtents(PTRANSACTION Transaction, const EXTENT *Extents, ULONG Count);

/* directory.c: the caller has the volume stream's main resource */
NTSTATUS CfsFindRecord(PVCB Vcb, PCUNICODE_STRING Name, PULONG Index, PFILE_RECORD Record);
NTSTATUS CfsEditRecord(PTRANSACTION Transaction, ULONG Index, PFILE_RECORD *Record);
NTSTATUS CfsNewRecord(PVCB Vcb, PCUNICODE_STRING Name, PULONG Index, PFILE_RECORD Record);
NTSTATUS CfsDeleteRecord(PFCB Fcb);

/* flush.c: the caller has the file's main resource alone */
VOID CfsTakeOverValidData(PFCB Fcb);
NTSTATUS CfsFlushFile(PFCB Fcb);
NTSTATUS CfsUpdateRecord(PFCB Fcb);

/* fileinfo.c: the caller has the file's main resource alone */
NTSTATUS CfsExtendFile(PFILE_OBJECT FileObject, LONGLONG NewSize);
NTSTATUS CfsCutCache(PFILE_OBJECT FileObject, LONGLONG NewSize);
NTSTATUS CfsCutFile(PFILE_OBJECT FileObject, LONGLONG NewSize);

#endif
