/* See play.h: each call of the file system, and what the oracle is told of it. */
#include "play.h"

#include <string.h>

enum { SECTOR = 512 };

static uint64_t next_operation(player *p) { return __atomic_add_fetch(&p->known->operation, 1, __ATOMIC_RELAXED); }

/* A full disk is a right answer to a call that makes a file longer, and nothing has changed then. */
static int is_done(player *p, const char *what, NTSTATUS status, int may_be_full) {
  if (NT_SUCCESS(status)) return 1;
  if (!may_be_full || status != STATUS_DISK_FULL) fail(p, what, status);
  return 0;
}

static PFILE_OBJECT open_handle(player *p, int kind) { return player_open(p, kind, FILE_OPEN_IF); }

void call_write(player *p, int kind, uint32_t at, uint32_t bytes) {
  static __thread uint8_t buffer[FILE_BYTES];
  PFILE_OBJECT file = open_handle(p, kind);
  if (kind == AROUND) {
    at &= ~(SECTOR - 1u);
    bytes = (bytes + SECTOR - 1) & ~(SECTOR - 1u);
    if (at + bytes > FILE_BYTES) bytes = FILE_BYTES - at;
  }

  if (bytes == 0) return;
  uint64_t operation = next_operation(p);
  for (uint32_t i = 0; i < bytes; i++) buffer[i] = oracle_value(operation, at + i);
  begin_write(p->slot, at, bytes, operation);
  IO_STATUS_BLOCK status;
  int grows = at + bytes > p->slot->size;
  if (!is_done(p, "write", CfsWrite(file, at, bytes, buffer, &status), grows)) return;
  if (status.Information != bytes) fail(p, "write: Information", (NTSTATUS)status.Information);
  end_write(p->slot, at, bytes, operation);
  if (kind == THROUGH) settle(p->slot);
}

void call_write_in_place(player *p, uint32_t at, uint32_t bytes) {
  PFILE_OBJECT file = open_handle(p, CACHED);
  if (bytes == 0) return;
  uint64_t operation = next_operation(p);

  /* The file is longer when the write has been prepared, and the bytes come later: somebody may flush in between. */
  begin_write(p->slot, at, bytes, operation);
  for (uint32_t i = p->slot->size; i < at + bytes; i++) p->slot->may[i] |= 1;
  IO_STATUS_BLOCK status;
  PMDL chain;
  int grows = at + bytes > p->slot->size;
  if (!is_done(p, "MDL write", CfsPrepareMdlWrite(file, at, bytes, &chain, &status), grows)) return;
  uint32_t done = 0;
  for (PMDL mdl = chain; mdl; mdl = mdl->Next) {
    uint8_t *memory = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    for (uint32_t i = 0; i < MmGetMdlByteCount(mdl); i++, done++) memory[i] = oracle_value(operation, at + done);
  }

  if (done != bytes) fail(p, "MDL write: bytes", (NTSTATUS)done);
  is_done(p, "MDL write's end", CfsMdlWriteComplete(file, at, bytes, chain), 0);
  end_write(p->slot, at, bytes, operation);
}

static void compare(player *p, const char *what, uint32_t at, const uint8_t *bytes, uint32_t count) {
  if (memcmp(p->slot->now + at, bytes, count) == 0) return;
  uint32_t i = 0;
  while (bytes[i] == p->slot->now[at + i]) i++;
  printf("at %u of %u: %u, and should be %u\n", at + i, p->slot->size, bytes[i], p->slot->now[at + i]);
  fail(p, what, 0);
}

void call_read(player *p, int kind, uint32_t at, uint32_t bytes) {
  static __thread uint8_t buffer[FILE_BYTES + SECTOR];
  PFILE_OBJECT file = open_handle(p, kind);
  if (kind == AROUND) {
    at &= ~(SECTOR - 1u);
    bytes = (bytes + SECTOR - 1) & ~(SECTOR - 1u);
  }

  if (bytes == 0) return;
  IO_STATUS_BLOCK status;
  NTSTATUS ended = CfsRead(file, at, bytes, buffer, &status);
  uint32_t rest = at < p->slot->size ? p->slot->size - at : 0, expected = bytes < rest ? bytes : rest;
  if (ended != (expected ? STATUS_SUCCESS : STATUS_END_OF_FILE)) fail(p, "read", ended);
  if (status.Information != expected) fail(p, "read: Information", (NTSTATUS)status.Information);
  compare(p, kind == AROUND ? "read past the cache" : "read", at, buffer, expected);
}

void call_read_in_place(player *p, uint32_t at, uint32_t bytes) {
  PFILE_OBJECT file = open_handle(p, CACHED);
  if (bytes == 0 || at >= p->slot->size) return;
  IO_STATUS_BLOCK status;
  PMDL chain;
  is_done(p, "MDL read", CfsMdlRead(file, at, bytes, &chain, &status), 0);
  for (PMDL mdl = chain; mdl; mdl = mdl->Next) {
    compare(p, "MDL read", at, MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), MmGetMdlByteCount(mdl));
    at += MmGetMdlByteCount(mdl);
  }

  is_done(p, "MDL read's end", CfsMdlReadComplete(file, chain), 0);
}

