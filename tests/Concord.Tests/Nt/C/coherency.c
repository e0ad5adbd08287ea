/*
 * The coherency routine from C, and a second process that looks at the file with read(2): what it finds there is the truth.
 * Takes a directory to work in, and the rounds of each thread. Prints "done", or what went wrong.
 */
#include <ntddk.h>
#include <ntifs.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 8, DIRTY = 3, THREADS = 8, SHARED = 4 };

#define CHECK(condition) \
  do { \
    if (!(condition)) fail(#condition, __LINE__); \
  } while (0)

static void fail(const char *condition, int line) {
  const char *error = ConcordLastError();
  printf("line %d: not so: %s (%s)\n", line, condition, error ? error : "no error");
  fflush(stdout);
  _exit(1);
}

/* ---- The second process ---- */

/* Whether a page of the file is filled with a byte; or, to be written, what it is to be filled with. */
struct question {
  char path[512];
  long offset;
  unsigned char fill;
  int is_write;
};

static int to_reader;
static pthread_mutex_t asking = PTHREAD_MUTEX_INITIALIZER;

static char answer(const struct question *question) {
  char page[PAGE], expected[PAGE];
  memset(expected, question->fill, sizeof expected);
  int file = open(question->path, question->is_write ? O_WRONLY : O_RDONLY);
  if (file < 0) return 0;
  long moved = question->is_write ? pwrite(file, expected, PAGE, question->offset) : lseek(file, question->offset, SEEK_SET);
  if (!question->is_write && moved == question->offset) moved = read(file, page, PAGE);
  close(file);
  return moved == PAGE && (question->is_write || memcmp(page, expected, PAGE) == 0);
}

/* Made while this process has one thread and no .NET, which a fork would copy half. */
static void fork_reader(void) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) exit(2);
  to_reader = ends[0];
  if (fork() != 0) {
    close(ends[1]);
    return;
  }

  close(ends[0]);
  struct question question;
  while (read(ends[1], &question, sizeof question) == (long)sizeof question) {
    char is_so = answer(&question);
    if (write(ends[1], &is_so, 1) != 1) break;
  }

  _exit(0);
}

static int ask(const char *path, long offset, unsigned char fill, int is_write) {
  struct question question = {.offset = offset, .fill = fill, .is_write = is_write};
  snprintf(question.path, sizeof question.path, "%s", path);
  char is_so = 0;
  pthread_mutex_lock(&asking);
  CHECK(write(to_reader, &question, sizeof question) == (long)sizeof question);
  CHECK(read(to_reader, &is_so, 1) == 1);
  pthread_mutex_unlock(&asking);
  return is_so;
}

static int store_has(const char *path, long offset, unsigned char fill) { return ask(path, offset, fill, 0); }

static int change_store(const char *path, long offset, unsigned char fill) { return ask(path, offset, fill, 1); }

/* ---- Steps ---- */

static int is_filled(const void *bytes, unsigned char fill) {
  for (int i = 0; i < PAGE; i++) {
    if (((const unsigned char *)bytes)[i] != fill) return 0;
  }

  return 1;
}

static PFILE_OBJECT open_cached(const char *path) {
  PFILE_OBJECT file;
  CHECK(ConcordOpenFile(path, CONCORD_OPEN_CREATE, &file) == STATUS_SUCCESS);
  CC_FILE_SIZES sizes = {.ValidDataLength.QuadPart = MAXLONGLONG};
  CcInitializeCacheMap(file, &sizes, FALSE, NULL, NULL);
  CHECK(ConcordLastError() == NULL && CcIsFileCached(file));
  return file;
}

static void write_page(PFILE_OBJECT file, long offset, unsigned char fill) {
  char page[PAGE];
  memset(page, fill, sizeof page);
  LARGE_INTEGER start = {.QuadPart = offset};
  CHECK(CcCopyWrite(file, &start, PAGE, TRUE, page));
}

static void read_page(PFILE_OBJECT file, long offset, unsigned char fill) {
  char page[PAGE];
  LARGE_INTEGER start = {.QuadPart = offset};
  IO_STATUS_BLOCK block;
  CHECK(CcCopyRead(file, &start, PAGE, TRUE, page, &block) && block.Status == STATUS_SUCCESS && block.Information == PAGE);
  CHECK(is_filled(page, fill));
}

/* All of the stream, as the routine documents it: no offset, whatever the length. */
static NTSTATUS flush_and_purge(PFILE_OBJECT file) {
  IO_STATUS_BLOCK block = {.Information = 1};
  CHECK(ConcordAcquireExclusive(file) == STATUS_SUCCESS);
  CcCoherencyFlushAndPurgeCache(file->SectionObjectPointer, NULL, 0xFFFFFFFF, &block, 0);
  CHECK(ConcordRelease(file) == STATUS_SUCCESS);
  CHECK(NT_SUCCESS(block.Status));
  CHECK(ConcordOutcome(&block) == (block.Status == STATUS_SUCCESS ? ConcordDone : ConcordFlushedNotInvalidated));
  return block.Status;
}

