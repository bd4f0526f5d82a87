// A device that behaves like an accelerator: a thread per stream, random delays, memory of its own, real events.
//
// What is put on a stream is queued and executed in order by its thread. Recording an event makes a mark, which the
// queue, the event and all who wait share; recording again makes another, so that earlier waits keep what they waited
// for. A stream that has failed executes nothing more, but its marks are still reached, and carry the failure.
#include "runtime/sim/sim_device.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "runtime/device_impl.h"
#include "runtime/float_env.h"
#include "runtime/mapped_file.h"
#include "runtime/poison.h"

typedef struct sim_device {
  ctf_device base;
  uint64_t seed;  // of the random delays: the same seed gives the same delays on every stream
  uint32_t max_delay_us;
  atomic_uint num_streams;      // made so far
  atomic_int_fast64_t fail_in;  // launches until one is lost; 0 or less: none
} sim_device;
_Static_assert(offsetof(sim_device, base) == 0, "slots cast ctf_device* to sim_device*");

typedef struct sim_notice sim_notice;
struct sim_notice {
  sim_notice* next;
  void (*notify)(void* arg, ctf_status failure);
  void* arg;
};

// A place on a stream. Counted.
typedef struct sim_mark {
  atomic_int refs;
  pthread_mutex_t lock;  // guards the rest; `failure` does not change once it is reached
  pthread_cond_t changed;
  bool reached;
  ctf_status failure;
  sim_notice* notices;
  sim_notice** last_notice;
} sim_mark;

typedef struct sim_event {
  ctf_event base;
  pthread_mutex_t lock;
  sim_mark* mark;  // guarded by lock; counted; NULL: never recorded
} sim_event;
_Static_assert(offsetof(sim_event, base) == 0, "slots cast ctf_event* to sim_event*");

typedef enum item_kind { ITEM_LAUNCH, ITEM_COPY, ITEM_RECORD, ITEM_WAIT, ITEM_FAIL } item_kind;

typedef struct sim_item sim_item;
struct sim_item {
  sim_item* next;
  item_kind kind;
  ctf_work_fn run;  // of a launch
  void* arg;
  bool lost;
  void* to;  // of a copy
  const void* from;
  size_t bytes;
  sim_mark* mark;      // of a record and a wait; counted
  ctf_status failure;  // of a failure
};

typedef struct sim_stream {
  ctf_stream base;
  pthread_t thread;
  uint64_t random;       // the thread's alone
  pthread_mutex_t lock;  // guards the rest
  pthread_cond_t put;
  pthread_cond_t done;
  sim_item* first;
  sim_item* last;
  uint64_t num_put;
  uint64_t num_done;
  bool stop;
  ctf_status failure;  // written by the thread alone, under the lock
} sim_stream;
_Static_assert(offsetof(sim_stream, base) == 0, "slots cast ctf_stream* to sim_stream*");

static ctf_allocator* memory(void) { return ctf_allocator_process(); }

static ctf_status mark_create(sim_mark** out_mark) {
  sim_mark* mark = NULL;
  CTF_TRY(ctf_alloc_new(memory(), &mark));
  atomic_init(&mark->refs, 1);
  pthread_mutex_init(&mark->lock, NULL);
  pthread_cond_init(&mark->changed, NULL);
  mark->last_notice = &mark->notices;
  *out_mark = mark;
  return NULL;
}

static sim_mark* mark_retain(sim_mark* mark) {
  atomic_fetch_add_explicit(&mark->refs, 1, memory_order_relaxed);
  return mark;
}

static void mark_release(sim_mark* mark) {
  if (mark == NULL || atomic_fetch_sub_explicit(&mark->refs, 1, memory_order_acq_rel) != 1) return;
  CTF_ASSERT(mark->notices == NULL);
  ctf_status_drop(mark->failure);  // whoever waited has a copy
  pthread_cond_destroy(&mark->changed);
  pthread_mutex_destroy(&mark->lock);
  ctf_free(memory(), mark);
}

static void mark_reach(sim_mark* mark, ctf_status failure) {
  pthread_mutex_lock(&mark->lock);
  mark->reached = true;
  mark->failure = failure;
  sim_notice* notice = mark->notices;
  mark->notices = NULL;
  mark->last_notice = &mark->notices;
  pthread_cond_broadcast(&mark->changed);
  pthread_mutex_unlock(&mark->lock);
  while (notice != NULL) {
    sim_notice* next = notice->next;
    notice->notify(notice->arg, ctf_status_copy(failure));
    ctf_free(memory(), notice);
    notice = next;
  }
}

