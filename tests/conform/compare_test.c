// The rules by which an answer is right. Every row says what must be found equal or different.
#include "tests/conform/compare.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tensorflow/c/tf_tstring.h"

typedef struct number_case {
  const char* name;
  TF_DataType dtype;
  double want[2];  // two elements, or the parts of one complex number
  double got[2];
  double rtol;
  double atol;
  bool equal;
} number_case;

#define INF ((double)INFINITY)
#define NOT ((double)NAN)

// clang-format off
static const number_case kNumbers[] = {
    // name                       type           want                got                  rtol  atol  equal
    {"the same",                  TF_FLOAT,      {1, 2},             {1, 2},              0,    0,    true},
    {"inside rtol",               TF_FLOAT,      {1000, 1},          {1000.5, 1},         1e-3, 0,    true},
    {"outside rtol",              TF_FLOAT,      {1000, 1},          {1002, 1},           1e-3, 0,    false},
    {"rtol is of want",           TF_DOUBLE,     {1, 1},             {2, 1},              0.6,  0,    false},
    {"the second element",        TF_FLOAT,      {1, 2},             {1, 3},              1e-3, 0,    false},
    {"inside atol",               TF_DOUBLE,     {0, 0},             {1e-7, -1e-7},       0,    1e-6, true},
    {"outside atol",              TF_DOUBLE,     {0, 0},             {0, 2e-6},           0,    1e-6, false},
    {"NaN equals NaN",            TF_FLOAT,      {NOT, 1},           {-NOT, 1},           0,    0,    true},
    {"NaN for a number",          TF_FLOAT,      {1, 1},             {NOT, 1},            1e9,  1e9,  false},
    {"a number for NaN",          TF_DOUBLE,     {NOT, 1},           {1, 1},              1e9,  1e9,  false},
    {"infinities",                TF_FLOAT,      {INF, -INF},        {INF, -INF},         0,    0,    true},
    {"the other infinity",        TF_FLOAT,      {INF, 1},           {-INF, 1},           1,    1e9,  false},
    {"a number for infinity",     TF_DOUBLE,     {INF, 1},           {1e308, 1},          1,    1e9,  false},
    {"infinity for a number",     TF_DOUBLE,     {1, 1},             {INF, 1},            1,    1e9,  false},
    {"minus zero",                TF_FLOAT,      {0, -0.0},          {-0.0, 0},           0,    0,    true},
    {"half inside",               TF_HALF,       {1, 2},             {1.0009765625, 2},   2e-3, 0,    true},
    {"half outside",              TF_HALF,       {1, 2},             {1.00390625, 2},     2e-3, 0,    false},
    {"half subnormal",            TF_HALF,       {0x1p-24, 0},       {0x1p-24, 0},        0,    0,    true},
    {"half subnormal differs",    TF_HALF,       {0x1p-24, 0},       {0x1p-23, 0},        0,    1e-8, false},
    {"half infinity",             TF_HALF,       {INF, 1},           {INF, 1},            0,    0,    true},
    {"half NaN",                  TF_HALF,       {NOT, 1},           {65504, 1},          1,    1e9,  false},
    {"bfloat16 inside",           TF_BFLOAT16,   {1, 2},             {1.0078125, 2},      1e-2, 0,    true},
    {"bfloat16 outside",          TF_BFLOAT16,   {1, 2},             {1.03125, 2},        1e-2, 0,    false},
    {"int32 exactly",             TF_INT32,      {7, -7},            {7, -7},             0,    0,    true},
    {"int32 rtol is not used",    TF_INT32,      {1000, 0},          {1001, 0},           1,    0,    false},
    {"int32 within atol",         TF_INT32,      {1000, 0},          {1001, -1},          0,    1,    true},
    {"int32 beyond atol",         TF_INT32,      {1000, 0},          {1002, 0},           0,    1,    false},
    {"int8 extremes",             TF_INT8,       {-128, 127},        {127, -128},         0,    1,    false},
    {"int64 extremes",            TF_INT64,      {-0x1p63, 0},       {0x1p62, 0},         0,    4,    false},
    {"uint64 large",              TF_UINT64,     {0x1p63, 0},        {0x1p63, 0},         0,    0,    true},
    {"uint8 around",              TF_UINT8,      {0, 255},           {255, 255},          0,    1,    false},
    {"quint8 within atol",        TF_QUINT8,     {10, 20},           {11, 19},            0,    1,    true},
    {"bool",                      TF_BOOL,       {1, 0},             {1, 0},              0,    0,    true},
    {"bool ignores atol",         TF_BOOL,       {1, 0},             {1, 1},              1,    5,    false},
    {"float8 is bytes",           TF_FLOAT8_E5M2, {60, 1},           {61, 1},             1,    9,    false},
    {"complex by modulus",        TF_COMPLEX64,  {100, 0},           {100, 0.05},         1e-3, 0,    true},
    {"complex outside",           TF_COMPLEX64,  {100, 0},           {100, 0.2},          1e-3, 0,    false},
    {"complex NaN in a part",     TF_COMPLEX128, {NOT, 1},           {NOT, 5},            0,    0,    true},
    {"complex NaN for a number",  TF_COMPLEX128, {1, 1},             {1, NOT},            1,    9,    false},
    {"complex infinity",          TF_COMPLEX128, {INF, 1},           {INF, 1},            0,    0,    true},
    {"complex infinity's sign",   TF_COMPLEX128, {INF, 1},           {-INF, 1},           1,    9,    false},
};
// clang-format on

