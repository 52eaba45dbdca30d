/*
 * Element by element. Functions of one number are written once, in float; bf16 goes through a buffer that stays in the
 * first cache. The cheap and frequent ones (relu, sums, products) have loops of their own for bf16.
 */
#include "kernels/elementwise.h"
#include "kernels/vecmath.h"

enum { CHUNK = 512 };

KERNEL_INLINE float
relu6(float x)
{
	return x < 0 ? 0 : x > 6 ? 6 : x;
}
KERNEL_INLINE float
normal_cdf(float x)
{
	return 0.5f * (1.0f + vec_erf(x * 0.70710678f));
}
KERNEL_INLINE float
normal_pdf(float x)
{
	return vec_exp(-0.5f * x * x) * 0.39894228f;
}
KERNEL_INLINE float
gelu_inner(float x)
{
	return 0.79788456f * (x + 0.044715f * x * x * x);
}

KERNEL_INLINE float
gelu_tanh_slope(float x)
{
	float t = vec_tanh(gelu_inner(x));
	return 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * 0.79788456f * (1 + 3 * 0.044715f * x * x);
}

KERNEL_INLINE float
silu_slope(float x)
{
	float s = vec_sigmoid(x);
	return s * (1 + x * (1 - s));
}

/* tanh(softplus(x)) without either: n / (n + 2), n = e (e + 2), e = exp(x). */
KERNEL_INLINE float
mish_gate(float x)
{
	float e = vec_exp(x > 20 ? 20 : x), n = e * (e + 2);
	return n / (n + 2);
}

KERNEL_INLINE float
mish_slope(float x)
{
	float t = mish_gate(x);
	return t + x * vec_sigmoid(x) * (1 - t * t);
}

#define SELU_SCALE 1.05070098f
#define SELU_ALPHA 1.67326324f

/* U(name, f(x, a, b), df(v, a, b)): as in src/ops/op_unary.c. */
/* clang-format off */
#define UNARIES(U) \
	U(relu, x < 0 ? 0 : x, v > 0 ? 1 : 0) \
	U(relu6, relu6(x), v > 0 && v < 6 ? 1 : 0) \
	U(leaky_relu, x > 0 ? x : a * x, v > 0 ? 1 : a) \
	U(elu, x > 0 ? x : a * vec_expm1(x), v > 0 ? 1 : v + a) \
	U(gelu, x * normal_cdf(x), normal_cdf(v) + v * normal_pdf(v)) \
	U(gelu_tanh, 0.5f * x * (1 + vec_tanh(gelu_inner(x))), gelu_tanh_slope(v)) \
	U(silu, x * vec_sigmoid(x), silu_slope(v)) \
	U(hardswish, x * relu6(x + 3) * (1 / 6.f), v <= -3 ? 0 : v < 3 ? (2 * v + 3) * (1 / 6.f) : 1) \
	U(hardsigmoid, relu6(x + 3) * (1 / 6.f), v > 0 && v < 1 ? 1 / 6.f : 0) \
	U(sigmoid, vec_sigmoid(x), v * (1 - v)) \
	U(tanh, vec_tanh(x), 1 - v * v) \
	U(softplus, a * x > b ? x : vec_softplus(a * x) / a, a * v > b ? 1 : vec_sigmoid(a * v)) \
	U(logsigmoid, -vec_softplus(-x), -vec_expm1(v)) \
	U(mish, x * mish_gate(x), mish_slope(v)) \
	U(selu, SELU_SCALE * (x > 0 ? x : SELU_ALPHA * vec_expm1(x)), v > 0 ? SELU_SCALE : v + SELU_SCALE * SELU_ALPHA) \
	U(exp, vec_exp(x), v) \
	U(log, vec_log(x), 1 / v) \
	U(sqrt, sqrtf(x), 0.5f / v) \
	U(rsqrt, 1 / sqrtf(x), -0.5f * v * v * v) \
	U(pow, powf(x, a), a == 0 ? 0 : a * powf(v, a - 1)) \
	U(square, x * x, 2 * v) \
	U(abs, fabsf(x), v > 0 ? 1 : v < 0 ? -1 : 0) \
	U(erf, vec_erf(x), 1.12837917f * vec_exp(-v * v)) \
	U(clamp, x < a ? a : x > b ? b : x, v >= a && v <= b ? 1 : 0) \
	U(neg, -x, -1) \
	U(reciprocal, 1 / x, -v * v) \
	U(add_scalar, x + a, 1) \
	U(mul_scalar, x * a, a)
