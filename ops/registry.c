// From an op's name to its definition and kernels: the generated tables, indexed once by the number of the interface.
#include "ops/registry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum {
  MAX_INTERFACES = 4096,  // graphdef/ops.pbtxt has about half of that
  MAX_KERNELS = 8192,
  NO_KERNEL = 0xffff,
};

typedef struct kernel_link {
  const ctf_kernel_def* kernel;
  uint16_t next;  // of the same op
} kernel_link;

// Written once by build_index, then immutable.
static pthread_once_t g_index_once = PTHREAD_ONCE_INIT;
static const ctf_op_def* g_defs[MAX_INTERFACES];
static uint16_t g_first_kernel[MAX_INTERFACES];
static kernel_link g_kernels[MAX_KERNELS];
static size_t g_num_kernels;

// Lists that only grow; read without the lock.
static pthread_mutex_t g_adding = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(const ctf_added_def*) g_last_def;
static _Atomic(const ctf_added_kernel*) g_last_kernel;

static size_t index_of_name(const char* name) {
  const ctf_op_interface* op = ctf_op_interface_find(name, strlen(name));
  CTF_ASSERT(op != NULL);  // a family names an op that TensorFlow does not have
  return ctf_op_interface_number(op);
}

static void index_definitions(void) {
  for (size_t i = 0; i < ctf_registry_num_families; ++i) {
    const ctf_op_family_ops* family = ctf_registry_families[i];
    for (size_t j = 0; j < family->count; ++j) {
      const size_t index = index_of_name(family->ops[j].name);
      CTF_ASSERT(g_defs[index] == NULL);  // two families define one op
      g_defs[index] = &family->ops[j];
    }
  }
}

static void index_kernels(void) {
  int isa = ctf_isa_best();
  while (isa > CTF_ISA_BASE && ctf_registry_cpu_kernels[isa] == NULL) --isa;
  const ctf_kernel_table* const* tables = ctf_registry_cpu_kernels[isa];
  size_t count = 0;
  for (size_t i = 0; tables != NULL && i < ctf_registry_num_cpu_kernels; ++i) {
    for (size_t j = 0; j < tables[i]->count; ++j) {
      const size_t index = index_of_name(tables[i]->kernels[j].op);
      CTF_ASSERT(count < MAX_KERNELS);
      g_kernels[count] = (kernel_link){&tables[i]->kernels[j], g_first_kernel[index]};
      g_first_kernel[index] = (uint16_t)count++;
    }
  }
  g_num_kernels = count;
}

static void build_index(void) {
  const size_t count = ctf_op_interface_count();
  CTF_ASSERT(count <= MAX_INTERFACES && ctf_op_interface_at(count - 1) == ctf_op_interface_at(0) + (count - 1));
  memset(g_first_kernel, 0xff, sizeof(g_first_kernel));
  index_definitions();
  index_kernels();
}

// The kernel serves this type attribute of the node. A list of types (IdentityN) restricts nothing.
static bool type_matches(const ctf_op_interface* op, const ctf_attr_value* attrs, const char* name, ctf_type_set set) {
  const int i = ctf_op_interface_attr(op, name, strlen(name));
  if (i < 0 || attrs[i].kind != CTF_ATTR_TYPE || attrs[i].is_list) return true;
  return ctf_type_in(set, ctf_dtype_base(attrs[i].type));
}

static uint16_t first_kernel(const ctf_op_interface* op, ctf_device_kind device) {
  const size_t number = ctf_op_interface_number(op);
  if (number == SIZE_MAX || (device != CTF_DEVICE_CPU && device != CTF_DEVICE_SIM)) return NO_KERNEL;
  pthread_once(&g_index_once, build_index);
  return g_first_kernel[number];
}

size_t ctf_attr_member_bytes(const ctf_attr_info* info) {
  if (info->is_list) return sizeof(ctf_attr_value);
  switch (info->kind) {
    case CTF_ATTR_STRING:
      return sizeof(ctf_bytes);
    case CTF_ATTR_INT:
      return sizeof(int64_t);
    case CTF_ATTR_FLOAT:
      return sizeof(float);
    case CTF_ATTR_BOOL:
      return sizeof(bool);
    case CTF_ATTR_TYPE:
      return sizeof(TF_DataType);
    case CTF_ATTR_SHAPE:
      return sizeof(ctf_shape);
    case CTF_ATTR_TENSOR:
      return sizeof(TF_Tensor*);
    default:
      return sizeof(ctf_attr_value);
  }
}

