// Build-time program: op_table_gen OPS.PB OUT.C
//
// Reads a serialised tensorflow.OpList and writes the table behind graphdef/op_table.h: constants that need no code to
// run when the library is loaded. Everything is written as compound literals, which at file scope live for ever; only
// tensors are objects of their own, because they are counted.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tensorflow/core/framework/op_def.pb-c.h"
#include "tensorflow/core/framework/tensor_shape.pb-c.h"

static const struct {
  const char* name;  // in ops.pbtxt
  const char* kind;  // in ctf_attr_kind
} kKinds[] = {
    {"string", "CTF_ATTR_STRING"}, {"int", "CTF_ATTR_INT"},   {"float", "CTF_ATTR_FLOAT"},
    {"bool", "CTF_ATTR_BOOL"},     {"type", "CTF_ATTR_TYPE"}, {"shape", "CTF_ATTR_SHAPE"},
    {"tensor", "CTF_ATTR_TENSOR"}, {"func", "CTF_ATTR_FUNC"},
};

static FILE* out;
static const char* out_path;
static const char* place = "";  // the op that is being written
static int num_tensors;         // written so far; the second pass counts along

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char* format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, "op_table_gen: %s%s", place, *place == '\0' ? "" : ": ");
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  if (out != NULL) remove(out_path);  // half a table must not look like a result
  exit(1);
}

static void put_text(const void* data, size_t length) {
  const unsigned char* text = data;
  fputc('"', out);
  for (size_t i = 0; i < length; ++i) {
    const bool plain = text[i] >= 0x20 && text[i] < 0x7f && text[i] != '"' && text[i] != '\\' && text[i] != '?';
    fprintf(out, plain ? "%c" : "\\%03o", text[i]);
  }
  fputc('"', out);
}

static void put_name(const char* name) {  // NULL when there is none
  if (*name == '\0') {
    fputs("NULL", out);
  } else {
    put_text(name, strlen(name));
  }
}

static const char* kind_of(const char* type, bool* out_list) {
  static char name[16];
  *out_list = strncmp(type, "list(", 5) == 0;
  snprintf(name, sizeof(name), "%s", *out_list ? type + 5 : type);
  if (*out_list) name[strcspn(name, ")")] = '\0';
  for (size_t i = 0; i < sizeof(kKinds) / sizeof(*kKinds); ++i) {
    if (strcmp(name, kKinds[i].name) == 0) return kKinds[i].kind;
  }
  fail("attributes of type '%s' are not supported", type);
}

static void put_bytes(const ProtobufCBinaryData* s) {
  fputc('{', out);
  put_text(s->data, s->len);
  fprintf(out, ", %zu}", s->len);
}

static void put_float(float value) {
  if (isnan(value)) {
    fputs("NAN", out);
  } else if (isinf(value)) {
    fputs(value < 0 ? "-INFINITY" : "INFINITY", out);
  } else {
    fprintf(out, "%af", (double)value);
  }
}

static void put_int(int64_t value) {
  if (value == INT64_MIN) {
    fputs("INT64_MIN", out);
  } else {
    fprintf(out, "INT64_C(%" PRId64 ")", value);
  }
}

static void put_shape(const Tensorflow__TensorShapeProto* shape) {
  if (shape->unknown_rank) {
    fputs("{.rank = -1}", out);
    return;
  }
  fprintf(out, "{.rank = %zu", shape->n_dim);
  if (shape->n_dim > 0) {
    fputs(", .dims = (const int64_t[]){", out);
    for (size_t i = 0; i < shape->n_dim; ++i) {
      put_int(shape->dim[i]->size);
      fputs(", ", out);
    }
    fputc('}', out);
  }
  fputc('}', out);
}

// The elements of a default, repeated as graphdef/tensor_proto.c does; numbers of the types that occur.
static void put_elements(const Tensorflow__TensorProto* t, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (t->dtype == TENSORFLOW__DATA_TYPE__DT_FLOAT && t->n_float_val > 0) {
      put_float(t->float_val[i < t->n_float_val ? i : t->n_float_val - 1]);
    } else if (t->dtype != TENSORFLOW__DATA_TYPE__DT_FLOAT && t->n_int_val > 0) {
      fprintf(out, "%d", t->int_val[i < t->n_int_val ? i : t->n_int_val - 1]);
    } else {
      fail("a tensor default without values in a list");
    }
    fputs(", ", out);
  }
}

