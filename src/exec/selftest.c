/*
 * Products at the shapes of real networks against what is known of them. See secant/selftest.h.
 *
 * A product is linear in each operand, so its results, added up over output channels with signs r, are the results of
 * the same product with one operand added up so: for a convolution
 *
 *     sum over o of r[o] y[n,p,q,o]  =  conv(x, sum over o of r[o] w[o])[n,p,q]
 *
 * and the reference computes the right side for one channel instead of hundreds (Freivalds: probabilistic machines can
 * use less running time, 1977). Operands are -1, 0 and 1: sums are whole numbers, exact in f32 and near to exact in
 * bf16, and one row of a picture too many shows.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/cpu.h"
#include "exec/plan.h"
#include "exec/selftest.h"
#include "ops/known.h"
#include "ops/ops.h"

/* U-Net and its encoders at sizes from 32 to 1024, odd widths among them; widths from 229 on, where weight gradients
 * went wrong on AMX; heads, stems, depthwise and grouped layers. */
static const exec_layer layers[] = {
	{ 2, 32, 32, 64, 64, 3, 1, 1, 1, true },
	{ 1, 33, 47, 3, 64, 7, 2, 1, 1, true },
	{ 1, 3, 301, 16, 16, 3, 1, 1, 1, true },
	{ 1, 17, 19, 32, 32, 3, 1, 1, 32, true },
	{ 1, 16, 16, 128, 256, 3, 2, 1, 1, true },
	{ 1, 16, 16, 64, 128, 1, 2, 1, 1, true },
	{ 1, 15, 13, 64, 64, 3, 1, 2, 1, true },
	{ 1, 16, 16, 128, 128, 3, 1, 1, 32, true },
	{ 1, 40, 37, 16, 1, 3, 1, 1, 1, true },
	{ 1, 40, 61, 4, 24, 1, 2, 1, 1, true },
	{ 1, 32, 256, 16, 16, 3, 1, 1, 1, true },
	{ 1, 300, 301, 16, 21, 1, 1, 1, 1, false },
	{ 1, 96, 256, 16, 16, 3, 1, 1, 1, false },
	{ 1, 96, 256, 32, 32, 3, 1, 1, 1, false },
	{ 1, 64, 229, 32, 16, 3, 1, 1, 1, false },
	{ 1, 96, 288, 16, 16, 3, 1, 1, 1, false },
	{ 1, 128, 384, 16, 16, 3, 1, 1, 1, false },
	{ 2, 64, 600, 64, 64, 3, 1, 1, 1, false },
	{ 2, 512, 512, 32, 16, 3, 1, 1, 1, false },
	{ 1, 512, 512, 16, 16, 3, 1, 1, 1, false },
	{ 1, 512, 512, 16, 2, 3, 1, 1, 1, false },
	{ 1, 511, 509, 64, 37, 1, 1, 1, 1, false },
	{ 1, 512, 512, 3, 64, 7, 2, 1, 1, false },
	{ 1, 256, 256, 64, 32, 3, 1, 1, 1, false },
	{ 1, 128, 128, 128, 64, 3, 1, 1, 1, false },
	{ 1, 127, 131, 64, 128, 3, 2, 1, 1, false },
	{ 1, 64, 64, 256, 128, 3, 1, 1, 1, false },
	{ 1, 32, 32, 512, 256, 3, 1, 1, 1, false },
	{ 2, 16, 16, 512, 512, 3, 1, 1, 1, false },
	{ 1, 8, 8, 512, 512, 3, 1, 1, 1, false },
	{ 1, 16, 16, 1024, 256, 1, 1, 1, 1, false },
	{ 1, 32, 32, 512, 256, 3, 1, 12, 1, false },
	{ 1, 64, 64, 256, 256, 3, 1, 1, 32, false },
	{ 1, 257, 255, 96, 96, 3, 1, 1, 96, false },
	{ 1, 129, 127, 144, 144, 5, 2, 1, 144, false },
	{ 1, 1024, 1024, 16, 16, 3, 1, 1, 1, false },
	{ 1, 1024, 1024, 16, 1, 3, 1, 1, 1, false },
};

/* Which operand and which axis of it are added up, and which axis of the result that makes. Grouped: within each group,
 * so that as many channels as groups stay; the other axes hold one group's channels. */
