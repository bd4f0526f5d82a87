// The table as text: source made of it, compiled by the host's compiler, gives the bits of the kernels.
#include "ops/fusion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops/elementwise.h"
#include "tests/support/elements.h"
#include "tests/support/kernel_harness.h"

enum { NUM_ELEMENTS = 257 };

#define UNARY(op, types, value, gradient) #op,
#define BINARY(op, types, value, gradient_x, gradient_y) #op,
#define EQUALITY(op, types, value) #op,
#define PAIR(op, types, value, gradient_x, gradient_y) #op,
#define TWIN(op, types, value, gradient_x, gradient_y) #op,
static const char* const kOps[] = {
#include "ops/elementwise.def"
};
enum { NUM_OPS = sizeof(kOps) / sizeof(kOps[0]) };

// One type of each kind: how a type is read and written does not depend on the op.
static const struct {
  TF_DataType dtype;
  const char *type, *load, *store;  // in memory; to the type it is computed in and back
} kTypes[] = {
    {TF_FLOAT, "float", "", ""},   {TF_BFLOAT16, "ctf_bfloat16", "ctf_bfloat16_to_float", "ctf_bfloat16_from_float"},
    {TF_INT32, "int32_t", "", ""}, {TF_UINT8, "uint8_t", "", ""},
    {TF_BOOL, "bool", "", ""},     {TF_COMPLEX64, "ctf_complex64", "", ""},
};
enum { NUM_TYPES = sizeof(kTypes) / sizeof(kTypes[0]) };

typedef void (*fused_fn)(const void* x, const void* y, void* out, long count, unsigned* faults);

// Of one op and type: a loop around the text, as a fused chain has it.
static void write_function(FILE* file, const ctf_fusion_value* value, int t) {
  const char *load = kTypes[t].load, *type = kTypes[t].type;
  fprintf(file, "void %s_%d(const %s* xs, const %s* ys, void* out, long count, unsigned* faults) {\n", value->op,
          (int)kTypes[t].dtype, type, type);
  fprintf(file,
          "  unsigned m_faults = 0;\n  for (long i = 0; i < count; ++i) {\n    const __typeof__(%s(xs[0])) x = "
          "%s(xs[i]);\n",
          load, load);
  if (value->num_inputs == 2) {
    fprintf(file, "    const __typeof__(x) y = %s(ys[i]);\n", load);
  } else {
    fprintf(file, "    (void)ys;\n");
  }
  fprintf(file, "    __typeof__(%s) value = %s;\n", value->text, value->text);
  if (kTypes[t].store[0] != '\0') {  // a float is rounded, a boolean stays
    fprintf(file, "    if (_Generic(value, float: 1, default: 0)) ((%s*)out)[i] = %s(value);\n", type, kTypes[t].store);
    fprintf(file, "    else ((__typeof__(_Generic(value, float: (char)0, default: value))*)out)[i] = value;\n");
  } else {
    fprintf(file, "    ((__typeof__(value)*)out)[i] = value;\n");
  }
  fprintf(file, "  }\n  *faults = m_faults;\n}\n");
}

static void write_source(const char* path) {
  FILE* file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "#include \"ops/scalar.h\"\n#include \"runtime/dtype.h\"\n");
  for (int i = 0; i < NUM_OPS; ++i) {
    const ctf_fusion_value* value = ctf_fusion_find(kOps[i]);
    assert_non_null(value);
    assert_string_equal(value->op, kOps[i]);
    for (int t = 0; t < NUM_TYPES; ++t) {
      if (ctf_type_in(value->types, kTypes[t].dtype)) write_function(file, value, t);
    }
  }
  assert_int_equal(fclose(file), 0);
}

// The compiler and the root are the build's.
static void* compile(const char* folder) {
  char source[300], library[300], command[1200];
  snprintf(source, sizeof(source), "%s/fused.c", folder);
  snprintf(library, sizeof(library), "%s/fused.so", folder);
  write_source(source);
  snprintf(command, sizeof(command),
           "%s -std=c11 -D_GNU_SOURCE -O1 -fwrapv -ffp-contract=off -shared -fPIC -I. -Iinclude -o %s %s -lm",
           CTF_TEST_CC, library, source);
  assert_int_equal(system(command), 0);
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) print_error("%s\n", dlerror());
  assert_non_null(handle);
  unlink(source);
  unlink(library);
  return handle;
}

