/*
 * What callbacks of a C program say and do: each of their answers is judged, nothing that they do with other routines is
 * an error of the routine that called them, and a log that fails says so. And what C hears of errors: every refusal has a
 * reason, without words that only C# has; checked mode; the lock of a file object of the program's own. Prints "done".
 */
#include <ntddk.h>
#include <ntifs.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BYTES = 3 * 4096 };

typedef struct {
  FSRTL_ADVANCED_FCB_HEADER header;
  SECTION_OBJECT_POINTERS sections;
  ERESOURCE main;
  FILE_OBJECT file;
  unsigned char disk[BYTES];
  NTSTATUS fails;
  int is_short;
} control_block;

static control_block one, other;
static int failures;

#define CHECK(Condition) \
  do { \
    if (!(Condition)) { \
      const char *why = ConcordLastError(); \
      printf("line %d: %s (%s, %08x)\n", __LINE__, #Condition, why ? why : "-", (unsigned)ConcordLastStatus()); \
      failures++; \
    } \
  } while (0)

static LARGE_INTEGER at(LONGLONG offset) {
  LARGE_INTEGER result;
  result.QuadPart = offset;
  return result;
}

/* A mirror: looks at the other stream first, which fails, and at a request that there is not. */
static NTSTATUS read_disk(PVOID context, LARGE_INTEGER offset, ULONG length, PVOID buffer, PIO_STATUS_BLOCK status, PVOID request) {
  control_block *block = context;
  UNREFERENCED_PARAMETER(request);
  if (block->fails) return block->fails;
  if (block == &one && other.fails) {
    char byte;
    LARGE_INTEGER zero = at(0);
    IO_STATUS_BLOCK ignored;
    CHECK(!CcCopyRead(&other.file, &zero, 1, TRUE, &byte, &ignored));
    CHECK(ConcordLastStatus() == other.fails);
  }

  RtlCopyMemory(buffer, block->disk + offset.QuadPart, length);
  status->Information = length;
  return STATUS_SUCCESS;
}

static NTSTATUS write_disk(PVOID context, LARGE_INTEGER offset, ULONG length, PVOID buffer, PIO_STATUS_BLOCK status, PVOID request) {
  control_block *block = context;
  UNREFERENCED_PARAMETER(request);
  if (block->fails) {
    status->Status = block->fails;
    status->Information = 0;
    return STATUS_SUCCESS;
  }

  RtlCopyMemory(block->disk + offset.QuadPart, buffer, block->is_short ? length / 2 : length);
  if (block->is_short) status->Information = length / 2;
  return STATUS_SUCCESS;
}

static void flush_log(PVOID log, LARGE_INTEGER number) {
  control_block *block = log;
  IO_STATUS_BLOCK status;
  CHECK(number.QuadPart == 9);
  CcFlushCache(&block->sections, NULL, 0, &status);
  if (!NT_SUCCESS(status.Status)) CHECK(ConcordFailFlushToLsn(status.Status) == STATUS_SUCCESS);
}

static void begin(control_block *block) {
  CONCORD_STORE store = {.Size = sizeof store, .Read = read_disk, .Write = write_disk};
  block->header.Resource = &block->main;
  block->header.AllocationSize = block->header.FileSize = block->header.ValidDataLength = at(BYTES);
  CC_FILE_SIZES sizes = {at(BYTES), at(BYTES), at(BYTES)};
  CHECK(ExInitializeResourceLite(&block->main) == STATUS_SUCCESS);
  block->file.Type = IO_TYPE_FILE;
  block->file.Size = sizeof block->file;
  block->file.FsContext = block;
  block->file.SectionObjectPointer = &block->sections;
  CHECK(ConcordAttach(&block->file, &store, block) == STATUS_SUCCESS);
  CcInitializeCacheMap(&block->file, &sizes, TRUE, NULL, NULL);
  CHECK(ConcordLastStatus() == STATUS_SUCCESS);
}

static NTSTATUS coherent(control_block *block) {
  IO_STATUS_BLOCK status;
  CHECK(ConcordAcquireExclusive(&block->file) == STATUS_SUCCESS);
  CHECK(ExIsResourceAcquiredExclusiveLite(&block->main));
  CcCoherencyFlushAndPurgeCache(&block->sections, NULL, 0, &status, 0);
  CHECK(ConcordRelease(&block->file) == STATUS_SUCCESS);
  CHECK(!ExIsResourceAcquiredExclusiveLite(&block->main));
  return status.Status;
}

static void errors_of_callbacks_are_theirs(void) {
  unsigned char byte;
  IO_STATUS_BLOCK status;
  LARGE_INTEGER offset = at(4096);
  other.fails = STATUS_IO_DEVICE_ERROR;
  CHECK(CcCopyRead(&one.file, &offset, 1, TRUE, &byte, &status) && status.Status == STATUS_SUCCESS);
  CHECK(ConcordLastStatus() == STATUS_SUCCESS && ConcordLastError() == NULL);
  other.fails = 0;
}

static void what_is_not_all_written_stays_dirty(void) {
  static unsigned char bytes[BYTES], back[BYTES];
  IO_STATUS_BLOCK status;
  LARGE_INTEGER zero = at(0);
  memset(bytes, 'n', sizeof bytes);
  CHECK(CcCopyWrite(&one.file, &zero, BYTES, TRUE, bytes));
  one.fails = STATUS_DISK_FULL;
  CHECK(coherent(&one) == STATUS_DISK_FULL);
  one.fails = STATUS_TIMEOUT;
  CHECK(coherent(&one) == STATUS_UNEXPECTED_IO_ERROR);
  one.fails = 0;
  one.is_short = 1;
  CHECK(coherent(&one) == STATUS_UNEXPECTED_IO_ERROR);
  CHECK(CcCopyRead(&one.file, &zero, BYTES, TRUE, back, &status) && memcmp(back, bytes, BYTES) == 0);
  one.is_short = 0;
  CHECK(coherent(&one) == STATUS_SUCCESS && memcmp(one.disk, bytes, BYTES) == 0);
}

static void a_log_that_fails_keeps_the_page_from_the_disk(void) {
  PVOID bcb, buffer;
  LARGE_INTEGER zero = at(0), number = at(9);
  CHECK(CcCopyWrite(&other.file, &zero, 6, TRUE, "record"));
  CcSetLogHandleForFile(&one.file, &other, flush_log);
  CHECK(CcPinRead(&one.file, &zero, 4096, PIN_WAIT | PIN_EXCLUSIVE, &bcb, &buffer));
  CcSetDirtyPinnedData(bcb, &number);
  memset(buffer, 'J', 4096);
  CcUnpinData(bcb);
  other.fails = STATUS_IO_DEVICE_ERROR;
  CHECK(coherent(&one) == STATUS_IO_DEVICE_ERROR && one.disk[0] == 'n');
  other.fails = 0;
  CHECK(coherent(&one) == STATUS_SUCCESS && one.disk[0] == 'J' && other.disk[0] == 'r');
  CHECK(ConcordFailFlushToLsn(STATUS_DISK_FULL) == STATUS_INVALID_PARAMETER);
}

/* Each refusal: its status, in both ways of asking, and a reason for people who write C. */
static void refused(int line, NTSTATUS expected) {
  static const char *const words[] = {
      "Parameter '", "Exception", "System.", "Object name", "Actual value", "Specified argument", "dispose", "NtFile",
      "FileShare", "FileMode", "FileAccess", "a lease", "null)", "\n"};
  const char *why = ConcordLastError();
  if (ConcordLastStatus() != expected || !why || !*why) {
    printf("line %d: %08x, %s\n", line, (unsigned)ConcordLastStatus(), why ? why : "no reason");
    failures++;
    return;
  }

  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (!strstr(why, words[i])) continue;
    printf("line %d: \"%s\" is C#'s: %s\n", line, words[i], why);
    failures++;
  }
}

