// The table as text: see the header.
#include "ops/fusion.h"

#include <string.h>

#include "ops/elementwise.h"

#define UNARY(op, types, value, gradient) {#op, 1, #value, types},
#define BINARY(op, types, value, gradient_x, gradient_y) {#op, 2, #value, types},
#define EQUALITY(op, types, value) {#op, 2, #value, types},
#define PAIR(op, types, value, gradient_x, gradient_y) {#op, 2, #value, types},
#define TWIN(op, types, value, gradient_x, gradient_y) {#op, 2, #value, types},
static const ctf_fusion_value kValues[] = {
#include "ops/elementwise.def"
};

const ctf_fusion_value* ctf_fusion_find(const char* op) {
  for (size_t i = 0; i < sizeof(kValues) / sizeof(kValues[0]); ++i) {
    if (strcmp(kValues[i].op, op) == 0) return &kValues[i];
  }
  return NULL;
}
