// Ops as rows of a table: inputs, attributes, and the output or the error. A row runs on every instruction set that
// this machine has, with inputs at several offsets where the kernel takes any, and in place where it allows that.
#ifndef CTF_TESTS_SUPPORT_OP_ROWS_H_
#define CTF_TESTS_SUPPORT_OP_ROWS_H_

#include <stddef.h>

#include "runtime/status.h"

#define OP_ROW_INPUTS 12

typedef struct op_row {
  const char* name;
  const char* op;
  // "f32[2,3] 1 2 3 4 5 6", "i32[] -1", "c64[2] 1,2 3,-4", "bool[2] 0 1": the type's short name, the shape, the values;
  // "..." repeats the values before it. Numbers as strtod reads them (nan, inf, 0x1p-3); "str[2] ab ''" has an empty
  // one.
  const char* inputs[OP_ROW_INPUTS];
  const char* attrs;  // "keep_dims=true strides=[1,2,2,1] padding=SAME Tout=i32 shape=[2,?]"; types follow the inputs
  const char* want;   // in the same form; NULL: an error
  TF_Code error;
  const char* message;  // part of the error's; NULL: any
  double tolerance;     // relative and absolute; 0: equal, and NaN equals NaN
  const char* also;     // what output 1 is; NULL: it is not looked at
} op_row;

// A row of each type, for ops that move elements whatever they are; values of 0 and 1 mean something in all of them.
#define OP_EVERY_TYPE(ROW)                                                                                           \
  ROW("f32"), ROW("f64"), ROW("f16"), ROW("bf16"), ROW("i8"), ROW("i16"), ROW("i32"), ROW("i64"), ROW("u8"),         \
      ROW("u16"), ROW("u32"), ROW("u64"), ROW("c64"), ROW("c128"), ROW("bool"), ROW("qi8"), ROW("qu8"), ROW("qi16"), \
      ROW("qu16"), ROW("qi32"), ROW("str")

// False with a reason in `out_why` (of `size` bytes).
bool op_row_check(const op_row* row, char* out_why, size_t size);
// Checks all rows, prints those that fail, and fails the test if there are any.
void op_rows_check(const op_row* rows, size_t count);
#define OP_ROWS_CHECK(table) op_rows_check(table, sizeof(table) / sizeof((table)[0]))

// What a shape function says while no value is known.
typedef struct op_shape_row {
  const char* op;
  const char* inputs[OP_ROW_INPUTS];  // "f32[2,?]", "i32?" for an unknown rank
  const char* attrs;
  const char* want;  // "[2,?]", "<unknown>"
} op_shape_row;
void op_shape_rows_check(const op_shape_row* rows, size_t count);
#define OP_SHAPE_ROWS_CHECK(table) op_shape_rows_check(table, sizeof(table) / sizeof((table)[0]))

#endif  // CTF_TESTS_SUPPORT_OP_ROWS_H_
