// What a run did: from the library's trace, or from a file that --trace wrote. What --stats, --report and profile read.
#ifndef CTF_TOOLS_CTFRUN_RECORDING_H_
#define CTF_TOOLS_CTFRUN_RECORDING_H_

#include "ctf/ctf.h"

typedef struct recorded_tensor {
  const char *name, *role, *type;    // "float32 [2,3]"
  size_t bytes, held_bytes, offset;  // offset SIZE_MAX: not in an arena
  int64_t start_ns, end_ns;
  int device;
} recorded_tensor;

typedef struct recorded_step {
  const char *name, *op, *kind, *label;
  int device, stream;
  int64_t scheduled_ns, start_ns, end_ns;
  size_t first_tensor, num_tensors;
} recorded_step;

enum { MAX_RECORDED_DEVICES = 32 };

typedef struct recording {
  int64_t start_unix_ns, admitted_ns, end_ns;
  int num_devices;
  const char* devices[MAX_RECORDED_DEVICES];
  size_t num_steps, num_tensors, tensor_room;
  recorded_step* steps;
  recorded_tensor* tensors;
  struct recorded_text* texts;  // all that the names point to
} recording;

// 0, or an exit code after the failure was said. Free it in either case.
int recording_from_trace(const CTF_Trace* trace, recording* out);
int recording_read(const char* path, recording* out);
int recording_write(const char* path, const char* model, const recording* r);  // Chrome's format; .gz packs it
void recording_free(recording* r);

// What memory the run's tensors held on a device: `count` points in time, ascending, with the bytes from there on. The
// caller frees them (free). NULL: no memory.
typedef struct memory_point {
  int64_t ns;
  size_t bytes;
} memory_point;
memory_point* recording_memory(const recording* r, int device, size_t* out_count, size_t* out_peak);

// Time by op, the most first. The caller frees them (free). NULL: no memory.
typedef struct op_time {
  const char* op;
  size_t count;
  int64_t ns;
  size_t bytes;    // of tensors that it made
  size_t slowest;  // step
} op_time;
op_time* recording_by_op(const recording* r, size_t* out_count, int64_t* out_total_ns);

#endif  // CTF_TOOLS_CTFRUN_RECORDING_H_
