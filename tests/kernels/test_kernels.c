/*
 * Kernel tables of every instruction set that this CPU has, called directly: odd widths, guard words behind every
 * output, against plain loops in double; the functions of vecmath.h in units in the last place; optimisers against
 * PyTorch's formulas written out.
 */
#include "data.h"
#include "base/rng.h"
#include "kernels/copy.h"
#include "kernels/elementwise.h"
#include "kernels/lines.h"
#include "kernels/norm.h"
#include "kernels/optimizer.h"
#include "kernels/pool.h"
#include "kernels/random.h"
#include "kernels/reduce.h"
#include "kernels/resize.h"
#include <math.h>

enum { MOST = 1 << 16, GUARD = 16 };
static const int64_t widths[] = { 1, 2, 3, 7, 15, 16, 17, 31, 33, 63, 64, 65, 100, 255, 257 };
enum { WIDTHS = sizeof widths / sizeof *widths };

static uint64_t seed = 1;

static double
uniform(double lo, double hi)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return lo + (hi - lo) * (double)(seed >> 11) / 9007199254740992.0;
}

/* A buffer of floats or bf16, with guard words behind it, and what it holds as doubles. */
typedef struct buffer {
	void *data;
	double *v;
	int64_t n;
	bool low;
} buffer;

static buffer
make(int64_t n, bool low, double lo, double hi)
{
	buffer b = { malloc((size_t)(n + GUARD) * 4), malloc((size_t)(n + 1) * sizeof(double)), n, low };
	memset(b.data, 0x5a, (size_t)(n + GUARD) * 4);
	for (int64_t i = 0; i < n; i++) {
		kernel_store_real(b.data, i, low, (float)uniform(lo, hi));
		b.v[i] = kernel_load(b.data, i, low);
	}
	return b;
}

static void
drop(buffer *b)
{
	free(b->data);
	free(b->v);
}

/* The guard is whole, and every number is `want` within relative * largest. */
static void
check(const buffer *b, const double *want, double relative, const char *what, base_isa isa, int64_t width)
{
	double largest = 1e-30;
	const unsigned char *tail = (const unsigned char *)kernel_at(b->data, b->n, b->low);
	for (int i = 0; i < GUARD; i++)
		if (tail[i] != 0x5a)
			fail_msg("%s %s: width %lld: wrote beyond the end", what, base_isa_name(isa), (long long)width);
	for (int64_t i = 0; i < b->n; i++)
		largest = fmax(largest, fabs(want[i]));
	for (int64_t i = 0; i < b->n; i++) {
		double v = kernel_load(b->data, i, b->low);
		if (!(fabs(v - want[i]) <= (b->low ? 8e-3 : relative) * largest))
			fail_msg("%s %s: width %lld, element %lld is %.9g, want %.9g", what, base_isa_name(isa), (long long)width,
				(long long)i, v, want[i]);
	}
}

#define EACH_ISA(isa) for (base_isa isa = BASE_ISA_BASE; isa <= BASE_ISA_AVX512 && isa <= base_cpu_isa(); isa++)
#define EACH_CASE(isa, low, width) \
	EACH_ISA(isa) \
	for (int low = 0; low < 2; low++) \
		for (int wi_ = 0; wi_ < WIDTHS; wi_++) \
			for (int64_t width = widths[wi_], once_ = 1; once_; once_ = 0)

/* ---- norm ---- */

