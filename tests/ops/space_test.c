// DepthToSpace, SpaceToDepth, SpaceToBatchND, BatchToSpaceND.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/op_rows.h"

// clang-format off
#define OF_TYPE(t)                                                                                                     \
  {t " to depth", "SpaceToDepth", {t "[1,2,4,1] 0 1 1 0 1 1 0 0"}, "block_size=2", .want = t "[1,1,2,4] 0 1 1 1 1 0 0 0"}, \
  {t " from depth", "DepthToSpace", {t "[1,1,2,4] 0 1 1 1 1 0 0 0"}, "block_size=2", .want = t "[1,2,4,1] 0 1 1 0 1 1 0 0"}, \
  {t " to batch", "SpaceToBatchND", {t "[1,4] 0 1 1 1", "i32[1] 2", "i32[1,2] 0 0"}, .want = t "[2,2] 0 1 1 1"},         \
  {t " from batch", "BatchToSpaceND", {t "[2,2] 0 1 1 1", "i32[1] 2", "i32[1,2] 0 1"}, .want = t "[1,3] 0 1 1"}
#define BATCH(name, x, block, pads, result) {name, "SpaceToBatchND", {x, block, pads}, .want = result}
#define SPACE(name, x, block, crops, result) {name, "BatchToSpaceND", {x, block, crops}, .want = result}
#define BAD_BATCH(name, x, block, pads, text) {name, "SpaceToBatchND", {x, block, pads}, .error = TF_INVALID_ARGUMENT, .message = text}
#define BAD_SPACE(name, x, block, crops, text) {name, "BatchToSpaceND", {x, block, crops}, .error = TF_INVALID_ARGUMENT, .message = text}
static const op_row kRows[] = {
    OP_EVERY_TYPE(OF_TYPE),
    {"channels", "SpaceToDepth", {"i32[1,2,2,2] 1 2 3 4 5 6 7 8"}, "block_size=2", .want = "i32[1,1,1,8] 1 2 3 4 5 6 7 8"},
    {"several rows", "SpaceToDepth", {"i32[2,2,4,1] 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"}, "block_size=2",
     .want = "i32[2,1,2,4] 1 2 5 6 3 4 7 8 9 10 13 14 11 12 15 16"},
    {"channels back", "DepthToSpace", {"i32[1,1,2,8] 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"}, "block_size=2",
     .want = "i32[1,2,4,2] 1 2 3 4 9 10 11 12 5 6 7 8 13 14 15 16"},
    {"no images", "DepthToSpace", {"f32[0,1,1,4]"}, "block_size=2", .want = "f32[0,2,2,1]"},
    {"no channels", "SpaceToDepth", {"f32[1,2,2,0]"}, "block_size=2", .want = "f32[1,1,1,0]"},
    {"depth that is not squares", "DepthToSpace", {"f32[1,1,1,3] 1 2 3"}, "block_size=2", .error = TF_INVALID_ARGUMENT,
     .message = "Dimension size must be evenly divisible by 4 but is 3"},
    {"three dimensions", "DepthToSpace", {"f32[1,1,4] 1 2 3 4"}, "block_size=2", .error = TF_INVALID_ARGUMENT, .message = "Shape must be rank 4 but is rank 3"},
    {"a huge block", "DepthToSpace", {"f32[1,1,1,4] 1 2 3 4"}, "block_size=65536", .error = TF_INVALID_ARGUMENT,
     .message = "Block size should be > 1 and <= 46340 but was: 65536"},
    {"the largest block", "SpaceToDepth", {"f32[1,1,1,4] 1 2 3 4"}, "block_size=9223372036854775807", .error = TF_INVALID_ARGUMENT, .message = "Block size should be"},
    {"height that is odd", "SpaceToDepth", {"f32[1,3,2,1] 1 2 3 4 5 6"}, "block_size=2", .error = TF_INVALID_ARGUMENT,
     .message = "Dimension size must be evenly divisible by 2 but is 3"},
    {"width that is odd", "SpaceToDepth", {"f32[1,2,3,1] 1 2 3 4 5 6"}, "block_size=2", .error = TF_INVALID_ARGUMENT,
     .message = "Dimension size must be evenly divisible by 2 but is 3"},
    {"channels first", "SpaceToDepth", {"f32[1,1,2,2] 1 2 3 4"}, "block_size=2 data_format=NCHW", .error = TF_INVALID_ARGUMENT, .message = "NHWC"},
    BATCH("two dimensions", "i32[1,2,2,1] 1 2 3 4", "i32[2] 2 2", "i32[2,2] 0 0 0 0", "i32[4,1,1,1] 1 2 3 4"),
    BATCH("int64", "i32[1,2,2,1] 1 2 3 4", "i64[2] 1 2", "i64[2,2] 0 0 0 0", "i32[2,2,1,1] 1 3 2 4"),
    BATCH("padded", "f32[1,3] 1 2 3", "i32[1] 2", "i32[1,2] 2 1", "f32[2,3] 0 1 3 0 2 0"),
    BATCH("padded strings", "str[1,3] a b c", "i32[1] 2", "i32[1,2] 0 1", "str[2,2] a c b ''"),
    BATCH("padded in two dimensions", "i32[2,1,2] 1 2 3 4", "i32[2] 2 2", "i32[2,2] 1 0 1 1",
          "i32[8,1,2] 0 0 0 0 0 0 0 0 0 2 0 4 1 0 3 0"),
    BATCH("no blocks", "f32[1,2,2,1] 1 2 3 4", "i32[0]", "i32[0,2]", "f32[1,2,2,1] 1 2 3 4"),
    BATCH("an empty image", "f32[1,0,1]", "i32[1] 2", "i32[1,2] 1 1", "f32[2,1,1] 0 0"),
    BATCH("an empty batch", "f32[0,2]", "i32[1] 2", "i32[1,2] 0 0", "f32[0,1]"),
    BATCH("a block larger than the image", "f32[1,1] 7", "i32[1] 3", "i32[1,2] 1 1", "f32[3,1] 0 7 0"),
    BAD_BATCH("a block of 0", "f32[1,2,2,1] 1 2 3 4", "i32[2] 0 2", "i32[2,2] 0 0 0 0", "block_shape must be positive"),
    BAD_BATCH("space that is odd", "f32[1,3] 1 2 3", "i32[1] 2", "i32[1,2] 0 0", "Dimension size must be evenly divisible by 2 but is 3"),
    BAD_BATCH("paddings below zero", "f32[1,2] 1 2", "i32[1] 2", "i32[1,2] -1 1", "paddings cannot be negative"),
    BAD_BATCH("too few dimensions", "f32[1] 1", "i32[2] 2 2", "i32[2,2] 0 0 0 0", "Shape must be at least rank 3 but is rank 1"),
    BAD_BATCH("too few paddings", "f32[1,2,2,1] 1 2 3 4", "i32[2] 2 2", "i32[1,2] 0 0",
              "Dimension 0 in both shapes must be equal, but are 1 and 2. Shapes are [1,2] and [2,2]."),
    BAD_BATCH("three columns of paddings", "f32[1,2] 1 2", "i32[1] 2", "i32[1,3] 0 0 0",
              "Dimension 1 in both shapes must be equal, but are 3 and 2. Shapes are [1,3] and [1,2]."),
    BAD_BATCH("a matrix of blocks", "f32[1,2] 1 2", "i32[1,1] 2", "i32[1,2] 0 0", "block_shape must have rank 1."),
    BAD_BATCH("blocks that overflow", "f32[1,2,2,1] 1 2 3 4", "i64[2] 1099511627776 1099511627776",
              "i64[2,2] 0 1099511627774 0 1099511627774",
              "Negative dimension size caused by overflow when multiplying 1099511627776 and 1099511627776"),
    BAD_BATCH("paddings that overflow", "f32[1,2] 1 2", "i64[1] 1", "i64[1,2] 9223372036854775807 1", "Dimension size overflow from adding 2 and 9223372036854775807"),
    SPACE("two dimensions back", "i32[4,1,1,1] 1 2 3 4", "i32[2] 2 2", "i32[2,2] 0 0 0 0", "i32[1,2,2,1] 1 2 3 4"),
    SPACE("cropped", "f32[2,3] 0 1 3 0 2 0", "i32[1] 2", "i32[1,2] 2 1", "f32[1,3] 1 2 3"),
    SPACE("cropped to nothing", "f32[2,1] 1 2", "i32[1] 2", "i32[1,2] 1 1", "f32[1,0]"),
    SPACE("no blocks back", "f32[1,2] 1 2", "i32[0]", "i32[0,2]", "f32[1,2] 1 2"),
    BAD_SPACE("batch that is odd", "f32[3,2] 1 2 3 4 5 6", "i32[1] 2", "i32[1,2] 0 0", "Dimension size must be evenly divisible by 2 but is 3"),
    BAD_SPACE("crops that are too large", "f32[2,2] 1 2 3 4", "i32[1] 2", "i32[1,2] 0 5",
              "Negative dimension size caused by subtracting 5 from 4"),
    BAD_SPACE("crops below zero", "f32[2,2] 1 2 3 4", "i32[1] 2", "i32[1,2] -1 0", "crops cannot be negative"),
    BAD_SPACE("a block of 0 back", "f32[2,2] 1 2 3 4", "i32[1] 0", "i32[1,2] 0 0", "block_shape must be positive"),
};
static const op_shape_row kShapes[] = {
    {"DepthToSpace", {"f32[?,3,?,8]"}, "block_size=2", .want = "[?,6,?,2]"},
    {"SpaceToDepth", {"f32?"}, "block_size=2", .want = "[?,?,?,?]"},
    {"SpaceToDepth", {"f32[1,3,2,4]"}, "block_size=2 data_format=NCHW", .want = "[1,12,1,2]"},
    {"SpaceToBatchND", {"f32[2,4,3]", "i32[1]", "i32[1,2]"}, .want = "[?,?,3]"},
    {"BatchToSpaceND", {"f32?", "i32[1]", "i32[1,2]"}, .want = "<unknown>"},
};
// clang-format on

static void rows(void** state) {
  (void)state;
  OP_ROWS_CHECK(kRows);
}

static void shapes(void** state) {
  (void)state;
  OP_SHAPE_ROWS_CHECK(kShapes);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(shapes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
