// A view of a tensor's dimensions. The dims belong to somebody else, who says for how long.
#ifndef CTF_RUNTIME_SHAPE_H_
#define CTF_RUNTIME_SHAPE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/dtype.h"
#include "runtime/status.h"

#define CTF_MAX_RANK 254  // TensorFlow's

typedef struct ctf_shape {
  int32_t rank;         // -1: not known
  const int64_t* dims;  // rank of them; -1: not known
} ctf_shape;

#define CTF_SHAPE_UNKNOWN ((ctf_shape){.rank = -1})
#define CTF_SHAPE_SCALAR ((ctf_shape){.rank = 0})

bool ctf_shape_known(ctf_shape shape);  // the rank and every dimension
bool ctf_shape_equal(ctf_shape a, ctf_shape b);
bool ctf_shape_compatible(ctf_shape a, ctf_shape b);  // could be the same once everything is known

// Elements of a known shape; false when the product does not fit int64_t.
CTF_MUST_USE bool ctf_shape_num_elements(ctf_shape shape, int64_t* out_count);
// Bytes of a known shape of this type. INVALID_ARGUMENT when its elements cannot be counted, RESOURCE_EXHAUSTED when
// their bytes cannot.
CTF_MUST_USE ctf_status ctf_shape_bytes(ctf_shape shape, TF_DataType dtype, size_t* out_bytes);

// "[2,?,3]", "[]", "<unknown>": as TensorFlow's messages write shapes. Cut at the size of the text.
#define CTF_SHAPE_TEXT_BYTES 160
typedef struct ctf_shape_text {
  char text[CTF_SHAPE_TEXT_BYTES];
} ctf_shape_text;
ctf_shape_text ctf_shape_print(ctf_shape shape);

#endif  // CTF_RUNTIME_SHAPE_H_
