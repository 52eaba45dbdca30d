/*
 * Work along one axis, in at most three walks over a group of lines side by side: the largest number, a sum, the
 * result. A long contiguous line is walked as LANES lines, whose statistics are then joined; short contiguous lines are
 * turned, LANES at a time, in a buffer that stays in the first cache.
 */
#include "kernels/lines.h"
#include "kernels/vecmath.h"

enum { LANES = 64, SHORT = 32 };

KERNEL_INLINE bool
has_most(kernel_line_kind kind)
{
	return kind == KERNEL_LINE_SOFTMAX || kind == KERNEL_LINE_LOG_SOFTMAX || kind == KERNEL_LINE_LOGSUMEXP;
}

KERNEL_INLINE void
find_most(const void *a, bool low, int64_t n, int64_t step, int64_t lanes, float *restrict most)
{
	for (int64_t i = 0; i < n; i++) {
		KERNEL_IVDEP
		for (int64_t l = 0; l < lanes; l++) {
			float v = kernel_load(a, i * step + l, low), m = most[l];
			most[l] = v > m ? v : m;
		}
	}
}

KERNEL_INLINE void
find_sum(kernel_line_kind kind, const void *a, const void *b, bool low, int64_t n, int64_t step, int64_t lanes,
	const float *restrict most, float *restrict sum)
{
	for (int64_t i = 0; i < n; i++) {
		KERNEL_IVDEP
		for (int64_t l = 0; l < lanes; l++) {
			float v = kernel_load(a, i * step + l, low), s = sum[l];
			if (has_most(kind))
				s += vec_exp(v - most[l]);
			else if (kind == KERNEL_LINE_SOFTMAX_GRAD)
				s += v * kernel_load(b, i * step + l, low);
			else if (kind == KERNEL_LINE_LOG_SOFTMAX_GRAD)
				s += kernel_load(b, i * step + l, low);
			else
				s += v * v;
			sum[l] = s;
		}
	}
}

/* What the sum becomes before it is used. */
KERNEL_INLINE float
finish(kernel_line_kind kind, float sum, float most, float eps)
{
	float norm = sqrtf(sum);
	switch (kind) {
	case KERNEL_LINE_SOFTMAX: return 1 / sum;
	case KERNEL_LINE_LOG_SOFTMAX:
	case KERNEL_LINE_LOGSUMEXP: return most + vec_log(sum);
	case KERNEL_LINE_L2: return 1 / (norm > eps ? norm : eps);
	default: return sum;
	}
}

KERNEL_INLINE void
write_lines(kernel_line_kind kind, const void *a, const void *b, void *y, bool low, int64_t n, int64_t step,
	int64_t lanes, const float *restrict most, const float *restrict with)
{
	for (int64_t i = 0; i < n; i++) {
		KERNEL_IVDEP
		for (int64_t l = 0; l < lanes; l++) {
			float v = kernel_load(a, i * step + l, low), w = with[l];
			if (kind == KERNEL_LINE_SOFTMAX)
				v = vec_exp(v - most[l]) * w;
			else if (kind == KERNEL_LINE_LOG_SOFTMAX)
				v = v - w;
			else if (kind == KERNEL_LINE_SOFTMAX_GRAD)
				v = v * (kernel_load(b, i * step + l, low) - w);
			else if (kind == KERNEL_LINE_LOG_SOFTMAX_GRAD)
				v = kernel_load(b, i * step + l, low) - vec_exp(v) * w;
			else
				v = v * w;
			kernel_store_real(y, i * step + l, low, v);
		}
	}
}

KERNEL_INLINE void
running(const void *a, void *y, bool low, int64_t n, int64_t step, int64_t lanes, bool backwards)
{
	_Alignas(64) double sum[LANES] = { 0 };
	for (int64_t k = 0; k < n; k++) {
		int64_t i = backwards ? n - 1 - k : k;
		KERNEL_IVDEP
		for (int64_t l = 0; l < lanes; l++) {
			sum[l] += kernel_load(a, i * step + l, low);
			kernel_store_real(y, i * step + l, low, (float)sum[l]);
		}
	}
}

KERNEL_INLINE void
group(kernel_line_kind kind, const void *a, const void *b, void *y, bool low, int64_t n, int64_t step, int64_t lanes,
	float eps)
{
	_Alignas(64) float most[LANES], sum[LANES];
	if (kind == KERNEL_LINE_CUMSUM || kind == KERNEL_LINE_CUMSUM_GRAD) {
		running(a, y, low, n, step, lanes, kind == KERNEL_LINE_CUMSUM_GRAD);
		return;
	}
	for (int64_t l = 0; l < lanes; l++) {
		most[l] = -INFINITY;
		sum[l] = 0;
	}
	if (has_most(kind))
		find_most(a, low, n, step, lanes, most);
	find_sum(kind, a, b, low, n, step, lanes, most, sum);
	for (int64_t l = 0; l < lanes; l++)
		sum[l] = finish(kind, sum[l], most[l], eps);
	if (kind == KERNEL_LINE_LOGSUMEXP)
		memcpy(y, sum, (size_t)lanes * sizeof *sum);
	else
		write_lines(kind, a, b, y, low, n, step, lanes, most, sum);
}

