/*
 * Two copies of the library in one process, as two libraries of C may bring them. Takes both and two spellings of one file:
 * the second copy is refused what the first one writes, and gets it when that has closed it. Prints "done".
 */
#include <ntifs.h>

#include <dlfcn.h>
#include <stdio.h>

typedef struct {
  NTSTATUS (*open)(const char *, ULONG, PFILE_OBJECT *);
  NTSTATUS (*close)(PFILE_OBJECT);
  const char *(*reason)(void);
} copy;

static int load(const char *path, copy *loaded) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) return puts(dlerror()), 0;
  *(void **)&loaded->open = dlsym(library, "ConcordOpenFile");
  *(void **)&loaded->close = dlsym(library, "ConcordCloseFile");
  *(void **)&loaded->reason = dlsym(library, "ConcordLastError");
  return loaded->open && loaded->close && loaded->reason;
}

int main(int count, char **arguments) {
  copy one, other;
  PFILE_OBJECT first, second;
  if (count < 5 || !load(arguments[1], &one) || !load(arguments[2], &other)) return 2;
  if (one.open == other.open) return puts("one copy"), 1;
  if (one.open(arguments[3], CONCORD_OPEN_CREATE, &first) != STATUS_SUCCESS) return puts(one.reason()), 1;
  NTSTATUS status = other.open(arguments[4], CONCORD_OPEN_EXISTING, &second);
  if (status != STATUS_SHARING_VIOLATION) return printf("not refused: %08x\n", (unsigned)status), 1;
  puts(other.reason());
  if (one.close(first) != STATUS_SUCCESS) return puts(one.reason()), 1;
  if (other.open(arguments[4], CONCORD_OPEN_EXISTING, &second) != STATUS_SUCCESS) return puts(other.reason()), 1;
  if (other.close(second) != STATUS_SUCCESS) return puts(other.reason()), 1;
  puts("done");
  return 0;
}
