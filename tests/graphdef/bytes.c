#include "tests/graphdef/bytes.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "graphdef/message.h"
#include "runtime/device.h"

void place_open_with(place* p, size_t limit_bytes) {
  p->live_before = ctf_memory_num_live();
  assert_null(ctf_budget_create(ctf_device_budget(ctf_device_cpu()), "test", limit_bytes, &p->budget));
  assert_null(ctf_allocator_create(p->budget, &p->system));
  assert_null(ctf_scratch_create(p->system, 4096, &p->scratch));
}

void place_open(place* p) { place_open_with(p, CTF_NO_LIMIT); }

void place_close(place* p) {
  ctf_allocator_free(p->scratch);
  ctf_allocator_free(p->system);
  assert_int_equal(ctf_budget_used(p->budget), 0);
  ctf_budget_release(p->budget);
  assert_int_equal(ctf_memory_num_live(), p->live_before);
}

ctf_bytes bytes_from_hex(ctf_allocator* alloc, const char* hex) {
  uint8_t* data;
  size_t n = 0;
  assert_null(ctf_alloc_array(alloc, &data, strlen(hex) / 2 + 1));
  while (*hex != '\0') {
    unsigned byte;
    if (isspace((unsigned char)*hex)) {
      ++hex;
      continue;
    }
    assert_int_equal(sscanf(hex, "%2x", &byte), 1);
    data[n++] = (uint8_t)byte;
    hex += 2;
  }
  return (ctf_bytes){(const char*)data, n};
}

ctf_bytes bytes_from_file(ctf_allocator* alloc, const char* path) {
  FILE* file = fopen(path, "rb");
  char* data;
  if (file == NULL) fail_msg("%s cannot be opened: tests run from the repository's root", path);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  const size_t bytes = (size_t)ftell(file);
  rewind(file);
  assert_null(ctf_alloc_array(alloc, &data, bytes));
  assert_int_equal(fread(data, 1, bytes, file), bytes);
  fclose(file);
  return (ctf_bytes){data, bytes};
}

ctf_bytes bytes_join(ctf_allocator* alloc, ctf_bytes a, ctf_bytes b) {
  char* data;
  assert_null(ctf_alloc_array(alloc, &data, a.length + b.length));
  if (a.length > 0) memcpy(data, a.data, a.length);
  if (b.length > 0) memcpy(data + a.length, b.data, b.length);
  return (ctf_bytes){data, a.length + b.length};
}

typedef struct one_field {
  uint32_t number;
  ctf_bytes inner;
} one_field;

static void put_one(ctf_wire_writer* w, const void* what) {
  const one_field* f = what;
  ctf_put_block(w, f->number, f->inner.data, f->inner.length);
}

ctf_bytes bytes_field(ctf_allocator* alloc, uint32_t number, ctf_bytes inner) {
  ctf_bytes out;
  assert_null(ctf_wire_write(put_one, &(one_field){number, inner}, alloc, &out));
  return out;
}

ctf_source source_of(const place* p, ctf_bytes bytes) {
  return (ctf_source){.data = (const uint8_t*)bytes.data, .bytes = bytes.length, .budget = p->budget};
}

void assert_same_bytes(const char* name, ctf_bytes got, ctf_bytes want) {
  if (got.length == want.length && (got.length == 0 || memcmp(got.data, want.data, got.length) == 0)) return;
  print_error("%s: got ", name);
  for (size_t i = 0; i < got.length && i < 400; ++i) print_error("%02x", (unsigned)(unsigned char)got.data[i]);
  fail_msg("%s: %zu bytes, wanted %zu", name, got.length, want.length);
}

void assert_status(const char* name, ctf_status status, TF_Code code, const char* part) {
  const char* message = ctf_status_message(status);
  if (ctf_status_code(status) != code || (part != NULL && strstr(message, part) == NULL)) {
    fail_msg("%s: got %s '%s', wanted %s '%s'", name, ctf_code_name(ctf_status_code(status)), message,
             ctf_code_name(code), part == NULL ? "" : part);
  }
  ctf_status_drop(status);  // as expected
}
