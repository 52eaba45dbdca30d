/*
 * Attention whose matrix of scores is large is computed in blocks of rows: the numbers of the whole, less memory, also
 * in training; what others read, or what is no attention, stays as it was.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "exec/exec.h"
#include "exec/plan.h"
#include "ops/ops.h"

enum { HEADS = 2, QUERIES = 1100, KEYS = 600, WIDTH = 64 };
typedef enum variant {
	PLAIN,
	SCALED,
	BIAS_OF_ROWS,
	BIAS_OF_KEYS,
	BIAS_FIRST,
	SCORES_READ,
	ALL_PAIRS,
	VARIANTS
} variant;

/* Over the keys of each query, or over all pairs of a head. */
static graph_value
shares(graph_net *g, graph_value scores, bool pairs)
{
	op_shape_attr flat = { { 3, { -2, -2, -1 } } }, back = { { 4, { 1, HEADS, QUERIES, KEYS } } };
	if (!pairs)
		return graph_apply(g, "softmax", &(op_axis_attr){ -1 }, 1, scores);
	scores = graph_apply(g, "softmax", &(op_axis_attr){ -1 }, 1, graph_apply(g, "reshape", &flat, 1, scores));
	return graph_apply(g, "reshape", &back, 1, scores);
}

static graph_value
attention(graph_net *g, variant v)
{
	graph_value q = graph_input(g, "q", SECANT_F32, &(secant_shape){ 4, { 1, HEADS, QUERIES, WIDTH } });
	graph_value k = graph_input(g, "k", SECANT_F32, &(secant_shape){ 4, { 1, HEADS, KEYS, WIDTH } });
	graph_value w = graph_input(g, "v", SECANT_F32, &(secant_shape){ 4, { 1, HEADS, KEYS, WIDTH } });
	bool keys = v == BIAS_OF_KEYS;
	graph_value bias = graph_input(
		g, "bias", SECANT_F32, &(secant_shape){ 4, { 1, keys ? 1 : HEADS, keys ? 1 : QUERIES, KEYS } });
	graph_value s = graph_apply(g, "matmul", &(op_matmul_attr){ .transpose_b = true }, 2, q, k);
	if (v != PLAIN)
		s = graph_apply(g, "mul_scalar", &(op_number_attr){ 0.35, 0 }, 1, s);
	if (v == BIAS_FIRST)
		s = graph_apply(g, "add", NULL, 2, bias, s);
	else if (v == BIAS_OF_ROWS || v == BIAS_OF_KEYS)
		s = graph_apply(g, "add", NULL, 2, s, bias);
	if (v == SCORES_READ)
		graph_output(g, "scores", s);
	return graph_apply(g, "matmul", NULL, 2, shares(g, s, v == ALL_PAIRS), w);
}

static int
count(const graph_net *g, const char *op)
{
	int n = 0;
	for (int i = 0; i < graph_nodes(g); i++)
		n += !strcmp(graph_get_node(g, i)->op->name, op);
	return n;
}

static float *
numbers(int64_t n, double phase)
{
	float *v = malloc((size_t)n * sizeof *v);
	for (int64_t i = 0; i < n; i++)
		v[i] = (float)(2 * sin((double)i * 0.37 + phase));
	return v;
}

/* The result of a graph, and what its plan's slab takes. */
static float *
run(const graph_net *g, graph_value y, float *const in[4], size_t *slab)
{
	static const char *const names[] = { "q", "k", "v", "bias" };
	secant_err err = { 0 };
	exec_store *store = exec_store_new(g, false, &err);
	exec_plan *p = store
		? exec_plan_new(g, store, &y, 1, &(exec_plan_options){ .precision = EXEC_PRECISION_F32, .threads = 2 }, &err)
		: NULL;
	if (!p)
		fail_msg("%s", err.msg);
	*slab = p->slab;
	exec_context *c = exec_context_new(p, &err);
	for (int i = 0; i < 4; i++)
		if (graph_find(g, names[i]) >= 0)
			(void)!exec_context_set_input(c, names[i], in[i], NULL); /* a bias that nobody reads is no input */
	if (exec_context_run(c, &err))
		fail_msg("%s", err.msg);
	float *out = malloc(sizeof *out * HEADS * QUERIES * WIDTH);
	memcpy(out, exec_context_output(c, 0), sizeof *out * HEADS * QUERIES * WIDTH);
	exec_context_free(c);
	exec_plan_free(p);
	exec_store_free(store);
	return out;
}

static void
blocks_give_the_numbers_of_the_whole(void **state)
{
	float *in[] = { numbers(HEADS * QUERIES * WIDTH, 0), numbers(HEADS * KEYS * WIDTH, 1),
		numbers(HEADS * KEYS * WIDTH, 2), numbers((int64_t)HEADS * QUERIES * KEYS, 3) };
	for (int v = 0; v < VARIANTS; v++) {
		secant_err err = { 0 };
		size_t slab, less;
		graph_net *g = graph_new();
		graph_value y = attention(g, (variant)v), kept[] = { y, graph_find_output(g, "scores") };
		assert_int_equal(graph_check(g, &err), SECANT_OK);
		graph_net *b = op_pass_block_attention(g, kept, v == SCORES_READ ? 2 : 1, &err);
		assert_non_null(b);
		bool whole = v == SCORES_READ, pairs = v == ALL_PAIRS;
		assert_int_equal(count(b, "softmax"), whole ? 1 : pairs ? 7 : 6); /* 5.3 MB of scores; shares of the rows */
		assert_int_equal(count(b, "logsumexp"), pairs ? 6 : 0);
		assert_int_equal(count(b, "matmul"), whole ? 2 : 12);
		if (!whole) {
			float *want = run(g, y, in, &slab), *got = run(b, kept[0], in, &less);
			for (int i = 0; i < HEADS * QUERIES * WIDTH; i++)
				if (!(fabsf(got[i] - want[i]) < 2e-6f))
					fail_msg("variant %d, number %d: %g, want %g", v, i, (double)got[i], (double)want[i]);
			assert_true(less * 2 < slab);
			free(want), free(got);
		}
		graph_free(b);
		graph_free(g);
	}
	for (int i = 0; i < 4; i++)
		free(in[i]);
}

