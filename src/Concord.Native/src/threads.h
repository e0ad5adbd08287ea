/*
 * The library's own threads, and the end of a process that has no others left. A process ends when its last thread does;
 * the library's never end, so that a program whose main thread leaves by pthread_exit would never end either, and no
 * thread of it would be there for its signals.
 */
#ifndef CONCORD_THREADS_H
#define CONCORD_THREADS_H

#include "gate.h"

#include <pthread.h>

typedef int (*concord_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

/* Makes a thread of the library's own, by a function such as pthread_create. */
CONCORD_HIDDEN int concord_create_own(
    concord_create create,
    pthread_t *thread,
    const pthread_attr_t *attributes,
    void *(*run)(void *),
    void *argument);

/*
 * From now on the process has threads of the library. When its main thread has left, one more thread waits until only
 * those are left, and exits then; it takes the signals that the main thread took. Made by a function such as pthread_create.
 */
CONCORD_HIDDEN void concord_stand_in(concord_create create);

#endif
