/*
 * What the processor can do, asked once. An instruction set counts when the CPU has it, the operating system saves its
 * registers, and SECANT_CPU does not cap it away.
 */
#include "base/cpu.h"
#include <secant/info.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

static const char *const isa_names[] = { "sse2", "avx2", "avx512", "amx" };
static struct {
	base_isa isa;
	bool avx512_bf16, avx512_vnni, avx512_vbmi, amx_bf16, amx_int8;
	char model[64];
} cpu;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__x86_64__)
static bool
amx_usable(void)
{
	unsigned a, b, c, d, low, high;
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d >> 24 & 1))
		return false;
	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 27 & 1))
		return false;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	if ((low >> 17 & 3) != 3)
		return false;
	/* Linux hands out the tile registers on request only: ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA. */
	return syscall(SYS_arch_prctl, 0x1023, 18) == 0;
}

static void
cpu_ask(void)
{
	unsigned r[12], a, b, c, d;
	cpu.isa = BASE_ISA_BASE;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		cpu.isa = BASE_ISA_AVX2;
	if (cpu.isa == BASE_ISA_AVX2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
		&& __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
		cpu.isa = BASE_ISA_AVX512;
	if (__get_cpuid_count(7, 1, &a, &b, &c, &d))
		cpu.avx512_bf16 = a >> 5 & 1;
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
		cpu.amx_bf16 = d >> 22 & 1;
		cpu.amx_int8 = d >> 25 & 1;
		cpu.avx512_vnni = c >> 11 & 1;
		cpu.avx512_vbmi = c >> 1 & 1;
	}
	if (cpu.isa == BASE_ISA_AVX512 && amx_usable())
		cpu.isa = BASE_ISA_AMX;
	for (unsigned i = 0; i < 3; i++)
		if (!__get_cpuid(0x80000002u + i, r + 4 * i, r + 4 * i + 1, r + 4 * i + 2, r + 4 * i + 3))
			return;
	memcpy(cpu.model, r, sizeof r);
	size_t n = strlen(cpu.model), skip = strspn(cpu.model, " ");
	while (n > skip && cpu.model[n - 1] == ' ')
		cpu.model[--n] = '\0';
	memmove(cpu.model, cpu.model + skip, n - skip + 1);
}
#else
static void
cpu_ask(void)
{
	cpu.isa = BASE_ISA_BASE;
}
#endif

/* The index of SECANT_CPU's value, -1 if it is none of the names, the last one if the variable is not set. */
static int
cap(void)
{
	const char *text = getenv("SECANT_CPU");
	int n = (int)(sizeof isa_names / sizeof isa_names[0]);
	if (!text || !*text)
		return n - 1;
	for (int i = 0; i < n; i++)
		if (!strcmp(text, isa_names[i]))
			return i;
	return -1;
}

static void
cpu_decide(void)
{
	int limit = cap();
	cpu_ask();
	if (limit >= 0 && (int)cpu.isa > limit)
		cpu.isa = (base_isa)limit;
}

base_isa
base_cpu_isa(void)
{
	pthread_once(&once, cpu_decide);
	return cpu.isa;
}

const char *
base_isa_name(base_isa isa)
{
	return (unsigned)isa < sizeof isa_names / sizeof isa_names[0] ? isa_names[isa] : "unknown";
}

bool
base_cpu_has_amx(void)
{
	return base_cpu_isa() == BASE_ISA_AMX && cpu.amx_bf16;
}

bool
base_cpu_has_amx_int8(void)
{
	return base_cpu_isa() == BASE_ISA_AMX && cpu.amx_int8;
}

bool
base_cpu_has_vnni(void)
{
	return base_cpu_isa() >= BASE_ISA_AVX512 && cpu.avx512_vnni;
}

bool
base_cpu_has_vbmi(void)
{
	return base_cpu_isa() >= BASE_ISA_AVX512 && cpu.avx512_vbmi;
}

bool
base_cpu_has_bf16(void)
{
	return base_cpu_has_amx() || (base_cpu_isa() >= BASE_ISA_AVX512 && cpu.avx512_bf16);
}

const char *
base_cpu_model(void)
{
	pthread_once(&once, cpu_decide);
	return cpu.model[0] ? cpu.model : "unknown CPU";
}

secant_status
base_cpu_check(secant_err *err)
{
	if (cap() >= 0)
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_ARG, "SECANT_CPU: '%s' is not sse2, avx2, avx512 or amx", getenv("SECANT_CPU"));
}

const char *
secant_instruction_set(void)
{
	return base_isa_name(base_cpu_isa());
}

secant_status
secant_check_environment(secant_err *err)
{
	return base_cpu_check(err);
}
