// Slice and StridedSlice: the entries of begin, end and strides spread over the dimensions of the input.
#include "ops/slice.h"

#include <inttypes.h>

static const ctf_attr_field ctf_slice_attrs_fields[] = {
    CTF_FIELD(ctf_slice_attrs, begin_mask), CTF_FIELD(ctf_slice_attrs, end_mask),
    CTF_FIELD(ctf_slice_attrs, ellipsis_mask), CTF_FIELD(ctf_slice_attrs, new_axis_mask),
    CTF_FIELD(ctf_slice_attrs, shrink_axis_mask)};

enum {
  NEW_AXIS = -1,     // in place of a dimension of the input
  MAX_ENTRIES = 32,  // as many as a mask has bits in TensorFlow
};

// ---- Slice

ctf_status ctf_slice_plain(ctf_shape in, const ctf_tensor* begin, const ctf_tensor* size,
                           ctf_slice_geometry* out_geometry) {
  out_geometry->rank = out_geometry->out_rank = in.rank;
  for (int i = 0; i < in.rank; ++i) {
    const int64_t dim = in.dims[i];
    int64_t from = -1, count = -1;
    if (begin != NULL && !ctf_tensor_get_int(begin, i, &from))
      return ctf_error(TF_INVALID_ARGUMENT, "begin: no integer");
    if (size != NULL && !ctf_tensor_get_int(size, i, &count)) return ctf_error(TF_INVALID_ARGUMENT, "size: no integer");
    if (begin != NULL && (from < 0 || (dim >= 0 && from > dim))) {
      if (dim < 0) return ctf_error(TF_INVALID_ARGUMENT, "Expected begin[%d] >= 0, but got %" PRId64, i, from);
      return ctf_error(TF_INVALID_ARGUMENT, "Expected begin[%d] in [0, %" PRId64 "], but got %" PRId64, i, dim, from);
    }
    const int64_t left = dim < 0 ? INT64_MAX : begin != NULL ? dim - from : dim;
    if (count < -1 || count > left) {
      return ctf_error(TF_INVALID_ARGUMENT, "Expected size[%d] in [0, %" PRId64 "], but got %" PRId64, i, left, count);
    }
    if (size != NULL && count < 0 && begin != NULL && dim >= 0) count = left;
    out_geometry->ranges[i] = (ctf_slice_range){from, 1, count};
    out_geometry->out_dims[i] = count;
  }
  return NULL;
}

// While a graph is built begin and size are two shapes, as in TensorFlow: what does not fit waits for the run, unless a
// size of -1 asks for the rest.
static ctf_status slice_shape_building(ctf_shape_ctx* c, ctf_shape in) {
  ctf_shape begin, size;
  int64_t dims[CTF_MAX_RANK];
  CTF_TRY(ctf_shape_from_value(c, 1, &begin));
  CTF_TRY(ctf_shape_from_value(c, 2, &size));
  if (begin.rank != in.rank || size.rank != in.rank) return ctf_shape_set_unknown(c, 0, in.rank);
  for (int i = 0; i < in.rank; ++i) {
    dims[i] = size.dims[i];
    if (dims[i] >= 0 || c->values[2] == NULL || begin.dims[i] < 0 || in.dims[i] < 0) continue;
    dims[i] = in.dims[i] - begin.dims[i];
    if (dims[i] >= 0) continue;
    return ctf_error(TF_INVALID_ARGUMENT, "Negative dimension size caused by subtracting %" PRId64 " from %" PRId64,
                     begin.dims[i], in.dims[i]);
  }
  return ctf_shape_set(c, 0, in.rank, dims);
}

