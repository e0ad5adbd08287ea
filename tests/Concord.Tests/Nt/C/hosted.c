/*
 * A file system in C with one file, whose disk is memory: it brings its own control block, section object pointers and
 * file object, attaches them, and finds through its own callbacks what was written through the cache, also under eight
 * threads. Prints "done".
 */
#include <ntddk.h>
#include <ntifs.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { BYTES = 3 * 4096, THREADS = 8, ROUNDS = 40, RECORD = 100 };

typedef struct {
  FSRTL_ADVANCED_FCB_HEADER header;
  SECTION_OBJECT_POINTERS sections;
  ERESOURCE main, paging;
  unsigned char disk[BYTES];
  int flushes;
} control_block;

static int failures;

/* Write-behind writes the disk on a thread of its own. */
static pthread_mutex_t disk_lock = PTHREAD_MUTEX_INITIALIZER;

#define CHECK(Condition) \
  do { \
    if (!(Condition)) { \
      const char *why = ConcordLastError(); \
      printf("line %d: %s (%s)\n", __LINE__, #Condition, why ? why : "-"); \
      failures++; \
    } \
  } while (0)

static NTSTATUS read_disk(PVOID context, LARGE_INTEGER offset, ULONG length, PVOID buffer, PIO_STATUS_BLOCK status, PVOID request) {
  control_block *block = context;
  UNREFERENCED_PARAMETER(request);
  ULONG rest = offset.QuadPart < BYTES ? (ULONG)(BYTES - offset.QuadPart) : 0;
  ULONG count = length < rest ? length : rest;
  pthread_mutex_lock(&disk_lock);
  if (count) RtlCopyMemory(buffer, block->disk + offset.QuadPart, count);
  pthread_mutex_unlock(&disk_lock);
  status->Status = STATUS_SUCCESS;
  status->Information = count;
  return STATUS_SUCCESS;
}

/* Ends at once, and says so as a call that ends later does. */
static NTSTATUS write_disk(PVOID context, LARGE_INTEGER offset, ULONG length, PVOID buffer, PIO_STATUS_BLOCK status, PVOID request) {
  control_block *block = context;
  UNREFERENCED_PARAMETER(status);
  ULONG rest = offset.QuadPart < BYTES ? (ULONG)(BYTES - offset.QuadPart) : 0;
  ULONG count = length < rest ? length : rest;
  pthread_mutex_lock(&disk_lock);
  if (count) RtlCopyMemory(block->disk + offset.QuadPart, buffer, count);
  pthread_mutex_unlock(&disk_lock);
  CHECK(ConcordCompleteRequest(request, STATUS_SUCCESS, length) == STATUS_SUCCESS);
  return STATUS_PENDING;
}

static NTSTATUS flush_disk(PVOID context, PVOID request) {
  UNREFERENCED_PARAMETER(request);
  __atomic_add_fetch(&((control_block *)context)->flushes, 1, __ATOMIC_RELAXED);
  return STATUS_SUCCESS;
}

static void open_and_cache(control_block *block, PFILE_OBJECT file) {
  CONCORD_STORE store = {.Size = sizeof store, .Read = read_disk, .Write = write_disk, .Flush = flush_disk};
  CC_FILE_SIZES sizes = {block->header.AllocationSize, block->header.FileSize, block->header.ValidDataLength};
  file->Type = IO_TYPE_FILE;
  file->Size = sizeof *file;
  file->FsContext = block;
  file->SectionObjectPointer = &block->sections;
  CHECK(ConcordAttach(file, &store, block) == STATUS_SUCCESS);
  CcInitializeCacheMap(file, &sizes, FALSE, NULL, NULL);
  CHECK(ConcordLastStatus() == STATUS_SUCCESS && CcIsFileCached(file) && file->PrivateCacheMap != NULL);
}

static void write_past_the_cache(control_block *block, PFILE_OBJECT file, LARGE_INTEGER at) {
  IO_STATUS_BLOCK status;
  char seen[4] = {0};
  CHECK(CcCopyRead(file, &at, 4, TRUE, seen, &status) && status.Information == 4);
  FsRtlEnterFileSystem();
  CHECK(ExAcquireResourceExclusiveLite(&block->main, TRUE));
  CHECK(ExIsResourceAcquiredExclusiveLite(&block->main));
  CcCoherencyFlushAndPurgeCache(file->SectionObjectPointer, &at, 4, &status, 0);
  CHECK(ConcordOutcome(&status) == ConcordDone);
  RtlCopyMemory(block->disk + at.QuadPart, "disk", 4);
  ExReleaseResourceLite(&block->main);
  FsRtlExitFileSystem();
  CHECK(CcCopyRead(file, &at, 4, TRUE, seen, &status) && RtlEqualMemory(seen, "disk", 4));
}

typedef struct {
  control_block *block;
  PFILE_OBJECT file;
  int number;
} thread_part;

/* Each thread changes a record of its own, which lies in pages with others', and finds it on the disk each time. */
static void *change_record(void *argument) {
  thread_part *part = argument;
  control_block *block = part->block;
  LARGE_INTEGER at = {.QuadPart = 4096 - 4 * RECORD + part->number * RECORD};
  unsigned char bytes[RECORD];
  IO_STATUS_BLOCK status;
  for (int round = 1; round <= ROUNDS; round++) {
    memset(bytes, part->number * ROUNDS + round, RECORD);
    FsRtlEnterFileSystem();
    CHECK(ExAcquireResourceExclusiveLite(&block->main, TRUE));
    CHECK(CcCopyWrite(part->file, &at, RECORD, TRUE, bytes));
    CcCoherencyFlushAndPurgeCache(&block->sections, &at, RECORD, &status, round % 2 ? CC_FLUSH_AND_PURGE_NO_PURGE : 0);
    CHECK(ConcordOutcome(&status) == ConcordDone);
    pthread_mutex_lock(&disk_lock);
    CHECK(RtlEqualMemory(block->disk + at.QuadPart, bytes, RECORD));
    pthread_mutex_unlock(&disk_lock);
    KeInvalidateRangeAllCaches(block->disk + at.QuadPart, RECORD);
    CHECK(ConcordLastStatus() == STATUS_SUCCESS);
    ExReleaseResourceLite(&block->main);
    FsRtlExitFileSystem();
  }

  return NULL;
}

static void change_records(control_block *block, PFILE_OBJECT file) {
  pthread_t threads[THREADS];
  thread_part parts[THREADS];
  for (int i = 0; i < THREADS; i++) {
    parts[i] = (thread_part){block, file, i};
    CHECK(pthread_create(&threads[i], NULL, change_record, &parts[i]) == 0);
  }

  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

int main(void) {
  static control_block block;
  static FILE_OBJECT file;
  IO_STATUS_BLOCK status;
  LARGE_INTEGER at = {.QuadPart = 4090};
  CHECK(ExInitializeResourceLite(&block.main) == STATUS_SUCCESS);
  CHECK(ExInitializeResourceLite(&block.paging) == STATUS_SUCCESS);
  FsRtlSetupAdvancedHeader(&block.header, NULL);
  block.header.IsFastIoPossible = FastIoIsPossible;
  block.header.Resource = &block.main;
  block.header.PagingIoResource = &block.paging;
  block.header.AllocationSize.QuadPart = block.header.FileSize.QuadPart = block.header.ValidDataLength.QuadPart = BYTES;
  open_and_cache(&block, &file);

  /* Over the border of two pages: in the cache alone until the first of the two routines has run. */
  CHECK(FsRtlCopyWrite(&file, &at, 10, TRUE, 0, "0123456789", &status, NULL) && status.Information == 10);
  FsRtlEnterFileSystem();
  CHECK(ExAcquireResourceExclusiveLite(&block.main, TRUE));
  CcCoherencyFlushAndPurgeCache(&block.sections, NULL, 0, &status, CC_FLUSH_AND_PURGE_NO_PURGE);
  ExReleaseResourceLite(&block.main);
  FsRtlExitFileSystem();
  CHECK(ConcordOutcome(&status) == ConcordDone);
  CHECK(RtlEqualMemory(block.disk + 4090, "0123456789", 10) && block.flushes > 0);
  write_past_the_cache(&block, &file, at);
  change_records(&block, &file);

  /* What is dirty at the end comes with the last file object of the stream. */
  CHECK(CcCopyWrite(&file, &at, 4, TRUE, "last"));
  CcUninitializeCacheMap(&file, NULL, NULL);
  CHECK(ConcordDetach(&file) == STATUS_SUCCESS);
  CHECK(RtlEqualMemory(block.disk + 4090, "last", 4));
  CHECK(block.sections.DataSectionObject == NULL && block.sections.SharedCacheMap == NULL);
  CHECK(ExDeleteResourceLite(&block.paging) == STATUS_SUCCESS && ExDeleteResourceLite(&block.main) == STATUS_SUCCESS);
  if (!failures) puts("done");
  return failures != 0;
}
