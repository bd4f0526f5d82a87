// Elementwise fusion: which nodes become one step.
//
// Every node has a level: how often a way from the graph's beginning to it leaves an elementwise node for something
// that cannot be fused with it. Along an edge that can be fused the level stays. Nodes of one level that such edges
// connect are a group: a way out of it and back in again would rise on leaving, so there is none, and groups cannot
// wait for each other. The levels are the longest ways; a node with one operand then sinks to the level of its first
// reader, because what only a later group reads is best made there.
#include <string.h>

#include "engine/evaluate.h"
#include "engine/fused.h"
#include "engine/plan_graph.h"

#define MAX_TINY 64  // elements: of so few, groups that nothing connects are one, to save steps

typedef struct fuse_state {
  ctf_plan_graph* graph;
  ctf_allocator* local;
  const ctf_kernel_def** kernels;  // [nodes] NULL: cannot be fused
  ctf_shape* shapes;               // [nodes] of those that can
  uint32_t* key;                   // [nodes] the first node of the same device and shape, plus 1; 0: cannot be fused
  uint32_t* level;                 // [nodes]
  uint32_t* group;                 // [nodes] union-find
  uint32_t* part;                  // [nodes] CTF_NONE: stays a node of its own
  uint32_t num_parts;
  uint32_t* part_begin;  // [parts + 1] in part_nodes
  uint32_t* part_nodes;  // of a part: its head if it has one, then ascending
  uint32_t* head_of;     // [nodes] of groups: the node that makes what they begin with, plus 1; 0: none
  bool* read_outside;    // [nodes] somebody of another part reads the result
} fuse_state;

// ---- which nodes, with which

// Values that shapes are made of are computed before the run, by nodes of their own.
static void mark_values(const fuse_state* s, bool* is_value) {
  const ctf_plan_graph* graph = s->graph;
  for (size_t i = graph->num_nodes; i-- > 0;) {
    const ctf_plan_node* node = &graph->nodes[i];
    if (node->kind != CTF_PLAN_OP || node->op->def == NULL) continue;
    if (node->op->def->flags & CTF_OP_SHAPE_ONLY) continue;
    const bool through = is_value[i] && ctf_can_evaluate(node->op);
    for (int j = 0; j < node->num_inputs; ++j) {
      if (through || ctf_op_reads_value(node->op->def, j, node->num_inputs)) is_value[node->inputs[j].node] = true;
    }
  }
}

#define MIN_ROW 64  // elements: over shorter ones, an instruction costs more than what it does

// Rows of these lengths can be worked on one at a time, so that their reductions and what is made of them fit in.
static bool has_rows(ctf_shape shape) {
  const int64_t row = shape.rank >= 2 ? shape.dims[shape.rank - 1] : -1;
  return row == 1 || (row >= MIN_ROW && row <= CTF_FUSED_MAX_ROW);
}

// Along the last dimension alone.
static bool reduces_row(const ctf_plan_graph* graph, const ctf_plan_node* node) {
  const ctf_plan_node* axes = &graph->nodes[node->inputs[1].node];
  const TF_Operation* source = node->op->sources[0];
  int64_t axis;
  if (axes->kind != CTF_PLAN_CONSTANT || axes->num_controls > 0 || axes->constant->view.num_elements != 1) return false;
  if (source == NULL || !ctf_tensor_get_int(&axes->constant->view, 0, &axis)) return false;
  const ctf_shape input = source->output_shapes[node->op->inputs[0].index];
  return has_rows(input) && (axis == -1 || axis == input.rank - 1);
}