#define REFUSED(Status, Call) \
  do { \
    (void)(Call); \
    refused(__LINE__, Status); \
  } while (0)

static void every_refusal_has_a_reason(const char *path) {
  char text[64];
  PVOID bcb, buffer, base;
  PMDL chain;
  PFILE_OBJECT file, closed;
  IO_STATUS_BLOCK status;
  ERESOURCE resource;
  SECTION_OBJECT_POINTERS nobodys = {NULL, NULL, NULL};
  LARGE_INTEGER zero = at(0), negative = at(-1), far_off = at(1 << 30), most = at(MAXLONGLONG);
  FILE_OBJECT unknown;
  memset(&unknown, 0, sizeof unknown);
  REFUSED(STATUS_RESOURCE_NOT_OWNED, (CcCoherencyFlushAndPurgeCache(&one.sections, NULL, 0, &status, 0), 0));
  CHECK(strstr(ConcordLastError(), "acquired exclusively"));
  REFUSED(STATUS_INVALID_PARAMETER, (CcCoherencyFlushAndPurgeCache(&nobodys, NULL, 0, &status, 0), 0));
  CHECK(ConcordAcquireExclusive(&one.file) == STATUS_SUCCESS);
  REFUSED(STATUS_INVALID_PARAMETER, (CcCoherencyFlushAndPurgeCache(&one.sections, &negative, 1, &status, 0), 0));
  REFUSED(STATUS_INVALID_PARAMETER, (CcCoherencyFlushAndPurgeCache(&one.sections, &most, 9, &status, 0), 0));
  REFUSED(STATUS_POSSIBLE_DEADLOCK, ConcordDetach(&one.file));
  CHECK(ConcordRelease(&one.file) == STATUS_SUCCESS);
  REFUSED(STATUS_RESOURCE_NOT_OWNED, ConcordRelease(&one.file));
  CHECK(ConcordAcquireShared(&one.file) == STATUS_SUCCESS);
  REFUSED(STATUS_POSSIBLE_DEADLOCK, ConcordAcquireExclusive(&one.file));
  CHECK(ConcordRelease(&one.file) == STATUS_SUCCESS);
  REFUSED(STATUS_INVALID_PARAMETER, ConcordCloseFile(&one.file));
  REFUSED(STATUS_INVALID_PARAMETER, ConcordAcquireShared(&unknown));
  REFUSED(STATUS_INVALID_PARAMETER, ConcordCompleteRequest(NULL, STATUS_SUCCESS, 0));
  REFUSED(STATUS_INVALID_PARAMETER, ConcordCompleteRequest(NULL, STATUS_PENDING, 0));
  REFUSED(STATUS_INVALID_PARAMETER, ConcordUnmapView(NULL));
  REFUSED(STATUS_ACCESS_VIOLATION, CcCopyRead(&one.file, NULL, 1, TRUE, text, &status));
  REFUSED(STATUS_INVALID_USER_BUFFER, CcCopyRead(&one.file, &zero, 1, TRUE, NULL, &status));
  REFUSED(STATUS_INVALID_PARAMETER, CcCopyWrite(&one.file, &negative, 1, TRUE, text));
  REFUSED(STATUS_INVALID_PARAMETER, CcCopyWrite(&unknown, &zero, 1, TRUE, text));
  REFUSED(STATUS_INVALID_PARAMETER, (CcPrepareMdlWrite(&one.file, &far_off, 1, &chain, &status), 0));
  REFUSED(STATUS_ACCESS_VIOLATION, CcMapData(&one.file, &far_off, 1, MAP_WAIT, &bcb, &buffer));
  REFUSED(STATUS_INVALID_PARAMETER, (CcUnpinData(text), 0));
  REFUSED(STATUS_INVALID_PARAMETER, (CcMdlWriteComplete(&one.file, &zero, (PMDL)text), 0));
  REFUSED(STATUS_INVALID_PARAMETER, ConcordSetCapacity(1));
  REFUSED(STATUS_INVALID_PARAMETER, ConcordSetCapacity(~0ull));
  REFUSED(STATUS_OBJECT_NAME_NOT_FOUND, ConcordOpenFile("/no/such/folder/file", CONCORD_OPEN_CREATE, &file));
  REFUSED(STATUS_ACCESS_DENIED, ConcordOpenFile("/", CONCORD_OPEN_EXISTING, &file));
  REFUSED(STATUS_INVALID_PARAMETER, ConcordOpenFile("", CONCORD_OPEN_EXISTING, &file));
  REFUSED(STATUS_INVALID_PARAMETER, ConcordOpenFile(path, 0x100, &file));
  REFUSED(STATUS_INVALID_PARAMETER, ConcordOpenFile(path, CONCORD_OPEN_CREATE, NULL));

  /* What holds pages is called as C knows it, and so is who has a file. */
  CC_FILE_SIZES none = {at(0), at(0), at(0)};
  CHECK(CcMapData(&one.file, &zero, 10, MAP_WAIT, &bcb, &buffer));
  REFUSED(STATUS_USER_MAPPED_FILE, CcSetFileSizesEx(&one.file, &none));
  CcUnpinData(bcb);
  CHECK(ConcordOpenFile(path, CONCORD_OPEN_CREATE, &file) == STATUS_SUCCESS);
  if (ConcordMapView(&one.file, NULL, 0, 0, &base) == STATUS_SUCCESS) {
    REFUSED(STATUS_RESOURCE_IN_USE, ConcordDetach(&one.file));
    CHECK(ConcordUnmapView(base) == STATUS_SUCCESS);
  }

  CHECK(ConcordCloseFile(file) == STATUS_SUCCESS);

  /* A lock that is in use is told of by the name of the routine that was called. */
  CHECK(ExInitializeResourceLite(&resource) == STATUS_SUCCESS && ExAcquireResourceExclusiveLite(&resource, TRUE));
  REFUSED(STATUS_RESOURCE_IN_USE, ExReinitializeResourceLite(&resource));
  CHECK(strncmp(ConcordLastError(), "ExReinitializeResourceLite", strlen("ExReinitializeResourceLite")) == 0);
  ExReleaseResourceLite(&resource);
  REFUSED(STATUS_RESOURCE_NOT_OWNED, (ExReleaseResourceLite(&resource), 0));
  CHECK(ExDeleteResourceLite(&resource) == STATUS_SUCCESS);
  REFUSED(STATUS_INVALID_PARAMETER, ExDeleteResourceLite(&resource));

  /* One file, opened and attached. */
  CHECK(ConcordOpenFile(path, CONCORD_OPEN_CREATE, &file) == STATUS_SUCCESS);
  memset(&nobodys, 0, sizeof nobodys);
  unknown.SectionObjectPointer = &nobodys;
  REFUSED(STATUS_SHARING_VIOLATION, ConcordAttachFile(&unknown, path, CONCORD_OPEN_EXISTING));
  REFUSED(STATUS_INVALID_PARAMETER, CcCopyRead(file, &zero, 1, TRUE, text, &status));
  CHECK(ConcordCloseFile(file) == STATUS_SUCCESS);
  closed = file;
  REFUSED(STATUS_INVALID_PARAMETER, ConcordCloseFile(closed));
  CHECK(ConcordAttachFile(&unknown, path, CONCORD_OPEN_EXISTING) == STATUS_SUCCESS);
  REFUSED(STATUS_SHARING_VIOLATION, ConcordOpenFile(path, CONCORD_OPEN_EXISTING, &file));
  REFUSED(STATUS_INVALID_PARAMETER, ConcordMapView(&unknown, &far_off, 0, 0, &base));

  /* A stream without a control block has a lock all the same. */
  CHECK(ConcordAcquireExclusive(&unknown) == STATUS_SUCCESS);
  REFUSED(STATUS_POSSIBLE_DEADLOCK, ConcordDetach(&unknown));
  CHECK(ConcordRelease(&unknown) == STATUS_SUCCESS);
  CHECK(ConcordDetach(&unknown) == STATUS_SUCCESS);

  /* A file that was opened for reading alone. */
  CHECK(ConcordOpenFile(path, CONCORD_OPEN_READ_ONLY, &file) == STATUS_SUCCESS);
  CC_FILE_SIZES sizes = {at(0), at(0), at(MAXLONGLONG)};
  CcInitializeCacheMap(file, &sizes, FALSE, NULL, NULL);
  REFUSED(STATUS_MEDIA_WRITE_PROTECTED, CcCopyWrite(file, &zero, 1, TRUE, text));
  CHECK(ConcordCloseFile(file) == STATUS_SUCCESS);
}

