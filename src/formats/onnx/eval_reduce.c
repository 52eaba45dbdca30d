/* Operators that reduce along axes, order numbers, and softmax. See eval.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "formats/onnx/eval.h"

enum { RANK = FORMAT_ONNX_RANK };

/* ---- Reduce* ---- */

typedef struct reduction {
	const char *op;
	double start;
	double (*join)(double sum, double x);
	double (*end)(double sum, double n);
} reduction;

static double
j_sum(double s, double x)
{
	return s + x;
}
static double
j_abs(double s, double x)
{
	return s + fabs(x);
}
static double
j_square(double s, double x)
{
	return s + x * x;
}
static double
j_prod(double s, double x)
{
	return s * x;
}
static double
j_max(double s, double x)
{
	return isnan(s) || s > x ? s : x;
}
static double
j_min(double s, double x)
{
	return isnan(s) || s < x ? s : x;
}
static double
e_mean(double s, double n)
{
	return s / n;
}
static double
e_sqrt(double s, double n)
{
	return sqrt(s);
}
static double
e_log(double s, double n)
{
	return log(s);
}

static const reduction reductions[] = {
	{ "ReduceSum", 0, j_sum, NULL },
	{ "ReduceMean", 0, j_sum, e_mean },
	{ "ReduceMax", -INFINITY, j_max, NULL },
	{ "ReduceMin", INFINITY, j_min, NULL },
	{ "ReduceProd", 1, j_prod, NULL },
	{ "ReduceL1", 0, j_abs, NULL },
	{ "ReduceL2", 0, j_square, e_sqrt },
	{ "ReduceLogSum", 0, j_sum, e_log },
	{ "ReduceLogSumExp", 0, j_sum, e_log },
	{ "ReduceSumSquare", 0, j_square, NULL },
	{ NULL },
};

/* Shape of a reduction and, per input number, the place in the result: strides that are 0 on reduced axes. */
static void
reduced_shape(const onnx_tensor *x, const bool *flag, bool keep, int *rank, int64_t *dim, int64_t *stride)
{
	int64_t n = 1;
	for (int i = x->rank - 1; i >= 0; i--) {
		stride[i] = flag[i] ? 0 : n;
		n *= flag[i] ? 1 : x->dim[i];
	}
	*rank = 0;
	for (int i = 0; i < x->rank; i++)
		if (!flag[i] || keep)
			dim[(*rank)++] = flag[i] ? 1 : x->dim[i];
}

secant_status
onnx_eval_reduce(onnx_call *c)
{
	const reduction *r = reductions;
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	bool flag[RANK], keep = onnx_attr_int(c, "keepdims", 1);
	int64_t dim[RANK], stride[RANK];
	int rank;
	while (r->op && strcmp(r->op, c->node->op))
		r++;
	int n_axes = v ? onnx_axis_flags(c, x->rank, flag) : -1;
	if (!v || c->err->code)
		return c->err->code;
	/* No axes are all of them, or none: then each number is a sum of its own, of which absolute value, square or
	 * logarithm are still taken. */
	if (n_axes <= 0)
		for (int i = 0; i < x->rank; i++)
			flag[i] = !onnx_attr_int(c, "noop_with_empty_axes", 0);
	reduced_shape(x, flag, keep, &rank, dim, stride);
	int64_t n = onnx_product(dim, 0, rank), m = format_onnx_count(x);
	double *sum = onnx_temp(c, n, sizeof *sum), *top = onnx_temp(c, n, sizeof *top);
	if (!sum || !top)
		return c->err->code;
	bool exps = !strcmp(r->op, "ReduceLogSumExp");
	for (int64_t i = 0; i < n; i++) {
		sum[i] = r->start;
		top[i] = exps ? -INFINITY : 0;
	}
	for (int64_t i = 0; i < m && exps; i++) {
		double *t = &top[onnx_place(i, x->rank, x->dim, stride)];
		*t = v[i] > *t ? v[i] : *t;
	}
	for (int64_t i = 0; i < m; i++) {
		int64_t k = onnx_place(i, x->rank, x->dim, stride);
		sum[k] = r->join(sum[k], exps ? exp(v[i] - (isinf(top[k]) ? 0 : top[k])) : v[i]);
	}
	for (int64_t i = 0; i < n; i++)
		sum[i] = (r->end ? r->end(sum[i], n ? (double)m / (double)n : 0) : sum[i])
			+ (exps && !isinf(top[i]) ? top[i] : 0);
	return onnx_give_reals(c, 0, x->type, rank, dim, sum);
}

