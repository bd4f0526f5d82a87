// From what was given to a checked node: attributes against the op's interface, then arity, then types. The order, the
// codes and the words are TensorFlow's, because programs match them.
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/describe.h"

enum {
  INTERFACE_BYTES = 4096,
  TYPES_BYTES = 2048,
  MAX_OUTPUTS = 1 << 20,  // of a node: an attribute of a few bytes can ask for any number of them
};

typedef struct interface_text {
  char text[INTERFACE_BYTES];
} interface_text;

static interface_text describe_interface(const ctf_op_interface* op) {
  interface_text t;
  ctf_op_interface_describe(op, t.text, sizeof(t.text));
  return t;
}

static bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static const char* type_name(TF_DataType type) { return ctf_dtype_get(type)->tf_name; }

// A letter, digit or dot, then also _ / \ -; such names may be joined by single >.
bool ctf_node_name_valid(ctf_bytes name) {
  bool at_start = true;
  for (size_t i = 0; i < name.length; ++i) {
    const char c = name.data[i];
    if (is_letter_or_digit(c) || c == '.') {
      at_start = false;
    } else if (at_start) {
      return false;
    } else if (c == '>') {
      at_start = true;
    } else if (c != '_' && c != '/' && c != '-') {
      return false;
    }
  }
  return !at_start;
}

bool ctf_type_accepts(TF_DataType wanted, TF_DataType given) {
  return wanted == given || wanted == ctf_dtype_base(given);
}

ctf_status ctf_input_type_error(const TF_Operation* node, int input, TF_DataType given) {
  char given_name[64], wanted_name[64];
  ctf_text given_text = CTF_TEXT(given_name), wanted_text = CTF_TEXT(wanted_name);
  ctf_text_put_type(&given_text, given);
  ctf_text_put_type(&wanted_text, node->input_types[input]);
  return ctf_error(TF_INVALID_ARGUMENT, "Input %d of node %s was passed %s from %s:%d incompatible with expected %s.",
                   input, node->name.data, given_name, node->sources[input]->name.data, node->inputs[input].index,
                   wanted_name);
}

static ctf_status unknown_op(const char* name) {
  char host[256] = "this host";
  gethostname(host, sizeof(host) - 1);
  return ctf_error(TF_NOT_FOUND,
                   "Op type not registered '%s' in binary running on %s. Make sure the Op and Kernel are registered in "
                   "the binary running in this process.",
                   name, host);
}

// ---- one attribute

// What stands in the node where another kind was wanted.
static ctf_status kind_error(const ctf_attr_info* info, const ctf_attr_value* value) {
  char wanted[40];
  snprintf(wanted, sizeof(wanted), info->is_list ? "list(%s)" : "%s", ctf_attr_kind_name(info->kind));
  if (value->kind == CTF_ATTR_NONE) {
    return ctf_error(TF_INVALID_ARGUMENT, "AttrValue missing value with expected type '%s'\n\t for attr '%s'", wanted,
                     info->name);
  }
  return ctf_error(TF_INVALID_ARGUMENT,
                   value->is_list ? "AttrValue had value with type 'list(%s)' when '%s' expected\n\t for attr '%s'"
                                  : "AttrValue had value with type '%s' when '%s' expected\n\t for attr '%s'",
                   ctf_attr_kind_name(value->kind), wanted, info->name);
}

static ctf_status check_type(const ctf_attr_info* info, TF_DataType type) {
  const bool is_ref = type > CTF_DTYPE_REF && ctf_dtype_valid((int64_t)type - CTF_DTYPE_REF);
  if (is_ref) {
    return ctf_error(TF_INVALID_ARGUMENT, "AttrValue must not have reference type value of %s_ref\n\t for attr '%s'",
                     type_name(type), info->name);
  }
  if (type == 0) return ctf_error(TF_INVALID_ARGUMENT, "AttrValue has invalid DataType\n\t for attr '%s'", info->name);
  if (!ctf_dtype_valid((int32_t)type)) {
    return ctf_error(TF_INVALID_ARGUMENT, "AttrValue has invalid DataType enum: %d\n\t for attr '%s'", (int32_t)type,
                     info->name);
  }
  return NULL;
}

