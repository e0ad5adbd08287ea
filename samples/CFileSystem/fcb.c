/* Control blocks and file objects, and what the cache is told of them. */
#include "cfsproc.h"

#include <stdlib.h>

VOID CfsInitializeFcb(PFCB Fcb, PVCB Vcb) {
  RtlZeroMemory(Fcb, sizeof *Fcb);
  Fcb->Vcb = Vcb;
  Fcb->Header.NodeByteSize = sizeof *Fcb;
  Fcb->Header.IsFastIoPossible = FastIoIsPossible;
  Fcb->Header.Resource = &Fcb->MainResource;
  Fcb->Header.PagingIoResource = &Fcb->PagingIoResource;
  FsRtlSetupAdvancedHeader(&Fcb->Header, NULL);
  (void)ExInitializeResourceLite(&Fcb->MainResource);
  (void)ExInitializeResourceLite(&Fcb->PagingIoResource);
  (void)ExInitializeResourceLite(&Fcb->DiskResource);
}

VOID CfsDeleteFcb(PFCB Fcb) {
  (void)ExDeleteResourceLite(&Fcb->DiskResource);
  (void)ExDeleteResourceLite(&Fcb->PagingIoResource);
  (void)ExDeleteResourceLite(&Fcb->MainResource);
}

/* NULL without memory. */
PFILE_OBJECT CfsNewFileObject(PFCB Fcb, ULONG Options) {
  PFILE_OBJECT FileObject = calloc(1, sizeof *FileObject);
  PCCB Ccb = calloc(1, sizeof *Ccb);
  if (!FileObject || !Ccb) {
    free(FileObject);
    free(Ccb);
    return NULL;
  }

  Ccb->Options = Options;
  FileObject->Type = IO_TYPE_FILE;
  FileObject->Size = sizeof *FileObject;
  FileObject->Vpb = Fcb->Vcb;
  FileObject->FsContext = Fcb;
  FileObject->FsContext2 = Ccb;
  FileObject->SectionObjectPointer = &Fcb->SectionObjectPointers;
  FileObject->ReadAccess = FileObject->WriteAccess = TRUE;
  FileObject->FileName = Fcb->Name;
  if (FlagOn(Options, FILE_WRITE_THROUGH)) SetFlag(FileObject->Flags, FO_WRITE_THROUGH);
  if (FlagOn(Options, FILE_NO_INTERMEDIATE_BUFFERING)) SetFlag(FileObject->Flags, FO_NO_INTERMEDIATE_BUFFERING);
  return FileObject;
}

VOID CfsFreeFileObject(PFILE_OBJECT FileObject) {
  free(FileObject->FsContext2);
  free(FileObject);
}

LONGLONG CfsAllocationSize(const EXTENT *Extents, ULONG Count) {
  LONGLONG Blocks = 0;
  for (ULONG i = 0; i < Count; i++) Blocks += Extents[i].Count;
  return Blocks * CFS_BLOCK;
}

static CC_FILE_SIZES Sizes(PFCB Fcb) {
  return (CC_FILE_SIZES){Fcb->Header.AllocationSize, Fcb->Header.FileSize, Fcb->Header.ValidDataLength};
}

/* Tells the cache the sizes of the header. Called with the main resource alone, and not with that of paging I/O. */
NTSTATUS CfsTellSizes(PFILE_OBJECT FileObject) {
  CC_FILE_SIZES FileSizes = Sizes(CfsFcb(FileObject));
  return CcSetFileSizesEx(FileObject, &FileSizes);
}

/* Caching begins with the first cached call of a file object. Called with the main resource. */
NTSTATUS CfsInitializeCaching(PFILE_OBJECT FileObject, BOOLEAN PinAccess) {
  if (FileObject->PrivateCacheMap) return STATUS_SUCCESS;
  CC_FILE_SIZES FileSizes = Sizes(CfsFcb(FileObject));
  CcInitializeCacheMap(FileObject, &FileSizes, PinAccess, &CfsCallbacks, CfsFcb(FileObject));
  return ConcordLastStatus();
}
