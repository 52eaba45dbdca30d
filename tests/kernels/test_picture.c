/* Kernels on pictures: every instruction set against the plain one, at all lengths around a vector's, and none writes
 * too far. */
#include "data.h"
#include "base/rng.h"
#include "kernels/picture.h"

static base_rng rng;

static void
fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)base_rng_u32(&rng);
}

static void
sampling_is_the_same_everywhere(void **state)
{
	enum { W = 37, H = 23, MOST = 70 };
	static const base_isa isas[] = { BASE_ISA_BASE, BASE_ISA_AVX2, BASE_ISA_AVX512 };
	const kernel_picture_kernels *plain = kernel_picture_at(BASE_ISA_BASE);
	for (int channels = 1; channels <= 5; channels++)
		for (size_t k = 0; k < 3 && isas[k] <= base_cpu_isa(); k++)
			for (int n = 0; n <= MOST; n += n < 40 ? 1 : 15) {
				/* Exactly as large as it says, with two bytes more, so that a sanitizer sees a read beyond it. */
				uint8_t *from = malloc((size_t)W * H * (size_t)channels + 2), out[2][MOST * 5 + 64], outside[2][MOST];
				uint16_t *labels = malloc(W * H * 2), picked[2][MOST];
				float x[MOST], y[MOST];
				fill(from, (size_t)W * H * (size_t)channels);
				fill((uint8_t *)labels, W * H * 2);
				for (int i = 0; i < n; i++) {
					x[i] = (float)base_rng_range(&rng, -3, W + 2);
					y[i] = (float)base_rng_range(&rng, -3, H + 2);
				}
				if (n > 4) {
					x[0] = W - 1, y[0] = 3; /* the last column has no right neighbour */
					x[1] = W - 2, y[1] = H - 2;
					x[2] = 1e30f, y[2] = -1e30f;
					x[3] = (float)W - 1.0001f, y[3] = (float)H - 1.0001f;
					x[4] = 0, y[4] = 0;
				}
				memset(out, 7, sizeof out);
				plain->sample(from, W, H, channels, x, y, n, out[0], outside[0]);
				kernel_picture_at(isas[k])->sample(from, W, H, channels, x, y, n, out[1], outside[1]);
				plain->pick(labels, W, H, x, y, n, picked[0], outside[0]);
				plain->sample(from, W, H, channels, x, y, n, out[0], outside[0]);
				assert_memory_equal(outside[0], outside[1], (size_t)n);
				for (int i = 0; i < n; i++)
					if (!outside[0][i])
						assert_memory_equal(out[0] + i * channels, out[1] + i * channels, (size_t)channels);
				for (int i = n * channels; i < n * channels + 64; i++)
					assert_int_equal(out[1][i], 7);
				plain->pick(labels, W, H, x, y, n, picked[0], outside[0]);
				kernel_picture_at(isas[k])->pick(labels, W, H, x, y, n, picked[1], outside[1]);
				for (int i = 0; i < n; i++)
					assert_true(outside[0][i] || picked[0][i] == picked[1][i]);
				assert_memory_equal(outside[0], outside[1], (size_t)n);
				free(from);
				free(labels);
			}
}

static void
reversed_pixels(void **state)
{
	for (int n = 0; n < 70; n++) {
		uint8_t *from = malloc((size_t)n * 3 + 1), *to = malloc((size_t)n * 3 + 1);
		fill(from, (size_t)n * 3);
		to[n * 3] = 9;
		kernel_picture_best()->reverse3(from, to, n);
		for (int i = 0; i < n; i++)
			assert_memory_equal(to + 3 * i, from + 3 * (n - 1 - i), 3);
		assert_int_equal(to[n * 3], 9);
		free(from), free(to);
		uint16_t labels[70], back[71] = { 0 };
		fill((uint8_t *)labels, sizeof labels);
		kernel_picture_best()->reverse2(labels, back, n);
		for (int i = 0; i < n; i++)
			assert_int_equal(back[i], labels[n - 1 - i]);
		assert_int_equal(back[n], 0);
	}
}