static ctf_status check_type_allowed(const ctf_attr_info* info, TF_DataType type) {
  char buffer[TYPES_BYTES];
  ctf_text text = CTF_TEXT(buffer);
  if (ctf_type_in(info->allowed_types, type)) return NULL;
  for (size_t i = 0; i < info->num_allowed_types; ++i) {
    ctf_text_put(&text, "%s%s", i > 0 ? ", " : "", type_name((TF_DataType)info->allowed_type_order[i]));
  }
  return ctf_error(TF_INVALID_ARGUMENT, "Value for attr '%s' of %s is not in the list of allowed values: %s",
                   info->name, type_name(type), buffer);
}

static ctf_status check_string_allowed(const ctf_attr_info* info, ctf_bytes value) {
  char buffer[TYPES_BYTES];
  ctf_text text = CTF_TEXT(buffer);
  for (size_t i = 0; i < info->num_allowed_strings; ++i) {
    if (ctf_bytes_equal(value, info->allowed_strings[i])) return NULL;
    ctf_text_put(&text, "%s\"%s\"", i > 0 ? ", " : "", info->allowed_strings[i]);
  }
  return ctf_error(TF_INVALID_ARGUMENT, "Value for attr '%s' of \"%.*s\" is not in the list of allowed values: %s",
                   info->name, (int)(value.length < 1024 ? value.length : 1024), value.data, buffer);
}

// Known dimensions whose product no tensor can have.
static ctf_status check_shape(const ctf_attr_info* info, ctf_shape shape) {
  int64_t num_elements;
  if (!ctf_shape_known(shape) || ctf_shape_num_elements(shape, &num_elements)) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "Shape %s is too large (more than 2**63 - 1 entries)\n\t for attr '%s'",
                   ctf_shape_print(shape).text, info->name);
}

static ctf_status check_list(const ctf_attr_info* info, const ctf_attr_value* value) {
  for (size_t i = 0; info->kind == CTF_ATTR_TYPE && i < value->count; ++i) {
    CTF_TRY(check_type(info, value->types[i]));
  }
  if (info->has_minimum && (info->minimum > 0 && value->count < (uint64_t)info->minimum)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Length for attr '%s' of %zu must be at least minimum %" PRId64, info->name,
                     value->count, info->minimum);
  }
  for (size_t i = 0; info->kind == CTF_ATTR_TYPE && i < value->count; ++i) {
    CTF_TRY(check_type_allowed(info, value->types[i]));
  }
  for (size_t i = 0; info->kind == CTF_ATTR_SHAPE && i < value->count; ++i) {
    CTF_TRY(check_shape(info, value->shapes[i]));
  }
  for (size_t i = 0; info->num_allowed_strings > 0 && i < value->count; ++i) {
    CTF_TRY(check_string_allowed(info, value->strings[i]));
  }
  return NULL;
}

static ctf_status check_value(const ctf_attr_info* info, const ctf_attr_value* value) {
  // Only a function's body may hold placeholders, and there they have been replaced before a node is built.
  if (value->kind == CTF_ATTR_PLACEHOLDER) {
    return ctf_error(TF_INVALID_ARGUMENT, "AttrValue had value with unexpected type 'placeholder'\n\t for attr '%s'",
                     info->name);
  }
  const bool fits_list = value->kind == info->kind ? value->is_list : value->kind == CTF_ATTR_NONE;
  if (info->is_list) return fits_list ? check_list(info, value) : kind_error(info, value);
  if (value->kind != info->kind || value->is_list) return kind_error(info, value);
  if (info->kind == CTF_ATTR_TYPE) {
    CTF_TRY(check_type(info, value->type));
    return check_type_allowed(info, value->type);
  }
  if (info->kind == CTF_ATTR_INT && info->has_minimum && value->i < info->minimum) {
    return ctf_error(TF_INVALID_ARGUMENT, "Value for attr '%s' of %" PRId64 " must be at least minimum %" PRId64,
                     info->name, value->i, info->minimum);
  }
  if (info->kind == CTF_ATTR_SHAPE) return check_shape(info, value->shape);
  if (info->num_allowed_strings > 0) return check_string_allowed(info, value->s);
  return NULL;
}

// ---- all attributes