static void
test_norm_forward(void **state)
{
	EACH_CASE(isa, low, w)
	{
		const kernel_norm_kernels *k = kernel_norm_at(isa);
		int64_t rows = 261;
		buffer x = make(rows * w, low, 2, 4), res = make(rows * w, low, -1, 1), y = make(rows * w, low, 0, 1);
		buffer p = make(w, false, 3, 3.1), scale = make(w, false, 0.5, 2), shift = make(w, false, -6, 1);
		double *sum = calloc((size_t)w * 2, sizeof *sum), *want = malloc((size_t)(rows * w) * sizeof *want);
		k->moments(x.data, low, rows, w, p.data, sum, sum + w);
		for (int64_t c = 0; c < w; c++) {
			double s = 0, q = 0;
			for (int64_t r = 0; r < rows; r++) {
				s += x.v[r * w + c] - p.v[c];
				q += (x.v[r * w + c] - p.v[c]) * (x.v[r * w + c] - p.v[c]);
			}
			if (fabs(s - sum[c]) > 1e-3 * (1 + fabs(s)) || fabs(q - sum[w + c]) > 1e-5 * q)
				fail_msg("moments %s: width %lld column %lld: %g %g, want %g %g", base_isa_name(isa), (long long)w,
					(long long)c, sum[c], sum[w + c], s, q);
		}
		for (int mode = 0; mode < 4; mode++) {
			k->normalise(x.data, mode & 1 ? res.data : NULL, y.data, low, mode & 2, rows, w, scale.data, shift.data);
			for (int64_t i = 0; i < rows * w; i++) {
				want[i] = x.v[i] * scale.v[i % w] + shift.v[i % w] + (mode & 1 ? res.v[i] : 0);
				want[i] = (mode & 2) && want[i] < 0 ? 0 : want[i];
			}
			check(&y, want, 1e-6, "normalise", isa, w);
		}
		k->normalise(x.data, NULL, x.data, low, false, rows, w, scale.data, shift.data); /* in place */
		for (int64_t i = 0; i < rows * w; i++)
			want[i] = x.v[i] * scale.v[i % w] + shift.v[i % w];
		check(&x, want, 1e-6, "normalise in place", isa, w);
		drop(&x), drop(&res), drop(&y), drop(&p), drop(&scale), drop(&shift);
		free(sum), free(want);
	}
}

static void
test_norm_backward(void **state)
{
	EACH_CASE(isa, low, w)
	{
		const kernel_norm_kernels *k = kernel_norm_at(isa);
		int64_t rows = 35;
		buffer dy = make(rows * w, low, -1, 1), x = make(rows * w, low, -1, 1), y = make(rows * w, low, -1, 1);
		buffer dx = make(rows * w, low, 0, 1), dres = make(rows * w, low, 0, 1);
		buffer mean = make(w, false, -1, 1), a = make(w, false, -1, 1), b = make(w, false, -1, 1),
			   c = make(w, false, -1, 1);
		double *want = malloc((size_t)(rows * w) * sizeof *want), *masked = malloc((size_t)(rows * w) * sizeof *masked),
			   *sum = calloc((size_t)w * 2, sizeof *sum);
		for (int mask = 0; mask < 2; mask++) {
			memset(sum, 0, (size_t)w * 2 * sizeof *sum);
			k->grad_moments(dy.data, x.data, mask ? y.data : NULL, low, rows, w, mean.data, sum, sum + w);
			k->grad(dy.data, x.data, mask ? y.data : NULL, dx.data, dres.data, low, rows, w, mean.data, a.data, b.data,
				c.data);
			for (int64_t i = 0; i < rows * w; i++) {
				masked[i] = mask && !(y.v[i] > 0) ? 0 : dy.v[i];
				want[i] = a.v[i % w] * masked[i] + b.v[i % w] * (x.v[i] - mean.v[i % w]) + c.v[i % w];
				sum[i % w] -= masked[i];
				sum[w + i % w] -= masked[i] * (x.v[i] - mean.v[i % w]);
			}
			check(&dx, want, 1e-6, "norm grad", isa, w);
			check(&dres, masked, 1e-6, "norm grad of the residual", isa, w);
			for (int64_t i = 0; i < 2 * w; i++)
				if (fabs(sum[i]) > 1e-4)
					fail_msg("grad_moments %s: width %lld: off by %g", base_isa_name(isa), (long long)w, sum[i]);
		}
		drop(&dy), drop(&x), drop(&y), drop(&dx), drop(&dres), drop(&mean), drop(&a), drop(&b), drop(&c);
		free(want), free(masked), free(sum);
	}
}

/* ---- functions ---- */

static int
kind_of(const kernel_elementwise_kernels *k, const char *name)
{
	int i = 0;
	while (strcmp(k->unary_names[i], name))
		i++;
	return i;
}

