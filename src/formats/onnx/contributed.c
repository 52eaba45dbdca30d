/*
 * Operators that say nothing new: Attention, comparisons and sums of some kinds, those of ONNX Runtime's own domain
 * (com.microsoft) that its quantiser and its optimiser write, and the quantised products of ONNX, as what they mean in
 * ONNX's plain operators. A node of these
 * is walked as if the file held a function of that body.
 *
 *     "x=DequantizeLinear(0,1,2) y=Relu!(x)"
 *
 * A digit is an input of the node, a letter what a node before made; a node whose first input is absent makes nothing.
 * `!`: it takes the node's attributes; `@0`: its scales lie along axis 0.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "formats/onnx/map.h"

enum { MOST_NODES = 8, MOST_INPUTS = 6, MOST_ROWS = 1 << 13 };

typedef struct row {
	const char *domain, *op, *body; /* its last node makes the output */
} row;

static const row bodies[] = {
	{ "", "QLinearConv",
		"x=DequantizeLinear(0,1,2) w=DequantizeLinear@0(3,4,5) s=Mul(1,4) b=DequantizeLinear@0(8,s) c=Conv!(x,w,b) "
		"y=QuantizeLinear(c,6,7)" },
	{ "", "QLinearMatMul",
		"x=DequantizeLinear(0,1,2) w=DequantizeLinear(3,4,5) c=MatMul(x,w) y=QuantizeLinear(c,6,7)" },
	{ "", "And", "y=Where(0,1,0)" },
	{ "", "Or", "y=Where(0,0,1)" },
	{ "", "GreaterOrEqual", "a=Greater(0,1) b=Equal(0,1) y=Where(a,a,b)" },
	{ "", "LessOrEqual", "a=Less(0,1) b=Equal(0,1) y=Where(a,a,b)" },
	{ "", "ReduceL1", "a=Abs(0) y=ReduceSum!(a,1)" },
	{ "", "ReduceSumSquare", "a=Mul(0,0) y=ReduceSum!(a,1)" },
	{ "", "ReduceLogSum", "a=ReduceSum!(0,1) y=Log(a)" },
	{ "com.microsoft", "QLinearAdd",
		"x=DequantizeLinear(0,1,2) w=DequantizeLinear(3,4,5) c=Add(x,w) y=QuantizeLinear(c,6,7)" },
	{ "com.microsoft", "QLinearMul",
		"x=DequantizeLinear(0,1,2) w=DequantizeLinear(3,4,5) c=Mul(x,w) y=QuantizeLinear(c,6,7)" },
	{ "com.microsoft", "QLinearSigmoid", "x=DequantizeLinear(0,1,2) c=Sigmoid(x) y=QuantizeLinear(c,3,4)" },
	{ "com.microsoft", "QLinearLeakyRelu", "x=DequantizeLinear(0,1,2) c=LeakyRelu!(x) y=QuantizeLinear(c,3,4)" },
	{ "com.microsoft", "QLinearSoftmax", "x=DequantizeLinear(0,1,2) c=Softmax!(x) y=QuantizeLinear(c,3,4)" },
	{ "com.microsoft", "QLinearReduceMean", "x=DequantizeLinear(0,1,2) c=ReduceMean!(x) y=QuantizeLinear(c,3,4)" },
	{ "com.microsoft", "QLinearGlobalAveragePool",
		"x=DequantizeLinear(0,1,2) c=GlobalAveragePool(x) y=QuantizeLinear(c,3,4)" },
	{ "com.microsoft", "QLinearAveragePool", "x=DequantizeLinear(0,1,2) c=AveragePool!(x) y=QuantizeLinear(c,3,4)" },
	{ "com.microsoft", "QuantizeLinear", "y=QuantizeLinear!(0,1,2)" },
	{ "com.microsoft", "DequantizeLinear", "y=DequantizeLinear!(0,1,2)" },
	{ "com.microsoft", "Gelu", "y=Gelu(0)" },
	{ "com.microsoft", "BiasGelu", "c=Add(0,1) y=Gelu(c)" },
};

