// Random graphs over two SIM devices against the CPU's answers, bit for bit.
//
//   sim_dag_test [first seed] [count]    every answer must be equal
//   sim_dag_test --plant=waits|reuse     plants a fault in the plan and must see it: exit 3 when it does
//
// The planted faults show that the check checks: without waits a stream reads what another has not written, with early
// reuse two tensors that are both alive share bytes.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/session_impl.h"
#include "tests/support/graph.h"

enum { SIDE = 8, NUM_INPUTS = 3, MAX_NODES = 48, MAX_FETCHES = 4, EXIT_CAUGHT = 3 };

static const int64_t kDims[] = {SIDE, SIDE};

// splitmix64: Steele, Lea & Flood 2014, doi:10.1145/2714064.2660195.
static uint64_t next_random(uint64_t* state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}
static int pick(uint64_t* state, int count) { return (int)(next_random(state) % (uint64_t)count); }

// All nodes have shape [SIDE, SIDE]; a sum over an axis comes back through broadcasting.
static TF_Output random_node(test_graph* g, uint64_t* state, const TF_Output* nodes, int count) {
  static const char* const kUnary[] = {"Neg", "Relu", "Tanh", "Square", "Softmax", "Identity"};
  static const char* const kBinary[] = {"AddV2", "Sub", "Mul", "Maximum", "MatMul"};
  static const char* const kDevices[] = {"/device:SIM:0", "/device:SIM:1", "/device:CPU:0"};
  const char* device = kDevices[pick(state, 10) % 3];
  const TF_Output a = nodes[pick(state, count)], b = nodes[pick(state, count)];
  const int kind = pick(state, 12);
  if (kind < 5) return test_op(g, kUnary[pick(state, 6)], device, 1, &a);
  if (kind < 10) return test_op(g, kBinary[pick(state, 5)], device, 2, (const TF_Output[]){a, b});
  if (kind == 10) {
    const TF_Output axis = test_const_ints(g, 1, (const int32_t[]){pick(state, 2)});
    const TF_Output sum = test_op(g, "Mean", device, 2, (const TF_Output[]){a, axis});
    return test_op(g, "AddV2", device, 2, (const TF_Output[]){sum, b});
  }
  const TF_Output shape = test_const_ints(g, 1, (const int32_t[]){-1});
  const TF_Output flat = test_op(g, "Reshape", device, 2, (const TF_Output[]){a, shape});
  const TF_Output square = test_const_ints(g, 2, (const int32_t[]){SIDE, -1});
  return test_op(g, "Reshape", device, 2, (const TF_Output[]){test_op(g, "Neg", device, 1, &flat), square});
}

typedef struct dag {
  test_graph g;
  TF_Output inputs[NUM_INPUTS];
  TF_Output fetches[MAX_FETCHES];
} dag;

static void build(dag* d, uint64_t seed) {
  uint64_t state = seed;
  TF_Output nodes[MAX_NODES + NUM_INPUTS + 1];
  test_graph_init(&d->g);
  for (int i = 0; i < NUM_INPUTS; ++i) d->inputs[i] = nodes[i] = test_placeholder(&d->g, TF_FLOAT, kDims, 2);
  int count = NUM_INPUTS;
  nodes[count++] = test_const(&d->g, test_ramp(kDims, 2, -1.0f, 0.03f));
  const int target = count + 8 + pick(&state, MAX_NODES - 8);
  while (count < target) {
    nodes[count] = random_node(&d->g, &state, nodes, count);
    ++count;
  }
  for (int i = 0; i < MAX_FETCHES; ++i) d->fetches[i] = nodes[count - 1 - pick(&state, 8)];
}

static bool run(dag* d, TF_Session* session, TF_Tensor** got) {
  TF_Tensor* feeds[NUM_INPUTS];
  for (int i = 0; i < NUM_INPUTS; ++i) feeds[i] = test_ramp(kDims, 2, 0.5f - (float)i, 0.01f * (float)(i + 1));
  TF_SessionRun(session, NULL, d->inputs, feeds, NUM_INPUTS, d->fetches, got, MAX_FETCHES, NULL, 0, NULL, d->g.status);
  for (int i = 0; i < NUM_INPUTS; ++i) TF_DeleteTensor(feeds[i]);
  if (TF_GetCode(d->g.status) == TF_OK) return true;
  printf("status %d: %s\n", (int)TF_GetCode(d->g.status), TF_Message(d->g.status));
  return false;
}

static TF_Session* open_session(dag* d, uint64_t seed, const ctf_plan_faults* faults) {
  TF_SessionOptions* options = TF_NewSessionOptions();
  CTF_SessionOptionsSetSim(options, 2, seed, 60, d->g.status);
  TF_Session* session = test_session_with(&d->g, options);
  session->executor.faults = *faults;
  return session;
}

// The same graph without device strings, on the CPU alone.
static void run_reference(uint64_t seed, TF_Tensor** got) {
  dag d;
  build(&d, seed);
  for (size_t i = 0; i < d.g.graph->num_nodes; ++i) d.g.graph->nodes[i]->device = (ctf_bytes){"", 0};
  TF_Session* session = test_session(&d.g);
  if (!run(&d, session, got)) exit(1);
  test_close(&d.g, session);
  test_graph_deinit(&d.g);
}

// Counts the answers that differ in any bit, over two runs (the second reuses blocks of the first).
static int compare(uint64_t seed, const ctf_plan_faults* faults) {
  TF_Tensor *want[MAX_FETCHES] = {0}, *got[MAX_FETCHES] = {0};
  int different = 0;
  dag d;
  run_reference(seed, want);
  build(&d, seed);
  TF_Session* session = open_session(&d, seed, faults);
  for (int round = 0; round < 2; ++round) {
    if (!run(&d, session, got)) {
      ++different;
      continue;
    }
    for (int i = 0; i < MAX_FETCHES; ++i) {
      different += memcmp(TF_TensorData(got[i]), TF_TensorData(want[i]), TF_TensorByteSize(want[i])) != 0;
      TF_DeleteTensor(got[i]);
      got[i] = NULL;
    }
  }
  test_close(&d.g, session);
  test_graph_deinit(&d.g);
  for (int i = 0; i < MAX_FETCHES; ++i) TF_DeleteTensor(want[i]);
  return different;
}

int main(int argc, char** argv) {
  ctf_plan_faults faults = {0};
  const bool planted = argc > 1 && strncmp(argv[1], "--plant=", 8) == 0;
  if (planted) {
    faults.drop_waits = strcmp(argv[1] + 8, "waits") == 0;
    faults.early_reuse = strcmp(argv[1] + 8, "reuse") == 0;
    if (!faults.drop_waits && !faults.early_reuse) return 2;
  }
  const uint64_t first = !planted && argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
  const uint64_t count = planted ? 100 : argc > 2 ? strtoull(argv[2], NULL, 10) : 500;
  uint64_t wrong = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const int different = compare(seed, &faults);
    wrong += different > 0;
    if (different > 0 && !planted) printf("seed %llu: %d answers differ\n", (unsigned long long)seed, different);
    if (different > 0 && planted) break;
  }
  if (planted) {
    printf("planted fault: %s\n", wrong > 0 ? "caught" : "NOT caught");
    return wrong > 0 ? EXIT_CAUGHT : 0;
  }
  printf("%llu graphs, %llu wrong\n", (unsigned long long)count, (unsigned long long)wrong);
  return wrong > 0;
}
