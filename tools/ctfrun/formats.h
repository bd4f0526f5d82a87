// The formats behind files.h, one file each.
#ifndef CTF_TOOLS_CTFRUN_FORMATS_H_
#define CTF_TOOLS_CTFRUN_FORMATS_H_

#include <stdio.h>

#include "tools/ctfrun/files.h"

typedef struct file_source {
  const char* path;     // without what follows the ending
  const char* options;  // what followed ':' or '?'; NULL: nothing
  const char* bytes;
  size_t size;
} file_source;

// Each makes the tensor. 0, or an exit code after the failure was said.
int npy_load(const file_source* source, const value_target* target, TF_Tensor** out_tensor);
int npz_load(const file_source* source, const value_target* target, TF_Tensor** out_tensor);
int json_load(const file_source* source, const value_target* target, TF_Tensor** out_tensor);
int csv_load(const file_source* source, const value_target* target, TF_Tensor** out_tensor);
int png_load(const file_source* source, const value_target* target, TF_Tensor** out_tensor);

// Each writes one tensor; with `append`, behind what is there.
int npy_save(const char* path, const TF_Tensor* tensor, bool append);
int png_save(const char* path, const char* suffix, const TF_Tensor* tensor);
// Every output with this path.
int npz_save(const char* path, file_output* outputs, int count);

// The array as .npy has it: header and bytes. NULL when the type cannot be written or there is no memory.
void* npy_header(const TF_Tensor* tensor, size_t* out_size);

// Allocates within the budget, or says that it does not fit.
int make_tensor(const char* path, TF_DataType dtype, const int64_t* dims, int rank, size_t bytes,
                TF_Tensor** out_tensor);

#endif  // CTF_TOOLS_CTFRUN_FORMATS_H_