static const row *
row_of(const format_onnx_node *n)
{
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		if (!strcmp(bodies[i].op, n->op) && !strcmp(bodies[i].domain, n->domain))
			return &bodies[i];
	return NULL;
}

static bool
is_concat(const format_onnx_node *n)
{
	return !strcmp(n->op, "QLinearConcat") && !strcmp(n->domain, "com.microsoft");
}

bool
onnx_is_contributed(const format_onnx_node *n)
{
	return is_concat(n) || (*n->domain ? row_of(n) != NULL : !strcmp(n->op, "Attention"));
}

/* What a body is made of: names and nodes, which the call keeps. */
typedef struct body {
	onnx_call *c;
	format_onnx_function fn;
	bool made[26]; /* a node of that letter */
} body;

static const char *
name_of(onnx_call *c, const char *format, int i)
{
	char *s = onnx_temp(c, 16, 1);
	if (s)
		(void)snprintf(s, 16, format, i);
	return s ? s : "";
}

static bool
begin(body *b, onnx_call *c, int nodes)
{
	*b = (body){ c };
	b->fn = (format_onnx_function){
		.name = c->node->op, .domain = c->node->domain, .overload = "", .n_in = c->n_in, .n_out = 1
	};
	b->fn.in = onnx_temp(c, c->n_in + 1, sizeof *b->fn.in);
	b->fn.out = onnx_temp(c, 1, sizeof *b->fn.out);
	b->fn.body.node = onnx_temp(c, nodes, sizeof *b->fn.body.node);
	if (!b->fn.in || !b->fn.out || !b->fn.body.node)
		return false;
	for (int i = 0; i < c->n_in; i++)
		b->fn.in[i] = name_of(c, "%d", i);
	b->fn.out[0] = "y";
	b->fn.body.name = "";
	return true;
}

static format_onnx_node *
add_node(body *b, const char *op, const char *out, int inputs)
{
	format_onnx_node *n = &b->fn.body.node[b->fn.body.n_node++];
	*n = (format_onnx_node){ .op = op, .domain = "", .name = b->c->node->name, .n_out = 1 };
	n->in = onnx_temp(b->c, inputs + 1, sizeof *n->in);
	n->out = onnx_temp(b->c, 1, sizeof *n->out);
	if (!n->in || !n->out)
		return NULL;
	n->out[0] = out;
	return n;
}

static bool
set_axis(body *b, format_onnx_node *n, int64_t axis)
{
	format_onnx_attr *a = onnx_temp(b->c, 1, sizeof *a);
	if (!a)
		return false;
	*a = (format_onnx_attr){ .name = "axis", .type = 2, .i = axis, .s = "" };
	n->attr = a;
	n->n_attr = 1;
	return true;
}

static bool
given(const onnx_call *c, int i)
{
	return i < c->n_in && *c->node->in[i];
}

/* One "x=Op@0!(1,c)"; returns what is behind it. */
static const char *
read_node(body *b, const char *text)
{
	char *op = onnx_temp(b->c, 32, 1);
	const char *name = text + 2;
	size_t n = strcspn(name, "@!(");
	const char *p = name + strcspn(name, "(") + 1, *end = p + strcspn(p, ")");
	if (!op)
		return NULL;
	memcpy(op, name, n);
	bool first = *p >= '0' && *p <= '9' ? given(b->c, *p - '0') : b->made[*p - 'a'];
	if (!first) /* nothing to make it of */
		return end + 1 + (end[1] == ' ');
	format_onnx_node *node = add_node(b, op, text[0] == 'y' ? "y" : name_of(b->c, "%c", text[0]), MOST_INPUTS);
	if (!node)
		return NULL;
	for (; p < end; p += 2) {
		bool input = *p >= '0' && *p <= '9', there = input ? given(b->c, *p - '0') : b->made[*p - 'a'];
		node->in[node->n_in++] = !there ? "" : name_of(b->c, input ? "%d" : "%c", input ? *p - '0' : *p);
	}
	b->made[text[0] - 'a'] = true;
	if (name[n] == '@' && !set_axis(b, node, name[n + 1] - '0'))
		return NULL;
	if (name[n] == '!') {
		node->attr = b->c->node->attr;
		node->n_attr = b->c->node->n_attr;
	}
	return end + 1 + (end[1] == ' ');
}