static void
a_place_between_four(void **state)
{
	static const uint8_t from[6] = { 10, 20, 30, 50 };
	static const struct {
		float x, y;
		int v;
	} cases[] = { { 0, 0, 10 }, { 0.5f, 0, 15 }, { 0, 0.5f, 20 }, { 0.5f, 0.5f, 28 }, { 0.25f, 0.75f, 29 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t out, outside;
		kernel_picture_best()->sample(from, 2, 2, 1, &cases[i].x, &cases[i].y, 1, &out, &outside);
		assert_int_equal(outside, 0);
		assert_int_equal(out, cases[i].v);
	}
}

static void
colours_agree_to_one(void **state)
{
	for (int channels = 3; channels <= 4; channels++)
		for (int n = 0; n < 600; n += n < 40 ? 1 : 97) {
			uint8_t *a = malloc((size_t)n * (size_t)channels + 1), *b = malloc((size_t)n * (size_t)channels + 1),
					*before = malloc((size_t)n * (size_t)channels + 1);
			kernel_hsv_shift shift = { (float)base_rng_range(&rng, -180, 180), (float)base_rng_range(&rng, -60, 60),
				(float)base_rng_range(&rng, -60, 60), n % 2, true };
			fill(before, (size_t)n * (size_t)channels);
			memcpy(a, before, (size_t)n * (size_t)channels);
			memcpy(b, before, (size_t)n * (size_t)channels);
			kernel_picture_at(BASE_ISA_BASE)->hsv_bytes(a, channels, n, &shift);
			kernel_picture_best()->hsv_bytes(b, channels, n, &shift);
			for (int i = 0; i < n * channels; i++) {
				int slack = shift.compat256 ? 10 : 1; /* a hue of bytes that rounds the other way is two degrees off */
				if (abs(a[i] - b[i]) > slack)
					fail_msg("%d and %d, shift %g %g %g, compat %d, of %d %d %d", a[i], b[i], (double)shift.hue,
						(double)shift.saturation, (double)shift.value, shift.compat256, before[i - i % channels],
						before[i - i % channels + 1], before[i - i % channels + 2]);
				if (i % channels == 3)
					assert_int_equal(b[i], before[i]);
			}
			free(a), free(b), free(before);
		}
}

static void
numbers_are_scaled(void **state)
{
	float scale[48], shift[48], to[200];
	uint8_t from[200];
	for (int k = 0; k < 48; k++)
		scale[k] = 0.25f * (float)(k % 3 + 1), shift[k] = (float)(k % 3);
	fill(from, sizeof from);
	for (int n = 0; n < 200; n += 7) {
		for (int i = 0; i < 200; i++)
			to[i] = -1;
		kernel_picture_best()->normalise(from, to, n, 48, scale, shift);
		for (int i = 0; i < 200; i++)
			assert_true(to[i] == (i < n ? (float)from[i] * scale[i % 48] + shift[i % 48] : -1));
	}
}

/* Lines through a picture: every instruction set gives the same bytes, at all lengths. */
static void
lines_are_the_same_everywhere(void **state)
{
	enum { W = 90, H = 70, MOST = 60 };
	static const base_isa isas[] = { BASE_ISA_BASE, BASE_ISA_AVX2, BASE_ISA_AVX512 };
	const kernel_picture_kernels *plain = kernel_picture_at(BASE_ISA_BASE);
	for (size_t k = 0; k < 3 && isas[k] <= base_cpu_isa(); k++)
		for (int n = 0; n <= MOST; n++) {
			uint8_t *from = malloc(W * H * 3 + 2), out[2][MOST * 3 + 64];
			uint16_t *labels = malloc(W * H * 2), picked[2][MOST + 8];
			const double a[2] = { base_rng_range(&rng, 1, W - 2), base_rng_range(&rng, 1, H - 2) },
						 b[2] = { base_rng_range(&rng, 1, W - 2), base_rng_range(&rng, 1, H - 2) };
			int64_t start[2], step[2];
			for (int d = 0; d < 2; d++) {
				start[d] = (int64_t)(a[d] * 4294967296.);
				step[d] = n > 1 ? (int64_t)((b[d] - a[d]) / (n - 1) * 4294967296.) : 0;
			}
			fill(from, W * H * 3);
			fill((uint8_t *)labels, W * H * 2);
			memset(out, 7, sizeof out);
			memset(picked, 7, sizeof picked);
			plain->warp3(from, W, start, step, n, out[0]);
			kernel_picture_at(isas[k])->warp3(from, W, start, step, n, out[1]);
			assert_memory_equal(out[0], out[1], sizeof out[0]);
			plain->warp_labels(labels, W, start, step, n, picked[0]);
			kernel_picture_at(isas[k])->warp_labels(labels, W, start, step, n, picked[1]);
			assert_memory_equal(picked[0], picked[1], sizeof picked[0]);
			for (int i = 3 * n; i < 3 * n + 64; i++)
				assert_int_equal(out[1][i], 7);
			free(from);
			free(labels);
		}
}

static void
blocks_are_transposed(void **state)
{
	static const base_isa isas[] = { BASE_ISA_BASE, BASE_ISA_AVX2, BASE_ISA_AVX512 };
	uint8_t in[16 * 50], out[16 * 52];
	for (size_t k = 0; k < 3 && isas[k] <= base_cpu_isa(); k++)
		for (int size = 2; size <= 3; size++)
			for (int back = 0; back < 2; back++) {
				fill(in, sizeof in);
				memset(out, 7, sizeof out);
				uint8_t *first = back ? out + 15 * 52 : out;
				const kernel_picture_kernels *p = kernel_picture_at(isas[k]);
				(size == 3 ? p->transpose3 : p->transpose2)(in, 50, first, back ? -52 : 52);
				for (int y = 0; y < 16; y++)
					for (int x = 0; x < 52; x++)
						assert_int_equal((back ? out + (15 - y) * 52 : out + y * 52)[x],
							x < 16 * size ? in[x / size * 50 + y * size + x % size] : 7);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sampling_is_the_same_everywhere),
		cmocka_unit_test(reversed_pixels),
		cmocka_unit_test(a_place_between_four),
		cmocka_unit_test(colours_agree_to_one),
		cmocka_unit_test(numbers_are_scaled),
		cmocka_unit_test(lines_are_the_same_everywhere),
		cmocka_unit_test(blocks_are_transposed),
	};
	rng = base_rng_make(3, BASE_FOR_TEST, 0, 0);
	return cmocka_run_group_tests_name("picture kernels", tests, NULL, NULL);
}
