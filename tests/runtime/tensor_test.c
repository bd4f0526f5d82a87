// runtime/tensor.c and runtime/buffer.c: who owns bytes and texts, and what is charged for them.
#include "tests/support/fault.h"

#include "runtime/device.h"
#include "runtime/tensor.h"
#include "tensorflow/c/tf_tstring.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

typedef struct told {  // what a deallocator was told
  int times;
  void* data;
  size_t bytes;
} told;

static void tell(void* data, size_t bytes, void* arg) {
  told* what = arg;
  ++what->times;
  what->data = data;
  what->bytes = bytes;
}

static ctf_budget* make_budget(size_t limit) {
  ctf_budget* budget = NULL;
  assert_ok(ctf_budget_create(ctf_device_budget(ctf_device_cpu()), "test", limit, &budget));
  return budget;
}

static void buffers_of_a_device(void** state) {
  (void)state;
  ctf_budget* budget = make_budget(1000);
  ctf_buffer* buffer = NULL;
  assert_ok(ctf_buffer_create(ctf_device_cpu(), budget, 600, "a buffer", &buffer));
  assert_int_equal(ctf_budget_used(budget), 600);
  assert_int_equal((uintptr_t)buffer->data % CTF_TENSOR_ALIGNMENT, 0);
  memset(buffer->data, 1, 600);
  assert_false(ctf_buffer_is_wrapped(buffer));
  ctf_buffer* untouched = buffer;
  assert_fails(ctf_buffer_create(ctf_device_cpu(), budget, 401, "a buffer", &untouched), TF_RESOURCE_EXHAUSTED,
               "a buffer needs 401 bytes, 400 bytes of the 1000 bytes budget of test are free");
  assert_ptr_equal(untouched, buffer);
  assert_true(ctf_buffer_sole(buffer));
  assert_ptr_equal(ctf_buffer_retain(buffer), buffer);
  assert_false(ctf_buffer_sole(buffer));
  ctf_buffer_release(buffer);
  assert_true(ctf_buffer_sole(buffer));
  ctf_buffer_release(buffer);
  ctf_buffer_release(NULL);
  assert_int_equal(ctf_budget_used(budget), 0);

  assert_ok(ctf_buffer_create(ctf_device_cpu(), budget, 0, "nothing", &buffer));
  assert_null(buffer->data);
  ctf_buffer_release(buffer);
  ctf_budget_release(budget);
}

static void buffers_of_others(void** state) {
  (void)state;
  char bytes[100];
  told what = {0};
  ctf_buffer *whole, *part, *part_of_part;
  assert_ok(ctf_buffer_wrap(bytes, 100, tell, &what, &whole));
  assert_ptr_equal(whole->data, bytes);
  assert_ok(ctf_buffer_slice(whole, 10, 50, &part));
  assert_ok(ctf_buffer_slice(part, 5, 45, &part_of_part));
  assert_ptr_equal(part_of_part->data, bytes + 15);
  assert_true(ctf_buffer_is_wrapped(whole));
  assert_true(ctf_buffer_is_wrapped(part_of_part));
  assert_int_equal(part_of_part->bytes, 45);
  // A part is nobody's own as long as the whole is seen by others.
  assert_false(ctf_buffer_sole(part_of_part));
  ctf_buffer_release(whole);
  assert_false(ctf_buffer_sole(part_of_part));
  ctf_buffer_release(part);
  assert_true(ctf_buffer_sole(part_of_part));
  assert_int_equal(what.times, 0);
  ctf_buffer_release(part_of_part);
  assert_int_equal(what.times, 1);
  assert_ptr_equal(what.data, bytes);
  assert_int_equal(what.bytes, 100);

  assert_ok(ctf_buffer_wrap(bytes, 100, NULL, NULL, &whole));  // nobody to tell
  ctf_buffer_release(whole);
  assert_ok(ctf_buffer_wrap(NULL, 0, tell, &what, &whole));
  assert_ok(ctf_buffer_slice(whole, 0, 0, &part));
  assert_null(part->data);
  ctf_buffer_release(whole);
  ctf_buffer_release(part);
  assert_int_equal(what.times, 2);
}

