// Runs rows of op tests through the kernel harness.
#include "tests/support/op_rows.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/kernel_harness.h"

enum { kMaxAttrs = 16, kMaxRank = 8, kMaxList = 16 };

// ---- tensors from text

static void put_element(ctf_tensor* t, int64_t i, const char* text) {
  char* end;
  const double re = strtod(text, &end), im = *end == ',' ? strtod(end + 1, NULL) : 0;
  const float narrow[2] = {(float)re, (float)im};
  const double wide[2] = {re, im};
  const size_t bytes = ctf_dtype_get(t->dtype)->bytes;
  const void* source = NULL;
  uint64_t bits = 0;
  switch (t->dtype) {
    case TF_FLOAT:
    case TF_COMPLEX64:
      source = narrow;
      break;
    case TF_DOUBLE:
    case TF_COMPLEX128:
      source = wide;
      break;
    case TF_HALF:
      bits = ctf_half_from_float(narrow[0]).bits;
      break;
    case TF_BFLOAT16:
      bits = ctf_bfloat16_from_float(narrow[0]).bits;
      break;
    case TF_STRING: {
      const size_t length = strncmp(text, "''", 2) == 0 ? 0 : strcspn(text, " \n");
      assert_null(ctf_tensor_put_string(t, i, text, length, ctf_budget_process()));
      return;
    }
    default:
      bits = text[0] == '-' ? (uint64_t)strtoll(text, NULL, 10) : strtoull(text, NULL, 10);
  }
  memcpy((char*)t->data + (size_t)i * bytes, source == NULL ? (const void*)&bits : source, bytes);
}

// The dimensions between brackets, or '?' for none known; returns what follows.
static const char* parse_dims(const char* text, int64_t* dims, int32_t* out_rank) {
  *out_rank = -1;
  if (*text == '?') return text + 1;
  assert_int_equal(*text, '[');
  ++text;
  *out_rank = 0;
  while (*text != ']') {
    assert_in_range(*out_rank, 0, kMaxRank - 1);
    char* end = (char*)text + 1;
    dims[(*out_rank)++] = *text == '?' ? -1 : strtoll(text, &end, 10);
    text = *end == ',' ? end + 1 : end;
  }
  return text + 1;
}

static void parse_values(const char* text, ctf_tensor* t) {
  const size_t element = ctf_dtype_get(t->dtype)->bytes;
  int64_t i = 0;
  for (text += strspn(text, " \n"); *text != 0; text += strspn(text, " \n")) {
    if (strncmp(text, "...", 3) == 0) {
      const int64_t given = i;
      assert_true(given > 0);
      assert_true(t->dtype != TF_STRING);  // elements own memory
      for (; i < t->num_elements; ++i) {
        memcpy((char*)t->data + (size_t)i * element, (char*)t->data + (size_t)(i - given) * element, element);
      }
      break;
    }
    if (i >= t->num_elements) fail_msg("more values than elements: '%s'", text);
    put_element(t, i++, text);
    text += strcspn(text, " \n");
  }
  if (i != t->num_elements) fail_msg("%" PRId64 " values for %" PRId64 " elements", i, t->num_elements);
}

static const char* parse_type(const char* text, TF_DataType* out_dtype) {
  const size_t length = strcspn(text, "[?");
  assert_true(ctf_dtype_parse(text, length, out_dtype));
  return text + length;
}

static void parse_tensor(const char* text, size_t offset, harness_tensor* out) {
  TF_DataType dtype;
  int64_t dims[kMaxRank];
  int32_t rank;
  text = parse_dims(parse_type(text, &dtype), dims, &rank);
  // Strings are never read from a mapped file, so that they are aligned everywhere.
  harness_tensor_init(out, dtype, rank, dims, dtype == TF_STRING ? 0 : offset);
  parse_values(text, &out->view);
}

// ---- attributes

typedef struct row_attrs {
  int count;
  ctf_named_attr attrs[kMaxAttrs];
  char names[kMaxAttrs][32];
  int64_t ints[kMaxAttrs][kMaxList];
} row_attrs;

