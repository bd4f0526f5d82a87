// Handles that delete themselves: every early return below leaves nothing behind.
#include "ctf/scoped.h"

#include <stdio.h>

static TF_Tensor* make(int stop) {
  CTF_SCOPED(TF_Status) status = TF_NewStatus();
  CTF_SCOPED(TF_Graph) graph = TF_NewGraph();
  if (stop == 0) return NULL;
  CTF_SCOPED(TF_Session) session = TF_NewSession(graph, NULL, status);
  CTF_SCOPED(CTF_Cancellation) cancellation = CTF_NewCancellation(status);
  if (stop == 1 || session == NULL || cancellation == NULL) return NULL;
  CTF_SCOPED(TF_Tensor) tensor = TF_AllocateTensor(TF_FLOAT, NULL, 0, sizeof(float));
  if (stop == 2) return NULL;
  return CTF_RELEASE(tensor);
}

static size_t used(void) {
  CTF_MemoryInfo info = {.struct_size = sizeof(info)};
  CTF_GetMemoryInfo(NULL, "cpu", &info, NULL);
  return info.used_bytes;
}

int main(void) {
  const size_t before = used();
  for (int stop = 0; stop < 4; ++stop) {
    TF_Tensor* tensor = make(stop);
    printf("%d %s\n", stop, tensor != NULL ? "a tensor" : "nothing");
    TF_DeleteTensor(tensor);
  }
  printf("%s\n", used() == before ? "as before" : "something is left");
  return 0;
}
