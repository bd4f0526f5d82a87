#include "engine/static_value.h"

#include <string.h>

#include "engine/evaluate.h"

enum {
  MAX_BYTES = 64 * 1024,  // of a value that is computed here, and of what it is computed from
  MAX_PENDING = 1024,     // nodes that wait for their inputs
  MAX_SHAPE_DEPTH = 16,   // of Pack, ConcatV2, StridedSlice and Cast within each other
};

static bool op_is(const TF_Operation* node, const char* name) { return strcmp(node->op->name, name) == 0; }

static const ctf_tensor* const_value(const TF_Operation* node) {
  const TF_Tensor* tensor = node->attrs[ctf_op_interface_attr(node->op, "value", 5)].tensor;
  // A constant whose value has another type than the node fails when it runs; nobody may look at it before.
  return tensor != NULL && tensor->view.dtype == node->output_types[0] ? &tensor->view : NULL;
}

// What is known already.
static const ctf_tensor* known_value(const TF_Operation* node, int32_t index) {
  if (node == NULL || node->latest != NULL) return NULL;  // a loop's back edge, or no longer what was added
  if (op_is(node, "Const")) return const_value(node);
  return node->static_values != NULL && node->static_values[index] != NULL ? &node->static_values[index]->view : NULL;
}

static bool is_settled(const TF_Operation* node) {
  return node == NULL || op_is(node, "Const") || node->static_epoch == node->graph->shape_epoch;
}

// Ops that tell something about shapes are known once those are, whatever the values.
static bool reads_shape_alone(const TF_Operation* node) {
  return op_is(node, "Shape") || op_is(node, "Rank") || op_is(node, "Size") || op_is(node, "ShapeN");
}

static ctf_shape input_shape(const TF_Operation* node, int input) {
  const TF_Operation* const source = node->sources[input];
  return source != NULL ? source->output_shapes[node->inputs[input].index] : CTF_SHAPE_UNKNOWN;
}

// Rank needs less than the whole shape, but its kernel does not look at dimensions.
static bool shapes_known(const TF_Operation* node) {
  for (int i = 0; i < node->num_inputs; ++i) {
    const ctf_shape shape = input_shape(node, i);
    if (!ctf_shape_known(shape) && !(op_is(node, "Rank") && shape.rank >= 0)) return false;
  }
  return true;
}

// The tensors that a node is computed from. False: not all are known, or they are too large to be worth it.
static bool gather_inputs(const TF_Operation* node, ctf_tensor* out_inputs, int64_t* zeros) {
  for (int i = 0; i < node->num_inputs; ++i) {
    if (reads_shape_alone(node)) {
      const ctf_shape shape = input_shape(node, i);
      const TF_DataType type = node->input_types[i];
      out_inputs[i] = (ctf_tensor){.dtype = type, .rank = shape.rank, .dims = shape.dims, .bytes = 1};
      if (!ctf_shape_known(shape)) out_inputs[i].dims = zeros;
      if (!ctf_shape_num_elements(ctf_tensor_shape(&out_inputs[i]), &out_inputs[i].num_elements)) return false;
      continue;
    }
    const ctf_tensor* const value = known_value(node->sources[i], node->inputs[i].index);
    if (value == NULL || value->bytes > MAX_BYTES) return false;
    out_inputs[i] = *value;
  }
  return true;
}

// Computes a node whose inputs are settled, or finds that it cannot be known.
static ctf_status settle(TF_Operation* node, ctf_allocator* temporary) {
  ctf_tensor* inputs;
  int64_t* zeros;
  TF_Tensor** values;
  bool done = false;
  node->static_epoch = node->graph->shape_epoch;
  if (op_is(node, "PlaceholderWithDefault")) return NULL;  // a run may feed another value
  if (!ctf_can_evaluate(node) || (reads_shape_alone(node) && !shapes_known(node))) return NULL;
  CTF_TRY(ctf_alloc_array(temporary, &inputs, (size_t)node->num_inputs));
  CTF_TRY(ctf_alloc_array(temporary, &zeros, CTF_MAX_RANK));
  if (!gather_inputs(node, inputs, zeros)) return NULL;
  if (node->static_values == NULL) {
    CTF_TRY(ctf_alloc_array(node->graph->alloc, &node->static_values, (size_t)node->num_outputs));
  }
  CTF_TRY(ctf_alloc_array(temporary, &values, (size_t)node->num_outputs));
  const ctf_status status = ctf_evaluate(node, inputs, NULL, node->graph->budget, MAX_BYTES, &done, values);
  if (ctf_status_code(status) == TF_RESOURCE_EXHAUSTED) return status;
  ctf_status_drop(status);  // a run will say so, if one gets there
  for (int i = 0; done && i < node->num_outputs; ++i) {
    ctf_tensor_release(node->static_values[i]);
    node->static_values[i] = values[i];
  }
  return NULL;
}