/* Largest distance from the exact value in units in the last place of the result, over a range. */
static void
check_ulp(const char *name, double (*f)(double), double lo, double hi, double most)
{
	EACH_ISA(isa)
	{
		const kernel_elementwise_kernels *k = kernel_elementwise_at(isa);
		static float x[MOST], y[MOST];
		double worst = 0, where = 0;
		for (int i = 0; i < MOST; i++)
			x[i] = (float)uniform(lo, hi);
		k->unary(kind_of(k, name), x, y, false, MOST, 0, 0);
		for (int i = 0; i < MOST; i++) {
			double exact = f(x[i]);
			float rounded = (float)exact;
			double ulp = fabs((double)nextafterf(fabsf(rounded), INFINITY) - fabs((double)rounded)),
				   off = fabs(y[i] - exact) / ulp;
			if (off > worst) {
				worst = off;
				where = x[i];
			}
		}
		if (worst > most)
			fail_msg("%s %s: %.2f ulp at %.9g, want at most %g", name, base_isa_name(isa), worst, where, most);
	}
}

static void
test_function_accuracy(void **state)
{
	check_ulp("exp", exp, -87, 88, 2);
	check_ulp("exp", exp, -1, 1, 2);
	check_ulp("log", log, 1e-6, 10, 2);
	check_ulp("log", log, 0.5, 2, 2);
	check_ulp("log", log, 1, 1e30, 2);
	check_ulp("tanh", tanh, -10, 10, 2);
	check_ulp("tanh", tanh, -0.7, 0.7, 2);
	check_ulp("erf", erf, -5, 5, 2);
	check_ulp("erf", erf, -1, 1, 2);
	check_ulp("sqrt", sqrt, 0, 100, 1);
}

static void
test_function_edges(void **state)
{
	static const struct {
		const char *name;
		float x, y;
	} edges[] = {
		{ "exp", 0, 1 },
		{ "exp", 200, INFINITY },
		{ "exp", INFINITY, INFINITY },
		{ "exp", -INFINITY, 0 },
		{ "exp", -200, 0 },
		{ "exp", NAN, NAN },
		{ "log", 0, -INFINITY },
		{ "log", 1, 0 },
		{ "log", -1, NAN },
		{ "log", INFINITY, INFINITY },
		{ "log", NAN, NAN },
		{ "log", 1e-40f, -92.10340f },
		{ "tanh", INFINITY, 1 },
		{ "tanh", -INFINITY, -1 },
		{ "tanh", 0, 0 },
		{ "tanh", NAN, NAN },
		{ "tanh", 1e-10f, 1e-10f },
		{ "erf", INFINITY, 1 },
		{ "erf", -INFINITY, -1 },
		{ "erf", NAN, NAN },
		{ "erf", 0, 0 },
		{ "sigmoid", 200, 1 },
		{ "sigmoid", -200, 0 },
		{ "sigmoid", 0, 0.5f },
		{ "sigmoid", NAN, NAN },
		{ "logsigmoid", -500, -500 },
		{ "logsigmoid", 500, 0 },
		{ "relu", -1, 0 },
		{ "relu", NAN, NAN },
		{ "relu", INFINITY, INFINITY },
		{ "mish", 100, 100 },
		{ "mish", -100, 0 },
		{ "silu", -200, 0 },
	};
	EACH_ISA(isa)
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
		for (int low = 0; low < 2; low++) {
			const kernel_elementwise_kernels *k = kernel_elementwise_at(isa);
			float want = edges[i].y, got;
			uint32_t x[40], y[40]; /* not alone: in the vector part and in the rest */
			for (int j = 0; j < 37; j++)
				kernel_store_real(x, j, low, edges[i].x);
			k->unary(kind_of(k, edges[i].name), x, y, low, 37, 0, 0);
			for (int j = 0; j < 37; j++) {
				got = kernel_load(y, j, low);
				if (!((isnan(want) && isnan(got)) || got == want
						|| fabsf(got - want) <= (low ? 1e-2f : 1e-6f) * fabsf(want) || fabsf(got - want) < 1e-38f))
					fail_msg("%s %s: %s(%g) is %g, want %g", base_isa_name(isa), low ? "bf16" : "f32", edges[i].name,
						edges[i].x, got, want);
			}
		}
}

