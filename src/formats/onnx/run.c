/* Runs a model by the operators' plain meanings; see run.h. */
#include "formats/onnx/run.h"
#include <string.h>
#include "formats/onnx/eval.h"

/* Numbers that one run may compute: what a large network takes, so that a small file cannot compute for ever. */
static const int64_t WORK = INT64_C(1) << 46;
static const int64_t TENSOR_BYTES = INT64_C(1) << 36;

static secant_status
check_input(const format_onnx_info *want, const format_onnx_tensor *t, secant_err *err)
{
	char text[200];
	if (strcmp(want->kind, "tensor"))
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "input '%.80s' is a %s", want->name, want->kind);
	if (!t)
		return secant_fail(err, SECANT_ERR_ARG, "no tensor is given for input '%.80s'", want->name);
	bool fits = !want->type || t->type == want->type;
	bool shaped = want->rank < 0 || t->rank == want->rank;
	for (int i = 0; i < want->rank && shaped; i++)
		shaped = want->dim[i] < 0 || t->dim[i] == want->dim[i];
	format_onnx_tensor_text(t, text, sizeof text);
	if (!fits)
		return secant_fail(err, SECANT_ERR_SHAPE, "input '%.80s' is %s, the network wants %s", want->name, text,
			format_onnx_type_name(want->type));
	if (!shaped) {
		format_onnx_tensor like = { .type = t->type, .rank = want->rank };
		char wanted[200];
		memcpy(like.dim, want->dim, sizeof like.dim);
		return secant_fail(err, SECANT_ERR_SHAPE, "input '%.80s' is %s, the network wants %s (-1: any)", want->name,
			text, format_onnx_tensor_text(&like, wanted, sizeof wanted));
	}
	return SECANT_OK;
}

secant_status
format_onnx_run(
	const format_onnx_model *m, format_onnx_tensor *const *in, int n_in, format_onnx_tensor **out, secant_err *err)
{
	return format_onnx_run_within(m, in, n_in, out, TENSOR_BYTES, WORK, err);
}

secant_status
format_onnx_run_within(const format_onnx_model *m, format_onnx_tensor *const *in, int n_in, format_onnx_tensor **out,
	int64_t bytes, int64_t work, secant_err *err)
{
	secant_err own = { 0 };
	const format_onnx_graph *g = &m->graph;
	if (n_in != g->n_in)
		return secant_fail(err, SECANT_ERR_ARG, "%d inputs for a network of %d", n_in, g->n_in);
	onnx_value *values = secant_calloc((size_t)g->n_in + (size_t)g->n_out + 1, sizeof *values);
	if (!values)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	onnx_walk w = { .model = m, .err = &own, .limit = bytes, .budget = work };
	secant_status s = SECANT_OK;
	for (int i = 0; i < g->n_in && !s; i++) {
		s = check_input(&g->in[i], in[i], &own);
		values[i] = (onnx_value){ .t = in[i], .made = true };
	}
	if (!s)
		s = onnx_walk_graph(&w, NULL, g, values, values + g->n_in, m->opset);
	for (int i = 0; i < g->n_out; i++)
		if (!s)
			out[i] = values[g->n_in + i].t;
		else
			format_onnx_tensor_drop(values[g->n_in + i].t);
	secant_free(values);
	return s ? secant_fail(err, own.code ? own.code : s, "%s", own.msg) : SECANT_OK;
}

/* ---- what is refused ---- */

static void
refuse_nodes(const format_onnx_model *m, const format_onnx_graph *g, base_str *s, int *n)
{
	for (int i = 0; i < g->n_node; i++) {
		const format_onnx_node *node = &g->node[i];
		bool known = (!*node->domain && onnx_op_find(node->op)) || onnx_is_contributed(node);
		for (int k = 0; k < m->n_function && !known; k++)
			known = !strcmp(m->function[k].name, node->op);
		for (int k = 0; k < node->n_attr; k++)
			if (node->attr[k].g)
				refuse_nodes(m, node->attr[k].g, s, n);
		if (known || (*n)++ >= 100)
			continue;
		base_str_addf(s, "%s%s%s%s '%s': no such operator is known", s->n ? "; " : "", node->domain,
			*node->domain ? "." : "", node->op,
			*node->name       ? node->name
				: node->n_out ? node->out[0]
							  : "");
	}
}

char *
format_onnx_refused(const format_onnx_model *m)
{
	base_str s = { 0 };
	int n = 0;
	refuse_nodes(m, &m->graph, &s, &n);
	for (int i = 0; i < m->n_function; i++)
		refuse_nodes(m, &m->function[i].body, &s, &n);
	base_str_add(&s, "");
	return base_str_take(&s);
}
