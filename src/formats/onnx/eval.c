/* Walks through graphs of ONNX, and what its operators' functions share. See eval.h. */
#include "formats/onnx/eval.h"
#include "formats/onnx/map.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/hash.h"

/* ---- names ---- */

static onnx_value *
place_of(onnx_scope *s, const char *name)
{
	uint64_t h = base_fnv1a(name, strlen(name));
	for (uint64_t k = h;; k++) {
		onnx_value *v = &s->table[k & (uint64_t)(s->capacity - 1)];
		if (!v->name || !strcmp(v->name, name))
			return v;
	}
}

static bool
scope_room(onnx_scope *s, int64_t names)
{
	int capacity = 16;
	while (capacity < names * 2 && capacity < 1 << 29)
		capacity *= 2;
	s->table = secant_calloc((size_t)capacity, sizeof *s->table);
	s->capacity = capacity;
	return s->table && capacity >= names * 2;
}

static onnx_value *
enter(onnx_scope *s, const char *name)
{
	onnx_value *v = place_of(s, name);
	if (!v->name) {
		v->name = name;
		s->n++;
	}
	return v;
}

static void
forget(onnx_value *v)
{
	format_onnx_tensor_drop(v->t);
	v->t = NULL;
}

static void
scope_free(onnx_scope *s)
{
	for (int i = 0; i < s->capacity && s->table; i++)
		forget(&s->table[i]);
	secant_free(s->table);
	secant_free(s->dead);
}

static onnx_value *
look_up(onnx_scope *s, const char *name)
{
	for (; s; s = s->parent) {
		onnx_value *v = place_of(s, name);
		if (v->name && v->made)
			return v;
	}
	return NULL;
}

enum { PINNED = 1 << 30 };

/* Names that graphs within graphs read stay until the walk ends. */
static void
pin_names(onnx_scope *s, const format_onnx_graph *g)
{
	for (int i = 0; i < g->n_node; i++) {
		const format_onnx_node *n = &g->node[i];
		for (int k = 0; k < n->n_in; k++) {
			onnx_value *v = place_of(s, n->in[k]);
			if (v->name)
				v->uses = PINNED;
		}
		for (int k = 0; k < n->n_attr; k++)
			if (n->attr[k].g)
				pin_names(s, n->attr[k].g);
	}
	for (int i = 0; i < g->n_out; i++) {
		onnx_value *v = place_of(s, g->out[i].name);
		if (v->name)
			v->uses = PINNED;
	}
}

static void
count_uses(onnx_scope *s, const format_onnx_graph *g)
{
	for (int i = g->n_node - 1; i >= 0; i--) { /* from the outputs, whose readers are counted: dead chains are found */
		const format_onnx_node *n = &g->node[i];
		bool wanted = !s->dead;
		for (int k = 0; k < n->n_out && !wanted; k++)
			wanted = *n->out[k] && place_of(s, n->out[k])->uses > 0;
		if (!wanted) {
			s->dead[i] = true;
			continue;
		}
		for (int k = 0; k < n->n_in; k++) {
			onnx_value *v = place_of(s, n->in[k]);
			if (v->name && v->uses < PINNED)
				v->uses++;
		}
		for (int k = 0; k < n->n_attr; k++)
			if (n->attr[k].g)
				pin_names(s, n->attr[k].g);
	}
}

/* ---- attributes ---- */

static const format_onnx_attr *
resolve(const onnx_scope *s, const format_onnx_attr *a)
{
	while (a && a->ref) {
		const format_onnx_attr *found = NULL;
		while (s && !s->function)
			s = s->parent;
		if (!s)
			return NULL;
		found = format_onnx_find_attr(s->caller, a->ref);
		const onnx_scope *outer = s->caller_scope;
		for (int i = 0; !found && i < s->function->n_attr; i++)
			if (!strcmp(s->function->attr[i].name, a->ref))
				found = &s->function->attr[i];
		s = outer;
		a = found;
	}
	return a;
}

const format_onnx_attr *
onnx_attr(const onnx_call *c, const char *name)
{
	return resolve(c->scope, format_onnx_find_attr(c->node, name));
}

int64_t
onnx_attr_int(const onnx_call *c, const char *name, int64_t otherwise)
{
	const format_onnx_attr *a = onnx_attr(c, name);
	return a ? a->i : otherwise;
}