static bool mark_reached(sim_mark* mark) {
  pthread_mutex_lock(&mark->lock);
  const bool reached = mark->reached;
  pthread_mutex_unlock(&mark->lock);
  return reached;
}

static ctf_status mark_wait(sim_mark* mark) {
  pthread_mutex_lock(&mark->lock);
  while (!mark->reached) pthread_cond_wait(&mark->changed, &mark->lock);
  pthread_mutex_unlock(&mark->lock);
  return ctf_status_copy(mark->failure);
}

// Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators": SplitMix64.
static uint64_t next_random(uint64_t* state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static void delay(sim_stream* stream) {
  const uint32_t most = ((const sim_device*)stream->base.device)->max_delay_us;
  if (most == 0) return;
  const uint64_t us = next_random(&stream->random) % ((uint64_t)most + 1);
  const struct timespec pause = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
  nanosleep(&pause, NULL);  // signals are blocked on this thread; a shorter delay would be as good
}

static void set_failure(sim_stream* stream, ctf_status failure) {
  if (failure == NULL) return;
  if (stream->failure != NULL) {
    ctf_status_drop(failure);  // the first one stays
    return;
  }
  pthread_mutex_lock(&stream->lock);
  stream->failure = failure;
  pthread_mutex_unlock(&stream->lock);
}

static void execute(sim_stream* stream, sim_item* item) {
  const bool failed = stream->failure != NULL;
  switch (item->kind) {
    case ITEM_LAUNCH:
      delay(stream);
      if (failed) break;
      if (item->lost) {
        set_failure(stream, ctf_error(TF_UNAVAILABLE, "device %s has lost work that was launched on it",
                                      ctf_device_name(stream->base.device)));
      } else {
        item->run(item->arg);
      }
      break;
    case ITEM_COPY:
      delay(stream);
      if (!failed) memmove(item->to, item->from, item->bytes);
      break;
    case ITEM_RECORD:
      delay(stream);
      mark_reach(item->mark, ctf_status_copy(stream->failure));
      break;
    case ITEM_WAIT:
      set_failure(stream, mark_wait(item->mark));
      break;
    case ITEM_FAIL:
      set_failure(stream, item->failure);
      break;
  }
  mark_release(item->mark);
  ctf_free(memory(), item);
}

static void* stream_main(void* arg) {
  sim_stream* stream = arg;
  (void)ctf_float_env_enter();  // as every run has it, on a thread that does nothing else
  (void)ctf_mapped_guard_enter();
  pthread_mutex_lock(&stream->lock);
  for (;;) {
    while (stream->first == NULL && !stream->stop) pthread_cond_wait(&stream->put, &stream->lock);
    sim_item* item = stream->first;
    if (item == NULL) break;
    stream->first = item->next;
    pthread_mutex_unlock(&stream->lock);
    execute(stream, item);
    pthread_mutex_lock(&stream->lock);
    ++stream->num_done;
    pthread_cond_broadcast(&stream->done);
  }
  pthread_mutex_unlock(&stream->lock);
  return NULL;
}

// Queues a copy of the item.
static ctf_status put(ctf_stream* base, const sim_item* like) {
  sim_stream* stream = (sim_stream*)base;
  sim_item* item = NULL;
  CTF_TRY(ctf_alloc_new(memory(), &item));
  *item = *like;
  pthread_mutex_lock(&stream->lock);
  if (stream->first == NULL) {
    stream->first = item;
  } else {
    stream->last->next = item;
  }
  stream->last = item;
  ++stream->num_put;
  pthread_cond_signal(&stream->put);
  pthread_mutex_unlock(&stream->lock);
  return NULL;
}

static void sim_destroy(ctf_device* device) {
  ctf_budget_release(device->budget);
  ctf_free(memory(), device);
}

static ctf_status sim_reserve(ctf_device* device, size_t bytes, ctf_block* out_block) {
  void* data = ctf_block_map(bytes);
  if (data == NULL) {
    return ctf_error(TF_RESOURCE_EXHAUSTED, "device %s has no %zu bytes left", ctf_device_name(device), bytes);
  }
  ctf_poison_fill(data, bytes);
  *out_block = (ctf_block){data, bytes};
  return NULL;
}

static void sim_unreserve(ctf_device* device, ctf_block* block) {
  (void)device;
  ctf_poison_lift(block->data, block->bytes);
  ctf_poison_fill(block->data, block->bytes);  // work that comes too late finds this
  ctf_block_unmap(block->data, block->bytes);
}

// The host's signals are not for threads that its program does not know.
static int start_thread(sim_stream* stream) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&stream->thread, NULL, stream_main, stream);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

