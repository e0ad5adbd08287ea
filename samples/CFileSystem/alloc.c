/* The bitmap: which blocks are free, and which a file gets. */
#include "cfsproc.h"

#define BITS_PER_PAGE (CFS_BLOCK * 8)

/* Adds a block to a list of extents. FALSE: the list is full. */
static BOOLEAN AddBlock(PEXTENT Extents, PULONG Count, ULONG Block) {
  if (*Count > 0 && Extents[*Count - 1].Block + Extents[*Count - 1].Count == Block) {
    Extents[*Count - 1].Count++;
    return TRUE;
  }

  if (*Count == CFS_EXTENTS) return FALSE;
  Extents[(*Count)++] = (EXTENT){Block, 1};
  return TRUE;
}

/* Takes as many free blocks as are wanted, the lowest first. */
static NTSTATUS TakeBlocks(PTRANSACTION Transaction, ULONG Wanted, PEXTENT Extents, PULONG Count) {
  const SUPER_BLOCK *Super = &Transaction->Vcb->Super;
  for (ULONG Page = 0; Page < Super->BitmapBlocks && Wanted > 0; Page++) {
    PEDIT Edit;
    NTSTATUS Status = CfsEditPage(Transaction, (LONGLONG)(Super->BitmapBlock + Page) * CFS_BLOCK, &Edit);
    if (!NT_SUCCESS(Status)) return Status;
    for (ULONG Bit = 0; Bit < BITS_PER_PAGE && Wanted > 0; Bit++) {
      if (Edit->After[Bit / 8] & 1 << Bit % 8) continue;
      if (!AddBlock(Extents, Count, Page * BITS_PER_PAGE + Bit)) return STATUS_DISK_FULL;
      Edit->After[Bit / 8] |= (UCHAR)(1 << Bit % 8);
      CfsNoteChange(Edit, Bit / 8, Bit / 8 + 1);
      Wanted--;
    }
  }

  return Wanted == 0 ? STATUS_SUCCESS : STATUS_DISK_FULL;
}

static NTSTATUS FreeBlock(PTRANSACTION Transaction, ULONG Block) {
  const SUPER_BLOCK *Super = &Transaction->Vcb->Super;
  if (Block < Super->DataBlock || Block >= Super->BlockCount) return STATUS_DISK_CORRUPT_ERROR;
  PEDIT Edit;
  NTSTATUS Status =
      CfsEditPage(Transaction, (LONGLONG)(Super->BitmapBlock + Block / BITS_PER_PAGE) * CFS_BLOCK, &Edit);
  if (!NT_SUCCESS(Status)) return Status;
  ULONG Bit = Block % BITS_PER_PAGE;
  if (!(Edit->After[Bit / 8] & 1 << Bit % 8)) return STATUS_DISK_CORRUPT_ERROR;
  Edit->After[Bit / 8] &= (UCHAR) ~(1 << Bit % 8);
  CfsNoteChange(Edit, Bit / 8, Bit / 8 + 1);
  return STATUS_SUCCESS;
}

/* The transaction has to be durable before the blocks may be another file's: CfsCommit with IsDurable. */
NTSTATUS CfsFreeExtents(PTRANSACTION Transaction, const EXTENT *Extents, ULONG Count) {
  for (ULONG i = 0; i < Count; i++) {
    for (ULONG Block = 0; Block < Extents[i].Count; Block++) {
      NTSTATUS Status = FreeBlock(Transaction, Extents[i].Block + Block);
      if (!NT_SUCCESS(Status)) return Status;
    }
  }

  return STATUS_SUCCESS;
}

/* A file's blocks change while no paging I/O of it is under way. */
static VOID Publish(PFCB Fcb, const EXTENT *Extents, ULONG Count) {
  CfsAcquireExclusive(&Fcb->PagingIoResource);
  RtlCopyMemory(Fcb->Extents, Extents, Count * sizeof *Extents);
  Fcb->ExtentCount = Count;
  Fcb->Header.AllocationSize.QuadPart = CfsAllocationSize(Extents, Count);
  ExReleaseResourceLite(&Fcb->PagingIoResource);
}

