// The texts that define an op: "N: int >= 1 = 2", "values: N * T".
#ifndef CTF_ENGINE_API_OP_SPEC_H_
#define CTF_ENGINE_API_OP_SPEC_H_

#include "graphdef/op_table.h"

// An attribute from its text. Everything is from `alloc`. INVALID_ARGUMENT shows the text and says what is wrong.
CTF_MUST_USE ctf_status ctf_op_spec_attr(const char* text, ctf_allocator* alloc, ctf_attr_info* out_attr);
// An argument. A word behind the colon that is no type stands in type_attr, until ctf_op_spec_finish.
CTF_MUST_USE ctf_status ctf_op_spec_arg(const char* text, ctf_allocator* alloc, ctf_arg_info* out_arg);
// Once all are there: finds the attributes that arguments name, gives those that count arguments their minimum.
CTF_MUST_USE ctf_status ctf_op_spec_finish(ctf_arg_info* args, size_t num_args, ctf_attr_info* attrs, size_t num_attrs);

#endif  // CTF_ENGINE_API_OP_SPEC_H_
