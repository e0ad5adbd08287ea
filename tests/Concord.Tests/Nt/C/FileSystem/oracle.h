/*
 * What a file system may have after it was killed: for each file, and for each byte of it, the value that a flush has
 * made durable, and what was written since. It lies in a file that is mapped, so that it outlives the process.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include <stdint.h>

enum { SLOTS = 24, FILE_BYTES = 96 * 1024, SIZES = 64, VALUES = 64 };

typedef struct {
  int exists, may_be_absent, may_exist;
  uint32_t size, size_count;
  uint32_t sizes[SIZES];
  uint8_t now[FILE_BYTES];
  uint64_t may[FILE_BYTES]; /* for each value below VALUES: whether the byte may have it */
} slot;

typedef struct {
  uint64_t is_formatted;
  uint64_t operation; /* counts over all processes, so that no two write the same */
  slot slots[SLOTS];
} oracle;

oracle *oracle_open(const char *path);

/* What a write of that number puts at a place: never 0. */
uint8_t oracle_value(uint64_t operation, uint32_t at);

/* Begin: it may happen from now on. End: it has happened. */
void begin_create(slot *s);
void end_create(slot *s);
void begin_delete(slot *s);
void end_delete(slot *s);
void begin_write(slot *s, uint32_t at, uint32_t bytes, uint64_t operation);
void end_write(slot *s, uint32_t at, uint32_t bytes, uint64_t operation);
void begin_resize(slot *s, uint32_t size);
void end_resize(slot *s, uint32_t size);

/* Bytes whose content nobody knew turn out to be these, and may be zeros after a kill. */
void learn(slot *s, uint32_t at, uint32_t bytes, const uint8_t *content);

/* A flush has ended: what there is now is what there will be. */
void settle(slot *s);
void settle_range(slot *s, uint32_t at, uint32_t bytes);

/*
 * After a kill: NULL, or what is wrong with what there is. A file that is not there has size -1. What is right is
 * taken over.
 */
const char *adopt(slot *s, int64_t size, const uint8_t *content);

#endif
