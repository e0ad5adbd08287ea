/*
 * What the cache calls: paging I/O, which a driver gets as requests with IRP_PAGING_IO, and the locks that
 * write-behind and read-ahead need before they may touch a file.
 */
#include "cfsproc.h"

/* Moves bytes between a buffer and the blocks that a file has. */
static NTSTATUS Transfer(PFCB Fcb, BOOLEAN IsWrite, LONGLONG Offset, ULONG Length, PVOID Buffer) {
  LONGLONG Start = 0; /* of the extent, in the file */
  for (ULONG i = 0; i < Fcb->ExtentCount && Length > 0; i++) {
    LONGLONG Bytes = (LONGLONG)Fcb->Extents[i].Count * CFS_BLOCK;
    if (Offset < Start + Bytes) {
      LONGLONG OnDisk = (LONGLONG)Fcb->Extents[i].Block * CFS_BLOCK + (Offset - Start);
      LONGLONG Rest = Start + Bytes - Offset;
      ULONG Count = Rest < Length ? (ULONG)Rest : Length;
      NTSTATUS Status = IsWrite ? CfsDiskWrite(Fcb->Vcb->Disk, OnDisk, Count, Buffer)
                                : CfsDiskRead(Fcb->Vcb->Disk, OnDisk, Count, Buffer);
      if (!NT_SUCCESS(Status)) return Status;
      Offset += Count;
      Length -= Count;
      Buffer = Add2Ptr(Buffer, Count);
    }

    Start += Bytes;
  }

  return Length == 0 ? STATUS_SUCCESS : STATUS_END_OF_FILE;
}

/* Reads blocks of a file; zeros behind what is valid of them. Called with one of the file's resources. */
NTSTATUS CfsReadDisk(PFCB Fcb, LONGLONG Offset, ULONG Length, PVOID Buffer) {
  CfsAcquireShared(&Fcb->DiskResource);
  LONGLONG Valid = Fcb->ValidOnDisk - Offset;
  ExReleaseResourceLite(&Fcb->DiskResource);
  ULONG FromDisk = Valid <= 0 ? 0 : Valid < Length ? (ULONG)Valid : Length;
  NTSTATUS Status = Transfer(Fcb, FALSE, Offset, FromDisk, Buffer);
  RtlZeroMemory(Add2Ptr(Buffer, FromDisk), Length - FromDisk);
  return Status;
}

static NTSTATUS ZeroDisk(PFCB Fcb, LONGLONG From, LONGLONG To) {
  static const UCHAR Zeros[16 * CFS_BLOCK];
  NTSTATUS Status = STATUS_SUCCESS;
  while (From < To && NT_SUCCESS(Status)) {
    ULONG Count = To - From < (LONGLONG)sizeof Zeros ? (ULONG)(To - From) : (ULONG)sizeof Zeros;
    Status = Transfer(Fcb, TRUE, From, Count, (PVOID)(ULONG_PTR)Zeros);
    From += Count;
  }

  return Status;
}

/* Writes blocks of a file; a write that leaves a gap fills it with zeros. Called with one of the file's resources. */
NTSTATUS CfsWriteDisk(PFCB Fcb, LONGLONG Offset, ULONG Length, PVOID Buffer) {
  CfsAcquireExclusive(&Fcb->DiskResource);
  if (Offset + Length <= Fcb->ValidOnDisk) {
    ExReleaseResourceLite(&Fcb->DiskResource);
    return Transfer(Fcb, TRUE, Offset, Length, Buffer);
  }

  NTSTATUS Status = ZeroDisk(Fcb, Fcb->ValidOnDisk, Offset);
  if (NT_SUCCESS(Status)) Status = Transfer(Fcb, TRUE, Offset, Length, Buffer);
  if (NT_SUCCESS(Status)) Fcb->ValidOnDisk = Offset + Length;
  ExReleaseResourceLite(&Fcb->DiskResource);
  return Status;
}

VOID CfsSetValidOnDisk(PFCB Fcb, LONGLONG Valid) {
  CfsAcquireExclusive(&Fcb->DiskResource);
  Fcb->ValidOnDisk = Valid;
  ExReleaseResourceLite(&Fcb->DiskResource);
}

/* What lies behind a cut is nothing of the file's any more, should it grow again. */
VOID CfsCutValidOnDisk(PFCB Fcb, LONGLONG Size) {
  CfsAcquireExclusive(&Fcb->DiskResource);
  if (Fcb->ValidOnDisk > Size) Fcb->ValidOnDisk = Size;
  ExReleaseResourceLite(&Fcb->DiskResource);
}