/* x seen as outer x extent x inner around an axis. */
typedef struct lines {
	int64_t outer, extent, inner;
} lines;

static lines
lines_of(const onnx_tensor *x, int axis)
{
	return (
		lines){ onnx_product(x->dim, 0, axis), x->rank ? x->dim[axis] : 1, onnx_product(x->dim, axis + 1, x->rank) };
}

secant_status
onnx_eval_arg(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	int axis = v ? onnx_axis(c, onnx_attr_int(c, "axis", 0), x->rank) : -1;
	if (axis < 0)
		return c->err->code;
	bool keep = onnx_attr_int(c, "keepdims", 1), last = onnx_attr_int(c, "select_last_index", 0),
		 least = !strcmp(c->node->op, "ArgMin");
	lines l = lines_of(x, axis);
	int64_t dim[RANK], rank = 0;
	if (l.extent < 1)
		return onnx_fail(c, SECANT_ERR_SHAPE, "axis %d is empty", axis);
	for (int i = 0; i < x->rank; i++)
		if (i != axis || keep)
			dim[rank++] = i == axis ? 1 : x->dim[i];
	onnx_tensor *y = onnx_out(c, 0, FORMAT_ONNX_INT64, (int)rank, dim);
	for (int64_t o = 0; o < l.outer * l.inner && y; o++) {
		const double *p = v + o / l.inner * l.extent * l.inner + o % l.inner;
		int64_t best = 0;
		for (int64_t i = 1; i < l.extent; i++) {
			double a = p[i * l.inner], b = p[best * l.inner];
			/* What is no number stands beyond all that are, as in numpy. */
			bool beyond = isnan(a) ? !isnan(b) : least ? a < b : a > b, same = a == b || (isnan(a) && isnan(b));
			if (beyond || (last && same))
				best = i;
		}
		((int64_t *)y->data)[o] = best;
	}
	return c->err->code;
}

/* ---- softmax and its kin ---- */

secant_status
onnx_eval_softmax(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	int axis = v ? onnx_axis(c, onnx_attr_int(c, "axis", c->opset < 13 ? 1 : -1), x->rank ? x->rank : 1) : -1;
	if (axis < 0)
		return c->err->code;
	lines l = lines_of(x, axis);
	if (c->opset < 13) /* the input as a matrix, split at the axis */
		l = (lines){ onnx_product(x->dim, 0, axis), onnx_product(x->dim, axis, x->rank), 1 };
	bool logs = !strcmp(c->node->op, "LogSoftmax"), hard = !strcmp(c->node->op, "Hardmax");
	for (int64_t o = 0; o < l.outer * l.inner; o++) {
		double *p = v + o / l.inner * l.extent * l.inner + o % l.inner, top = -INFINITY, sum = 0;
		int64_t best = 0;
		for (int64_t i = 0; i < l.extent; i++)
			if (p[i * l.inner] > top) {
				top = p[i * l.inner];
				best = i;
			}
		for (int64_t i = 0; i < l.extent; i++)
			sum += exp(p[i * l.inner] - top);
		for (int64_t i = 0; i < l.extent; i++) {
			double *q = &p[i * l.inner];
			*q = hard ? i == best : logs ? *q - top - log(sum) : exp(*q - top) / sum;
		}
	}
	return onnx_give_reals(c, 0, x->type, x->rank, x->dim, v);
}

