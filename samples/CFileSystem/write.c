/* Writing: through the cache, past it, and in place. */
#include "cfsproc.h"

static BOOLEAN Extends(PFCB Fcb, LONGLONG End) { return End > Fcb->Header.ValidDataLength.QuadPart; }

/* Shared where that is enough: a write that moves the end of the valid data has the file alone. */
static VOID AcquireForWrite(PFCB Fcb, LONGLONG End, BOOLEAN Alone) {
  if (!Alone) {
    CfsAcquireShared(&Fcb->MainResource);
    if (!Extends(Fcb, End)) return;
    ExReleaseResourceLite(&Fcb->MainResource);
  }

  CfsAcquireExclusive(&Fcb->MainResource);
}

/*
 * What a view wrote behind the valid data is in memory alone, and is no gap to be filled with zeros: on the disk, it
 * is known how far it reaches.
 */
static NTSTATUS FlushBehindValidData(PFCB Fcb, LONGLONG End) {
  LARGE_INTEGER Valid = Fcb->Header.ValidDataLength;
  IO_STATUS_BLOCK IoStatus;
  CcFlushCache(&Fcb->SectionObjectPointers, &Valid, (ULONG)(End - Valid.QuadPart), &IoStatus);
  if (NT_SUCCESS(IoStatus.Status)) CfsTakeOverValidData(Fcb);
  return IoStatus.Status;
}

/* Blocks, sizes and zeros up to a write that may lie behind the end. The caller has the file alone if it does. */
static NTSTATUS PrepareExtension(PFILE_OBJECT FileObject, LONGLONG Offset, LONGLONG End) {
  PFCB Fcb = CfsFcb(FileObject);
  LARGE_INTEGER Start = {.QuadPart = Offset};
  NTSTATUS Status = STATUS_SUCCESS;
  if (End > Fcb->Header.FileSize.QuadPart) Status = CfsExtendFile(FileObject, End);
  if (NT_SUCCESS(Status) && Offset > Fcb->Header.ValidDataLength.QuadPart) Status = FlushBehindValidData(Fcb, Offset);
  if (NT_SUCCESS(Status) && Offset > Fcb->Header.ValidDataLength.QuadPart) {
    LARGE_INTEGER Valid = Fcb->Header.ValidDataLength;
    Status = CfsStatusOf(CcZeroData(FileObject, &Valid, &Start, TRUE));
    if (NT_SUCCESS(Status)) Fcb->Header.ValidDataLength.QuadPart = Offset;
  }

  return Status;
}

static VOID NoteWritten(PFCB Fcb, LONGLONG End) {
  if (Extends(Fcb, End)) Fcb->Header.ValidDataLength.QuadPart = End;
}

/* A write that failed leaves the file as long as it was: nothing was ever to be seen behind that. */
static VOID RestoreSize(PFILE_OBJECT FileObject, LONGLONG FileSize) {
  if (CfsFcb(FileObject)->Header.FileSize.QuadPart > FileSize) (void)CfsCutFile(FileObject, FileSize);
}

/* ---- Through the cache ---- */

/* The caller has the file's main resource: alone if the write extends, or writes through. */
static NTSTATUS WriteCached(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PVOID Buffer) {
  PFCB Fcb = CfsFcb(FileObject);
  LARGE_INTEGER Start = {.QuadPart = Offset};
  LONGLONG FileSize = Fcb->Header.FileSize.QuadPart;
  NTSTATUS Status = CfsInitializeCaching(FileObject, FALSE);
  if (NT_SUCCESS(Status)) Status = PrepareExtension(FileObject, Offset, Offset + Length);
  if (NT_SUCCESS(Status)) Status = CfsStatusOf(CcCopyWrite(FileObject, &Start, Length, TRUE, Buffer));
  if (NT_SUCCESS(Status)) NoteWritten(Fcb, Offset + Length);
  else RestoreSize(FileObject, FileSize);
  return Status;
}

/* ---- Past the cache ---- */

