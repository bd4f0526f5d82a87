// The CUDA kernels of ops/elementwise.def: a functor for each op, a kernel for each op and type.
//
// Bound:  memory: each input is read once (a broadcast one from cache), the output written once.
// Order:  elements are independent, so results repeat bit for bit.
// Method: one thread an element, in steps of the grid. Broadcasting divides the output's index by the merged
// dimensions. Faults: integer division by zero and negative powers give 0 and are not reported, as on TensorFlow's
// GPUs: a report
//         would have to wait for the stream.
#include "ops/cuda/gpu.h"

extern "C" {
#include "ops/elementwise.h"
}

enum { MAX_WALK = 8 };  // merged dimensions that travel with a launch; those before them are a launch each

struct walk {
  int rank;
  int64_t dims[MAX_WALK], x_strides[MAX_WALK], y_strides[MAX_WALK];
};

template <typename Op, typename T>
struct unary_types {
  typedef typename gpu_type<T>::computed computed;
  typedef decltype(Op::value(computed(), *(unsigned*)nullptr)) value;
  typedef typename gpu_type<T>::template result<value>::type stored;
};

template <typename Op, typename T>
struct binary_types {
  typedef typename gpu_type<T>::computed computed;
  typedef decltype(Op::value(computed(), computed(), *(unsigned*)nullptr)) value;
  typedef typename gpu_type<T>::template result<value>::type stored;
};

template <typename Op, typename T, typename R>
__global__ void unary_kernel(const T* x, R* y, int64_t count) {
  unsigned faults = 0;
  for (int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (int64_t)gridDim.x * blockDim.x) {
    gpu_store(&y[i], Op::value(gpu_load(&x[i]), faults));
  }
}

template <typename Op, typename T, typename R>
__global__ void binary_kernel(const T* x, const T* y, R* z, int64_t count, walk w) {
  unsigned faults = 0;
  for (int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (int64_t)gridDim.x * blockDim.x) {
    int64_t rest = i, xi = 0, yi = 0;
    for (int axis = w.rank - 1; axis > 0; --axis) {
      const int64_t at = rest % w.dims[axis];
      rest /= w.dims[axis];
      xi += at * w.x_strides[axis];
      yi += at * w.y_strides[axis];
    }
    xi += rest * w.x_strides[0];
    yi += rest * w.y_strides[0];
    gpu_store(&z[i], Op::value(gpu_load(&x[xi]), gpu_load(&y[yi]), faults));
  }
}

// The op's output may be of a type that the input's does not fit: Real of complex64 asked for as double.
static ctf_status check_bytes(const ctf_kernel_ctx* k, size_t element_bytes) {
  if (ctf_dtype_get(ctf_out_dtype(k, 0))->bytes == element_bytes) return nullptr;
  return ctf_error(TF_INVALID_ARGUMENT, "There is no kernel from %s to %s", ctf_dtype_get(ctf_in_dtype(k, 0))->tf_name,
                   ctf_dtype_get(ctf_out_dtype(k, 0))->tf_name);
}

template <typename Op, typename T>
static ctf_status run_unary(ctf_kernel_ctx* k) {
  typedef typename unary_types<Op, T>::stored stored;
  const int64_t count = ctf_out_count(k, 0);
  CTF_TRY(check_bytes(k, sizeof(stored)));
  if (count == 0) return nullptr;
  return CTF_LAUNCH(k, unary_kernel<Op, T, stored>, gpu_grid_of_threads(count), GPU_BLOCK, ctf_in<T>(k, 0),
                    ctf_out<stored>(k, 0), count);
}

template <typename Op, typename T>
static ctf_status run_planned(ctf_kernel_ctx* k, const ctf_broadcast* plan) {
  typedef typename binary_types<Op, T>::stored stored;
  const int outer = plan->rank > MAX_WALK ? plan->rank - MAX_WALK : 0;
  walk w;
  int64_t inner_count = 1, num_launches = 1;
  w.rank = plan->rank - outer;
  for (int i = 0; i < w.rank; ++i) {
    w.dims[i] = plan->dims[outer + i];
    w.x_strides[i] = plan->x_strides[outer + i];
    w.y_strides[i] = plan->y_strides[outer + i];
    inner_count *= w.dims[i];
  }
  for (int i = 0; i < outer; ++i) num_launches *= plan->dims[i];
  for (int64_t n = 0; n < num_launches; ++n) {
    int64_t rest = n, xi = 0, yi = 0;
    for (int i = outer - 1; i >= 0; --i) {
      const int64_t at = rest % plan->dims[i];
      rest /= plan->dims[i];
      xi += at * plan->x_strides[i];
      yi += at * plan->y_strides[i];
    }
    CTF_TRY(CTF_LAUNCH(k, binary_kernel<Op, T, stored>, gpu_grid_of_threads(inner_count), GPU_BLOCK,
                       ctf_in<T>(k, 0) + xi, ctf_in<T>(k, 1) + yi, ctf_out<stored>(k, 0) + n * inner_count, inner_count,
                       w));
  }
  return nullptr;
}