static uint16_t to_half(double number) {  // of numbers that a half holds exactly
  const uint16_t sign = signbit(number) ? 0x8000 : 0;
  if (isnan(number)) return sign | 0x7e00;
  if (isinf(number)) return sign | 0x7c00;
  if (number == 0) return sign;
  int exponent;
  const double fraction = frexp(fabs(number), &exponent);  // in [0.5, 1)
  if (exponent < -13) return sign | (uint16_t)ldexp(fabs(number), 24);
  return sign | (uint16_t)((exponent + 14) << 10 | ((int)ldexp(fraction, 11) & 0x3ff));
}

static void store(TF_DataType dtype, double number, uint8_t* at) {
  const float single = (float)number;
  uint32_t wide;
  uint64_t bits = number < 0 ? (uint64_t)(int64_t)number : (uint64_t)number;
  switch (dtype) {
    case TF_FLOAT:
    case TF_COMPLEX64:
      memcpy(at, &single, sizeof(single));
      break;
    case TF_DOUBLE:
    case TF_COMPLEX128:
      memcpy(at, &number, sizeof(number));
      break;
    case TF_HALF:
      memcpy(at, &(uint16_t){to_half(number)}, 2);
      break;
    case TF_BFLOAT16:
      memcpy(&wide, &single, sizeof(wide));
      memcpy(at, &(uint16_t){(uint16_t)(wide >> 16)}, 2);
      break;
    default:
      memcpy(at, &bits, TF_DataTypeSize(dtype));
      break;
  }
}

static void numbers(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(kNumbers) / sizeof(*kNumbers); ++i) {
    const number_case* row = &kNumbers[i];
    const bool complex = row->dtype == TF_COMPLEX64 || row->dtype == TF_COMPLEX128;
    const size_t element = TF_DataTypeSize(row->dtype);
    const size_t step = complex ? element / 2 : element;
    int64_t dims[1] = {complex ? 1 : 2};
    uint8_t data[32] = {0};
    host_value want = {.dtype = row->dtype, .rank = 1, .dims = dims, .count = (size_t)dims[0], .data = data};
    want.bytes = want.count * element;
    TF_Tensor* got = TF_AllocateTensor(row->dtype, dims, 1, want.bytes);
    assert_non_null(got);
    for (size_t j = 0; j < 2; ++j) {
      store(row->dtype, row->want[j], data + j * step);
      store(row->dtype, row->got[j], (uint8_t*)TF_TensorData(got) + j * step);
    }
    const compare_rule rule = {CONFORMANCE__CHECK__VALUE, row->rtol, row->atol, false};
    text_buffer why = {0};
    const bool equal = compare_tensor(&want, got, &rule, &why);
    if (equal != row->equal || equal != (why.length == 0)) fail_msg("%s: %s", row->name, text_get(&why));
    text_free(&why);
    TF_DeleteTensor(got);
  }
}