static void tensors_own_themselves(void** state) {
  (void)state;
  ctf_budget* budget = make_budget(CTF_NO_LIMIT);
  TF_Tensor* tensor = NULL;
  int64_t dims[] = {2, 3};
  assert_ok(ctf_tensor_create(TF_FLOAT, (ctf_shape){2, dims}, budget, "a tensor", &tensor));
  dims[0] = 99;
  assert_int_equal(ctf_budget_used(budget), 24);
  assert_int_equal(tensor->view.rank, 2);
  assert_int_equal(tensor->view.dims[0], 2);
  assert_int_equal(tensor->view.dims[1], 3);
  assert_int_equal(tensor->view.num_elements, 6);
  assert_int_equal(tensor->view.bytes, 24);
  memset(tensor->view.data, 7, 24);
  assert_ptr_equal(ctf_tensor_retain(tensor), tensor);
  ctf_tensor_release(tensor);

  TF_Tensor* clone = NULL;
  assert_ok(ctf_tensor_clone(&tensor->view, budget, &clone));
  assert_ptr_not_equal(clone->view.data, tensor->view.data);
  ctf_tensor_release(tensor);
  assert_int_equal(ctf_budget_used(budget), 24);
  assert_true(ctf_shape_equal(ctf_tensor_shape(&clone->view), (ctf_shape){2, DIMS(2, 3)}));
  for (int i = 0; i < 24; ++i) assert_int_equal(((char*)clone->view.data)[i], 7);
  ctf_tensor_release(clone);
  ctf_tensor_release(NULL);

  assert_ok(ctf_tensor_create(TF_INT8, (ctf_shape){2, DIMS(4, 0)}, NULL, "nothing", &tensor));
  assert_null(tensor->view.data);
  assert_int_equal(tensor->view.num_elements, 0);
  assert_ok(ctf_tensor_clone(&tensor->view, NULL, &clone));
  ctf_tensor_release(clone);
  ctf_tensor_release(tensor);
  assert_int_equal(ctf_budget_used(budget), 0);
  ctf_budget_release(budget);
}

static void tensors_that_cannot_be(void** state) {
  (void)state;
  int64_t dims[CTF_MAX_RANK + 1];
  for (int i = 0; i <= CTF_MAX_RANK; ++i) dims[i] = 1;
  const struct {
    TF_DataType dtype;
    ctf_shape shape;
    TF_Code code;
    const char* part;
  } cases[] = {
      {(TF_DataType)0, CTF_SHAPE_SCALAR, TF_INVALID_ARGUMENT, "0 is no type"},
      {(TF_DataType)101, CTF_SHAPE_SCALAR, TF_INVALID_ARGUMENT, "101 is no type"},
      {TF_VARIANT, CTF_SHAPE_SCALAR, TF_UNIMPLEMENTED, "type variant"},
      {TF_FLOAT, CTF_SHAPE_UNKNOWN, TF_INVALID_ARGUMENT, "<unknown>"},
      {TF_FLOAT, {2, DIMS(1, -1)}, TF_INVALID_ARGUMENT, "its shape is [1,?]"},
      {TF_FLOAT, {CTF_MAX_RANK + 1, dims}, TF_INVALID_ARGUMENT, "at most 254 dimensions, this one has 255"},
      {TF_FLOAT, {1, DIMS(INT64_MAX)}, TF_RESOURCE_EXHAUSTED, "more bytes than 64 bits can count"},
      {TF_INT8, {2, DIMS(INT64_MAX, 2)}, TF_INVALID_ARGUMENT, "more bytes than 64 bits can count"},
      {TF_FLOAT, {1, DIMS(INT64_C(1) << 50)}, TF_RESOURCE_EXHAUSTED, "a tensor f32[1125899906842624] needs 4294967296.0 MiB"},
  };
  const uint64_t live = ctf_memory_num_live();
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    TF_Tensor* tensor = NULL;
    assert_fails(ctf_tensor_create(cases[i].dtype, cases[i].shape, NULL, "a tensor", &tensor), cases[i].code,
                 cases[i].part);
    assert_null(tensor);
    assert_int_equal(ctf_memory_num_live(), live);
  }
  TF_Tensor* tensor = NULL;
  assert_ok(ctf_tensor_create(TF_INT8, (ctf_shape){CTF_MAX_RANK, dims}, NULL, "a tensor", &tensor));
  ctf_tensor_release(tensor);
}

