/*
 * Operators that say nothing new: those of ONNX Runtime's own domain (com.microsoft) that its quantiser and its
 * optimiser write, and the quantised products of ONNX, as what they mean in ONNX's plain operators. A node of these is
 * walked as if the file held a function of that body.
 *
 *     "x=DequantizeLinear(0,1,2) y=Relu!(x)"
 *
 * A digit is an input of the node, a letter what a node before made; a node whose first input is absent makes nothing.
 * `!`: it takes the node's attributes; `@0`: its scales lie along axis 0.
 */
#include <stdio.h>
#include <string.h>
#include "formats/onnx/eval.h"

enum { MOST_NODES = 8, MOST_INPUTS = 6 };

typedef struct row {
	const char *domain, *op, *body; /* its last node makes the output */
} row;

static const row rows[] = {
	{ "", "QLinearConv",
		"x=DequantizeLinear(0,1,2) w=DequantizeLinear@0(3,4,5) s=Mul(1,4) b=DequantizeLinear@0(8,s) c=Conv!(x,w,b) "
		"y=QuantizeLinear(c,6,7)" },
	{ "", "QLinearMatMul",
		"x=DequantizeLinear(0,1,2) w=DequantizeLinear(3,4,5) c=MatMul(x,w) y=QuantizeLinear(c,6,7)" },
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
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(rows[i].op, n->op) && !strcmp(rows[i].domain, n->domain))
			return &rows[i];
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
	return is_concat(n) || (*n->domain && row_of(n));
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

bool
onnx_do_contributed(onnx_call *c, bool known, secant_status *status)
{
	const row *r = row_of(c->node);
	body b;
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
