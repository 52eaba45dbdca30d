/*
 * Enlarging and concatenating in one pass over memory: where a graph says both, one node does, with the same bits;
 * where the resizing is not a whole number of repeated pixels, or somebody else reads its result, the graph stays as it
 * is.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include "exec/exec.h"
#include "exec/plan.h"
#include "ops/known.h"
#include "ops/ops.h"

typedef struct situation {
	const char *label;
	int mode, height, width; /* to which the input of 5 x 6 is resized */
	double scale_h;
	int axis;
	bool read_twice, joined;
} situation;

static const situation situations[] = {
	{ "twice", OP_RESIZE_NEAREST, 10, 12, 0, 3, false, true },
	{ "rows three times", OP_RESIZE_NEAREST, 15, 6, 0, -1, false, true },
	{ "half a row", OP_RESIZE_NEAREST, 10, 15, 0, 3, false, false },
	{ "smaller", OP_RESIZE_NEAREST, 5, 3, 0, 3, false, false },
	{ "another step than the sizes say", OP_RESIZE_NEAREST, 10, 12, 0.4, 3, false, false },
	{ "between pixels", OP_RESIZE_BILINEAR, 10, 12, 0, 3, false, false },
	{ "behind each other in rows", OP_RESIZE_NEAREST, 10, 12, 0, 1, false, false },
	{ "somebody else reads it", OP_RESIZE_NEAREST, 10, 12, 0, 3, true, false },
};
enum { CHANNELS = 7 };

static graph_net *
network(const situation *s, graph_value *y)
{
	graph_net *g = graph_new();
	graph_value x = graph_input(g, "x", SECANT_F32, &(secant_shape){ 4, { 2, 5, 6, CHANNELS } });
	graph_value skip = graph_input(g, "skip", SECANT_F32, &(secant_shape){ 4, { 2, s->height, s->width, CHANNELS } });
	op_resize_attr a = { .mode = s->mode, .size = { 2, { s->height, s->width } }, .scale_h = s->scale_h };
	graph_value large = graph_apply(g, "resize", &a, 1, x);
	y[0] = graph_apply(g, "concat", &(op_axis_attr){ s->axis }, 2, large, skip);
	y[1] = s->read_twice ? graph_apply(g, "relu", NULL, 1, large) : y[0];
	return g;
}

static int
count(const graph_net *g, const graph_op *op)
{
	int n = 0;
	for (int i = 0; i < graph_nodes(g); i++)
		n += graph_get_node(g, i)->op == op;
	return n;
}

static float *
run(const graph_net *g, const graph_value *y, const float *x, const float *skip, exec_precision precision)
{
	secant_err err = { 0 };
	exec_store *store = exec_store_new(g, false, &err);
	exec_plan *p = store
		? exec_plan_new(g, store, y, 2, &(exec_plan_options){ .precision = precision, .threads = 2 }, &err)
		: NULL;
	if (!p)
		fail_msg("%s", err.msg);
	exec_context *c = exec_context_new(p, &err);
	(void)!exec_context_set_input(c, "x", x, NULL);
	(void)!exec_context_set_input(c, "skip", skip, NULL);
	if (exec_context_run(c, &err))
		fail_msg("%s", err.msg);
	size_t bytes = (size_t)secant_shape_count(graph_shape(g, y[0])) * sizeof(float);
	float *out = malloc(bytes);
	memcpy(out, exec_context_output(c, 0), bytes);
	exec_context_free(c);
	exec_plan_free(p);
	exec_store_free(store);
	return out;
}

static void
joined_where_pixels_repeat_and_bits_stay(void **state)
{
	static float numbers[2 * 15 * 15 * CHANNELS];
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		numbers[i] = (float)(2 * sin((double)i * 0.37));
	for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
		const situation *s = &situations[i];
		secant_err err = { 0 };
		graph_value y[2];
		graph_net *g = network(s, y);
		if (graph_check(g, &err))
			fail_msg("%s: %s", s->label, err.msg);
		graph_value kept[] = { y[0], y[1] };
		graph_net *b = op_pass_enlarge_concat(g, kept, 2, &err);
		assert_non_null(b);
		if (count(b, &op_enlarge_concat) != s->joined || count(b, &op_resize) != !s->joined)
			fail_msg("%s: %d joined, %d resized", s->label, count(b, &op_enlarge_concat), count(b, &op_resize));
		for (int low = 0; low < 2; low++) {
			exec_precision precision = low ? EXEC_PRECISION_BF16 : EXEC_PRECISION_F32;
			float *want = run(g, y, numbers, numbers, precision), *got = run(b, kept, numbers, numbers, precision);
			assert_memory_equal(want, got, (size_t)secant_shape_count(graph_shape(g, y[0])) * sizeof(float));
			free(want), free(got);
		}
		graph_free(b);
		graph_free(g);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(joined_where_pixels_repeat_and_bits_stay) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
