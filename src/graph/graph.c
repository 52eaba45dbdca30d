/*
 * Construction and reading of graphs: values, nodes, shape inference at construction, sticky errors. See graph.h.
 */
#include "graph/takes.h"
#include "base/by_name.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct named_output {
	const char *name;
	graph_value value;
} named_output;

struct graph_net {
	base_arena *arena;
	graph_value_info *
		*value; /* these and the nodes stay where they are while the graph grows: rules hold pointers to them */
	graph_node **node;
	int values, value_capacity, nodes, node_capacity;
	base_by_name names; /* of inputs and states */
	named_output *output;
	int outputs, output_capacity;
	const char *scope;
	int backward; /* nodes there were when gradients were appended; 0: none were */
	secant_err err;
};

graph_net *
graph_new(void)
{
	graph_net *g = secant_calloc(1, sizeof *g);
	if (g && !(g->arena = base_arena_new())) {
		secant_free(g);
		return NULL;
	}
	return g;
}

void
graph_free(graph_net *g)
{
	if (!g)
		return;
	base_arena_free(g->arena);
	secant_free(g->value);
	secant_free(g->node);
	secant_free(g->output);
	base_by_name_free(&g->names);
	secant_free(g);
}

secant_status
graph_check(const graph_net *g, secant_err *err)
{
	if (!g)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a graph");
	return g->err.code ? secant_fail(err, g->err.code, "%s", g->err.msg) : SECANT_OK;
}

graph_value
graph_fail(graph_net *g, secant_status code, const char *fmt, ...)
{
	char text[sizeof g->err.msg];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	secant_fail(&g->err, code, "%s", text);
	return -1;
}

static graph_value
no_memory(graph_net *g)
{
	return graph_fail(g, SECANT_ERR_NOMEM, "no memory for the graph (%d nodes)", g->nodes);
}

base_arena *
graph_arena(graph_net *g)
{
	return g->arena;
}
int
graph_values(const graph_net *g)
{
	return g->values;
}
int
graph_nodes(const graph_net *g)
{
	return g->nodes;
}
const graph_value_info *
graph_value_at(const graph_net *g, graph_value v)
{
	return g->value[v];
}
const graph_node *
graph_get_node(const graph_net *g, int i)
{
	return g->node[i];
}

const secant_shape *
graph_shape(const graph_net *g, graph_value v)
{
	static const secant_shape scalar;
	return v < 0 ? &scalar : &g->value[v]->type.shape;
}

/* ---- names ---- */

graph_value
graph_find(const graph_net *g, const char *name)
{
	return base_by_name_find(&g->names, name);
}

/* ---- values ---- */

/* A scale of another graph's numbers, or of the caller's, becomes this graph's. */
static bool
own_scale(graph_net *g, graph_scale *s)
{
	const double *from[2] = { s->scale, s->zero };
	for (int i = 0; i < 2; i++) {
		double *to = from[i] ? base_arena_alloc(g->arena, (size_t)s->n * sizeof *to) : NULL;
		if (from[i] && !to)
			return false;
		if (to)
			memcpy(to, from[i], (size_t)s->n * sizeof *to);
		*(i ? &s->zero : &s->scale) = to;
	}
	return true;
}

static graph_value
value_add(graph_net *g, const graph_value_info *info)
{
	if (g->err.code)
		return -1;
	char text[96];
	if (secant_shape_count(&info->type.shape) < 0)
		return graph_fail(g, SECANT_ERR_SHAPE, "%s: no such shape: %s",
			info->name     ? info->name
				: g->scope ? g->scope
						   : "value",
			secant_shape_text(&info->type.shape, text, sizeof text));
	graph_value_info *v = base_arena_alloc(g->arena, sizeof *v);
	if (!v || base_grow((void **)&g->value, &g->value_capacity, g->values, sizeof *g->value))
		return no_memory(g);
	*v = *info;
	if (v->kind != GRAPH_VALUE_NODE && v->type.scale.n && !own_scale(g, &v->type.scale))
		return no_memory(g);
	g->value[g->values] = v;
	if (info->name) {
		if (!(v->name = base_arena_strdup(g->arena, info->name)) || !base_by_name_add(&g->names, v->name, g->values))
			return no_memory(g);
	}
	return g->values++;
}

