#include "runtime/mapped_file.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/file.h"

struct ctf_mapped_file {
  ctf_buffer base;
  ctf_mapped_file* _Atomic next;  // in the list that the handler walks
  size_t mapped_bytes;            // whole pages
  atomic_bool lost;
  ctf_file file;        // open, for its size and times by now
  struct stat at_open;  // when it was mapped
  char path[];
};
_Static_assert(offsetof(ctf_mapped_file, base) == 0, "slots cast ctf_buffer* to ctf_mapped_file*");

// The list is changed under `list_lock`; handlers read it without. `num_handlers` of them are at it, and what was taken
// out of the list is freed once there are none.
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static ctf_mapped_file* _Atomic mapped_files;
static atomic_int num_handlers;

// What was there before our handler: written under list_lock into the entry that is not in use, then `previous` moves.
static struct sigaction previous_actions[2];
static const struct sigaction* _Atomic previous = &previous_actions[0];

// How deep this thread is in handlers of others that our handler has called. In the thread's static block: a first
// touch within a signal handler must not allocate.
static _Thread_local volatile sig_atomic_t chain_depth __attribute__((tls_model("initial-exec")));

// ---- SIGBUS

// One mapping replaces one, so that the system's limit on their number is not met. Not through the C library, whose
// call sanitizers intercept.
static bool replace_by_zeros(const ctf_mapped_file* file) {
  const long got = syscall(SYS_mmap, file->base.data, file->mapped_bytes, PROT_READ,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  return got == (long)(uintptr_t)file->base.data;
}

// Whether the address was a mapped file's; then it can be read now.
static bool recover(const void* address) {
  bool found = false;
  // Sequentially consistent with its counterpart in unlist(): either this sees the list without the file, or that
  // waits.
  atomic_fetch_add(&num_handlers, 1);
  for (ctf_mapped_file* file = atomic_load(&mapped_files); file != NULL && !found; file = atomic_load(&file->next)) {
    const uintptr_t begin = (uintptr_t)file->base.data, at = (uintptr_t)address;
    if (at < begin || at - begin >= file->mapped_bytes) continue;
    atomic_store(&file->lost, true);  // before the zeros: whoever reads them can tell
    found = replace_by_zeros(file);
    break;
  }
  atomic_fetch_sub(&num_handlers, 1);
  return found;
}

// Somebody else's fault: what would have happened without us.
static void pass_on(int number, siginfo_t* info, void* context) {
  const struct sigaction* action = atomic_load(&previous);
  const bool is_function =
      (action->sa_flags & SA_SIGINFO) != 0 || (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
  if (!is_function || chain_depth > 0) {  // the latter: two handlers that each call the other
    struct sigaction none = {.sa_handler = SIG_DFL};
    sigaction(number, &none, NULL);  // the instruction runs again, and ends the process as it would have
    return;
  }
  ++chain_depth;
  if ((action->sa_flags & SA_SIGINFO) != 0) {
    action->sa_sigaction(number, info, context);
  } else {
    action->sa_handler(number);
  }
  --chain_depth;
}

static void on_bus_error(int number, siginfo_t* info, void* context) {
  const int saved = errno;
  // Positive codes are the system's: the address is that of the read.
  if (info->si_code <= 0 || !recover(info->si_addr)) pass_on(number, info, context);
  errno = saved;
}

// Puts our handler in front of whatever is there. On the alternative stack where a thread has one, as runtimes that
// share the process ask of handlers.
static void install_handler(void) {
  struct sigaction now;
  if (sigaction(SIGBUS, NULL, &now) != 0) return;  // never: the signal exists
  if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_bus_error) return;
  pthread_mutex_lock(&list_lock);
  if (sigaction(SIGBUS, NULL, &now) == 0 && !((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_bus_error)) {
    struct sigaction* spare = &previous_actions[atomic_load(&previous) == &previous_actions[0]];
    *spare = now;
    atomic_store(&previous, spare);
    struct sigaction ours = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&ours.sa_mask);
    sigaction(SIGBUS, &ours, NULL);
  }
  pthread_mutex_unlock(&list_lock);
}

ctf_mapped_guard ctf_mapped_guard_enter(void) {
  ctf_mapped_guard guard;
  sigset_t bus;
  install_handler();
  sigemptyset(&bus);
  sigaddset(&bus, SIGBUS);
  pthread_sigmask(SIG_UNBLOCK, &bus, &guard.mask);
  return guard;
}

void ctf_mapped_guard_leave(const ctf_mapped_guard* guard) {
  if (sigismember(&guard->mask, SIGBUS) == 1) pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
}

// ---- files

static void enlist(ctf_mapped_file* file) {
  pthread_mutex_lock(&list_lock);
  atomic_store(&file->next, atomic_load(&mapped_files));
  atomic_store(&mapped_files, file);
  pthread_mutex_unlock(&list_lock);
}

static void unlist(ctf_mapped_file* file) {
  pthread_mutex_lock(&list_lock);
  ctf_mapped_file* _Atomic* at = &mapped_files;
  while (atomic_load(at) != file) at = &atomic_load(at)->next;
  atomic_store(at, atomic_load(&file->next));
  pthread_mutex_unlock(&list_lock);
  while (atomic_load(&num_handlers) > 0) sched_yield();  // each is a system call long
}

static void mapped_destroy(ctf_buffer* base) {
  ctf_mapped_file* file = (ctf_mapped_file*)base;
  if (base->data != NULL) {
    unlist(file);
    munmap(base->data, file->mapped_bytes);
  }
  ctf_file_close(&file->file);
  ctf_free(ctf_allocator_process(), file);
}

ctf_status ctf_mapped_file_open(const char* path, ctf_buffer** out_buffer) {
  ctf_mapped_file* file = NULL;
  const size_t length = strlen(path);
  CTF_TRY(ctf_alloc_bytes(ctf_allocator_process(), sizeof(ctf_mapped_file) + length + 1, (void**)&file));
  memcpy(file->path, path, length);
  ctf_status status = ctf_file_open(path, length, &file->file);
  if (status == NULL && fstat(file->file.descriptor, &file->at_open) != 0) {
    status = ctf_error_system(errno, path);
    ctf_file_close(&file->file);
  }
  if (status != NULL) {
    ctf_free(ctf_allocator_process(), file);
    return status;
  }
  atomic_init(&file->base.refs, 1);
  file->base.destroy = mapped_destroy;
  file->base.bytes = (size_t)file->at_open.st_size;
  file->mapped_bytes = ctf_round_up(file->base.bytes, (size_t)sysconf(_SC_PAGESIZE));
  if (file->base.bytes > 0) {
    void* data = mmap(NULL, file->base.bytes, PROT_READ, MAP_PRIVATE, file->file.descriptor, 0);
    if (data == MAP_FAILED) {
      const int error = errno;
      ctf_buffer_release(&file->base);
      return ctf_error_system(error, path);
    }
    file->base.data = data;
    enlist(file);
    install_handler();
  }
  *out_buffer = &file->base;
  return NULL;
}

const ctf_mapped_file* ctf_mapped_file_of(const ctf_buffer* buffer) {
  buffer = ctf_buffer_whole(buffer);
  return buffer->destroy == mapped_destroy ? (const ctf_mapped_file*)buffer : NULL;
}

const char* ctf_mapped_file_path(const ctf_mapped_file* file) { return file->path; }

const void* ctf_mapped_file_data(const ctf_mapped_file* file) { return file->base.data; }

size_t ctf_mapped_file_bytes_now(const ctf_mapped_file* file) {
  struct stat now;
  if (atomic_load(&file->lost) || fstat(file->file.descriptor, &now) != 0) return 0;
  return (size_t)now.st_size;
}

#define ADVICE "what was read from it cannot be trusted. Replace a model by renaming a new file over it, or copy it"

ctf_status ctf_mapped_file_check(const ctf_mapped_file* file) {
  struct stat now;
  const struct stat* then = &file->at_open;
  if (fstat(file->file.descriptor, &now) != 0) return ctf_error_system(errno, file->path);
  if (now.st_size != then->st_size) {
    return ctf_error(TF_DATA_LOSS, "%s had %lld bytes when it was mapped and has %lld now; " ADVICE, file->path,
                     (long long)then->st_size, (long long)now.st_size);
  }
  if (atomic_load(&file->lost)) {
    return ctf_error(TF_DATA_LOSS, "%s could not be read everywhere while it was mapped; " ADVICE, file->path);
  }
  if (now.st_mtim.tv_sec != then->st_mtim.tv_sec || now.st_mtim.tv_nsec != then->st_mtim.tv_nsec) {
    return ctf_error(TF_DATA_LOSS, "%s has been written to since it was mapped; " ADVICE, file->path);
  }
  return NULL;
}
