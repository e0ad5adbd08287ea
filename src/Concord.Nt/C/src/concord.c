/*
 * The bridge from C to Concord: starts .NET on first use, finds the entry points of Concord.Nt by their names, and
 * passes every call on. See include/concord.h; the routines are listed in routines.h.
 *
 * Concord.Nt.dll, Concord.dll and Concord.Nt.runtimeconfig.json are looked for in the directory that the environment
 * variable CONCORD_HOME names, else in the one that the macro CONCORD_HOME named when this was compiled.
 */
#define _GNU_SOURCE
#include "concord.h"

#include "host.h"

#include <stdio.h>
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

static const struct {
  const char *name;
  void *pointer; /* where the pointer to the entry point goes */
} concord_entries[] = {
#define ROUTINE(Result, Name, Parameters, Arguments, Otherwise) {#Name, &concord_##Name},
#define VOID_ROUTINE(Name, Parameters, Arguments) {#Name, &concord_##Name},
#define STATUS_BLOCK_ROUTINE(Name, Parameters, Arguments) {#Name, &concord_##Name},
#include "routines.h"
#undef ROUTINE
#undef VOID_ROUTINE
#undef STATUS_BLOCK_ROUTINE
    {"ConcordLastError", &concord_LastError},
};

/* ---- Starting ---- */

static char start_error[1024];
static int is_started;

static const char *home(void) {
  const char *named = getenv("CONCORD_HOME");
#ifdef CONCORD_HOME
  if (!named || !*named) named = CONCORD_HOME;
#endif
  return named && *named ? named : NULL;
}

static void start(void) {
  const char *directory = home();
  if (!directory) {
    snprintf(start_error, sizeof start_error, "Concord cannot be found: set CONCORD_HOME to the directory of Concord.Nt.dll");
    return;
  }

  for (size_t i = 0; i < sizeof concord_entries / sizeof *concord_entries; i++) {
    void *entry = concord_host_find(directory, concord_entries[i].name, start_error, sizeof start_error);
    if (!entry) return;
    memcpy(concord_entries[i].pointer, &entry, sizeof entry);
  }

  is_started = 1;
}

static int ensure_started(void) {
  concord_host_once(start);
  return is_started;
}

NTSTATUS ConcordStart(void) { return ensure_started() ? STATUS_SUCCESS : STATUS_DLL_INIT_FAILED; }

const char *ConcordLastError(void) { return ensure_started() ? concord_LastError() : start_error; }

/* ---- The routines as C has them ---- */

static void refuse(PIO_STATUS_BLOCK IoStatus) {
  if (!IoStatus) return;
  IoStatus->Status = STATUS_DLL_INIT_FAILED;
  IoStatus->Information = 0;
}

#define ROUTINE(Result, Name, Parameters, Arguments, Otherwise) \
  Result Name Parameters { return ensure_started() ? concord_##Name Arguments : Otherwise; }
#define VOID_ROUTINE(Name, Parameters, Arguments) \
  void Name Parameters { \
    if (ensure_started()) concord_##Name Arguments; \
  }
#define STATUS_BLOCK_ROUTINE(Name, Parameters, Arguments) \
  void Name Parameters { \
    if (ensure_started()) concord_##Name Arguments; \
    else refuse(IoStatus); \
  }
#include "routines.h"
