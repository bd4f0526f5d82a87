// A pool of threads and the loops they share.
//
// A loop lives on its caller's stack. It is listed while it has pieces left; a thread that joins it is counted, takes
// pieces by one atomic addition each, and leaves. The caller takes pieces too, and when there are none left it takes
// the loop off the list and waits for those inside. Nobody waits for anything else, so nested loops cannot wait for
// each other.
#include "runtime/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "runtime/cgroup.h"
#include "runtime/float_env.h"
#include "runtime/mapped_file.h"
#include "runtime/options.h"

#define STACK_BYTES ((size_t)2 << 20)
#define SPINS 2000  // of a thread without work before it sleeps, and of a caller before it waits: some microseconds

typedef struct loop loop;
struct loop {
  void (*run)(void* arg, int64_t begin, int64_t end);
  void* arg;
  ctf_cancel* cancel;
  int64_t count;
  int64_t grain;
  int num_threads;                     // that may be inside, the caller included
  ctf_float_env env;                   // the caller's
  _Alignas(64) _Atomic int64_t next;   // the first item that nobody has taken
  _Alignas(64) atomic_int num_inside;  // threads of the pool; raised under the pool's lock
  loop* following;                     // in the pool's list; guarded by its lock, as is preceding
  loop* preceding;
};

// The pool. Threads are added when a loop wants more than there are, and stay.
static struct {
  pthread_mutex_t lock;
  pthread_cond_t work;  // a loop has been listed
  pthread_cond_t left;  // a thread has left a loop
  loop* loops;          // guarded by lock, as is all below but `listed`
  int num_threads;
  int num_asleep;
  bool fork_watched;
  atomic_uint listed;  // how many loops ever were: what a thread without work looks at
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .left = PTHREAD_COND_INITIALIZER};

static _Thread_local int threads_set;  // 0: as many as there are CPUs

// ---- pieces

// Takes pieces until there are none.
static void work_on(loop* work) {
  while (!ctf_cancel_fired(work->cancel)) {
    // relaxed: what a piece reads was written before the loop was listed, what it writes is seen through num_inside.
    const int64_t begin = atomic_fetch_add_explicit(&work->next, work->grain, memory_order_relaxed);
    if (begin >= work->count) return;
    work->run(work->arg, begin, work->count - begin > work->grain ? begin + work->grain : work->count);
  }
}

static bool has_pieces(const loop* work) {
  return atomic_load_explicit(&work->next, memory_order_relaxed) < work->count && !ctf_cancel_fired(work->cancel);
}

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// ---- threads of the pool

// A loop that has pieces and room; the lock is held. Later loops come first: they are the inner ones of those that
// nest.
static loop* find_loop(void) {
  for (loop* work = pool.loops; work != NULL; work = work->following) {
    if (atomic_load_explicit(&work->num_inside, memory_order_relaxed) + 1 < work->num_threads && has_pieces(work)) {
      return work;
    }
  }
  return NULL;
}

static void join(loop* work) {
  atomic_fetch_add_explicit(&work->num_inside, 1, memory_order_relaxed);
  pthread_mutex_unlock(&pool.lock);
  threads_set = work->num_threads;
  ctf_float_env_leave(work->env);
  work_on(work);
  pthread_mutex_lock(&pool.lock);
  // release: the caller, once it sees nobody inside, sees what was written. After it the loop may be gone.
  atomic_fetch_sub_explicit(&work->num_inside, 1, memory_order_release);
  pthread_cond_broadcast(&pool.left);
}

// The lock is held. Until another loop is listed, first looking often, then asleep.
static void await_work(void) {
  const unsigned seen = atomic_load_explicit(&pool.listed, memory_order_relaxed);
  pthread_mutex_unlock(&pool.lock);
  for (int i = 0; i < SPINS && atomic_load_explicit(&pool.listed, memory_order_relaxed) == seen; ++i) pause_briefly();
  pthread_mutex_lock(&pool.lock);
  while (atomic_load_explicit(&pool.listed, memory_order_relaxed) == seen) {
    ++pool.num_asleep;
    pthread_cond_wait(&pool.work, &pool.lock);
    --pool.num_asleep;
  }
}

static void* pool_thread(void* unused) {
  (void)unused;
  (void)ctf_mapped_guard_enter();  // whatever the caller that started it has blocked
  pthread_mutex_lock(&pool.lock);
  while (true) {
    loop* work = find_loop();
    if (work != NULL) {
      join(work);
    } else {
      await_work();
    }
  }
  return NULL;
}

// In a child process the pool's threads do not exist: it begins without any.
static void forget_threads(void) {
  pool.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
  pool.work = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
  pool.left = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
  pool.loops = NULL;
  pool.num_threads = pool.num_asleep = 0;
}

