// Conv2D. input: [n, h, w, c], filter: [fh, fw, c / groups, k], output: [n, oh, ow, k]; or channels first.
//
// Bound:  arithmetic, 2 * n * oh * ow * fh * fw * c / groups * k / FMA peak.
// Order:  a sum runs over filter row, filter column, channel, cut into blocks as ops/cpu/gemm.c says.
// Method: a product of patches and filter. Channels last in float and double, the product reads patches where they lie,
//         through pointers to pixels, or copies a tile of them at a time where channels are few; a filter of one pixel
//         makes the image a matrix. Else patches are packed for the product straight from the image, block by block, so
//         that the matrix of all patches never exists. Channels last: C = patches * filter over all images at once.
//         Channels first: C = filter' * patches', an image at a time, so that C is the output as it lies in memory.
#include "ops/conv.h"

#include <string.h>

#include "ops/cpu/epilogue.h"
#include "ops/cpu/gemm.h"
#include "ops/cpu/unaligned.h"

enum { kFewChannels = 16 };  // below, a copy of a tile's patches costs less than a pointer for each pixel

// The image as packing sees it: a patch is a vector, its elements run over filter row, column and channel.
typedef struct patch_geometry {
  const ctf_conv_geometry* conv;
  int64_t image_step, row_step, column_step, channel_step;  // elements
} patch_geometry;

// Writes kc elements of one patch, `width` apart, beginning at element k0. `pixel` is where the image begins.
#define DEFINE_PATCH_PACK(name, scalar, element)                                                              \
  static void pack_patches_##name(const ctf_gemm_side* side, int64_t offset, int64_t first, int64_t count,    \
                                  int64_t width, int64_t k0, int64_t kc, void* panel) {                       \
    const patch_geometry* p = side->geometry;                                                                 \
    const ctf_window_axis *h = &p->conv->height, *w = &p->conv->width;                                        \
    const int64_t channels = p->conv->group_in, end = k0 + kc;                                                \
    const void* x = side->data;                                                                               \
    for (int64_t v = 0; v < count; ++v) {                                                                     \
      const int64_t at = first + v, image = at / (h->out * w->out), place = at % (h->out * w->out);           \
      const int64_t y0 = place / w->out * h->stride - h->before, x0 = place % w->out * w->stride - w->before; \
      const int64_t base = offset + image * p->image_step;                                                    \
      scalar* to = (scalar*)panel + v;                                                                        \
      int64_t tap = k0 / channels, channel = k0 % channels;                                                   \
      for (int64_t k = k0; k < end; ++tap, channel = 0) {                                                     \
        const int64_t row = y0 + tap / w->size * h->dilation, column = x0 + tap % w->size * w->dilation;      \
        const int64_t left = channels - channel < end - k ? channels - channel : end - k;                     \
        k += left;                                                                                            \
        if (row < 0 || row >= h->in || column < 0 || column >= w->in) {                                       \
          for (int64_t j = 0; j < left; ++j, to += width) *to = 0;                                            \
        } else {                                                                                              \
          int64_t i = base + row * p->row_step + column * p->column_step + channel * p->channel_step;         \
          for (int64_t j = 0; j < left; ++j, to += width, i += p->channel_step) *to = element;                \
        }                                                                                                     \
      }                                                                                                       \
    }                                                                                                         \
    for (int64_t v = count; v < width; ++v) {                                                                 \
      for (int64_t k = 0; k < kc; ++k) ((scalar*)panel)[k * width + v] = 0;                                   \
    }                                                                                                         \
  }

DEFINE_PATCH_PACK(f32, float, ((const ctf_any_f32*)x)[i])
DEFINE_PATCH_PACK(f64, double, ((const ctf_any_f64*)x)[i])
DEFINE_PATCH_PACK(half, float, ctf_load_half(x, i))
DEFINE_PATCH_PACK(bfloat16, float, ctf_load_bfloat16(x, i))
DEFINE_PATCH_PACK(i32, int32_t, ((const ctf_any_i32*)x)[i])

