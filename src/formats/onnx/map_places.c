/*
 * The places of maxima that MaxPool gives, and putting numbers back there (SegNet, ENet): MaxUnpool, or as PyTorch's
 * exporter says it, ScatterND on zeros at those places, moved from the whole tensor to each plane and back. Our graph
 * knows the winner within each window, and unpooling is what gradients of pooling do. Such a value stands for its
 * places here alone: no operator but those below takes it.
 */
#include <string.h>
#include "formats/onnx/map.h"
#include "formats/onnx/window.h"
#include "ops/ops.h"

enum { RANK = FORMAT_ONNX_RANK };

struct onnx_places {
	op_pool_attr pool; /* with the size of what was pooled */
	int64_t dim[4], pooled[4]; /* N, C, H, W of what was pooled, and of the result */
	bool in_planes; /* they count within each plane, H x W; false: within the whole tensor */
};

/* ---- where they begin ---- */

/* Do nothing but operators below read them? */
static bool
is_read_here(const format_onnx_graph *g, const char *name)
{
	static const char *const ops[] = { "MaxUnpool", "Sub", "Add", "Reshape", "Shape" };
	for (int i = 0; i < g->n_out; i++)
		if (!strcmp(g->out[i].name, name))
			return false;
	for (int i = 0; i < g->n_node; i++)
		for (int k = 0; k < g->node[i].n_in; k++) {
			bool known = strcmp(g->node[i].in[k], name) != 0;
			for (size_t j = 0; j < sizeof ops / sizeof *ops && !known; j++)
				known = !strcmp(g->node[i].op, ops[j]);
			if (!known)
				return false;
		}
	return true;
}

/* A window of one pixel: every number is at its own place, whatever it is. */
static secant_status
own_places(onnx_call *c, const onnx_mapped *x)
{
	int64_t n = onnx_product(x->dim, 0, x->rank), *at = onnx_temp(c, n, sizeof *at);
	for (int64_t i = 0; at && i < n; i++)
		at[i] = i;
	return at ? onnx_give_ints(c, 1, FORMAT_ONNX_INT64, x->rank, x->dim, at) : c->err->code;
}

secant_status
onnx_give_places(onnx_call *c, const onnx_mapped *x, graph_value pooled)
{
	const graph_net *g = onnx_graph(c);
	const graph_node *n = graph_get_node(g, graph_value_at(g, pooled)->node);
	const op_pool_attr *a = n->attr;
	bool apart = true, one = true;
	for (int i = 0; i < 2; i++) {
		apart &= a->kernel.v[i] <= a->stride.v[i];
		one &= a->kernel.v[i] == 1 && a->stride.v[i] == 1;
	}
	for (int i = 0; i < 4; i++)
		one &= a->padding.v[i] == 0;
	if (one)
		return own_places(c, x);
	if (x->rank != 4 || c->scope->depth > 0 || onnx_attr_int(c, "storage_order", 0)
		|| !is_read_here(&c->walk->model->graph, c->node->out[1]))
		return onnx_no_map(c, "the places of its maxima are asked for");
	if (!apart)
		return onnx_no_map(c, "the places of its maxima are asked for, and windows overlap");
	base_arena *arena = ((format_onnx_network *)c->walk->map)->arena;
	onnx_mapped *m = base_arena_alloc(arena, sizeof *m);
	onnx_places *p = base_arena_alloc(arena, sizeof *p);
	if (!m || !p)
		return onnx_fail(c, SECANT_ERR_NOMEM, "no memory");
	const secant_shape *y = graph_shape(g, pooled);
	*p = (onnx_places){ .pool = *a,
		.dim = { x->dim[0], x->dim[1], x->dim[2], x->dim[3] },
		.pooled = { y->dim[0], y->dim[3], y->dim[1], y->dim[2] } };
	p->pool.size = (secant_ints){ 2, { (int)x->dim[2], (int)x->dim[3] } };
	*m = (onnx_mapped){ .v = n->out[1], .type = FORMAT_ONNX_INT64, .rank = 4, .places = p };
	onnx_last_perm(4, m->perm);
	memcpy(m->dim, p->pooled, sizeof p->pooled);
	c->mapped_out[1] = m;
	return SECANT_OK;
}