static ctf_status missing_attrs(const TF_Operation* node) {
  char buffer[TYPES_BYTES];
  ctf_text text = CTF_TEXT(buffer);
  const char* after = NULL;
  int count = 0;
  for (;;) {  // in the order of their names
    const char* next = NULL;
    for (int i = 0; i < node->op->num_attrs; ++i) {
      const ctf_attr_info* const info = &node->op->attrs[i];
      if (node->attr_given[i] || info->default_value != NULL) continue;
      if ((after == NULL || strcmp(info->name, after) > 0) && (next == NULL || strcmp(info->name, next) < 0)) {
        next = info->name;
      }
    }
    if (next == NULL) break;
    ctf_text_put(&text, "%s'%s'", count++ > 0 ? ", " : "", next);
    after = next;
  }
  return ctf_error(TF_INVALID_ARGUMENT, "NodeDef missing attr%s %s from %s; NodeDef: {{node %s}}",
                   count == 1 ? "" : "s", buffer, describe_interface(node->op).text, node->name.data);
}

static ctf_status take_attr(TF_Operation* node, const ctf_named_attr* attr, ctf_allocator* scratch) {
  const int index = ctf_op_interface_attr(node->op, attr->name.data, attr->name.length);
  if (index < 0) {
    ctf_named_attr* const extra = &node->extra_attrs[node->num_extra_attrs];
    char* name;
    CTF_TRY(ctf_alloc_string(scratch, attr->name.data, attr->name.length, &name));
    extra->name = (ctf_bytes){name, attr->name.length};
    CTF_TRY(ctf_attr_value_copy(&attr->value, scratch, &extra->value));
    ++node->num_extra_attrs;
    return NULL;
  }
  const ctf_attr_info* const info = &node->op->attrs[index];
  ctf_status failure = check_value(info, &attr->value);
  if (failure != NULL) {
    const ctf_status whole = ctf_error(ctf_status_code(failure), "%s\n\t; NodeDef: {{node %s}}; %s",
                                       ctf_status_message(failure), node->name.data, describe_interface(node->op).text);
    ctf_status_drop(failure);  // its message is part of the one that replaces it
    return whole;
  }
  CTF_TRY(ctf_attr_value_copy(&attr->value, scratch, &node->attrs[index]));
  node->attr_given[index] = true;                        // from here on its tensors are released with the node
  if (info->is_list) node->attrs[index].is_list = true;  // nothing set is an empty list
  return NULL;
}

static ctf_status take_attrs(TF_Operation* node, const ctf_node_spec* spec, ctf_allocator* scratch) {
  const ctf_op_interface* const op = node->op;
  size_t num_extra = 0;
  for (size_t i = 0; i < spec->num_attrs; ++i) {
    num_extra += ctf_op_interface_attr(op, spec->attrs[i].name.data, spec->attrs[i].name.length) < 0;
  }
  CTF_TRY(ctf_alloc_array(scratch, &node->attrs, (size_t)op->num_attrs));
  CTF_TRY(ctf_alloc_array(scratch, &node->attr_given, (size_t)op->num_attrs));
  if (num_extra > 0) CTF_TRY(ctf_alloc_array(scratch, &node->extra_attrs, num_extra));
  for (size_t i = 0; i < spec->num_attrs; ++i) CTF_TRY(take_attr(node, &spec->attrs[i], scratch));
  for (int i = 0; i < op->num_attrs; ++i) {
    if (node->attr_given[i]) continue;
    if (op->attrs[i].default_value == NULL) return missing_attrs(node);
    node->attrs[i] = *op->attrs[i].default_value;
  }
  return NULL;
}

// ---- arguments

static const ctf_attr_value* attr_named(const TF_Operation* node, const char* name) {
  return &node->attrs[ctf_op_interface_attr(node->op, name, strlen(name))];
}

// How many tensors an argument is.
static ctf_status arg_count(const TF_Operation* node, const ctf_arg_info* arg, size_t* out_count) {
  *out_count = 1;
  if (arg->number_attr != NULL) {
    const int64_t number = attr_named(node, arg->number_attr)->i;
    if (number < 0) {
      return ctf_error(TF_INVALID_ARGUMENT, "Value for number_attr() %" PRId64 " < 0; NodeDef: {{node %s}}", number,
                       node->name.data);
    }
    *out_count = (size_t)number;
  } else if (arg->type_list_attr != NULL) {
    *out_count = attr_named(node, arg->type_list_attr)->count;
  }
  return NULL;
}