static void dims_can_be_replaced(void** state) {
  (void)state;
  const ctf_shape cases[] = {
      {2, DIMS(4, 6)},
      {5, DIMS(2, 3, 1, 1, 4)},  // more than it was made with
      {1, DIMS(24)},
      {4, DIMS(1, 2, 3, 4)},
  };
  const uint64_t live = ctf_memory_num_live();
  TF_Tensor* tensor = NULL;
  assert_ok(ctf_tensor_create(TF_INT8, (ctf_shape){2, DIMS(3, 8)}, NULL, "a tensor", &tensor));
  void* data = tensor->view.data;
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
      assert_ok(ctf_tensor_set_dims(tensor, cases[i]));
      assert_true(ctf_shape_equal(ctf_tensor_shape(&tensor->view), cases[i]));
      assert_int_equal(tensor->view.num_elements, 24);
      assert_int_equal(tensor->view.bytes, 24);
      assert_ptr_equal(tensor->view.data, data);
    }
  }
  ctf_memory_fail_nth(1, true);
  assert_fails(ctf_tensor_set_dims(tensor, cases[1]), TF_RESOURCE_EXHAUSTED, "");
  ctf_memory_fail_nth(0, false);
  assert_true(ctf_shape_equal(ctf_tensor_shape(&tensor->view), cases[3]));
  ctf_tensor_release(tensor);
  assert_int_equal(ctf_memory_num_live(), live);
}

static void tensors_over_buffers(void** state) {
  (void)state;
  int32_t ints[6] = {1, 2, 3, 4, 5, 6};
  told what = {0};
  ctf_buffer* buffer = NULL;
  TF_Tensor* tensor = NULL;
  assert_ok(ctf_buffer_wrap(ints, sizeof(ints), tell, &what, &buffer));
  assert_fails(ctf_tensor_wrap(TF_INT32, (ctf_shape){1, DIMS(7)}, buffer, &tensor), TF_INVALID_ARGUMENT,
               "type int32 and shape [7] needs 28 bytes, there are 24");
  assert_int_equal(what.times, 0);
  assert_ok(ctf_tensor_wrap(TF_INT32, (ctf_shape){1, DIMS(5)}, buffer, &tensor));
  assert_ptr_equal(tensor->view.data, ints);
  assert_int_equal(tensor->view.bytes, 20);
  ctf_tensor_release(tensor);
  assert_int_equal(what.times, 1);
}

// Lengths around each border of the layout.
static const size_t kLengths[] = {0, 1, 22, 23, 31, 32, 33, 1000};
#define NUM_LENGTHS (sizeof(kLengths) / sizeof(kLengths[0]))

static const char* letters(char first) {
  static char text[1000];
  for (int i = 0; i < 1000; ++i) text[i] = (char)(first + i % 7);
  return text;
}

static void check_letters(const ctf_tensor* tensor) {
  for (size_t i = 0; i < NUM_LENGTHS; ++i) {
    const char* text = NULL;
    size_t length = 0;
    ctf_tensor_get_string(tensor, (int64_t)i, &text, &length);
    assert_int_equal(length, kLengths[i]);
    assert_memory_equal(text, letters((char)('a' + i)), length);
    assert_int_equal(text[length], '\0');
  }
}

