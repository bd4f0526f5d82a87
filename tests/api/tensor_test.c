// TF_Tensor through the public headers.
#include "tensorflow/c/tf_tstring.h"
#include "tests/api/api_test.h"

typedef struct release_log {
  int calls;
  void* data;
  size_t length;
} release_log;

static void note_release(void* data, size_t length, void* arg) {
  release_log* log = arg;
  ++log->calls;
  log->data = data;
  log->length = length;
}

static const int64_t k23[] = {2, 3};

static void allocate_says_what_it_is(void** state) {
  (void)state;
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, k23, 2, 24);
  assert_non_null(tensor);
  assert_int_equal(TF_TensorType(tensor), TF_FLOAT);
  assert_int_equal(TF_NumDims(tensor), 2);
  assert_int_equal(TF_Dim(tensor, 0), 2);
  assert_int_equal(TF_Dim(tensor, 1), 3);
  assert_int_equal(TF_Dim(tensor, 2), -1);
  assert_int_equal(TF_Dim(tensor, -1), -1);
  assert_int_equal(TF_TensorElementCount(tensor), 6);
  assert_int_equal(TF_TensorByteSize(tensor), 24);
  assert_true(TF_TensorIsAligned(tensor));
  assert_int_equal((uintptr_t)TF_TensorData(tensor) % TF_TensorDefaultAlignment(), 0);
  memset(TF_TensorData(tensor), 0xff, 24);  // all of it is there
  TF_DeleteTensor(tensor);
}

static void null_is_no_tensor(void** state) {
  (void)state;
  assert_int_equal(TF_TensorType(NULL), 0);
  assert_int_equal(TF_NumDims(NULL), -1);
  assert_int_equal(TF_Dim(NULL, 0), -1);
  assert_int_equal(TF_TensorElementCount(NULL), 0);
  assert_int_equal(TF_TensorByteSize(NULL), 0);
  assert_null(TF_TensorData(NULL));
  assert_false(TF_TensorIsAligned(NULL));
  assert_null(TF_TensorMaybeMove(NULL));
  TF_SetShape(NULL, k23, 2);
  TF_DeleteTensor(NULL);
}

static void new_keeps_the_bytes_where_they_are(void** state) {
  (void)state;
  static const size_t kOffsets[] = {0, 4, 8, 60};
  _Alignas(64) char bytes[128] = {0};
  for (size_t i = 0; i < COUNT(kOffsets); ++i) {
    release_log log = {0};
    char* data = bytes + kOffsets[i];
    TF_Tensor* tensor = TF_NewTensor(TF_FLOAT, k23, 2, data, 24, note_release, &log);
    assert_non_null(tensor);
    assert_ptr_equal(TF_TensorData(tensor), data);
    assert_int_equal(TF_TensorIsAligned(tensor), kOffsets[i] == 0);
    assert_int_equal(log.calls, 0);
    TF_DeleteTensor(tensor);
    assert_int_equal(log.calls, 1);
    assert_ptr_equal(log.data, data);
    assert_int_equal(log.length, 24);
  }
}

static void new_copies_what_begins_inside_an_element(void** state) {
  (void)state;
  _Alignas(64) char bytes[64];
  release_log log = {0};
  const float values[2] = {1.5f, -2.0f};
  const int64_t dims[] = {2};
  memcpy(bytes + 1, values, sizeof(values));
  TF_Tensor* tensor = TF_NewTensor(TF_FLOAT, dims, 1, bytes + 1, sizeof(values), note_release, &log);
  assert_non_null(tensor);
  assert_int_equal(log.calls, 1);  // the bytes are not needed any more
  assert_true(TF_TensorIsAligned(tensor));
  memset(bytes, 0, sizeof(bytes));
  assert_memory_equal(TF_TensorData(tensor), values, sizeof(values));
  TF_DeleteTensor(tensor);
  assert_int_equal(log.calls, 1);
}

