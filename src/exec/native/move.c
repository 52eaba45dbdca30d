/*
 * Operators that move numbers without changing them. Each is one copy between two strided views of the same extents
 * (concat: one an input); the axes are joined to as few as both views allow, the innermost two are a kernel's.
 */
#include "exec/native/native.h"
#include "kernels/copy.h"

enum { AXES = SECANT_MAX_RANK };

/* Element (i0, i1, ...) goes from `from_at + sum i * from` to `to_at + sum i * to`. */
typedef struct view {
	int rank;
	int64_t dim[AXES + 1], from[AXES + 1], to[AXES + 1], from_at, to_at;
} view;
typedef struct move {
	int n, parts; /* views: one, or one an input */
	int size; /* of an element */
	bool clear; /* the output is zeroed first */
	view v[];
} move;

/* Drops axes of extent 1 and joins neighbours that lie behind each other on both sides; leaves at least two axes. */
static void
simplify(view *v)
{
	view w = { .from_at = v->from_at, .to_at = v->to_at };
	for (int k = 0; k < v->rank; k++) {
		int last = w.rank - 1;
		if (v->dim[k] == 1)
			continue;
		if (w.rank && w.from[last] == v->from[k] * v->dim[k] && w.to[last] == v->to[k] * v->dim[k])
			w.dim[last] *= v->dim[k];
		else
			w.dim[++last] = v->dim[k];
		w.from[last] = v->from[k];
		w.to[last] = v->to[k];
		w.rank = last + 1;
	}
	while (w.rank < 2) {
		memmove(w.dim + 1, w.dim, sizeof w.dim - sizeof *w.dim);
		memmove(w.from + 1, w.from, sizeof w.from - sizeof *w.from);
		memmove(w.to + 1, w.to, sizeof w.to - sizeof *w.to);
		w.dim[0] = 1;
		w.from[0] = w.to[0] = 0;
		if (w.rank++ == 0) { /* one number */
			w.from[0] = w.to[0] = 1;
		}
	}
	*v = w;
}

static move *
new_move(exec_step *s, int n, secant_err *err)
{
	move *m = secant_calloc(1, sizeof *m + (size_t)n * sizeof(view));
	if (!(s->data = m)) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a step of '%s'", s->node->op->name);
		return NULL;
	}
	m->n = n;
	m->size = (int)secant_dtype_size(s->out[0].dtype);
	m->parts = exec_parts(s, exec_out_count(s, 0));
	return m;
}

static bool
supports(const exec_step *s)
{
	for (int i = 1; i < s->n_in; i++)
		if (s->in[i].dtype != s->in[0].dtype)
			return false;
	return s->in[0].dtype == s->out[0].dtype;
}

static void
view_dense(view *v, const secant_shape *x)
{
	v->rank = x->rank;
	memcpy(v->dim, x->dim, sizeof x->dim);
	op_strides(x, v->from);
	op_strides(x, v->to);
}

/* ---- the views of each operator ---- */

static secant_status
prepare_reshape(exec_step *s, secant_err *err)
{
	move *m = new_move(s, 1, err);
	if (!m)
		return SECANT_ERR_NOMEM;
	m->v[0] = (view){ .rank = 1, .dim = { exec_out_count(s, 0) }, .from = { 1 }, .to = { 1 } };
	simplify(m->v);
	return SECANT_OK;
}

static secant_status
prepare_transpose(exec_step *s, secant_err *err)
{
	const secant_ints *perm = &((const op_transpose_attr *)s->node->attr)->perm;
	int64_t from[AXES];
	move *m = new_move(s, 1, err);
	if (!m)
		return SECANT_ERR_NOMEM;
	view_dense(m->v, &s->out[0].shape);
	op_strides(&s->in[0].shape, from);
	for (int k = 0; k < perm->n; k++)
		m->v->from[k] = from[perm->v[k]];
	simplify(m->v);
	return SECANT_OK;
}

static secant_status
prepare_broadcast(exec_step *s, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape, *y = &s->out[0].shape;
	int64_t from[AXES];
	move *m = new_move(s, 1, err);
	if (!m)
		return SECANT_ERR_NOMEM;
	view_dense(m->v, y);
	op_strides(x, from);
	for (int k = 0; k < y->rank; k++) {
		int axis = k - (y->rank - x->rank);
		m->v->from[k] = axis < 0 || x->dim[axis] == 1 ? 0 : from[axis];
	}
	simplify(m->v);
	return SECANT_OK;
}

