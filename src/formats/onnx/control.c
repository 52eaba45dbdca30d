/*
 * If, Loop and Scan: nodes that run graphs. Their conditions and counts must be known, so that a mapping walk unrolls
 * what it walks through; what flows through them may be mapped. See eval.h.
 */
#include <string.h>
#include "formats/onnx/eval.h"

enum { RANK = FORMAT_ONNX_RANK };

static const format_onnx_graph *
body_of(onnx_call *c, const char *name)
{
	const format_onnx_attr *a = onnx_attr(c, name);
	if (!a || !a->g)
		onnx_fail(c, SECANT_ERR_FORMAT, "has no graph '%s'", name);
	return a ? a->g : NULL;
}

/* Runs a graph within the node's scope; an error of its nodes is the walk's. */
static secant_status
run_body(onnx_call *c, const format_onnx_graph *g, const onnx_value *ins, onnx_value *outs)
{
	enum { TURNS = 1 << 22, TURN_COST = 1024 };
	secant_err own = { 0 }, *before = c->walk->err;
	if (c->walk->turns++ >= TURNS)
		return onnx_fail(c, SECANT_ERR_RANGE, "loops turn more than %d times", TURNS);
	c->walk->err = &own;
	secant_status s = onnx_spend(c, TURN_COST + 16.0 * g->n_node)
		? c->err->code
		: onnx_walk_graph(c->walk, c->scope, g, ins, outs, c->opset);
	c->walk->err = before;
	if (own.code)
		secant_fail(c->err, own.code, "%s", own.msg);
	return s;
}

static void
take(onnx_call *c, int k, onnx_value *v)
{
	if (k < c->n_out) {
		c->out[k] = v->t;
		c->mapped_out[k] = v->m;
	} else
		format_onnx_tensor_drop(v->t);
	v->t = NULL;
}

secant_status
onnx_control_if(onnx_call *c)
{
	int64_t yes;
	if (onnx_input_ints(c, 0, NULL, &yes, 1) != 1)
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "no condition is given");
	const format_onnx_graph *g = body_of(c, yes ? "then_branch" : "else_branch");
	if (!g)
		return c->err->code;
	if (g->n_in || g->n_out != c->n_out)
		return onnx_fail(c, SECANT_ERR_FORMAT, "a branch with %d inputs and %d results", g->n_in, g->n_out);
	onnx_value *outs = onnx_temp(c, g->n_out, sizeof *outs);
	if (!outs || run_body(c, g, NULL, outs))
		return c->err->code;
	for (int i = 0; i < g->n_out; i++)
		take(c, i, &outs[i]);
	return SECANT_OK;
}

/* Stacks n tensors of one shape along a new axis: what scans of Loop and Scan give. */
static onnx_tensor *
stack(onnx_call *c, onnx_tensor **part, int64_t n, int axis, bool backwards, const format_onnx_info *as)
{
	int64_t dim[RANK + 1];
	secant_err own = { 0 };
	onnx_tensor *first = n ? part[0] : NULL;
	int rank = first ? first->rank + 1 : as->rank >= 0 ? as->rank + 1 : 1;
	axis += axis < 0 ? rank : 0;
	if (rank > RANK || axis < 0 || axis >= rank) {
		onnx_fail(c, SECANT_ERR_SHAPE, "results stacked along axis %d of %d", axis, rank);
		return NULL;
	}
	for (int i = 0; i < rank; i++)
		dim[i] = i == axis                                 ? n
			: first                                        ? first->dim[i - (i > axis)]
			: as->rank >= 0 && as->dim[i - (i > axis)] > 0 ? as->dim[i - (i > axis)]
														   : 0;
	onnx_tensor *y = format_onnx_tensor_new(first ? first->type
			: as->type                            ? as->type
												  : FORMAT_ONNX_FLOAT,
		rank, dim, c->walk->limit, &own);
	if (!y) {
		onnx_fail(c, own.code, "%s", own.msg);
		return NULL;
	}
	int64_t outer = onnx_product(dim, 0, axis), inner = onnx_product(dim, axis + 1, rank);
	size_t run = (size_t)inner * format_onnx_type_size(y->type);
	for (int64_t k = 0; k < n; k++) {
		onnx_tensor *p = part[backwards ? n - 1 - k : k];
		if (p->type != y->type || format_onnx_count(p) != outer * inner) {
			onnx_fail(c, SECANT_ERR_SHAPE, "results of unequal shapes are stacked");
			format_onnx_tensor_drop(y);
			return NULL;
		}
		for (int64_t o = 0; o < outer && run; o++)
			memcpy((char *)y->data + (size_t)(o * n + k) * run, (const char *)p->data + (size_t)o * run, run);
	}
	return y;
}