/* clang-format on */

#define U(nam, fx, dfx) \
	static void nam##_loop(const float *src, float *dst, int64_t n, float a, float b) \
	{ \
		(void)a, (void)b; \
		KERNEL_IVDEP \
		for (int64_t i = 0; i < n; i++) { \
			float x = src[i]; \
			dst[i] = fx; \
		} \
	} \
	static void nam##_grad_loop(const float *src, const float *dy, float *dst, int64_t n, float a, float b) \
	{ \
		(void)a, (void)b; \
		KERNEL_IVDEP \
		for (int64_t i = 0; i < n; i++) { \
			float v = src[i]; \
			(void)v; \
			dst[i] = dy[i] * (dfx); \
		} \
	}
UNARIES(U)
#undef U

static const struct {
	void (*f)(const float *x, float *y, int64_t n, float a, float b);
	void (*df)(const float *v, const float *dy, float *dx, int64_t n, float a, float b);
} unaries[] = {
#define U(nam, fx, dfx) { nam##_loop, nam##_grad_loop },
	UNARIES(U)
#undef U
};

static const char *const unary_names[] = {
#define U(nam, fx, dfx) #nam,
	UNARIES(U)
#undef U
		NULL,
};

static void
widen(const uint16_t *x, float *y, int64_t n)
{
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++)
		y[i] = kernel_from_bf16(x[i]);
}

static void
narrow(const float *x, uint16_t *y, int64_t n)
{
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++)
		y[i] = kernel_to_bf16(x[i]);
}

static void
relu_low(const uint16_t *x, uint16_t *y, int64_t n)
{
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++) /* negative: sign bit set, and not a NaN */
		y[i] = x[i] > 0x8000 && x[i] <= 0xff80 ? 0 : x[i];
}

static void
relu_grad_low(const uint16_t *v, const uint16_t *dy, uint16_t *dx, int64_t n)
{
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++) /* 1 .. infinity as integers */
		dx[i] = (uint16_t)(v[i] - 1) < 0x7f80 ? dy[i] : 0;
}

enum { RELU = 0 };

static void
unary(int kind, const void *x, void *y, bool low, int64_t n, float a, float b)
{
	_Alignas(64) float buffer[CHUNK];
	if (!low) {
		unaries[kind].f(x, y, n, a, b);
		return;
	}
	if (kind == RELU) {
		relu_low(x, y, n);
		return;
	}
	for (int64_t i = 0; i < n; i += CHUNK) {
		int64_t m = n - i < CHUNK ? n - i : CHUNK;
		widen((const uint16_t *)x + i, buffer, m);
		unaries[kind].f(buffer, buffer, m, a, b);
		narrow(buffer, (uint16_t *)y + i, m);
	}
}

static void
unary_grad(int kind, const void *v, const void *dy, void *dx, bool low, int64_t n, float a, float b)
{
	_Alignas(64) float from[CHUNK], slope[CHUNK];
	if (!low) {
		unaries[kind].df(v, dy, dx, n, a, b);
		return;
	}
	if (kind == RELU) {
		relu_grad_low(v, dy, dx, n);
		return;
	}
	for (int64_t i = 0; i < n; i += CHUNK) {
		int64_t m = n - i < CHUNK ? n - i : CHUNK;
		widen((const uint16_t *)v + i, from, m);
		widen((const uint16_t *)dy + i, slope, m);
		unaries[kind].df(from, slope, from, m, a, b);
		narrow(from, (uint16_t *)dx + i, m);
	}
}

