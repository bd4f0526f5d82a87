// TF_ShapeInferenceContext: what the shape function of a registered op sees.
#include <string.h>

#include "engine/api/api.h"
#include "engine/api/custom.h"

struct TF_ShapeInferenceContext {
  ctf_shape_ctx* c;
};

struct TF_ShapeHandle {
  int32_t rank;  // -1: not known
  int64_t dims[CTF_MAX_RANK];
};

struct TF_DimensionHandle {
  int64_t value;  // -1: not known
};

ctf_status ctf_custom_op_shape(ctf_shape_ctx* c) {
  const ctf_custom_op* op = (const ctf_custom_op*)c->op;
  TF_ShapeInferenceContext context = {c};
  TF_Status said = {0};
  op->shape_function(&context, &said);
  const ctf_status status = ctf_status_copy(said.status);
  ctf_status_move(NULL, &said);
  return status;
}

// ---- handles

TF_ShapeHandle* TF_NewShapeHandle(void) {
  TF_ShapeHandle* handle = ctf_alloc_try(ctf_allocator_process(), sizeof(TF_ShapeHandle));
  if (handle != NULL) handle->rank = -1;
  return handle;
}

void TF_DeleteShapeHandle(TF_ShapeHandle* handle) { ctf_free(ctf_allocator_process(), handle); }

TF_DimensionHandle* TF_NewDimensionHandle(void) {
  TF_DimensionHandle* handle = ctf_alloc_try(ctf_allocator_process(), sizeof(TF_DimensionHandle));
  if (handle != NULL) handle->value = -1;
  return handle;
}

void TF_DeleteDimensionHandle(TF_DimensionHandle* handle) { ctf_free(ctf_allocator_process(), handle); }

int TF_DimensionHandleValueKnown(TF_DimensionHandle* dim_handle) {
  return dim_handle != NULL && dim_handle->value >= 0;
}

int64_t TF_DimensionHandleValue(TF_DimensionHandle* dim_handle) { return dim_handle != NULL ? dim_handle->value : -1; }

static ctf_shape view(const TF_ShapeHandle* handle) { return (ctf_shape){handle->rank, handle->dims}; }

static void set(TF_ShapeHandle* handle, ctf_shape shape) {
  handle->rank = shape.rank;
  if (shape.rank > 0) memmove(handle->dims, shape.dims, (size_t)shape.rank * sizeof(int64_t));
}

static TF_ShapeHandle* handle_of(int32_t rank, int64_t dim) {
  TF_ShapeHandle* handle = TF_NewShapeHandle();
  if (handle == NULL) return NULL;
  handle->rank = rank;
  handle->dims[0] = dim;
  return handle;
}

// ---- the context

int64_t TF_ShapeInferenceContextNumInputs(TF_ShapeInferenceContext* ctx) {
  return ctx != NULL ? ctx->c->num_inputs : 0;
}

static ctf_status check(const TF_ShapeInferenceContext* ctx, const TF_ShapeHandle* handle) {
  if (ctx != NULL && handle != NULL) return NULL;
  return ctf_error(TF_INVALID_ARGUMENT, "the context or a shape handle is NULL");
}

static ctf_status get_input(TF_ShapeInferenceContext* ctx, int i, TF_ShapeHandle* handle) {
  CTF_TRY(check(ctx, handle));
  if (i < 0 || i >= ctx->c->num_inputs) return ctf_error(TF_INVALID_ARGUMENT, "input index out of range");
  set(handle, ctx->c->inputs[i]);
  return NULL;
}

void TF_ShapeInferenceContextGetInput(TF_ShapeInferenceContext* ctx, int i, TF_ShapeHandle* handle, TF_Status* status) {
  ctf_api_report(get_input(ctx, i, handle), status);
}

static ctf_status set_output(TF_ShapeInferenceContext* ctx, int i, const TF_ShapeHandle* handle) {
  CTF_TRY(check(ctx, handle));
  if (i < 0 || i >= ctx->c->num_outputs) return ctf_error(TF_INVALID_ARGUMENT, "output index out of range");
  if (handle->rank >= 0) return ctf_shape_set(ctx->c, i, handle->rank, handle->dims);
  ctx->c->outputs[i] = CTF_SHAPE_UNKNOWN;
  return NULL;
}

void TF_ShapeInferenceContextSetOutput(TF_ShapeInferenceContext* ctx, int i, TF_ShapeHandle* handle,
                                       TF_Status* status) {
  ctf_api_report(set_output(ctx, i, handle), status);
}

void TF_ShapeInferenceContextSetUnknownShape(TF_ShapeInferenceContext* ctx, TF_Status* status) {
  for (int i = 0; ctx != NULL && i < ctx->c->num_outputs; ++i) ctx->c->outputs[i] = CTF_SHAPE_UNKNOWN;
  ctf_api_report(ctx != NULL ? NULL : ctf_error(TF_INVALID_ARGUMENT, "the context is NULL"), status);
}

TF_ShapeHandle* TF_ShapeInferenceContextScalar(TF_ShapeInferenceContext* ctx) {
  (void)ctx;
  return handle_of(0, 0);
}

TF_ShapeHandle* TF_ShapeInferenceContextVectorFromSize(TF_ShapeInferenceContext* ctx, size_t size) {
  (void)ctx;
  return size <= INT64_MAX ? handle_of(1, (int64_t)size) : NULL;
}

int TF_ShapeInferenceContextRankKnown(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle) {
  (void)ctx;
  return handle != NULL && handle->rank >= 0;
}

int64_t TF_ShapeInferenceContextRank(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle) {
  (void)ctx;
  return handle != NULL ? handle->rank : -1;
}

