// The registry: every op that a family defines is one of TensorFlow's and is defined once; every kernel is of a defined
// op, and for no choice of types do two kernels of a device serve the same op.
#include "ops/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

// What is wrong with a registry: how much, and the first of it as text.
typedef struct findings {
  int count;
  char first[256];
} findings;

static void note(findings* f, const char* op, const char* what) {
  if (f->count++ == 0) snprintf(f->first, sizeof(f->first), "%s: %s", op, what);
}

static const ctf_op_interface* find_interface(const char* name) { return ctf_op_interface_find(name, strlen(name)); }

static bool is_defined(const ctf_op_family_ops* const* families, size_t num_families, const char* name) {
  for (size_t i = 0; i < num_families; ++i) {
    for (size_t j = 0; j < families[i]->count; ++j) {
      if (strcmp(families[i]->ops[j].name, name) == 0) return true;
    }
  }
  return false;
}

static void check_definitions(const ctf_op_family_ops* const* families, size_t num_families, findings* out_findings) {
  for (size_t i = 0; i < num_families; ++i) {
    for (size_t j = 0; j < families[i]->count; ++j) {
      const char* name = families[i]->ops[j].name;
      if (!find_interface(name)) note(out_findings, name, "TensorFlow has no such op");
      const ctf_op_family_ops rest = {families[i]->family, families[i]->count - j - 1, families[i]->ops + j + 1};
      const ctf_op_family_ops* one = &rest;
      if (is_defined(&one, 1, name) || is_defined(families + i + 1, num_families - i - 1, name)) {
        note(out_findings, name, "defined twice");
      }
    }
  }
}

static const char* first_attr(const ctf_kernel_def* kernel) { return kernel->type_attr ? kernel->type_attr : "T"; }

// The types of attribute `name` that the kernel serves, of those that the op allows. Not a type attribute: any.
static ctf_type_set served(const ctf_op_interface* op, const ctf_kernel_def* kernel, const char* name) {
  const int i = ctf_op_interface_attr(op, name, strlen(name));
  if (i < 0 || op->attrs[i].kind != CTF_ATTR_TYPE || op->attrs[i].is_list) return CTF_ANY_TYPE;
  ctf_type_set set = op->attrs[i].allowed_types;
  if (strcmp(first_attr(kernel), name) == 0) set &= kernel->types;
  if (kernel->type_attr2 && strcmp(kernel->type_attr2, name) == 0) set &= kernel->types2;
  return set;
}

// Some choice of types is served by both.
static bool overlap(const ctf_op_interface* op, const ctf_kernel_def* a, const ctf_kernel_def* b) {
  const char* names[] = {first_attr(a), first_attr(b), a->type_attr2, b->type_attr2};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
    if (names[i] && (served(op, a, names[i]) & served(op, b, names[i])) == 0) return false;
  }
  return true;
}

static void check_kernel(const ctf_op_interface* op, const ctf_kernel_def* kernel, findings* out_findings) {
  const char* names[] = {kernel->type_attr, kernel->type_attr2};
  for (size_t i = 0; i < 2; ++i) {
    if (names[i] && ctf_op_interface_attr(op, names[i], strlen(names[i])) < 0) {
      note(out_findings, kernel->op, "a kernel asks for a type attribute that the op does not have");
    }
  }
  if (served(op, kernel, first_attr(kernel)) == 0) {
    note(out_findings, kernel->op, "a kernel for none of the types that the op allows");
  }
}

static void check_kernels(const ctf_kernel_table* const* tables, size_t num_tables,
                          const ctf_op_family_ops* const* families, size_t num_families, findings* out_findings) {
  for (size_t i = 0; i < num_tables; ++i) {
    for (size_t j = 0; j < tables[i]->count; ++j) {
      const ctf_kernel_def* kernel = &tables[i]->kernels[j];
      const ctf_op_interface* op = find_interface(kernel->op);
      if (!op || !is_defined(families, num_families, kernel->op)) {
        note(out_findings, kernel->op, "a kernel of an op that no family defines");
        continue;
      }
      check_kernel(op, kernel, out_findings);
      for (size_t k = i; k < num_tables; ++k) {
        for (size_t l = k == i ? j + 1 : 0; l < tables[k]->count; ++l) {
          const ctf_kernel_def* other = &tables[k]->kernels[l];
          if (strcmp(kernel->op, other->op) == 0 && overlap(op, kernel, other)) {
            note(out_findings, kernel->op, "two kernels for one type");
          }
        }
      }
    }
  }
}

static void every_definition_is_there_once(void** state) {
  (void)state;
  findings f = {0};
  assert_true(ctf_registry_num_families > 0);
  check_definitions(ctf_registry_families, ctf_registry_num_families, &f);
  assert_string_equal(f.first, "");
}

