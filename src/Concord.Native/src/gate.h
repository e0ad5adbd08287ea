/*
 * The gate before every routine: it opens once, in the process that starts Concord, and is shut in every child that the
 * process forks. What a child did with the memory that it inherited would be done to its parent.
 */
#ifndef CONCORD_GATE_H
#define CONCORD_GATE_H

#include <stddef.h>

#if defined(__GNUC__)
#define CONCORD_HIDDEN __attribute__((visibility("hidden")))
#define CONCORD_SELDOM __attribute__((cold, noinline))
#else
#define CONCORD_HIDDEN
#define CONCORD_SELDOM
#endif

/* Points to a word that is not 0 while the gate is open. */
CONCORD_HIDDEN extern const int *concord_gate;

/* Whether this process may call. One or two loads, after which everything that the start wrote can be seen. */
static inline int concord_gate_is_open(void) {
  const int *word = __atomic_load_n(&concord_gate, __ATOMIC_ACQUIRE);
  return __builtin_expect(__atomic_load_n(word, __ATOMIC_ACQUIRE), 1);
}

typedef enum { CONCORD_GATE_SHUT, CONCORD_GATE_IN_CHILD, CONCORD_GATE_OPEN, CONCORD_GATE_ENDED } concord_gate_state;

/*
 * Has start run, once, by the thread that comes first, while the others wait; the gate opens if it returns 1. Never runs
 * it in a child of a process that has begun to.
 */
CONCORD_HIDDEN CONCORD_SELDOM concord_gate_state concord_gate_enter(int (*start)(void));

/* From now on who passes the gate is noticed. For the end of the process: passing takes longer then. */
CONCORD_HIDDEN void concord_gate_watch(void);

/* Whether anybody has passed since. Never in a child. */
CONCORD_HIDDEN int concord_gate_was_passed(void);

/* Nobody passes any more. */
CONCORD_HIDDEN void concord_gate_end(void);

/* Whether this process, and not one that forked it, has begun to start. */
CONCORD_HIDDEN int concord_gate_is_begun(void);

#endif
