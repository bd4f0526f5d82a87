// Products of float and double whose left side is not packed: its rows are read where they lie, through pointers.
#ifndef CTF_OPS_CPU_GEMM_ROWS_H_
#define CTF_OPS_CPU_GEMM_ROWS_H_

#include "ops/cpu/gemm.h"

// Whether this product can be computed so.
bool CTF_ISA_NAME(ctf_gemm_rows_fits)(const ctf_gemm* gemm);
size_t CTF_ISA_NAME(ctf_gemm_rows_workspace)(const ctf_gemm* gemm);
ctf_packed CTF_ISA_NAME(ctf_gemm_rows_plan_pack)(const ctf_gemm* gemm);  // of one batch
void CTF_ISA_NAME(ctf_gemm_rows_pack)(const ctf_gemm* gemm, void* to);
CTF_MUST_USE ctf_status CTF_ISA_NAME(ctf_gemm_rows_run)(const ctf_gemm* gemm, ctf_cancel* cancel, void* workspace);

#endif  // CTF_OPS_CPU_GEMM_ROWS_H_