graph_value
graph_input(graph_net *g, const char *name, secant_dtype dtype, const secant_shape *shape)
{
	if (g->err.code)
		return -1;
	if (graph_find(g, name) >= 0)
		return graph_fail(g, SECANT_ERR_ARG, "two inputs or states are named '%s'", name);
	return value_add(g, &(graph_value_info){ .kind = GRAPH_VALUE_INPUT, .type = { dtype, *shape }, .name = name });
}

graph_value
graph_state(
	graph_net *g, const char *name, secant_dtype dtype, const secant_shape *shape, bool trainable, graph_init init)
{
	if (g->err.code)
		return -1;
	graph_value v = graph_find(g, name);
	if (v >= 0) {
		char a[96], b[96];
		if (g->value[v]->kind == GRAPH_VALUE_STATE && secant_shape_equal(&g->value[v]->type.shape, shape))
			return v;
		return graph_fail(g, SECANT_ERR_SHAPE, "state '%s' is wanted as %s and as %s", name,
			secant_shape_text(&g->value[v]->type.shape, a, sizeof a), secant_shape_text(shape, b, sizeof b));
	}
	return value_add(g,
		&(graph_value_info){ .kind = GRAPH_VALUE_STATE,
			.type = { dtype, *shape },
			.name = name,
			.trainable = trainable,
			.leads = trainable,
			.init = init });
}

void
graph_set_fan_in(graph_net *g, graph_value state, int64_t fan_in)
{
	if (state >= 0)
		g->value[state]->fan_in = fan_in;
}

graph_value
graph_constant(graph_net *g, secant_dtype dtype, const secant_shape *shape, const double *numbers)
{
	int64_t n = secant_shape_count(shape);
	if (g->err.code || n < 0)
		return g->err.code ? -1 : graph_fail(g, SECANT_ERR_SHAPE, "a constant has no such shape");
	double *copy = base_arena_alloc(g->arena, (size_t)(n ? n : 1) * sizeof *copy);
	if (!copy)
		return no_memory(g);
	memcpy(copy, numbers, (size_t)n * sizeof *copy);
	return value_add(g, &(graph_value_info){ .kind = GRAPH_VALUE_CONST, .type = { dtype, *shape }, .numbers = copy });
}

graph_value
graph_scalar(graph_net *g, double v)
{
	return graph_constant(g, SECANT_F32, &(secant_shape){ 0 }, &v);
}

static bool
holds(secant_dtype d, double zero)
{
	return zero == (double)(int64_t)zero
		&& (d == SECANT_U8 ? zero >= 0 && zero <= UINT8_MAX : zero >= INT32_MIN && zero <= INT32_MAX)
		&& (d != SECANT_I8 || (zero >= INT8_MIN && zero <= INT8_MAX));
}

void
graph_set_scale(graph_net *g, graph_value v, const graph_scale *scale)
{
	if (v < 0 || g->err.code)
		return;
	graph_type *t = &g->value[v]->type;
	graph_scale s = *scale;
	bool fits = s.n == 1 || (s.axis >= 0 && s.axis < t->shape.rank && s.n == t->shape.dim[s.axis] && s.n > 0);
	bool whole = t->dtype == SECANT_U8 || t->dtype == SECANT_I8 || t->dtype == SECANT_I32;
	for (int i = 0; i < s.n && fits && whole; i++) {
		bool real = s.scale && s.scale[i] > 0 && s.scale[i] <= 1e300;
		if (!real || (s.zero && !(s.zero[i] >= -1e9 && s.zero[i] <= 1e9 && holds(t->dtype, s.zero[i])))) {
			(void)graph_fail(g, SECANT_ERR_RANGE, "a scale of %g with the zero %g, of %s", s.scale ? s.scale[i] : 0.0,
				s.zero ? s.zero[i] : 0.0, secant_dtype_name(t->dtype));
			return;
		}
	}
	if (!fits || !whole)
		(void)graph_fail(g, SECANT_ERR_SHAPE, "%d scales along axis %d do not fit %s", s.n, s.axis,
			whole ? "the value" : secant_dtype_name(t->dtype));
	else if (!own_scale(g, &s))
		(void)no_memory(g);
	else
		t->scale = s;
}