/* ---- training ---- */

enum { LEARNT = 3, WEIGHTS = WIDTH * WIDTH };
static const char *const learnt[LEARNT] = { "wq", "wk", "wv" };

/* x by a layer that learns. */
static graph_value
layer(graph_net *g, int i, int64_t rows)
{
	char name[2] = { learnt[i][1], 0 };
	graph_value x = graph_input(g, name, SECANT_F32, &(secant_shape){ 4, { 1, HEADS, rows, WIDTH } });
	graph_value w = graph_state(
		g, learnt[i], SECANT_F32, &(secant_shape){ 2, { WIDTH, WIDTH } }, true, GRAPH_INIT_ZEROS);
	return graph_apply(g, "linear", NULL, 2, x, w);
}

/* Gradients of the mean of squares of an attention; `blocks`: in blocks, whose scores are computed again. A share of
 * all pairs is a small number: the result is made as large as the other's. */
static size_t
train(bool pairs, bool blocks, float *const in[4], float grads[LEARNT][WEIGHTS])
{
	secant_err err = { 0 };
	graph_net *g = graph_new();
	graph_value q = layer(g, 0, QUERIES), k = layer(g, 1, KEYS), v = layer(g, 2, KEYS), of[LEARNT], out[LEARNT + 1];
	graph_value s = graph_apply(g, "matmul", &(op_matmul_attr){ .transpose_b = true }, 2, q, k);
	s = graph_apply(g, "matmul", NULL, 2, shares(g, s, pairs), v);
	s = graph_apply(g, "mul_scalar", &(op_number_attr){ pairs ? QUERIES : 1, 0 }, 1, s);
	s = graph_apply(g, "square", NULL, 1, s);
	out[0] = graph_apply(g, "mean", &(op_axes_attr){ { 4, { 0, 1, 2, 3 } }, false }, 1, s);
	assert_int_equal(graph_check(g, &err), SECANT_OK);
	if (blocks) {
		graph_net *b = op_pass_block_attention(g, out, 1, &err);
		assert_non_null(b);
		assert_true(count(b, "softmax") > 4);
		graph_free(g);
		g = b;
	}
	for (int i = 0; i < LEARNT; i++)
		of[i] = graph_find(g, learnt[i]);
	assert_int_equal(graph_gradients(g, out[0], of, LEARNT, out + 1, &err), SECANT_OK);
	exec_store *store = exec_store_new(g, false, &err);
	exec_plan_options o = { .precision = EXEC_PRECISION_F32,
		.threads = 2,
		.training = true,
		.recompute = blocks ? EXEC_RECOMPUTE_NORMS : EXEC_RECOMPUTE_NONE };
	exec_plan *p = exec_plan_new(g, store, out, LEARNT + 1, &o, &err);
	if (!p)
		fail_msg("%s", err.msg);
	for (int i = 0; i < LEARNT; i++)
		for (int j = 0; j < WEIGHTS; j++)
			exec_slot_set(store, exec_store_find(store, learnt[i]), j, 0.3 * cos(j * 0.9 + i));
	exec_context *c = exec_context_new(p, &err);
	assert_non_null(c);
	for (int i = 0; i < LEARNT; i++)
		assert_int_equal(exec_context_set_input(c, &learnt[i][1], in[i], &err), SECANT_OK);
	assert_int_equal(exec_context_run(c, &err), SECANT_OK);
	for (int i = 0; i < LEARNT; i++)
		memcpy(grads[i], exec_context_output(c, i + 1), sizeof grads[i]);
	size_t slab = exec_plan_slab_bytes(p);
	exec_context_free(c);
	exec_plan_free(p);
	exec_store_free(store);
	graph_free(g);
	return slab;
}

static void
check_gradients(bool pairs)
{
	float *in[] = { numbers(HEADS * QUERIES * WIDTH, 0), numbers(HEADS * KEYS * WIDTH, 1),
		numbers(HEADS * KEYS * WIDTH, 2), NULL };
	static float want[LEARNT][WEIGHTS], got[LEARNT][WEIGHTS];
	size_t whole = train(pairs, false, in, want), blocks = train(pairs, true, in, got);
	for (int i = 0; i < LEARNT; i++)
		for (int j = 0; j < WEIGHTS; j++)
			if (!(fabsf(got[i][j] - want[i][j]) <= 1e-5f + 1e-4f * fabsf(want[i][j])))
				fail_msg("%s %d: %g, want %g", learnt[i], j, (double)got[i][j], (double)want[i][j]);
	assert_true(2 * blocks < whole); /* what is left are the maps, of which these queries and keys have many */
	for (int i = 0; i < 3; i++)
		free(in[i]);
}

static void
gradients_of_blocks_keep_no_scores(void **state)
{
	check_gradients(false);
}

static void
shares_of_all_pairs_have_the_same_gradients_in_blocks(void **state)
{
	check_gradients(true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_give_the_numbers_of_the_whole),
		cmocka_unit_test(gradients_of_blocks_keep_no_scores),
		cmocka_unit_test(shares_of_all_pairs_have_the_same_gradients_in_blocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