// The graph's lock is held.
static const ctf_kernel_def* find_fusible(const ctf_plan_graph* graph, const ctf_plan_node* node) {
  const TF_Operation* op = node->op;
  if (node->kind != CTF_PLAN_OP || op->def == NULL || op->num_outputs != 1 || op->num_inputs == 0) return NULL;
  if (op->def->flags != 0 || op->num_inputs > CTF_FUSED_MAX_OPERANDS) return NULL;
  for (int i = 0; i < op->num_inputs; ++i) {
    if ((int)op->input_types[i] >= CTF_DTYPE_REF) return NULL;
  }
  const ctf_device_kind kind = ctf_device_get_kind(graph->devices->devices[node->device]);
  const ctf_kernel_def* kernel = ctf_kernel_find(op->op, op->attrs, kind);
  const ctf_fusible* fuse = kernel != NULL ? kernel->fuse : NULL;
  if (fuse == NULL || (fuse->reduces_rows && !reduces_row(graph, node))) return NULL;
  const bool fits = fuse->accepts == NULL || fuse->accepts(op->decoded_attrs, op->input_types[0], op->output_types[0]);
  return fits ? kernel : NULL;
}

// How many dimensions nodes of one step have in common: those of rows leave out the last one.
static int key_rank(ctf_shape shape) { return has_rows(shape) ? shape.rank - 1 : shape.rank; }

static bool same_place(const fuse_state* s, uint32_t a, uint32_t b) {
  const ctf_shape x = s->shapes[a], y = s->shapes[b];
  if (s->graph->nodes[a].device != s->graph->nodes[b].device) return false;
  if (x.rank != y.rank || key_rank(x) != key_rank(y)) return false;
  return x.rank <= 0 || memcmp(x.dims, y.dims, sizeof(*x.dims) * (size_t)key_rank(x)) == 0;
}

static uint64_t hash_place(const fuse_state* s, uint32_t node) {
  const ctf_shape shape = s->shapes[node];
  uint64_t hash = (uint64_t)(shape.rank + 2) * UINT64_C(0x9e3779b97f4a7c15) + s->graph->nodes[node].device;
  for (int i = 0; i < key_rank(shape); ++i) hash = (hash ^ (uint64_t)shape.dims[i]) * UINT64_C(0x100000001b3);
  return hash ^ (hash >> 29);
}

// Equal keys: same device, and shapes of which the same is known, or which differ in rows of a length that is known.
// What turns out to differ all the same when the shapes are there runs op by op.
static ctf_status find_keys(fuse_state* s) {
  uint32_t* table;  // of nodes, plus 1
  size_t size = 16;
  while (size < 2 * s->graph->num_nodes) size *= 2;
  CTF_TRY(ctf_alloc_array(s->local, &table, size));
  for (uint32_t i = 0; i < s->graph->num_nodes; ++i) {
    if (s->kernels[i] == NULL) continue;
    size_t at = hash_place(s, i) & (size - 1);
    while (table[at] != 0 && !same_place(s, table[at] - 1, i)) at = (at + 1) & (size - 1);
    if (table[at] == 0) table[at] = i + 1;
    s->key[i] = table[at];
  }
  return NULL;
}

static ctf_status find_nodes(fuse_state* s) {
  const ctf_plan_graph* graph = s->graph;
  bool* is_value;
  if (graph->num_nodes == 0) return NULL;
  CTF_TRY(ctf_alloc_array(s->local, &is_value, graph->num_nodes));
  mark_values(s, is_value);
  TF_Graph* const source = graph->nodes[0].op->graph;
  pthread_mutex_lock(&source->lock);  // shapes may become better known meanwhile; dims, once there, stay
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    if (is_value[i]) continue;
    s->kernels[i] = find_fusible(graph, &graph->nodes[i]);
    if (s->kernels[i] != NULL) s->shapes[i] = graph->nodes[i].op->output_shapes[0];
  }
  pthread_mutex_unlock(&source->lock);
  return find_keys(s);
}

// What an Identity passes on is read where it comes from.
static void look_through(const fuse_state* s) {
  const ctf_plan_graph* graph = s->graph;
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    if (s->kernels[i] == NULL) continue;
    ctf_plan_node* node = &graph->nodes[i];
    for (int j = 0; j < node->num_inputs; ++j) {
      for (;;) {
        const ctf_plan_node* from = &graph->nodes[node->inputs[j].node];
        if (from->kind != CTF_PLAN_OP || from->num_controls > 0 || from->device != node->device) break;
        if (strcmp(from->op->op->name, "Identity") != 0 || (int)from->op->input_types[0] >= CTF_DTYPE_REF) break;
        node->inputs[j] = from->inputs[0];
      }
    }
  }
}

