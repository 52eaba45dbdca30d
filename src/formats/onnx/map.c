/* Graphs of ONNX as graphs of ours: values, orders of axes, states. See map.h; operators are map_*.c. */
#include "formats/onnx/map.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/number.h"
#include "ops/ops.h"

graph_net *
onnx_graph(const onnx_call *c)
{
	return ((format_onnx_network *)c->walk->map)->g;
}

secant_status
onnx_no_map(onnx_call *c, const char *why)
{
	return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "%s", why);
}

double
onnx_attr_decimal(const onnx_call *c, const char *name, double otherwise)
{
	const format_onnx_attr *a = onnx_attr(c, name);
	char text[32];
	if (!a)
		return otherwise;
	for (int digits = 1; digits < 9; digits++) { /* the fewest digits that give this float */
		double v;
		snprintf(text, sizeof text, "%.*g", digits, a->f);
		if (base_real_parse(text, &v) && (float)v == (float)a->f)
			return v;
	}
	return a->f;
}

/* ---- orders of axes ---- */

bool
onnx_is_last(const onnx_mapped *m)
{
	int perm[SECANT_MAX_RANK];
	onnx_last_perm(m->rank, perm);
	return !memcmp(perm, m->perm, sizeof *perm * (size_t)m->rank);
}

void
onnx_last_perm(int rank, int *perm)
{
	for (int i = 0; i < rank; i++)
		perm[i] = i == 0 ? 0 : i == rank - 1 ? 1 : i + 1;
	if (rank == 1)
		perm[0] = 0;
}

int
onnx_axis_at(const onnx_mapped *m, int axis)
{
	for (int j = 0; j < m->rank; j++)
		if (m->perm[j] == axis)
			return j;
	return -1;
}

graph_value
onnx_ordered(graph_net *g, const onnx_mapped *m, const int *perm)
{
	op_transpose_attr t = { { m->rank } };
	op_shape_attr r = { { m->rank } };
	int last = -1;
	bool same = true, moves = false;
	for (int j = 0; j < m->rank; j++) {
		int at = onnx_axis_at(m, perm[j]);
		t.perm.v[j] = at;
		r.shape.v[j] = (int)m->dim[perm[j]];
		same &= at == j;
		if (m->dim[perm[j]] == 1)
			continue;
		moves |= at < last; /* numbers move only where two axes of more than one pass each other */
		last = at;
	}
	return same ? m->v : moves ? graph_apply(g, "transpose", &t, 1, m->v) : graph_apply(g, "reshape", &r, 1, m->v);
}

graph_value
onnx_plain(graph_net *g, const onnx_mapped *m)
{
	int perm[SECANT_MAX_RANK];
	for (int i = 0; i < m->rank; i++)
		perm[i] = i;
	return onnx_ordered(g, m, perm);
}

graph_value
onnx_channels_last(graph_net *g, const onnx_mapped *m)
{
	int perm[SECANT_MAX_RANK];
	onnx_last_perm(m->rank, perm);
	return onnx_ordered(g, m, perm);
}

/* ---- results ---- */

secant_status
onnx_result(onnx_call *c, int k, graph_value v, int type, int rank, const int *perm)
{
	format_onnx_network *n = c->walk->map;
	if (!onnx_wants(c, k))
		return c->err->code;
	secant_err own = { 0 };
	if (graph_check(n->g, &own))
		return onnx_fail(c, own.code == SECANT_ERR_NOMEM ? own.code : SECANT_ERR_SHAPE, "%s", own.msg);
	onnx_mapped *m = base_arena_alloc(n->arena, sizeof *m);
	const secant_shape *s = graph_shape(n->g, v);
	if (!m)
		return onnx_fail(c, SECANT_ERR_NOMEM, "no memory");
	if (s->rank != rank)
		return onnx_fail(c, SECANT_ERR_BUG, "a result of %d axes for %d", s->rank, rank);
	*m = (onnx_mapped){ .v = v, .type = type, .rank = rank };
	for (int j = 0; j < rank; j++) {
		m->perm[j] = perm[j];
		m->dim[perm[j]] = s->dim[j];
	}
	c->mapped_out[k] = m;
	return SECANT_OK;
}

