/*
 * Operators that say nothing new: comparisons and sums of some kinds, quantised products of ONNX, and those of ONNX
 * Runtime's own domain (com.microsoft) that its quantiser and its optimiser write, as what they mean in ONNX's plain
 * operators. A node of these is walked as if the file held a function of that body (body.h).
 *
 *     "x=DequantizeLinear(0,1,2) y=Relu!(x)"
 *
 * A digit is an input of the node, a letter what a node before made; a node whose first input is absent makes nothing.
 * `!`: it takes the node's attributes; `?`: where its last input is absent, it is its first; `@0`: its scales lie along
 * axis 0 (`@-`: the last); `#1`: it casts to type 1; `~`: approximate is "tanh". What no such line can say is a
 * function (fused.c, attention.c, einsum.c).
 */
#include <string.h>
#include "formats/onnx/body.h"

enum { MOST_INPUTS = 6, LETTERS = 26 };

typedef struct row {
	const char *domain, *op, *body; /* its last node makes the output */
	secant_status (*say)(onnx_call *c); /* where body is NULL */
	int whole; /* of a mapping walk: input `whole`, if not 0, has one number */
} row;

#define MS "com.microsoft"

/* Numbers less their zero, which one number is. */
#define WHOLE(X, ZERO, A, B, D) A "=Cast#1(" X ") " B "=Cast#1(" ZERO ") " D "=Sub?(" A "," B ") "

