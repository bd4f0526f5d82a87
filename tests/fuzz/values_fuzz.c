// Any bytes as a value of ctfrun's command line and as each kind of file that one names. The first three bytes choose
// the format, the type and the shape that the graph would ask for.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctf/ctf.h"
#include "tools/ctfrun/formats.h"

#define LIMIT_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes);

static void require(bool condition, const char* what) {
  if (condition) return;
  fprintf(stdout, "values_fuzz: %s\n", what);
  abort();
}

static void begin(void) {
  static bool begun;
  if (begun) return;
  begun = true;
  stderr = fopen("/dev/null", "w");  // each refusal says why, there
  CTF_SetBudget("cpu", LIMIT_BYTES, NULL);
}

static int load(int format, const file_source* source, const value_target* target, TF_Tensor** out_tensor) {
  file_source keyed = *source;
  switch (format % 7) {
    case 0:
      return value_parse(source->bytes, target, out_tensor);
    case 1:
      return npy_load(source, target, out_tensor);
    case 2:
      return npz_load(source, target, out_tensor);
    case 3:
      keyed.options = "a";
      return npz_load(&keyed, target, out_tensor);
    case 4:
      return json_load(source, target, out_tensor);
    case 5:
      return csv_load(source, target, out_tensor);
    default:
      keyed.options = "size=3x2&scale=1/2";
      return png_load(&keyed, target, out_tensor);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  static const TF_DataType kTypes[] = {TF_FLOAT, TF_STRING,    TF_INT8, TF_UINT64,
                                       TF_BOOL,  TF_COMPLEX64, TF_HALF, TF_INT64};
  begin();
  if (bytes < 3) return 0;
  // A path in a value would read any file: those are looked at by their own formats.
  if (data[0] % 7 == 0 && memchr(data + 3, '@', bytes - 3) != NULL) return 0;
  char* text = malloc(bytes - 2);
  require(text != NULL, "no memory");
  memcpy(text, data + 3, bytes - 3);
  text[bytes - 3] = '\0';  // as file_read leaves it
  const file_source source = {"fuzz", NULL, text, bytes - 3};
  value_target target = {"feed", "x", kTypes[data[1] % 8], -1, {0}};
  if (data[2] % 3 > 0) {
    target.rank = data[2] % 3 == 1 ? 1 : 4;
    for (int i = 0; i < target.rank; ++i) target.dims[i] = i == 0 && data[2] % 2 == 0 ? -1 : 1 + data[2] % 4;
  }
  TF_Tensor* tensor = NULL;
  const int code = load(data[0], &source, &target, &tensor);
  require(code == 0 || code == 2 || code == 3 || code == 18, "an exit code that says something else");
  require(code != 0 || tensor != NULL, "no tensor and no failure");
  if (code == 0) require(TF_TensorType(tensor) == target.dtype, "another type than the graph's");
  TF_DeleteTensor(tensor);
  free(text);
  return 0;
}
