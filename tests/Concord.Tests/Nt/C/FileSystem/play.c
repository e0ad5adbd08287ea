/* See play.h. */
#include "play.h"

#include <stdlib.h>
#include <string.h>

unsigned roll(player *p, unsigned below) {
  p->random = p->random * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(p->random >> 33) % below;
}

void fail(const player *p, const char *what, NTSTATUS status) {
  const char *why = ConcordLastError();
  printf("file %d: %s: %08x (%s)\n", p->number, what, (unsigned)status, why ? why : "-");
  fflush(stdout);
  _Exit(1);
}

PFILE_OBJECT player_open(player *p, int kind, ULONG disposition) {
  static const ULONG options[KINDS] = {0, FILE_NO_INTERMEDIATE_BUFFERING, FILE_WRITE_THROUGH};
  if (p->handles[kind]) return p->handles[kind];
  WCHAR name[] = u"file 00";
  UNICODE_STRING text;
  name[5] += (WCHAR)(p->number / 10);
  name[6] += (WCHAR)(p->number % 10);
  RtlInitUnicodeString(&text, name);
  if (disposition != FILE_OPEN && !p->slot->exists) begin_create(p->slot);
  NTSTATUS status = CfsCreate(p->volume, &text, disposition, options[kind], &p->handles[kind]);
  if (status == STATUS_OBJECT_NAME_NOT_FOUND && disposition == FILE_OPEN) return NULL;
  if (!NT_SUCCESS(status)) fail(p, "create", status);
  if (disposition != FILE_OPEN && !p->slot->exists) end_create(p->slot);
  return p->handles[kind];
}

static void close_handle(player *p, int kind) {
  PFILE_OBJECT file = p->handles[kind];
  if (!file) return;
  p->handles[kind] = NULL;
  NTSTATUS status = CfsCleanup(file);
  if (!NT_SUCCESS(status)) fail(p, "cleanup", status);
  status = CfsClose(file);
  if (!NT_SUCCESS(status)) fail(p, "close", status);
}

void player_close(player *p) {
  for (int kind = 0; kind < KINDS; kind++) close_handle(p, kind);
}

void player_read_all(player *p) {
  if (!p->slot->exists) return;
  call_read(p, CACHED, 0, FILE_BYTES);
  call_read(p, AROUND, 0, FILE_BYTES);
}

void play(player *p) {
  uint32_t at = roll(p, roll(p, 4) ? p->slot->size + 1 : FILE_BYTES), bytes = roll(p, roll(p, 4) ? 3000 : 40000);
  if (at >= FILE_BYTES) at = FILE_BYTES - 1;
  if (bytes > FILE_BYTES - at) bytes = FILE_BYTES - at;
  if (p->slot->size_count > SIZES - 4) call_flush(p);
  switch (roll(p, 22)) {
    case 0: call_delete(p); break;
    case 1: call_resize(p, roll(p, FILE_BYTES), 0); break;
    case 2: call_resize(p, roll(p, p->slot->size + 1), roll(p, 2) == 0); break;
    case 3: call_resize(p, roll(p, FILE_BYTES), 1); break;
    case 4: call_set_valid(p); break;
    case 5:
    case 6: call_flush(p); break;
    case 7: close_handle(p, (int)roll(p, KINDS)); break;
    case 8: player_close(p); break;
    case 9: call_with_locked_page(p); break;
    case 10: call_write_in_place(p, at, bytes); break;
    case 11: call_read_in_place(p, at, bytes); break;
    case 12:
    case 13: call_write(p, AROUND, at, bytes); break;
    case 14: call_write(p, THROUGH, at, bytes); break;
    case 15: call_read(p, AROUND, at, bytes); break;
    case 16: call_read(p, CACHED, at, bytes); break;
    case 17:
    case 18: call_view(p, at, bytes); break;
    default: call_write(p, CACHED, at, bytes); break;
  }
}

void play_part(player *p, uint32_t first, uint32_t bytes) {
  uint32_t at = first + roll(p, bytes), count = 1 + roll(p, first + bytes - at);
  int kind = (int)roll(p, 2);
  if (kind == AROUND) {
    uint32_t end = (at + count) & ~511u;
    at = (at + 511) & ~511u;
    if (at >= end) return;
    count = end - at;
  }

  switch (roll(p, 8)) {
    case 0:
      if (!NT_SUCCESS(CfsFlushBuffers(player_open(p, CACHED, FILE_OPEN)))) fail(p, "flush", 0);
      settle_range(p->slot, first, bytes);
      break;
    case 1:
    case 2:
    case 3: call_read(p, kind, at, count); break;
    case 4:
      if (kind == CACHED) {
        call_read_in_place(p, at, count);
        break;
      }
    /* fall through */
    default: call_write(p, kind, at, count); break;
  }
}
