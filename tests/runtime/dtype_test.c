// runtime/dtype.*: the table of types, and conversions of 16-bit floats over all their values.
#include "tests/support/check.h"

#include <math.h>

#include "runtime/dtype.h"
#include "runtime/float_env.h"

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  return bits;
}

static float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

static void table_is_complete(void** state) {
  (void)state;
  static const struct {
    TF_DataType dtype;
    const char *name, *short_name, *enum_name, *tf_name;
    size_t bytes, public_bytes;
    ctf_dtype_kind kind;
  } kCases[] = {
      {TF_FLOAT, "float32", "f32", "DT_FLOAT", "float", 4, 4, CTF_KIND_FLOAT},
      {TF_HALF, "float16", "f16", "DT_HALF", "half", 2, 2, CTF_KIND_FLOAT},
      {TF_BFLOAT16, "bfloat16", "bf16", "DT_BFLOAT16", "bfloat16", 2, 2, CTF_KIND_FLOAT},
      {TF_STRING, "string", "str", "DT_STRING", "string", 24, 0, CTF_KIND_OBJECT},
      {TF_RESOURCE, "resource", "res", "DT_RESOURCE", "resource", 0, 0, CTF_KIND_OBJECT},
      {TF_COMPLEX128, "complex128", "c128", "DT_COMPLEX128", "complex128", 16, 16, CTF_KIND_COMPLEX},
      {TF_QUINT16, "quint16", "qu16", "DT_QUINT16", "quint16", 2, 2, CTF_KIND_QUANTIZED},
      {TF_FLOAT4_E2M1FN, "float4_e2m1fn", "f4e2m1fn", "DT_FLOAT4_E2M1FN", "float4_e2m1fn", 1, 1, CTF_KIND_FLOAT},
      {TF_UINT64, "uint64", "u64", "DT_UINT64", "uint64", 8, 8, CTF_KIND_UINT},
      {TF_BOOL, "bool", "bool", "DT_BOOL", "bool", 1, 1, CTF_KIND_BOOL},
  };
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    const ctf_dtype_info* info = ctf_dtype_get(kCases[i].dtype);
    assert_string_equal(info->name, kCases[i].name);
    assert_string_equal(info->short_name, kCases[i].short_name);
    assert_string_equal(info->enum_name, kCases[i].enum_name);
    assert_string_equal(info->tf_name, kCases[i].tf_name);
    assert_int_equal(info->bytes, kCases[i].bytes);
    assert_int_equal(info->kind, kCases[i].kind);
    assert_int_equal(TF_DataTypeSize(kCases[i].dtype), kCases[i].public_bytes);
    assert_ptr_equal(ctf_dtype_get((TF_DataType)(kCases[i].dtype + CTF_DTYPE_REF)), info);
  }
}

static void names_lead_back(void** state) {
  (void)state;
  for (int i = 1; i <= CTF_DTYPE_MAX; ++i) {
    const ctf_dtype_info* info = ctf_dtype_get((TF_DataType)i);
    const char* const names[] = {info->name, info->short_name, info->enum_name, info->tf_name};
    assert_int_not_equal(info->kind, CTF_KIND_NONE);
    assert_true(ctf_dtype_valid(i));
    for (int j = 0; j < 4; ++j) {
      TF_DataType dtype = (TF_DataType)0;
      assert_true(ctf_dtype_parse(names[j], strlen(names[j]), &dtype));
      assert_int_equal(dtype, i);
    }
  }
  TF_DataType dtype = TF_INT8;
  static const char* const kNone[] = {"", "float3", "float321", "DT_INVALID", "invalid", "FLOAT"};
  for (int i = 0; i < 6; ++i) assert_false(ctf_dtype_parse(kNone[i], strlen(kNone[i]), &dtype));
  assert_int_equal(dtype, TF_INT8);
  assert_true(ctf_dtype_parse("int32,3", 5, &dtype));
  assert_int_equal(dtype, TF_INT32);
  static const int kNumbers[] = {0, -1, 34, 99, 100, 134, 200, 1 << 30};
  for (int i = 0; i < 8; ++i) {
    assert_int_equal(ctf_dtype_get((TF_DataType)kNumbers[i])->kind, CTF_KIND_NONE);
    assert_string_equal(ctf_dtype_get((TF_DataType)kNumbers[i])->name, "invalid");
    assert_false(ctf_dtype_valid(kNumbers[i]));
    assert_int_equal(TF_DataTypeSize((TF_DataType)kNumbers[i]), 0);
  }
  assert_false(ctf_dtype_valid(101));
  assert_false(ctf_dtype_valid(INT64_C(1) << 32 | 1));
}

static void sets_of_types(void** state) {
  (void)state;
  assert_true(ctf_type_in(CTF_NUMERIC, TF_COMPLEX64));
  assert_false(ctf_type_in(CTF_REAL, TF_COMPLEX64));
  assert_false(ctf_type_in(CTF_INTS, TF_BOOL));
  assert_true(ctf_type_in(CTF_ANY_TYPE, TF_STRING));
  assert_true(ctf_type_in(CTF_SIGNED, TF_HALF));
  assert_false(ctf_type_in(CTF_SIGNED, TF_UINT8));
}