/* scale, zero; then each input with its scale and zero. */
static secant_status
concat(onnx_call *c)
{
	body b;
	int n = (c->n_in - 2) / 3;
	if (c->n_in < 5 || (c->n_in - 2) % 3 || !begin(&b, c, n + 2))
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_FORMAT, "%d inputs", c->n_in);
	const char **part = onnx_temp(c, n, sizeof *part);
	for (int i = 0; i < n && part; i++) {
		part[i] = name_of(c, "x%d", i);
		format_onnx_node *d = add_node(&b, "DequantizeLinear", part[i], 3);
		for (int k = 0; k < 3 && d; k++)
			d->in[d->n_in++] = given(c, 2 + 3 * i + k) ? b.fn.in[2 + 3 * i + k] : "";
	}
	format_onnx_node *join = part ? add_node(&b, "Concat", "c", n) : NULL;
	for (int i = 0; i < n && join; i++)
		join->in[join->n_in++] = part[i];
	format_onnx_node *q = join ? add_node(&b, "QuantizeLinear", "y", 3) : NULL;
	if (!q)
		return c->err->code;
	join->attr = c->node->attr;
	join->n_attr = c->node->n_attr;
	q->in[0] = "c", q->in[1] = b.fn.in[0], q->in[2] = b.fn.in[1];
	q->n_in = 3;
	return c->err->code ? c->err->code : onnx_call_function(c, &b.fn);
}

/* Dimension k of input i, known or mapped; -1. */
static int64_t
dim_of(const onnx_call *c, int i, int k)
{
	if (i >= c->n_in)
		return -1;
	int rank = c->in[i] ? c->in[i]->rank : c->mapped[i] ? c->mapped[i]->rank : 0;
	return k >= rank ? -1 : c->in[i] ? c->in[i]->dim[k] : c->mapped[i]->dim[k];
}

static int
rank_of(const onnx_call *c, int i)
{
	return i >= c->n_in ? 0 : c->in[i] ? c->in[i]->rank : c->mapped[i] ? c->mapped[i]->rank : 0;
}

/* Initialisers of a body: real numbers or integers. They are the body's until end_body. */
static const char *
body_tensor(body *b, const char *name, int type, int rank, const int64_t *dim, const double *v)
{
	format_onnx_tensor *t = format_onnx_tensor_new(type, rank, dim, 0, b->c->err);
	format_onnx_graph *g = &b->fn.body;
	if (!t || g->n_init == MOST_NODES) {
		format_onnx_tensor_drop(t);
		return "";
	}
	format_onnx_put_reals(t, 0, format_onnx_count(t), v);
	g->init[g->n_init++] = (format_onnx_initializer){ name, t };
	return name;
}

static const char *
put(body *b, const char *op, const char *out, const char *x, const char *y)
{
	format_onnx_node *n = add_node(b, op, out, 3);
	if (!n)
		return "";
	n->in[n->n_in++] = x;
	if (y)
		n->in[n->n_in++] = y;
	return out;
}

/* The attribute perm of the node that was put last. */
static bool
set_perms(body *b, int n_axes, const int64_t *v)
{
	format_onnx_node *n = &b->fn.body.node[b->fn.body.n_node - 1];
	format_onnx_attr *a = onnx_temp(b->c, 1, sizeof *a);
	int64_t *perm = onnx_temp(b->c, n_axes, sizeof *perm);
	if (!a || !perm)
		return false;
	memcpy(perm, v, sizeof *v * (size_t)n_axes);
	*a = (format_onnx_attr){ .name = "perm", .type = 7, .s = "", .n_ints = n_axes, .ints = perm };
	n->attr = a;
	n->n_attr = 1;
	return true;
}