// The lock is held. Fewer threads than wanted are enough: the caller alone gets everything done.
static void add_threads(int wanted) {
  pthread_attr_t attributes;
  if (pool.num_threads >= wanted) return;
  if (!pool.fork_watched) pool.fork_watched = pthread_atfork(NULL, NULL, forget_threads) == 0;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  while (pool.num_threads < wanted && pthread_create(&thread, &attributes, pool_thread, NULL) == 0) ++pool.num_threads;
  pthread_attr_destroy(&attributes);
}

// ---- the caller

static void list_loop(loop* work, int64_t num_pieces) {
  pthread_mutex_lock(&pool.lock);
  add_threads(work->num_threads - 1);
  work->following = pool.loops;
  if (pool.loops != NULL) pool.loops->preceding = work;
  pool.loops = work;
  atomic_fetch_add_explicit(&pool.listed, 1, memory_order_relaxed);
  const int64_t useful = num_pieces < work->num_threads ? num_pieces - 1 : work->num_threads - 1;
  for (int64_t i = 0; i < useful && i < pool.num_asleep; ++i) pthread_cond_signal(&pool.work);
  pthread_mutex_unlock(&pool.lock);
}

static void unlist_and_wait(loop* work) {
  pthread_mutex_lock(&pool.lock);
  if (work->following != NULL) work->following->preceding = work->preceding;
  if (work->preceding != NULL) {
    work->preceding->following = work->following;
  } else {
    pool.loops = work->following;
  }
  pthread_mutex_unlock(&pool.lock);
  for (int i = 0; i < SPINS && atomic_load_explicit(&work->num_inside, memory_order_relaxed) > 0; ++i) pause_briefly();
  pthread_mutex_lock(&pool.lock);
  // acquire: what the others have written is the caller's now.
  while (atomic_load_explicit(&work->num_inside, memory_order_acquire) > 0) pthread_cond_wait(&pool.left, &pool.lock);
  pthread_mutex_unlock(&pool.lock);
}

static ctf_status run_here(ctf_cancel* cancel, int64_t count, int64_t grain,
                           void (*run)(void* arg, int64_t begin, int64_t end), void* arg) {
  for (int64_t begin = 0; begin < count;) {
    if (ctf_cancel_fired(cancel)) return ctf_cancel_check(cancel);
    const int64_t end = count - begin > grain ? begin + grain : count;
    run(arg, begin, end);
    begin = end;
  }
  return NULL;
}

ctf_status ctf_parallel_for(ctf_cancel* cancel, int64_t count, int64_t grain,
                            void (*run)(void* arg, int64_t begin, int64_t end), void* arg) {
#ifdef CTF_STRESS
  grain = 1;
#endif
  if (grain < 1) grain = 1;
  if (count <= grain) {
    if (count <= 0) return NULL;
    CTF_TRY(ctf_cancel_check(cancel));
    run(arg, 0, count);
    return NULL;
  }
  const int num_threads = ctf_parallel_threads();
  // Every thread adds a grain once too often: near the end of the numbers that would wrap.
  if (num_threads == 1 || grain > INT64_MAX / 2 / CTF_MAX_THREADS || count > INT64_MAX / 2) {
    return run_here(cancel, count, grain, run, arg);
  }
  loop work = {.run = run,
               .arg = arg,
               .cancel = cancel,
               .count = count,
               .grain = grain,
               .num_threads = num_threads,
               .env = ctf_float_env_current()};
  list_loop(&work, 1 + (count - 1) / grain);
  work_on(&work);
  unlist_and_wait(&work);
  return ctf_cancel_check(cancel);
}

// ---- how many

int ctf_parallel_cpus(void) {
  const uint64_t wanted = ctf_option_number(CTF_OPTION_THREADS);
  if (wanted > 0) return wanted < CTF_MAX_THREADS ? (int)wanted : CTF_MAX_THREADS;
  cpu_set_t set;
  int cpus = 1;
  if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0) cpus = CPU_COUNT(&set);
  const int quota = ctf_cgroup_cpus("");
  if (quota > 0 && quota < cpus) cpus = quota;
  return cpus < CTF_MAX_THREADS ? cpus : CTF_MAX_THREADS;
}

// Asked once: the control groups are files.
static pthread_once_t cpus_once = PTHREAD_ONCE_INIT;
static int num_cpus;
static void count_cpus(void) { num_cpus = ctf_parallel_cpus(); }

int ctf_parallel_threads(void) {
  if (threads_set > 0) return threads_set;
  pthread_once(&cpus_once, count_cpus);
  return num_cpus;
}

int ctf_parallel_set_threads(int num_threads) {
  const int before = threads_set;
  threads_set = num_threads < 0 ? 0 : (num_threads < CTF_MAX_THREADS ? num_threads : CTF_MAX_THREADS);
  return before;
}
