/* Calls of the file system on one file, each checked against what is known of it. */
#ifndef PLAY_H
#define PLAY_H

#include "cfs.h"
#include "oracle.h"

#include <stdio.h>

enum { CACHED, AROUND, THROUGH, KINDS };

typedef struct {
  PVCB volume;
  oracle *known;
  slot *slot;
  int number;
  PFILE_OBJECT handles[KINDS];
  unsigned long long random;
} player;

unsigned roll(player *p, unsigned below);

/* Ends the process, when something is not as it must be. */
void fail(const player *p, const char *what, NTSTATUS status);

/* Opens the file's handle of a kind; with a disposition of FILE_OPEN NULL if there is no file. */
PFILE_OBJECT player_open(player *p, int kind, ULONG disposition);
void player_close(player *p);
void player_read_all(player *p);

/* One call at random on a file of the player's own. */
void play(player *p);

/* One on a part of a file that others use too. */
void play_part(player *p, uint32_t first, uint32_t bytes);

/* A flush has said that all of its file is durable: a moment at which the power may go (main.c). */
void flushed(player *p);

/* calls.c */
void call_write(player *p, int kind, uint32_t at, uint32_t bytes);
void call_write_in_place(player *p, uint32_t at, uint32_t bytes);
void call_read(player *p, int kind, uint32_t at, uint32_t bytes);
void call_read_in_place(player *p, uint32_t at, uint32_t bytes);
void call_flush(player *p);
void call_resize(player *p, uint32_t size, int by_allocation);
void call_set_valid(player *p);
void call_delete(player *p);
void call_with_locked_page(player *p);
void call_view(player *p, uint32_t at, uint32_t bytes);

#endif
