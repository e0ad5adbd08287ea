/*
 * A process that has little: with the argument "space" little address space, otherwise few descriptors. Nothing ends the
 * process, and what is refused says why. Takes a path and that argument; prints the status and the reason.
 */
#include <ntifs.h>

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { FILES = 40 };

static int tell(void) {
  const char *reason = ConcordLastError();
  printf("%08x %s\n", (unsigned)ConcordLastStatus(), reason ? reason : "-");
  return 0;
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  int is_space = strcmp(arguments[2], "space") == 0;
  rlim_t least = is_space ? 100 << 20 : 32;

  /* Both at once: .NET raises the first as far as the second allows. */
  struct rlimit limit = {least, least};
  if (setrlimit(is_space ? RLIMIT_AS : RLIMIT_NOFILE, &limit)) return 3;
  for (int i = 0; i < FILES; i++) {
    char path[1000];
    PFILE_OBJECT file;
    snprintf(path, sizeof path, "%s%d", arguments[1], i);
    if (ConcordOpenFile(path, CONCORD_OPEN_CREATE, &file) != STATUS_SUCCESS) return tell();
    CC_FILE_SIZES sizes = {.ValidDataLength.QuadPart = MAXLONGLONG};
    LARGE_INTEGER start = {.QuadPart = 0};
    CcInitializeCacheMap(file, &sizes, FALSE, NULL, NULL);
    if (ConcordLastStatus() != STATUS_SUCCESS) return tell();
    if (!CcCopyWrite(file, &start, 5, TRUE, arguments[2])) return tell();
  }

  puts("enough");
  return 0;
}