// The value of a half by its definition, without the code under test.
static double half_value(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const double magnitude = exponent == 0    ? ldexp(mantissa, -24)
                           : exponent == 31 ? INFINITY
                                            : ldexp(1024 + mantissa, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

// Every value comes back, and is what its definition says; NaN stays NaN with its sign.
static void check_all_values(void) {
  for (uint32_t i = 0; i <= 0xffff; ++i) {
    const ctf_half half = {(uint16_t)i};
    const float value = ctf_half_to_float(half);
    if ((i & 0x7fff) > 0x7c00) {
      assert_true((bits_of(value) & 0x7fffffff) > 0x7fc00000 || (bits_of(value) & 0x7fffffff) == 0x7fc00000);
      assert_int_equal(ctf_half_from_float(value).bits, (i & 0x8000) | 0x7e00);
    } else {
      assert_int_equal(bits_of(value), bits_of((float)half_value((uint16_t)i)));
      assert_int_equal(ctf_half_from_float(value).bits, i);
    }
    const ctf_bfloat16 brain = {(uint16_t)i};
    assert_int_equal(bits_of(ctf_bfloat16_to_float(brain)), i << 16);
    const uint16_t back = ctf_bfloat16_from_float(ctf_bfloat16_to_float(brain)).bits;
    assert_int_equal(back, (i & 0x7fff) > 0x7f80 ? (i & 0x8000) | 0x7fc0 : i);
  }
}

// Between two neighbours: below the middle goes down, above it up, the middle to the even one.
static void check_all_middles(void) {
  for (uint32_t i = 0; i < 0x7c00; ++i) {
    const uint16_t low = (uint16_t)i, high = (uint16_t)(i + 1);
    const double next = high == 0x7c00 ? 65536.0 : half_value(high);
    const float middle = (float)((half_value(low) + next) / 2);  // exact: one more bit
    const uint16_t even = low & 1 ? high : low;
    for (uint32_t sign = 0; sign <= 0x8000; sign += 0x8000) {
      const uint32_t bits = bits_of(middle) | sign << 16;
      assert_int_equal(ctf_half_from_float(float_of(bits)).bits, even | sign);
      assert_int_equal(ctf_half_from_float(float_of(bits - 1)).bits, low | sign);
      assert_int_equal(ctf_half_from_float(float_of(bits + 1)).bits, high | sign);
    }
  }
  for (uint32_t i = 0; i < 0x7f80; ++i) {
    const uint32_t middle = i << 16 | 0x8000;
    for (uint32_t sign = 0; sign <= 0x8000; sign += 0x8000) {
      const uint32_t bits = middle | sign << 16;
      assert_int_equal(ctf_bfloat16_from_float(float_of(bits)).bits, (i + (i & 1)) | sign);
      assert_int_equal(ctf_bfloat16_from_float(float_of(bits - 1)).bits, i | sign);
      assert_int_equal(ctf_bfloat16_from_float(float_of(bits + 1)).bits, (i + 1) | sign);
    }
  }
}

static void check_corners(void) {
  static const struct {
    uint32_t bits;
    uint16_t half, brain;
  } kCases[] = {
      {0x00000000, 0x0000, 0x0000},                                // zero
      {0x80000000, 0x8000, 0x8000},                                // -zero
      {0x3f800000, 0x3c00, 0x3f80},                                // 1
      {0x477fe000, 0x7bff, 0x4780},                                // 65504, the largest half
      {0x477fefff, 0x7bff, 0x4780},                                // just below 65520
      {0x477ff000, 0x7c00, 0x4780},                                // 65520 rounds to infinity
      {0x7f7fffff, 0x7c00, 0x7f80},                                // the largest float
      {0xff7fffff, 0xfc00, 0xff80}, {0x7f800000, 0x7c00, 0x7f80},  // infinity
      {0xff800000, 0xfc00, 0xff80}, {0x7f800001, 0x7e00, 0x7fc0},  // a signalling NaN whose low bits would be lost
      {0x7fc00000, 0x7e00, 0x7fc0}, {0xffffffff, 0xfe00, 0xffc0},
      {0x33800000, 0x0001, 0x3380},                                // 2^-24, the least half
      {0x33000000, 0x0000, 0x3300},                                // 2^-25, half of it, goes to even zero
      {0x33000001, 0x0001, 0x3300}, {0x387fc000, 0x03ff, 0x3880},  // the largest subnormal half
      {0x387fe000, 0x0400, 0x3880},                                // the middle to the least normal one
      {0x38800000, 0x0400, 0x3880}, {0x00000001, 0x0000, 0x0000},  // the least float
      {0x00008001, 0x0000, 0x0001},                                // a subnormal float rounds to a subnormal bfloat16
      {0x807f8000, 0x8000, 0x8080},                                // carries from the subnormals into the normals
  };
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    assert_int_equal(ctf_half_from_float(float_of(kCases[i].bits)).bits, kCases[i].half);
    assert_int_equal(ctf_bfloat16_from_float(float_of(kCases[i].bits)).bits, kCases[i].brain);
  }
}

static void conversions(void** state) {
  (void)state;
  check_all_values();
  check_all_middles();
  check_corners();
}

// A run flushes subnormals to zero; conversions must not notice, since a half's subnormals are a float's normals and
// bfloat16's are moved as bits.
static void conversions_within_a_run(void** state) {
  (void)state;
  const ctf_float_env env = ctf_float_env_enter();
  check_all_values();
  check_all_middles();
  check_corners();
  ctf_float_env_leave(env);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(table_is_complete), cmocka_unit_test(names_lead_back),          cmocka_unit_test(sets_of_types),
      cmocka_unit_test(conversions),       cmocka_unit_test(conversions_within_a_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