double
onnx_attr_real(const onnx_call *c, const char *name, double otherwise)
{
	const format_onnx_attr *a = onnx_attr(c, name);
	return a ? a->f : otherwise;
}

const char *
onnx_attr_text(const onnx_call *c, const char *name, const char *otherwise)
{
	const format_onnx_attr *a = onnx_attr(c, name);
	return a ? a->s : otherwise;
}

int
onnx_attr_ints(onnx_call *c, const char *name, int64_t *to, int limit)
{
	const format_onnx_attr *a = onnx_attr(c, name);
	if (!a)
		return -1;
	if (a->n_ints > limit) {
		onnx_fail(c, SECANT_ERR_FORMAT, "%s has %d numbers, at most %d make sense", name, a->n_ints, limit);
		return -1;
	}
	for (int i = 0; i < a->n_ints; i++)
		to[i] = a->ints[i];
	return a->n_ints;
}

int
onnx_input_ints(onnx_call *c, int i, const char *attr, int64_t *to, int limit)
{
	if (!onnx_has(c, i))
		return attr ? onnx_attr_ints(c, attr, to, limit) : -1;
	onnx_tensor *t = onnx_in(c, i);
	if (!t)
		return -1;
	int64_t n = format_onnx_count(t);
	if (n > limit) {
		onnx_fail(c, SECANT_ERR_FORMAT, "input %d has %lld numbers, at most %d make sense", i, (long long)n, limit);
		return -1;
	}
	format_onnx_get_ints(t, 0, n, to);
	return (int)n;
}

/* ---- calls ---- */

secant_status
onnx_fail(onnx_call *c, secant_status code, const char *fmt, ...)
{
	char text[300];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	const char *name = *c->node->name ? c->node->name : c->node->n_out ? c->node->out[0] : "";
	return secant_fail(c->err, code, "%.40s '%.80s': %s", c->node->op, name, text);
}

bool
onnx_has(const onnx_call *c, int i)
{
	return i < c->n_in && (c->in[i] || (c->mapped && c->mapped[i]));
}

bool
onnx_wants(const onnx_call *c, int i)
{
	return i < c->n_out && *c->node->out[i];
}

onnx_tensor *
onnx_in(onnx_call *c, int i)
{
	if (i < c->n_in && c->in[i])
		return c->in[i];
	if (i < c->n_in && c->mapped && c->mapped[i])
		onnx_fail(c, SECANT_ERR_UNSUPPORTED, "input %d, '%s', depends on what the network is given", i, c->node->in[i]);
	else
		onnx_fail(c, SECANT_ERR_FORMAT, "input %d is missing", i);
	return NULL;
}

typedef struct temp {
	struct temp *next;
	int64_t align;
} temp;

void *
onnx_temp(onnx_call *c, int64_t n, size_t size)
{
	if (n < 0 || (c->walk->limit && n > c->walk->limit / 2)) {
		onnx_fail(c, SECANT_ERR_RANGE, "%lld numbers are more than is computed", (long long)n);
		return NULL;
	}
	temp *t = secant_calloc((size_t)n * size + sizeof *t + size, 1);
	if (!t) {
		onnx_fail(c, SECANT_ERR_NOMEM, "no memory for %lld numbers", (long long)n);
		return NULL;
	}
	t->next = c->temps;
	c->temps = t;
	return t + 1;
}

double *
onnx_reals(onnx_call *c, int i)
{
	onnx_tensor *t = onnx_in(c, i);
	if (!t)
		return NULL;
	int64_t n = format_onnx_count(t);
	double *v = onnx_temp(c, n, sizeof *v);
	if (v)
		format_onnx_get_reals(t, 0, n, v);
	return v;
}

int64_t *
onnx_ints(onnx_call *c, int i)
{
	onnx_tensor *t = onnx_in(c, i);
	if (!t)
		return NULL;
	int64_t n = format_onnx_count(t);
	int64_t *v = onnx_temp(c, n, sizeof *v);
	if (v)
		format_onnx_get_ints(t, 0, n, v);
	return v;
}

secant_status
onnx_spend(onnx_call *c, double numbers)
{
	if (c->err->code)
		return c->err->code;
	double left = (double)c->walk->budget - numbers;
	c->walk->budget = left < -1 ? -1 : (int64_t)left;
	return c->walk->budget < 0 ? onnx_fail(c, SECANT_ERR_RANGE, "more work than is done by reference") : SECANT_OK;
}