/* ---- two operands ---- */

/* P(name, enum, storage of the result, value) */
/* clang-format off */
#define PAIRS(P) \
	P(add, ADD, REAL, p + q) P(sub, SUB, REAL, p - q) P(mul, MUL, REAL, p * q) P(div, DIV, REAL, p / q) \
	P(maximum, MAXIMUM, REAL, p > q || p != p ? p : q) P(minimum, MINIMUM, REAL, p < q || p != p ? p : q) \
	P(greater, GREATER, MASK, p > q) P(equal, EQUAL, MASK, p == q)
/* clang-format on */
#define PUT_REAL(i, v) kernel_store_real(y, i, low, v)
#define PUT_MASK(i, v) (((uint8_t *)y)[i] = v)

#define P(nam, NAM, kind, value) \
	KERNEL_INLINE void nam##_rows(const void *a, const void *b, void *y, bool low, int64_t rows, int64_t n, \
		kernel_steps sa, kernel_steps sb, int64_t ea, int64_t eb) \
	{ \
		for (int64_t r = 0; r < rows; r++) { \
			KERNEL_IVDEP \
			for (int64_t i = 0; i < n; i++) { \
				float p = kernel_load(a, r * sa.row + i * ea, low), q = kernel_load(b, r * sb.row + i * eb, low); \
				PUT_##kind(r *n + i, value); \
			} \
		} \
	} \
	KERNEL_INLINE void nam##_steps( \
		const void *a, const void *b, void *y, bool low, int64_t rows, int64_t n, kernel_steps sa, kernel_steps sb) \
	{ \
		if (sa.element && sb.element) \
			nam##_rows(a, b, y, low, rows, n, sa, sb, 1, 1); \
		else if (sa.element) \
			nam##_rows(a, b, y, low, rows, n, sa, sb, 1, 0); \
		else \
			nam##_rows(a, b, y, low, rows, n, sa, sb, 0, sb.element ? 1 : 0); \
	} \
	static void nam##_pair( \
		const void *a, const void *b, void *y, bool low, int64_t rows, int64_t n, kernel_steps sa, kernel_steps sb) \
	{ \
		if (low) \
			nam##_steps(a, b, y, true, rows, n, sa, sb); \
		else \
			nam##_steps(a, b, y, false, rows, n, sa, sb); \
	}
PAIRS(P)
#undef P

static void
pair(kernel_pair kind, const void *a, const void *b, void *y, bool low, int64_t rows, int64_t n, kernel_steps sa,
	kernel_steps sb)
{
	static void (*const pairs[])(
		const void *, const void *, void *, bool, int64_t, int64_t, kernel_steps, kernel_steps) = {
#define P(nam, NAM, k, value) [KERNEL_PAIR_##NAM] = nam##_pair,
		PAIRS(P)
#undef P
	};
	pairs[kind](a, b, y, low, rows, n, sa, sb);
}

KERNEL_INLINE void
where_rows(const uint8_t *mask, const void *a, const void *b, void *y, bool low, int64_t rows, int64_t n,
	kernel_steps sm, kernel_steps sa, kernel_steps sb, int64_t em, int64_t ea, int64_t eb)
{
	for (int64_t r = 0; r < rows; r++) {
		KERNEL_IVDEP
		for (int64_t i = 0; i < n; i++) {
			float p = kernel_load(a, r * sa.row + i * ea, low), q = kernel_load(b, r * sb.row + i * eb, low);
			kernel_store_real(y, r * n + i, low, mask[r * sm.row + i * em] ? p : q);
		}
	}
}

