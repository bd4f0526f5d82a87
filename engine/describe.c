#include "engine/describe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  LONG_STRING = 80,  // from this length on only the ends of a string are shown
  STRING_END = 10,
  LONG_LIST = 50,  // longer ones show their ends only
  LIST_END = 5,
  MAX_DEPTH = 16,  // of functions in attributes of functions
};

void ctf_text_put_bytes(ctf_text* text, const char* data, size_t length) {
  const size_t room = text->size - text->length - 1;
  if (length > room) length = room;
  if (length > 0) memcpy(text->data + text->length, data, length);
  text->length += length;
  text->data[text->length] = '\0';
}

void ctf_text_put(ctf_text* text, const char* format, ...) {
  va_list args;
  const size_t room = text->size - text->length;
  va_start(args, format);
  const int length = vsnprintf(text->data + text->length, room, format, args);
  va_end(args);
  if (length > 0) text->length += (size_t)length < room ? (size_t)length : room - 1;
}

void ctf_text_put_type(ctf_text* text, TF_DataType type) {
  if (type == 0) {
    ctf_text_put(text, "INVALID");
  } else {
    ctf_text_put(text, "%s%s", ctf_dtype_get(type)->tf_name, type > CTF_DTYPE_REF ? "_ref" : "");
  }
}

static void put_escaped(ctf_text* text, const char* data, size_t length) {
  for (size_t i = 0; i < length; ++i) {
    const unsigned char c = (unsigned char)data[i];
    const char* const special = c == 0 ? NULL : strchr("\n\r\t\"'\\", c);
    if (special != NULL) {
      ctf_text_put(text, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c);
    } else if (c < 0x20 || c >= 0x7f) {
      ctf_text_put(text, "\\%03o", c);
    } else {
      ctf_text_put_bytes(text, (const char*)&c, 1);
    }
  }
}

static void put_string(ctf_text* text, ctf_bytes s) {
  ctf_text_put(text, "\"");
  if (s.length >= LONG_STRING) {
    put_escaped(text, s.data, STRING_END);
    ctf_text_put(text, "...");
    put_escaped(text, s.data + s.length - STRING_END, STRING_END);
  } else {
    put_escaped(text, s.data, s.length);
  }
  ctf_text_put(text, "\"");
}

// The shortest of the two usual lengths that reads back as the same number.
static void put_float(ctf_text* text, double value, int few_digits, int all_digits) {
  char digits[40];
  snprintf(digits, sizeof(digits), "%.*g", few_digits, value);
  const double back = few_digits < 10 ? (double)strtof(digits, NULL) : strtod(digits, NULL);
  if (back != value) snprintf(digits, sizeof(digits), "%.*g", all_digits, value);
  ctf_text_put(text, "%s", digits);
}

static void put_attr_type(ctf_text* text, TF_DataType type) {
  if (ctf_dtype_get(type)->kind == CTF_KIND_NONE) return;
  ctf_text_put(text, "%s%s", ctf_dtype_get(type)->enum_name, type > CTF_DTYPE_REF ? "_REF" : "");
}

static void put_element(ctf_text* text, const ctf_tensor* tensor, int64_t i) {
  int64_t number;
  switch (tensor->dtype) {
    case TF_FLOAT:
      put_float(text, ((const float*)tensor->data)[i], 6, 9);
      return;
    case TF_DOUBLE:
      put_float(text, ((const double*)tensor->data)[i], 15, 17);
      return;
    case TF_HALF:
      put_float(text, ctf_half_to_float(((const ctf_half*)tensor->data)[i]), 6, 9);
      return;
    case TF_BFLOAT16:
      put_float(text, ctf_bfloat16_to_float(((const ctf_bfloat16*)tensor->data)[i]), 6, 9);
      return;
    case TF_BOOL:
      ctf_text_put(text, "%d", ((const uint8_t*)tensor->data)[i] != 0);
      return;
    case TF_STRING: {
      const char* data;
      size_t length;
      ctf_tensor_get_string(tensor, i, &data, &length);
      put_escaped(text, data, length);
      return;
    }
    default:
      if (ctf_tensor_get_int(tensor, i, &number)) {
        ctf_text_put(text, "%" PRId64, number);
      } else {
        ctf_text_put(text, "?");
      }
  }
}

void ctf_text_put_elements(ctf_text* text, const ctf_tensor* tensor, int64_t most) {
  const int64_t count = tensor->num_elements < most ? tensor->num_elements : most;
  for (int64_t i = 0; i < count && text->length + 1 < text->size; ++i) {
    // A bracket opens for each inner axis whose rows begin here, and closes where they end.
    int64_t row = 1;
    int opens = 0, closes = 0;
    for (int axis = tensor->rank - 1; axis >= 1; --axis) {
      row *= tensor->dims[axis];
      opens += i % row == 0;
      closes += (i + 1) % row == 0;
    }
    if (i > 0 && opens == 0) ctf_text_put(text, " ");
    while (opens-- > 0) ctf_text_put(text, "[");
    put_element(text, tensor, i);
    while (closes-- > 0) ctf_text_put(text, "]");
  }
  if (count < tensor->num_elements) ctf_text_put(text, "...");
}

static void put_tensor(ctf_text* text, const TF_Tensor* tensor) {
  if (tensor == NULL) {
    ctf_text_put(text, "Tensor<>");
    return;
  }
  ctf_text_put(text, "Tensor<type: %s shape: %s values: ", ctf_dtype_get(tensor->view.dtype)->tf_name,
               ctf_shape_print(ctf_tensor_shape(&tensor->view)).text);
  ctf_text_put_elements(text, &tensor->view, 3);
  ctf_text_put(text, ">");
}

