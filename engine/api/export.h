// From operations of the graph back to what files hold.
#ifndef CTF_ENGINE_API_EXPORT_H_
#define CTF_ENGINE_API_EXPORT_H_

#include "engine/graph.h"
#include "graphdef/graph_def.h"

// The node as a NodeDef with all its attributes. The lock of its graph is held. Values stay the node's; the rest is
// from `alloc`.
CTF_MUST_USE ctf_status ctf_api_node_def(const TF_Operation* node, ctf_allocator* alloc, ctf_node_def* out_def);

// Its attributes alone, set ones of the definition first. No lock is needed.
CTF_MUST_USE ctf_status ctf_api_node_attrs(const TF_Operation* node, ctf_allocator* alloc,
                                           const ctf_named_attr** out_attrs, size_t* out_count);

#endif  // CTF_ENGINE_API_EXPORT_H_
