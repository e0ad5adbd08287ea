/* The directory: an array of file records in the volume stream. */
#include "cfsproc.h"

static LONGLONG OffsetOfRecord(PVCB Vcb, ULONG Index) {
  return (LONGLONG)Vcb->Super.RecordBlock * CFS_BLOCK + (LONGLONG)Index * sizeof(FILE_RECORD);
}

static ULONG RecordCount(PVCB Vcb) { return Vcb->Super.RecordBlocks * CFS_RECORDS_PER_BLOCK; }

/* A copy of a record. The caller has the volume stream's main resource. */
static NTSTATUS ReadRecord(PVCB Vcb, ULONG Index, PFILE_RECORD Record) {
  LARGE_INTEGER Offset = {.QuadPart = OffsetOfRecord(Vcb, Index)};
  PVOID Bcb, Mapped;
  if (!CcMapData(Vcb->VolumeFile, &Offset, sizeof *Record, MAP_WAIT, &Bcb, &Mapped)) return ConcordLastStatus();
  RtlCopyMemory(Record, Mapped, sizeof *Record);
  CcUnpinData(Bcb);
  return STATUS_SUCCESS;
}

static BOOLEAN IsNamed(const FILE_RECORD *Record, PCUNICODE_STRING Name) {
  return FlagOn(Record->Flags, CFS_RECORD_IN_USE) && Record->NameBytes == Name->Length
      && RtlEqualMemory(Record->Name, Name->Buffer, Name->Length);
}

/* By its name; or, where that is NULL, the first that is free. */
NTSTATUS CfsFindRecord(PVCB Vcb, PCUNICODE_STRING Name, PULONG Index, PFILE_RECORD Record) {
  for (*Index = 0; *Index < RecordCount(Vcb); ++*Index) {
    NTSTATUS Status = ReadRecord(Vcb, *Index, Record);
    if (!NT_SUCCESS(Status)) return Status;
    if (Name ? IsNamed(Record, Name) : !FlagOn(Record->Flags, CFS_RECORD_IN_USE)) return STATUS_SUCCESS;
  }

  return Name ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_DISK_FULL;
}

/* The copy of a record that the transaction changes. */
NTSTATUS CfsEditRecord(PTRANSACTION Transaction, ULONG Index, PFILE_RECORD *Record) {
  LONGLONG Offset = OffsetOfRecord(Transaction->Vcb, Index);
  ULONG InPage = (ULONG)(Offset % CFS_BLOCK);
  PEDIT Edit;
  NTSTATUS Status = CfsEditPage(Transaction, Offset - InPage, &Edit);
  if (!NT_SUCCESS(Status)) return Status;
  CfsNoteChange(Edit, InPage, InPage + sizeof **Record);
  *Record = (PFILE_RECORD)(Edit->After + InPage);
  return STATUS_SUCCESS;
}

/* The name is durable with the next flush of anything. */
NTSTATUS CfsNewRecord(PVCB Vcb, PCUNICODE_STRING Name, PULONG Index, PFILE_RECORD Record) {
  TRANSACTION Transaction;
  NTSTATUS Status = CfsBegin(&Transaction, Vcb);
  if (!NT_SUCCESS(Status)) return Status;
  PFILE_RECORD After;
  Status = CfsFindRecord(Vcb, NULL, Index, Record);
  if (NT_SUCCESS(Status)) Status = CfsEditRecord(&Transaction, *Index, &After);
  if (!NT_SUCCESS(Status)) {
    CfsAbort(&Transaction);
    return Status;
  }

  RtlZeroMemory(After, sizeof *After);
  After->Flags = CFS_RECORD_IN_USE;
  After->NameBytes = Name->Length;
  RtlCopyMemory(After->Name, Name->Buffer, Name->Length);
  RtlCopyMemory(Record, After, sizeof *Record);
  return CfsCommit(&Transaction, FALSE);
}

/* The record and the blocks of a file, gone durably: the next file may have them. */
NTSTATUS CfsDeleteRecord(PFCB Fcb) {
  TRANSACTION Transaction;
  NTSTATUS Status = CfsBegin(&Transaction, Fcb->Vcb);
  if (!NT_SUCCESS(Status)) return Status;
  PFILE_RECORD Record;
  Status = CfsFreeExtents(&Transaction, Fcb->Extents, Fcb->ExtentCount);
  if (NT_SUCCESS(Status)) Status = CfsEditRecord(&Transaction, Fcb->RecordIndex, &Record);
  if (!NT_SUCCESS(Status)) {
    CfsAbort(&Transaction);
    return Status;
  }

  RtlZeroMemory(Record, sizeof *Record);
  return CfsCommit(&Transaction, TRUE);
}

NTSTATUS CfsQueryDirectory(PVCB Vcb, PULONG Index, PCFS_DIRECTORY_ENTRY Entry) {
  NTSTATUS Status = STATUS_NO_MORE_FILES;
  FsRtlEnterFileSystem();
  CfsAcquireShared(&Vcb->VolumeFcb.MainResource);
  while (*Index < RecordCount(Vcb)) {
    FILE_RECORD Record;
    Status = ReadRecord(Vcb, (*Index)++, &Record);
    if (!NT_SUCCESS(Status)) break;
    Status = STATUS_NO_MORE_FILES;
    if (!FlagOn(Record.Flags, CFS_RECORD_IN_USE)) continue;
    Entry->FileSize = Record.FileSize;
    Entry->Name = (UNICODE_STRING){Record.NameBytes, sizeof Entry->NameBuffer, Entry->NameBuffer};
    RtlZeroMemory(Entry->NameBuffer, sizeof Entry->NameBuffer);
    RtlCopyMemory(Entry->NameBuffer, Record.Name, sizeof Record.Name);
    Status = STATUS_SUCCESS;
    break;
  }

  ExReleaseResourceLite(&Vcb->VolumeFcb.MainResource);
  FsRtlExitFileSystem();
  return Status;
}