static ctf_attr_value element_of(const ctf_attr_value* list, size_t i) {
  ctf_attr_value v = {.kind = list->kind};
  switch (list->kind) {
    case CTF_ATTR_STRING:
      v.s = list->strings[i];
      break;
    case CTF_ATTR_INT:
      v.i = list->ints[i];
      break;
    case CTF_ATTR_FLOAT:
      v.f = list->floats[i];
      break;
    case CTF_ATTR_BOOL:
      v.b = list->bools[i];
      break;
    case CTF_ATTR_TYPE:
      v.type = list->types[i];
      break;
    case CTF_ATTR_SHAPE:
      v.shape = list->shapes[i];
      break;
    case CTF_ATTR_TENSOR:
      v.tensor = list->tensors[i];
      break;
    case CTF_ATTR_FUNC:
      v.func = list->funcs[i];
      break;
    default:
      break;
  }
  return v;
}

// Recurses over functions in attributes of functions, which the text's users bound by `depth`.
static void put_value(ctf_text* text, const ctf_attr_value* value, int depth) {
  if (value->is_list) {
    ctf_text_put(text, "[");
    for (size_t i = 0; i < value->count; ++i) {
      if (i > 0) ctf_text_put(text, ", ");
      if (value->count > LONG_LIST && i == LIST_END) {
        ctf_text_put(text, "..., ");
        i = value->count - LIST_END;
      }
      const ctf_attr_value element = element_of(value, i);
      put_value(text, &element, depth);
    }
    ctf_text_put(text, "]");
    return;
  }
  switch (value->kind) {
    case CTF_ATTR_STRING:
      put_string(text, value->s);
      break;
    case CTF_ATTR_INT:
      ctf_text_put(text, "%" PRId64, value->i);
      break;
    case CTF_ATTR_FLOAT:
      put_float(text, value->f, 6, 9);
      break;
    case CTF_ATTR_BOOL:
      ctf_text_put(text, value->b ? "true" : "false");
      break;
    case CTF_ATTR_TYPE:
      put_attr_type(text, value->type);
      break;
    case CTF_ATTR_SHAPE:
      ctf_text_put(text, "%s", ctf_shape_print(value->shape).text);
      break;
    case CTF_ATTR_TENSOR:
      put_tensor(text, value->tensor);
      break;
    case CTF_ATTR_PLACEHOLDER:
      ctf_text_put(text, "$");
      ctf_text_put_bytes(text, value->s.data, value->s.length);
      break;
    case CTF_ATTR_FUNC:
      ctf_text_put_bytes(text, value->func->name.data, value->func->name.length);
      ctf_text_put(text, "[");
      for (size_t i = 0; depth < MAX_DEPTH && i < value->func->num_attrs; ++i) {
        ctf_text_put(text, "%s%s=", i > 0 ? ", " : "", value->func->attrs[i].name.data);
        put_value(text, &value->func->attrs[i].value, depth + 1);
      }
      ctf_text_put(text, "]");
      break;
    default:
      ctf_text_put(text, "<Unknown AttrValue type>");
  }
}

void ctf_text_put_attr_value(ctf_text* text, const ctf_attr_value* value) { put_value(text, value, 0); }

// The attribute whose name follows `after` in the order of names. Quadratic: for messages, and nodes have few.
static bool next_attr(const TF_Operation* node, const char* after, const char** out_name,
                      const ctf_attr_value** out_value) {
  const char* best = NULL;
  for (size_t i = 0; i < (size_t)node->op->num_attrs + node->num_extra_attrs; ++i) {
    const bool own = i < (size_t)node->op->num_attrs;
    const size_t extra = i - (size_t)node->op->num_attrs;
    const char* const name = own ? node->op->attrs[i].name : node->extra_attrs[extra].name.data;
    if (after != NULL && strcmp(name, after) <= 0) continue;
    if (best != NULL && strcmp(name, best) >= 0) continue;
    best = name;
    *out_value = own ? &node->attrs[i] : &node->extra_attrs[extra].value;
  }
  *out_name = best;
  return best != NULL;
}

static void put_inputs(ctf_text* text, const TF_Operation* node) {
  const size_t count = (size_t)node->num_inputs + node->num_controls;
  for (size_t i = 0; i < count && text->length + 1 < text->size; ++i) {
    const TF_Operation* const source = node->sources[i];
    const bool is_control = i >= (size_t)node->num_inputs;
    if (i > 0) ctf_text_put(text, ", ");
    ctf_text_put(text, "%s%s", is_control ? "^" : "", source == NULL ? "" : source->name.data);
    if (!is_control && node->inputs[i].index > 0) ctf_text_put(text, ":%d", node->inputs[i].index);
  }
}

void ctf_text_put_node(ctf_text* text, const TF_Operation* node) {
  const char *name = NULL, *separator = "";
  const ctf_attr_value* value;
  ctf_text_put(text, "{{node %s}} = %s[", node->name.data, node->op->name);
  while (text->length + 1 < text->size && next_attr(node, name, &name, &value)) {
    ctf_text_put(text, "%s%s=", separator, name);
    ctf_text_put_attr_value(text, value);
    separator = ", ";
  }
  if (node->device.length > 0) ctf_text_put(text, "%s_device=\"%s\"", separator, node->device.data);
  ctf_text_put(text, "](");
  put_inputs(text, node);
  ctf_text_put(text, ")");
}
