/*
 * Products in tiles: layouts of every copy against their definition, the model of tiles in C against plain sums, and
 * real tiles against the model. Numbers are whole and small, so that every sum is exact.
 */
#include "data.h"
#include "base/cpu.h"
#include "kernels/tiles.h"

enum { BLOCK = KERNEL_TILES_BLOCK, PIXELS = KERNEL_TILES_PIXELS, PAIR = KERNEL_TILES_PAIR, SUMS = KERNEL_TILES_SUMS };
static const base_isa copies[] = { BASE_ISA_BASE, BASE_ISA_AVX2, BASE_ISA_AVX512 };

static uint64_t seed;
static uint16_t
small(void) /* -3 .. 3 in bfloat16 */
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return kernel_to_bf16((float)((int)(seed >> 40) % 7 - 3));
}

static void *
zeroed(int64_t bytes)
{
	void *p = NULL;
	assert_int_equal(posix_memalign(&p, 64, (size_t)(bytes + 63) / 64 * 64), 0);
	memset(p, 0, (size_t)(bytes + 63) / 64 * 64);
	return p;
}

static bool
has(base_isa isa)
{
	return isa <= base_cpu_isa();
}

static void
test_layouts_equal_their_definition(void **state)
{
	static const int64_t channels[] = { 1, 3, 15, 16, 17, 32, 40 };
	for (size_t c = 0; c < sizeof channels / sizeof *channels; c++)
		for (size_t i = 0; i < sizeof copies / sizeof *copies && has(copies[i]); i++) {
			const kernel_tiles_kernels *k = kernel_tiles_at(copies[i]);
			int64_t n = channels[c], blocks = (n + BLOCK - 1) / BLOCK, pairs = 21, step = pairs * PAIR;
			uint16_t *map = zeroed(64 * n * 2 + 64), *tiles = zeroed(blocks * 512 * 2);
			uint16_t *even = zeroed(blocks * step * 2), *odd = zeroed(blocks * step * 2);
			const uint16_t *pixel[64];
			for (int p = 0; p < 64; p++) {
				pixel[p] = map + (p * 37 % 64) * n; /* in no order */
				for (int64_t j = 0; j < n; j++)
					map[(p * 37 % 64) * n + j] = (uint16_t)(p * 256 + j + 1);
			}
			memset(tiles, 0xee, (size_t)(blocks * 512 * 2));
			k->rows(pixel, n, tiles, 512);
			k->pairs(pixel, pairs, n, even, odd, step);
			for (int64_t j = 0; j < blocks * BLOCK; j++) {
				for (int p = 0; p < PIXELS; p++)
					assert_int_equal(tiles[j / BLOCK * 512 + j % BLOCK * PIXELS + p], j < n ? pixel[p][j] : 0);
				for (int p = 0; p < 2 * pairs; p++) {
					int64_t at = j / BLOCK * step + p / 2 * PAIR + j % BLOCK * 2 + p % 2;
					assert_int_equal(even[at], j < n ? pixel[p][j] : 0);
					assert_int_equal(odd[at], j < n ? pixel[p + 1][j] : 0);
				}
			}
			memset(even, 0, (size_t)(blocks * step * 2));
			k->pairs(pixel, pairs, n, NULL, odd, step);
			k->pairs(pixel, pairs, n, even, NULL, step);
			assert_int_equal(even[0], pixel[0][0]);
			free(map);
			free(tiles);
			free(even);
			free(odd);
		}
}

typedef void product(const kernel_tiles_product *);

static void
check_product(product *run, int n_rows, int columns, int64_t tiles)
{
	int64_t rows_step = tiles * 512, length = tiles * 512 + 64 * PAIR, to_step = (columns + 1) * SUMS;
	uint16_t *a = zeroed(n_rows * rows_step * 2), *b = zeroed(columns * length * 2);
	float *to = zeroed(n_rows * to_step * 4);
	int64_t *column = calloc((size_t)columns, sizeof *column);
	for (int64_t i = 0; i < n_rows * rows_step; i++)
		a[i] = small();
	for (int64_t i = 0; i < columns * length; i++)
		b[i] = small();
	for (int c = 0; c < columns; c++)
		column[c] = c * length + c * 7 % 64 * PAIR; /* from any pair on */
	kernel_tiles_product p = { a, rows_step, n_rows, b, column, columns, tiles, to, to_step, false };
	memset(to, 0xff, (size_t)(n_rows * to_step) * 4); /* NaNs, that sums which begin anew do not see */
	run(&p);
	p.add = true;
	run(&p);
	for (int r = 0; r < n_rows; r++)
		for (int c = 0; c < columns; c++)
			for (int i = 0; i < BLOCK; i++)
				for (int j = 0; j < BLOCK; j++) {
					double sum = 0;
					for (int64_t k = 0; k < tiles * PIXELS; k++)
						sum += (double)kernel_from_bf16(a[r * rows_step + k / PIXELS * 512 + i * PIXELS + k % PIXELS])
							* kernel_from_bf16(b[column[c] + k / 2 * PAIR + j * 2 + k % 2]);
					assert_float_equal(to[r * to_step + c * SUMS + i * BLOCK + j], 2 * sum, 0);
				}
	for (int r = 0; r < n_rows; r++) /* and nothing behind the last column */
		for (int i = 0; i < SUMS; i++)
			assert_true(to[r * to_step + columns * SUMS + i] != to[r * to_step + columns * SUMS + i]);
	free(a);
	free(b);
	free(to);
	free(column);
}

static void
check_products(product *run)
{
	for (int rows = 1; rows <= 3; rows++)
		for (int columns = 1; columns <= 9; columns += columns < 5 ? 1 : 4)
			check_product(run, rows, columns, rows == 2 ? 3 : 1);
}

static void
test_the_model_sums_exactly(void **state)
{
	for (size_t i = 0; i < sizeof copies / sizeof *copies && has(copies[i]); i++)
		check_products(kernel_tiles_at(copies[i])->product);
}

static void
test_real_tiles_sum_exactly(void **state)
{
	if (!base_cpu_has_amx()) {
		print_message("skipped: this CPU (or SECANT_CPU) has no AMX\n");
		skip();
	}
	check_products(kernel_tiles_best()->product_amx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts_equal_their_definition),
		cmocka_unit_test(test_the_model_sums_exactly),
		cmocka_unit_test(test_real_tiles_sum_exactly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