secant_status
onnx_result_plain(onnx_call *c, graph_value v, int type)
{
	int perm[SECANT_MAX_RANK], rank = graph_shape(onnx_graph(c), v)->rank;
	for (int i = 0; i < rank; i++)
		perm[i] = i;
	return onnx_result(c, 0, v, type, rank, perm);
}

secant_status
onnx_result_last(onnx_call *c, graph_value v, int type)
{
	int perm[SECANT_MAX_RANK], rank = graph_shape(onnx_graph(c), v)->rank;
	onnx_last_perm(rank, perm);
	return onnx_result(c, 0, v, type, rank, perm);
}

secant_status
onnx_pass(onnx_call *c, int k, const onnx_mapped *m, int type)
{
	return m ? onnx_result(c, k, m->v, type, m->rank, m->perm) : c->err->code;
}

/* ---- known tensors as values ---- */

static const char *
state_name(format_onnx_network *n, const onnx_call *c, const onnx_tensor *t, const char *name)
{
	if (c->scope->depth > 0) /* a name of an inner graph may stand for another tensor each time it runs */
		for (int i = 0; i < c->walk->model->graph.n_init; i++)
			if (c->walk->model->graph.init[i].tensor == t)
				return c->walk->model->graph.init[i].name;
	const format_onnx_node *caller = c->scope->depth == 1 ? c->scope->caller : NULL;
	if (caller && t->learned && caller->n_out
		&& *caller->out[0]) /* within one node of the model, made of its weights */
		return base_arena_format(n->arena, "%s.%s", caller->out[0], name);
	return c->scope->depth > 0 ? NULL : name;
}

static graph_value
add_state(format_onnx_network *n, onnx_call *c, onnx_tensor *t, const char *name, const secant_shape *shape)
{
	bool there = graph_find(n->g, name) >= 0;
	if (!there && base_grow((void **)&n->state, &n->state_capacity, n->n_state, sizeof *n->state)) {
		onnx_fail(c, SECANT_ERR_NOMEM, "no memory");
		return -1;
	}
	if (!there)
		n->state[n->n_state++] = (format_onnx_state){ base_arena_strdup(n->arena, name), format_onnx_tensor_hold(t) };
	const format_onnx_learning *l = n->learning;
	bool learns = !n->still && t->learned && !(l && l->is_frozen && l->is_frozen(l->user, name));
	return graph_state(n->g, name, SECANT_F32, shape, learns, GRAPH_INIT_ZEROS);
}

static graph_value
add_constant(format_onnx_network *n, onnx_call *c, const onnx_tensor *t, const secant_shape *shape)
{
	int64_t count = format_onnx_count(t);
	double *v = onnx_temp(c, count, sizeof *v);
	if (!v)
		return -1;
	format_onnx_get_reals(t, 0, count, v);
	bool real = format_onnx_type_is_real(t->type), wide = t->type == FORMAT_ONNX_INT64 || t->type == FORMAT_ONNX_INT32;
	for (int64_t i = 0; i < count && wide; i++)
		if (v[i] < -2147483648.0 || v[i] > 2147483647) {
			onnx_no_map(c, "a constant beyond 32 bits");
			return -1;
		}
	return graph_constant(n->g, real ? SECANT_F32 : wide ? SECANT_I32 : SECANT_U8, shape, v);
}

/* ---- weights of bytes that learn ---- */

/* What training made of the scale called `name`: what its numbers are multiplied by, as logarithms; NULL: nothing. */
static const format_onnx_tensor *
learned_scale(const onnx_call *c, const format_onnx_tensor *t, const char *name)
{
	const format_onnx_network *n = c->walk->map;
	char *own = base_arena_format(n->arena, "%s.log", name);
	const format_onnx_tensor *log = own ? format_onnx_find_instead(c->walk->model, own) : NULL;
	return log && format_onnx_count(log) == format_onnx_count(t) ? log : NULL;
}

