/* The public face of an opened model. See secant/session.h. */
#include <secant/predict.h>
#include <secant/session.h>
#include "deploy/network.h"

struct secant_engine {
	deploy_deployed model; /* never moved: its runner points into it */
};

static secant_engine *
open_engine(const void *data, size_t size, const char *model, const secant_predict *options, secant_err *err)
{
	secant_err own = { 0 };
	secant_predict o;
	secant_engine *e = secant_calloc(1, sizeof *e);
	if (!e)
		secant_fail(&own, SECANT_ERR_NOMEM, "no memory for a model");
	else if (!(options ? secant_opts_copy(&secant_predict_options, &o, options, &own)
					   : secant_opts_init(&secant_predict_options, &o, &own))) {
		unsigned allow = (o.allow_reference ? DEPLOY_ALLOW_REFERENCE : 0u) | DEPLOY_WHOLE;
		if (data)
			(void)!deploy_deployed_open_memory(&e->model, data, size, model, o.precision, o.threads, allow, &own);
		else
			(void)!deploy_deployed_open(&e->model, model, o.precision, o.threads, allow, &own);
		secant_opts_free(&secant_predict_options, &o);
	}
	if (!own.code)
		return e;
	secant_free(e);
	secant_fail(err, own.code, "%s", own.msg);
	return NULL;
}

secant_engine *
secant_engine_open(const char *model, const secant_predict *options, secant_err *err)
{
	return open_engine(NULL, 0, model, options, err);
}

secant_engine *
secant_engine_open_memory(
	const void *data, size_t size, const char *name, const secant_predict *options, secant_err *err)
{
	return open_engine(data ? data : "", data ? size : 0, name, options, err);
}

void
secant_engine_close(secant_engine *e)
{
	if (e)
		deploy_deployed_close(&e->model);
	secant_free(e);
}

int
secant_engine_inputs(const secant_engine *e)
{
	return exec_runner_inputs(e->model.runner);
}
const secant_port *
secant_engine_input(const secant_engine *e, int i)
{
	return i >= 0 && i < secant_engine_inputs(e) ? exec_runner_input(e->model.runner, i) : NULL;
}
int
secant_engine_outputs(const secant_engine *e)
{
	return exec_runner_outputs(e->model.runner);
}
const secant_port *
secant_engine_output(const secant_engine *e, int i)
{
	return i >= 0 && i < secant_engine_outputs(e) ? exec_runner_output(e->model.runner, i) : NULL;
}

secant_session *
secant_engine_session(secant_engine *e, const char *const *names, int n, secant_err *err)
{
	return exec_session_new(e->model.runner, names, n, err);
}
