// Compares what a run gave with what TensorFlow gave.
#ifndef CTF_TESTS_CONFORM_COMPARE_H_
#define CTF_TESTS_CONFORM_COMPARE_H_

#include "tests/conform/value.h"

typedef struct compare_rule {
  Conformance__Check check;
  double rtol;
  double atol;
} compare_rule;

// Floating and complex: |got - want| <= atol + rtol * |want|, NaN equals NaN, infinities equal with their sign.
// Integers: |got - want| <= atol. Everything else exactly. False with the first difference in `why`.
bool compare_tensor(const value* want, const TF_Tensor* got, const compare_rule* rule, text* why);

#endif  // CTF_TESTS_CONFORM_COMPARE_H_
