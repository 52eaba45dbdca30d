/*
 * Products of bytes: every way that a copy has, tiles of AMX and their model among them, against plain sums; rows and
 * outputs that do and do not fill a tile, stretches longer and shorter than one, and those that end between.
 */
#include "data.h"
#include <math.h>
#include "base/cpu.h"
#include "kernels/bytes.h"

enum { COLUMNS = KERNEL_BYTES_COLUMNS, SLACK = 64, UNTOUCHED = 77 };
typedef void product(const kernel_bytes_tile *t, const uint8_t *x, int rows, int32_t *sums);

static uint64_t seed;
static int
any_byte(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (int)(seed >> 40 & 255);
}

static void
check(product *run, const char *name, int rows, int columns, int stretches, int64_t quads, int64_t step)
{
	int64_t at[3], length = quads * KERNEL_BYTES_DEEP, bytes = (rows + 8) * step + 3 * (length + 40) + SLACK;
	uint8_t *x = malloc((size_t)bytes);
	int8_t *w = malloc((size_t)(stretches * length * columns));
	int32_t sums[KERNEL_BYTES_MANY * COLUMNS];
	for (int k = 0; k < stretches; k++)
		at[k] = k * (length + 13);
	for (int64_t i = 0; i < bytes; i++)
		x[i] = (uint8_t)any_byte();
	for (int64_t i = 0; i < stretches * length * columns; i++)
		w[i] = (int8_t)any_byte();
	for (int i = 0; i < KERNEL_BYTES_MANY * COLUMNS; i++)
		sums[i] = UNTOUCHED;
	run(&(kernel_bytes_tile){ at, stretches, columns, quads, step, w }, x, rows, sums);
	for (int r = 0; r < rows; r++)
		for (int j = 0; j < columns; j++) {
			int32_t want = 0;
			for (int k = 0; k < stretches; k++)
				for (int64_t i = 0; i < length; i++)
					want += x[r * step + at[k] + i] * w[((k * quads + i / 4) * columns + j) * 4 + i % 4];
			if (sums[r * COLUMNS + j] != want)
				fail_msg("%s, %d rows, %d outputs, %d x %lld bytes: row %d, output %d is %d, not %d", name, rows,
					columns, stretches, (long long)length, r, j, sums[r * COLUMNS + j], want);
		}
	for (int i = rows * COLUMNS; i < KERNEL_BYTES_MANY * COLUMNS; i++)
		assert_int_equal(sums[i], UNTOUCHED);
	free(x);
	free(w);
}

static void
check_all(product *run, const char *name, int most_rows)
{
	static const int rows[] = { 1, 3, 6, 15, 16, 17, 33, 64 };
	static const int64_t quads[] = { 1, 4, 15, 16, 17, 33 };
	for (size_t r = 0; r < sizeof rows / sizeof *rows && rows[r] <= most_rows; r++)
		for (size_t q = 0; q < sizeof quads / sizeof *quads; q++)
			for (int columns = 16; columns <= COLUMNS; columns += 16)
				check(run, name, rows[r], columns, 1 + (int)(q + r) % 3, quads[q], r % 2 ? 64 : 48);
}

static void
test_every_product_equals_plain_sums(void **state)
{
	static const base_isa copies[] = { BASE_ISA_BASE, BASE_ISA_AVX2, BASE_ISA_AVX512 };
	for (size_t i = 0; i < sizeof copies / sizeof *copies && copies[i] <= base_cpu_isa(); i++) {
		const kernel_bytes_kernels *k = kernel_bytes_at(copies[i]);
		check_all(k->product, base_isa_name(copies[i]), KERNEL_BYTES_ROWS);
		check_all(k->product_model, "model of tiles", KERNEL_BYTES_MANY);
		if (k->product_vnni && base_cpu_has_vnni())
			check_all(k->product_vnni, "vnni", KERNEL_BYTES_ROWS);
	}
}

