/*
 * Convolutions in tiles: layouts of every copy against their definition, the model of tiles in C against plain sums,
 * and real tiles too. Numbers are whole and small, so that every sum is exact, in bfloat16 as well.
 */
#include "data.h"
#include <math.h>
#include "base/cpu.h"
#include "kernels/tiles_conv.h"

enum { PIXELS = KERNEL_TILES_CONV_PIXELS, BLOCK = KERNEL_TILES_CONV_BLOCK, STEP = KERNEL_TILES_CONV_STEP };
enum { WEIGHTS = KERNEL_TILES_CONV_WEIGHTS };
static const base_isa copies[] = { BASE_ISA_BASE, BASE_ISA_AVX2, BASE_ISA_AVX512 };

static uint64_t seed;
static int
draw(int from, int to)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return from + (int)((seed >> 33) % (uint64_t)(to - from + 1));
}

static void *
room(int64_t bytes)
{
	void *p = NULL;
	assert_int_equal(posix_memalign(&p, 64, (size_t)(bytes + 64) / 64 * 64), 0);
	memset(p, 0xee, (size_t)(bytes + 64) / 64 * 64);
	return p;
}

static bool
has(base_isa isa)
{
	return isa <= base_cpu_isa();
}

static void
test_spread_equals_its_definition(void **state)
{
	static const int64_t numbers[] = { 1, 8, 31, 32, 33, 64, 70 };
	for (size_t c = 0; c < sizeof numbers / sizeof *numbers; c++)
		for (size_t i = 0; i < sizeof copies / sizeof *copies && has(copies[i]); i++) {
			int64_t n = numbers[c], pixels = 5, step = n > 20 ? n - 15 : n, plane = pixels * STEP + 64;
			int64_t chunks = (n + STEP - 1) / STEP;
			uint16_t *from = room((pixels * step + n) * 2), *to = room(chunks * plane * 2);
			for (int64_t k = 0; k < (pixels - 1) * step + n; k++)
				from[k] = (uint16_t)(k + 1);
			kernel_tiles_conv_at(copies[i])->spread(from, step, n, pixels, to, plane);
			for (int64_t k = 0; k < chunks * STEP; k++)
				for (int64_t p = 0; p < pixels; p++)
					assert_int_equal(to[k / STEP * plane + p * STEP + k % STEP], k < n ? from[p * step + k] : 0);
			assert_int_equal(to[pixels * STEP], 0xeeee); /* and nothing behind a plane */
			free(from);
			free(to);
		}
}

static void
test_weights_equal_their_definition(void **state)
{
	for (int channels = 1; channels <= BLOCK; channels += 5)
		for (size_t i = 0; i < sizeof copies / sizeof *copies && has(copies[i]); i++) {
			int64_t from[2 * STEP], step = 75;
			float *w = room(BLOCK * step * 4);
			uint16_t *to = room(2 * WEIGHTS * 2);
			for (int64_t k = 0; k < BLOCK * step; k++)
				w[k] = (float)draw(-10000, 10000) / 777;
			w[3] = NAN, w[4] = -INFINITY, w[5] = 1e-42f, w[6] = 3.4e38f;
			for (int k = 0; k < 2 * STEP; k++)
				from[k] = k % 7 == 6 ? -1 : k < 10 ? k : draw(0, 74);
			kernel_tiles_conv_at(copies[i])->weights(w, from, 2, step, channels, to);
			for (int k = 0; k < 2 * STEP; k++)
				for (int o = 0; o < BLOCK; o++)
					assert_int_equal(to[k / 2 * 2 * BLOCK + o * 2 + k % 2],
						from[k] < 0 || o >= channels ? 0 : kernel_to_bf16(w[from[k] + o * step]));
			free(w);
			free(to);
		}
}

typedef void convolve(const kernel_tiles_conv *);
typedef struct form {
	int tiles, channels;
	bool bias, added, relu, low;
} form;

/* What the form asks for pixel p of y, channel o, summed plainly. */
static double
wanted(const kernel_tiles_conv *c, const void *added, int tile, int p, int o)
{
	double sum = c->bias ? c->bias[o] : 0;
	const uint16_t *w = c->weights + o / BLOCK * c->steps * WEIGHTS;
	for (int64_t k = 0; k < c->steps * STEP; k++)
		sum += (double)kernel_from_bf16(c->x[c->tile[tile] + c->shift[k / STEP] + p * c->x_step + k % STEP])
			* kernel_from_bf16(w[k / 2 * 2 * BLOCK + o % BLOCK * 2 + k % 2]);
	if (added)
		sum += kernel_load(added, (int64_t)c->pixel[tile * PIXELS + p] * c->channels + o, c->low);
	return c->relu && sum < 0 ? 0 : sum;
}

