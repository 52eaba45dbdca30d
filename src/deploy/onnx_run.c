/* A model of ONNX by a plan; see onnx_run.h. */
#include "deploy/onnx_run.h"
#include <string.h>

exec_store *
deploy_onnx_store(const format_onnx_network *n, bool f64, secant_err *err)
{
	exec_store *s = exec_store_new(n->g, f64, err);
	for (int i = 0; s && i < n->n_state; i++) {
		const format_onnx_tensor *t = n->state[i].tensor;
		exec_slot *slot = exec_store_find(s, n->state[i].name);
		if (!slot || slot->count != format_onnx_count(t)) {
			secant_fail(err, SECANT_ERR_BUG, "state '%s' has no place", n->state[i].name);
			exec_store_free(s);
			return NULL;
		}
		if (f64)
			format_onnx_get_reals(t, 0, slot->count, slot->data);
		else if (t->type == FORMAT_ONNX_FLOAT)
			memcpy(slot->data, t->data, (size_t)slot->count * sizeof(float));
		else
			for (int64_t k = 0; k < slot->count; k++) {
				double v;
				format_onnx_get_reals(t, k, 1, &v);
				((float *)slot->data)[k] = (float)v;
			}
	}
	return s;
}

/* The numbers of an input as a plan reads them. */
static void *
numbers_of(const format_onnx_tensor *t, const graph_net *g, graph_value v, bool f64, secant_err *err)
{
	int64_t n = format_onnx_count(t);
	void *p = base_alloc_aligned((size_t)(n + 1) * sizeof(double));
	if (!p)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for %lld numbers", (long long)n);
	else if (f64)
		format_onnx_get_reals(t, 0, n, p);
	for (int64_t i = 0; p && !f64 && i < n; i++) {
		double x;
		format_onnx_get_reals(t, i, 1, &x);
		if (graph_value_at(g, v)->type.dtype == SECANT_U8)
			((uint8_t *)p)[i] = (uint8_t)x;
		else
			((float *)p)[i] = (float)x;
	}
	return p;
}

static format_onnx_tensor *
result_of(const graph_net *g, graph_value v, int type, const void *from, bool f64, secant_err *err)
{
	const graph_value_info *info = graph_value_at(g, v);
	format_onnx_tensor *t = format_onnx_tensor_new(type, info->type.shape.rank, info->type.shape.dim, 0, err);
	for (int64_t i = 0, n = t ? format_onnx_count(t) : 0; i < n; i++) {
		double x = f64                       ? ((const double *)from)[i]
			: info->type.dtype == SECANT_F32 ? (double)((const float *)from)[i]
			: info->type.dtype == SECANT_I32 ? (double)((const int32_t *)from)[i]
											 : (double)((const uint8_t *)from)[i];
		format_onnx_put_reals(t, i, 1, &x);
	}
	return t;
}

/* Everything between a mapped network and its results. */
typedef struct planned {
	format_onnx_network *n;
	exec_store *store;
	exec_plan *plan;
	exec_context *context;
	graph_value *out;
	int *place, n_out; /* of each output of the model: its place among the plan's; -1: known */
	void **numbers;
} planned;

static void
planned_free(planned *p)
{
	for (int i = 0; p->numbers && i < p->n->n_in; i++)
		secant_free(p->numbers[i]);
	secant_free(p->numbers);
	exec_context_free(p->context);
	exec_plan_free(p->plan);
	exec_store_free(p->store);
	secant_free(p->out);
	secant_free(p->place);
	format_onnx_network_free(p->n);
}

static secant_status
make_plan(planned *p, const exec_plan_options *o, secant_err *err)
{
	size_t room = (size_t)p->n->n_out + 1;
	p->out = secant_calloc(room, sizeof *p->out);
	p->place = secant_calloc(room, sizeof *p->place);
	p->numbers = secant_calloc((size_t)p->n->n_in + 1, sizeof *p->numbers);
	if (!p->out || !p->place || !p->numbers)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	for (int i = 0; i < p->n->n_out; i++) {
		graph_value v = format_onnx_output(p->n, i, false);
		/* An input that goes straight out is no result of a step. */
		if (v >= 0 && graph_value_at(p->n->g, v)->kind != GRAPH_VALUE_NODE)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "an output that no node makes");
		p->place[i] = v < 0 ? -1 : p->n_out;
		if (v >= 0)
			p->out[p->n_out++] = v;
	}
	if (graph_check(p->n->g, err) || !(p->store = deploy_onnx_store(p->n, o->precision == EXEC_PRECISION_F64, err))
		|| !(p->plan = exec_plan_new(p->n->g, p->store, p->out, p->n_out, o, err))
		|| !(p->context = exec_context_new(p->plan, err)))
		return err->code;
	return SECANT_OK;
}

secant_status
deploy_onnx_run_planned(const format_onnx_model *m, format_onnx_tensor *const *in, int n_in, format_onnx_tensor **out,
	const exec_plan_options *options, secant_err *err)
{
	secant_err own = { 0 };
	planned p = { 0 };
	bool f64 = options->precision == EXEC_PRECISION_F64;
	format_onnx_size *sizes = secant_calloc((size_t)n_in + 1, sizeof *sizes);
	for (int i = 0; i < n_in && sizes; i++) {
		sizes[i].shape.rank = in[i]->rank;
		if (in[i]->rank > SECANT_MAX_RANK)
			secant_fail(&own, SECANT_ERR_UNSUPPORTED, "input %d has %d axes", i, in[i]->rank);
		else
			memcpy(sizes[i].shape.dim, in[i]->dim, sizeof *in[i]->dim * (size_t)in[i]->rank);
	}
	if (sizes && !own.code && (p.n = format_onnx_map(m, sizes, n_in, NULL, &own)) && !make_plan(&p, options, &own)) {
		for (int i = 0; i < n_in && !own.code; i++)
			if ((p.numbers[i] = numbers_of(in[i], p.n->g, p.n->in[i].v, f64, &own)))
				for (int k = 0; k < exec_plan_inputs(p.plan); k++)
					if (!strcmp(exec_plan_input_name(p.plan, k), m->graph.in[i].name))
						(void)!exec_context_set_input(p.context, m->graph.in[i].name, p.numbers[i], &own);
		if (!own.code)
			(void)!exec_context_run(p.context, &own);
		for (int i = 0; i < p.n->n_out && !own.code; i++)
			out[i] = p.place[i] < 0 ? format_onnx_tensor_hold(p.n->known[i])
									: result_of(p.n->g, p.out[p.place[i]], p.n->out[i].type,
										exec_context_output(p.context, p.place[i]), f64, &own);
	}
	if (p.n)
		planned_free(&p);
	if (!sizes)
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory");
	secant_free(sizes);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
