// Placement: a device for each node, then, once the passes are done, a kernel for each op and copies where an edge
// crosses devices.
#include <stdio.h>
#include <string.h>

#include "engine/plan_graph.h"
#include "runtime/log.h"

#define CPU 0  // of a device set

static bool holds_objects(const TF_Operation* node) {
  for (int i = 0; i < node->num_inputs; ++i) {
    if (ctf_dtype_get(node->input_types[i])->kind == CTF_KIND_OBJECT) return true;
  }
  for (int i = 0; i < node->num_outputs; ++i) {
    if (ctf_dtype_get(node->output_types[i])->kind == CTF_KIND_OBJECT) return true;
  }
  return false;
}

// ---- kernels

#define MAX_MISSING 16

typedef struct missing_op {  // an op that has no kernel, with one of its nodes
  const TF_Operation* node;
  uint32_t count;
} missing_op;

static bool has_kernel(const ctf_plan_node* node, const ctf_device_set* devices) {
  if (node->fused != NULL) return true;
  const ctf_op_def* def = node->op->def;
  if (def == NULL) return false;
  if (def->flags & CTF_OP_VIEW) return true;
  const ctf_device_kind kind = ctf_device_get_kind(devices->devices[node->device]);
  return ctf_kernel_find(node->op->op, node->op->attrs, kind) != NULL;
}

static void note_missing(missing_op* missing, size_t* num_missing, size_t* num_more, const TF_Operation* node) {
  for (size_t i = 0; i < *num_missing; ++i) {
    if (missing[i].node->op == node->op) {
      ++missing[i].count;
      return;
    }
  }
  if (*num_missing == MAX_MISSING) {
    ++*num_more;
    return;
  }
  missing[(*num_missing)++] = (missing_op){node, 1};
}

// Its interface takes every type, and so does TensorFlow's kernel, which refuses when it runs.
static bool takes_every_type(const ctf_op_interface* op) {
  for (int i = 0; i < op->num_attrs; ++i) {
    if (op->attrs[i].kind == CTF_ATTR_TYPE && op->attrs[i].allowed_types == CTF_ANY_TYPE) return true;
  }
  return false;
}

// UNIMPLEMENTED; INVALID_ARGUMENT, as in TensorFlow, when all of them have kernels for other types only.
static ctf_status report_missing(const missing_op* missing, size_t num_missing, size_t num_more) {
  char list[4096];
  size_t used = 0;
  TF_Code code = TF_INVALID_ARGUMENT;
  for (size_t i = 0; i < num_missing && used + 256 < sizeof(list); ++i) {
    const TF_Operation* node = missing[i].node;
    const bool other_types = node->def != NULL && ctf_kernel_exists(node->op, CTF_DEVICE_CPU);
    if (!other_types || takes_every_type(node->op)) code = TF_UNIMPLEMENTED;
    const int type_attr = ctf_op_interface_attr(node->op, "T", 1);
    const char* type = other_types && type_attr >= 0 ? ctf_dtype_get(node->attrs[type_attr].type)->name : NULL;
    used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s%s%s (%u node%s, e.g. \"%.100s\")",
                             i > 0 ? ", " : "", node->op->name, type != NULL ? " for " : "", type != NULL ? type : "",
                             missing[i].count, missing[i].count > 1 ? "s" : "", node->name.data);
  }
  if (num_more > 0) snprintf(list + used, sizeof(list) - used, " and %zu more nodes", num_more);
  return ctf_error(code, "%zu op%s no kernel here: %s", num_missing, num_missing > 1 ? "s have" : " has", list);
}

static ctf_status unfed_placeholder(const TF_Operation* node) {
  return ctf_error(TF_INVALID_ARGUMENT,
                   "You must feed a value for placeholder tensor '%s' with dtype %s and shape %s [[{{node %s}}]]",
                   node->name.data, ctf_dtype_get(node->output_types[0])->tf_name,
                   ctf_shape_print(node->output_shapes[0]).text, node->name.data);
}

