// The layout is numpy's array2string with its defaults: elements of an array are as wide as the widest, a line holds 75
// characters, large arrays show three elements at each end of each axis.
#include "tools/ctfrun/print.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/tf_tstring.h"
#include "tools/ctfrun/dtypes.h"
#include "tools/ctfrun/failure.h"

enum { EDGE = 3, LINE_WIDTH = 75, ELEMENT_TEXT = 128 };

typedef struct layout {  // how the elements of one tensor are written
  const TF_Tensor* tensor;
  const print_options* options;
  bool cut;  // only the edges are shown
  bool scientific;
  int left, right;  // of floats: characters before and after the point
  int width;        // of everything else
} layout;

// The fewest digits from which the value of its type can be read back.
static int shortest_digits(TF_DataType dtype, double value) {
  const int most = dtype == TF_DOUBLE || dtype == TF_COMPLEX128 ? 17 : dtype == TF_HALF ? 5 : 9;
  char text[64];
  for (int digits = 1; digits < most; ++digits) {
    snprintf(text, sizeof(text), "%.*e", digits - 1, value);
    unsigned char stored[16] = {0}, wanted[16] = {0};
    element_set(dtype, stored, 0, strtod(text, NULL), 0);
    element_set(dtype, wanted, 0, value, 0);
    if (memcmp(stored, wanted, sizeof(stored)) == 0) return digits;
  }
  return most;
}

