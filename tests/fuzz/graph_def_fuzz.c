// Any bytes as a GraphDef file: copied and mapped reading agree, what is read is written and read again as the same,
// and nothing is left behind.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graphdef/graph_def.h"
#include "runtime/device.h"

#define LIMIT_BYTES ((size_t)64 << 20)  // a small file may ask for a large tensor: refused, not waited for

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes);

static void require(bool condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "graph_def_fuzz: %s\n", what);
  abort();
}

// Writes the graph in `source` to `alloc`; gives the code with which reading ended.
static TF_Code rewrite(const ctf_source* source, ctf_allocator* alloc, ctf_bytes* out_bytes) {
  ctf_graph_def* graph = NULL;
  *out_bytes = (ctf_bytes){0};
  ctf_status status = ctf_graph_def_read(source, alloc, &graph);
  if (status == NULL) status = ctf_graph_def_write(graph, alloc, out_bytes);
  ctf_graph_def_release(graph);
  const TF_Code code = ctf_status_code(status);
  require((code == TF_OK) == (*ctf_status_message(status) == '\0'), "a failure without a message");
  ctf_status_drop(status);  // any refusal is fine
  return code;
}

static bool same(ctf_bytes a, ctf_bytes b) {
  return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static void try_bytes(const uint8_t* data, size_t bytes, ctf_budget* budget, ctf_allocator* alloc) {
  ctf_buffer* mapping = NULL;
  ctf_bytes copied, mapped, again;
  const ctf_source source = {.data = data, .bytes = bytes, .budget = budget};
  const TF_Code code = rewrite(&source, alloc, &copied);

  ctf_source in_mapping = source;
  require(ctf_buffer_wrap((void*)data, bytes, NULL, NULL, &mapping) == NULL, "no buffer");
  in_mapping.mapping = mapping;
  const TF_Code mapped_code = rewrite(&in_mapping, alloc, &mapped);
  require(ctf_buffer_sole(mapping), "the mapping is still in use");
  ctf_buffer_release(mapping);
  // a mapped constant takes no memory: only there may the two differ
  if (code == TF_RESOURCE_EXHAUSTED || mapped_code == TF_RESOURCE_EXHAUSTED) return;
  require(code == mapped_code, "copied and mapped reading end with different codes");
  require(same(copied, mapped), "copied and mapped reading differ");
  if (code != TF_OK) return;

  const ctf_source written = {(const uint8_t*)copied.data, copied.length, NULL, budget};
  const TF_Code again_code = rewrite(&written, alloc, &again);
  if (again_code == TF_RESOURCE_EXHAUSTED) return;
  require(again_code == TF_OK, "what was written cannot be read");
  require(same(copied, again), "what was written is read as something else");
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  const uint64_t live = ctf_memory_num_live();
  ctf_budget* budget = NULL;
  ctf_allocator *system = NULL, *scratch = NULL;
  require(ctf_budget_create(ctf_device_budget(ctf_device_cpu()), "fuzz", LIMIT_BYTES, &budget) == NULL, "no budget");
  require(ctf_allocator_create(budget, &system) == NULL, "no allocator");
  require(ctf_scratch_create(system, 4096, &scratch) == NULL, "no scratch");
  try_bytes(data, bytes, budget, scratch);
  ctf_allocator_free(scratch);
  ctf_allocator_free(system);
  require(ctf_budget_used(budget) == 0, "something is still charged");
  ctf_budget_release(budget);
  require(ctf_memory_num_live() == live, "something was not freed");
  return 0;
}
