/* See threads.h. */
#define _GNU_SOURCE
#include "threads.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

typedef struct own_thread {
  struct own_thread *next;
  pid_t id;
  void *(*run)(void *);
  void *argument;
} own_thread;

/* Owns the list. A thread that is not in it yet, or not any more, counts as the program's: the process then ends later. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static own_thread *own;

static pid_t this_thread(void) { return (pid_t)syscall(SYS_gettid); }

static void leave(void *thread) {
  pthread_mutex_lock(&lock);
  own_thread **place = &own;
  while (*place != thread) place = &(*place)->next;
  *place = (*place)->next;
  pthread_mutex_unlock(&lock);
  free(thread);
}

static void *run_own(void *argument) {
  own_thread *thread = argument;
  void *result;
  thread->id = this_thread();
  pthread_mutex_lock(&lock);
  thread->next = own;
  own = thread;
  pthread_mutex_unlock(&lock);
  pthread_cleanup_push(leave, thread);
  result = thread->run(thread->argument);
  pthread_cleanup_pop(1);
  return result;
}

int concord_create_own(
    concord_create create,
    pthread_t *thread,
    const pthread_attr_t *attributes,
    void *(*run)(void *),
    void *argument) {
  own_thread *made = malloc(sizeof *made);
  if (!made) return EAGAIN;
  made->run = run;
  made->argument = argument;
  int error = create(thread, attributes, run_own, made);
  if (error) free(made);
  return error;
}

static int is_own(pid_t id) {
  pthread_mutex_lock(&lock);
  const own_thread *thread = own;
  while (thread && thread->id != id) thread = thread->next;
  pthread_mutex_unlock(&lock);
  return thread != NULL;
}

/* Whether a thread has ended and its number is kept, as that of a main thread is. */
static int has_ended(pid_t id) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)id);
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  size_t count = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[count] = 0;

  /* The state stands behind the name, which may have brackets itself. */
  const char *name_end = strrchr(text, ')');
  return name_end && name_end[1] == ' ' && (name_end[2] == 'Z' || name_end[2] == 'X');
}

static int is_program(pid_t id) {
  if (id == this_thread() || is_own(id)) return 0;
  return id != getpid() || !has_ended(id);
}

static int has_program_threads(void) {
  DIR *threads = opendir("/proc/self/task");
  if (!threads) return 1;
  int found = 0;
  for (const struct dirent *entry; !found && (entry = readdir(threads));) {
    pid_t id = (pid_t)atoi(entry->d_name);
    found = id > 0 && is_program(id);
  }

  closedir(threads);
  return found;
}

/* A process without other threads ends as if exit(0) was called: what is dirty is written back. */
static void *stand_in(void *unused) {
  static const struct timespec pause = {0, 20 * 1000 * 1000};
  (void)unused;

  /* Twice, for a thread may end between that its successor appears and that the list is read to its end. */
  for (int times = 0; times < 2; times = has_program_threads() ? 0 : times + 1) nanosleep(&pause, NULL);
  exit(0);
}

static pthread_key_t main_thread;
static int has_key;

/* The lock owns both. The process whose main thread has left: a child of fork is another one. */
static concord_create create_stand_in;
static pid_t left;

/* Called by whichever of the two comes later: the main thread, which leaves, or the start of the library. */
static void begin_if_due(void) {
  static pid_t begun;
  pthread_t thread;
  pthread_attr_t attributes;
  pid_t process = getpid();
  pthread_mutex_lock(&lock);
  concord_create create = left == process && begun != process ? create_stand_in : NULL;
  if (create) begun = process;
  pthread_mutex_unlock(&lock);
  if (!create || pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  create(&thread, &attributes, stand_in, NULL);
  pthread_attr_destroy(&attributes);
}

/* Runs on the main thread when that leaves by pthread_exit, and not when main returns. */
static void main_leaves(void *unused) {
  (void)unused;
  pthread_mutex_lock(&lock);
  left = getpid();
  pthread_mutex_unlock(&lock);
  begin_if_due();
}

static void mark_main(void) {
  if (has_key && this_thread() == getpid()) pthread_setspecific(main_thread, &main_thread);
}

/* The main thread loads the library, unless another one does by dlopen: then it is known when it starts it. */
__attribute__((constructor)) static void prepare(void) {
  has_key = pthread_key_create(&main_thread, main_leaves) == 0;
  mark_main();
}

/* In a child that is forked the threads are gone, and nobody waits for them; the lock may be somebody's. */
static void forget_in_child(void) {
  static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
  lock = fresh;
  own = NULL;
  create_stand_in = NULL;
}

void concord_stand_in(concord_create create) {
  pthread_atfork(NULL, NULL, forget_in_child);
  mark_main();
  pthread_mutex_lock(&lock);
  create_stand_in = create;
  pthread_mutex_unlock(&lock);
  begin_if_due();
}
