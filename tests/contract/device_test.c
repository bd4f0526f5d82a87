// What a device, its streams and its events promise. Every test runs on every kind; what a kind cannot have is named
// and skipped.
#include "tests/support/fault.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "runtime/device.h"
#include "runtime/poison.h"
#include "runtime/sim/sim_device.h"

#define NUM_ITEMS 64

typedef struct kind {
  const char* type;
  bool async;
  bool host_visible;
} kind;

static const kind kKinds[] = {{"CPU", false, true}, {"SIM", true, false}};

static const kind* under_test;  // set before each group

// Two devices where the kind can have two, else the same one twice.
typedef struct devices {
  ctf_device* at[2];
} devices;

static ctf_device* make_sim(int ordinal) {
  ctf_device* device = NULL;
  const ctf_sim_options options = {.ordinal = ordinal, .seed = 42, .max_delay_us = 200};
  assert_ok(ctf_device_create_sim(&options, &device));
  return device;
}

static devices open_devices(void) {
  devices d;
  for (int i = 0; i < 2; ++i) {
    d.at[i] = strcmp(under_test->type, "CPU") == 0 ? ctf_device_retain(ctf_device_cpu()) : make_sim(i);
  }
  return d;
}

static void close_devices(devices* d) {
  for (int i = 0; i < 2; ++i) ctf_device_release(d->at[i]);
}

static ctf_stream* make_stream(ctf_device* device) {
  ctf_stream* stream = NULL;
  assert_ok(ctf_stream_create(device, &stream));
  assert_ptr_equal(ctf_stream_device(stream), device);
  return stream;
}

static ctf_event* make_event(ctf_device* device) {
  ctf_event* event = NULL;
  assert_ok(ctf_event_create(device, &event));
  return event;
}

// Blocks work on an asynchronous device until the host opens it. On the others it is open from the start, since there
// the host itself would wait.
typedef struct gate {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool open;
} gate;

static void gate_init(gate* g) {
  pthread_mutex_init(&g->lock, NULL);
  pthread_cond_init(&g->changed, NULL);
  g->open = !under_test->async;
}

static void gate_open(gate* g) {
  pthread_mutex_lock(&g->lock);
  g->open = true;
  pthread_cond_broadcast(&g->changed);
  pthread_mutex_unlock(&g->lock);
}

static void wait_at_gate(void* arg) {
  gate* g = arg;
  pthread_mutex_lock(&g->lock);
  while (!g->open) pthread_cond_wait(&g->changed, &g->lock);
  pthread_mutex_unlock(&g->lock);
}

static void gate_deinit(gate* g) {
  pthread_cond_destroy(&g->changed);
  pthread_mutex_destroy(&g->lock);
}

// A list that work appends to, without a lock: streams and events are what orders it.
typedef struct journal {
  int count;
  int entries[1000];
} journal;

typedef struct entry {
  journal* to;
  int number;
} entry;

static void append(void* arg) {
  entry* e = arg;
  e->to->entries[e->to->count++] = e->number;
}

typedef struct notice {
  atomic_int times;
  TF_Code code;
} notice;

static void keep_notice(void* arg, ctf_status failure) {
  notice* n = arg;
  n->code = ctf_status_code(failure);
  ctf_status_drop(failure);  // its code is kept
  atomic_fetch_add(&n->times, 1);
}

static ctf_block make_block(ctf_device* device, size_t bytes) {
  ctf_block block;
  assert_ok(ctf_device_reserve(device, NULL, bytes, "a block", &block));
  assert_int_equal(block.bytes, bytes);
  return block;
}

// Makes the stream fail as its kind can: its device loses work, or it waits for a device that has.
static void break_stream(ctf_stream* stream) {
  if (ctf_device_get_kind(ctf_stream_device(stream)) == CTF_DEVICE_SIM) {
    ctf_sim_fail_after(ctf_stream_device(stream), 1);
    assert_ok(ctf_stream_launch(stream, append, NULL));  // lost: would crash if it ran
    return;
  }
  ctf_device* sim = make_sim(9);
  ctf_stream* broken = make_stream(sim);
  ctf_event* event = make_event(sim);
  break_stream(broken);
  assert_ok(ctf_event_record(broken, event));
  assert_ok(ctf_stream_wait(stream, event));
  ctf_event_destroy(event);
  ctf_stream_destroy(broken);
  ctf_device_release(sim);
}

