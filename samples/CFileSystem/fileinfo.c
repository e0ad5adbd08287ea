/* Sizes, and the rest of what is set for a file. */
#include "cfsproc.h"

/*
 * The caller has the file's main resource alone. When it fails the file is as it was, but for blocks that it may
 * have.
 */
NTSTATUS CfsExtendFile(PFILE_OBJECT FileObject, LONGLONG NewSize) {
  PFCB Fcb = CfsFcb(FileObject);
  NTSTATUS Status = CfsAddAllocation(FileObject, NewSize);
  if (!NT_SUCCESS(Status)) return Status;
  LARGE_INTEGER Former = Fcb->Header.FileSize;
  Fcb->Header.FileSize.QuadPart = NewSize;
  Status = CfsTellSizes(FileObject);
  if (!NT_SUCCESS(Status)) Fcb->Header.FileSize = Former;
  return Status;
}

/*
 * Nothing behind the new end is in memory any more, nor is it written; the record and the blocks are as they were. The
 * caller has the file's main resource alone. When it fails nothing has changed.
 */
NTSTATUS CfsCutCache(PFILE_OBJECT FileObject, LONGLONG NewSize) {
  PFCB Fcb = CfsFcb(FileObject);
  LARGE_INTEGER FileSize = Fcb->Header.FileSize, Valid = Fcb->Header.ValidDataLength;
  Fcb->Header.FileSize.QuadPart = NewSize;
  if (Valid.QuadPart > NewSize) Fcb->Header.ValidDataLength.QuadPart = NewSize;
  NTSTATUS Status = CfsTellSizes(FileObject);
  if (!NT_SUCCESS(Status)) {
    Fcb->Header.FileSize = FileSize;
    Fcb->Header.ValidDataLength = Valid;
    return Status;
  }

  CfsCutValidOnDisk(Fcb, NewSize);
  SetFlag(Fcb->State, FCB_CUT);
  return STATUS_SUCCESS;
}

/* Cuts a file: the cache hears of it before the blocks are somebody else's. */
NTSTATUS CfsCutFile(PFILE_OBJECT FileObject, LONGLONG NewSize) {
  NTSTATUS Status = CfsCutCache(FileObject, NewSize);
  return NT_SUCCESS(Status) ? CfsTrimAllocation(CfsFcb(FileObject), NewSize) : Status;
}

/* A cut that somebody asked for: not below a view, and in purge failure mode not below any copy that stays. */
static NTSTATUS Cut(PFILE_OBJECT FileObject, LONGLONG NewSize) {
  PFCB Fcb = CfsFcb(FileObject);
  LARGE_INTEGER Size = {.QuadPart = NewSize};
  NTSTATUS Refused = Fcb->PurgeFailureMode > 0 ? STATUS_PURGE_FAILED : STATUS_USER_MAPPED_FILE;
  if (!MmCanFileBeTruncated(&Fcb->SectionObjectPointers, &Size)) return Refused;
  NTSTATUS Status = CfsCutFile(FileObject, NewSize);
  return Status == STATUS_USER_MAPPED_FILE ? Refused : Status;
}

static VOID Enter(PFCB Fcb) {
  FsRtlEnterFileSystem();
  CfsAcquireExclusive(&Fcb->MainResource);
}

static NTSTATUS Leave(PFCB Fcb, NTSTATUS Status) {
  ExReleaseResourceLite(&Fcb->MainResource);
  FsRtlExitFileSystem();
  return Status;
}

NTSTATUS CfsSetEndOfFile(PFILE_OBJECT FileObject, LONGLONG NewSize) {
  PFCB Fcb = CfsFcb(FileObject);
  if (NewSize < 0) return STATUS_INVALID_PARAMETER;
  Enter(Fcb);
  LONGLONG FileSize = Fcb->Header.FileSize.QuadPart;
  NTSTATUS Status = STATUS_SUCCESS;
  if (NewSize < FileSize) Status = Cut(FileObject, NewSize);
  else if (NewSize > FileSize) Status = CfsExtendFile(FileObject, NewSize);
  return Leave(Fcb, Status);
}

