// runtime/shape.c: what shapes compare, count and print as.
#include "tests/support/check.h"

#include "runtime/shape.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

static void sizes(void** state) {
  (void)state;
  static const int64_t kHuge = INT64_C(1) << 40;
  const struct {
    ctf_shape shape;
    TF_DataType dtype;
    bool fits;
    int64_t count;
    size_t bytes;
    TF_Code code;  // where it does not fit
  } cases[] = {
      {CTF_SHAPE_SCALAR, TF_FLOAT, true, 1, 4},
      {{3, DIMS(2, 3, 4)}, TF_DOUBLE, true, 24, 192},
      {{2, DIMS(0, 5)}, TF_FLOAT, true, 0, 0},
      {{3, DIMS(0, kHuge, kHuge)}, TF_FLOAT, true, 0, 0},
      {{3, DIMS(kHuge, kHuge, 0)}, TF_FLOAT, false, .code = TF_INVALID_ARGUMENT},
      {{2, DIMS(kHuge, kHuge)}, TF_INT8, false, .code = TF_INVALID_ARGUMENT},
      {{1, DIMS(INT64_MAX)}, TF_INT8, true, INT64_MAX, (size_t)INT64_MAX},
      {{1, DIMS(INT64_MAX)}, TF_INT16, false, .code = TF_RESOURCE_EXHAUSTED},
      {{1, DIMS(INT64_C(1) << 61)}, TF_FLOAT, false, .code = TF_RESOURCE_EXHAUSTED},
      {{1, DIMS(3)}, TF_STRING, true, 3, 72},
      {{1, DIMS(3)}, TF_VARIANT, true, 3, 0},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    size_t bytes = 77;
    ctf_status status = ctf_shape_bytes(cases[i].shape, cases[i].dtype, &bytes);
    if (!cases[i].fits) {
      assert_fails(status, cases[i].code, ctf_shape_print(cases[i].shape).text);
      assert_int_equal(bytes, 77);
      continue;
    }
    assert_ok(status);
    assert_int_equal(bytes, cases[i].bytes);
    int64_t count = -1;
    assert_true(ctf_shape_num_elements(cases[i].shape, &count));
    assert_int_equal(count, cases[i].count);
  }
}

static void comparisons(void** state) {
  (void)state;
  const struct {
    ctf_shape a, b;
    bool equal, compatible;
  } cases[] = {
      {CTF_SHAPE_SCALAR, CTF_SHAPE_SCALAR, true, true},    {CTF_SHAPE_UNKNOWN, CTF_SHAPE_SCALAR, false, true},
      {CTF_SHAPE_UNKNOWN, CTF_SHAPE_UNKNOWN, true, true},  {{2, DIMS(2, 3)}, {2, DIMS(2, 3)}, true, true},
      {{2, DIMS(2, 3)}, {2, DIMS(2, 4)}, false, false},    {{2, DIMS(2, 3)}, {2, DIMS(2, -1)}, false, true},
      {{2, DIMS(-1, 3)}, {2, DIMS(2, -1)}, false, true},   {{2, DIMS(-1, 3)}, {2, DIMS(-1, 3)}, true, true},
      {{2, DIMS(2, 3)}, {3, DIMS(2, 3, 1)}, false, false}, {{1, DIMS(1)}, CTF_SHAPE_SCALAR, false, false},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    assert_int_equal(ctf_shape_equal(cases[i].a, cases[i].b), cases[i].equal);
    assert_int_equal(ctf_shape_equal(cases[i].b, cases[i].a), cases[i].equal);
    assert_int_equal(ctf_shape_compatible(cases[i].a, cases[i].b), cases[i].compatible);
    assert_int_equal(ctf_shape_compatible(cases[i].b, cases[i].a), cases[i].compatible);
  }
  assert_true(ctf_shape_known(CTF_SHAPE_SCALAR));
  assert_false(ctf_shape_known(CTF_SHAPE_UNKNOWN));
  assert_false(ctf_shape_known((ctf_shape){2, DIMS(1, -1)}));
  assert_true(ctf_shape_known((ctf_shape){2, DIMS(1, 0)}));
}

static void text(void** state) {
  (void)state;
  const struct {
    ctf_shape shape;
    const char* want;
  } cases[] = {
      {CTF_SHAPE_UNKNOWN, "<unknown>"},
      {CTF_SHAPE_SCALAR, "[]"},
      {{1, DIMS(7)}, "[7]"},
      {{3, DIMS(2, -1, 3)}, "[2,?,3]"},
      {{1, DIMS(INT64_MAX)}, "[9223372036854775807]"},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    assert_string_equal(ctf_shape_print(cases[i].shape).text, cases[i].want);
  }
  int64_t dims[CTF_MAX_RANK];
  for (int rank = 1; rank <= CTF_MAX_RANK; ++rank) {
    dims[rank - 1] = rank % 3 == 0 ? INT64_MAX : rank % 3 == 1 ? 10 : -1;
    const ctf_shape_text printed = ctf_shape_print((ctf_shape){rank, dims});
    const size_t length = strlen(printed.text);
    assert_true(length < CTF_SHAPE_TEXT_BYTES);
    assert_int_equal(printed.text[length - 1], ']');
    if (rank == CTF_MAX_RANK) assert_string_equal(printed.text + length - 5, ",...]");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes),
      cmocka_unit_test(comparisons),
      cmocka_unit_test(text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