static void put_tensor_object(const Tensorflow__TensorProto* t) {
  static const struct {
    Tensorflow__DataType dtype;
    const char* type;
  } kTypes[] = {{TENSORFLOW__DATA_TYPE__DT_FLOAT, "float"},
                {TENSORFLOW__DATA_TYPE__DT_INT32, "int32_t"},
                {TENSORFLOW__DATA_TYPE__DT_UINT8, "uint8_t"}};
  const int n = num_tensors++;
  const size_t rank = t->tensor_shape == NULL ? 0 : t->tensor_shape->n_dim;
  const char* type = NULL;
  size_t count = 1;
  for (size_t i = 0; i < sizeof(kTypes) / sizeof(*kTypes); ++i) {
    if (kTypes[i].dtype == t->dtype) type = kTypes[i].type;
  }
  if (type == NULL || t->tensor_content.len > 0) fail("a tensor default of a type or encoding that is not supported");
  for (size_t i = 0; i < rank; ++i) {
    const int64_t size = t->tensor_shape->dim[i]->size;
    if (size < 0 || size > 1024) fail("a tensor default with dimension %" PRId64, size);
    count *= (size_t)size;
  }
  if (count == 0 || count > 1024) fail("a tensor default with %zu elements", count);
  fprintf(out, "static _Alignas(CTF_TENSOR_ALIGNMENT) %s kElements%d[] = {", type, n);
  put_elements(t, count);
  fprintf(out, "};\nstatic ctf_buffer kBuffer%d = {.refs = 1, .data = kElements%d, .bytes = sizeof(kElements%d), ", n,
          n, n);
  fputs(".destroy = keep};\n", out);
  fprintf(out, "static TF_Tensor kTensor%d = {\n    .view = {(TF_DataType)%d, %zu, kTensor%d.own_dims, %zu, ", n,
          (int)t->dtype, rank, n, count);
  fprintf(out, "sizeof(kElements%d), kElements%d},\n    .refs = 1,\n    .buffer = &kBuffer%d,\n    .own_dims = {", n, n,
          n);
  for (size_t i = 0; i < rank; ++i) fprintf(out, "%" PRId64 ", ", t->tensor_shape->dim[i]->size);
  fprintf(out, "%s}};\n", rank == 0 ? "0" : "");
}

static void put_tensor_objects(const Tensorflow__OpList* list) {
  for (size_t i = 0; i < list->n_op; ++i) {
    place = list->op[i]->name;
    for (size_t k = 0; k < list->op[i]->n_attr; ++k) {
      const Tensorflow__AttrValue* v = list->op[i]->attr[k]->default_value;
      if (v == NULL) continue;
      if (v->value_case == TENSORFLOW__ATTR_VALUE__VALUE_TENSOR) put_tensor_object(v->tensor);
      if (v->value_case != TENSORFLOW__ATTR_VALUE__VALUE_LIST) continue;
      for (size_t j = 0; j < v->list->n_tensor; ++j) put_tensor_object(v->list->tensor[j]);
    }
  }
  place = "";
}

static size_t put_list_elements(const Tensorflow__AttrValue__ListValue* l) {
#define PUT_LIST(n, member, type, put_one)                       \
  if (l->n > 0) {                                                \
    fputs(", ." member " = (" type "[]){", out);                 \
    for (size_t i = 0; i < l->n; fputs(", ", out), ++i) put_one; \
    fputc('}', out);                                             \
    return l->n;                                                 \
  }
  PUT_LIST(n_s, "strings", "const ctf_bytes", put_bytes(&l->s[i]))
  PUT_LIST(n_i, "ints", "const int64_t", put_int(l->i[i]))
  PUT_LIST(n_f, "floats", "const float", put_float(l->f[i]))
  PUT_LIST(n_b, "bools", "const bool", fputs(l->b[i] ? "true" : "false", out))
  PUT_LIST(n_type, "types", "const TF_DataType", fprintf(out, "(TF_DataType)%d", (int)l->type[i]))
  PUT_LIST(n_shape, "shapes", "const ctf_shape", put_shape(l->shape[i]))
  PUT_LIST(n_tensor, "tensors", "TF_Tensor* const", fprintf(out, "&kTensor%d", num_tensors++))
#undef PUT_LIST
  if (l->n_func > 0) fail("a default that is a list of functions");
  return 0;
}