static ctf_status slice_shape(ctf_shape_ctx* c) {
  ctf_shape in = c->inputs[0], entries = CTF_SHAPE_UNKNOWN;
  ctf_slice_geometry geometry;
  CTF_TRY(ctf_shape_with_rank(c->inputs[1], 1));
  CTF_TRY(ctf_shape_with_rank(c->inputs[2], 1));
  CTF_TRY(ctf_shape_merge(c, c->inputs[1], c->inputs[2], &entries));
  const int64_t rank = entries.rank == 1 ? entries.dims[0] : -1;
  if (rank > CTF_MAX_RANK) {
    return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
  }
  if (rank >= 0) CTF_TRY(ctf_shape_with_rank(in, (int)rank));
  if (in.rank < 0 && rank < 0) return NULL;
  if (in.rank >= 0 && rank < 0) return ctf_shape_set_unknown(c, 0, in.rank);
  if (in.rank < 0) {
    CTF_TRY(ctf_shape_set_unknown(c, 0, (int)rank));
    in = c->outputs[0];
  }
  if (c->building) return slice_shape_building(c, in);
  CTF_TRY(ctf_slice_plain(in, c->values[1], c->values[2], &geometry));
  return ctf_shape_set(c, 0, geometry.out_rank, geometry.out_dims);
}

// ---- StridedSlice

// What the entries say of one dimension of the input.
typedef struct dense_entry {
  int64_t begin, end, stride;
  bool from_start, to_end;  // begin or end is not to be looked at
  bool shrink;
} dense_entry;

typedef struct dense_spec {
  int rank;
  dense_entry entries[CTF_MAX_RANK];
  int num_sources;                // of the output's dimensions, those that are shrunk among them
  int sources[2 * CTF_MAX_RANK];  // a dimension of the input, or NEW_AXIS
} dense_spec;

static bool bit(int64_t mask, int64_t i) { return i < MAX_ENTRIES && ((mask >> i) & 1) != 0; }

static ctf_status entry_value(const ctf_tensor* values, int64_t i, int64_t* out_value) {
  *out_value = 0;
  if (values != NULL && !ctf_tensor_get_int(values, i, out_value)) {
    return ctf_error(TF_INVALID_ARGUMENT, "begin, end and strides must be integers");
  }
  return NULL;
}

static ctf_status too_many(int full) {
  return ctf_error(TF_INVALID_ARGUMENT, "Index out of range using input dim %d; input has only %d dims", full, full);
}

// Entries to dimensions; the ellipsis stands for all dimensions that no entry names, at the end if there is none.
static ctf_status spread(const ctf_slice_attrs* attrs, int64_t num_entries, const ctf_tensor* begin,
                         const ctf_tensor* end, const ctf_tensor* strides, dense_spec* spec) {
  int64_t ellipsis = num_entries, num_new_after = 0, next = 0;
  for (int64_t i = 0; i < num_entries; ++i) {
    if (bit(attrs->ellipsis_mask, i)) ellipsis = i;
    if (i > ellipsis && bit(attrs->new_axis_mask, i)) ++num_new_after;
  }
  const int64_t total = num_entries + (ellipsis == num_entries ? 1 : 0);
  for (int64_t i = 0; i < total; ++i) {
    if (i == ellipsis) {
      int64_t stop = spec->rank - (total - i) + 1 + num_new_after;
      if (stop > spec->rank) stop = spec->rank;
      for (; next < stop; ++next) {
        spec->entries[next] = (dense_entry){.stride = 1, .from_start = true, .to_end = true};
        spec->sources[spec->num_sources++] = (int)next;
      }
    } else if (bit(attrs->new_axis_mask, i)) {
      spec->sources[spec->num_sources++] = NEW_AXIS;
    } else {
      if (next == spec->rank) return too_many(spec->rank);
      dense_entry* entry = &spec->entries[next];
      *entry = (dense_entry){.from_start = bit(attrs->begin_mask, i),
                             .to_end = bit(attrs->end_mask, i),
                             .shrink = bit(attrs->shrink_axis_mask, i)};
      CTF_TRY(entry_value(begin, i, &entry->begin));
      CTF_TRY(entry_value(end, i, &entry->end));
      CTF_TRY(entry_value(strides, i, &entry->stride));
      spec->sources[spec->num_sources++] = (int)next++;
    }
  }
  return NULL;
}

// A position counted from either end, within what the stride's direction can reach.
static int64_t clamp(int64_t x, int64_t dim, int64_t stride) {
  const int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? dim : dim - 1;
  if (x < 0) x += dim;
  return x < low ? low : x > high ? high : x;
}

