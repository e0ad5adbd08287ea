/*
 * What a call costs, against an empty function that another library exports from .NET, compiled ahead of time in the same
 * way. Takes that library and a file. Rivals take turns; prints a line for each: its name, nanoseconds, and the median of
 * the ratios to the empty function of the same turn. "way" is that function behind the library's own gate (gate.c is
 * compiled with this): what a routine that does nothing would cost.
 */
#define _GNU_SOURCE
#include <ntddk.h>
#include <ntifs.h>

#include "gate.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TURNS = 41, CALLS = 50000, RIVALS = 7 };

static int (*empty)(void);
static KEVENT event;
static ERESOURCE resource;
static PFILE_OBJECT file;
static unsigned long long sum; /* so that no call is spared */

static void call_empty(int calls) {
  while (calls--) sum += (unsigned)empty();
}

/* As concord.c has each routine. */
static __attribute__((noinline)) int call_through_gate(void) { return concord_gate_is_open() ? empty() : 0; }

static void call_way(int calls) {
  while (calls--) sum += (unsigned)call_through_gate();
}

static int is_started(void) { return 1; }

static void call_level(int calls) {
  while (calls--) sum += KeGetCurrentIrql();
}

static void call_status(int calls) {
  while (calls--) sum += (unsigned)ConcordLastStatus();
}

static void call_event(int calls) {
  while (calls--) sum += (unsigned)KeReadStateEvent(&event);
}

static void call_resource(int calls) {
  while (calls--) sum += ExIsResourceAcquiredExclusiveLite(&resource);
}

static void call_read(int calls) {
  LARGE_INTEGER start = {.QuadPart = 0};
  IO_STATUS_BLOCK status;
  char bytes[64];
  while (calls--) sum += CcCopyRead(file, &start, sizeof bytes, TRUE, bytes, &status);
}

static const struct {
  const char *name;
  void (*run)(int calls);
} rivals[RIVALS] = {
    {"empty", call_empty},
    {"way", call_way},
    {"KeGetCurrentIrql", call_level},
    {"ConcordLastStatus", call_status},
    {"KeReadStateEvent", call_event},
    {"ExIsResourceAcquiredExclusiveLite", call_resource},
    {"CcCopyRead", call_read},
};

static double nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int compare(const void *one, const void *other) {
  double a = *(const double *)one, b = *(const double *)other;
  return (a > b) - (a < b);
}

static double median(double *values) {
  qsort(values, TURNS, sizeof *values, compare);
  return values[TURNS / 2];
}

int main(int count, char **arguments) {
  static double times[RIVALS][TURNS], ratios[RIVALS][TURNS];
  if (count < 3) return 2;
  void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (library) *(void **)&empty = dlsym(library, "empty");
  CC_FILE_SIZES sizes = {.ValidDataLength.QuadPart = 4096, .FileSize.QuadPart = 4096, .AllocationSize.QuadPart = 4096};
  if (!empty || ConcordOpenFile(arguments[2], CONCORD_OPEN_CREATE, &file) != STATUS_SUCCESS) return 1;
  if (concord_gate_enter(is_started) != CONCORD_GATE_OPEN) return 1;
  CcInitializeCacheMap(file, &sizes, FALSE, NULL, NULL);
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  if (ExInitializeResourceLite(&resource) != STATUS_SUCCESS) return 1;
  for (int turn = -1; turn < TURNS; turn++) {
    for (int rival = 0; rival < RIVALS; rival++) {
      double begin = nanoseconds();
      rivals[rival].run(CALLS);
      if (turn >= 0) times[rival][turn] = (nanoseconds() - begin) / CALLS;
    }

    for (int rival = 0; turn >= 0 && rival < RIVALS; rival++) ratios[rival][turn] = times[rival][turn] / times[0][turn];
  }

  for (int rival = 0; rival < RIVALS; rival++) printf("%s %.1f %.2f\n", rivals[rival].name, median(times[rival]), median(ratios[rival]));
  return ConcordCloseFile(file) != STATUS_SUCCESS || sum == 1;
}