/* Results gathered over the turns of a loop. */
typedef struct pile {
	onnx_tensor **v;
	int n, capacity;
} pile;

static secant_status
pile_add(onnx_call *c, pile *p, onnx_value *v)
{
	if (!v->t)
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "gathers results that depend on what the network is given");
	if (base_grow((void **)&p->v, &p->capacity, p->n, sizeof *p->v))
		return onnx_fail(c, SECANT_ERR_NOMEM, "no memory");
	p->v[p->n++] = v->t;
	v->t = NULL;
	return SECANT_OK;
}

static void
piles_free(pile *p, int n)
{
	for (int i = 0; p && i < n; i++) {
		for (int k = 0; k < p[i].n; k++)
			format_onnx_tensor_drop(p[i].v[k]);
		secant_free(p[i].v);
	}
}

static void
values_free(onnx_value *v, int n)
{
	for (int i = 0; v && i < n; i++)
		format_onnx_tensor_drop(v[i].t);
}

static onnx_tensor *
number(onnx_call *c, int type, int64_t value)
{
	secant_err own = { 0 };
	onnx_tensor *t = format_onnx_tensor_new(type, 0, NULL, 0, &own);
	if (t)
		format_onnx_put_ints(t, 0, 1, &value);
	else
		onnx_fail(c, own.code, "%s", own.msg);
	return t;
}

/* Inputs: count, condition, what is carried. The body: turn, condition, carried -> condition, carried, gathered. */
secant_status
onnx_control_loop(onnx_call *c)
{
	const format_onnx_graph *g = body_of(c, "body");
	int64_t turns = INT64_MAX, go = 1;
	if (!g || (onnx_has(c, 0) && onnx_input_ints(c, 0, NULL, &turns, 1) != 1)
		|| (onnx_has(c, 1) && onnx_input_ints(c, 1, NULL, &go, 1) != 1))
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "count or condition is no number");
	int carried = c->n_in - 2, gathered = g->n_out - 1 - carried;
	if (carried < 0 || g->n_in != carried + 2 || gathered < 0 || c->n_out != carried + gathered)
		return onnx_fail(c, SECANT_ERR_FORMAT, "its graph has %d inputs and %d results", g->n_in, g->n_out);
	onnx_value *ins = onnx_temp(c, g->n_in, sizeof *ins), *outs = onnx_temp(c, g->n_out, sizeof *outs);
	pile *piles = onnx_temp(c, gathered, sizeof *piles);
	if (!ins || !outs || !piles)
		return c->err->code;
	for (int i = 0; i < carried; i++)
		ins[i + 2] = (onnx_value){ .t = format_onnx_tensor_hold(c->in[i + 2]), .m = c->mapped[i + 2], .made = true };
	ins[1].t = number(c, FORMAT_ONNX_BOOL, go);
	for (int64_t t = 0; t < turns && go && !c->err->code; t++) {
		format_onnx_tensor_drop(ins[0].t);
		ins[0].t = number(c, FORMAT_ONNX_INT64, t);
		if (c->err->code || run_body(c, g, ins, outs))
			break;
		if (!outs[0].t)
			onnx_fail(c, SECANT_ERR_UNSUPPORTED, "its condition depends on what the network is given");
		else
			format_onnx_get_ints(outs[0].t, 0, format_onnx_count(outs[0].t) == 1, &go);
		for (int i = 0; i <= carried; i++) {
			format_onnx_tensor_drop(ins[i + 1].t);
			ins[i + 1] = outs[i];
			outs[i].t = NULL;
		}
		for (int i = 0; i < gathered && !c->err->code; i++)
			pile_add(c, &piles[i], &outs[1 + carried + i]);
	}
	for (int i = 0; i < gathered && !c->err->code; i++)
		c->out[carried + i] = stack(c, piles[i].v, piles[i].n, 0, false, &g->out[1 + carried + i]);
	for (int i = 0; i < carried && !c->err->code; i++)
		take(c, i, &ins[i + 2]);
	values_free(ins, g->n_in);
	values_free(outs, g->n_out);
	piles_free(piles, gathered);
	return c->err->code;
}

