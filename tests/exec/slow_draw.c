/*
 * Layers drawn at random through our own plans, in f32 and bf16: forward, both gradients, products, between canaries,
 * against sums of the references (exec/selftest.h). SECANT_DRAW=FIRST,COUNT draws others than the 60 of every run.
 */
#include "data.h"
#include "base/cpu.h"
#include "exec/native/tiles.h"
#include "exec/selftest.h"

static uint64_t seed;

static int
next(int below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (int)((seed >> 33) % (uint64_t)below);
}

static exec_layer
drawn(int number)
{
	static const int channels[] = { 1, 2, 3, 4, 5, 8, 16, 17, 21, 24, 32, 48, 64, 96, 128, 256 };
	static const int kernels[] = { 1, 1, 3, 3, 3, 5, 7 };
	enum { CHANNELS = sizeof channels / sizeof *channels, KERNELS = sizeof kernels / sizeof *kernels };
	exec_layer l = { 0 };
	seed = (uint64_t)number * 7919 + 13;
	for (int i = 0; i < 9; i++)
		(void)next(2);
	l.n = 1 + next(3);
	l.in = channels[next(CHANNELS)];
	l.out = channels[next(CHANNELS)];
	l.kernel = kernels[next(KERNELS)];
	l.stride = 1 + (next(4) == 0);
	l.dilation = l.kernel > 1 && next(6) == 0 ? 1 + next(3) : 1;
	l.groups = next(5) ? 1 : l.in;
	if (l.groups > 1)
		l.out = l.in * (1 + next(2));
	do {
		l.h = 1 + next(next(3) ? 130 : 520);
		l.w = 1 + next(next(3) ? 260 : 640);
	} while ((double)l.n * l.h * l.w * l.in * l.out * l.kernel * l.kernel / l.groups > 1e9);
	return l;
}

static bool
row(void *user, const secant_selftest_row *r)
{
	if (!r->right)
		print_error("draw %d: %s %s %s by %s: %s\n", *(int *)user, r->operator_name, r->precision, r->shape,
			r->implementation, r->why);
	return true;
}

static void
test_drawn_layers(void **state)
{
	secant_selftest_result result = { 0 };
	const char *text = getenv("SECANT_DRAW");
	int first = 0, count = 60;
	if (text && sscanf(text, "%d,%d", &first, &count) != 2)
		fail_msg("SECANT_DRAW is '%s', not FIRST,COUNT", text);
	for (int i = first; i < first + count; i++) {
		exec_layer l = drawn(i);
		exec_tiles_by_model = i % 2 && base_cpu_has_amx(); /* each second one by tiles, where those are real */
		for (int low = 0; low < (base_cpu_isa() >= BASE_ISA_AVX512 ? 2 : 1); low++) {
			secant_err err = { 0 };
			if (exec_selftest_layer(&l, low ? EXEC_PRECISION_BF16 : EXEC_PRECISION_F32, 0, row, &i, &result, &err))
				fail_msg("draw %d: %s", i, err.msg);
		}
	}
	print_message("%d runs, %d wrong\n", result.runs, result.faults);
	assert_int_equal(result.faults, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_drawn_layers) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
