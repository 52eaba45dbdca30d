/* Number by number: any order of axes will do, if all inputs have it. See map.h. */
#include <math.h>
#include <string.h>
#include "formats/onnx/map.h"
#include "ops/ops.h"

/* A known tensor of one real number. */
static bool
is_number(const onnx_call *c, int i, double *v)
{
	const onnx_tensor *t = i < c->n_in ? c->in[i] : NULL;
	if (!t || format_onnx_count(t) != 1 || !format_onnx_type_is_real(t->type))
		return false;
	format_onnx_get_reals(t, 0, 1, v);
	return true;
}

/* Computed as reals of a plan: everything but double and integers. */
static bool
is_real(onnx_call *c, const onnx_mapped *m)
{
	if (m && format_onnx_type_is_real(m->type) && m->type != FORMAT_ONNX_DOUBLE)
		return true;
	if (m)
		onnx_no_map(c, "computes integers");
	return false;
}

secant_status
onnx_map_unary(onnx_call *c)
{
	static const struct {
		const char *op, *ours, *attr;
		double otherwise;
	} rows[] = {
		{ "Abs", "abs" },
		{ "Atan", "atan" },
		{ "Ceil", "ceil" },
		{ "Cos", "cos" },
		{ "Elu", "elu", "alpha", 1 },
		{ "Erf", "erf" },
		{ "Exp", "exp" },
		{ "Floor", "floor" },
		{ "HardSwish", "hardswish" },
		{ "LeakyRelu", "leaky_relu", "alpha", 0.01 },
		{ "Log", "log" },
		{ "Mish", "mish" },
		{ "Neg", "neg" },
		{ "Reciprocal", "reciprocal" },
		{ "Relu", "relu" },
		{ "Round", "round" },
		{ "Sigmoid", "sigmoid" },
		{ "Sign", "sign" },
		{ "Sin", "sin" },
		{ "Sqrt", "sqrt" },
		{ "Tan", "tan" },
		{ "Tanh", "tanh" },
	};
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	size_t k = 0;
	if (!is_real(c, x))
		return c->err->code;
	while (k < sizeof rows / sizeof *rows && strcmp(rows[k].op, c->node->op))
		k++;
	if (k == sizeof rows / sizeof *rows)
		return onnx_no_map(c, "has no operator of ours");
	op_number_attr a = { .a = rows[k].attr ? onnx_attr_decimal(c, rows[k].attr, rows[k].otherwise) : 0 };
	return onnx_result(
		c, 0, graph_apply(g, rows[k].ours, rows[k].attr ? &a : NULL, 1, x->v), x->type, x->rank, x->perm);
}

static secant_status
clamped(onnx_call *c, const onnx_mapped *x, graph_value v, double low, double high)
{
	op_number_attr a = { fmax(low, -3.4e38), fmin(high, 3.4e38) };
	bool six = low == 0 && high == 6;
	return onnx_result(
		c, 0, graph_apply(onnx_graph(c), six ? "relu6" : "clamp", six ? NULL : &a, 1, v), x->type, x->rank, x->perm);
}

secant_status
onnx_map_clip(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	double low = -INFINITY, high = INFINITY;
	if (!is_real(c, x))
		return c->err->code;
	if (c->opset < 11) {
		low = onnx_attr_real(c, "min", low);
		high = onnx_attr_real(c, "max", high);
	} else if ((onnx_has(c, 1) && !is_number(c, 1, &low)) || (onnx_has(c, 2) && !is_number(c, 2, &high)))
		return onnx_no_map(c, "bounds that depend on the input");
	if (!(low <= high)) /* bounds that cross: the upper one */
		low = high;
	return clamped(c, x, x->v, low, high);
}

secant_status
onnx_map_hard_sigmoid(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	op_number_attr a = { .a = onnx_attr_real(c, "alpha", 0.2f) }, b = { .a = onnx_attr_real(c, "beta", 0.5) };
	if (!is_real(c, x))
		return c->err->code;
	if (fabs(a.a - 1.0 / 6) < 1e-7 && b.a == 0.5)
		return onnx_result(c, 0, graph_apply(g, "hardsigmoid", NULL, 1, x->v), x->type, x->rank, x->perm);
	return clamped(c, x, graph_apply(g, "add_scalar", &b, 1, graph_apply(g, "mul_scalar", &a, 1, x->v)), 0, 1);
}

