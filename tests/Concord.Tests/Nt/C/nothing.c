/*
 * Every routine with NULL and nothing where the kernel would touch address 0 or take it for a handle: each says so, and the
 * program goes on. Then capacities that are refused, and what a helper makes of a status. Takes a file. Prints "done".
 */
#include <ntddk.h>
#include <ntifs.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fail(const char *what, int line) {
  const char *error = ConcordLastError();
  printf("line %d: not so: %s (%08x %s)\n", line, what, (unsigned)ConcordLastStatus(), error ? error : "no error");
  fflush(stdout);
  _exit(1);
}

#define CHECK(condition) \
  do { \
    if (!(condition)) fail(#condition, __LINE__); \
  } while (0)

/* The call is refused with a status and a reason. */
#define REFUSED(status, call) \
  do { \
    (void)(call); \
    if (ConcordLastStatus() != (status) || !ConcordLastError() || !*ConcordLastError()) fail(#call, __LINE__); \
  } while (0)

#define NOWHERE STATUS_ACCESS_VIOLATION
#define INVALID STATUS_INVALID_PARAMETER

static void without_a_file(void) {
  IO_STATUS_BLOCK block;
  PFILE_OBJECT file = (PFILE_OBJECT)&block;
  REFUSED(INVALID, ConcordOpenFile(NULL, 0, &file));
  CHECK(file == NULL);
  REFUSED(INVALID, ConcordOpenFile("x", 0xFF00, &file));
  REFUSED(INVALID, ConcordOpenFile("x", CONCORD_OPEN_CREATE | CONCORD_OPEN_READ_ONLY, &file));
  REFUSED(INVALID, ConcordCloseFile(NULL));
  REFUSED(INVALID, ConcordAcquireExclusive(NULL));
  REFUSED(INVALID, ConcordAcquireShared(NULL));
  REFUSED(INVALID, ConcordRelease(NULL));
  REFUSED(INVALID, (CcCoherencyFlushAndPurgeCache(NULL, NULL, 0, &block, 0), 0));
  CHECK(block.Status == INVALID && block.Information == 0);
  REFUSED(INVALID, (CcCoherencyFlushAndPurgeCache(NULL, NULL, 0, NULL, 0), 0));
  REFUSED(INVALID, (CcFlushCache(NULL, NULL, 0, NULL), 0));
  REFUSED(INVALID, CcPurgeCacheSection(NULL, NULL, 0, 0));
  REFUSED(NOWHERE, (CcInitializeCacheMap(NULL, NULL, FALSE, NULL, NULL), 0));
  REFUSED(NOWHERE, CcUninitializeCacheMap(NULL, NULL, NULL));
  REFUSED(NOWHERE, (CcSetFileSizes(NULL, NULL), 0));
  REFUSED(NOWHERE, CcSetFileSizesEx(NULL, NULL));
  REFUSED(NOWHERE, CcCopyRead(NULL, NULL, 0, TRUE, NULL, NULL));
  REFUSED(NOWHERE, CcCopyReadEx(NULL, NULL, 0, TRUE, NULL, NULL, NULL));
  REFUSED(NOWHERE, CcCopyWrite(NULL, NULL, 0, TRUE, NULL));
  REFUSED(NOWHERE, CcCopyWriteEx(NULL, NULL, 0, TRUE, NULL, NULL));
  REFUSED(NOWHERE, CcZeroData(NULL, NULL, NULL, TRUE));
  REFUSED(NOWHERE, (CcMdlRead(NULL, NULL, 0, NULL, NULL), 0));
  REFUSED(NOWHERE, (CcMdlReadComplete(NULL, NULL), 0));
  REFUSED(NOWHERE, (CcPrepareMdlWrite(NULL, NULL, 0, NULL, NULL), 0));
  REFUSED(NOWHERE, (CcMdlWriteComplete(NULL, NULL, NULL), 0));
  REFUSED(NOWHERE, (CcMdlWriteAbort(NULL, NULL), 0));
  REFUSED(NOWHERE, CcMapData(NULL, NULL, 0, 0, NULL, NULL));
  REFUSED(NOWHERE, CcPinRead(NULL, NULL, 0, 0, NULL, NULL));
  REFUSED(NOWHERE, CcPinMappedData(NULL, NULL, 0, 0, NULL));
  REFUSED(NOWHERE, CcPreparePinWrite(NULL, NULL, 0, FALSE, 0, NULL, NULL));
  REFUSED(INVALID, (CcSetDirtyPinnedData(NULL, NULL), 0));
  REFUSED(INVALID, (CcUnpinData(NULL), 0));
  REFUSED(NOWHERE, (CcSetLogHandleForFile(NULL, NULL, NULL), 0));
  REFUSED(INVALID, MmCanFileBeTruncated(NULL, NULL));
  REFUSED(INVALID, MmDoesFileHaveUserWritableReferences(NULL));
  REFUSED(INVALID, MmFlushImageSection(NULL, MmFlushForDelete));
  REFUSED(INVALID, MmForceSectionClosed(NULL, FALSE));
  CHECK(CcGetFileObjectFromSectionPtrs(NULL) == NULL && CcGetFlushedValidData(NULL, FALSE).QuadPart == MAXLONGLONG);
  CHECK(!CcIsThereDirtyData(NULL) && !CcIsThereDirtyDataEx(NULL, NULL));
}

static void without_an_argument(PFILE_OBJECT file) {
  IO_STATUS_BLOCK block;
  LARGE_INTEGER start = {.QuadPart = 0}, negative = {.QuadPart = -1}, last = {.QuadPart = MAXLONGLONG};
  PVOID bcb = NULL, buffer = NULL;
  PMDL chain;
  char byte = 0;
  REFUSED(NOWHERE, (CcInitializeCacheMap(file, NULL, FALSE, NULL, NULL), 0));
  CC_FILE_SIZES sizes = {{.QuadPart = 8192}, {.QuadPart = 8192}, {.QuadPart = 8192}};
  CcInitializeCacheMap(file, &sizes, FALSE, NULL, NULL);
  CHECK(ConcordLastStatus() == STATUS_SUCCESS);
  REFUSED(NOWHERE, CcCopyRead(file, NULL, 1, TRUE, &byte, &block));
  REFUSED(NOWHERE, CcCopyRead(file, &start, 1, TRUE, &byte, NULL));
  REFUSED(STATUS_INVALID_USER_BUFFER, CcCopyRead(file, &start, 1, TRUE, NULL, &block));
  REFUSED(NOWHERE, CcZeroData(file, &start, NULL, TRUE));
  REFUSED(NOWHERE, (CcMdlRead(file, &start, 1, NULL, &block), 0));
  REFUSED(NOWHERE, (CcMdlRead(file, &start, 1, &chain, NULL), 0));
  REFUSED(NOWHERE, CcMapData(file, &start, 1, MAP_WAIT, NULL, &buffer));
  REFUSED(NOWHERE, CcMapData(file, &start, 1, MAP_WAIT, &bcb, NULL));
  REFUSED(INVALID, CcMapData(file, &start, 0, MAP_WAIT, &bcb, &buffer));
  REFUSED(INVALID, CcPinMappedData(file, &start, 1, PIN_WAIT, &bcb));
  CcMdlReadComplete(file, NULL);
  CHECK(ConcordLastStatus() == STATUS_SUCCESS);

  PLARGE_INTEGER wrong[] = {&negative, &last};
  for (int i = 0; i < 2; i++) {
    REFUSED(INVALID, CcCopyRead(file, wrong[i], 1, TRUE, &byte, &block));
    REFUSED(INVALID, CcCopyWrite(file, wrong[i], 1, TRUE, &byte));
    REFUSED(INVALID, (CcMdlRead(file, wrong[i], 1, &chain, &block), 0));
    REFUSED(INVALID, (CcPrepareMdlWrite(file, wrong[i], 1, &chain, &block), 0));
    REFUSED(INVALID, CcMapData(file, wrong[i], 1, MAP_WAIT, &bcb, &buffer));
    REFUSED(INVALID, CcPinRead(file, wrong[i], 1, PIN_WAIT, &bcb, &buffer));
    REFUSED(INVALID, (CcFlushCache(file->SectionObjectPointer, wrong[i], 1, &block), 0));
  }

  CHECK(CcCopyWrite(file, &start, 0, TRUE, NULL) && CcCopyRead(file, &start, 0, TRUE, NULL, &block) && block.Information == 0);
}

static void others(void) {
  char byte = 0;
  REFUSED(NOWHERE, (KeFlushIoBuffers(NULL, FALSE, FALSE), 0));
  REFUSED(NOWHERE, (KeInitializeEvent(NULL, NotificationEvent, FALSE), 0));
  REFUSED(NOWHERE, KeSetEvent(NULL, 0, FALSE));
  REFUSED(NOWHERE, KeReadStateEvent(NULL));
  REFUSED(NOWHERE, KeWaitForSingleObject(NULL, Executive, KernelMode, FALSE, NULL));
  REFUSED(INVALID, (KeInvalidateRangeAllCaches(NULL, 1), 0));
  REFUSED(INVALID, (KeInvalidateRangeAllCaches(&byte, 0xFFFFFFFF), 0));
  REFUSED(INVALID, (KeRaiseIrql(200, NULL), 0));
  KeInvalidateRangeAllCaches(NULL, 0);
  CHECK(ConcordLastStatus() == STATUS_SUCCESS);
  KeRaiseIrql(APC_LEVEL, NULL);
  CHECK(KeGetCurrentIrql() == APC_LEVEL);
  KeLowerIrql(PASSIVE_LEVEL);
}

static void outcomes(void) {
  IO_STATUS_BLOCK block = {.Status = STATUS_SUCCESS};
  CHECK(ConcordOutcome(&block) == ConcordDone);
  block.Status = STATUS_CACHE_PAGE_LOCKED;
  CHECK(ConcordOutcome(&block) == ConcordFlushedNotInvalidated && NT_SUCCESS(block.Status));
  block.Status = STATUS_DISK_FULL;
  CHECK(ConcordOutcome(&block) == ConcordFailed);
}

int main(int count, char **arguments) {
  PFILE_OBJECT file;
  if (count < 2) return 2;
  REFUSED(INVALID, ConcordSetCapacity(1));
  REFUSED(INVALID, ConcordSetCapacity(~0ull));
  const char *error = ConcordLastError();
  CHECK(error == ConcordLastError());
  CHECK(ConcordSetCapacity(16 << 20) == STATUS_SUCCESS);
  REFUSED(INVALID, ConcordSetCapacity(32 << 20));
  without_a_file();
  CHECK(ConcordOpenFile(arguments[1], CONCORD_OPEN_CREATE, &file) == STATUS_SUCCESS);
  without_an_argument(file);
  others();
  outcomes();
  CHECK(ConcordCloseFile(file) == STATUS_SUCCESS);
  printf("done\n");
  return 0;
}
