// VALUE of `--feed NAME=VALUE`: one bounded parser, no evaluation of expressions.
//
//   VALUE := [DTYPE] [SHAPE] [":"] SOURCE       SOURCE := literal | "@"PATH | generator
//   3.5   [[1,2],[3,4]]   "text"   true   nan   1+2i   f32[2,2]:zeros   i32:range   @img.png   @x.npy   f32[2]:@x.raw
//   generators: zeros, ones, range, random(seed=1,lo=0,hi=1), normal(seed=1)
#ifndef CTF_TOOLS_CTFRUN_VALUE_H_
#define CTF_TOOLS_CTFRUN_VALUE_H_

#include "tensorflow/c/c_api.h"

enum { VALUE_MAX_RANK = 32 };

typedef struct value_target {  // what the graph says of the tensor that is fed
  const char* name;            // for messages
  TF_DataType dtype;
  int rank;                      // -1: not known
  int64_t dims[VALUE_MAX_RANK];  // -1: not known
} value_target;

// Makes the tensor. 0, or an exit code after the failure has been said.
int value_parse(const char* text, const value_target* target, TF_Tensor** out_tensor);

// A tensor of the target's type and this shape from a generator ("zeros", "random:7").
int value_generate(const char* generator, const value_target* target, const int64_t* dims, int rank,
                   TF_Tensor** out_tensor);

#endif  // CTF_TOOLS_CTFRUN_VALUE_H_
