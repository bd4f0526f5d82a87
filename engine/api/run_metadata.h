// TensorFlow's RunMetadata from what a run left.
#ifndef CTF_ENGINE_API_RUN_METADATA_H_
#define CTF_ENGINE_API_RUN_METADATA_H_

#include "engine/api/api.h"

// A serialised RunMetadata into an empty buffer: step_stats of the trace's run, and partition_graphs of the plan.
// Either may be NULL.
CTF_MUST_USE ctf_status ctf_api_write_run_metadata(const ctf_trace* trace, const ctf_plan* plan, TF_Buffer* out_buffer);

// engine/api/partition.c: what a plan does on one device, as a serialised GraphDef from `alloc`; no bytes: nothing.
CTF_MUST_USE ctf_status ctf_api_partition_graph(const ctf_plan* plan, uint32_t device, ctf_allocator* alloc,
                                                ctf_bytes* out_bytes);

#endif  // CTF_ENGINE_API_RUN_METADATA_H_
