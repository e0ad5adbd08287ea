/*
 * Many threads make their first call at once, each of another routine: one of them starts .NET, and nobody is refused.
 * Then all count up one number in a file, under the file's lock. Takes the file and the rounds. Prints how many threads
 * could call and what the number is, or why they could not.
 */
#include <ntddk.h>
#include <ntifs.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 16 };

static pthread_barrier_t ready;
static const char *path;
static int rounds;
static int started;
static char reason[1024];
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void first_call(int number, PFILE_OBJECT *file) {
  IO_STATUS_BLOCK block;
  switch (number % 6) {
    case 0: ConcordStart(); break;
    case 1: (void)ConcordLastError(); break;
    case 2: CcFlushCache(NULL, NULL, 0, &block); break;
    case 3: KeGetCurrentIrql(); break;
    case 4: CcIsThereDirtyData(NULL); break;
    default: break;
  }

  NTSTATUS status = ConcordOpenFile(path, CONCORD_OPEN_CREATE, file);
  pthread_mutex_lock(&gate);
  if (status == STATUS_SUCCESS) started++;
  else snprintf(reason, sizeof reason, "%08x %s", (unsigned)status, ConcordLastError());
  pthread_mutex_unlock(&gate);
}

static void *work(void *argument) {
  PFILE_OBJECT file = NULL;
  pthread_barrier_wait(&ready);
  first_call((int)(long)argument, &file);
  if (!file) return NULL;
  CC_FILE_SIZES sizes = {.ValidDataLength.QuadPart = MAXLONGLONG};
  CcInitializeCacheMap(file, &sizes, FALSE, NULL, NULL);
  LARGE_INTEGER start = {.QuadPart = 0};
  for (int i = 0; i < rounds; i++) {
    long number = 0;
    IO_STATUS_BLOCK block;
    ConcordAcquireExclusive(file);
    CcCopyRead(file, &start, sizeof number, TRUE, &number, &block);
    number++;
    CcCopyWrite(file, &start, sizeof number, TRUE, &number);
    if (i % 16 == 0) CcCoherencyFlushAndPurgeCache(file->SectionObjectPointer, NULL, 0, &block, 0);
    ConcordRelease(file);
  }

  if (ConcordCloseFile(file) != STATUS_SUCCESS) printf("close: %s\n", ConcordLastError());
  return NULL;
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  path = arguments[1];
  rounds = atoi(arguments[2]);
  pthread_t threads[THREADS];
  pthread_barrier_init(&ready, NULL, THREADS);
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, (void *)i);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  long number = 0;
  FILE *file = fopen(path, "rb");
  if (file) {
    if (fread(&number, sizeof number, 1, file) != 1) number = -1;
    fclose(file);
  }

  printf("%d %ld %s\n", started, started ? number : 0, started == THREADS ? "-" : reason);
  return 0;
}