// ---- levels and groups

static bool is_soft(const fuse_state* s, uint32_t from, uint32_t to) {
  return s->key[from] != 0 && s->key[from] == s->key[to];
}

static uint32_t rise(const fuse_state* s, uint32_t from, uint32_t to) {
  return s->key[from] != 0 && !is_soft(s, from, to);
}

static void find_levels(const fuse_state* s) {
  const ctf_plan_graph* graph = s->graph;
  for (uint32_t i = 0; i < graph->num_nodes; ++i) {
    const ctf_plan_node* node = &graph->nodes[i];
    uint32_t level = s->level[i];
    for (int j = 0; j < node->num_inputs; ++j) {
      const uint32_t from = node->inputs[j].node, least = s->level[from] + rise(s, from, i);
      if (least > level) level = least;
    }
    for (size_t j = 0; j < node->num_controls; ++j) {
      const uint32_t least = s->level[node->controls[j]] + (s->key[node->controls[j]] != 0);
      if (least > level) level = least;
    }
    s->level[i] = level;
  }
}

static bool has_one_operand(const fuse_state* s, const ctf_plan_node* node) {
  int operands = 0;
  for (int i = 0; i < node->num_inputs; ++i) operands += s->graph->nodes[node->inputs[i].node].kind == CTF_PLAN_OP;
  return operands <= 1;
}

static ctf_status sink_nodes(const fuse_state* s) {
  const ctf_plan_graph* graph = s->graph;
  uint32_t* limit;  // [nodes] the highest level that its readers leave, plus 1; 0: it has none
  CTF_TRY(ctf_alloc_array(s->local, &limit, graph->num_nodes));
  for (uint32_t i = (uint32_t)graph->num_nodes; i-- > 0;) {
    const ctf_plan_node* node = &graph->nodes[i];
    if (s->key[i] != 0 && limit[i] > s->level[i] + 1 && has_one_operand(s, node)) s->level[i] = limit[i] - 1;
    for (int j = 0; j < node->num_inputs; ++j) {
      const uint32_t from = node->inputs[j].node, most = s->level[i] - rise(s, from, i) + 1;
      if (limit[from] == 0 || limit[from] > most) limit[from] = most;
    }
    for (size_t j = 0; j < node->num_controls; ++j) {
      const uint32_t from = node->controls[j], most = s->level[i] - (s->key[from] != 0) + 1;
      if (limit[from] == 0 || limit[from] > most) limit[from] = most;
    }
  }
  return NULL;
}

static uint32_t find_group(const fuse_state* s, uint32_t node) {
  while (s->group[node] != node) node = s->group[node] = s->group[s->group[node]];
  return node;
}

static void join(const fuse_state* s, uint32_t a, uint32_t b) {
  const uint32_t x = find_group(s, a), y = find_group(s, b);
  if (x < y) s->group[y] = x;
  if (y < x) s->group[x] = y;
}

static ctf_status join_tiny(const fuse_state* s) {
  uint32_t* table;  // of nodes, plus 1: the first of its key and level
  size_t size = 16;
  while (size < 2 * s->graph->num_nodes) size *= 2;
  CTF_TRY(ctf_alloc_array(s->local, &table, size));
  for (uint32_t i = 0; i < s->graph->num_nodes; ++i) {
    int64_t count;
    if (s->key[i] == 0 || !ctf_shape_known(s->shapes[i])) continue;
    if (!ctf_shape_num_elements(s->shapes[i], &count) || count > MAX_TINY) continue;
    const uint64_t mixed = ((uint64_t)s->key[i] << 32 | s->level[i]) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (mixed >> 24) & (size - 1);
    while (table[at] != 0 && (s->key[table[at] - 1] != s->key[i] || s->level[table[at] - 1] != s->level[i])) {
      at = (at + 1) & (size - 1);
    }
    if (table[at] == 0) table[at] = i + 1;
    join(s, table[at] - 1, i);
  }
  return NULL;
}