secant_status
onnx_eval_lp_norm(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	int64_t p = onnx_attr_int(c, "p", 2);
	int axis = v ? onnx_axis(c, onnx_attr_int(c, "axis", -1), x->rank) : -1;
	if (axis < 0)
		return c->err->code;
	lines l = lines_of(x, axis);
	for (int64_t o = 0; o < l.outer * l.inner; o++) {
		double *q = v + o / l.inner * l.extent * l.inner + o % l.inner, sum = 0;
		for (int64_t i = 0; i < l.extent; i++)
			sum += p == 1 ? fabs(q[i * l.inner]) : q[i * l.inner] * q[i * l.inner];
		for (int64_t i = 0; i < l.extent && sum > 0; i++)
			q[i * l.inner] /= p == 1 ? sum : sqrt(sum);
	}
	return onnx_give_reals(c, 0, x->type, x->rank, x->dim, v);
}

secant_status
onnx_eval_mvn(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	int64_t axes[RANK] = { 0, 2, 3 }, dim[RANK], stride[RANK];
	bool flag[RANK] = { false };
	int rank, n = onnx_attr_ints(c, "axes", axes, RANK);
	if (!v || c->err->code)
		return c->err->code;
	for (int i = 0; i < (n < 0 ? 3 : n); i++) {
		int a = onnx_axis(c, axes[i], x->rank);
		if (a < 0)
			return c->err->code;
		flag[a] = true;
	}
	reduced_shape(x, flag, true, &rank, dim, stride);
	int64_t m = onnx_product(dim, 0, rank), count = format_onnx_count(x);
	double *mean = onnx_temp(c, m, sizeof *mean), *var = onnx_temp(c, m, sizeof *var),
		   each = m ? (double)count / (double)m : 1;
	if (!mean || !var)
		return c->err->code;
	for (int64_t i = 0; i < count; i++)
		mean[onnx_place(i, rank, x->dim, stride)] += v[i] / each;
	for (int64_t i = 0; i < count; i++) {
		int64_t k = onnx_place(i, rank, x->dim, stride);
		var[k] += (v[i] - mean[k]) * (v[i] - mean[k]) / each;
	}
	for (int64_t i = 0; i < count; i++) {
		int64_t k = onnx_place(i, rank, x->dim, stride);
		v[i] = (v[i] - mean[k]) / (sqrt(var[k]) + 1e-9);
	}
	return onnx_give_reals(c, 0, x->type, x->rank, x->dim, v);
}

secant_status
onnx_eval_cumsum(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	int64_t given;
	if (!v || onnx_input_ints(c, 1, NULL, &given, 1) != 1)
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "no axis is given");
	int axis = onnx_axis(c, given, x->rank);
	if (axis < 0)
		return c->err->code;
	bool exclusive = onnx_attr_int(c, "exclusive", 0), reverse = onnx_attr_int(c, "reverse", 0);
	lines l = lines_of(x, axis);
	for (int64_t o = 0; o < l.outer * l.inner; o++) {
		double *p = v + o / l.inner * l.extent * l.inner + o % l.inner, sum = 0;
		for (int64_t i = 0; i < l.extent; i++) {
			double *q = &p[(reverse ? l.extent - 1 - i : i) * l.inner], own = *q;
			*q = exclusive ? sum : sum + own;
			sum += own;
		}
	}
	return onnx_give_reals(c, 0, x->type, x->rank, x->dim, v);
}

typedef struct ranked {
	double v;
	int64_t i;
} ranked;

/* What is no number comes last, either way. */
static int
in_order(const ranked *x, const ranked *y, bool first)
{
	bool none = isnan(x->v), others = isnan(y->v);
	if (none != others)
		return none ? 1 : -1;
	return !none && x->v != y->v ? (first ? -1 : 1) : x->i < y->i ? -1 : 1;
}

static int
up(const void *a, const void *b)
{
	const ranked *x = a, *y = b;
	return in_order(x, y, x->v < y->v);
}

static int
down(const void *a, const void *b)
{
	const ranked *x = a, *y = b;
	return in_order(x, y, x->v > y->v);
}