template <typename Op, typename T>
static ctf_status run_binary(ctf_kernel_ctx* k) {
  typedef typename binary_types<Op, T>::stored stored;
  CTF_TRY(check_bytes(k, sizeof(stored)));
  if (ctf_out_count(k, 0) == 0) return nullptr;
  ctf_broadcast plan;
  if (!ctf_broadcast_plan(ctf_in_tensor(k, 0), ctf_in_tensor(k, 1), &plan)) {
    return ctf_error(TF_INVALID_ARGUMENT, "Incompatible shapes: %s vs. %s",
                     ctf_shape_print(ctf_tensor_shape(ctf_in_tensor(k, 0))).text,
                     ctf_shape_print(ctf_tensor_shape(ctf_in_tensor(k, 1))).text);
  }
  return run_planned<Op, T>(k, &plan);
}

// As many elements on both sides, which the shape function has checked.
template <typename Op, typename T>
static ctf_status run_pair(ctf_kernel_ctx* k) {
  if (ctf_out_count(k, 0) == 0) return nullptr;
  ctf_broadcast plan;
  plan.rank = 1;
  plan.dims[0] = ctf_out_count(k, 0);
  plan.x_strides[0] = plan.y_strides[0] = 1;
  return run_planned<Op, T>(k, &plan);
}

// Shapes that do not fit, where that is no error: one answer, that of two elements that differ.
template <typename Op>
__global__ void differing_kernel(bool* z) {
  unsigned faults = 0;
  *z = Op::value(false, true, faults);
}

template <typename Op, typename T>
static ctf_status run_equality(ctf_kernel_ctx* k) {
  const ctf_equality_attrs* attrs = static_cast<const ctf_equality_attrs*>(k->attrs);
  ctf_broadcast plan;
  if (attrs->incompatible_shape_error || ctf_broadcast_plan(ctf_in_tensor(k, 0), ctf_in_tensor(k, 1), &plan)) {
    return run_binary<Op, T>(k);
  }
  return CTF_LAUNCH(k, differing_kernel<Op>, 1, 1, ctf_out<bool>(k, 0));
}

// ---- the table. Values are functions of the host too, since nvcc asks them there for the type that they give.

#define UNARY_FUNCTOR(op, expression)                                \
  struct op##_op {                                                   \
    template <typename T>                                            \
    __host__ __device__ static auto value(T x, unsigned& m_faults) { \
      (void)m_faults;                                                \
      return expression;                                             \
    }                                                                \
  };
#define BINARY_FUNCTOR(op, expression)                                    \
  struct op##_op {                                                        \
    template <typename T>                                                 \
    __host__ __device__ static auto value(T x, T y, unsigned& m_faults) { \
      (void)m_faults;                                                     \
      return expression;                                                  \
    }                                                                     \
  };
#define CASE_OF(s, run, op) \
  case CTF_DTYPE_##s:       \
    return run<op##_op, CTF_CTYPE_##s>(k);
#define DISPATCH(op, each, run)                                                                              \
  static ctf_status cuda_##op(ctf_kernel_ctx* k) {                                                           \
    switch (ctf_in_dtype(k, 0)) {                                                                            \
      each(CASE_OF, run, op) default                                                                         \
          : return ctf_error(TF_UNIMPLEMENTED, "%s of %s", #op, ctf_dtype_get(ctf_in_dtype(k, 0))->tf_name); \
    }                                                                                                        \
  }
#define UNARY(op, types, expression, gradient) \
  UNARY_FUNCTOR(op, expression)                \
  DISPATCH(op, CTF_EACH_##types, run_unary)
#define BINARY(op, types, expression, gradient_x, gradient_y) \
  BINARY_FUNCTOR(op, expression)                              \
  DISPATCH(op, CTF_EACH_##types, run_binary)
#define EQUALITY(op, types, expression) \
  BINARY_FUNCTOR(op, expression)        \
  DISPATCH(op, CTF_EACH_##types, run_equality)
#define PAIR(op, types, expression, gradient_x, gradient_y) \
  BINARY_FUNCTOR(op, expression)                            \
  DISPATCH(op, CTF_EACH_##types, run_pair)
#define TWIN(op, types, expression, gradient_x, gradient_y) \
  BINARY_FUNCTOR(op, expression)                            \
  DISPATCH(op, CTF_EACH_##types, run_pair)
#include "ops/elementwise.def"

#define ROW(name, set) {.op = #name, .types = set, .run = cuda_##name, .flags = CTF_IN_PLACE},
#define UNARY(op, types, value, gradient) ROW(op, types)
#define BINARY(op, types, value, gradient_x, gradient_y) ROW(op, types)
#define EQUALITY(op, types, value) ROW(op, types)
#define PAIR(op, types, value, gradient_x, gradient_y) ROW(op, types)
#define TWIN(op, types, value, gradient_x, gradient_y) ROW(op, types)
static const ctf_kernel_def kKernels[] = {
#include "ops/elementwise.def"
};
CTF_CUDA_KERNELS(elementwise, kKernels);