static void
test_casts_round_to_even(void **state)
{
	static const struct {
		uint32_t f;
		uint16_t b;
	} cases[] = {
		{ 0x3f800000, 0x3f80 },
		{ 0x3f808000, 0x3f80 },
		{ 0x3f818000, 0x3f82 },
		{ 0x3f808001, 0x3f81 },
		{ 0x7f7fffff, 0x7f80 },
		{ 0x7f800000, 0x7f80 },
		{ 0xff800000, 0xff80 },
		{ 0x7fc00000, 0x7fc0 },
		{ 0x7f800001, 0x7fc0 },
		{ 0x80000000, 0x8000 },
		{ 0x00000001, 0x0000 },
		{ 0xbf7fffff, 0xbf80 },
	};
	EACH_ISA(isa)
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t x[37];
		uint16_t y[37];
		float back[37];
		for (int j = 0; j < 37; j++)
			x[j] = cases[i].f;
		kernel_elementwise_at(isa)->narrow((const float *)(const void *)x, y, 37);
		kernel_elementwise_at(isa)->widen(y, back, 37);
		for (int j = 0; j < 37; j++) {
			uint32_t u;
			memcpy(&u, &back[j], 4);
			assert_int_equal(y[j], cases[i].b);
			assert_int_equal(u, (uint32_t)cases[i].b << 16);
		}
	}
}

/* ---- pairs ---- */

static void
test_pairs(void **state)
{
	EACH_CASE(isa, low, w)
	{
		int64_t rows = 5;
		buffer a = make(rows * w, low, 0.5, 2), b = make(rows * w, low, 0.5, 2), y = make(rows * w, low, 0, 1);
		double *want = malloc((size_t)(rows * w) * sizeof *want);
		static const kernel_steps none = { 0, 0 }, vector = { 0, 1 };
		kernel_steps full = { w, 1 }, single = { 1, 0 };
		for (int how = 0; how < 4; how++) {
			kernel_steps sb = how == 0 ? full : how == 1 ? vector : how == 2 ? single : none;
			for (int kind = KERNEL_PAIR_ADD; kind <= KERNEL_PAIR_MINIMUM; kind++) {
				kernel_elementwise_at(isa)->pair((kernel_pair)kind, a.data, b.data, y.data, low, rows, w, full, sb);
				for (int64_t i = 0; i < rows * w; i++) {
					double p = a.v[i], q = b.v[i / w * sb.row + i % w * sb.element];
					want[i] = kind == KERNEL_PAIR_ADD ? p + q
						: kind == KERNEL_PAIR_SUB     ? p - q
						: kind == KERNEL_PAIR_MUL     ? p * q
						: kind == KERNEL_PAIR_DIV     ? p / q
						: kind == KERNEL_PAIR_MAXIMUM ? fmax(p, q)
													  : fmin(p, q);
				}
				check(&y, want, 1e-6, "pair", isa, w);
			}
		}
		drop(&a), drop(&b), drop(&y);
		free(want);
	}
}

/* ---- copies ---- */

static void
test_copies_every_length(void **state)
{
	EACH_ISA(isa)
	for (int size = 1; size <= 8; size *= 2)
		for (int64_t n = 0; n < 600 / size + 40; n++) {
			static uint8_t from[3 * 5200], to[3 * 5200];
			for (int i = 0; i < 3 * 5200; i++) {
				from[i] = (uint8_t)(i * 7 + i / 256);
				to[i] = 0x5a;
			}
			kernel_copy_at(isa)->block(to, n + 3, 1, from, n + 5, 1, 3, n, size);
			for (int64_t r = 0; r < 3; r++) {
				assert_memory_equal(to + r * (n + 3) * size, from + r * (n + 5) * size, (size_t)(n * size));
				for (int i = 0; i < 3 * size; i++)
					assert_int_equal(to[(r * (n + 3) + n) * size + i], 0x5a);
			}
		}
}

static void
test_copies_turn(void **state)
{
	EACH_ISA(isa)
	for (int64_t rows = 1; rows < 40; rows += 3)
		for (int64_t n = 1; n < 40; n += 5) {
			uint16_t from[40 * 40], to[40 * 40 + 1];
			for (int i = 0; i < 40 * 40; i++)
				from[i] = (uint16_t)i;
			to[rows * n] = 77;
			kernel_copy_at(isa)->block(to, n, 1, from, 1, rows, rows, n, 2);
			for (int64_t r = 0; r < rows; r++)
				for (int64_t i = 0; i < n; i++)
					assert_int_equal(to[r * n + i], i * rows + r);
			assert_int_equal(to[rows * n], 77);
		}
}