static bool
set_perm(body *b, int64_t a0, int64_t a1, int64_t a2, int64_t a3)
{
	return set_perms(b, 4, (int64_t[]){ a0, a1, a2, a3 });
}

/* Q, K or V of three axes, batch x length x heads * size, as batch x heads x length x size. */
static const char *
split_heads(body *b, int i, int64_t heads, const char *const name[3])
{
	double shape[4] = { (double)dim_of(b->c, i, 0), (double)dim_of(b->c, i, 1), (double)heads, -1 };
	int64_t four = 4;
	const char *apart = put(
		b, "Reshape", name[1], b->fn.in[i], body_tensor(b, name[0], FORMAT_ONNX_INT64, 1, &four, shape));
	const char *out = put(b, "Transpose", name[2], apart, NULL);
	return set_perm(b, 0, 2, 1, 3) ? out : "";
}

static const char *
causal(body *b, const char *scores, int64_t rows, int64_t columns)
{
	double *v = onnx_temp(b->c, rows * columns, sizeof *v);
	int64_t dim[2] = { rows, columns };
	for (int64_t i = 0; v && i < rows * columns; i++)
		v[i] = i % columns > i / columns ? -INFINITY : 0;
	return v ? put(b, "Add", "sc", scores, body_tensor(b, "tri", FORMAT_ONNX_FLOAT, 2, dim, v)) : "";
}

static const char *
masked(body *b, const char *scores)
{
	static const double none = 0, out = -INFINITY;
	int type = b->c->in[3] ? b->c->in[3]->type : b->c->mapped[3]->type;
	if (type != FORMAT_ONNX_BOOL)
		return put(b, "Add", "sm", scores, b->fn.in[3]);
	format_onnx_node *n = add_node(b, "Where", "mm", 3);
	if (!n)
		return "";
	n->in[0] = b->fn.in[3];
	n->in[1] = body_tensor(b, "zero", FORMAT_ONNX_FLOAT, 0, NULL, &none);
	n->in[2] = body_tensor(b, "far", FORMAT_ONNX_FLOAT, 0, NULL, &out);
	n->n_in = 3;
	return put(b, "Add", "sm", scores, "mm");
}