/* Its numbers, as they were or as they were learned, into to[]. */
static void
scale_numbers(const onnx_call *c, const format_onnx_tensor *t, const char *name, double *to)
{
	const format_onnx_tensor *log = learned_scale(c, t, name);
	int64_t n = format_onnx_count(t);
	format_onnx_get_reals(t, 0, n, to);
	for (int64_t i = 0; i < n && log; i++) {
		double v;
		format_onnx_get_reals(log, i, 1, &v);
		to[i] = (double)(float)(to[i] * exp(v));
	}
}

graph_value
onnx_scale_of(onnx_call *c, const onnx_tensor *t, const char *name)
{
	format_onnx_network *n = c->walk->map;
	int64_t count = format_onnx_count(t);
	double *v = onnx_temp(c, count, sizeof *v);
	secant_shape shape = count > 1 ? secant_shape_of(1, count) : (secant_shape){ 0 };
	if (!v)
		return -1;
	if (!n->rounds) {
		scale_numbers(c, t, name, v);
		return graph_constant(n->g, SECANT_F32, &shape, v);
	}
	char *own = base_arena_format(n->arena, "%s.log", name);
	int64_t dim = count;
	format_onnx_tensor *log = format_onnx_tensor_new(FORMAT_ONNX_FLOAT, count > 1, &dim, 0, c->err);
	const format_onnx_tensor *before = learned_scale(c, t, name);
	if (!own || !log) {
		format_onnx_tensor_drop(log);
		onnx_fail(c, SECANT_ERR_NOMEM, "no memory");
		return -1;
	}
	log->learned = true;
	format_onnx_get_reals(t, 0, count, v);
	graph_value as_it_was = graph_constant(n->g, SECANT_F32, &shape, v);
	for (int64_t i = 0; i < count && before; i++) {
		double x;
		format_onnx_get_reals(before, i, 1, &x);
		format_onnx_put_reals(log, i, 1, &x);
	}
	graph_value state = add_state(n, c, log, own, &shape);
	format_onnx_tensor_drop(log);
	return graph_apply(n->g, "mul", NULL, 2, as_it_was, graph_apply(n->g, "exp", NULL, 1, state));
}

/* State v, which stands for weights of bytes, rounded to what those can hold. */
static graph_value
rounded(onnx_call *c, graph_value v, const onnx_tensor *t, const char *name)
{
	format_onnx_network *n = c->walk->map;
	op_quantize_attr a = { .axis = format_onnx_count(t->scale) > 1 ? t->scale_axis : -1, .to = 1 };
	char *own = base_arena_format(n->arena, "%s.scale", name);
	graph_value scale = own ? onnx_scale_of(c, t->scale, own) : -1;
	if (scale < 0)
		return -1;
	return graph_apply(n->g, "dequantize", &a, 2, graph_apply(n->g, "quantize", &a, 2, v, scale), scale);
}

/* The bytes of weights t, and the numbers of their scale: what training made of them. Held; NULL: no memory. */
static onnx_tensor *
bytes_now(onnx_call *c, const onnx_tensor *t, const char *name, double *scale)
{
	format_onnx_network *n = c->walk->map;
	const onnx_tensor *real = format_onnx_find_instead(c->walk->model, name);
	char *own = base_arena_format(n->arena, "%s.scale", name);
	if (own)
		scale_numbers(c, t->scale, own, scale);
	if (!own || !real || format_onnx_count(real) != format_onnx_count(t))
		return own ? format_onnx_tensor_hold(t->bytes) : NULL;
	onnx_tensor *bytes = format_onnx_tensor_new(FORMAT_ONNX_INT8, t->rank, t->dim, 0, c->err);
	int64_t scales = format_onnx_count(t->scale), inner = 1;
	for (int k = t->scale_axis + 1; k < t->rank; k++)
		inner *= t->dim[k];
	for (int64_t i = 0, count = bytes ? format_onnx_count(bytes) : 0; i < count; i++) {
		double v;
		format_onnx_get_reals(real, i, 1, &v);
		v = nearbyint((double)((float)v / (float)scale[scales > 1 ? i / inner % scales : 0]));
		((int8_t *)bytes->data)[i] = (int8_t)(v < -128 ? -128 : v > 127 ? 127 : v);
	}
	return bytes;
}