static ctf_status find_groups(fuse_state* s) {
  const ctf_plan_graph* graph = s->graph;
  find_levels(s);
  CTF_TRY(sink_nodes(s));
  for (uint32_t i = 0; i < graph->num_nodes; ++i) s->group[i] = i;
  for (uint32_t i = 0; i < graph->num_nodes; ++i) {
    const ctf_plan_node* node = &graph->nodes[i];
    for (int j = 0; j < node->num_inputs; ++j) {
      const uint32_t from = node->inputs[j].node;
      if (is_soft(s, from, i) && s->level[from] == s->level[i]) join(s, from, i);
    }
  }
  return join_tiny(s);
}

// ---- parts: as much of a group as one program holds

// Who reads a node: one group of elementwise nodes and nobody else, or others.
#define NOBODY UINT32_MAX
#define OTHERS (UINT32_MAX - 1)

static void note_reader(uint32_t* reader, uint32_t group) {
  *reader = *reader == NOBODY || *reader == group ? group : OTHERS;
}

static ctf_status list_only_readers(const fuse_state* s, uint32_t** out_readers) {
  const ctf_plan_graph* graph = s->graph;
  uint32_t* readers;  // [nodes]
  CTF_TRY(ctf_alloc_array(s->local, &readers, graph->num_nodes));
  *out_readers = readers;
  for (size_t i = 0; i < graph->num_nodes; ++i) readers[i] = NOBODY;
  for (uint32_t i = 0; i < graph->num_nodes; ++i) {
    const ctf_plan_node* node = &graph->nodes[i];
    const uint32_t group = s->key[i] != 0 ? find_group(s, i) : OTHERS;
    for (int j = 0; j < node->num_inputs; ++j) note_reader(&readers[node->inputs[j].node], group);
    // Who waits for it without reading it might be read by the group in turn.
    for (size_t j = 0; j < node->num_controls; ++j) readers[node->controls[j]] = OTHERS;
  }
  for (size_t i = 0; i < graph->num_fetches; ++i) readers[graph->fetches[i].node] = OTHERS;
  for (size_t i = 0; i < graph->num_targets; ++i) readers[graph->targets[i]] = OTHERS;
  return NULL;
}

// A product or convolution of the group's shape and type, whose result the group works on while it is in the cache.
static const ctf_kernel_def* find_head(const fuse_state* s, uint32_t at, uint32_t last) {
  const ctf_plan_node* node = &s->graph->nodes[at];
  const TF_Operation *op = node->op, *end = s->graph->nodes[last].op;
  if (node->kind != CTF_PLAN_OP || op->def == NULL || op->num_outputs != 1) return NULL;
  if (node->num_inputs > CTF_FUSED_MAX_OPERANDS || node->device != s->graph->nodes[last].device) return NULL;
  const TF_DataType dtype = op->output_types[0];
  if ((dtype != TF_FLOAT && dtype != TF_DOUBLE) || dtype != end->output_types[0]) return NULL;
  const ctf_device_kind kind = ctf_device_get_kind(s->graph->devices->devices[node->device]);
  const ctf_kernel_def* kernel = ctf_kernel_find(op->op, op->attrs, kind);
  if (kernel == NULL || !(kernel->flags & CTF_EPILOGUE)) return NULL;
  pthread_mutex_lock(&op->graph->lock);
  const bool same = ctf_shape_equal(op->output_shapes[0], s->shapes[last]);
  pthread_mutex_unlock(&op->graph->lock);
  return same ? kernel : NULL;
}

