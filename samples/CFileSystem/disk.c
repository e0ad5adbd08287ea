/* The disk: an image file. All that the file system reads and writes goes through here. */
#include "cfsproc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

struct _DISK {
  int Descriptor;
};

static NTSTATUS StatusOfErrno(void) {
  switch (errno) {
    case ENOENT: return STATUS_OBJECT_NAME_NOT_FOUND;
    case EACCES:
    case EPERM: return STATUS_ACCESS_DENIED;
    case ENOSPC: return STATUS_DISK_FULL;
    case EWOULDBLOCK: return STATUS_SHARING_VIOLATION;
    default: return STATUS_IO_DEVICE_ERROR;
  }
}

NTSTATUS CfsDiskCreate(const char *Path, LONGLONG Bytes) {
  int Descriptor = open(Path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (Descriptor < 0) return StatusOfErrno();
  NTSTATUS Status = STATUS_SUCCESS;
  if (flock(Descriptor, LOCK_EX | LOCK_NB) != 0 || ftruncate(Descriptor, 0) != 0 || ftruncate(Descriptor, Bytes) != 0) {
    Status = StatusOfErrno();
  }

  close(Descriptor);
  return Status;
}

NTSTATUS CfsDiskOpen(const char *Path, PDISK *Disk) {
  int Descriptor = open(Path, O_RDWR | O_CLOEXEC);
  if (Descriptor < 0) return StatusOfErrno();
  if (flock(Descriptor, LOCK_EX | LOCK_NB) != 0) {
    NTSTATUS Status = StatusOfErrno();
    close(Descriptor);
    return Status;
  }

  *Disk = malloc(sizeof **Disk);
  if (!*Disk) {
    close(Descriptor);
    return STATUS_INSUFFICIENT_RESOURCES;
  }

  (*Disk)->Descriptor = Descriptor;
  return STATUS_SUCCESS;
}

VOID CfsDiskClose(PDISK Disk) {
  close(Disk->Descriptor);
  free(Disk);
}

NTSTATUS CfsDiskRead(PDISK Disk, LONGLONG Offset, ULONG Length, PVOID Buffer) {
  for (ULONG Done = 0; Done < Length;) {
    ssize_t Count = pread(Disk->Descriptor, Add2Ptr(Buffer, Done), Length - Done, Offset + Done);
    if (Count < 0 && errno == EINTR) continue;
    if (Count < 0) return StatusOfErrno();
    if (Count == 0) return STATUS_END_OF_FILE;
    Done += (ULONG)Count;
  }

  return STATUS_SUCCESS;
}

NTSTATUS CfsDiskWrite(PDISK Disk, LONGLONG Offset, ULONG Length, const VOID *Buffer) {
  for (ULONG Done = 0; Done < Length;) {
    ssize_t Count = pwrite(Disk->Descriptor, (const UCHAR *)Buffer + Done, Length - Done, Offset + Done);
    if (Count < 0 && errno == EINTR) continue;
    if (Count < 0) return StatusOfErrno();
    Done += (ULONG)Count;
  }

  return STATUS_SUCCESS;
}

NTSTATUS CfsDiskFlush(PDISK Disk) { return fdatasync(Disk->Descriptor) == 0 ? STATUS_SUCCESS : StatusOfErrno(); }
