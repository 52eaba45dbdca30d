/*
 * A model with nodes that have no operators of ours (boxes that are sifted, numbers chosen by what they are, loops): in
 * parts. A round maps what is left for the values that are known by now. Nodes that become operators of ours, and lie
 * behind none that does not, are a model of their own, which a plan computes; then those without operators, and what
 * follows from them, are done by their plain meaning until a product is due, with which the next round begins. So a
 * detector's features are planned, its boxes are not, and the masks of the boxes that are left are planned again.
 */
#include <string.h>
#include "base/by_name.h"
#include "deploy/onnx_run.h"
#include "formats/onnx/run.h"

/* An input of the model, or a result of a node. */
typedef struct value {
	const char *name;
	format_onnx_tensor *t; /* held; NULL: not known yet */
	int readers; /* nodes that are left, outputs of the model */
	bool within; /* the part at hand makes it, or takes it already */
} value;

enum { MOST_ROUNDS = 64 }; /* behind those everything is done by its plain meaning */

typedef struct parts {
	const format_onnx_model *m;
	const exec_plan_options *options;
	base_by_name number; /* of each value */
	value *v;
	int n_value, rounds;
	bool *left, *taken; /* of each node: its results are wanted and not known; it is in the part at hand */
	format_onnx_mapping *mapping; /* of each node of the part at hand */
	/* Room for a part: its nodes, what it takes and what it gives. */
	format_onnx_node *node;
	format_onnx_info *in, *out;
	format_onnx_tensor **given, **made;
	format_onnx_size *size;
} parts;

static void
parts_free(parts *p)
{
	for (int i = 0; p->v && i < p->n_value; i++)
		format_onnx_tensor_drop(p->v[i].t);
	void *all[] = { p->v, p->left, p->taken, p->mapping, p->node, p->in, p->out, p->given, p->made, p->size };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		secant_free(all[i]);
	base_by_name_free(&p->number);
}

static value *
find(const parts *p, const char *name)
{
	int i = *name ? base_by_name_find(&p->number, name) : -1;
	return i < 0 ? NULL : &p->v[i];
}

/* Calls `see` for each value that node n reads, graphs within it included. */
static void
each_read(const parts *p, const format_onnx_node *n, void (*see)(value *v, void *user), void *user)
{
	value *v;
	for (int k = 0; k < n->n_in; k++)
		if ((v = find(p, n->in[k])))
			see(v, user);
	for (int k = 0; k < n->n_attr; k++) {
		const format_onnx_graph *g = n->attr[k].g;
		for (int i = 0; g && i < g->n_node; i++)
			each_read(p, &g->node[i], see, user);
		for (int i = 0; g && i < g->n_out; i++)
			if ((v = find(p, g->out[i].name)))
				see(v, user);
	}
}

static void
count_reader(value *v, void *by)
{
	v->readers += *(const int *)by;
}

static void
ask_known(value *v, void *all)
{
	*(bool *)all &= v->t || v->within;
}

/* ---- the whole ---- */

static secant_status
make_room(parts *p, int64_t most, secant_err *err)
{
	size_t values = (size_t)most + 1, nodes = (size_t)p->m->graph.n_node + 1;
	bool good = (p->v = secant_calloc(values, sizeof *p->v)) && (p->left = secant_calloc(nodes, sizeof *p->left))
		&& (p->taken = secant_calloc(nodes, sizeof *p->taken))
		&& (p->mapping = secant_calloc(nodes, sizeof *p->mapping)) && (p->node = secant_calloc(nodes, sizeof *p->node))
		&& (p->in = secant_calloc(values, sizeof *p->in)) && (p->out = secant_calloc(values, sizeof *p->out))
		&& (p->given = secant_calloc(values, sizeof *p->given)) && (p->made = secant_calloc(values, sizeof *p->made))
		&& (p->size = secant_calloc(values, sizeof *p->size));
	return good ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "no memory for the parts of a model");
}

static secant_status
add_value(parts *p, const char *name, format_onnx_tensor *t, secant_err *err)
{
	if (!*name)
		return SECANT_OK;
	if (find(p, name))
		return secant_fail(err, SECANT_ERR_FORMAT, "'%.80s' is made twice", name);
	if (!base_by_name_add(&p->number, name, p->n_value))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for the parts of a model");
	p->v[p->n_value++] = (value){ .name = name, .t = format_onnx_tensor_hold(t) };
	return SECANT_OK;
}

