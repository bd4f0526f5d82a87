// Look-ups in the generated table, and an op's interface as text.
#include "graphdef/op_table.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "graphdef/op_table_data.h"

size_t ctf_op_interface_count(void) { return ctf_op_table_count; }

const ctf_op_interface* ctf_op_interface_at(size_t index) {
  CTF_ASSERT(index < ctf_op_table_count);
  return &ctf_op_table[index];
}

// As strcmp, for a text that is not terminated and may hold any byte.
static int compare(const char* text, size_t length, const char* name) {
  const size_t name_length = strlen(name);
  const int order = memcmp(text, name, length < name_length ? length : name_length);
  if (order != 0) return order;
  return (length > name_length) - (length < name_length);
}

static pthread_mutex_t g_adding = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(const ctf_added_op*) g_last_added;  // a list that only grows; read without the lock

const ctf_added_op* ctf_op_interface_last_added(void) {
  return atomic_load_explicit(&g_last_added, memory_order_acquire);
}

size_t ctf_op_interface_number(const ctf_op_interface* op) {
  const uintptr_t at = (uintptr_t)op, begin = (uintptr_t)ctf_op_table;
  if (at < begin || at >= (uintptr_t)(ctf_op_table + ctf_op_table_count)) return SIZE_MAX;
  return (at - begin) / sizeof(*op);
}

static const ctf_op_interface* find_added(const char* name, size_t length) {
  for (const ctf_added_op* at = ctf_op_interface_last_added(); at != NULL; at = at->next) {
    if (compare(name, length, at->interface.name) == 0) return &at->interface;
  }
  return NULL;
}

bool ctf_op_interface_add(ctf_added_op* op) {
  pthread_mutex_lock(&g_adding);
  const bool fits = ctf_op_interface_find(op->interface.name, strlen(op->interface.name)) == NULL;
  if (fits) {
    op->next = ctf_op_interface_last_added();
    // release: whoever finds the op sees all of it.
    atomic_store_explicit(&g_last_added, op, memory_order_release);
  }
  pthread_mutex_unlock(&g_adding);
  return fits;
}

const ctf_op_interface* ctf_op_interface_find(const char* name, size_t length) {
  size_t begin = 0, end = ctf_op_table_count;
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    const int order = compare(name, length, ctf_op_table[middle].name);
    if (order == 0) return &ctf_op_table[middle];
    if (order < 0) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  return find_added(name, length);
}

int ctf_op_interface_attr(const ctf_op_interface* op, const char* name, size_t length) {
  for (int i = 0; i < op->num_attrs; ++i) {
    if (compare(name, length, op->attrs[i].name) == 0) return i;
  }
  return -1;
}

typedef struct text {  // cut at its size, counted to its end
  char* out;
  size_t size;
  size_t length;
} text;

static void put(text* t, const char* piece) {
  const size_t length = strlen(piece);
  if (t->length < t->size) {
    const size_t room = t->size - t->length;
    memcpy(t->out + t->length, piece, length < room ? length : room);
  }
  t->length += length;
}

static void put_quoted(text* t, ctf_bytes s) {
  put(t, "\"");
  for (size_t i = 0; i < s.length; ++i) {
    static const char kEscaped[] = "\n\r\t\"'\\";
    static const char kEscapes[] = "nrt\"'\\";
    const char c = s.data[i];
    const char* special = c == '\0' ? NULL : strchr(kEscaped, c);
    char piece[8];
    if (special != NULL) {
      snprintf(piece, sizeof(piece), "\\%c", kEscapes[special - kEscaped]);
    } else if ((unsigned char)c < 0x20 || (unsigned char)c >= 0x7f) {
      snprintf(piece, sizeof(piece), "\\%03o", (unsigned)(unsigned char)c);
    } else {
      snprintf(piece, sizeof(piece), "%c", c);
    }
    put(t, piece);
  }
  put(t, "\"");
}

static void put_float(text* t, double value) {
  char piece[32];
  snprintf(piece, sizeof(piece), "%g", value);
  put(t, piece);
}

static void put_int(text* t, int64_t value) {
  char piece[32];
  snprintf(piece, sizeof(piece), "%" PRId64, value);
  put(t, piece);
}

// As Tensor::DebugString writes a vector: its first three elements.
static void put_tensor(text* t, const TF_Tensor* tensor) {
  const ctf_tensor* view = &tensor->view;
  put(t, "Tensor<type: ");
  put(t, ctf_dtype_get(view->dtype)->tf_name);
  put(t, " shape: ");
  put(t, ctf_shape_print(ctf_tensor_shape(view)).text);
  put(t, " values: ");
  for (int64_t i = 0; i < view->num_elements && i < 3; ++i) {
    int64_t value;
    if (i > 0) put(t, " ");
    if (ctf_tensor_get_int(view, i, &value)) {
      put_int(t, value);
    } else if (view->dtype == TF_FLOAT) {
      put_float(t, (double)((const float*)view->data)[i]);
    } else if (view->dtype == TF_BOOL) {
      put_int(t, ((const bool*)view->data)[i]);
    } else {
      put(t, "?");
    }
  }
  put(t, view->num_elements > 3 ? "...>" : ">");
}