// Whether the node can be known at all, before its inputs are looked at.
static bool is_candidate(const TF_Operation* node) {
  return node->latest == NULL && node->num_outputs > 0 && !reads_shape_alone(node) && ctf_can_evaluate(node);
}

ctf_status ctf_static_value(TF_Operation* node, int32_t index, ctf_allocator* temporary, const ctf_tensor** out_value) {
  TF_Operation* pending[MAX_PENDING];
  size_t count = 0;
  *out_value = NULL;
  if (node == NULL) return NULL;
  if (!is_settled(node)) pending[count++] = node;
  while (count > 0) {
    TF_Operation* const top = pending[count - 1];
    bool hopeless = !is_candidate(top);
    TF_Operation* next = NULL;
    for (int i = 0; i < top->num_inputs && !hopeless && next == NULL; ++i) {
      TF_Operation* const source = (TF_Operation*)top->sources[i];
      if (!is_settled(source)) {
        next = source;
      } else {
        hopeless = known_value(source, top->inputs[i].index) == NULL;
      }
    }
    if (next != NULL && count < MAX_PENDING) {
      pending[count++] = next;
      continue;
    }
    if (next != NULL) return NULL;  // too deep to be worth it
    --count;
    CTF_TRY(settle(top, temporary));
  }
  *out_value = known_value(node, index);
  return NULL;
}

// ---- values that are shapes

typedef struct shape_query {
  ctf_allocator* temporary;
  ctf_allocator* scratch;
} shape_query;

static ctf_status partial_shape(const shape_query* q, TF_Operation* node, int32_t index, int depth,
                                ctf_shape* out_shape);

static ctf_status partial_input(const shape_query* q, const TF_Operation* node, int input, int depth,
                                ctf_shape* out_shape) {
  return partial_shape(q, (TF_Operation*)node->sources[input], node->inputs[input].index, depth + 1, out_shape);
}

static ctf_status input_value(const shape_query* q, const TF_Operation* node, int input, const ctf_tensor** out_value) {
  return ctf_static_value((TF_Operation*)node->sources[input], node->inputs[input].index, q->temporary, out_value);
}

static const ctf_attr_value* attr_of(const TF_Operation* node, const char* name) {
  return &node->attrs[ctf_op_interface_attr(node->op, name, strlen(name))];
}

static ctf_status shape_of_value(const shape_query* q, const ctf_tensor* value, ctf_shape* out_shape) {
  int64_t* dims;
  if (value->rank != 1 || value->num_elements > CTF_MAX_RANK) return NULL;
  CTF_TRY(ctf_alloc_array(q->scratch, &dims, (size_t)value->num_elements));
  for (int64_t i = 0; i < value->num_elements; ++i) {
    if (!ctf_tensor_get_int(value, i, &dims[i]) || dims[i] < -1) return NULL;
  }
  *out_shape = (ctf_shape){(int32_t)value->num_elements, dims};
  return NULL;
}

// An element of a shape, picked with begin == end - 1 and its dimension dropped: the way in which programs read one.
static ctf_status picked_dim(const shape_query* q, const TF_Operation* node, int depth, int64_t* out_dim) {
  const ctf_tensor *begin, *stride;
  ctf_shape shape = CTF_SHAPE_UNKNOWN;
  int64_t at, step;
  *out_dim = -1;
  if (node == NULL || !op_is(node, "StridedSlice") || attr_of(node, "shrink_axis_mask")->i != 1) return NULL;
  CTF_TRY(partial_input(q, node, 0, depth, &shape));
  CTF_TRY(input_value(q, node, 1, &begin));
  CTF_TRY(input_value(q, node, 3, &stride));
  if (shape.rank < 0 || begin == NULL || stride == NULL || begin->num_elements != 1 || stride->num_elements != 1) {
    return NULL;
  }
  if (!ctf_tensor_get_int(begin, 0, &at) || !ctf_tensor_get_int(stride, 0, &step) || step != 1) return NULL;
  if (at < 0) at += shape.rank;
  if (at >= 0 && at < shape.rank) *out_dim = shape.dims[at];
  return NULL;
}

static ctf_status pack_shape(const shape_query* q, const TF_Operation* node, int depth, ctf_shape* out_shape) {
  int64_t* dims;
  if (node->num_inputs > CTF_MAX_RANK) return NULL;
  CTF_TRY(ctf_alloc_array(q->scratch, &dims, (size_t)node->num_inputs));
  for (int i = 0; i < node->num_inputs; ++i) {
    const ctf_tensor* value;
    if (input_shape(node, i).rank != 0) return NULL;
    CTF_TRY(input_value(q, node, i, &value));
    if (value != NULL) {
      if (!ctf_tensor_get_int(value, 0, &dims[i])) return NULL;
      if (dims[i] < -1) dims[i] = -1;
    } else {
      CTF_TRY(picked_dim(q, node->sources[i], depth, &dims[i]));
    }
  }
  *out_shape = (ctf_shape){node->num_inputs, dims};
  return NULL;
}

