/* Walks through graphs of ONNX, and what its operators' functions share. See eval.h. */
#include "formats/onnx/eval.h"
#include "formats/onnx/map.h"
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
frame_free(frame *f, onnx_call *c)
{
	onnx_drop_temps(c);
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
	if (!known && onnx_takes_places(c))
		return onnx_map_places(c);
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
	format_onnx_mapping mapping = known < 0 ? FORMAT_ONNX_BEHIND : FORMAT_ONNX_MAPPED;
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
			mapping = FORMAT_ONNX_UNMAPPED;
		}
	}
	if (w->mapping && s->depth == 0)
		w->mapping[n - w->model->graph.node] = mapping;
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