static void put_element(text* t, const ctf_attr_value* v, size_t i) {
  const bool list = v->is_list;
  switch (v->kind) {
    case CTF_ATTR_STRING:
      put_quoted(t, list ? v->strings[i] : v->s);
      break;
    case CTF_ATTR_INT:
      put_int(t, list ? v->ints[i] : v->i);
      break;
    case CTF_ATTR_FLOAT:
      put_float(t, (double)(list ? v->floats[i] : v->f));
      break;
    case CTF_ATTR_BOOL:
      put(t, (list ? v->bools[i] : v->b) ? "true" : "false");
      break;
    case CTF_ATTR_TYPE:
      put(t, ctf_dtype_get(list ? v->types[i] : v->type)->enum_name);
      break;
    case CTF_ATTR_SHAPE:
      put(t, ctf_shape_print(list ? v->shapes[i] : v->shape).text);
      break;
    case CTF_ATTR_TENSOR:
      put_tensor(t, list ? v->tensors[i] : v->tensor);
      break;
    case CTF_ATTR_FUNC:
      put(t, (list ? v->funcs[i] : v->func)->name.data);
      break;
    default:
      break;
  }
}

static void put_value(text* t, const ctf_attr_value* value) {
  if (!value->is_list) {
    put_element(t, value, 0);
    return;
  }
  put(t, "[");
  for (size_t i = 0; i < value->count; ++i) {
    if (i > 0) put(t, ", ");
    put_element(t, value, i);
  }
  put(t, "]");
}

// Arguments of several types show nothing behind their name, as in TensorFlow.
static void put_args(text* t, const ctf_arg_info* args, int num_args) {
  for (int i = 0; i < num_args; ++i) {
    const ctf_arg_info* arg = &args[i];
    if (i > 0) put(t, ", ");
    put(t, arg->name);
    put(t, ":");
    if (arg->is_ref) put(t, "Ref(");
    if (arg->number_attr != NULL) {
      put(t, arg->number_attr);
      put(t, "*");
    }
    if (arg->type != 0) {
      put(t, ctf_dtype_get(arg->type)->tf_name);
    } else if (arg->type_attr != NULL) {
      put(t, arg->type_attr);
    }
    if (arg->is_ref) put(t, ")");
  }
}

static void put_attr(text* t, const ctf_attr_info* attr) {
  put(t, "; attr=");
  put(t, attr->name);
  put(t, attr->is_list ? ":list(" : ":");
  put(t, ctf_attr_kind_name(attr->kind));
  if (attr->is_list) put(t, ")");
  if (attr->default_value != NULL) {
    put(t, ",default=");
    put_value(t, attr->default_value);
  }
  if (attr->has_minimum) {
    put(t, ",min=");
    put_int(t, attr->minimum);
  }
  if (attr->num_allowed_types == 0 && attr->num_allowed_strings == 0) return;
  put(t, ",allowed=[");
  for (size_t i = 0; i < attr->num_allowed_types; ++i) {
    if (i > 0) put(t, ", ");
    put(t, ctf_dtype_get((TF_DataType)attr->allowed_type_order[i])->enum_name);
  }
  for (size_t i = 0; i < attr->num_allowed_strings; ++i) {
    if (i > 0) put(t, ", ");
    put_quoted(t, (ctf_bytes){attr->allowed_strings[i], strlen(attr->allowed_strings[i])});
  }
  put(t, "]");
}

size_t ctf_op_interface_describe(const ctf_op_interface* op, char* out_text, size_t size) {
  text t = {.out = out_text, .size = size};
  put(&t, "Op<name=");
  put(&t, op->name);
  put(&t, "; signature=");
  put_args(&t, op->inputs, op->num_inputs);
  put(&t, " -> ");
  put_args(&t, op->outputs, op->num_outputs);
  for (int i = 0; i < op->num_attrs; ++i) put_attr(&t, &op->attrs[i]);
  if (op->is_commutative) put(&t, "; is_commutative=true");
  if (op->is_aggregate) put(&t, "; is_aggregate=true");
  if (op->is_stateful) put(&t, "; is_stateful=true");
  if (op->allows_uninitialized_input) put(&t, "; allows_uninitialized_input=true");
  if (op->is_distributed_communication) put(&t, "; is_distributed_communication=true");
  put(&t, ">");
  if (size > 0) out_text[t.length < size ? t.length : size - 1] = '\0';
  return t.length;
}