static ctf_status find_heads(fuse_state* s, const uint32_t* sizes) {
  const uint32_t count = (uint32_t)s->graph->num_nodes;
  uint32_t *readers, *last;  // [nodes] of groups: their last member
  CTF_TRY(list_only_readers(s, &readers));
  CTF_TRY(ctf_alloc_array(s->local, &last, count));
  for (uint32_t i = 0; i < count; ++i) {
    if (s->key[i] != 0) last[find_group(s, i)] = i;
  }
  for (uint32_t i = 0; i < count; ++i) {  // the last one that can be
    if (readers[i] >= count || s->key[i] != 0 || sizes[readers[i]] >= CTF_FUSED_MAX_INSTRS) continue;
    const ctf_kernel_def* kernel = find_head(s, i, last[readers[i]]);
    if (kernel == NULL) continue;
    s->kernels[i] = kernel;
    s->head_of[readers[i]] = i + 1;
  }
  return NULL;
}

// Parts are numbered as their groups begin.
static ctf_status number_parts(fuse_state* s) {
  const uint32_t count = (uint32_t)s->graph->num_nodes;
  uint32_t *size, *open, *filled;  // [nodes] of groups: members; the part that is being filled, and how far
  CTF_TRY(ctf_alloc_array(s->local, &size, count));
  CTF_TRY(ctf_alloc_array(s->local, &open, count));
  CTF_TRY(ctf_alloc_array(s->local, &filled, count));
  for (uint32_t i = 0; i < count; ++i) {
    s->part[i] = CTF_NONE;
    if (s->key[i] != 0) ++size[find_group(s, i)];
  }
  CTF_TRY(find_heads(s, size));
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t group = find_group(s, i), head = s->head_of[group];
    if (s->key[i] == 0 || size[group] + (head != 0) < 2) continue;
    if (filled[group] % CTF_FUSED_MAX_INSTRS == 0) open[group] = s->num_parts++;
    s->part[i] = open[group];
    if (filled[group]++ == 0 && head != 0) s->part[head - 1] = s->part[i];
  }
  return NULL;
}

static bool is_head(const fuse_state* s, uint32_t node) { return s->part[node] != CTF_NONE && s->key[node] == 0; }

static ctf_status list_parts(fuse_state* s) {
  const uint32_t count = (uint32_t)s->graph->num_nodes;
  CTF_TRY(number_parts(s));
  CTF_TRY(ctf_alloc_array(s->local, &s->part_begin, (size_t)s->num_parts + 2));
  CTF_TRY(ctf_alloc_array(s->local, &s->part_nodes, count));
  uint32_t* next = s->part_begin + 1;  // filling moves each begin to its end, which is the next one's begin
  for (uint32_t i = 0; i < count; ++i) {
    if (s->part[i] != CTF_NONE) ++next[s->part[i] + 1];
  }
  for (uint32_t i = 0; i < s->num_parts; ++i) next[i + 1] += next[i];
  for (int heads = 1; heads >= 0; --heads) {
    for (uint32_t i = 0; i < count; ++i) {
      if (s->part[i] != CTF_NONE && is_head(s, i) == (heads == 1)) s->part_nodes[next[s->part[i]]++] = i;
    }
  }
  return NULL;
}

static ctf_status find_readers(fuse_state* s) {
  const ctf_plan_graph* graph = s->graph;
  CTF_TRY(ctf_alloc_array(s->local, &s->read_outside, graph->num_nodes));
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    const ctf_plan_node* node = &graph->nodes[i];
    for (int j = 0; j < node->num_inputs; ++j) {
      const uint32_t from = node->inputs[j].node;
      if (s->part[i] == CTF_NONE || s->part[i] != s->part[from]) s->read_outside[from] = true;
    }
  }
  for (size_t i = 0; i < graph->num_fetches; ++i) s->read_outside[graph->fetches[i].node] = true;
  return NULL;
}

// ---- the new graph

typedef struct rebuild_state {
  fuse_state* s;
  uint32_t* base;        // [nodes] the number of its first tensor
  uint32_t* input_of;    // [tensors] of the part that is being made: which input, plus 1
  uint32_t* member_of;   // [nodes] of the part: which member
  uint32_t* output_of;   // [nodes] of members: which output of the fused node
  ctf_plan_node* nodes;  // [units] the new nodes: parts first, then the nodes that stay
  uint32_t* unit;        // [nodes]
  uint32_t num_units;
} rebuild_state;