typedef struct product {
	const char *op;
	int operand, axis;
	bool grouped;
	int result;
} product;
static const product products[] = {
	{ "conv2d", 1, 0, true, 3 },
	{ "conv2d_grad_data", 0, 1, false, 3 },
	{ "conv2d_grad_weights", 1, 3, true, 0 },
	{ "conv_transpose2d", 1, 1, false, 3 },
	{ "linear", 1, 0, true, 1 },
	{ "linear_grad_weights", 1, 1, true, 0 },
	{ "matmul", 1, 1, true, 1 },
};

typedef struct trial {
	const product *product;
	int groups;
	exec_precision precision;
	bool training;
	int threads;
	op_conv_attr attr;
	op_linear_attr linear;
	op_matmul_attr matmul;
	const void *attrs;
	secant_shape in[2], out; /* operands as the plan gets them */
	float *numbers[2], *got;
	char shape[96], implementation[64], why[512];
	double milliseconds;
} trial;

/* -1, 0, 0 or 1, drawn by a hash of where it stands (Steele and others: fast splittable generators, 2014). */
static double
draw(uint64_t at)
{
	at = (at + 1) * 0x9e3779b97f4a7c15u;
	at = (at ^ at >> 30) * 0xbf58476d1ce4e5b9u;
	at = (at ^ at >> 27) * 0x94d049bb133111ebu;
	at ^= at >> 31;
	return (at & 1) ? ((at & 2) ? 1 : -1) : 0;
}

/* The signs that channels are added with. */
static double
sign(int64_t channel)
{
	return (uint64_t)channel * 0x9e3779b97f4a7c15u >> 63 ? -1 : 1;
}

/* `from` added up along `axis` in blocks of `each` with signs, as doubles; NULL: no memory. */
static double *
added_up(const float *from, const secant_shape *shape, int axis, int64_t each, secant_shape *to)
{
	int64_t outer = 1, inner = 1, blocks = shape->dim[axis] / each;
	for (int i = 0; i < axis; i++)
		outer *= shape->dim[i];
	for (int i = axis + 1; i < shape->rank; i++)
		inner *= shape->dim[i];
	*to = *shape;
	to->dim[axis] = blocks;
	double *sum = secant_calloc((size_t)(outer * blocks * inner) + 1, sizeof *sum);
	for (int64_t o = 0; sum && o < outer; o++)
		for (int64_t c = 0; c < blocks * each; c++) {
			const float *row = from + (o * blocks * each + c) * inner;
			double *at = sum + (o * blocks + c / each) * inner;
			for (int64_t i = 0; i < inner; i++)
				at[i] += sign(c % each) * (double)row[i];
		}
	return sum;
}

static double *
doubles(const float *from, const secant_shape *shape)
{
	int64_t n = secant_shape_count(shape);
	double *to = secant_calloc((size_t)n + 1, sizeof *to);
	for (int64_t i = 0; to && i < n; i++)
		to[i] = (double)from[i];
	return to;
}

/* Compares what the plan made with the reference, both added up. */
static secant_status
judge(trial *t, secant_err *err)
{
	const product *p = t->product;
	int64_t channels = t->in[p->operand].dim[p->axis], each = p->grouped ? channels / t->groups : channels;
	secant_shape shape[2] = { t->in[0], t->in[1] }, sum_shape;
	double *in[2], *want = NULL, *got = added_up(t->got, &t->out, p->result, each, &sum_shape), largest = 0;
	in[p->operand] = added_up(t->numbers[p->operand], &t->in[p->operand], p->axis, each, &shape[p->operand]);
	in[!p->operand] = doubles(t->numbers[!p->operand], &t->in[!p->operand]);
	int64_t n = secant_shape_count(&sum_shape);
	secant_status status = SECANT_OK;
	if (!got || !in[0] || !in[1] || !(want = secant_calloc((size_t)n + 1, sizeof *want)))
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory to check %s", t->shape);
	for (int64_t i = 0, all = secant_shape_count(&t->out); i < all && !status; i++) {
		largest = fmax(largest, fabs((double)t->got[i]));
		if (!isfinite(t->got[i]) && !t->why[0])
			(void)snprintf(t->why, sizeof t->why, "element %lld is no number", (long long)i);
	}
	if (!status)
		graph_op_find(p->op)->reference(
			&(graph_reference){ t->attrs, 2, 1, shape, &sum_shape, (const double *const *)in, &want });
	/* Whole numbers: half of one is a fault. To that, what Winograd and rounding to bf16 (exact up to 256) may add. */
	bool low = t->precision == EXEC_PRECISION_BF16 && graph_op_find(p->op) != &op_conv2d_grad_weights;
	double tolerance = 0.5 + 2e-5 * largest * sqrt((double)each);
	if (low && largest > 256)
		tolerance += largest / 256 * (double)each;
	for (int64_t i = 0; i < n && !status && !t->why[0]; i++)
		if (!(fabs(got[i] - want[i]) <= tolerance))
			(void)snprintf(
				t->why, sizeof t->why, "sum %lld of channels is %.6g, not %.6g", (long long)i, got[i], want[i]);
	secant_free(in[0]);
	secant_free(in[1]);
	secant_free(want);
	secant_free(got);
	return status;
}

