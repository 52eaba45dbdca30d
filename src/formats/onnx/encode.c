/* Models of ONNX as bytes; see encode.h. Field numbers: onnx.proto. */
#include "formats/onnx/encode.h"
#include <string.h>
#include "formats/onnx/wire.h"

static void
put_tensor(base_str *to, int field, const char *name, const format_onnx_tensor *t)
{
	base_str s = { 0 };
	for (int i = 0; i < t->rank; i++)
		format_wire_put_varint(&s, 1, (uint64_t)t->dim[i]);
	format_wire_put_varint(&s, 2, (uint64_t)t->type);
	if (name)
		format_wire_put_text(&s, 8, name);
	format_wire_put_bytes(&s, 9, t->data, (size_t)format_onnx_count(t) * format_onnx_type_size(t->type));
	format_wire_put_message(to, field, &s);
}

void
format_onnx_put_initializer(base_str *graph, const char *name, const format_onnx_tensor *t)
{
	put_tensor(graph, 5, name, t);
}

void
format_onnx_put_info(base_str *graph, int field, const format_onnx_info *v)
{
	base_str shape = { 0 }, tensor = { 0 }, type = { 0 }, s = { 0 };
	for (int i = 0; i < v->rank; i++) {
		base_str d = { 0 };
		if (v->dim[i] >= 0)
			format_wire_put_varint(&d, 1, (uint64_t)v->dim[i]);
		else if (v->symbol[i] && *v->symbol[i])
			format_wire_put_text(&d, 2, v->symbol[i]);
		format_wire_put_message(&shape, 1, &d);
	}
	format_wire_put_varint(&tensor, 1, (uint64_t)v->type);
	if (v->rank >= 0)
		format_wire_put_message(&tensor, 2, &shape);
	else
		base_str_free(&shape);
	format_wire_put_message(&type, 1, &tensor);
	format_wire_put_text(&s, 1, v->name);
	format_wire_put_message(&s, 2, &type);
	format_wire_put_message(graph, field, &s);
}

static void put_graph(base_str *to, int field, const format_onnx_graph *g);

/* AttributeProto.AttributeType of an attribute whose file did not say it. */
static int
type_of(const format_onnx_attr *a)
{
	return a->type ? a->type : a->g ? 5 : a->t ? 4 : a->n_floats ? 6 : a->n_ints ? 7 : a->n_strings ? 8 : *a->s ? 3 : 2;
}

static void
put_attr(base_str *node, const format_onnx_attr *a)
{
	base_str s = { 0 };
	int type = type_of(a);
	format_wire_put_text(&s, 1, a->name);
	format_wire_put_varint(&s, 20, (uint64_t)type);
	switch (type) {
	case 1: format_wire_put_float(&s, 2, (float)a->f); break;
	case 2: format_wire_put_varint(&s, 3, (uint64_t)a->i); break;
	case 3: format_wire_put_text(&s, 4, a->s); break;
	case 4: put_tensor(&s, 5, NULL, a->t); break;
	case 5: put_graph(&s, 6, a->g); break;
	case 6:
		for (int i = 0; i < a->n_floats; i++)
			format_wire_put_float(&s, 7, (float)a->floats[i]);
		break;
	case 7:
		for (int i = 0; i < a->n_ints; i++)
			format_wire_put_varint(&s, 8, (uint64_t)a->ints[i]);
		break;
	default:
		for (int i = 0; i < a->n_strings; i++)
			format_wire_put_text(&s, 9, a->strings[i]);
	}
	format_wire_put_message(node, 5, &s);
}

void
format_onnx_put_node(base_str *graph, const format_onnx_node *n)
{
	base_str s = { 0 };
	for (int i = 0; i < n->n_in; i++)
		format_wire_put_text(&s, 1, n->in[i]);
	for (int i = 0; i < n->n_out; i++)
		format_wire_put_text(&s, 2, n->out[i]);
	if (*n->name)
		format_wire_put_text(&s, 3, n->name);
	format_wire_put_text(&s, 4, n->op);
	if (*n->domain)
		format_wire_put_text(&s, 7, n->domain);
	for (int i = 0; i < n->n_attr; i++)
		put_attr(&s, &n->attr[i]);
	format_wire_put_message(graph, 1, &s);
}

static void
put_graph(base_str *to, int field, const format_onnx_graph *g)
{
	base_str s = { 0 };
	for (int i = 0; i < g->n_node; i++)
		format_onnx_put_node(&s, &g->node[i]);
	format_wire_put_text(&s, 2, g->name && *g->name ? g->name : "graph");
	for (int i = 0; i < g->n_init; i++)
		format_onnx_put_initializer(&s, g->init[i].name, g->init[i].tensor);
	for (int i = 0; i < g->n_in; i++)
		format_onnx_put_info(&s, 11, &g->in[i]);
	for (int i = 0; i < g->n_out; i++)
		format_onnx_put_info(&s, 12, &g->out[i]);
	format_wire_put_message(to, field, &s);
}

void
format_onnx_put_model(base_str *out, const format_onnx_model *m, base_str *graph)
{
	format_wire_put_varint(out, 1, (uint64_t)(m->ir_version > 0 ? m->ir_version : 8));
	format_wire_put_text(out, 2, "secant");
	format_wire_put_message(out, 7, graph);
	for (int i = 0; i < m->n_opset; i++) {
		base_str s = { 0 };
		format_wire_put_text(&s, 1, m->opsets[i].domain);
		format_wire_put_varint(&s, 2, (uint64_t)m->opsets[i].version);
		format_wire_put_message(out, 8, &s);
	}
	for (int i = 0; i < m->n_pair; i++) {
		base_str s = { 0 };
		format_wire_put_text(&s, 1, m->pair[i].key);
		format_wire_put_text(&s, 2, m->pair[i].value);
		format_wire_put_message(out, 14, &s);
	}
}

/* The name of something that is not written; NULL. Graphs lie in graphs no deeper than the reader allows. */
static const char *
unwritable(const format_onnx_graph *g)
{
	for (int i = 0; i < g->n_init; i++)
		if (!format_onnx_type_size(g->init[i].tensor->type) || g->init[i].tensor->type >= FORMAT_ONNX_UINT4)
			return g->init[i].name;
	for (int i = 0; i < g->n_in + g->n_out; i++) {
		const format_onnx_info *v = i < g->n_in ? &g->in[i] : &g->out[i - g->n_in];
		if (v->kind && strcmp(v->kind, "tensor"))
			return v->name;
	}
	for (int i = 0; i < g->n_node; i++)
		for (int k = 0; k < g->node[i].n_attr; k++) {
			const format_onnx_attr *a = &g->node[i].attr[k];
			const char *inner = a->g ? unwritable(a->g) : NULL;
			if (inner || type_of(a) > 8 || a->ref)
				return inner ? inner : a->name;
		}
	return NULL;
}

secant_status
format_onnx_writable(const format_onnx_model *m, secant_err *err)
{
	const char *name = unwritable(&m->graph);
	if (m->n_function)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"the file has functions of its own ('%.60s'); have its exporter write their nodes in their places "
			"(onnx.inliner does)",
			m->function[0].name);
	return name ? secant_fail(err, SECANT_ERR_UNSUPPORTED, "'%.80s' is of a type that is not written here", name)
				: SECANT_OK;
}
