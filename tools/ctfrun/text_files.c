// Tensors as text in files: JSON arrays, the documents that -o NAME=@f.json writes, and comma-separated values.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"
#include "tools/ctfrun/formats.h"

// ---- JSON

// Behind one JSON value; NULL when it does not end. Brackets are counted, not matched: value_literal judges the rest.
static const char* skip_value(const char* at) {
  int depth = 0;
  do {
    if (*at == '"') {
      for (++at; *at != '"'; ++at) {
        if (*at == '\\' && at[1] != '\0') ++at;
        if (*at == '\0') return NULL;
      }
    } else if (*at == '[' || *at == '{') {
      ++depth;
    } else if (*at == ']' || *at == '}') {
      --depth;
    } else if (*at == '\0') {
      return NULL;
    }
    ++at;
  } while (depth > 0 || (*at != ',' && *at != '}' && *at != '\0'));
  return at;
}

// {"dtype":"float32","shape":[2],"data":[1.0,2.0]}: where the value of a key begins; NULL: it has none.
static const char* find_key(const char* document, const char* key) {
  const size_t length = strlen(key);
  for (const char* at = document + 1; at != NULL && *at != '\0' && *at != '}';) {
    while (isspace((unsigned char)*at) || *at == ',') ++at;
    if (*at != '"') return NULL;
    const char* name = at + 1;
    const char* end = strchr(name, '"');
    const char* value = end != NULL ? strchr(end, ':') : NULL;
    if (value == NULL) return NULL;
    for (++value; isspace((unsigned char)*value);) ++value;
    if ((size_t)(end - name) == length && memcmp(name, key, length) == 0) return value;
    at = skip_value(value);
  }
  return NULL;
}

// "[2,3]"; rank -1 when it is none.
static int read_shape(const char* text, int64_t* dims) {
  int rank = 0;
  if (text == NULL || *text++ != '[') return -1;
  while (*text != ']') {
    char* end;
    if (rank == VALUE_MAX_RANK) return -1;
    dims[rank] = strtoll(text, &end, 10);
    if (end == text || dims[rank++] < 0 || (*end != ',' && *end != ']')) return -1;
    text = *end == ',' ? end + 1 : end;
  }
  return rank;
}

int json_load(const file_source* source, const value_target* target, TF_Tensor** out_tensor) {
  const char* text = source->bytes;
  int64_t dims[VALUE_MAX_RANK];
  if (strlen(text) != source->size) return fail(EXIT_FILE, "%s is no JSON; it has a NUL", source->path);
  while (isspace((unsigned char)*text)) ++text;
  if (*text != '{') return value_literal(text, target, NULL, -1, out_tensor);
  const char* data = find_key(text, "data");
  const char* end = data != NULL ? skip_value(data) : NULL;
  const int rank = read_shape(find_key(text, "shape"), dims);
  if (end == NULL) return fail(EXIT_FILE, "%s has no \"data\" that ends", source->path);
  char* copy = malloc((size_t)(end - data) + 1);
  if (copy == NULL) return fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "%s does not fit into memory", source->path);
  memcpy(copy, data, (size_t)(end - data));
  copy[end - data] = '\0';
  const int code = value_literal(copy, target, dims, rank, out_tensor);
  free(copy);
  return code;
}

// ---- CSV: becomes the literal [[...],[...]], so that there is one parser of numbers

typedef struct writer {
  char* text;
  size_t used, capacity;
  bool failed;
} writer;

static void put(writer* w, char c) {
  if (w->used == w->capacity) {
    const size_t capacity = 2 * w->capacity + 4096;
    char* larger = realloc(w->text, capacity);
    if (larger == NULL) {
      w->failed = true;
      return;
    }
    w->text = larger;
    w->capacity = capacity;
  }
  w->text[w->used++] = c;
}

// One cell, in double quotes with "" for one where it has a comma. Its end.
static const char* put_cell(writer* w, const char* at, bool string) {
  const bool quoted = *at == '"';
  if (string) put(w, '"');
  if (quoted) ++at;
  while (*at != '\0' && (quoted || (*at != ',' && *at != '\n' && *at != '\r'))) {
    if (quoted && *at == '"') {
      if (at[1] != '"') break;
      ++at;
    }
    if (string && (*at == '"' || *at == '\\')) put(w, '\\');
    put(w, *at++);
  }
  if (quoted && *at == '"') ++at;
  if (string) put(w, '"');
  return at;
}

static size_t put_rows(writer* w, const char* at, bool string) {
  size_t columns = 0, rows = 0;
  put(w, '[');
  while (*at != '\0' && !w->failed) {
    const char* line = at + strspn(at, " \t\r");
    if (*line == '\n' || *line == '#' || *line == '\0') {  // nothing, or a comment
      at = line + strcspn(line, "\n");
      if (*at == '\n') ++at;
      continue;
    }
    if (rows++ > 0) put(w, ',');
    put(w, '[');
    for (size_t column = 0;; ++column) {
      if (column > 0) put(w, ',');
      if (column >= columns) columns = column + 1;
      at = put_cell(w, at, string);
      if (*at != ',') break;
      ++at;
    }
    put(w, ']');
    at += strspn(at, "\r");
    if (*at == '\n') ++at;
  }
  put(w, ']');
  put(w, '\0');
  return columns;
}

int csv_load(const file_source* source, const value_target* target, TF_Tensor** out_tensor) {
  writer w = {0};
  int64_t dims[VALUE_MAX_RANK];
  int rank = -1;
  if (strlen(source->bytes) != source->size) return fail(EXIT_FILE, "%s is no text; it has a NUL", source->path);
  const size_t columns = put_rows(&w, source->bytes, dtype_kind(target->dtype) == ELEMENT_STRING);
  int code;
  if (w.failed) {
    code = fail(EXIT_ENGINE + TF_RESOURCE_EXHAUSTED, "%s does not fit into memory", source->path);
  } else {
    // Rows and columns are two dimensions; a graph that has others says how the numbers are to be read.
    if (target->rank >= 0 && target->rank != 2) {
      size_t rows = 0;
      for (const char* at = w.text + 1; *at != '\0'; ++at) rows += *at == '[';
      if (value_fit_shape(target, rows * columns, dims)) rank = target->rank;
    }
    code = value_literal(w.text, target, dims, rank, out_tensor);
  }
  free(w.text);
  return code;
}