/* The line `line` of results whose lines are n numbers apart in the input. */
KERNEL_INLINE void *
line_at(kernel_line_kind kind, void *y, int64_t line, int64_t n, bool low)
{
	return kind == KERNEL_LINE_LOGSUMEXP ? (float *)y + line : kernel_at_mut(y, line * n, low);
}

KERNEL_INLINE void
columns_of(kernel_line_kind kind, const void *a, const void *b, void *y, bool low, int64_t n, int64_t step,
	int64_t lanes, float eps)
{
	for (int64_t l = 0; l < lanes; l += LANES)
		group(kind, kernel_at(a, l, low), b ? kernel_at(b, l, low) : NULL, line_at(kind, y, l, 1, low), low, n, step,
			lanes - l < LANES ? lanes - l : LANES, eps);
}

/* One long line as LANES lines and a rest. */
KERNEL_INLINE void
long_row(kernel_line_kind kind, const void *a, const void *b, void *y, bool low, int64_t n, float eps)
{
	_Alignas(64) float most[LANES], sum[LANES];
	float top = -INFINITY, total = 0;
	int64_t full = n / LANES, rest = n % LANES, at = full * LANES;
	const void *a1 = kernel_at(a, at, low), *b1 = b ? kernel_at(b, at, low) : NULL;
	void *y1 = kind == KERNEL_LINE_LOGSUMEXP ? y : kernel_at_mut(y, at, low);
	if (kind == KERNEL_LINE_CUMSUM || kind == KERNEL_LINE_CUMSUM_GRAD) {
		running(a, y, low, n, 1, 1, kind == KERNEL_LINE_CUMSUM_GRAD);
		return;
	}
	for (int l = 0; l < LANES; l++) {
		most[l] = -INFINITY;
		sum[l] = 0;
	}
	if (has_most(kind)) {
		find_most(a, low, full, LANES, LANES, most);
		find_most(a1, low, 1, rest, rest, most);
		for (int l = 0; l < LANES; l++)
			top = most[l] > top ? most[l] : top;
		for (int l = 0; l < LANES; l++)
			most[l] = top;
	}
	find_sum(kind, a, b, low, full, LANES, LANES, most, sum);
	find_sum(kind, a1, b1, low, 1, rest, rest, most, sum);
	for (int l = 0; l < LANES; l++)
		total += sum[l];
	total = finish(kind, total, top, eps);
	if (kind == KERNEL_LINE_LOGSUMEXP) {
		*(float *)y = total;
		return;
	}
	for (int l = 0; l < LANES; l++)
		sum[l] = total;
	write_lines(kind, a, b, y, low, full, LANES, LANES, most, sum);
	write_lines(kind, a1, b1, y1, low, 1, rest, rest, most, sum);
}

/* `m` short lines, turned: number i of line l stands at to[i * LANES + l]. */
KERNEL_INLINE void
turn(const void *from, bool low, int64_t m, int64_t n, float *restrict to)
{
	for (int64_t l = 0; l < m; l++)
		for (int64_t i = 0; i < n; i++)
			to[i * LANES + l] = kernel_load(from, l * n + i, low);
}

KERNEL_INLINE void
rows_of(kernel_line_kind kind, const void *a, const void *b, void *y, bool low, int64_t rows, int64_t n, float eps)
{
	_Alignas(64) float u[SHORT * LANES], v[SHORT * LANES];
	if (n > SHORT) {
		for (int64_t r = 0; r < rows; r++)
			long_row(kind, kernel_at(a, r * n, low), b ? kernel_at(b, r * n, low) : NULL, line_at(kind, y, r, n, low),
				low, n, eps);
		return;
	}
	for (int64_t r = 0; r < rows; r += LANES) {
		int64_t m = rows - r < LANES ? rows - r : LANES;
		turn(kernel_at(a, r * n, low), low, m, n, u);
		if (b)
			turn(kernel_at(b, r * n, low), low, m, n, v);
		group(kind, u, b ? v : NULL, kind == KERNEL_LINE_LOGSUMEXP ? line_at(kind, y, r, n, low) : u, false, n, LANES,
			m, eps);
		for (int64_t l = 0; l < m && kind != KERNEL_LINE_LOGSUMEXP; l++)
			for (int64_t i = 0; i < n; i++)
				kernel_store_real(y, (r + l) * n + i, low, u[i * LANES + l]);
	}
}

