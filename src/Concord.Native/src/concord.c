/*
 * The routines as C has them: each passes the gate and goes on to Concord.Nt. They are listed in routines.h; see
 * include/concord.h for what callers are told.
 */
#define _GNU_SOURCE
#include "ntifs.h"

#include "gate.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

/* ---- The routines as .NET has them: one pointer each, found once ---- */

#define ROUTINE(Result, Name, Parameters, Arguments, Otherwise) static Result(*concord_##Name) Parameters;
#define VOID_ROUTINE(Name, Parameters, Arguments) static void(*concord_##Name) Parameters;
#define STATUS_BLOCK_ROUTINE(Name, Parameters, Arguments) static void(*concord_##Name) Parameters;
#include "routines.h"
#undef ROUTINE
#undef VOID_ROUTINE
#undef STATUS_BLOCK_ROUTINE

static const char *(*concord_LastError)(void);
static NTSTATUS (*concord_LastStatus)(void);

static const struct {
  const char *name;
  void *pointer; /* where the pointer to the routine goes */
} concord_entries[] = {
#define ROUTINE(Result, Name, Parameters, Arguments, Otherwise) {#Name, &concord_##Name},
#define VOID_ROUTINE(Name, Parameters, Arguments) {#Name, &concord_##Name},
#define STATUS_BLOCK_ROUTINE(Name, Parameters, Arguments) {#Name, &concord_##Name},
#include "routines.h"
#undef ROUTINE
#undef VOID_ROUTINE
#undef STATUS_BLOCK_ROUTINE
    {"ConcordLastError", &concord_LastError},
    {"ConcordLastStatus", &concord_LastStatus},
};

/* ---- Starting ---- */

static const char in_child[] =
    "this process is a fork of the one that started Concord: only that one may call, and a child that starts another program";

static const char at_end[] = "the process ends, and what was dirty has been written back: it is too late for a call";

static char start_error[1024];

/* What a .NET program of this process gave, or NULL. */
static CONCORD_FIND provided;

/* Whether the library writes back what is dirty at the end of the process; a .NET program does that itself. */
static int is_written_back;

static void write_back(void) {
  if (!concord_gate_is_open()) return;
  concord_source_exit();
  concord_gate_watch();
}

/*
 * Functions of atexit that the program registered before the library's first call run after write_back, and so do its
 * destructors. This runs after those of whatever is linked with the library: what they wrote is written back, and who calls
 * later is refused.
 */
__attribute__((destructor)) static void write_back_last(void) {
  if (concord_gate_was_passed()) concord_source_exit();
  if (is_written_back) concord_gate_end();
}

static void *find(const char *name) {
  if (!provided) return concord_source_find(name, start_error, sizeof start_error);
  void *routine = provided(name);
  if (!routine) {
    strcpy(start_error, "the .NET program of this process has a Concord of another version, without the routine ");
    strncat(start_error, name, sizeof start_error - strlen(start_error) - 1);
  }

  return routine;
}

static int start(void) {
  if (!provided && !concord_source_start(start_error, sizeof start_error)) return 0;
  for (size_t i = 0; i < sizeof concord_entries / sizeof *concord_entries; i++) {
    void *routine = find(concord_entries[i].name);
    if (!routine) return 0;
    memcpy(concord_entries[i].pointer, &routine, sizeof routine);
  }

  /* A .NET program writes back at its own end, and says itself what is checked. */
  if (provided) return 1;
  is_written_back = 1;
  atexit(write_back);
  const char *checks = getenv("CONCORD_CHECKS");
  if (checks && *checks && strcmp(checks, "0") != 0) concord_ConcordSetChecks(TRUE);
  return 1;
}

NTSTATUS ConcordProvide(CONCORD_FIND Find) {
  if (!Find) return STATUS_ACCESS_VIOLATION;
  if (concord_gate_is_begun()) return provided == Find ? STATUS_SUCCESS : STATUS_RESOURCE_IN_USE;
  provided = Find;
  return ConcordStart();
}

