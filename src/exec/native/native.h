/*
 * What the native implementations share: which operands they take, how work is split among threads, how short rows are
 * made long.
 */
#ifndef EXEC_NATIVE_NATIVE_H
#define EXEC_NATIVE_NATIVE_H
#include "exec/exec.h"
#include "kernels/kernels.h"
#include "ops/act.h"

/* A loop over parts, one a thread. Its body must not depend on the order. */
#define EXEC_PRAGMA(x) _Pragma(#x)
#ifdef _OPENMP
#define EXEC_PARTS(parts) EXEC_PRAGMA(omp parallel for schedule(static, 1) num_threads(parts))
#else
#define EXEC_PARTS(parts)
#endif

/* Work below this stays on one thread. Tests set it to 1; nothing else writes it. */
extern int64_t exec_native_grain;

/* How many parts pay for `work` element operations: 1, or the step's threads. */
static inline int
exec_parts(const exec_step *s, int64_t work)
{
	return work < exec_native_grain || s->threads < 2 ? 1 : s->threads;
}

/* Numbers that kernels read as float. */
static inline bool
exec_is_real(const exec_operand *o)
{
	return o->dtype == SECANT_F32 || o->dtype == SECANT_BF16;
}

/* Where part i of `parts` of n items begins. */
static inline int64_t
exec_part(int64_t n, int parts, int i)
{
	return n / parts * i + (n % parts * i) / parts;
}

static inline int64_t
exec_larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline int64_t
exec_smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* How many blocks of that size hold n. */
static inline int64_t
exec_blocks_of(int64_t n, int64_t size)
{
	return (n + size - 1) / size;
}

/* So many bytes, in whole lines of the cache. */
static inline size_t
exec_lines(int64_t bytes)
{
	return (size_t)(bytes + 63) & ~(size_t)63;
}

static inline bool
exec_has(const exec_step *s, int i)
{
	return i < s->n_in && s->in[i].shape.rank >= 0;
}

static inline bool
exec_low_in(const exec_step *s)
{
	return s->in[0].dtype == SECANT_BF16;
}
static inline int64_t
exec_in_count(const exec_step *s, int i)
{
	return secant_shape_count(&s->in[i].shape);
}
static inline int64_t
exec_out_count(const exec_step *s, int i)
{
	return secant_shape_count(&s->out[i].shape);
}

/* The last dimension, 1 of a scalar; and how often it is there. */
static inline int64_t
exec_last(const secant_shape *s)
{
	return s->rank > 0 ? s->dim[s->rank - 1] : 1;
}

static inline int64_t
exec_rows(const secant_shape *s)
{
	int64_t n = 1;
	for (int i = 0; i + 1 < s->rank; i++)
		n *= s->dim[i];
	return n;
}

/* Real operands are F32, those in the operator's low slots all F32 or all BF16; other operands are integers. */
bool exec_native_supports(const exec_step *s);

/* rows x c as `rows` wide rows of `width` = k * c numbers, the last of which may be shorter (`last`). */
typedef struct exec_wide {
	int64_t rows, width, last, k;
} exec_wide;
exec_wide exec_widen(int64_t rows, int64_t c);
/* v[c] (NULL: all `otherwise`) repeated to width. */
void exec_repeat(float *to, const float *v, int64_t c, int64_t width, float otherwise);

/* The mean of up to 16 rows from all over x (rows x c): near enough to the channels' means that sums relative to it
 * lose nothing. */
void exec_pivot(const void *x, bool low, int64_t rows, int64_t c, float *mean);

/* Runs the activation of a row of src/ops/act.h; act none does nothing. */
void exec_native_act(int act, const void *x, void *y, bool low, int64_t n);
/* dx = dy times its slope; v is the argument or the result, as the row says. */
void exec_native_act_grad(int act, const void *v, const void *dy, void *dx, bool low, int64_t n);
/* The index of a function of one number among the kernels (src/kernels/elementwise.h); -1: none. */
int exec_native_unary(const char *name);

/* Element i as a double: for integers; slow. */
static inline double
exec_load_any(const void *p, secant_dtype d, int64_t i)
{
	switch (d) {
	case SECANT_U8:
	case SECANT_BOOL: return ((const uint8_t *)p)[i];
	case SECANT_I8: return ((const int8_t *)p)[i];
	case SECANT_U16: return ((const uint16_t *)p)[i];
	case SECANT_I16: return ((const int16_t *)p)[i];
	case SECANT_I32: return ((const int32_t *)p)[i];
	case SECANT_I64: return (double)((const int64_t *)p)[i];
	case SECANT_F64: return ((const double *)p)[i];
	default: return kernel_load(p, i, d == SECANT_BF16);
	}
}

/* Element i of integers, exactly. */
static inline int64_t
exec_load_index(const void *p, secant_dtype d, int64_t i)
{
	return d == SECANT_I64 ? ((const int64_t *)p)[i]
		: d == SECANT_I32  ? ((const int32_t *)p)[i]
						   : (int64_t)exec_load_any(p, d, i);
}

/* Pieces of a step's scratch, each 64-byte-aligned; with p NULL it only counts. */
typedef struct exec_scratch {
	char *p;
	size_t used;
} exec_scratch;
void *exec_take(exec_scratch *s, int64_t n, size_t size);
#endif
