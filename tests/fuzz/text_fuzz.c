// Any bytes as the text of a GraphDef, and as its wire format: what is read is written as a text that reads as the
// same, and nothing is left behind.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graphdef/text.h"
#include "graphdef/wire.h"
#include "runtime/device.h"
#include "tensorflow/core/framework/graph.pb-c.h"

#define LIMIT_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes);

static void require(bool condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "text_fuzz: %s\n", what);
  abort();
}

// Refusals are fine when they say why and, for text, where.
static bool worked(ctf_status status, bool has_position) {
  const bool ok = status == NULL;
  const TF_Code code = ctf_status_code(status);
  unsigned line = 0, column = 0;
  require(ok || code == TF_INVALID_ARGUMENT || code == TF_RESOURCE_EXHAUSTED, "an unexpected code");
  if (!ok && has_position && code == TF_INVALID_ARGUMENT) {
    require(sscanf(ctf_status_message(status), "%u:%u: ", &line, &column) == 2, "a failure without a position");
    require(line >= 1 && column >= 1, "a position before the first");
  }
  ctf_status_drop(status);  // it has been judged
  return ok;
}

static void write_and_read(ctf_bytes wire, ctf_allocator* alloc) {
  const ProtobufCMessageDescriptor* const descriptor = &tensorflow__graph_def__descriptor;
  ctf_bytes text, again, rewritten;
  if (!worked(ctf_text_write(descriptor, wire.data, wire.length, alloc, &text), false)) return;
  if (worked(ctf_text_read(descriptor, text.data, text.length, alloc, &again), true)) {
    if (worked(ctf_text_write(descriptor, again.data, again.length, alloc, &rewritten), false)) {
      require(text.length == rewritten.length && memcmp(text.data, rewritten.data, text.length) == 0,
              "what was written is read as something else");
      ctf_free(alloc, (void*)rewritten.data);
    }
    ctf_free(alloc, (void*)again.data);
  }
  ctf_free(alloc, (void*)text.data);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  const uint64_t live = ctf_memory_num_live();
  ctf_budget* budget = NULL;
  ctf_allocator* alloc = NULL;
  ctf_bytes wire;
  require(ctf_budget_create(ctf_device_budget(ctf_device_cpu()), "fuzz", LIMIT_BYTES, &budget) == NULL, "no budget");
  require(ctf_allocator_create(budget, &alloc) == NULL, "no allocator");
  if (worked(ctf_text_read(&tensorflow__graph_def__descriptor, (const char*)data, bytes, alloc, &wire), true)) {
    write_and_read(wire, alloc);
    ctf_free(alloc, (void*)wire.data);
  }
  write_and_read((ctf_bytes){(const char*)data, bytes}, alloc);
  ctf_allocator_free(alloc);
  require(ctf_budget_used(budget) == 0, "something is still charged");
  ctf_budget_release(budget);
  require(ctf_memory_num_live() == live, "something was not freed");
  return 0;
}
