// What libctf.so must not do: a thread as soon as the library is loaded. For load_test.c.
#include <pthread.h>
#include <unistd.h>

static void* wait_for_ever(void* unused) {
  for (;;) pause();
  return unused;
}

__attribute__((constructor)) static void start_thread(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, wait_for_ever, NULL) == 0) pthread_detach(thread);
}
