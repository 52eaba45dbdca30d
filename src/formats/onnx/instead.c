/* Tensors that stand for those of a file; see onnx.h. */
#include <stdlib.h>
#include <string.h>
#include "formats/onnx/onnx.h"

static int
by_name(const void *a, const void *b)
{
	const format_onnx_initializer *x = a, *y = b;
	return strcmp(x->name, y->name);
}

secant_status
format_onnx_instead(format_onnx_model *m, const secant_tensors *set, secant_err *err)
{
	const format_onnx_initializer *before = m->instead;
	int n_before = m->n_instead;
	if (!(m->instead = base_arena_alloc(m->arena, ((size_t)n_before + (size_t)set->n + 1) * sizeof *m->instead)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	m->n_instead = 0;
	for (int i = 0; i < n_before; i++)
		if (!secant_tensors_find(set, before[i].name))
			m->instead[m->n_instead++] = before[i];
	for (int i = 0; i < set->n; i++) {
		const secant_tensor *from = &set->v[i].tensor;
		if (from->dtype != SECANT_F32 && from->dtype != SECANT_F64)
			continue;
		format_onnx_tensor *t = secant_calloc(1, sizeof *t);
		const char *name = base_arena_strdup(m->arena, set->v[i].name);
		if (!t || !name || base_grow((void **)&m->tensor, &m->tensor_capacity, m->n_tensor, sizeof *m->tensor)) {
			secant_free(t);
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
		}
		*t = (format_onnx_tensor){ .type = from->dtype == SECANT_F64 ? FORMAT_ONNX_DOUBLE : FORMAT_ONNX_FLOAT,
			.rank = from->shape.rank,
			.data = from->data,
			.refs = 1,
			.learned = true };
		memcpy(t->dim, from->shape.dim, sizeof *t->dim * (size_t)t->rank);
		m->tensor[m->n_tensor++] = t;
		m->instead[m->n_instead++] = (format_onnx_initializer){ name, t };
	}
	qsort(m->instead, (size_t)m->n_instead, sizeof *m->instead, by_name);
	return SECANT_OK;
}

format_onnx_tensor *
format_onnx_find_instead(const format_onnx_model *m, const char *name)
{
	format_onnx_initializer key = { .name = name };
	const format_onnx_initializer *at = m->n_instead && name
		? bsearch(&key, m->instead, (size_t)m->n_instead, sizeof *m->instead, by_name)
		: NULL;
	return at ? at->tensor : NULL;
}

const format_onnx_node *
format_onnx_maker(const format_onnx_graph *g, const char *name)
{
	for (int i = g->n_node - 1; i >= 0; i--)
		for (int k = 0; k < g->node[i].n_out; k++)
			if (!strcmp(g->node[i].out[k], name))
				return &g->node[i];
	return NULL;
}

int
format_onnx_readers(const format_onnx_graph *g, const char *name)
{
	int n = 0;
	for (int i = 0; i < g->n_node; i++) {
		for (int k = 0; k < g->node[i].n_in; k++)
			n += !strcmp(g->node[i].in[k], name);
		for (int k = 0; k < g->node[i].n_attr; k++)
			n += g->node[i].attr[k].g ? format_onnx_readers(g->node[i].attr[k].g, name) : 0;
	}
	for (int i = 0; i < g->n_out; i++)
		n += !strcmp(g->out[i].name, name);
	return n;
}
