/*
 * Which instruction sets this process uses: what the CPU has, capped by SECANT_CPU=sse2|avx2|avx512|amx.
 */
#ifndef SECANT_BASE_CPU_H
#define SECANT_BASE_CPU_H
#include <secant/base.h>

typedef enum secant_isa {
	SECANT_ISA_BASE,
	SECANT_ISA_AVX2,
	SECANT_ISA_AVX512,
	SECANT_ISA_AMX
} secant_isa; /* BASE: SSE2 or whatever the platform starts with */

secant_isa secant_cpu_isa(void); /* decided at the first call; thread-safe */
const char *secant_isa_name(secant_isa isa); /* "sse2", ... */
bool secant_cpu_has_bf16(void); /* AVX512-BF16 or AMX-BF16, after the cap */
bool secant_cpu_has_amx(void);
const char *secant_cpu_model(void); /* "AMD EPYC"; static */
/* "SECANT_CPU: 'x' is not sse2, avx2, avx512 or amx" as an error when the variable is wrong. */
secant_status secant_cpu_check(secant_err *err) SECANT_NODISCARD;
#endif
