// Devices for the nodes of a graph: what their device strings ask for, and one device for all of a colocation group.
//
// As in TensorFlow, the whole graph is placed and not what a run needs of it: a device that is not there is an error of
// the graph. Groups are merged in the order of the nodes, so that the messages name the same pairs.
#include <string.h>

#include "engine/describe.h"
#include "engine/device_spec.h"
#include "engine/plan_graph.h"
#include "runtime/log.h"

#define CLASS_ATTR "_class"
#define CLASS_PREFIX "loc:@"
#define CPU 0  // of a device set

enum { LIST_BYTES = 1024, MESSAGE_BYTES = 4096 };

typedef struct member {  // a node that has a device string or is colocated
  const TF_Operation* node;
  ctf_device_spec asked;   // by the node itself
  ctf_device_spec merged;  // (roots only) by the group
  uint32_t parent;         // itself: it is the root
  uint32_t rank;
  uint32_t device;  // (roots only) CTF_NONE: not looked for
} member;

typedef struct placement {
  const ctf_device_set* devices;
  ctf_allocator* scratch;
  const TF_Graph* graph;
  bool* wanted;            // [nodes]; NULL: all
  ctf_string_map* groups;  // name of a group -> the first member, plus 1
  size_t num_members;
  member* members;      // in the order of their nodes
  uint32_t* member_of;  // [nodes]
  uint32_t num_relaxed;
  const member* relaxed;  // the first that is not where it or its group asked to be
  const member* relaxed_root;
} placement;

// ---- members

static const ctf_attr_value* classes_of(const TF_Operation* node) {
  for (size_t i = 0; i < node->num_extra_attrs; ++i) {
    const ctf_named_attr* const attr = &node->extra_attrs[i];
    if (!ctf_bytes_equal(attr->name, CLASS_ATTR)) continue;
    return attr->value.is_list && attr->value.kind == CTF_ATTR_STRING ? &attr->value : NULL;
  }
  return NULL;
}

// The group that a class names; false: it names none.
static bool group_name(ctf_bytes text, ctf_bytes* out_name) {
  const size_t prefix = strlen(CLASS_PREFIX);
  if (text.length < prefix || memcmp(text.data, CLASS_PREFIX, prefix) != 0) return false;
  *out_name = (ctf_bytes){text.data + prefix, text.length - prefix};
  return true;
}

static bool is_wanted(const placement* p, size_t node) { return p->wanted == NULL || p->wanted[node]; }

static ctf_status list_groups(placement* p) {
  ctf_bytes name;
  for (size_t i = 0; i < p->graph->num_nodes; ++i) {
    const ctf_attr_value* const classes = is_wanted(p, i) ? classes_of(p->graph->nodes[i]) : NULL;
    for (size_t k = 0; classes != NULL && k < classes->count; ++k) {
      if (!group_name(classes->strings[k], &name)) continue;
      if (p->groups == NULL) CTF_TRY(ctf_string_map_create(p->scratch, &p->groups));
      CTF_TRY(ctf_string_map_put(p->groups, name.data, name.length, 0));
    }
  }
  return NULL;
}

static bool is_member(const placement* p, const TF_Operation* node) {
  uint64_t first;
  ctf_bytes name;
  if (node->device.length > 0) return true;
  if (p->groups == NULL) return false;
  if (ctf_string_map_get(p->groups, node->name.data, node->name.length, &first)) return true;
  const ctf_attr_value* const classes = classes_of(node);
  for (size_t k = 0; classes != NULL && k < classes->count; ++k) {
    if (group_name(classes->strings[k], &name)) return true;
  }
  return false;
}

static ctf_status malformed(const TF_Operation* node) {
  char buffer[MESSAGE_BYTES];
  ctf_text text = CTF_TEXT(buffer);
  ctf_text_put_node(&text, node);
  // TensorFlow's numbers begin behind those of its source and its sink.
  return ctf_error(
      TF_INVALID_ARGUMENT,
      "Malformed device specification '%s' in node: {name:'%s' id:%u op device:{requested: '%s', assigned: "
      "''} def:{%s}}",
      node->device.data, node->name.data, node->id + 2, node->device.data, buffer);
}