/* ---- on the way ---- */

/* The same places in another shape, or counted another way. */
static secant_status
pass_places(onnx_call *c, const onnx_mapped *m, int rank, const int64_t *dim, bool in_planes)
{
	base_arena *arena = ((format_onnx_network *)c->walk->map)->arena;
	onnx_mapped *to = base_arena_alloc(arena, sizeof *to);
	onnx_places *p = base_arena_alloc(arena, sizeof *p);
	if (!to || !p)
		return onnx_fail(c, SECANT_ERR_NOMEM, "no memory");
	*p = *m->places;
	p->in_planes = in_planes;
	*to = *m;
	to->places = p;
	to->rank = rank;
	memmove(to->dim, dim, (size_t)rank * sizeof *dim);
	c->mapped_out[0] = to;
	return SECANT_OK;
}

/* Less, or with, the place where each plane begins. */
static secant_status
moved(onnx_call *c, int i, bool into_planes)
{
	const onnx_mapped *m = c->mapped[i];
	const onnx_places *p = m->places;
	const onnx_tensor *t = c->in[!i];
	int64_t planes = p->dim[0] * p->dim[1], inner = p->dim[2] * p->dim[3];
	bool fits = t && !format_onnx_type_is_real(t->type) && m->rank == 4 && p->in_planes != into_planes
		&& format_onnx_count(t) == planes
		&& (planes == 1 || (t->rank == 4 && t->dim[0] == p->dim[0] && t->dim[1] == p->dim[1])
			|| (t->rank == 3 && p->dim[0] == 1 && t->dim[0] == p->dim[1]));
	for (int64_t k = 0, v; k < planes && fits; k++) {
		format_onnx_get_ints(t, k, 1, &v);
		fits = v == k * inner;
	}
	return fits ? pass_places(c, m, m->rank, m->dim, into_planes)
				: onnx_no_map(c, "computes with the places of maxima");
}

/* ---- where they end ---- */

/* Zeros with x, as many numbers as were pooled and in their order, at their places: all of it as a row. */
static secant_status
scattered(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_tensor *zeros = c->n_in == 3 ? c->in[0] : NULL;
	const onnx_mapped *at = c->n_in == 3 ? c->mapped[1] : NULL, *x = at ? onnx_value_of(c, 2) : NULL;
	const onnx_places *p = at ? at->places : NULL;
	int64_t n = p ? onnx_product(p->pooled, 0, 4) : 0, all = p ? onnx_product(p->dim, 0, 4) : 0;
	bool fits = p && x && !x->places && zeros && zeros->rank == 1 && zeros->dim[0] == all && !p->in_planes
		&& at->rank == 2 && at->dim[0] == n && at->dim[1] == 1 && x->rank == 1 && x->dim[0] == n
		&& !strcmp(onnx_attr_text(c, "reduction", "none"), "none");
	for (int64_t k = 0; k < all && fits; k++) {
		double v;
		format_onnx_get_reals(zeros, k, 1, &v);
		fits = v == 0;
	}
	if (c->err->code || !fits)
		return c->err->code ? c->err->code : onnx_no_map(c, "computes with the places of maxima");
	onnx_mapped in = { .rank = 4, .perm = { 0, 1, 2, 3 } }, out = { .rank = 4, .perm = { 0, 2, 3, 1 } };
	op_shape_attr row = { { 1, { (int)all } } }, shape = { { 4 } };
	memcpy(in.dim, p->pooled, sizeof p->pooled);
	memcpy(out.dim, p->dim, sizeof p->dim);
	for (int i = 0; i < 4; i++)
		shape.shape.v[i] = (int)p->pooled[i];
	in.v = graph_apply(g, "reshape", &shape, 1, onnx_plain(g, x));
	out.v = graph_apply(g, "max_pool2d_grad", &p->pool, 2, onnx_channels_last(g, &in), at->v);
	return onnx_result_plain(c, graph_apply(g, "reshape", &row, 1, onnx_plain(g, &out)), x->type);
}