static ctf_status gather_controls(const rebuild_state* r, uint32_t part, ctf_plan_node* out) {
  const fuse_state* s = r->s;
  size_t count = 0;
  for (uint32_t i = s->part_begin[part]; i < s->part_begin[part + 1]; ++i) {
    count += s->graph->nodes[s->part_nodes[i]].num_controls;
  }
  CTF_TRY(ctf_alloc_array(s->graph->scratch, &out->controls, count));
  for (uint32_t i = s->part_begin[part]; i < s->part_begin[part + 1]; ++i) {
    const ctf_plan_node* node = &s->graph->nodes[s->part_nodes[i]];
    for (size_t j = 0; j < node->num_controls; ++j) out->controls[out->num_controls++] = node->controls[j];
  }
  return NULL;
}

// Inputs and controls still name old nodes.
static ctf_status make_part(rebuild_state* r, uint32_t part) {
  fuse_state* s = r->s;
  const ctf_plan_graph* graph = s->graph;
  const uint32_t begin = s->part_begin[part], count = s->part_begin[part + 1] - begin;
  ctf_plan_node* out = &r->nodes[part];
  ctf_fused_member* members;
  CTF_TRY(ctf_alloc_array(s->local, &members, count));
  CTF_TRY(ctf_alloc_array(graph->scratch, &out->inputs, (size_t)count * CTF_FUSED_MAX_OPERANDS));
  for (uint32_t i = 0; i < count; ++i) {  // the step's inputs
    const uint32_t at = s->part_nodes[begin + i];
    r->member_of[at] = i;
    for (int j = 0; j < graph->nodes[at].num_inputs; ++j) {
      const ctf_plan_edge edge = graph->nodes[at].inputs[j];
      uint32_t* input = &r->input_of[r->base[edge.node] + edge.index];
      if (s->part[edge.node] == part || *input != 0) continue;
      out->inputs[out->num_inputs++] = edge;
      *input = (uint32_t)out->num_inputs;
    }
  }
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t at = s->part_nodes[begin + i];
    const ctf_plan_node* node = &graph->nodes[at];
    members[i] = (ctf_fused_member){.op = node->op, .kernel = s->kernels[at], .is_output = s->read_outside[at]};
    for (int j = 0; j < node->num_inputs; ++j) {
      const ctf_plan_edge edge = node->inputs[j];
      members[i].inputs[j] = s->part[edge.node] == part ? (uint32_t)out->num_inputs + r->member_of[edge.node]
                                                        : r->input_of[r->base[edge.node] + edge.index] - 1;
    }
  }
  for (int i = 0; i < out->num_inputs; ++i) r->input_of[r->base[out->inputs[i].node] + out->inputs[i].index] = 0;
  out->kind = CTF_PLAN_OP;
  out->feed = CTF_NONE;
  out->device = graph->nodes[s->part_nodes[begin]].device;
  CTF_TRY(ctf_fused_make(members, count, is_head(s, s->part_nodes[begin]), (uint32_t)out->num_inputs, graph->kept,
                         &out->fused, &out->op));
  for (uint32_t i = 0; i < out->fused->program.num_outputs; ++i) {
    r->output_of[s->part_nodes[begin + out->fused->output_members[i]]] = i;
  }
  return gather_controls(r, part, out);
}

static ctf_status make_units(rebuild_state* r) {
  const fuse_state* s = r->s;
  const ctf_plan_graph* graph = s->graph;
  uint32_t tensors = 0;
  CTF_TRY(ctf_alloc_array(s->local, &r->base, graph->num_nodes));
  CTF_TRY(ctf_alloc_array(s->local, &r->member_of, graph->num_nodes));
  CTF_TRY(ctf_alloc_array(s->local, &r->output_of, graph->num_nodes));
  CTF_TRY(ctf_alloc_array(s->local, &r->unit, graph->num_nodes));
  CTF_TRY(ctf_alloc_array(s->local, &r->nodes, graph->num_nodes));
  for (size_t i = 0; i < graph->num_nodes; ++i) {
    r->base[i] = tensors;
    tensors += graph->nodes[i].kind == CTF_PLAN_OP ? (uint32_t)graph->nodes[i].op->num_outputs : 1;
  }
  CTF_TRY(ctf_alloc_array(s->local, &r->input_of, tensors));
  r->num_units = s->num_parts;
  for (uint32_t i = 0; i < graph->num_nodes; ++i) r->unit[i] = s->part[i] != CTF_NONE ? s->part[i] : r->num_units++;
  for (uint32_t i = 0; i < s->num_parts; ++i) CTF_TRY(make_part(r, i));
  for (uint32_t i = 0; i < graph->num_nodes; ++i) {
    if (s->part[i] == CTF_NONE) r->nodes[r->unit[i]] = graph->nodes[i];
  }
  return NULL;
}