static ctf_status list_members(placement* p) {
  const size_t num_nodes = p->graph->num_nodes;
  size_t count = 0;
  CTF_TRY(list_groups(p));
  for (size_t i = 0; i < num_nodes; ++i) count += is_wanted(p, i) && is_member(p, p->graph->nodes[i]);
  if (count == 0) return NULL;
  CTF_TRY(ctf_alloc_array(p->scratch, &p->members, count));
  CTF_TRY(ctf_alloc_array(p->scratch, &p->member_of, num_nodes));
  for (size_t i = 0; i < num_nodes; ++i) {
    const TF_Operation* const node = p->graph->nodes[i];
    p->member_of[i] = CTF_NONE;
    if (!is_wanted(p, i) || !is_member(p, node)) continue;
    const uint32_t number = (uint32_t)p->num_members++;
    member* const m = &p->members[number];
    *m = (member){.node = node, .parent = number, .device = CTF_NONE};
    p->member_of[i] = number;
    if (!ctf_device_spec_parse(node->device.data, &m->asked)) return malformed(node);
    m->merged = m->asked;
  }
  return NULL;
}

// ---- groups

static uint32_t root_of(placement* p, uint32_t number) {
  while (p->members[number].parent != number) {
    p->members[number].parent = p->members[p->members[number].parent].parent;  // halves the way of the next one
    number = p->members[number].parent;
  }
  return number;
}

static ctf_status join(placement* p, uint32_t a, uint32_t b) {
  uint32_t root = root_of(p, a), other = root_of(p, b);
  if (root == other) return NULL;
  if (p->members[root].rank < p->members[other].rank) {
    const uint32_t swapped = root;
    root = other;
    other = swapped;
  }
  member* const r = &p->members[root];
  member* const o = &p->members[other];
  const ctf_status status = ctf_device_spec_merge(&r->merged, &o->merged, p->devices->soft_placement);
  if (status != NULL) {
    const TF_Operation *const x = p->members[a].node, *const y = p->members[b].node;
    const ctf_status whole =
        ctf_error(ctf_status_code(status),
                  "Cannot colocate nodes {{colocation_node %s}} and {{colocation_node %s}}: %s\n\t [[{{node %s}}]]",
                  x->name.data, y->name.data, ctf_status_message(status), x->name.data);
    ctf_status_drop(status);  // its message is part of the one that replaces it
    return whole;
  }
  if (r->rank == o->rank) ++r->rank;
  o->parent = root;
  return NULL;
}

static ctf_status join_group(placement* p, uint32_t number, ctf_bytes group) {
  uint64_t first;
  if (!ctf_string_map_get(p->groups, group.data, group.length, &first)) return NULL;  // nobody wants to be with it
  if (first == 0) return ctf_string_map_put(p->groups, group.data, group.length, (uint64_t)number + 1);
  return join(p, number, (uint32_t)first - 1);
}

static ctf_status join_all(placement* p) {
  ctf_bytes name;
  for (uint32_t i = 0; p->groups != NULL && i < p->num_members; ++i) {
    const TF_Operation* const node = p->members[i].node;
    const ctf_attr_value* const classes = classes_of(node);
    for (size_t k = 0; classes != NULL && k < classes->count; ++k) {
      if (group_name(classes->strings[k], &name)) CTF_TRY(join_group(p, i, name));
    }
    CTF_TRY(join_group(p, i, node->name));
  }
  return NULL;
}

// ---- devices

static void list_devices(const ctf_device_set* devices, char* buffer, size_t size) {
  ctf_text text = {.data = buffer, .size = size};
  buffer[0] = '\0';
  for (size_t i = 0; i < devices->num_devices; ++i) {
    ctf_text_put(&text, "%s%s", i > 0 ? ", " : "", ctf_device_name(devices->devices[i]));
    for (int k = 1; i == CPU && k < devices->num_cpus; ++k) {
      ctf_text_put(&text, ", /job:localhost/replica:0/task:0/device:CPU:%d", k);
    }
  }
}

static ctf_status no_such_device(const placement* p, const member* m, const member* root) {
  char list[LIST_BYTES];
  const char* const name = m->node->name.data;
  list_devices(p->devices, list, sizeof(list));
  if (!ctf_device_spec_equal(&m->asked, &root->merged)) {
    return ctf_error(TF_INVALID_ARGUMENT,
                     "Cannot assign a device for operation %s: Could not satisfy explicit device specification '%s' "
                     "because the node {{colocation_node %s}} was colocated with a group of nodes that required "
                     "incompatible device '%s'. All available devices [%s].",
                     name, m->node->device.data, name, ctf_device_spec_print(&root->merged).text, list);
  }
  return ctf_error(TF_INVALID_ARGUMENT,
                   "Cannot assign a device for operation %s: {{node %s}} was explicitly assigned to %s but available "
                   "devices are [ %s ]. Make sure the device specification refers to a valid device.",
                   name, name, m->node->device.data, list);
}