/* The bytes go through the cache, and from there to the disk at once. */
static NTSTATUS WriteAndFlush(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PVOID Buffer) {
  LARGE_INTEGER Start = {.QuadPart = Offset};
  IO_STATUS_BLOCK IoStatus;
  NTSTATUS Status = WriteCached(FileObject, Offset, Length, Buffer);
  if (!NT_SUCCESS(Status)) return Status;
  CcFlushCache(FileObject->SectionObjectPointer, &Start, Length, &IoStatus);
  return IoStatus.Status;
}

/* What is left in memory of a range is clean, and its pages go as a whole. This waits for pins of others. */
static BOOLEAN PurgeClean(PFCB Fcb, LONGLONG Offset, ULONG Length) {
  LARGE_INTEGER Start = {.QuadPart = Offset & ~(LONGLONG)(PAGE_SIZE - 1)};
  ULONG Bytes = (ULONG)(ROUND_TO_PAGES(Offset + Length) - Start.QuadPart);
  return CcPurgeCacheSection(&Fcb->SectionObjectPointers, &Start, Bytes, DO_NOT_PURGE_DIRTY_PAGES);
}

/* No page comes or goes while the disk gets the bytes. */
static NTSTATUS WriteDisk(PFCB Fcb, LONGLONG Offset, ULONG Length, PVOID Buffer) {
  CfsAcquireExclusive(&Fcb->PagingIoResource);
  NTSTATUS Status = CfsWriteDisk(Fcb, Offset, Length, Buffer);
  ExReleaseResourceLite(&Fcb->PagingIoResource);
  return Status;
}

/* What the cache has of a range, and of the gap before it, goes to the disk and out of memory. */
static NTSTATUS FlushAndPurge(PFCB Fcb, LONGLONG Offset, LONGLONG End, CONCORD_OUTCOME *Outcome) {
  LARGE_INTEGER Start = Fcb->Header.ValidDataLength;
  IO_STATUS_BLOCK IoStatus;
  *Outcome = ConcordDone;
  if (Fcb->SectionObjectPointers.DataSectionObject == NULL) return STATUS_SUCCESS;
  if (Offset < Start.QuadPart) Start.QuadPart = Offset;
  CcCoherencyFlushAndPurgeCache(&Fcb->SectionObjectPointers, &Start, (ULONG)(End - Start.QuadPart), &IoStatus, 0);
  *Outcome = ConcordOutcome(&IoStatus);
  return IoStatus.Status;
}

/* The caller has the file's main resource alone. */
static NTSTATUS WriteNonCached(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PVOID Buffer) {
  PFCB Fcb = CfsFcb(FileObject);
  LONGLONG End = Offset + Length, FileSize = Fcb->Header.FileSize.QuadPart;
  CONCORD_OUTCOME Outcome;
  NTSTATUS Status = FlushAndPurge(Fcb, Offset, End, &Outcome);
  if (Outcome == ConcordFlushedNotInvalidated) {
    /* A copy that stays would be read as if it were the file: it fails the write, or is what gets the bytes. */
    if (Fcb->PurgeFailureMode == 0) return WriteAndFlush(FileObject, Offset, Length, Buffer);
    if (!PurgeClean(Fcb, Offset, Length)) return STATUS_PURGE_FAILED;
  }

  if (NT_SUCCESS(Status) && End > FileSize) Status = CfsExtendFile(FileObject, End);
  if (!NT_SUCCESS(Status)) return Status;

  SetFlag(Fcb->State, FCB_WRITTEN_AROUND);
  Status = WriteDisk(Fcb, Offset, Length, Buffer);
  if (NT_SUCCESS(Status)) {
    NoteWritten(Fcb, End);
    Status = CfsTellSizes(FileObject); /* the cache did not see the bytes come */
  }

  if (!NT_SUCCESS(Status)) RestoreSize(FileObject, FileSize);

  /* Who maps the file may have brought a page in between the purge and the write. */
  NTSTATUS Again = FlushAndPurge(Fcb, Offset, End, &Outcome);
  return !NT_SUCCESS(Status) ? Status : NT_SUCCESS(Again) ? STATUS_SUCCESS : Again;
}

/* ---- The two ways together ---- */