static secant_status
prepare_concat(exec_step *s, secant_err *err)
{
	const secant_shape *y = &s->out[0].shape;
	int axis = op_axis_of(((const op_axis_attr *)s->node->attr)->axis, y->rank);
	int64_t to[AXES], at = 0;
	move *m = new_move(s, s->n_in, err);
	if (!m)
		return SECANT_ERR_NOMEM;
	op_strides(y, to);
	for (int i = 0; i < s->n_in; i++) {
		view *v = &m->v[i];
		view_dense(v, &s->in[i].shape);
		memcpy(v->to, to, sizeof to);
		v->to_at = at * to[axis];
		at += s->in[i].shape.dim[axis];
		simplify(v);
	}
	return SECANT_OK;
}

/* Each pixel of the first input comes fy x fx times: axes of no step. All places of one column of each come together,
 * so that the innermost two axes are long. */
static secant_status
prepare_enlarge(exec_step *s, secant_err *err)
{
	const int64_t *x = s->in[0].shape.dim, *y = s->out[0].shape.dim;
	move *m = new_move(s, s->n_in, err);
	if (!m)
		return SECANT_ERR_NOMEM;
	for (int64_t i = 0, at = 0; i < s->n_in; at += s->in[i].shape.dim[3], i++) {
		int64_t h = s->in[i].shape.dim[1], w = s->in[i].shape.dim[2], c = s->in[i].shape.dim[3];
		int64_t fy = h ? y[1] / h : 0, fx = w ? y[2] / w : 0;
		m->v[i] = (view){ .rank = 6,
			.dim = { x[0], h, fy, fx, w, c },
			.from = { h * w * c, w * c, 0, 0, c, 1 },
			.to = { y[1] * y[2] * y[3], fy * y[2] * y[3], y[2] * y[3], y[3], fx * y[3], 1 },
			.to_at = at };
		simplify(&m->v[i]);
	}
	return SECANT_OK;
}

static int
step_of(const secant_ints *step, int axis)
{
	return step->n ? step->v[axis] : 1;
}

static secant_status
prepare_slice(exec_step *s, secant_err *err)
{
	const op_slice_attr *a = s->node->attr;
	int64_t from[AXES];
	move *m = new_move(s, 1, err);
	if (!m)
		return SECANT_ERR_NOMEM;
	view_dense(m->v, &s->out[0].shape);
	op_strides(&s->in[0].shape, from);
	for (int k = 0; k < m->v->rank; k++) {
		m->v->from_at += a->start.v[k] * from[k];
		m->v->from[k] = step_of(&a->step, k) * from[k];
	}
	simplify(m->v);
	return SECANT_OK;
}

static secant_status
prepare_slice_grad(exec_step *s, secant_err *err)
{
	const op_slice_grad_attr *a = s->node->attr;
	int64_t to[AXES];
	move *m = new_move(s, 1, err);
	if (!m)
		return SECANT_ERR_NOMEM;
	view_dense(m->v, &s->in[0].shape);
	op_strides(&s->out[0].shape, to);
	for (int k = 0; k < m->v->rank; k++) {
		m->v->to_at += a->start.v[k] * to[k];
		m->v->to[k] = step_of(&a->step, k) * to[k];
	}
	m->clear = true;
	simplify(m->v);
	return SECANT_OK;
}

/* The large picture as n, y, i, x, j, c with its own strides in `large` and those of the small one in `small`. */
static void
shuffle_axes(const secant_shape *big, int64_t f, int64_t dim[AXES], int64_t large[AXES], int64_t small[AXES])
{
	int64_t h = big->dim[1] / f, w = big->dim[2] / f, c = big->dim[3];
	int64_t d[AXES] = { big->dim[0], h, f, w, f, c };
	int64_t s[AXES] = { h * w * c * f * f, w * c * f * f, f, c * f * f, 1, f * f };
	secant_shape six = { AXES, { d[0], d[1], d[2], d[3], d[4], d[5] } };
	memcpy(dim, d, sizeof d);
	memcpy(small, s, sizeof s);
	op_strides(&six, large);
}

static secant_status
prepare_shuffle(exec_step *s, secant_err *err)
{
	int64_t f = ((const op_factor_attr *)s->node->attr)->factor;
	move *m = new_move(s, 1, err);
	if (!m)
		return SECANT_ERR_NOMEM;
	m->v->rank = AXES;
	shuffle_axes(&s->out[0].shape, f, m->v->dim, m->v->to, m->v->from);
	simplify(m->v);
	return SECANT_OK;
}

