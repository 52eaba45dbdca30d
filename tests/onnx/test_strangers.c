/*
 * What exporters and runtimes write beside layers: resizing of every kind of sampling and axes, numbers chosen and
 * replaced, products that broadcast, Einsum, Attention, norms of several axes. Each small network
 * (tests/golden/data/onnx/strangers) gives what ONNX Runtime gives, by the operators' plain meaning and by a plan,
 * which every one of them has: numbers, shape and type.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "data.h"
#include "deploy/onnx_run.h"
#include "formats/onnx/run.h"

static const char *const names[] = { "resize-nearest-fraction", "resize-nearest-ceil-smaller",
	"resize-linear-corners-fraction", "resize-linear-antialias", "resize-cubic-antialias-inside",
	"resize-cubic-symmetric", "gather-any", "slice-backwards", "tile", "product-broadcast", "norm-of-three-axes",
	"rms-norm", "classes-embedded", "einsum-0", "einsum-1", "einsum-2", "einsum-3", "einsum-4", "attention",
	"attention-heads-mask", "attention-causal", "gelu-contributed", "choose-tuples", "choose-tuples-of-batches",
	"choose-elements", "replace-tuples", "replace-elements", "keep-triangle", "turn-sequences",
	"resize-nearest-smaller-old", "resize-volume", "resize-channels-last", "sample-nearest-zeros",
	"sample-nearest-border", "sample-nearest-reflection", "sample-linear-zeros", "sample-linear-border",
	"sample-linear-reflection", "sample-cubic-zeros", "sample-cubic-border", "sample-cubic-reflection", "first-by-size",
	"positions", "steps", "masks", "bytes-of-probabilities", "sums-of-squares", "reductions-of-each-number",
	"fused-by-a-runtime", "bytes-of-a-runtime", "weights-of-few-bits", "bytes-by-their-range", "running-sums",
	"nodes-in-any-order", "pad-wrap-cut", "pad-reflect-cut", "pad-edge-cut", "resize-nearest-halves",
	"resize-linear-corners-smaller", "resize-cubic-corners-smaller", "attention-packed", "attention-packed-mask",
	"attention-of-three", "attention-of-three-added", "attention-of-three-scaled", "norm-of-length-one",
	"norm-of-neighbours", "gather-table-from-the-end", "state-of-one-pixel", "token-for-each", "dilated-by-blocks",
	"axes-of-one-length", "means-of-parts", "function-of-two-layers", "function-of-two-quantised", "joined-of-many",
	"kin-of-elu", "cells-long-short", "cells-long-short-both-ways", "cells-gated", "cells-gated-backwards",
	"grid-of-a-matrix", "size-by-a-number", "slice-of-an-input", "places-of-its-own", "activations-in-pieces",
	"resize-bytes", "pieces-in-sequences", "casts-and-comparisons", "unpooled", "unpooled-as-exported",
	"cells-of-bytes", "sums-of-bytes-and-a-bias" };

/* Those that plans compute only in part or not at all: the plain meaning alone gives what ONNX Runtime gives. */
static const char *const plain_names[] = { "reductions-without-plans", "norm-repeated", "boxes-by-their-size",
	"columns-to-picture", "columns-to-picture-plain", "sample-volume-border", "sample-volume-nearest-reflection",
	"sample-volume-zeros", "product-of-columns", NULL };

/* Boxes are sifted between products: plans compute what lies before and behind. */
static const char *const in_parts[] = { "boxes-and-their-masks", "pixels-that-are-there", NULL };

enum { PLAINLY, BY_A_PLAN, IN_PARTS };

static const struct {
	secant_dtype ours;
	int theirs;
} types[] = { { SECANT_F32, FORMAT_ONNX_FLOAT }, { SECANT_U8, FORMAT_ONNX_UINT8 }, { SECANT_I8, FORMAT_ONNX_INT8 },
	{ SECANT_I32, FORMAT_ONNX_INT32 }, { SECANT_I64, FORMAT_ONNX_INT64 }, { SECANT_BOOL, FORMAT_ONNX_BOOL },
	{ SECANT_F16, FORMAT_ONNX_FLOAT16 } };

static int
type_of(const secant_tensor *t)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].ours == t->dtype)
			return types[i].theirs;
	fail_msg("a tensor of %s", secant_dtype_name(t->dtype));
	return 0;
}