/* Told on the standard error, and found out only then. */
static void checked_mode_finds_more(int by_environment) {
  char text[8];
  IO_STATUS_BLOCK status;
  LARGE_INTEGER end = at(BYTES - 4);
  CHECK(ConcordSetChecks(TRUE) == (by_environment ? TRUE : FALSE));
  CHECK(ConcordSetChecks(TRUE) == TRUE);
  CHECK(!CcCopyRead(&one.file, &end, 8, TRUE, text, &status) && ConcordLastStatus() == STATUS_INVALID_PARAMETER);
  CHECK(!ExAcquireResourceSharedLite(&one.main, TRUE) && ConcordLastStatus() == STATUS_INVALID_PARAMETER);
  CHECK(ConcordAcquireShared(&one.file) == STATUS_SUCCESS && ConcordRelease(&one.file) == STATUS_SUCCESS);
  CHECK(ConcordCompleteRequest(NULL, STATUS_SUCCESS, 0) == STATUS_INVALID_PARAMETER);
  CHECK(ConcordOpenFile(NULL, 0, NULL) == STATUS_INVALID_PARAMETER);
  CHECK(ConcordRelease(&one.file) == STATUS_RESOURCE_NOT_OWNED);
  CHECK(ConcordSetChecks(FALSE) == TRUE);
  CHECK(CcCopyRead(&one.file, &end, 8, TRUE, text, &status) && status.Information == 4);
}

int main(int count, char **arguments) {
  if (count < 2) return 2;
  begin(&one);
  begin(&other);
  if (count > 2) {
    checked_mode_finds_more(arguments[2][0] == 'e');
  } else {
    errors_of_callbacks_are_theirs();
    what_is_not_all_written_stays_dirty();
    a_log_that_fails_keeps_the_page_from_the_disk();
    every_refusal_has_a_reason(arguments[1]);
  }

  CHECK(ConcordDetach(&one.file) == STATUS_SUCCESS && ConcordDetach(&other.file) == STATUS_SUCCESS);
  if (!failures) puts("done");
  return failures != 0;
}
