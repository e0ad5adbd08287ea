/*
 * The file system's disk, in place of samples/CFileSystem/disk.c, as a loss of power leaves it: of the sectors that
 * were written since the last flush, some have the old bytes and some the new ones. It goes at a given call, and ends
 * the process.
 */
#include "lossydisk.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct _DISK {
  int file;
};

enum { SECTOR = 512, SECTORS = 32768 };

/* The lock owns everything below. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char *before[SECTORS]; /* what a sector had at the last flush, if it was written since */
static long calls_left; /* 0: the power never goes */
static int open_file;
static long long watch_from, watch_to;
static unsigned long long random_state;

static unsigned next_random(void) {
  random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(random_state >> 33);
}

void lossy_disk_arm(long calls, unsigned long long seed) {
  calls_left = calls;
  random_state = seed;
}

static void lose_power(void) {
  unsigned lost_of_four = next_random() % 5;
  for (long i = 0; i < SECTORS; i++) {
    if (!before[i] || next_random() % 4 >= lost_of_four) continue;
    if (pwrite(open_file, before[i], SECTOR, i * SECTOR) != SECTOR) abort();
  }

  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* Called with the lock. */
static void count(void) {
  if (calls_left > 0 && --calls_left == 0) lose_power();
}

void lossy_disk_watch(long long from, long long to) {
  watch_from = from;
  watch_to = to;
}

void lossy_disk_lose(void) {
  pthread_mutex_lock(&lock);
  if (calls_left > 0) lose_power();
  pthread_mutex_unlock(&lock);
}

void lossy_disk_hurry(long calls) {
  pthread_mutex_lock(&lock);
  if (calls < calls_left) calls_left = calls;
  pthread_mutex_unlock(&lock);
}

static void keep(int file, long sector) {
  if (before[sector]) return;
  before[sector] = calloc(1, SECTOR);
  if (!before[sector] || pread(file, before[sector], SECTOR, sector * SECTOR) < 0) abort();
}

NTSTATUS CfsDiskCreate(const char *Path, LONGLONG Bytes) {
  int file = open(Path, O_RDWR | O_CREAT | O_TRUNC, 0666);
  if (file < 0 || ftruncate(file, Bytes) != 0) return STATUS_IO_DEVICE_ERROR;
  close(file);
  return STATUS_SUCCESS;
}

NTSTATUS CfsDiskOpen(const char *Path, PDISK *Disk) {
  int file = open(Path, O_RDWR);
  if (file < 0) return STATUS_OBJECT_NAME_NOT_FOUND;
  *Disk = malloc(sizeof **Disk);
  (*Disk)->file = open_file = file;
  return STATUS_SUCCESS;
}

VOID CfsDiskClose(PDISK Disk) {
  close(Disk->file);
  free(Disk);
}

NTSTATUS CfsDiskRead(PDISK Disk, LONGLONG Offset, ULONG Length, PVOID Buffer) {
  return pread(Disk->file, Buffer, Length, Offset) == (ssize_t)Length ? STATUS_SUCCESS : STATUS_END_OF_FILE;
}

NTSTATUS CfsDiskWrite(PDISK Disk, LONGLONG Offset, ULONG Length, const VOID *Buffer) {
  pthread_mutex_lock(&lock);
  if (Length > 0) {
    for (LONGLONG i = Offset / SECTOR; i <= (Offset + Length - 1) / SECTOR; i++) keep(Disk->file, (long)i);
  }

  ssize_t written = pwrite(Disk->file, Buffer, Length, Offset);
  if (calls_left > 0 && Offset >= watch_from && Offset < watch_to && next_random() % 4 == 0) lose_power();
  count();
  pthread_mutex_unlock(&lock);
  return written == (ssize_t)Length ? STATUS_SUCCESS : STATUS_IO_DEVICE_ERROR;
}

NTSTATUS CfsDiskFlush(PDISK Disk) {
  UNREFERENCED_PARAMETER(Disk);
  pthread_mutex_lock(&lock);
  count();
  for (long i = 0; i < SECTORS; i++) {
    free(before[i]);
    before[i] = NULL;
  }

  pthread_mutex_unlock(&lock);
  return STATUS_SUCCESS;
}
