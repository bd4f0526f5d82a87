// Batch norm: values from TensorFlow; long tensors against plain loops in double.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/kernel_harness.h"
#include "tests/support/op_rows.h"

// clang-format off
#define X "f32[2,1,2,3] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1"
#define SCALE "f32[3] 1 2 -1"
#define OFFSET "f32[3] 0 0.5 3"
#define NONE "f32[0]", "f32[0]"
#define GIVEN "f32[3] 0.5 1 -2", "f32[3] 1 4 0.25"
static const op_row kRows[] = {
    {"first version", "FusedBatchNorm", {"f32[2,1,2,3] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, NONE}, "",
     .want = "f32[2,1,2,3] 0.29001227021217346 1.185990333557129 2.3884220123291016 -1.2567198276519775 3.2439613342285156 4.135787487030029 -0.48335376381874084 -0.1859903335571289 1.6894758939743042 1.450061321258545 -2.2439613342285156 3.7863144874572754",
     .also = "f32[3] 0.625 1 2.125", .tolerance = 1e-6},
    {"second version", "FusedBatchNormV2", {"f32[2,1,2,3] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, NONE}, "epsilon=0.5",
     .want = "f32[2,1,2,3] 0.25445666909217834 1.1666667461395264 2.4517176151275635 -1.1026456356048584 3.1666667461395264 4.018238544464111 -0.42409446835517883 -0.1666666865348816 1.8251092433929443 1.2722834348678589 -2.1666667461395264 3.7049343585968018",
     .also = "f32[3] 0.625 1 2.125", .tolerance = 1e-6},
    {"third version", "FusedBatchNormV3", {"f32[2,1,2,3] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, NONE}, "epsilon=0.001",
     .want = "f32[2,1,2,3] 0.2899342477321625 1.185953974723816 2.388556480407715 -1.2563817501068115 3.2438158988952637 4.135538101196289 -0.4832237660884857 -0.18595397472381592 1.6897639036178589 1.4496712684631348 -2.2438158988952637 3.7861416339874268",
     .also = "f32[3] 0.625 1 2.125", .tolerance = 1e-6},
    {"averaged with what was", "FusedBatchNormV3", {"f32[1,2,2,3] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, GIVEN}, "exponential_avg_factor=0.25",
     .want = "f32[1,2,2,3] 0.29001227021217346 1.185990333557129 2.3884220123291016 -1.2567198276519775 3.2439613342285156 4.135787487030029 -0.48335376381874084 -0.1859903335571289 1.6894758939743042 1.450061321258545 -2.2439613342285156 3.7863144874572754",
     .also = "f32[3] 0.53125 1 -0.96875", .tolerance = 1e-6},
    {"nothing of the batch is kept", "FusedBatchNormV3", {"f32[1,2,2,3] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, GIVEN}, "exponential_avg_factor=0",
     .want = "f32[1,2,2,3] 0.29001227021217346 1.185990333557129 2.3884220123291016 -1.2567198276519775 3.2439613342285156 4.135787487030029 -0.48335376381874084 -0.1859903335571289 1.6894758939743042 1.450061321258545 -2.2439613342285156 3.7863144874572754",
     .also = "f32[3] 0.5 1 -2", .tolerance = 1e-6},
    {"given statistics", "FusedBatchNorm", {"f32[2,1,2,3] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, GIVEN}, "is_training=false",
     .want = "f32[2,1,2,3] 0.4999750256538391 1.4999874830245972 -6.9980010986328125 -1.499925136566162 4.499949932098389 -1.9990005493164062 -0.4999750256538391 -0.49998748302459717 -8.997601509094238 1.9999001026153564 -3.4999499320983887 -2.998800754547119",
     .also = "f32[3] 0.5 1 -2", .tolerance = 1e-6},
    {"given statistics, third version", "FusedBatchNormV3", {"f32[2,1,2,3] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, GIVEN}, "is_training=false epsilon=0.001",
     .want = "f32[2,1,2,3] 0.49975019693374634 1.4998750686645508 -6.980060577392578 -1.4992506504058838 4.499500274658203 -1.990030288696289 -0.49975019693374634 -0.4998750686645508 -8.976072311401367 1.9990007877349854 -3.499500274658203 -2.9880361557006836",
     .also = "f32[3] 0.5 1 -2", .tolerance = 1e-6},
    {"channels first", "FusedBatchNormV3", {"f32[2,3,1,2] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, NONE}, "data_format=NCHW",
     .want = "f32[2,3,1,2] 0.3014894127845764 1.5074470043182373 1.4291995763778687 -2.8185698986053467 1.5458552837371826 3.132194995880127 -0.9044682383537292 -0.9044682383537292 2.4911417961120605 0.8982284069061279 4.36601448059082 2.955935001373291",
     .also = "f32[3] 0.75 2.125 0.875", .tolerance = 1e-6},
    {"channels first, given statistics", "FusedBatchNormV2", {"f32[2,3,1,2] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, GIVEN}, "data_format=NCHW is_training=false",
     .want = "f32[2,3,1,2] 0.4999750256538391 1.499925136566162 2.4999749660491943 -1.4999749660491943 -10.997201919555664 -1.9990005493164062 -0.4999750256538391 -0.4999750256538391 3.499962329864502 1.999981164932251 4.999600410461426 -2.998800754547119",
     .also = "f32[3] 0.5 1 -2", .tolerance = 1e-6},
    {"five dimensions", "FusedBatchNormV3", {"f32[1,2,1,2,3] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, NONE}, "data_format=NDHWC",
     .want = "f32[1,2,1,2,3] 0.29001227021217346 1.185990333557129 2.3884220123291016 -1.2567198276519775 3.2439613342285156 4.135787487030029 -0.48335376381874084 -0.1859903335571289 1.6894758939743042 1.450061321258545 -2.2439613342285156 3.7863144874572754",
     .also = "f32[3] 0.625 1 2.125", .tolerance = 1e-6},
    {"five dimensions, channels first", "FusedBatchNormV3", {"f32[1,3,2,1,2] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, GIVEN}, "data_format=NCDHW is_training=false",
     .want = "f32[1,3,2,1,2] 0.4999750256538391 1.499925136566162 2.499875068664551 -1.499925136566162 4.499949932098389 6.258487701416016e-06 -0.49998748302459717 -0.49998748302459717 -8.997601509094238 -5.998201370239258 4.999600410461426 -2.998800754547119",
     .also = "f32[3] 0.5 1 -2", .tolerance = 1e-6},
    {"one element a channel", "FusedBatchNormV3", {"f32[1,1,1,3] 1 2 3", SCALE, OFFSET, NONE}, "",
     .want = "f32[1,1,1,3] 0 0.5 3",
     .also = "f32[3] 1 2 3", .tolerance = 1e-6},
    {"half", "FusedBatchNormV3", {"f16[2,1,2,3] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, NONE}, "",
     .want = "f16[2,1,2,3] 0.2900390625 1.185546875 2.388671875 -1.2568359375 3.244140625 4.13671875 -0.4833984375 -0.18603515625 1.689453125 1.4501953125 -2.244140625 3.787109375",
     .also = "f32[3] 0.625 1 2.125", .tolerance = 1e-3},
    {"bfloat16", "FusedBatchNormV2", {"bf16[2,1,2,3] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, GIVEN}, "is_training=false",
     .want = "bf16[2,1,2,3] 0.5 1.5 -7 -1.5 4.5 -2 -0.5 -0.5 -9 2 -3.5 -3",
     .also = "f32[3] 0.5 1 -2", .tolerance = 8e-3},
    {"bfloat16, channels first", "FusedBatchNormV3", {"bf16[2,3,2,1] 1 2 3 -1 5 0.5 0 0 4 2.5 -3 1", SCALE, OFFSET, NONE}, "data_format=NCHW",
     .want = "bf16[2,3,2,1] 0.30078125 1.5078125 1.4296875 -2.8125 1.546875 3.125 -0.90625 -0.90625 2.484375 0.8984375 4.375 2.953125",
     .also = "f32[3] 0.75 2.125 0.875", .tolerance = 8e-3},
    {"a mean that is not read", "FusedBatchNormV3", {"f32[1,1,1,3] 1 2 3", SCALE, OFFSET, "f32[2] 1 2", "f32[1] 7"}, "",
     .want = "f32[1,1,1,3] 0 0.5 3", .also = "f32[3] 1 2 3"},
    {"no images", "FusedBatchNormV3", {"f32[0,2,2,3]", SCALE, OFFSET, NONE}, "", .want = "f32[0,2,2,3]", .also = "f32[3] nan ..."},
    {"no images, given statistics", "FusedBatchNormV3", {"f32[0,2,2,3]", SCALE, OFFSET, GIVEN}, "is_training=false",
     .want = "f32[0,2,2,3]", .also = "f32[3] nan ..."},
    {"no channels", "FusedBatchNormV3", {"f32[1,2,2,0]", "f32[0]", "f32[0]", NONE}, "", .want = "f32[1,2,2,0]", .also = "f32[0]"},
    {"nothing of huge dimensions", "FusedBatchNormV3", {"f32[0,3037000500,3037000500,3]", SCALE, OFFSET, NONE}, "",
     .want = "f32[0,3037000500,3037000500,3]", .also = "f32[3] nan ..."},
    {"a negative variance", "FusedBatchNormV3", {"f32[1,1,1,1] 1", "f32[1] 1", "f32[1] 0", "f32[1] 0", "f32[1] -1"},
     "is_training=false", .want = "f32[1,1,1,1] nan", .also = "f32[1] 0"},
    {"NaN stays in its channel", "FusedBatchNormV3", {"f32[1,2,1,2] nan 1 2 1", "f32[2] 1 1", "f32[2] 0 5", NONE}, "",
     .want = "f32[1,2,1,2] nan 5 nan 5", .also = "f32[2] nan 1"},
    {"three dimensions", "FusedBatchNormV3", {"f32[1,2,3] 1 ...", SCALE, OFFSET, NONE}, "", .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 4 but is rank 3"},
    {"four dimensions instead of five", "FusedBatchNormV3", {X, SCALE, OFFSET, NONE}, "data_format=NDHWC",
     .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 5 but is rank 4"},
    {"a scale that is a matrix", "FusedBatchNormV3", {X, "f32[3,1] 1 2 3", OFFSET, NONE}, "", .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 1 but is rank 2"},
    {"a scale of another length", "FusedBatchNorm", {X, "f32[2] 1 2", OFFSET, NONE}, "", .error = TF_INVALID_ARGUMENT,
     .message = "Dimensions must be equal, but are 3 and 2"},
    {"an offset of another length", "FusedBatchNormV2", {X, SCALE, "f32[4] 1 ...", NONE}, "", .error = TF_INVALID_ARGUMENT,
     .message = "Dimensions must be equal, but are 3 and 4"},
    {"no mean", "FusedBatchNormV3", {X, SCALE, OFFSET, NONE}, "is_training=false", .error = TF_INVALID_ARGUMENT,
     .message = "Dimensions must be equal, but are 3 and 0"},
    {"no mean to average with", "FusedBatchNormV3", {X, SCALE, OFFSET, NONE}, "exponential_avg_factor=0.5",
     .error = TF_INVALID_ARGUMENT, .message = "Dimensions must be equal, but are 3 and 0"},
    {"statistics in bfloat16", "FusedBatchNormV3", {"bf16[1,1,1,1] 1", "bf16[1] 1", "bf16[1] 1", "bf16[0]", "bf16[0]"}, "",
     .error = TF_UNIMPLEMENTED},
};
static const op_shape_row kShapes[] = {
    {"FusedBatchNormV3", {"f32[?,2,?,?]", "f32[4]", "f32?", "f32?", "f32?"}, .want = "[?,2,?,4]"},
    {"FusedBatchNormV3", {"f32?", "f32?", "f32?", "f32[4]", "f32?"}, "is_training=false data_format=NCHW", .want = "[?,4,?,?]"},
    {"FusedBatchNormV3", {"f32?", "f32?", "f32?", "f32[4]", "f32?"}, .want = "[?,?,?,?]"},
    {"FusedBatchNorm", {"f32[1,2,3,?]", "f32?", "f32?", "f32?", "f32?"}, .want = "[1,2,3,?]"},
};

typedef struct long_case {
  int64_t outer, channels, inner;  // inner 1: channels last
  TF_DataType dtype;
} long_case;
static const long_case kLong[] = {
    {5000, 3, 1, TF_FLOAT}, {37, 700, 1, TF_FLOAT}, {3, 5, 1111, TF_FLOAT}, {600, 2, 9, TF_FLOAT},
    {70, 300, 1, TF_HALF},  {4, 3, 600, TF_BFLOAT16},
};
// clang-format on

static void rows(void** state) {
  (void)state;
  OP_ROWS_CHECK(kRows);
}

static void shapes(void** state) {
  (void)state;
  OP_SHAPE_ROWS_CHECK(kShapes);
}

// Exact in its type. The large mean of floats would cancel if squares were added before it is taken off.
static float value_at(const long_case* c, int64_t i) {
  return (c->dtype == TF_FLOAT ? 96 : 4) + (float)((i * 7919) % 31 - 15) / 4;
}

static int64_t index_of(const long_case* c, int64_t outer, int64_t channel, int64_t inner) {
  return (outer * c->channels + channel) * c->inner + inner;
}

static void statistics(const long_case* c, int64_t channel, double* out_mean, double* out_variance) {
  const double count = (double)(c->outer * c->inner);
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < c->outer * c->inner; ++i) {
    sum += (double)value_at(c, index_of(c, i / c->inner, channel, i % c->inner));
  }
  *out_mean = sum / count;
  for (int64_t i = 0; i < c->outer * c->inner; ++i) {
    const double d = (double)value_at(c, index_of(c, i / c->inner, channel, i % c->inner)) - *out_mean;
    squares += d * d;
  }
  *out_variance = squares / count;
}

static double result_at(const ctf_tensor* y, int64_t i) {
  if (y->dtype == TF_FLOAT) return (double)((const float*)y->data)[i];
  if (y->dtype == TF_HALF) return (double)ctf_half_to_float(((const ctf_half*)y->data)[i]);
  return (double)ctf_bfloat16_to_float(((const ctf_bfloat16*)y->data)[i]);
}

static void check_channel(const long_case* c, const harness_call* call, int64_t channel) {
  const double tolerance = c->dtype == TF_FLOAT ? 3e-6 : c->dtype == TF_HALF ? 2e-3 : 2e-2;
  double mean, variance;
  statistics(c, channel, &mean, &variance);
  const double count = (double)(c->outer * c->inner);
  const double want[4] = {mean, variance * count / (count - 1), mean, variance};
  for (int i = 0; i < 4; ++i) {
    const double got = (double)((const float*)call->outputs[1 + i].view.data)[channel];
    if (!(fabs(got - want[i]) <= 1e-6 * fabs(want[i])))
      fail_msg("output %d is %.9g instead of %.9g", 1 + i, got, want[i]);
  }
  for (int64_t i = 0; i < c->outer * c->inner; ++i) {
    const int64_t at = index_of(c, i / c->inner, channel, i % c->inner);
    const double y = ((double)value_at(c, at) - mean) / sqrt(variance + 0.001) * 0.5 + 0.25;
    const double got = result_at(&call->outputs[0].view, at);
    if (!(fabs(got - y) <= tolerance * (1 + fabs(y)))) fail_msg("element %d is %.9g instead of %.9g", (int)at, got, y);
  }
}

static void put(harness_tensor* t, int64_t i, float value) {
  const uint16_t narrow =
      t->view.dtype == TF_HALF ? ctf_half_from_float(value).bits : ctf_bfloat16_from_float(value).bits;
  if (t->view.dtype == TF_FLOAT) {
    memcpy((char*)t->view.data + 4 * i, &value, sizeof(value));
  } else {
    memcpy((char*)t->view.data + 2 * i, &narrow, sizeof(narrow));
  }
}

static void long_tensors(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kLong) / sizeof(kLong[0]); ++i) {
    const long_case* c = &kLong[i];
    const int64_t last[4] = {1, 1, c->outer, c->channels}, first[4] = {c->outer, c->channels, 1, c->inner}, none = 0;
    const ctf_named_attr attrs[] = {
        {{"epsilon", 7}, {.kind = CTF_ATTR_FLOAT, .f = 0.001f}},
        {{"data_format", 11}, {.kind = CTF_ATTR_STRING, .s = {c->inner > 1 ? "NCHW" : "NHWC", 4}}},
    };
    harness_tensor x, scale, offset, empty;
    harness_tensor_init(&x, c->dtype, 4, c->inner > 1 ? first : last, 1);
    harness_tensor_init(&scale, TF_FLOAT, 1, &c->channels, 3);
    harness_tensor_init(&offset, TF_FLOAT, 1, &c->channels, 2);
    harness_tensor_init(&empty, TF_FLOAT, 1, &none, 0);
    for (int64_t j = 0; j < x.view.num_elements; ++j) put(&x, j, value_at(c, j));
    for (int64_t j = 0; j < c->channels; ++j) {
      put(&scale, j, 0.5f);
      put(&offset, j, 0.25f);
    }
    for (int isa = 0; isa <= (int)ctf_isa_best(); ++isa) {
      harness_call call = {.op = "FusedBatchNormV3",
                           .isa = (ctf_isa)isa,
                           .num_inputs = 5,
                           .inputs = {&x.view, &scale.view, &offset.view, &empty.view, &empty.view},
                           .num_attrs = 2,
                           .attrs = attrs};
      assert_null(harness_run(&call));
      for (int64_t j = 0; j < c->channels; ++j) check_channel(c, &call, j);
      for (int j = 0; j < 6; ++j) assert_true(harness_tensor_intact(&call.outputs[j]));
      assert_int_equal(call.outputs[5].view.rank, 0);
      assert_true(((const float*)call.outputs[5].view.data)[0] == 0);
      harness_release(&call);
    }
    harness_tensor_deinit(&x);
    harness_tensor_deinit(&scale);
    harness_tensor_deinit(&offset);
    harness_tensor_deinit(&empty);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(shapes), cmocka_unit_test(long_tensors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
