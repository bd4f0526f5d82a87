// TF_KernelBuilder: kernels that a program registers. How one runs is in kernel_context.c.
#include <stdio.h>
#include <string.h>

#include "engine/api/api.h"
#include "engine/api/custom.h"
#include "engine/api/custom_kernel.h"
#include "engine/device_spec.h"

#define MAX_CONSTRAINED 3  // type attributes, as ctf_kernel_def has

typedef struct constraint {
  char* attr;
  ctf_type_set types;
} constraint;

struct TF_KernelBuilder {
  ctf_allocator* scratch;  // becomes the kernel's
  ctf_custom_kernel* kernel;
  char* op;
  char* device;
  size_t num_constraints;
  constraint constraints[MAX_CONSTRAINED];
};

static ctf_status fill_builder(TF_KernelBuilder* builder, const char* op, const char* device) {
  if (op == NULL) op = "";
  if (device == NULL) device = "";
  CTF_TRY(ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &builder->scratch));
  CTF_TRY(ctf_alloc_new(builder->scratch, &builder->kernel));
  CTF_TRY(ctf_alloc_string(builder->scratch, op, strlen(op), &builder->op));
  return ctf_alloc_string(builder->scratch, device, strlen(device), &builder->device);
}

TF_KernelBuilder* TF_NewKernelBuilder(const char* op_name, const char* device_name,
                                      void* (*create_func)(TF_OpKernelConstruction*),
                                      void (*compute_func)(void*, TF_OpKernelContext*), void (*delete_func)(void*)) {
  TF_KernelBuilder* builder = ctf_alloc_try(ctf_allocator_process(), sizeof(*builder));
  if (builder == NULL) return NULL;
  const ctf_status status = fill_builder(builder, op_name, device_name);
  if (status != NULL) {
    ctf_status_drop(status);  // NULL says it: there was no memory
    TF_DeleteKernelBuilder(builder);
    return NULL;
  }
  builder->kernel->create = create_func;
  builder->kernel->compute = compute_func;
  builder->kernel->destroy = delete_func;
  return builder;
}

void TF_DeleteKernelBuilder(TF_KernelBuilder* builder) {
  if (builder == NULL) return;
  ctf_allocator_free(builder->scratch);
  ctf_free(ctf_allocator_process(), builder);
}

static ctf_status constrain(TF_KernelBuilder* builder, const char* attr, TF_DataType type) {
  if (builder == NULL || attr == NULL) return ctf_error(TF_INVALID_ARGUMENT, "the builder or the attribute is NULL");
  if (!ctf_dtype_valid((int64_t)type)) return ctf_error(TF_INVALID_ARGUMENT, "%d is no type", (int)type);
  for (size_t i = 0; i < builder->num_constraints; ++i) {
    if (strcmp(builder->constraints[i].attr, attr) != 0) continue;
    builder->constraints[i].types |= CTF_TYPE(type);
    return NULL;
  }
  if (builder->num_constraints == MAX_CONSTRAINED) {
    return ctf_error(TF_UNIMPLEMENTED, "a kernel can name the types of %d attributes, '%s' is one more",
                     MAX_CONSTRAINED, attr);
  }
  constraint* added = &builder->constraints[builder->num_constraints];
  CTF_TRY(ctf_alloc_string(builder->scratch, attr, strlen(attr), &added->attr));
  added->types = CTF_TYPE(type);
  ++builder->num_constraints;
  return NULL;
}

void TF_KernelBuilder_TypeConstraint(TF_KernelBuilder* kernel_builder, const char* attr_name, TF_DataType type,
                                     TF_Status* status) {
  ctf_api_report(constrain(kernel_builder, attr_name, type), status);
}

void TF_KernelBuilder_HostMemory(TF_KernelBuilder* kernel_builder, const char* arg_name) {
  (void)kernel_builder;  // all memory of a kernel on the CPU is the host's
  (void)arg_name;
}

void TF_KernelBuilder_Priority(TF_KernelBuilder* kernel_builder, int32_t priority_number) {
  if (kernel_builder != NULL) kernel_builder->kernel->added.priority = priority_number;
}

// An op that is known by its interface alone becomes one that can run.
static ctf_status define_op(ctf_custom_kernel* kernel, ctf_allocator* scratch) {
  const char* name = kernel->added.kernel.op;
  const ctf_op_interface* op = ctf_op_interface_find(name, strlen(name));
  if (op == NULL || ctf_op_def_find(op) != NULL) return NULL;  // an op may be registered after its kernels
  ctf_added_def* added;
  CTF_TRY(ctf_alloc_new(scratch, &added));
  added->def = (ctf_op_def){.name = name, .flags = CTF_OP_HOST | CTF_OP_SIZE_FROM_DATA};
  ctf_op_def_add(added);
  return NULL;
}

static ctf_status register_kernel(TF_KernelBuilder* builder) {
  ctf_custom_kernel* kernel = builder->kernel;
  ctf_device_spec spec;
  if (builder->op[0] == '\0') return ctf_error(TF_INVALID_ARGUMENT, "the kernel's op has no name");
  if (kernel->compute == NULL) {
    return ctf_error(TF_INVALID_ARGUMENT, "the kernel of op '%s' has no function that computes", builder->op);
  }
  char full[64];
  snprintf(full, sizeof(full), "/device:%.40s:0", builder->device);
  if (!ctf_device_spec_parse_name(full, &spec) || strcmp(spec.type, "CPU") != 0) {
    return ctf_error(TF_UNIMPLEMENTED, "op '%s': kernels can be registered for the CPU, not for '%s'", builder->op,
                     builder->device);
  }
  ctf_kernel_def* def = &kernel->added.kernel;
  *def = (ctf_kernel_def){.op = builder->op,
                          .types = CTF_ANY_TYPE,
                          .run = ctf_custom_kernel_run,
                          .construct = ctf_custom_kernel_construct,
                          .destruct = ctf_custom_kernel_destruct,
                          .state_bytes = CTF_CUSTOM_STATE_BYTES};
  const constraint* c = builder->constraints;
  def->type_attr = "";  // no attribute is called so
  if (builder->num_constraints > 0) def->type_attr = c[0].attr, def->types = c[0].types;
  if (builder->num_constraints > 1) def->type_attr2 = c[1].attr, def->types2 = c[1].types;
  if (builder->num_constraints > 2) def->type_attr3 = c[2].attr, def->types3 = c[2].types;
  CTF_TRY(define_op(kernel, builder->scratch));
  ctf_kernel_add(&kernel->added);
  builder->scratch = NULL;  // the kernel has it from now on
  return NULL;
}

void TF_RegisterKernelBuilder(const char* kernel_name, TF_KernelBuilder* builder, TF_Status* status) {
  (void)kernel_name;  // for a profiler that wants the class of a kernel
  ctf_api_report(builder != NULL ? register_kernel(builder) : ctf_error(TF_INVALID_ARGUMENT, "the builder is NULL"),
                 status);
  TF_DeleteKernelBuilder(builder);
}