/* The graph of one product, its weights a state: of a network, as the plan sees it. */
static graph_value
build(const trial *t, graph_net *g)
{
	graph_value v[2];
	for (int i = 0; i < 2; i++) {
		bool weights = !graph_slot_in(graph_op_find(t->product->op)->low_in, i);
		v[i] = weights ? graph_state(g, i ? "b" : "a", SECANT_F32, &t->in[i], true, GRAPH_INIT_ZEROS)
					   : graph_input(g, i ? "b" : "a", SECANT_F32, &t->in[i]);
	}
	return graph_apply(g, t->product->op, t->attrs, 2, v[0], v[1]);
}

static secant_status
run_plan(trial *t, graph_net *g, graph_value y, secant_err *err)
{
	exec_plan_options o = {
		.precision = t->precision, .training = t->training, .threads = t->threads, .canaries = true, .external = true
	};
	exec_store *store = exec_store_new(g, false, err);
	for (int i = 0; store && i < 2; i++) {
		exec_slot *slot = exec_store_find(store, i ? "b" : "a");
		if (slot)
			memcpy(slot->data, t->numbers[i], (size_t)slot->count * sizeof(float));
	}
	exec_plan *plan = store ? exec_plan_new(g, store, &y, 1, &o, err) : NULL;
	exec_context *context = plan ? exec_context_new(plan, err) : NULL;
	secant_status status = context ? SECANT_OK : err->code;
	for (int i = 0; plan && i < plan->n_step; i++)
		if (!strcmp(plan->step[i].node->op->name, t->product->op))
			(void)snprintf(
				t->implementation, sizeof t->implementation, "%s %s", plan->step[i].impl->name, plan->step[i].detail);
	for (int i = 0; i < 2 && !status; i++)
		if (!exec_store_find(store, i ? "b" : "a"))
			status = exec_context_set_input(context, i ? "b" : "a", t->numbers[i], err);
	if (!status)
		status = exec_context_set_output(context, 0, t->got, err);
	if (!status) {
		double start = secant_seconds();
		secant_err own = { 0 };
		if (exec_context_run(context, &own))
			(void)snprintf(t->why, sizeof t->why, "%s", own.msg);
		t->milliseconds = (secant_seconds() - start) * 1e3;
	}
	exec_context_free(context);
	exec_plan_free(plan);
	exec_store_free(store);
	return status;
}

static secant_status
run_trial(trial *t, secant_err *err)
{
	graph_net *g = graph_new();
	if (!g)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a graph");
	graph_value y = build(t, g);
	secant_status status = graph_check(g, err);
	if (!status)
		t->out = *graph_shape(g, y);
	for (int i = 0; i < 2 && !status; i++) {
		int64_t n = secant_shape_count(&t->in[i]);
		if (!(t->numbers[i] = base_alloc_raw(((size_t)n + 1) * sizeof(float))))
			status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for %s", t->shape);
		for (int64_t k = 0; k < n && !status; k++)
			t->numbers[i][k] = (float)draw((uint64_t)k * 2 + (uint64_t)i);
	}
	if (!status && !(t->got = base_alloc_raw(((size_t)secant_shape_count(&t->out) + 1) * sizeof(float))))
		status = secant_fail(err, SECANT_ERR_NOMEM, "no memory for %s", t->shape);
	if (!status)
		status = run_plan(t, g, y, err);
	if (!status && !t->why[0])
		status = judge(t, err);
	secant_free(t->numbers[0]);
	secant_free(t->numbers[1]);
	secant_free(t->got);
	graph_free(g);
	return status;
}

