/* Pictures of bytes prepared by operators. See prepared.h. */
#include "deploy/prepared.h"
#include "ops/picture.h"

static void
put(secant_reals *to, const float *from, int n)
{
	to->n = n;
	for (int i = 0; i < n; i++)
		to->v[i] = (double)from[i];
}

static graph_net *
make_graph(void *user, const secant_shape *inputs, int n, secant_err *err)
{
	const deploy_preparer *p = user;
	const deploy_deployed *d = p->of;
	secant_shape nominal = secant_shape_of(4, 1, 64, 64, d->in_channels);
	op_normalize_attr numbers = { .channels = d->in_channels };
	op_multiple_attr multiple = { { 2, { d->multiple, d->multiple } }, { 2, { d->least, d->least } } };
	graph_net *g = graph_new();
	if (!g) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a graph");
		return NULL;
	}
	put(&numbers.scale, d->scale, d->in_channels);
	put(&numbers.shift, d->shift, d->in_channels);
	graph_value v = graph_input(g, "picture", SECANT_U8, n ? inputs : &nominal);
	v = graph_apply(g, "normalize_picture", &numbers, 1, v);
	graph_output(g, "prepared", d->multiple > 1 || d->least > 1 ? graph_apply(g, "pad_to", &multiple, 1, v) : v);
	if (!graph_check(g, err))
		return g;
	graph_free(g);
	return NULL;
}

secant_status
deploy_preparer_make(deploy_preparer *p, const deploy_deployed *d, int threads, secant_err *err)
{
	secant_err own = { 0 };
	*p = (deploy_preparer){ .of = d };
	graph_net *g = make_graph(p, NULL, 0, &own);
	exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = threads };
	if (g && (p->store = exec_store_new(g, false, &own)))
		p->runner = exec_runner_new(p->store, g, make_graph, p, &o, &own);
	graph_free(g);
	if (p->runner)
		return SECANT_OK;
	deploy_preparer_free(p);
	return secant_fail(err, own.code, "%s", own.msg);
}

void
deploy_preparer_free(deploy_preparer *p)
{
	exec_runner_free(p->runner);
	exec_store_free(p->store);
	p->runner = NULL;
	p->store = NULL;
}

secant_session *
deploy_preparer_session(const deploy_preparer *p, secant_err *err)
{
	return exec_session_new(p->runner, NULL, 0, err);
}

secant_status
deploy_prepare(secant_session *s, const uint8_t *bytes, int h, int w, int channels, secant_tensor *out, secant_err *err)
{
	secant_tensor in = { SECANT_U8, { 4, { 1, h, w, channels } }, (void *)(uintptr_t)bytes, NULL };
	*out = (secant_tensor){ 0 };
	return secant_session_run(s, &in, out, err);
}