static const row rows[] = {
	{ "", "QLinearConv",
		"x=DequantizeLinear(0,1,2) w=DequantizeLinear@0(3,4,5) s=Mul(1,4) b=DequantizeLinear@0(8,s) c=Conv!(x,w,b) "
		"y=QuantizeLinear(c,6,7)" },
	{ "", "QLinearMatMul",
		"x=DequantizeLinear(0,1,2) w=DequantizeLinear@-(3,4,5) c=MatMul(x,w) y=QuantizeLinear(c,6,7)" },
	{ "", "MatMulInteger", WHOLE("0", "2", "a", "b", "x") WHOLE("1", "3", "c", "d", "w") "m=MatMul(x,w) y=Cast#6(m)",
		.whole = 2 },
	{ "", "ConvInteger", WHOLE("0", "2", "a", "b", "x") WHOLE("1", "3", "c", "d", "w") "m=Conv!(x,w) y=Cast#6(m)",
		.whole = 3 },
	{ "", "And", "y=Where(0,1,0)" },
	{ "", "Or", "y=Where(0,0,1)" },
	{ "", "Xor", "n=Not(1) y=Where(0,n,1)" },
	{ "", "IsNaN", "e=Equal(0,0) y=Not(e)" },
	{ "", "GreaterOrEqual", "a=Greater(0,1) b=Equal(0,1) y=Where(a,a,b)" },
	{ "", "LessOrEqual", "a=Less(0,1) b=Equal(0,1) y=Where(a,a,b)" },
	{ "", "ReduceL1", "a=Abs(0) y=ReduceSum!(a,1)" },
	{ "", "ReduceSumSquare", "a=Mul(0,0) y=ReduceSum!(a,1)" },
	{ "", "ReduceLogSum", "a=ReduceSum!(0,1) y=Log(a)" },
	{ "", "ArgMin", "a=Neg(0) y=ArgMax!(a)" },
	{ "", "LpNormalization", .say = onnx_lp_norm },
	{ "", "LRN", .say = onnx_lrn },
	{ "", "Mean", .say = onnx_mean_of_many },
	{ "", "Selu", .say = onnx_scaled_elu },
	{ "", "Celu", .say = onnx_scaled_elu },
	{ "", "Softsign", .say = onnx_softsign },
	{ "", "AffineGrid", .say = onnx_affine_grid },
	{ "", "DeformConv", .say = onnx_deform_conv },
	{ "", "SimplifiedLayerNormalization", "y=RMSNormalization!(0,1)" },
	{ MS, "QLinearConv",
		"x=DequantizeLinear(0,1,2) w=DequantizeLinear@0(3,4,5) s=Mul(1,4) b=DequantizeLinear@0(8,s) c=Conv!(x,w,b) "
		"y=QuantizeLinear(c,6,7)" },
	{ MS, "QLinearAdd", "x=DequantizeLinear(0,1,2) w=DequantizeLinear(3,4,5) c=Add(x,w) y=QuantizeLinear(c,6,7)" },
	{ MS, "QLinearMul", "x=DequantizeLinear(0,1,2) w=DequantizeLinear(3,4,5) c=Mul(x,w) y=QuantizeLinear(c,6,7)" },
	{ MS, "QLinearWhere",
		"x=DequantizeLinear(1,2,3) w=DequantizeLinear(4,5,6) c=Where(0,x,w) y=QuantizeLinear(c,7,8)" },
	{ MS, "QLinearSigmoid", "x=DequantizeLinear(0,1,2) c=Sigmoid(x) y=QuantizeLinear(c,3,4)" },
	{ MS, "QLinearLeakyRelu", "x=DequantizeLinear(0,1,2) c=LeakyRelu!(x) y=QuantizeLinear(c,3,4)" },
	{ MS, "QLinearSoftmax", "x=DequantizeLinear(0,1,2) c=Softmax!(x) y=QuantizeLinear(c,3,4)" },
	{ MS, "QLinearReduceMean", "x=DequantizeLinear(0,1,2) c=ReduceMean!(x) y=QuantizeLinear(c,3,4)" },
	{ MS, "QLinearGlobalAveragePool", "x=DequantizeLinear(0,1,2) c=GlobalAveragePool(x) y=QuantizeLinear(c,3,4)" },
	{ MS, "QLinearAveragePool", "x=DequantizeLinear(0,1,2) c=AveragePool!(x) y=QuantizeLinear(c,3,4)" },
	{ MS, "QLinearConcat", .say = onnx_qlinear_concat },
	{ MS, "QGemm", .say = onnx_qgemm },
	{ MS, "MatMulIntegerToFloat",
		WHOLE("0", "4", "a", "b", "x") "w=DequantizeLinear@-(1,3,5) m=MatMul(x,w) s=Mul(m,2) y=Add?(s,6)" },
	{ MS, "DynamicQuantizeMatMul", .say = onnx_dynamic_matmul },
	{ MS, "DynamicQuantizeLSTM", .say = onnx_dynamic_lstm },
	{ MS, "MatMulNBits", .say = onnx_matmul_bits },
	{ MS, "QuantizeLinear", "y=QuantizeLinear!(0,1,2)" },
	{ MS, "DequantizeLinear", "y=DequantizeLinear!(0,1,2)" },
	{ MS, "NhwcMaxPool", "y=MaxPool!(0)" },
	{ MS, "NhwcConv", "y=Conv!(0,1,2)" },
	{ MS, "NhwcFusedConv", .say = onnx_fused_conv },
	{ MS, "FusedConv", .say = onnx_fused_conv },
	{ MS, "FusedGemm", .say = onnx_fused_gemm },
	{ MS, "FusedMatMul", .say = onnx_fused_matmul },
	{ MS, "TransposeMatMul", .say = onnx_fused_matmul },
	{ MS, "Gelu", "y=Gelu(0)" },
	{ MS, "BiasGelu", "c=Add(0,1) y=Gelu(c)" },
	{ MS, "FastGelu", "c=Add?(0,1) y=Gelu~(c)" },
	{ MS, "QuickGelu", .say = onnx_quick_gelu },
	{ MS, "BiasAdd", "a=Add(0,1) y=Add(a,2)" },
	{ MS, "SkipLayerNormalization", .say = onnx_skip_norm },
	{ MS, "SkipSimplifiedLayerNormalization", .say = onnx_skip_norm },
	{ MS, "Attention", .say = onnx_packed_attention },
	{ MS, "MultiHeadAttention", .say = onnx_heads_attention },
	{ MS, "Trilu", "y=Trilu!(0,1)" },
	{ MS, "Pad", "y=Pad!(0,1,2)" },
	{ MS, "GridSample", "y=GridSample!(0,1)" },
};

static const row *
row_of(const format_onnx_node *n)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(rows[i].op, n->op) && !strcmp(rows[i].domain, n->domain))
			return &rows[i];
	return NULL;
}

bool
onnx_is_contributed(const format_onnx_node *n)
{
	return row_of(n) != NULL || (!*n->domain && !strcmp(n->op, "Attention"));
}

/* Letters and digits of a line: which of them there are, and how they are called. */
typedef struct line {
	onnx_body b;
	const char *name[LETTERS];
} line;

static const char *
operand(const line *l, char x)
{
	if (x < '0' || x > '9')
		return l->name[x - 'a'];
	return onnx_is_given(l->b.c, x - '0') ? l->b.fn.in[x - '0'] : NULL;
}

static void
say_more(onnx_body *b, const char *mark)
{
	if (*mark == '!')
		onnx_body_own(b);
	if (*mark == '~')
		onnx_body_text(b, "approximate", "tanh");
	if (*mark == '@')
		onnx_body_int(b, "axis", mark[1] == '-' ? -1 : mark[1] - '0');
	if (*mark == '#')
		onnx_body_int(b, "to", mark[1] - '0');
}

