/*
 * Children of a process that uses Concord: every routine refuses in them, whatever made them, and what they do at their
 * end does nothing to their parent, who goes on with all that it wrote. Takes the file, and "exit" if the children end by
 * exit and not by _exit alone. Prints "done".
 */
#define _GNU_SOURCE
#include <ntddk.h>
#include <ntifs.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 14, PAGE = 4096, PAGES = 16 };

static PFILE_OBJECT file;
static pid_t parent;
static unsigned char bytes[PAGES * PAGE], read_back[PAGES * PAGE];

static void fail(const char *what) {
  const char *reason = ConcordLastError();
  printf("%s: %s\n", what, reason ? reason : "-");
  fflush(stdout);
  _exit(1);
}

/* What a program may have set up long before it forks. */
static void close_at_exit(void) {
  if (getpid() != parent) ConcordCloseFile(file);
}

static int is_refused(NTSTATUS status) {
  const char *reason = ConcordLastError();
  return status == STATUS_NOT_SUPPORTED && ConcordLastStatus() == STATUS_NOT_SUPPORTED && reason && strstr(reason, "fork");
}

/* A routine that has a status block tells its refusal there, and one that gives MDLs gives none. */
static int tells(PIO_STATUS_BLOCK block, PMDL *chain) {
  int told = is_refused(block->Status) && block->Information == 0 && (!chain || !*chain);
  *block = (IO_STATUS_BLOCK){.Information = 7};
  if (chain) *chain = (PMDL)block;
  return told;
}

static int all_tell(void) {
  LARGE_INTEGER at = {.QuadPart = 0};
  IO_STATUS_BLOCK block = {.Information = 7};
  PMDL mdl = (PMDL)&block;
  return !CcCopyRead(file, &at, PAGE, TRUE, read_back, &block) && tells(&block, NULL)
    && !FsRtlCopyRead(file, &at, PAGE, TRUE, 0, read_back, &block, NULL) && tells(&block, NULL)
    && !FsRtlCopyWrite(file, &at, PAGE, TRUE, 0, read_back, &block, NULL) && tells(&block, NULL)
    && !FsRtlMdlRead(file, &at, PAGE, 0, &mdl, &block) && tells(&block, &mdl)
    && !FsRtlPrepareMdlWrite(file, &at, PAGE, 0, &mdl, &block) && tells(&block, &mdl)
    && is_refused(FsRtlMdlReadEx(file, &at, PAGE, 0, &mdl, &block)) && tells(&block, &mdl)
    && (CcMdlRead(file, &at, PAGE, &mdl, &block), tells(&block, &mdl))
    && (CcPrepareMdlWrite(file, &at, PAGE, &mdl, &block), tells(&block, &mdl));
}

static void be_child(int number, int by_exit) {
  LARGE_INTEGER start = {.QuadPart = 0};
  IO_STATUS_BLOCK block = {.Information = 7};
  PVOID bcb = NULL, buffer = NULL;
  int good = 1;
  switch (number % 7) {
    case 0: good = !CcCopyWrite(file, &start, sizeof bytes, TRUE, read_back) && is_refused(ConcordStart()); break;
    case 1:
      CcCoherencyFlushAndPurgeCache(file->SectionObjectPointer, NULL, 0, &block, 0);
      good = is_refused(block.Status) && block.Information == 0;
      break;
    case 2: good = is_refused(ConcordCloseFile(file)); break;
    case 3: good = !CcMapData(file, &start, PAGE, MAP_WAIT, &bcb, &buffer) && !bcb; break;
    case 4: good = is_refused(ConcordOpenFile("other", CONCORD_OPEN_CREATE, &file)); break;
    case 5: good = all_tell(); break;
    default: KeInvalidateRangeAllCaches(bytes, sizeof bytes); good = ConcordLastStatus() == STATUS_NOT_SUPPORTED; break;
  }

  if (by_exit) exit(good ? 0 : 1);
  _exit(good ? 0 : 1);
}

int main(int count, char **arguments) {
  if (count < 2) return 2;
  int by_exit = count > 2;
  parent = getpid();
  atexit(close_at_exit);

  /* A child of a process that has not called yet has a Concord of its own. */
  if (!by_exit) {
    pid_t first = fork();
    if (first == 0) _exit(ConcordStart() == STATUS_SUCCESS ? 0 : 1);
    int code;
    if (waitpid(first, &code, 0) != first || code != 0) fail("a child that comes first");
  }

  if (ConcordOpenFile(arguments[1], CONCORD_OPEN_CREATE, &file) != STATUS_SUCCESS) fail("open");
  CC_FILE_SIZES sizes = {.ValidDataLength.QuadPart = MAXLONGLONG};
  CcInitializeCacheMap(file, &sizes, FALSE, NULL, NULL);
  LARGE_INTEGER start = {.QuadPart = 0};
  for (int round = 0; round < CHILDREN; round++) {
    memset(bytes, round + 1, sizeof bytes);
    if (!CcCopyWrite(file, &start, sizeof bytes, TRUE, bytes)) fail("write");
    pid_t child = round % 2 ? fork() : (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0) be_child(round, by_exit);
    int code;
    if (waitpid(child, &code, 0) != child || code != 0) {
      printf("child %d ended with %d\n", round, code);
      return 1;
    }

    IO_STATUS_BLOCK block;
    if (!CcCopyRead(file, &start, sizeof bytes, TRUE, read_back, &block)) fail("read");
    if (memcmp(bytes, read_back, sizeof bytes)) fail("other bytes");
  }

  if (ConcordCloseFile(file) != STATUS_SUCCESS) fail("close");
  FILE *written = fopen(arguments[1], "rb");
  if (!written || fread(read_back, sizeof bytes, 1, written) != 1 || memcmp(bytes, read_back, sizeof bytes)) fail("lost");
  fclose(written);
  puts("done");
  return 0;
}
