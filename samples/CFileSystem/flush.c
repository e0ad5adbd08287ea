/* Flushing: bytes first, then the sizes that say that the bytes are there, then the log that has the sizes. */
#include "cfsproc.h"

/*
 * What is valid on the disk is valid: a view may have written it, without a word. The caller has flushed the file.
 */
VOID CfsTakeOverValidData(PFCB Fcb) {
  CfsAcquireShared(&Fcb->DiskResource);
  LONGLONG Valid = Fcb->ValidOnDisk;
  ExReleaseResourceLite(&Fcb->DiskResource);
  if (Valid > Fcb->Header.FileSize.QuadPart) Valid = Fcb->Header.FileSize.QuadPart;
  if (Valid > Fcb->Header.ValidDataLength.QuadPart) Fcb->Header.ValidDataLength.QuadPart = Valid;
}

/*
 * Has the record say the sizes that the header has. What they cover is durable; the sizes are with the next flush of
 * the log.
 */
NTSTATUS CfsUpdateRecord(PFCB Fcb) {
  LONGLONG FileSize = Fcb->Header.FileSize.QuadPart, Valid = Fcb->Header.ValidDataLength.QuadPart;
  if (Fcb->RecordFileSize == FileSize && Fcb->RecordValidDataLength == Valid) return STATUS_SUCCESS;
  TRANSACTION Transaction;
  NTSTATUS Status = CfsBegin(&Transaction, Fcb->Vcb);
  if (!NT_SUCCESS(Status)) return Status;
  PFILE_RECORD Record;
  Status = CfsEditRecord(&Transaction, Fcb->RecordIndex, &Record);
  if (!NT_SUCCESS(Status)) {
    CfsAbort(&Transaction);
    return Status;
  }

  Record->FileSize = FileSize;
  Record->ValidDataLength = Valid;
  Status = CfsCommit(&Transaction, FALSE);
  if (!NT_SUCCESS(Status)) return Status;
  Fcb->RecordFileSize = FileSize;
  Fcb->RecordValidDataLength = Valid;
  return STATUS_SUCCESS;
}

/* A file that is deleted has nothing dirty, and no record. */
NTSTATUS CfsFlushFile(PFCB Fcb) {
  IO_STATUS_BLOCK IoStatus;
  CcFlushCache(&Fcb->SectionObjectPointers, NULL, 0, &IoStatus);
  if (!NT_SUCCESS(IoStatus.Status)) return IoStatus.Status;

  /* The cache made durable what went through it. */
  if (FlagOn(Fcb->State, FCB_WRITTEN_AROUND)) {
    NTSTATUS Status = CfsDiskFlush(Fcb->Vcb->Disk);
    if (!NT_SUCCESS(Status)) return Status;
    ClearFlag(Fcb->State, FCB_WRITTEN_AROUND);
  }

  if (Fcb->IsDeleted) return STATUS_SUCCESS;
  CfsTakeOverValidData(Fcb);
  NTSTATUS Status = CfsUpdateRecord(Fcb);
  return NT_SUCCESS(Status) ? CfsLogFlush(&Fcb->Vcb->Log, MAXLONGLONG) : Status;
}

NTSTATUS CfsFlushBuffers(PFILE_OBJECT FileObject) {
  PFCB Fcb = CfsFcb(FileObject);
  FsRtlEnterFileSystem();
  CfsAcquireExclusive(&Fcb->MainResource);
  NTSTATUS Status = CfsFlushFile(Fcb);
  ExReleaseResourceLite(&Fcb->MainResource);
  FsRtlExitFileSystem();
  return Status;
}

NTSTATUS CfsFlushVolume(PVCB Vcb) {
  NTSTATUS Status = STATUS_SUCCESS;
  FsRtlEnterFileSystem();
  CfsAcquireShared(&Vcb->Resource);
  for (PLIST_ENTRY Entry = Vcb->Fcbs.Flink; Entry != &Vcb->Fcbs; Entry = Entry->Flink) {
    PFCB Fcb = CONTAINING_RECORD(Entry, FCB, Links);
    CfsAcquireExclusive(&Fcb->MainResource);
    NTSTATUS OfFile = CfsFlushFile(Fcb);
    ExReleaseResourceLite(&Fcb->MainResource);
    if (NT_SUCCESS(Status)) Status = OfFile;
  }

  CfsAcquireExclusive(&Vcb->VolumeFcb.MainResource);
  NTSTATUS OfVolume = CfsCheckpoint(Vcb);
  ExReleaseResourceLite(&Vcb->VolumeFcb.MainResource);
  ExReleaseResourceLite(&Vcb->Resource);
  FsRtlExitFileSystem();
  return NT_SUCCESS(Status) ? OfVolume : Status;
}