secant_status
onnx_map_softplus(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	op_number_attr a = { 1, 40 };
	return is_real(c, x)
		? onnx_result(c, 0, graph_apply(onnx_graph(c), "softplus", &a, 1, x->v), x->type, x->rank, x->perm)
		: c->err->code;
}

secant_status
onnx_map_gelu(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	const char *ours = strcmp(onnx_attr_text(c, "approximate", "none"), "tanh") ? "gelu" : "gelu_tanh";
	return is_real(c, x) ? onnx_result(c, 0, graph_apply(onnx_graph(c), ours, NULL, 1, x->v), x->type, x->rank, x->perm)
						 : c->err->code;
}

secant_status
onnx_map_swish(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	if (onnx_attr_real(c, "alpha", 1) != 1)
		return onnx_no_map(c, "alpha is not 1");
	return is_real(c, x)
		? onnx_result(c, 0, graph_apply(onnx_graph(c), "silu", NULL, 1, x->v), x->type, x->rank, x->perm)
		: c->err->code;
}

/* Whole numbers of 32 bits that products of bytes gave: sums in a float, which its scale follows (cast_to_integers). */
static bool
is_sum(const onnx_call *c, const onnx_mapped *m)
{
	return m && m->type == FORMAT_ONNX_INT32 && graph_value_at(onnx_graph(c), m->v)->type.dtype == SECANT_F32;
}

/* ---- two inputs ---- */

/* m with `rank` axes, ones in front, in the order perm. */
static graph_value
spread(graph_net *g, const onnx_mapped *m, int rank, const int *perm)
{
	onnx_mapped wide = { .rank = rank, .type = m->type };
	if (m->rank == rank)
		return onnx_ordered(g, m, perm);
	op_shape_attr shape = { { rank } };
	for (int i = 0; i < rank; i++) {
		wide.perm[i] = i;
		wide.dim[i] = i < rank - m->rank ? 1 : m->dim[i - (rank - m->rank)];
		shape.shape.v[i] = (int)wide.dim[i];
	}
	wide.v = graph_apply(g, "reshape", &shape, 1, onnx_plain(g, m));
	return onnx_ordered(g, &wide, perm);
}

/* The order that costs least: that of the larger input, or of the one that is not known. */
static const onnx_mapped *
leader(const onnx_call *c, const onnx_mapped *a, const onnx_mapped *b)
{
	if (a->rank != b->rank)
		return a->rank > b->rank ? a : b;
	if (!c->mapped[0] != !c->mapped[1])
		return c->mapped[0] ? a : b;
	int64_t na = onnx_product(a->dim, 0, a->rank), nb = onnx_product(b->dim, 0, b->rank);
	return na >= nb ? a : b;
}

/* The shapes of operator sets before 7: broadcast along `axis`. */
static bool
old_broadcast(onnx_call *c)
{
	return c->opset < 7 && onnx_attr_int(c, "broadcast", 0);
}

static secant_status
joined(onnx_call *c, const char *ours, const onnx_mapped *a, const onnx_mapped *b, int type)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *m = leader(c, a, b);
	graph_value x = spread(g, a, m->rank, m->perm), y = spread(g, b, m->rank, m->perm);
	return onnx_result(c, 0, graph_apply(g, ours, NULL, 2, x, y), type, m->rank, m->perm);
}

static secant_status
with_number(onnx_call *c, const char *ours, double v, int i)
{
	const onnx_mapped *x = c->mapped[i];
	op_number_attr a = { .a = v };
	/* A number with axes may give its result more axes than x has. */
	return onnx_result(c, 0, graph_apply(onnx_graph(c), ours, &a, 1, x->v), x->type, x->rank, x->perm);
}

/* A bias of whole numbers. */
static secant_status
added_to_sum(onnx_call *c)
{
	onnx_mapped in[2];
	for (int i = 0; i < 2; i++) {
		const onnx_mapped *x = onnx_value_of(c, i);
		if (!x)
			return c->err->code;
		in[i] = *x;
		if (!is_sum(c, x) && (c->mapped[i] || x->type != FORMAT_ONNX_INT32))
			return onnx_no_map(c, "computes integers");
		if (!is_sum(c, x))
			in[i].v = graph_apply(onnx_graph(c), "upcast", NULL, 1, x->v);
	}
	return joined(c, "add", &in[0], &in[1], FORMAT_ONNX_INT32);
}

