// Random ops: streams recorded from TensorFlow, shapes, errors, and that a stateful op goes on where it stood.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ops/random.h"
#include "tests/support/kernel_harness.h"
#include "tests/support/op_rows.h"

// clang-format off
#define SEED "i64[2] 1 -2"
static const op_row kRows[] = {
    {"stateless uniform of f16", "StatelessRandomUniform", {"i32[1] 5", "i64[2] 1 -2"}, "dtype=f16",
     .want = "f16[5] 0.998046875 0.27734375 0.3984375 0.56640625 0.27734375"},
    {"stateless normal of f16", "StatelessRandomNormal", {"i32[1] 5", "i64[2] 1 -2"}, "dtype=f16",
     .want = "f16[5] -0.76171875 0.03173828125 0.58349609375 0.0176544189453125 -0.2470703125"},
    {"stateless truncated of f16", "StatelessTruncatedNormal", {"i32[1] 5", "i64[2] 1 -2"}, "dtype=f16",
     .want = "f16[5] -0.76171875 0.03173828125 0.58349609375 0.0176544189453125 -0.94482421875"},
    {"uniform of f16", "RandomUniform", {"i64[1] 5"}, "dtype=f16 seed=7 seed2=-9",
     .want = "f16[5] 0.1181640625 0.068359375 0.93359375 0.8544921875 0.689453125"},
    {"normal of f16", "RandomStandardNormal", {"i64[1] 5"}, "dtype=f16 seed=7 seed2=-9",
     .want = "f16[5] -1.515625 -0.744140625 -0.32177734375 -0.9130859375 2.0078125"},
    {"truncated of f16", "TruncatedNormal", {"i64[1] 5"}, "dtype=f16 seed=7 seed2=-9",
     .want = "f16[5] -1.515625 -0.744140625 -0.32177734375 -0.9130859375 -0.64306640625"},
    {"stateless uniform of bf16", "StatelessRandomUniform", {"i32[1] 5", "i64[2] 1 -2"}, "dtype=bf16",
     .want = "bf16[5] 0.984375 0.21875 0.1875 0.53125 0.21875"},
    {"stateless normal of bf16", "StatelessRandomNormal", {"i32[1] 5", "i64[2] 1 -2"}, "dtype=bf16",
     .want = "bf16[5] -0.76171875 0.03173828125 0.58203125 0.0177001953125 -0.2470703125"},
    {"stateless truncated of bf16", "StatelessTruncatedNormal", {"i32[1] 5", "i64[2] 1 -2"}, "dtype=bf16",
     .want = "bf16[5] -0.76171875 0.03173828125 0.58203125 0.0177001953125 -0.9453125"},
    {"uniform of bf16", "RandomUniform", {"i64[1] 5"}, "dtype=bf16 seed=7 seed2=-9",
     .want = "bf16[5] 0.9453125 0.546875 0.46875 0.8359375 0.515625"},
    {"normal of bf16", "RandomStandardNormal", {"i64[1] 5"}, "dtype=bf16 seed=7 seed2=-9",
     .want = "bf16[5] -1.515625 -0.7421875 -0.322265625 -0.9140625 2.0"},
    {"truncated of bf16", "TruncatedNormal", {"i64[1] 5"}, "dtype=bf16 seed=7 seed2=-9",
     .want = "bf16[5] -1.515625 -0.7421875 -0.322265625 -0.9140625 -0.64453125"},
    {"stateless uniform of f32", "StatelessRandomUniform", {"i32[1] 5", "i64[2] 1 -2"}, "dtype=f32",
     .want = "f32[5] 0.7476804256439209 0.7566256523132324 0.8433103561401367 0.24518632888793945 0.7087740898132324"},
    {"stateless normal of f32", "StatelessRandomNormal", {"i32[1] 5", "i64[2] 1 -2"}, "dtype=f32",
     .want = "f32[5] -0.7619395852088928 0.03173809498548508 0.5835484266281128 0.017654888331890106 -0.2470756471157074", .tolerance = 2.4e-7},
    {"stateless truncated of f32", "StatelessTruncatedNormal", {"i32[1] 5", "i64[2] 1 -2"}, "dtype=f32",
     .want = "f32[5] -0.7619395852088928 0.03173809498548508 0.5835484266281128 0.017654888331890106 -0.9447312951087952", .tolerance = 2.4e-7},
    {"uniform of f32", "RandomUniform", {"i64[1] 5"}, "dtype=f32 seed=7 seed2=-9",
     .want = "f32[5] 0.24037086963653564 0.6773765087127686 0.6259684562683105 0.5539373159408569 0.11409783363342285"},
    {"normal of f32", "RandomStandardNormal", {"i64[1] 5"}, "dtype=f32 seed=7 seed2=-9",
     .want = "f32[5] -1.5157725811004639 -0.7440283894538879 -0.3217903971672058 -0.9128863215446472 2.007765531539917", .tolerance = 2.4e-7},
    {"truncated of f32", "TruncatedNormal", {"i64[1] 5"}, "dtype=f32 seed=7 seed2=-9",
     .want = "f32[5] -1.5157725811004639 -0.7440283894538879 -0.3217903971672058 -0.9128863215446472 -0.6429553627967834", .tolerance = 2.4e-7},
    {"stateless uniform of f64", "StatelessRandomUniform", {"i32[1] 5", "i64[2] 1 -2"}, "dtype=f64",
     .want = "f64[5] 0.9814439802553983 0.7464831289745613 0.6701934653369275 0.41303371900430363 0.051673073185986906"},
    {"stateless normal of f64", "StatelessRandomNormal", {"i32[1] 5", "i64[2] 1 -2"}, "dtype=f64",
     .want = "f64[5] -0.19350037879936857 -0.0042765034232019475 0.4648865789618347 -0.7643678282017976 1.3406415284736664", .tolerance = 4.5e-16},
    {"stateless truncated of f64", "StatelessTruncatedNormal", {"i32[1] 5", "i64[2] 1 -2"}, "dtype=f64",
     .want = "f64[5] -0.19350037879936857 -0.0042765034232019475 -0.5547910671857069 0.1132467005100975 1.5081823175963789", .tolerance = 4.5e-16},
    {"uniform of f64", "RandomUniform", {"i64[1] 5"}, "dtype=f64 seed=7 seed2=-9",
     .want = "f64[5] 0.9229676568459282 0.007748548973234959 0.9127835022156534 0.6538592582062348 0.7033793372382593"},
    {"normal of f64", "RandomStandardNormal", {"i64[1] 5"}, "dtype=f64 seed=7 seed2=-9",
     .want = "f64[5] 0.019486124152964177 0.39992807331573277 -0.351611469104934 -0.24265713183885132 -0.04984791212300542", .tolerance = 4.5e-16},
    {"truncated of f64", "TruncatedNormal", {"i64[1] 5"}, "dtype=f64 seed=7 seed2=-9",
     .want = "f64[5] 0.019486124152964177 0.39992807331573277 -0.9300340565983682 0.11991478915311882 -0.5836911321587287", .tolerance = 4.5e-16},
    {"all stateless integers of i32", "StatelessRandomUniformInt", {"i32[1] 5", "i32[2] 1 2", "i32[] -2147483648", "i32[] 2147483647"}, "",
     .want = "i32[5] -1041495508 -409430799 1811907646 -1777039469 -2136813421"},
    {"integers of i32", "RandomUniformInt", {"i32[1] 5", "i32[] -10", "i32[] 1000"}, "seed=7",
     .want = "i32[5] 737 460 704 170 867"},
    {"all stateless integers of i64", "StatelessRandomUniformInt", {"i32[1] 5", "i32[2] 1 2", "i64[] -9223372036854775808", "i64[] 9223372036854775807"}, "",
     .want = "i64[5] -1758491890574161364 -7632326399096814530 8165903281309274259 -6699008520847773605 -2338817709208748885"},
    {"integers of i64", "RandomUniformInt", {"i32[1] 5", "i64[] -10", "i64[] 1000"}, "seed=7",
     .want = "i64[5] 377 824 13 577 184"},
    {"a seed of int32", "StatelessRandomUniform", {"i32[1] 5", "i32[2] 1 -2"}, "dtype=f32",
     .want = "f32[5] 0.7476804256439209 0.7566256523132324 0.8433103561401367 0.24518632888793945 0.7087740898132324"},
    {"a scalar", "StatelessRandomUniform", {"i32[0]", SEED}, "dtype=f32", .want = "f32[] 0.7476804256439209"},
    {"a matrix", "StatelessRandomUniform", {"i64[2] 2 2", SEED}, "dtype=f32",
     .want = "f32[2,2] 0.7476804256439209 0.7566256523132324 0.8433103561401367 0.24518632888793945"},
    {"nothing", "TruncatedNormal", {"i32[2] 3 0"}, "dtype=f64", .want = "f64[3,0]"},
    {"one integer to choose from", "RandomUniformInt", {"i32[1] 3", "i32[] -7", "i32[] -6"}, "", .want = "i32[3] -7 -7 -7"},
    {"no integer, none wanted", "RandomUniformInt", {"i32[1] 0", "i32[] 3", "i32[] 3"}, "", .want = "i32[0]"},
    {"no integer to choose from", "RandomUniformInt", {"i32[1] 2", "i32[] 3", "i32[] 3"}, "", .error = TF_INVALID_ARGUMENT,
     .message = "Need minval < maxval, got 3 >= 3"},
    {"limits the wrong way", "StatelessRandomUniformInt", {"i32[1] 2", SEED, "i64[] 5", "i64[] 3"}, "",
     .error = TF_INVALID_ARGUMENT, .message = "Need minval < maxval, got 5 >= 3"},
    {"a lower limit that is a list", "RandomUniformInt", {"i32[1] 2", "i32[1] 3", "i32[] 4"}, "",
     .error = TF_INVALID_ARGUMENT, .message = "minval must be a scalar; got a tensor of shape [1]"},
    {"an upper limit that is a list", "StatelessRandomUniformInt", {"i32[1] 2", SEED, "i32[] 3", "i32[1] 4"}, "",
     .error = TF_INVALID_ARGUMENT, .message = "maxval must be a scalar; got a tensor of shape [1]"},
    {"three seeds", "StatelessRandomNormal", {"i32[1] 2", "i64[3] 1 2 3"}, "", .error = TF_INVALID_ARGUMENT,
     .message = "Dimension must be 2 but is 3"},
    {"a seed that is no list", "StatelessTruncatedNormal", {"i32[1] 2", "i64[] 1"}, "", .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 1 but is rank 0"},
    {"a shape that is no list", "RandomUniform", {"i32[] 2"}, "dtype=f32", .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 1 but is rank 0"},
    {"a shape that is a matrix", "StatelessRandomUniform", {"i32[1,1] 2", SEED}, "", .error = TF_INVALID_ARGUMENT,
     .message = "Shape must be rank 1 but is rank 2"},
    {"a negative dimension", "RandomStandardNormal", {"i32[2] 3 -2"}, "dtype=f32", .error = TF_INVALID_ARGUMENT,
     .message = "Invalid value in tensor used for shape: -2"},
};
static const op_shape_row kShapes[] = {
    {"RandomUniform", {"i32[3]"}, "dtype=f32", .want = "[?,?,?]"},
    {"RandomUniformInt", {"i32[?]", "i64[]", "i64[]"}, .want = "<unknown>"},
    {"StatelessRandomNormal", {"i32[2]", "i64?"}, .want = "[?,?]"},
};

// The last elements of the second of two calls for kFar elements, with seed 0 and seed2 3.
enum { kFar = 100003, kLast = 5 };
typedef struct far_case {
  const char* op;
  TF_DataType dtype;
  double want[kLast];
} far_case;
static const far_case kFarCases[] = {
    {"RandomUniform", TF_HALF, {0.35546875, 0.642578125, 0.0791015625, 0.998046875, 0.7177734375}},
    {"RandomStandardNormal", TF_HALF, {-0.58349609375, -0.315673828125, 0.64501953125, -2.126953125, -0.88427734375}},
    {"TruncatedNormal", TF_HALF, {-0.1968994140625, -0.9541015625, 0.85595703125, 0.318359375, 1.4560546875}},
    {"RandomUniform", TF_BFLOAT16, {0.84375, 0.140625, 0.6328125, 0.984375, 0.7421875}},
    {"RandomStandardNormal", TF_BFLOAT16, {-0.58203125, -0.31640625, 0.64453125, -2.125, -0.8828125}},
    {"TruncatedNormal", TF_BFLOAT16, {-0.197265625, -0.953125, 0.85546875, 0.318359375, 1.453125}},
    {"RandomUniform", TF_FLOAT, {0.8024115562438965, 0.6710989475250244, 0.08472645282745361, 0.4531247615814209, 0.6608542203903198}},
    {"RandomStandardNormal", TF_FLOAT, {-0.5836459398269653, -0.3156338334083557, 0.6449745297431946, -2.126185178756714, -0.8841650485992432}},
    {"TruncatedNormal", TF_FLOAT, {-0.196928933262825, -0.9542298913002014, 0.8561475872993469, 0.3182557225227356, 1.4559623003005981}},
    {"RandomUniform", TF_DOUBLE, {0.3403738280169697, 0.6142245669360502, 0.6586333332190668, 0.6450380960072355, 0.37924269651284614}},
    {"RandomStandardNormal", TF_DOUBLE, {-0.9655182851482678, -1.10598190918981, -0.7222408903970049, -0.5599506160425866, 0.38754244467123794}},
    {"TruncatedNormal", TF_DOUBLE, {0.15176873016129122, -0.3533967068287366, 1.1816246569012663, 1.1008067562170816, -0.5133113958278827}},
    {"RandomUniformInt", TF_INT32, {312, 662, 615, 772, 547}},
    {"RandomUniformInt", TF_INT64, {119, 199, 135, 249, 658}},
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

static double element(const ctf_tensor* t, int64_t i) {
  int64_t integer;
  if (ctf_tensor_get_int(t, i, &integer)) return (double)integer;
  switch (t->dtype) {
    case TF_HALF:
      return (double)ctf_half_to_float(((const ctf_half*)t->data)[i]);
    case TF_BFLOAT16:
      return (double)ctf_bfloat16_to_float(((const ctf_bfloat16*)t->data)[i]);
    case TF_FLOAT:
      return (double)((const float*)t->data)[i];
    default:
      return ((const double*)t->data)[i];
  }
}

// Calls the op for `count` elements; limits of integers are -10 and 1000. The caller releases the call.
static void draw(const char* op, TF_DataType dtype, int64_t count, int64_t seed2, ctf_isa isa, ctf_random_state* stream,
                 harness_call* out_call) {
  static const int64_t kOne = 1;
  const bool integers = strcmp(op, "RandomUniformInt") == 0;
  harness_tensor shape, limits[2];
  const ctf_named_attr attrs[] = {{{"seed2", 5}, {.kind = CTF_ATTR_INT, .i = seed2}},
                                  {{"dtype", 5}, {.kind = CTF_ATTR_TYPE, .type = dtype}}};
  harness_tensor_init(&shape, TF_INT64, 1, &kOne, 0);
  memcpy(shape.view.data, &count, sizeof(count));
  *out_call = (harness_call){
      .op = op, .isa = isa, .num_inputs = 1, .inputs = {&shape.view}, .num_attrs = 2, .attrs = attrs, .state = stream};
  for (int i = 0; i < 2 && integers; ++i) {
    const int64_t wide = i == 0 ? -10 : 1000;
    const int32_t narrow = (int32_t)wide;
    harness_tensor_init(&limits[i], dtype, 0, NULL, 0);
    memcpy(limits[i].view.data, dtype == TF_INT64 ? (const void*)&wide : &narrow, limits[i].view.bytes);
    out_call->inputs[out_call->num_inputs++] = &limits[i].view;
    out_call->num_attrs = 1;
  }
  const ctf_status status = harness_run(out_call);
  assert_null(status);
  harness_tensor_deinit(&shape);
  for (int i = 0; i < 2 && integers; ++i) harness_tensor_deinit(&limits[i]);
}

static void streams_go_on(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kFarCases) / sizeof(kFarCases[0]); ++i) {
    const far_case* c = &kFarCases[i];
    const double tolerance = c->dtype == TF_DOUBLE ? 4.5e-16 : 2.4e-7;
    const bool exact = strstr(c->op, "Uniform") != NULL;
    for (int isa = 0; isa <= (int)ctf_isa_best(); ++isa) {
      ctf_random_state stream = {0};
      harness_call call;
      for (int round = 0; round < 2; ++round) {
        if (round > 0) harness_release(&call);
        draw(c->op, c->dtype, kFar, 3, (ctf_isa)isa, &stream, &call);
      }
      for (int j = 0; j < kLast; ++j) {
        const double got = element(&call.outputs[0].view, kFar - kLast + j);
        if (exact ? got == c->want[j] : fabs(got - c->want[j]) <= tolerance * fabs(c->want[j])) continue;
        fail_msg("%s of %s: %.17g instead of %.17g", c->op, ctf_dtype_get(c->dtype)->short_name, got, c->want[j]);
      }
      harness_release(&call);
    }
  }
}

// A long output is a short one and more: nothing depends on where batches and pieces end.
static void prefixes_agree(void** state) {
  (void)state;
  static const int64_t kCounts[] = {1, 2, 3, 4, 63, 64, 65, 4099};
  for (size_t i = 0; i < sizeof(kFarCases) / sizeof(kFarCases[0]); ++i) {
    harness_call whole, part;
    draw(kFarCases[i].op, kFarCases[i].dtype, 20000, 9, CTF_ISA_BASE, NULL, &whole);
    for (size_t j = 0; j < sizeof(kCounts) / sizeof(kCounts[0]); ++j) {
      draw(kFarCases[i].op, kFarCases[i].dtype, kCounts[j], 9, CTF_ISA_BASE, NULL, &part);
      assert_memory_equal(part.outputs[0].view.data, whole.outputs[0].view.data, part.outputs[0].view.bytes);
      assert_true(harness_tensor_intact(&part.outputs[0]));
      harness_release(&part);
    }
    harness_release(&whole);
  }
}

// With both seeds 0 a stream is like no other, and goes on all the same.
static void unseeded_streams_differ(void** state) {
  (void)state;
  ctf_random_state streams[2] = {{0}};
  harness_call a, b, next;
  draw("RandomUniform", TF_DOUBLE, 64, 0, CTF_ISA_BASE, &streams[0], &a);
  draw("RandomUniform", TF_DOUBLE, 64, 0, CTF_ISA_BASE, &streams[1], &b);
  draw("RandomUniform", TF_DOUBLE, 64, 0, CTF_ISA_BASE, &streams[0], &next);
  assert_memory_not_equal(a.outputs[0].view.data, b.outputs[0].view.data, a.outputs[0].view.bytes);
  assert_memory_not_equal(a.outputs[0].view.data, next.outputs[0].view.data, a.outputs[0].view.bytes);
  const uint64_t seed = streams[0].seed[0];
  assert_true(seed != 0 && seed != streams[1].seed[0]);
  assert_int_equal(streams[0].used, 2 * 64 * CTF_RANDOM_RESERVED);
  harness_release(&a);
  harness_release(&b);
  harness_release(&next);
}

// The generator's known answers: kat_vectors of Random123, philox4x32 10.
static void philox_gives_its_known_answers(void** state) {
  (void)state;
  static const struct {
    ctf_philox at;
    uint32_t want[CTF_PHILOX_WORDS];
  } kKnown[] = {
      {{0, {0, 0}}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{UINT64_MAX, {UINT64_MAX, UINT64_MAX}}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x299f31d0a4093822, {0x85a308d3243f6a88, 0x0370734413198a2e}},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof(kKnown) / sizeof(kKnown[0]); ++i) {
    uint32_t words[CTF_PHILOX_WORDS];
    ctf_philox_block(&kKnown[i].at, words);
    assert_memory_equal(words, kKnown[i].want, sizeof(words));
  }
  const ctf_philox end = {1, {UINT64_MAX, 4}};
  const ctf_philox after = ctf_philox_skip(end, 3);
  assert_true(after.counter[0] == 2 && after.counter[1] == 5 && after.key == 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows),
      cmocka_unit_test(shapes),
      cmocka_unit_test(streams_go_on),
      cmocka_unit_test(prefixes_agree),
      cmocka_unit_test(unseeded_streams_differ),
      cmocka_unit_test(philox_gives_its_known_answers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