/* ---- reductions and lines ---- */

static void
test_reductions(void **state)
{
	EACH_CASE(isa, low, w)
	{
		const kernel_reduce_kernels *k = kernel_reduce_at(isa);
		int64_t rows = 300;
		buffer x = make(rows * w, low, -1, 2), p = make(w, false, -1, 1);
		double *acc = malloc((size_t)w * sizeof *acc);
		for (int kind = KERNEL_REDUCE_SUM; kind <= KERNEL_REDUCE_MIN; kind++) {
			double start = kind == KERNEL_REDUCE_MAX ? -INFINITY
				: kind == KERNEL_REDUCE_MIN          ? INFINITY
													 : 0,
				   all = start;
			for (int64_t i = 0; i < w; i++)
				acc[i] = start;
			k->columns((kernel_reduction)kind, acc, x.data, low, rows, w, w, p.data);
			for (int64_t c = 0; c < w; c++) {
				double want = start;
				for (int64_t r = 0; r < rows; r++) {
					double v = x.v[r * w + c], d = v - p.v[c];
					want = kind == KERNEL_REDUCE_SUM    ? want + v
						: kind == KERNEL_REDUCE_SQUARES ? want + d * d
						: kind == KERNEL_REDUCE_MAX     ? fmax(want, v)
														: fmin(want, v);
				}
				if (fabs(acc[c] - want) > 1e-5 * (1 + fabs(want)))
					fail_msg("columns %s: kind %d width %lld: %.9g, want %.9g", base_isa_name(isa), kind, (long long)w,
						acc[c], want);
			}
			for (int64_t i = 0; i < w; i++) {
				double v = x.v[i], d = v - 0.25;
				all = kind == KERNEL_REDUCE_SUM     ? all + v
					: kind == KERNEL_REDUCE_SQUARES ? all + d * d
					: kind == KERNEL_REDUCE_MAX     ? fmax(all, v)
													: fmin(all, v);
			}
			double got = k->row((kernel_reduction)kind, start, x.data, low, w, 0.25f);
			if (fabs(got - all) > 1e-5 * (1 + fabs(all)))
				fail_msg(
					"row %s: kind %d, %lld numbers: %.9g, want %.9g", base_isa_name(isa), kind, (long long)w, got, all);
		}
		drop(&x), drop(&p);
		free(acc);
	}
}

static void
test_softmax_rows_and_columns(void **state)
{
	EACH_CASE(isa, low, w)
	{
		int64_t rows = 67;
		buffer x = make(rows * w, low, -8, 8), y = make(rows * w, low, 0, 1);
		double *want = malloc((size_t)(rows * w) * sizeof *want);
		for (int along = 0; along < 2; along++) { /* 0: rows of w; 1: w columns of 67 */
			int64_t lines = along ? w : rows, n = along ? rows : w, step = along ? w : 1, next = along ? 1 : w;
			for (int64_t l = 0; l < lines; l++) {
				double sum = 0;
				for (int64_t i = 0; i < n; i++)
					sum += exp(x.v[l * next + i * step]);
				for (int64_t i = 0; i < n; i++)
					want[l * next + i * step] = exp(x.v[l * next + i * step]) / sum;
			}
			if (along)
				kernel_lines_at(isa)->columns(KERNEL_LINE_SOFTMAX, x.data, NULL, y.data, low, n, w, w, 0);
			else
				kernel_lines_at(isa)->rows(KERNEL_LINE_SOFTMAX, x.data, NULL, y.data, low, rows, w, 0);
			check(&y, want, 2e-6, along ? "softmax of columns" : "softmax of rows", isa, w);
		}
		drop(&x), drop(&y);
		free(want);
	}
}

/* ---- resize, pool ---- */

