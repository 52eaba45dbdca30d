/*
 * Maps of several depths, enlarged, put beside each other and mixed by a convolution of 1x1: what is mixed before it is
 * enlarged gives the same but for rounding, for every way of resizing, with bias, sum and activation; where it saves
 * nothing or is not the same, the graph stays as it is.
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
#include "ops/act.h"
#include "ops/known.h"
#include "ops/ops.h"

enum { H = 12, W = 20, BATCH = 2 };

typedef struct situation {
	const char *label;
	int mode;
	bool corners;
	int small_h, small_w, channels, outputs, kernel; /* of the map that is enlarged; of the convolution */
	bool beside, bias, sum, read_twice;
	int act, late; /* late: how many of the maps are enlarged after the product */
} situation;

static const situation situations[] = {
	{ "between pixels", OP_RESIZE_BILINEAR, false, 3, 5, 64, 32, 1, true, true, false, false, OP_ACT_RELU, 2 },
	{ "corners aligned", OP_RESIZE_BILINEAR, true, 6, 7, 64, 32, 1, true, true, false, false, OP_ACT_NONE, 2 },
	{ "repeated", OP_RESIZE_NEAREST, false, 6, 10, 64, 32, 1, true, true, false, false, OP_ACT_RELU, 2 },
	{ "bicubic", OP_RESIZE_BICUBIC, false, 3, 5, 64, 32, 1, true, false, false, false, OP_ACT_RELU, 2 },
	{ "with a sum", OP_RESIZE_BILINEAR, false, 3, 5, 64, 32, 1, true, true, true, false, OP_ACT_RELU, 2 },
	{ "nothing beside them", OP_RESIZE_BILINEAR, false, 3, 5, 64, 32, 1, false, true, false, false, OP_ACT_RELU, 2 },
	{ "nothing beside them, no bias", OP_RESIZE_BILINEAR, false, 1, 1, 64, 32, 1, false, false, true, false,
		OP_ACT_NONE, 2 },
	{ "few channels", OP_RESIZE_BILINEAR, false, 3, 5, 32, 32, 1, true, true, false, false, OP_ACT_RELU, 0 },
	{ "many outputs", OP_RESIZE_BILINEAR, false, 3, 5, 64, 160, 1, true, true, false, false, OP_ACT_RELU, 0 },
	{ "hardly enlarged", OP_RESIZE_BILINEAR, false, 10, 18, 64, 32, 1, true, true, false, false, OP_ACT_RELU, 0 },
	{ "neighbours mixed", OP_RESIZE_BILINEAR, false, 3, 5, 64, 32, 3, true, true, false, false, OP_ACT_RELU, 0 },
	{ "somebody else reads one", OP_RESIZE_BILINEAR, false, 3, 5, 64, 32, 1, true, true, false, true, OP_ACT_RELU, 1 },
};

/* concat(resize(x), beside, resize(x2)) convolved. */
static graph_net *
network(const situation *s, graph_value *y)
{
	graph_net *g = graph_new();
	secant_shape small = { 4, { BATCH, s->small_h, s->small_w, s->channels } };
	graph_value x = graph_input(g, "x", SECANT_F32, &small);
	graph_value beside = graph_input(g, "beside", SECANT_F32, &(secant_shape){ 4, { BATCH, H, W, 7 } });
	graph_value added = graph_input(g, "added", SECANT_F32, &(secant_shape){ 4, { BATCH, H, W, s->outputs } });
	op_resize_attr a = { .mode = s->mode, .size = { 2, { H, W } }, .align_corners = s->corners };
	graph_value one = graph_apply(g, "resize", &a, 1, x),
				two = graph_apply(g, "resize", &a, 1, graph_apply(g, "relu", NULL, 1, x));
	int channels = 2 * s->channels + (s->beside ? 7 : 0);
	graph_value all = s->beside ? graph_apply(g, "concat", &(op_axis_attr){ 3 }, 3, one, beside, two)
								: graph_apply(g, "concat", &(op_axis_attr){ 3 }, 2, one, two);
	graph_value w = graph_state(g, "w", SECANT_F32,
		&(secant_shape){ 4, { s->outputs, channels, s->kernel, s->kernel } }, false, GRAPH_INIT_ZEROS);
	graph_value b = s->bias
		? graph_state(g, "b", SECANT_F32, &(secant_shape){ 1, { s->outputs } }, false, GRAPH_INIT_ZEROS)
		: -1;
	op_conv_attr conv = op_conv(1, s->kernel / 2, 1, 1);
	conv.act = s->act;
	y[0] = graph_apply(g, "conv2d", &conv, 4, all, w, b, s->sum ? added : -1);
	y[1] = s->read_twice ? graph_apply(g, "relu", NULL, 1, two) : y[0];
	return g;
}

