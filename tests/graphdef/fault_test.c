// Every Nth allocation fails while a graph is read, copied and written: a status, nothing left behind.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/device.h"
#include "tests/graphdef/bytes.h"

// The same steps each time; what they got must be given back wherever they stop.
static ctf_status read_and_write(ctf_bytes file, bool map) {
  ctf_status status = NULL;
  ctf_allocator *system = NULL, *scratch = NULL;
  ctf_graph_def* graph = NULL;
  ctf_source source = {(const uint8_t*)file.data, file.length, NULL, ctf_device_budget(ctf_device_cpu())};
  ctf_attr_value copy = {0};
  ctf_bytes bytes;

  if (map) CTF_TRY_DONE(ctf_buffer_wrap((void*)file.data, file.length, NULL, NULL, &source.mapping));
  CTF_TRY_DONE(ctf_allocator_create(source.budget, &system));
  CTF_TRY_DONE(ctf_scratch_create(system, 1024, &scratch));
  CTF_TRY_DONE(ctf_graph_def_read(&source, scratch, &graph));
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    for (size_t k = 0; k < graph->nodes[i].num_attrs; ++k) {
      CTF_TRY_DONE(ctf_attr_value_copy(&graph->nodes[i].attrs[k].value, scratch, &copy));
      ctf_attr_value_release(&copy);
    }
  }
  CTF_TRY_DONE(ctf_graph_def_write(graph, scratch, &bytes));

done:
  ctf_graph_def_release(graph);
  if (scratch != NULL) ctf_allocator_free(scratch);
  if (system != NULL) ctf_allocator_free(system);
  ctf_buffer_release(source.mapping);
  return status;
}

static void fail_each(const char* name, ctf_bytes file, bool map) {
  for (int all_later = 0; all_later < 2; ++all_later) {
    uint64_t nth = 1, num_failures = 0;
    for (;; ++nth) {
      const uint64_t live = ctf_memory_num_live();
      ctf_memory_fail_nth(nth, all_later);
      ctf_status status = read_and_write(file, map);
      const bool met = ctf_memory_fault_met();
      ctf_memory_fail_nth(0, false);
      const TF_Code code = ctf_status_code(status);
      ctf_status_drop(status);  // its code is what is looked at
      assert_int_equal(ctf_memory_num_live(), live);
      if (!met) {
        assert_int_equal(code, TF_OK);
        break;
      }
      if (code != TF_RESOURCE_EXHAUSTED) fail_msg("%s: allocation %d: %s", name, (int)nth, ctf_code_name(code));
      ++num_failures;
    }
    print_message("%s: %d allocations failed%s\n", name, (int)num_failures, all_later ? ", with all later ones" : "");
    assert_true(num_failures > 10);
  }
}

// A node with a value of each kind (as TensorFlow's own serialiser writes them), one with a content that is lifted, one
// without anything, versions, a library, and a tensor in two parts within its oneof.
static const char kKinds[] =
    "0ae0030a016112015a1a01622201642a060a026b3012002a0b0a036b313012043a0212002a0b0a036b313112043a0218012a170a036b313212"
    "10"
    "420e080112041202080122040000803f2a190a036b313312124210080712041202080242016142036200632a0f0a036b313412084206080312"
    "02"
    "12002a090a036b313512020a002a0e0a036b313612070a0512016112002a160a036b3137120f0a0d1a0b01ffffffffffffffffff012a130a03"
    "6b"
    "3138120c0a0a22080000803f000000802a0d0a036b313912060a042a0201002a0b0a026b311205120361ff622a0d0a036b323012060a043202"
    "01"
    "032a150a036b3231120e0a0c3a003a0218013a04120208032a1e0a036b323212170a15420a080312002204070000004207080a12002201012a"
    "1c"
    "0a036b323312150a134a030a01664a0c0a016712070a0154120230012a250a036b3234121e521c0a0166120b0a014112063a0412020803120a"
    "0a"
    "0142120552030a01672a0a0a036b323512034a01542a080a026b32120212002a110a026b33120b18feffffffffffffffff012a080a026b3412"
    "02"
    "18002a0b0a026b351205250000c03f2a080a026b36120228002a080a026b37120230652a190a026b3812133a11120b08ffffffffffffffffff"
    "01"
    "120208022a080a026b3912023a0032030a01780a630a01621205436f6e73742a570a0176125242500804120412020846224670707070707070"
    "70"
    "707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070"
    "70"
    "707070700a0012070a050a030a0166220508051a01070a180a01632a130a0163120e4202080142020803420412021200";

static void kinds(void** state) {
  (void)state;
  place p;
  place_open(&p);
  const ctf_bytes file = bytes_from_hex(p.scratch, kKinds);
  fail_each("copied", file, false);
  fail_each("mapped", file, true);
  place_close(&p);
}

static void fixture(void** state) {
  (void)state;
  place p;
  place_open(&p);
  fail_each("const_wire.pb", bytes_from_file(p.scratch, "tests/fixtures/const_wire.pb"), true);
  place_close(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kinds),
      cmocka_unit_test(fixture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