/* softmax(Q K^T * scale + mask) V. */
static secant_status
attention(onnx_call *c)
{
	body b;
	int rank = rank_of(c, 0);
	int64_t heads = rank == 3 ? onnx_attr_int(c, "q_num_heads", 0) : dim_of(c, 0, 1),
			others = rank == 3 ? onnx_attr_int(c, "kv_num_heads", 0) : dim_of(c, 1, 1);
	if ((rank != 3 && rank != 4) || rank_of(c, 1) != rank || rank_of(c, 2) != rank || heads < 1)
		return onnx_fail(c, SECANT_ERR_FORMAT, "wants queries, keys and values of 3 or 4 axes, and heads");
	if (heads != others || c->n_in > 4 || c->n_out > 1 || onnx_attr_real(c, "softcap", 0) != 0)
		return onnx_fail(c, SECANT_ERR_UNSUPPORTED,
			"shares keys among heads, remembers them, caps scores, or gives them: "
			"export the network with attention as products (opset below 23)");
	int64_t size = rank == 4 ? dim_of(c, 0, 3) : dim_of(c, 0, 2) / heads, rows = dim_of(c, 0, rank - 2),
			columns = dim_of(c, 1, rank - 2);
	double root = sqrt(onnx_attr_real(c, "scale", 1 / sqrt((double)(size > 0 ? size : 1))));
	if (onnx_attr_int(c, "is_causal", 0) && (rows < 1 || columns < 1 || rows > MOST_ROWS || columns > MOST_ROWS))
		return onnx_fail(
			c, SECANT_ERR_UNSUPPORTED, "looks back over %lld places of %lld", (long long)rows, (long long)columns);
	if (!begin(&b, c, 2 * MOST_NODES + 8) || !(b.fn.body.init = onnx_temp(c, MOST_NODES, sizeof *b.fn.body.init)))
		return c->err->code;
	const char *q = b.fn.in[0], *k = b.fn.in[1], *v = b.fn.in[2];
	if (rank == 3) {
		q = split_heads(&b, 0, heads, (const char *const[]){ "qs", "qa", "qh" });
		k = split_heads(&b, 1, heads, (const char *const[]){ "ks", "ka", "kh" });
		v = split_heads(&b, 2, heads, (const char *const[]){ "vs", "va", "vh" });
	}
	const char *scale = body_tensor(&b, "root", FORMAT_ONNX_FLOAT, 0, NULL, &root);
	k = put(&b, "Transpose", "kt", k, NULL);
	(void)set_perm(&b, 0, 1, 3, 2);
	const char *s = put(&b, "MatMul", "s", put(&b, "Mul", "qr", q, scale), put(&b, "Mul", "kr", k, scale));
	if (onnx_attr_int(c, "is_causal", 0))
		s = causal(&b, s, rows, columns);
	if (given(c, 3))
		s = masked(&b, s);
	s = put(&b, "MatMul", rank == 4 ? "y" : "o", put(&b, "Softmax", "p", s, NULL), v);
	if (rank == 3) {
		double shape[3] = { (double)dim_of(c, 0, 0), (double)rows, -1 };
		int64_t three = 3;
		s = put(&b, "Transpose", "ot", s, NULL);
		(void)set_perm(&b, 0, 2, 1, 3);
		(void)put(&b, "Reshape", "y", s, body_tensor(&b, "os", FORMAT_ONNX_INT64, 1, &three, shape));
	}
	secant_status status = c->err->code ? c->err->code : onnx_call_function(c, &b.fn);
	for (int i = 0; i < b.fn.body.n_init; i++)
		format_onnx_tensor_drop(b.fn.body.init[i].tensor);
	return status;
}

/* The letters of an equation of two operands: "ab,bc->ac". False: it is another one, with letters twice, "..." or none
 * behind the arrow. */
typedef struct equation {
	char in[2][FORMAT_ONNX_RANK + 1], out[FORMAT_ONNX_RANK + 1];
} equation;

