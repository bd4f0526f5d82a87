// graph: a model in another form, or drawn; and the names in it, for shells.
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/print.h"
#include "tools/ctfrun/verbs.h"

extern char** environ;

// ---- DOT

static void dot_string(FILE* file, const char* text) {
  putc('"', file);
  for (; *text != '\0'; ++text) {
    if (*text == '"' || *text == '\\') putc('\\', file);
    putc(*text, file);
  }
  putc('"', file);
}

static const char* colour_of(const char* op, const char* device) {
  if (strcmp(op, "Placeholder") == 0) return "#cfe8cf";
  if (strcmp(op, "Const") == 0) return "#eeeeee";
  if (strstr(device, "GPU") != NULL || strstr(device, "gpu") != NULL) return "#f9d5b0";
  if (strstr(device, "SIM") != NULL || strstr(device, "sim") != NULL) return "#e3d4f2";
  return "#d4e4f7";
}

static int by_name(const void* left, const void* right) {
  return strcmp(TF_OperationName(*(TF_Operation* const*)left), TF_OperationName(*(TF_Operation* const*)right));
}

static size_t scope_length(const char* name) {
  const char* slash = strrchr(name, '/');
  return slash != NULL ? (size_t)(slash - name) : 0;
}

// Closes and opens clusters, one for each part of a scope, until the next node stands in its own. DOT joins clusters of
// the same name, so it does no harm that other names may stand between a scope's nodes.
static void change_scope(FILE* file, const char* from, size_t from_length, const char* to, size_t to_length) {
  size_t shared = 0;  // whole parts that both begin with
  for (size_t i = 0;; ++i) {
    const bool from_ends = i == from_length || from[i] == '/', to_ends = i == to_length || to[i] == '/';
    if (from_ends && to_ends) shared = i;
    if (i == from_length || i == to_length || from[i] != to[i]) break;
  }
  for (size_t i = shared; i < from_length; ++i) {
    if (from[i] == '/' || i == 0) fprintf(file, "}\n");
  }
  for (size_t i = shared; i < to_length;) {
    if (to[i] == '/') ++i;
    const size_t begin = i;
    while (i < to_length && to[i] != '/') ++i;
    fprintf(file, "subgraph \"cluster_%.*s\" { label=\"%.*s\"; color=\"#999999\";\n", (int)i, to, (int)(i - begin),
            to + begin);
  }
}

static void dot_edges(FILE* file, const model* m, TF_Operation* node) {
  for (int k = 0; k < TF_OperationNumInputs(node); ++k) {
    const TF_Output input = TF_OperationInput((TF_Input){node, k});
    value_target target;
    model_target(m, input, "", &target);
    dot_string(file, TF_OperationName(input.oper));
    fprintf(file, " -> ");
    dot_string(file, TF_OperationName(node));
    fprintf(file, " [label=\"%s ", dtype_name(target.dtype));
    print_shape(file, target.dims, target.rank);
    fprintf(file, "\"];\n");
  }
  const int count = TF_OperationNumControlInputs(node);
  TF_Operation** controls = calloc((size_t)count + 1, sizeof(*controls));
  if (controls == NULL) return;
  TF_OperationGetControlInputs(node, controls, count);
  for (int k = 0; k < count; ++k) {
    dot_string(file, TF_OperationName(controls[k]));
    fprintf(file, " -> ");
    dot_string(file, TF_OperationName(node));
    fprintf(file, " [style=dashed];\n");
  }
  free(controls);
}

static int write_dot(FILE* file, const model* m) {
  size_t position = 0, count = 0;
  while (TF_GraphNextOperation(m->graph, &position) != NULL) ++count;
  TF_Operation** nodes = calloc(count + 1, sizeof(*nodes));
  if (nodes == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "no memory for the drawing");
  position = 0;
  for (size_t i = 0; i < count; ++i) nodes[i] = TF_GraphNextOperation(m->graph, &position);
  qsort(nodes, count, sizeof(*nodes), by_name);
  fprintf(file,
          "digraph model {\nrankdir=TB;\nnode [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\", "
          "fontsize=10];\n"
          "edge [fontname=\"sans-serif\", fontsize=8];\n");
  const char* scope = "";
  size_t scope_size = 0;
  for (size_t i = 0; i < count; ++i) {
    const char* name = TF_OperationName(nodes[i]);
    const char* op = TF_OperationOpType(nodes[i]);
    const size_t length = scope_length(name);
    change_scope(file, scope, scope_size, name, length);
    scope = name;
    scope_size = length;
    dot_string(file, name);
    fprintf(file, " [label=\"%s\\n%s\", fillcolor=\"%s\"];\n", name + (length > 0 ? length + 1 : 0), op,
            colour_of(op, TF_OperationDevice(nodes[i])));
  }
  change_scope(file, scope, scope_size, "", 0);
  for (size_t i = 0; i < count; ++i) dot_edges(file, m, nodes[i]);
  fprintf(file, "}\n");
  free(nodes);
  return 0;
}