static void
check_form(convolve *run, form f)
{
	enum { TILES = 7, STEPS = 3, PLACES = 400 };
	int64_t tile[TILES], shift[STEPS] = { 0, PLACES * STEP, 5 * STEP }, blocks = (f.channels + BLOCK - 1) / BLOCK;
	int32_t pixel[TILES * PIXELS];
	int64_t numbers = (int64_t)TILES * PIXELS * f.channels, size = f.low ? 2 : 4;
	uint16_t *x = room(2 * PLACES * STEP * 2), *w = room(blocks * STEPS * WEIGHTS * 2);
	void *y = room(numbers * size), *added = room(numbers * size);
	float bias[64];
	for (int i = 0; i < 2 * PLACES * STEP; i++)
		x[i] = kernel_to_bf16((float)draw(-1, 1));
	for (int64_t i = 0; i < blocks * STEPS * WEIGHTS; i++)
		w[i] = kernel_to_bf16((float)draw(-1, 1));
	for (int i = 0; i < 64; i++)
		bias[i] = (float)draw(-3, 3);
	for (int64_t i = 0; i < numbers; i++)
		kernel_store_real(added, i, f.low, (float)draw(-3, 3));
	for (int t = 0; t < TILES; t++) {
		tile[t] = (TILES - 1 - t) * 40 * STEP;
		for (int j = 0; j < PIXELS; j++) /* the third tile: some are left out; the last one: others than beside it */
			pixel[t * PIXELS + j] = t == 2 && j < 5 ? -1 : t * PIXELS + (t == TILES - 1 ? PIXELS - 1 - j : j);
	}
	kernel_tiles_conv c = { x, 2 * STEP, tile, pixel, f.tiles, f.tiles * PIXELS - 2, shift, STEPS, w,
		f.bias ? bias : NULL, f.added ? added : NULL, f.relu, f.low, y, f.channels };
	run(&c);
	uint8_t *was = room(numbers * size);
	for (int t = 0; t < TILES; t++)
		for (int p = 0; p < PIXELS; p++)
			for (int o = 0; o < f.channels; o++) {
				int64_t at = (int64_t)pixel[t * PIXELS + p] * f.channels + o;
				if (t < f.tiles && pixel[t * PIXELS + p] >= 0 && pixel[t * PIXELS + p] < c.pixels)
					assert_float_equal(kernel_load(y, at, f.low), wanted(&c, f.added ? added : NULL, t, p, o), 0);
				else if (at >= 0)
					assert_memory_equal((char *)y + at * size, was, (size_t)size);
			}
	if (f.added) { /* which may be y itself */
		c.y = added;
		run(&c);
		assert_memory_equal(added, y, (size_t)(size * f.channels * (f.tiles > 2 ? 2 : f.tiles - 1) * PIXELS));
	}
	free(x), free(w), free(y), free(added), free(was);
}

static void
check_forms(convolve *run)
{
	static const int channels[] = { 1, 15, 16, 17, 24, 32, 33, 48, 50 };
	for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
		for (int tiles = 1; tiles <= 7; tiles++)
			for (int k = 0; k < 16; k++)
				if (tiles == 7 || k % 5 == 0)
					check_form(run, (form){ tiles, channels[i], k & 1, k & 2, k & 4, k & 8 });
}

static void
test_the_model_sums_exactly(void **state)
{
	for (size_t i = 0; i < sizeof copies / sizeof *copies && has(copies[i]); i++)
		check_forms(kernel_tiles_conv_at(copies[i])->convolve);
}

static void
test_real_tiles_sum_exactly(void **state)
{
	if (!base_cpu_has_amx()) {
		print_message("skipped: this CPU (or SECANT_CPU) has no AMX\n");
		skip();
	}
	check_forms(kernel_tiles_conv_best()->convolve_amx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spread_equals_its_definition),
		cmocka_unit_test(test_weights_equal_their_definition),
		cmocka_unit_test(test_the_model_sums_exactly),
		cmocka_unit_test(test_real_tiles_sum_exactly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
