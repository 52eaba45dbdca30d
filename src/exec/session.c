/* What one thread runs a network with. See session.h. */
#include "exec/session.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

typedef struct seat {
	const exec_runner_plan *plan; /* NULL: empty */
	secant_shape *input;
	exec_context *context;
	uint64_t used;
} seat;

typedef struct scratch {
	void *data;
	size_t bytes;
} scratch;

struct secant_session {
	exec_runner *runner;
	int *output, n_output;
	const exec_context *host;
	seat seat[EXEC_RUNNER_PLANS];
	uint64_t clock;
	scratch *converted; /* of each input, then of each output: numbers of another type */
	secant_shape *shape; /* of each input, in the run that is going on */
	double limit, until;
	atomic_bool cancelled;
};

static secant_status
ask(void *user, secant_err *err)
{
	secant_session *s = user;
	if (atomic_load_explicit(&s->cancelled, memory_order_relaxed)) {
		atomic_store(&s->cancelled, false);
		return secant_fail(err, SECANT_ERR_CANCELLED, "cancelled");
	}
	if (s->until > 0 && secant_seconds() >= s->until)
		return secant_fail(err, SECANT_ERR_DEADLINE, "not done within %g seconds", s->limit);
	return SECANT_OK;
}

/* ---- the session ---- */

static secant_status
choose_outputs(secant_session *s, const char *const *names, secant_err *err)
{
	for (int i = 0; i < s->n_output; i++) {
		s->output[i] = names ? exec_runner_find_output(s->runner, names[i]) : i;
		if (s->output[i] >= 0)
			continue;
		char all[300] = "";
		for (int k = 0; k < exec_runner_outputs(s->runner); k++) {
			size_t at = strlen(all);
			(void)snprintf(all + at, sizeof all - at, "%s%s", k ? ", " : "", exec_runner_output(s->runner, k)->name);
		}
		return secant_fail(err, SECANT_ERR_ARG, "the network has no output '%s'; it has %s", names[i], all);
	}
	return SECANT_OK;
}

secant_session *
exec_session_new(exec_runner *r, const char *const *names, int n, secant_err *err)
{
	secant_session *s = secant_calloc(1, sizeof *s);
	size_t inputs = (size_t)exec_runner_inputs(r);
	n = names ? n : exec_runner_outputs(r);
	if (s) {
		s->runner = r;
		s->n_output = n;
		s->output = secant_calloc((size_t)n + 1, sizeof *s->output);
		s->converted = secant_calloc(inputs + (size_t)n + 1, sizeof *s->converted);
		s->shape = secant_calloc((inputs + 1) * (EXEC_RUNNER_PLANS + 1), sizeof *s->shape);
		for (size_t i = 0; i < EXEC_RUNNER_PLANS && s->shape; i++)
			s->seat[i].input = s->shape + (i + 1) * inputs;
	}
	if (!s || !s->output || !s->converted || !s->shape)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a session");
	else if (!choose_outputs(s, names, err))
		return s;
	secant_session_free(s);
	return NULL;
}

static void
leave(secant_session *s, seat *t)
{
	exec_context_free(t->context);
	if (t->plan)
		exec_runner_give(s->runner, t->plan);
	t->context = NULL;
	t->plan = NULL;
	t->used = 0;
}

void
exec_session_forget(secant_session *s)
{
	for (int i = 0; i < EXEC_RUNNER_PLANS; i++)
		leave(s, &s->seat[i]);
}

void
secant_session_free(secant_session *s)
{
	if (!s)
		return;
	exec_session_forget(s);
	for (int i = 0; s->converted && i < exec_runner_inputs(s->runner) + s->n_output; i++)
		secant_free(s->converted[i].data);
	secant_free(s->converted);
	secant_free(s->output);
	secant_free(s->shape);
	secant_free(s);
}

int
secant_session_outputs(const secant_session *s)
{
	return s->n_output;
}

const secant_port *
secant_session_output(const secant_session *s, int i)
{
	return exec_runner_output(s->runner, s->output[i]);
}

void
secant_session_limit(secant_session *s, double seconds)
{
	s->limit = seconds;
}

void
secant_session_cancel(secant_session *s)
{
	atomic_store(&s->cancelled, true);
}

void
exec_session_stand_on(secant_session *s, const exec_context *host)
{
	s->host = host;
}

/* ---- contexts ---- */

static bool
is_at(const secant_session *s, const seat *t, const secant_shape *inputs)
{
	bool same = t->plan && !exec_runner_is_stale(t->plan);
	for (int i = 0; i < exec_runner_inputs(s->runner) && same; i++)
		same = secant_shape_equal(&t->input[i], &inputs[i]);
	return same;
}

/* The context at these shapes; the one that was not used for longest makes room for a new one. */
static secant_status
sit(secant_session *s, const secant_shape *inputs, seat **found, secant_err *err)
{
	seat *t = &s->seat[0];
	for (int i = 0; i < EXEC_RUNNER_PLANS; i++) {
		if (is_at(s, &s->seat[i], inputs)) {
			t = &s->seat[i];
			break;
		}
		if (s->seat[i].used < t->used) /* empty ones have 0 */
			t = &s->seat[i];
	}
	if (!is_at(s, t, inputs)) {
		secant_err own = { 0 };
		leave(s, t);
		if ((t->plan = exec_runner_take(s->runner, inputs, s->output, s->n_output, &own)))
			t->context = exec_context_new_in((exec_plan *)t->plan->plan, s->host, &own);
		if (!t->context) {
			leave(s, t);
			return secant_fail(err, own.code ? own.code : SECANT_ERR_BUG, "%s", own.msg);
		}
		memcpy(t->input, inputs, (size_t)exec_runner_inputs(s->runner) * sizeof *inputs);
		exec_context_ask(t->context, ask, s);
	}
	t->used = ++s->clock;
	*found = t;
	return SECANT_OK;
}

