/*
 * A program whose threads have far more memory of their own than the small stacks of .NET's threads: a file is written in
 * the cache, pinned and flushed all the same. Takes a path; prints "done".
 */
#include <ntifs.h>

#include <stdio.h>
#include <string.h>

static __thread char own[4 << 20];

static int wrong(const char *what) {
  const char *reason = ConcordLastError();
  printf("%s: %08x %s\n", what, (unsigned)ConcordLastStatus(), reason ? reason : "-");
  return 1;
}

int main(int count, char **arguments) {
  if (count < 2) return 2;
  memset(own, 1, sizeof own);
  PFILE_OBJECT file;
  if (!NT_SUCCESS(ConcordOpenFile(arguments[1], CONCORD_OPEN_CREATE, &file))) return wrong("open");
  CC_FILE_SIZES sizes = {.ValidDataLength.QuadPart = MAXLONGLONG};
  LARGE_INTEGER start = {.QuadPart = 0};
  CcInitializeCacheMap(file, &sizes, FALSE, NULL, NULL);
  if (!CcCopyWrite(file, &start, sizeof own, TRUE, own)) return wrong("write");
  PVOID bcb, bytes;
  if (!CcPinRead(file, &start, 4096, PIN_WAIT, &bcb, &bytes)) return wrong("pin");
  CcSetDirtyPinnedData(bcb, NULL);
  CcUnpinData(bcb);
  IO_STATUS_BLOCK status;
  CcFlushCache(file->SectionObjectPointer, NULL, 0, &status);
  if (!NT_SUCCESS(status.Status) || !NT_SUCCESS(ConcordCloseFile(file))) return wrong("flush and close");
  puts("done");
  return 0;
}