const onnx_mapped *
onnx_value_of(onnx_call *c, int i)
{
	format_onnx_network *n = c->walk->map;
	if (i < c->n_in && c->mapped[i])
		return c->mapped[i];
	onnx_tensor *t = onnx_in(c, i);
	if (!t)
		return NULL;
	bool weights = format_onnx_type_is_real(t->type) && !t->sized && format_onnx_count(t) > 0 && t->rank > 0;
	const char *name = weights ? state_name(n, c, t, c->node->in[i]) : NULL;
	const onnx_tensor *stored = name && t->bytes ? t : NULL;
	onnx_tensor *other = format_onnx_find_instead(c->walk->model, name);
	t = other ? other : t;
	if (t->rank > SECANT_MAX_RANK || (t->type == FORMAT_ONNX_DOUBLE && !other)) {
		onnx_no_map(
			c, t->rank > SECANT_MAX_RANK ? "a tensor of more axes than graphs have" : "computes in double precision");
		return NULL;
	}
	secant_shape shape = { .rank = t->rank };
	memcpy(shape.dim, t->dim, sizeof *t->dim * (size_t)t->rank);
	onnx_mapped *m = base_arena_alloc(n->arena, sizeof *m);
	if (!m) {
		onnx_fail(c, SECANT_ERR_NOMEM, "no memory");
		return NULL;
	}
	*m = (onnx_mapped){ .type = t->type, .rank = t->rank };
	for (int k = 0; k < t->rank; k++) {
		m->dim[k] = t->dim[k];
		m->perm[k] = k;
	}
	m->v = name ? add_state(n, c, t, name, &shape) : add_constant(n, c, t, &shape);
	if (stored && (n->rounds || other))
		m->v = rounded(c, m->v, stored, name);
	secant_err own = { 0 };
	if (!c->err->code && graph_check(n->g, &own))
		onnx_fail(c, own.code, "%s", own.msg);
	return c->err->code ? NULL : m;
}

bool
onnx_is_stored_bytes(const onnx_call *c, const onnx_mapped *x)
{
	secant_dtype d = graph_value_at(onnx_graph(c), x->v)->type.dtype;
	return (x->type == FORMAT_ONNX_UINT8 && d == SECANT_U8) || (x->type == FORMAT_ONNX_INT8 && d == SECANT_I8);
}

bool
onnx_is_dequantised(const onnx_call *c, const onnx_mapped *m)
{
	const graph_net *g = onnx_graph(c);
	const graph_node *n = NULL;
	for (graph_value v = m ? m->v : -1; v >= 0 && graph_value_at(g, v)->kind == GRAPH_VALUE_NODE; v = n->in[0]) {
		n = graph_get_node(g, graph_value_at(g, v)->node);
		if (!n->op->moves || n->n_in != 1)
			return !strcmp(n->op->name, "dequantize");
	}
	return false;
}

/* The name of the state that input i is as bytes; NULL: it is none. */
static const char *
bytes_name(const onnx_call *c, int i, int axis)
{
	format_onnx_network *n = c->walk->map;
	onnx_tensor *t = i < c->n_in ? c->in[i] : NULL;
	bool whole = c->scope->depth == 1 && c->scope->caller; /* within one node of the model */
	if (!t || !t->bytes || n->rounds || t->rank > SECANT_MAX_RANK
		|| (format_onnx_count(t->scale) > 1 && t->scale_axis != axis))
		return NULL;
	const char *name = whole ? base_arena_format(n->arena, "%s.%s", c->scope->caller->out[0], c->node->in[i])
							 : state_name(n, c, t, c->node->in[i]);
	return name;
}

bool
onnx_has_bytes(const onnx_call *c, int i, int axis)
{
	return bytes_name(c, i, axis) && onnx_is_dequantised(c, c->mapped[0]);
}

