/*
 * For tests: the routines out of Concord.Nt.dll, in a .NET that this starts (see the library's own src/source.h). A program
 * that is compiled with it runs the C of libconcord.so without compiling .NET ahead of time. The environment says where
 * they are: CONCORD_HOME the directory of Concord.Nt.dll, DOTNET_ROOT that of .NET, if it is not the dotnet of PATH.
 */
#define _GNU_SOURCE
#include "source.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __APPLE__
#define HOSTFXR "libhostfxr.dylib"
#else
#define HOSTFXR "libhostfxr.so"
#endif

/* hostfxr's own interface, as it is documented: "native hosting" of the .NET runtime. */
typedef void *hostfxr_handle;
struct hostfxr_initialize_parameters {
  size_t size;
  const char *host_path;
  const char *dotnet_root;
};
typedef int32_t (*initialize_fn)(const char *runtime_config, const struct hostfxr_initialize_parameters *, hostfxr_handle *);
typedef int32_t (*get_delegate_fn)(hostfxr_handle, int type, void **);
typedef int32_t (*close_fn)(hostfxr_handle);
typedef void (*error_writer_fn)(const char *message);
typedef error_writer_fn (*set_error_writer_fn)(error_writer_fn);
typedef int (*load_fn)(const char *assembly, const char *type, const char *method, const char *delegate_type, void *reserved, void **entry);

enum { LOAD_ASSEMBLY_AND_GET_FUNCTION_POINTER = 5 };
#define UNMANAGED_CALLERS_ONLY ((const char *)-1)

static const char *directory;
static load_fn load;
static char host_message[768];

/* Keeps what hostfxr says, as far as it fits: the first lines say that something is missing, and the next ones what. */
static void keep_message(const char *message) {
  size_t kept = strlen(host_message);
  snprintf(host_message + kept, sizeof host_message - kept, "%s%s", kept ? "\n" : "", message);
}

/* Versions compare number by number: 10.0.2 is after 9.0.11. A preview, which has letters, is before its release. */
static int is_later(const char *one, const char *other) {
  while (*one && *other) {
    char *one_end, *other_end;
    long a = strtol(one, &one_end, 10), b = strtol(other, &other_end, 10);
    if (a != b) return a > b;
    if (one_end == one || other_end == other) return strcmp(one, other) > 0;
    if (*one_end == '-' || *other_end == '-') return *other_end == '-' && *one_end != '-';
    one = *one_end ? one_end + 1 : one_end;
    other = *other_end ? other_end + 1 : other_end;
  }

  return *one != 0;
}

/* The newest hostfxr below a .NET installation. */
static int find_hostfxr(const char *root, char *path, size_t path_bytes) {
  char folder[PATH_MAX], newest[sizeof((struct dirent *)0)->d_name] = "";
  snprintf(folder, sizeof folder, "%s/host/fxr", root);
  DIR *versions = opendir(folder);
  if (!versions) return 0;
  for (struct dirent *version; (version = readdir(versions));) {
    if (version->d_name[0] == '.') continue;
    if (!*newest || is_later(version->d_name, newest)) strcpy(newest, version->d_name);
  }

  closedir(versions);
  return *newest && (size_t)snprintf(path, path_bytes, "%s/%s/" HOSTFXR, folder, newest) < path_bytes && access(path, R_OK) == 0;
}

/* The directory of the dotnet that the shell would run. */
static int find_in_path(char *root) {
  const char *path = getenv("PATH");
  char candidate[PATH_MAX];
  while (path && *path) {
    int length = (int)strcspn(path, ":");
    if (length && snprintf(candidate, sizeof candidate, "%.*s/dotnet", length, path) < (int)sizeof candidate
        && access(candidate, X_OK) == 0 && realpath(candidate, root)) {
      *strrchr(root, '/') = 0;
      return 1;
    }

    path += length + (path[length] == ':');
  }

  return 0;
}

static int find_dotnet(char *root, char *hostfxr, size_t hostfxr_bytes) {
  const char *named = getenv("DOTNET_ROOT");
  if (named && *named) snprintf(root, PATH_MAX, "%s", named);
  else if (!find_in_path(root)) return 0;
  return find_hostfxr(root, hostfxr, hostfxr_bytes);
}

static int start_dotnet(char *error, size_t error_bytes) {
  char root[PATH_MAX] = "", hostfxr[PATH_MAX], config[PATH_MAX];
  if (!find_dotnet(root, hostfxr, sizeof hostfxr)) {
    snprintf(error, error_bytes, ".NET cannot be found");
    return 0;
  }

  snprintf(config, sizeof config, "%s/Concord.Nt.runtimeconfig.json", directory);
  void *library = dlopen(hostfxr, RTLD_LAZY | RTLD_LOCAL);
  if (!library) {
    snprintf(error, error_bytes, "%s cannot be loaded: %s", hostfxr, dlerror());
    return 0;
  }

  initialize_fn initialize;
  get_delegate_fn get_delegate;
  close_fn close_host;
  set_error_writer_fn set_error_writer;

  /* POSIX's way to make a function of what dlsym gives. */
  *(void **)&initialize = dlsym(library, "hostfxr_initialize_for_runtime_config");
  *(void **)&get_delegate = dlsym(library, "hostfxr_get_runtime_delegate");
  *(void **)&close_host = dlsym(library, "hostfxr_close");
  *(void **)&set_error_writer = dlsym(library, "hostfxr_set_error_writer");
  if (!initialize || !get_delegate || !close_host || !set_error_writer) {
    snprintf(error, error_bytes, "%s is too old: .NET 10 is needed", hostfxr);
    return 0;
  }

  /* Without a writer hostfxr would print to the program's own error stream. */
  set_error_writer(keep_message);
  const struct hostfxr_initialize_parameters parameters = {sizeof parameters, NULL, root};
  hostfxr_handle host = NULL;
  int32_t code = initialize(config, &parameters, &host);

  /* 1 and 2: a runtime runs already, because the program is itself one of .NET's. */
  if (code >= 0 && code <= 2) code = get_delegate(host, LOAD_ASSEMBLY_AND_GET_FUNCTION_POINTER, (void **)&load);
  if (host) close_host(host);
  set_error_writer(NULL);
  if (code == 0 && load) return 1;
  snprintf(error, error_bytes, ".NET in %s cannot be started (0x%08x): %s", root, (unsigned)code, *host_message ? host_message : "no reason was given");
  return 0;
}

int concord_source_start(char *error, size_t error_bytes) {
  directory = getenv("CONCORD_HOME");
  if (directory && *directory) return start_dotnet(error, error_bytes);
  snprintf(error, error_bytes, "CONCORD_HOME is not set");
  return 0;
}

void *concord_source_find(const char *name, char *error, size_t error_bytes) {
  char assembly[PATH_MAX];
  snprintf(assembly, sizeof assembly, "%s/Concord.Nt.dll", directory);
  void *entry = NULL;
  int code = load(assembly, "Concord.Nt.Native.EntryPoints, Concord.Nt", name, UNMANAGED_CALLERS_ONLY, NULL, &entry);
  if (code == 0 && entry) return entry;
  snprintf(error, error_bytes, "%s has no entry point %s (0x%08x)", assembly, name, (unsigned)code);
  return NULL;
}

/* .NET itself runs what is to be done at the end of the process. */
void concord_source_exit(void) {}
