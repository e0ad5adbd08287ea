/* See gate.h. */
#define _GNU_SOURCE
#include "gate.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

static const int shut = 0;
static const int open_without_page = 1;
const int *concord_gate = &shut;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int (*start_once)(void);

/* The process that has begun to start: its children inherit the number, and have another one themselves. */
static pid_t starter;

/* What the end of the process has come to. */
static enum { RUNNING, WATCHED, PASSED, ENDED } phase;

static void shut_in_child(void) { __atomic_store_n(&concord_gate, &shut, __ATOMIC_RELEASE); }

/*
 * The word lies in a page that the kernel hands on to children as zeros, whatever call made them. fork tells as well:
 * there is no such page before Linux 4.14 and on other systems, and emulators of a processor say that there is.
 */
static void open_gate(void) {
  pthread_atfork(NULL, NULL, shut_in_child);
#ifdef MADV_WIPEONFORK
  size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
  void *page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page != MAP_FAILED && madvise(page, page_bytes, MADV_WIPEONFORK) == 0) {
    *(int *)page = 1;
    __atomic_store_n(&concord_gate, (const int *)page, __ATOMIC_RELEASE);
    return;
  }

  if (page != MAP_FAILED) munmap(page, page_bytes);
#endif
  __atomic_store_n(&concord_gate, &open_without_page, __ATOMIC_RELEASE);
}

static void run_start(void) {
  __atomic_store_n(&starter, getpid(), __ATOMIC_RELEASE);
  if (start_once()) open_gate();
}

static int is_child(void) {
  pid_t begun = __atomic_load_n(&starter, __ATOMIC_ACQUIRE);
  return begun != 0 && begun != getpid();
}

int concord_gate_is_begun(void) { return __atomic_load_n(&starter, __ATOMIC_ACQUIRE) == getpid(); }

concord_gate_state concord_gate_enter(int (*start)(void)) {
  if (concord_gate_is_open()) return CONCORD_GATE_OPEN;
  if (is_child()) return CONCORD_GATE_IN_CHILD;
  switch (__atomic_load_n(&phase, __ATOMIC_ACQUIRE)) {
    case RUNNING: break;
    case ENDED: return CONCORD_GATE_ENDED;
    default: __atomic_store_n(&phase, PASSED, __ATOMIC_RELEASE); return CONCORD_GATE_OPEN;
  }

  __atomic_store_n(&start_once, start, __ATOMIC_RELEASE);
  pthread_once(&once, run_start);
  return concord_gate_is_open() ? CONCORD_GATE_OPEN : CONCORD_GATE_SHUT;
}

void concord_gate_watch(void) {
  __atomic_store_n(&phase, WATCHED, __ATOMIC_RELEASE);
  __atomic_store_n(&concord_gate, &shut, __ATOMIC_RELEASE);
}

int concord_gate_was_passed(void) { return !is_child() && __atomic_load_n(&phase, __ATOMIC_ACQUIRE) == PASSED; }

void concord_gate_end(void) {
  __atomic_store_n(&phase, ENDED, __ATOMIC_RELEASE);
  __atomic_store_n(&concord_gate, &shut, __ATOMIC_RELEASE);
}
