// VALUE of `--feed NAME=VALUE`: one bounded parser, no evaluation of expressions. `ctfrun help values` has the grammar.
#ifndef CTF_TOOLS_CTFRUN_VALUE_H_
#define CTF_TOOLS_CTFRUN_VALUE_H_

#include <stdbool.h>

#include "tensorflow/c/c_api.h"

enum { VALUE_MAX_RANK = 32 };

typedef struct value_target {  // what the graph says of the tensor that is made
  const char* what;            // for messages: "feed", "--expect"
  const char* name;
  TF_DataType dtype;
  int rank;                      // -1: not known
  int64_t dims[VALUE_MAX_RANK];  // -1: not known
} value_target;

// Makes the tensor. 0, or an exit code after the failure has been said.
int value_parse(const char* text, const value_target* target, TF_Tensor** out_tensor);

// A tensor of the target's type and this shape from a generator ("zeros", "random:7").
int value_generate(const char* generator, const value_target* target, const int64_t* dims, int rank,
                   TF_Tensor** out_tensor);

// A literal of the target's type. It takes this shape, or its own when rank is -1.
int value_literal(const char* text, const value_target* target, const int64_t* dims, int rank, TF_Tensor** out_tensor);

// The target's shape if so many elements can have it: one unknown dimension follows from the rest.
bool value_fit_shape(const value_target* target, size_t count, int64_t* out_dims);

#endif  // CTF_TOOLS_CTFRUN_VALUE_H_
