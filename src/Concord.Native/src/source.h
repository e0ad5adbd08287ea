/* Where the routines come from: Concord.Nt, compiled into this library, or as a .NET program of this process has it. */
#ifndef CONCORD_SOURCE_H
#define CONCORD_SOURCE_H

#include <stddef.h>

/* Starts .NET, once, by one thread. 0 when it cannot be; error then says why. */
int concord_source_start(char *error, size_t error_bytes);

/* A routine by its name; NULL when it cannot be had, and error says why. Called after the start, by the same thread. */
void *concord_source_find(const char *name, char *error, size_t error_bytes);

/* Writes back what is dirty when the process ends. Called in the process that has started, and in no child of it. */
void concord_source_exit(void);

#endif
