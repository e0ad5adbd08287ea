/*
 * A program whose main thread leaves by pthread_exit, compiled with the library's threads.c alone, whose "own" threads never
 * end, or WITH_LIBRARY. It ends all the same when its own last thread does, with what atexit has to do; its signals arrive; it does not end
 * before. With "late" the library starts after the main thread has left. Prints "worked[ signal] ended".
 */
#ifdef WITH_LIBRARY
#include <ntifs.h>
#include <pthread.h>
#else
#include "threads.h"
#endif

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *mode;
static int process;
static volatile sig_atomic_t is_signalled;

static void say(const char *text) {
  if (write(1, text, strlen(text)) < 0) _exit(3);
}

static void rest(long milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&time, NULL);
}

static void signalled(int number) {
  (void)number;
  is_signalled = 1;
}

static void ended(void) { say("ended\n"); }

#ifdef WITH_LIBRARY
static void start_library(void) {
  if (ConcordStart() != STATUS_SUCCESS) _exit(4);
}
#else
static void *never_ends(void *unused) {
  for (;;) rest(1000);
  return unused;
}

/* As the library makes its threads: no signal reaches them. */
static void start_library(void) {
  pthread_t thread;
  sigset_t all, before;
  concord_stand_in(pthread_create);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (concord_create_own(pthread_create, &thread, NULL, never_ends, NULL) != 0) _exit(4);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}
#endif

static int main_has_left(void) {
  char path[64], text[256] = "";
  snprintf(path, sizeof path, "/proc/%d/task/%d/stat", process, process);
  FILE *file = fopen(path, "r");
  if (!file) return 1;
  size_t count = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  return count > 0 && strstr(text, ") Z") != NULL;
}

static void *work(void *unused) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
  while (!main_has_left()) rest(1);
  if (strcmp(mode, "late") == 0) start_library();

  /* Longer than the stand-in looks: it must not end the process while this works. */
  rest(150);
  say("worked ");
  if (strcmp(mode, "signal") == 0) {
    kill(process, SIGTERM);
    while (!is_signalled) rest(1);
    say("signal ");
  }

  return unused;
}

int main(int count, char **arguments) {
  pthread_t worker;
  if (count < 2) return 2;
  mode = arguments[1];
  process = (int)getpid();
  alarm(60);
  atexit(ended);
  signal(SIGTERM, signalled);
  if (strcmp(mode, "late") != 0) start_library();
  if (pthread_create(&worker, NULL, work, NULL) != 0) return 5;
  pthread_exit(NULL);
}