static ctf_plan_edge move_edge(const rebuild_state* r, ctf_plan_edge edge) {
  const bool fused = r->s->part[edge.node] != CTF_NONE;
  return (ctf_plan_edge){r->unit[edge.node], fused ? r->output_of[edge.node] : edge.index};
}

// ---- a topological order of the units, as close to the file's as there is: Kahn, "Topological sorting of large
// networks", CACM 5(11), 1962, with a heap of those that can go on

typedef struct unit_heap {
  uint64_t* items;  // the place in the file, then the unit
  size_t count;
} unit_heap;

static void push_unit(unit_heap* heap, uint64_t item) {
  size_t at = heap->count++;
  for (; at > 0 && heap->items[(at - 1) / 2] > item; at = (at - 1) / 2) heap->items[at] = heap->items[(at - 1) / 2];
  heap->items[at] = item;
}

static uint64_t pop_unit(unit_heap* heap) {
  const uint64_t top = heap->items[0], last = heap->items[--heap->count];
  size_t at = 0;
  for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
    if (child + 1 < heap->count && heap->items[child + 1] < heap->items[child]) ++child;
    if (heap->items[child] >= last) break;
    heap->items[at] = heap->items[child];
  }
  heap->items[at] = last;
  return top;
}

typedef struct unit_edges {
  uint32_t* waits;  // [units] for how many
  uint32_t* begin;  // [units + 1]
  uint32_t* after;  // units that wait for it
} unit_edges;

static ctf_status list_edges(const rebuild_state* r, unit_edges* out) {
  CTF_TRY(ctf_alloc_array(r->s->local, &out->waits, r->num_units));
  CTF_TRY(ctf_alloc_array(r->s->local, &out->begin, (size_t)r->num_units + 2));
  uint32_t* next = out->begin + 1;
  for (int fill = 0; fill < 2; ++fill) {
    for (uint32_t i = 0; i < r->num_units; ++i) {
      const ctf_plan_node* node = &r->nodes[i];
      for (size_t j = 0; j < (size_t)node->num_inputs + node->num_controls; ++j) {
        const size_t inputs = (size_t)node->num_inputs;
        const uint32_t from = r->unit[j < inputs ? node->inputs[j].node : node->controls[j - inputs]];
        if (fill) {
          out->after[next[from]++] = i;
        } else {
          ++next[from + 1];
          ++out->waits[i];
        }
      }
    }
    if (fill) break;
    for (uint32_t i = 0; i < r->num_units; ++i) next[i + 1] += next[i];
    CTF_TRY(ctf_alloc_array(r->s->local, &out->after, next[r->num_units]));
  }
  return NULL;
}

