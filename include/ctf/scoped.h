// Handles that delete themselves where their scope ends, for C compilers with the attribute `cleanup` (GCC, clang):
//
//   CTF_SCOPED(TF_Status) status = TF_NewStatus();
//
// To hand a handle on, return CTF_RELEASE(handle): the scope forgets it.
#ifndef CTF_SCOPED_H_
#define CTF_SCOPED_H_

#include "ctf/ctf.h"

#define CTF_SCOPED(type) __attribute__((cleanup(ctf_scoped_##type))) type*

// The value of a scoped handle, which becomes NULL.
#define CTF_RELEASE(handle)             \
  __extension__({                       \
    __typeof__(handle) kept_ = (handle); \
    (handle) = NULL;                    \
    kept_;                              \
  })

#define CTF_SCOPED_BY(type, delete_function) \
  static inline void ctf_scoped_##type(type** handle) { delete_function(*handle); }

CTF_SCOPED_BY(TF_Status, TF_DeleteStatus)
CTF_SCOPED_BY(TF_Buffer, TF_DeleteBuffer)
CTF_SCOPED_BY(TF_Tensor, TF_DeleteTensor)
CTF_SCOPED_BY(TF_Graph, TF_DeleteGraph)
CTF_SCOPED_BY(TF_SessionOptions, TF_DeleteSessionOptions)
CTF_SCOPED_BY(TF_ImportGraphDefOptions, TF_DeleteImportGraphDefOptions)
CTF_SCOPED_BY(TF_DeviceList, TF_DeleteDeviceList)
CTF_SCOPED_BY(TF_Library, TF_DeleteLibraryHandle)
CTF_SCOPED_BY(CTF_PlanReport, CTF_DeletePlanReport)
CTF_SCOPED_BY(CTF_OpList, CTF_DeleteOpList)
CTF_SCOPED_BY(CTF_Cancellation, CTF_DeleteCancellation)
CTF_SCOPED_BY(CTF_AsyncRun, CTF_DeleteAsyncRun)

static inline void ctf_scoped_TF_Session(TF_Session** session) { TF_DeleteSession(*session, NULL); }

#endif  // CTF_SCOPED_H_
