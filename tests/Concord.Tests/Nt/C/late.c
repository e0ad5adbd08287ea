/*
 * What a program writes while it ends: in a function of atexit that it registered before the library's first call, and in a
 * destructor. Takes the file, and "atexit", "destructor" or "both". The file then begins with "A" and "D", or "." where
 * nothing was written.
 */
#define _GNU_SOURCE
#include <ntddk.h>
#include <ntifs.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static PFILE_OBJECT file;
static const char *mode = "";

static void fail(const char *what) {
  const char *reason = ConcordLastError();
  printf("%s: %08x %s\n", what, (unsigned)ConcordLastStatus(), reason ? reason : "-");
  fflush(stdout);
  _exit(1);
}

static void put(LONGLONG at, const char *text) {
  LARGE_INTEGER offset = {.QuadPart = at};
  if (!CcCopyWrite(file, &offset, 1, TRUE, (PVOID)text)) fail(text);
}

static void late(void) {
  if (strcmp(mode, "destructor") != 0) put(0, "A");
}

__attribute__((destructor)) static void last(void) {
  if (file && strcmp(mode, "atexit") != 0) put(1, "D");
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  mode = arguments[2];
  FILE *made = fopen(arguments[1], "wb");
  if (!made || fwrite("..", 2, 1, made) != 1 || fclose(made) != 0) return 3;
  atexit(late);
  if (ConcordOpenFile(arguments[1], CONCORD_OPEN_EXISTING, &file) != STATUS_SUCCESS) fail("open");
  CC_FILE_SIZES sizes = {.ValidDataLength.QuadPart = MAXLONGLONG};
  CcInitializeCacheMap(file, &sizes, FALSE, NULL, NULL);
  return 0;
}
