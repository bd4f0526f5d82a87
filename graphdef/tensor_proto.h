// TensorProto to tensor and back, in every encoding: content, typed lists, lists whose last value repeats.
#ifndef CTF_GRAPHDEF_TENSOR_PROTO_H_
#define CTF_GRAPHDEF_TENSOR_PROTO_H_

#include "graphdef/graph_def.h"
#include "graphdef/wire.h"

// From a serialised TensorProto: for programs and tests. The same errors as at import.
CTF_MUST_USE ctf_status ctf_tensor_proto_read(const ctf_source* source, TF_Tensor** out_tensor);
// Numbers go to tensor_content (little endian), strings to string_val. The bytes are from `alloc`.
CTF_MUST_USE ctf_status ctf_tensor_proto_write(const ctf_tensor* tensor, ctf_allocator* alloc, ctf_bytes* out_bytes);

#endif  // CTF_GRAPHDEF_TENSOR_PROTO_H_