static secant_status
begin(parts *p, format_onnx_tensor *const *in, secant_err *err)
{
	const format_onnx_graph *g = &p->m->graph;
	int64_t most = g->n_in;
	int one = 1;
	for (int i = 0; i < g->n_node; i++)
		most += g->node[i].n_out;
	secant_status s = make_room(p, most, err);
	for (int i = 0; i < g->n_in && !s; i++)
		s = in[i] ? add_value(p, g->in[i].name, in[i], err)
				  : secant_fail(err, SECANT_ERR_UNSUPPORTED, "input '%.80s' is left out", g->in[i].name);
	for (int i = 0; i < g->n_node; i++)
		for (int k = 0; k < g->node[i].n_out && !s; k++)
			s = add_value(p, g->node[i].out[k], NULL, err);
	for (int i = 0; i < g->n_out && !s; i++) {
		value *v = find(p, g->out[i].name);
		if (v)
			v->readers++;
	}
	for (int i = g->n_node - 1; i >= 0 && !s; i--) {
		for (int k = 0; k < g->node[i].n_out; k++) {
			const value *v = find(p, g->node[i].out[k]);
			p->left[i] |= v && v->readers > 0;
		}
		if (p->left[i])
			each_read(p, &g->node[i], count_reader, &one);
	}
	return s;
}

/* ---- a part ---- */

typedef struct taking {
	parts *p;
	int n;
} taking;

static void
take_input(value *v, void *user)
{
	taking *t = user;
	if (v->within || !v->t)
		return;
	v->within = true;
	t->p->given[t->n] = v->t;
	t->p->in[t->n++] = (format_onnx_info){ .name = v->name, .type = v->t->type, .rank = -1, .kind = "tensor" };
}

/* The taken nodes as a model, which takes what is known and gives what others read. */
static format_onnx_model
part_of(parts *p)
{
	const format_onnx_graph *g = &p->m->graph;
	format_onnx_model m = *p->m;
	format_onnx_graph *to = &m.graph;
	taking t = { p, 0 };
	int fewer = -1, more = 1;
	*to = (format_onnx_graph){
		.name = g->name, .n_init = g->n_init, .init = g->init, .node = p->node, .in = p->in, .out = p->out
	};
	for (int i = 0; i < p->n_value; i++)
		p->v[i].within = false;
	for (int i = 0; i < g->n_node; i++) {
		if (!p->taken[i])
			continue;
		to->node[to->n_node++] = g->node[i];
		each_read(p, &g->node[i], count_reader, &fewer);
		for (int k = 0; k < g->node[i].n_out; k++) {
			value *v = find(p, g->node[i].out[k]);
			if (v)
				v->within = true;
		}
	}
	for (int i = 0; i < g->n_node; i++) {
		for (int k = 0; p->taken[i] && k < g->node[i].n_out; k++) {
			const value *v = find(p, g->node[i].out[k]);
			if (v && v->readers > 0)
				to->out[to->n_out++] = (format_onnx_info){ .name = v->name, .rank = -1, .kind = "tensor" };
		}
	}
	for (int i = 0; i < to->n_node; i++) {
		each_read(p, &to->node[i], take_input, &t);
		each_read(p, &to->node[i], count_reader, &more); /* until it is done */
	}
	to->n_in = t.n;
	return m;
}

/* What a part has given is known; its nodes are done. */
static secant_status
settle(parts *p, const format_onnx_model *part, secant_err *err)
{
	int fewer = -1;
	secant_status s = SECANT_OK;
	for (int i = 0; i < p->m->graph.n_node; i++)
		if (p->taken[i]) {
			p->left[i] = false;
			each_read(p, &p->m->graph.node[i], count_reader, &fewer);
		}
	for (int i = 0; i < part->graph.n_out; i++) {
		value *v = find(p, part->graph.out[i].name);
		if (!p->made[i])
			s = secant_fail(err, SECANT_ERR_UNSUPPORTED, "'%.80s' is absent", v->name);
		v->t = p->made[i];
		p->made[i] = NULL;
	}
	for (int i = 0; i < p->n_value; i++)
		if (p->v[i].t && p->v[i].readers < 1) {
			format_onnx_tensor_drop(p->v[i].t);
			p->v[i].t = NULL;
		}
	return s;
}

static secant_status
do_part(parts *p, bool planned, secant_err *err)
{
	format_onnx_model m = part_of(p);
	secant_status s = planned ? deploy_onnx_run_planned(&m, p->given, m.graph.n_in, p->made, p->options, err)
							  : format_onnx_run(&m, p->given, m.graph.n_in, p->made, err);
	if (!s)
		return settle(p, &m, err);
	for (int i = 0; i < m.graph.n_out; i++) {
		format_onnx_tensor_drop(p->made[i]);
		p->made[i] = NULL;
	}
	return s;
}

/* ---- rounds ---- */

/* Does most of a network's work lie in nodes like this? */
static bool
is_product(const format_onnx_node *n)
{
	static const char *const ops[] = { "Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum", "Attention", "LSTM", "GRU",
		"RNN", "DeformConv", "ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul", "FusedConv", "FusedMatMul",
		"FusedGemm", "MultiHeadAttention" };
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (!strcmp(n->op, ops[i]))
			return true;
	return false;
}

