/*
 * The routines around the coherency routine from C: each at least once as it is meant, and where it raises in the kernel.
 * Takes a file to work on. Prints a figure or two and "done", or what went wrong.
 */
#include <ntddk.h>
#include <ntifs.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };

#define CHECK(condition) \
  do { \
    if (!(condition)) fail(#condition, __LINE__); \
  } while (0)

static void fail(const char *condition, int line) {
  const char *error = ConcordLastError();
  printf("line %d: not so: %s (%08x %s)\n", line, condition, (unsigned)ConcordLastStatus(), error ? error : "no error");
  fflush(stdout);
  _exit(1);
}

/* The last call failed, with this status, and says why. */
#define RAISED(status) CHECK(ConcordLastStatus() == (status) && ConcordLastError() && *ConcordLastError())
#define DONE() CHECK(ConcordLastStatus() == STATUS_SUCCESS && ConcordLastError() == NULL)

static LARGE_INTEGER at(LONGLONG offset) {
  LARGE_INTEGER number;
  number.QuadPart = offset;
  return number;
}

static CC_FILE_SIZES sizes_of(LONGLONG length) {
  CC_FILE_SIZES sizes;
  sizes.AllocationSize = sizes.FileSize = sizes.ValidDataLength = at(length);
  return sizes;
}

static LONGLONG store_length(const char *path) {
  struct stat found;
  CHECK(stat(path, &found) == 0);
  return found.st_size;
}

static char page[PAGE];

static const char *filled(char fill) {
  static char bytes[PAGE];
  memset(bytes, fill, sizeof bytes);
  return bytes;
}

static void write_page(PFILE_OBJECT file, LONGLONG offset, char fill) {
  LARGE_INTEGER start = at(offset);
  memset(page, fill, sizeof page);
  CHECK(CcCopyWriteEx(file, &start, PAGE, TRUE, page, NULL));
}

static int page_is(PFILE_OBJECT file, LONGLONG offset, char fill) {
  LARGE_INTEGER start = at(offset);
  IO_STATUS_BLOCK block;
  return CcCopyReadEx(file, &start, PAGE, TRUE, page, &block, NULL) && block.Information == PAGE && memcmp(page, filled(fill), PAGE) == 0;
}

static BOOLEAN acquire(PVOID context, BOOLEAN wait) {
  (void)context;
  return wait;
}

static void release(PVOID context) { (void)context; }

static void cache_maps(PFILE_OBJECT file, const char *path) {
  IO_STATUS_BLOCK block = {.Information = 9};
  LARGE_INTEGER start = at(0);
  CHECK(!CcIsFileCached(file) && CcGetFileObjectFromSectionPtrs(file->SectionObjectPointer) == NULL);
  CHECK(!CcCopyRead(file, &start, PAGE, TRUE, page, &block));
  RAISED(STATUS_INVALID_PARAMETER);
  CHECK(block.Status == STATUS_INVALID_PARAMETER && block.Information == 0);
  CHECK(CcGetFlushedValidData(file->SectionObjectPointer, FALSE).QuadPart == MAXLONGLONG);

  CC_FILE_SIZES sizes = sizes_of(8 * PAGE);
  sizes.FileSize.QuadPart++;
  CACHE_MANAGER_CALLBACKS callbacks = {acquire, release, acquire, release};
  CcInitializeCacheMap(file, &sizes, TRUE, &callbacks, file);
  RAISED(STATUS_INVALID_PARAMETER);
  CHECK(!CcIsFileCached(file));
  sizes = sizes_of(8 * PAGE);
  CcInitializeCacheMap(file, &sizes, TRUE, &callbacks, file);
  DONE();
  CHECK(CcIsFileCached(file) && file->PrivateCacheMap && CcGetFileObjectFromSectionPtrs(file->SectionObjectPointer) == file);
  CHECK(store_length(path) == 8 * PAGE);

  sizes = sizes_of(6 * PAGE);
  CcSetFileSizes(file, &sizes);
  DONE();
  CHECK(store_length(path) == 6 * PAGE);
  sizes = sizes_of(7 * PAGE);
  CHECK(CcSetFileSizesEx(file, &sizes) == STATUS_SUCCESS && store_length(path) == 7 * PAGE);
  sizes.FileSize.QuadPart = -1;
  CHECK(CcSetFileSizesEx(file, &sizes) == STATUS_INVALID_PARAMETER);
  RAISED(STATUS_INVALID_PARAMETER);
  CcSetFileSizes(file, NULL);
  RAISED(STATUS_ACCESS_VIOLATION);
  CHECK(store_length(path) == 7 * PAGE);
}

static void copies(PFILE_OBJECT file) {
  IO_STATUS_BLOCK block = {.Information = 9};
  LARGE_INTEGER start = at(0), end = at(PAGE + 100);
  write_page(file, 0, 1);
  write_page(file, PAGE, 2);
  DONE();
  CHECK(page_is(file, 0, 1) && page_is(file, PAGE, 2));
  CHECK(CcCopyRead(file, &start, PAGE, FALSE, page, &block) && block.Information == PAGE);
  CHECK(!CcCopyWrite(file, &start, PAGE, TRUE, NULL));
  RAISED(STATUS_INVALID_USER_BUFFER);
  CHECK(!CcCopyRead(file, NULL, PAGE, TRUE, page, &block));
  RAISED(STATUS_ACCESS_VIOLATION);
  CHECK(block.Status == STATUS_ACCESS_VIOLATION && block.Information == 0);
  CHECK(CcZeroData(file, &start, &end, TRUE) && page_is(file, 0, 0));
  start = at(PAGE);
  CHECK(CcCopyRead(file, &start, PAGE, TRUE, page, &block) && page[99] == 0 && page[100] == 2);
  CHECK(!CcZeroData(file, &end, &start, TRUE));
  RAISED(STATUS_INVALID_PARAMETER);
  CHECK(!CcCopyRead(NULL, &start, PAGE, TRUE, page, &block));
  RAISED(STATUS_ACCESS_VIOLATION);
}

static void flush_and_purge(PFILE_OBJECT file) {
  IO_STATUS_BLOCK block = {.Information = 9};
  LARGE_INTEGER start = at(2 * PAGE);
  ULONG dirty = 0;
  file->Vpb = file;
  write_page(file, 2 * PAGE, 3);
  CHECK(CcIsThereDirtyData(file) && CcIsThereDirtyDataEx(file, &dirty) && dirty > 0 && !CcIsThereDirtyData(&start));
  CcFlushCache(file->SectionObjectPointer, NULL, 0, &block);
  DONE();
  CHECK(block.Status == STATUS_SUCCESS && block.Information == 7 * PAGE && !CcIsThereDirtyData(file));
  CHECK(CcGetFlushedValidData(file->SectionObjectPointer, FALSE).QuadPart == 7 * PAGE);
  CcFlushCache(NULL, NULL, 0, &block);
  RAISED(STATUS_INVALID_PARAMETER);
  CHECK(block.Status == STATUS_INVALID_PARAMETER && block.Information == 0);

  write_page(file, 2 * PAGE, 4);
  CHECK(!CcPurgeCacheSection(file->SectionObjectPointer, &start, PAGE, 0));
  RAISED(STATUS_RESOURCE_NOT_OWNED);
  CHECK(ConcordAcquireExclusive(file) == STATUS_SUCCESS);
  CHECK(!CcPurgeCacheSection(file->SectionObjectPointer, &start, PAGE, DO_NOT_PURGE_DIRTY_PAGES));
  DONE();
  CHECK(CcPurgeCacheSection(file->SectionObjectPointer, &start, PAGE, 0) && page_is(file, 2 * PAGE, 3));
  CHECK(ConcordRelease(file) == STATUS_SUCCESS);
}

static void mdls(PFILE_OBJECT file) {
  IO_STATUS_BLOCK block;
  LARGE_INTEGER start = at(3 * PAGE), behind = at(-1);
  PMDL chain = NULL;
  CcPrepareMdlWrite(file, &start, PAGE, &chain, &block);
  DONE();
  CHECK(chain && block.Information == PAGE && MmDoesFileHaveUserWritableReferences(file->SectionObjectPointer) == 1);
  CHECK(!MmFlushImageSection(file->SectionObjectPointer, MmFlushForDelete) && MmFlushImageSection(file->SectionObjectPointer, MmFlushForWrite));
  memset(MmGetSystemAddressForMdlSafe(chain, HighPagePriority), 5, PAGE);
  CcMdlReadComplete(file, chain);
  RAISED(STATUS_INVALID_PARAMETER);
  CcMdlWriteComplete(file, &start, chain);
  DONE();
  CcFlushCache(file->SectionObjectPointer, &start, PAGE, &block);
  CcPrepareMdlWrite(file, &start, PAGE, &chain, &block);
  memset(MmGetSystemAddressForMdlSafe(chain, HighPagePriority), 6, PAGE);
  CcMdlWriteAbort(file, chain);
  DONE();
  CHECK(page_is(file, 3 * PAGE, 5));

  CcMdlRead(file, &start, PAGE, &chain, &block);
  CHECK(ConcordCloseFile(file) == STATUS_RESOURCE_IN_USE && CcIsFileCached(file));
  CcMdlReadComplete(file, chain);
  CcMdlRead(file, &behind, PAGE, &chain, &block);
  RAISED(STATUS_INVALID_PARAMETER);
  CHECK(chain == NULL && block.Status == STATUS_INVALID_PARAMETER && block.Information == 0);
  CcMdlReadComplete(file, (PMDL)page);
  RAISED(STATUS_INVALID_PARAMETER);
}

static LONGLONG flushed_to;
static int log_of_file;

static void flush_log(PVOID log, LARGE_INTEGER lsn) {
  if (log == &log_of_file && lsn.QuadPart > flushed_to) flushed_to = lsn.QuadPart;
}

static void pins(PFILE_OBJECT file) {
  LARGE_INTEGER start = at(4 * PAGE), lsn = at(77), view = at(VACB_MAPPING_GRANULARITY);
  PVOID bcb, buffer, other;
  CcSetLogHandleForFile(file, &log_of_file, NULL);
  RAISED(STATUS_ACCESS_VIOLATION);
  CcSetLogHandleForFile(file, &log_of_file, flush_log);
  DONE();

  CHECK(CcMapData(file, &start, PAGE, MAP_WAIT, &bcb, &buffer) && ((PPUBLIC_BCB)bcb)->NodeTypeCode == 0);
  CcSetDirtyPinnedData(bcb, NULL);
  RAISED(STATUS_INVALID_PARAMETER);
  CHECK(CcPinMappedData(file, &start, PAGE, PIN_WAIT, &bcb));
  CHECK(((PPUBLIC_BCB)bcb)->NodeTypeCode == CACHE_NTC_BCB && ((PPUBLIC_BCB)bcb)->MappedFileOffset.QuadPart == 4 * PAGE);
  CHECK(CcPinRead(file, &start, PAGE, PIN_WAIT | PIN_IF_BCB, &other, &buffer) && other == bcb);
  CcSetDirtyPinnedData(bcb, &lsn);
  DONE();
  memset(buffer, 7, PAGE);
  CcUnpinData(bcb);
  CcUnpinData(other);
  DONE();
  CcUnpinData(bcb);
  RAISED(STATUS_INVALID_PARAMETER);
  CHECK(page_is(file, 4 * PAGE, 7));

  CHECK(CcPreparePinWrite(file, &start, PAGE, TRUE, PIN_WAIT | PIN_EXCLUSIVE, &bcb, &buffer) && memcmp(buffer, filled(0), PAGE) == 0);
  CcUnpinData(bcb);
  CHECK(!CcMapData(file, &view, PAGE, MAP_WAIT, &bcb, &buffer));
  RAISED(STATUS_ACCESS_VIOLATION);

  /* The callback ran by the time the pages with the number are in the store, on whatever thread. */
  IO_STATUS_BLOCK block;
  CcFlushCache(file->SectionObjectPointer, NULL, 0, &block);
  CHECK(block.Status == STATUS_SUCCESS && flushed_to == 77);
}

static void events(void) {
  KEVENT event;
  LARGE_INTEGER now = at(0), soon = at(-10), later = at(10);
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  CHECK(KeReadStateEvent(&event) == 0 && KeSetEvent(&event, 0, FALSE) == 0 && KeReadStateEvent(&event) != 0);
  CHECK(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
  CHECK(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &now) == STATUS_TIMEOUT);
  CHECK(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &soon) == STATUS_TIMEOUT);
  CHECK(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &later) == STATUS_INVALID_PARAMETER);
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  CHECK(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL) == STATUS_CANT_WAIT);
  KeLowerIrql(old);
  CHECK(KeSetEvent(NULL, 0, FALSE) == 0);
  RAISED(STATUS_ACCESS_VIOLATION);
}

