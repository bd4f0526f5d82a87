// Compares what a run gave with what TensorFlow gave.
#ifndef CTF_TESTS_CONFORM_COMPARE_H_
#define CTF_TESTS_CONFORM_COMPARE_H_

#include "tests/conform/value.h"

enum { STORED_STRING_BYTES = 4096 };  // at most, in the hostile corpus

typedef struct compare_rule {
  Conformance__Check check;
  double rtol;
  double atol;
  bool strings_cut;  // of a wanted string only the first STORED_STRING_BYTES are stored
} compare_rule;

// Floating and complex: |got - want| <= atol + rtol * |want|, NaN equals NaN, infinities equal with their sign.
// Integers: |got - want| <= atol. Everything else exactly. False with the first difference in `why`.
bool compare_tensor(const host_value* want, const TF_Tensor* got, const compare_rule* rule, text_buffer* why);

// Of dtype, shape and every bit of the elements (of strings, their texts), after what `digest` stands for.
uint64_t digest_tensor(uint64_t digest, const TF_Tensor* tensor);

#endif  // CTF_TESTS_CONFORM_COMPARE_H_
