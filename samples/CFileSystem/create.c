/* Opening, cleanup and close. */
#include "cfsproc.h"

#include <stdlib.h>

/* ---- Opening. The caller has Vcb->Resource alone ---- */

static PFCB FindOpen(PVCB Vcb, PCUNICODE_STRING Name) {
  for (PLIST_ENTRY Entry = Vcb->Fcbs.Flink; Entry != &Vcb->Fcbs; Entry = Entry->Flink) {
    PFCB Fcb = CONTAINING_RECORD(Entry, FCB, Links);
    if (Fcb->IsDeleted || Fcb->Name.Length != Name->Length) continue;
    if (RtlEqualMemory(Fcb->Name.Buffer, Name->Buffer, Name->Length)) return Fcb;
  }

  return NULL;
}

static NTSTATUS FindOrMakeRecord(
    PVCB Vcb, PCUNICODE_STRING Name, ULONG Disposition, PULONG Index, PFILE_RECORD Record) {
  CfsAcquireShared(&Vcb->VolumeFcb.MainResource);
  NTSTATUS Status = CfsFindRecord(Vcb, Name, Index, Record);
  ExReleaseResourceLite(&Vcb->VolumeFcb.MainResource);
  if (NT_SUCCESS(Status)) return Disposition == FILE_CREATE ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS;
  if (Status != STATUS_OBJECT_NAME_NOT_FOUND || Disposition == FILE_OPEN) return Status;
  return CfsNewRecord(Vcb, Name, Index, Record);
}

static NTSTATUS NewFcb(PVCB Vcb, PCUNICODE_STRING Name, ULONG Disposition, PFCB *Fcb) {
  FILE_RECORD Record;
  ULONG Index;
  NTSTATUS Status = FindOrMakeRecord(Vcb, Name, Disposition, &Index, &Record);
  if (!NT_SUCCESS(Status)) return Status;
  PFCB New = calloc(1, sizeof *New);
  if (!New) return STATUS_INSUFFICIENT_RESOURCES;
  CfsInitializeFcb(New, Vcb);
  New->RecordIndex = Index;
  New->ExtentCount = Record.ExtentCount;
  RtlCopyMemory(New->Extents, Record.Extents, sizeof New->Extents);
  New->Header.AllocationSize.QuadPart = CfsAllocationSize(New->Extents, New->ExtentCount);
  New->Header.FileSize.QuadPart = New->RecordFileSize = Record.FileSize;
  New->Header.ValidDataLength.QuadPart = New->RecordValidDataLength = Record.ValidDataLength;
  New->ValidOnDisk = Record.ValidDataLength;
  RtlCopyMemory(New->NameBuffer, Name->Buffer, Name->Length);
  New->Name = (UNICODE_STRING){Name->Length, sizeof New->NameBuffer, New->NameBuffer};
  InsertTailList(&Vcb->Fcbs, &New->Links);
  *Fcb = New;
  return STATUS_SUCCESS;
}

static VOID RemoveFcb(PFCB Fcb) {
  (void)RemoveEntryList(&Fcb->Links);
  CfsDeleteFcb(Fcb);
  free(Fcb);
}

/* A file that is open already. */
static NTSTATUS CheckOpen(PFCB Fcb, ULONG Disposition) {
  CfsAcquireShared(&Fcb->MainResource);
  BOOLEAN IsGoing = BooleanFlagOn(Fcb->State, FCB_DELETE_ON_CLOSE);
  ExReleaseResourceLite(&Fcb->MainResource);
  if (IsGoing) return STATUS_DELETE_PENDING;
  if (Disposition == FILE_CREATE) return STATUS_OBJECT_NAME_COLLISION;

  /* A program that runs is not to be written. */
  if (!MmFlushImageSection(&Fcb->SectionObjectPointers, MmFlushForWrite)) return STATUS_SHARING_VIOLATION;
  return STATUS_SUCCESS;
}

static NTSTATUS OpenFcb(PFCB Fcb, ULONG Options, PFILE_OBJECT *FileObject) {
  PFILE_OBJECT New = CfsNewFileObject(Fcb, Options);
  if (!New) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS Status = ConcordAttach(New, &CfsFileStore, Fcb);
  if (!NT_SUCCESS(Status)) {
    CfsFreeFileObject(New);
    return Status;
  }

  Fcb->OpenCount++;
  Fcb->UncleanCount++;
  *FileObject = New;
  return STATUS_SUCCESS;
}

NTSTATUS CfsCreate(PVCB Vcb, PCUNICODE_STRING Name, ULONG Disposition, ULONG Options, PFILE_OBJECT *FileObject) {
  if (Name->Length == 0 || Name->Length > CFS_NAME_CHARACTERS * sizeof(WCHAR) || Name->Length % sizeof(WCHAR) != 0) {
    return STATUS_OBJECT_NAME_INVALID;
  }

  FsRtlEnterFileSystem();
  CfsAcquireExclusive(&Vcb->Resource);
  PFCB Fcb = FindOpen(Vcb, Name);
  NTSTATUS Status = Fcb ? CheckOpen(Fcb, Disposition) : NewFcb(Vcb, Name, Disposition, &Fcb);
  if (NT_SUCCESS(Status)) {
    Status = OpenFcb(Fcb, Options, FileObject);
    if (!NT_SUCCESS(Status) && Fcb->OpenCount == 0) RemoveFcb(Fcb);
  }

  ExReleaseResourceLite(&Vcb->Resource);
  FsRtlExitFileSystem();
  return Status;
}

