// What this build can run, and what of a graph it cannot.
#include <string.h>

#include "ctf/ctf.h"
#include "engine/api/api.h"
#include "engine/device_spec.h"
#include "ops/registry.h"

struct CTF_OpList {
  ctf_allocator* scratch;  // the entries and their texts
  size_t count;
  size_t capacity;
  CTF_OpInfo* ops;
};

void CTF_DeleteOpList(CTF_OpList* list) {
  if (list == NULL) return;
  ctf_free(ctf_allocator_process(), list->ops);
  ctf_allocator_free(list->scratch);
  ctf_free(ctf_allocator_process(), list);
}

static ctf_status create_list(CTF_OpList** out_list) {
  CTF_OpList* list;
  CTF_TRY(ctf_alloc_new(ctf_allocator_process(), &list));
  const ctf_status status = ctf_scratch_create(ctf_allocator_process(), CTF_API_SCRATCH_BYTES, &list->scratch);
  if (status != NULL) {
    CTF_DeleteOpList(list);
    return status;
  }
  *out_list = list;
  return NULL;
}

// Views, constants and placeholders run nothing, so they need no kernel.
static bool needs_kernel(const ctf_op_def* def) {
  return def == NULL || (def->flags & (CTF_OP_VIEW | CTF_OP_GIVEN)) == 0;
}

// The types of all kernels of an op on the instruction set in use. SIM runs the CPU's kernels.
static uint64_t kernel_types(const char* op, const ctf_op_def* def) {
  uint64_t types = 0;
  if (!needs_kernel(def)) return CTF_ANY_TYPE;
  const ctf_kernel_table* const* tables = ctf_registry_cpu_kernels[ctf_isa_best()];
  for (size_t t = 0; tables != NULL && t < ctf_registry_num_cpu_kernels; ++t) {
    for (size_t k = 0; k < tables[t]->count; ++k) {
      if (strcmp(tables[t]->kernels[k].op, op) == 0) types |= tables[t]->kernels[k].types;
    }
  }
  return types;
}

static const char* family_of(const char* op) {
  for (size_t f = 0; f < ctf_registry_num_families; ++f) {
    const ctf_op_family_ops* family = ctf_registry_families[f];
    for (size_t i = 0; i < family->count; ++i) {
      if (strcmp(family->ops[i].name, op) == 0) return family->family;
    }
  }
  return "";
}

// Entries are kept in the order of their names.
static ctf_status find_entry(CTF_OpList* list, const char* op, const ctf_op_def* def, CTF_OpInfo** out_entry) {
  size_t at = 0;
  for (; at < list->count; ++at) {
    const int order = strcmp(list->ops[at].name, op);
    if (order == 0) {
      *out_entry = &list->ops[at];
      return NULL;
    }
    if (order > 0) break;
  }
  CTF_TRY(ctf_grow_array(ctf_allocator_process(), &list->ops, &list->capacity, list->count + 1));
  memmove(list->ops + at + 1, list->ops + at, (list->count - at) * sizeof(CTF_OpInfo));
  ++list->count;
  const uint64_t types = kernel_types(op, def);
  list->ops[at] = (CTF_OpInfo){.name = op,
                               .family = family_of(op),
                               .cpu_types = types,
                               .sim_types = types,
                               .has_gradient = def != NULL && def->gradient != NULL,
                               .example_node = ""};
  *out_entry = &list->ops[at];
  return NULL;
}

static ctf_status fill_all(CTF_OpList* list) {
  for (size_t f = 0; f < ctf_registry_num_families; ++f) {
    const ctf_op_family_ops* family = ctf_registry_families[f];
    for (size_t i = 0; i < family->count; ++i) {
      CTF_OpInfo* entry;
      CTF_TRY(find_entry(list, family->ops[i].name, &family->ops[i], &entry));
    }
  }
  return NULL;
}

CTF_OpList* CTF_AllOps(TF_Status* status) {
  CTF_OpList* list = NULL;
  ctf_status result = create_list(&list);
  if (result == NULL) result = fill_all(list);
  if (result != NULL) {
    CTF_DeleteOpList(list);
    list = NULL;
  }
  ctf_api_report(result, status);
  return list;
}

static bool can_run(const TF_Operation* node, ctf_device_kind kind) {
  if (!needs_kernel(node->def)) return true;
  return node->def != NULL && ctf_kernel_find(node->op, node->attrs, kind) != NULL;
}

static ctf_status fill_missing(CTF_OpList* list, TF_Graph* graph, ctf_device_kind kind) {
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    const TF_Operation* node = graph->nodes[i];
    CTF_OpInfo* entry;
    char* example;
    if (can_run(node, kind)) continue;
    CTF_TRY(find_entry(list, node->op->name, node->def, &entry));
    if (entry->num_nodes++ > 0) continue;
    CTF_TRY(ctf_alloc_string(list->scratch, node->name.data, node->name.length, &example));
    entry->example_node = example;
  }
  return NULL;
}

static ctf_status parse_kind(const char* device, ctf_device_kind* out_kind) {
  ctf_device_spec spec;
  if (device != NULL && ctf_device_spec_parse_name(device, &spec)) {
    if (!spec.has_type || strcmp(spec.type, "CPU") == 0) {
      *out_kind = CTF_DEVICE_CPU;
      return NULL;
    }
    if (strcmp(spec.type, "SIM") == 0) {
      *out_kind = CTF_DEVICE_SIM;
      return NULL;
    }
  }
  return ctf_error(TF_NOT_FOUND, "no kind of device '%s'; this build has CPU and SIM", device != NULL ? device : "");
}

CTF_OpList* CTF_GraphOpsWithoutKernel(TF_Graph* graph, const char* device, TF_Status* status) {
  CTF_OpList* list = NULL;
  ctf_device_kind kind = CTF_DEVICE_CPU;
  ctf_status result = graph != NULL ? parse_kind(device, &kind) : ctf_error(TF_INVALID_ARGUMENT, "the graph is NULL");
  if (result == NULL) result = create_list(&list);
  if (result == NULL) {
    pthread_mutex_lock(&graph->lock);
    result = fill_missing(list, graph, kind);
    pthread_mutex_unlock(&graph->lock);
  }
  if (result != NULL) {
    CTF_DeleteOpList(list);
    list = NULL;
  }
  ctf_api_report(result, status);
  return list;
}

size_t CTF_OpListCount(const CTF_OpList* list) { return list != NULL ? list->count : 0; }

void CTF_OpListGet(const CTF_OpList* list, size_t index, CTF_OpInfo* info, TF_Status* status) {
  ctf_status bad = NULL;
  if (info == NULL) {
    bad = ctf_error(TF_INVALID_ARGUMENT, "the place for the result is NULL");
  } else if (index >= CTF_OpListCount(list)) {
    bad = ctf_error(TF_INVALID_ARGUMENT, "op %zu was asked for, there are %zu", index, CTF_OpListCount(list));
  } else {
    ctf_api_fill_struct(info, info->struct_size, &list->ops[index], sizeof(list->ops[index]));
  }
  ctf_api_report(bad, status);
}