/* Part k of x along an axis, without that axis. */
static onnx_tensor *
part_of(onnx_call *c, const onnx_tensor *x, int axis, int64_t k)
{
	int64_t dim[RANK];
	secant_err own = { 0 };
	for (int i = 0; i < x->rank - 1; i++)
		dim[i] = x->dim[i + (i >= axis)];
	onnx_tensor *y = format_onnx_tensor_new(x->type, x->rank - 1, dim, c->walk->limit, &own);
	if (!y) {
		onnx_fail(c, own.code, "%s", own.msg);
		return NULL;
	}
	int64_t outer = onnx_product(x->dim, 0, axis), inner = onnx_product(x->dim, axis + 1, x->rank);
	size_t run = (size_t)inner * format_onnx_type_size(x->type);
	for (int64_t o = 0; o < outer && run; o++)
		memcpy((char *)y->data + (size_t)o * run, (const char *)x->data + (size_t)(o * x->dim[axis] + k) * run, run);
	return y;
}

static int
nth(const format_onnx_attr *a, int i)
{
	return a && i < a->n_ints && a->ints[i] > -100 && a->ints[i] < 100 ? (int)a->ints[i] : 0;
}

/* One sequence of states and scans: c->in[] from `first`, by batch for the oldest Scan. */
static secant_status
scan_one(onnx_call *c, const format_onnx_graph *g, onnx_tensor **in, int n_in, int scans, onnx_tensor **out)
{
	int carried = n_in - scans, gathered = g->n_out - carried;
	const format_onnx_attr *in_way = onnx_attr(c, c->opset < 9 ? "directions" : "scan_input_directions"),
						   *out_way = onnx_attr(c, "scan_output_directions"),
						   *in_axis = onnx_attr(c, "scan_input_axes"), *out_axis = onnx_attr(c, "scan_output_axes");
	onnx_value *ins = onnx_temp(c, g->n_in, sizeof *ins), *outs = onnx_temp(c, g->n_out, sizeof *outs);
	pile *piles = onnx_temp(c, gathered, sizeof *piles);
	int axis[64] = { 0 };
	int64_t turns = -1;
	if (!ins || !outs || !piles)
		return c->err->code;
	for (int i = 0; i < scans && !c->err->code; i++) {
		onnx_tensor *x = in[carried + i];
		axis[i] = onnx_axis(c, nth(in_axis, i), x->rank);
		if (axis[i] >= 0 && turns >= 0 && turns != x->dim[axis[i]])
			onnx_fail(c, SECANT_ERR_SHAPE, "scans %lld and %lld turns", (long long)turns, (long long)x->dim[axis[i]]);
		turns = axis[i] < 0 ? turns : x->dim[axis[i]];
	}
	for (int i = 0; i < carried; i++)
		ins[i].t = format_onnx_tensor_hold(in[i]);
	for (int64_t t = 0; t < turns && !c->err->code; t++) {
		for (int i = 0; i < scans && !c->err->code; i++) {
			format_onnx_tensor_drop(ins[carried + i].t);
			ins[carried + i].t = part_of(c, in[carried + i], axis[i], nth(in_way, i) ? turns - 1 - t : t);
		}
		if (c->err->code || run_body(c, g, ins, outs))
			break;
		for (int i = 0; i < carried; i++) {
			format_onnx_tensor_drop(ins[i].t);
			ins[i] = outs[i];
			outs[i].t = NULL;
		}
		for (int i = 0; i < gathered && !c->err->code; i++)
			pile_add(c, &piles[i], &outs[carried + i]);
	}
	for (int i = 0; i < gathered && !c->err->code; i++)
		out[carried + i] = stack(c, piles[i].v, piles[i].n, nth(out_axis, i), nth(out_way, i), &g->out[carried + i]);
	for (int i = 0; i < carried && !c->err->code; i++) {
		out[i] = ins[i].t;
		ins[i].t = NULL;
	}
	values_free(ins, g->n_in);
	values_free(outs, g->n_out);
	piles_free(piles, gathered);
	return c->err->code;
}