/* Reals to 2e-6 of the largest that is finite, whole numbers exactly (bytes of quantisers: to a step). */
static void
compare(const format_onnx_tensor *got, const secant_tensor *want, const char *name, const char *what)
{
	double largest = 1e-6, step = strstr(name, "ms-") && want->dtype == SECANT_U8 ? 1 : 0;
	int64_t n = secant_shape_count(&want->shape);
	assert_int_equal(got->type, type_of(want));
	assert_int_equal(got->rank, want->shape.rank);
	assert_memory_equal(got->dim, want->shape.dim, sizeof *got->dim * (size_t)got->rank);
	for (int64_t i = 0; i < n; i++)
		if (isfinite(secant_tensor_get(want, i)))
			largest = fmax(largest, fabs(secant_tensor_get(want, i)));
	bool real = want->dtype == SECANT_F32 || want->dtype == SECANT_F16;
	double most = want->dtype == SECANT_F32 ? 2e-6 * largest : real ? 2e-3 * largest : step;
	for (int64_t i = 0; i < n; i++) {
		double x, y = secant_tensor_get(want, i);
		format_onnx_get_reals(got, i, 1, &x);
		if (!(x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= most))
			fail_msg("%s '%s': number %lld is %.9g, want %.9g", what, name, (long long)i, x, y);
	}
}

static void
check(const char *name, bool planned, bool parted)
{
	enum { MOST = 96 };
	char model[100], numbers[100], what[120];
	secant_err err = { 0 };
	secant_tensors set = { 0 };
	snprintf(model, sizeof model, "onnx/strangers/%s.onnx", name);
	snprintf(numbers, sizeof numbers, "onnx/strangers/%s.safetensors", name);
	format_onnx_model *m = format_onnx_open(golden_path(model), &err);
	if (!m || secant_tensors_read(&set, NULL, golden_path(numbers), &err))
		fail_msg("%s: %s", name, err.msg);
	format_onnx_tensor *in[MOST] = { 0 }, *out[MOST] = { 0 };
	assert_in_range(m->graph.n_in, 0, MOST);
	assert_in_range(m->graph.n_out, 1, MOST);
	for (int i = 0; i < m->graph.n_in; i++) {
		const secant_tensor *t = secant_tensors_find(&set, m->graph.in[i].name);
		in[i] = format_onnx_tensor_new(type_of(t), t->shape.rank, t->shape.dim, 0, &err);
		memcpy(in[i]->data, t->data, secant_tensor_bytes(t));
	}
	for (int way = PLAINLY; way <= IN_PARTS; way++) {
		if (way == BY_A_PLAN ? !planned : way == IN_PARTS && !parted)
			continue;
		exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = 1, .exact = true };
		snprintf(what, sizeof what, "%s, %s", name,
			way == BY_A_PLAN      ? "by a plan"
				: way == IN_PARTS ? "in parts"
								  : "plainly");
		if (way == BY_A_PLAN      ? deploy_onnx_run_planned(m, in, m->graph.n_in, out, &o, &err)
				: way == IN_PARTS ? deploy_onnx_run_in_parts(m, in, m->graph.n_in, out, &o, &err)
								  : format_onnx_run(m, in, m->graph.n_in, out, &err))
			fail_msg("%s: %s", what, err.msg);
		for (int i = 0; i < m->graph.n_out; i++) {
			const char *of = m->graph.out[i].name;
			compare(out[i], secant_tensors_find(&set, of), of, what);
			format_onnx_tensor_drop(out[i]);
			out[i] = NULL;
		}
	}
	for (int i = 0; i < MOST; i++)
		format_onnx_tensor_drop(in[i]);
	secant_tensors_free(&set);
	format_onnx_close(m);
}

static void
test_each(void **state)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		check(names[i], true, true);
	for (size_t i = 0; plain_names[i]; i++)
		check(plain_names[i], false, true);
	for (size_t i = 0; in_parts[i]; i++)
		check(in_parts[i], false, true);
}

/* Where numbers are none, ONNX Runtime's answer hangs on where they stand; ONNX's reference, numpy and PyTorch agree
 * that they win, and the first of them does. */
