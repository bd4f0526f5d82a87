#include "bench/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void* function_of(void* handle, const char* path, const char* name) {
  void* function = dlsym(handle, name);
  if (function != NULL) return function;
  fprintf(stderr, "ctfbench: %s has no %s\n", path, name);
  exit(1);
}

void bench_library_open(bench_library* library, const char* name, const char* path) {
  void* handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) {
    fprintf(stderr, "ctfbench: %s\n", dlerror());
    exit(1);
  }
  library->name = name;
#define BENCH_LOAD(function) library->function = (__typeof__(function)*)function_of(handle, path, #function);
  BENCH_FUNCTIONS(BENCH_LOAD)
#undef BENCH_LOAD
  library->status = library->TF_NewStatus();
}

void bench_check(const bench_library* library, const char* what) {
  if (library->TF_GetCode(library->status) == TF_OK) return;
  fprintf(stderr, "ctfbench: %s: %s: %s\n", library->name, what, library->TF_Message(library->status));
  exit(1);
}
