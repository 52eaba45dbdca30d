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
		else if (t->type == FORMAT_ONNX_FLOAT || slot->type.dtype == SECANT_I8)
			memcpy(slot->data, t->data, (size_t)slot->count * format_onnx_type_size(t->type));
		else
			for (int64_t k = 0; k < slot->count; k++) {
				double v;
				format_onnx_get_reals(t, k, 1, &v);
				((float *)slot->data)[k] = (float)v;
			}
	}
	return s;
}

/* The numbers of an input as a plan reads them, into memory for as many doubles. */
static void
put_numbers(void *p, const format_onnx_tensor *t, secant_dtype to, bool f64)
{
	int64_t n = format_onnx_count(t);
	if (f64)
		format_onnx_get_reals(t, 0, n, p);
	else if ((to == SECANT_U8 && t->type == FORMAT_ONNX_UINT8) || (to != SECANT_U8 && t->type == FORMAT_ONNX_FLOAT))
		memcpy(p, t->data, (size_t)n * format_onnx_type_size(t->type));
	else
		for (int64_t i = 0; i < n; i++) {
			double x;
			format_onnx_get_reals(t, i, 1, &x);
			if (to == SECANT_U8)
				((uint8_t *)p)[i] = (uint8_t)x;
			else
				((float *)p)[i] = (float)x;
		}
}

static format_onnx_tensor *
result_of(const graph_net *g, graph_value v, int type, const void *from, bool f64, secant_err *err)
{
	const graph_value_info *info = graph_value_at(g, v);
	format_onnx_tensor *t = format_onnx_tensor_new(type, info->type.shape.rank, info->type.shape.dim, 0, err);
	int64_t n = t ? format_onnx_count(t) : 0;
	secant_dtype have = info->type.dtype;
	if (!f64
		&& ((have == SECANT_F32 && type == FORMAT_ONNX_FLOAT) || (have == SECANT_I32 && type == FORMAT_ONNX_INT32)
			|| (have == SECANT_U8 && type == FORMAT_ONNX_UINT8))) {
		if (t)
			memcpy(t->data, from, (size_t)n * format_onnx_type_size(type));
		return t;
	}
	for (int64_t i = 0; i < n; i++) {
		double x = f64           ? ((const double *)from)[i]
			: have == SECANT_F32 ? (double)((const float *)from)[i]
			: have == SECANT_I32 ? (double)((const int32_t *)from)[i]
			: have == SECANT_I8  ? (double)((const int8_t *)from)[i]
								 : (double)((const uint8_t *)from)[i];
		format_onnx_put_reals(t, i, 1, &x);
	}
	return t;
}

/* Everything between a mapped network and its results. */
typedef struct planned {
	secant_shape *size; /* of each input; NULL: the place is free */
	format_onnx_tensor **known; /* of each input: the numbers that the plan is for; NULL: any */
	secant_err refused; /* why there is no plan for it: it is not looked for again */
	uint64_t used;
	format_onnx_network *n;
	exec_store *store;
	exec_plan *plan;
	exec_context *context;
	graph_value *out;
	int inputs;
	int *place, n_out; /* of each output of the model: its place among the plan's; -1: known */
	void **numbers; /* of each input; NULL: the plan does not read it */
} planned;

enum { MOST_PLANS = 6 };

struct deploy_onnx_plans {
	const format_onnx_model *model;
	exec_plan_options options;
	const deploy_offline_onnx *offline; /* NULL: any shapes, all inputs as the network has them */
	secant_status (*ask)(void *user, secant_err *err);
	void *user;
	uint64_t runs;
	planned kept[MOST_PLANS];
};

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
	for (int i = 0; p->known && i < p->inputs; i++)
		format_onnx_tensor_drop(p->known[i]);
	secant_free(p->known);
	if (p->n)
		format_onnx_network_free(p->n);
	secant_free(p->size);
	*p = (planned){ 0 };
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

/* Room for the numbers of each input that the plan reads. */
static secant_status
make_room(planned *p, const format_onnx_graph *g, secant_err *err)
{
	for (int i = 0; i < p->n->n_in; i++)
		for (int k = 0; k < exec_plan_inputs(p->plan); k++) {
			if (strcmp(exec_plan_input_name(p->plan, k), g->in[i].name) != 0)
				continue;
			int64_t n = secant_shape_count(&p->size[i]);
			if (!(p->numbers[i] = base_alloc_aligned((size_t)(n + 1) * sizeof(double))))
				return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %lld numbers", (long long)n);
			if (exec_context_set_input(p->context, g->in[i].name, p->numbers[i], err))
				return err->code;
		}
	return SECANT_OK;
}