KERNEL_INLINE void
where_steps(const uint8_t *mask, const void *a, const void *b, void *y, bool low, int64_t rows, int64_t n,
	kernel_steps sm, kernel_steps sa, kernel_steps sb)
{
	if (sm.element && sa.element && sb.element)
		where_rows(mask, a, b, y, low, rows, n, sm, sa, sb, 1, 1, 1);
	else if (sm.element && sa.element)
		where_rows(mask, a, b, y, low, rows, n, sm, sa, sb, 1, 1, 0);
	else if (sm.element && sb.element)
		where_rows(mask, a, b, y, low, rows, n, sm, sa, sb, 1, 0, 1);
	else
		where_rows(mask, a, b, y, low, rows, n, sm, sa, sb, sm.element, sa.element, sb.element);
}

static void
where(const uint8_t *mask, const void *a, const void *b, void *y, bool low, int64_t rows, int64_t n, kernel_steps sm,
	kernel_steps sa, kernel_steps sb)
{
	if (low)
		where_steps(mask, a, b, y, true, rows, n, sm, sa, sb);
	else
		where_steps(mask, a, b, y, false, rows, n, sm, sa, sb);
}

/* ---- losses ---- */

static void
bce(const float *x, const float *t, const float *weight, int64_t step, float *y, int64_t n)
{
	if (!weight) {
		KERNEL_IVDEP
		for (int64_t i = 0; i < n; i++)
			y[i] = (1 - t[i]) * x[i] + vec_softplus(-x[i]);
		return;
	}
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++)
		y[i] = (1 - t[i]) * x[i] + (1 + (weight[i * step] - 1) * t[i]) * vec_softplus(-x[i]);
}

static void
bce_grad(const float *x, const float *t, const float *weight, int64_t step, const float *dy, float *dx, int64_t n)
{
	if (!weight) {
		KERNEL_IVDEP
		for (int64_t i = 0; i < n; i++)
			dx[i] = dy[i] * (vec_sigmoid(x[i]) - t[i]);
		return;
	}
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++)
		dx[i] = dy[i] * (1 - t[i] - (1 + (weight[i * step] - 1) * t[i]) * vec_sigmoid(-x[i]));
}

static void
smooth_l1(const float *x, const float *t, const float *dy, float *y, int64_t n, float beta)
{
	float share = beta > 0 ? 1 / beta : 0;
	if (dy) {
		KERNEL_IVDEP
		for (int64_t i = 0; i < n; i++) {
			float d = x[i] - t[i], sign = d > 0 ? 1 : d < 0 ? -1 : 0;
			y[i] = dy[i] * (fabsf(d) < beta ? d * share : sign);
		}
		return;
	}
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++) {
		float d = fabsf(x[i] - t[i]);
		y[i] = d < beta ? 0.5f * share * d * d : d - 0.5f * beta;
	}
}

KERNEL_INLINE void
prelu_rows(const void *x, void *y, bool low, int64_t rows, int64_t n, const float *slope)
{
	for (int64_t r = 0; r < rows; r++) {
		KERNEL_IVDEP
		for (int64_t i = 0; i < n; i++) {
			float v = kernel_load(x, r * n + i, low);
			kernel_store_real(y, r * n + i, low, v > 0 ? v : v * slope[i]);
		}
	}
}

static void
prelu(const void *x, void *y, bool low, int64_t rows, int64_t n, const float *slope)
{
	if (low)
		prelu_rows(x, y, true, rows, n, slope);
	else
		prelu_rows(x, y, false, rows, n, slope);
}

const kernel_elementwise_kernels KERNEL_TABLE(elementwise) = {
	.unary_names = unary_names,
	.unary = unary,
	.unary_grad = unary_grad,
	.pair = pair,
	.where = where,
	.widen = widen,
	.narrow = narrow,
	.prelu = prelu,
	.smooth_l1 = smooth_l1,
	.bce = bce,
	.bce_grad = bce_grad,
};