// Objects (strings, handles) live on the host, and so does what only looks at shapes.
static bool belongs_to_host(const TF_Operation* node) {
  return holds_objects(node) || (node->def != NULL && (node->def->flags & CTF_OP_HOST));
}

static void log_placement(const ctf_plan_graph* graph, const ctf_device_set* devices) {
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    const ctf_plan_node* node = &graph->nodes[i];
    if (node->kind != CTF_PLAN_OP && node->kind != CTF_PLAN_CONSTANT) continue;
    ctf_log(CTF_LOG_ASKED_FOR, "%s: (%s): %s", node->op->name.data, node->op->op->name,
            ctf_device_name(devices->devices[node->device]));
  }
}

ctf_status ctf_plan_graph_choose_devices(ctf_plan_graph* graph, TF_Graph* whole, const ctf_device_set* devices) {
  uint32_t* chosen;
  graph->devices = devices;
  CTF_TRY(ctf_graph_choose_devices(whole, graph, devices, &chosen));
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    ctf_plan_node* node = &graph->nodes[i];
    if (node->kind != CTF_PLAN_OP && node->kind != CTF_PLAN_CONSTANT) continue;
    node->device = chosen != NULL ? chosen[node->op->id] : (uint32_t)devices->default_device;
    // Constants are held on the host, and copied to where they are read.
    if (node->kind == CTF_PLAN_CONSTANT || belongs_to_host(node->op)) node->device = CPU;
  }
  if (devices->log_placement) log_placement(graph, devices);
  return NULL;
}

static ctf_status check_kernels(const ctf_plan_graph* graph, const ctf_device_set* devices) {
  missing_op missing[MAX_MISSING];
  size_t num_missing = 0, num_more = 0;
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    const ctf_plan_node* node = &graph->nodes[i];
    if (node->kind != CTF_PLAN_OP) continue;
    if (node->op->def != NULL && (node->op->def->flags & CTF_OP_GIVEN)) return unfed_placeholder(node->op);
    if (!has_kernel(node, devices)) note_missing(missing, &num_missing, &num_more, node->op);
  }
  return num_missing > 0 ? report_missing(missing, num_missing, num_more) : NULL;
}

// ---- copies

typedef struct copy_state {
  ctf_plan_graph* graph;
  ctf_plan_node* nodes;  // the new list: old nodes and copies, in order
  size_t count;
  size_t capacity;
  uint32_t* moved;  // [old nodes] their place in the new list
  uint32_t* head;   // [new nodes] the first copy of one of its outputs, plus 1
  uint32_t* next;   // [new nodes] of a copy: the next one of the same node, plus 1
} copy_state;

static ctf_status push(copy_state* s, const ctf_plan_node* node, uint32_t* out_at) {
  if (s->count == s->capacity) {
    const size_t capacity = 2 * s->capacity + 16;
    ctf_plan_node* nodes;
    uint32_t *head, *next;
    CTF_TRY(ctf_alloc_array(s->graph->scratch, &nodes, capacity));
    CTF_TRY(ctf_alloc_array(s->graph->scratch, &head, capacity));
    CTF_TRY(ctf_alloc_array(s->graph->scratch, &next, capacity));
    for (size_t i = 0; i < s->count; ++i) {
      nodes[i] = s->nodes[i];
      head[i] = s->head[i];
      next[i] = s->next[i];
    }
    s->nodes = nodes;
    s->head = head;
    s->next = next;
    s->capacity = capacity;
  }
  s->nodes[s->count] = *node;
  *out_at = (uint32_t)s->count++;
  return NULL;
}

