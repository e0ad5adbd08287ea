/* Volumes: making, mounting and dismounting them. */
#include "cfsproc.h"

#include <stdlib.h>

/* ---- Making ---- */

/* Where everything lies in an image of so many blocks. */
static SUPER_BLOCK Layout(ULONG Blocks) {
  SUPER_BLOCK Super = {.Magic = CFS_MAGIC, .BlockCount = Blocks, .LogBlock = CFS_RESTART_BLOCK + 2};
  Super.LogBlocks = 32 + Blocks / 64;
  if (Super.LogBlocks > 256) Super.LogBlocks = 256;
  Super.BitmapBlock = Super.LogBlock + Super.LogBlocks;
  Super.BitmapBlocks = (Blocks + CFS_BLOCK * 8 - 1) / (CFS_BLOCK * 8);
  Super.RecordBlock = Super.BitmapBlock + Super.BitmapBlocks;
  Super.RecordBlocks = 16;
  Super.DataBlock = Super.RecordBlock + Super.RecordBlocks;
  Super.Checksum = CfsChecksum(&Super, FIELD_OFFSET(SUPER_BLOCK, Checksum));
  return Super;
}

/* The bitmap at first: the volume's own blocks are taken, and those that there are not. */
static NTSTATUS WriteBitmap(PDISK Disk, const SUPER_BLOCK *Super) {
  ULONG Bytes = Super->BitmapBlocks * CFS_BLOCK;
  PUCHAR Bitmap = calloc(1, Bytes);
  if (!Bitmap) return STATUS_INSUFFICIENT_RESOURCES;
  for (ULONG Block = 0; Block < Bytes * 8; Block++) {
    if (Block < Super->DataBlock || Block >= Super->BlockCount) Bitmap[Block / 8] |= (UCHAR)(1 << Block % 8);
  }

  NTSTATUS Status = CfsDiskWrite(Disk, (LONGLONG)Super->BitmapBlock * CFS_BLOCK, Bytes, Bitmap);
  free(Bitmap);
  return Status;
}

/* The superblock comes last: until then the image is no volume. */
NTSTATUS CfsFormatVolume(const char *ImagePath, ULONGLONG Bytes) {
  ULONGLONG Blocks = Bytes / CFS_BLOCK;
  if (Blocks < 128 || Blocks > (ULONGLONG)CFS_EDITS / 2 * CFS_BLOCK * 8) return STATUS_INVALID_PARAMETER;
  SUPER_BLOCK Super = Layout((ULONG)Blocks);
  PDISK Disk;
  NTSTATUS Status = CfsDiskCreate(ImagePath, (LONGLONG)Blocks * CFS_BLOCK);
  if (NT_SUCCESS(Status)) Status = CfsDiskOpen(ImagePath, &Disk);
  if (!NT_SUCCESS(Status)) return Status;
  ULONG LogBytes = Super.LogBlocks * CFS_BLOCK;
  Status = WriteBitmap(Disk, &Super);
  if (NT_SUCCESS(Status)) Status = CfsWriteRestartArea(Disk, LogBytes, LogBytes);
  if (NT_SUCCESS(Status)) Status = CfsDiskWrite(Disk, 0, sizeof Super, &Super);
  if (NT_SUCCESS(Status)) Status = CfsDiskFlush(Disk);
  CfsDiskClose(Disk);
  return Status;
}

/* ---- Mounting ---- */

NTSTATUS CfsReadSuper(PDISK Disk, PSUPER_BLOCK Super) {
  NTSTATUS Status = CfsDiskRead(Disk, 0, sizeof *Super, Super);
  if (Status == STATUS_END_OF_FILE) return STATUS_UNRECOGNIZED_VOLUME;
  if (!NT_SUCCESS(Status)) return Status;
  BOOLEAN IsOurs = Super->Magic == CFS_MAGIC
      && Super->Checksum == CfsChecksum(Super, FIELD_OFFSET(SUPER_BLOCK, Checksum));
  return IsOurs ? STATUS_SUCCESS : STATUS_UNRECOGNIZED_VOLUME;
}

/* What the log says goes to its place, but not outside of the bitmap and the directory. */
static NTSTATUS RedoOnDisk(PVOID Context, LONGLONG Offset, ULONG Length, const VOID *Bytes) {
  PVCB Vcb = Context;
  LONGLONG First = (LONGLONG)Vcb->Super.BitmapBlock * CFS_BLOCK, End = (LONGLONG)Vcb->Super.DataBlock * CFS_BLOCK;
  if (Offset < First || Offset > End || Length > End - Offset) return STATUS_DISK_CORRUPT_ERROR;
  return CfsDiskWrite(Vcb->Disk, Offset, Length, Bytes);
}

static NTSTATUS Recover(PVCB Vcb) {
  NTSTATUS Status = CfsLogReplay(&Vcb->Log, RedoOnDisk, Vcb);
  if (NT_SUCCESS(Status)) Status = CfsDiskFlush(Vcb->Disk);
  return NT_SUCCESS(Status) ? CfsLogRestart(&Vcb->Log) : Status;
}

