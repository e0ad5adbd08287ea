/* See oracle.h. */
#include "oracle.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

oracle *oracle_open(const char *path) {
  int file = open(path, O_RDWR | O_CREAT, 0666);
  if (file < 0 || ftruncate(file, sizeof(oracle)) != 0) return NULL;
  oracle *o = mmap(NULL, sizeof *o, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return o == MAP_FAILED ? NULL : o;
}

uint8_t oracle_value(uint64_t operation, uint32_t at) {
  uint64_t mixed = (operation * 0x9e3779b97f4a7c15ULL) ^ ((uint64_t)(at >> 6) * 0xbf58476d1ce4e5b9ULL);
  mixed ^= mixed >> 29;
  mixed *= 0x94d049bb133111ebULL;
  return (uint8_t)(1 + (mixed >> 32) % (VALUES - 1));
}

static void may_have_size(slot *s, uint32_t size) {
  for (uint32_t i = 0; i < s->size_count; i++) {
    if (s->sizes[i] == size) return;
  }

  s->sizes[s->size_count] = size;
  s->size_count++;
}

void begin_create(slot *s) {
  s->size = s->size_count = 0;
  may_have_size(s, 0);
  s->may_be_absent = 1;
  s->may_exist = 1;
}

void end_create(slot *s) { s->exists = 1; }

void begin_delete(slot *s) { s->may_be_absent = 1; }

void end_delete(slot *s) {
  s->may_be_absent = 1;
  s->exists = s->may_exist = 0;
  s->size = 0;
}

/* Bytes that come into being as zeros, or at once with another value. */
static void grow(slot *s, uint32_t size, uint32_t at, uint32_t bytes, uint64_t operation) {
  for (uint32_t i = s->size; i < size; i++) {
    int is_written = i >= at && i - at < bytes;
    s->may[i] = 1ULL << (is_written ? oracle_value(operation, i) : 0);
  }

  may_have_size(s, size);
}

void begin_write(slot *s, uint32_t at, uint32_t bytes, uint64_t operation) {
  for (uint32_t i = at; i < at + bytes && i < s->size; i++) s->may[i] |= 1ULL << oracle_value(operation, i);
  if (at + bytes > s->size) grow(s, at + bytes, at, bytes, operation);
}

void end_write(slot *s, uint32_t at, uint32_t bytes, uint64_t operation) {
  for (uint32_t i = s->size; i < at; i++) s->now[i] = 0;
  for (uint32_t i = at; i < at + bytes; i++) s->now[i] = oracle_value(operation, i);
  if (at + bytes > s->size) s->size = at + bytes;
}

void begin_resize(slot *s, uint32_t size) {
  if (size > s->size) grow(s, size, 0, 0, 0);
  else may_have_size(s, size);
}

/* A cut is durable: no file that is longer comes back. */
void end_resize(slot *s, uint32_t size) {
  for (uint32_t i = s->size; i < size; i++) s->now[i] = 0;
  for (uint32_t i = 0; i < s->size_count; i++) {
    if (s->sizes[i] > size) s->sizes[i] = size;
  }

  s->size = size;
}

void learn(slot *s, uint32_t at, uint32_t bytes, const uint8_t *content) {
  for (uint32_t i = at; i < at + bytes; i++) {
    s->now[i] = content[i - at];
    s->may[i] |= 1ULL << s->now[i] % VALUES;
  }
}

void settle_range(slot *s, uint32_t at, uint32_t bytes) {
  for (uint32_t i = at; i < at + bytes; i++) s->may[i] = 1ULL << s->now[i];
}

void settle(slot *s) {
  if (!s->exists) return;
  s->may_be_absent = 0;
  s->sizes[0] = s->size;
  s->size_count = 1;
  settle_range(s, 0, s->size);
}

const char *adopt(slot *s, int64_t size, const uint8_t *content) {
  static char why[200];
  if (size < 0) {
    if (!s->may_be_absent && s->may_exist) return "the file is gone";
    end_delete(s);
    return NULL;
  }

  if (!s->may_exist) return "a file is there that was deleted, or never made";
  uint32_t i = 0;
  while (i < s->size_count && s->sizes[i] != size) i++;
  if (i == s->size_count) {
    snprintf(why, sizeof why, "it has %lld bytes, and had %u last", (long long)size, s->size);
    return why;
  }

  for (uint32_t at = 0; at < size; at++) {
    if (content[at] < VALUES && s->may[at] >> content[at] & 1) continue;
    snprintf(why, sizeof why, "byte %u of %lld is %u, may be 0x%llx, and was %u last", at, (long long)size, content[at],
        (unsigned long long)s->may[at], s->now[at]);
    return why;
  }

  s->exists = 1;
  s->size = (uint32_t)size;
  memcpy(s->now, content, (size_t)size);
  settle(s);
  return NULL;
}
