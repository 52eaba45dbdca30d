/*
 * Operators that only choose numbers, at known places: evaluated on the places of the numbers instead of on the
 * numbers, they give a table of where each number of the result comes from, and that table is taken. See map.h.
 */
#include <string.h>
#include "formats/onnx/map.h"
#include "ops/ops.h"
#include "ops/topk.h"

enum { RANK = FORMAT_ONNX_RANK, MOST_PLACES = 1 << 20 };

/* Which inputs are the numbers to choose from; what else there is must be known. */
static const struct {
	const char *op;
	int data[2]; /* -1: none */
} choosers[] = {
	{ "GatherND", { 0, -1 } },
	{ "GatherElements", { 0, -1 } },
	{ "Scatter", { 0, 2 } },
	{ "ScatterElements", { 0, 2 } },
	{ "ScatterND", { 0, 2 } },
	{ "Compress", { 0, -1 } },
	{ "ReverseSequence", { 0, -1 } },
	{ "Trilu", { 0, -1 } },
};

/* A tensor of that shape whose numbers are first, first + 1, ... */
static onnx_tensor *
numbered(onnx_call *c, const onnx_mapped *x, int64_t first)
{
	onnx_tensor *t = format_onnx_tensor_new(FORMAT_ONNX_INT64, x->rank, x->dim, c->walk->limit, c->err);
	for (int64_t i = 0, n = t ? format_onnx_count(t) : 0; i < n; i++)
		((int64_t *)t->data)[i] = first + i;
	return t;
}

/* What the operator makes of places counted from 1, 0 where it puts a zero; held. NULL after an error. */
static onnx_tensor *
places_of(onnx_call *c, const int *data, const onnx_mapped *const *x)
{
	onnx_call own;
	onnx_tensor *out = NULL, *place[2] = { 0 };
	int64_t first = 1;
	void *in = onnx_temp(c, c->n_in, sizeof *own.in), *mapped = onnx_temp(c, c->n_in, sizeof *own.mapped);
	if (!in || !mapped)
		return NULL;
	own = *c; /* with the rooms above among its own */
	own.in = in;
	own.mapped = mapped;
	own.out = &out;
	own.n_out = 1;
	memcpy(own.in, c->in, (size_t)c->n_in * sizeof *own.in);
	for (int k = 0; k < 2 && data[k] >= 0 && !c->err->code; k++) {
		place[k] = own.in[data[k]] = numbered(c, x[k], first);
		first += place[k] ? format_onnx_count(place[k]) : 0;
	}
	if (!c->err->code)
		(void)!c->op->eval(&own);
	c->temps = own.temps; /* what the evaluation took ends with the call */
	for (int k = 0; k < 2; k++)
		format_onnx_tensor_drop(place[k]);
	if (c->err->code) {
		format_onnx_tensor_drop(out);
		return NULL;
	}
	return out;
}

/* How many numbers lie together wherever the table takes them from: the product of some last axes. */
static int64_t
longest_run(const onnx_tensor *places, int64_t all)
{
	const int64_t *at = places->data;
	int64_t n = format_onnx_count(places);
	for (int axis = 0; axis < places->rank; axis++) {
		int64_t run = onnx_product(places->dim, axis, places->rank), i = 0;
		if (all % run)
			continue;
		while (i < n && (i % run ? at[i] == at[i - 1] + 1 : at[i] > 0 && (at[i] - 1) % run == 0))
			i++;
		if (i == n)
			return run;
	}
	return 1;
}

/* The numbers of x, one row of runs. */
static graph_value
runs_of(onnx_call *c, const onnx_mapped *x, int64_t run)
{
	op_shape_attr rows = { { 2, { (int)(onnx_product(x->dim, 0, x->rank) / run), (int)run } } };
	return graph_apply(onnx_graph(c), "reshape", &rows, 1, onnx_plain(onnx_graph(c), x));
}

