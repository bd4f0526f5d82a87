// Tensors held against each other, and what one holds in a line.
#ifndef CTF_TOOLS_CTFRUN_COMPARE_H_
#define CTF_TOOLS_CTFRUN_COMPARE_H_

#include "tensorflow/c/c_api.h"
#include "tools/ctfrun/options.h"

typedef struct difference {
  size_t count;      // elements that differ too much
  size_t at;         // the worst of them
  double got, want;  // there; of numbers
  double largest;    // |got - want| there
} difference;

// What --rtol, --atol and --ulp allow. Types and shapes are the same.
void tensors_compare(const TF_Tensor* got, const TF_Tensor* want, const options* o, difference* out);

// Whether they agree; if not it was said, with where they differ most. Types and shapes are compared first.
bool tensors_agree(const char* name, const TF_Tensor* got, const TF_Tensor* want, const options* o, char* out_why,
                   size_t size);

bool tensor_first_not_finite(const TF_Tensor* tensor, size_t* out_index);
void tensor_summary(const TF_Tensor* tensor, char* out, size_t size);  // "float32 [2,3]  min 0  max 5  mean 2.5"
void tensor_place(const TF_Tensor* tensor, size_t index, char* out, size_t size);  // "[1,2]"

#endif  // CTF_TOOLS_CTFRUN_COMPARE_H_
