// Interfaces of ops as the messages that TensorFlow's tools read: OpDef and OpList.
#include <stdio.h>
#include <string.h>

#include "graphdef/message.h"
#include "graphdef/op_table.h"

static void put_text(ctf_wire_writer* w, uint32_t number, const char* text) {
  if (text != NULL && text[0] != '\0') ctf_put_block(w, number, text, strlen(text));
}

static void put_flag(ctf_wire_writer* w, uint32_t number, bool value) {
  if (value) ctf_put_number(w, number, 1);
}

static void put_arg(ctf_wire_writer* w, uint32_t number, const ctf_arg_info* arg) {
  const size_t end = w->bytes;
  put_flag(w, 16, arg->is_ref);
  put_text(w, 6, arg->type_list_attr);
  put_text(w, 5, arg->number_attr);
  put_text(w, 4, arg->type_attr);
  if (arg->type != 0) ctf_put_number(w, 3, (uint64_t)arg->type);
  put_text(w, 1, arg->name);
  ctf_put_front(w, number, end);
}

// AttrValue.list with the types or texts that the attribute may have.
static void put_allowed(ctf_wire_writer* w, const ctf_attr_info* attr) {
  if (attr->num_allowed_types == 0 && attr->num_allowed_strings == 0) return;
  const size_t end = w->bytes;
  for (size_t i = attr->num_allowed_types; i-- > 0;) ctf_put_varint(w, attr->allowed_type_order[i]);
  if (attr->num_allowed_types > 0) ctf_put_front(w, 6, end);
  for (size_t i = attr->num_allowed_strings; i-- > 0;) {
    ctf_put_block(w, 2, attr->allowed_strings[i], strlen(attr->allowed_strings[i]));
  }
  ctf_put_front(w, 1, end);
  ctf_put_front(w, 7, end);
}

static void put_attr(ctf_wire_writer* w, const ctf_attr_info* attr) {
  char type[32];
  const size_t end = w->bytes;
  put_allowed(w, attr);
  if (attr->has_minimum && attr->minimum != 0) ctf_put_number(w, 6, (uint64_t)attr->minimum);
  put_flag(w, 5, attr->has_minimum);
  if (attr->default_value != NULL) {
    const size_t value_end = w->bytes;
    ctf_put_attr_value(w, attr->default_value);
    ctf_put_front(w, 3, value_end);
  }
  snprintf(type, sizeof(type), attr->is_list ? "list(%s)" : "%s", ctf_attr_kind_name(attr->kind));
  put_text(w, 2, type);
  put_text(w, 1, attr->name);
  ctf_put_front(w, 4, end);
}

static void put_op(ctf_wire_writer* w, const void* what) {
  const ctf_op_interface* op = what;
  put_flag(w, 21, op->is_distributed_communication);
  put_flag(w, 19, op->allows_uninitialized_input);
  put_flag(w, 18, op->is_commutative);
  put_flag(w, 17, op->is_stateful);
  put_flag(w, 16, op->is_aggregate);
  if (op->deprecation != NULL) {
    const size_t end = w->bytes;
    put_text(w, 2, op->deprecation);
    ctf_put_number(w, 1, (uint64_t)op->deprecated_since);
    ctf_put_front(w, 8, end);
  }
  for (int i = op->num_attrs; i-- > 0;) put_attr(w, &op->attrs[i]);
  for (int i = op->num_outputs; i-- > 0;) put_arg(w, 3, &op->outputs[i]);
  for (int i = op->num_inputs; i-- > 0;) put_arg(w, 2, &op->inputs[i]);
  put_text(w, 1, op->name);
}

typedef struct op_list {
  const ctf_op_interface* const* ops;
  size_t count;
} op_list;

static void put_list(ctf_wire_writer* w, const void* what) {
  const op_list* list = what;
  for (size_t i = list->count; i-- > 0;) {
    const size_t end = w->bytes;
    put_op(w, list->ops[i]);
    ctf_put_front(w, 1, end);
  }
}

static void put_constraint(ctf_wire_writer* w, const char* attr, ctf_type_set types) {
  const size_t end = w->bytes;
  for (int type = CTF_DTYPE_MAX; type > 0; --type) {
    if (ctf_type_in(types, (TF_DataType)type)) ctf_put_varint(w, (uint64_t)type);
  }
  ctf_put_front(w, 6, end);  // of AttrValue.list, packed
  ctf_put_front(w, 1, end);
  ctf_put_front(w, 2, end);
  put_text(w, 1, attr);
  ctf_put_front(w, 3, end);
}

typedef struct kernel_list {
  const ctf_kernel_row* rows;
  size_t count;
} kernel_list;

static void put_kernels(ctf_wire_writer* w, const void* what) {
  const kernel_list* list = what;
  for (size_t i = list->count; i-- > 0;) {
    const ctf_kernel_row* row = &list->rows[i];
    const size_t end = w->bytes;
    if (row->priority != 0) ctf_put_number(w, 6, (uint64_t)(int64_t)row->priority);
    for (size_t c = row->num_constraints; c-- > 0;) put_constraint(w, row->attrs[c], row->types[c]);
    put_text(w, 2, row->device_type);
    put_text(w, 1, row->op);
    ctf_put_front(w, 1, end);
  }
}

ctf_status ctf_kernel_list_write(const ctf_kernel_row* rows, size_t num_rows, ctf_allocator* alloc,
                                 ctf_bytes* out_bytes) {
  const kernel_list list = {rows, num_rows};
  return ctf_wire_write(put_kernels, &list, alloc, out_bytes);
}

ctf_status ctf_op_def_write(const ctf_op_interface* op, ctf_allocator* alloc, ctf_bytes* out_bytes) {
  return ctf_wire_write(put_op, op, alloc, out_bytes);
}

ctf_status ctf_op_list_write(const ctf_op_interface* const* ops, size_t num_ops, ctf_allocator* alloc,
                             ctf_bytes* out_bytes) {
  const op_list list = {ops, num_ops};
  return ctf_wire_write(put_list, &list, alloc, out_bytes);
}

ctf_status ctf_op_list_write_all(ctf_allocator* alloc, ctf_bytes* out_bytes) {
  const ctf_op_interface** ops;
  size_t count = ctf_op_interface_count();
  const ctf_added_op* added = ctf_op_interface_last_added();
  for (const ctf_added_op* at = added; at != NULL; at = at->next) ++count;
  CTF_TRY(ctf_alloc_array(alloc, &ops, count));
  count = 0;
  for (; count < ctf_op_interface_count(); ++count) ops[count] = ctf_op_interface_at(count);
  for (const ctf_added_op* op = added; op != NULL; op = op->next) {  // few: each goes to its place
    size_t at = count++;
    for (; at > 0 && strcmp(ops[at - 1]->name, op->interface.name) > 0; --at) ops[at] = ops[at - 1];
    ops[at] = &op->interface;
  }
  return ctf_op_list_write(ops, count, alloc, out_bytes);
}