// Where a patch begins in the image; the next one is a step away.
typedef struct patch_place {
  int64_t base, y, x;   // of its image, in elements; of its first pixel
  int64_t row, column;  // in the output
} patch_place;

static patch_place place_of(const patch_geometry* p, int64_t patch) {
  const ctf_window_axis *h = &p->conv->height, *w = &p->conv->width;
  const int64_t image = patch / (h->out * w->out), place = patch % (h->out * w->out);
  const int64_t row = place / w->out, column = place % w->out;
  return (patch_place){image * p->image_step, row * h->stride - h->before, column * w->stride - w->before, row, column};
}

static void place_next(const patch_geometry* p, patch_place* at) {
  const ctf_window_axis *h = &p->conv->height, *w = &p->conv->width;
  at->x += w->stride;
  if (++at->column < w->out) return;
  at->column = 0;
  at->x = -w->before;
  at->y += h->stride;
  if (++at->row < h->out) return;
  at->row = 0;
  at->y = -h->before;
  at->base += p->image_step;
}

// Of pixels outside the image.
static const char kZeros[CTF_GEMM_ROW_BYTES] __attribute__((aligned(64)));

static void patch_rows(const ctf_gemm_side* side, int64_t offset, int64_t first, int64_t count, int64_t k,
                       const void** out_rows) {
  const patch_geometry* p = side->geometry;
  const ctf_window_axis *h = &p->conv->height, *w = &p->conv->width;
  const int64_t tap = k / p->conv->group_in, channel = k % p->conv->group_in;
  const int64_t y = tap / w->size * h->dilation, x = tap % w->size * w->dilation;
  const int64_t bytes = side->dtype == TF_FLOAT ? sizeof(float) : sizeof(double);
  patch_place at = place_of(p, first);
  for (int64_t v = 0; v < count; ++v, place_next(p, &at)) {
    const int64_t row = at.y + y, column = at.x + x;
    const bool inside = row >= 0 && row < h->in && column >= 0 && column < w->in;
    const int64_t element = offset + at.base + row * p->row_step + column * p->column_step + channel;
    out_rows[v] = inside ? (const char*)side->data + element * bytes : kZeros;
  }
}

// For few channels. Along a row of the filter the image is copied at once where all of it is inside.
static void patch_copy(const ctf_gemm_side* side, int64_t offset, int64_t first, int64_t count, int64_t k0, int64_t kc,
                       void* to, int64_t stride) {
  const patch_geometry* p = side->geometry;
  const ctf_window_axis *h = &p->conv->height, *w = &p->conv->width;
  const int64_t channels = p->conv->group_in, row_length = w->size * channels;
  const int64_t bytes = side->dtype == TF_FLOAT ? sizeof(float) : sizeof(double);
  const bool in_line = w->dilation == 1 && p->column_step == channels;
  patch_place at = place_of(p, first);
  for (int64_t v = 0; v < count; ++v, place_next(p, &at)) {
    char* out = (char*)to + v * stride * bytes;
    const bool whole = in_line && at.x >= 0 && at.x + w->size <= w->in;
    for (int64_t k = k0, left; k < k0 + kc; k += left, out += left * bytes) {
      const int64_t row = at.y + k / row_length * h->dilation, place = k % row_length;
      const int64_t column = at.x + place / channels * w->dilation, channel = place % channels;
      left = whole ? row_length - place : channels - channel;
      if (left > k0 + kc - k) left = k0 + kc - k;
      if (row < 0 || row >= h->in || column < 0 || column >= w->in) {
        memset(out, 0, (size_t)(left * bytes));
      } else {
        const int64_t element = offset + at.base + row * p->row_step + column * p->column_step + channel;
        memcpy(out, (const char*)side->data + element * bytes, (size_t)(left * bytes));
      }
    }
  }
}

