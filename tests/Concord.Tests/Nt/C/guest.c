/*
 * What the library does to the process that loads it. Takes the library and a file; prints a line for everything that is
 * not as it should be, and "done".
 */
#define _GNU_SOURCE
#include <ntddk.h>
#include <ntifs.h>

#include <dirent.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SIGNALS = 64, PAGE = 4096 };

static NTSTATUS (*start)(void);
static NTSTATUS (*open_file)(const char *, ULONG, PFILE_OBJECT *);
static NTSTATUS (*close_file)(PFILE_OBJECT);
static const char *(*last_error)(void);
static BOOLEAN (*copy_write)(PFILE_OBJECT, PLARGE_INTEGER, ULONG, BOOLEAN, PVOID);
static void (*initialize)(PFILE_OBJECT, PCC_FILE_SIZES, BOOLEAN, PCACHE_MANAGER_CALLBACKS, PVOID);
static void (*flush)(PSECTION_OBJECT_POINTERS, PLARGE_INTEGER, ULONG, PIO_STATUS_BLOCK);

static int count_entries(const char *folder) {
  int count = 0;
  DIR *entries = opendir(folder);
  for (struct dirent *entry; (entry = readdir(entries));) count += entry->d_name[0] != '.';
  closedir(entries);
  return count;
}

/* The signals that every thread but this one blocks, or those that some does not. */
static void look_at_threads(void) {
  char path[300], line[200];
  DIR *threads = opendir("/proc/self/task");
  for (struct dirent *thread; (thread = readdir(threads));) {
    if (thread->d_name[0] == '.' || atoi(thread->d_name) == getpid()) continue;
    snprintf(path, sizeof path, "/proc/self/task/%s/status", thread->d_name);
    FILE *status = fopen(path, "r");
    unsigned long long blocked = 0;
    while (status && fgets(line, sizeof line, status)) sscanf(line, "SigBlk: %llx", &blocked);
    if (status) fclose(status);
    static const int programs[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGCHLD, SIGCONT, SIGXFSZ, SIGWINCH, SIGIO};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
      if (!(blocked >> (programs[i] - 1) & 1)) printf("thread %s takes signal %d\n", thread->d_name, programs[i]);
    }
  }

  closedir(threads);
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  setvbuf(stdout, NULL, _IONBF, 0);
  struct sigaction before[SIGNALS + 1], after;
  sigset_t mask_before, mask_after;
  for (int i = 1; i <= SIGNALS; i++) sigaction(i, NULL, &before[i]);
  pthread_sigmask(SIG_SETMASK, NULL, &mask_before);
  int descriptors = count_entries("/proc/self/fd");

  void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    puts(dlerror());
    return 1;
  }

  *(void **)&start = dlsym(library, "ConcordStart");
  *(void **)&open_file = dlsym(library, "ConcordOpenFile");
  *(void **)&close_file = dlsym(library, "ConcordCloseFile");
  *(void **)&last_error = dlsym(library, "ConcordLastError");
  *(void **)&copy_write = dlsym(library, "CcCopyWrite");
  *(void **)&initialize = dlsym(library, "CcInitializeCacheMap");
  *(void **)&flush = dlsym(library, "CcFlushCache");
  if (count_entries("/proc/self/task") != 1) puts("a thread before the first call");
  for (int i = 1; i <= SIGNALS; i++) {
    if (sigaction(i, NULL, &after) == 0 && after.sa_handler != before[i].sa_handler) printf("signal %d changed by loading\n", i);
  }

  if (count_entries("/proc/self/fd") != descriptors) puts("a descriptor before the first call");
  if (start() != STATUS_SUCCESS) puts("start");
  PFILE_OBJECT file = NULL;
  if (open_file(arguments[2], CONCORD_OPEN_CREATE, &file) != STATUS_SUCCESS) puts(last_error());
  CC_FILE_SIZES sizes = {.ValidDataLength.QuadPart = MAXLONGLONG};
  initialize(file, &sizes, FALSE, NULL, NULL);
  static char bytes[64 * PAGE];
  LARGE_INTEGER offset = {.QuadPart = 0};
  if (!copy_write(file, &offset, sizeof bytes, TRUE, bytes)) puts(last_error());
  IO_STATUS_BLOCK block;
  flush(file->SectionObjectPointer, NULL, 0, &block);

  for (int i = 1; i <= SIGNALS; i++) {
    int is_its_own = i == SIGSEGV || i == SIGFPE || i == SIGRTMIN;
    if (sigaction(i, NULL, &after) == 0 && !is_its_own && after.sa_handler != before[i].sa_handler) printf("signal %d changed\n", i);
  }

  pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
  if (memcmp(&mask_before, &mask_after, sizeof(long))) puts("the thread's mask changed");
  look_at_threads();
  printf("threads %d descriptors %d\n", count_entries("/proc/self/task"), count_entries("/proc/self/fd") - descriptors);

  /* The lazy writer meets the limit of a file's size on its own thread: the process lives, and the flush says why. */
  struct rlimit limit = {16 * PAGE, RLIM_INFINITY};
  setrlimit(RLIMIT_FSIZE, &limit);
  if (!copy_write(file, &offset, sizeof bytes, TRUE, bytes)) puts(last_error());
  sleep(count > 3 ? 7 : 0);
  limit.rlim_cur = RLIM_INFINITY;
  setrlimit(RLIMIT_FSIZE, &limit);

  if (close_file(file) != STATUS_SUCCESS && close_file(file) != STATUS_SUCCESS) puts(last_error());
  dlclose(library);
  if (!dlopen(arguments[1], RTLD_NOW | RTLD_NOLOAD)) puts("the library is gone");
  puts("done");
  return 0;
}
