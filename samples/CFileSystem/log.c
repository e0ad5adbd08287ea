/*
 * The write-ahead log. A record says what bytes of the volume's structures are after a transaction; it is durable
 * before any page that the transaction changed is written, since the cache asks for that (CcSetLogHandleForFile).
 */
#include "cfsproc.h"

#include <stdlib.h>

#define LOG_RECORD_MAGIC 0x4452434552474f4cULL /* "LOGRECRD" */

/* FNV-1a. */
ULONGLONG CfsChecksum(const VOID *Bytes, SIZE_T Length) {
  ULONGLONG Sum = 0xcbf29ce484222325ULL;
  for (SIZE_T i = 0; i < Length; i++) Sum = (Sum ^ ((const UCHAR *)Bytes)[i]) * 0x100000001b3ULL;
  return Sum;
}

/* ---- Restart areas ---- */

NTSTATUS CfsWriteRestartArea(PDISK Disk, LONGLONG StartLsn, ULONG LogBytes) {
  UCHAR Block[CFS_SECTOR] = {0};
  RESTART_AREA Area = {.Magic = CFS_MAGIC, .StartLsn = StartLsn};
  Area.Checksum = CfsChecksum(&Area, FIELD_OFFSET(RESTART_AREA, Checksum));
  RtlCopyMemory(Block, &Area, sizeof Area);

  /* The numbers go up by the log's length each time: the areas take turns. */
  ULONG Turn = (ULONG)(StartLsn / LogBytes) & 1;
  NTSTATUS Status = CfsDiskWrite(Disk, (LONGLONG)(CFS_RESTART_BLOCK + Turn) * CFS_BLOCK, sizeof Block, Block);
  return NT_SUCCESS(Status) ? CfsDiskFlush(Disk) : Status;
}

/* The higher number of the areas that are whole; 0 when neither is. */
static NTSTATUS ReadStartLsn(PDISK Disk, PLARGE_INTEGER StartLsn) {
  StartLsn->QuadPart = 0;
  for (ULONG Turn = 0; Turn < 2; Turn++) {
    RESTART_AREA Area;
    NTSTATUS Status = CfsDiskRead(Disk, (LONGLONG)(CFS_RESTART_BLOCK + Turn) * CFS_BLOCK, sizeof Area, &Area);
    if (!NT_SUCCESS(Status)) return Status;
    BOOLEAN IsWhole =
        Area.Magic == CFS_MAGIC && Area.Checksum == CfsChecksum(&Area, FIELD_OFFSET(RESTART_AREA, Checksum));
    if (IsWhole && Area.StartLsn > StartLsn->QuadPart) StartLsn->QuadPart = Area.StartLsn;
  }

  return StartLsn->QuadPart > 0 ? STATUS_SUCCESS : STATUS_DISK_CORRUPT_ERROR;
}

/* ---- Opening and replaying ---- */

NTSTATUS CfsLogOpen(PLOG Log, PDISK Disk, const SUPER_BLOCK *Super) {
  LARGE_INTEGER StartLsn;
  RtlZeroMemory(Log, sizeof *Log);
  Log->Disk = Disk;
  Log->Offset = (LONGLONG)Super->LogBlock * CFS_BLOCK;
  Log->Bytes = Super->LogBlocks * CFS_BLOCK;
  Log->Buffer = malloc(Log->Bytes);
  if (!Log->Buffer) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS Status = ReadStartLsn(Disk, &StartLsn);
  if (NT_SUCCESS(Status)) Status = CfsDiskRead(Disk, Log->Offset, Log->Bytes, Log->Buffer);
  if (NT_SUCCESS(Status)) Status = ExInitializeResourceLite(&Log->Resource);
  if (!NT_SUCCESS(Status)) {
    free(Log->Buffer);
    return Status;
  }

  Log->StartLsn = Log->NextLsn = Log->FlushedLsn = StartLsn.QuadPart;
  return STATUS_SUCCESS;
}

VOID CfsLogClose(PLOG Log) {
  (void)ExDeleteResourceLite(&Log->Resource);
  free(Log->Buffer);
}

/* The record at a place, if one counts there. */
static PLOG_RECORD RecordAt(PLOG Log, ULONG At) {
  PLOG_RECORD Record = Add2Ptr(Log->Buffer, At);
  if (Log->Bytes - At < sizeof *Record) return NULL;
  if (Record->Magic != LOG_RECORD_MAGIC || Record->Lsn != Log->StartLsn + At) return NULL;
  if (Record->Bytes < sizeof *Record || Record->Bytes > Log->Bytes - At || Record->Bytes % 8 != 0) return NULL;
  ULONGLONG Checksum = Record->Checksum;
  Record->Checksum = 0;
  BOOLEAN IsWhole = CfsChecksum(Record, Record->Bytes) == Checksum;
  Record->Checksum = Checksum;
  return IsWhole ? Record : NULL;
}