static onnx_tensor *
arranged(onnx_call *c, const onnx_tensor *bytes, const onnx_arrangement *as)
{
	onnx_tensor *t = format_onnx_tensor_new(bytes->type, as->rank, as->dim, 0, c->err);
	for (int64_t i = 0, n = t ? format_onnx_count(t) : 0; i < n; i++)
		((int8_t *)t->data)[i] = ((const int8_t *)bytes->data)[as->from[i]];
	return t;
}

const onnx_mapped *
onnx_bytes_of(onnx_call *c, int i, int axis, const onnx_arrangement *as)
{
	format_onnx_network *n = c->walk->map;
	const char *name = bytes_name(c, i, axis);
	if (!name)
		return NULL;
	const onnx_tensor *t = c->in[i];
	int64_t scales = format_onnx_count(t->scale);
	double *scale = onnx_temp(c, scales, sizeof *scale);
	onnx_mapped *m = base_arena_alloc(n->arena, sizeof *m);
	char *own = base_arena_format(n->arena, "%s.bytes%s%s", name, as ? "." : "", as ? as->what : "");
	bool there = own && graph_find(n->g, own) >= 0;
	onnx_tensor *all = scale ? bytes_now(c, t, name, scale) : NULL;
	onnx_tensor *bytes = there || !all ? NULL : as ? arranged(c, all, as) : format_onnx_tensor_hold(all);
	format_onnx_tensor_drop(all);
	if (!all || !m || !own || (!there && !bytes)
		|| (!there && base_grow((void **)&n->state, &n->state_capacity, n->n_state, sizeof *n->state))) {
		format_onnx_tensor_drop(bytes);
		onnx_fail(c, SECANT_ERR_NOMEM, "no memory");
		return NULL;
	}
	if (!there)
		n->state[n->n_state++] = (format_onnx_state){ own, bytes };
	secant_shape shape = { .rank = as ? as->rank : t->rank },
				 row = scales > 1 ? secant_shape_of(1, scales) : (secant_shape){ 0 };
	*m = (onnx_mapped){ .type = t->type, .rank = shape.rank };
	for (int k = 0; k < shape.rank; k++)
		shape.dim[k] = m->dim[k] = as ? as->dim[k] : t->dim[k], m->perm[k] = k;
	graph_value q = graph_state(n->g, own, SECANT_I8, &shape, false, GRAPH_INIT_ZEROS);
	op_quantize_attr a = { .axis = scales > 1 ? 0 : -1, .to = 1 };
	m->v = graph_apply(n->g, "dequantize", &a, 2, q, graph_constant(n->g, SECANT_F32, &row, scale));
	return m;
}

bool
onnx_learns(const onnx_call *c, const onnx_mapped *m)
{
	const format_onnx_network *n = c->walk->map;
	const graph_value_info *v = graph_value_at(n->g, m->v);
	return n->learning && v->kind == GRAPH_VALUE_STATE
		&& !(n->learning->is_frozen && n->learning->is_frozen(n->learning->user, v->name));
}

/* ---- a model ---- */