static secant_status
unpooled(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0), *at = c->n_in > 1 ? c->mapped[1] : NULL;
	const onnx_places *p = at ? at->places : NULL;
	int64_t to[RANK], n = 4;
	onnx_window w;
	if (!x || !p || x->places || x->rank != 4 || memcmp(x->dim, p->pooled, sizeof p->pooled) != 0 || p->in_planes)
		return c->err->code ? c->err->code : onnx_no_map(c, "the places of its maxima are not those of its numbers");
	if (!onnx_window_of(c, 4, x->dim, NULL, false, &w))
		return c->err->code;
	memcpy(to, x->dim, sizeof p->dim);
	for (int i = 0; i < 2; i++)
		to[i + 2] = (x->dim[i + 2] - 1) * w.stride[i] + w.kernel[i] - w.before[i] - w.after[i];
	if (onnx_has(c, 2))
		n = onnx_input_ints(c, 2, NULL, to, RANK);
	if (n != 4 || memcmp(to, p->dim, sizeof p->dim) != 0) /* places of another size */
		return c->err->code ? c->err->code : onnx_no_map(c, "the places of its maxima are of another size");
	graph_value v = graph_apply(
		onnx_graph(c), "max_pool2d_grad", &p->pool, 2, onnx_channels_last(onnx_graph(c), x), at->v);
	return onnx_result_last(c, v, x->type);
}

static secant_status
reshaped(onnx_call *c)
{
	const onnx_mapped *m = c->mapped[0];
	int64_t want[RANK], dim[RANK];
	int n = m && m->places ? onnx_input_ints(c, 1, "shape", want, RANK) : -1;
	if (n < 0)
		return c->err->code ? c->err->code : onnx_no_map(c, "computes with the places of maxima");
	return onnx_reshape_dims(c, m->rank, m->dim, want, n, dim) && n <= SECANT_MAX_RANK
		? pass_places(c, m, n, dim, m->places->in_planes)
		: c->err->code ? c->err->code
					   : onnx_no_map(c, "more axes than graphs have");
}

static secant_status
unsqueezed(onnx_call *c)
{
	const onnx_mapped *m = c->mapped[0];
	int64_t dim[RANK];
	int rank;
	if (!m || !m->places || !onnx_unsqueeze_dims(c, m->rank, m->dim, &rank, dim))
		return c->err->code ? c->err->code : onnx_no_map(c, "computes with the places of maxima");
	return rank <= SECANT_MAX_RANK ? pass_places(c, m, rank, dim, m->places->in_planes)
								   : onnx_no_map(c, "more axes than graphs have");
}

bool
onnx_takes_places(const onnx_call *c)
{
	bool any = false;
	for (int i = 0; i < c->n_in; i++)
		any |= c->mapped[i] && c->mapped[i]->places;
	return any;
}

secant_status
onnx_map_places(onnx_call *c)
{
	const char *op = *c->node->domain ? "" : c->node->op;
	bool second = c->n_in == 2 && c->mapped[1] && c->mapped[1]->places;
	if (!strcmp(op, "MaxUnpool"))
		return unpooled(c);
	if (!strcmp(op, "ScatterND"))
		return scattered(c);
	if (!strcmp(op, "Shape"))
		return onnx_map_shape(c);
	if (!strcmp(op, "Reshape") && !second)
		return reshaped(c);
	if (!strcmp(op, "Unsqueeze") && !second)
		return unsqueezed(c);
	if (c->n_in == 2 && ((!strcmp(op, "Sub") && !second) || !strcmp(op, "Add")))
		return moved(c, second, *op == 'S');
	return onnx_no_map(c, "computes with the places of maxima");
}