static void identity(void** state) {
  (void)state;
  devices d = open_devices();
  for (int i = 0; i < 2; ++i) {
    const int ordinal = under_test->async ? i : 0;
    char name[80];
    snprintf(name, sizeof(name), "/job:localhost/replica:0/task:0/device:%s:%d", under_test->type, ordinal);
    assert_string_equal(ctf_device_name(d.at[i]), name);
    assert_string_equal(ctf_device_type(d.at[i]), under_test->type);
    assert_int_equal(ctf_device_ordinal(d.at[i]), ordinal);
    assert_int_equal(ctf_device_is_async(d.at[i]), under_test->async);
    assert_int_equal(ctf_device_host_visible(d.at[i]), under_test->host_visible);
    assert_ptr_equal(ctf_device_retain(d.at[i]), d.at[i]);
    ctf_device_release(d.at[i]);
  }
  ctf_device_release(NULL);
  close_devices(&d);
}

static void memory_is_charged(void** state) {
  (void)state;
  devices d = open_devices();
  ctf_budget *all = ctf_device_budget(d.at[0]), *run = NULL;
  const size_t limit = ctf_budget_limit(all), before = ctf_budget_used(all);
  assert_ok(ctf_budget_create(all, "run", 10000, &run));
  static const size_t kSizes[] = {0, 1, 63, 64, 65, 4096};
  ctf_block blocks[6];
  size_t sum = 0;
  for (int i = 0; i < 6; ++i) {
    assert_ok(ctf_device_reserve(d.at[0], run, kSizes[i], "a block", &blocks[i]));
    sum += kSizes[i];
    assert_int_equal(blocks[i].bytes, kSizes[i]);
    assert_int_equal(blocks[i].data == NULL, kSizes[i] == 0);
    assert_int_equal((uintptr_t)blocks[i].data % CTF_TENSOR_ALIGNMENT, 0);
    assert_int_equal(ctf_budget_used(run), sum);
    assert_int_equal(ctf_budget_used(all), before + sum);
  }
  ctf_block refused = {NULL, 77};
  assert_fails(ctf_device_reserve(d.at[0], run, 10001 - sum, "node 'x'", &refused), TF_RESOURCE_EXHAUSTED,
               "bytes budget of run are free");
  assert_int_equal(refused.bytes, 77);
  ctf_budget_set_limit(all, before + sum);
  assert_fails(ctf_device_reserve(d.at[0], NULL, 1, "node 'x'", &refused), TF_RESOURCE_EXHAUSTED,
               "node 'x' needs 1 bytes");
  ctf_budget_set_limit(all, limit);
  const uint64_t live = ctf_memory_num_live();
  ctf_memory_fail_nth(1, false);  // the system has none, though the budget has
  assert_fails(ctf_device_reserve(d.at[0], run, 100, "node 'x'", &refused), TF_RESOURCE_EXHAUSTED, "node 'x'");
  ctf_memory_fail_nth(0, false);
  assert_int_equal(ctf_memory_num_live(), live);
  assert_int_equal(ctf_budget_used(run), sum);
  for (int i = 0; i < 6; ++i) {
    ctf_device_unreserve(d.at[0], run, &blocks[i]);
    assert_null(blocks[i].data);
  }
  assert_int_equal(ctf_budget_used(run), 0);
  ctf_budget_release(run);
  close_devices(&d);
}

static void work_runs_in_order(void** state) {
  (void)state;
  devices d = open_devices();
  ctf_stream* streams[3] = {make_stream(d.at[0]), make_stream(d.at[0]), make_stream(d.at[1])};
  static journal journals[3];
  static entry entries[3][NUM_ITEMS];
  memset(journals, 0, sizeof(journals));
  for (int i = 0; i < NUM_ITEMS; ++i) {
    for (int s = 0; s < 3; ++s) {
      entries[s][i] = (entry){&journals[s], i};
      assert_ok(ctf_stream_launch(streams[s], append, &entries[s][i]));
      if (!under_test->async) assert_int_equal(journals[s].count, i + 1);
    }
  }
  for (int s = 0; s < 3; ++s) {
    assert_ok(ctf_stream_synchronize(streams[s]));
    assert_int_equal(journals[s].count, NUM_ITEMS);
    for (int i = 0; i < NUM_ITEMS; ++i) assert_int_equal(journals[s].entries[i], i);
    ctf_stream_destroy(streams[s]);
  }
  ctf_stream_destroy(NULL);
  close_devices(&d);
}

