#include "tests/support/kernel_harness.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/tstring.h"

enum { GUARD = 64, GUARD_BYTE = 0xa7, MAX_ATTRS = 32, SCRATCH_BYTES = 1 << 16, STATE_WORDS = 64 };

static size_t page_bytes(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static unsigned char* guard_begin(const harness_tensor* t) { return (unsigned char*)t->view.data - GUARD; }

void harness_tensor_init(harness_tensor* t, TF_DataType dtype, int rank, const int64_t* dims, size_t offset) {
  const size_t element = ctf_dtype_get(dtype)->bytes, page = page_bytes();
  size_t bytes = element;
  memset(t, 0, sizeof(*t));
  for (int i = 0; i < rank; ++i) {
    t->own_dims[i] = dims[i];
    bytes *= (size_t)dims[i];
  }
  const size_t used = bytes + element + GUARD + CTF_TENSOR_ALIGNMENT;
  t->pages_bytes = (used + page - 1) / page * page + page;
  t->pages = mmap(NULL, t->pages_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CTF_ASSERT(t->pages != MAP_FAILED);
  unsigned char* end = (unsigned char*)t->pages + t->pages_bytes - page;
  CTF_ASSERT(mprotect(end, page, PROT_NONE) == 0);
  memset(t->pages, GUARD_BYTE, t->pages_bytes - page);
  // The end of the page is aligned for every element, so that the start is when nothing is left out behind it.
  size_t tail = offset % element == 0 ? 0 : element - offset % element;
  if (offset == HARNESS_ALIGNED) tail = ctf_round_up(bytes, CTF_TENSOR_ALIGNMENT) - bytes;
  unsigned char* data = end - bytes - tail;
  memset(data, 0, bytes);
  t->view = (ctf_tensor){.dtype = dtype, .rank = rank, .num_elements = (int64_t)(bytes / element), .bytes = bytes};
  t->view.dims = t->own_dims;
  t->view.data = data;
}

void harness_tensor_deinit(harness_tensor* t) {
  for (int64_t i = 0; t->pages != NULL && t->view.dtype == TF_STRING && i < t->view.num_elements; ++i) {
    TF_TString* string = (TF_TString*)t->view.data + i;
    ctf_budget_unreserve(ctf_budget_process(), ctf_tstring_owned_bytes(string));
    ctf_tstring_clear(string);
  }
  if (t->pages != NULL) munmap(t->pages, t->pages_bytes);
  t->pages = NULL;
}

bool harness_tensor_intact(const harness_tensor* t) {
  const unsigned char* end = (const unsigned char*)t->pages + t->pages_bytes - page_bytes();
  for (const unsigned char* p = guard_begin(t); p < (const unsigned char*)t->view.data; ++p) {
    if (*p != GUARD_BYTE) return false;
  }
  for (const unsigned char* p = (const unsigned char*)t->view.data + t->view.bytes; p < end; ++p) {
    if (*p != GUARD_BYTE) return false;
  }
  return true;
}

static void set_type(const ctf_op_interface* op, ctf_attr_value* values, const char* name, TF_DataType dtype) {
  values[ctf_op_interface_attr(op, name, strlen(name))] = (ctf_attr_value){.kind = CTF_ATTR_TYPE, .type = dtype};
}

// Of an argument list whose length is not given, the tensors that the other arguments leave.
static int list_length(const harness_call* call, const ctf_op_interface* op) {
  return call->num_inputs - (op->num_inputs - 1);
}

static void resolve_attrs(const harness_call* call, const ctf_op_interface* op, TF_DataType* types,
                          ctf_attr_value* values) {
  memset(values, 0, MAX_ATTRS * sizeof(*values));
  for (int i = 0; i < op->num_attrs; ++i) {
    if (op->attrs[i].default_value != NULL) values[i] = *op->attrs[i].default_value;
  }
  for (int i = 0, next = 0; i < op->num_inputs; ++i) {
    const ctf_arg_info* arg = &op->inputs[i];
    const int count = arg->number_attr || arg->type_list_attr ? list_length(call, op) : 1;
    if (arg->type_attr != NULL) set_type(op, values, arg->type_attr, call->inputs[next]->dtype);
    if (arg->number_attr != NULL) {
      values[ctf_op_interface_attr(op, arg->number_attr, strlen(arg->number_attr))] =
          (ctf_attr_value){.kind = CTF_ATTR_INT, .i = count};
    }
    if (arg->type_list_attr != NULL) {
      for (int j = 0; j < count; ++j) types[j] = call->inputs[next + j]->dtype;
      values[ctf_op_interface_attr(op, arg->type_list_attr, strlen(arg->type_list_attr))] =
          (ctf_attr_value){.kind = CTF_ATTR_TYPE, .is_list = true, .count = (size_t)count, .types = types};
    }
    next += count;
  }
  for (int i = 0; i < call->num_attrs; ++i) {
    const int index = ctf_op_interface_attr(op, call->attrs[i].name.data, call->attrs[i].name.length);
    CTF_ASSERT(index >= 0);
    values[index] = call->attrs[i].value;
  }
}

static int resolve_outputs(const ctf_op_interface* op, const ctf_attr_value* values, TF_DataType* out_types) {
  int count = 0;
  for (int i = 0; i < op->num_outputs; ++i) {
    const ctf_arg_info* arg = &op->outputs[i];
    if (arg->type_list_attr != NULL) {
      const ctf_attr_value* list = &values[ctf_op_interface_attr(op, arg->type_list_attr, strlen(arg->type_list_attr))];
      for (size_t j = 0; j < list->count; ++j) out_types[count++] = list->types[j];
      continue;
    }
    TF_DataType type = arg->type;
    if (arg->type_attr != NULL) type = values[ctf_op_interface_attr(op, arg->type_attr, strlen(arg->type_attr))].type;
    int64_t repeat = 1;
    if (arg->number_attr != NULL) {
      repeat = values[ctf_op_interface_attr(op, arg->number_attr, strlen(arg->number_attr))].i;
    }
    for (int64_t j = 0; j < repeat; ++j) out_types[count++] = type;
  }
  CTF_ASSERT(count <= HARNESS_MAX_TENSORS);
  return count;
}

static bool serves(const ctf_op_interface* op, const ctf_attr_value* values, const char* attr, ctf_type_set set) {
  const int i = ctf_op_interface_attr(op, attr, strlen(attr));
  if (i < 0 || op->attrs[i].kind != CTF_ATTR_TYPE || op->attrs[i].is_list) return true;
  return ctf_type_in(set, values[i].type);
}

static const ctf_kernel_def* find_in(const ctf_kernel_table* table, const ctf_op_interface* op,
                                     const ctf_attr_value* values) {
  for (size_t i = 0; i < table->count; ++i) {
    const ctf_kernel_def* kernel = &table->kernels[i];
    if (strcmp(kernel->op, op->name) != 0) continue;
    if (!serves(op, values, kernel->type_attr == NULL ? "T" : kernel->type_attr, kernel->types)) continue;
    if (kernel->type_attr2 != NULL && !serves(op, values, kernel->type_attr2, kernel->types2)) continue;
    if (kernel->type_attr3 != NULL && !serves(op, values, kernel->type_attr3, kernel->types3)) continue;
    return kernel;
  }
  return NULL;
}

static const ctf_kernel_def* find_kernel(const harness_call* call, const ctf_op_interface* op,
                                         const ctf_attr_value* values) {
  if (call->table != NULL) return find_in(call->table, op, values);
  const ctf_kernel_table* const* tables = ctf_registry_cpu_kernels[call->isa];
  const ctf_kernel_def* kernel = NULL;
  for (size_t i = 0; tables != NULL && kernel == NULL && i < ctf_registry_num_cpu_kernels; ++i) {
    kernel = find_in(tables[i], op, values);
  }
  return kernel;
}

// The kernel asks for an output whose shape comes from data.
typedef struct reserving_ctx {
  ctf_kernel_ctx base;
  harness_call* call;
  ctf_tensor slots[2 * HARNESS_MAX_TENSORS];
} reserving_ctx;

static ctf_status reserve(ctf_kernel_ctx* k, int output, int rank, const int64_t* dims) {
  reserving_ctx* ctx = (reserving_ctx*)k;
  harness_tensor* t = &ctx->call->outputs[output];
  const TF_DataType dtype = ctf_out_dtype(k, output);
  harness_tensor_deinit(t);
  harness_tensor_init(t, dtype, rank, dims, HARNESS_ALIGNED);
  ctx->slots[k->out[output]] = t->view;
  return NULL;
}

static ctf_status infer(const harness_call* call, const ctf_op_interface* op, const ctf_op_def* def, const void* attrs,
                        const TF_DataType* output_types, ctf_allocator* scratch, const ctf_shape* known,
                        ctf_shape* outputs) {
  ctf_shape inputs[HARNESS_MAX_TENSORS];
  TF_DataType input_types[HARNESS_MAX_TENSORS];
  const ctf_tensor* values[HARNESS_MAX_TENSORS] = {NULL};
  for (int i = 0; i < call->num_inputs; ++i) {
    inputs[i] = known != NULL ? known[i] : ctf_tensor_shape(call->inputs[i]);
    input_types[i] = call->inputs[i]->dtype;
    if (known == NULL && ctf_op_reads_value(def, i, call->num_inputs)) values[i] = call->inputs[i];
  }
  for (int i = 0; i < call->num_outputs; ++i) outputs[i] = CTF_SHAPE_UNKNOWN;
  ctf_shape_ctx c = {.op = op,
                     .attrs = attrs,
                     .num_inputs = call->num_inputs,
                     .inputs = inputs,
                     .input_types = input_types,
                     .values = values,
                     .num_outputs = call->num_outputs,
                     .outputs = outputs,
                     .output_types = output_types,
                     .scratch = scratch};
  return def->shape(&c);
}

// A workspace is known before the data are: only the inputs whose values are known then can be seen.
static size_t workspace_bytes(const harness_call* call, const ctf_op_def* def, ctf_kernel_ctx* k) {
  void* data[HARNESS_MAX_TENSORS];
  for (int i = 0; i < call->num_inputs; ++i) {
    data[i] = k->slots[i].data;
    if (!ctf_op_reads_value(def, i, call->num_inputs)) k->slots[i].data = NULL;
  }
  const size_t bytes = call->kernel->workspace(k);
  for (int i = 0; i < call->num_inputs; ++i) k->slots[i].data = data[i];
  return bytes;
}

static ctf_status run_kernel(harness_call* call, const void* attrs, const TF_DataType* types, const ctf_shape* shapes,
                             const ctf_op_def* def) {
  ctf_status status = NULL;
  harness_tensor workspace = {0};
  uint32_t in[HARNESS_MAX_TENSORS], out[HARNESS_MAX_TENSORS];
  reserving_ctx ctx = {.call = call};
  uint64_t zeroed[STATE_WORDS] = {0};
  for (int i = 0; i < call->num_inputs; ++i) {
    in[i] = (uint32_t)i;
    ctx.slots[i] = *call->inputs[i];
  }
  for (int i = 0; i < call->num_outputs; ++i) {
    out[i] = (uint32_t)(HARNESS_MAX_TENSORS + i);
    ctf_tensor* slot = &ctx.slots[out[i]];
    slot->dtype = types[i];
    if (!ctf_shape_known(shapes[i])) continue;  // the kernel reserves it
    harness_tensor_init(&call->outputs[i], types[i], shapes[i].rank, shapes[i].dims, HARNESS_ALIGNED);
    *slot = call->outputs[i].view;
    if (call->in_place && i == 0) slot->data = call->inputs[call->in_place_input]->data;
  }
  ctx.base = (ctf_kernel_ctx){.slots = ctx.slots,
                              .in = in,
                              .out = out,
                              .num_inputs = call->num_inputs,
                              .num_outputs = call->num_outputs,
                              .attrs = attrs,
                              .reserve = reserve,
                              .budget = ctf_budget_process()};
  if (call->kernel->workspace != NULL) {
    ctx.base.workspace_bytes = workspace_bytes(call, def, &ctx.base);
    // Whole cache lines, so that the workspace ends where its pages do and still is aligned.
    const int64_t whole = (int64_t)ctf_round_up(ctx.base.workspace_bytes, CTF_TENSOR_ALIGNMENT);
    harness_tensor_init(&workspace, TF_UINT8, 1, &whole, 0);
    memset(workspace.view.data, GUARD_BYTE, (size_t)whole);
    ctx.base.workspace = workspace.view.data;
  }
  CTF_ASSERT(call->kernel->state_bytes <= sizeof(zeroed));
  if (call->kernel->state_bytes > 0) ctx.base.state = call->state != NULL ? call->state : zeroed;
  status = call->kernel->run(&ctx.base);
  harness_tensor_deinit(&workspace);
  if (call->in_place && status == NULL && call->outputs[0].view.bytes > 0) {
    memcpy(call->outputs[0].view.data, call->inputs[call->in_place_input]->data, call->outputs[0].view.bytes);
  }
  return status;
}

// A view runs nothing: the bytes of input 0 under the shape of output 0.
static void run_view(harness_call* call, ctf_shape shape) {
  const ctf_tensor* x = call->inputs[0];
  harness_tensor_init(&call->outputs[0], x->dtype, shape.rank, shape.dims, HARNESS_ALIGNED);
  CTF_ASSERT(call->outputs[0].view.bytes == x->bytes);
  if (x->bytes > 0) memcpy(call->outputs[0].view.data, x->data, x->bytes);
}

ctf_status harness_run(harness_call* call) {
  const ctf_op_interface* op = ctf_op_interface_find(call->op, strlen(call->op));
  CTF_ASSERT(op != NULL);
  const ctf_op_def* def = ctf_op_def_find(op);
  CTF_ASSERT(def != NULL);
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  void* attrs = NULL;
  TF_DataType list[HARNESS_MAX_TENSORS], types[HARNESS_MAX_TENSORS];
  ctf_attr_value values[MAX_ATTRS];
  ctf_shape shapes[HARNESS_MAX_TENSORS];

  memset(call->outputs, 0, sizeof(call->outputs));
  CTF_ASSERT(op->num_attrs <= MAX_ATTRS);
  resolve_attrs(call, op, list, values);
  call->num_outputs = resolve_outputs(op, values, types);
  call->kernel = find_kernel(call, op, values);
  if (call->kernel == NULL && !(def->flags & CTF_OP_VIEW)) {
    return ctf_error(TF_UNIMPLEMENTED, "no kernel for %s", call->op);
  }
  CTF_ASSERT(!call->in_place || (call->kernel->flags & CTF_IN_PLACE));
  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), SCRATCH_BYTES, &scratch));
  CTF_TRY_DONE(ctf_alloc_bytes(scratch, def->attrs.bytes, &attrs));
  ctf_attrs_decode(&def->attrs, op, values, attrs);
  CTF_TRY_DONE(infer(call, op, def, attrs, types, scratch, NULL, shapes));
  if (def->flags & CTF_OP_VIEW) {
    run_view(call, shapes[0]);
  } else {
    CTF_TRY_DONE(run_kernel(call, attrs, types, shapes, def));
  }