// *out_acyclic: false when units wait for each other, as the nodes of a loop do.
static ctf_status order_units(const rebuild_state* r, uint32_t* order, bool* out_acyclic) {
  unit_edges edges;
  unit_heap heap = {0};
  uint32_t* file_place;  // [units] of a part, its last member's; constants come first, where folding put some last
  uint32_t count = 0;
  CTF_TRY(list_edges(r, &edges));
  CTF_TRY(ctf_alloc_array(r->s->local, &heap.items, r->num_units));
  CTF_TRY(ctf_alloc_array(r->s->local, &file_place, r->num_units));
  for (uint32_t i = 0; i < r->s->graph->num_nodes; ++i) {
    if (r->s->graph->nodes[i].kind != CTF_PLAN_CONSTANT) file_place[r->unit[i]] = i;
  }
  for (uint32_t i = 0; i < r->num_units; ++i) {
    if (edges.waits[i] == 0) push_unit(&heap, (uint64_t)file_place[i] << 32 | i);
  }
  while (heap.count > 0) {
    const uint32_t unit = (uint32_t)pop_unit(&heap);
    order[count++] = unit;
    for (uint32_t i = edges.begin[unit]; i < edges.begin[unit + 1]; ++i) {
      const uint32_t after = edges.after[i];
      if (--edges.waits[after] == 0) push_unit(&heap, (uint64_t)file_place[after] << 32 | after);
    }
  }
  *out_acyclic = count == r->num_units;
  return NULL;
}

static ctf_status rebuild(fuse_state* s) {
  ctf_plan_graph* graph = s->graph;
  rebuild_state r = {.s = s};
  uint32_t *order, *place;
  ctf_plan_node* nodes;
  bool acyclic;
  CTF_TRY(make_units(&r));
  CTF_TRY(ctf_alloc_array(s->local, &order, r.num_units));
  CTF_TRY(ctf_alloc_array(s->local, &place, r.num_units));
  CTF_TRY(ctf_alloc_array(graph->scratch, &nodes, r.num_units));
  CTF_TRY(order_units(&r, order, &acyclic));
  if (!acyclic) {  // a loop of the graph's own: it is refused, by name, when kernels are looked for
    s->num_parts = 0;
    return NULL;
  }
  for (uint32_t i = 0; i < r.num_units; ++i) place[order[i]] = i;
  for (uint32_t i = 0; i < r.num_units; ++i) {
    ctf_plan_node* node = &nodes[i];
    *node = r.nodes[order[i]];
    for (int j = 0; j < node->num_inputs; ++j) {
      node->inputs[j] = move_edge(&r, node->inputs[j]);
      node->inputs[j].node = place[node->inputs[j].node];
    }
    for (size_t j = 0; j < node->num_controls; ++j) node->controls[j] = place[r.unit[node->controls[j]]];
  }
  for (size_t i = 0; i < graph->num_fetches; ++i) {
    graph->fetches[i] = move_edge(&r, graph->fetches[i]);
    graph->fetches[i].node = place[graph->fetches[i].node];
  }
  for (size_t i = 0; i < graph->num_targets; ++i) graph->targets[i] = place[r.unit[graph->targets[i]]];
  graph->nodes = nodes;
  graph->num_nodes = graph->capacity = r.num_units;
  return NULL;
}

static ctf_status fuse(fuse_state* s) {
  const size_t count = s->graph->num_nodes;
  CTF_TRY(ctf_alloc_array(s->local, &s->kernels, count));
  CTF_TRY(ctf_alloc_array(s->local, &s->shapes, count));
  CTF_TRY(ctf_alloc_array(s->local, &s->key, count));
  CTF_TRY(ctf_alloc_array(s->local, &s->level, count));
  CTF_TRY(ctf_alloc_array(s->local, &s->group, count));
  CTF_TRY(ctf_alloc_array(s->local, &s->part, count));
  CTF_TRY(ctf_alloc_array(s->local, &s->head_of, count));
  CTF_TRY(find_nodes(s));
  look_through(s);
  CTF_TRY(find_groups(s));
  CTF_TRY(list_parts(s));
  if (s->num_parts == 0) return NULL;
  CTF_TRY(find_readers(s));
  return rebuild(s);
}

ctf_status ctf_pass_fuse(ctf_plan_graph* graph) {
  fuse_state s = {.graph = graph};
  CTF_TRY(ctf_scratch_create(ctf_allocator_process(), 16384, &s.local));
  const ctf_status status = fuse(&s);
  ctf_allocator_free(s.local);
  CTF_TRY(status);
  return s.num_parts > 0 ? ctf_plan_graph_prune(graph) : NULL;  // what was looked through
}