static ctf_status entry_range(const dense_entry* entry, int axis, int64_t dim, bool known, ctf_slice_range* range) {
  *range = (ctf_slice_range){.step = entry->stride, .count = -1};
  if (entry->stride == 0) return ctf_error(TF_INVALID_ARGUMENT, "strides[%d] must be non-zero", axis);
  if (dim < 0) {
    if (entry->shrink) range->count = 1;
    return NULL;
  }
  if (entry->shrink && entry->stride < 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "only stride 1 allowed on non-range indexing.");
  }
  if (entry->shrink) {
    range->count = 1;
    if (!known) return NULL;
    range->begin = entry->begin < 0 ? entry->begin + dim : entry->begin;
    if (range->begin < 0 || range->begin >= dim) {
      return ctf_error(TF_INVALID_ARGUMENT, "slice index %" PRId64 " of dimension %d out of bounds.", range->begin,
                       axis);
    }
    return NULL;
  }
  if (!known && !(entry->from_start && entry->to_end)) return NULL;
  const bool forward = entry->stride > 0;
  const int64_t begin = entry->from_start ? (forward ? 0 : dim - 1) : clamp(entry->begin, dim, entry->stride);
  const int64_t end = entry->to_end ? (forward ? dim : -1) : clamp(entry->end, dim, entry->stride);
  const int64_t length = end - begin;
  range->begin = begin;
  range->count = 0;
  if (length != 0 && (length < 0) == !forward) {
    range->count = length / entry->stride + (length % entry->stride != 0 ? 1 : 0);
  }
  return NULL;
}

ctf_status ctf_slice_strided(const ctf_slice_attrs* attrs, ctf_shape in, int64_t num_entries, const ctf_tensor* begin,
                             const ctf_tensor* end, const ctf_tensor* strides, ctf_slice_geometry* out_geometry) {
  dense_spec spec = {.rank = in.rank};
  const bool known = begin != NULL && end != NULL;
  const uint64_t ellipsis = (uint32_t)attrs->ellipsis_mask;
  if ((ellipsis & (ellipsis - 1)) != 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "Multiple ellipses in slice spec not allowed");
  }
  if (num_entries > CTF_MAX_RANK) return too_many(in.rank);
  CTF_TRY(spread(attrs, num_entries, begin, end, strides, &spec));
  out_geometry->rank = in.rank;
  for (int i = 0; i < in.rank; ++i) {
    CTF_TRY(entry_range(&spec.entries[i], i, in.dims[i], known, &out_geometry->ranges[i]));
  }
  int rank = 0;
  for (int i = 0; i < spec.num_sources; ++i) {
    const int source = spec.sources[i];
    if (source != NEW_AXIS && spec.entries[source].shrink) continue;
    if (rank == CTF_MAX_RANK) {
      return ctf_error(TF_INVALID_ARGUMENT, "A tensor cannot have more than %d dimensions", CTF_MAX_RANK);
    }
    out_geometry->out_dims[rank++] = source == NEW_AXIS ? 1 : out_geometry->ranges[source].count;
  }
  out_geometry->out_rank = rank;
  return NULL;
}

static ctf_status strided_slice_shape(ctf_shape_ctx* c) {
  ctf_shape entries = CTF_SHAPE_UNKNOWN;
  ctf_slice_geometry geometry;
  for (int i = 1; i < 4; ++i) {
    CTF_TRY(ctf_shape_with_rank(c->inputs[i], 1));
    CTF_TRY(ctf_shape_merge(c, entries, c->inputs[i], &entries));
  }
  if (c->inputs[0].rank < 0 || entries.rank < 0 || entries.dims[0] < 0 || c->values[3] == NULL) return NULL;
  CTF_TRY(
      ctf_slice_strided(c->attrs, c->inputs[0], entries.dims[0], c->values[1], c->values[2], c->values[3], &geometry));
  return ctf_shape_set(c, 0, geometry.out_rank, geometry.out_dims);
}

// ---- parts

static bool block_of(ctf_shape in, const ctf_slice_geometry* g, int64_t* out_first) {
  int64_t begin[CTF_MAX_RANK], count[CTF_MAX_RANK];
  for (int i = 0; i < g->rank; ++i) {
    if (g->ranges[i].step != 1 && g->ranges[i].count != 1) return false;
    begin[i] = g->ranges[i].begin;
    count[i] = g->ranges[i].count;
  }
  return ctf_shape_block(in, begin, count, out_first);
}