static secant_status
add_input(
	format_onnx_network *n, const format_onnx_info *want, const format_onnx_size *size, onnx_mapped *m, secant_err *err)
{
	secant_shape ours = size->shape;
	secant_dtype dtype;
	switch (want->type) {
	case FORMAT_ONNX_FLOAT:
	case FORMAT_ONNX_FLOAT16:
	case FORMAT_ONNX_BFLOAT16: dtype = SECANT_F32; break;
	case FORMAT_ONNX_UINT8:
	case FORMAT_ONNX_BOOL: dtype = SECANT_U8; break;
	default:
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "input '%.80s' is a %s of %s", want->name, want->kind,
			format_onnx_type_name(want->type));
	}
	if (strcmp(want->kind, "tensor"))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "input '%.80s' is a %s", want->name, want->kind);
	*m = (onnx_mapped){ .type = want->type, .rank = ours.rank };
	for (int i = 0; i < ours.rank; i++) {
		m->perm[i] = i;
		m->dim[i] = size->shape.dim[i];
	}
	if (size->last)
		onnx_last_perm(ours.rank, m->perm);
	for (int i = 0; i < ours.rank; i++)
		ours.dim[i] = m->dim[m->perm[i]];
	bool bytes = size->bytes.rank != 0;
	m->v = graph_input(n->g, size->name ? size->name : want->name,
		bytes                ? SECANT_U8
			: size->as_reals ? SECANT_F32
							 : dtype,
		bytes ? &size->bytes : &ours);
	if (size->before)
		m->v = size->before(n->g, m->v, size->user);
	if (bytes && graph_check(n->g, err))
		return err->code;
	if (bytes && !secant_shape_equal(&graph_value_at(n->g, m->v)->type.shape, &ours)) {
		char a[96], b[96];
		return secant_fail(err, SECANT_ERR_SHAPE, "input '%.80s': pictures become %s, the network wants %s", want->name,
			secant_shape_text(&graph_value_at(n->g, m->v)->type.shape, a, sizeof a),
			secant_shape_text(&ours, b, sizeof b));
	}
	return SECANT_OK;
}

static secant_status
check_size(const format_onnx_info *want, const secant_shape *s, secant_err *err)
{
	char text[96];
	bool fits = want->rank < 0 || want->rank == s->rank;
	for (int i = 0; i < want->rank && fits; i++)
		fits = want->dim[i] < 0 || want->dim[i] == s->dim[i];
	if (fits)
		return SECANT_OK;
	base_str wanted = { 0 };
	for (int i = 0; i < want->rank; i++)
		if (want->dim[i] >= 0)
			base_str_addf(&wanted, "%s%lld", i ? "x" : "", (long long)want->dim[i]);
		else
			base_str_addf(&wanted, "%s%s", i ? "x" : "", *want->symbol[i] ? want->symbol[i] : "?");
	secant_status status = secant_fail(err, SECANT_ERR_SHAPE, "input '%.80s' is %s, the network wants %s", want->name,
		secant_shape_text(s, text, sizeof text), wanted.p ? wanted.p : "");
	base_str_free(&wanted);
	return status;
}

static secant_status
map_all(format_onnx_network *n, const format_onnx_model *m, onnx_value *values, const format_onnx_bounds *bounds,
	format_onnx_mapping *mapping, secant_err *err)
{
	const format_onnx_graph *g = &m->graph;
	onnx_walk w = {
		.model = m, .err = err, .limit = bounds->bytes, .budget = bounds->work, .map = n, .mapping = mapping
	};
	secant_status s = onnx_walk_graph(&w, NULL, g, values, values + g->n_in, m->opset);
	if (!s && w.n_problems && !mapping)
		s = secant_fail(err, SECANT_ERR_UNSUPPORTED, "%d nodes have no operators of ours: %s%s", w.n_problems,
			w.problems.p ? w.problems.p : "", w.n_problems > 40 ? "; ..." : "");
	base_str_free(&w.problems);
	for (int i = 0; i < g->n_out && !s; i++) {
		onnx_value *v = &values[g->n_in + i];
		if (v->m && v->m->places)
			s = secant_fail(err, SECANT_ERR_UNSUPPORTED, "output '%.80s' is places of maxima", g->out[i].name);
		else if (v->m)
			n->out[i] = *v->m;
		else
			n->known[i] = format_onnx_tensor_hold(v->t);
	}
	for (int i = 0; i < g->n_out; i++)
		format_onnx_tensor_drop(values[g->n_in + i].t);
	for (int i = 0; i < graph_nodes(n->g); i++)
		n->transposes += !strcmp(graph_get_node(n->g, i)->op->name, "transpose");
	return s;
}

static const format_onnx_bounds usual = { INT64_C(1) << 34, INT64_C(1) << 36 };