static secant_status
take_places(onnx_call *c, const onnx_mapped *const *x, int n_x, const onnx_tensor *places)
{
	graph_net *g = onnx_graph(c);
	int64_t all = 0, n = format_onnx_count(places), run = 0;
	op_shape_attr shape = { { places->rank } };
	for (int k = 0; k < n_x; k++)
		all += onnx_product(x[k]->dim, 0, x[k]->rank);
	if (places->rank > SECANT_MAX_RANK || n < 1)
		return onnx_no_map(c, n < 1 ? "chooses nothing" : "more axes than graphs have");
	run = longest_run(places, all);
	for (int k = 0; k < n_x; k++)
		if (onnx_product(x[k]->dim, 0, x[k]->rank) % run)
			run = 1;
	if (n / run > MOST_PLACES || all > INT32_MAX)
		return onnx_no_map(c, "chooses too many numbers one by one");
	graph_value from = runs_of(c, x[0], run);
	op_axis_attr first = { 0 };
	if (n_x == 2)
		from = graph_apply(g, "concat", &first, 2, from, runs_of(c, x[1], run));
	double *at = onnx_temp(c, n / run, sizeof *at);
	if (!at)
		return c->err->code;
	for (int64_t i = 0; i < n / run; i++) {
		int64_t place = ((const int64_t *)places->data)[i * run];
		at[i] = place < 1 ? -1 : (double)((place - 1) / run); /* take gives 0 for what is outside */
	}
	for (int i = 0; i < places->rank; i++)
		shape.shape.v[i] = (int)places->dim[i];
	secant_shape row = secant_shape_of(1, n / run);
	graph_value taken = graph_apply(g, "take", &first, 2, from, graph_constant(g, SECANT_I32, &row, at));
	return onnx_result_plain(c, graph_apply(g, "reshape", &shape, 1, taken), x[0]->type);
}

secant_status
onnx_map_choose(onnx_call *c)
{
	const onnx_mapped *x[2] = { 0 };
	size_t k = 0;
	int n_x = 0;
	int64_t all = 0;
	while (strcmp(choosers[k].op, c->op->name) != 0)
		k++;
	const int *data = choosers[k].data;
	for (int i = 0; i < c->n_in; i++)
		if (c->mapped[i] && i != data[0] && i != data[1])
			return onnx_no_map(c, "places that depend on the input");
	if (strcmp(onnx_attr_text(c, "reduction", "none"), "none") != 0)
		return onnx_no_map(c, "adds to what it meets");
	for (; n_x < 2 && data[n_x] >= 0; n_x++) {
		if (!(x[n_x] = onnx_value_of(c, data[n_x])))
			return c->err->code;
		all += onnx_product(x[n_x]->dim, 0, x[n_x]->rank);
	}
	if (all < 1 || all > INT32_MAX)
		return onnx_no_map(c, "chooses from nothing, or from more than 2^31 numbers");
	onnx_tensor *places = places_of(c, data, x);
	if (!places)
		return c->err->code;
	secant_status s = take_places(c, x, n_x, places);
	format_onnx_tensor_drop(places);
	return s;
}

/* The first by size; their places come as indices of 32 bits. */
secant_status
onnx_map_topk(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	int64_t k = onnx_attr_int(c, "k", -1);
	int axis = x ? onnx_axis(c, onnx_attr_int(c, "axis", -1), x->rank) : -1;
	if (axis < 0 || (c->opset >= 10 && onnx_input_ints(c, 1, NULL, &k, 1) != 1))
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "no k is given");
	if (!format_onnx_type_is_real(x->type))
		return onnx_no_map(c, "sorts integers");
	if (k < 0 || k > x->dim[axis])
		return onnx_fail(c, SECANT_ERR_RANGE, "the first %lld of %lld", (long long)k, (long long)x->dim[axis]);
	op_topk_attr a = { onnx_axis_at(x, axis), (int)k, !onnx_attr_int(c, "largest", 1) };
	const graph_node *n = graph_make_node(g, "topk", &a, 1, &x->v);
	if (onnx_result(c, 0, n ? n->out[0] : -1, x->type, x->rank, x->perm))
		return c->err->code;
	return onnx_result(c, 1, n ? n->out[1] : -1, FORMAT_ONNX_INT64, x->rank, x->perm);
}