static ctf_status concat_shape(const shape_query* q, const TF_Operation* node, int depth, ctf_shape* out_shape) {
  int64_t* dims;
  int32_t rank = 0;
  CTF_TRY(ctf_alloc_array(q->scratch, &dims, CTF_MAX_RANK));
  for (int i = 0; i + 1 < node->num_inputs; ++i) {  // the last one is the axis, which can only be 0
    ctf_shape part = CTF_SHAPE_UNKNOWN;
    CTF_TRY(partial_input(q, node, i, depth, &part));
    if (part.rank < 0 || part.rank > CTF_MAX_RANK - rank) return NULL;
    for (int32_t k = 0; k < part.rank; ++k) dims[rank++] = part.dims[k];
  }
  *out_shape = (ctf_shape){rank, dims};
  return NULL;
}

// Where a slice of a vector begins or ends.
static ctf_status slice_edge(const shape_query* q, const TF_Operation* node, int input, const char* mask,
                             int64_t otherwise, int32_t rank, bool* out_known, int64_t* out_at) {
  const ctf_tensor* value;
  int64_t at;
  *out_at = otherwise;
  *out_known = true;
  if (attr_of(node, mask)->i & 1) return NULL;
  CTF_TRY(input_value(q, node, input, &value));
  *out_known = value != NULL && value->num_elements == 1 && ctf_tensor_get_int(value, 0, &at);
  if (!*out_known) return NULL;
  if (at < 0) at += rank;
  *out_at = at < 0 ? 0 : at > rank ? rank : at;
  return NULL;
}

static ctf_status slice_shape(const shape_query* q, const TF_Operation* node, int depth, ctf_shape* out_shape) {
  const ctf_tensor* stride;
  ctf_shape whole = CTF_SHAPE_UNKNOWN;
  int64_t begin, end, step, *dims;
  bool begin_known, end_known;
  int32_t count = 0;
  if (attr_of(node, "ellipsis_mask")->i | attr_of(node, "new_axis_mask")->i | attr_of(node, "shrink_axis_mask")->i) {
    return NULL;
  }
  CTF_TRY(partial_input(q, node, 0, depth, &whole));
  if (whole.rank < 0) return NULL;
  CTF_TRY(slice_edge(q, node, 1, "begin_mask", 0, whole.rank, &begin_known, &begin));
  CTF_TRY(slice_edge(q, node, 2, "end_mask", whole.rank, whole.rank, &end_known, &end));
  CTF_TRY(input_value(q, node, 3, &stride));
  if (!begin_known || !end_known || stride == NULL || stride->num_elements != 1) return NULL;
  if (!ctf_tensor_get_int(stride, 0, &step) || step <= 0) return NULL;
  CTF_TRY(ctf_alloc_array(q->scratch, &dims, (size_t)whole.rank));
  for (int64_t at = begin; at < end; at += step) {
    dims[count++] = whole.dims[at];
    if (step >= whole.rank) break;
  }
  *out_shape = (ctf_shape){count, dims};
  return NULL;
}

// Recursive, at most MAX_SHAPE_DEPTH levels.
static ctf_status partial_shape(const shape_query* q, TF_Operation* node, int32_t index, int depth,
                                ctf_shape* out_shape) {
  const ctf_tensor* value;
  *out_shape = CTF_SHAPE_UNKNOWN;
  if (node == NULL || node->latest != NULL || depth > MAX_SHAPE_DEPTH) return NULL;
  CTF_TRY(ctf_static_value(node, index, q->temporary, &value));
  if (value != NULL) return shape_of_value(q, value, out_shape);
  if (op_is(node, "Shape")) {
    *out_shape = input_shape(node, 0);
  } else if (op_is(node, "ShapeN")) {
    *out_shape = input_shape(node, index);
  } else if (op_is(node, "Cast")) {
    return partial_input(q, node, 0, depth, out_shape);
  } else if (op_is(node, "Pack")) {
    return pack_shape(q, node, depth, out_shape);
  } else if (op_is(node, "ConcatV2")) {
    return concat_shape(q, node, depth, out_shape);
  } else if (op_is(node, "StridedSlice")) {
    return slice_shape(q, node, depth, out_shape);
  }
  return NULL;
}

ctf_status ctf_static_shape(TF_Operation* node, int32_t index, ctf_allocator* temporary, ctf_allocator* scratch,
                            ctf_shape* out_shape) {
  const shape_query q = {temporary, scratch};
  return partial_shape(&q, node, index, 0, out_shape);
}