// Whether patches are pixels, one after the other.
static bool is_pointwise(const ctf_conv_geometry* g) {
  const ctf_window_axis *h = &g->height, *w = &g->width;
  return h->size == 1 && w->size == 1 && h->stride == 1 && w->stride == 1 && h->out == h->in && w->out == w->in &&
         h->before == 0 && w->before == 0;
}

static ctf_gemm_pack_fn patch_pack(TF_DataType dtype) {
  switch (dtype) {
    case TF_FLOAT:
      return pack_patches_f32;
    case TF_DOUBLE:
      return pack_patches_f64;
    case TF_HALF:
      return pack_patches_half;
    case TF_BFLOAT16:
      return pack_patches_bfloat16;
    default:
      CTF_ASSERT(dtype == TF_INT32);
      return pack_patches_i32;
  }
}

// A batch is a group of channels; channels first, of one image.
static void locate(const ctf_gemm* gemm, int64_t batch, int64_t out_offsets[3]) {
  const patch_geometry* p = gemm->batch_geometry;
  const ctf_conv_geometry* g = p->conv;
  const int64_t image = batch / g->groups, group = batch % g->groups;
  const int64_t patches = image * p->image_step + group * g->group_in * p->channel_step;
  const int64_t filter = group * g->group_out;
  if (g->layout.channels_first) {
    out_offsets[0] = filter;
    out_offsets[1] = patches;
    out_offsets[2] = (image * g->out_channels + group * g->group_out) * gemm->n;
  } else {
    out_offsets[0] = patches;
    out_offsets[1] = out_offsets[2] = filter;
  }
}

static void describe(const ctf_kernel_ctx* k, const ctf_conv_geometry* g, patch_geometry* out_patches,
                     ctf_gemm* out_gemm) {
  const int64_t area = g->height.in * g->width.in, places = g->height.out * g->width.out;
  const bool channels_first = g->layout.channels_first;
  *out_patches = (patch_geometry){.conv = g,
                                  .image_step = area * g->in_channels,
                                  .row_step = channels_first ? g->width.in : g->width.in * g->in_channels,
                                  .column_step = channels_first ? 1 : g->in_channels,
                                  .channel_step = channels_first ? area : 1};
  const TF_DataType dtype = ctf_in_dtype(k, 0);
  ctf_gemm_side patches = {.pack = patch_pack(dtype), .data = ctf_in(k, 0), .dtype = dtype, .geometry = out_patches};
  if (!channels_first && is_pointwise(g)) {
    patches = (ctf_gemm_side){.data = patches.data, .dtype = dtype, .vector_stride = g->in_channels, .k_stride = 1};
  } else if (!channels_first && g->group_in < kFewChannels) {
    patches.copy = patch_copy;
  } else if (!channels_first) {
    patches.rows = patch_rows;
    patches.segment = g->group_in;
  }
  const ctf_gemm_side filter = {.data = ctf_in(k, 1), .dtype = dtype, .vector_stride = 1, .k_stride = g->out_channels};
  *out_gemm = (ctf_gemm){
      .compute = CTF_ISA_NAME(ctf_gemm_compute_type)(dtype),
      .batches = channels_first ? g->batch * g->groups : g->groups,
      .m = channels_first ? g->group_out : g->batch * places,
      .n = channels_first ? places : g->group_out,
      .k = g->height.size * g->width.size * g->group_in,
      .a = channels_first ? filter : patches,
      .b = channels_first ? patches : filter,
      .c_stride = channels_first ? places : g->out_channels,
      .c_dtype = dtype,
      .locate = locate,
      .batch_geometry = out_patches,
      .packed = k->packed,
  };
}

// False where the kernel itself will say what is wrong.
static bool describe_call(const ctf_kernel_ctx* k, ctf_conv_geometry* g, patch_geometry* out_patches,
                          ctf_gemm* out_gemm) {
  const ctf_status status =
      ctf_conv_geometry_make(k->attrs, ctf_tensor_shape(ctf_in_tensor(k, 0)), ctf_tensor_shape(ctf_in_tensor(k, 1)), g);
  const bool good = status == NULL;
  if (good) describe(k, g, out_patches, out_gemm);
  ctf_status_drop(status);  // the kernel meets it again and reports it
  return good;
}