static void write_special(double value, char* out) { strcpy(out, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf"); }

// The value with as many digits after the point as it needs, at most `precision`; always with a point.
static void write_positional(TF_DataType dtype, double value, int precision, char* out) {
  char mantissa[64];
  const int digits = shortest_digits(dtype, value);
  snprintf(mantissa, sizeof(mantissa), "%.*e", digits - 1, value);
  const int exponent = atoi(strchr(mantissa, 'e') + 1);
  int after = digits - 1 - exponent;
  if (after < 0) after = 0;
  if (after > precision) after = precision;
  snprintf(out, ELEMENT_TEXT, "%.*f", after, value);
  if (strchr(out, '.') == NULL) {
    strcat(out, ".");
    return;
  }
  for (char* end = out + strlen(out) - 1; *end == '0'; --end) *end = '\0';
}

static void write_scientific(TF_DataType dtype, double value, int precision, char* out) {
  char digits_text[64];
  int digits = shortest_digits(dtype, value);
  if (digits - 1 > precision) digits = precision + 1;
  snprintf(digits_text, sizeof(digits_text), "%.*e", digits - 1, value);
  char* e = strchr(digits_text, 'e');
  *e = '\0';
  snprintf(out, ELEMENT_TEXT, "%s%se%s", digits_text, strchr(digits_text, '.') == NULL ? "." : "", e + 1);
}

// One float, padded to the layout.
static void write_float(const layout* l, TF_DataType dtype, double value, char* out) {
  char text[ELEMENT_TEXT];
  if (!isfinite(value)) {
    write_special(value, text);
    const int width = l->left + 1 + l->right;
    snprintf(out, ELEMENT_TEXT, "%*s", width, text);
    return;
  }
  if (l->scientific) {
    write_scientific(dtype, value, l->options->precision, text);
  } else {
    write_positional(dtype, value, l->options->precision, text);
  }
  char* point = strchr(text, '.');
  char* e = strchr(text, 'e');
  const int before = (int)(point - text);
  const int after = (int)((e != NULL ? e : text + strlen(text)) - point - 1);
  char padded[ELEMENT_TEXT];
  snprintf(padded, sizeof(padded), "%*.*s.%.*s", l->left, before, text, after, point + 1);
  for (int i = after; i < l->right; ++i) strcat(padded, e != NULL ? "0" : " ");
  snprintf(out, ELEMENT_TEXT, "%s%s", padded, e != NULL ? e : "");
}

static void string_element(const TF_Tensor* tensor, size_t index, char* out) {
  const TF_TString* string = (const TF_TString*)TF_TensorData(tensor) + index;
  const char* data = TF_TString_GetDataPointer(string);
  const size_t size = TF_TString_GetSize(string);
  size_t used = 0;
  out[used++] = 'b';
  out[used++] = '\'';
  for (size_t i = 0; i < size && used + 16 < ELEMENT_TEXT; ++i) {
    const unsigned char c = (unsigned char)data[i];
    if (c == '\'' || c == '\\') {
      used += (size_t)snprintf(out + used, 8, "\\%c", c);
    } else if (c < 0x20 || c >= 0x7f) {
      used += (size_t)snprintf(out + used, 8, "\\x%02x", c);
    } else {
      out[used++] = (char)c;
    }
    if (used + 16 >= ELEMENT_TEXT && i + 1 < size) used += (size_t)snprintf(out + used, 8, "...");
  }
  out[used++] = '\'';
  out[used] = '\0';
}

static void write_element(const layout* l, size_t index, char* out) {
  const TF_DataType dtype = TF_TensorType(l->tensor);
  const void* data = TF_TensorData(l->tensor);
  double imaginary;
  char text[ELEMENT_TEXT], other[ELEMENT_TEXT];
  switch (dtype_kind(dtype)) {
    case ELEMENT_FLOAT:
      write_float(l, dtype, element_get(dtype, data, index, &imaginary), out);
      return;
    case ELEMENT_COMPLEX: {
      const double real = element_get(dtype, data, index, &imaginary);
      write_float(l, dtype, real, text);
      layout unpadded = *l;
      unpadded.left = 0;
      write_float(&unpadded, dtype, fabs(imaginary), other);
      snprintf(out, ELEMENT_TEXT, "%.60s%c%.60sj", text, signbit(imaginary) ? '-' : '+', other);
      return;
    }
    case ELEMENT_BOOL:
      strcpy(text, element_get_int(dtype, data, index) ? "True" : "False");
      break;
    case ELEMENT_UINT:
      snprintf(text, sizeof(text), "%llu", (unsigned long long)element_get_int(dtype, data, index));
      break;
    case ELEMENT_INT:
      snprintf(text, sizeof(text), "%lld", element_get_int(dtype, data, index));
      break;
    case ELEMENT_STRING:
      string_element(l->tensor, index, out);
      return;
    default:
      strcpy(text, "?");
      break;
  }
  snprintf(out, ELEMENT_TEXT, "%*s", l->width, text);
}

static bool shown(const layout* l, int64_t position, int64_t dim) {
  return !l->cut || dim <= 2 * EDGE || position < EDGE || position >= dim - EDGE;
}

// ---- measuring: the widths over all elements that are shown

typedef void (*visit_fn)(layout* l, size_t index, void* arg);

static void visit(layout* l, int axis, size_t offset, visit_fn each, void* arg) {
  if (axis == TF_NumDims(l->tensor)) {
    each(l, offset, arg);
    return;
  }
  const int64_t dim = TF_Dim(l->tensor, axis);
  for (int64_t i = 0; i < dim; ++i) {
    if (shown(l, i, dim)) visit(l, axis + 1, offset * (size_t)dim + (size_t)i, each, arg);
  }
}

typedef struct range {
  double least, most;  // of finite values that are not 0
} range;

static void measure_range(layout* l, size_t index, void* arg) {
  range* r = arg;
  double parts[2];
  parts[0] = element_get(TF_TensorType(l->tensor), TF_TensorData(l->tensor), index, &parts[1]);
  for (int i = 0; i < 2; ++i) {
    const double value = fabs(parts[i]);
    if (!isfinite(value) || value == 0) continue;
    if (value < r->least) r->least = value;
    if (value > r->most) r->most = value;
  }
}

// `special`: the width of the widest of nan, inf and -inf that occurs.
static void measure_float(layout* l, TF_DataType dtype, double value, int* special) {
  char text[ELEMENT_TEXT];
  if (!isfinite(value)) {
    const int width = !isnan(value) && value < 0 ? 4 : 3;
    if (width > *special) *special = width;
    return;
  }
  if (l->scientific) {
    write_scientific(dtype, value, l->options->precision, text);
  } else {
    write_positional(dtype, value, l->options->precision, text);
  }
  const char* point = strchr(text, '.');
  const char* e = strchr(text, 'e');
  const int before = (int)(point - text), after = (int)((e != NULL ? e : text + strlen(text)) - point - 1);
  if (before > l->left) l->left = before;
  if (after > l->right) l->right = after;
}

static void measure_element(layout* l, size_t index, void* arg) {
  const TF_DataType dtype = TF_TensorType(l->tensor);
  const element_kind kind = dtype_kind(dtype);
  if (kind == ELEMENT_FLOAT || kind == ELEMENT_COMPLEX) {
    double imaginary;
    const double real = element_get(dtype, TF_TensorData(l->tensor), index, &imaginary);
    measure_float(l, dtype, real, arg);
    if (kind == ELEMENT_COMPLEX) measure_float(l, dtype, fabs(imaginary), arg);
    return;
  }
  char text[ELEMENT_TEXT];
  write_element(l, index, text);
  if ((int)strlen(text) > l->width) l->width = (int)strlen(text);
}

static void measure(layout* l) {
  const element_kind kind = dtype_kind(TF_TensorType(l->tensor));
  int special = 0;
  if (kind == ELEMENT_FLOAT || kind == ELEMENT_COMPLEX) {
    range r = {INFINITY, 0};
    visit(l, 0, 0, measure_range, &r);
    // Compared as numbers of the type: 0.0001 as a float is a little less than as a double.
    const double small = TF_TensorType(l->tensor) == TF_FLOAT ? (double)1e-4f : 1e-4;
    l->scientific = r.most > 0 && (r.most >= 1e8 || r.least < small || r.most / r.least > 1000);
  }
  if (kind != ELEMENT_STRING) visit(l, 0, 0, measure_element, &special);
  if (l->left < special - 1 - l->right) l->left = special - 1 - l->right;
}

// ---- writing

typedef struct cursor {
  FILE* file;
  int column;
  int indent;
  int blanks;  // written at the next text, never at the end of a line
} cursor;

static void put_text(cursor* c, const char* text) {
  int length = (int)strlen(text);
  c->column += length;
  fprintf(c->file, "%*s", c->blanks, "");
  c->blanks = 0;
  while (length > 0 && text[length - 1] == ' ') {
    --length;
    ++c->blanks;
  }
  fprintf(c->file, "%.*s", length, text);
}

static void put_lines(cursor* c, int lines, int indent) {
  for (int i = 0; i < lines; ++i) putc('\n', c->file);
  c->column = indent;
  c->blanks = indent;
}

static void put_item(cursor* c, const char* text, bool first) {
  if (!first) {
    if (c->column + 1 + (int)strlen(text) > LINE_WIDTH - 1) {
      put_lines(c, 1, c->indent);
    } else {
      put_text(c, " ");
    }
  }
  put_text(c, text);
}

static void write_axis(const layout* l, int axis, size_t offset, cursor* c) {
  const int rank = TF_NumDims(l->tensor);
  const int64_t dim = TF_Dim(l->tensor, axis);
  put_text(c, "[");
  bool first = true;
  for (int64_t i = 0; i < dim; ++i) {
    const bool gap = !shown(l, i, dim);
    if (gap && i > EDGE) continue;
    if (axis == rank - 1) {
      char text[ELEMENT_TEXT] = "...";
      c->indent = axis + 1;
      if (!gap) write_element(l, offset * (size_t)dim + (size_t)i, text);
      put_item(c, text, first);
    } else {
      if (!first) {
        put_lines(c, rank - 1 - axis, axis + 1);
      }
      if (gap) {
        put_text(c, "...");
      } else {
        write_axis(l, axis + 1, offset * (size_t)dim + (size_t)i, c);
      }
    }
    first = false;
  }
  put_text(c, "]");
}

void print_shape(FILE* file, const int64_t* dims, int rank) {
  if (rank < 0) {
    fprintf(file, "<unknown>");
    return;
  }
  putc('[', file);
  for (int i = 0; i < rank; ++i) {
    if (i > 0) putc(',', file);
    if (dims[i] < 0) {
      putc('?', file);
    } else {
      fprintf(file, "%lld", (long long)dims[i]);
    }
  }
  putc(']', file);
}

static void print_tensor_shape(FILE* file, const TF_Tensor* tensor) {
  putc('[', file);
  for (int i = 0; i < TF_NumDims(tensor); ++i) fprintf(file, "%s%lld", i > 0 ? "," : "", (long long)TF_Dim(tensor, i));
  putc(']', file);
}

void print_tensor(FILE* file, const char* name, const TF_Tensor* tensor, const print_options* how) {
  layout l = {.tensor = tensor, .options = how};
  const int rank = TF_NumDims(tensor);
  fprintf(file, "%s = ", name);
  if (rank == 0) {
    char text[ELEMENT_TEXT];
    measure(&l);
    l.left = l.right = l.width = 0;
    write_element(&l, 0, text);
    const bool bare = text[strlen(text) - 1] == '.';  // a float's own text has a digit behind the point
    fprintf(file, "%s%s\n", text, bare ? "0" : "");
    return;
  }
  fprintf(file, "%s ", dtype_name(TF_TensorType(tensor)));
  print_tensor_shape(file, tensor);
  putc('\n', file);
  if (TF_TensorElementCount(tensor) == 0) {
    fprintf(file, "[]\n");
    return;
  }
  l.cut = TF_TensorElementCount(tensor) > how->max_elements;
  measure(&l);
  cursor c = {.file = file, .indent = 1};
  write_axis(&l, 0, 0, &c);
  putc('\n', file);
}

// ---- JSON

static void json_number(FILE* file, TF_DataType dtype, double value) {
  if (!isfinite(value)) {  // JSON has no such numbers
    fprintf(file, "\"%s\"", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    return;
  }
  char text[ELEMENT_TEXT];
  snprintf(text, sizeof(text), "%.*g", shortest_digits(dtype, value), value);
  fprintf(file, "%s%s", text, strpbrk(text, ".e") == NULL ? ".0" : "");
}

static void json_element(FILE* file, const TF_Tensor* tensor, size_t index) {
  const TF_DataType dtype = TF_TensorType(tensor);
  const void* data = TF_TensorData(tensor);
  double imaginary;
  switch (dtype_kind(dtype)) {
    case ELEMENT_FLOAT:
      json_number(file, dtype, element_get(dtype, data, index, &imaginary));
      break;
    case ELEMENT_COMPLEX:
      putc('[', file);
      json_number(file, dtype, element_get(dtype, data, index, &imaginary));
      putc(',', file);
      json_number(file, dtype, imaginary);
      putc(']', file);
      break;
    case ELEMENT_BOOL:
      fprintf(file, element_get_int(dtype, data, index) ? "true" : "false");
      break;
    case ELEMENT_UINT:
      fprintf(file, "%llu", (unsigned long long)element_get_int(dtype, data, index));
      break;
    case ELEMENT_INT:
      fprintf(file, "%lld", element_get_int(dtype, data, index));
      break;
    case ELEMENT_STRING: {
      const TF_TString* string = (const TF_TString*)data + index;
      print_json_bytes(file, TF_TString_GetDataPointer(string), TF_TString_GetSize(string));
      break;
    }
    default:
      fprintf(file, "null");
      break;
  }
}

static void json_axis(FILE* file, const TF_Tensor* tensor, int axis, size_t offset) {
  if (axis == TF_NumDims(tensor)) {
    json_element(file, tensor, offset);
    return;
  }
  const int64_t dim = TF_Dim(tensor, axis);
  putc('[', file);
  for (int64_t i = 0; i < dim; ++i) {
    if (i > 0) putc(',', file);
    json_axis(file, tensor, axis + 1, offset * (size_t)dim + (size_t)i);
  }
  putc(']', file);
}

void print_tensor_json(FILE* file, const TF_Tensor* tensor) {
  fprintf(file, "{\"dtype\":\"%s\",\"shape\":", dtype_name(TF_TensorType(tensor)));
  print_tensor_shape(file, tensor);
  fprintf(file, ",\"data\":");
  json_axis(file, tensor, 0, 0);
  putc('}', file);
}
