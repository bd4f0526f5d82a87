// TF_SetConfig: which fields of a ConfigProto a session obeys, and which bytes it refuses.
#include "tests/api/api_test.h"

#include "engine/api/api.h"
#include "engine/session.h"

#define BYTES(text) (text), sizeof(text) - 1
#define CPUS(n)      \
  "\x0a\x07\x0a\x03" \
  "CPU\x10" n
#define LOWEST_LEVEL "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"

typedef struct config_row {
  const char* bytes;
  size_t length;
  TF_Code code;         // of TF_SetConfig
  const char* message;  // part of it, or of TF_NewSession's
  TF_Code session_code;
} config_row;

// clang-format off
static const config_row kRows[] = {
    {BYTES(""), TF_OK},
    {BYTES("\x38\x05"), TF_OK},                              // a bool that is not 0 or 1
    {BYTES("\xfa\x3e\x02hi"), TF_OK},                        // a field that nobody knows
    {BYTES("\x50\x07"), TF_OK},                              // graph_options of another wire type
    {BYTES("\xff"), TF_INVALID_ARGUMENT, "Unparseable ConfigProto"},
    {BYTES("\x00"), TF_INVALID_ARGUMENT, "Unparseable ConfigProto"},
    {BYTES("\x10"), TF_INVALID_ARGUMENT, "Unparseable ConfigProto"},
    {BYTES("\x0a\x05"), TF_INVALID_ARGUMENT, "Unparseable ConfigProto"},
    {BYTES("\x0a\x06\x0a\x01\xff\x10\x01\x00"), TF_INVALID_ARGUMENT, "Unparseable ConfigProto"},
    {BYTES("\x0a\x07\x0a\x03" "FOO\x10\x07"), TF_OK},        // of devices that are not there, any number
    {BYTES(CPUS("\x03")), TF_OK},
    {BYTES(CPUS("\x00")), TF_OK, "No CPU devices are available in this process", TF_NOT_FOUND},
    {"\x0a\x10\x0a\x03" "CPU\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 18, TF_OK, "No CPU devices", TF_NOT_FOUND},
    {BYTES("\x0a\x08\x0a\x03" "CPU\x10\x81\x20"), TF_INVALID_ARGUMENT, "device_count of CPU is 4097; there can be 0 to 4096"},
    {BYTES("\x0a\x07\x0a\x03" "SIM\x10\x10"), TF_INVALID_ARGUMENT, "device_count of SIM is 16; there can be 0 to 15"},
    {BYTES("\x10\xf9\xff\xff\xff\xff\xff\xff\xff\xff\x01"), TF_INVALID_ARGUMENT, "intra_op_parallelism_threads is -7"},
    {BYTES("\x28\xf9\xff\xff\xff\xff\xff\xff\xff\xff\x01"), TF_OK},  // inter_op: the caller's thread alone
    {BYTES("\x62\x0b\x08\xf9\xff\xff\xff\xff\xff\xff\xff\xff\x01"), TF_INVALID_ARGUMENT, "pool 0 has -7 threads"},
    {BYTES("\x58\xf9\xff\xff\xff\xff\xff\xff\xff\xff\x01"), TF_OK},  // operation_timeout_in_ms: none
    {BYTES("\x22\x08/job:foo"), TF_OK},
    {BYTES("\x22\x07rubbish"), TF_OK, "Invalid device filter: rubbish", TF_INVALID_ARGUMENT},
    {BYTES("\x82\x01\x05\x1a\x03" "foo"), TF_OK, "No executor factory registered for the given executor type: foo", TF_NOT_FOUND},
    {BYTES("\x82\x01\x1a\x1a\x18SINGLE_THREADED_EXECUTOR"), TF_OK},
};
// clang-format on

static void bytes_are_judged(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  for (size_t i = 0; i < COUNT(kRows); ++i) {
    const config_row* row = &kRows[i];
    TF_SessionOptions* options = TF_NewSessionOptions();
    TF_SetConfig(options, row->bytes, row->length, status);
    if (TF_GetCode(status) != row->code) fail_msg("row %zu: %s", i, TF_Message(status));
    if (row->code != TF_OK) {
      assert_fails(status, row->code, row->message);
    } else {
      TF_Session* session = TF_NewSession(graph, options, status);
      if (TF_GetCode(status) != row->session_code) fail_msg("row %zu: %s", i, TF_Message(status));
      assert_int_equal(session != NULL, row->session_code == TF_OK);
      if (row->session_code != TF_OK) assert_fails(status, row->session_code, row->message);
      if (session != NULL) TF_DeleteSession(session, status);
    }
    TF_DeleteSessionOptions(options);
  }
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

static void fields_are_taken(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_SetConfig(options,
               BYTES(CPUS("\x02") "\x10\x03\x38\x01\x40\x01\x58\x05"
                                  "\x32\x10\x09\x00\x00\x00\x00\x00\x00\xe0\x3f\x20\x01\x2a\x03"
                                  "0,2\x52\x0f\x1a\x0b" LOWEST_LEVEL "\x30\x01"),
               status);
  assert_ok(status);
  assert_int_equal(options->num_cpus, 2);
  assert_int_equal(options->num_threads, 3);
  assert_true(options->soft_placement);
  assert_true(options->log_placement);
  assert_true(options->place_pruned);
  assert_int_equal(options->deadline_ns, 5000000);
  assert_true(options->gpu_memory_fraction == 0.5);
  assert_true(options->gpu_allow_growth);
  assert_string_equal(options->gpu_visible, "0,2");
  assert_string_equal(options->passes, "none");

  // What is wrong leaves all as it was.
  TF_SetConfig(options, BYTES("\x10\xf9\xff\xff\xff\xff\xff\xff\xff\xff\x01"), status);
  assert_fails(status, TF_INVALID_ARGUMENT, "-7");
  assert_int_equal(options->num_cpus, 2);

  // Folding alone.
  TF_SetConfig(options, BYTES("\x52\x0f\x1a\x0d" LOWEST_LEVEL "\x10\x01"), status);
  assert_ok(status);
  assert_string_equal(options->passes, "fold");

  // Another config takes the place of the first.
  TF_SetConfig(options, BYTES(""), status);
  assert_ok(status);
  assert_int_equal(options->num_cpus, 1);
  assert_int_equal(options->num_threads, 0);
  assert_false(options->soft_placement || options->log_placement || options->place_pruned);
  assert_false(options->gpu_allow_growth);
  assert_string_equal(options->gpu_visible, "");
  assert_string_not_equal(options->passes, "fold");

  // What was asked for by name stays.
  TF_SetConfig(options, BYTES("\x52\x0d\x1a\x0b" LOWEST_LEVEL), status);
  CTF_SessionOptionsSetPasses(options, "-fuse", status);
  TF_SetConfig(options, BYTES(""), status);
  assert_ok(status);
  assert_string_equal(options->passes, "-fuse");
  TF_DeleteSessionOptions(options);
  TF_DeleteStatus(status);
}

static void the_cpu_has_as_many_names_as_are_asked_for(void** state) {
  (void)state;
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_SetConfig(options,
               BYTES(CPUS("\x03") "\x0a\x07\x0a\x03"
                                  "SIM\x10\x01"),
               status);
  TF_Session* session = TF_NewSession(graph, options, status);
  assert_ok(status);
  TF_DeviceList* devices = TF_SessionListDevices(session, status);
  assert_ok(status);
  TF_DeleteSession(session, status);
  static const char* const kNames[] = {"CPU:0", "CPU:1", "CPU:2", "SIM:0"};
  assert_int_equal(TF_DeviceListCount(devices), COUNT(kNames));
  for (int i = 0; i < (int)COUNT(kNames); ++i) {
    const char* name = TF_DeviceListName(devices, i, status);
    assert_ok(status);
    assert_string_equal(strstr(name, "/device:") + 8, kNames[i]);
  }
  assert_true(TF_DeviceListIncarnation(devices, 0, status) != TF_DeviceListIncarnation(devices, 1, status));
  TF_DeleteDeviceList(devices);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_are_judged),
      cmocka_unit_test(fields_are_taken),
      cmocka_unit_test(the_cpu_has_as_many_names_as_are_asked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