static secant_status
prepare_unshuffle(exec_step *s, secant_err *err)
{
	static const int order[AXES] = { 0, 1, 3, 5, 2, 4 }; /* n y x c i j: the small picture's own */
	int64_t f = ((const op_factor_attr *)s->node->attr)->factor, dim[AXES], large[AXES], small[AXES];
	move *m = new_move(s, 1, err);
	if (!m)
		return SECANT_ERR_NOMEM;
	shuffle_axes(&s->in[0].shape, f, dim, large, small);
	m->v->rank = AXES;
	for (int k = 0; k < AXES; k++) {
		m->v->dim[k] = dim[order[k]];
		m->v->from[k] = large[order[k]];
		m->v->to[k] = small[order[k]];
	}
	simplify(m->v);
	return SECANT_OK;
}

/* ---- running ---- */

static int64_t
rows_of(const view *v)
{
	int64_t n = 1;
	for (int k = 0; k + 1 < v->rank; k++)
		n *= v->dim[k];
	return n;
}

/* Rows [r, end) of the view. */
static void
copy_rows(const view *v, const void *in, void *out, int size, int64_t r, int64_t end)
{
	const kernel_copy_kernels *k = kernel_copy_best();
	int last = v->rank - 1;
	for (int64_t inner = v->dim[last - 1]; r < end;) {
		int64_t rows = inner - r % inner, rest = r, from = v->from_at, to = v->to_at;
		rows = rows < end - r ? rows : end - r;
		for (int i = last - 1; i >= 0; i--) {
			from += rest % v->dim[i] * v->from[i];
			to += rest % v->dim[i] * v->to[i];
			rest /= v->dim[i];
		}
		k->block((char *)out + to * size, v->to[last - 1], v->to[last], (const char *)in + from * size,
			v->from[last - 1], v->from[last], rows, v->dim[last], size);
		r += rows;
	}
}

/* A view of one row is split inside it. */
static void
copy_part(const view *v, const void *in, void *out, int size, int parts, int t)
{
	int64_t rows = rows_of(v), n = v->dim[v->rank - 1];
	if (rows <= 0 || n <= 0)
		return;
	if (rows > 1) {
		copy_rows(v, in, out, size, exec_part(rows, parts, t), exec_part(rows, parts, t + 1));
		return;
	}
	int64_t a = exec_part(n, parts, t), b = exec_part(n, parts, t + 1), last = v->rank - 1;
	kernel_copy_best()->block((char *)out + (v->to_at + a * v->to[last]) * size, 0, v->to[last],
		(const char *)in + (v->from_at + a * v->from[last]) * size, 0, v->from[last], 1, b - a, size);
}

/* The inputs of a concatenation along inner axes, in turns, so that a line of the output is completed while it is in
 * the cache. */
static void
interleave(const move *m, const void *const *in, void *out, int t)
{
	int64_t rows = rows_of(&m->v[0]), from = exec_part(rows, m->parts, t), to = exec_part(rows, m->parts, t + 1),
			step = 128;
	for (int64_t r = from; r < to; r += step)
		for (int i = 0; i < m->n; i++)
			copy_rows(&m->v[i], in[i], out, m->size, r, r + step < to ? r + step : to);
}

static bool
can_interleave(const move *m)
{
	for (int i = 0; i < m->n; i++)
		if (rows_of(&m->v[i]) != rows_of(&m->v[0]) || m->v[i].dim[m->v[i].rank - 1] < 1 || rows_of(&m->v[i]) < 2)
			return false;
	return m->n > 1;
}

static secant_status
run(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const move *m = s->data;
	int64_t n = exec_out_count(s, 0);
	bool turns = can_interleave(m);
	if (n <= 0)
		return SECANT_OK;
	if (m->clear) {
		EXEC_PARTS(m->parts)
		for (int t = 0; t < m->parts; t++) {
			int64_t from = exec_part(n, m->parts, t) * m->size, to = exec_part(n, m->parts, t + 1) * m->size;
			memset((char *)out[0] + from, 0, (size_t)(to - from));
		}
	}
	EXEC_PARTS(m->parts)
	for (int t = 0; t < m->parts; t++) {
		if (turns)
			interleave(m, in, out[0], t);
		else
			for (int i = 0; i < m->n; i++)
				copy_part(&m->v[i], in[i], out[0], m->size, m->parts, t);
	}
	return SECANT_OK;
}

#define MOVE(op_name, how) \
	{ \
		.op = #op_name, .name = "native", .supports = supports, .prepare = prepare_##how, .run = run \
	}
extern const exec_impl exec_impls_native_move[];
const exec_impl exec_impls_native_move[] = {
	MOVE(reshape, reshape),
	MOVE(transpose, transpose),
	MOVE(broadcast_to, broadcast),
	MOVE(concat, concat),
	MOVE(enlarge_concat, enlarge),
	MOVE(slice, slice),
	MOVE(slice_grad, slice_grad),
	MOVE(pixel_shuffle, shuffle),
	MOVE(pixel_unshuffle, unshuffle),
	{ .op = NULL },
};