static secant_status
sizes_of(format_onnx_tensor *const *in, int n, secant_shape *size, secant_err *err)
{
	for (int i = 0; i < n; i++) {
		if (in[i]->rank > SECANT_MAX_RANK)
			return secant_fail(err, SECANT_ERR_UNSUPPORTED, "input %d has %d axes", i, in[i]->rank);
		size[i].rank = in[i]->rank;
		memcpy(size[i].dim, in[i]->dim, sizeof *in[i]->dim * (size_t)in[i]->rank);
	}
	return SECANT_OK;
}

static graph_value
prepare(graph_net *g, graph_value x, const void *in_)
{
	const deploy_offline_input *in = in_;
	return deploy_build_preparation(g, &in->prepared, x, (int)in->shape.dim[in->rows ? 3 : 1], NULL);
}

static bool
comes_as_bytes(const deploy_onnx_plans *all, int i)
{
	return all->offline && all->offline->in[i].aipp;
}

/* How inputs of the sizes that came are to be mapped. */
static secant_status
say_sizes(format_onnx_size *sizes, const secant_shape *came, const deploy_onnx_plans *all, int n, secant_err *err)
{
	secant_shape seen[DEPLOY_OFFLINE_INPUTS];
	for (int i = 0; i < n; i++) {
		sizes[i].shape = came[i];
		if (comes_as_bytes(all, i)) {
			const deploy_offline_input *in = &all->offline->in[i];
			sizes[i] = (format_onnx_size){ .shape = deploy_offline_prepared(in, &came[i]),
				.bytes = came[i],
				.last = !in->rows,
				.before = prepare,
				.user = in };
		}
		if (i < DEPLOY_OFFLINE_INPUTS)
			seen[i] = sizes[i].shape;
	}
	return all->offline ? deploy_offline_onnx_check(all->offline, seen, err) : SECANT_OK;
}

/*
 * Inputs that shapes may hang on, or places of numbers, become known, and the plan is for their numbers: whole numbers
 * always (plans have none as inputs), and where there is no plan otherwise a few real ones too, as a ratio or a size.
 */
static bool
wants_known(const format_onnx_tensor *t, bool reals)
{
	int64_t n = format_onnx_count(t);
	bool whole = t->type == FORMAT_ONNX_INT64 || t->type == FORMAT_ONNX_INT32;
	return whole ? n <= 4096 : reals && t->rank < 2 && n <= 64;
}

/* A copy of a tensor whose numbers are no weights: constants are made of them. */
static format_onnx_tensor *
known_copy(const format_onnx_tensor *t, secant_err *err)
{
	format_onnx_tensor *k = format_onnx_tensor_new(t->type, t->rank, t->dim, 0, err);
	if (k) {
		memcpy(k->data, t->data, (size_t)format_onnx_count(t) * format_onnx_type_size(t->type));
		k->sized = true;
	}
	return k;
}

/* Makes the plan of a place whose sizes are known. */
static secant_status
fill(planned *p, const deploy_onnx_plans *all, format_onnx_tensor *const *in, bool reals, secant_err *err)
{
	format_onnx_size *sizes = secant_calloc((size_t)p->inputs + 1, sizeof *sizes);
	p->known = secant_calloc((size_t)p->inputs + 1, sizeof(format_onnx_tensor *));
	if (!sizes || !p->known)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	else if (!say_sizes(sizes, p->size, all, p->inputs, err)) {
		for (int i = 0; i < p->inputs && !err->code; i++)
			if (wants_known(in[i], reals))
				sizes[i].known = p->known[i] = known_copy(in[i], err);
		if (!err->code)
			p->n = format_onnx_map(all->model, sizes, p->inputs, NULL, err);
	}
	secant_free(sizes);
	if (!p->n || make_plan(p, &all->options, err) || make_room(p, &all->model->graph, err))
		return err->code;
	exec_context_ask(p->context, all->ask, all->user);
	return SECANT_OK;
}

static bool
is_for(const planned *p, const secant_shape *size, format_onnx_tensor *const *in, int n)
{
	if (!p->size || memcmp(p->size, size, (size_t)n * sizeof *size) != 0)
		return false;
	for (int i = 0; i < n && p->known; i++) {
		const format_onnx_tensor *k = p->known[i];
		if (k
			&& (k->type != in[i]->type
				|| memcmp(k->data, in[i]->data, (size_t)format_onnx_count(k) * format_onnx_type_size(k->type)) != 0))
			return false;
	}
	return true;
}

/* The plan for inputs of these sizes; a new one takes the place that was not used for longest. What there can be no
 * plan for is remembered too. */