// The values fit, since the shapes followed from them: a status would be one of memory alone.
static bool is_good(ctf_status status) {
  ctf_status_drop(status);  // the output is then made as if it were no part
  return status == NULL;
}

static bool slice_part(const ctf_part_query* q, int* out_input, int64_t* out_first) {
  ctf_slice_geometry geometry;
  *out_input = 0;
  return q->values[1] != NULL && q->values[2] != NULL &&
         is_good(ctf_slice_plain(q->inputs[0], q->values[1], q->values[2], &geometry)) &&
         block_of(q->inputs[0], &geometry, out_first);
}

static bool strided_slice_part(const ctf_part_query* q, int* out_input, int64_t* out_first) {
  ctf_slice_geometry geometry;
  *out_input = 0;
  return q->values[1] != NULL && q->values[2] != NULL && q->values[3] != NULL &&
         is_good(ctf_slice_strided(q->attrs, q->inputs[0], q->inputs[1].dims[0], q->values[1], q->values[2],
                                   q->values[3], &geometry)) &&
         block_of(q->inputs[0], &geometry, out_first);
}

// ---- gradients

// dy amid zeros: so many before, so many behind.
static void slice_gradient(ctf_grad_ctx* g) {
  const ctf_named_attr index = {{"out_type", 8}, {.kind = CTF_ATTR_TYPE, .type = g_attr_type(g, "Index")}};
  const ctf_grad_tensor before = g->inputs[1];
  const ctf_grad_tensor whole = g->vtable->op(g, "Shape", 1, &g->inputs[0], 1, &index);
  const ctf_grad_tensor part = g->vtable->op(g, "Shape", 1, &g->outputs[0], 1, &index);
  const ctf_grad_tensor sides[2] = {before, g_sub(g, g_sub(g, whole, part), before)};
  const ctf_named_attr columns[2] = {{{"N", 1}, {.kind = CTF_ATTR_INT, .i = 2}},
                                     {{"axis", 4}, {.kind = CTF_ATTR_INT, .i = 1}}};
  g->dx[0] = g_binary(g, "Pad", g->dy[0], g->vtable->op(g, "Pack", 2, sides, 2, columns));
  g->dx[1] = g->dx[2] = g_none();
}

static void strided_slice_gradient(ctf_grad_ctx* g) {
  static const char* const kMasks[] = {"begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"};
  ctf_named_attr masks[sizeof(kMasks) / sizeof(kMasks[0])];
  int num_masks = 0;
  for (size_t i = 0; i < sizeof(kMasks) / sizeof(kMasks[0]); ++i) {
    const ctf_named_attr* mask = g_attr(g, kMasks[i]);
    if (mask != NULL) masks[num_masks++] = *mask;
  }
  const ctf_named_attr index = {{"out_type", 8}, {.kind = CTF_ATTR_TYPE, .type = g_attr_type(g, "Index")}};
  const ctf_grad_tensor inputs[5] = {g->vtable->op(g, "Shape", 1, &g->inputs[0], 1, &index), g->inputs[1], g->inputs[2],
                                     g->inputs[3], g->dy[0]};
  g->dx[0] = g->vtable->op(g, "StridedSliceGrad", 5, inputs, num_masks, masks);
  g->dx[1] = g->dx[2] = g->dx[3] = g_none();
}

// clang-format off
static const ctf_op_def kOps[] = {
    {"Slice", .shape = slice_shape, .gradient = slice_gradient, .part = slice_part, .value_inputs = CTF_INPUT(1) | CTF_INPUT(2)},
    {"StridedSlice", .attrs = CTF_ATTRS(ctf_slice_attrs), .shape = strided_slice_shape,
     .gradient = strided_slice_gradient, .part = strided_slice_part, .value_inputs = CTF_INPUT(1) | CTF_INPUT(2) | CTF_INPUT(3)},
};
// clang-format on
CTF_OP_FAMILY(slice, kOps);
