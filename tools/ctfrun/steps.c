// The steps of a run: claimed one by one by as many threads as --jobs says, each with its deadline, under the watch.
#include "tools/ctfrun/run.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctf/ctf.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/watch.h"

enum { MAX_KEPT_TIMES = 1 << 20, MAX_JOBS = 256, SLICE_NS = 20000000 };

typedef struct stepper {  // immutable but for what the lock guards
  const options* o;
  const model* m;
  TF_Session* session;
  request* r;
  step_count steps;
  CTF_Cancellation* cancellation;
  int (*each)(const step_done* step);
  bool traced;
  int64_t start_ns, deadline_ns;  // deadline: of the command; 0: none
  pthread_mutex_t lock;           // guards what follows
  long claimed;                   // steps that have begun
  long last;                      // whose results are in the request
  long done;
  run_times* times;  // NULL: not wanted
  int code;
} stepper;

static bool keep_time(run_times* times, int64_t ns) {
  if (times->count < times->capacity) {
    times->ns[times->count++] = ns;
    return true;
  }
  if (times->capacity == MAX_KEPT_TIMES) {
    ++times->count;
    return true;
  }
  const size_t capacity = times->capacity > 0 ? 2 * times->capacity : 1024;
  int64_t* larger = realloc(times->ns, capacity * sizeof(*larger));
  if (larger == NULL) return false;
  times->ns = larger;
  times->capacity = capacity;
  times->ns[times->count++] = ns;
  return true;
}

void run_times_free(run_times* times) {
  free(times->ns);
  *times = (run_times){0};
}

static int by_size(const void* left, const void* right) {
  const int64_t a = *(const int64_t*)left, b = *(const int64_t*)right;
  return a < b ? -1 : a > b;
}

double run_times_percentile(run_times* times, double part) {
  const size_t count = times->count < times->capacity ? times->count : times->capacity;
  if (count == 0) return 0;
  qsort(times->ns, count, sizeof(*times->ns), by_size);
  const double at = part * (double)(count - 1);
  const size_t below = (size_t)at, above = below + 1 < count ? below + 1 : below;
  return (double)times->ns[below] + (at - (double)below) * (double)(times->ns[above] - times->ns[below]);
}

// The number of the next step; 0: there is none.
static long claim_step(stepper* s) {
  pthread_mutex_lock(&s->lock);
  const bool more = s->code == 0 && (s->steps.ms > 0 ? s->claimed == 0 || now_ns() - s->start_ns < s->steps.ms * 1000000
                                                     : s->claimed < s->steps.count);
  const long step = more ? ++s->claimed : 0;
  pthread_mutex_unlock(&s->lock);
  return step;
}

// With --rate, until the step is due, in slices so that a signal ends it.
static void wait_turn(const stepper* s, long step) {
  if (s->o->rate <= 0) return;
  const int64_t due = s->start_ns + (int64_t)((double)(step - 1) / s->o->rate * 1e9);
  for (int64_t now; (now = now_ns()) < due && watch_verdict() == 0;) {
    const int64_t rest = due - now < SLICE_NS ? due - now : SLICE_NS;
    const struct timespec slice = {.tv_nsec = rest};
    nanosleep(&slice, NULL);
  }
}

// The exit code of a step that failed, said unless the watch ended it.
static int step_failed(const stepper* s, const TF_Status* status, bool whole_deadline) {
  const int verdict = watch_verdict();
  if (verdict > EXIT_SIGNAL) {
    return fail(verdict, "stopped by %s after %ld steps", verdict == EXIT_SIGNAL + 2 ? "Ctrl-C" : "a signal", s->done);
  }
  if (verdict != 0)
    return fail(verdict, "no step has ended for %.3g s (--stall-exit); %ld steps were done",
                (double)s->o->stall_ms / 1e3, s->done);
  if (whole_deadline && TF_GetCode(status) == TF_DEADLINE_EXCEEDED) {
    return fail(EXIT_ENGINE + TF_DEADLINE_EXCEEDED, "the time of --timeout-total is over after %ld steps; %s", s->done,
                TF_Message(status));
  }
  return fail_status(status);
}

static int take_results(stepper* s, const step_done* step) {
  int code = 0;
  ++s->done;
  if (s->times != NULL && !keep_time(s->times, step->ns)) {
    code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the times of the steps");
  }
  if (code == 0 && s->each != NULL) code = s->each(step);
  if (step->step > s->last) {  // swaps: the caller deletes what it then has
    s->last = step->step;
    for (int i = 0; i < s->r->num_fetches; ++i) {
      TF_Tensor* older = s->r->results[i];
      s->r->results[i] = step->values[i];
      step->values[i] = older;
    }
    if (s->traced) {
      CTF_DeleteTrace(s->r->trace);
      s->r->trace = *step->trace;
      *step->trace = CTF_NewTrace(NULL);  // NULL, with no memory: the next step is not recorded
    }
  }
  return code;
}