secant_status
onnx_map_arithmetic(onnx_call *c)
{
	static const struct {
		const char *op, *ours;
	} rows[] = { { "Add", "add" }, { "Sub", "sub" }, { "Mul", "mul" }, { "Div", "div" }, { "Max", "maximum" },
		{ "Min", "minimum" }, { "Sum", "add" } };
	const char *op = c->node->op;
	size_t k = 0;
	double v;
	secant_status s = SECANT_OK;
	while (strcmp(rows[k].op, op))
		k++;
	if (c->n_in == 1)
		return onnx_pass(c, 0, onnx_value_of(c, 0), onnx_value_of(c, 0)->type);
	if (c->n_in < 1)
		return onnx_no_map(c, "no inputs");
	if (old_broadcast(c))
		return onnx_no_map(c, "broadcasts as operator sets before 7 did");
	for (int i = 0; i < 2 && c->n_in == 2; i++)
		if (c->mapped[!i] && is_number(c, i, &v) && c->in[i]->rank <= c->mapped[!i]->rank
			&& is_real(c, c->mapped[!i])) {
			if (!strcmp(op, "Add") || !strcmp(op, "Sum"))
				return with_number(c, "add_scalar", v, !i);
			if ((!strcmp(op, "Mul") && onnx_composed(c, c->mapped[!i], NULL, v, &s))
				|| (!strcmp(op, "Div") && i == 1 && v != 0 && onnx_composed(c, c->mapped[0], NULL, 1 / v, &s)))
				return s;
			if (!strcmp(op, "Mul"))
				return with_number(c, "mul_scalar", v, !i);
			if (!strcmp(op, "Sub") && i == 1)
				return with_number(c, "add_scalar", -v, 0);
			if (!strcmp(op, "Div") && i == 1)
				return onnx_result(c, 0,
					graph_apply(onnx_graph(c), "div", NULL, 2, c->mapped[0]->v, graph_scalar(onnx_graph(c), v)),
					c->mapped[0]->type, c->mapped[0]->rank, c->mapped[0]->perm);
		}
	if (c->n_in == 2 && !strcmp(op, "Add") && (is_sum(c, c->mapped[0]) || is_sum(c, c->mapped[1])))
		return added_to_sum(c);
	const onnx_mapped *a = onnx_value_of(c, 0);
	s = a && is_real(c, a) ? SECANT_OK : c->err->code;
	if (!strcmp(op, "Mul") && c->mapped[0] && c->mapped[1] && !s && is_real(c, c->mapped[1])
		&& onnx_composed(c, c->mapped[0], c->mapped[1], 0, &s))
		return s;
	for (int i = 1; i < c->n_in && a && !c->err->code; i++) { /* one after the other */
		const onnx_mapped *b = onnx_value_of(c, i);
		if (!b || !is_real(c, b))
			return c->err->code;
		s = joined(c, rows[k].ours, a, b, a->type);
		a = c->mapped_out[0];
	}
	return s;
}

/* Input i as reals of a plan, whole numbers too where the other one is known and small: a float tells it from all
 * others.
 */
static const onnx_mapped *
comparable(onnx_call *c, int i)
{
	const onnx_mapped *x = onnx_value_of(c, i);
	const onnx_tensor *known = c->n_in == 2 ? c->in[0] ? c->in[0] : c->in[1] : NULL;
	bool small = known && !format_onnx_type_is_real(known->type);
	for (int64_t k = 0; small && k < format_onnx_count(known); k++) {
		double v;
		format_onnx_get_reals(known, k, 1, &v);
		small = fabs(v) < 16777216;
	}
	if (!x || !small)
		return is_real(c, x) ? x : NULL;
	onnx_mapped *real = base_arena_alloc(((format_onnx_network *)c->walk->map)->arena, sizeof *real);
	if (!real) {
		onnx_fail(c, SECANT_ERR_NOMEM, "no memory");
		return NULL;
	}
	*real = *x;
	if (graph_value_at(onnx_graph(c), x->v)->type.dtype != SECANT_F32)
		real->v = graph_apply(onnx_graph(c), "upcast", NULL, 1, x->v);
	return real;
}