// Divisors and exponents that make faults are replaced, as the kernel would refuse the whole call.
static void check_function(void* library, const ctf_fusion_value* value, int t) {
  static const int64_t kCount = NUM_ELEMENTS;
  char name[64];
  harness_tensor x, y;
  harness_tensor_init(&x, kTypes[t].dtype, 1, &kCount, 0);
  harness_tensor_init(&y, kTypes[t].dtype, 1, &kCount, 0);
  test_fill(&x.view, 3);
  test_fill(&y.view, 4);
  snprintf(name, sizeof(name), "%s_%d", value->op, (int)kTypes[t].dtype);
  fused_fn fused;
  *(void**)&fused = dlsym(library, name);
  assert_non_null(fused);
  const ctf_op_interface* op = ctf_op_interface_find(value->op, strlen(value->op));
  const ctf_named_attr attr = {{"Tout", 4},
                               {.kind = CTF_ATTR_TYPE, .type = kTypes[t].dtype == TF_FLOAT ? TF_COMPLEX64 : TF_FLOAT}};
  harness_call call = {.op = value->op,
                       .isa = ctf_isa_best(),
                       .num_inputs = value->num_inputs,
                       .inputs = {&x.view, &y.view},
                       .num_attrs = ctf_op_interface_attr(op, "Tout", 4) >= 0,
                       .attrs = &attr};
  unsigned char got[NUM_ELEMENTS * 16];
  unsigned faults = 0;
  fused(x.view.data, y.view.data, got, NUM_ELEMENTS, &faults);
  ctf_status status = harness_run(&call);
  assert_int_equal(faults != 0, status != NULL);  // the text reports what the kernel reports
  if (status != NULL) {
    ctf_status_drop(status);  // wanted
    for (int i = 0; i < NUM_ELEMENTS; ++i) test_set_integer(&y.view, i, i % 5 + 1);
    fused(x.view.data, y.view.data, got, NUM_ELEMENTS, &faults);
    assert_int_equal(faults, 0);
    assert_null(harness_run(&call));
  }
  const ctf_tensor* want = &call.outputs[0].view;
  const size_t bytes = ctf_dtype_get(want->dtype)->bytes;
  for (int i = 0; i < NUM_ELEMENTS; ++i) {
    if (test_same_element(want->dtype, got + (size_t)i * bytes, (const char*)want->data + (size_t)i * bytes)) continue;
    print_error("%s of %s: element %d differs\n", value->op, ctf_dtype_get(kTypes[t].dtype)->name, i);
    fail();
  }
  harness_release(&call);
  harness_tensor_deinit(&x);
  harness_tensor_deinit(&y);
}

static void text_gives_the_bits_of_the_kernels(void** state) {
  (void)state;
  const char* parent = getenv("TMPDIR");
  char folder[200];
  snprintf(folder, sizeof(folder), "%s/ctf_fusion_XXXXXX", parent == NULL ? P_tmpdir : parent);
  assert_non_null(mkdtemp(folder));
  void* library = compile(folder);
  rmdir(folder);
  int checked = 0;
  for (int i = 0; i < NUM_OPS; ++i) {
    const ctf_fusion_value* value = ctf_fusion_find(kOps[i]);
    for (int t = 0; t < NUM_TYPES; ++t) {
      if (!ctf_type_in(value->types, kTypes[t].dtype)) continue;
      check_function(library, value, t);
      ++checked;
    }
  }
  print_message("%d functions of %d ops\n", checked, NUM_OPS);
  assert_true(checked > NUM_OPS);
  dlclose(library);
}

static void other_ops_have_no_text(void** state) {
  (void)state;
  assert_null(ctf_fusion_find("MatMul"));
  assert_null(ctf_fusion_find(""));
  assert_string_equal(ctf_fusion_find("AddV2")->text, "m_add(x, y)");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(other_ops_have_no_text),
      cmocka_unit_test(text_gives_the_bits_of_the_kernels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