static bool
read_equation(const onnx_call *c, equation *e)
{
	const char *p = onnx_attr_text(c, "equation", "");
	char *part[3] = { e->in[0], e->in[1], e->out };
	int k = 0, n[3] = { 0 };
	*e = (equation){ 0 };
	for (; *p; p++) {
		bool arrow = p[0] == '-' && p[1] == '>';
		if (*p == ' ')
			continue;
		if (*p == ',' || arrow) {
			p += arrow;
			if (++k > 2 || (k == 1) == arrow)
				return false;
			continue;
		}
		if (n[k] == FORMAT_ONNX_RANK || !((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')) || strchr(part[k], *p))
			return false;
		part[k][n[k]++] = *p;
	}
	for (int i = 0; i < 2; i++) {
		if (n[i] != rank_of(c, i))
			return false;
		for (int j = 0; j < n[i]; j++) /* summed in one operand alone: not a product */
			if (!strchr(e->out, e->in[i][j]) && !strchr(e->in[!i], e->in[i][j]))
				return false;
	}
	return k == 2;
}

static int64_t
extent_of(const onnx_call *c, const equation *e, char letter)
{
	const char *a = strchr(e->in[0], letter), *b = strchr(e->in[1], letter);
	return a ? dim_of(c, 0, (int)(a - e->in[0])) : b ? dim_of(c, 1, (int)(b - e->in[1])) : 0;
}

/* An operand as batch x rows x columns: its axes in the order of the letters of three groups. */
static const char *
as_matrices(body *b, const equation *e, int i, const char *const group[3], const char *const name[3])
{
	int64_t perm[FORMAT_ONNX_RANK], three = 3;
	double shape[3] = { 1, 1, 1 };
	int n = 0;
	for (int k = 0; k < 3; k++)
		for (const char *p = group[k]; *p; p++) {
			perm[n++] = strchr(e->in[i], *p) - e->in[i];
			shape[k] *= (double)extent_of(b->c, e, *p);
		}
	const char *turned = put(b, "Transpose", name[0], b->fn.in[i], NULL);
	(void)set_perms(b, n, perm);
	return put(b, "Reshape", name[1], turned, body_tensor(b, name[2], FORMAT_ONNX_INT64, 1, &three, shape));
}

/* Einsum of two operands as one product of matrices. */
static secant_status
einsum(onnx_call *c, const equation *e)
{
	body b;
	char batch[16] = "", rows[16] = "", inner[16] = "", columns[16] = "", order[48];
	for (const char *p = e->out; *p; p++) {
		bool x = strchr(e->in[0], *p), y = strchr(e->in[1], *p);
		char *to = x && y ? batch : x ? rows : columns;
		to[strlen(to)] = *p;
	}
	for (const char *p = e->in[0]; *p; p++)
		if (!strchr(e->out, *p))
			inner[strlen(inner)] = *p;
	if (!begin(&b, c, MOST_NODES) || !(b.fn.body.init = onnx_temp(c, MOST_NODES, sizeof *b.fn.body.init)))
		return c->err->code;
	const char *x = as_matrices(
		&b, e, 0, (const char *const[]){ batch, rows, inner }, (const char *const[]){ "xt", "xm", "xs" });
	const char *y = as_matrices(
		&b, e, 1, (const char *const[]){ batch, inner, columns }, (const char *const[]){ "yt", "ym", "ys" });
	(void)snprintf(order, sizeof order, "%s%s%s", batch, rows, columns);
	int64_t n = (int64_t)strlen(order), perm[FORMAT_ONNX_RANK];
	double shape[FORMAT_ONNX_RANK];
	for (int64_t i = 0; i < n; i++) {
		shape[i] = (double)extent_of(c, e, order[i]);
		perm[i] = strchr(order, e->out[i]) - order;
	}
	const char *m = put(&b, "MatMul", "m", x, y);
	m = put(&b, "Reshape", "r", m, body_tensor(&b, "rs", FORMAT_ONNX_INT64, 1, &n, shape));
	(void)put(&b, "Transpose", "y", m, NULL);
	(void)set_perms(&b, (int)n, perm);
	secant_status status = c->err->code ? c->err->code : onnx_call_function(c, &b.fn);
	for (int i = 0; i < b.fn.body.n_init; i++)
		format_onnx_tensor_drop(b.fn.body.init[i].tensor);
	return status;
}

bool
onnx_do_contributed(onnx_call *c, bool known, secant_status *status)
{
	const row *r = row_of(c->node);
	body b;
	if (!*c->node->domain && !strcmp(c->node->op, "Attention")) {
		*status = attention(c);
		return true;
	}
	equation e;
	if (!known && !*c->node->domain && !strcmp(c->node->op, "Einsum") && c->n_in == 2 && read_equation(c, &e)) {
		*status = einsum(c, &e);
		return true;
	}
	if (is_concat(c->node)) {
		*status = concat(c);
		return true;
	}
	if (!r || (known && !*r->domain)) /* ONNX's own have a meaning in numbers */
		return false;
	if (onnx_attr_int(c, "channels_last", 0))
		*status = onnx_fail(c, SECANT_ERR_UNSUPPORTED, "channels_last: export the network without layout optimisation");
	else if (!begin(&b, c, MOST_NODES))
		*status = c->err->code;
	else {
		for (const char *p = r->body; p && *p;)
			p = read_node(&b, p);
		*status = c->err->code ? c->err->code : onnx_call_function(c, &b.fn);
	}
	return true;
}