/* Sees to it that the file has blocks for that many bytes. The caller has the file's main resource alone. */
NTSTATUS CfsAddAllocation(PFILE_OBJECT FileObject, LONGLONG Bytes) {
  PFCB Fcb = CfsFcb(FileObject);
  LONGLONG Missing = CfsRoundToBlocks(Bytes) - Fcb->Header.AllocationSize.QuadPart;
  if (Missing <= 0) return STATUS_SUCCESS;
  if (Missing / CFS_BLOCK > Fcb->Vcb->Super.BlockCount) return STATUS_DISK_FULL;
  EXTENT Extents[CFS_EXTENTS];
  ULONG Count = Fcb->ExtentCount;
  RtlCopyMemory(Extents, Fcb->Extents, sizeof Extents);

  TRANSACTION Transaction;
  NTSTATUS Status = CfsBegin(&Transaction, Fcb->Vcb);
  if (!NT_SUCCESS(Status)) return Status;
  PFILE_RECORD Record;
  Status = TakeBlocks(&Transaction, (ULONG)(Missing / CFS_BLOCK), Extents, &Count);
  if (NT_SUCCESS(Status)) Status = CfsEditRecord(&Transaction, Fcb->RecordIndex, &Record);
  if (!NT_SUCCESS(Status)) {
    CfsAbort(&Transaction);
    return Status;
  }

  RtlCopyMemory(Record->Extents, Extents, sizeof Extents);
  Record->ExtentCount = (USHORT)Count;
  Status = CfsCommit(&Transaction, FALSE);
  if (NT_SUCCESS(Status)) Publish(Fcb, Extents, Count);
  return Status;
}

/* Splits a list behind so many blocks; what lies behind them is moved to another list. */
static VOID Split(PEXTENT Extents, PULONG Count, LONGLONG Blocks, PEXTENT Rest, PULONG RestCount) {
  ULONG Kept = 0;
  *RestCount = 0;
  for (ULONG i = 0; i < *Count; i++) {
    ULONG Stay = Blocks < Extents[i].Count ? (ULONG)Blocks : Extents[i].Count;
    if (Stay < Extents[i].Count) Rest[(*RestCount)++] = (EXTENT){Extents[i].Block + Stay, Extents[i].Count - Stay};
    if (Stay > 0) Extents[Kept++] = (EXTENT){Extents[i].Block, Stay};
    Blocks -= Stay;
  }

  *Count = Kept;
}

/*
 * Gives up what a file has behind so many bytes, durably, and has its record say no more than the header does. The
 * caller has the file's main resource alone, and the header says no more than that many bytes.
 */
NTSTATUS CfsTrimAllocation(PFCB Fcb, LONGLONG Bytes) {
  EXTENT Extents[CFS_EXTENTS], Rest[CFS_EXTENTS];
  ULONG Count = Fcb->ExtentCount, RestCount;
  LONGLONG FileSize = Fcb->Header.FileSize.QuadPart, Valid = Fcb->Header.ValidDataLength.QuadPart;
  if (FileSize > Fcb->RecordFileSize) FileSize = Fcb->RecordFileSize;
  if (Valid > Fcb->RecordValidDataLength) Valid = Fcb->RecordValidDataLength;
  RtlCopyMemory(Extents, Fcb->Extents, sizeof Extents);
  Split(Extents, &Count, CfsRoundToBlocks(Bytes) / CFS_BLOCK, Rest, &RestCount);
  if (RestCount == 0 && FileSize == Fcb->RecordFileSize && Valid == Fcb->RecordValidDataLength) return STATUS_SUCCESS;

  TRANSACTION Transaction;
  NTSTATUS Status = CfsBegin(&Transaction, Fcb->Vcb);
  if (!NT_SUCCESS(Status)) return Status;
  PFILE_RECORD Record;
  Status = CfsFreeExtents(&Transaction, Rest, RestCount);
  if (NT_SUCCESS(Status)) Status = CfsEditRecord(&Transaction, Fcb->RecordIndex, &Record);
  if (!NT_SUCCESS(Status)) {
    CfsAbort(&Transaction);
    return Status;
  }

  Record->FileSize = FileSize;
  Record->ValidDataLength = Valid;
  Record->ExtentCount = (USHORT)Count;
  RtlZeroMemory(Record->Extents, sizeof Record->Extents);
  RtlCopyMemory(Record->Extents, Extents, Count * sizeof *Extents);
  Status = CfsCommit(&Transaction, TRUE);
  if (!NT_SUCCESS(Status)) return Status;
  Fcb->RecordFileSize = FileSize;
  Fcb->RecordValidDataLength = Valid;
  Publish(Fcb, Extents, Count);
  return STATUS_SUCCESS;
}