/* Looks which nodes are mapped for what is known, and takes those: how many products are among them. -1: err. */
static int
take_mapped(parts *p, secant_err *err)
{
	const format_onnx_graph *g = &p->m->graph;
	int products = 0, k = 0;
	memcpy(p->taken, p->left, (size_t)g->n_node * sizeof *p->taken);
	format_onnx_model m = part_of(p);
	for (int i = 0; i < m.graph.n_in; i++) {
		const format_onnx_tensor *t = p->given[i];
		if (t->rank > SECANT_MAX_RANK)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "'%.80s' has %d axes", p->in[i].name, t->rank), -1;
		p->size[i] = (format_onnx_size){ .shape.rank = t->rank };
		memcpy(p->size[i].shape.dim, t->dim, sizeof *t->dim * (size_t)t->rank);
		if (!format_onnx_type_is_real(t->type) && t->type != FORMAT_ONNX_UINT8 && t->type != FORMAT_ONNX_BOOL)
			p->size[i].known = p->given[i];
	}
	if (format_onnx_look(&m, p->size, m.graph.n_in, p->mapping, NULL, err))
		return -1;
	for (int i = 0; i < g->n_node; i++) {
		if (!p->left[i])
			continue;
		p->taken[i] = p->mapping[k++] == FORMAT_ONNX_MAPPED;
		products += p->taken[i] && is_product(&g->node[i]);
	}
	return products;
}

/* Takes the nodes that can be done one by one, up to products that a plan may do next: how many. */
static int
take_plain(parts *p, bool all)
{
	const format_onnx_graph *g = &p->m->graph;
	int n = 0, k = 0;
	for (int i = 0; i < p->n_value; i++)
		p->v[i].within = false;
	for (int i = 0; i < g->n_node; i++) {
		bool ready = p->taken[i] = p->left[i];
		format_onnx_mapping how = ready ? p->mapping[k++] : FORMAT_ONNX_MAPPED;
		if (ready && !all && how != FORMAT_ONNX_UNMAPPED && is_product(&g->node[i]))
			ready = false;
		if (ready)
			each_read(p, &g->node[i], ask_known, &ready);
		p->taken[i] = ready;
		n += ready;
		for (int j = 0; j < g->node[i].n_out && ready; j++) {
			value *v = find(p, g->node[i].out[j]);
			if (v)
				v->within = true;
		}
	}
	return n;
}

/* One round; *more: something is left. */
static secant_status
go_round(parts *p, bool *more, secant_err *err)
{
	bool planned = false, last = p->rounds++ >= MOST_ROUNDS;
	int products = last ? 0 : take_mapped(p, err);
	secant_status s = products < 0 ? err->code : SECANT_OK;
	if (products > 0) {
		int k = 0, at = 0;
		if (!(s = do_part(p, true, err)))
			planned = true;
		else if (s == SECANT_ERR_UNSUPPORTED) {
			*err = (secant_err){ 0 };
			s = SECANT_OK;
		}
		for (int i = 0; i < p->m->graph.n_node && planned; i++) { /* what is left keeps its mapping */
			if (p->taken[i])
				at++;
			else if (p->left[i])
				p->mapping[k++] = p->mapping[at++];
		}
	}
	if (!s && take_plain(p, last || (products > 0 && !planned)))
		s = do_part(p, false, err);
	else if (!s && !planned)
		s = secant_fail(err, SECANT_ERR_UNSUPPORTED, "its parts wait for each other");
	*more = false;
	for (int i = 0; i < p->m->graph.n_node; i++)
		*more |= p->left[i];
	return s;
}

secant_status
deploy_onnx_run_in_parts(const format_onnx_model *m, format_onnx_tensor *const *in, int n_in, format_onnx_tensor **out,
	const exec_plan_options *options, secant_err *err)
{
	secant_err own = { 0 };
	parts p = { .m = m, .options = options };
	bool more = true;
	secant_status s = n_in == m->graph.n_in
		? begin(&p, in, &own)
		: secant_fail(&own, SECANT_ERR_ARG, "%d inputs for a network of %d", n_in, m->graph.n_in);
	while (!s && more)
		s = go_round(&p, &more, &own);
	for (int i = 0; i < m->graph.n_out && !s; i++) {
		const value *v = find(&p, m->graph.out[i].name);
		if (!v || !v->t)
			s = secant_fail(&own, SECANT_ERR_UNSUPPORTED, "output '%.80s' is made by no node", m->graph.out[i].name);
	}
	for (int i = 0; i < m->graph.n_out && !s; i++)
		out[i] = format_onnx_tensor_hold(find(&p, m->graph.out[i].name)->t);
	parts_free(&p);
	return s ? secant_fail(err, own.code ? own.code : s, "%s", own.msg) : SECANT_OK;
}
