/*
 * Transactions: all changes of a transaction are in the log before any of them is in the volume's pages. Pages are
 * pinned exclusively and edited in copies, so that a transaction that fails leaves nothing behind.
 */
#include "cfsproc.h"

#include <stdlib.h>

/* The most that a transaction puts into the log. */
#define TRANSACTION_BYTES ((ULONG)sizeof(LOG_RECORD) + CFS_EDITS * ((ULONG)sizeof(LOG_CHANGE) + CFS_BLOCK))

/* Begins a transaction, when no other is under way. */
NTSTATUS CfsBegin(PTRANSACTION Transaction, PVCB Vcb) {
  Transaction->Vcb = Vcb;
  Transaction->Count = 0;
  CfsAcquireExclusive(&Vcb->VolumeFcb.MainResource);
  NTSTATUS Status = CfsLogFailure(&Vcb->Log);
  if (NT_SUCCESS(Status) && !CfsLogHasRoom(&Vcb->Log, TRANSACTION_BYTES)) Status = CfsCheckpoint(Vcb);
  if (!NT_SUCCESS(Status)) CfsAbort(Transaction);
  return Status;
}

/* A page of the volume's structures, pinned, and a copy of it to be changed. */
NTSTATUS CfsEditPage(PTRANSACTION Transaction, LONGLONG Offset, PEDIT *Edit) {
  for (ULONG i = 0; i < Transaction->Count; i++) {
    *Edit = Transaction->Edits[i];
    if ((*Edit)->Offset == Offset) return STATUS_SUCCESS;
  }

  if (Transaction->Count == CFS_EDITS) return STATUS_DISK_FULL;
  PEDIT New = malloc(sizeof *New);
  if (!New) return STATUS_INSUFFICIENT_RESOURCES;
  LARGE_INTEGER At = {.QuadPart = Offset};
  PVOID Page;
  if (!CcPinRead(Transaction->Vcb->VolumeFile, &At, CFS_BLOCK, PIN_WAIT | PIN_EXCLUSIVE, &New->Bcb, &Page)) {
    free(New);
    return ConcordLastStatus();
  }

  New->Offset = Offset;
  New->Page = Page;
  New->Low = CFS_BLOCK;
  New->High = 0;
  RtlCopyMemory(New->After, Page, CFS_BLOCK);
  Transaction->Edits[Transaction->Count++] = *Edit = New;
  return STATUS_SUCCESS;
}

/* Bytes of the copy, from Low to before High, are changed, or are about to be. */
VOID CfsNoteChange(PEDIT Edit, ULONG Low, ULONG High) {
  if (Low < Edit->Low) Edit->Low = Low;
  if (High > Edit->High) Edit->High = High;
}

static VOID End(PTRANSACTION Transaction) {
  for (ULONG i = 0; i < Transaction->Count; i++) {
    CcUnpinData(Transaction->Edits[i]->Bcb);
    free(Transaction->Edits[i]);
  }

  ExReleaseResourceLite(&Transaction->Vcb->VolumeFcb.MainResource);
}

VOID CfsAbort(PTRANSACTION Transaction) { End(Transaction); }

static PLOG_RECORD MakeRecord(PTRANSACTION Transaction) {
  PLOG_RECORD Record = calloc(1, TRANSACTION_BYTES);
  if (!Record) return NULL;
  PUCHAR Next = (PUCHAR)(Record + 1);
  for (ULONG i = 0; i < Transaction->Count; i++) {
    PEDIT Edit = Transaction->Edits[i];
    if (Edit->Low >= Edit->High) continue;
    PLOG_CHANGE Change = (PLOG_CHANGE)Next;
    Change->Offset = Edit->Offset + Edit->Low;
    Change->Length = Edit->High - Edit->Low;
    RtlCopyMemory(Change + 1, Edit->After + Edit->Low, Change->Length);
    Next += sizeof *Change + ((Change->Length + 7) & ~7u);
    Record->Changes++;
  }

  Record->Bytes = PtrOffset(Record, Next);
  return Record;
}

/*
 * The pages are set dirty first, with the number that the record will have: a page that is written before it is changed
 * does no harm, and one that is written afterwards waits for the log.
 */
static NTSTATUS Apply(PTRANSACTION Transaction, PLOG_RECORD Record) {
  LARGE_INTEGER Lsn = {.QuadPart = CfsLogNextLsn(&Transaction->Vcb->Log)};
  for (ULONG i = 0; i < Transaction->Count; i++) {
    PEDIT Edit = Transaction->Edits[i];
    if (Edit->Low >= Edit->High) continue;
    CcSetDirtyPinnedData(Edit->Bcb, &Lsn);
    if (!NT_SUCCESS(ConcordLastStatus())) return ConcordLastStatus();
  }

  CfsLogAppend(&Transaction->Vcb->Log, Record);
  for (ULONG i = 0; i < Transaction->Count; i++) {
    PEDIT Edit = Transaction->Edits[i];
    if (Edit->Low < Edit->High) RtlCopyMemory(Edit->Page + Edit->Low, Edit->After + Edit->Low, Edit->High - Edit->Low);
  }

  return STATUS_SUCCESS;
}

NTSTATUS CfsCommit(PTRANSACTION Transaction, BOOLEAN IsDurable) {
  PLOG_RECORD Record = MakeRecord(Transaction);
  NTSTATUS Status = Record ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (Record && Record->Changes > 0) {
    Status = Apply(Transaction, Record);
    if (NT_SUCCESS(Status) && IsDurable) Status = CfsLogFlush(&Transaction->Vcb->Log, Record->Lsn);
  }

  free(Record);
  End(Transaction);
  return Status;
}

/*
 * All that the log says is made durable in its place, and the log begins anew. The caller has the volume stream's main
 * resource alone, and no page of it pinned.
 */
NTSTATUS CfsCheckpoint(PVCB Vcb) {
  IO_STATUS_BLOCK IoStatus;
  CcFlushCache(&Vcb->VolumeFcb.SectionObjectPointers, NULL, 0, &IoStatus);
  if (!NT_SUCCESS(IoStatus.Status)) return IoStatus.Status;
  return CfsLogRestart(&Vcb->Log);
}
