/*
 * Handles, mappings, pins, MDLs, locks and errors, made and ended again and again. Takes a file, a number of windows and
 * the rounds in each. Prints by how many KiB the program's memory has grown in each window since it was warm: what a
 * round leaves behind grows in all of them, what .NET's heap takes now and then grows in a few.
 */
#include <ntddk.h>
#include <ntifs.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      printf("line %d: not so: %s (%s)\n", __LINE__, #condition, ConcordLastError() ? ConcordLastError() : "no error"); \
      fflush(stdout); \
      _exit(1); \
    } \
  } while (0)

static long resident_kib(void) {
  long total, resident;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file && fscanf(file, "%ld %ld", &total, &resident) == 2);
  fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static PFILE_OBJECT open_cached(const char *path) {
  PFILE_OBJECT file;
  CHECK(ConcordOpenFile(path, CONCORD_OPEN_CREATE, &file) == STATUS_SUCCESS);
  CC_FILE_SIZES sizes = {{.QuadPart = 65536}, {.QuadPart = 65536}, {.QuadPart = MAXLONGLONG}};
  CcInitializeCacheMap(file, &sizes, TRUE, NULL, NULL);
  CHECK(ConcordLastStatus() == STATUS_SUCCESS);
  return file;
}

static void round_of(PFILE_OBJECT file, const char *path, int number) {
  LARGE_INTEGER start = {.QuadPart = number * 37 % 60000};
  PVOID bcb, buffer;
  PMDL chain;
  IO_STATUS_BLOCK block;
  PFILE_OBJECT other = open_cached(path);
  CHECK(CcUninitializeCacheMap(other, NULL, NULL) == FALSE);
  CHECK(ConcordCloseFile(other) == STATUS_SUCCESS);
  CHECK(CcMapData(file, &start, 100, MAP_WAIT, &bcb, &buffer));
  CcUnpinData(bcb);
  CHECK(CcPinRead(file, &start, 100, PIN_WAIT, &bcb, &buffer));
  CcUnpinData(bcb);
  CcMdlRead(file, &start, 100, &chain, &block);
  CcMdlReadComplete(file, chain);
  CcPrepareMdlWrite(file, &start, 100, &chain, &block);
  CcMdlWriteAbort(file, chain);
  CHECK(ConcordAcquireExclusive(file) == STATUS_SUCCESS);
  CHECK(ConcordRelease(file) == STATUS_SUCCESS);
  CcUnpinData(NULL);
  CHECK(ConcordLastError() && *ConcordLastError());
}

int main(int count, char **arguments) {
  if (count < 4) return 2;
  int windows = atoi(arguments[2]), rounds = atoi(arguments[3]);
  ConcordSetCapacity(4 << 20);
  PFILE_OBJECT file = open_cached(arguments[1]);

  /* Until .NET has compiled everything twice, and its heap has found its size. */
  const int warming = 4000;
  for (int i = 0; i < warming; i++) round_of(file, arguments[1], i);
  for (int window = 0; window < windows; window++) {
    long before = resident_kib();
    for (int i = 0; i < rounds; i++) round_of(file, arguments[1], i);
    printf("%ld ", resident_kib() - before);
  }

  printf("\n");
  CHECK(ConcordCloseFile(file) == STATUS_SUCCESS);
  return 0;
}