NTSTATUS CfsSetAllocation(PFILE_OBJECT FileObject, LONGLONG NewAllocation) {
  PFCB Fcb = CfsFcb(FileObject);
  if (NewAllocation < 0) return STATUS_INVALID_PARAMETER;
  Enter(Fcb);
  NTSTATUS Status;
  if (NewAllocation < Fcb->Header.FileSize.QuadPart) Status = Cut(FileObject, NewAllocation);
  else if (NewAllocation < Fcb->Header.AllocationSize.QuadPart) Status = CfsTrimAllocation(Fcb, NewAllocation);
  else Status = CfsAddAllocation(FileObject, NewAllocation);
  if (NT_SUCCESS(Status)) Status = CfsTellSizes(FileObject);
  return Leave(Fcb, Status);
}

/* Pages that show zeros behind the valid data go first: what the disk has there is to be seen. */
static NTSTATUS MoveValidDataLength(PFILE_OBJECT FileObject, LONGLONG NewValid) {
  PFCB Fcb = CfsFcb(FileObject);
  LARGE_INTEGER Valid = Fcb->Header.ValidDataLength;
  if (NewValid < Valid.QuadPart || NewValid > Fcb->Header.FileSize.QuadPart) return STATUS_INVALID_PARAMETER;
  if (NewValid == Valid.QuadPart) return STATUS_SUCCESS;
  if (Fcb->SectionObjectPointers.DataSectionObject != NULL) {
    IO_STATUS_BLOCK IoStatus;
    CcCoherencyFlushAndPurgeCache(
        &Fcb->SectionObjectPointers, &Valid, (ULONG)(NewValid - Valid.QuadPart), &IoStatus, 0);
    if (ConcordOutcome(&IoStatus) == ConcordFlushedNotInvalidated) return STATUS_USER_MAPPED_FILE;
    if (!NT_SUCCESS(IoStatus.Status)) return IoStatus.Status;
  }

  CfsTakeOverValidData(Fcb);
  Valid = Fcb->Header.ValidDataLength;
  if (NewValid <= Valid.QuadPart) return STATUS_SUCCESS;
  Fcb->Header.ValidDataLength.QuadPart = NewValid;
  NTSTATUS Status = CfsTellSizes(FileObject);
  if (NT_SUCCESS(Status)) CfsSetValidOnDisk(Fcb, NewValid);
  else Fcb->Header.ValidDataLength = Valid;
  return Status;
}

NTSTATUS CfsSetValidDataLength(PFILE_OBJECT FileObject, LONGLONG NewValidDataLength) {
  PFCB Fcb = CfsFcb(FileObject);
  Enter(Fcb);
  return Leave(Fcb, MoveValidDataLength(FileObject, NewValidDataLength));
}

VOID CfsQuerySizes(PFILE_OBJECT FileObject, PCFS_SIZES Sizes) {
  PFCB Fcb = CfsFcb(FileObject);
  FsRtlEnterFileSystem();
  CfsAcquireShared(&Fcb->MainResource);
  Sizes->AllocationSize = Fcb->Header.AllocationSize.QuadPart;
  Sizes->FileSize = Fcb->Header.FileSize.QuadPart;
  Sizes->ValidDataLength = Fcb->Header.ValidDataLength.QuadPart;
  (void)Leave(Fcb, STATUS_SUCCESS);
}

NTSTATUS CfsSetDisposition(PFILE_OBJECT FileObject, BOOLEAN Delete) {
  PFCB Fcb = CfsFcb(FileObject);
  NTSTATUS Status = STATUS_SUCCESS;
  Enter(Fcb);
  if (!Delete) ClearFlag(Fcb->State, FCB_DELETE_ON_CLOSE);
  else if (!MmFlushImageSection(&Fcb->SectionObjectPointers, MmFlushForDelete)) Status = STATUS_CANNOT_DELETE;
  else SetFlag(Fcb->State, FCB_DELETE_ON_CLOSE);
  return Leave(Fcb, Status);
}

NTSTATUS CfsSetPurgeFailureMode(PFILE_OBJECT FileObject, BOOLEAN On) {
  PFCB Fcb = CfsFcb(FileObject);
  PCCB Ccb = CfsCcb(FileObject);
  NTSTATUS Status = STATUS_SUCCESS;
  Enter(Fcb);
  if (Ccb->InPurgeFailureMode == !!On) Status = STATUS_INVALID_PARAMETER;
  else Fcb->PurgeFailureMode = On ? Fcb->PurgeFailureMode + 1 : Fcb->PurgeFailureMode - 1;
  if (NT_SUCCESS(Status)) Ccb->InPurgeFailureMode = !!On;
  return Leave(Fcb, Status);
}
