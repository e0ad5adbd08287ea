/*
 * filesystem IMAGE KNOWN SEED CALLS THREADS [LOSE]: mounts the image, looks whether it is what may be left after the
 * process before was killed, and calls the file system at random. Prints "ready", and then a line now and then, so
 * that whoever kills it can choose a moment; and "done". With LOSE the power goes at that call of the disk
 * (lossydisk.c).
 */
#include "play.h"

#ifdef LOSES_POWER
#include "lossydisk.h"
#endif

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8, SHARED = SLOTS - 1, SHARED_BYTES = 80 * 1024, LINE_EVERY = 8 };

static PVCB volume;
static oracle *known;
static int threads;
static long calls;
static unsigned long long seed;
static long played;

static void stop(const char *what, NTSTATUS status, const char *why) {
  const char *error = ConcordLastError();
  printf("%s: %08x %s (%s)\n", what, (unsigned)status, why ? why : "", error ? error : "-");
  fflush(stdout);
  _Exit(1);
}

static player new_player(int number, unsigned long long random) {
  return (player){.volume = volume, .known = known, .slot = &known->slots[number], .number = number, .random = random};
}

static void say(const char *word) {
  printf("%s\n", word);
  fflush(stdout);
}

void flushed(player *p) {
#ifdef LOSES_POWER
  if (roll(p, 6) == 0) lossy_disk_lose();
#else
  (void)p;
#endif
}

/* ---- Before ---- */

static void check(const char *image) {
  char why[200] = "";
  NTSTATUS status = CfsCheckVolume(image, why, sizeof why);
  if (!NT_SUCCESS(status)) stop("the volume is not sound", status, why);
}

static void adopt_file(int number) {
  static uint8_t around[FILE_BYTES];
  IO_STATUS_BLOCK status;
  player p = new_player(number, 1);
  PFILE_OBJECT file = player_open(&p, AROUND, FILE_OPEN);
  int64_t size = -1;
  if (file) {
    NTSTATUS read = CfsRead(file, 0, FILE_BYTES, around, &status);
    if (!NT_SUCCESS(read) && read != STATUS_END_OF_FILE) fail(&p, "read", read);
    CFS_SIZES sizes;
    CfsQuerySizes(file, &sizes);
    size = sizes.FileSize;
    if (size != (int64_t)status.Information) fail(&p, "size", (NTSTATUS)size);
  }

  const char *wrong = adopt(p.slot, size, around);
  if (wrong) stop("after the kill", number, wrong);
  if (file) player_read_all(&p);
  player_close(&p);
}

static uint32_t part_of(int thread) { return (uint32_t)thread * (SHARED_BYTES / (uint32_t)threads); }

/* The file that all threads share is there before they begin. */
static void make_shared(void) {
  player p = new_player(SHARED, 1);
  if (p.slot->size != SHARED_BYTES || !p.slot->exists) call_write(&p, CACHED, 0, SHARED_BYTES);
  if (p.slot->size != SHARED_BYTES) stop("the shared file has no room", 0, NULL);
  call_flush(&p);
  player_close(&p);
}

static void begin(const char *image, const char *file) {
  known = oracle_open(file);
  if (!known) stop("no file for what is known", 0, file);
  if (!known->is_formatted) {
    NTSTATUS status = CfsFormatVolume(image, (ULONGLONG)(640 + seed % 3 * 512) * 4096);
    if (!NT_SUCCESS(status)) stop("format", status, image);
    for (int i = 0; i < SLOTS; i++) known->slots[i].may_be_absent = 1;
    known->is_formatted = 1;
  }

  check(image);
  NTSTATUS status = CfsMountVolume(image, &volume);
  if (!NT_SUCCESS(status)) stop("mount", status, image);
  for (int i = 0; i < SLOTS; i++) adopt_file(i);
  if (threads > 1) make_shared();
}

/* ---- The calls ---- */

/* Makes a file longer and closes it: that is in the log, and nobody has flushed the log. */
static void append(player *p) {
  uint32_t bytes = 1 + roll(p, 9000), rest = FILE_BYTES - p->slot->size;
  player_close(p);
  call_write(p, CACHED, p->slot->size, bytes < rest ? bytes : rest);
  player_close(p);
}

static void flush_volume(player *own, int count, int closes) {
  for (int i = 0; closes && i < count; i++) player_close(&own[i]);
  for (int i = 0; closes && i < count; i++) append(&own[i]);
#ifdef LOSES_POWER
  if (roll(own, 4) == 0) lossy_disk_hurry(1 + roll(own, 24));
#endif
  NTSTATUS status = CfsFlushVolume(volume);
  if (!NT_SUCCESS(status)) stop("flush of the volume", status, NULL);
  for (int i = 0; i < count; i++) settle(own[i].slot);
}

static void *run(void *argument) {
  int thread = (int)(intptr_t)argument, count = SHARED / threads < 4 ? SHARED / threads : 4;
  player own[4], common = new_player(SHARED, seed * 31 + (unsigned)thread + 99);
  for (int i = 0; i < count; i++) own[i] = new_player(thread * count + i, seed * 97 + (unsigned)(thread * 8 + i));
  for (long i = 0; i < calls; i++) {
    unsigned choice = roll(&common, 64);
    if (choice < 3) flush_volume(own, count, choice > 0);
    else if (threads > 1 && choice < 16) play_part(&common, part_of(thread), SHARED_BYTES / (uint32_t)threads);
    else play(&own[choice % (unsigned)count]);
    if (__atomic_add_fetch(&played, 1, __ATOMIC_RELAXED) % LINE_EVERY == 0) say("+");
  }

  for (int i = 0; i < count; i++) {
    player_read_all(&own[i]);
    player_close(&own[i]);
  }

  player_close(&common);
  return NULL;
}

/* ---- The end ---- */

static void end(const char *image) {
  NTSTATUS status = CfsDismountVolume(volume);
  if (!NT_SUCCESS(status)) stop("dismount", status, NULL);
  for (int i = 0; i < SLOTS; i++) settle(&known->slots[i]);
  check(image);
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  seed = strtoull(argv[3], NULL, 10);
  calls = strtol(argv[4], NULL, 10);
  threads = atoi(argv[5]);
  if (threads < 1 || threads > THREADS) return 2;
  if (!NT_SUCCESS(ConcordSetCapacity((seed & 1 ? 1ULL : 16ULL) << 20))) stop("capacity", ConcordLastStatus(), NULL);
  begin(argv[1], argv[2]);
#ifdef LOSES_POWER
  if (argc > 6) {
    lossy_disk_arm(strtol(argv[6], NULL, 10), seed);
    lossy_disk_watch(volume->Super.BitmapBlock * 4096LL, volume->Super.DataBlock * 4096LL);
  }
#endif
  say("ready");
  pthread_t workers[THREADS];
  for (int i = 0; i < threads; i++) {
    if (pthread_create(&workers[i], NULL, run, (void *)(intptr_t)i) != 0) stop("thread", i, NULL);
  }

  for (int i = 0; i < threads; i++) pthread_join(workers[i], NULL);
  end(argv[1]);
  say("done");
  return 0;
}