static void
test_taps(void **state)
{
	EACH_CASE(isa, low, w)
	for (int taps = 0; taps <= 6; taps++) {
		enum { ROWS = 7 };
		buffer x = make(ROWS * w, low, -1, 1), y = make(2 * w, low, 0, 1);
		float sum[300], weight[6];
		int32_t place[6], start[3] = { 0, taps, taps }; /* the second pixel has no taps */
		double want[600] = { 0 };
		for (int k = 0; k < taps; k++) {
			weight[k] = (float)uniform(-1, 1);
			place[k] = (k * 5 + 2) % ROWS;
		}
		for (int64_t i = 0; i < w; i++)
			for (int k = 0; k < taps; k++)
				want[i] += (double)weight[k] * x.v[place[k] * w + i];
		kernel_resize_at(isa)->blend(x.data, low, w, place, weight, taps, sum, w);
		for (int64_t i = 0; i < w; i++)
			if (fabs(sum[i] - want[i]) > 1e-6)
				fail_msg("blend %s: %d taps, width %lld: %g, want %g", base_isa_name(isa), taps, (long long)w, sum[i],
					want[i]);
		float *wide = malloc((size_t)(ROWS * w) * sizeof *wide);
		for (int64_t i = 0; i < ROWS * w; i++)
			wide[i] = (float)x.v[i];
		kernel_resize_at(isa)->columns(wide, &(kernel_taps){ start, place, weight }, y.data, low, 2, w);
		check(&y, want, 1e-6, "columns", isa, w);
		free(wide);
		drop(&x), drop(&y);
	}
}

static void
test_max_of_windows(void **state)
{
	EACH_CASE(isa, low, w)
	{
		/* One row of 5 pixels, windows of 2 in steps of 1: 4 outputs. */
		static const int32_t one[] = { 0 }, end1[] = { 1 }, start[] = { 0, 1, 2, 3 }, end[] = { 2, 3, 4, 5 },
							 first[] = { 0, 0, 1, 2, 3 }, last[] = { 1, 2, 3, 4, 4 };
		const kernel_windows h = { 1, 1, one, end1, one, one, end1 }, c = { 5, 4, start, end, start, first, last };
		buffer x = make(5 * w, low, -1, 1), y = make(4 * w, low, 0, 1), dx = make(5 * w, low, 0, 1);
		double *best = malloc((size_t)(4 * w) * sizeof *best), *grad = calloc((size_t)(5 * w), sizeof *grad);
		uint8_t *place = malloc((size_t)(4 * w) + 1);
		place[4 * w] = 0x5a;
		kernel_pool_at(isa)->max_row(&h, &c, w, 2, x.data, low, 0, y.data, place, false);
		for (int64_t i = 0; i < 4 * w; i++) {
			int right = x.v[i + w] > x.v[i];
			best[i] = right ? x.v[i + w] : x.v[i];
			grad[i + right * w] += best[i];
			assert_int_equal(place[i], right);
		}
		assert_int_equal(place[4 * w], 0x5a);
		check(&y, best, 0, "max", isa, w);
		kernel_pool_at(isa)->max_grad_row(&h, &c, w, 2, y.data, place, false, low, 0, dx.data);
		check(&dx, grad, 1e-6, "max grad", isa, w);
		drop(&x), drop(&y), drop(&dx);
		free(best), free(grad), free(place);
	}
}

/* ---- draws ---- */

static void
test_draws_are_philox(void **state)
{
	kernel_draws d = { { 12, 34 }, 56, 78, 0x80000000u, 2 };
	EACH_ISA(isa)
	for (uint64_t from = 0; from < 9; from++) {
		uint64_t base = from + ((uint64_t)1 << 34) - 4; /* across a carry of the low word */
		float factor[400];
		kernel_random_at(isa)->factors(factor, base, 391, &d);
		for (int i = 0; i < 391; i++) {
			uint64_t e = base + (uint64_t)i;
			uint32_t counter[4] = { (uint32_t)(e / 4), 56, 78, (uint32_t)(e / 4 >> 32) }, words[4];
			base_philox(d.key, counter, words);
			assert_true(factor[i] == (words[e % 4] >= d.limit ? 2.f : 0.f));
		}
	}
}

/* ---- optimisers ---- */

