/* From probabilities to decisions. See decide.h. */
#include "deploy/decide.h"
#include <math.h>
#include "ops/rules.h"

/* v >= least, for floats: above the number before it. No number is not. */
static secant_value
at_least(secant_graph *g, secant_value v, double least)
{
	double before = (double)nextafterf((float)least, -INFINITY);
	return secant_apply(g, "greater", NULL, 2, v, secant_graph_scalar(g, before));
}

static secant_value
whole_number(secant_graph *g, double v)
{
	return secant_graph_constant(g, SECANT_I32, &(secant_shape){ 0 }, &v);
}

static void
add_classes(const secant_decider *d, secant_graph *g, secant_value p)
{
	bool exclusive = d->task == SECANT_TASK_MULTICLASS;
	const secant_node *most = secant_graph_node(g, "max_with_index", &(secant_index_attr){ .axis = -1 }, 1, &p);
	if (!most)
		return;
	secant_value enough = exclusive
		? secant_apply(g, "greater", NULL, 2, most->out[0], secant_graph_scalar(g, -INFINITY))
		: at_least(g, most->out[0], d->least);
	secant_graph_output(g, "classes", secant_apply(g, "where", NULL, 3, enough, most->out[1], whole_number(g, -1)));
}

static void
add_votes(const secant_decider *d, secant_graph *g, secant_value p)
{
	const float little = 1e-3f;
	secant_value yes;
	if (d->task == SECANT_TASK_MULTICLASS)
		yes = secant_apply(g, "one_hot", &(secant_classes_attr){ d->classes }, 1,
			secant_apply(g, "argmax", &(secant_index_attr){ .axis = -1 }, 1, p));
	else
		yes = secant_apply(
			g, "where", NULL, 3, at_least(g, p, d->vote), secant_graph_scalar(g, 1), secant_graph_scalar(g, 0));
	secant_value vote = secant_build_number(g, "mul_scalar", (double)(1 - little), yes);
	secant_value share = secant_build_number(g, "mul_scalar", (double)little, p);
	secant_graph_output(g, "votes", secant_apply(g, "add", NULL, 2, vote, share));
}

static secant_graph *
make_graph(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	const secant_decider *d = user;
	secant_shape nominal = secant_shape_of(2, 64, d->classes);
	secant_graph *g = secant_graph_new();
	if (!g) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a graph");
		return NULL;
	}
	secant_value p = secant_graph_input(g, "probabilities", SECANT_F32, n ? inputs : &nominal);
	add_classes(d, g, p);
	add_votes(d, g, p);
	if (!secant_graph_check(g, err))
		return g;
	secant_graph_free(g);
	return NULL;
}

secant_status
secant_decider_make(
	secant_decider *d, secant_task task, int classes, double least, double vote, int threads, secant_err *err)
{
	secant_err own = { 0 };
	*d = (secant_decider){ .task = task, .classes = classes, .least = least, .vote = vote };
	secant_graph *g = make_graph(d, NULL, 0, &own);
	secant_plan_options o = { .precision = SECANT_PRECISION_F32, .threads = threads };
	if (g && (d->store = secant_store_new(g, false, &own)))
		d->runner = secant_runner_new(d->store, g, make_graph, d, &o, &own);
	secant_graph_free(g);
	if (d->runner)
		return SECANT_OK;
	secant_decider_free(d);
	return secant_fail(err, own.code, "%s", own.msg);
}

void
secant_decider_free(secant_decider *d)
{
	secant_runner_free(d->runner);
	secant_store_free(d->store);
	d->runner = NULL;
	d->store = NULL;
}

secant_session *
secant_decider_session(const secant_decider *d, const char *output, secant_err *err)
{
	return secant_session_new(d->runner, &output, 1, err);
}

secant_status
secant_decide(
	secant_session *s, const float *probabilities, int64_t rows, int classes, const void **out, secant_err *err)
{
	secant_tensor in = { SECANT_F32, { 2, { rows, classes } }, (void *)(uintptr_t)probabilities, NULL };
	secant_tensor made = { 0 };
	secant_status status = secant_session_run(s, &in, &made, err);
	*out = made.data;
	return status;
}
