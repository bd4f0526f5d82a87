// TF_OpKernelContext: one call of a kernel that a program registered.
//
// Its tensors are charged to the run's budget. An output is kept until the kernel has returned and then handed to the
// run, so that a kernel that fails half way leaves nothing behind.
#include <string.h>

#include "engine/api/api.h"
#include "engine/api/custom_kernel.h"

struct TF_OpKernelContext {
  ctf_kernel_ctx* k;
  const ctf_kernel_node* node;
  TF_Tensor** outputs;  // counted; NULL: not set
  ctf_status failure;   // the first
};

static void keep_failure(TF_OpKernelContext* ctx, ctf_status status) {
  if (ctx->failure == NULL) {
    ctx->failure = status;
  } else {
    ctf_status_drop(status);  // the first one is reported
  }
}

// An output may be somebody else's bytes (an input, a tensor that the kernel keeps): the run gets memory of its own.
static ctf_status hand_over(TF_OpKernelContext* ctx, int i) {
  TF_Tensor* tensor = ctx->outputs[i];
  TF_Tensor* copy = NULL;
  if (tensor == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the kernel has not set output %d", i);
  const bool own =
      atomic_load(&tensor->refs) == 1 && ctf_buffer_sole(tensor->buffer) && !ctf_buffer_is_wrapped(tensor->buffer);
  if (!own) {
    CTF_TRY(ctf_tensor_clone(&tensor->view, ctx->k->budget, &copy));
    ctf_tensor_release(tensor);
    ctx->outputs[i] = tensor = copy;
  }
  CTF_TRY(ctf_tensor_charge_strings(tensor));
  return ctx->k->give(ctx->k, i, tensor);
}

ctf_status ctf_custom_kernel_run(ctf_kernel_ctx* k) {
  ctf_status status = NULL;
  const ctf_custom_state* state = k->state;
  TF_OpKernelContext ctx = {.k = k, .node = &state->node};
  CTF_TRY(ctf_alloc_array(ctf_allocator_process(), &ctx.outputs, (size_t)k->num_outputs));
  state->kernel->compute(state->created, &ctx);
  status = ctx.failure;
  for (int i = 0; i < k->num_outputs && status == NULL; ++i) status = hand_over(&ctx, i);
  for (int i = 0; i < k->num_outputs; ++i) ctf_tensor_release(ctx.outputs[i]);
  ctf_free(ctf_allocator_process(), ctx.outputs);
  return status;
}

// ---- inputs

int TF_NumInputs(TF_OpKernelContext* ctx) { return ctx != NULL ? ctx->k->num_inputs : 0; }
int TF_NumOutputs(TF_OpKernelContext* ctx) { return ctx != NULL ? ctx->k->num_outputs : 0; }

// A view of the run's bytes, which live until the kernel returns.
static ctf_status wrap_input(const ctf_tensor* input, TF_Tensor** out_tensor) {
  ctf_buffer* buffer;
  CTF_TRY(ctf_buffer_wrap(input->data, input->bytes, NULL, NULL, &buffer));
  const ctf_status status = ctf_tensor_wrap(input->dtype, ctf_tensor_shape(input), buffer, out_tensor);
  if (status != NULL) ctf_buffer_release(buffer);
  return status;
}

static ctf_status get_input(TF_OpKernelContext* ctx, int i, TF_Tensor** out_tensor) {
  if (ctx == NULL || out_tensor == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the context or the place is NULL");
  if (i < 0 || i >= ctx->k->num_inputs) {
    return ctf_error(TF_OUT_OF_RANGE, "input index out of range: %d of %d", i, ctx->k->num_inputs);
  }
  return wrap_input(ctf_in_tensor(ctx->k, i), out_tensor);
}

void TF_GetInput(TF_OpKernelContext* ctx, int i, TF_Tensor** tensor, TF_Status* status) {
  ctf_api_report(get_input(ctx, i, tensor), status);
}

TF_DataType TF_InputDatatype(TF_OpKernelContext* ctx, int index) {
  if (ctx == NULL || index < 0 || index >= ctx->k->num_inputs) return (TF_DataType)0;
  return ctf_in_dtype(ctx->k, index);
}

// ---- outputs

static TF_DataType output_type(const TF_OpKernelContext* ctx, int i) {
  return ctf_dtype_base(ctx->node->output_types[i]);
}

TF_DataType TF_ExpectedOutputDataType(TF_OpKernelContext* ctx, int i) {
  return ctx != NULL && i >= 0 && i < ctx->k->num_outputs ? output_type(ctx, i) : (TF_DataType)0;
}

static ctf_status check_output(const TF_OpKernelContext* ctx, int i, TF_DataType type) {
  if (ctx == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the context is NULL");
  if (i < 0 || i >= ctx->k->num_outputs) {
    return ctf_error(TF_OUT_OF_RANGE, "output index out of range: %d of %d", i, ctx->k->num_outputs);
  }
  if (type == output_type(ctx, i)) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "output %d is %s, the tensor is %s", i,
                   ctf_dtype_get(output_type(ctx, i))->tf_name, ctf_dtype_get(type)->tf_name);
}

static void set_output(TF_OpKernelContext* ctx, int i, TF_Tensor* tensor) {
  ctf_tensor_release(ctx->outputs[i]);
  ctx->outputs[i] = ctf_tensor_retain(tensor);
}

void TF_SetOutput(TF_OpKernelContext* ctx, int i, const TF_Tensor* tensor, TF_Status* status) {
  ctf_status bad =
      tensor == NULL ? ctf_error(TF_INVALID_ARGUMENT, "the tensor is NULL") : check_output(ctx, i, tensor->view.dtype);
  if (bad == NULL) set_output(ctx, i, (TF_Tensor*)tensor);  // counted; its bytes are only read
  ctf_api_report(bad, status);
}

static ctf_status allocate(TF_OpKernelContext* ctx, TF_DataType type, const int64_t* dims, int num_dims,
                           TF_Tensor** out_tensor) {
  if (ctx == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the context is NULL");
  if (!ctf_dtype_valid((int64_t)type) || ctf_dtype_get(type)->bytes == 0 || !ctf_api_dims_valid(dims, num_dims)) {
    return ctf_error(TF_INVALID_ARGUMENT, "no tensor of this type and these dimensions can be made");
  }
  return ctf_tensor_create(type, (ctf_shape){num_dims, dims}, ctx->k->budget, ctx->node->name, out_tensor);
}

static ctf_status allocate_output(TF_OpKernelContext* ctx, int i, TF_DataType type, const int64_t* dims, int num_dims,
                                  TF_Tensor** out_tensor) {
  CTF_TRY(check_output(ctx, i, type));
  CTF_TRY(allocate(ctx, type, dims, num_dims, out_tensor));
  set_output(ctx, i, *out_tensor);
  return NULL;
}

TF_Tensor* TF_AllocateOutput(TF_OpKernelContext* context, int index, TF_DataType dtype, const int64_t* dims,
                             int num_dims, size_t len, TF_Status* status) {
  TF_Tensor* tensor = NULL;
  (void)len;  // follows from the type and the dimensions
  ctf_api_report(allocate_output(context, index, dtype, dims, num_dims, &tensor), status);
  return tensor;
}

TF_Tensor* TF_AllocateTemp(TF_OpKernelContext* context, TF_DataType dtype, const int64_t* dims, int num_dims,
                           TF_AllocatorAttributes* alloc_attrs, TF_Status* status) {
  TF_Tensor* tensor = NULL;
  (void)alloc_attrs;  // all memory is the host's
  ctf_api_report(allocate(context, dtype, dims, num_dims, &tensor), status);
  return tensor;
}

TF_Tensor* TF_ForwardInputOrAllocateOutput(TF_OpKernelContext* context, const int* candidate_input_indices,
                                           int num_candidate_input_indices, int output_index,
                                           const int64_t* output_dims, int output_num_dims, int* forwarded_input,
                                           TF_Status* status) {
  TF_Tensor* tensor = NULL;
  (void)candidate_input_indices;  // an input may be a constant, a feed or needed by others: it is never written
  (void)num_candidate_input_indices;
  if (forwarded_input != NULL) *forwarded_input = -1;
  const TF_DataType type = TF_ExpectedOutputDataType(context, output_index);
  ctf_api_report(allocate_output(context, output_index, type, output_dims, output_num_dims, &tensor), status);
  return tensor;
}

// ---- the rest

void TF_OpKernelContext_Failure(TF_OpKernelContext* ctx, TF_Status* status) {
  if (ctx != NULL && status != NULL && status->status != NULL) keep_failure(ctx, ctf_status_copy(status->status));
}

int64_t TF_StepId(TF_OpKernelContext* ctx) {
  return ctx != NULL ? (int64_t)((uintptr_t)ctx->k->cancel & INT64_MAX) : 0;  // one for each run that is under way
}