static ctf_packed plan_pack(const ctf_kernel_ctx* k) {
  ctf_conv_geometry g;
  patch_geometry patches;
  ctf_gemm gemm;
  if (!describe_call(k, &g, &patches, &gemm) || g.groups != 1 || g.layout.channels_first) return (ctf_packed){0};
  ctf_packed packed = CTF_ISA_NAME(ctf_gemm_plan_pack)(&gemm);
  packed.input = 1;
  return packed;
}

static void pack(const ctf_kernel_ctx* k, void* to) {
  ctf_conv_geometry g;
  patch_geometry patches;
  ctf_gemm gemm;
  if (describe_call(k, &g, &patches, &gemm)) CTF_ISA_NAME(ctf_gemm_pack)(&gemm, to);
}
static const ctf_packing kPacking = {plan_pack, pack};

static size_t conv_workspace(const ctf_kernel_ctx* k) {
  ctf_conv_geometry g;
  patch_geometry patches;
  ctf_gemm gemm;
  return describe_call(k, &g, &patches, &gemm) ? CTF_ISA_NAME(ctf_gemm_workspace)(&gemm) : 0;
}

// What TensorFlow accepts as a graph and has no kernel for.
static ctf_status check_supported(const ctf_kernel_ctx* k, const ctf_conv_geometry* g) {
  const ctf_conv_attrs* attrs = k->attrs;
  const TF_DataType dtype = ctf_in_dtype(k, 0);
  if (g->layout.channels_first && (dtype == TF_DOUBLE || dtype == TF_INT32)) {
    return ctf_error(TF_UNIMPLEMENTED,
                     "The Conv2D op currently only supports the NHWC tensor format on the CPU. The op was given the "
                     "format: NCHW");
  }
  if (attrs->strides.ints[0] != 1 || attrs->strides.ints[g->layout.channel] != 1) {
    return ctf_error(TF_UNIMPLEMENTED,
                     "Current implementation does not yet support strides in the batch and depth dimensions.");
  }
  if (attrs->dilations.ints[0] != 1 || attrs->dilations.ints[g->layout.channel] != 1) {
    return ctf_error(TF_UNIMPLEMENTED,
                     "Current implementation does not yet support dilations in the batch and depth dimensions.");
  }
  return NULL;
}

static ctf_status cpu_conv(ctf_kernel_ctx* k) {
  ctf_conv_geometry g;
  CTF_TRY(ctf_conv_geometry_make(k->attrs, ctf_tensor_shape(ctf_in_tensor(k, 0)), ctf_tensor_shape(ctf_in_tensor(k, 1)),
                                 &g));
  CTF_TRY(check_supported(k, &g));
  if (g.height.size == 0 || g.width.size == 0) {
    return ctf_error(TF_INVALID_ARGUMENT, "filter must not have zero elements (i.e. all dimensions must be non-zero)");
  }
  if (ctf_out_count(k, 0) == 0) return NULL;
  if (g.groups == 0) {
    memset(ctf_out(k, 0), 0, ctf_out_tensor(k, 0)->bytes);
    return cpu_epilogue_all(k->epilogue, k->cancel, ctf_out_count(k, 0));
  }
  patch_geometry patches;
  ctf_gemm gemm;
  describe(k, &g, &patches, &gemm);
  gemm.c = ctf_out(k, 0);
  gemm.epilogue = k->epilogue;
  return CTF_ISA_NAME(ctf_gemm_run)(&gemm, k->cancel, k->workspace);
}

#define CONV_TYPES (CTF_REAL_FLOATING | CTF_TYPE(TF_INT32))
static const ctf_kernel_def kKernels[] = {
    {"Conv2D", CONV_TYPES, cpu_conv, .workspace = conv_workspace, .packing = &kPacking,
     .flags = CTF_ANY_ALIGNMENT | CTF_EPILOGUE},
};
CTF_CPU_KERNELS(conv, kKernels);