const ctf_op_def* ctf_op_def_find(const ctf_op_interface* op) {
  const size_t number = ctf_op_interface_number(op);
  pthread_once(&g_index_once, build_index);
  if (number != SIZE_MAX && g_defs[number] != NULL) return g_defs[number];
  const ctf_added_def* added = atomic_load_explicit(&g_last_def, memory_order_acquire);
  while (added != NULL && strcmp(added->def.name, op->name) != 0) added = added->next;
  return added != NULL ? &added->def : NULL;
}

static bool kernel_serves(const ctf_kernel_def* kernel, const ctf_op_interface* op, const ctf_attr_value* attrs) {
  if (!type_matches(op, attrs, kernel->type_attr == NULL ? "T" : kernel->type_attr, kernel->types)) return false;
  if (kernel->type_attr2 != NULL && !type_matches(op, attrs, kernel->type_attr2, kernel->types2)) return false;
  return kernel->type_attr3 == NULL || type_matches(op, attrs, kernel->type_attr3, kernel->types3);
}

const ctf_kernel_def* ctf_kernel_find(const ctf_op_interface* op, const ctf_attr_value* attrs, ctf_device_kind device) {
  for (uint16_t i = first_kernel(op, device); i != NO_KERNEL; i = g_kernels[i].next) {
    if (kernel_serves(g_kernels[i].kernel, op, attrs)) return g_kernels[i].kernel;
  }
  const ctf_added_kernel* best = NULL;
  for (const ctf_added_kernel* at = ctf_kernel_last_added(); device == CTF_DEVICE_CPU && at != NULL; at = at->next) {
    if (strcmp(at->kernel.op, op->name) != 0 || !kernel_serves(&at->kernel, op, attrs)) continue;
    if (best == NULL || at->priority > best->priority) best = at;
  }
  return best != NULL ? &best->kernel : NULL;
}

bool ctf_kernel_exists(const ctf_op_interface* op, ctf_device_kind device) {
  if (first_kernel(op, device) != NO_KERNEL) return true;
  const ctf_added_kernel* at = device == CTF_DEVICE_CPU ? ctf_kernel_last_added() : NULL;
  while (at != NULL && strcmp(at->kernel.op, op->name) != 0) at = at->next;
  return at != NULL;
}

const ctf_added_kernel* ctf_kernel_last_added(void) {
  return atomic_load_explicit(&g_last_kernel, memory_order_acquire);
}

void ctf_op_def_add(ctf_added_def* def) {
  pthread_mutex_lock(&g_adding);
  def->next = atomic_load_explicit(&g_last_def, memory_order_relaxed);
  // release: whoever finds it sees all of it, here and below.
  atomic_store_explicit(&g_last_def, def, memory_order_release);
  pthread_mutex_unlock(&g_adding);
}

void ctf_kernel_add(ctf_added_kernel* kernel) {
  pthread_mutex_lock(&g_adding);
  kernel->next = atomic_load_explicit(&g_last_kernel, memory_order_relaxed);
  atomic_store_explicit(&g_last_kernel, kernel, memory_order_release);
  pthread_mutex_unlock(&g_adding);
}

ctf_status ctf_kernels_visit(ctf_status (*visit)(const ctf_kernel_def* kernel, int32_t priority, void* arg),
                             void* arg) {
  pthread_once(&g_index_once, build_index);
  for (size_t i = 0; i < g_num_kernels; ++i) CTF_TRY(visit(g_kernels[i].kernel, 0, arg));
  for (const ctf_added_kernel* at = ctf_kernel_last_added(); at != NULL; at = at->next) {
    CTF_TRY(visit(&at->kernel, at->priority, arg));
  }
  return NULL;
}

void ctf_attrs_decode(const ctf_attrs_decl* decl, const ctf_op_interface* op, const ctf_attr_value* attrs,
                      void* out_attrs) {
  memset(out_attrs, 0, decl->bytes);
  for (size_t i = 0; i < decl->num_fields; ++i) {
    const ctf_attr_field* field = &decl->fields[i];
    const int j = ctf_op_interface_attr(op, field->name, strlen(field->name));
    if (j < 0) continue;  // the family's other ops have it
    CTF_ASSERT(field->bytes == ctf_attr_member_bytes(&op->attrs[j]));
    const ctf_attr_value* value = &attrs[j];
    // The members of the union begin at one address: a single value is as many bytes from there as its member has.
    const void* source = field->bytes == sizeof(ctf_attr_value) ? (const void*)value : (const void*)&value->s;
    memcpy((char*)out_attrs + field->offset, source, field->bytes);
  }
}