static void sections(PFILE_OBJECT file) {
  LARGE_INTEGER size = at(0);
  CHECK(MmCanFileBeTruncated(file->SectionObjectPointer, &size));
  CHECK(!MmForceSectionClosed(file->SectionObjectPointer, FALSE));
  file->SectionObjectPointer->ImageSectionObject = file;
  CHECK(!MmCanFileBeTruncated(file->SectionObjectPointer, &size) && !MmFlushImageSection(file->SectionObjectPointer, MmFlushForWrite));
  file->SectionObjectPointer->ImageSectionObject = NULL;

  CACHE_UNINITIALIZE_EVENT ended = {.Next = NULL};
  KeInitializeEvent(&ended.Event, NotificationEvent, FALSE);
  write_page(file, 5 * PAGE, 8);
  CHECK(CcUninitializeCacheMap(file, NULL, &ended) && !CcIsFileCached(file));
  CHECK(KeWaitForSingleObject(&ended.Event, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS);
  CHECK(!CcUninitializeCacheMap(file, NULL, NULL));
  DONE();
  CHECK(MmForceSectionClosed(file->SectionObjectPointer, FALSE) && file->SectionObjectPointer->DataSectionObject == NULL);
  CHECK(!MmForceSectionClosed(NULL, FALSE));
  RAISED(STATUS_INVALID_PARAMETER);
}

/* A file that has bytes already: sizes of 0, 0 and MAXLONGLONG are those it has; closing ends caching too. */
static void again(PFILE_OBJECT file) {
  CC_FILE_SIZES sizes = {.ValidDataLength.QuadPart = MAXLONGLONG};
  CcInitializeCacheMap(file, &sizes, FALSE, NULL, NULL);
  DONE();
  CHECK(page_is(file, 5 * PAGE, 8) && page_is(file, 3 * PAGE, 5));
}

static void time_copies(PFILE_OBJECT file) {
  struct timespec before, after;
  LARGE_INTEGER start = at(0);
  IO_STATUS_BLOCK block;
  const int calls = 1000000;

  /* .NET compiles a second time, and better, what has been called often. */
  for (int i = 0; i < calls; i++) CcCopyRead(file, &start, 64, TRUE, page, &block);
  clock_gettime(CLOCK_MONOTONIC, &before);
  for (int i = 0; i < calls; i++) CcCopyRead(file, &start, 64, TRUE, page, &block);
  clock_gettime(CLOCK_MONOTONIC, &after);
  printf("copy %.1f\n", ((double)(after.tv_sec - before.tv_sec) * 1e9 + (double)(after.tv_nsec - before.tv_nsec)) / calls);
}

static void system_cache(const char *path) {
  PFILE_OBJECT file;
  IO_STATUS_BLOCK block;
  LARGE_INTEGER start = at(0);
  CHECK(ConcordOpenFile(path, CONCORD_OPEN_SYSTEM_CACHE, &file) == STATUS_SUCCESS && CcIsFileCached(file));
  CcFlushCache(file->SectionObjectPointer, NULL, 0, &block);
  CHECK(block.Status == STATUS_SUCCESS);
  CHECK(!CcCopyRead(file, &start, PAGE, TRUE, page, &block) && block.Status == STATUS_NOT_SUPPORTED);
  RAISED(STATUS_NOT_SUPPORTED);
  CHECK(ConcordCloseFile(file) == STATUS_SUCCESS);
}

int main(int count, char **arguments) {
  PFILE_OBJECT file;
  if (count < 2) return 2;
  CHECK(ConcordOpenFile(arguments[1], CONCORD_OPEN_CREATE, &file) == STATUS_SUCCESS);
  cache_maps(file, arguments[1]);
  copies(file);
  flush_and_purge(file);
  mdls(file);
  pins(file);
  events();
  sections(file);
  again(file);
  time_copies(file);
  CHECK(ConcordCloseFile(file) == STATUS_SUCCESS);
  CHECK(!CcUninitializeCacheMap(file, NULL, NULL));
  RAISED(STATUS_INVALID_PARAMETER);
  system_cache(arguments[1]);
  printf("done\n");
  return 0;
}