static void copies_go_there_and_back(void** state) {
  (void)state;
  devices d = open_devices();
  static const size_t kSizes[] = {0, 1, 100, 100000};
  static unsigned char out[100000], back[100000];
  ctf_stream* stream = make_stream(d.at[0]);
  for (size_t i = 0; i < sizeof(out); ++i) out[i] = (unsigned char)(i * 7 % 251);
  for (int i = 0; i < 4; ++i) {
    ctf_block a = make_block(d.at[0], kSizes[i]), b = make_block(d.at[0], kSizes[i]);
    memset(back, 0, sizeof(back));
    assert_ok(ctf_stream_copy(stream, a.data, out, kSizes[i], CTF_COPY_HOST_TO_DEVICE));
    assert_ok(ctf_stream_copy(stream, b.data, a.data, kSizes[i], CTF_COPY_WITHIN_DEVICE));
    assert_ok(ctf_stream_copy(stream, back, b.data, kSizes[i], CTF_COPY_DEVICE_TO_HOST));
    assert_ok(ctf_stream_synchronize(stream));
    assert_memory_equal(back, out, kSizes[i]);
    if (kSizes[i] < sizeof(back)) assert_int_equal(back[kSizes[i]], 0);
    ctf_device_unreserve(d.at[0], NULL, &a);
    ctf_device_unreserve(d.at[0], NULL, &b);
  }
  ctf_stream_destroy(stream);
  close_devices(&d);
}

static void memory_is_poisoned(void** state) {
  (void)state;
  if (under_test->host_visible) {
    print_message("skipped on %s: its memory is the host's\n", under_test->type);
    skip();
  }
  devices d = open_devices();
  ctf_stream* stream = make_stream(d.at[0]);
  ctf_block block = make_block(d.at[0], 1003);
  unsigned char bytes[1003];
  assert_ok(ctf_stream_copy(stream, bytes, block.data, 1003, CTF_COPY_DEVICE_TO_HOST));
  assert_ok(ctf_stream_synchronize(stream));
  for (size_t i = 0; i + 4 <= 1003; i += 4) {
    uint32_t word;
    float value;
    memcpy(&word, bytes + i, 4);
    memcpy(&value, bytes + i, 4);
    assert_int_equal(word, CTF_POISON_WORD);
    assert_true(__builtin_isnan(value));
  }
  assert_int_equal(bytes[1000], CTF_POISON_WORD & 0xff);
  ctf_device_unreserve(d.at[0], NULL, &block);
  ctf_stream_destroy(stream);
  close_devices(&d);
}

// A ring of streams over both devices: each step waits for the one before, on another stream, by an event.
static void events_order_streams_and_devices(void** state) {
  (void)state;
  devices d = open_devices();
  static journal one;
  static entry entries[NUM_ITEMS];
  ctf_stream* streams[4];
  ctf_event* events[NUM_ITEMS];
  gate start;
  one.count = 0;
  gate_init(&start);
  for (int i = 0; i < 4; ++i) streams[i] = make_stream(d.at[i / 2]);
  assert_ok(ctf_stream_launch(streams[0], wait_at_gate, &start));
  for (int i = 0; i < NUM_ITEMS; ++i) {
    ctf_stream* stream = streams[i * 3 % 4];
    entries[i] = (entry){&one, i};
    events[i] = make_event(ctf_stream_device(stream));
    if (i > 0) assert_ok(ctf_stream_wait(stream, events[i - 1]));
    assert_ok(ctf_stream_launch(stream, append, &entries[i]));
    assert_ok(ctf_event_record(stream, events[i]));
  }
  // That the host is here says that no wait has held it up: the gate is still shut.
  if (under_test->async) assert_false(ctf_event_reached(events[NUM_ITEMS - 1]));
  gate_open(&start);
  assert_ok(ctf_event_synchronize(events[NUM_ITEMS - 1]));
  assert_true(ctf_event_reached(events[NUM_ITEMS - 1]));
  assert_true(ctf_event_reached(events[0]));
  assert_int_equal(one.count, NUM_ITEMS);
  for (int i = 0; i < NUM_ITEMS; ++i) assert_int_equal(one.entries[i], i);
  for (int i = 0; i < NUM_ITEMS; ++i) ctf_event_destroy(events[i]);
  for (int i = 0; i < 4; ++i) ctf_stream_destroy(streams[i]);
  gate_deinit(&start);
  close_devices(&d);
}