static void
test_real_tiles_equal_plain_sums(void **state)
{
	if (!base_cpu_has_amx_int8()) {
		print_message("skipped: this CPU (or SECANT_CPU) has no AMX\n");
		skip();
	}
	check_all(kernel_bytes_best()->product_amx, "tiles", KERNEL_BYTES_MANY);
}

/* Pixels in which each channel is its own group: blocks of all and of few channels, taps that fill fours and do not. */
static void
check_depth(void (*run)(const kernel_bytes_depth *, const uint8_t *, int, int, int32_t *), const char *name)
{
	enum { STEP = 100, TAPS = 25, BYTES = 8000 };
	static const int taps[] = { 1, 3, 4, 9, 25 }, channels[] = { 1, 16, 24, 63, 64 };
	static uint8_t x[BYTES];
	static int8_t w[(TAPS + 3) * COLUMNS];
	static int32_t sums[KERNEL_BYTES_MANY * COLUMNS];
	int64_t at[TAPS + 3] = { 0 };
	for (int i = 0; i < BYTES; i++)
		x[i] = (uint8_t)any_byte();
	for (size_t t = 0; t < sizeof taps / sizeof *taps; t++)
		for (size_t c = 0; c < sizeof channels / sizeof *channels; c++) {
			int8_t plain[TAPS][COLUMNS];
			memset(w, 0, sizeof w);
			memset(at, 0, sizeof at);
			for (int k = 0; k < taps[t]; k++) {
				at[k] = k * 37;
				for (int j = 0; j < COLUMNS; j++)
					w[kernel_bytes_depth_place(k, j)] = plain[k][j] = (int8_t)any_byte();
			}
			run(&(kernel_bytes_depth){ at, taps[t], STEP, w }, x, 5, channels[c], sums);
			for (int r = 0; r < 5; r++)
				for (int j = 0; j < channels[c]; j++) {
					int32_t want = 0;
					for (int k = 0; k < taps[t]; k++)
						want += x[r * STEP + at[k] + j] * plain[k][j];
					if (sums[r * COLUMNS + j] != want)
						fail_msg("%s, %d taps, %d channels: pixel %d, channel %d is %d, not %d", name, taps[t],
							channels[c], r, j, sums[r * COLUMNS + j], want);
				}
		}
}

static void
test_channels_by_themselves(void **state)
{
	static const base_isa copies[] = { BASE_ISA_BASE, BASE_ISA_AVX2, BASE_ISA_AVX512 };
	for (size_t i = 0; i < sizeof copies / sizeof *copies && copies[i] <= base_cpu_isa(); i++) {
		const kernel_bytes_kernels *k = kernel_bytes_at(copies[i]);
		check_depth(k->depth, base_isa_name(copies[i]));
		if (k->depth_vnni && base_cpu_has_vnni())
			check_depth(k->depth_vnni, "vnni");
	}
}

/* What follows a sum, by every copy as by plain arithmetic, to a step where halves meet: rows and outputs that do not
 * fill vectors, of what is added every type, bytes at the ends of their range. */