/*
 * A function for each kind and width of numbers: one function that held them all took compilers longer than the rest of
 * the kernels together.
 */
#define LINES(name, kind, low) \
	static void columns_##name( \
		const void *a, const void *b, void *y, int64_t n, int64_t step, int64_t lanes, float eps) \
	{ \
		columns_of(kind, a, b, y, low, n, step, lanes, eps); \
	} \
	static void rows_##name(const void *a, const void *b, void *y, int64_t count, int64_t n, float eps) \
	{ \
		rows_of(kind, a, b, y, low, count, n, eps); \
	}
#define LINES_OF(name, kind) \
	LINES(name, kind, false) \
	LINES(name##_low, kind, true)

LINES_OF(softmax, KERNEL_LINE_SOFTMAX)
LINES_OF(log_softmax, KERNEL_LINE_LOG_SOFTMAX)
LINES_OF(softmax_grad, KERNEL_LINE_SOFTMAX_GRAD)
LINES_OF(log_softmax_grad, KERNEL_LINE_LOG_SOFTMAX_GRAD)
LINES_OF(l2, KERNEL_LINE_L2)
LINES_OF(cumsum, KERNEL_LINE_CUMSUM)
LINES_OF(cumsum_grad, KERNEL_LINE_CUMSUM_GRAD)
LINES_OF(logsumexp, KERNEL_LINE_LOGSUMEXP)

#define ROW(name) \
	{ \
		{ columns_##name, rows_##name }, { columns_##name##_low, rows_##name##_low } \
	}

static const struct {
	void (*columns)(const void *a, const void *b, void *y, int64_t n, int64_t step, int64_t lanes, float eps);
	void (*rows)(const void *a, const void *b, void *y, int64_t count, int64_t n, float eps);
} lines[][2] = {
	[KERNEL_LINE_SOFTMAX] = ROW(softmax),
	[KERNEL_LINE_LOG_SOFTMAX] = ROW(log_softmax),
	[KERNEL_LINE_SOFTMAX_GRAD] = ROW(softmax_grad),
	[KERNEL_LINE_LOG_SOFTMAX_GRAD] = ROW(log_softmax_grad),
	[KERNEL_LINE_L2] = ROW(l2),
	[KERNEL_LINE_CUMSUM] = ROW(cumsum),
	[KERNEL_LINE_CUMSUM_GRAD] = ROW(cumsum_grad),
	[KERNEL_LINE_LOGSUMEXP] = ROW(logsumexp),
};

static void
columns(kernel_line_kind kind, const void *a, const void *b, void *y, bool low, int64_t n, int64_t step, int64_t lanes,
	float eps)
{
	lines[kind][low].columns(a, b, y, n, step, lanes, eps);
}

static void
rows(kernel_line_kind kind, const void *a, const void *b, void *y, bool low, int64_t count, int64_t n, float eps)
{
	lines[kind][low].rows(a, b, y, count, n, eps);
}

KERNEL_INLINE void
largest_of(const void *x, bool low, int64_t n, int64_t step, int64_t lanes, void *y, int32_t *index)
{
	_Alignas(64) float best[LANES];
	_Alignas(64) int32_t where[LANES];
	for (int64_t l = 0; l < lanes; l++) {
		best[l] = kernel_load(x, l, low);
		where[l] = 0;
	}
	for (int64_t i = 1; i < n; i++)
		for (int64_t l = 0; l < lanes; l++) {
			float v = kernel_load(x, i * step + l, low), b = best[l];
			bool wins = v > b || (v != v && b == b);
			best[l] = wins ? v : b;
			where[l] = wins ? (int32_t)i : where[l];
		}
	for (int64_t l = 0; l < lanes; l++) {
		if (y)
			kernel_store_real(y, l, low, best[l]);
		if (index)
			index[l] = where[l];
	}
}

static void
largest(const void *x, bool low, int64_t n, int64_t step, int64_t lanes, void *y, int32_t *index)
{
	for (int64_t l = 0; l < lanes; l += LANES) {
		int64_t m = lanes - l < LANES ? lanes - l : LANES;
		if (low)
			largest_of(kernel_at(x, l, true), true, n, step, m, y ? kernel_at_mut(y, l, true) : NULL,
				index ? index + l : NULL);
		else
			largest_of(kernel_at(x, l, false), false, n, step, m, y ? kernel_at_mut(y, l, false) : NULL,
				index ? index + l : NULL);
	}
}

const kernel_lines_kernels KERNEL_TABLE(lines) = { .columns = columns, .rows = rows, .largest = largest };