static void
fill(float *v, int64_t n, double phase)
{
	for (int64_t i = 0; i < n; i++)
		v[i] = (float)sin((double)i * 0.37 + phase);
}

static float *
run(const situation *s, const graph_net *g, const graph_value *y)
{
	static float x[BATCH * H * W * 64], beside[BATCH * H * W * 7], added[BATCH * H * W * 160];
	secant_err err = { 0 };
	exec_store *store = exec_store_new(g, false, &err);
	for (int i = 0; store && i < store->n; i++)
		fill(store->slot[i].data, store->slot[i].count, i);
	exec_plan *p = store
		? exec_plan_new(g, store, y, 2, &(exec_plan_options){ .precision = EXEC_PRECISION_F32, .threads = 2 }, &err)
		: NULL;
	if (!p)
		fail_msg("%s: %s", s->label, err.msg);
	fill(x, sizeof x / sizeof *x, 1), fill(beside, sizeof beside / sizeof *beside, 2);
	fill(added, sizeof added / sizeof *added, 3);
	exec_context *c = exec_context_new(p, &err);
	(void)!exec_context_set_input(c, "x", x, NULL);
	(void)!exec_context_set_input(c, "beside", beside, NULL);
	(void)!exec_context_set_input(c, "added", added, NULL);
	if (exec_context_run(c, &err))
		fail_msg("%s: %s", s->label, err.msg);
	size_t bytes = (size_t)secant_shape_count(graph_shape(g, y[0])) * sizeof(float);
	float *out = malloc(bytes);
	memcpy(out, exec_context_output(c, 0), bytes);
	exec_context_free(c);
	exec_plan_free(p);
	exec_store_free(store);
	return out;
}

/* How many resizings read a convolution. */
static int
count_late(const graph_net *g)
{
	int n = 0;
	for (int i = 0; i < graph_nodes(g); i++) {
		const graph_node *m = graph_get_node(g, i);
		const graph_value_info *from = m->op == &op_resize ? graph_value_at(g, m->in[0]) : NULL;
		n += from && from->kind == GRAPH_VALUE_NODE && graph_get_node(g, from->node)->op == &op_conv2d;
	}
	return n;
}

static void
products_are_made_where_maps_are_small(void **state)
{
	for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
		const situation *s = &situations[i];
		secant_err err = { 0 };
		graph_value y[2];
		graph_net *g = network(s, y);
		if (graph_check(g, &err))
			fail_msg("%s: %s", s->label, err.msg);
		graph_value kept[] = { y[0], y[1] };
		graph_net *b = op_pass_enlarge_late(g, kept, 2, &err);
		if (!b || count_late(b) != s->late)
			fail_msg("%s: %d enlarged late, want %d; %s", s->label, b ? count_late(b) : -1, s->late, err.msg);
		float *want = run(s, g, y), *got = run(s, b, kept);
		for (int64_t k = 0; k < secant_shape_count(graph_shape(g, y[0])); k++)
			if (!(fabsf(want[k] - got[k]) <= 4e-5f * (1 + fabsf(want[k]))))
				fail_msg("%s: number %d is %g, want %g", s->label, (int)k, (double)got[k], (double)want[k]);
		free(want), free(got);
		graph_free(b);
		graph_free(g);
	}
}

static void
resizings_to_the_own_size_disappear(void **state)
{
	static const int modes[] = { OP_RESIZE_NEAREST, OP_RESIZE_BILINEAR, OP_RESIZE_BICUBIC };
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		for (int other = 0; other < 2; other++) {
			secant_err err = { 0 };
			graph_net *g = graph_new();
			graph_value x = graph_input(g, "x", SECANT_F32, &(secant_shape){ 4, { 1, H, W, 3 } });
			op_resize_attr a = { .mode = modes[i], .size = { 2, { H, W + other } } };
			graph_value y = graph_apply(g, "relu", NULL, 1, graph_apply(g, "resize", &a, 1, x));
			graph_net *b = op_pass_enlarge_late(g, &y, 1, &err);
			assert_non_null(b);
			assert_int_equal(graph_nodes(b), 1 + other);
			graph_free(b);
			graph_free(g);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(products_are_made_where_maps_are_small),
		cmocka_unit_test(resizings_to_the_own_size_disappear) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