// "[2,?]", or "?" for an unknown rank.
static ctf_shape parse_shape_attr(const char* text, int64_t* dims) {
  ctf_shape shape = {*text == '?' ? -1 : 0, dims};
  for (const char* p = text + 1; shape.rank >= 0 && *p != ']';) {
    char* end = (char*)p + 1;
    assert_true(shape.rank < kMaxList);
    dims[shape.rank++] = *p == '?' ? -1 : strtoll(p, &end, 10);
    p = *end == ',' ? end + 1 : end;
  }
  return shape;
}

static void parse_attr(const ctf_attr_info* info, ctf_bytes text, ctf_attr_value* value, int64_t* ints) {
  *value = (ctf_attr_value){.kind = info->kind, .is_list = info->is_list};
  if (info->is_list) {
    assert_int_equal(info->kind, CTF_ATTR_INT);
    for (const char* p = text.data + 1; *p != ']';) {
      char* end;
      assert_true(value->count < kMaxList);
      ints[value->count++] = strtoll(p, &end, 10);
      p = *end == ',' ? end + 1 : end;
    }
    value->ints = ints;
    return;
  }
  switch (info->kind) {
    case CTF_ATTR_BOOL:
      value->b = ctf_bytes_equal(text, "true");
      break;
    case CTF_ATTR_INT:
      value->i = strtoll(text.data, NULL, 10);
      break;
    case CTF_ATTR_FLOAT:
      value->f = strtof(text.data, NULL);
      break;
    case CTF_ATTR_STRING:
      value->s = text;
      break;
    case CTF_ATTR_TYPE:
      assert_true(ctf_dtype_parse(text.data, text.length, &value->type));
      break;
    case CTF_ATTR_SHAPE:
      value->shape = parse_shape_attr(text.data, ints);
      break;
    default:
      fail_msg("attributes of this kind have no text form here");
  }
}

static void parse_attrs(const char* op_name, const char* text, row_attrs* out) {
  const ctf_op_interface* op = ctf_op_interface_find(op_name, strlen(op_name));
  assert_non_null(op);
  out->count = 0;
  if (text == NULL) return;
  for (text += strspn(text, " "); *text != 0; text += strspn(text, " ")) {
    const size_t word = strcspn(text, " "), name = strcspn(text, "=");
    const int index = ctf_op_interface_attr(op, text, name);
    if (index < 0) fail_msg("%s has no attribute '%s'", op_name, text);
    assert_in_range(out->count, 0, kMaxAttrs - 1);
    char* kept = out->names[out->count];
    snprintf(kept, sizeof(out->names[0]), "%.*s", (int)name, text);
    ctf_named_attr* attr = &out->attrs[out->count];
    attr->name = (ctf_bytes){kept, name};
    parse_attr(&op->attrs[index], (ctf_bytes){text + name + 1, word - name - 1}, &attr->value, out->ints[out->count]);
    ++out->count;
    text += word;
  }
}

// ---- comparing

static bool differs(char* why, size_t size, const char* format, ...) CTF_PRINTF(3, 4);
static bool differs(char* why, size_t size, const char* format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(why, size, format, args);
  va_end(args);
  return false;
}

static bool close_enough(double got, double want, double tolerance) {
  if (isnan(want) || isnan(got)) return isnan(want) && isnan(got);
  if (got == want) return true;
  if (isinf(want) || isinf(got)) return false;
  return fabs(got - want) <= tolerance * (1 + fabs(want));
}

// Element i as a real, i counting the parts of complex numbers. False for types without one.
static bool real_value(const ctf_tensor* t, int64_t i, double* out_value) {
  switch (t->dtype) {
    case TF_FLOAT:
    case TF_COMPLEX64:
      *out_value = ((const float*)t->data)[i];
      return true;
    case TF_DOUBLE:
    case TF_COMPLEX128:
      *out_value = ((const double*)t->data)[i];
      return true;
    case TF_HALF:
      *out_value = ctf_half_to_float(((const ctf_half*)t->data)[i]);
      return true;
    case TF_BFLOAT16:
      *out_value = ctf_bfloat16_to_float(((const ctf_bfloat16*)t->data)[i]);
      return true;
    default:
      return false;
  }
}