static void events_without_record_are_reached(void** state) {
  (void)state;
  devices d = open_devices();
  ctf_stream* stream = make_stream(d.at[1]);
  ctf_event* event = make_event(d.at[0]);
  notice n = {0};
  assert_true(ctf_event_reached(event));
  assert_ok(ctf_event_synchronize(event));
  assert_ok(ctf_stream_wait(stream, event));
  assert_ok(ctf_event_notify(event, keep_notice, &n));
  assert_int_equal(atomic_load(&n.times), 1);
  assert_int_equal(n.code, TF_OK);
  assert_ok(ctf_stream_synchronize(stream));
  ctf_event_destroy(event);
  ctf_event_destroy(NULL);
  ctf_stream_destroy(stream);
  close_devices(&d);
}

// A wait is for the record that was last when it was put on the stream, whatever becomes of the event.
static void events_can_be_recorded_again(void** state) {
  (void)state;
  devices d = open_devices();
  ctf_stream *a = make_stream(d.at[0]), *b = make_stream(d.at[1]);
  ctf_event* event = make_event(d.at[0]);
  static journal one;
  static entry entries[2];
  gate later;
  gate_init(&later);
  one.count = 0;
  entries[0] = (entry){&one, 0};
  entries[1] = (entry){&one, 1};
  assert_ok(ctf_stream_launch(a, append, &entries[0]));
  assert_ok(ctf_event_record(a, event));
  assert_ok(ctf_stream_wait(b, event));
  assert_ok(ctf_stream_launch(a, wait_at_gate, &later));
  assert_ok(ctf_event_record(a, event));
  assert_ok(ctf_stream_launch(b, append, &entries[1]));
  assert_ok(ctf_stream_synchronize(b));  // does not wait for the second record
  assert_int_equal(one.count, 2);
  assert_int_equal(one.entries[0], 0);
  if (under_test->async) assert_false(ctf_event_reached(event));
  gate_open(&later);
  assert_ok(ctf_event_synchronize(event));
  ctf_event_destroy(event);
  ctf_stream_destroy(a);
  ctf_stream_destroy(b);
  gate_deinit(&later);
  close_devices(&d);
}

static void notices_come_once(void** state) {
  (void)state;
  devices d = open_devices();
  ctf_stream* stream = make_stream(d.at[0]);
  ctf_event* event = make_event(d.at[0]);
  gate later;
  gate_init(&later);
  notice before[3] = {{0}}, after = {0};
  assert_ok(ctf_stream_launch(stream, wait_at_gate, &later));
  assert_ok(ctf_event_record(stream, event));
  for (int i = 0; i < 3; ++i) {
    assert_ok(ctf_event_notify(event, keep_notice, &before[i]));
    if (under_test->async) assert_int_equal(atomic_load(&before[i].times), 0);
  }
  gate_open(&later);
  assert_ok(ctf_stream_synchronize(stream));
  for (int i = 0; i < 3; ++i) {
    assert_int_equal(atomic_load(&before[i].times), 1);
    assert_int_equal(before[i].code, TF_OK);
  }
  assert_ok(ctf_event_notify(event, keep_notice, &after));
  assert_int_equal(atomic_load(&after.times), 1);  // on this thread, before it returned
  ctf_event_destroy(event);
  ctf_stream_destroy(stream);
  gate_deinit(&later);
  close_devices(&d);
}