secant_status
onnx_map_compare(onnx_call *c)
{
	const onnx_mapped *a = comparable(c, 0), *b = a ? comparable(c, 1) : NULL;
	bool less = !strcmp(c->node->op, "Less");
	if (!b)
		return c->err->code;
	if (old_broadcast(c))
		return onnx_no_map(c, "broadcasts as operator sets before 7 did");
	if (!less)
		return joined(c, strcmp(c->node->op, "Equal") ? "greater" : "equal", a, b, FORMAT_ONNX_BOOL);
	graph_net *g = onnx_graph(c);
	const onnx_mapped *m = leader(c, a, b);
	graph_value x = spread(g, a, m->rank, m->perm), y = spread(g, b, m->rank, m->perm);
	return onnx_result(c, 0, graph_apply(g, "greater", NULL, 2, y, x), FORMAT_ONNX_BOOL, m->rank, m->perm);
}

/* 0 where v is another number, else 1. */
static graph_value
negated(graph_net *g, graph_value v)
{
	static const double numbers[2] = { 0, 1 };
	static const secant_shape one = { 0 };
	graph_value no = graph_constant(g, SECANT_U8, &one, &numbers[0]),
				yes = graph_constant(g, SECANT_U8, &one, &numbers[1]);
	return graph_apply(g, "where", NULL, 3, v, no, yes);
}

secant_status
onnx_map_not(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0);
	return x ? onnx_result(c, 0, negated(g, x->v), x->type, x->rank, x->perm) : c->err->code;
}

secant_status
onnx_map_where(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *p = onnx_value_of(c, 0), *a = p ? onnx_value_of(c, 1) : NULL,
					  *b = a ? onnx_value_of(c, 2) : NULL;
	if (!b || (a->type != FORMAT_ONNX_BOOL && (!is_real(c, a) || !is_real(c, b))))
		return c->err->code;
	const onnx_mapped *m = a->rank >= b->rank ? a : b;
	m = p->rank > m->rank ? p : m;
	graph_value x = spread(g, p, m->rank, m->perm), y = spread(g, a, m->rank, m->perm),
				z = spread(g, b, m->rank, m->perm);
	return onnx_result(c, 0, graph_apply(g, "where", NULL, 3, x, y, z), a->type, m->rank, m->perm);
}

secant_status
onnx_map_pow(onnx_call *c)
{
	double e;
	const onnx_mapped *x = onnx_value_of(c, 0);
	op_number_attr a;
	if (!is_real(c, x))
		return c->err->code;
	if (c->n_in < 2 || !c->in[1] || format_onnx_count(c->in[1]) != 1 || c->in[1]->rank > x->rank)
		return onnx_no_map(c, "an exponent that is not one known number");
	format_onnx_get_reals(c->in[1], 0, 1, &e);
	a = (op_number_attr){ .a = e };
	graph_value v = e == 2 ? graph_apply(onnx_graph(c), "square", NULL, 1, x->v)
		: e == 0.5         ? graph_apply(onnx_graph(c), "sqrt", NULL, 1, x->v)
						   : graph_apply(onnx_graph(c), "pow", &a, 1, x->v);
	return onnx_result(c, 0, v, x->type, x->rank, x->perm);
}

/* Slopes of each channel (axis 1), or one for all. */
secant_status
onnx_map_prelu(onnx_call *c)
{
	graph_net *g = onnx_graph(c);
	const onnx_mapped *x = onnx_value_of(c, 0), *w = x ? onnx_value_of(c, 1) : NULL;
	if (!w || !is_real(c, x) || !is_real(c, w))
		return c->err->code;
	int64_t n = onnx_product(w->dim, 0, w->rank);
	int at = -1;
	for (int i = 0; i < w->rank; i++)
		if (w->dim[i] > 1)
			at = i + (x->rank - w->rank);
	if (c->opset < 7 && w->rank == 1)
		at = 1;
	if (n != 1 && (x->rank < 2 || n != x->dim[1] || at != 1))
		return onnx_no_map(c, "slopes that are not one for each channel");
	op_shape_attr flat = { { 1, { (int)n } } };
	graph_value slopes = w->rank == 1 ? w->v : graph_apply(g, "reshape", &flat, 1, w->v);
	if (n == 1)
		return onnx_result(c, 0, graph_apply(g, "prelu", NULL, 2, x->v, slopes), x->type, x->rank, x->perm);
	return onnx_result_last(c, graph_apply(g, "prelu", NULL, 2, onnx_channels_last(g, x), slopes), x->type);
}

