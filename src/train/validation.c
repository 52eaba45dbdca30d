/* See validation.h. */
#include "train/validation.h"
#include "train/trainer.h"

void
train_validation_end(train_validation *v)
{
	exec_session_forget(v->session);
	exec_runner_forget(v->runner);
}

secant_status
train_validation_begin(train_validation *v, train_trainer *s, const char *output, secant_err *err)
{
	exec_plan_options o = {
		.precision = s->precision, .threads = s->o->threads, .allow_reference = s->o->allow_reference
	};
	if (!v->runner && !(v->runner = model_runner(&s->model, &o, err)))
		return err->code;
	if (!v->session && !(v->session = exec_session_new(v->runner, &output, 1, err)))
		return err->code;
	exec_session_stand_on(v->session, s->learning.context);
	train_validation_end(v);
	return SECANT_OK;
}

void
train_validation_free(train_validation *v)
{
	secant_session_free(v->session);
	exec_runner_free(v->runner);
	*v = (train_validation){ 0 };
}
