// Every op that a family defines has a gradient written down exactly where graphdef/gradients.tsv says that TensorFlow
// has one, and every op of ops.pbtxt has a row there.
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "ops/registry.h"
#include "tests/support/graph.h"

typedef struct fact {
  const char* op;
  const char* gradient;  // "function", "not_differentiable", "none"
} fact;

enum { MAX_FACTS = 4096 };

typedef struct fact_table {
  char* text;
  size_t count;
  fact facts[MAX_FACTS];
} fact_table;

static int by_op(const void* left, const void* right) {
  return strcmp(((const fact*)left)->op, ((const fact*)right)->op);
}

// Takes the text, whose lines end with a newline.
static void read_facts(char* text, fact_table* out_table) {
  out_table->text = text;
  out_table->count = 0;
  for (char* line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    char* tab = strchr(line, '\t');
    if (line[0] == '#') continue;
    assert_non_null(tab);
    assert_true(out_table->count < MAX_FACTS);
    *tab = '\0';
    out_table->facts[out_table->count++] = (fact){line, tab + 1};
  }
  qsort(out_table->facts, out_table->count, sizeof(fact), by_op);
}

static const char* gradient_of(const fact_table* table, const char* op) {
  const fact key = {op, NULL};
  const fact* found = bsearch(&key, table->facts, table->count, sizeof(fact), by_op);
  return found != NULL ? found->gradient : NULL;
}

static const char* judge(const fact_table* table, const ctf_op_def* def) {
  const char* gradient = gradient_of(table, def->name);
  if (gradient == NULL) return "no row says whether it has a gradient";
  if (strcmp(gradient, "none") == 0) return def->gradient == NULL ? NULL : "a gradient that TensorFlow lacks";
  if (def->gradient == NULL) return "TensorFlow has a gradient, the definition none";
  if (strcmp(gradient, "function") == 0) {
    return def->gradient != g_no_gradients ? NULL : "TensorFlow has a function, here nothing flows";
  }
  return strcmp(gradient, "not_differentiable") == 0 ? NULL : "the row makes no sense";
}

static void read_tree(fact_table* out_table) {
  size_t bytes;
  char* text = test_read_file("graphdef/gradients.tsv", &bytes);
  text[bytes] = '\0';
  read_facts(text, out_table);
}

static void definitions_have_the_gradients_of_tensorflow(void** state) {
  (void)state;
  static fact_table table;
  int wrong = 0, checked = 0;
  read_tree(&table);
  for (size_t i = 0; i < ctf_registry_num_families; ++i) {
    for (size_t j = 0; j < ctf_registry_families[i]->count; ++j, ++checked) {
      const ctf_op_def* def = &ctf_registry_families[i]->ops[j];
      const char* finding = judge(&table, def);
      if (finding != NULL) print_error("%s: %s\n", def->name, finding);
      wrong += finding != NULL;
    }
  }
  free(table.text);
  assert_true(checked > 200);
  assert_int_equal(wrong, 0);
}

static void every_op_has_a_row(void** state) {
  (void)state;
  static fact_table table;
  read_tree(&table);
  for (size_t i = 0; i < table.count; ++i) {
    if (ctf_op_interface_find(table.facts[i].op, strlen(table.facts[i].op)) == NULL) {
      fail_msg("%s has a row and no interface", table.facts[i].op);
    }
    if (i > 0) assert_string_not_equal(table.facts[i].op, table.facts[i - 1].op);
  }
  assert_int_equal(table.count, ctf_op_interface_count());
  free(table.text);
}

static void some_gradient(ctf_grad_ctx* g) { g->dx[0] = g->dy[0]; }

static void planted_gradients_are_noticed(void** state) {
  (void)state;
  static fact_table table;
  static const struct {
    ctf_op_def def;
    const char* want;
  } kCases[] = {
      {{"Abs", .gradient = some_gradient}, NULL},
      {{"Abs"}, "TensorFlow has a gradient, the definition none"},
      {{"Abs", .gradient = g_no_gradients}, "TensorFlow has a function, here nothing flows"},
      {{"Mod"}, NULL},
      {{"Mod", .gradient = g_no_gradients}, "a gradient that TensorFlow lacks"},
      {{"Shape", .gradient = g_no_gradients}, NULL},
      {{"Shape"}, "TensorFlow has a gradient, the definition none"},
      {{"Sum", .gradient = some_gradient}, "no row says whether it has a gradient"},
  };
  char* text = strdup("# a comment\nShape\tnot_differentiable\nAbs\tfunction\nMod\tnone\n");
  assert_non_null(text);
  read_facts(text, &table);
  assert_int_equal(table.count, 3);
  for (size_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    const char* found = judge(&table, &kCases[i].def);
    assert_int_equal(found == NULL, kCases[i].want == NULL);
    if (found != NULL) assert_string_equal(found, kCases[i].want);
  }
  free(table.text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(definitions_have_the_gradients_of_tensorflow),
      cmocka_unit_test(every_op_has_a_row),
      cmocka_unit_test(planted_gradients_are_noticed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