static void stream_free(sim_stream* stream) {
  ctf_status_drop(stream->failure);  // whoever waited has a copy
  pthread_cond_destroy(&stream->done);
  pthread_cond_destroy(&stream->put);
  pthread_mutex_destroy(&stream->lock);
  ctf_free(memory(), stream);
}

static ctf_status sim_stream_create(ctf_device* base, ctf_stream** out_stream) {
  sim_device* device = (sim_device*)base;
  sim_stream* stream = NULL;
  CTF_TRY(ctf_alloc_new(memory(), &stream));
  stream->base.device = base;
  const uint64_t index = atomic_fetch_add_explicit(&device->num_streams, 1, memory_order_relaxed);
  stream->random = device->seed + index * UINT64_C(0xd1342543de82ef95);
  pthread_mutex_init(&stream->lock, NULL);
  pthread_cond_init(&stream->put, NULL);
  pthread_cond_init(&stream->done, NULL);
  const int error = start_thread(stream);
  if (error != 0) {
    stream_free(stream);
    return ctf_error(TF_RESOURCE_EXHAUSTED, "device %s cannot start a thread for a stream: %s", ctf_device_name(base),
                     strerror(error));
  }
  *out_stream = &stream->base;
  return NULL;
}

static void sim_stream_destroy(ctf_stream* base) {
  sim_stream* stream = (sim_stream*)base;
  CTF_ASSERT(!pthread_equal(stream->thread, pthread_self()));
  pthread_mutex_lock(&stream->lock);
  stream->stop = true;
  pthread_cond_signal(&stream->put);
  pthread_mutex_unlock(&stream->lock);
  pthread_join(stream->thread, NULL);
  stream_free(stream);
}

static ctf_status sim_launch(ctf_stream* stream, ctf_work_fn run, void* arg) {
  sim_device* device = (sim_device*)stream->device;
  const bool lost = atomic_load_explicit(&device->fail_in, memory_order_relaxed) > 0 &&
                    atomic_fetch_sub_explicit(&device->fail_in, 1, memory_order_relaxed) == 1;
  return put(stream, &(sim_item){.kind = ITEM_LAUNCH, .run = run, .arg = arg, .lost = lost});
}

static ctf_status sim_copy(ctf_stream* stream, void* to, const void* from, size_t bytes, ctf_copy_kind kind) {
  (void)kind;  // the memories are kept apart by convention, and by what they are filled with
  return put(stream, &(sim_item){.kind = ITEM_COPY, .to = to, .from = from, .bytes = bytes});
}

static ctf_status sim_synchronize(ctf_stream* base) {
  sim_stream* stream = (sim_stream*)base;
  pthread_mutex_lock(&stream->lock);
  const uint64_t target = stream->num_put;
  while (stream->num_done < target) pthread_cond_wait(&stream->done, &stream->lock);
  ctf_status failure = ctf_status_copy(stream->failure);
  pthread_mutex_unlock(&stream->lock);
  return failure;
}

static ctf_status sim_stream_fail(ctf_stream* stream, ctf_status failure) {
  ctf_status status = put(stream, &(sim_item){.kind = ITEM_FAIL, .failure = failure});
  if (status == NULL) return NULL;
  ctf_status_drop(status);  // that there is no memory to keep the failure matters less than the failure
  return failure;
}

static ctf_status sim_event_create(ctf_device* device, ctf_event** out_event) {
  sim_event* event = NULL;
  CTF_TRY(ctf_alloc_new(memory(), &event));
  event->base.device = device;
  pthread_mutex_init(&event->lock, NULL);
  *out_event = &event->base;
  return NULL;
}

// The mark of the last record, counted; NULL when there was none.
static sim_mark* event_mark(ctf_event* base) {
  sim_event* event = (sim_event*)base;
  pthread_mutex_lock(&event->lock);
  sim_mark* mark = event->mark != NULL ? mark_retain(event->mark) : NULL;
  pthread_mutex_unlock(&event->lock);
  return mark;
}