static void
test_ends_of_sums(void **state)
{
	enum { ROWS = 3, OUT = 37, STEP = 50 };
	static const base_isa copies[] = { BASE_ISA_BASE, BASE_ISA_AVX2, BASE_ISA_AVX512 };
	int32_t sums[ROWS * COLUMNS], less[OUT];
	float scale[OUT], bias[OUT], reals[ROWS * STEP];
	uint8_t bytes[ROWS * STEP];
	for (int i = 0; i < ROWS * COLUMNS; i++)
		sums[i] = (any_byte() - 128) * 300 + any_byte();
	for (int j = 0; j < OUT; j++) {
		less[j] = any_byte() * 16;
		scale[j] = 0.001f + (float)any_byte() * 1e-5f;
		bias[j] = (float)(any_byte() - 128) * 0.1f;
	}
	for (int i = 0; i < ROWS * STEP; i++) {
		bytes[i] = (uint8_t)any_byte();
		reals[i] = (float)(any_byte() - 128) * 0.3f;
	}
	for (size_t i = 0; i < sizeof copies / sizeof *copies && copies[i] <= base_cpu_isa(); i++)
		for (int added = KERNEL_BYTES_NONE; added <= KERNEL_BYTES_S8; added++)
			for (int to = KERNEL_BYTES_REAL; to <= KERNEL_BYTES_S8; to++) {
				kernel_bytes_end e = { less, scale, bias, 7, 0.05f, -20, 25, 1 / 0.13f, to == KERNEL_BYTES_S8 ? -5 : 90,
					added, to };
				const void *from = added == KERNEL_BYTES_REAL ? (const void *)reals : bytes;
				float got_real[ROWS * STEP] = { 0 };
				uint8_t got[ROWS * STEP];
				memset(got, UNTOUCHED, sizeof got);
				kernel_bytes_at(copies[i])->finish(
					&e, sums, ROWS, OUT, from, to == KERNEL_BYTES_REAL ? (void *)got_real : got, STEP);
				for (int k = 0; k < ROWS * OUT; k++) {
					int r = k / OUT, j = k % OUT, at = r * STEP + j;
					double a = added == KERNEL_BYTES_NONE ? 0
						: added == KERNEL_BYTES_REAL      ? (double)reals[at]
						: added == KERNEL_BYTES_U8        ? bytes[at]
														  : (int8_t)bytes[at];
					double v = (sums[r * COLUMNS + j] - less[j]) * (double)scale[j] + (double)bias[j]
						+ (added ? (a - 7) * 0.05 : 0);
					v = v < -20 ? -20 : v > 25 ? 25 : v;
					double y = to == KERNEL_BYTES_REAL ? v : nearbyint(v / 0.13) + (double)e.zero;
					y = to == KERNEL_BYTES_U8   ? fmin(fmax(y, 0), 255)
						: to == KERNEL_BYTES_S8 ? fmin(fmax(y, -128), 127)
												: y;
					double is = to == KERNEL_BYTES_REAL ? (double)got_real[at]
						: to == KERNEL_BYTES_U8         ? got[at]
														: (int8_t)got[at];
					bool near = fabs(v / 0.13 - floor(v / 0.13) - 0.5) < 1e-3;
					if (fabs(is - y) > (to == KERNEL_BYTES_REAL ? 1e-4 : near ? 1 : 0))
						fail_msg(
							"%s, adds type %d, gives type %d: %g, not %g", base_isa_name(copies[i]), added, to, is, y);
				}
				for (int r = 0; r < ROWS && to != KERNEL_BYTES_REAL; r++)
					for (int j = OUT; j < STEP; j++)
						assert_int_equal(got[r * STEP + j], UNTOUCHED);
			}
}

static void
test_tables(void **state)
{
	uint8_t table[256], x[200], y[201], z[201];
	const kernel_bytes_kernels *k = kernel_bytes_best();
	for (int i = 0; i < 256; i++)
		table[i] = (uint8_t)any_byte();
	for (int i = 0; i < 200; i++)
		x[i] = (uint8_t)any_byte();
	for (int n = 0; n <= 200; n += 25) {
		y[n] = z[n] = UNTOUCHED;
		k->look_up(table, x, n, y);
		for (int i = 0; i < n; i++)
			assert_int_equal(y[i], table[x[i]]);
		assert_int_equal(y[n], UNTOUCHED);
		if (!k->look_up_vbmi || !base_cpu_has_vbmi())
			continue;
		k->look_up_vbmi(table, x, n, z);
		assert_memory_equal(y, z, (size_t)n + 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_product_equals_plain_sums),
		cmocka_unit_test(test_real_tiles_equal_plain_sums),
		cmocka_unit_test(test_channels_by_themselves),
		cmocka_unit_test(test_ends_of_sums),
		cmocka_unit_test(test_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