onnx_tensor *
onnx_out(onnx_call *c, int k, int type, int rank, const int64_t *dim)
{
	if (k >= c->n_out) {
		onnx_fail(c, SECANT_ERR_FORMAT, "output %d is not there", k);
		return NULL;
	}
	secant_err own = { 0 };
	format_onnx_tensor_drop(c->out[k]);
	c->out[k] = format_onnx_tensor_new(type, rank, dim, c->walk->limit, &own);
	if (!c->out[k])
		onnx_fail(c, own.code, "%s", own.msg);
	else if (onnx_spend(c, (double)format_onnx_count(c->out[k])))
		return NULL;
	return c->out[k];
}

onnx_tensor *
onnx_out_like(onnx_call *c, int k, int type, const onnx_tensor *like)
{
	return onnx_out(c, k, type, like->rank, like->dim);
}

secant_status
onnx_give_reals(onnx_call *c, int k, int type, int rank, const int64_t *dim, const double *v)
{
	if (!onnx_wants(c, k))
		return c->err->code;
	onnx_tensor *t = onnx_out(c, k, type, rank, dim);
	if (t)
		format_onnx_put_reals(t, 0, format_onnx_count(t), v);
	return c->err->code;
}

secant_status
onnx_give_ints(onnx_call *c, int k, int type, int rank, const int64_t *dim, const int64_t *v)
{
	if (!onnx_wants(c, k))
		return c->err->code;
	onnx_tensor *t = onnx_out(c, k, type, rank, dim);
	if (t)
		format_onnx_put_ints(t, 0, format_onnx_count(t), v);
	return c->err->code;
}

secant_status
onnx_give(onnx_call *c, int k, onnx_tensor *t)
{
	if (t && k < c->n_out && *c->node->out[k])
		c->out[k] = format_onnx_tensor_hold(t);
	return c->err->code;
}

secant_status
onnx_give_shaped(onnx_call *c, int k, onnx_tensor *t, int rank, const int64_t *dim)
{
	onnx_tensor *o = onnx_out(c, k, t->type, rank, dim);
	if (!o)
		return c->err->code;
	if (format_onnx_count(o) != format_onnx_count(t))
		return onnx_fail(c, SECANT_ERR_SHAPE, "%lld numbers cannot become %lld", (long long)format_onnx_count(t),
			(long long)format_onnx_count(o));
	memcpy(o->data, t->data, (size_t)format_onnx_count(t) * format_onnx_type_size(t->type));
	return SECANT_OK;
}

int
onnx_axis(onnx_call *c, int64_t axis, int rank)
{
	if (axis >= -rank && axis < rank)
		return (int)(axis < 0 ? axis + rank : axis);
	onnx_fail(c, SECANT_ERR_SHAPE, "axis %lld of a tensor with %d axes", (long long)axis, rank);
	return -1;
}

int64_t
onnx_product(const int64_t *dim, int from, int to)
{
	int64_t n = 1;
	for (int i = from; i < to; i++)
		n *= dim[i];
	return n;
}

void
onnx_strides(int rank, const int64_t *dim, int64_t *stride)
{
	int64_t n = 1;
	for (int i = rank - 1; i >= 0; i--) {
		stride[i] = n;
		n *= dim[i];
	}
}

bool
onnx_broadcast(onnx_call *c, int ra, const int64_t *a, int rb, const int64_t *b, int *rank, int64_t *dim)
{
	int64_t result[FORMAT_ONNX_RANK];
	int r = ra > rb ? ra : rb;
	for (int i = 0; i < r; i++) {
		int64_t x = i < r - ra ? 1 : a[i - (r - ra)], y = i < r - rb ? 1 : b[i - (r - rb)];
		if (x != y && x != 1 && y != 1) {
			onnx_fail(c, SECANT_ERR_SHAPE, "axis %d has %lld numbers in one input and %lld in another", i, (long long)x,
				(long long)y);
			return false;
		}
		result[i] = x == 1 ? y : x;
	}
	*rank = r;
	memcpy(dim, result, sizeof result);
	return true;
}

void
onnx_broadcast_strides(const onnx_tensor *t, int rank, const int64_t *dim, int64_t *stride)
{
	int64_t own[FORMAT_ONNX_RANK];
	onnx_strides(t->rank, t->dim, own);
	for (int i = 0; i < rank; i++) {
		int k = i - (rank - t->rank);
		stride[i] = k < 0 || t->dim[k] == 1 ? 0 : own[k];
	}
}

