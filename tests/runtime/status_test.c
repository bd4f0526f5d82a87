// runtime/status.c: messages, contexts, and what is left of them without memory.
#include "tests/support/fault.h"

#include <errno.h>
#include <stdio.h>

#include "runtime/status.h"

static void message_and_code(void** state) {
  (void)state;
  ctf_status status = ctf_error(TF_NOT_FOUND, "no %s in %d places", "thing", 3);
  assert_int_equal(ctf_status_code(status), TF_NOT_FOUND);
  assert_string_equal(ctf_status_message(status), "no thing in 3 places");
  ctf_status copy = ctf_status_copy(status);
  ctf_status_drop(status);  // the copy must not need it
  assert_string_equal(ctf_status_message(copy), "no thing in 3 places");
  assert_int_equal(ctf_status_code(copy), TF_NOT_FOUND);
  ctf_status_drop(copy);  // has been looked at
  assert_int_equal(ctf_status_code(NULL), TF_OK);
  assert_string_equal(ctf_status_message(NULL), "");
  assert_null(ctf_status_copy(NULL));
  ctf_status_drop(NULL);  // OK is accepted
}

static void notes_stack_up(void** state) {
  (void)state;
  assert_null(ctf_error_note(NULL, "node '%s'", "a"));
  ctf_status status = ctf_error(TF_INVALID_ARGUMENT, "100%% wrong");
  status = ctf_error_note(status, "node '%s'", "a");
  status = ctf_error_note(status, "graph %d", 7);
  assert_fails(status, TF_INVALID_ARGUMENT, "graph 7: node 'a': 100% wrong");
}

static void long_messages_are_cut(void** state) {
  (void)state;
  static const size_t kMost = (size_t)16 << 10;
  static const struct {
    const char* unit;
    size_t count, want;
  } kCases[] = {
      {"x", ((size_t)16 << 10) - 1, ((size_t)16 << 10) - 1},
      {"x", (size_t)16 << 10, (size_t)16 << 10},
      {"x", ((size_t)16 << 10) + 1, (size_t)16 << 10},
      {"x", (size_t)1 << 20, (size_t)16 << 10},
      {"\u20ac", 6000, 16383},  // three bytes each: the one at the limit goes as a whole
  };
  static char text[((size_t)1 << 20) + 1];
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    const size_t unit = strlen(kCases[i].unit);
    for (size_t j = 0; j < kCases[i].count; ++j) memcpy(text + j * unit, kCases[i].unit, unit);
    text[kCases[i].count * unit] = '\0';
    ctf_status status = ctf_error(TF_INTERNAL, "%s", text);
    assert_int_equal(strlen(ctf_status_message(status)), kCases[i].want);
    assert_memory_equal(ctf_status_message(status), text, kCases[i].want);
    status = ctf_error_note(status, "context");
    const char* noted = ctf_status_message(status);
    assert_true(strlen(noted) <= kMost);
    assert_true(strlen(noted) >= kCases[i].want);
    assert_memory_equal(noted, "context: ", 9);
    ctf_status_drop(status);  // has been looked at
  }
}

static void without_memory_the_code_stays(void** state) {
  (void)state;
  for (int code = TF_CANCELLED; code <= TF_UNAUTHENTICATED; ++code) {
    const uint64_t live = ctf_memory_num_live();
    ctf_memory_fail_nth(1, true);
    ctf_status status = ctf_error((TF_Code)code, "a text %d", 1);
    ctf_status copy = ctf_status_copy(status);
    status = ctf_error_note(status, "a context");
    ctf_memory_fail_nth(0, false);
    assert_int_equal(ctf_memory_num_live(), live);
    assert_int_equal(ctf_status_code(status), code);
    assert_int_equal(ctf_status_code(copy), code);
    assert_non_null(strstr(ctf_status_message(status), "out of memory while reporting"));
    ctf_status_drop(copy);  // fixed ones are dropped as others are
    status = ctf_error_note(status, "a context");
    assert_fails(status, (TF_Code)code, "a context: out of memory while reporting");
  }
}

static void a_note_without_memory_keeps_the_message(void** state) {
  (void)state;
  ctf_status status = ctf_error(TF_ABORTED, "what happened");
  ctf_memory_fail_nth(1, true);
  status = ctf_error_note(status, "context");
  ctf_memory_fail_nth(0, false);
  assert_string_equal(ctf_status_message(status), "what happened");
  ctf_status_drop(status);  // has been looked at
}

static void code_names(void** state) {
  (void)state;
  assert_string_equal(ctf_code_name(TF_OK), "OK");
  assert_string_equal(ctf_code_name(TF_RESOURCE_EXHAUSTED), "RESOURCE_EXHAUSTED");
  assert_string_equal(ctf_code_name(TF_UNAUTHENTICATED), "UNAUTHENTICATED");
  assert_string_equal(ctf_code_name((TF_Code)17), "UNKNOWN_CODE");
  assert_string_equal(ctf_code_name((TF_Code)-1), "UNKNOWN_CODE");
}