static void
test_sgd(void **state)
{
	EACH_ISA(isa)
	for (int mode = 0; mode < 4; mode++) { /* plain, momentum, dampening, nesterov */
		enum { N = 37 };
		float p[N + 1], g[N], v[N];
		double p64[N], g64[N], v64[N], want[N], buf[N];
		p[N] = 77;
		for (int i = 0; i < N; i++) {
			want[i] = p64[i] = p[i] = (float)uniform(-1, 1);
			g64[i] = g[i] = (float)uniform(-1, 1);
		}
		for (int step = 0; step < 4; step++) {
			kernel_sgd_step o = { 0.1, mode ? 0.9 : 0, mode == 2 ? 0.3 : 0, 0.01, 0.5, mode == 3, step == 0 };
			kernel_optimizer_at(isa)->sgd(p, g, mode ? v : NULL, N, &o);
			kernel_optimizer_at(isa)->sgd64(p64, g64, mode ? v64 : NULL, N, &o);
			for (int i = 0; i < N; i++) {
				double d = g64[i] * 0.5 + 0.01 * want[i];
				if (mode)
					buf[i] = step == 0 ? d : 0.9 * buf[i] + (1 - o.dampening) * d;
				want[i] -= 0.1 * (mode == 3 ? d + 0.9 * buf[i] : mode ? buf[i] : d);
				if (fabs(p[i] - want[i]) > 1e-6 || fabs(p64[i] - want[i]) > 1e-14)
					fail_msg("sgd %s: mode %d step %d: %.9g and %.17g, want %.17g", base_isa_name(isa), mode, step,
						p[i], p64[i], want[i]);
			}
		}
		assert_true(p[N] == 77);
	}
}

static void
test_adam(void **state)
{
	EACH_ISA(isa)
	for (int mode = 0; mode < 4; mode++) { /* bit 0: decoupled decay, bit 1: amsgrad */
		enum { N = 37 };
		float p[N + 1], g[N], m[N] = { 0 }, v[N] = { 0 }, top[N] = { 0 };
		double p64[N], g64[N], m64[N] = { 0 }, v64[N] = { 0 }, top64[N] = { 0 }, want[N], wm[N] = { 0 }, wv[N] = { 0 },
							   wt[N] = { 0 };
		p[N] = 77;
		for (int i = 0; i < N; i++)
			want[i] = p64[i] = p[i] = (float)uniform(-1, 1);
		for (int step = 1; step < 6; step++) {
			kernel_adam_step o = { 1e-2, 0.9, 0.999, 1e-8, 0.1, 1, step, mode & 1 };
			for (int i = 0; i < N; i++)
				g64[i] = g[i] = (float)uniform(-1, 1) / (float)step;
			kernel_optimizer_at(isa)->adam(p, g, m, v, mode & 2 ? top : NULL, N, &o);
			kernel_optimizer_at(isa)->adam64(p64, g64, m64, v64, mode & 2 ? top64 : NULL, N, &o);
			for (int i = 0; i < N; i++) {
				double d = g64[i];
				if (mode & 1)
					want[i] *= 1 - 1e-2 * 0.1;
				else
					d += 0.1 * want[i];
				wm[i] = 0.9 * wm[i] + 0.1 * d;
				wv[i] = 0.999 * wv[i] + 0.001 * d * d;
				wt[i] = fmax(wt[i], wv[i]);
				double denominator = sqrt(mode & 2 ? wt[i] : wv[i]) / sqrt(1 - pow(0.999, step)) + 1e-8;
				want[i] -= 1e-2 / (1 - pow(0.9, step)) * wm[i] / denominator;
				if (fabs(p[i] - want[i]) > 2e-6 || fabs(p64[i] - want[i]) > 1e-13)
					fail_msg("adam %s: mode %d step %d: %.9g and %.17g, want %.17g", base_isa_name(isa), mode, step,
						p[i], p64[i], want[i]);
			}
		}
		assert_true(p[N] == 77);
	}
}

