// A model that has been read: its graph, inputs and outputs.
#ifndef CTF_TOOLS_CTFRUN_MODEL_H_
#define CTF_TOOLS_CTFRUN_MODEL_H_

#include "tensorflow/c/c_api.h"
#include "tools/ctfrun/options.h"
#include "tools/ctfrun/value.h"

typedef struct model {
  const char* path;
  size_t file_bytes;
  int64_t load_ns;
  TF_Graph* graph;
  TF_Status* status;
} model;

// Budgets and libraries, once, before the first model. 0, or an exit code after the failure was said.
int model_prepare(const options* o);
// Reads and imports. 0, or an exit code after the failure was said. Close it in either case.
int model_open(const options* o, const char* path, model* out);
void model_close(model* m);

// "node", "node:1" as a tensor; with `what` ("feed", "fetch") in the message where it does not exist.
int model_find(const model* m, const char* name, const char* what, TF_Output* out_tensor);
// Type and shape that the graph knows of a tensor; the name is what the user would write.
void model_target(const model* m, TF_Output tensor, const char* name, value_target* out_target);

bool model_is_input(const TF_Operation* node);  // a placeholder
// Outputs that nothing reads, of nodes that compute something: what is fetched when nothing else is said. The caller
// frees them (free).
int model_sinks(const model* m, TF_Output** out_sinks, int* out_count);
void tensor_name(TF_Output tensor, char* out, size_t size);  // "node:0"

#endif  // CTF_TOOLS_CTFRUN_MODEL_H_
