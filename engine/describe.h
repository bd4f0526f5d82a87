// Nodes as TensorFlow's messages show them: "{{node x}} = MatMul[T=DT_FLOAT, transpose_a=false](a, b:1, ^c)".
#ifndef CTF_ENGINE_DESCRIBE_H_
#define CTF_ENGINE_DESCRIBE_H_

#include "engine/graph.h"

// A text of bounded length in somebody else's memory, always terminated; what does not fit is dropped.
typedef struct ctf_text {
  char* data;
  size_t size;
  size_t length;
} ctf_text;

#define CTF_TEXT(array) ((ctf_text){.data = (array), .size = sizeof(array)})

void ctf_text_put(ctf_text* text, const char* format, ...) CTF_PRINTF(2, 3);
void ctf_text_put_bytes(ctf_text* text, const char* data, size_t length);

void ctf_text_put_node(ctf_text* text, const TF_Operation* node);
void ctf_text_put_type(ctf_text* text, TF_DataType type);  // "float", "float_ref"
void ctf_text_put_attr_value(ctf_text* text, const ctf_attr_value* value);
// "5 6", "[1 2][3 4]": the first `most` elements, then "...".
void ctf_text_put_elements(ctf_text* text, const ctf_tensor* tensor, int64_t most);

#endif  // CTF_ENGINE_DESCRIBE_H_