static bool compare_floats(const int64_t* want_dims, int want_rank, TF_DataType want_dtype, Conformance__Check check,
                           TF_Tensor* got) {
  float data[8] = {1, 1, 1, 1, 1, 1, 1, 1};
  int64_t dims[4] = {0};
  size_t count = 1;
  for (int i = 0; i < want_rank; ++i) {
    dims[i] = want_dims[i];
    count *= (size_t)want_dims[i];
  }
  const host_value want = {want_dtype, want_rank, dims, count, (uint8_t*)data, count * sizeof(float), NULL, NULL};
  const compare_rule rule = {.check = check};
  text_buffer why = {0};
  const bool equal = compare_tensor(&want, got, &rule, &why);
  assert_true(equal == (why.length == 0));
  text_free(&why);
  return equal;
}

static void shapes_and_types(void** state) {
  (void)state;
  const int64_t two_three[2] = {2, 3};
  const int64_t three_two[2] = {3, 2};
  const int64_t six[1] = {6};
  TF_Tensor* got = TF_AllocateTensor(TF_FLOAT, two_three, 2, 24);
  assert_non_null(got);
  for (int i = 0; i < 6; ++i) ((float*)TF_TensorData(got))[i] = 1;
  assert_true(compare_floats(two_three, 2, TF_FLOAT, CONFORMANCE__CHECK__VALUE, got));
  assert_false(compare_floats(three_two, 2, TF_FLOAT, CONFORMANCE__CHECK__VALUE, got));
  assert_false(compare_floats(six, 1, TF_FLOAT, CONFORMANCE__CHECK__VALUE, got));
  assert_false(compare_floats(two_three, 2, TF_INT32, CONFORMANCE__CHECK__VALUE, got));
  ((float*)TF_TensorData(got))[5] = 9;
  assert_false(compare_floats(two_three, 2, TF_FLOAT, CONFORMANCE__CHECK__VALUE, got));
  assert_true(compare_floats(two_three, 2, TF_FLOAT, CONFORMANCE__CHECK__SHAPE, got));
  assert_false(compare_floats(three_two, 2, TF_FLOAT, CONFORMANCE__CHECK__SHAPE, got));
  assert_false(compare_floats(two_three, 2, TF_INT32, CONFORMANCE__CHECK__SHAPE, got));
  assert_true(compare_floats(six, 1, TF_INT32, CONFORMANCE__CHECK__NONE, got));
  TF_DeleteTensor(got);
}

// The corpus stores some quantized values as plain integers, never the other way round.
static void quantized_types(void** state) {
  (void)state;
  int64_t dims[1] = {1};
  uint8_t data[1] = {5};
  const compare_rule rule = {.check = CONFORMANCE__CHECK__VALUE};
  const TF_DataType types[3] = {TF_INT8, TF_QINT8, TF_QUINT8};
  const bool equal[3][3] = {{true, true, false}, {false, true, false}, {false, false, true}};  // [want][got]
  for (int want_type = 0; want_type < 3; ++want_type) {
    for (int got_type = 0; got_type < 3; ++got_type) {
      TF_Tensor* got = TF_AllocateTensor(types[got_type], dims, 1, 1);
      assert_non_null(got);
      memcpy(TF_TensorData(got), data, 1);
      const host_value want = {types[want_type], 1, dims, 1, data, 1, NULL, NULL};
      text_buffer why = {0};
      assert_true(compare_tensor(&want, got, &rule, &why) == equal[want_type][got_type]);
      text_free(&why);
      TF_DeleteTensor(got);
    }
  }
}