static void new_refuses_and_gives_the_bytes_back(void** state) {
  (void)state;
  static const int64_t kNegative[] = {-1};
  static const int64_t kHuge[] = {INT64_MAX, 2};
  static const int64_t kTwo[] = {2};
  static int64_t many[255];
  for (size_t i = 0; i < COUNT(many); ++i) many[i] = 1;
  static const struct {
    TF_DataType dtype;
    const int64_t* dims;
    int num_dims;
    size_t length;
  } kRows[] = {
      {TF_FLOAT, kTwo, 1, 7},         // too short
      {TF_FLOAT, kNegative, 1, 8},    // a dimension below 0
      {TF_FLOAT, kHuge, 2, 8},        // the size overflows
      {TF_FLOAT, many, 255, 8},       // too many dimensions
      {TF_FLOAT, NULL, 1, 8},         // no dimensions where there must be one
      {TF_FLOAT, kTwo, -1, 8},        // no rank
      {(TF_DataType)0, kTwo, 1, 8},   // no type
      {(TF_DataType)99, kTwo, 1, 8},  //
      {TF_STRING, NULL, 0, sizeof(TF_TString) - 1},
  };
  _Alignas(64) char bytes[64] = {0};
  for (size_t i = 0; i < COUNT(kRows); ++i) {
    release_log log = {0};
    assert_null(
        TF_NewTensor(kRows[i].dtype, kRows[i].dims, kRows[i].num_dims, bytes, kRows[i].length, note_release, &log));
    assert_int_equal(log.calls, 1);
    assert_null(TF_AllocateTensor(kRows[i].dtype, kRows[i].dims, kRows[i].num_dims, kRows[i].length));
  }
  release_log log = {0};
  assert_null(TF_NewTensor(TF_FLOAT, kTwo, 1, NULL, 8, note_release, &log));
  assert_int_equal(log.calls, 1);
  assert_null(TF_NewTensor(TF_FLOAT, kTwo, 1, bytes, 4, NULL, NULL));
}

static void empty_tensors(void** state) {
  (void)state;
  static const int64_t kNone[] = {0, 3};
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, kNone, 2, 0);
  assert_non_null(tensor);
  assert_int_equal(TF_TensorElementCount(tensor), 0);
  assert_int_equal(TF_TensorByteSize(tensor), 0);
  assert_true(TF_TensorIsAligned(tensor));
  TF_DeleteTensor(tensor);
  release_log log = {0};
  tensor = TF_NewTensor(TF_FLOAT, kNone, 2, NULL, 0, note_release, &log);
  assert_non_null(tensor);
  TF_DeleteTensor(tensor);
  assert_int_equal(log.calls, 1);
}

static void every_type_with_a_size_can_be_made(void** state) {
  (void)state;
  int made = 0;
  for (int type = 1; type <= TF_FLOAT4_E2M1FN; ++type) {
    const size_t bytes = TF_DataTypeSize((TF_DataType)type);
    if (bytes == 0) continue;
    TF_Tensor* tensor = TF_AllocateTensor((TF_DataType)type, k23, 2, 6 * bytes);
    assert_non_null(tensor);
    assert_int_equal(TF_TensorType(tensor), type);
    assert_int_equal(TF_TensorByteSize(tensor), 6 * bytes);
    TF_DeleteTensor(tensor);
    ++made;
  }
  assert_true(made >= 30);
}

static void move_wants_to_be_alone(void** state) {
  (void)state;
  TF_Tensor* tensor = float_scalar(4.0f);
  TF_Tensor* moved = TF_TensorMaybeMove(tensor);
  assert_non_null(moved);
  assert_true(first_float(moved) == 4.0f);

  // A second tensor over the same bytes.
  TF_Status* status = TF_NewStatus();
  TF_Tensor* other = TF_AllocateTensor(TF_INT32, NULL, 0, 4);
  TF_TensorBitcastFrom(moved, TF_INT32, other, NULL, 0, status);
  assert_ok(status);
  assert_null(TF_TensorMaybeMove(moved));
  TF_DeleteTensor(other);
  moved = TF_TensorMaybeMove(moved);
  assert_non_null(moved);
  TF_DeleteTensor(moved);

  // Bytes of the program's.
  _Alignas(64) float value = 1.0f;
  release_log log = {0};
  tensor = TF_NewTensor(TF_FLOAT, NULL, 0, &value, sizeof(value), note_release, &log);
  assert_null(TF_TensorMaybeMove(tensor));
  TF_DeleteTensor(tensor);
  assert_int_equal(log.calls, 1);
  TF_DeleteStatus(status);
}

static void set_shape_keeps_the_count(void** state) {
  (void)state;
  static const int64_t k32[] = {3, 2};
  static const int64_t k1111116[] = {1, 1, 1, 1, 1, 1, 6};
  static const int64_t k7[] = {7};
  TF_Tensor* tensor = TF_AllocateTensor(TF_FLOAT, k23, 2, 24);
  TF_SetShape(tensor, k32, 2);
  assert_int_equal(TF_Dim(tensor, 0), 3);
  TF_SetShape(tensor, k1111116, 7);  // more than it was made with
  assert_int_equal(TF_NumDims(tensor), 7);
  assert_int_equal(TF_Dim(tensor, 6), 6);
  TF_SetShape(tensor, k7, 1);  // does not fit
  assert_int_equal(TF_NumDims(tensor), 7);
  TF_SetShape(tensor, k23, 2);
  assert_int_equal(TF_NumDims(tensor), 2);
  assert_int_equal(TF_Dim(tensor, 1), 3);
  assert_int_equal(TF_TensorElementCount(tensor), 6);
  TF_DeleteTensor(tensor);
}