static NTSTATUS Write(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PVOID Buffer) {
  PFCB Fcb = CfsFcb(FileObject);
  BOOLEAN IsPast = BooleanFlagOn(FileObject->Flags, FO_NO_INTERMEDIATE_BUFFERING);
  BOOLEAN IsThrough = BooleanFlagOn(FileObject->Flags, FO_WRITE_THROUGH);
  AcquireForWrite(Fcb, Offset + Length, IsPast || IsThrough);
  NTSTATUS Status = IsPast ? WriteNonCached(FileObject, Offset, Length, Buffer)
                           : WriteCached(FileObject, Offset, Length, Buffer);
  if (NT_SUCCESS(Status) && IsThrough) Status = CfsFlushFile(Fcb);
  ExReleaseResourceLite(&Fcb->MainResource);
  return Status;
}

NTSTATUS CfsWrite(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus) {
  LARGE_INTEGER Start = {.QuadPart = Offset};
  IoStatus->Status = STATUS_SUCCESS;
  IoStatus->Information = 0;
  if (Offset < 0 || Offset > MAXLONGLONG - Length) return IoStatus->Status = STATUS_INVALID_PARAMETER;
  if (Length == 0) return STATUS_SUCCESS;
  BOOLEAN IsPast = BooleanFlagOn(FileObject->Flags, FO_NO_INTERMEDIATE_BUFFERING);
  if (IsPast && (Offset | Length) % CFS_SECTOR != 0) return IoStatus->Status = STATUS_INVALID_PARAMETER;

  /* The fast way, without a request, if nothing speaks against it; then the way of the request. */
  if (!IsPast && FsRtlCopyWrite(FileObject, &Start, Length, TRUE, 0, Buffer, IoStatus, NULL)) return IoStatus->Status;
  FsRtlEnterFileSystem();
  IoStatus->Status = Write(FileObject, Offset, Length, Buffer);
  IoStatus->Information = NT_SUCCESS(IoStatus->Status) ? Length : 0;
  FsRtlExitFileSystem();
  return IoStatus->Status;
}

/* ---- In place ---- */

NTSTATUS CfsPrepareMdlWrite(
    PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus) {
  PFCB Fcb = CfsFcb(FileObject);
  LARGE_INTEGER Start = {.QuadPart = Offset};
  *MdlChain = NULL;
  if (Offset < 0 || Length == 0 || Offset > MAXLONGLONG - Length) return STATUS_INVALID_PARAMETER;
  FsRtlEnterFileSystem();
  AcquireForWrite(Fcb, Offset + Length, FALSE);
  LONGLONG FileSize = Fcb->Header.FileSize.QuadPart;
  NTSTATUS Status = CfsInitializeCaching(FileObject, FALSE);
  if (NT_SUCCESS(Status)) Status = PrepareExtension(FileObject, Offset, Offset + Length);
  if (NT_SUCCESS(Status)) {
    CcPrepareMdlWrite(FileObject, &Start, Length, MdlChain, IoStatus);
    Status = ConcordLastStatus();
  }

  if (!NT_SUCCESS(Status)) RestoreSize(FileObject, FileSize);
  ExReleaseResourceLite(&Fcb->MainResource);
  FsRtlExitFileSystem();
  return Status;
}

/* The bytes count from here on: a flush between the two calls must not say that they are there. */
NTSTATUS CfsMdlWriteComplete(PFILE_OBJECT FileObject, LONGLONG Offset, ULONG Length, PMDL MdlChain) {
  PFCB Fcb = CfsFcb(FileObject);
  LARGE_INTEGER Start = {.QuadPart = Offset};
  FsRtlEnterFileSystem();
  CfsAcquireExclusive(&Fcb->MainResource);
  CcMdlWriteComplete(FileObject, &Start, MdlChain);
  NTSTATUS Status = ConcordLastStatus();
  if (NT_SUCCESS(Status)) NoteWritten(Fcb, Offset + Length);
  if (NT_SUCCESS(Status) && FlagOn(FileObject->Flags, FO_WRITE_THROUGH)) Status = CfsFlushFile(Fcb);
  ExReleaseResourceLite(&Fcb->MainResource);
  FsRtlExitFileSystem();
  return Status;
}