static bool compare_one_string(const char* want, size_t want_length, const char* got, size_t got_length, bool cut) {
  int64_t dims[1] = {1};
  char* strings[1] = {must_copy(want, want_length)};
  size_t lengths[1] = {want_length};
  TF_Tensor* tensor = TF_AllocateTensor(TF_STRING, dims, 1, sizeof(TF_TString));
  assert_non_null(tensor);
  TF_TString_Copy(TF_TensorData(tensor), got, got_length);
  const host_value value = {TF_STRING, 1, dims, 1, NULL, 0, strings, lengths};
  const compare_rule rule = {.check = CONFORMANCE__CHECK__VALUE, .rtol = 1, .atol = 100, .strings_cut = cut};
  text_buffer why = {0};
  const bool equal = compare_tensor(&value, tensor, &rule, &why);
  assert_true(equal == (why.length == 0));
  text_free(&why);
  TF_DeleteTensor(tensor);
  free(strings[0]);
  return equal;
}

static void strings(void** state) {
  (void)state;
  assert_true(compare_one_string("", 0, "", 0, false));
  assert_true(compare_one_string("abc", 3, "abc", 3, false));
  assert_false(compare_one_string("abc", 3, "abd", 3, false));
  assert_false(compare_one_string("abc", 3, "abcd", 4, false));
  assert_false(compare_one_string("abcd", 4, "abc", 3, false));
  assert_true(compare_one_string("a\0b", 3, "a\0b", 3, false));
  assert_false(compare_one_string("a\0b", 3, "a\0c", 3, false));
  char* longer = must_alloc(STORED_STRING_BYTES + 10);
  memset(longer, 'x', STORED_STRING_BYTES + 10);
  assert_true(compare_one_string(longer, STORED_STRING_BYTES, longer, STORED_STRING_BYTES + 10, true));
  assert_false(compare_one_string(longer, STORED_STRING_BYTES, longer, STORED_STRING_BYTES + 10, false));
  assert_false(compare_one_string(longer, STORED_STRING_BYTES - 1, longer, STORED_STRING_BYTES, true));
  free(longer);
}

static TF_Tensor* make_tensor(TF_DataType dtype, int64_t rows, int64_t columns, const void* data) {
  const int64_t dims[2] = {rows, columns};
  const size_t bytes = (size_t)(rows * columns) * TF_DataTypeSize(dtype);
  TF_Tensor* tensor = TF_AllocateTensor(dtype, dims, 2, bytes);
  assert_non_null(tensor);
  memcpy(TF_TensorData(tensor), data, bytes);
  return tensor;
}

// Whatever compares as equal and is not the same bits has another digest.
static void digests(void** state) {
  (void)state;
  const float zero[2] = {0, 1}, minus_zero[2] = {-0.0f, 1};
  TF_Tensor* const tensors[] = {make_tensor(TF_FLOAT, 1, 2, zero), make_tensor(TF_FLOAT, 1, 2, minus_zero),
                                make_tensor(TF_FLOAT, 2, 1, zero), make_tensor(TF_INT32, 1, 2, zero)};
  const size_t count = sizeof(tensors) / sizeof(tensors[0]);
  for (size_t i = 0; i < count; ++i) {
    assert_true(digest_tensor(1, tensors[i]) == digest_tensor(1, tensors[i]));
    assert_true(digest_tensor(1, tensors[i]) != digest_tensor(2, tensors[i]));
    for (size_t j = 0; j < i; ++j) assert_true(digest_tensor(1, tensors[i]) != digest_tensor(1, tensors[j]));
  }
  for (size_t i = 0; i < count; ++i) TF_DeleteTensor(tensors[i]);
  static const char* const kTexts[2][2] = {{"ab", "c"}, {"a", "bc"}};
  uint64_t of_texts[2];
  for (int i = 0; i < 2; ++i) {
    TF_Tensor* tensor = TF_AllocateTensor(TF_STRING, (const int64_t[]){2}, 1, 2 * sizeof(TF_TString));
    assert_non_null(tensor);
    for (int j = 0; j < 2; ++j)
      TF_TString_Copy((TF_TString*)TF_TensorData(tensor) + j, kTexts[i][j], strlen(kTexts[i][j]));
    of_texts[i] = digest_tensor(1, tensor);
    TF_DeleteTensor(tensor);
  }
  assert_true(of_texts[0] != of_texts[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers), cmocka_unit_test(shapes_and_types), cmocka_unit_test(quantized_types),
      cmocka_unit_test(strings), cmocka_unit_test(digests),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