static planned *
plan_for(deploy_onnx_plans *p, format_onnx_tensor *const *in, int n, secant_err *err)
{
	planned *place = &p->kept[0];
	secant_shape *size = secant_calloc((size_t)n + 1, sizeof *size);
	if (!size || sizes_of(in, n, size, err)) {
		secant_free(size);
		secant_fail(err, err->code ? err->code : SECANT_ERR_NOMEM, "%s", err->code ? err->msg : "no memory");
		return NULL;
	}
	for (planned *k = p->kept; k < p->kept + MOST_PLANS; k++) {
		if (is_for(k, size, in, n)) {
			secant_free(size);
			k->used = ++p->runs;
			return k;
		}
		if (k->used < place->used)
			place = k;
	}
	secant_err first = { 0 };
	for (int reals = 0; reals < 2; reals++) {
		secant_err own = { 0 };
		planned_free(place);
		*place = (planned){ .inputs = n, .used = ++p->runs };
		if (!(place->size = secant_calloc((size_t)n + 1, sizeof *size))) {
			secant_fail(&own, SECANT_ERR_NOMEM, "no memory");
		} else {
			memcpy(place->size, size, (size_t)n * sizeof *size);
			if (!fill(place, p, in, reals, &own)) {
				secant_free(size);
				return place;
			}
		}
		if (!reals)
			first = own;
		bool more = false;
		for (int i = 0; i < n; i++)
			more = more || (wants_known(in[i], true) && !wants_known(in[i], false));
		if (own.code != SECANT_ERR_UNSUPPORTED || !more)
			break;
	}
	planned_free(place);
	if (first.code == SECANT_ERR_UNSUPPORTED) {
		*place = (planned){ .size = size, .inputs = n, .used = p->runs, .refused = first };
		return place;
	}
	secant_free(size);
	*err = first;
	return NULL;
}

deploy_onnx_plans *
deploy_onnx_plans_new(const format_onnx_model *m, const exec_plan_options *options, secant_err *err)
{
	deploy_onnx_plans *p = secant_calloc(1, sizeof *p);
	if (!p)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for plans");
	else
		*p = (deploy_onnx_plans){ .model = m, .options = *options };
	return p;
}

void
deploy_onnx_plans_free(deploy_onnx_plans *p)
{
	for (int i = 0; p && i < MOST_PLANS; i++)
		planned_free(&p->kept[i]);
	secant_free(p);
}

void
deploy_onnx_plans_offline(deploy_onnx_plans *p, const deploy_offline_onnx *o)
{
	p->offline = o;
}

void
deploy_onnx_plans_ask(deploy_onnx_plans *p, secant_status (*ask)(void *user, secant_err *err), void *user)
{
	p->ask = ask;
	p->user = user;
	for (int i = 0; i < MOST_PLANS; i++)
		if (p->kept[i].context)
			exec_context_ask(p->kept[i].context, ask, user);
}

secant_status
deploy_onnx_plans_run(
	deploy_onnx_plans *all, format_onnx_tensor *const *in, int n_in, format_onnx_tensor **out, secant_err *err)
{
	secant_err own = { 0 };
	bool f64 = all->options.precision == EXEC_PRECISION_F64;
	planned *p = plan_for(all, in, n_in, &own);
	if (p && p->refused.code)
		own = p->refused;
	if (own.code)
		return secant_fail(err, own.code, "%s", own.msg);
	const graph_net *g = p->n->g;
	for (int i = 0; i < n_in; i++)
		if (p->numbers[i])
			put_numbers(p->numbers[i], in[i],
				comes_as_bytes(all, i) ? SECANT_U8 : graph_value_at(g, p->n->in[i].v)->type.dtype, f64);
	(void)!exec_context_run(p->context, &own);
	for (int i = 0; i < p->n->n_out && !own.code; i++)
		out[i] = p->place[i] < 0 ? format_onnx_tensor_hold(p->n->known[i])
								 : result_of(g, p->out[p->place[i]], p->n->out[i].type,
									 exec_context_output(p->context, p->place[i]), f64, &own);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}

secant_status
deploy_onnx_run_planned(const format_onnx_model *m, format_onnx_tensor *const *in, int n_in, format_onnx_tensor **out,
	const exec_plan_options *options, secant_err *err)
{
	deploy_onnx_plans *p = deploy_onnx_plans_new(m, options, err);
	if (!p)
		return SECANT_ERR_NOMEM;
	secant_status s = deploy_onnx_plans_run(p, in, n_in, out, err);
	deploy_onnx_plans_free(p);
	return s;
}