/*
 * Dirties three pages of eight, and finds them in the store; then with a page locked in memory, which has to stay where
 * and what it is. Pages from base on are this thread's alone; the others of the file may be locked by other threads.
 */
static void round_trip(PFILE_OBJECT file, const char *path, long base, unsigned char fill, int is_shared) {
  static const int dirtied[DIRTY] = {0, 3, 7};
  for (int i = 0; i < DIRTY; i++) write_page(file, base + dirtied[i] * PAGE, (unsigned char)(fill + i));
  NTSTATUS status = flush_and_purge(file);
  CHECK(status == STATUS_SUCCESS || (is_shared && status == STATUS_CACHE_PAGE_LOCKED));
  for (int i = 0; i < DIRTY; i++) CHECK(store_has(path, base + dirtied[i] * PAGE, (unsigned char)(fill + i)));

  /* Nothing is left in memory: what another process wrote meanwhile is what a read finds. */
  CHECK(change_store(path, base + PAGE, (unsigned char)(fill + 9)));
  read_page(file, base + PAGE, (unsigned char)(fill + 9));

  PMDL chain = NULL;
  IO_STATUS_BLOCK block;
  LARGE_INTEGER start = {.QuadPart = base};
  CcMdlRead(file, &start, PAGE, &chain, &block);
  CHECK(chain && block.Status == STATUS_SUCCESS && block.Information == PAGE && MmGetMdlByteCount(chain) == PAGE);
  const void *locked = MmGetSystemAddressForMdlSafe(chain, NormalPagePriority);
  KeFlushIoBuffers(chain, FALSE, TRUE);
  write_page(file, base + 7 * PAGE, (unsigned char)(fill + 5));
  status = flush_and_purge(file);
  CHECK(status == 0x115 && NT_SUCCESS(status));
  CHECK(store_has(path, base + 7 * PAGE, (unsigned char)(fill + 5)));
  CHECK(is_filled(locked, fill) && locked == MmGetSystemAddressForMdlSafe(chain, NormalPagePriority));
  CcMdlReadComplete(file, chain);
  CHECK(ConcordLastError() == NULL);
  status = flush_and_purge(file);
  CHECK(status == STATUS_SUCCESS || (is_shared && status == STATUS_CACHE_PAGE_LOCKED));

  /* The next round's reads are to come from the store that this round left. */
  CHECK(change_store(path, base + PAGE, fill));
  CHECK(flush_and_purge(file) == STATUS_SUCCESS || is_shared);
}

/* ---- Threads: half of them have a file each, the others one file, with a handle each ---- */

static const char *directory;
static int rounds;

static void path_of(int thread, char *path, size_t bytes) {
  if (thread < THREADS - SHARED) snprintf(path, bytes, "%s/own%d", directory, thread);
  else snprintf(path, bytes, "%s/shared", directory);
}

static void *work(void *argument) {
  int thread = (int)(long)argument;
  int is_shared = thread >= THREADS - SHARED;
  char path[400];
  path_of(thread, path, sizeof path);
  long base = is_shared ? (long)(thread - (THREADS - SHARED)) * PAGES * PAGE : 0;
  PFILE_OBJECT file = open_cached(path);
  for (int i = 0; i < rounds; i++) round_trip(file, path, base, (unsigned char)(thread * 30 + i % 13 + 1), is_shared);
  CHECK(is_shared || CcUninitializeCacheMap(file, NULL, NULL));
  CHECK(ConcordCloseFile(file) == STATUS_SUCCESS);
  return NULL;
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  directory = arguments[1];
  rounds = atoi(arguments[2]);
  fork_reader();

  char path[400];
  snprintf(path, sizeof path, "%s/one", directory);
  PFILE_OBJECT file = open_cached(path);
  write_page(file, (PAGES - 1) * PAGE, 0);
  round_trip(file, path, 0, 1, 0);
  CHECK(CcUninitializeCacheMap(file, NULL, NULL));
  CHECK(ConcordCloseFile(file) == STATUS_SUCCESS);

  pthread_t threads[THREADS];
  for (long i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);

  snprintf(path, sizeof path, "%s/shared", directory);
  file = open_cached(path);
  CHECK(flush_and_purge(file) == STATUS_SUCCESS);
  CHECK(ConcordCloseFile(file) == STATUS_SUCCESS);
  printf("done\n");
  return 0;
}