static ctf_status count_tensors(const TF_Operation* node, const ctf_arg_info* args, int num_args, int limit,
                                int* out_count) {
  size_t count = 0;
  for (int i = 0; i < num_args; ++i) {
    size_t add;
    CTF_TRY(arg_count(node, &args[i], &add));
    if (!ctf_add_size(count, add, &count) || count > (size_t)limit) {
      return ctf_error(TF_INVALID_ARGUMENT, "Number of outputs is too big: %zu; a node can have %d", count, limit);
    }
  }
  *out_count = (int)count;
  return NULL;
}

// Type of the tensor at `index` within an argument.
static TF_DataType arg_type(const TF_Operation* node, const ctf_arg_info* arg, size_t index) {
  TF_DataType type = arg->type;
  if (arg->type_attr != NULL) {
    type = attr_named(node, arg->type_attr)->type;
  } else if (arg->type_list_attr != NULL) {
    type = attr_named(node, arg->type_list_attr)->types[index];
  }
  return arg->is_ref ? (TF_DataType)(type + CTF_DTYPE_REF) : type;
}

static ctf_status arity_error(const TF_Operation* node, int num_given) {
  char buffer[TYPES_BYTES];
  ctf_text text = CTF_TEXT(buffer);
  int listed = 0;
  for (int i = 0; i < node->op->num_inputs; ++i) {
    size_t count;
    CTF_TRY(arg_count(node, &node->op->inputs[i], &count));
    for (size_t k = 0; k < count && text.length + 1 < text.size; ++k) {
      if (listed++ > 0) ctf_text_put(&text, ", ");
      ctf_text_put_type(&text, arg_type(node, &node->op->inputs[i], k));
    }
  }
  return ctf_error(TF_INVALID_ARGUMENT,
                   "NodeDef expected inputs '%s' do not match %d inputs specified; %s; NodeDef: {{node %s}}", buffer,
                   num_given, describe_interface(node->op).text, node->name.data);
}

static ctf_status flatten_types(const TF_Operation* node, const ctf_arg_info* args, int num_args, int count,
                                ctf_allocator* scratch, TF_DataType** out_types) {
  TF_DataType* types;
  size_t next = 0;
  CTF_TRY(ctf_alloc_array(scratch, &types, (size_t)count));
  for (int i = 0; i < num_args; ++i) {
    size_t arg_tensors;
    CTF_TRY(arg_count(node, &args[i], &arg_tensors));
    for (size_t k = 0; k < arg_tensors; ++k) types[next++] = arg_type(node, &args[i], k);
  }
  *out_types = types;
  return NULL;
}

static ctf_status check_deprecation(const ctf_op_interface* op, int32_t producer) {
  if (op->deprecation == NULL || producer < op->deprecated_since) return NULL;
  return ctf_error(TF_UNIMPLEMENTED,
                   "Op %s is not available in GraphDef version %d. It has been removed in version %d.%s%s", op->name,
                   producer, op->deprecated_since, op->deprecation[0] == '\0' ? "" : " ", op->deprecation);
}

static ctf_status set_types(TF_Operation* node, const ctf_node_spec* spec, ctf_allocator* scratch) {
  const ctf_op_interface* const op = node->op;
  int num_inputs;
  // Counted before anything of that length is made: the numbers are the file's.
  CTF_TRY(count_tensors(node, op->inputs, op->num_inputs, INT_MAX, &num_inputs));
  if (num_inputs != spec->num_inputs) return arity_error(node, spec->num_inputs);
  CTF_TRY(check_deprecation(op, spec->producer));
  CTF_TRY(count_tensors(node, op->outputs, op->num_outputs, MAX_OUTPUTS, &node->num_outputs));
  CTF_TRY(flatten_types(node, op->inputs, op->num_inputs, num_inputs, scratch, &node->input_types));
  CTF_TRY(flatten_types(node, op->outputs, op->num_outputs, node->num_outputs, scratch, &node->output_types));
  CTF_TRY(ctf_alloc_array(scratch, &node->output_shapes, (size_t)node->num_outputs));
  for (int i = 0; i < node->num_outputs; ++i) node->output_shapes[i] = CTF_SHAPE_UNKNOWN;
  return NULL;
}

