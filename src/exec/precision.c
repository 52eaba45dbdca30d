/* Precisions by name: one table, for options, messages and what is printed. */
#include "base/cpu.h"
#include "exec/exec.h"
#include <string.h>

static const char *const names[] = {
	[EXEC_PRECISION_F64] = "f64",
	[EXEC_PRECISION_F32] = "f32",
	[EXEC_PRECISION_BF16] = "bf16",
};
enum { PRECISIONS = sizeof names / sizeof *names };

const char *
exec_precision_name(exec_precision p)
{
	return names[p];
}

secant_status
exec_precision_choose(const char *name, exec_precision *p, secant_err *err)
{
	int found = 0;
	if (!strcmp(name, "auto"))
		return *p = base_cpu_has_amx() ? EXEC_PRECISION_BF16 : EXEC_PRECISION_F32, SECANT_OK;
	while (found < PRECISIONS && strcmp(names[found], name))
		found++;
	if (found == PRECISIONS)
		return secant_fail(err, SECANT_ERR_ARG, "precision '%s' is not auto, bf16, f32 or f64", name);
	if (found == EXEC_PRECISION_BF16 && base_cpu_isa() < BASE_ISA_AVX512)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"precision bf16 wants AVX-512, this CPU (%s) works with %s; use f32", base_cpu_model(),
			base_isa_name(base_cpu_isa()));
	*p = (exec_precision)found;
	return SECANT_OK;
}