/* `mapping`: as format_onnx_look; else NULL. */
static format_onnx_network *
map_for(const format_onnx_model *m, const format_onnx_size *sizes, int count, const format_onnx_learning *learning,
	const format_onnx_bounds *bounds, format_onnx_mapping *mapping, secant_err *err)
{
	const format_onnx_graph *g = &m->graph;
	secant_err own = { 0 };
	format_onnx_network *n = secant_calloc(1, sizeof *n);
	onnx_value *values = secant_calloc((size_t)g->n_in + (size_t)g->n_out + 1, sizeof *values);
	secant_status s = SECANT_OK;
	if (!n || !values || !(n->arena = base_arena_new()) || !(n->g = graph_new())
		|| !(n->in = base_arena_alloc(n->arena, ((size_t)g->n_in + 1) * sizeof *n->in))
		|| !(n->out = base_arena_alloc(n->arena, ((size_t)g->n_out + 1) * sizeof *n->out))
		|| !(n->known = base_arena_alloc(n->arena, ((size_t)g->n_out + 1) * sizeof *n->known)))
		s = secant_fail(&own, SECANT_ERR_NOMEM, "no memory");
	if (!s && count != g->n_in)
		s = secant_fail(&own, SECANT_ERR_ARG, "%d inputs for a network of %d", count, g->n_in);
	for (int i = 0; i < g->n_out && !s; i++)
		n->out[i].v = -1;
	if (n) {
		n->learning = learning && learning->rests ? NULL : learning;
		n->rounds = learning != NULL;
	}
	for (int i = 0; i < g->n_in && !s; i++) {
		n->in[i].v = -1;
		s = check_size(&g->in[i], &sizes[i].shape, &own);
		if (!s && sizes[i].known)
			values[i] = (onnx_value){ .t = sizes[i].known, .made = true };
		else if (!s && !(s = add_input(n, &g->in[i], &sizes[i], &n->in[i], &own)))
			values[i] = (onnx_value){ .m = &n->in[i], .made = true };
		n->n_in++;
	}
	if (!s) {
		n->n_out = g->n_out;
		s = map_all(n, m, values, bounds, mapping, &own);
	}
	if (!s)
		s = graph_check(n->g, &own);
	secant_free(values);
	if (!s)
		return n;
	format_onnx_network_free(n);
	secant_fail(err, own.code ? own.code : s, "%s", own.msg);
	return NULL;
}

format_onnx_network *
format_onnx_map(const format_onnx_model *m, const format_onnx_size *sizes, int count,
	const format_onnx_learning *learning, secant_err *err)
{
	return map_for(m, sizes, count, learning, &usual, NULL, err);
}

format_onnx_network *
format_onnx_map_within(const format_onnx_model *m, const format_onnx_size *sizes, int count,
	const format_onnx_learning *learning, const format_onnx_bounds *bounds, secant_err *err)
{
	return map_for(m, sizes, count, learning, bounds, NULL, err);
}

secant_status
format_onnx_look(const format_onnx_model *m, const format_onnx_size *sizes, int count, format_onnx_mapping *of,
	const format_onnx_bounds *bounds, secant_err *err)
{
	for (int i = 0; i < m->graph.n_node; i++)
		of[i] = FORMAT_ONNX_MAPPED;
	format_onnx_network *n = map_for(m, sizes, count, NULL, bounds ? bounds : &usual, of, err);
	if (!n)
		return err->code;
	format_onnx_network_free(n);
	return SECANT_OK;
}

void
format_onnx_network_free(format_onnx_network *n)
{
	if (!n)
		return;
	for (int i = 0; i < n->n_state; i++)
		format_onnx_tensor_drop(n->state[i].tensor);
	for (int i = 0; i < n->n_out && n->known; i++)
		format_onnx_tensor_drop(n->known[i]);
	secant_free(n->state);
	graph_free(n->g);
	base_arena_free(n->arena);
	secant_free(n);
}

graph_value
format_onnx_output(format_onnx_network *n, int i, bool last)
{
	return n->out[i].v < 0 ? -1 : last ? onnx_channels_last(n->g, &n->out[i]) : onnx_plain(n->g, &n->out[i]);
}