static void public_status(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  assert_int_equal(TF_GetCode(status), TF_OK);
  assert_string_equal(TF_Message(status), "");
  TF_SetStatus(status, TF_DATA_LOSS, "gone");
  assert_int_equal(TF_GetCode(status), TF_DATA_LOSS);
  assert_string_equal(TF_Message(status), "gone");
  TF_SetStatus(status, TF_ABORTED, TF_Message(status));
  assert_string_equal(TF_Message(status), "gone");
  TF_SetStatus(status, TF_ABORTED, "100%s");
  assert_string_equal(TF_Message(status), "100%s");
  TF_SetStatus(status, TF_OK, "dropped");
  assert_int_equal(TF_GetCode(status), TF_OK);
  assert_string_equal(TF_Message(status), "");
  TF_SetStatus(status, (TF_Code)99, "a client's own");
  assert_int_equal(TF_GetCode(status), 99);
  ctf_status_move(ctf_error(TF_UNKNOWN, "moved"), status);
  assert_string_equal(TF_Message(status), "moved");
  TF_DeleteStatus(status);
  TF_DeleteStatus(NULL);
}

static void io_errors(void** state) {
  (void)state;
  static const struct {
    int error;
    TF_Code code;
    const char* message;
  } kCases[] = {
      {ENOENT, TF_NOT_FOUND, "f.pb; No such file or directory"},
      {EACCES, TF_PERMISSION_DENIED, "f.pb; Permission denied"},
      {EEXIST, TF_ALREADY_EXISTS, "f.pb; File exists"},
      {ENOSPC, TF_RESOURCE_EXHAUSTED, "f.pb; No space left on device"},
      {EISDIR, TF_FAILED_PRECONDITION, "f.pb; Is a directory"},
      {EINTR, TF_UNAVAILABLE, "f.pb; Interrupted system call"},
      {EFBIG, TF_OUT_OF_RANGE, "f.pb; File too large"},
      {ENOSYS, TF_UNIMPLEMENTED, "f.pb; Function not implemented"},
      {ECANCELED, TF_CANCELLED, "f.pb; Operation canceled"},
      {ESTALE, TF_ABORTED, "f.pb; Stale file handle"},
      {ETIMEDOUT, TF_DEADLINE_EXCEEDED, "f.pb; Connection timed out"},
      {EINVAL, TF_INVALID_ARGUMENT, "f.pb; Invalid argument"},
      {EIO, TF_UNKNOWN, "f.pb; Input/output error"},
      {0, TF_OK, ""},
  };
  TF_Status* status = TF_NewStatus();
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    TF_SetStatusFromIOError(status, kCases[i].error, "f.pb");
    assert_int_equal(TF_GetCode(status), kCases[i].code);
    assert_string_equal(TF_Message(status), kCases[i].message);
  }
  TF_DeleteStatus(status);
}

static void join_payload(const char* key, const char* value, void* capture) {
  char* text = capture;
  snprintf(text + strlen(text), 64, "%s=%s;", key, value);
}

static void expect_payloads(const TF_Status* status, const char* want) {
  char text[256] = "";
  TF_ForEachPayload(status, join_payload, text);
  assert_string_equal(text, want);
}

static void payloads(void** state) {
  (void)state;
  const uint64_t live = ctf_memory_num_live();
  TF_Status* status = TF_NewStatus();
  TF_SetPayload(status, "a", "of nothing");
  expect_payloads(status, "");
  TF_SetStatus(status, TF_ABORTED, "gone");
  TF_SetPayload(status, "b", "2");
  TF_SetPayload(status, "a", "1");
  TF_SetPayload(status, "c", "");
  TF_SetPayload(status, "b", "22");
  TF_SetPayload(status, NULL, "x");
  TF_SetPayload(status, "x", NULL);
  ctf_memory_fail_nth(1, true);
  TF_SetPayload(status, "d", "4");
  ctf_memory_fail_nth(0, false);
  expect_payloads(status, "a=1;b=22;c=;");
  assert_string_equal(TF_Message(status), "gone");
  TF_SetStatus(status, TF_ABORTED, "another");
  expect_payloads(status, "");
  TF_SetPayload(status, "a", "1");
  TF_DeleteStatus(status);
  assert_int_equal(ctf_memory_num_live(), live);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(message_and_code),
      cmocka_unit_test(notes_stack_up),
      cmocka_unit_test(long_messages_are_cut),
      cmocka_unit_test(without_memory_the_code_stays),
      cmocka_unit_test(a_note_without_memory_keeps_the_message),
      cmocka_unit_test(code_names),
      cmocka_unit_test(public_status),
      cmocka_unit_test(io_errors),
      cmocka_unit_test(payloads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