static void put_value(const Tensorflow__AttrValue* v, const char* type) {
  bool is_list;
  const char* kind = kind_of(type, &is_list);
  if (is_list != (v->value_case == TENSORFLOW__ATTR_VALUE__VALUE_LIST))
    fail("a default of another type than '%s'", type);
  fprintf(out, "&(const ctf_attr_value){.kind = %s", kind);
  switch (v->value_case) {
    case TENSORFLOW__ATTR_VALUE__VALUE_S:
      fputs(", .s = ", out);
      put_bytes(&v->s);
      break;
    case TENSORFLOW__ATTR_VALUE__VALUE_I:
      fputs(", .i = ", out);
      put_int(v->i);
      break;
    case TENSORFLOW__ATTR_VALUE__VALUE_F:
      fputs(", .f = ", out);
      put_float(v->f);
      break;
    case TENSORFLOW__ATTR_VALUE__VALUE_B:
      fprintf(out, ", .b = %s", v->b ? "true" : "false");
      break;
    case TENSORFLOW__ATTR_VALUE__VALUE_TYPE:
      fprintf(out, ", .type = (TF_DataType)%d", (int)v->type);
      break;
    case TENSORFLOW__ATTR_VALUE__VALUE_SHAPE:
      fputs(", .shape = ", out);
      put_shape(v->shape);
      break;
    case TENSORFLOW__ATTR_VALUE__VALUE_TENSOR:
      fprintf(out, ", .tensor = &kTensor%d", num_tensors++);
      break;
    case TENSORFLOW__ATTR_VALUE__VALUE_LIST:
      fprintf(out, ", .is_list = true, .count = %zu", put_list_elements(v->list));
      break;
    default:
      fail("a default of a kind that is not supported");
  }
  fputc('}', out);
}

static void put_allowed(const Tensorflow__AttrValue* v) {
  const Tensorflow__AttrValue__ListValue* l;
  if (v == NULL) {
    fputs(", .allowed_types = CTF_ANY_TYPE", out);
    return;
  }
  if (v->value_case != TENSORFLOW__ATTR_VALUE__VALUE_LIST) fail("allowed values that are no list");
  l = v->list;
  if (l->n_s > 0) {
    fprintf(out,
            ", .allowed_types = CTF_ANY_TYPE, .num_allowed_strings = %zu, .allowed_strings = (const char* const[]){",
            l->n_s);
    for (size_t i = 0; i < l->n_s; fputs(", ", out), ++i) put_text(l->s[i].data, l->s[i].len);
    fputc('}', out);
  } else {
    uint64_t set = 0;
    for (size_t i = 0; i < l->n_type; ++i) {
      if (l->type[i] < 1 || l->type[i] > 63) fail("an allowed type with number %d", (int)l->type[i]);
      set |= UINT64_C(1) << l->type[i];
    }
    fprintf(out, ", .allowed_types = UINT64_C(0x%" PRIx64 "), .num_allowed_types = %zu", set, l->n_type);
    fputs(", .allowed_type_order = (const uint8_t[]){", out);
    for (size_t i = 0; i < l->n_type; ++i) fprintf(out, "%d, ", (int)l->type[i]);
    fputc('}', out);
  }
}

static void put_attrs(const Tensorflow__OpDef* op) {
  fprintf(out, "        .num_attrs = %zu,\n        .attrs = (const ctf_attr_info[]){\n", op->n_attr);
  for (size_t i = 0; i < op->n_attr; ++i) {
    const Tensorflow__OpDef__AttrDef* attr = op->attr[i];
    bool is_list;
    const char* kind = kind_of(attr->type, &is_list);
    fputs("            {.name = ", out);
    put_text(attr->name, strlen(attr->name));
    fprintf(out, ", .kind = %s, .is_list = %s", kind, is_list ? "true" : "false");
    if (attr->has_minimum) {
      fputs(", .has_minimum = true, .minimum = ", out);
      put_int(attr->minimum);
    }
    if (attr->default_value != NULL) {
      fputs(", .default_value = ", out);
      put_value(attr->default_value, attr->type);
    }
    put_allowed(attr->allowed_values);
    fputs("},\n", out);
  }
  fputs("        },\n", out);
}