int64_t
onnx_place(int64_t k, int rank, const int64_t *dim, const int64_t *stride)
{
	int64_t at = 0;
	for (int i = rank - 1; i >= 0; i--) {
		at += k % dim[i] * stride[i];
		k /= dim[i];
	}
	return at;
}

void
onnx_copy(onnx_tensor *to, int64_t i, const onnx_tensor *from, int64_t j)
{
	size_t size = format_onnx_type_size(to->type);
	memcpy((char *)to->data + (size_t)i * size, (const char *)from->data + (size_t)j * size, size);
}

/* ---- nodes ---- */

#define OP(NAME, SINCE, EVAL, MAP) { #NAME, SINCE, onnx_eval_##EVAL, onnx_map_##MAP, false },
#define CONTROL(NAME, SINCE, EVAL) { #NAME, SINCE, onnx_control_##EVAL, NULL, true },
static const onnx_op ops[] = {
#include "formats/onnx/operators.inc"
	{ NULL, 0, NULL, NULL, false },
};

const onnx_op *
onnx_op_at(int i)
{
	return i >= 0 && i < (int)(sizeof ops / sizeof *ops) - 1 ? &ops[i] : NULL;
}

const onnx_op *
onnx_op_find(const char *name)
{
	for (const onnx_op *o = ops; o->name; o++)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}

static const format_onnx_function *
function_of(const format_onnx_model *m, const format_onnx_node *n)
{
	for (int i = 0; m && i < m->n_function; i++) {
		const char *domain = strcmp(m->function[i].domain, "ai.onnx") ? m->function[i].domain : "";
		if (!strcmp(m->function[i].name, n->op) && !strcmp(domain, n->domain))
			return &m->function[i];
	}
	return NULL;
}

/* What a call holds while it runs. */
typedef struct frame {
	onnx_tensor **in, **out;
	const onnx_mapped **mapped, **mapped_out;
	onnx_value *values; /* of a function's inputs and outputs */
} frame;

static void
drop_temps(onnx_call *c)
{
	for (temp *t = c->temps, *next; t; t = next) {
		next = t->next;
		secant_free(t);
	}
	c->temps = NULL;
}

static void
frame_free(frame *f, onnx_call *c)
{
	drop_temps(c);
	for (int i = 0; i < c->n_out && f->out; i++)
		format_onnx_tensor_drop(f->out[i]);
	secant_free(f->in);
	secant_free(f->out);
	secant_free(f->mapped);
	secant_free(f->mapped_out);
}

static bool
frame_new(frame *f, onnx_call *c)
{
	size_t ni = (size_t)c->n_in + 1, no = (size_t)c->n_out + 1;
	*f = (frame){ secant_calloc(ni, sizeof *f->in), secant_calloc(no, sizeof *f->out),
		secant_calloc(ni, sizeof *f->mapped), secant_calloc(no, sizeof *f->mapped_out), NULL };
	c->in = f->in;
	c->out = f->out;
	c->mapped = f->mapped;
	c->mapped_out = f->mapped_out;
	if (f->in && f->out && f->mapped && f->mapped_out)
		return true;
	onnx_fail(c, SECANT_ERR_NOMEM, "no memory");
	return false;
}

secant_status
onnx_call_function(onnx_call *c, const format_onnx_function *fn)
{
	onnx_walk *w = c->walk;
	int64_t opset = c->scope->opset;
	for (int i = 0; i < fn->n_opset; i++)
		if (!*fn->opset[i].domain)
			opset = fn->opset[i].version;
	if (c->n_in > fn->n_in)
		return onnx_fail(c, SECANT_ERR_FORMAT, "%d inputs for a function of %d", c->n_in, fn->n_in);
	onnx_scope s = {
		.opset = opset, .caller = c->node, .function = fn, .caller_scope = c->scope, .depth = c->scope->depth + 1
	};
	if (s.depth > FORMAT_ONNX_DEPTH)
		return onnx_fail(c, SECANT_ERR_FORMAT, "functions call functions %d deep", s.depth);
	/* An empty graph over the function's nodes, whose scope knows the caller. */
	format_onnx_graph g = fn->body;
	format_onnx_info *io = onnx_temp(c, fn->n_in + fn->n_out, sizeof *io);
	onnx_value *v = onnx_temp(c, fn->n_in + fn->n_out, sizeof *v);
	if (!io || !v)
		return c->err->code;
	g.in = io;
	g.out = io + fn->n_in;
	g.n_in = fn->n_in;
	g.n_out = fn->n_out;
	for (int i = 0; i < fn->n_in; i++) {
		io[i].name = fn->in[i];
		if (i < c->n_in)
			v[i] = (onnx_value){ .t = c->in[i], .m = c->mapped[i], .made = true };
	}
	for (int i = 0; i < fn->n_out; i++)
		io[fn->n_in + i].name = fn->out[i];
	secant_status status = onnx_walk_graph(w, &s, &g, v, v + fn->n_in, opset);
	for (int i = 0; i < fn->n_out; i++) {
		onnx_value *o = &v[fn->n_in + i];
		if (!status && i < c->n_out) {
			c->out[i] = format_onnx_tensor_hold(o->t);
			c->mapped_out[i] = o->m;
		}
		format_onnx_tensor_drop(o->t);
	}
	return status;
}

