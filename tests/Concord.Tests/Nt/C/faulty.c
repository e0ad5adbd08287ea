/* A program with a fault of its own, named by its argument, beside calls of the library: sanitizers are to find it still. */
#include <ntddk.h>
#include <ntifs.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int shared;
static volatile int largest = 0x7fffffff;

static void *add(void *unused) {
  (void)KeGetCurrentIrql();
  shared++;
  return unused;
}

static void race(void) {
  pthread_t other;
  pthread_create(&other, NULL, add, NULL);
  shared++;
  pthread_join(other, NULL);
}

static void overrun(void) {
  volatile char *bytes = malloc((size_t)(largest & 7) + 3);
  bytes[largest & 15] = 1;
  free((void *)bytes);
}

static void overflow(void) { largest = largest + 1; }

int main(int count, char **arguments) {
  if (count < 2 || ConcordStart() != STATUS_SUCCESS) return 2;
  if (strcmp(arguments[1], "race") == 0) race();
  if (strcmp(arguments[1], "overrun") == 0) overrun();
  if (strcmp(arguments[1], "overflow") == 0) overflow();
  puts("not found");
  return 0;
}