static void bitcast_shares_bytes(void** state) {
  (void)state;
  static const int64_t k1[] = {1};
  static const int64_t k2[] = {2};
  static const int64_t k11[] = {1, 1};
  static const int64_t k3[] = {3};
  const float values[2] = {1.0f, 2.0f};
  TF_Status* status = TF_NewStatus();
  TF_Tensor* from = float_tensor(k2, 1, values, 2);
  TF_Tensor* to = TF_AllocateTensor(TF_INT32, k1, 1, 4);
  TF_TensorBitcastFrom(from, TF_INT32, to, k2, 1, status);
  assert_ok(status);
  assert_int_equal(TF_TensorType(to), TF_INT32);
  assert_int_equal(TF_TensorByteSize(to), 8);
  assert_int_equal(TF_TensorElementCount(to), 2);
  assert_ptr_equal(TF_TensorData(to), TF_TensorData(from));
  assert_int_equal(((const int32_t*)TF_TensorData(to))[0], 0x3f800000);

  TF_TensorBitcastFrom(from, TF_INT64, to, k11, 2, status);
  assert_ok(status);
  assert_int_equal(TF_NumDims(to), 2);
  TF_TensorBitcastFrom(from, TF_INT32, to, k3, 1, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "not compatible");
  assert_int_equal(TF_TensorType(to), TF_INT64);
  TF_TensorBitcastFrom(from, TF_INT64, NULL, k1, 1, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "NULL");

  TF_DeleteTensor(from);
  assert_int_equal(((const int32_t*)TF_TensorData(to))[1], 0x40000000);  // lives on
  TF_DeleteTensor(to);
  TF_DeleteStatus(status);
}

static void strings_are_freed_with_the_tensor(void** state) {
  (void)state;
  static const char kLong[] = "a text that is too long to lie inside of the structure itself";
  const int64_t dims[] = {2};
  TF_Tensor* tensor = TF_AllocateTensor(TF_STRING, dims, 1, 2 * sizeof(TF_TString));
  assert_non_null(tensor);
  TF_TString* strings = TF_TensorData(tensor);
  assert_int_equal(TF_StringGetSize(&strings[0]), 0);
  TF_StringCopy(&strings[0], "short", 5);
  TF_StringCopy(&strings[1], kLong, sizeof(kLong) - 1);
  assert_memory_equal(TF_StringGetDataPointer(&strings[0]), "short", 5);
  assert_int_equal(TF_StringGetSize(&strings[1]), sizeof(kLong) - 1);
  TF_DeleteTensor(tensor);  // the leak check says whether the payload went with it
}

static void strings_of_the_program_stay_its_own(void** state) {
  (void)state;
  static const char kLong[] = "a text that is too long to lie inside of the structure itself";
  TF_TString text;
  release_log log = {0};
  TF_StringInit(&text);
  TF_StringCopy(&text, kLong, sizeof(kLong) - 1);
  TF_Tensor* tensor = TF_NewTensor(TF_STRING, NULL, 0, &text, sizeof(text), note_release, &log);
  assert_non_null(tensor);
  TF_DeleteTensor(tensor);
  assert_int_equal(log.calls, 1);
  assert_memory_equal(TF_StringGetDataPointer(&text), kLong, sizeof(kLong) - 1);
  TF_StringDealloc(&text);
}

