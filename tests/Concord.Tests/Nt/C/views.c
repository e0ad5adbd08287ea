/*
 * Views from C: of a stream with callbacks, and of one whose file is given by its path. Takes a file. The coherency routine
 * collects what a view wrote, with and without the word that nobody has one, and afterwards a view shows the disk's bytes.
 */
#include <ntddk.h>
#include <ntifs.h>

#include <stdio.h>
#include <string.h>

enum { BYTES = 4 * PAGE_SIZE };

static int failures;
#define CHECK(Condition) \
  ((Condition) ? (void)0 : (void)(failures++, printf("line %d: %s (%s)\n", __LINE__, #Condition, ConcordLastError())))

typedef struct {
  FSRTL_ADVANCED_FCB_HEADER header;
  SECTION_OBJECT_POINTERS sections;
  ERESOURCE main;
  ERESOURCE paging;
  unsigned char disk[BYTES];
} control_block;

static NTSTATUS read_disk(PVOID Context, LARGE_INTEGER Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus, PVOID Request) {
  control_block *block = Context;
  ULONG left = Offset.QuadPart < BYTES ? (ULONG)(BYTES - Offset.QuadPart) : 0;
  IoStatus->Information = Length < left ? Length : left;
  RtlCopyMemory(Buffer, block->disk + Offset.QuadPart, IoStatus->Information);
  UNREFERENCED_PARAMETER(Request);
  return STATUS_SUCCESS;
}

static NTSTATUS write_disk(PVOID Context, LARGE_INTEGER Offset, ULONG Length, PVOID Buffer, PIO_STATUS_BLOCK IoStatus, PVOID Request) {
  control_block *block = Context;
  UNREFERENCED_PARAMETER(Request);
  IoStatus->Information = Length;
  RtlCopyMemory(block->disk + Offset.QuadPart, Buffer, Length);
  return STATUS_SUCCESS;
}

static NTSTATUS flush_and_purge(control_block *block, ULONG flags) {
  IO_STATUS_BLOCK status;
  FsRtlEnterFileSystem();
  CHECK(ExAcquireResourceExclusiveLite(&block->main, TRUE));
  CcCoherencyFlushAndPurgeCache(&block->sections, NULL, 0, &status, flags);
  ExReleaseResourceLite(&block->main);
  FsRtlExitFileSystem();
  return status.Status;
}

static void prepare(control_block *block, PFILE_OBJECT file) {
  FsRtlSetupAdvancedHeader(&block->header, NULL);
  CHECK(ExInitializeResourceLite(&block->main) == STATUS_SUCCESS && ExInitializeResourceLite(&block->paging) == STATUS_SUCCESS);
  block->header.Resource = &block->main;
  block->header.PagingIoResource = &block->paging;
  block->header.AllocationSize.QuadPart = block->header.FileSize.QuadPart = block->header.ValidDataLength.QuadPart = BYTES;
  file->Type = IO_TYPE_FILE;
  file->Size = sizeof *file;
  file->FsContext = block;
  file->SectionObjectPointer = &block->sections;
}

static void end(control_block *block, PFILE_OBJECT file) {
  CHECK(ConcordDetach(file) == STATUS_SUCCESS);
  CHECK(ExDeleteResourceLite(&block->paging) == STATUS_SUCCESS && ExDeleteResourceLite(&block->main) == STATUS_SUCCESS);
}

/* Without views on this machine everything else of it is tried elsewhere. */
static int have_views(PFILE_OBJECT file) {
  PVOID view;
  NTSTATUS status = ConcordMapView(file, NULL, 0, 0, &view);
  if (status == STATUS_NOT_SUPPORTED) return 0;
  CHECK(status == STATUS_SUCCESS && ConcordUnmapView(view) == STATUS_SUCCESS);
  return 1;
}

static void by_callbacks(void) {
  static control_block block;
  static FILE_OBJECT file;
  CONCORD_STORE store = {.Size = sizeof store, .Read = read_disk, .Write = write_disk};
  volatile unsigned char *view;
  memset(block.disk, 1, BYTES);
  prepare(&block, &file);
  CHECK(ConcordAttach(&file, &store, &block) == STATUS_SUCCESS);
  if (!have_views(&file)) {
    end(&block, &file);
    return;
  }

  CHECK(ConcordMapView(&file, NULL, 0, CONCORD_VIEW_WRITABLE, (PVOID *)&view) == STATUS_SUCCESS);
  CHECK(view[0] == 1 && view[BYTES - 1] == 1);

  /* Collected though the caller says that nobody has a view: a broken promise loses nothing. */
  view[PAGE_SIZE] = 7;
  CHECK(flush_and_purge(&block, CC_FLUSH_AND_PURGE_NO_PURGE | CC_FLUSH_AND_PURGE_WRITEABLE_VIEWS_NOTSEEN) == STATUS_SUCCESS);
  CHECK(block.disk[PAGE_SIZE] == 7);
  view[PAGE_SIZE] = 8;
  CHECK(flush_and_purge(&block, 0) == STATUS_SUCCESS && block.disk[PAGE_SIZE] == 8);

  /* Gone from the view: what the disk has now is what it shows. */
  block.disk[PAGE_SIZE] = 9;
  CHECK(view[PAGE_SIZE] == 9);
  CHECK(MmDoesFileHaveUserWritableReferences(&block.sections) == 1);
  CHECK(ConcordDetach(&file) == STATUS_RESOURCE_IN_USE);
  view[0] = 5;
  CHECK(ConcordUnmapView((PVOID)view) == STATUS_SUCCESS && ConcordUnmapView((PVOID)view) == STATUS_INVALID_PARAMETER);
  CHECK(MmDoesFileHaveUserWritableReferences(&block.sections) == 0);
  end(&block, &file);
  CHECK(block.disk[0] == 5);
}

static void by_path(const char *path) {
  static control_block block;
  static FILE_OBJECT first, second;
  unsigned char seen[2] = {0, 0};
  LARGE_INTEGER start = {.QuadPart = 0}, last = {.QuadPart = BYTES - 1};
  IO_STATUS_BLOCK status;
  prepare(&block, &first);
  CC_FILE_SIZES sizes = {block.header.AllocationSize, block.header.FileSize, block.header.ValidDataLength};
  second = first;
  CHECK(ConcordAttachFile(&first, "/nowhere/at all", CONCORD_OPEN_EXISTING) == STATUS_OBJECT_NAME_NOT_FOUND);
  CHECK(ConcordAttachFile(&first, NULL, 0) == STATUS_INVALID_PARAMETER);
  CHECK(ConcordAttachFile(&first, path, CONCORD_OPEN_SYSTEM_CACHE) == STATUS_INVALID_PARAMETER);
  CHECK(ConcordAttachFile(&first, path, CONCORD_OPEN_CREATE) == STATUS_SUCCESS);
  CHECK(ConcordAttachFile(&second, path, CONCORD_OPEN_EXISTING) == STATUS_SUCCESS);
  CcInitializeCacheMap(&first, &sizes, FALSE, NULL, NULL);
  CcInitializeCacheMap(&second, &sizes, FALSE, NULL, NULL);
  CHECK(ConcordLastStatus() == STATUS_SUCCESS && CcIsFileCached(&second));
  CHECK(CcCopyWrite(&first, &start, 1, TRUE, "p") && CcCopyWrite(&second, &last, 1, TRUE, "q"));
  CHECK(flush_and_purge(&block, 0) == STATUS_SUCCESS);
  FILE *plain = fopen(path, "r+b");
  CHECK(plain && fread(seen, 1, 1, plain) == 1 && seen[0] == 'p');
  CHECK(fseek(plain, -1, SEEK_END) == 0 && fread(seen, 1, 1, plain) == 1 && seen[0] == 'q' && ftell(plain) == BYTES);

  /* Past the cache, which has no copy any more. */
  CHECK(fseek(plain, 1, SEEK_SET) == 0 && fputc('r', plain) == 'r' && fclose(plain) == 0);
  CHECK(CcCopyRead(&second, &start, 2, TRUE, seen, &status) && seen[0] == 'p' && seen[1] == 'r');
  if (have_views(&first)) {
    volatile unsigned char *view;
    CHECK(ConcordMapView(&second, &start, 2, 0, (PVOID *)&view) == STATUS_SUCCESS && view[1] == 'r');
    CHECK(ConcordUnmapView((PVOID)view) == STATUS_SUCCESS);
  }

  CcUninitializeCacheMap(&first, NULL, NULL);
  CHECK(ConcordDetach(&first) == STATUS_SUCCESS);
  end(&block, &second);
}

int main(int count, char **arguments) {
  if (count < 2) return 2;
  by_callbacks();
  by_path(arguments[1]);
  if (!failures) puts("done");
  return failures != 0;
}