static void failures_travel_by_events(void** state) {
  (void)state;
  devices d = open_devices();
  ctf_stream *broken = make_stream(d.at[0]), *next = make_stream(d.at[0]), *other = make_stream(d.at[1]),
             *sound = make_stream(d.at[0]);
  ctf_event *failed = make_event(d.at[0]), *passed_on = make_event(d.at[1]), *early = make_event(d.at[0]);
  static journal one;
  static entry entries[4];
  notice n[2] = {{0}};
  one.count = 0;
  for (int i = 0; i < 4; ++i) entries[i] = (entry){&one, i};

  assert_ok(ctf_stream_launch(broken, append, &entries[0]));
  assert_ok(ctf_event_record(broken, early));
  assert_ok(ctf_stream_synchronize(broken));
  break_stream(broken);
  assert_ok(ctf_event_record(broken, failed));
  assert_ok(ctf_event_notify(failed, keep_notice, &n[0]));
  assert_fails(ctf_event_synchronize(failed), TF_UNAVAILABLE, "has lost work");
  assert_fails(ctf_stream_synchronize(broken), TF_UNAVAILABLE, "has lost work");
  assert_fails(ctf_stream_synchronize(broken), TF_UNAVAILABLE, "has lost work");  // it stays
  assert_int_equal(atomic_load(&n[0].times), 1);
  assert_int_equal(n[0].code, TF_UNAVAILABLE);
  assert_ok(ctf_event_synchronize(early));

  // Work that is put on it later does not run; when that is known at once, the launch may say so.
  ctf_status status = ctf_stream_launch(broken, append, &entries[1]);
  if (status != NULL) assert_fails(status, TF_UNAVAILABLE, "has lost work");

  char to = 'x';
  status = ctf_stream_copy(broken, &to, "y", 1, CTF_COPY_WITHIN_DEVICE);
  if (status != NULL) assert_fails(status, TF_UNAVAILABLE, "has lost work");
  assert_fails(ctf_stream_synchronize(broken), TF_UNAVAILABLE, "has lost work");
  assert_int_equal(to, 'x');

  // Who waits for it fails as well, and passes it on.
  assert_ok(ctf_stream_wait(next, failed));
  status = ctf_stream_launch(next, append, &entries[2]);
  if (status != NULL) assert_fails(status, TF_UNAVAILABLE, "has lost work");
  assert_ok(ctf_stream_wait(other, failed));
  assert_ok(ctf_event_record(other, passed_on));
  assert_fails(ctf_event_synchronize(passed_on), TF_UNAVAILABLE, "has lost work");
  assert_ok(ctf_event_notify(passed_on, keep_notice, &n[1]));
  assert_int_equal(atomic_load(&n[1].times), 1);
  assert_int_equal(n[1].code, TF_UNAVAILABLE);
  assert_fails(ctf_stream_synchronize(next), TF_UNAVAILABLE, "has lost work");

  // Others do not notice.
  assert_ok(ctf_stream_wait(sound, early));
  assert_ok(ctf_stream_launch(sound, append, &entries[3]));
  assert_ok(ctf_stream_synchronize(sound));
  assert_int_equal(one.count, 2);
  assert_int_equal(one.entries[1], 3);

  // An event that is recorded again, on a sound stream, has forgotten it.
  assert_ok(ctf_event_record(sound, failed));
  assert_ok(ctf_event_synchronize(failed));

  ctf_event_destroy(failed);
  ctf_event_destroy(passed_on);
  ctf_event_destroy(early);
  ctf_stream_destroy(broken);
  ctf_stream_destroy(next);
  ctf_stream_destroy(other);
  ctf_stream_destroy(sound);
  close_devices(&d);
}

