/* Starts Concord, opens a file, and makes every mistake that has an answer. Prints a line for each step. */
#include <ntddk.h>
#include <ntifs.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *error(void) {
  const char *text = ConcordLastError();
  return text ? text : "-";
}

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
  double before = seconds();
  NTSTATUS status = ConcordStart();
  printf("start %08x %.3f %s\n", (unsigned)status, seconds() - before, error());
  if (!NT_SUCCESS(status) || count < 2) return 0;

  PFILE_OBJECT file = NULL;
  status = ConcordOpenFile("/nowhere/at/all", CONCORD_OPEN_EXISTING, &file);
  printf("absent %08x %d %s\n", (unsigned)status, file == NULL, error());
  status = ConcordOpenFile(arguments[1], CONCORD_OPEN_CREATE, NULL);
  printf("no handle %08x %s\n", (unsigned)status, error());
  status = ConcordOpenFile(arguments[1], CONCORD_OPEN_CREATE, &file);
  printf("open %08x %s\n", (unsigned)status, error());

  IO_STATUS_BLOCK block = {.Information = 7};
  CcCoherencyFlushAndPurgeCache(file->SectionObjectPointer, NULL, 0xFFFFFFFF, &block, 0);
  printf("not held %08x %d %s\n", (unsigned)block.Status, (int)block.Information, error());
  CcCoherencyFlushAndPurgeCache(NULL, NULL, 0, &block, 0);
  printf("no stream %08x %s\n", (unsigned)block.Status, error());
  CcCoherencyFlushAndPurgeCache(file->SectionObjectPointer, NULL, 0, NULL, 0);
  printf("no block %s\n", error());
  status = ConcordRelease(file);
  printf("release %08x %s\n", (unsigned)status, error());

  KIRQL old = 9;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  ConcordAcquireExclusive(file);
  CcCoherencyFlushAndPurgeCache(file->SectionObjectPointer, NULL, 0, &block, 0);
  printf("raised %08x %d %d %s\n", (unsigned)block.Status, old, KeGetCurrentIrql(), error());
  KeLowerIrql(HIGH_LEVEL);
  printf("lower to higher %d %s\n", KeGetCurrentIrql(), error());
  KeLowerIrql(old);
  CcCoherencyFlushAndPurgeCache(file->SectionObjectPointer, NULL, 0, &block, 0);
  printf("held %08x %s\n", (unsigned)block.Status, error());
  status = ConcordCloseFile(file);
  printf("in use %08x %s\n", (unsigned)status, error());
  ConcordRelease(file);

  char lines[8192];
  memset(lines, 7, sizeof lines);
  KeInvalidateRangeAllCaches((PVOID)4096, 100);
  printf("unmapped %s\n", error());
  KeInvalidateRangeAllCaches(lines, sizeof lines);
  printf("mapped %d %s\n", lines[8191], error());

  const int calls = 1000000;
  before = seconds();
  for (int i = 0; i < calls; i++) KeGetCurrentIrql();
  printf("call %.1f\n", (seconds() - before) / calls * 1e9);

  status = ConcordCloseFile(file);
  printf("close %08x %s\n", (unsigned)status, error());
  status = ConcordCloseFile(file);
  printf("closed %08x %s\n", (unsigned)status, error());
  return 0;
}