secant_status
onnx_eval_topk(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	int64_t k = onnx_attr_int(c, "k", -1), dim[RANK];
	int axis = v ? onnx_axis(c, onnx_attr_int(c, "axis", -1), x->rank) : -1;
	if (axis < 0 || (c->opset >= 10 && onnx_input_ints(c, 1, NULL, &k, 1) != 1))
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "no k is given");
	lines l = lines_of(x, axis);
	if (k < 0 || k > l.extent)
		return onnx_fail(c, SECANT_ERR_RANGE, "the first %lld of %lld", (long long)k, (long long)l.extent);
	ranked *r = onnx_temp(c, l.extent, sizeof *r);
	memcpy(dim, x->dim, sizeof dim);
	dim[axis] = k;
	double *best = onnx_temp(c, l.outer * k * l.inner, sizeof *best);
	int64_t *at = onnx_temp(c, l.outer * k * l.inner, sizeof *at);
	if (!r || !best || !at)
		return c->err->code;
	for (int64_t o = 0; o < l.outer * l.inner; o++) {
		for (int64_t i = 0; i < l.extent; i++)
			r[i] = (ranked){ v[(o / l.inner * l.extent + i) * l.inner + o % l.inner], i };
		qsort(r, (size_t)l.extent, sizeof *r, onnx_attr_int(c, "largest", 1) ? down : up);
		for (int64_t i = 0; i < k; i++) {
			best[(o / l.inner * k + i) * l.inner + o % l.inner] = r[i].v;
			at[(o / l.inner * k + i) * l.inner + o % l.inner] = r[i].i;
		}
	}
	onnx_give_reals(c, 0, x->type, x->rank, dim, best);
	return onnx_give_ints(c, 1, FORMAT_ONNX_INT64, x->rank, dim, at);
}

/* ---- pools of all, determinants ---- */

/* GlobalAveragePool, GlobalMaxPool, GlobalLpPool. */
secant_status
onnx_eval_global_pool(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	if (!v || x->rank < 2)
		return onnx_fail(c, SECANT_ERR_SHAPE, "wants N x C x ...");
	int64_t dim[RANK], outer = x->dim[0] * x->dim[1], inner = onnx_product(x->dim, 2, x->rank);
	double *y = onnx_temp(c, outer, sizeof *y), p = (double)onnx_attr_int(c, "p", 2);
	if (!y)
		return c->err->code;
	char kind = c->node->op[6]; /* A, M, L */
	for (int64_t o = 0; o < outer; o++) {
		y[o] = kind == 'M' ? -INFINITY : 0;
		for (int64_t i = 0; i < inner; i++) {
			double a = v[o * inner + i];
			y[o] = kind == 'M' ? j_max(y[o], a) : y[o] + (kind == 'A' ? a : pow(fabs(a), p));
		}
		y[o] = kind == 'A' ? y[o] / (double)inner : kind == 'L' ? pow(y[o], 1 / p) : y[o];
	}
	for (int i = 0; i < x->rank; i++)
		dim[i] = i < 2 ? x->dim[i] : 1;
	return onnx_give_reals(c, 0, x->type, x->rank, dim, y);
}

/* Determinants of matrices by elimination with the largest pivot. */
secant_status
onnx_eval_det(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	if (!v || x->rank < 2 || x->dim[x->rank - 1] != x->dim[x->rank - 2])
		return onnx_fail(c, SECANT_ERR_SHAPE, "wants square matrices");
	int64_t n = x->dim[x->rank - 1], many = onnx_product(x->dim, 0, x->rank - 2);
	double *y = onnx_temp(c, many, sizeof *y);
	for (int64_t m = 0; m < many && y; m++) {
		double *a = v + m * n * n;
		y[m] = 1;
		for (int64_t k = 0; k < n; k++) {
			int64_t best = k;
			for (int64_t i = k + 1; i < n; i++)
				best = fabs(a[i * n + k]) > fabs(a[best * n + k]) ? i : best;
			for (int64_t j = 0; j < n && best != k; j++) {
				double t = a[k * n + j];
				a[k * n + j] = a[best * n + j];
				a[best * n + j] = t;
			}
			y[m] *= best == k ? a[k * n + k] : -a[k * n + k];
			for (int64_t i = k + 1; i < n && a[k * n + k] != 0; i++) {
				double f = a[i * n + k] / a[k * n + k];
				for (int64_t j = k; j < n; j++)
					a[i * n + j] -= f * a[k * n + j];
			}
		}
	}
	return y ? onnx_give_reals(c, 0, x->type, x->rank - 2, x->dim, y) : c->err->code;
}