void
graph_track(graph_net *g, graph_value v)
{
	if (v >= 0)
		g->value[v]->leads = true;
}

void
graph_store_as(graph_net *g, graph_value v, secant_dtype dtype)
{
	if (v >= 0)
		g->value[v]->type.dtype = dtype;
}

const char *
graph_scope(graph_net *g, const char *name)
{
	const char *before = g->scope;
	g->scope = name ? base_arena_strdup(g->arena, name) : NULL;
	return before;
}

/* ---- nodes ---- */

static const void *
attr_copy(graph_net *g, const graph_op *op, const void *attr)
{
	if (!op->attr)
		return NULL;
	void *copy = base_arena_alloc(g->arena, op->attr->size);
	if (!copy)
		return NULL;
	if (attr)
		memcpy(copy, attr, op->attr->size);
	else if (secant_opts_init(op->attr, copy, &g->err))
		return NULL;
	return copy;
}

static const graph_node *
node_fail(graph_net *g, const graph_op *op, secant_err *err)
{
	if (g->scope)
		graph_fail(g, err->code, "%s '%s': %s", op->name, g->scope, err->msg);
	else
		graph_fail(g, err->code, "%s: %s", op->name, err->msg);
	return NULL;
}

static bool
same_scale(const graph_scale *a, const graph_scale *b)
{
	if (a->n != 1 || b->n != 1 || !a->scale || !b->scale)
		return a->n == b->n && a->scale == b->scale && a->zero == b->zero;
	return *a->scale == *b->scale && (a->zero ? *a->zero : 0) == (b->zero ? *b->zero : 0);
}

/* What only moves numbers carries over what they stand for; whole numbers of different meaning do not mix. */
static secant_status
carry_scale(const graph_op *op, const graph_signature *s, secant_err *err)
{
	const graph_scale *first = NULL;
	for (int i = 0; i < s->n_in && op->moves; i++) {
		const graph_type *in = &s->in[i];
		if (in->shape.rank < 0 || in->dtype != s->out[0].dtype || in->dtype == SECANT_F32)
			continue;
		if (first && !same_scale(first, &in->scale))
			return secant_fail(err, SECANT_ERR_SHAPE, "inputs of different scales do not mix: quantize them alike");
		first = &in->scale;
	}
	if (first && first->n == 1)
		s->out[0].scale = *first;
	return SECANT_OK;
}

/* Fills out types by the operator's rule; checks the number of inputs and that required ones are there. */
static secant_status
infer(
	graph_net *g, const graph_op *op, const void *attr, int n, const graph_value *in, graph_type *out, secant_err *err)
{
	graph_type fixed[8], *types = n <= 8 ? fixed : base_arena_alloc(g->arena, (size_t)n * sizeof *types);
	const double *few[8], **numbers = n <= 8 ? few : base_arena_alloc(g->arena, (size_t)n * sizeof *numbers);
	if (!types || !numbers)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	if (n < op->min_in || (op->max_in >= 0 && n > op->max_in))
		return secant_fail(err, SECANT_ERR_ARG, "got %d inputs, wants %d to %d", n, op->min_in, op->max_in);
	for (int i = 0; i < n; i++) {
		if (in[i] >= g->values || (in[i] < 0 && i < op->min_in))
			return secant_fail(err, SECANT_ERR_ARG, "input %d is missing", i);
		types[i] = in[i] < 0 ? (graph_type){ SECANT_F32, { .rank = -1 } } : g->value[in[i]]->type;
		numbers[i] = in[i] < 0 ? NULL : g->value[in[i]]->numbers;
	}
	for (int i = 0; i < op->n_out; i++)
		out[i] = (graph_type){ SECANT_F32, { 0 } };
	graph_signature s = { attr, n, op->n_out, types, numbers, out };
	if (graph_takes_check(op->takes, &s, err))
		return err->code;
	secant_status status = op->shape(&s, err);
	return status ? status : carry_scale(op, &s, err);
}

