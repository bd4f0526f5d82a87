// Matrix products. a: [..., m, k], b: [..., k, n] (or transposed), y: [..., m, n]; batch dimensions broadcast.
//
// Bound, order of summation and method: ops/cpu/gemm.c.
#include "ops/matmul.h"

#include "ops/cpu/gemm.h"

static void locate(const ctf_gemm* gemm, int64_t batch, int64_t out_offsets[3]) {
  ctf_matmul_locate(gemm->batch_geometry, batch, &out_offsets[0], &out_offsets[1]);
  out_offsets[2] = batch * gemm->m * gemm->n;
}

// The type that the product is computed in. A narrow integer with bfloat16 is computed as bfloat16 is.
static TF_DataType compute_type(const ctf_kernel_ctx* k) {
  const bool in_float = ctf_out_dtype(k, 0) == TF_BFLOAT16;
  return in_float ? TF_FLOAT : CTF_ISA_NAME(ctf_gemm_compute_type)(ctf_in_dtype(k, 0));
}

static void describe(const ctf_kernel_ctx* k, ctf_matmul_geometry* out_geometry, ctf_gemm* out_gemm) {
  const ctf_tensor *a = ctf_in_tensor(k, 0), *b = ctf_in_tensor(k, 1);
  ctf_matmul_geometry* g = out_geometry;
  ctf_matmul_geometry_make(k->attrs, ctf_tensor_shape(a), ctf_tensor_shape(b), g);
  const int64_t a_columns = a->dims[a->rank - 1], b_columns = b->dims[b->rank - 1];
  *out_gemm = (ctf_gemm){
      .compute = compute_type(k),
      .batches = g->batches,
      .m = g->m,
      .n = g->n,
      .k = g->k,
      .a = {.data = a->data,
            .dtype = a->dtype,
            .vector_stride = g->transpose_a ? 1 : a_columns,
            .k_stride = g->transpose_a ? a_columns : 1,
            .conjugate = g->conjugate_a},
      .b = {.data = b->data,
            .dtype = b->dtype,
            .vector_stride = g->transpose_b ? b_columns : 1,
            .k_stride = g->transpose_b ? 1 : b_columns,
            .conjugate = g->conjugate_b},
      .c_stride = g->n,
      .c_dtype = ctf_out_dtype(k, 0),
      .locate = locate,
      .batch_geometry = g,
      .packed = k->packed,
  };
}

static ctf_packed plan_pack(const ctf_kernel_ctx* k) {
  ctf_matmul_geometry geometry;
  ctf_gemm gemm;
  describe(k, &geometry, &gemm);
  ctf_packed packed = CTF_ISA_NAME(ctf_gemm_plan_pack)(&gemm);
  packed.input = 1;
  return packed;
}

static void pack(const ctf_kernel_ctx* k, void* to) {
  ctf_matmul_geometry geometry;
  ctf_gemm gemm;
  describe(k, &geometry, &gemm);
  CTF_ISA_NAME(ctf_gemm_pack)(&gemm, to);
}
static const ctf_packing kPacking = {plan_pack, pack};

static size_t matmul_workspace(const ctf_kernel_ctx* k) {
  ctf_matmul_geometry geometry;
  ctf_gemm gemm;
  describe(k, &geometry, &gemm);
  return CTF_ISA_NAME(ctf_gemm_workspace)(&gemm);
}

static ctf_status cpu_matmul(ctf_kernel_ctx* k) {
  ctf_matmul_geometry geometry;
  ctf_gemm gemm;
  describe(k, &geometry, &gemm);
  gemm.c = ctf_out(k, 0);
  gemm.epilogue = k->epilogue;
  return CTF_ISA_NAME(ctf_gemm_run)(&gemm, k->cancel, k->workspace);
}

#define MATMUL_TYPES (CTF_FLOATING | CTF_TYPE(TF_INT16) | CTF_TYPE(TF_INT32) | CTF_TYPE(TF_INT64))
#define BYTES (CTF_TYPE(TF_INT8) | CTF_TYPE(TF_UINT8))
#define ROW(op_name, set)                                                          \
  {                                                                                \
    op_name, set, cpu_matmul, .workspace = matmul_workspace, .packing = &kPacking, \
                              .flags = CTF_ANY_ALIGNMENT | CTF_EPILOGUE            \
  }
// Types of both factors and the product; V3 gives each its own.
#define ROW_V3(a, b, out)                                                                                     \
  {                                                                                                           \
    "BatchMatMulV3", a, cpu_matmul, .type_attr = "Ta", .type_attr2 = "Tb", .types2 = b, .type_attr3 = "Tout", \
                                    .types3 = out, .workspace = matmul_workspace,                             \
                                    .flags = CTF_ANY_ALIGNMENT | CTF_EPILOGUE                                 \
  }
#define ROW_V3_SAME(type) ROW_V3(CTF_TYPE(type), CTF_TYPE(type), CTF_TYPE(type))
static const ctf_kernel_def kKernels[] = {
    ROW("MatMul", MATMUL_TYPES),
    ROW("BatchMatMul", MATMUL_TYPES),
    ROW("BatchMatMulV2", MATMUL_TYPES),
    ROW_V3_SAME(TF_FLOAT),
    ROW_V3_SAME(TF_DOUBLE),
    ROW_V3_SAME(TF_BFLOAT16),
    ROW_V3_SAME(TF_INT16),
    ROW_V3_SAME(TF_INT32),
    ROW_V3_SAME(TF_INT64),
    ROW_V3_SAME(TF_COMPLEX64),
    ROW_V3_SAME(TF_COMPLEX128),
    ROW_V3(BYTES, BYTES, CTF_TYPE(TF_INT32)),
    ROW_V3(CTF_TYPE(TF_BFLOAT16), BYTES, CTF_TYPE(TF_BFLOAT16)),
    ROW_V3(BYTES, CTF_TYPE(TF_BFLOAT16), CTF_TYPE(TF_BFLOAT16)),
};
CTF_CPU_KERNELS(matmul, kKernels);