static VOID EnterPagingIo(PFCB Fcb) {
  FsRtlEnterFileSystem();
  CfsAcquireShared(&Fcb->PagingIoResource);
}

static VOID LeavePagingIo(PFCB Fcb) {
  ExReleaseResourceLite(&Fcb->PagingIoResource);
  FsRtlExitFileSystem();
}

/* ---- Files ---- */

static NTSTATUS ReadFilePages(
    PVOID Context, LARGE_INTEGER Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus, PVOID Request) {
  PFCB Fcb = Context;
  UNREFERENCED_PARAMETER(Request);
  EnterPagingIo(Fcb);
  LONGLONG Rest = CfsAllocationSize(Fcb->Extents, Fcb->ExtentCount) - Offset.QuadPart;
  ULONG Count = Rest < Length ? (ULONG)(Rest > 0 ? Rest : 0) : Length;
  NTSTATUS Status = CfsReadDisk(Fcb, Offset.QuadPart, Count, Buffer);
  LeavePagingIo(Fcb);
  IoStatus->Information = NT_SUCCESS(Status) ? Count : 0;
  return Status;
}

static NTSTATUS WriteFilePages(
    PVOID Context, LARGE_INTEGER Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus, PVOID Request) {
  PFCB Fcb = Context;
  UNREFERENCED_PARAMETER(Request);
  EnterPagingIo(Fcb);
  NTSTATUS Status = CfsWriteDisk(Fcb, Offset.QuadPart, Length, Buffer);
  LeavePagingIo(Fcb);
  IoStatus->Information = NT_SUCCESS(Status) ? Length : 0;
  return Status;
}

static NTSTATUS FlushDisk(PVOID Context, PVOID Request) {
  UNREFERENCED_PARAMETER(Request);
  return CfsDiskFlush(((PFCB)Context)->Vcb->Disk);
}

const CONCORD_STORE CfsFileStore = {
    .Size = sizeof(CONCORD_STORE), .Read = ReadFilePages, .Write = WriteFilePages, .Flush = FlushDisk};

/* ---- The volume's structures, which lie at the same offsets in the image ---- */

static NTSTATUS ReadVolumePages(
    PVOID Context, LARGE_INTEGER Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus, PVOID Request) {
  PFCB Fcb = Context;
  UNREFERENCED_PARAMETER(Request);
  EnterPagingIo(Fcb);
  NTSTATUS Status = CfsDiskRead(Fcb->Vcb->Disk, Offset.QuadPart, Length, Buffer);
  LeavePagingIo(Fcb);
  IoStatus->Information = NT_SUCCESS(Status) ? Length : 0;
  return Status;
}

/* The cache has asked for the log first. */
static NTSTATUS WriteVolumePages(
    PVOID Context, LARGE_INTEGER Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus, PVOID Request) {
  PFCB Fcb = Context;
  UNREFERENCED_PARAMETER(Request);
  EnterPagingIo(Fcb);
  NTSTATUS Status = CfsDiskWrite(Fcb->Vcb->Disk, Offset.QuadPart, Length, Buffer);
  LeavePagingIo(Fcb);
  IoStatus->Information = NT_SUCCESS(Status) ? Length : 0;
  return Status;
}

const CONCORD_STORE CfsVolumeStore = {
    .Size = sizeof(CONCORD_STORE), .Read = ReadVolumePages, .Write = WriteVolumePages, .Flush = FlushDisk};

/* ---- Write-behind and read-ahead ---- */

/* The thread is in the file system from here to the release. */
static BOOLEAN AcquireShared(PVOID Context, BOOLEAN Wait) {
  FsRtlEnterFileSystem();
  if (ExAcquireResourceSharedLite(&((PFCB)Context)->MainResource, Wait)) return TRUE;
  FsRtlExitFileSystem();
  return FALSE;
}

static VOID Release(PVOID Context) {
  ExReleaseResourceLite(&((PFCB)Context)->MainResource);
  FsRtlExitFileSystem();
}

CACHE_MANAGER_CALLBACKS CfsCallbacks = {
    .AcquireForLazyWrite = AcquireShared,
    .ReleaseFromLazyWrite = Release,
    .AcquireForReadAhead = AcquireShared,
    .ReleaseFromReadAhead = Release};
