/*
 * A command for an image: cfs IMAGE format MEGABYTES | ls | put NAME < bytes | get NAME > bytes | rm NAME | check
 */
#include "cfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char Piece[64 * 1024];

/* What the file system's own statuses mean; the others are the cache's, which says why. */
static const char *Meaning(NTSTATUS Status) {
  switch (Status) {
    case STATUS_OBJECT_NAME_NOT_FOUND: return "there is no such file";
    case STATUS_OBJECT_NAME_COLLISION: return "there is such a file already";
    case STATUS_OBJECT_NAME_INVALID: return "that is no name for a file";
    case STATUS_DISK_FULL: return "the volume is full";
    case STATUS_DISK_CORRUPT_ERROR: return "the volume is damaged";
    case STATUS_UNRECOGNIZED_VOLUME: return "that is no volume of this file system";
    case STATUS_ACCESS_DENIED: return "the image may not be read or written";
    case STATUS_SHARING_VIOLATION: return "the image is in use";
    case STATUS_IO_DEVICE_ERROR: return "the image cannot be read or written";
    case STATUS_INVALID_PARAMETER: return "that size or offset is not possible";
    case STATUS_INSUFFICIENT_RESOURCES: return "there is no memory";
    case STATUS_CANNOT_DELETE: return "the file is in use and cannot be removed";
    case STATUS_DELETE_PENDING: return "the file is being removed";
    default: return "it failed";
  }
}

static int Tell(const char *What, NTSTATUS Status) {
  const char *Why = ConcordLastStatus() == Status ? ConcordLastError() : NULL;
  if (NT_SUCCESS(Status)) return 0;
  fprintf(stderr, "cfs: %s: %s (%08x)\n", What, Why ? Why : Meaning(Status), (unsigned)Status);
  return 1;
}

static NTSTATUS List(PVCB Vcb) {
  CFS_DIRECTORY_ENTRY Entry;
  ULONG Index = 0;
  NTSTATUS Status;
  while (NT_SUCCESS(Status = CfsQueryDirectory(Vcb, &Index, &Entry))) {
    printf("%12lld ", (long long)Entry.FileSize);
    for (ULONG i = 0; i < Entry.Name.Length / sizeof(WCHAR); i++) putchar(Entry.NameBuffer[i]);
    putchar('\n');
  }

  return Status == STATUS_NO_MORE_FILES ? STATUS_SUCCESS : Status;
}

static NTSTATUS Put(PFILE_OBJECT FileObject) {
  IO_STATUS_BLOCK IoStatus;
  NTSTATUS Status = CfsSetEndOfFile(FileObject, 0);
  LONGLONG Offset = 0;
  for (size_t Count; NT_SUCCESS(Status) && (Count = fread(Piece, 1, sizeof Piece, stdin)) > 0; Offset += Count) {
    Status = CfsWrite(FileObject, Offset, (ULONG)Count, Piece, &IoStatus);
  }

  return NT_SUCCESS(Status) ? CfsFlushBuffers(FileObject) : Status;
}

static NTSTATUS Get(PFILE_OBJECT FileObject) {
  IO_STATUS_BLOCK IoStatus;
  LONGLONG Offset = 0;
  NTSTATUS Status;
  while (NT_SUCCESS(Status = CfsRead(FileObject, Offset, sizeof Piece, Piece, &IoStatus))) {
    fwrite(Piece, 1, IoStatus.Information, stdout);
    Offset += (LONGLONG)IoStatus.Information;
  }

  return Status == STATUS_END_OF_FILE ? STATUS_SUCCESS : Status;
}

/* Opens a file, does something with it, and closes it. */
static NTSTATUS WithFile(PVCB Vcb, const char *Command, const char *Name) {
  WCHAR Characters[64];
  size_t Length = strlen(Name);
  if (Length > 60) return STATUS_OBJECT_NAME_INVALID;
  for (size_t i = 0; i <= Length; i++) Characters[i] = (unsigned char)Name[i];
  UNICODE_STRING Wide;
  RtlInitUnicodeString(&Wide, Characters);
  BOOLEAN IsPut = strcmp(Command, "put") == 0, IsRemove = strcmp(Command, "rm") == 0;
  PFILE_OBJECT FileObject;
  NTSTATUS Status = CfsCreate(
      Vcb, &Wide, IsPut ? FILE_OPEN_IF : FILE_OPEN, IsRemove ? FILE_DELETE_ON_CLOSE : 0, &FileObject);
  if (!NT_SUCCESS(Status)) return Status;
  if (!IsRemove) Status = IsPut ? Put(FileObject) : Get(FileObject);
  NTSTATUS Cleaned = CfsCleanup(FileObject), Closed = CfsClose(FileObject);
  if (!NT_SUCCESS(Status)) return Status;
  return NT_SUCCESS(Cleaned) ? Closed : Cleaned;
}

static int Usage(void) {
  fprintf(stderr, "usage: cfs IMAGE format MEGABYTES | ls | put NAME | get NAME | rm NAME | check\n");
  return 2;
}

static BOOLEAN IsOneOf(const char *Word, const char *One, const char *Two, const char *Three) {
  return strcmp(Word, One) == 0 || strcmp(Word, Two) == 0 || strcmp(Word, Three) == 0;
}

int main(int argc, char **argv) {
  if (argc < 3) return Usage();
  const char *Image = argv[1], *Command = argv[2];
  if (strcmp(Command, "format") == 0 && argc == 4) {
    return Tell(Command, CfsFormatVolume(Image, strtoull(argv[3], NULL, 10) << 20));
  }

  if (strcmp(Command, "check") == 0 && argc == 3) {
    char Why[200];
    NTSTATUS Status = CfsCheckVolume(Image, Why, sizeof Why);
    if (!NT_SUCCESS(Status)) fprintf(stderr, "cfs: %s\n", Why);
    return Tell(Command, Status);
  }

  BOOLEAN IsList = strcmp(Command, "ls") == 0 && argc == 3;
  if (!IsList && !(argc == 4 && IsOneOf(Command, "put", "get", "rm"))) return Usage();
  PVCB Vcb;
  NTSTATUS Status = CfsMountVolume(Image, &Vcb);
  if (!NT_SUCCESS(Status)) return Tell(Image, Status);
  int Failed = Tell(Command, IsList ? List(Vcb) : WithFile(Vcb, Command, argv[3]));
  return Tell("dismount", CfsDismountVolume(Vcb)) | Failed;
}