static bool same_tensor(const op_row* row, const ctf_tensor* got, const ctf_tensor* want, char* why, size_t size) {
  if (got->dtype != want->dtype || !ctf_shape_equal(ctf_tensor_shape(got), ctf_tensor_shape(want))) {
    return differs(why, size, "%s%s instead of %s%s", ctf_dtype_get(got->dtype)->short_name,
                   ctf_shape_print(ctf_tensor_shape(got)).text, ctf_dtype_get(want->dtype)->short_name,
                   ctf_shape_print(ctf_tensor_shape(want)).text);
  }
  const size_t bytes = ctf_dtype_get(want->dtype)->bytes;
  const int parts = ctf_type_in(CTF_COMPLEXES, want->dtype) ? 2 : 1;
  for (int64_t i = 0; i < want->num_elements * parts; ++i) {
    double g, w;
    if (real_value(want, i, &w)) {
      real_value(got, i, &g);
      if (close_enough(g, w, row->tolerance)) continue;
      return differs(why, size, "element %" PRId64 " is %.9g instead of %.9g", i, g, w);
    }
    if (want->dtype == TF_STRING) {
      const char* text[2];
      size_t length[2];
      ctf_tensor_get_string(got, i, &text[0], &length[0]);
      ctf_tensor_get_string(want, i, &text[1], &length[1]);
      if (length[0] == length[1] && memcmp(text[0], text[1], length[0]) == 0) continue;
      return differs(why, size, "element %" PRId64 " is '%.*s' instead of '%.*s'", i, (int)length[0], text[0],
                     (int)length[1], text[1]);
    }
    int64_t a = 0, b = 0;
    memcpy(&a, (const char*)got->data + (size_t)i * bytes, bytes);
    memcpy(&b, (const char*)want->data + (size_t)i * bytes, bytes);
    if (a != b) return differs(why, size, "element %" PRId64 " is %" PRId64 " instead of %" PRId64, i, a, b);
  }
  return true;
}

// ---- rows

enum { NOT_IN_PLACE = -1 };

// One run, with output 0 in the place of an input or NOT_IN_PLACE.
static bool check_run(const op_row* row, ctf_isa isa, size_t offset, int in_place, uint32_t* out_flags, char* why,
                      size_t size) {
  harness_tensor inputs[OP_ROW_INPUTS], want;
  row_attrs attrs;
  harness_call call = {.op = row->op, .isa = isa, .in_place = in_place >= 0, .in_place_input = in_place};
  parse_attrs(row->op, row->attrs, &attrs);
  call.num_attrs = attrs.count;
  call.attrs = attrs.attrs;
  for (; call.num_inputs < OP_ROW_INPUTS && row->inputs[call.num_inputs] != NULL; ++call.num_inputs) {
    parse_tensor(row->inputs[call.num_inputs], offset, &inputs[call.num_inputs]);
    call.inputs[call.num_inputs] = &inputs[call.num_inputs].view;
  }
  const ctf_status status = harness_run(&call);
  bool good = true;
  if (call.kernel != NULL) *out_flags = call.kernel->flags;
  if (status != NULL || row->want == NULL) {
    const bool text = row->message == NULL || strstr(ctf_status_message(status), row->message) != NULL;
    if (ctf_status_code(status) != row->error || !text) {
      good = differs(why, size, "%s '%s' instead of %s '%s'", ctf_code_name(ctf_status_code(status)),
                     ctf_status_message(status), ctf_code_name(row->error), row->message == NULL ? "" : row->message);
    }
  } else {
    for (int i = 0; good && i < 2; ++i) {
      const char* text = i == 0 ? row->want : row->also;
      if (text == NULL) continue;
      parse_tensor(text, 0, &want);
      good = same_tensor(row, &call.outputs[i].view, &want.view, why, size);
      if (good && !harness_tensor_intact(&call.outputs[i])) good = differs(why, size, "wrote beside its output");
      harness_tensor_deinit(&want);
    }
  }
  for (int i = 0; i < call.num_inputs; ++i) harness_tensor_deinit(&inputs[i]);
  if (status == NULL) harness_release(&call);
  ctf_status_drop(status);  // compared
  return good;
}