static void
test_no_number_wins(void **state)
{
	static const struct {
		const char *op;
		int64_t index;
	} want[] = { { "ArgMax", 1 }, { "ArgMin", 1 } };
	static const float x[2][5] = { { 2, NAN, 7, NAN, 1 }, { 2, 4, 7, 1, 0 } };
	for (size_t k = 0; k < sizeof want / sizeof *want; k++)
		for (int planned = 0; planned < 2; planned++) {
			secant_err err = { 0 };
			char name[64];
			snprintf(name, sizeof name, "onnx/strangers/%s-of-rows.onnx", want[k].op);
			format_onnx_model *m = format_onnx_open(golden_path(name), &err);
			if (!m)
				fail_msg("%s", err.msg);
			format_onnx_tensor *in = format_onnx_tensor_new(FORMAT_ONNX_FLOAT, 2, (int64_t[]){ 2, 5 }, 0, &err),
							   *out = NULL;
			memcpy(in->data, x, sizeof x);
			exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = 1, .exact = true };
			if (planned ? deploy_onnx_run_planned(m, &in, 1, &out, &o, &err) : format_onnx_run(m, &in, 1, &out, &err))
				fail_msg("%s: %s", want[k].op, err.msg);
			assert_int_equal(((const int64_t *)out->data)[0], want[k].index);
			assert_int_equal(((const int64_t *)out->data)[1], k ? 4 : 2);
			format_onnx_tensor_drop(in);
			format_onnx_tensor_drop(out);
			format_onnx_close(m);
		}
}

/* Activations that a file says in several nodes are one operator each in a plan, but not what only looks so. */
static void
test_activations_become_one(void **state)
{
	static const char *const want[] = { "silu", "hardswish", "hardsigmoid", "hardswish", "mish", "gelu", "gelu", "mul",
		"div" };
	secant_err err = { 0 };
	format_onnx_model *m = format_onnx_open(golden_path("onnx/strangers/activations-in-pieces.onnx"), &err);
	secant_shape shape = secant_shape_of(4, 2, 5, 4, 3);
	format_onnx_size size[2] = { { .shape = shape }, { .shape = shape } };
	format_onnx_network *n = m ? format_onnx_map(m, size, 2, NULL, &err) : NULL;
	if (!n)
		fail_msg("%s", err.msg);
	for (int i = 0; i < (int)(sizeof want / sizeof *want); i++) {
		const graph_value_info *v = graph_value_at(n->g, format_onnx_output(n, i, false));
		assert_string_equal(graph_get_node(n->g, v->node)->op->name, want[i]);
	}
	format_onnx_network_free(n);
	format_onnx_close(m);
}

/* Runs a detector whose graph was changed; all that can be said is why it does not come apart. */
static void
refuses_parts(const format_onnx_model *m, secant_status code, const char *why)
{
	secant_err err = { 0 };
	exec_plan_options o = { .precision = EXEC_PRECISION_F32, .threads = 1, .exact = true };
	format_onnx_tensor *in = format_onnx_tensor_new(FORMAT_ONNX_FLOAT, 4, (int64_t[]){ 1, 3, 16, 12 }, 0, &err),
					   *out[2] = { 0 };
	assert_int_equal(deploy_onnx_run_in_parts(m, &in, 1, out, &o, &err), code);
	assert_non_null(strstr(err.msg, why));
	assert_null(out[0]);
	format_onnx_tensor_drop(in);
}

/* Graphs that a hostile file may hold: a circle, an output that nobody makes, two nodes that make one value. */
static void
test_hostile_parts(void **state)
{
	secant_err err = { 0 };
	format_onnx_model *m = format_onnx_open(golden_path("onnx/strangers/boxes-and-their-masks.onnx"), &err);
	if (!m)
		fail_msg("%s", err.msg);
	format_onnx_graph *g = &m->graph;
	const char *x = g->node[0].in[0], *out = g->out[0].name, *relu = g->node[1].out[0];
	g->node[0].in[0] = g->out[1].name;
	refuses_parts(m, SECANT_ERR_FORMAT, "which nothing before it makes");
	g->node[0].in[0] = x;
	g->out[0].name = "nothing";
	refuses_parts(m, SECANT_ERR_UNSUPPORTED, "'nothing' is made by no node");
	g->out[0].name = out;
	g->node[1].out[0] = g->node[0].out[0];
	refuses_parts(m, SECANT_ERR_FORMAT, "is made twice");
	g->node[1].out[0] = relu;
	format_onnx_close(m);
}

/* Places of maxima are put back; as an output they would be numbers that a plan does not have. */
static void
test_places_go_nowhere_else(void **state)
{
	secant_err err = { 0 };
	format_onnx_model *m = format_onnx_open(golden_path("onnx/strangers/unpooled.onnx"), &err);
	format_onnx_size size = { .shape = secant_shape_of(4, 2, 3, 8, 9) };
	if (!m)
		fail_msg("%s", err.msg);
	m->graph.out[0].name = "i";
	assert_null(format_onnx_map(m, &size, 1, NULL, &err));
	assert_int_equal(err.code, SECANT_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "the places of its maxima are asked for"));
	format_onnx_close(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_no_number_wins),
		cmocka_unit_test(test_hostile_parts),
		cmocka_unit_test(test_places_go_nowhere_else),
		cmocka_unit_test(test_activations_become_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
