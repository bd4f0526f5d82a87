// Constants that an op cannot use: refused when the graph is built or when it runs, as TensorFlow does.
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/engine/graph_text.h"

typedef struct constants_row {
  const char* nodes;
  const char* feed;  // dimensions of p, with commas; q0, q1 ... are fed zeros of their own shape
  const char* said;  // the shapes of x, or how the import's message begins
  TF_Code code;      // of the import
  TF_Code run_code;
} constants_row;

// clang-format off
static const constants_row kRows[] = {
#include "tests/engine/constants_recorded.inc"
};
// clang-format on

enum { MAX_FEEDS = 8, TEXT_BYTES = 1024 };

static void describe_shapes(const TF_Operation* x, char* text) {
  size_t used = 0;
  text[0] = '\0';
  for (int i = 0; i < x->num_outputs; ++i) {
    used += (size_t)snprintf(text + used, TEXT_BYTES - used, "%s%s", i > 0 ? " " : "",
                             ctf_shape_print(x->output_shapes[i]).text);
    assert_true(used < TEXT_BYTES);
  }
}

static TF_Tensor* zeros(const TF_Operation* node, const char* dims) {
  int64_t sizes[CTF_MAX_RANK];
  int rank = 0;
  size_t bytes = ctf_dtype_get(node->output_types[0])->bytes;
  if (strcmp(node->name.data, "p") == 0) {
    for (char* at = (char*)dims; *at != '\0'; at += *at == ',') sizes[rank++] = strtoll(at, &at, 10);
  } else {
    rank = node->output_shapes[0].rank;
    for (int i = 0; i < rank; ++i) sizes[i] = node->output_shapes[0].dims[i];
  }
  for (int i = 0; i < rank; ++i) bytes *= (size_t)sizes[i];
  TF_Tensor* const tensor = TF_AllocateTensor(node->output_types[0], sizes, rank, bytes);
  assert_non_null(tensor);
  if (bytes > 0) memset(TF_TensorData(tensor), 0, bytes);
  return tensor;
}

// Runs x with everything fed that has to be.
static void run(TF_Graph* graph, const char* dims, TF_Status* status) {
  TF_Operation* const x = graph_node(graph, "x");
  TF_Output feeds[MAX_FEEDS], fetches[MAX_FEEDS];
  TF_Tensor *values[MAX_FEEDS], *results[MAX_FEEDS] = {NULL};
  int num_feeds = 0;
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    if (strcmp(graph->nodes[i]->op->name, "Placeholder") != 0) continue;
    assert_true(num_feeds < MAX_FEEDS);
    feeds[num_feeds] = (TF_Output){graph->nodes[i], 0};
    values[num_feeds++] = zeros(graph->nodes[i], dims);
  }
  assert_true(x->num_outputs <= MAX_FEEDS);
  for (int i = 0; i < x->num_outputs; ++i) fetches[i] = (TF_Output){x, i};
  TF_SessionOptions* const options = TF_NewSessionOptions();
  TF_Session* const session = TF_NewSession(graph, options, status);
  TF_DeleteSessionOptions(options);
  assert_int_equal(TF_GetCode(status), TF_OK);
  TF_SessionRun(session, NULL, feeds, values, num_feeds, fetches, results, x->num_outputs, NULL, 0, NULL, status);
  for (int i = 0; i < num_feeds; ++i) TF_DeleteTensor(values[i]);
  for (int i = 0; i < x->num_outputs; ++i) TF_DeleteTensor(results[i]);
  TF_Status* const closed = TF_NewStatus();
  TF_DeleteSession(session, closed);
  TF_DeleteStatus(closed);
}

static bool row_holds(const constants_row* row) {
  char shapes[TEXT_BYTES];
  bool right = true;
  TF_Graph* graph;
  assert_ok(ctf_graph_create(&graph));
  ctf_status status = graph_import_nodes(graph, row->nodes);
  const char* said = shapes;
  if (status == NULL) {
    describe_shapes(graph_node(graph, "x"), shapes);
  } else {
    said = ctf_status_message(status);
  }
  if (ctf_status_code(status) != row->code || strncmp(said, row->said, strlen(row->said)) != 0) {
    print_error("%s\n  want %s: %s\n  got  %s: %s\n", row->nodes, ctf_code_name(row->code), row->said,
                ctf_code_name(ctf_status_code(status)), said);
    right = false;
  } else if (status == NULL) {
    TF_Status* const ran = TF_NewStatus();
    run(graph, row->feed, ran);
    if (TF_GetCode(ran) != row->run_code) {
      print_error("%s\n  want %s when it runs\n  got  %s: %s\n", row->nodes, ctf_code_name(row->run_code),
                  ctf_code_name(TF_GetCode(ran)), TF_Message(ran));
      right = false;
    }
    TF_DeleteStatus(ran);
  }
  ctf_status_drop(status);  // it has been judged
  TF_DeleteGraph(graph);
  return right;
}

static void constants_are_judged_when_tensorflow_judges_them(void** state) {
  (void)state;
  const size_t count = sizeof(kRows) / sizeof(kRows[0]);
  size_t wrong = 0;
  for (size_t i = 0; i < count; ++i) wrong += !row_holds(&kRows[i]);
  if (wrong > 0) fail_msg("%zu of %zu rows", wrong, count);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(constants_are_judged_when_tensorflow_judges_them)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