/* What a call that cannot pass the gate is answered. */
CONCORD_SELDOM static NTSTATUS refusal(void) {
  switch (concord_gate_enter(start)) {
    case CONCORD_GATE_IN_CHILD: return STATUS_NOT_SUPPORTED;
    case CONCORD_GATE_ENDED: return STATUS_FILE_CLOSED;
    default: return STATUS_DLL_INIT_FAILED;
  }
}

/* The first call, and every one in a child. */
CONCORD_SELDOM static int may_call_now(void) { return concord_gate_enter(start) == CONCORD_GATE_OPEN; }

static inline int may_call(void) { return concord_gate_is_open() || may_call_now(); }

NTSTATUS ConcordStart(void) { return may_call() ? STATUS_SUCCESS : refusal(); }

NTSTATUS ConcordLastStatus(void) { return may_call() ? concord_LastStatus() : refusal(); }

const char *ConcordLastError(void) {
  if (may_call()) return concord_LastError();
  switch (concord_gate_enter(start)) {
    case CONCORD_GATE_IN_CHILD: return in_child;
    case CONCORD_GATE_ENDED: return at_end;
    default: return start_error;
  }
}

/* ---- The routines as C has them ---- */

static const LARGE_INTEGER no_offset = {.QuadPart = 0};

CONCORD_SELDOM static void refuse(PIO_STATUS_BLOCK IoStatus) {
  if (!IoStatus) return;
  IoStatus->Status = refusal();
  IoStatus->Information = 0;
}

CONCORD_SELDOM static void refuse_mdls(PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus) {
  if (MdlChain) *MdlChain = NULL;
  refuse(IoStatus);
}

/* ThreadSanitizer's, in a program that has it: it cannot see what a lock of the library orders, and is told. */
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

static BOOLEAN locked(PERESOURCE Resource, BOOLEAN IsMine) {
  if (IsMine && __tsan_acquire) __tsan_acquire(Resource);
  return IsMine;
}

static void unlocking(PERESOURCE Resource) {
  if (__tsan_release) __tsan_release(Resource);
}

/* An address that one thread gave back may be another one's memory next: what each did there is in this order. */
static char memory;

static NTSTATUS given(NTSTATUS status) {
  if (__tsan_acquire) __tsan_acquire(&memory);
  return status;
}

static void taking(void) {
  if (__tsan_release) __tsan_release(&memory);
}

#undef LOCK_ROUTINE
#undef UNLOCK_ROUTINE
#undef GIVING_ROUTINE
#undef TAKING_ROUTINE
#define LOCK_ROUTINE(Name, Parameters, Arguments) \
  BOOLEAN Name Parameters { return locked(Resource, (BOOLEAN)(may_call() && concord_##Name Arguments)); }
#define UNLOCK_ROUTINE(Name, Parameters, Arguments) \
  void Name Parameters { \
    unlocking(Resource); \
    if (may_call()) concord_##Name Arguments; \
  }
#define GIVING_ROUTINE(Name, Parameters, Arguments) \
  NTSTATUS Name Parameters { return given(may_call() ? concord_##Name Arguments : refusal()); }
#define TAKING_ROUTINE(Name, Parameters, Arguments) \
  NTSTATUS Name Parameters { \
    taking(); \
    return may_call() ? concord_##Name Arguments : refusal(); \
  }
#undef MDL_ROUTINE
#define MDL_ROUTINE(Name, Parameters, Arguments) \
  void Name Parameters { \
    if (may_call()) concord_##Name Arguments; \
    else refuse_mdls(MdlChain, IoStatus); \
  }
#define REFUSAL refusal()
#define TELLING(Result) (refuse(IoStatus), Result)
#define TELLING_OF_MDLS(Result) (refuse_mdls(MdlChain, IoStatus), Result)
#define ROUTINE(Result, Name, Parameters, Arguments, Otherwise) \
  Result Name Parameters { return may_call() ? concord_##Name Arguments : Otherwise; }
#define VOID_ROUTINE(Name, Parameters, Arguments) \
  void Name Parameters { \
    if (may_call()) concord_##Name Arguments; \
  }
#define STATUS_BLOCK_ROUTINE(Name, Parameters, Arguments) \
  void Name Parameters { \
    if (may_call()) concord_##Name Arguments; \
    else refuse(IoStatus); \
  }
#include "routines.h"
