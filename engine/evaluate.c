#include "engine/evaluate.h"

#include <string.h>

#include "runtime/device.h"
#include "runtime/float_env.h"

bool ctf_can_evaluate(const TF_Operation* node) {
  if (node->def == NULL || node->num_outputs == 0 || node->op->is_stateful) return false;
  if (node->def->flags & (CTF_OP_SIZE_FROM_DATA | CTF_OP_READS_FILES)) return false;
  for (int i = 0; i < node->num_outputs; ++i) {
    const TF_DataType dtype = ctf_dtype_base(node->output_types[i]);
    if (dtype == TF_RESOURCE || dtype == TF_VARIANT) return false;
  }
  if (node->def->flags & CTF_OP_VIEW) return true;
  const ctf_kernel_def* kernel = ctf_kernel_find(node->op, node->attrs, CTF_DEVICE_CPU);
  return kernel != NULL && kernel->construct == NULL;  // what is constructed belongs to a session
}

// Copies of inputs that begin at an odd byte, for kernels that do not read from any byte.
static ctf_status align_inputs(const TF_Operation* node, uint32_t kernel_flags, ctf_budget* budget, ctf_tensor* slots,
                               TF_Tensor** copies) {
  if (kernel_flags & CTF_ANY_ALIGNMENT) return NULL;
  for (int i = 0; i < node->num_inputs; ++i) {
    if (ctf_tensor_aligned(&slots[i])) continue;
    CTF_TRY(ctf_tensor_clone(&slots[i], budget, &copies[i]));
    slots[i].data = copies[i]->view.data;
  }
  return NULL;
}

static ctf_status check_sizes(const TF_Operation* node, const ctf_shape* shapes, size_t max_bytes, bool* out_small) {
  size_t total = 0;
  *out_small = false;
  for (int i = 0; i < node->num_outputs; ++i) {
    size_t bytes;
    if (!ctf_shape_known(shapes[i])) return NULL;
    CTF_TRY(ctf_shape_bytes(shapes[i], ctf_dtype_base(node->output_types[i]), &bytes));
    if (!ctf_add_size(total, bytes, &total) || (max_bytes > 0 && total > max_bytes)) return NULL;
  }
  *out_small = true;
  return NULL;
}

static ctf_status run_kernel(const TF_Operation* node, const ctf_kernel_def* kernel, ctf_budget* budget,
                             ctf_tensor* slots, ctf_allocator* scratch) {
  ctf_status status = NULL;
  ctf_block workspace = {0};
  uint32_t* numbers = NULL;
  ctf_kernel_ctx k = {.slots = slots,
                      .num_inputs = node->num_inputs,
                      .num_outputs = node->num_outputs,
                      .attrs = node->decoded_attrs,
                      .budget = budget};
  const size_t count = (size_t)node->num_inputs + (size_t)node->num_outputs;

  CTF_TRY_DONE(ctf_alloc_array(scratch, &numbers, count));
  for (size_t i = 0; i < count; ++i) numbers[i] = (uint32_t)i;
  k.in = numbers;
  k.out = numbers + node->num_inputs;
  if (kernel->workspace != NULL) k.workspace_bytes = kernel->workspace(&k);
  CTF_TRY_DONE(ctf_device_reserve(ctf_device_cpu(), budget, k.workspace_bytes, node->name.data, &workspace));
  k.workspace = workspace.data;
  const ctf_float_env env = ctf_float_env_enter();  // as in a run: what is computed early must not differ
  status = kernel->run(&k);
  ctf_float_env_leave(env);

done:
  ctf_device_unreserve(ctf_device_cpu(), budget, &workspace);
  return status;
}

