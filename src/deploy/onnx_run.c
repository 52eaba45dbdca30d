/* A model of ONNX by a plan; see onnx_run.h. */
#include "deploy/onnx_run.h"
#include <string.h>

secant_store *
secant_onnx_store(const secant_onnx_network *n, bool f64, secant_err *err)
{
	secant_store *s = secant_store_new(n->g, f64, err);
	for (int i = 0; s && i < n->n_state; i++) {
		const secant_onnx_tensor *t = n->state[i].tensor;
		secant_slot *slot = secant_store_find(s, n->state[i].name);
		if (!slot || slot->count != secant_onnx_count(t)) {
			secant_fail(err, SECANT_ERR_BUG, "state '%s' has no place", n->state[i].name);
			secant_store_free(s);
			return NULL;
		}
		if (f64)
			secant_onnx_get_reals(t, 0, slot->count, slot->data);
		else if (t->type == SECANT_ONNX_FLOAT)
			memcpy(slot->data, t->data, (size_t)slot->count * sizeof(float));
		else
			for (int64_t k = 0; k < slot->count; k++) {
				double v;
				secant_onnx_get_reals(t, k, 1, &v);
				((float *)slot->data)[k] = (float)v;
			}
	}
	return s;
}

/* The numbers of an input as a plan reads them. */
static void *
numbers_of(const secant_onnx_tensor *t, const secant_graph *g, secant_value v, bool f64, secant_err *err)
{
	int64_t n = secant_onnx_count(t);
	void *p = secant_alloc_aligned((size_t)(n + 1) * sizeof(double));
	if (!p)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for %lld numbers", (long long)n);
	else if (f64)
		secant_onnx_get_reals(t, 0, n, p);
	for (int64_t i = 0; p && !f64 && i < n; i++) {
		double x;
		secant_onnx_get_reals(t, i, 1, &x);
		if (secant_graph_value(g, v)->type.dtype == SECANT_U8)
			((uint8_t *)p)[i] = (uint8_t)x;
		else
			((float *)p)[i] = (float)x;
	}
	return p;
}

static secant_onnx_tensor *
result_of(const secant_graph *g, secant_value v, int type, const void *from, bool f64, secant_err *err)
{
	const secant_value_info *info = secant_graph_value(g, v);
	secant_onnx_tensor *t = secant_onnx_tensor_new(type, info->type.shape.rank, info->type.shape.dim, 0, err);
	for (int64_t i = 0, n = t ? secant_onnx_count(t) : 0; i < n; i++) {
		double x = f64                       ? ((const double *)from)[i]
			: info->type.dtype == SECANT_F32 ? (double)((const float *)from)[i]
			: info->type.dtype == SECANT_I32 ? (double)((const int32_t *)from)[i]
											 : (double)((const uint8_t *)from)[i];
		secant_onnx_put_reals(t, i, 1, &x);
	}
	return t;
}

/* Everything between a mapped network and its results. */
typedef struct planned {
	secant_onnx_network *n;
	secant_store *store;
	secant_plan *plan;
	secant_context *context;
	secant_value *out;
	int *place, n_out; /* of each output of the model: its place among the plan's; -1: known */
	void **numbers;
} planned;

static void
planned_free(planned *p)
{
	for (int i = 0; p->numbers && i < p->n->n_in; i++)
		secant_free(p->numbers[i]);
	secant_free(p->numbers);
	secant_context_free(p->context);
	secant_plan_free(p->plan);
	secant_store_free(p->store);
	secant_free(p->out);
	secant_free(p->place);
	secant_onnx_network_free(p->n);
}

static secant_status
make_plan(planned *p, const secant_plan_options *o, secant_err *err)
{
	size_t room = (size_t)p->n->n_out + 1;
	p->out = secant_calloc(room, sizeof *p->out);
	p->place = secant_calloc(room, sizeof *p->place);
	p->numbers = secant_calloc((size_t)p->n->n_in + 1, sizeof *p->numbers);
	if (!p->out || !p->place || !p->numbers)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	for (int i = 0; i < p->n->n_out; i++) {
		secant_value v = secant_onnx_output(p->n, i, false);
		/* An input that goes straight out is no result of a step. */
		if (v >= 0 && secant_graph_value(p->n->g, v)->kind != SECANT_VALUE_NODE)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "an output that no node makes");
		p->place[i] = v < 0 ? -1 : p->n_out;
		if (v >= 0)
			p->out[p->n_out++] = v;
	}
	if (secant_graph_check(p->n->g, err)
		|| !(p->store = secant_onnx_store(p->n, o->precision == SECANT_PRECISION_F64, err))
		|| !(p->plan = secant_plan_new(p->n->g, p->store, p->out, p->n_out, o, err))
		|| !(p->context = secant_context_new(p->plan, err)))
		return err->code;
	return SECANT_OK;
}

secant_status
secant_onnx_run_planned(const secant_onnx_model *m, secant_onnx_tensor *const *in, int n_in, secant_onnx_tensor **out,
	const secant_plan_options *options, secant_err *err)
{
	secant_err own = { 0 };
	planned p = { 0 };
	bool f64 = options->precision == SECANT_PRECISION_F64;
	secant_onnx_size *sizes = secant_calloc((size_t)n_in + 1, sizeof *sizes);
	for (int i = 0; i < n_in && sizes; i++) {
		sizes[i].shape.rank = in[i]->rank;
		if (in[i]->rank > SECANT_MAX_RANK)
			secant_fail(&own, SECANT_ERR_UNSUPPORTED, "input %d has %d axes", i, in[i]->rank);
		else
			memcpy(sizes[i].shape.dim, in[i]->dim, sizeof *in[i]->dim * (size_t)in[i]->rank);
	}
	if (sizes && !own.code && (p.n = secant_onnx_map(m, sizes, n_in, &own)) && !make_plan(&p, options, &own)) {
		for (int i = 0; i < n_in && !own.code; i++)
			if ((p.numbers[i] = numbers_of(in[i], p.n->g, p.n->in[i].v, f64, &own)))
				for (int k = 0; k < secant_plan_inputs(p.plan); k++)
					if (!strcmp(secant_plan_input_name(p.plan, k), m->graph.in[i].name))
						(void)!secant_context_set_input(p.context, m->graph.in[i].name, p.numbers[i], &own);
		if (!own.code)
			(void)!secant_context_run(p.context, &own);
		for (int i = 0; i < p.n->n_out && !own.code; i++)
			out[i] = p.place[i] < 0 ? secant_onnx_tensor_hold(p.n->known[i])
									: result_of(p.n->g, p.out[p.place[i]], p.n->out[i].type,
										secant_context_output(p.context, p.place[i]), f64, &own);
	}
	if (p.n)
		planned_free(&p);
	if (!sizes)
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory");
	secant_free(sizes);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