/* Remembers why a node cannot be mapped; the walk goes on, so that all are found. */
static void
note_problem(onnx_walk *w, secant_err *why)
{
	w->n_problems++;
	if (w->n_problems <= 40)
		base_str_addf(&w->problems, "%s%s", w->n_problems > 1 ? "; " : "", why->msg);
	*why = (secant_err){ 0 };
}

static secant_status
check_node(onnx_call *c)
{
	if (*c->node->domain && strcmp(c->node->domain, "ai.onnx"))
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "no such operator is known in the domain '%.60s'", c->node->domain);
	if (!(c->op = onnx_op_find(c->node->op)))
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "no such operator is known");
	return SECANT_OK;
}

static secant_status
do_node(onnx_call *c, bool known)
{
	const format_onnx_function *fn = function_of(c->walk->model, c->node);
	if (fn)
		return onnx_call_function(c, fn);
	secant_status s;
	if (onnx_do_contributed(c, known, &s))
		return s;
	s = check_node(c);
	if (s)
		return s;
	if (c->op->control || known)
		return c->op->eval(c);
	if (!c->op->map)
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "has no operator of ours");
	return c->op->map(c);
}

/* Gathers inputs. 1: all known; 0: some are mapped; -1: some are behind a problem, so nothing can be said. */
static int
gather(onnx_call *c)
{
	int known = 1;
	for (int i = 0; i < c->n_in; i++) {
		if (!*c->node->in[i])
			continue;
		onnx_value *v = look_up(c->scope, c->node->in[i]);
		if (!v) {
			onnx_fail(c, SECANT_ERR_FORMAT, "reads '%.80s', which nothing before it makes", c->node->in[i]);
			return 1;
		}
		c->in[i] = v->t;
		c->mapped[i] = v->m;
		if (v->broken)
			known = -1;
		else if (v->m && known > 0)
			known = 0;
	}
	return known;
}

static secant_status
bind_outputs(onnx_call *c, bool sized, bool learned, bool broken)
{
	for (int i = 0; i < c->n_out; i++) {
		if (!*c->node->out[i])
			continue;
		onnx_value *v = place_of(c->scope, c->node->out[i]);
		if (v->made)
			return onnx_fail(c, SECANT_ERR_FORMAT, "'%.80s' is made twice", c->node->out[i]);
		v->made = true;
		v->t = format_onnx_tensor_hold(c->out[i]);
		v->m = c->mapped_out[i];
		v->broken = broken;
		if (v->t && v->t->refs == 2) { /* the call's and this one: nobody else's tensor */
			v->t->sized |= sized;
			v->t->learned |= learned;
		}
		if (!v->uses)
			forget(v);
	}
	return SECANT_OK;
}

static secant_status
walk_node(onnx_walk *w, onnx_scope *s, const format_onnx_node *n)
{
	secant_err own = { 0 };
	onnx_call c = {
		.walk = w, .scope = s, .node = n, .opset = s->opset, .n_in = n->n_in, .n_out = n->n_out, .err = &own
	};
	frame f;
	int known = 1;
	if (frame_new(&f, &c))
		known = gather(&c);
	if (!own.code && known >= 0) {
		int before = w->n_problems;
		secant_status status = do_node(&c, known > 0);
		if (status && !own.code)
			secant_fail(&own, status, "%s '%s' failed", n->op, n->name);
		if (own.code && w->map && (own.code == SECANT_ERR_UNSUPPORTED || before != w->n_problems)) {
			if (before == w->n_problems)
				note_problem(w, &own);
			own = (secant_err){ 0 };
			known = -1;
		}
	}
	bool sized = false, learned = false;
	for (int i = 0; i < n->n_in && !own.code; i++) {
		sized |= (c.in[i] && c.in[i]->sized) || c.mapped[i];
		learned |= c.in[i] && c.in[i]->learned;
	}
	if (!own.code)
		bind_outputs(&c, sized, learned, known < 0);
	for (int i = 0; i < n->n_in && !own.code; i++) {
		onnx_value *v = *n->in[i] ? place_of(s, n->in[i]) : NULL;
		if (v && v->name && v->uses < PINNED && --v->uses == 0)
			forget(v);
	}
	frame_free(&f, &c);
	if (own.code)
		return secant_fail(w->err, own.code, "%s", own.msg);
	return SECANT_OK;
}