NTSTATUS CfsLogReplay(PLOG Log, PCFS_REDO Redo, PVOID Context) {
  PLOG_RECORD Record;
  for (ULONG At = 0; At < Log->Bytes && (Record = RecordAt(Log, At)) != NULL; At += Record->Bytes) {
    PUCHAR Next = (PUCHAR)(Record + 1);
    for (ULONG i = 0; i < Record->Changes; i++) {
      PLOG_CHANGE Change = (PLOG_CHANGE)Next;
      NTSTATUS Status = Redo(Context, Change->Offset, Change->Length, Change + 1);
      if (!NT_SUCCESS(Status)) return Status;
      Next += sizeof *Change + ((Change->Length + 7) & ~7u);
    }
  }

  return STATUS_SUCCESS;
}

NTSTATUS CfsLogRestart(PLOG Log) {
  CfsAcquireExclusive(&Log->Resource);
  NTSTATUS Status = Log->Failure;
  if (NT_SUCCESS(Status)) Status = CfsWriteRestartArea(Log->Disk, Log->StartLsn + Log->Bytes, Log->Bytes);
  if (NT_SUCCESS(Status)) {
    Log->StartLsn += Log->Bytes;
    Log->NextLsn = Log->FlushedLsn = Log->StartLsn;
    RtlZeroMemory(Log->Buffer, Log->Bytes);
  } else {
    Log->Failure = Status; /* which of the two areas counts is not known */
  }

  ExReleaseResourceLite(&Log->Resource);
  return Status;
}

/* ---- Appending and flushing ---- */

BOOLEAN CfsLogHasRoom(PLOG Log, ULONG Bytes) {
  CfsAcquireShared(&Log->Resource);
  BOOLEAN HasRoom = Log->NextLsn - Log->StartLsn + Bytes <= Log->Bytes;
  ExReleaseResourceLite(&Log->Resource);
  return HasRoom;
}

/* The number that the next record gets: the caller is the only one to append. */
LONGLONG CfsLogNextLsn(PLOG Log) {
  CfsAcquireShared(&Log->Resource);
  LONGLONG Next = Log->NextLsn;
  ExReleaseResourceLite(&Log->Resource);
  return Next;
}

VOID CfsLogAppend(PLOG Log, PLOG_RECORD Record) {
  CfsAcquireExclusive(&Log->Resource);
  NT_ASSERT(Log->NextLsn - Log->StartLsn + Record->Bytes <= Log->Bytes);
  Record->Magic = LOG_RECORD_MAGIC;
  Record->Lsn = Log->NextLsn;
  Record->Checksum = 0;
  Record->Checksum = CfsChecksum(Record, Record->Bytes);
  RtlCopyMemory(Log->Buffer + (Log->NextLsn - Log->StartLsn), Record, Record->Bytes);
  Log->NextLsn += Record->Bytes;
  ExReleaseResourceLite(&Log->Resource);
}

/*
 * Makes the log durable with the record of that number. Whole sectors: the last one is written again with what
 * follows.
 */
NTSTATUS CfsLogFlush(PLOG Log, LONGLONG Lsn) {
  CfsAcquireExclusive(&Log->Resource);
  NTSTATUS Status = Log->Failure;
  if (NT_SUCCESS(Status) && Log->FlushedLsn <= Lsn && Log->FlushedLsn < Log->NextLsn) {
    ULONG From = (ULONG)(Log->FlushedLsn - Log->StartLsn) & ~(CFS_SECTOR - 1);
    ULONG To = ((ULONG)(Log->NextLsn - Log->StartLsn) + CFS_SECTOR - 1) & ~(CFS_SECTOR - 1);
    Status = CfsDiskWrite(Log->Disk, Log->Offset + From, To - From, Log->Buffer + From);
    if (NT_SUCCESS(Status)) Status = CfsDiskFlush(Log->Disk);
    if (NT_SUCCESS(Status)) Log->FlushedLsn = Log->NextLsn;
    else Log->Failure = Status;
  }

  ExReleaseResourceLite(&Log->Resource);
  return Status;
}

NTSTATUS CfsLogFailure(PLOG Log) {
  CfsAcquireShared(&Log->Resource);
  NTSTATUS Failure = Log->Failure;
  ExReleaseResourceLite(&Log->Resource);
  return Failure;
}