static void put_args(const char* what, size_t num_args, Tensorflow__OpDef__ArgDef* const* args) {
  if (num_args == 0) return;
  fprintf(out, "        .num_%s = %zu,\n        .%s = (const ctf_arg_info[]){\n", what, num_args, what);
  for (size_t i = 0; i < num_args; ++i) {
    fputs("            {", out);
    put_text(args[i]->name, strlen(args[i]->name));
    fprintf(out, ", (TF_DataType)%d, ", (int)args[i]->type);
    put_name(args[i]->type_attr);
    fputs(", ", out);
    put_name(args[i]->number_attr);
    fputs(", ", out);
    put_name(args[i]->type_list_attr);
    fprintf(out, ", %s},\n", args[i]->is_ref ? "true" : "false");
  }
  fputs("        },\n", out);
}

static void put_op(const Tensorflow__OpDef* op) {
  place = op->name;
  fputs("    {\n        .name = ", out);
  put_text(op->name, strlen(op->name));
  fputs(",\n", out);
  put_args("inputs", op->n_input_arg, op->input_arg);
  put_args("outputs", op->n_output_arg, op->output_arg);
  if (op->n_attr > 0) put_attrs(op);
  if (op->n_control_output > 0) fprintf(out, "        .num_control_outputs = %zu,\n", op->n_control_output);
  if (op->is_stateful) fputs("        .is_stateful = true,\n", out);
  if (op->is_commutative) fputs("        .is_commutative = true,\n", out);
  if (op->is_aggregate) fputs("        .is_aggregate = true,\n", out);
  if (op->allows_uninitialized_input) fputs("        .allows_uninitialized_input = true,\n", out);
  if (op->is_distributed_communication) fputs("        .is_distributed_communication = true,\n", out);
  if (op->deprecation != NULL) {
    fprintf(out, "        .deprecated_since = %d,\n        .deprecation = ", op->deprecation->version);
    put_text(op->deprecation->explanation, strlen(op->deprecation->explanation));
    fputs(",\n", out);
  }
  fputs("    },\n", out);
  place = "";
}

static int by_name(const void* a, const void* b) {
  return strcmp((*(Tensorflow__OpDef* const*)a)->name, (*(Tensorflow__OpDef* const*)b)->name);
}

static Tensorflow__OpList* read_list(const char* path) {
  struct stat info;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0 || fstat(file, &info) != 0) fail("%s: %s", path, strerror(errno));
  const size_t bytes = (size_t)info.st_size;
  void* data = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, file, 0);
  if (data == MAP_FAILED) fail("%s: %s", path, strerror(errno));
  close(file);
  Tensorflow__OpList* list = tensorflow__op_list__unpack(NULL, bytes, data);
  if (list == NULL) fail("%s: not a serialised tensorflow.OpList", path);
  munmap(data, bytes);
  return list;
}

int main(int argc, char** argv) {
  if (argc != 3) fail("usage: op_table_gen OPS.PB OUT.C");
  Tensorflow__OpList* list = read_list(argv[1]);
  qsort(list->op, list->n_op, sizeof(*list->op), by_name);
  for (size_t i = 1; i < list->n_op; ++i) {
    if (by_name(&list->op[i - 1], &list->op[i]) == 0) fail("op '%s' is there twice", list->op[i]->name);
  }
  out_path = argv[2];
  out = fopen(out_path, "w");
  if (out == NULL) fail("%s: %s", out_path, strerror(errno));
  fputs("// Generated by op_table_gen from graphdef/ops.pbtxt.\n", out);
  fputs("#include <math.h>\n\n#include \"graphdef/op_table_data.h\"\n\n", out);
  fputs("static void keep(ctf_buffer* buffer) { (void)buffer; }  // the count never comes to zero\n\n", out);
  put_tensor_objects(list);
  num_tensors = 0;
  fputs("\nconst ctf_op_interface ctf_op_table[] = {\n", out);
  for (size_t i = 0; i < list->n_op; ++i) put_op(list->op[i]);
  fprintf(out, "};\nconst size_t ctf_op_table_count = %zu;\n", list->n_op);
  if (ferror(out) != 0 || fclose(out) != 0) fail("%s: %s", out_path, strerror(errno));
  tensorflow__op_list__free_unpacked(list, NULL);
  return 0;
}
