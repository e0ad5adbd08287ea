/* Reading: through the cache, past it, and in place. */
#include "cfsproc.h"

/* What is left of a length at the end of the file. */
static ULONG ClipToFile(PFCB Fcb, LONGLONG Offset, ULONG Length) {
  LONGLONG Rest = Fcb->Header.FileSize.QuadPart - Offset;
  if (Rest <= 0) return 0;
  return Rest < Length ? (ULONG)Rest : Length;
}

static NTSTATUS ReadCached(
    PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus) {
  PFCB Fcb = CfsFcb(FileObject);
  LARGE_INTEGER Start = {.QuadPart = Offset};
  CfsAcquireShared(&Fcb->MainResource);
  NTSTATUS Status = STATUS_END_OF_FILE;
  Length = ClipToFile(Fcb, Offset, Length);
  if (Length > 0) {
    Status = CfsInitializeCaching(FileObject, FALSE);
    if (NT_SUCCESS(Status)) Status = CfsStatusOf(CcCopyRead(FileObject, &Start, Length, TRUE, Buffer, IoStatus));
  }

  ExReleaseResourceLite(&Fcb->MainResource);
  return Status;
}

/*
 * What others wrote into the cache goes to the disk first, for which the file is acquired exclusively; then it is
 * enough to share it, since whoever writes has it alone.
 */
static NTSTATUS ReadNonCached(
    PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus) {
  PFCB Fcb = CfsFcb(FileObject);
  LARGE_INTEGER Start = {.QuadPart = Offset};
  NTSTATUS Status = STATUS_SUCCESS;
  CfsAcquireExclusive(&Fcb->MainResource);
  if (Fcb->SectionObjectPointers.DataSectionObject != NULL) {
    CcCoherencyFlushAndPurgeCache(
        &Fcb->SectionObjectPointers, &Start, Length, IoStatus, CC_FLUSH_AND_PURGE_NO_PURGE);
    if (!NT_SUCCESS(IoStatus->Status)) Status = IoStatus->Status;
  }

  ExConvertExclusiveToSharedLite(&Fcb->MainResource);
  Length = ClipToFile(Fcb, Offset, Length);
  if (NT_SUCCESS(Status) && Length == 0) Status = STATUS_END_OF_FILE;
  if (NT_SUCCESS(Status)) {
    Status = CfsReadDisk(Fcb, Offset, Length, Buffer);
    IoStatus->Information = Length;
  }

  ExReleaseResourceLite(&Fcb->MainResource);
  return Status;
}

NTSTATUS CfsRead(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus) {
  LARGE_INTEGER Start = {.QuadPart = Offset};
  IoStatus->Status = STATUS_SUCCESS;
  IoStatus->Information = 0;
  if (Offset < 0) return IoStatus->Status = STATUS_INVALID_PARAMETER;
  if (Length == 0) return STATUS_SUCCESS;
  if (FlagOn(FileObject->Flags, FO_NO_INTERMEDIATE_BUFFERING)) {
    if ((Offset | Length) % CFS_SECTOR != 0) return IoStatus->Status = STATUS_INVALID_PARAMETER;
    FsRtlEnterFileSystem();
    NTSTATUS Status = ReadNonCached(FileObject, Offset, Length, Buffer, IoStatus);
    FsRtlExitFileSystem();
    if (!NT_SUCCESS(Status)) IoStatus->Information = 0;
    return IoStatus->Status = Status;
  }

  /* The fast way, without a request; then the way of the request. */
  if (FsRtlCopyRead(FileObject, &Start, Length, TRUE, 0, Buffer, IoStatus, NULL)) return IoStatus->Status;
  FsRtlEnterFileSystem();
  NTSTATUS Status = ReadCached(FileObject, Offset, Length, Buffer, IoStatus);
  FsRtlExitFileSystem();
  if (!NT_SUCCESS(Status)) IoStatus->Information = 0;
  return IoStatus->Status = Status;
}

NTSTATUS CfsMdlRead(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus) {
  PFCB Fcb = CfsFcb(FileObject);
  LARGE_INTEGER Start = {.QuadPart = Offset};
  *MdlChain = NULL;
  if (Offset < 0 || Length == 0) return STATUS_INVALID_PARAMETER;
  FsRtlEnterFileSystem();
  CfsAcquireShared(&Fcb->MainResource);
  NTSTATUS Status = STATUS_END_OF_FILE;
  Length = ClipToFile(Fcb, Offset, Length);
  if (Length > 0) {
    Status = CfsInitializeCaching(FileObject, FALSE);
    if (NT_SUCCESS(Status)) {
      CcMdlRead(FileObject, &Start, Length, MdlChain, IoStatus);
      Status = ConcordLastStatus();
    }
  }

  ExReleaseResourceLite(&Fcb->MainResource);
  FsRtlExitFileSystem();
  return Status;
}

NTSTATUS CfsMdlReadComplete(PFILE_OBJECT FileObject, PMDL MdlChain) {
  CcMdlReadComplete(FileObject, MdlChain);
  return ConcordLastStatus();
}