static void strings_are_charged(void** state) {
  (void)state;
  ctf_budget* budget = make_budget(4000);
  TF_Tensor *tensor = NULL, *clone = NULL;
  assert_ok(ctf_tensor_create(TF_STRING, (ctf_shape){1, DIMS(NUM_LENGTHS)}, budget, "texts", &tensor));
  assert_int_equal(ctf_budget_used(budget), 24 * NUM_LENGTHS);
  for (size_t i = 0; i < NUM_LENGTHS; ++i) {
    const char* text = NULL;
    size_t length = 1;
    ctf_tensor_get_string(&tensor->view, (int64_t)i, &text, &length);
    assert_int_equal(length, 0);
  }
  for (int round = 0; round < 3; ++round) {  // replacing gives back what was there
    for (size_t i = 0; i < NUM_LENGTHS; ++i) {
      assert_ok(ctf_tensor_set_string(tensor, (int64_t)i, letters((char)('a' + i)), kLengths[i]));
    }
    check_letters(&tensor->view);
    assert_int_equal(ctf_budget_used(budget), 24 * NUM_LENGTHS + tensor->payload_bytes);
    assert_int_equal(tensor->payload_bytes, 32 + 32 + 48 + 48 + 1008);
  }
  const size_t used = ctf_budget_used(budget);
  assert_ok(ctf_tensor_clone(&tensor->view, budget, &clone));
  check_letters(&clone->view);
  assert_int_equal(ctf_budget_used(budget), 2 * used);
  static char huge[3000];
  assert_fails(ctf_tensor_set_string(clone, 0, huge, sizeof(huge)), TF_RESOURCE_EXHAUSTED, "budget of test");
  assert_int_equal(ctf_budget_used(budget), 2 * used);
  check_letters(&clone->view);
  ctf_tensor_release(tensor);
  check_letters(&clone->view);
  assert_ok(ctf_tensor_set_string(clone, NUM_LENGTHS - 1, "", 0));
  assert_int_equal(ctf_budget_used(budget), used - 1008);
  ctf_tensor_release(clone);
  assert_int_equal(ctf_budget_used(budget), 0);
  ctf_budget_release(budget);
}

// A client changes and frees elements with its own inline functions; the tensor must bear it.
static void clients_change_strings(void** state) {
  (void)state;
  ctf_budget* budget = make_budget(CTF_NO_LIMIT);
  TF_Tensor* tensor = NULL;
  assert_ok(ctf_tensor_create(TF_STRING, (ctf_shape){1, DIMS(4)}, budget, "texts", &tensor));
  TF_TString* strings = tensor->view.data;
  assert_ok(ctf_tensor_set_string(tensor, 0, letters('a'), 100));
  TF_TString_Dealloc(&strings[0]);
  TF_TString_Copy(&strings[1], letters('b'), 500);
  TF_TString_AssignView(&strings[2], "elsewhere", 9);
  assert_ok(ctf_tensor_set_string(tensor, 1, letters('c'), 50));  // replaces what was never charged
  TF_Tensor* clone = NULL;
  assert_ok(ctf_tensor_clone(&tensor->view, budget, &clone));
  const char* text = NULL;
  size_t length = 0;
  ctf_tensor_get_string(&clone->view, 2, &text, &length);
  assert_int_equal(length, 9);
  assert_memory_equal(text, "elsewhere", 9);
  assert_int_equal(TF_TString_GetType((TF_TString*)clone->view.data + 2), TF_TSTR_SMALL);
  ctf_tensor_release(clone);
  TF_TString_Copy(&strings[3], letters('d'), 500);
  ctf_tensor_release(tensor);
  assert_int_equal(ctf_budget_used(budget), 0);
  ctf_budget_release(budget);
}

