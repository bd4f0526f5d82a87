// Lists of what there is to run, and libraries that add to it.
#include <dlfcn.h>
#include <string.h>

#include "engine/api/api.h"
#include "ops/registry.h"
#include "runtime/log.h"
#include "tensorflow/c/c_api_experimental.h"

// Bytes that `write` makes, as a buffer of the caller's.
static ctf_status make_buffer(ctf_status (*write)(const void* arg, ctf_allocator* alloc, ctf_bytes* out_bytes),
                              const void* arg, TF_Buffer** out_buffer) {
  ctf_status status = NULL;
  ctf_allocator* scratch = NULL;
  ctf_bytes bytes = {0};
  TF_Buffer* buffer = TF_NewBuffer();
  if (buffer == NULL) return ctf_error(TF_RESOURCE_EXHAUSTED, "no memory for a buffer");
  CTF_TRY_DONE(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch));
  CTF_TRY_DONE(write(arg, scratch, &bytes));
  CTF_TRY_DONE(ctf_api_fill_buffer(buffer, bytes.data, bytes.length));
  *out_buffer = buffer;
  buffer = NULL;  // handed over

done:
  TF_DeleteBuffer(buffer);
  ctf_allocator_free(scratch);
  return status;
}

// ---- ops

static ctf_status write_all_ops(const void* arg, ctf_allocator* alloc, ctf_bytes* out_bytes) {
  (void)arg;
  return ctf_op_list_write_all(alloc, out_bytes);
}

TF_Buffer* TF_GetAllOpList(void) {
  TF_Buffer* buffer = NULL;
  ctf_status_drop(make_buffer(write_all_ops, NULL, &buffer));  // NULL says it: there was no memory
  return buffer;
}

static ctf_status get_op_def(const TF_Graph* graph, const char* name, TF_Buffer* out_buffer) {
  ctf_allocator* scratch;
  ctf_bytes bytes;
  if (graph == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the graph is NULL");
  if (name == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the name of the op is NULL");
  CTF_TRY(ctf_api_check_empty(out_buffer));
  const ctf_op_interface* op = ctf_op_interface_find(name, strlen(name));
  if (op == NULL) return ctf_error(TF_NOT_FOUND, "Op type not registered '%s' in this process", name);
  CTF_TRY(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &scratch));
  ctf_status status = ctf_op_def_write(op, scratch, &bytes);
  if (status == NULL) status = ctf_api_fill_buffer(out_buffer, bytes.data, bytes.length);
  ctf_allocator_free(scratch);
  return status;
}

void TF_GraphGetOpDef(TF_Graph* graph, const char* op_name, TF_Buffer* output_op_def, TF_Status* status) {
  ctf_api_report(get_op_def(graph, op_name, output_op_def), status);
}

int TF_OpIsStateful(const char* op_type, TF_Status* status) {
  const ctf_op_interface* op = op_type != NULL ? ctf_op_interface_find(op_type, strlen(op_type)) : NULL;
  ctf_api_report(
      op != NULL ? NULL : ctf_error(TF_NOT_FOUND, "Op type not registered '%s'", op_type != NULL ? op_type : ""),
      status);
  return op != NULL && op->is_stateful;
}

// ---- kernels

typedef struct kernel_rows {
  ctf_allocator* alloc;
  const char* op;  // NULL: every op
  size_t count;
  size_t capacity;
  ctf_kernel_row* rows;
} kernel_rows;

static void add_constraint(ctf_kernel_row* row, const ctf_op_interface* op, const char* attr, ctf_type_set types) {
  const int at = op != NULL && attr != NULL ? ctf_op_interface_attr(op, attr, strlen(attr)) : -1;
  if (at < 0 || op->attrs[at].kind != CTF_ATTR_TYPE) return;
  const ctf_type_set served = types & op->attrs[at].allowed_types;
  if (served == CTF_ANY_TYPE) return;
  row->attrs[row->num_constraints] = attr;
  row->types[row->num_constraints++] = served;
}

static ctf_status add_row(const ctf_kernel_def* kernel, int32_t priority, void* arg) {
  kernel_rows* rows = arg;
  if (rows->op != NULL && strcmp(rows->op, kernel->op) != 0) return NULL;
  CTF_TRY(ctf_grow_array(ctf_allocator_process(), &rows->rows, &rows->capacity, rows->count + 1));
  ctf_kernel_row* row = &rows->rows[rows->count++];
  *row = (ctf_kernel_row){.op = kernel->op, .device_type = "CPU", .priority = priority};
  const ctf_op_interface* op = ctf_op_interface_find(kernel->op, strlen(kernel->op));
  add_constraint(row, op, kernel->type_attr != NULL ? kernel->type_attr : "T", kernel->types);
  add_constraint(row, op, kernel->type_attr2, kernel->types2);
  add_constraint(row, op, kernel->type_attr3, kernel->types3);
  return NULL;
}

static ctf_status write_kernels(const void* arg, ctf_allocator* alloc, ctf_bytes* out_bytes) {
  kernel_rows rows = {.op = arg};
  ctf_status status = ctf_kernels_visit(add_row, &rows);
  if (status == NULL) status = ctf_kernel_list_write(rows.rows, rows.count, alloc, out_bytes);
  ctf_free(ctf_allocator_process(), rows.rows);
  return status;
}

TF_Buffer* TF_GetAllRegisteredKernels(TF_Status* status) {
  TF_Buffer* buffer = NULL;
  ctf_api_report(make_buffer(write_kernels, NULL, &buffer), status);
  return buffer;
}

TF_Buffer* TF_GetRegisteredKernelsForOp(const char* name, TF_Status* status) {
  TF_Buffer* buffer = NULL;
  ctf_api_report(name != NULL ? make_buffer(write_kernels, name, &buffer)
                              : ctf_error(TF_INVALID_ARGUMENT, "the name of the op is NULL"),
                 status);
  return buffer;
}

// ---- libraries

// What a library has registered is found once, when it is loaded for the first time.
typedef struct loaded_library loaded_library;
struct loaded_library {
  loaded_library* next;
  void* handle;
  const ctf_added_op* first;  // its ops, the newest first, are those from here
  const ctf_added_op* end;    // to before here
};

static pthread_mutex_t g_loading = PTHREAD_MUTEX_INITIALIZER;
static loaded_library* g_libraries;  // guarded by g_loading; they stay for as long as the process

struct TF_Library {
  TF_Buffer* ops;
};

// The lock is held.
static ctf_status load(const char* path, loaded_library** out_library) {
  const ctf_added_op* before = ctf_op_interface_last_added();
  void* handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) return ctf_error(TF_NOT_FOUND, "%s", dlerror());
  loaded_library* library = g_libraries;
  while (library != NULL && library->handle != handle) library = library->next;
  if (library == NULL) {
    CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &library));
    *library = (loaded_library){g_libraries, handle, ctf_op_interface_last_added(), before};
    g_libraries = library;
  }
  *out_library = library;
  return NULL;
}