static ctf_status copy_once(copy_state* s, ctf_plan_edge from, uint32_t device, ctf_plan_edge* out_edge) {
  for (uint32_t at = s->head[from.node]; at != 0; at = s->next[at - 1]) {
    const ctf_plan_node* copy = &s->nodes[at - 1];
    if (copy->device == device && copy->inputs[0].index == from.index) {
      *out_edge = (ctf_plan_edge){at - 1, 0};
      return NULL;
    }
  }
  ctf_plan_edge* input;
  uint32_t at;
  CTF_TRY(ctf_alloc_new(s->graph->scratch, &input));
  *input = from;
  const ctf_plan_node copy = {.kind = CTF_PLAN_COPY,
                              .op = s->nodes[from.node].op,
                              .feed = CTF_NONE,
                              .device = device,
                              .num_inputs = 1,
                              .inputs = input};
  CTF_TRY(push(s, &copy, &at));
  s->next[at] = s->head[from.node];
  s->head[from.node] = at + 1;
  *out_edge = (ctf_plan_edge){at, 0};
  return NULL;
}

// The tensor on another device; between two devices that are not the CPU it goes through the host.
static ctf_status reach(copy_state* s, uint32_t device, ctf_plan_edge* inout_edge) {
  const ctf_plan_node* from = &s->nodes[inout_edge->node];
  if (from->device == device) return NULL;
  if (from->device != CPU && device != CPU) CTF_TRY(copy_once(s, *inout_edge, CPU, inout_edge));
  return copy_once(s, *inout_edge, device, inout_edge);
}

static ctf_status connect(copy_state* s, ctf_plan_node* node) {
  const ctf_op_def* def = node->kind == CTF_PLAN_OP ? node->op->def : NULL;
  const bool shape_only = def != NULL && (def->flags & CTF_OP_SHAPE_ONLY) != 0;
  for (int i = 0; i < node->num_inputs; ++i) {
    node->inputs[i].node = s->moved[node->inputs[i].node];
    if (shape_only) continue;
    const bool on_host = def != NULL && ctf_op_reads_value(def, i, node->num_inputs);
    CTF_TRY(reach(s, on_host ? CPU : node->device, &node->inputs[i]));
  }
  for (size_t i = 0; i < node->num_controls; ++i) node->controls[i] = s->moved[node->controls[i]];
  return NULL;
}

static ctf_status insert_copies(ctf_plan_graph* graph) {
  copy_state s = {.graph = graph};
  CTF_TRY(ctf_alloc_array(graph->scratch, &s.moved, graph->num_nodes));
  // Folded constants stand behind their readers; all constants go first.
  for (int pass = 0; pass < 2; ++pass) {
    for (size_t i = 0; i < graph->num_nodes; ++i) {
      ctf_plan_node* node = &graph->nodes[i];
      if ((node->kind == CTF_PLAN_CONSTANT) != (pass == 0)) continue;
      if (node->kind != CTF_PLAN_CONSTANT) CTF_TRY(connect(&s, node));
      CTF_TRY(push(&s, node, &s.moved[i]));
    }
  }
  for (size_t i = 0; i < graph->num_nodes; ++i) {  // controls of constants: everything has its place now
    ctf_plan_node* node = &s.nodes[s.moved[i]];
    if (node->kind != CTF_PLAN_CONSTANT) continue;
    for (size_t j = 0; j < node->num_controls; ++j) node->controls[j] = s.moved[node->controls[j]];
  }
  for (size_t i = 0; i < graph->num_fetches; ++i) {
    graph->fetches[i].node = s.moved[graph->fetches[i].node];
    CTF_TRY(reach(&s, CPU, &graph->fetches[i]));
  }
  for (size_t i = 0; i < graph->num_targets; ++i) graph->targets[i] = s.moved[graph->targets[i]];
  graph->nodes = s.nodes;
  graph->num_nodes = s.count;
  graph->capacity = s.capacity;
  return NULL;
}

ctf_status ctf_plan_graph_place(ctf_plan_graph* graph, const ctf_device_set* devices) {
  CTF_TRY(check_kernels(graph, devices));
  return insert_copies(graph);
}
