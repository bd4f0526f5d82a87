// CheckNumerics and CheckNumericsV2: the input, unless it holds a NaN or an infinity.
#include "ops/check_numerics.h"

static const ctf_attr_field ctf_check_numerics_attrs_fields[] = {CTF_FIELD(ctf_check_numerics_attrs, message)};

ctf_status ctf_check_numerics_status(const ctf_check_numerics_attrs* attrs, unsigned met, bool with_signs) {
  static const char* const kMet[8] = {
      "", "NaN", "+Inf", "+Inf and NaN", "-Inf", "-Inf and NaN", "-Inf and +Inf", "-Inf, +Inf, and NaN",
  };
  static const char* const kMetWithoutSigns[4] = {"", "NaN", "Inf", "Inf and NaN"};
  if (met == 0) return NULL;
  const unsigned without = (met & CTF_MET_NAN) | (met > CTF_MET_NAN ? CTF_MET_INFINITY : 0);
  return ctf_error(TF_INVALID_ARGUMENT, "%.*s : Tensor had %s values", (int)attrs->message.length, attrs->message.data,
                   with_signs ? kMet[met] : kMetWithoutSigns[without]);
}

#define REASON "Not a number (NaN) or infinity (Inf) values detected in gradient."
static void check_gradient(ctf_grad_ctx* g, const char* op) {
  const ctf_named_attr message = {{"message", 7}, {.kind = CTF_ATTR_STRING, .s = {REASON, sizeof(REASON) - 1}}};
  g->dx[0] = g->vtable->op(g, op, 1, &g->dy[0], 1, &message);
}
static void check_numerics_gradient(ctf_grad_ctx* g) { check_gradient(g, "CheckNumerics"); }
static void check_numerics_v2_gradient(ctf_grad_ctx* g) { check_gradient(g, "CheckNumericsV2"); }

#define ATTRS .attrs = CTF_ATTRS(ctf_check_numerics_attrs)
static const ctf_op_def kOps[] = {
    {"CheckNumerics", ATTRS, .shape = ctf_shape_same_as_input, .gradient = check_numerics_gradient},
    {"CheckNumericsV2", ATTRS, .shape = ctf_shape_same_as_input, .gradient = check_numerics_v2_gradient},
};
CTF_OP_FAMILY(check_numerics, kOps);
