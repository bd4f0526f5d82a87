// Tensors in files: .npy, .png and raw bytes.
#ifndef CTF_TOOLS_CTFRUN_FILES_H_
#define CTF_TOOLS_CTFRUN_FILES_H_

#include "tools/ctfrun/value.h"

// The whole file; "-" is the standard input. The caller frees it (free). 0, or an exit code after the failure was said.
int file_read(const char* path, void** out_bytes, size_t* out_size);
// The size of a regular file that can be read. 0, or an exit code after what is wrong with it was said.
int file_size(const char* path, size_t* out_size);

// By the path's ending. `target` says type and shape where the file does not; an image's pixels are converted to its
// type and take the target's shape where the number of elements fits.
int file_load_tensor(const char* path, const value_target* target, TF_Tensor** out_tensor);

// Writes @PATH destinations: .npy or .raw.
int file_save_tensor(const char* path, const TF_Tensor* tensor);

#endif  // CTF_TOOLS_CTFRUN_FILES_H_