static void integers(void** state) {
  (void)state;
  static const struct {
    TF_DataType dtype;
    uint64_t bits;
    bool is_int;
    int64_t want;
  } kCases[] = {
      {TF_INT8, 0x80, true, -128},
      {TF_INT16, 0xfffe, true, -2},
      {TF_INT32, 0x80000000, true, INT32_MIN},
      {TF_INT64, 0x8000000000000000, true, INT64_MIN},
      {TF_UINT8, 0xff, true, 255},
      {TF_UINT16, 0xffff, true, 65535},
      {TF_UINT32, 0xffffffff, true, UINT32_MAX},
      {TF_UINT64, 0x7fffffffffffffff, true, INT64_MAX},
      {TF_UINT64, 0x8000000000000000, false},
      {TF_INT4, 0x08, true, -8},
      {TF_INT4, 0xf8, true, -8},
      {TF_INT4, 0x07, true, 7},
      {TF_UINT4, 0xff, true, 15},
      {TF_INT2, 0x03, true, -1},
      {TF_INT2, 0x01, true, 1},
      {TF_UINT2, 0x03, true, 3},
      {TF_FLOAT, 0x3f800000, false},
      {TF_BOOL, 1, false},
      {TF_QINT8, 1, false},
      {TF_STRING, 1, false},
  };
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    const size_t width = ctf_dtype_get(kCases[i].dtype)->bytes;
    unsigned char bytes[64] = {0};
    memcpy(bytes + 1 + width, &kCases[i].bits, width < 8 ? width : 8);  // at an odd address, as in mapped files
    const int64_t dims[] = {2};
    const ctf_tensor tensor = {kCases[i].dtype, 1, dims, 2, 2 * width, bytes + 1};
    int64_t value = 4711;
    assert_int_equal(ctf_tensor_get_int(&tensor, 1, &value), kCases[i].is_int);
    assert_int_equal(value, kCases[i].is_int ? kCases[i].want : 4711);
  }
}

static ctf_status make_and_clone(void) {
  ctf_status status = NULL;
  TF_Tensor *tensor = NULL, *clone = NULL, *part = NULL;
  ctf_buffer *whole = NULL, *slice = NULL;
  const size_t used = ctf_budget_used(ctf_device_budget(ctf_device_cpu()));
  CTF_TRY_DONE(ctf_tensor_create(TF_STRING, (ctf_shape){1, DIMS(2)}, NULL, "texts", &tensor));
  CTF_TRY_DONE(ctf_tensor_set_string(tensor, 0, letters('a'), 100));
  CTF_TRY_DONE(ctf_tensor_set_string(tensor, 1, letters('b'), 200));
  CTF_TRY_DONE(ctf_tensor_clone(&tensor->view, NULL, &clone));
  CTF_TRY_DONE(ctf_buffer_create(ctf_device_cpu(), NULL, 64, "bytes", &whole));
  CTF_TRY_DONE(ctf_buffer_slice(whole, 4, 8, &slice));
  CTF_TRY_DONE(ctf_tensor_wrap(TF_INT64, CTF_SHAPE_SCALAR, slice, &part));
  slice = NULL;  // the tensor's
done:
  ctf_tensor_release(tensor);
  ctf_tensor_release(clone);
  ctf_tensor_release(part);
  ctf_buffer_release(slice);
  ctf_buffer_release(whole);
  assert_int_equal(ctf_budget_used(ctf_device_budget(ctf_device_cpu())), used);
  return status;
}

static void every_failure_is_survived(void** state) {
  (void)state;
  FOR_EACH_ALLOCATION_FAILURE(make_and_clone);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(buffers_of_a_device),
      cmocka_unit_test(buffers_of_others),
      cmocka_unit_test(tensors_own_themselves),
      cmocka_unit_test(tensors_that_cannot_be),
      cmocka_unit_test(tensors_over_buffers),
      cmocka_unit_test(dims_can_be_replaced),
      cmocka_unit_test(strings_are_charged),
      cmocka_unit_test(clients_change_strings),
      cmocka_unit_test(integers),
      cmocka_unit_test(every_failure_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