const graph_node *
graph_make_node(graph_net *g, const char *op_name, const void *attr, int n, const graph_value *in)
{
	if (g->err.code)
		return NULL;
	const graph_op *op = graph_op_find(op_name);
	if (!op) {
		graph_fail(g, SECANT_ERR_UNSUPPORTED, "no operator is named '%s'", op_name);
		return NULL;
	}
	while (n > op->min_in && in[n - 1] < 0) /* absent inputs at the end are not there at all */
		n--;
	secant_err err = { 0 };
	graph_type out[GRAPH_MOST_OUTPUTS];
	const void *copy = attr_copy(g, op, attr);
	if (op->attr && !copy) {
		no_memory(g);
		return NULL;
	}
	if (infer(g, op, copy, n, in, out, &err))
		return node_fail(g, op, &err);
	graph_node *node = base_arena_alloc(g->arena, sizeof *node);
	if (node)
		*node = (graph_node){
			.op = op,
			.attr = copy,
			.name = g->scope,
			.n_in = n,
			.n_out = op->n_out,
			.in = base_arena_alloc(g->arena, (size_t)(n + 1) * sizeof(graph_value)),
			.out = base_arena_alloc(g->arena, (size_t)(op->n_out + 1) * sizeof(graph_value)),
		};
	if (!node || !node->in || !node->out
		|| base_grow((void **)&g->node, &g->node_capacity, g->nodes, sizeof *g->node)) {
		no_memory(g);
		return NULL;
	}
	bool leads = false;
	for (int i = 0; i < n; i++) {
		node->in[i] = in[i];
		leads |= in[i] >= 0 && g->value[in[i]]->leads;
	}
	for (int i = 0; i < op->n_out; i++)
		if ((node->out[i] = value_add(g,
				 &(graph_value_info){ .kind = GRAPH_VALUE_NODE,
					 .type = out[i],
					 .node = g->nodes,
					 .slot = i,
					 .leads = leads && op->grad && graph_type_flows(&out[i]) }))
			< 0)
			return NULL;
	g->node[g->nodes] = node;
	return g->node[g->nodes++];
}

graph_value
graph_apply(graph_net *g, const char *op, const void *attr, int n, ...)
{
	graph_value in[16];
	va_list ap;
	va_start(ap, n);
	for (int i = 0; i < n && i < 16; i++)
		in[i] = va_arg(ap, int);
	va_end(ap);
	if (n > 16)
		return graph_fail(g, SECANT_ERR_BUG, "%s: %d inputs as arguments, at most 16 fit", op, n);
	const graph_node *node = graph_make_node(g, op, attr, n, in);
	return node ? node->out[0] : -1;
}

void
graph_mark_backward(graph_net *g)
{
	if (!g->backward)
		g->backward = g->nodes;
}

int
graph_backward(const graph_net *g)
{
	return g->backward ? g->backward : g->nodes;
}

/* ---- copying, for passes ---- */

graph_value
graph_leaf(graph_net *g, const graph_value_info *leaf)
{
	graph_value_info info = *leaf;
	return info.kind == GRAPH_VALUE_CONST ? graph_constant(g, info.type.dtype, &info.type.shape, info.numbers)
										  : value_add(g, &info);
}

/* ---- outputs ---- */

void
graph_output(graph_net *g, const char *name, graph_value v)
{
	if (v < 0 || g->err.code)
		return;
	if (graph_find_output(g, name) >= 0) {
		(void)graph_fail(g, SECANT_ERR_ARG, "two outputs are named '%s'", name);
		return;
	}
	if (g->outputs == g->output_capacity) {
		int capacity = g->outputs ? 2 * g->outputs : 4;
		named_output *more = base_realloc(g->output, (size_t)capacity, sizeof *more);
		if (!more) {
			(void)no_memory(g);
			return;
		}
		g->output = more;
		g->output_capacity = capacity;
	}
	const char *own = base_arena_strdup(g->arena, name);
	if (!own)
		(void)no_memory(g);
	else
		g->output[g->outputs++] = (named_output){ own, v };
}

int
graph_outputs(const graph_net *g)
{
	return g->outputs;
}

graph_value
graph_output_at(const graph_net *g, int i, const char **name)
{
	if (name)
		*name = g->output[i].name;
	return g->output[i].value;
}

graph_value
graph_find_output(const graph_net *g, const char *name)
{
	for (int i = 0; i < g->outputs; i++)
		if (!strcmp(g->output[i].name, name))
			return g->output[i].value;
	return -1;
}
