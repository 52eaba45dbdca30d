/* From probabilities to decisions. See decide.h. */
#include "deploy/decide.h"
#include <math.h>
#include "ops/rules.h"

/* v >= least, for floats: above the number before it. No number is not. */
static graph_value
at_least(graph_net *g, graph_value v, double least)
{
	double before = (double)nextafterf((float)least, -INFINITY);
	return graph_apply(g, "greater", NULL, 2, v, graph_scalar(g, before));
}

static graph_value
whole_number(graph_net *g, double v)
{
	return graph_constant(g, SECANT_I32, &(secant_shape){ 0 }, &v);
}

graph_value
deploy_build_classes(graph_net *g, graph_value p, base_mode mode, double least, double none)
{
	const graph_node *most = graph_make_node(g, "max_with_index", &(op_index_attr){ .axis = -1 }, 1, &p);
	if (!most)
		return -1;
	graph_value enough = mode == BASE_MODE_MULTICLASS
		? graph_apply(g, "greater", NULL, 2, most->out[0], graph_scalar(g, -INFINITY))
		: at_least(g, most->out[0], least);
	return graph_apply(g, "where", NULL, 3, enough, most->out[1], whole_number(g, none));
}

static void
add_votes(const deploy_decider *d, graph_net *g, graph_value p)
{
	const float little = 1e-3f;
	graph_value yes;
	if (d->mode == BASE_MODE_MULTICLASS)
		yes = graph_apply(g, "one_hot", &(op_classes_attr){ d->classes }, 1,
			graph_apply(g, "argmax", &(op_index_attr){ .axis = -1 }, 1, p));
	else
		yes = graph_apply(g, "where", NULL, 3, at_least(g, p, d->vote), graph_scalar(g, 1), graph_scalar(g, 0));
	graph_value vote = op_build_number(g, "mul_scalar", (double)(1 - little), yes);
	graph_value share = op_build_number(g, "mul_scalar", (double)little, p);
	graph_output(g, "votes", graph_apply(g, "add", NULL, 2, vote, share));
}

static graph_net *
make_graph(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	const deploy_decider *d = user;
	secant_shape nominal = secant_shape_of(2, 64, d->classes);
	graph_net *g = graph_new();
	if (!g) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a graph");
		return NULL;
	}
	graph_value p = graph_input(g, "probabilities", SECANT_F32, n ? inputs : &nominal);
	graph_output(g, "classes", deploy_build_classes(g, p, d->mode, d->least, -1));
	add_votes(d, g, p);
	if (!graph_check(g, err))
		return g;
	graph_free(g);
	return NULL;
}

secant_status
deploy_decider_make(
	deploy_decider *d, base_mode mode, int classes, double least, double vote, int threads, secant_err *err)
{
	secant_err own = { 0 };
	*d = (deploy_decider){ .mode = mode, .classes = classes, .least = least, .vote = vote };
	graph_net *g = make_graph(d, NULL, 0, &own);
	exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = threads };
	if (g && (d->store = exec_store_new(g, false, &own)))
		d->runner = exec_runner_new(d->store, g, make_graph, d, &o, &own);
	graph_free(g);
	if (d->runner)
		return SECANT_OK;
	deploy_decider_free(d);
	return secant_fail(err, own.code, "%s", own.msg);
}

void
deploy_decider_free(deploy_decider *d)
{
	exec_runner_free(d->runner);
	exec_store_free(d->store);
	d->runner = NULL;
	d->store = NULL;
}

secant_session *
deploy_decider_session(const deploy_decider *d, const char *output, secant_err *err)
{
	return exec_session_new(d->runner, &output, 1, err);
}

secant_status
deploy_decide(
	secant_session *s, const float *probabilities, int64_t rows, int classes, const void **out, secant_err *err)
{
	secant_tensor in = { SECANT_F32, { 2, { rows, classes } }, (void *)(uintptr_t)probabilities, NULL };
	secant_tensor made = { 0 };
	secant_status status = secant_session_run(s, &in, &made, err);
	*out = made.data;
	return status;
}

int64_t
deploy_count_strange(const float *values, int64_t rows, int classes)
{
	int64_t strange = 0;
	for (int64_t i = 0; i < rows; i++) {
		int bad = 0;
		for (int c = 0; c < classes; c++)
			bad |= isnan(values[i * classes + c]);
		strange += bad != 0;
	}
	return strange;
}