void TF_ShapeInferenceContextDim(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* shape_handle, int64_t i,
                                 TF_DimensionHandle* result) {
  (void)ctx;
  if (shape_handle == NULL || result == NULL) return;
  const int64_t rank = shape_handle->rank, at = i < 0 ? i + rank : i;
  result->value = rank >= 0 && at >= 0 && at < rank ? shape_handle->dims[at] : -1;
}

typedef ctf_status (*rank_check)(ctf_shape shape, int rank);

static ctf_status with_rank(TF_ShapeInferenceContext* ctx, const TF_ShapeHandle* handle, int64_t rank,
                            TF_ShapeHandle* result, rank_check fits, bool exact) {
  CTF_TRY(check(ctx, handle));
  CTF_TRY(check(ctx, result));
  if (rank < 0 || rank > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "a rank of %lld was asked for; there are 0 to %d", (long long)rank,
                     CTF_MAX_RANK);
  }
  if (handle->rank >= 0) CTF_TRY(fits(view(handle), (int)rank));
  if (handle->rank >= 0 || !exact) {
    set(result, view(handle));
    return NULL;
  }
  result->rank = (int32_t)rank;  // known by now, its dimensions are not
  for (int64_t i = 0; i < rank; ++i) result->dims[i] = -1;
  return NULL;
}

void TF_ShapeInferenceContextWithRank(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle, int64_t rank,
                                      TF_ShapeHandle* result, TF_Status* status) {
  ctf_api_report(with_rank(ctx, handle, rank, result, ctf_shape_with_rank, true), status);
}

void TF_ShapeInferenceContextWithRankAtLeast(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle, int64_t rank,
                                             TF_ShapeHandle* result, TF_Status* status) {
  ctf_api_report(with_rank(ctx, handle, rank, result, ctf_shape_with_rank_at_least, false), status);
}

void TF_ShapeInferenceContextWithRankAtMost(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* handle, int64_t rank,
                                            TF_ShapeHandle* result, TF_Status* status) {
  ctf_api_report(with_rank(ctx, handle, rank, result, ctf_shape_with_rank_at_most, false), status);
}

// Ends past the last dimension mean the last one.
static ctf_status subshape(TF_ShapeInferenceContext* ctx, const TF_ShapeHandle* handle, int64_t start, int64_t end,
                           TF_ShapeHandle* result) {
  CTF_TRY(check(ctx, handle));
  CTF_TRY(check(ctx, result));
  const int64_t rank = handle->rank;
  if (rank < 0) {
    result->rank = -1;
    return NULL;
  }
  int64_t from = start > rank ? rank : start, to = end > rank ? rank : end;
  if (from < 0) from += rank;
  if (to < 0) to += rank;
  if (from < 0 || to < 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Subshape %s out of bounds: %lld, for shape with rank %lld",
                     from < 0 ? "start" : "end", (long long)(from < 0 ? start : end), (long long)rank);
  }
  if (from > to) {
    return ctf_error(TF_INVALID_ARGUMENT, "Subshape must have computed start <= end, but is %lld and %lld",
                     (long long)from, (long long)to);
  }
  set(result, (ctf_shape){(int32_t)(to - from), handle->dims + from});
  return NULL;
}

void TF_ShapeInferenceContextSubshape(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* shape_handle, int64_t start,
                                      int64_t end, TF_ShapeHandle* result, TF_Status* status) {
  ctf_api_report(subshape(ctx, shape_handle, start, end, result), status);
}

static ctf_status concatenate(TF_ShapeInferenceContext* ctx, const TF_ShapeHandle* first, const TF_ShapeHandle* second,
                              TF_ShapeHandle* result) {
  CTF_TRY(check(ctx, first));
  CTF_TRY(check(ctx, second));
  CTF_TRY(check(ctx, result));
  const int32_t rank = first->rank, more = second->rank;
  if (rank < 0 || more < 0) {
    result->rank = -1;
    return NULL;
  }
  if (rank + more > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "ranks of %d and %d make more than %d", rank, more, CTF_MAX_RANK);
  }
  memmove(result->dims + rank, second->dims, (size_t)more * sizeof(int64_t));  // first: the result may be the second
  memmove(result->dims, first->dims, (size_t)rank * sizeof(int64_t));
  result->rank = rank + more;
  return NULL;
}

void TF_ShapeInferenceContextConcatenateShapes(TF_ShapeInferenceContext* ctx, TF_ShapeHandle* first,
                                               TF_ShapeHandle* second, TF_ShapeHandle* result, TF_Status* status) {
  ctf_api_report(concatenate(ctx, first, second, result), status);
}

static ctf_status get_type(TF_ShapeInferenceContext* ctx, const char* name, TF_DataType* out_type) {
  if (ctx == NULL || name == NULL || out_type == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "the context, the name or the place for the type is NULL");
  }
  const int at = ctf_op_interface_attr(ctx->c->op, name, strlen(name));
  if (at < 0 || ctx->c->op->attrs[at].kind != CTF_ATTR_TYPE || ctx->c->op->attrs[at].is_list) {
    return ctf_error(TF_INVALID_ARGUMENT, "No type attribute named '%s' in op %s", name, ctx->c->op->name);
  }
  const ctf_custom_op* op = (const ctf_custom_op*)ctx->c->op;
  memcpy(out_type, (const char*)ctx->c->attrs + op->definition.def.attrs.fields[at].offset, sizeof(*out_type));
  return NULL;
}

void TF_ShapeInferenceContext_GetAttrType(TF_ShapeInferenceContext* ctx, const char* attr_name, TF_DataType* val,
                                          TF_Status* status) {
  ctf_api_report(get_type(ctx, attr_name, val), status);
}