/* ---- Cleanup ---- */

/*
 * Nothing of the file is written any more, not what is dirty either; then it goes in one transaction. When that fails
 * the file is as its record has it.
 */
static NTSTATUS DeleteFile(PFILE_OBJECT FileObject) {
  PFCB Fcb = CfsFcb(FileObject);
  LARGE_INTEGER Nothing = {.QuadPart = 0};
  if (!MmFlushImageSection(&Fcb->SectionObjectPointers, MmFlushForDelete)) return STATUS_CANNOT_DELETE;
  NTSTATUS Status = CfsCutCache(FileObject, 0);
  if (!NT_SUCCESS(Status)) return Status;
  (void)CcUninitializeCacheMap(FileObject, &Nothing, NULL);
  Status = CfsDeleteRecord(Fcb);
  if (NT_SUCCESS(Status)) {
    Fcb->IsDeleted = TRUE;
    return STATUS_SUCCESS;
  }

  Fcb->Header.FileSize.QuadPart = Fcb->RecordFileSize;
  Fcb->Header.ValidDataLength.QuadPart = Fcb->RecordValidDataLength;
  (void)CfsTellSizes(FileObject);
  return Status;
}

/* The last of the file's handles: what is allocated behind the end goes back. */
static NTSTATUS CleanupLast(PFILE_OBJECT FileObject) {
  PFCB Fcb = CfsFcb(FileObject);
  if (FlagOn(Fcb->State, FCB_DELETE_ON_CLOSE)) {
    ClearFlag(Fcb->State, FCB_DELETE_ON_CLOSE);
    NTSTATUS Status = DeleteFile(FileObject);
    if (!NT_SUCCESS(Status)) (void)CcUninitializeCacheMap(FileObject, NULL, NULL);
    return Status;
  }

  NTSTATUS Status = CfsTrimAllocation(Fcb, Fcb->Header.FileSize.QuadPart);
  LARGE_INTEGER End = Fcb->Header.FileSize;
  (void)CcUninitializeCacheMap(FileObject, FlagOn(Fcb->State, FCB_CUT) ? &End : NULL, NULL);
  ClearFlag(Fcb->State, FCB_CUT);
  return Status;
}

NTSTATUS CfsCleanup(PFILE_OBJECT FileObject) {
  PFCB Fcb = CfsFcb(FileObject);
  PCCB Ccb = CfsCcb(FileObject);
  NTSTATUS Status = STATUS_SUCCESS;
  FsRtlEnterFileSystem();
  CfsAcquireExclusive(&Fcb->Vcb->Resource);
  CfsAcquireExclusive(&Fcb->MainResource);
  if (FlagOn(Ccb->Options, FILE_DELETE_ON_CLOSE)) SetFlag(Fcb->State, FCB_DELETE_ON_CLOSE);
  if (Ccb->InPurgeFailureMode) Fcb->PurgeFailureMode--;
  Ccb->InPurgeFailureMode = FALSE;
  if (--Fcb->UncleanCount == 0) Status = CleanupLast(FileObject);
  else (void)CcUninitializeCacheMap(FileObject, NULL, NULL);
  SetFlag(FileObject->Flags, FO_CLEANUP_COMPLETE);
  ExReleaseResourceLite(&Fcb->MainResource);
  ExReleaseResourceLite(&Fcb->Vcb->Resource);
  FsRtlExitFileSystem();
  return Status;
}

/* ---- Close ---- */

/* Detaching the last file object has made the bytes durable: now the record may say so. */
static NTSTATUS CloseFcb(PFCB Fcb) {
  NTSTATUS Status = STATUS_SUCCESS;
  if (!Fcb->IsDeleted) {
    CfsAcquireExclusive(&Fcb->MainResource);
    CfsTakeOverValidData(Fcb);
    if (FlagOn(Fcb->State, FCB_WRITTEN_AROUND)) Status = CfsDiskFlush(Fcb->Vcb->Disk);
    if (NT_SUCCESS(Status)) Status = CfsUpdateRecord(Fcb);
    ExReleaseResourceLite(&Fcb->MainResource);
  }

  RemoveFcb(Fcb);
  return Status;
}

NTSTATUS CfsClose(PFILE_OBJECT FileObject) {
  PFCB Fcb = CfsFcb(FileObject);
  PVCB Vcb = Fcb->Vcb;
  FsRtlEnterFileSystem();
  CfsAcquireExclusive(&Vcb->Resource);
  NTSTATUS Status = ConcordDetach(FileObject);
  if (NT_SUCCESS(Status)) {
    CfsFreeFileObject(FileObject);
    if (--Fcb->OpenCount == 0) Status = CloseFcb(Fcb);
  }

  ExReleaseResourceLite(&Vcb->Resource);
  FsRtlExitFileSystem();
  return Status;
}