/* Shapes and attributes of product `p` for a layer; false: the layer has no such product. */
static bool
shape_of(trial *t, const product *p, const exec_layer *l)
{
	int padding = l->kernel / 2 * l->dilation, reach = l->dilation * (l->kernel - 1) + 1;
	int64_t high = (l->h + 2 * padding - reach) / l->stride + 1, wide = (l->w + 2 * padding - reach) / l->stride + 1;
	int64_t rows = (int64_t)l->n * l->h * l->w;
	secant_shape x = { 4, { l->n, l->h, l->w, l->in } }, y = { 4, { l->n, high, wide, l->out } };
	secant_shape w = { 4, { l->out, l->in / l->groups, l->kernel, l->kernel } };
	t->product = p;
	t->groups = l->groups;
	t->attr = op_conv(l->stride, padding, l->dilation, l->groups);
	t->attrs = &t->attr;
	(void)snprintf(t->shape, sizeof t->shape, "%dx%dx%d, %d to %d, %dx%d%s%s%s", l->n, l->h, l->w, l->in, l->out,
		l->kernel, l->kernel, l->stride > 1 ? " stride 2" : "", l->dilation > 1 ? " dilated" : "",
		l->groups == 1           ? ""
			: l->groups == l->in ? " depthwise"
								 : " groups");
	switch (p - products) {
	case 0: t->in[0] = x, t->in[1] = w; return true;
	case 1:
		t->in[0] = w, t->in[1] = y;
		t->attr.size = (secant_ints){ 2, { l->h, l->w } };
		return true;
	case 2:
		t->in[0] = x, t->in[1] = y;
		t->attr.size = (secant_ints){ 2, { l->kernel, l->kernel } };
		return true;
	case 3: /* the convolution that goes the other way */
		t->in[0] = y, t->in[1] = w;
		return l->stride > 1 && l->h % l->stride && l->w % l->stride;
	}
	t->groups = 1;
	t->attrs = p - products == 4 ? (const void *)&t->linear : p - products == 6 ? (const void *)&t->matmul : NULL;
	t->in[0] = (secant_shape){ 2, { rows, l->in } };
	t->in[1] = p - products == 4 ? (secant_shape){ 2, { l->out, l->in } }
		: p - products == 5      ? (secant_shape){ 2, { rows, l->out } }
								 : (secant_shape){ 2, { l->in, l->out } };
	return l->kernel == 1 && l->stride == 1;
}

secant_status
exec_selftest_layer(const exec_layer *l, exec_precision precision, int threads,
	bool (*row)(void *, const secant_selftest_row *), void *user, secant_selftest_result *result, secant_err *err)
{
	for (size_t k = 0; k < 2 * (sizeof products / sizeof *products); k++) {
		trial t = { .precision = precision, .training = k % 2, .threads = threads };
		const product *p = &products[k / 2];
		bool backward = strstr(p->op, "_grad") != NULL;
		if (!shape_of(&t, p, l) || (backward && !t.training))
			continue;
		secant_status status = run_trial(&t, err);
		if (status)
			return status;
		result->runs++;
		result->faults += t.why[0] != 0;
		secant_selftest_row r = { p->op, exec_precision_name(precision), t.shape, t.implementation, t.milliseconds,
			!t.why[0], t.why };
		if (!row(user, &r))
			return secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
	}
	return SECANT_OK;
}

secant_status
secant_selftest_run(const secant_selftest *o, bool (*row)(void *user, const secant_selftest_row *r), void *user,
	secant_selftest_result *result, secant_err *err)
{
	double start = secant_seconds();
	int precisions = base_cpu_isa() >= BASE_ISA_AVX512 ? 2 : 1;
	*result = (secant_selftest_result){ 0 };
	for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
		for (int p = 0; p < precisions; p++) {
			if (o->quick && !layers[i].quick)
				continue;
			if (secant_seconds() - start > o->seconds) {
				result->left_out++;
				continue;
			}
			secant_status status = exec_selftest_layer(
				&layers[i], p ? EXEC_PRECISION_BF16 : EXEC_PRECISION_F32, o->threads, row, user, result, err);
			if (status)
				return status;
		}
	return SECANT_OK;
}

static const secant_opt rows[] = {
	SECANT_OPT(secant_selftest, threads, INT, "threads", "0", 0, 4096, "threads; 0: all processors"),
	SECANT_OPT(secant_selftest, quick, BOOL, "quick", "false", 0, 1, "small shapes only: a few seconds"),
	SECANT_OPT(secant_selftest, seconds, REAL, "seconds", "50", 1, 1e6, "no shape is begun after so long"),
	SECANT_OPT_END,
};
const secant_opts secant_selftest_options = { "selftest", sizeof(secant_selftest), rows };