static bool sim_event_reached(ctf_event* event) {
  sim_mark* mark = event_mark(event);
  const bool reached = mark == NULL || mark_reached(mark);
  mark_release(mark);
  return reached;
}

static ctf_status sim_event_synchronize(ctf_event* event) {
  sim_mark* mark = event_mark(event);
  ctf_status failure = mark != NULL ? mark_wait(mark) : NULL;
  mark_release(mark);
  return failure;
}

static void sim_event_destroy(ctf_event* base) {
  sim_event* event = (sim_event*)base;
  ctf_status_drop(sim_event_synchronize(base));  // waited for, not asked for
  mark_release(event->mark);
  pthread_mutex_destroy(&event->lock);
  ctf_free(memory(), event);
}

static ctf_status sim_event_record(ctf_stream* stream, ctf_event* base) {
  sim_event* event = (sim_event*)base;
  sim_mark* mark = NULL;
  CTF_TRY(mark_create(&mark));
  ctf_status status = put(stream, &(sim_item){.kind = ITEM_RECORD, .mark = mark_retain(mark)});
  if (status != NULL) {
    mark_release(mark);  // the queue's
    mark_release(mark);
    return status;
  }
  pthread_mutex_lock(&event->lock);
  sim_mark* earlier = event->mark;
  event->mark = mark;
  pthread_mutex_unlock(&event->lock);
  mark_release(earlier);
  return NULL;
}

static ctf_status sim_event_wait(ctf_stream* stream, ctf_event* event) {
  sim_mark* mark = event_mark(event);
  if (mark == NULL) return NULL;
  ctf_status status = put(stream, &(sim_item){.kind = ITEM_WAIT, .mark = mark});
  if (status != NULL) mark_release(mark);
  return status;
}

static ctf_status sim_event_notify(ctf_event* event, void (*notify)(void* arg, ctf_status failure), void* arg) {
  sim_mark* mark = event_mark(event);
  if (mark == NULL) {
    notify(arg, NULL);
    return NULL;
  }
  sim_notice* notice = NULL;
  ctf_status status = ctf_alloc_new(memory(), &notice);
  if (status == NULL) {
    *notice = (sim_notice){NULL, notify, arg};
    pthread_mutex_lock(&mark->lock);
    if (!mark->reached) {
      *mark->last_notice = notice;
      mark->last_notice = &notice->next;
      notice = NULL;
    }
    pthread_mutex_unlock(&mark->lock);
    if (notice != NULL) {  // it has been reached already
      notify(arg, ctf_status_copy(mark->failure));
      ctf_free(memory(), notice);
    }
  }
  mark_release(mark);
  return status;
}

static const ctf_device_vtable kSim = {
    .kind = CTF_DEVICE_SIM,
    .type = "SIM",
    .is_async = true,
    .host_visible = false,
    .destroy = sim_destroy,
    .reserve = sim_reserve,
    .unreserve = sim_unreserve,
    .stream_create = sim_stream_create,
    .stream_destroy = sim_stream_destroy,
    .launch = sim_launch,
    .copy = sim_copy,
    .synchronize = sim_synchronize,
    .stream_fail = sim_stream_fail,
    .event_create = sim_event_create,
    .event_destroy = sim_event_destroy,
    .event_record = sim_event_record,
    .event_wait = sim_event_wait,
    .event_reached = sim_event_reached,
    .event_synchronize = sim_event_synchronize,
    .event_notify = sim_event_notify,
};

ctf_status ctf_device_create_sim(const ctf_sim_options* options, ctf_device** out_device) {
  sim_device* device = NULL;
  ctf_budget* budget = NULL;
  CTF_TRY(ctf_alloc_new(memory(), &device));
  device->seed = options->seed;
  device->max_delay_us = options->max_delay_us;
  ctf_device_init(&device->base, &kSim, options->ordinal, NULL);
  ctf_status status = ctf_budget_create(ctf_budget_process(), device->base.name, CTF_NO_LIMIT, &budget);
  if (status != NULL) {
    ctf_free(memory(), device);
    return status;
  }
  device->base.budget = budget;
  *out_device = &device->base;
  return NULL;
}

void ctf_sim_fail_after(ctf_device* base, uint64_t n) {
  CTF_ASSERT(base->vtable == &kSim && n <= INT64_MAX);
  atomic_store_explicit(&((sim_device*)base)->fail_in, (int_fast64_t)n, memory_order_relaxed);
}