/* ---- Unique ---- */

typedef struct slab {
	const double *v; /* of the whole tensor */
	int64_t i, outer, extent, inner;
} slab;

static int
compare_slabs(const void *pa, const void *pb)
{
	const slab *a = pa, *b = pb;
	for (int64_t o = 0; o < a->outer; o++)
		for (int64_t k = 0; k < a->inner; k++) {
			double x = a->v[(o * a->extent + a->i) * a->inner + k], y = b->v[(o * a->extent + b->i) * a->inner + k];
			if (x != y)
				return x < y ? -1 : 1;
		}
	return 0;
}

static int
slabs_in_order(const void *a, const void *b)
{
	int d = compare_slabs(a, b);
	return d ? d : ((const slab *)a)->i < ((const slab *)b)->i ? -1 : 1;
}

static int
slabs_as_found(const void *a, const void *b)
{
	return ((const slab *)a)->i < ((const slab *)b)->i ? -1 : 1;
}

secant_status
onnx_eval_unique(onnx_call *c)
{
	onnx_tensor *x = onnx_in(c, 0);
	double *v = onnx_reals(c, 0);
	const format_onnx_attr *given = onnx_attr(c, "axis");
	int axis = v && given ? onnx_axis(c, given->i, x->rank) : 0;
	if (!v || axis < 0)
		return c->err->code;
	lines l = given ? lines_of(x, axis) : (lines){ 1, format_onnx_count(x), 1 };
	slab *s = onnx_temp(c, l.extent, sizeof *s), *u = onnx_temp(c, l.extent, sizeof *u);
	int64_t *inverse = onnx_temp(c, l.extent, 8), *count = onnx_temp(c, l.extent, 8),
			*first = onnx_temp(c, l.extent, 8), n = 0, dim[RANK];
	if (!s || !u || !inverse || !count || !first)
		return c->err->code;
	for (int64_t i = 0; i < l.extent; i++)
		s[i] = (slab){ v, i, l.outer, l.extent, l.inner };
	qsort(s, (size_t)l.extent, sizeof *s, slabs_in_order);
	for (int64_t i = 0; i < l.extent; i++)
		if (!i || compare_slabs(&s[i - 1], &s[i]))
			u[n++] = s[i];
	if (!onnx_attr_int(c, "sorted", 1))
		qsort(u, (size_t)n, sizeof *u, slabs_as_found);
	for (int64_t i = 0; i < l.extent; i++)
		for (int64_t k = 0; k < n; k++)
			if (!compare_slabs(&s[i], &u[k])) {
				inverse[s[i].i] = k;
				count[k]++;
				break;
			}
	for (int64_t k = 0; k < n; k++)
		first[k] = u[k].i;
	memcpy(dim, x->dim, sizeof dim);
	dim[axis] = n;
	onnx_tensor *y = onnx_out(c, 0, x->type, given ? x->rank : 1, dim);
	for (int64_t o = 0; o < l.outer && y; o++)
		for (int64_t k = 0; k < n; k++)
			for (int64_t i = 0; i < l.inner; i++)
				onnx_copy(y, (o * n + k) * l.inner + i, x, (o * l.extent + u[k].i) * l.inner + i);
	onnx_give_ints(c, 1, FORMAT_ONNX_INT64, 1, &n, first);
	onnx_give_ints(c, 2, FORMAT_ONNX_INT64, 1, &l.extent, inverse);
	return onnx_give_ints(c, 3, FORMAT_ONNX_INT64, 1, &n, count);
}