// Everything may be destroyed at once after it was put there: what is under way is waited for, or outlives it.
static void destroyed_in_any_order(void** state) {
  (void)state;
  static journal one;
  static entry entries[3 * NUM_ITEMS];
  one.count = 0;
  for (int round = 0; round < 3; ++round) {
    devices d = open_devices();
    ctf_stream *a = make_stream(d.at[0]), *b = make_stream(d.at[1]);
    ctf_event* event = make_event(d.at[0]);
    notice n = {0};
    for (int i = 0; i < NUM_ITEMS / 4; ++i) {
      entry* e = &entries[round * NUM_ITEMS + i];
      *e = (entry){&one, i};
      assert_ok(ctf_stream_launch(a, append, e));
    }
    assert_ok(ctf_event_record(a, event));
    assert_ok(ctf_event_notify(event, keep_notice, &n));
    assert_ok(ctf_stream_wait(b, event));
    close_devices(&d);  // streams and events keep their devices
    if (round == 0) ctf_event_destroy(event);
    ctf_stream_destroy(round == 1 ? b : a);
    if (round == 1) ctf_event_destroy(event);
    ctf_stream_destroy(round == 1 ? a : b);
    if (round == 2) ctf_event_destroy(event);
    assert_int_equal(atomic_load(&n.times), 1);
    assert_int_equal(one.count, (round + 1) * NUM_ITEMS / 4);
  }
}

static void* open_from_elsewhere(void* arg) {
  gate_open(arg);
  return NULL;
}

static void destroying_an_event_waits_for_it(void** state) {
  (void)state;
  devices d = open_devices();
  ctf_stream* stream = make_stream(d.at[0]);
  static journal one;
  for (int i = 0; i < 10; ++i) {
    ctf_event* event = make_event(d.at[0]);
    entry last = {&one, i};
    pthread_t opener;
    gate later;
    gate_init(&later);
    one.count = 0;
    assert_ok(ctf_stream_launch(stream, wait_at_gate, &later));
    assert_ok(ctf_stream_launch(stream, append, &last));
    assert_ok(ctf_event_record(stream, event));
    assert_int_equal(pthread_create(&opener, NULL, open_from_elsewhere, &later), 0);
    ctf_event_destroy(event);
    assert_int_equal(one.count, 1);
    pthread_join(opener, NULL);
    gate_deinit(&later);
  }
  ctf_stream_destroy(stream);
  close_devices(&d);
}

static ctf_status use_everything(void) {
  ctf_status status = NULL;
  ctf_device* device = NULL;
  ctf_stream *a = NULL, *b = NULL;
  ctf_event* event = NULL;
  ctf_block block = {NULL, 0};
  static journal one;
  static entry entries[2] = {{&one, 0}, {&one, 1}};
  notice n = {0};
  int noticed = 0;
  one.count = 0;
  if (under_test->async) {
    const ctf_sim_options options = {.ordinal = 0};
    CTF_TRY_DONE(ctf_device_create_sim(&options, &device));
  } else {
    device = ctf_device_retain(ctf_device_cpu());
  }
  CTF_TRY_DONE(ctf_device_reserve(device, NULL, 64, "a block", &block));
  CTF_TRY_DONE(ctf_stream_create(device, &a));
  CTF_TRY_DONE(ctf_stream_create(device, &b));
  CTF_TRY_DONE(ctf_event_create(device, &event));
  CTF_TRY_DONE(ctf_stream_copy(a, block.data, "0123456", 8, CTF_COPY_HOST_TO_DEVICE));
  CTF_TRY_DONE(ctf_stream_launch(a, append, &entries[0]));
  CTF_TRY_DONE(ctf_event_record(a, event));
  CTF_TRY_DONE(ctf_stream_wait(b, event));
  CTF_TRY_DONE(ctf_stream_launch(b, append, &entries[1]));
  CTF_TRY_DONE(ctf_event_notify(event, keep_notice, &n));
  noticed = 1;
  CTF_TRY_DONE(ctf_event_synchronize(event));
  CTF_TRY_DONE(ctf_stream_synchronize(b));
  assert_int_equal(one.count, 2);
done:
  ctf_event_destroy(event);
  ctf_stream_destroy(a);
  ctf_stream_destroy(b);
  ctf_device_unreserve(device, NULL, &block);
  ctf_device_release(device);
  assert_int_equal(atomic_load(&n.times), noticed);
  return status;
}

static void every_failure_is_survived(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(use_everything);
}

