/*
 * Which instruction sets this process uses: what the CPU has, capped by SECANT_CPU=sse2|avx2|avx512|amx.
 */
#ifndef BASE_CPU_H
#define BASE_CPU_H
#include <secant/base.h>

typedef enum base_isa {
	BASE_ISA_BASE,
	BASE_ISA_AVX2,
	BASE_ISA_AVX512,
	BASE_ISA_AMX
} base_isa; /* BASE: SSE2 or whatever the platform starts with */

base_isa base_cpu_isa(void); /* decided at the first call; thread-safe */
const char *base_isa_name(base_isa isa); /* "sse2", ... */
bool base_cpu_has_bf16(void); /* AVX512-BF16 or AMX-BF16, after the cap */
bool base_cpu_has_amx(void); /* tiles, and their products of bfloat16 */
bool base_cpu_has_amx_int8(void); /* tiles, and their products of bytes */
bool base_cpu_has_vnni(void); /* AVX512-VNNI, after the cap */
bool base_cpu_has_vbmi(void); /* AVX512-VBMI, after the cap */
const char *base_cpu_model(void); /* "AMD EPYC"; static */
/* "SECANT_CPU: 'x' is not sse2, avx2, avx512 or amx" as an error when the variable is wrong. */
secant_status base_cpu_check(secant_err *err) SECANT_NODISCARD;
#endif
