/* The instruction set: SECANT_CPU caps it, a wrong value is an error. What is decided at the first call is tried in
 * child processes. */
#include "data.h"
#include <sys/wait.h>
#include "base/cpu.h"

/* The instruction set a fresh process decides on with SECANT_CPU = cap. */
static int
isa_with(const char *cap)
{
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		if (cap)
			setenv("SECANT_CPU", cap, 1);
		else
			unsetenv("SECANT_CPU");
		_exit((int)base_cpu_isa() + 10 * base_cpu_has_amx() + 20 * base_cpu_has_bf16());
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
caps(void **state)
{
	static const char *const names[] = { "sse2", "avx2", "avx512", "amx" };
	int best = isa_with(NULL) % 10;
	for (int i = 0; i < 4; i++) {
		int got = isa_with(names[i]);
		assert_int_equal(got % 10, i < best ? i : best);
		if (i < BASE_ISA_AMX)
			assert_false(got / 10 % 2);
		if (i < BASE_ISA_AVX512)
			assert_int_equal(got / 10, 0);
		assert_string_equal(base_isa_name((base_isa)i), names[i]);
	}
	assert_string_equal(base_isa_name((base_isa)9), "unknown");
}

static void
a_wrong_cap_is_an_error(void **state)
{
	secant_err err = { 0 };
	setenv("SECANT_CPU", "avx1024", 1);
	assert_int_equal(base_cpu_check(&err), SECANT_ERR_ARG);
	assert_string_equal(err.msg, "SECANT_CPU: 'avx1024' is not sse2, avx2, avx512 or amx");
	setenv("SECANT_CPU", "avx2", 1);
	assert_int_equal(base_cpu_check(NULL), SECANT_OK);
	unsetenv("SECANT_CPU");
	assert_int_equal(base_cpu_check(NULL), SECANT_OK);
}

static void
model(void **state)
{
	assert_true(strlen(base_cpu_model()) > 2);
	assert_int_not_equal(base_cpu_model()[0], ' ');
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(caps), cmocka_unit_test(a_wrong_cap_is_an_error),
		cmocka_unit_test(model) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