static int64_t
count_names(const format_onnx_graph *g)
{
	int64_t n = (int64_t)g->n_in + g->n_init + g->n_out;
	for (int i = 0; i < g->n_node; i++)
		n += g->node[i].n_out;
	return n;
}

static secant_status
take_outputs(onnx_walk *w, onnx_scope *s, const format_onnx_graph *g, onnx_value *outs)
{
	for (int i = 0; i < g->n_out; i++) {
		onnx_value *v = look_up(s, g->out[i].name);
		if (!v)
			return secant_fail(w->err, SECANT_ERR_FORMAT, "output '%.80s' is made by no node", g->out[i].name);
		outs[i] = (onnx_value){
			.name = g->out[i].name, .t = format_onnx_tensor_hold(v->t), .m = v->m, .made = true, .broken = v->broken
		};
	}
	return SECANT_OK;
}

/* Enters what a graph begins with: its inputs as bound, its initialisers, and every name that nodes will make. */
static secant_status
begin_scope(onnx_walk *w, onnx_scope *s, const format_onnx_graph *g, const onnx_value *ins)
{
	if (!scope_room(s, count_names(g)))
		return secant_fail(w->err, SECANT_ERR_NOMEM, "no memory for names");
	for (int i = 0; i < g->n_init; i++) {
		onnx_value *v = enter(s, g->init[i].name);
		if (v->made)
			return secant_fail(w->err, SECANT_ERR_FORMAT, "two initialisers are called '%.80s'", g->init[i].name);
		v->t = format_onnx_tensor_hold(g->init[i].tensor);
		v->made = true;
	}
	for (int i = 0; i < g->n_in; i++) {
		onnx_value *v = enter(s, g->in[i].name);
		if (v->made && !ins[i].t && !ins[i].m)
			continue; /* an inner graph's input with a default */
		format_onnx_tensor_drop(v->t);
		v->t = format_onnx_tensor_hold(ins[i].t);
		v->m = ins[i].m;
		v->made = true;
	}
	for (int i = 0; i < g->n_node; i++)
		for (int k = 0; k < g->node[i].n_out; k++)
			if (*g->node[i].out[k])
				enter(s, g->node[i].out[k]);
	for (int i = 0; i < g->n_out; i++) {
		onnx_value *v = place_of(s, g->out[i].name);
		if (v->name)
			v->uses = PINNED;
	}
	if (w->map && !(s->dead = secant_calloc((size_t)g->n_node + 1, sizeof *s->dead)))
		return secant_fail(w->err, SECANT_ERR_NOMEM, "no memory for names");
	count_uses(s, g);
	return SECANT_OK;
}

secant_status
onnx_walk_graph(onnx_walk *w, onnx_scope *parent, const format_onnx_graph *g, const onnx_value *ins, onnx_value *outs,
	int64_t opset)
{
	onnx_scope s = { .parent = parent, .opset = opset, .depth = parent ? parent->depth + 1 : 0 };
	if (parent && parent->function && !parent->table) { /* a function's body: it sees nothing of its caller */
		s = *parent;
		s.parent = NULL;
	}
	if (s.depth > FORMAT_ONNX_DEPTH)
		return secant_fail(w->err, SECANT_ERR_FORMAT, "graphs lie in graphs %d deep", s.depth);
	secant_status status = begin_scope(w, &s, g, ins);
	for (int i = 0; i < g->n_node && !status; i++)
		if (!s.dead || !s.dead[i])
			status = walk_node(w, &s, &g->node[i]);
	if (!status)
		status = take_outputs(w, &s, g, outs);
	scope_free(&s);
	return status;
}