// Of "f32[2,3] 1 2 3", what tells the size: "32[2,3]"; of types without a number all of it, "bool[2,3]".
static size_t size_part(const char* tensor, const char** out_begin) {
  const char* end = strchr(tensor, ']');
  if (end == NULL) return 0;
  const char* digits = tensor + strcspn(tensor, "0123456789[");
  *out_begin = *digits == '[' ? tensor : digits;
  return (size_t)(end - *out_begin) + 1;
}

// Output 0 can be the bytes of this input: the same shape, elements of the same size.
static bool has_room_in_place(const op_row* row, int input) {
  const char *have, *want;
  if (row->want == NULL || row->inputs[input] == NULL) return false;
  const size_t length = size_part(row->inputs[input], &have);
  return length > 0 && length == size_part(row->want, &want) && strncmp(have, want, length) == 0;
}

bool op_row_check(const op_row* row, char* out_why, size_t size) {
  static const size_t kOffsets[] = {0, 1, 4};
  for (int isa = 0; isa <= (int)ctf_isa_best(); ++isa) {
    uint32_t flags = 0;
    size_t num_offsets = 1;
    char why[512];
    for (size_t i = 0; i < num_offsets; ++i) {
      if (!check_run(row, (ctf_isa)isa, kOffsets[i], NOT_IN_PLACE, &flags, why, sizeof(why))) {
        return differs(out_why, size, "%s, offset %zu: %s", ctf_isa_name((ctf_isa)isa), kOffsets[i], why);
      }
      if (flags & CTF_ANY_ALIGNMENT) num_offsets = sizeof(kOffsets) / sizeof(kOffsets[0]);
    }
    for (int i = 0; (flags & CTF_IN_PLACE) && i < OP_ROW_INPUTS; ++i) {
      if (!has_room_in_place(row, i)) continue;
      if (!check_run(row, (ctf_isa)isa, 0, i, &flags, why, sizeof(why))) {
        return differs(out_why, size, "%s, in place of input %d: %s", ctf_isa_name((ctf_isa)isa), i, why);
      }
    }
  }
  return true;
}

void op_rows_check(const op_row* rows, size_t count) {
  char why[1024];
  int failures = 0;
  for (size_t i = 0; i < count; ++i) {
    if (op_row_check(&rows[i], why, sizeof(why))) continue;
    ++failures;
    print_error("%s (%s): %s\n", rows[i].name, rows[i].op, why);
  }
  if (failures > 0) fail_msg("%d of %zu rows", failures, count);
}

void op_shape_rows_check(const op_shape_row* rows, size_t count) {
  int failures = 0;
  for (size_t i = 0; i < count; ++i) {
    row_attrs attrs;
    ctf_tensor types[OP_ROW_INPUTS] = {{0}};
    ctf_shape known[OP_ROW_INPUTS];
    int64_t dims[OP_ROW_INPUTS][kMaxRank];
    ctf_shape_text text = {""};
    harness_call call = {.op = rows[i].op};
    parse_attrs(rows[i].op, rows[i].attrs, &attrs);
    call.num_attrs = attrs.count;
    call.attrs = attrs.attrs;
    for (int j = 0; j < OP_ROW_INPUTS && rows[i].inputs[j] != NULL; ++j) {
      known[j].dims = dims[j];
      parse_dims(parse_type(rows[i].inputs[j], &types[j].dtype), dims[j], &known[j].rank);
      call.inputs[j] = &types[j];
      call.num_inputs = j + 1;
    }
    const ctf_status status = harness_shape(&call, known, &text);
    const char* got = status == NULL ? text.text : ctf_status_message(status);
    if (strcmp(got, rows[i].want) != 0) {
      ++failures;
      print_error("%s of %s: %s instead of %s\n", rows[i].op, rows[i].inputs[0], got, rows[i].want);
    }
    ctf_status_drop(status);  // compared
  }
  if (failures > 0) fail_msg("%d of %zu rows", failures, count);
}
