#include "tools/ctfrun/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctf/ctf.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/files.h"

static int import_failed(const model* m) {
  return fail(EXIT_ENGINE + (int)TF_GetCode(m->status), "%s cannot be imported; %s", m->path, TF_Message(m->status));
}

// Standard input has no size and cannot be mapped: its bytes become a file without a name, binary or text, from which
// constants are copied into charged memory.
static int import_stdin(model* m) {
  char path[64];
  void* bytes = NULL;
  int code = file_read(m->path, &bytes, &m->file_bytes);
  if (code != 0) return code;
  const int file = memfd_create("model", MFD_CLOEXEC);
  FILE* stream = file >= 0 ? fdopen(file, "wb") : NULL;
  const bool written =
      stream != NULL && (m->file_bytes == 0 || fwrite(bytes, m->file_bytes, 1, stream) == 1) && fflush(stream) == 0;
  free(bytes);
  if (!written) {
    code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "%s needs %zu bytes, which do not fit into memory", m->path,
                m->file_bytes);
  } else {
    const CTF_ImportFileOptions how = {.struct_size = sizeof(how), .copy = true};
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    CTF_GraphImportFile(m->graph, path, &how, m->status);
    if (TF_GetCode(m->status) != TF_OK) code = import_failed(m);
  }
  if (stream != NULL) fclose(stream);
  return code;
}

static int import_file(const options* o, model* m) {
  int code = file_size(m->path, &m->file_bytes);
  if (code != 0) return code;
  const CTF_ImportFileOptions how = {.struct_size = sizeof(how), .copy = o->copy};
  CTF_GraphImportFile(m->graph, m->path, &how, m->status);
  return TF_GetCode(m->status) == TF_OK ? 0 : import_failed(m);
}

// --mem: "512M", "80%", "cpu=4G,sim:0=1G".
static int set_budgets(const options* o, TF_Status* status) {
  for (const char* at = o->memory; *at != '\0';) {
    const size_t length = strcspn(at, ",");
    const char* equals = memchr(at, '=', length);
    const char* amount = equals != NULL ? equals + 1 : at;
    char device[64] = "cpu", text[64];
    size_t bytes;
    double percent;
    if (equals != NULL) snprintf(device, sizeof(device), "%.*s", (int)(equals - at), at);
    snprintf(text, sizeof(text), "%.*s", (int)(at + length - amount), amount);
    (void)parse_bytes(text, &bytes, &percent);  // was checked when the option was read
    if (percent > 0) {
      CTF_MemoryInfo info = {.struct_size = sizeof(info)};
      CTF_SetBudget(device, 0, status);
      if (TF_GetCode(status) == TF_OK) CTF_GetMemoryInfo(NULL, device, &info, status);
      bytes = (size_t)((double)info.limit_bytes * percent / 100);
    }
    if (TF_GetCode(status) == TF_OK) CTF_SetBudget(device, bytes, status);
    if (TF_GetCode(status) != TF_OK) return fail_status(status);
    at += length + (at[length] == ',');
  }
  return 0;
}

// --load. A name without a slash that is a file here is that file, not one of the system's libraries.
static int load_libraries(const options* o, TF_Status* status) {
  for (int i = 0; i < o->libraries.count; ++i) {
    const char* name = o->libraries.items[i].name;
    char path[4096];
    snprintf(path, sizeof(path), "%s%s", strchr(name, '/') == NULL && access(name, R_OK) == 0 ? "./" : "", name);
    TF_Library* library = TF_LoadLibrary(path, status);
    TF_DeleteLibraryHandle(library);  // the library stays
    if (TF_GetCode(status) != TF_OK) {
      return fail(EXIT_ENGINE + (int)TF_GetCode(status), "--load %s: %s", name, TF_Message(status));
    }
    note(NOTE_VERBOSE, "loaded %s", path);
  }
  return 0;
}