// `dot -Tsvg`, reading what write_dot writes.
static int write_svg(const char* path, const model* m) {
  int ends[2], status = 0;
  pid_t child;
  posix_spawn_file_actions_t actions;
  char* const words[] = {(char*)(uintptr_t) "dot", (char*)(uintptr_t) "-Tsvg", (char*)(uintptr_t) "-o",
                         (char*)(uintptr_t)path, NULL};
  if (pipe(ends) != 0) return fail(EXIT_FILE, "no pipe to dot; %s", strerror(errno));
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  const int error = posix_spawnp(&child, "dot", &actions, NULL, words, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  if (error != 0) {
    close(ends[1]);
    return fail(EXIT_FILE, "%s needs dot, which cannot be started (%s); install graphviz, or write a .dot file", path,
                strerror(error));
  }
  FILE* file = fdopen(ends[1], "w");
  int code = file != NULL ? write_dot(file, m) : fail(EXIT_FILE, "no pipe to dot; %s", strerror(errno));
  if (file != NULL) fclose(file);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (code == 0 && status != 0) code = fail(EXIT_FILE, "%s was not drawn; dot ended with status %d", path, status);
  return code;
}

// ---- the model's own forms

static int write_graph(FILE* file, const char* path, const model* m, bool text) {
  TF_Buffer* binary = TF_NewBuffer();
  TF_Buffer* readable = TF_NewBuffer();
  TF_GraphToGraphDef(m->graph, binary, m->status);
  if (TF_GetCode(m->status) == TF_OK && text) CTF_GraphDefToText(binary, readable, m->status);
  int code = TF_GetCode(m->status) == TF_OK ? 0 : fail_status(m->status);
  const TF_Buffer* out = text ? readable : binary;
  if (code == 0 && out->length > 0 && fwrite(out->data, out->length, 1, file) != 1) {
    code = fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
  }
  TF_DeleteBuffer(binary);
  TF_DeleteBuffer(readable);
  return code;
}

static bool ends_with(const char* text, const char* ending) {
  const size_t length = strlen(text), size = strlen(ending);
  return length >= size && strcmp(text + length - size, ending) == 0;
}

static int convert_to(const char* path, const model* m) {
  const bool text = ends_with(path, ".txt") || ends_with(path, ".pbtxt"), dot = ends_with(path, ".dot");
  if (strcmp(path, "-") == 0) return write_graph(stdout, "standard output", m, true);
  if (ends_with(path, ".svg")) return write_svg(path, m);
  if (!text && !dot && !ends_with(path, ".pb")) {
    return fail(EXIT_USAGE,
                "%s has no ending that a graph can be written with; there are .pb, .txt, .pbtxt, .dot, .svg, and - "
                "for text",
                path);
  }
  FILE* file = fopen(path, "wb");
  if (file == NULL) return fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
  int code = dot ? write_dot(file, m) : write_graph(file, path, m, text);
  const bool wrong = ferror(file) != 0;
  if ((fclose(file) != 0 || wrong) && code == 0)
    code = fail(EXIT_FILE, "%s cannot be written; %s", path, strerror(errno));
  return code;
}

int graph_convert(const options* o, const model* m) {
  if (o->fetches.count == 0) return fail(EXIT_USAGE, "graph needs -o g.dot, g.svg, g.txt, g.pb, or - for text");
  int code = 0;
  for (int i = 0; i < o->fetches.count && code == 0; ++i) code = convert_to(o->fetches.items[i].name, m);
  return code;
}

int complete_names(const model* m) {
  size_t position = 0;
  for (TF_Operation* oper; (oper = TF_GraphNextOperation(m->graph, &position)) != NULL;) puts(TF_OperationName(oper));
  return EXIT_DONE;
}