/* ---- types ---- */

/* Towards zero; what a type cannot hold, of which ONNX says nothing, becomes the nearest that it can. */
static secant_status
cast_to_integers(onnx_call *c, const onnx_mapped *x, int type)
{
	static const struct {
		int theirs, ours;
	} kinds[] = { { FORMAT_ONNX_UINT8, OP_CONVERT_U8 }, { FORMAT_ONNX_INT8, OP_CONVERT_I8 },
		{ FORMAT_ONNX_INT32, OP_CONVERT_I32 } };
	const format_onnx_node *of = c->scope->caller; /* within one of these they are whole as they are */
	if (type == FORMAT_ONNX_INT32 && of && (!strcmp(of->op, "ConvInteger") || !strcmp(of->op, "MatMulInteger")))
		return onnx_pass(c, 0, x, type);
	int held = type == FORMAT_ONNX_INT64 && x->type == FORMAT_ONNX_BOOL ? FORMAT_ONNX_INT32
																		: type; /* 0 and 1 fit either */
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		if (kinds[k].theirs == held) {
			op_convert_attr a = { .to = kinds[k].ours, .rounding = 1 };
			return onnx_result(c, 0, graph_apply(onnx_graph(c), "convert", &a, 1, x->v), type, x->rank, x->perm);
		}
	return onnx_no_map(c, "casts to integers that graphs have not");
}

static secant_status
cast(onnx_call *c, int type)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	if (!x)
		return c->err->code;
	bool from = format_onnx_type_is_real(x->type), to = format_onnx_type_is_real(type);
	if (type == FORMAT_ONNX_DOUBLE)
		return onnx_no_map(c, "computes in double precision");
	if (x->type == type || (from && to))
		return onnx_pass(c, 0, x, type);
	if (!to && graph_value_at(onnx_graph(c), x->v)->type.dtype == SECANT_I32
		&& (type == FORMAT_ONNX_INT32 || type == FORMAT_ONNX_INT64))
		return onnx_pass(c, 0, x, type); /* indices, which fit either */
	graph_net *g = onnx_graph(c);
	bool is_float = graph_value_at(g, x->v)->type.dtype == SECANT_F32;
	if (type == FORMAT_ONNX_BOOL) {
		graph_value v = is_float ? x->v : graph_apply(g, "upcast", NULL, 1, x->v);
		v = negated(g, graph_apply(g, "equal", NULL, 2, v, graph_scalar(g, 0)));
		return onnx_result(c, 0, v, type, x->rank, x->perm);
	}
	if (x->type == FORMAT_ONNX_BOOL && type == FORMAT_ONNX_UINT8)
		return onnx_pass(c, 0, x, type);
	if (!to && (from || (x->type == FORMAT_ONNX_BOOL && !is_float)))
		return cast_to_integers(c, x, type);
	if (!to)
		return onnx_no_map(c, "casts to integers");
	if (graph_value_at(onnx_graph(c), x->v)->type.dtype == SECANT_F32)
		return onnx_pass(c, 0, x, type); /* whole numbers of a picture, which came as reals */
	return onnx_result(c, 0, graph_apply(onnx_graph(c), "upcast", NULL, 1, x->v), type, x->rank, x->perm);
}

secant_status
onnx_map_cast(onnx_call *c)
{
	return cast(c, (int)onnx_attr_int(c, "to", 0));
}

secant_status
onnx_map_cast_like(onnx_call *c)
{
	return c->mapped[1] ? cast(c, c->mapped[1]->type)
		: c->in[1]      ? cast(c, c->in[1]->type)
						: onnx_no_map(c, "no type is given");
}

secant_status
onnx_map_identity(onnx_call *c)
{
	const onnx_mapped *x = onnx_value_of(c, 0);
	if (onnx_wants(c, 1))
		return onnx_no_map(c, "its mask is asked for");
	int64_t training = 0;
	if (!strcmp(c->node->op, "Dropout") && onnx_has(c, 2)
		&& (onnx_input_ints(c, 2, NULL, &training, 1) != 1 || training))
		return onnx_no_map(c, "drops at random: it is in training mode");
	return x ? onnx_pass(c, 0, x, x->type) : c->err->code;
}