static void
test_rmsprop(void **state)
{
	EACH_ISA(isa)
	for (int mode = 0; mode < 4; mode++) { /* bit 0: momentum, bit 1: centered */
		enum { N = 37 };
		float p[N + 1], g[N], s[N] = { 0 }, v[N] = { 0 }, a[N] = { 0 };
		double p64[N], g64[N], s64[N] = { 0 }, v64[N] = { 0 }, a64[N] = { 0 }, want[N], ws[N] = { 0 }, wv[N] = { 0 },
							   wa[N] = { 0 };
		p[N] = 77;
		for (int i = 0; i < N; i++)
			want[i] = p64[i] = p[i] = (float)uniform(-1, 1);
		for (int step = 1; step < 6; step++) {
			kernel_rmsprop_step o = { 1e-2, 0.9, 1e-3, 0.1, mode & 1 ? 0.8 : 0, 0.5 };
			for (int i = 0; i < N; i++)
				g64[i] = g[i] = (float)uniform(-1, 1);
			kernel_optimizer_at(isa)->rmsprop(p, g, s, mode & 1 ? v : NULL, mode & 2 ? a : NULL, N, &o);
			kernel_optimizer_at(isa)->rmsprop64(p64, g64, s64, mode & 1 ? v64 : NULL, mode & 2 ? a64 : NULL, N, &o);
			for (int i = 0; i < N; i++) {
				double d = 0.5 * g64[i] + 0.1 * want[i];
				ws[i] = 0.9 * ws[i] + 0.1 * d * d;
				wa[i] = 0.9 * wa[i] + 0.1 * d;
				double u = d / (sqrt(mode & 2 ? ws[i] - wa[i] * wa[i] : ws[i]) + 1e-3);
				wv[i] = 0.8 * wv[i] + u;
				want[i] -= 1e-2 * (mode & 1 ? wv[i] : u);
				if (fabs(p[i] - want[i]) > 2e-5 || fabs(p64[i] - want[i]) > 1e-12)
					fail_msg("rmsprop %s: mode %d step %d: %.9g and %.17g, want %.17g", base_isa_name(isa), mode, step,
						p[i], p64[i], want[i]);
			}
		}
		assert_true(p[N] == 77);
	}
}

static void
test_lion(void **state)
{
	EACH_ISA(isa)
	{
		enum { N = 37 };
		float p[N + 1], g[N], m[N] = { 0 };
		double p64[N], g64[N], m64[N] = { 0 }, want[N], wm[N] = { 0 };
		p[N] = 77;
		for (int i = 0; i < N; i++)
			want[i] = p64[i] = p[i] = (float)uniform(-1, 1);
		for (int step = 1; step < 6; step++) {
			kernel_lion_step o = { 1e-2, 0.9, 0.99, 0.1, 0.5 };
			for (int i = 0; i < N; i++)
				g64[i] = g[i] = i == 3 ? 0 : (float)uniform(-1, 1); /* a gradient of 0 moves nothing but by decay */
			kernel_optimizer_at(isa)->lion(p, g, m, N, &o);
			kernel_optimizer_at(isa)->lion64(p64, g64, m64, N, &o);
			for (int i = 0; i < N; i++) {
				double d = 0.5 * g64[i], u = 0.9 * wm[i] + 0.1 * d;
				want[i] = want[i] * (1 - 1e-3) - 1e-2 * (u > 0 ? 1 : u < 0 ? -1 : 0);
				wm[i] = 0.99 * wm[i] + 0.01 * d;
				if (fabs(p[i] - want[i]) > 1e-6 || fabs(p64[i] - want[i]) > 1e-14)
					fail_msg("lion %s: step %d, %d: %.9g and %.17g, want %.17g", base_isa_name(isa), step, i, p[i],
						p64[i], want[i]);
			}
		}
		assert_true(p[N] == 77);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_norm_forward),
		cmocka_unit_test(test_norm_backward),
		cmocka_unit_test(test_function_accuracy),
		cmocka_unit_test(test_function_edges),
		cmocka_unit_test(test_casts_round_to_even),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_copies_every_length),
		cmocka_unit_test(test_copies_turn),
		cmocka_unit_test(test_reductions),
		cmocka_unit_test(test_softmax_rows_and_columns),
		cmocka_unit_test(test_taps),
		cmocka_unit_test(test_max_of_windows),
		cmocka_unit_test(test_draws_are_philox),
		cmocka_unit_test(test_sgd),
		cmocka_unit_test(test_adam),
		cmocka_unit_test(test_rmsprop),
		cmocka_unit_test(test_lion),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