void call_flush(player *p) {
  /* Nothing in the cache is dirty then, and the disk has something to make durable all the same. */
  if (p->slot->size > SECTOR && roll(p, 3) == 0) call_write(p, AROUND, roll(p, p->slot->size - SECTOR), 1);
  is_done(p, "flush", CfsFlushBuffers(open_handle(p, (int)roll(p, KINDS))), 0);
  settle(p->slot);
  flushed(p);
}

void call_resize(player *p, uint32_t size, int by_allocation) {
  PFILE_OBJECT file = open_handle(p, (int)roll(p, KINDS));
  int grows = size > p->slot->size;
  if (by_allocation && grows) {
    is_done(p, "set allocation", CfsSetAllocation(file, size * 2), 1);
    return;
  }

  begin_resize(p->slot, size);
  NTSTATUS status = by_allocation ? CfsSetAllocation(file, size) : CfsSetEndOfFile(file, size);
  if (is_done(p, "set end of file", status, grows)) end_resize(p->slot, size);
}

/* The bytes may be anything that the disk has there; from then on they are that. */
void call_set_valid(player *p) {
  static __thread uint8_t buffer[FILE_BYTES + SECTOR];
  PFILE_OBJECT file = open_handle(p, AROUND);
  CFS_SIZES sizes;
  CfsQuerySizes(file, &sizes);
  if (sizes.FileSize != p->slot->size || sizes.AllocationSize < sizes.FileSize) fail(p, "sizes", 0);
  if (sizes.ValidDataLength == sizes.FileSize) return;
  uint32_t valid = (uint32_t)sizes.ValidDataLength;
  uint32_t to = valid + 1 + roll(p, (uint32_t)sizes.FileSize - valid);
  for (uint32_t i = valid; i < to; i++) p->slot->may[i] = ~0ULL;
  is_done(p, "set valid data length", CfsSetValidDataLength(file, to), 0);
  IO_STATUS_BLOCK status;
  is_done(p, "read", CfsRead(file, 0, FILE_BYTES, buffer, &status), 0);
  learn(p->slot, valid, to - valid, buffer + valid);
}

void call_delete(player *p) {
  PFILE_OBJECT file = open_handle(p, (int)roll(p, KINDS));
  is_done(p, "set disposition", CfsSetDisposition(file, TRUE), 0);
  begin_delete(p->slot);
  player_close(p);
  end_delete(p->slot);
}

/* A page that somebody holds cannot be purged: what a write past the cache and a cut make of that. */
void call_with_locked_page(player *p) {
  if (p->slot->size == 0) return;
  static __thread uint8_t sector[SECTOR];
  PFILE_OBJECT cached = open_handle(p, CACHED), around = open_handle(p, AROUND);
  uint32_t at = roll(p, p->slot->size), from = at & ~(SECTOR - 1u);
  if (p->slot->size - from < SECTOR) return;
  IO_STATUS_BLOCK status;
  PMDL chain;
  is_done(p, "MDL read", CfsMdlRead(cached, at, 1, &chain, &status), 0);
  is_done(p, "purge failure mode", CfsSetPurgeFailureMode(around, TRUE), 0);
  NTSTATUS written = CfsWrite(around, from, SECTOR, sector, &status), cut = CfsSetEndOfFile(around, 0);
  if (written != STATUS_PURGE_FAILED) fail(p, "write in purge failure mode", written);
  if (cut != STATUS_PURGE_FAILED) fail(p, "cut in purge failure mode", cut);
  is_done(p, "purge failure mode's end", CfsSetPurgeFailureMode(around, FALSE), 0);
  cut = CfsSetEndOfFile(around, 0);
  if (cut != STATUS_USER_MAPPED_FILE) fail(p, "cut of a page that is held", cut);
  call_write(p, AROUND, from, SECTOR);
  call_read(p, AROUND, from, SECTOR);
  is_done(p, "MDL read's end", CfsMdlReadComplete(cached, chain), 0);
  call_read(p, CACHED, from, SECTOR);
}

/* Memory of the program's own: what a view wrote is the file's, whoever asks, and what others wrote is the view's. */
void call_view(player *p, uint32_t at, uint32_t bytes) {
  PFILE_OBJECT cached = open_handle(p, CACHED);
  if (at >= p->slot->size) return;
  if (bytes > p->slot->size - at) bytes = p->slot->size - at;
  uint8_t *view;
  NTSTATUS status = ConcordMapView(cached, NULL, 0, CONCORD_VIEW_WRITABLE, (PVOID *)&view);
  if (status == STATUS_NOT_SUPPORTED) return;
  is_done(p, "view", status, 0);
  if (roll(p, 2) == 0) compare(p, "view", 0, view, p->slot->size);
  uint64_t operation = next_operation(p);
  begin_write(p->slot, at, bytes, operation);
  for (uint32_t i = at; i < at + bytes; i++) view[i] = oracle_value(operation, i);
  end_write(p->slot, at, bytes, operation);
  if (roll(p, 2) == 0) call_read(p, (int)roll(p, 2), at, bytes);
  if (roll(p, 4) == 0) call_flush(p);
  if (p->slot->size > SECTOR) call_write(p, AROUND, roll(p, p->slot->size - SECTOR), 1);
  compare(p, "view after a write past the cache", 0, view, p->slot->size);
  status = CfsSetEndOfFile(cached, p->slot->size - 1);
  if (status != STATUS_USER_MAPPED_FILE) fail(p, "cut below a view", status);
  is_done(p, "view's end", ConcordUnmapView(view), 0);
}