secant_status
exec_session_prepare(
	secant_session *s, const secant_shape *inputs, const exec_plan **plan, exec_context **context, secant_err *err)
{
	seat *t;
	secant_status status = sit(s, inputs, &t, err);
	if (!status) {
		*plan = t->plan->plan;
		*context = t->context;
	}
	return status;
}

/* ---- running ---- */

static secant_status
room_for(scratch *c, size_t bytes, secant_err *err)
{
	if (bytes <= c->bytes)
		return SECANT_OK;
	secant_free(c->data);
	c->bytes = 0;
	if (!(c->data = base_alloc_aligned(bytes)))
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %.1f MiB of numbers", (double)bytes / 1048576);
	c->bytes = bytes;
	return SECANT_OK;
}

static void
convert(secant_tensor *to, const secant_tensor *from)
{
	for (int64_t i = 0, n = secant_shape_count(&from->shape); i < n; i++)
		secant_tensor_set(to, i, secant_tensor_get(from, i));
}

static secant_dtype
as_run(const secant_session *s, secant_dtype d)
{
	return exec_runner_reals(s->runner) == SECANT_F64 ? SECANT_F64 : d;
}

static bool
reads(const exec_plan *p, const char *name)
{
	for (int i = 0; i < exec_plan_inputs(p); i++)
		if (!strcmp(exec_plan_input_name(p, i), name))
			return true;
	return false;
}

static secant_status
take_shapes(secant_session *s, const secant_tensor *in, secant_err *err)
{
	char got[96], want[96];
	for (int i = 0; i < exec_runner_inputs(s->runner); i++) {
		const secant_port *p = exec_runner_input(s->runner, i);
		if (in[i].shape.rank != p->shape.rank)
			return secant_fail(err, SECANT_ERR_SHAPE, "'%s' is %s, the network takes %d axes, such as %s", p->name,
				secant_shape_text(&in[i].shape, got, sizeof got), p->shape.rank,
				secant_shape_text(&p->shape, want, sizeof want));
		if (secant_shape_count(&in[i].shape) < 0)
			return secant_fail(err, SECANT_ERR_SHAPE, "'%s' is %s, which is no size", p->name,
				secant_shape_text(&in[i].shape, got, sizeof got));
		s->shape[i] = in[i].shape;
	}
	return SECANT_OK;
}

static secant_status
set_inputs(secant_session *s, const seat *t, const secant_tensor *in, secant_err *err)
{
	secant_status status = SECANT_OK;
	for (int i = 0; i < exec_runner_inputs(s->runner) && !status; i++) {
		const secant_port *p = exec_runner_input(s->runner, i);
		secant_tensor to = { as_run(s, p->dtype), in[i].shape, in[i].data, NULL };
		if (!reads(t->plan->plan, p->name))
			continue;
		if (!in[i].data && secant_shape_count(&in[i].shape))
			return secant_fail(err, SECANT_ERR_ARG, "input '%s' is missing", p->name);
		if (in[i].dtype != to.dtype) {
			if ((status = room_for(&s->converted[i], secant_tensor_bytes(&to), err)))
				return status;
			to.data = s->converted[i].data;
			convert(&to, &in[i]);
		}
		status = exec_context_set_input(t->context, p->name, to.data, err);
	}
	return status;
}

static secant_status
set_outputs(secant_session *s, const seat *t, const secant_tensor *out, secant_err *err)
{
	char got[96], want[96];
	secant_status status = SECANT_OK;
	for (int i = 0; i < s->n_output && !status; i++) {
		const secant_shape *shape = &t->plan->output_shape[i];
		if (out[i].data && !secant_shape_equal(&out[i].shape, shape))
			return secant_fail(err, SECANT_ERR_SHAPE, "'%s' is %s, there is room for %s",
				secant_session_output(s, i)->name, secant_shape_text(shape, want, sizeof want),
				secant_shape_text(&out[i].shape, got, sizeof got));
		bool straight = out[i].data && out[i].dtype == t->plan->output_dtype[i];
		status = exec_context_set_output(t->context, i, straight ? out[i].data : NULL, err);
	}
	return status;
}

static void
deliver(const secant_session *s, const seat *t, secant_tensor *out)
{
	for (int i = 0; i < s->n_output; i++) {
		secant_tensor made = { t->plan->output_dtype[i], t->plan->output_shape[i],
			(void *)(uintptr_t)exec_context_output(t->context, i), NULL };
		if (!out[i].data)
			out[i] = made;
		else if (out[i].dtype != made.dtype)
			convert(&out[i], &made);
	}
}

secant_status
secant_session_run(secant_session *s, const secant_tensor *in, secant_tensor *out, secant_err *err)
{
	seat *t;
	secant_status status;
	s->until = s->limit > 0 ? secant_seconds() + s->limit : 0;
	if ((status = take_shapes(s, in, err)) || (status = sit(s, s->shape, &t, err))
		|| (status = set_inputs(s, t, in, err)) || (status = set_outputs(s, t, out, err)))
		return status;
	if ((status = ask(s, err)) || (status = exec_context_run(t->context, err)))
		return status;
	deliver(s, t, out);
	return SECANT_OK;
}