static VOID FlushToLsn(PVOID LogHandle, LARGE_INTEGER Lsn) {
  FsRtlEnterFileSystem();
  NTSTATUS Status = CfsLogFlush(LogHandle, Lsn.QuadPart);
  if (!NT_SUCCESS(Status)) ConcordFailFlushToLsn(Status); /* the pages that this is for stay out of the image */
  FsRtlExitFileSystem();
}

/* The stream of the volume's own structures, for pins. */
static NTSTATUS OpenVolumeStream(PVCB Vcb) {
  static WCHAR Name[] = u"$Volume";
  PFCB Fcb = &Vcb->VolumeFcb;
  RtlInitUnicodeString(&Fcb->Name, Name);
  Fcb->Header.AllocationSize.QuadPart = Fcb->Header.FileSize.QuadPart = Fcb->Header.ValidDataLength.QuadPart =
      (LONGLONG)Vcb->Super.DataBlock * CFS_BLOCK;
  Vcb->VolumeFile = CfsNewFileObject(Fcb, 0);
  if (!Vcb->VolumeFile) return STATUS_INSUFFICIENT_RESOURCES;
  NTSTATUS Status = ConcordAttach(Vcb->VolumeFile, &CfsVolumeStore, Fcb);
  if (!NT_SUCCESS(Status)) {
    CfsFreeFileObject(Vcb->VolumeFile);
    return Status;
  }

  Status = CfsInitializeCaching(Vcb->VolumeFile, TRUE);
  if (NT_SUCCESS(Status)) {
    CcSetLogHandleForFile(Vcb->VolumeFile, &Vcb->Log, FlushToLsn);
    Status = ConcordLastStatus();
  }

  if (NT_SUCCESS(Status)) return STATUS_SUCCESS;
  (void)CcUninitializeCacheMap(Vcb->VolumeFile, NULL, NULL);
  (void)ConcordDetach(Vcb->VolumeFile);
  CfsFreeFileObject(Vcb->VolumeFile);
  return Status;
}

static NTSTATUS OpenLogAndStream(PVCB Vcb) {
  NTSTATUS Status = CfsLogOpen(&Vcb->Log, Vcb->Disk, &Vcb->Super);
  if (!NT_SUCCESS(Status)) return Status;
  Status = Recover(Vcb);
  if (NT_SUCCESS(Status)) Status = OpenVolumeStream(Vcb);
  if (!NT_SUCCESS(Status)) CfsLogClose(&Vcb->Log);
  return Status;
}

static VOID FreeVcb(PVCB Vcb) {
  CfsDeleteFcb(&Vcb->VolumeFcb);
  (void)ExDeleteResourceLite(&Vcb->Resource);
  CfsDiskClose(Vcb->Disk);
  free(Vcb);
}

NTSTATUS CfsMountVolume(const char *ImagePath, PVCB *Vcb) {
  PDISK Disk;
  NTSTATUS Status = CfsDiskOpen(ImagePath, &Disk);
  if (!NT_SUCCESS(Status)) return Status;
  PVCB New = calloc(1, sizeof *New);
  if (!New) {
    CfsDiskClose(Disk);
    return STATUS_INSUFFICIENT_RESOURCES;
  }

  FsRtlEnterFileSystem();
  New->Disk = Disk;
  InitializeListHead(&New->Fcbs);
  CfsInitializeFcb(&New->VolumeFcb, New);
  Status = ExInitializeResourceLite(&New->Resource);
  if (NT_SUCCESS(Status)) Status = CfsReadSuper(Disk, &New->Super);
  if (NT_SUCCESS(Status)) Status = OpenLogAndStream(New);
  if (NT_SUCCESS(Status)) *Vcb = New;
  else FreeVcb(New);
  FsRtlExitFileSystem();
  return Status;
}

/* ---- Dismounting ---- */

/* Ends a file object's caching when what is dirty has been written, and waits for that. */
static VOID SyncUninitializeCacheMap(PFILE_OBJECT FileObject) {
  CACHE_UNINITIALIZE_EVENT Event;
  RtlZeroMemory(&Event, sizeof Event);
  KeInitializeEvent(&Event.Event, SynchronizationEvent, FALSE);
  (void)CcUninitializeCacheMap(FileObject, NULL, &Event);
  (void)KeWaitForSingleObject(&Event.Event, Executive, KernelMode, FALSE, NULL);
}

NTSTATUS CfsDismountVolume(PVCB Vcb) {
  NTSTATUS Status = CfsFlushVolume(Vcb);
  if (!NT_SUCCESS(Status)) return Status;
  FsRtlEnterFileSystem();
  CfsAcquireExclusive(&Vcb->Resource);
  Status = IsListEmpty(&Vcb->Fcbs) ? STATUS_SUCCESS : STATUS_RESOURCE_IN_USE;
  if (NT_SUCCESS(Status)) {
    SyncUninitializeCacheMap(Vcb->VolumeFile);
    Status = ConcordDetach(Vcb->VolumeFile);
    if (!NT_SUCCESS(Status)) (void)CfsInitializeCaching(Vcb->VolumeFile, TRUE);
  }

  ExReleaseResourceLite(&Vcb->Resource);
  if (NT_SUCCESS(Status)) {
    CfsFreeFileObject(Vcb->VolumeFile);
    CfsLogClose(&Vcb->Log);
    FreeVcb(Vcb);
  }

  FsRtlExitFileSystem();
  return Status;
}