/* One "x=Op@0(1,c)"; returns what is behind it. */
static const char *
say_node(line *l, const char *text)
{
	onnx_body *b = &l->b;
	const char *mark = text + 2 + strcspn(text + 2, "@!?~#("), *p = text + strcspn(text, "(") + 1,
			   *end = p + strcspn(p, ")"), *next = end + 1 + (end[1] == ' ');
	char *op = onnx_temp(b->c, 32, 1);
	const char *out = text[0] == 'y' ? "y" : onnx_body_name(b, "%c", text[0]);
	if (!op)
		return NULL;
	memcpy(op, text + 2, (size_t)(mark - text - 2));
	if (!operand(l, *p)) /* nothing to make it of */
		return next;
	bool same = *mark == '?' && !operand(l, end[-1]);
	format_onnx_node *node = onnx_body_node(b, same ? "Identity" : op, out, MOST_INPUTS);
	if (!node)
		return NULL;
	for (; p < end && !(same && node->n_in); p += 2) {
		const char *x = operand(l, *p);
		node->in[node->n_in++] = x ? x : "";
	}
	l->name[text[0] - 'a'] = out;
	say_more(b, mark);
	return next;
}

static secant_status
say(onnx_call *c, const row *r)
{
	line l = { 0 };
	if (r->say)
		return r->say(c);
	if (!onnx_body_begin(&l.b, c))
		return c->err->code;
	for (const char *p = r->body; p && *p;)
		p = say_node(&l, p);
	return onnx_body_end(&l.b);
}

/* N x H x W x C: the same between two transposes, which cost a mapped network nothing. */
static bool
is_channels_last(const onnx_call *c)
{
	return onnx_attr_int(c, "channels_last", 0) || !strncmp(c->node->op, "Nhwc", 4);
}

static secant_status
say_channels_last(onnx_call *c)
{
	onnx_body b;
	int rank = onnx_rank_of(c, 0);
	int64_t first[FORMAT_ONNX_RANK] = { 0, rank - 1 }, last[FORMAT_ONNX_RANK] = { 0 };
	if (rank < 3 || !onnx_body_begin(&b, c))
		return c->err->code ? c->err->code : onnx_fail(c, SECANT_ERR_SHAPE, "wants N x ... x C");
	for (int i = 2; i < rank; i++) {
		first[i] = i - 1;
		last[i - 1] = i;
	}
	last[rank - 1] = 1;
	(void)onnx_body_put(&b, "Transpose", "t", "0", NULL);
	onnx_body_perm(&b, rank, first);
	format_onnx_node *n = onnx_body_node(
		&b, !strncmp(c->node->op, "Nhwc", 4) ? c->node->op + 4 : c->node->op, "m", c->n_in);
	if (!n)
		return c->err->code;
	for (int i = 0; i < c->n_in; i++)
		n->in[n->n_in++] = !i ? "t" : onnx_is_given(c, i) ? b.fn.in[i] : "";
	n->domain = strcmp(n->op, "MaxPool") && strcmp(n->op, "Conv") ? MS : "";
	n->attr = onnx_temp(c, c->node->n_attr + 1, sizeof *n->attr);
	for (int i = 0; n->attr && i < c->node->n_attr; i++)
		if (strcmp(c->node->attr[i].name, "channels_last"))
			n->attr[n->n_attr++] = c->node->attr[i];
	(void)onnx_body_put(&b, "Transpose", "y", "m", NULL);
	onnx_body_perm(&b, rank, last);
	return onnx_body_end(&b);
}

bool
onnx_do_contributed(onnx_call *c, bool known, secant_status *status)
{
	const row *r = row_of(c->node);
	if (!*c->node->domain && !strcmp(c->node->op, "Attention")) {
		*status = onnx_attention(c);
		return true;
	}
	if (!known && !*c->node->domain && !strcmp(c->node->op, "Einsum") && onnx_einsum(c, status))
		return true;
	if (!r || (known && !*r->domain && onnx_op_find(r->op))) /* ONNX's own have a meaning in numbers */
		return false;
	if (r->whole && onnx_is_given(c, r->whole) && (!c->in[r->whole] || format_onnx_count(c->in[r->whole]) != 1)
		&& (!c->mapped[r->whole] || c->mapped[r->whole]->rank))
		*status = onnx_fail(c, SECANT_ERR_UNSUPPORTED, "zeros of rows");
	else
		*status = r->domain[0] && is_channels_last(c) ? say_channels_last(c) : say(c, r);
	return true;
}
