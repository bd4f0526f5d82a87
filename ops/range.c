// Range and LinSpace: numbers at equal distances.
#include "ops/range.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

// ---- how many

// A number of a floating type; a constant may start at any byte.
static double get_real(const ctf_tensor* t) {
  union {
    float f32;
    double f64;
    ctf_half f16;
    ctf_bfloat16 bf16;
  } value = {0};
  memcpy(&value, t->data, ctf_dtype_get(t->dtype)->bytes);
  switch (t->dtype) {
    case TF_FLOAT:
      return value.f32;
    case TF_DOUBLE:
      return value.f64;
    case TF_HALF:
      return ctf_half_to_float(value.f16);
    default:
      return ctf_bfloat16_to_float(value.bf16);
  }
}

static double round_to(TF_DataType dtype, double value) {
  switch (dtype) {
    case TF_FLOAT:
      return (float)value;
    case TF_DOUBLE:
      return value;
    case TF_HALF:
      return ctf_half_to_float(ctf_half_from_float((float)value));
    default:
      return ctf_bfloat16_to_float(ctf_bfloat16_from_float((float)value));
  }
}

static ctf_status too_many(void) {
  return ctf_error(TF_INVALID_ARGUMENT, "Requires ((limit - start) / delta) <= %" PRId64, INT64_MAX);
}

// Each operation is rounded to the type, as it would be there.
static ctf_status count_reals(const ctf_tensor* start, const ctf_tensor* limit, const ctf_tensor* delta,
                              int64_t* out_count) {
  const TF_DataType dtype = start->dtype;
  const double a = get_real(start), b = get_real(limit), d = get_real(delta);
  if (d == 0) return ctf_error(TF_INVALID_ARGUMENT, "Requires delta != 0: %g", d);
  if (d > 0 && !(a <= b)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Requires start <= limit when delta > 0: %g/%g", a, b);
  }
  if (!(d > 0) && !(a >= b)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Requires start >= limit when delta < 0: %g/%g", a, b);
  }
  const double count = ceil(fabs(round_to(dtype, round_to(dtype, b - a) / d)));
  if (!(count < 0x1p63)) return too_many();  // NaN, too
  *out_count = (int64_t)count;
  return NULL;
}

static ctf_status count_integers(const ctf_tensor* start, const ctf_tensor* limit, const ctf_tensor* delta,
                                 int64_t* out_count) {
  int64_t a = 0, b = 0, d = 0;
  if (!ctf_tensor_get_int(start, 0, &a) || !ctf_tensor_get_int(limit, 0, &b) || !ctf_tensor_get_int(delta, 0, &d)) {
    return ctf_error(TF_INVALID_ARGUMENT, "start, limit and delta of type %s must be at most %" PRId64,
                     ctf_dtype_get(start->dtype)->tf_name, INT64_MAX);
  }
  if (d == 0) return ctf_error(TF_INVALID_ARGUMENT, "Requires delta != 0: 0");
  if (d > 0 && a > b) {
    return ctf_error(TF_INVALID_ARGUMENT, "Requires start <= limit when delta > 0: %" PRId64 "/%" PRId64, a, b);
  }
  if (d < 0 && a < b) {
    return ctf_error(TF_INVALID_ARGUMENT, "Requires start >= limit when delta < 0: %" PRId64 "/%" PRId64, a, b);
  }
  // Distances of 64 bits need not fit int64.
  const uint64_t distance = d > 0 ? (uint64_t)b - (uint64_t)a : (uint64_t)a - (uint64_t)b;
  const uint64_t step = d > 0 ? (uint64_t)d : 0 - (uint64_t)d;
  const uint64_t count = distance / step + (distance % step != 0);
  if (count > INT64_MAX) return too_many();
  *out_count = (int64_t)count;
  return NULL;
}

ctf_status ctf_range_count(const ctf_tensor* start, const ctf_tensor* limit, const ctf_tensor* delta,
                           int64_t* out_count) {
  if (ctf_type_in(CTF_INTS, start->dtype)) return count_integers(start, limit, delta, out_count);
  return count_reals(start, limit, delta, out_count);
}

// ---- shapes

static ctf_status no_scalar(int rank, const char* name) {
  return ctf_error(TF_INVALID_ARGUMENT, "Shape must be rank 0 but is rank %d\n\t for '%s'", rank, name);
}

static ctf_status one_number(const ctf_tensor* value, const char* name) {
  return value == NULL || value->num_elements == 1 ? NULL : no_scalar(value->rank, name);
}

static ctf_status range_shape(ctf_shape_ctx* c) {
  static const char* const kNames[] = {"start", "limit", "delta"};
  int64_t count = -1;
  bool known = true;
  for (int i = 0; i < 3; ++i) {
    if (c->building && c->inputs[i].rank > 0) return no_scalar(c->inputs[i].rank, kNames[i]);
    CTF_TRY(one_number(c->values[i], kNames[i]));
    known = known && c->values[i] != NULL;
  }
  if (known) CTF_TRY(ctf_range_count(c->values[0], c->values[1], c->values[2], &count));
  return ctf_shape_set(c, 0, 1, &count);
}

static ctf_status lin_space_shape(ctf_shape_ctx* c) {
  static const char* const kNames[] = {"start", "stop", "num"};
  int64_t count = -1;
  bool known = false;
  for (int i = 0; i < 3; ++i) {
    if (c->inputs[i].rank <= 0) continue;
    return no_scalar(c->inputs[i].rank, kNames[i]);
  }
  CTF_TRY(ctf_shape_scalar_value(c, 2, &known, &count));
  if (known && count <= 0) return ctf_error(TF_INVALID_ARGUMENT, "Requires num > 0: %" PRId64, count);
  if (!known) count = -1;
  return ctf_shape_set(c, 0, 1, &count);
}

// clang-format off
static const ctf_op_def kOps[] = {
    {"LinSpace", .shape = lin_space_shape, .gradient = g_no_gradients, .value_inputs = CTF_INPUT(2)},
    {"Range", .shape = range_shape, .gradient = g_no_gradients,
     .value_inputs = CTF_INPUT(0) | CTF_INPUT(1) | CTF_INPUT(2)},
};
// clang-format on
CTF_OP_FAMILY(range, kOps);
