// TensorFlow's RunMetadata from what a run left.
#ifndef CTF_ENGINE_API_RUN_METADATA_H_
#define CTF_ENGINE_API_RUN_METADATA_H_

#include "engine/api/api.h"

// A serialised RunMetadata into an empty buffer: step_stats of the trace's run; nothing for NULL.
CTF_MUST_USE ctf_status ctf_api_write_run_metadata(const ctf_trace* trace, TF_Buffer* out_buffer);

#endif  // CTF_ENGINE_API_RUN_METADATA_H_