// A view's results: the inputs' bytes again, shared where their owner is known. Elements of strings own memory that one
// tensor must free.
static ctf_status copy_views(const TF_Operation* node, const ctf_tensor* inputs, TF_Tensor* const* owners,
                             ctf_budget* budget, const ctf_shape* shapes, TF_Tensor** outputs) {
  for (int i = 0; i < node->num_outputs; ++i) {
    if (owners != NULL && inputs[i].dtype != TF_STRING) {
      CTF_TRY(ctf_tensor_wrap(ctf_dtype_base(node->output_types[i]), shapes[i], owners[i]->buffer, &outputs[i]));
      ctf_buffer_retain(owners[i]->buffer);
      continue;
    }
    ctf_tensor view = inputs[i];
    view.rank = shapes[i].rank;
    view.dims = shapes[i].dims;
    CTF_TRY(ctf_tensor_clone(&view, budget, &outputs[i]));
  }
  return NULL;
}

ctf_status ctf_evaluate(const TF_Operation* node, const ctf_tensor* inputs, TF_Tensor* const* owners,
                        ctf_budget* budget, size_t max_bytes, bool* out_done, TF_Tensor** out_values) {
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  ctf_tensor* slots = NULL;
  ctf_shape* shapes = NULL;
  const ctf_tensor** values = NULL;
  TF_Tensor** outputs = NULL;  // and the copies of inputs behind them
  bool small = false;
  const size_t num_inputs = (size_t)node->num_inputs, num_outputs = (size_t)node->num_outputs;

  *out_done = false;
  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), 4096, &scratch));
  CTF_TRY_DONE(ctf_alloc_array(scratch, &slots, num_inputs + num_outputs));
  CTF_TRY_DONE(ctf_alloc_array(scratch, &shapes, num_inputs + num_outputs));
  CTF_TRY_DONE(ctf_alloc_array(scratch, &values, num_inputs));
  CTF_TRY_DONE(ctf_alloc_array(scratch, &outputs, num_inputs + num_outputs));
  for (size_t i = 0; i < num_inputs; ++i) {
    slots[i] = inputs[i];
    shapes[i] = ctf_tensor_shape(&inputs[i]);
    values[i] = inputs[i].data != NULL || inputs[i].bytes == 0 ? &inputs[i] : NULL;
  }
  CTF_TRY_DONE(ctf_node_infer(node, shapes, values, scratch, shapes + num_inputs));
  const bool view = (node->def->flags & CTF_OP_VIEW) != 0;
  CTF_TRY_DONE(check_sizes(node, shapes + num_inputs, view && owners != NULL ? 0 : max_bytes, &small));
  if (!small) goto done;
  if (view) {
    CTF_TRY_DONE(copy_views(node, inputs, owners, budget, shapes + num_inputs, outputs));
  } else {
    for (size_t i = 0; i < num_outputs; ++i) {
      CTF_TRY_DONE(ctf_tensor_create(ctf_dtype_base(node->output_types[i]), shapes[num_inputs + i], budget,
                                     node->name.data, &outputs[i]));
    }
    const ctf_kernel_def* kernel = ctf_kernel_find(node->op, node->attrs, CTF_DEVICE_CPU);
    CTF_TRY_DONE(align_inputs(node, kernel->flags, budget, slots, outputs + num_outputs));
    for (size_t i = 0; i < num_outputs; ++i) slots[num_inputs + i] = outputs[i]->view;
    status = run_kernel(node, kernel, budget, slots, scratch);
    for (size_t i = 0; i < num_outputs; ++i) ctf_tensor_seal(outputs[i]);  // after a failure too
    CTF_TRY_DONE(ctf_error_note(status, "node '%s' (%s)", node->name.data, node->op->name));
  }
  for (size_t i = 0; i < num_outputs; ++i) {
    out_values[i] = outputs[i];
    outputs[i] = NULL;
  }
  *out_done = true;

done:
  if (outputs != NULL) {
    for (size_t i = 0; i < num_inputs + num_outputs; ++i) ctf_tensor_release(outputs[i]);
  }
  ctf_allocator_free(scratch);
  return status;
}
