/*
 * CFileSystem: a small file system in the way drivers for Windows are written, in one image file, as a library. There
 * are no requests here: each routine is what a dispatch routine does, called by the thread that wants it. Every
 * routine may block, and may be called by any thread.
 */
#ifndef CFS_H
#define CFS_H

#include <ntifs.h>

/* Documented words that Concord itself has no use for. */
#ifndef FILE_OPEN
#define FILE_OPEN 0x1
#define FILE_CREATE 0x2
#define FILE_OPEN_IF 0x3
#define FILE_WRITE_THROUGH 0x2
#define FILE_NO_INTERMEDIATE_BUFFERING 0x8
#define FILE_DELETE_ON_CLOSE 0x1000
#endif
#ifndef FO_NO_INTERMEDIATE_BUFFERING
#define FO_NO_INTERMEDIATE_BUFFERING 0x00000008
#endif
#ifndef FO_CLEANUP_COMPLETE
#define FO_CLEANUP_COMPLETE 0x00004000
#endif
#ifndef STATUS_NO_MORE_FILES
#define STATUS_NO_MORE_FILES ((NTSTATUS)0x80000006L)
#endif
#ifndef STATUS_OBJECT_NAME_INVALID
#define STATUS_OBJECT_NAME_INVALID ((NTSTATUS)0xC0000033L)
#endif
#ifndef STATUS_OBJECT_NAME_COLLISION
#define STATUS_OBJECT_NAME_COLLISION ((NTSTATUS)0xC0000035L)
#endif
#ifndef STATUS_DISK_CORRUPT_ERROR
#define STATUS_DISK_CORRUPT_ERROR ((NTSTATUS)0xC0000032L)
#endif
#ifndef STATUS_DELETE_PENDING
#define STATUS_DELETE_PENDING ((NTSTATUS)0xC0000056L)
#endif
#ifndef STATUS_CANNOT_DELETE
#define STATUS_CANNOT_DELETE ((NTSTATUS)0xC0000121L)
#endif
#ifndef STATUS_UNRECOGNIZED_VOLUME
#define STATUS_UNRECOGNIZED_VOLUME ((NTSTATUS)0xC000014FL)
#endif

typedef struct _VCB VCB, *PVCB;

/* ---- Volumes ---- */

/* Makes an image of that many bytes with an empty volume. A file that is there is overwritten. */
NTSTATUS CfsFormatVolume(const char *ImagePath, ULONGLONG Bytes);

/* Mounts an image, after what its log says has been done. STATUS_SHARING_VIOLATION: somebody has it mounted. */
NTSTATUS CfsMountVolume(const char *ImagePath, PVCB *Vcb);

/* Makes everything durable: each file as CfsFlushBuffers does, and the volume's own structures in their places. */
NTSTATUS CfsFlushVolume(PVCB Vcb);

/* STATUS_RESOURCE_IN_USE while a file is open. When it fails, the volume stays mounted. */
NTSTATUS CfsDismountVolume(PVCB Vcb);

/*
 * Looks at an image that nobody has mounted, as if its log had been replayed: each block belongs to one file or is
 * free, each record is in order. STATUS_DISK_CORRUPT_ERROR, and Why says what is wrong. Changes nothing.
 */
NTSTATUS CfsCheckVolume(const char *ImagePath, char *Why, ULONG WhyBytes);

typedef struct _CFS_DIRECTORY_ENTRY {
  LONGLONG FileSize; /* as the record has it: a file that is open may be longer */
  UNICODE_STRING Name;
  WCHAR NameBuffer[64];
} CFS_DIRECTORY_ENTRY, *PCFS_DIRECTORY_ENTRY;

/* The next file of the directory; begins with *Index 0. STATUS_NO_MORE_FILES at the end. */
NTSTATUS CfsQueryDirectory(PVCB Vcb, PULONG Index, PCFS_DIRECTORY_ENTRY Entry);

/* ---- Files: each file object ends with CfsCleanup and then CfsClose ---- */

/*
 * Options: FILE_WRITE_THROUGH, FILE_NO_INTERMEDIATE_BUFFERING, FILE_DELETE_ON_CLOSE. A new file is durable with a
 * flush.
 */
NTSTATUS CfsCreate(PVCB Vcb, PCUNICODE_STRING Name, ULONG Disposition, ULONG Options, PFILE_OBJECT *FileObject);

/*
 * The user's last handle is gone: caching ends, and a file that is to be deleted is, durably. When deleting fails the
 * file stays, and the file object is cleaned up all the same.
 */
NTSTATUS CfsCleanup(PFILE_OBJECT FileObject);

/*
 * The last reference is gone. With a file's last one what is dirty is written; where that fails the file object
 * stays.
 */
NTSTATUS CfsClose(PFILE_OBJECT FileObject);

/* ---- Bytes. Past the cache, offsets and lengths are whole sectors of 512 bytes ---- */

/* STATUS_END_OF_FILE: there is nothing at the offset. Information: the bytes that were read. */
NTSTATUS CfsRead(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus);
NTSTATUS CfsWrite(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus);

/* As IRP_MN_MDL: the bytes in place. The file is written before CfsMdlWriteComplete returns, and not before. */
NTSTATUS CfsMdlRead(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus);
NTSTATUS CfsMdlReadComplete(PFILE_OBJECT FileObject, PMDL MdlChain);
NTSTATUS CfsPrepareMdlWrite(
    PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus);
NTSTATUS CfsMdlWriteComplete(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PMDL MdlChain);

/* What was written, the sizes and the name are durable when it returns STATUS_SUCCESS. */
NTSTATUS CfsFlushBuffers(PFILE_OBJECT FileObject);

/* ---- Sizes and the rest of what is set ---- */

typedef struct _CFS_SIZES {
  LONGLONG AllocationSize, FileSize, ValidDataLength;
} CFS_SIZES, *PCFS_SIZES;

VOID CfsQuerySizes(PFILE_OBJECT FileObject, PCFS_SIZES Sizes);

/* A cut is durable when it returns: its blocks may be another file's right away. */
NTSTATUS CfsSetEndOfFile(PFILE_OBJECT FileObject, LONGLONG NewSize);
NTSTATUS CfsSetAllocation(PFILE_OBJECT FileObject, LONGLONG NewAllocation);

/* Forward only, and not behind the end. What the disk happens to have there is valid then. */
NTSTATUS CfsSetValidDataLength(PFILE_OBJECT FileObject, LONGLONG NewValidDataLength);

/* The file goes with the last cleanup. */
NTSTATUS CfsSetDisposition(PFILE_OBJECT FileObject, BOOLEAN Delete);

/* FSCTL_SET_PURGE_FAILURE_MODE: a copy that cannot be dropped fails the write past the cache, or the cut. Counts. */
NTSTATUS CfsSetPurgeFailureMode(PFILE_OBJECT FileObject, BOOLEAN On);

#endif