static void the_budget_refuses(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  CTF_MemoryInfo before = {.struct_size = sizeof(before)}, during = before, after = before;
  const int64_t dims[] = {1 << 20};
  CTF_GetMemoryInfo(NULL, "cpu", &before, status);
  assert_ok(status);
  CTF_SetBudget("cpu", before.used_bytes + (5 << 20), status);
  assert_ok(status);
  TF_Tensor* fits = TF_AllocateTensor(TF_FLOAT, dims, 1, 4 << 20);
  assert_non_null(fits);
  CTF_GetMemoryInfo(NULL, "CPU:0", &during, status);
  assert_ok(status);
  assert_true(during.used_bytes >= before.used_bytes + (4 << 20));
  assert_true(during.peak_bytes >= during.used_bytes);
  assert_true(during.available_bytes < (size_t)(2 << 20));
  assert_null(TF_AllocateTensor(TF_FLOAT, dims, 1, 4 << 20));
  TF_DeleteTensor(fits);
  fits = TF_AllocateTensor(TF_FLOAT, dims, 1, 4 << 20);
  assert_non_null(fits);
  TF_DeleteTensor(fits);
  CTF_SetBudget("/device:CPU:0", 0, status);
  assert_ok(status);
  CTF_GetMemoryInfo(NULL, "cpu", &after, status);
  assert_ok(status);
  assert_true(after.limit_bytes > during.limit_bytes);
  CTF_SetBudget("gpu:7", 1, status);
  assert_fails(status, TF_NOT_FOUND, "/device:CPU:0");
  CTF_GetMemoryInfo(NULL, NULL, &after, status);
  assert_fails(status, TF_NOT_FOUND, "no device");
  CTF_GetMemoryInfo(NULL, "cpu", NULL, status);
  assert_fails(status, TF_INVALID_ARGUMENT, "NULL");
  TF_DeleteStatus(status);
}

static void a_struct_may_be_older_than_the_library(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  CTF_MemoryInfo info = {.struct_size = offsetof(CTF_MemoryInfo, used_bytes), .used_bytes = 77, .peak_bytes = 78};
  CTF_GetMemoryInfo(NULL, "cpu", &info, status);
  assert_ok(status);
  assert_int_equal(info.struct_size, offsetof(CTF_MemoryInfo, used_bytes));
  assert_int_not_equal(info.limit_bytes, 0);
  assert_int_equal(info.used_bytes, 77);
  assert_int_equal(info.peak_bytes, 78);
  TF_DeleteStatus(status);
}

static void strings_of_older_releases(void** state) {
  (void)state;
  static const struct {
    size_t length, head;  // of the text, of the varint before it
  } kRows[] = {{0, 1}, {1, 1}, {127, 1}, {128, 2}, {300, 2}, {16383, 2}, {16384, 3}};
  static char text[16384], place[16400];
  TF_Status* status = TF_NewStatus();
  for (size_t i = 0; i < sizeof(text); ++i) text[i] = (char)(i * 7);
  for (size_t i = 0; i < COUNT(kRows); ++i) {
    const size_t bytes = kRows[i].length + kRows[i].head;
    assert_int_equal(TF_StringEncodedSize(kRows[i].length), bytes);
    assert_int_equal(TF_StringEncode(text, kRows[i].length, place, bytes - 1, status), 0);
    assert_fails(status, TF_INVALID_ARGUMENT, "too small");
    assert_int_equal(TF_StringEncode(text, kRows[i].length, place, bytes, status), bytes);
    assert_ok(status);
    const char* found = NULL;
    size_t length = 99;
    for (size_t cut = 0; cut < bytes; cut += cut < 4 ? 1 : 1000) {
      assert_int_equal(TF_StringDecode(place, cut, &found, &length, status), 0);
      assert_fails(status, TF_INVALID_ARGUMENT, "buffer");
      assert_null(found);
    }
    assert_int_equal(TF_StringDecode(place, sizeof(place), &found, &length, status), bytes);
    assert_ok(status);
    assert_int_equal(length, kRows[i].length);
    assert_memory_equal(found, text, length);
  }
  memset(place, 0xff, 11);  // a length that never ends
  const char* found = NULL;
  size_t length = 0;
  assert_int_equal(TF_StringDecode(place, 11, &found, &length, status), 0);
  assert_fails(status, TF_INVALID_ARGUMENT, "invalid string encoding");
  assert_int_equal(TF_StringEncode(NULL, 1, place, 2, NULL), 0);
  assert_int_equal(TF_StringDecode(NULL, 1, &found, &length, NULL), 0);
  TF_DeleteStatus(status);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(allocate_says_what_it_is),
      cmocka_unit_test(null_is_no_tensor),
      cmocka_unit_test(new_keeps_the_bytes_where_they_are),
      cmocka_unit_test(new_copies_what_begins_inside_an_element),
      cmocka_unit_test(new_refuses_and_gives_the_bytes_back),
      cmocka_unit_test(empty_tensors),
      cmocka_unit_test(every_type_with_a_size_can_be_made),
      cmocka_unit_test(move_wants_to_be_alone),
      cmocka_unit_test(set_shape_keeps_the_count),
      cmocka_unit_test(bitcast_shares_bytes),
      cmocka_unit_test(strings_are_freed_with_the_tensor),
      cmocka_unit_test(strings_of_the_program_stay_its_own),
      cmocka_unit_test(strings_of_older_releases),
      cmocka_unit_test(the_budget_refuses),
      cmocka_unit_test(a_struct_may_be_older_than_the_library),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
