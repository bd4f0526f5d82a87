// Tensors in files: .npy, .npz, .json, .csv, .png and raw bytes.
#ifndef CTF_TOOLS_CTFRUN_FILES_H_
#define CTF_TOOLS_CTFRUN_FILES_H_

#include "tools/ctfrun/value.h"

// The whole file; "-" is the standard input. A NUL stands behind the bytes. The caller frees them (free). 0, or an exit
// code after the failure was said.
int file_read(const char* path, void** out_bytes, size_t* out_size);
// The size of a regular file that can be read. 0, or an exit code after what is wrong with it was said.
int file_size(const char* path, size_t* out_size);

// By the path's ending: "f.npy", "f.npz:key", "cat.png?size=8x8". `target` says type and shape where the file does not.
int file_load_tensor(const char* path, const value_target* target, TF_Tensor** out_tensor);

typedef struct file_output {
  const char* name;         // of the tensor, as the user calls it
  const char* destination;  // "@f.npy", "+f.npy", "@f.npz", "@f.png?scale=255"
  const TF_Tensor* tensor;
  bool done;
} file_output;

// Writes them; those that name the same .npz go into it together. 0, or an exit code after the failure was said.
int file_save_tensors(file_output* outputs, int count);
bool file_can_save(const char* destination);  // false when nothing can write this

#endif  // CTF_TOOLS_CTFRUN_FILES_H_
