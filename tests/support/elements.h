// Elements of tensors of any numeric type: filled, set, compared.
#ifndef CTF_TESTS_SUPPORT_ELEMENTS_H_
#define CTF_TESTS_SUPPORT_ELEMENTS_H_

#include "runtime/tensor.h"

// Extremes of the type (NaN, infinities, zeros; the least and the greatest integer) among values of ordinary size, in
// an order that follows from the seed. The same type, count and seed give the same elements.
void test_fill(const ctf_tensor* tensor, uint64_t seed);

void test_set_integer(const ctf_tensor* tensor, int64_t index, int64_t value);  // of any integer or real floating type
void test_set_real(const ctf_tensor* tensor, int64_t index, double value);  // of a floating type; complex: real part
double test_get_real(const ctf_tensor* tensor, int64_t index);              // of any real type; complex: real part
double test_get_imag(const ctf_tensor* tensor, int64_t index);              // 0 for real types

// The same bytes, or both NaN (complex: part by part).
bool test_same_element(TF_DataType dtype, const void* a, const void* b);

#endif  // CTF_TESTS_SUPPORT_ELEMENTS_H_
