/* Looks whether a volume is sound: from the image alone, with what its log says. */
#include "cfsproc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct _CHECK {
  SUPER_BLOCK Super;
  PUCHAR Blocks; /* of the image, up to the first data block, as they are after the log */
  PUCHAR Owned;  /* for each block: whether a file has it */
  char *Why;
  ULONG WhyBytes;
} CHECK, *PCHECK;

static NTSTATUS Wrong(PCHECK Check, const char *Format, ...) {
  va_list Arguments;
  va_start(Arguments, Format);
  vsnprintf(Check->Why, Check->WhyBytes, Format, Arguments);
  va_end(Arguments);
  return STATUS_DISK_CORRUPT_ERROR;
}

static NTSTATUS RedoInMemory(PVOID Context, LONGLONG Offset, ULONG Length, const VOID *Bytes) {
  PCHECK Check = Context;
  LONGLONG First = (LONGLONG)Check->Super.BitmapBlock * CFS_BLOCK;
  LONGLONG End = (LONGLONG)Check->Super.DataBlock * CFS_BLOCK;
  if (Offset < First || Offset > End || Length > End - Offset) {
    return Wrong(Check, "the log changes %u bytes at %lld", Length, (long long)Offset);
  }

  RtlCopyMemory(Check->Blocks + Offset, Bytes, Length);
  return STATUS_SUCCESS;
}

static NTSTATUS CheckExtents(PCHECK Check, ULONG Index, const FILE_RECORD *Record) {
  for (ULONG i = 0; i < Record->ExtentCount; i++) {
    const EXTENT *Extent = &Record->Extents[i];
    BOOLEAN IsInside = Extent->Count > 0 && Extent->Block >= Check->Super.DataBlock
        && Extent->Block < Check->Super.BlockCount && Extent->Count <= Check->Super.BlockCount - Extent->Block;
    if (!IsInside) return Wrong(Check, "record %u: extent %u is %u+%u", Index, i, Extent->Block, Extent->Count);
    for (ULONG Block = Extent->Block; Block < Extent->Block + Extent->Count; Block++) {
      if (Check->Owned[Block]) return Wrong(Check, "record %u: block %u is another's too", Index, Block);
      Check->Owned[Block] = TRUE;
    }
  }

  return STATUS_SUCCESS;
}

static NTSTATUS CheckRecord(PCHECK Check, ULONG Index, const FILE_RECORD *Records) {
  const FILE_RECORD *Record = &Records[Index];
  if (!FlagOn(Record->Flags, CFS_RECORD_IN_USE)) return STATUS_SUCCESS;
  if (Record->NameBytes == 0 || Record->NameBytes > sizeof Record->Name || Record->ExtentCount > CFS_EXTENTS) {
    return Wrong(Check, "record %u: %u bytes of name, %u extents", Index, Record->NameBytes, Record->ExtentCount);
  }

  for (ULONG Other = 0; Other < Index; Other++) {
    const FILE_RECORD *Its = &Records[Other];
    if (FlagOn(Its->Flags, CFS_RECORD_IN_USE) && Its->NameBytes == Record->NameBytes
        && RtlEqualMemory(Its->Name, Record->Name, Record->NameBytes)) {
      return Wrong(Check, "records %u and %u have one name", Other, Index);
    }
  }

  LONGLONG Allocation = CfsAllocationSize(Record->Extents, Record->ExtentCount);
  BOOLEAN IsInOrder = 0 <= Record->ValidDataLength && Record->ValidDataLength <= Record->FileSize
      && Record->FileSize <= Allocation;
  if (!IsInOrder) {
    return Wrong(Check, "record %u: valid %lld, size %lld, allocation %lld", Index, (long long)Record->ValidDataLength,
        (long long)Record->FileSize, (long long)Allocation);
  }

  return CheckExtents(Check, Index, Record);
}

static NTSTATUS CheckBlocks(PCHECK Check) {
  const FILE_RECORD *Records = (const FILE_RECORD *)(Check->Blocks + (SIZE_T)Check->Super.RecordBlock * CFS_BLOCK);
  for (ULONG Index = 0; Index < Check->Super.RecordBlocks * CFS_RECORDS_PER_BLOCK; Index++) {
    NTSTATUS Status = CheckRecord(Check, Index, Records);
    if (!NT_SUCCESS(Status)) return Status;
  }

  const UCHAR *Bitmap = Check->Blocks + (SIZE_T)Check->Super.BitmapBlock * CFS_BLOCK;
  for (ULONG Block = 0; Block < Check->Super.BlockCount; Block++) {
    BOOLEAN IsTaken = (Bitmap[Block / 8] >> Block % 8 & 1) != 0;
    BOOLEAN IsOwned = Block < Check->Super.DataBlock || Check->Owned[Block];
    if (IsTaken != IsOwned) {
      const char *How = IsTaken ? "taken, and no file has it" : "free, and a file has it";
      return Wrong(Check, "block %u is %s", Block, How);
    }
  }

  return STATUS_SUCCESS;
}

static NTSTATUS CheckDisk(PCHECK Check, PDISK Disk) {
  LOG Log;
  ULONG Bytes = Check->Super.DataBlock * CFS_BLOCK;
  Check->Blocks = malloc(Bytes);
  Check->Owned = calloc(1, Check->Super.BlockCount);
  if (!Check->Blocks || !Check->Owned) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS Status = CfsDiskRead(Disk, 0, Bytes, Check->Blocks);
  if (NT_SUCCESS(Status)) Status = CfsLogOpen(&Log, Disk, &Check->Super);
  if (!NT_SUCCESS(Status)) return Wrong(Check, "the log cannot be read");
  Status = CfsLogReplay(&Log, RedoInMemory, Check);
  CfsLogClose(&Log);
  return NT_SUCCESS(Status) ? CheckBlocks(Check) : Status;
}

NTSTATUS CfsCheckVolume(const char *ImagePath, char *Why, ULONG WhyBytes) {
  CHECK Check = {.Why = Why, .WhyBytes = WhyBytes};
  PDISK Disk;
  snprintf(Why, WhyBytes, "the image cannot be read");
  NTSTATUS Status = CfsDiskOpen(ImagePath, &Disk);
  if (!NT_SUCCESS(Status)) return Status;
  FsRtlEnterFileSystem();
  Status = CfsReadSuper(Disk, &Check.Super);
  if (NT_SUCCESS(Status)) Status = CheckDisk(&Check, Disk);
  free(Check.Blocks);
  free(Check.Owned);
  CfsDiskClose(Disk);
  FsRtlExitFileSystem();
  return Status;
}