done:
  ctf_allocator_free(scratch);
  if (status != NULL) harness_release(call);
  return status;
}

ctf_status harness_shape(harness_call* call, const ctf_shape* known, ctf_shape_text* out_text) {
  const ctf_op_interface* op = ctf_op_interface_find(call->op, strlen(call->op));
  CTF_ASSERT(op != NULL);
  const ctf_op_def* def = ctf_op_def_find(op);
  CTF_ASSERT(def != NULL);
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  void* attrs = NULL;
  TF_DataType list[HARNESS_MAX_TENSORS], types[HARNESS_MAX_TENSORS];
  ctf_attr_value values[MAX_ATTRS];
  ctf_shape shapes[HARNESS_MAX_TENSORS];

  resolve_attrs(call, op, list, values);
  call->num_outputs = resolve_outputs(op, values, types);
  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), SCRATCH_BYTES, &scratch));
  CTF_TRY_DONE(ctf_alloc_bytes(scratch, def->attrs.bytes, &attrs));
  ctf_attrs_decode(&def->attrs, op, values, attrs);
  CTF_TRY_DONE(infer(call, op, def, attrs, types, scratch, known, shapes));
  *out_text = ctf_shape_print(shapes[0]);

done:
  ctf_allocator_free(scratch);
  return status;
}

void harness_release(harness_call* call) {
  for (int i = 0; i < HARNESS_MAX_TENSORS; ++i) harness_tensor_deinit(&call->outputs[i]);
}
