/*
 * Steps between canaries: right ones give the bits they give without, wrong ones are named.
 */
#include "data.h"
#include <math.h>
#include "exec/canaries.h"
#include "ops/ops.h"

enum { N = (16 << 10) + 37 }; /* strays of a row are as large as operands have rows */

typedef struct rig {
	graph_net *g;
	exec_store *store;
	exec_plan *plan;
	exec_context *context;
	float x[N], y[N];
	secant_err err;
} rig;

/* y = x * x by the implementation given; NULL: the plan's own. */
static secant_status
run_with(rig *r, bool canaries, const exec_impl *impl)
{
	*r = (rig){ .g = graph_new() };
	graph_value x = graph_input(r->g, "x", SECANT_F32, &(secant_shape){ 1, { N } });
	graph_scope(r->g, "layer");
	graph_value y = graph_apply(r->g, "square", NULL, 1, x);
	exec_plan_options o = { .precision = EXEC_PRECISION_F32, .canaries = canaries, .external = true };
	r->store = exec_store_new(r->g, false, &r->err);
	r->plan = exec_plan_new(r->g, r->store, &y, 1, &o, &r->err);
	if (!r->plan)
		fail_msg("%s", r->err.msg);
	if (impl) {
		r->plan->step[0].impl = impl;
		r->plan->step[0].scratch = 64;
		assert_int_equal(exec_plan_lay_out(r->plan, &r->err), SECANT_OK);
	}
	r->context = exec_context_new(r->plan, &r->err);
	for (int i = 0; i < N; i++)
		r->x[i] = (float)i - 3;
	if (!r->context || exec_context_set_input(r->context, "x", r->x, &r->err)
		|| exec_context_set_output(r->context, 0, r->y, &r->err))
		fail_msg("%s", r->err.msg);
	return exec_context_run(r->context, &r->err);
}

static void
rig_free(rig *r)
{
	exec_context_free(r->context);
	exec_plan_free(r->plan);
	exec_store_free(r->store);
	graph_free(r->g);
}

/* What the wrong implementations do after the right thing: a step that goes astray in a way. */
typedef enum stray { RIGHT, BEFORE, BEHIND, FAR_BEFORE, INTO_INPUT, BEFORE_SCRATCH, BEHIND_SCRATCH, READ_BEHIND } stray;
static stray astray;

static secant_status
square(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const float *x = in[0];
	float *y = out[0];
	for (int i = 0; i < N; i++)
		y[i] = x[i] * x[i];
	switch (astray) {
	case RIGHT: break;
	case BEFORE: y[-1] = 0; break;
	case BEHIND: y[N] = 0; break;
	case FAR_BEFORE: memset((char *)y - 49152, 0, 1024); break;
	case INTO_INPUT: ((float *)(uintptr_t)x)[5] = 8; break;
	case BEFORE_SCRATCH: ((float *)scratch)[-1] = 0; break;
	case BEHIND_SCRATCH: ((float *)scratch)[16] = 0; break;
	case READ_BEHIND: y[0] = x[N]; break;
	}
	return SECANT_OK;
}
static const exec_impl wrong = { .op = "square", .name = "wrong", .run = square };

static void
test_right_steps_give_the_same_bits(void **state)
{
	rig with, without;
	assert_int_equal(run_with(&with, true, NULL), SECANT_OK);
	assert_int_equal(run_with(&without, false, NULL), SECANT_OK);
	assert_memory_equal(with.y, without.y, sizeof with.y);
	assert_true(with.y[0] == 9);
	rig_free(&with);
	rig_free(&without);
}

static void
test_a_step_that_goes_astray_is_named(void **state)
{
	static const struct {
		stray how;
		const char *says;
	} rows[] = {
		{ BEFORE, "square 'layer' by wrong wrote in front of output 0: " },
		{ BEHIND, "square 'layer' by wrong wrote behind output 0: " },
		{ FAR_BEFORE, "square 'layer' by wrong wrote in front of output 0: " },
		{ INTO_INPUT, "square 'layer' by wrong wrote into input 0: " },
		{ BEFORE_SCRATCH, "square 'layer' by wrong wrote beside scratch 0: " },
		{ BEHIND_SCRATCH, "square 'layer' by wrong wrote beside scratch 0: " },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		rig r;
		astray = rows[i].how;
		assert_int_equal(run_with(&r, true, &wrong), SECANT_ERR_BUG);
		if (strncmp(r.err.msg, rows[i].says, strlen(rows[i].says)))
			fail_msg("'%s' does not begin '%s'", r.err.msg, rows[i].says);
		assert_non_null(strstr(r.err.msg, "--precision f32"));
		rig_free(&r);
	}
	rig r;
	astray = RIGHT;
	assert_int_equal(run_with(&r, true, &wrong), SECANT_OK);
	rig_free(&r);
}

static void
test_reading_outside_gives_no_number(void **state)
{
	rig r;
	astray = READ_BEHIND;
	assert_int_equal(run_with(&r, true, &wrong), SECANT_OK);
	assert_true(isnan(r.y[0]));
	rig_free(&r);
}

static void
test_the_environment_asks_for_every_plan(void **state)
{
	rig r;
	astray = BEHIND_SCRATCH;
	setenv("SECANT_CANARIES", "0", 1);
	assert_false(exec_canaries_wanted());
	setenv("SECANT_CANARIES", "1", 1);
	assert_int_equal(run_with(&r, false, &wrong), SECANT_ERR_BUG);
	unsetenv("SECANT_CANARIES");
	assert_false(exec_canaries_wanted());
	rig_free(&r);
}

int
main(void)
{
	unsetenv("SECANT_CANARIES");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right_steps_give_the_same_bits),
		cmocka_unit_test(test_a_step_that_goes_astray_is_named),
		cmocka_unit_test(test_reading_outside_gives_no_number),
		cmocka_unit_test(test_the_environment_asks_for_every_plan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