/* The oldest Scan: every input has a batch in front, and input 0 may hold lengths. */
static secant_status
scan_batches(onnx_call *c, const format_onnx_graph *g, int scans)
{
	int n_in = c->n_in - 1;
	onnx_tensor **part = onnx_temp(c, n_in, sizeof *part), **out = onnx_temp(c, c->n_out, sizeof *out);
	pile *piles = onnx_temp(c, c->n_out, sizeof *piles);
	if (onnx_has(c, 0))
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED, "sequences of unequal lengths");
	if (!part || !out || !piles)
		return c->err->code;
	for (int i = 0; i < n_in; i++)
		if (!onnx_in(c, i + 1) || c->in[i + 1]->rank < 1 || c->in[i + 1]->dim[0] != c->in[1]->dim[0])
			return onnx_fail(c, SECANT_ERR_SHAPE, "batches do not fit");
	for (int64_t b = 0; b < c->in[1]->dim[0] && !c->err->code; b++) {
		for (int i = 0; i < n_in && !c->err->code; i++)
			part[i] = part_of(c, c->in[i + 1], 0, b);
		if (!c->err->code)
			scan_one(c, g, part, n_in, scans, out);
		for (int i = 0; i < n_in; i++) {
			format_onnx_tensor_drop(part[i]);
			part[i] = NULL;
		}
		for (int i = 0; i < c->n_out; i++) {
			onnx_value v = { .t = out[i] };
			out[i] = NULL;
			if (c->err->code || pile_add(c, &piles[i], &v))
				format_onnx_tensor_drop(v.t);
		}
	}
	for (int i = 0; i < c->n_out && !c->err->code; i++)
		c->out[i] = stack(c, piles[i].v, piles[i].n, 0, false, &g->out[i]);
	piles_free(piles, c->n_out);
	return c->err->code;
}

secant_status
onnx_control_scan(onnx_call *c)
{
	const format_onnx_graph *g = body_of(c, "body");
	int64_t scans = onnx_attr_int(c, "num_scan_inputs", 0);
	int n_in = c->n_in - (c->opset < 9);
	if (!g)
		return c->err->code;
	if (scans < 1 || scans > n_in || scans > 64 || g->n_in != n_in || g->n_out != c->n_out || g->n_out < n_in - scans)
		return onnx_fail(c, SECANT_ERR_FORMAT, "its graph has %d inputs and %d results", g->n_in, g->n_out);
	for (int i = c->opset < 9; i < c->n_in; i++)
		if (!onnx_in(c, i))
			return c->err->code;
	return c->opset < 9 ? scan_batches(c, g, (int)scans) : scan_one(c, g, c->in, n_in, (int)scans, c->out);
}
