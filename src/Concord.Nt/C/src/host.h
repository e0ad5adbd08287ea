/* Starting .NET by its hosting library, hostfxr, which comes with every runtime. */
#ifndef CONCORD_HOST_H
#define CONCORD_HOST_H

#include <stddef.h>

/* Runs a function once, however many threads ask; all return when it has run. */
void concord_host_once(void (*function)(void));

/*
 * An entry point of Concord.Nt by its name, NULL if it cannot be had; error then says why. Starts .NET the first time.
 * Called by one thread at a time.
 */
void *concord_host_find(const char *directory, const char *name, char *error, size_t error_bytes);

#endif