static uint32_t find_device(const ctf_device_set* devices, const ctf_device_spec* spec) {
  const uint32_t usual = (uint32_t)devices->default_device;
  if (!spec->has_type && ctf_device_spec_fits(spec, devices->devices[usual], devices->num_cpus)) return usual;
  for (uint32_t i = 0; i < devices->num_devices; ++i) {
    if (ctf_device_spec_fits(spec, devices->devices[i], devices->num_cpus)) return i;
  }
  return CTF_NONE;
}

// With soft placement, type and number of a device that is not there are let go.
static void relax(placement* p, const member* m, member* root) {
  ctf_device_spec loose = root->merged;
  loose.has_type = loose.has_ordinal = false;
  if (!ctf_device_spec_fits(&loose, p->devices->devices[CPU], p->devices->num_cpus)) return;
  root->device = CPU;
  if (p->num_relaxed++ > 0) return;
  p->relaxed = m;
  p->relaxed_root = root;
}

static ctf_status choose(placement* p, uint32_t number) {
  const member* const m = &p->members[number];
  member* const root = &p->members[root_of(p, number)];
  if (root->device != CTF_NONE) return NULL;
  root->device = find_device(p->devices, &root->merged);
  if (root->device == CTF_NONE && p->devices->soft_placement) relax(p, m, root);
  return root->device == CTF_NONE ? no_such_device(p, m, root) : NULL;
}

static ctf_status choose_all(placement* p) {
  for (int pass = 0; pass < 2; ++pass) {  // sources go last, where TensorFlow puts them beside who reads them
    for (uint32_t i = 0; i < p->num_members; ++i) {
      const TF_Operation* const node = p->members[i].node;
      const bool is_source = node->num_inputs == 0 && node->num_outputs == 1;
      if (is_source == (pass == 1)) CTF_TRY(choose(p, i));
    }
  }
  if (p->num_relaxed > 0) {
    ctf_log(CTF_LOG_WARNING, "%u device%s asked for %s not there, e.g. %s by node '%s'; the CPU stands in",
            p->num_relaxed, p->num_relaxed > 1 ? "s" : "", p->num_relaxed > 1 ? "are" : "is",
            ctf_device_spec_print(&p->relaxed_root->merged).text, p->relaxed->node->name.data);
  }
  return NULL;
}

static ctf_status place(placement* p, uint32_t** out_devices) {
  *out_devices = NULL;
  CTF_TRY(list_members(p));
  if (p->num_members == 0) return NULL;
  CTF_TRY(join_all(p));
  CTF_TRY(choose_all(p));
  for (size_t i = 0; i < p->graph->num_nodes; ++i) {
    const uint32_t number = p->member_of[i];
    p->member_of[i] = number == CTF_NONE ? (uint32_t)p->devices->default_device : p->members[root_of(p, number)].device;
  }
  *out_devices = p->member_of;
  return NULL;
}

static ctf_status mark_wanted(placement* p, const ctf_plan_graph* pruned) {
  CTF_TRY(ctf_alloc_array(p->scratch, &p->wanted, p->graph->num_nodes));
  for (size_t i = 0; i < pruned->num_nodes; ++i) p->wanted[pruned->nodes[i].op->id] = true;
  return NULL;
}

ctf_status ctf_graph_choose_devices(TF_Graph* graph, const ctf_plan_graph* pruned, const ctf_device_set* devices,
                                    uint32_t** out_devices) {
  ctf_status status = NULL;
  placement p = {.devices = devices, .scratch = pruned->scratch, .graph = graph};
  pthread_mutex_lock(&graph->lock);
  if (devices->place_pruned) CTF_TRY_DONE(mark_wanted(&p, pruned));
  CTF_TRY_DONE(place(&p, out_devices));

done:
  pthread_mutex_unlock(&graph->lock);
  ctf_string_map_free(p.groups);
  return status;
}
