// TF_Buffer and TF_Status through the public headers.
#include "tests/api/api_test.h"

static void new_buffer_is_empty(void** state) {
  (void)state;
  TF_Buffer* buffer = TF_NewBuffer();
  assert_non_null(buffer);
  assert_null(buffer->data);
  assert_int_equal(buffer->length, 0);
  assert_null(buffer->data_deallocator);
  TF_DeleteBuffer(buffer);
  TF_DeleteBuffer(NULL);
}

static void from_string_copies(void** state) {
  (void)state;
  char text[] = "a\0b";
  TF_Buffer* buffer = TF_NewBufferFromString(text, 3);
  text[0] = 'x';
  const TF_Buffer view = TF_GetBuffer(buffer);
  assert_int_equal(view.length, 3);
  assert_memory_equal(view.data, "a\0b", 3);
  TF_DeleteBuffer(buffer);

  buffer = TF_NewBufferFromString(NULL, 0);
  assert_non_null(buffer);
  assert_int_equal(buffer->length, 0);
  TF_DeleteBuffer(buffer);
  assert_null(TF_NewBufferFromString(NULL, 5));
}

static size_t deallocated_length;

static void note_length(void* data, size_t length) {
  (void)data;
  deallocated_length = length;
}

static void delete_calls_the_deallocator(void** state) {
  (void)state;
  TF_Buffer* buffer = TF_NewBuffer();
  buffer->data = "abc";
  buffer->length = 3;
  buffer->data_deallocator = note_length;
  TF_DeleteBuffer(buffer);
  assert_int_equal(deallocated_length, 3);
}

static void bytes_can_be_taken_out(void** state) {
  (void)state;
  TF_Buffer* buffer = TF_NewBufferFromString("abcd", 4);
  const TF_Buffer taken = *buffer;
  *buffer = (TF_Buffer){0};
  TF_DeleteBuffer(buffer);
  assert_memory_equal(taken.data, "abcd", 4);
  taken.data_deallocator((void*)taken.data, 1);  // the length that a program says does not matter
}

static void get_of_null_is_empty(void** state) {
  (void)state;
  assert_null(TF_GetBuffer(NULL).data);
  assert_int_equal(TF_GetBuffer(NULL).length, 0);
}

static void status_holds_code_and_message(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  assert_int_equal(TF_GetCode(status), TF_OK);
  assert_string_equal(TF_Message(status), "");
  char text[] = "no such thing";
  TF_SetStatus(status, TF_NOT_FOUND, text);
  text[0] = 'x';
  assert_int_equal(TF_GetCode(status), TF_NOT_FOUND);
  assert_string_equal(TF_Message(status), "no such thing");
  TF_SetStatus(status, TF_OK, "is dropped");
  assert_int_equal(TF_GetCode(status), TF_OK);
  assert_string_equal(TF_Message(status), "");
  TF_DeleteStatus(status);
  TF_DeleteStatus(NULL);
}

static void a_call_that_works_clears_the_status(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_SetStatus(status, TF_ABORTED, "from before");
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_SetConfig(options, "", 0, status);
  assert_ok(status);
  TF_DeleteSessionOptions(options);
  TF_DeleteStatus(status);
}

static void versions(void** state) {
  (void)state;
  assert_string_equal(TF_Version(), "2.21.0");
  assert_int_not_equal(strlen(CTF_Version()), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(new_buffer_is_empty),
      cmocka_unit_test(from_string_copies),
      cmocka_unit_test(delete_calls_the_deallocator),
      cmocka_unit_test(bytes_can_be_taken_out),
      cmocka_unit_test(get_of_null_is_empty),
      cmocka_unit_test(status_holds_code_and_message),
      cmocka_unit_test(a_call_that_works_clears_the_status),
      cmocka_unit_test(versions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
