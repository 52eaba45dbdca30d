/*
 * Products of bytes: every way that a copy has, tiles of AMX and their model among them, against plain sums; rows and
 * outputs that do and do not fill a tile, stretches longer and shorter than one, and those that end between.
 */
#include "data.h"
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_product_equals_plain_sums),
		cmocka_unit_test(test_real_tiles_equal_plain_sums),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