static ctf_status write_library(const void* arg, ctf_allocator* alloc, ctf_bytes* out_bytes) {
  const loaded_library* library = arg;
  const ctf_op_interface** ops;
  size_t count = 0;
  for (const ctf_added_op* op = library->first; op != library->end; op = op->next) ++count;
  CTF_TRY(ctf_alloc_array(alloc, &ops, count));
  size_t at = count;  // in the order in which they were registered
  for (const ctf_added_op* op = library->first; op != library->end; op = op->next) ops[--at] = &op->interface;
  return ctf_op_list_write(ops, count, alloc, out_bytes);
}

static ctf_status load_library(const char* path, TF_Library** out_handle) {
  loaded_library* library = NULL;
  TF_Library* handle = NULL;
  if (path == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the library's file name is NULL");
  pthread_mutex_lock(&g_loading);
  ctf_status status = load(path, &library);
  pthread_mutex_unlock(&g_loading);
  CTF_TRY(status);
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &handle));
  status = make_buffer(write_library, library, &handle->ops);
  if (status == NULL) {
    *out_handle = handle;
  } else {
    TF_DeleteLibraryHandle(handle);
  }
  return status;
}

TF_Library* TF_LoadLibrary(const char* library_filename, TF_Status* status) {
  TF_Library* library = NULL;
  ctf_api_report(load_library(library_filename, &library), status);
  return library;
}

TF_Buffer TF_GetOpList(TF_Library* lib_handle) {
  if (lib_handle == NULL) return (TF_Buffer){0};
  return (TF_Buffer){.data = lib_handle->ops->data, .length = lib_handle->ops->length};
}

void TF_DeleteLibraryHandle(TF_Library* lib_handle) {
  if (lib_handle == NULL) return;
  TF_DeleteBuffer(lib_handle->ops);
  ctf_free(ctf_allocator_process(), lib_handle);
}

void TF_RegisterLogListener(void (*listener)(const char*)) { ctf_log_set_listener(listener); }

void TF_InitMain(const char* usage, int* argc, char*** argv) {
  (void)usage;  // there are no flags of the library's own to take out of the program's arguments
  (void)argc;
  (void)argv;
}