int model_prepare(const options* o) {
  TF_Status* status = TF_NewStatus();
  if (status == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory at all");
  int code = o->memory != NULL ? set_budgets(o, status) : 0;
  if (code == 0) code = load_libraries(o, status);
  TF_DeleteStatus(status);
  return code;
}

int model_open(const options* o, const char* path, model* out) {
  *out = (model){.path = path};
  if (path == NULL) return fail(EXIT_USAGE, "no model; try: ctfrun model.pb, or see ctfrun -h");
  out->status = TF_NewStatus();
  if (out->status == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory at all");
  out->graph = TF_NewGraph();
  if (out->graph == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for a graph; raise -m");
  return strcmp(path, "-") == 0 ? import_stdin(out) : import_file(o, out);
}

void model_close(model* m) {
  TF_DeleteGraph(m->graph);
  TF_DeleteStatus(m->status);
}

void tensor_name(TF_Output tensor, char* out, size_t size) {
  snprintf(out, size, "%s:%d", TF_OperationName(tensor.oper), tensor.index);
}

int model_find(const model* m, const char* name, const char* what, TF_Output* out_tensor) {
  char node[1024];
  int index = 0;
  const char* colon = strrchr(name, ':');
  size_t length = strlen(name);
  if (colon != NULL && colon[1] != '\0' && strspn(colon + 1, "0123456789") == strlen(colon + 1)) {
    length = (size_t)(colon - name);
    index = atoi(colon + 1);
  }
  if (length >= sizeof(node)) return fail(EXIT_USAGE, "%s \"%s\": the name is too long", what, name);
  memcpy(node, name, length);
  node[length] = '\0';
  TF_Operation* oper = TF_GraphOperationByName(m->graph, node);
  if (oper == NULL) {
    return fail(EXIT_ENGINE + TF_NOT_FOUND, "%s \"%s\": %s has no node of this name; see ctfrun show %s", what, name,
                m->path, m->path);
  }
  if (index >= TF_OperationNumOutputs(oper)) {
    return fail(EXIT_ENGINE + TF_NOT_FOUND, "%s \"%s\": node \"%s\" (%s) has %d outputs", what, name, node,
                TF_OperationOpType(oper), TF_OperationNumOutputs(oper));
  }
  *out_tensor = (TF_Output){oper, index};
  return 0;
}

void model_target(const model* m, TF_Output tensor, const char* name, value_target* out_target) {
  *out_target = (value_target){.what = "feed", .name = name, .rank = -1};
  const int dtype = (int)TF_OperationOutputType(tensor);
  out_target->dtype = (TF_DataType)(dtype > 100 ? dtype - 100 : dtype);  // a reference is fed as what it refers to
  const int rank = TF_GraphGetTensorNumDims(m->graph, tensor, m->status);
  if (TF_GetCode(m->status) != TF_OK || rank < 0 || rank > VALUE_MAX_RANK) return;
  TF_GraphGetTensorShape(m->graph, tensor, out_target->dims, rank, m->status);
  if (TF_GetCode(m->status) == TF_OK) out_target->rank = rank;
}

bool model_is_input(const TF_Operation* node) {
  const char* op = TF_OperationOpType((TF_Operation*)(uintptr_t)node);
  return strcmp(op, "Placeholder") == 0 || strcmp(op, "PlaceholderV2") == 0;
}

int model_sinks(const model* m, TF_Output** out_sinks, int* out_count) {
  size_t position = 0;
  int capacity = 0;
  *out_sinks = NULL;
  *out_count = 0;
  for (TF_Operation* oper; (oper = TF_GraphNextOperation(m->graph, &position)) != NULL;) {
    const char* op = TF_OperationOpType(oper);
    if (model_is_input(oper) || strcmp(op, "Const") == 0) continue;
    int consumers = 0;
    for (int i = 0; i < TF_OperationNumOutputs(oper); ++i) {
      consumers += TF_OperationOutputNumConsumers((TF_Output){oper, i});
    }
    for (int i = 0; consumers == 0 && i < TF_OperationNumOutputs(oper); ++i) {
      if (*out_count == capacity) {
        capacity = 2 * capacity + 8;
        TF_Output* larger = realloc(*out_sinks, (size_t)capacity * sizeof(**out_sinks));
        if (larger == NULL) {
          free(*out_sinks);
          *out_sinks = NULL;
          return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the list of outputs");
        }
        *out_sinks = larger;
      }
      (*out_sinks)[(*out_count)++] = (TF_Output){oper, i};
    }
  }
  return 0;
}
