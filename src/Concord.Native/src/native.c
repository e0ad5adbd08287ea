/*
 * The routines as they are compiled into this library, and what keeps the library from changing the program that it is
 * loaded into: the program's signals are its own, none reaches a thread of the library, and what .NET sets for the whole
 * process when it starts is set back.
 */
#define _GNU_SOURCE
#include "ntifs.h"

#include "gate.h"
#include "source.h"
#include "threads.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define ROUTINE(Result, Name, Parameters, Arguments, Otherwise) CONCORD_HIDDEN extern Result concord_nt_##Name Parameters;
#define VOID_ROUTINE(Name, Parameters, Arguments) CONCORD_HIDDEN extern void concord_nt_##Name Parameters;
#define STATUS_BLOCK_ROUTINE(Name, Parameters, Arguments) CONCORD_HIDDEN extern void concord_nt_##Name Parameters;
#include "routines.h"
#undef ROUTINE
#undef VOID_ROUTINE
#undef STATUS_BLOCK_ROUTINE

CONCORD_HIDDEN extern const char *concord_nt_ConcordLastError(void);
CONCORD_HIDDEN extern NTSTATUS concord_nt_ConcordLastStatus(void);
CONCORD_HIDDEN extern void concord_nt_ConcordExit(void);

typedef void (*routine)(void);

static const struct {
  const char *name;
  routine address;
} routines[] = {
#define ROUTINE(Result, Name, Parameters, Arguments, Otherwise) {#Name, (routine)concord_nt_##Name},
#define VOID_ROUTINE(Name, Parameters, Arguments) {#Name, (routine)concord_nt_##Name},
#define STATUS_BLOCK_ROUTINE(Name, Parameters, Arguments) {#Name, (routine)concord_nt_##Name},
#include "routines.h"
#undef ROUTINE
#undef VOID_ROUTINE
#undef STATUS_BLOCK_ROUTINE
    {"ConcordLastError", (routine)concord_nt_ConcordLastError},
    {"ConcordLastStatus", (routine)concord_nt_ConcordLastStatus},
};

/* All signals but those that a thread raises itself by what it executes, and the one by which .NET stops its threads. */
static void block_signals(sigset_t *before) {
  static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
  sigset_t blocked;
  sigfillset(&blocked);
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) sigdelset(&blocked, own[i]);
  sigdelset(&blocked, SIGRTMIN);
  pthread_sigmask(SIG_SETMASK, &blocked, before);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);

/*
 * A thread's stack also has the program's thread-local variables, for which .NET leaves no room in the small stacks of its
 * own threads: the C library refuses them then, and they get larger ones.
 */
static int create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
  const size_t most = (size_t)256 << 20;
  int error = __real_pthread_create(thread, attributes, run, argument);
  size_t stack;
  int state;
  pthread_attr_t larger;
  if (error != EINVAL || !attributes || pthread_attr_getstacksize(attributes, &stack) != 0) return error;
  if (pthread_attr_getdetachstate(attributes, &state) != 0 || pthread_attr_init(&larger) != 0) return error;
  pthread_attr_setdetachstate(&larger, state);
  while (error == EINVAL && (stack *= 2) <= most && pthread_attr_setstacksize(&larger, stack) == 0) {
    error = __real_pthread_create(thread, &larger, run, argument);
  }

  pthread_attr_destroy(&larger);
  return error;
}

/*
 * Every thread that the library makes comes by here (the linker's --wrap): a signal to the process goes to a thread of
 * the program, and a write of the library beyond the limit of a file's size is an error and no SIGXFSZ.
 */
CONCORD_HIDDEN int __wrap_pthread_create(
    pthread_t *thread,
    const pthread_attr_t *attributes,
    void *(*run)(void *),
    void *argument) {
  sigset_t before;
  block_signals(&before);
  int error = concord_create_own(create, thread, attributes, run, argument);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

/* .NET ends a process in which it cannot have its address space: this one is told instead. */
static int has_room(char *error, size_t error_bytes) {
  const size_t least = (size_t)256 << 20;
  void *room = mmap(NULL, least, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room != MAP_FAILED) return munmap(room, least) == 0;
  snprintf(error, error_bytes, "Concord needs 256 MiB of address space to start: see ulimit -v");
  return 0;
}

/* .NET ignores SIGPIPE from its start on, for the whole process and whatever that executes. */
int concord_source_start(char *error, size_t error_bytes) {
  if (!has_room(error, error_bytes)) return 0;
  struct sigaction pipe_before;
  int is_known = sigaction(SIGPIPE, NULL, &pipe_before) == 0;
  (void)concord_nt_KeGetCurrentIrql();
  if (is_known) sigaction(SIGPIPE, &pipe_before, NULL);
  concord_stand_in(create);
  return 1;
}

void *concord_source_find(const char *name, char *error, size_t error_bytes) {
  void *found = NULL;
  for (size_t i = 0; i < sizeof routines / sizeof *routines; i++) {
    if (strcmp(routines[i].name, name) == 0) memcpy(&found, &routines[i].address, sizeof found);
  }

  if (!found) snprintf(error, error_bytes, "this library has no routine %s", name);
  return found;
}

void concord_source_exit(void) { concord_nt_ConcordExit(); }