static ctf_status set_edges(TF_Operation* node, const ctf_node_spec* spec, ctf_allocator* scratch) {
  const size_t num_inputs = (size_t)spec->num_inputs;
  TF_Operation* const* const nodes = node->graph->nodes;
  CTF_TRY(ctf_alloc_array(scratch, &node->inputs, num_inputs));
  if (spec->num_controls > 0) CTF_TRY(ctf_alloc_array(scratch, &node->controls, spec->num_controls));
  CTF_TRY(ctf_alloc_array(scratch, &node->sources, num_inputs + spec->num_controls));
  for (size_t i = 0; i < num_inputs; ++i) {
    node->inputs[i] = spec->inputs[i];
    node->sources[i] = spec->given_types[i] == 0 ? NULL : nodes[spec->inputs[i].node];
  }
  for (size_t i = 0; i < spec->num_controls; ++i) {
    node->controls[i] = spec->controls[i];
    node->sources[num_inputs + i] = nodes[spec->controls[i]];
  }
  node->num_inputs = spec->num_inputs;
  node->num_controls = spec->num_controls;
  for (int i = 0; i < node->num_inputs; ++i) {
    const TF_DataType given = spec->given_types[i];
    if (given != 0 && !ctf_type_accepts(node->input_types[i], given)) return ctf_input_type_error(node, i, given);
  }
  return NULL;
}

static ctf_status copy_text(ctf_bytes source, ctf_allocator* scratch, ctf_bytes* out_text) {
  char* text = "";
  if (source.length > 0) CTF_TRY(ctf_alloc_string(scratch, source.data, source.length, &text));
  *out_text = (ctf_bytes){text, source.length};
  return NULL;
}

// What it leaves behind on failure is the caller's to release.
static ctf_status build(TF_Operation* node, const ctf_node_spec* spec, ctf_allocator* scratch) {
  CTF_TRY(copy_text(spec->name, scratch, &node->name));
  CTF_TRY(copy_text(spec->device, scratch, &node->device));
  if (spec->experimental.length > 0) CTF_TRY(copy_text(spec->experimental, scratch, &node->experimental));
  if (!ctf_node_name_valid(node->name)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Node '%s': Node name contains invalid characters", node->name.data);
  }
  node->op = ctf_op_interface_find(spec->op.data, spec->op.length);
  if (node->op == NULL) return unknown_op(spec->op.data);
  node->def = ctf_op_def_find(node->op);
  CTF_TRY(take_attrs(node, spec, scratch));
  CTF_TRY(set_types(node, spec, scratch));
  CTF_TRY(set_edges(node, spec, scratch));
  if (node->def != NULL && node->def->attrs.bytes > 0) {
    CTF_TRY(ctf_alloc_bytes(scratch, node->def->attrs.bytes, &node->decoded_attrs));
    ctf_attrs_decode(&node->def->attrs, node->op, node->attrs, node->decoded_attrs);
  }
  return NULL;
}

ctf_status ctf_node_build(TF_Graph* graph, const ctf_node_spec* spec, ctf_allocator* scratch, TF_Operation** out_node) {
  TF_Operation* node;
  CTF_TRY(ctf_alloc_new(scratch, &node));
  node->graph = graph;
  const ctf_status status = build(node, spec, scratch);
  if (status != NULL) {
    ctf_node_release(node);
    return status;
  }
  *out_node = node;
  return NULL;
}

static void release_one(TF_Operation* node) {
  for (int i = 0; node->attr_given != NULL && i < node->op->num_attrs; ++i) {
    if (node->attr_given[i]) ctf_attr_value_release(&node->attrs[i]);
  }
  for (size_t i = 0; i < node->num_extra_attrs; ++i) ctf_attr_value_release(&node->extra_attrs[i].value);
  for (int i = 0; node->static_values != NULL && i < node->num_outputs; ++i) ctf_tensor_release(node->static_values[i]);
  ctf_free(node->graph->alloc, node->static_values);
  node->static_values = NULL;
  node->num_extra_attrs = 0;
  node->attr_given = NULL;         // a second call finds nothing
  ctf_status_drop(node->invalid);  // runs that were refused have copies
  node->invalid = NULL;
}

void ctf_node_release(TF_Operation* node) {
  if (node == NULL) return;
  TF_Operation* changed = ctf_node_latest(node);
  while (changed != node) {
    TF_Operation* const before = changed->before;
    release_one(changed);
    changed = before;
  }
  release_one(node);
}