// Between kinds: the CPU's stream is the host's thread and waits there; a simulated one never holds the host up.
static void kinds_wait_for_each_other(void** state) {
  (void)state;
  under_test = &kKinds[1];
  ctf_device *sim = make_sim(0), *cpu = ctf_device_cpu();
  ctf_stream *on_sim = make_stream(sim), *on_cpu = make_stream(cpu);
  ctf_event *of_sim = make_event(sim), *of_cpu = make_event(cpu);
  static journal one;
  static entry entries[NUM_ITEMS];
  one.count = 0;
  for (int i = 0; i < NUM_ITEMS; ++i) {
    const bool even = i % 2 == 0;
    entries[i] = (entry){&one, i};
    assert_ok(ctf_stream_wait(even ? on_sim : on_cpu, even ? of_cpu : of_sim));
    assert_ok(ctf_stream_launch(even ? on_sim : on_cpu, append, &entries[i]));
    assert_ok(ctf_event_record(even ? on_sim : on_cpu, even ? of_sim : of_cpu));
  }
  assert_int_equal(one.count, NUM_ITEMS);
  for (int i = 0; i < NUM_ITEMS; ++i) assert_int_equal(one.entries[i], i);

  // A failure goes from SIM to the CPU, and from there to a sound stream of SIM.
  ctf_stream* sound = make_stream(sim);
  break_stream(on_sim);
  assert_ok(ctf_event_record(on_sim, of_sim));
  assert_ok(ctf_stream_wait(on_cpu, of_sim));
  assert_fails(ctf_stream_launch(on_cpu, append, NULL), TF_UNAVAILABLE, "has lost work");
  assert_ok(ctf_event_record(on_cpu, of_cpu));
  assert_ok(ctf_stream_wait(sound, of_cpu));
  assert_ok(ctf_stream_launch(sound, append, NULL));
  assert_fails(ctf_stream_synchronize(sound), TF_UNAVAILABLE, "has lost work");
  ctf_event_destroy(of_sim);
  ctf_event_destroy(of_cpu);
  ctf_stream_destroy(on_sim);
  ctf_stream_destroy(on_cpu);
  ctf_stream_destroy(sound);
  ctf_device_release(sim);
}

static void the_nth_launch_is_lost(void** state) {
  (void)state;
  under_test = &kKinds[1];
  static journal one;
  static entry entries[5];
  ctf_device* sim = make_sim(0);
  ctf_stream* stream = make_stream(sim);
  one.count = 0;
  ctf_sim_fail_after(sim, 1);
  ctf_sim_fail_after(sim, 0);  // called off
  ctf_sim_fail_after(sim, 3);
  for (int i = 0; i < 5; ++i) {
    entries[i] = (entry){&one, i};
    assert_ok(ctf_stream_launch(stream, append, &entries[i]));
  }
  assert_fails(ctf_stream_synchronize(stream), TF_UNAVAILABLE, "device:SIM:0 has lost work");
  assert_int_equal(one.count, 2);
  ctf_stream_destroy(stream);
  ctf_device_release(sim);
}

int main(void) {
  const struct CMUnitTest each[] = {
      cmocka_unit_test(identity),
      cmocka_unit_test(memory_is_charged),
      cmocka_unit_test(work_runs_in_order),
      cmocka_unit_test(copies_go_there_and_back),
      cmocka_unit_test(memory_is_poisoned),
      cmocka_unit_test(events_order_streams_and_devices),
      cmocka_unit_test(events_without_record_are_reached),
      cmocka_unit_test(events_can_be_recorded_again),
      cmocka_unit_test(notices_come_once),
      cmocka_unit_test(failures_travel_by_events),
      cmocka_unit_test(destroyed_in_any_order),
      cmocka_unit_test(destroying_an_event_waits_for_it),
      cmocka_unit_test(every_failure_is_survived),
  };
  const struct CMUnitTest between[] = {
      cmocka_unit_test(kinds_wait_for_each_other),
      cmocka_unit_test(the_nth_launch_is_lost),
  };
  int num_failed = 0;
  for (size_t i = 0; i < sizeof(kKinds) / sizeof(kKinds[0]); ++i) {
    under_test = &kKinds[i];
    num_failed += cmocka_run_group_tests_name(under_test->type, each, NULL, NULL);
  }
  return num_failed + cmocka_run_group_tests(between, NULL, NULL);
}