static void no_type_has_two_kernels(void** state) {
  (void)state;
  assert_non_null(ctf_registry_cpu_kernels[CTF_ISA_BASE]);
  for (int isa = 0; isa < CTF_NUM_ISAS; ++isa) {
    findings f = {0};
    if (!ctf_registry_cpu_kernels[isa]) continue;
    check_kernels(ctf_registry_cpu_kernels[isa], ctf_registry_num_cpu_kernels, ctf_registry_families,
                  ctf_registry_num_families, &f);
    assert_string_equal(f.first, "");
  }
}

static void every_instruction_set_has_the_same_kernels(void** state) {
  (void)state;
  const ctf_kernel_table* const* base = ctf_registry_cpu_kernels[CTF_ISA_BASE];
  for (int isa = CTF_ISA_BASE + 1; isa < CTF_NUM_ISAS; ++isa) {
    const ctf_kernel_table* const* tables = ctf_registry_cpu_kernels[isa];
    for (size_t i = 0; tables && i < ctf_registry_num_cpu_kernels; ++i) {
      assert_string_equal(tables[i]->family, base[i]->family);
      assert_int_equal(tables[i]->count, base[i]->count);
      for (size_t j = 0; j < base[i]->count; ++j) {
        assert_string_equal(tables[i]->kernels[j].op, base[i]->kernels[j].op);
        assert_true(tables[i]->kernels[j].types == base[i]->kernels[j].types);
      }
    }
  }
}

static void planted_definitions_are_noticed(void** state) {
  (void)state;
  static const ctf_op_def kUnknown[] = {{.name = "NoOp"}, {.name = "NoSuchOpAnywhere"}};
  static const ctf_op_def kTwice[] = {{.name = "NoOp"}, {.name = "Sum"}, {.name = "NoOp"}};
  static const ctf_op_family_ops kFamilies[] = {{"unknown", 2, kUnknown}, {"twice", 3, kTwice}, {"sound", 2, kTwice}};
  const ctf_op_family_ops* unknown[] = {&kFamilies[0]};
  const ctf_op_family_ops* twice[] = {&kFamilies[1]};
  const ctf_op_family_ops* across[] = {&kFamilies[0], &kFamilies[2]};
  const ctf_op_family_ops* sound[] = {&kFamilies[2]};
  findings f = {0};
  check_definitions(unknown, 1, &f);
  assert_string_equal(f.first, "NoSuchOpAnywhere: TensorFlow has no such op");
  f = (findings){0};
  check_definitions(twice, 1, &f);
  assert_string_equal(f.first, "NoOp: defined twice");
  f = (findings){0};
  check_definitions(across, 2, &f);
  assert_int_equal(f.count, 2);  // NoOp twice, and the unknown one
  f = (findings){0};
  check_definitions(sound, 1, &f);
  assert_int_equal(f.count, 0);
}

static void planted_kernels_are_noticed(void** state) {
  (void)state;
  static const ctf_op_def kOps[] = {{.name = "Sum"}, {.name = "Cast"}};
  static const ctf_op_family_ops kFamily = {"planted", 2, kOps};
  static const struct {
    const char* want;
    size_t count;
    ctf_kernel_def kernels[2];
  } kCases[] = {
      {"", 2, {{"Sum", CTF_TYPE(TF_FLOAT), NULL}, {"Sum", CTF_TYPE(TF_INT32), NULL}}},
      {"Sum: two kernels for one type", 2, {{"Sum", CTF_TYPE(TF_FLOAT), NULL}, {"Sum", CTF_NUMERIC, NULL}}},
      {"",
       2,
       {{"Cast", CTF_REAL, NULL, .type_attr = "SrcT", .type_attr2 = "DstT", .types2 = CTF_TYPE(TF_FLOAT)},
        {"Cast", CTF_REAL, NULL, .type_attr = "SrcT", .type_attr2 = "DstT", .types2 = CTF_TYPE(TF_BOOL)}}},
      {"Cast: two kernels for one type",
       2,
       {{"Cast", CTF_REAL, NULL, .type_attr = "SrcT", .type_attr2 = "DstT", .types2 = CTF_TYPE(TF_FLOAT)},
        {"Cast", CTF_TYPE(TF_INT8), NULL, .type_attr = "SrcT"}}},
      {"Max: a kernel of an op that no family defines", 1, {{"Max", CTF_NUMERIC, NULL}}},
      {"Sum: a kernel for none of the types that the op allows", 1, {{"Sum", CTF_TYPE(TF_STRING), NULL}}},
      {"Sum: a kernel asks for a type attribute that the op does not have",
       1,
       {{"Sum", CTF_NUMERIC, NULL, .type_attr = "DstT"}}},
  };
  const ctf_op_family_ops* families[] = {&kFamily};
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    const ctf_kernel_table table = {"planted", kCases[i].count, kCases[i].kernels};
    const ctf_kernel_table* tables[] = {&table};
    findings f = {0};
    check_kernels(tables, 1, families, 1, &f);
    assert_string_equal(f.first, kCases[i].want);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_definition_is_there_once),
      cmocka_unit_test(no_type_has_two_kernels),
      cmocka_unit_test(every_instruction_set_has_the_same_kernels),
      cmocka_unit_test(planted_definitions_are_noticed),
      cmocka_unit_test(planted_kernels_are_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