static void run_one(stepper* s, long step, TF_Tensor** values, CTF_Trace** inout_trace, TF_Status* status) {
  CTF_RunRequest wanted = {.struct_size = sizeof(wanted),
                           .feeds = s->r->feeds,
                           .feed_values = s->r->feed_values,
                           .num_feeds = s->r->num_feeds,
                           .fetches = s->r->fetches,
                           .num_fetches = s->r->num_fetches,
                           .targets = s->r->targets,
                           .num_targets = s->r->num_targets,
                           .timeout_ms = s->o->timeout_ms,
                           .cancellation = s->cancellation,
                           .trace = *inout_trace};
  wait_turn(s, step);
  bool whole_deadline = false;
  const int64_t begin = now_ns();
  if (s->deadline_ns > 0) {
    const int64_t rest = (s->deadline_ns - begin + 999999) / 1000000;
    whole_deadline = wanted.timeout_ms == 0 || rest < wanted.timeout_ms;
    if (whole_deadline) wanted.timeout_ms = rest > 0 ? rest : 1;
  }
  if (s->deadline_ns > 0 && begin >= s->deadline_ns) {
    TF_SetStatus(status, TF_DEADLINE_EXCEEDED, "no time is left for another step");
  } else {
    CTF_SessionRun(s->session, &wanted, values, status);
  }
  const step_done done = {s->o, s->m, s->r, step, values, now_ns() - begin, inout_trace};
  pthread_mutex_lock(&s->lock);
  int code = 0;
  if (TF_GetCode(status) != TF_OK) {
    if (s->code == 0) code = step_failed(s, status, whole_deadline);
  } else {
    watch_step_done();
    code = take_results(s, &done);
  }
  if (s->code == 0) s->code = code;
  pthread_mutex_unlock(&s->lock);
  for (int i = 0; i < s->r->num_fetches; ++i) {
    TF_DeleteTensor(values[i]);
    values[i] = NULL;
  }
}

static void* step_thread(void* arg) {
  stepper* s = arg;
  TF_Status* status = TF_NewStatus();
  TF_Tensor** values = calloc((size_t)s->r->num_fetches + 1, sizeof(*values));
  CTF_Trace* trace = s->traced ? CTF_NewTrace(NULL) : NULL;
  if (status == NULL || values == NULL) {
    pthread_mutex_lock(&s->lock);
    if (s->code == 0) s->code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the run");
    pthread_mutex_unlock(&s->lock);
  } else {
    for (long step; (step = claim_step(s)) != 0;) run_one(s, step, values, &trace, status);
  }
  free(values);
  CTF_DeleteTrace(trace);
  TF_DeleteStatus(status);
  return NULL;
}

static int run_all(stepper* s) {
  pthread_t threads[MAX_JOBS];
  const long jobs = s->o->jobs < MAX_JOBS ? s->o->jobs : MAX_JOBS;
  long started = 0;
  s->start_ns = now_ns();
  s->cancellation = watch_runs(s->steps.ms > 0 ? 0 : s->steps.count);
  for (; started < jobs - 1; ++started) {
    if (pthread_create(&threads[started], NULL, step_thread, s) != 0) break;
  }
  if (started < jobs - 1) note(NOTE_ALWAYS, "%ld threads instead of %ld for --jobs", started + 1, jobs);
  step_thread(s);
  for (long i = 0; i < started; ++i) pthread_join(threads[i], NULL);
  watch_runs_over();
  return s->code;
}

int run_steps(const options* o, const model* m, TF_Session* session, request* r, step_count warmup, step_count steps,
              int (*each)(const step_done* step), run_times* out_times) {
  stepper s = {.o = o, .m = m, .session = session, .r = r, .steps = warmup};
  pthread_mutex_init(&s.lock, NULL);
  if (o->total_timeout_ms > 0) s.deadline_ns = now_ns() + o->total_timeout_ms * 1000000;
  int code = warmup.count > 0 || warmup.ms > 0 ? run_all(&s) : 0;
  if (code == 0) {
    s.steps = steps;
    s.claimed = s.last = s.done = 0;
    s.each = each;
    s.times = out_times;
    s.traced = o->trace != NULL || o->report != NULL || o->stats != NULL;
    code = run_all(&s);
    if (out_times != NULL) out_times->whole_ns = now_ns() - s.start_ns;
  }
  pthread_mutex_destroy(&s.lock);
  return code;
}
