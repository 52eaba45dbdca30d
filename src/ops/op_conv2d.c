/*
 * Convolution and its two gradients, and transposed convolution, which is the data gradient of a convolution seen from
 * the other side.
 *
 *     y[n,p,q,o] = b[o] + sum over i,r,s of  w[o,i,r,s] * x[n, p*stride + r*dilation - pad, q*... , g(o)*I + i]
 *
 * Cross-correlation with zero padding, as PyTorch's. x: N H W C, y: N P Q O, w: O x C/groups x kH x kW; a transposed
 * convolution stores w as C x O/groups x kH x kW, input first. The optional fourth input of conv2d is added to the
 * result before the activation (act.h); passes of inference plans set both.
 */
#include "ops/act.h"

typedef struct geometry {
	int64_t n, h, w, c, p, q, o; /* of the plain convolution that maps h x w x c to p x q x o */
	int64_t ig, og, kh, kw; /* channels of one group on both sides, kernel */
	int groups, sh, sw, dh, dw, pt, pl;
} geometry;

static geometry
geometry_of(const op_conv_attr *a, const secant_shape *x, const secant_shape *w, const secant_shape *y)
{
	return (geometry){
		.n = x->dim[0],
		.h = x->dim[1],
		.w = x->dim[2],
		.c = x->dim[3],
		.p = y->dim[1],
		.q = y->dim[2],
		.o = y->dim[3],
		.ig = w->dim[1],
		.og = w->dim[0] / a->groups,
		.kh = w->dim[2],
		.kw = w->dim[3],
		.groups = a->groups,
		.sh = a->stride.v[0],
		.sw = a->stride.v[1],
		.dh = a->dilation.v[0],
		.dw = a->dilation.v[1],
		.pt = op_pad_of(&a->padding, 0),
		.pl = op_pad_of(&a->padding, 1),
	};
}

static secant_status
check_attr(const op_conv_attr *a, secant_err *err)
{
	if (a->stride.n != 2 || a->dilation.n != 2 || a->padding.n == 3 || a->padding.n > 4)
		return secant_fail(err, SECANT_ERR_ARG, "stride and dilation want 2 numbers, padding 1, 2 or 4");
	for (int i = 0; i < 4; i++)
		if (op_pad_of(&a->padding, i) < 0)
			return secant_fail(err, SECANT_ERR_ARG, "negative padding %d", op_pad_of(&a->padding, i));
	return SECANT_OK;
}

static secant_status
conv2d_shape(const graph_signature *s, secant_err *err)
{
	const op_conv_attr *a = s->attr;
	const secant_shape *x = &s->in[0].shape, *w = &s->in[1].shape;
	char text[96], other[96];
	if (check_attr(a, err) || op_want_rank(s, 0, 4, err) || op_want_rank(s, 1, 4, err))
		return SECANT_ERR_SHAPE;
	if (w->dim[1] * a->groups != x->dim[3])
		return secant_fail(err, SECANT_ERR_SHAPE,
			"weights (%s, %d groups) have %lld input channels, input (%s) has %lld",
			secant_shape_text(w, text, sizeof text), a->groups, (long long)(w->dim[1] * a->groups),
			secant_shape_text(x, other, sizeof other), (long long)x->dim[3]);
	if (w->dim[0] % a->groups)
		return secant_fail(err, SECANT_ERR_SHAPE, "%lld output channels do not divide into %d groups",
			(long long)w->dim[0], a->groups);
	if (s->n_in > 2 && s->in[2].shape.rank >= 0 && (s->in[2].shape.rank != 1 || s->in[2].shape.dim[0] != w->dim[0]))
		return secant_fail(err, SECANT_ERR_SHAPE, "bias is %s, want %lld",
			secant_shape_text(&s->in[2].shape, text, sizeof text), (long long)w->dim[0]);
	secant_shape *y = &s->out[0].shape;
	*y = (secant_shape){ 4, { x->dim[0], 0, 0, w->dim[0] } };
	for (int i = 0; i < 2; i++)
		if ((y->dim[1 + i] = op_conv_out(x->dim[1 + i], (int)w->dim[2 + i], a->stride.v[i], op_pad_of(&a->padding, i),
				 op_pad_of(&a->padding, i + 2), a->dilation.v[i]))
				< 1
			&& x->dim[1 + i] > 0)
			return secant_fail(err, SECANT_ERR_SHAPE, "kernel %s is larger than the padded input %s",
				secant_shape_text(w, text, sizeof text), secant_shape_text(x, other, sizeof other));
	if (s->n_in > 3 && s->in[3].shape.rank >= 0 && !secant_shape_equal(&s->in[3].shape, y))
		return secant_fail(err, SECANT_ERR_SHAPE, "the sum is %s, the result %s",
			secant_shape_text(&s->in[3].shape, text, sizeof text), secant_shape_text(y, other, sizeof other));
	return SECANT_OK;
}

/* Sum of x[i] * w[i * stride]. Four sums, because one would wait for each of its own additions. */
static double
dot(const double *x, const double *w, int64_t n, int64_t stride)
{
	double a = 0, b = 0, c = 0, d = 0;
	int64_t i = 0;
	for (; i + 4 <= n; i += 4) {
		a += x[i] * w[i * stride];
		b += x[i + 1] * w[(i + 1) * stride];
		c += x[i + 2] * w[(i + 2) * stride];
		d += x[i + 3] * w[(i + 3) * stride];
	}
	for (; i < n; i++)
		a += x[i] * w[i * stride];
	return a + b + (c + d);
}

static void
conv2d_reference(const graph_reference *r)
{
	const op_conv_attr *a = r->attr;
	geometry g = geometry_of(a, &r->in_shape[0], &r->in_shape[1], &r->out_shape[0]);
	const double *x = r->in[0], *w = r->in[1], *b = r->n_in > 2 ? r->in[2] : NULL, *sum = r->n_in > 3 ? r->in[3] : NULL;
	double *y = r->out[0];
	OP_PARALLEL /* one output channel after the other: its weights stay in the cache, all of them would not */
		for (int64_t o = 0; o < g.o; o++) for (int64_t np = 0; np < g.n * g.p; np++) for (int64_t q = 0; q < g.q; q++)
	{
		int64_t n = np / g.p, p = np % g.p, at = (np * g.q + q) * g.o + o, first = o / g.og * g.ig;
		double v = b ? b[o] : 0;
		for (int64_t kr = 0; kr < g.kh; kr++)
			for (int64_t ks = 0; ks < g.kw; ks++) {
				int64_t i = p * g.sh + kr * g.dh - g.pt, j = q * g.sw + ks * g.dw - g.pl;
				if (i < 0 || i >= g.h || j < 0 || j >= g.w)
					continue;
				const double *xp = x + ((n * g.h + i) * g.w + j) * g.c + first,
							 *wp = w + (o * g.ig * g.kh + kr) * g.kw + ks;
				v += dot(xp, wp, g.ig, g.kh * g.kw);
			}
		y[at] = op_act_value(a->act, v + (sum ? sum[at] : 0));
	}
}

static void
conv2d_grad(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	op_conv_attr a = *(const op_conv_attr *)n->attr;
	const secant_shape *x = graph_shape(g, n->in[0]), *w = graph_shape(g, n->in[1]);
	int act = a.act;
	a.act = OP_ACT_NONE;
	graph_value back = op_act_back(g, n, act, &a, dy[0]);
	if (wants[0]) {
		a.size = (secant_ints){ 2, { (int)x->dim[1], (int)x->dim[2] } };
		dx[0] = graph_apply(g, "conv2d_grad_data", &a, 2, n->in[1], back);
	}
	if (wants[1]) {
		a.size = (secant_ints){ 2, { (int)w->dim[2], (int)w->dim[3] } };
		dx[1] = graph_apply(g, "conv2d_grad_weights", &a, 2, n->in[0], back);
	}
	if (n->n_in > 2 && wants[2])
		dx[2] = graph_apply(g, "sum_to", &(op_shape_attr){ { 1, { (int)w->dim[0] } } }, 1, back);
	if (n->n_in > 3 && wants[3])
		dx[3] = back;
}

/* ---- data gradient: w, dy -> dx of size a->size ---- */

static secant_status
conv2d_grad_data_shape(const graph_signature *s, secant_err *err)
{
	const op_conv_attr *a = s->attr;
	const secant_shape *w = &s->in[0].shape, *dy = &s->in[1].shape;
	char text[96], other[96];
	if (check_attr(a, err) || op_want_rank(s, 0, 4, err) || op_want_rank(s, 1, 4, err))
		return SECANT_ERR_SHAPE;
	if (a->size.n != 2 || dy->dim[3] != w->dim[0])
		return secant_fail(err, SECANT_ERR_SHAPE, "weights %s do not fit an output gradient of %s",
			secant_shape_text(w, text, sizeof text), secant_shape_text(dy, other, sizeof other));
	for (int i = 0; i < 2; i++)
		if (op_conv_out(a->size.v[i], (int)w->dim[2 + i], a->stride.v[i], op_pad_of(&a->padding, i),
				op_pad_of(&a->padding, i + 2), a->dilation.v[i])
			!= dy->dim[1 + i])
			return secant_fail(err, SECANT_ERR_SHAPE, "an input of %dx%d does not give an output of %s", a->size.v[0],
				a->size.v[1], secant_shape_text(dy, other, sizeof other));
	s->out[0].shape = (secant_shape){ 4, { dy->dim[0], a->size.v[0], a->size.v[1], w->dim[1] * a->groups } };
	return SECANT_OK;
}

/* dx from dy: every input pixel gathers from the outputs it fed. Shared with transposed convolution. */
static void
gather(const geometry *g, const double *w, const double *dy, const double *b, double *dx)
{
	OP_PARALLEL
	for (int64_t c = 0; c < g->c; c++)
		for (int64_t nh = 0; nh < g->n * g->h; nh++)
			for (int64_t j = 0; j < g->w; j++) {
				int64_t n = nh / g->h, i = nh % g->h, group = c / g->ig;
				double v = b ? b[c] : 0;
				for (int64_t kr = 0; kr < g->kh; kr++)
					for (int64_t ks = 0; ks < g->kw; ks++) {
						int64_t p = i + g->pt - kr * g->dh, q = j + g->pl - ks * g->dw;
						if (p < 0 || q < 0 || p % g->sh || q % g->sw || (p /= g->sh) >= g->p || (q /= g->sw) >= g->q)
							continue;
						const double *dp = dy + ((n * g->p + p) * g->q + q) * g->o + group * g->og;
						const double *wp = w + ((group * g->og * g->ig + c % g->ig) * g->kh + kr) * g->kw + ks;
						v += dot(dp, wp, g->og, g->ig * g->kh * g->kw);
					}
				dx[(nh * g->w + j) * g->c + c] = v;
			}
}

static void
conv2d_grad_data_reference(const graph_reference *r)
{
	geometry g = geometry_of(r->attr, &r->out_shape[0], &r->in_shape[0], &r->in_shape[1]);
	gather(&g, r->in[0], r->in[1], NULL, r->out[0]);
}

/* ---- weight gradient: x, dy -> dw with kernel a->size ---- */

static secant_status
conv2d_grad_weights_shape(const graph_signature *s, secant_err *err)
{
	const op_conv_attr *a = s->attr;
	const secant_shape *x = &s->in[0].shape, *dy = &s->in[1].shape;
	if (check_attr(a, err) || op_want_rank(s, 0, 4, err) || op_want_rank(s, 1, 4, err))
		return SECANT_ERR_SHAPE;
	if (a->size.n != 2 || x->dim[0] != dy->dim[0] || x->dim[3] % a->groups || dy->dim[3] % a->groups)
		return secant_fail(err, SECANT_ERR_SHAPE, "input and output gradient do not belong together");
	s->out[0].shape = (secant_shape){ 4, { dy->dim[3], x->dim[3] / a->groups, a->size.v[0], a->size.v[1] } };
	return SECANT_OK;
}

static void
conv2d_grad_weights_reference(const graph_reference *r)
{
	geometry g = geometry_of(r->attr, &r->in_shape[0], &r->out_shape[0], &r->in_shape[1]);
	const double *x = r->in[0], *dy = r->in[1];
	double *dw = r->out[0];
	OP_PARALLEL
	for (int64_t o = 0; o < g.o; o++) {
		int64_t first = o / g.og * g.ig, size = g.ig * g.kh * g.kw;
		for (int64_t k = 0; k < size; k++)
			dw[o * size + k] = 0;
		for (int64_t np = 0; np < g.n * g.p; np++)
			for (int64_t q = 0; q < g.q; q++)
				for (int64_t kr = 0; kr < g.kh; kr++)
					for (int64_t ks = 0; ks < g.kw; ks++) {
						int64_t i = np % g.p * g.sh + kr * g.dh - g.pt, j = q * g.sw + ks * g.dw - g.pl;
						if (i < 0 || i >= g.h || j < 0 || j >= g.w)
							continue;
						const double *xp = x + ((np / g.p * g.h + i) * g.w + j) * g.c + first;
						double d = dy[(np * g.q + q) * g.o + o], *wp = dw + o * size + kr * g.kw + ks;
						for (int64_t c = 0; c < g.ig; c++)
							wp[c * g.kh * g.kw] += d * xp[c];
					}
	}
}

/* ---- transposed convolution ---- */

static secant_status
conv_transpose2d_shape(const graph_signature *s, secant_err *err)
{
	const op_conv_attr *a = s->attr;
	const secant_shape *x = &s->in[0].shape, *w = &s->in[1].shape;
	char text[96], other[96];
	if (check_attr(a, err) || op_want_rank(s, 0, 4, err) || op_want_rank(s, 1, 4, err))
		return SECANT_ERR_SHAPE;
	if (w->dim[0] != x->dim[3] || w->dim[0] % a->groups)
		return secant_fail(err, SECANT_ERR_SHAPE,
			"weights %s (input channels first) do not fit an input of %s in %d groups",
			secant_shape_text(w, text, sizeof text), secant_shape_text(x, other, sizeof other), a->groups);
	secant_shape *y = &s->out[0].shape;
	*y = (secant_shape){ 4, { x->dim[0], 0, 0, w->dim[1] * a->groups } };
	for (int i = 0; i < 2; i++) {
		int extra = a->output_padding.n > i ? a->output_padding.v[i] : 0;
		y->dim[1 + i] = (x->dim[1 + i] - 1) * a->stride.v[i] - op_pad_of(&a->padding, i) - op_pad_of(&a->padding, i + 2)
			+ a->dilation.v[i] * (w->dim[2 + i] - 1) + extra + 1;
		if (y->dim[1 + i] < 1)
			return secant_fail(
				err, SECANT_ERR_SHAPE, "an input of %s gives no output", secant_shape_text(x, other, sizeof other));
	}
	if (s->n_in > 2 && s->in[2].shape.rank >= 0 && (s->in[2].shape.rank != 1 || s->in[2].shape.dim[0] != y->dim[3]))
		return secant_fail(err, SECANT_ERR_SHAPE, "bias is %s, want %lld",
			secant_shape_text(&s->in[2].shape, text, sizeof text), (long long)y->dim[3]);
	return SECANT_OK;
}

static void
conv_transpose2d_reference(const graph_reference *r)
{
	geometry g = geometry_of(r->attr, &r->out_shape[0], &r->in_shape[1], &r->in_shape[0]);
	gather(&g, r->in[1], r->in[0], r->n_in > 2 ? r->in[2] : NULL, r->out[0]);
}

static void
conv_transpose2d_grad(graph_net *g, const graph_node *n, const graph_value *dy, const bool *wants, graph_value *dx)
{
	op_conv_attr a = *(const op_conv_attr *)n->attr;
	const secant_shape *w = graph_shape(g, n->in[1]);
	if (wants[0])
		dx[0] = graph_apply(g, "conv2d", &a, 2, dy[0], n->in[1]);
	if (wants[1]) {
		a.size = (secant_ints){ 2, { (int)w->dim[2], (int)w->dim[3] } };
		dx[1] = graph_apply(g, "conv2d_grad_weights", &a, 2, dy[0], n->in[0]);
	}
	if (n->n_in > 2 && wants[2])
		dx[2] = graph_apply(g, "sum_to", &(op_shape_attr){ { 1, { (int)graph_shape(g, dy[0])->dim[3] } } }, 1, dy[0]);
}

/* ---- descriptors ---- */

static const secant_opt conv_rows[] = {
	SECANT_OPT(op_conv_attr, stride, SIZE, "stride", "1", 1, 4096, "step between windows"),
	SECANT_OPT(op_conv_attr, dilation, SIZE, "dilation", "1", 1, 4096, "step between taps of a window"),
	SECANT_OPT(op_conv_attr, padding, INTS, "padding", "0", 0, 65536,
		"zeros around the input: all sides; h,w; or top,left,bottom,right"),
	SECANT_OPT(op_conv_attr, output_padding, SIZE, "output-padding", "0", 0, 4096,
		"rows and columns added at the end (transposed only)"),
	SECANT_OPT(
		op_conv_attr, groups, INT, "groups", "1", 1, 1 << 20, "channels are split in so many independent groups"),
	SECANT_OPT_CHOICE(op_conv_attr, act, "act", "none", OP_ACT_CHOICES, "activation of the result"),
	SECANT_OPT(op_conv_attr, size, SIZE, "size", NULL, 1, 1 << 24, "of gradients: size of the input, or of the kernel"),
	SECANT_OPT_END,
};
static const secant_opts conv_attr = { "conv2d", sizeof(op_conv_attr), conv_rows };

static const graph_op_case conv2d_cases[] = {
	{ "3x3", "padding=1", "2x7x9x5 4x5x3x3 4" },
	{ "1x1 without bias", "", "2x4x5x6 3x6x1x1" },
	{ "7x7 stride 2", "stride=2 padding=3", "1x13x12x3 8x3x7x7" },
	{ "1x1 stride 2", "stride=2", "1x7x8x16 32x16x1x1 32" },
	{ "3x3 stride 2, many channels", "stride=2 padding=1", "1x8x8x32 64x32x3x3" },
	{ "dilated", "padding=2 dilation=2", "2x8x7x16 16x16x3x3 16" },
	{ "dilation beyond the input", "padding=6 dilation=6", "1x4x4x4 4x4x3x3" },
	{ "groups", "padding=1 groups=4", "1x6x5x16 32x4x3x3 32" },
	{ "depthwise", "padding=1 groups=16", "2x6x5x16 16x1x3x3 16" },
	{ "depthwise 5x5 stride 2", "stride=2 padding=2 groups=16", "1x9x8x16 16x1x5x5" },
	{ "uneven stride", "stride=2x1 padding=1,0", "1x7x6x4 8x4x3x2" },
	{ "one-sided padding", "stride=2 padding=0,0,1,1", "1x8x8x4 8x4x3x3 8" },
	{ "one output channel", "padding=1", "1x16x16x16 1x16x3x3 1" },
	{ "two output channels, uneven padding", "padding=2,0,1,3", "2x9x13x32 2x32x3x3" },
	{ "1x1, three output channels", "padding=1", "2x5x6x16 3x16x1x1 3" },
	{ "sum", "padding=1", "1x6x5x4 8x4x3x3 8 1x6x5x8" },
	{ "sum and relu", "act=relu", "1x6x5x16 16x16x1x1 16 1x6x5x16" },
#define ACTIVATED(name, ...) { #name, "padding=1 act=" #name, "1x6x5x4@-0.4:0.4 8x4x3x3 8" },
	OP_ACTS(ACTIVATED)
#undef ACTIVATED
		{ "no pictures", "padding=1", "0x4x4x3 2x3x3x3 2" },
	{ 0 },
};
static const graph_op_case grad_data_cases[] = {
	{ "3x3", "padding=1 size=7x9", "4x5x3x3 2x7x9x4" },
	{ "stride 2, odd size", "stride=2 padding=1 size=8x7", "16x8x3x3 1x4x4x16" },
	{ "7x7 stride 2", "stride=2 padding=3 size=12", "8x3x7x7 1x6x6x8" },
	{ "dilated", "padding=2 dilation=2 size=8x7", "16x16x3x3 2x8x7x16" },
	{ "groups", "padding=1 groups=4 size=6x5", "32x4x3x3 1x6x5x32" },
	{ "depthwise", "padding=1 groups=16 size=6x5", "16x1x3x3 2x6x5x16" },
	{ "one-sided padding", "stride=2 padding=0,0,1,1 size=8", "8x4x3x3 1x4x4x8" },
	{ 0 },
};
static const graph_op_case grad_weights_cases[] = {
	{ "3x3", "padding=1 size=3", "2x7x9x5 2x7x9x4" },
	{ "stride 2", "stride=2 padding=1 size=3", "1x8x7x8 1x4x4x16" },
	{ "7x7 stride 2", "stride=2 padding=3 size=7", "1x12x12x3 1x6x6x8" },
	{ "1x1", "size=1", "2x4x5x32 2x4x5x16" },
	{ "dilated", "padding=2 dilation=2 size=3", "2x8x7x16 2x8x7x16" },
	{ "groups", "padding=1 groups=4 size=3", "1x6x5x16 1x6x5x32" },
	{ "depthwise", "padding=1 groups=16 size=3", "2x6x5x16 2x6x5x16" },
	{ "one output channel", "padding=1 size=3", "1x16x16x16 1x16x16x1" },
	{ "two output channels, uneven padding", "padding=2,0,1,3 size=3", "2x9x13x32 2x10x14x2" },
	{ "1x1, three output channels", "padding=1 size=1", "2x5x6x16 2x7x8x3" },
	{ "no pictures", "padding=1 size=3", "0x4x4x3 0x4x4x2" },
	{ 0 },
};
static const graph_op_case transpose_cases[] = {
	{ "k2 s2", "stride=2", "2x3x4x6 6x5x2x2 5" },
	{ "k4 s2 p1", "stride=2 padding=1", "1x4x3x16 16x8x4x4 8" },
	{ "k3 s2 with output padding", "stride=2 padding=1 output-padding=1", "1x3x4x4 4x4x3x3" },
	{ "groups", "stride=2 groups=2", "1x3x3x8 8x3x2x2 6" },
	{ "dilated", "dilation=2", "1x3x3x4 4x4x3x3 4" },
	{ 0 },
};

const graph_op op_conv2d = {
	.name = "conv2d",
	.brief = "2-D convolution with bias, stride, dilation, groups",
	.attr = &conv_attr,
	.min_in = 2,
	.max_in = 4,
	.takes = "real:NxHxWxC real:OxIxKxL real:O real:Nx_x_xO",
	.n_out = 1,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 1 | 8,
	.low_out = 1,
	.commutes = true,
	.shape = conv2d_shape,
	.grad = conv2d_grad,
	.reference = conv2d_reference,
	.cases = conv2d_cases,
};
const graph_op op_conv2d_grad_data = {
	.name = "conv2d_grad_data",
	.brief = "gradient of a convolution towards its input",
	.attr = &conv_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "real:OxIxKxL real:NxHxWxO",
	.n_out = 1,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 2,
	.low_out = 1,
	.commutes = true,
	.shape = conv2d_grad_data_shape,
	.reference = conv2d_grad_data_reference,
	.cases = grad_data_cases,
};
const graph_op op_conv2d_grad_weights = {
	.name = "conv2d_grad_weights",
	.brief = "gradient of a convolution towards its weights",
	.attr = &conv_attr,
	.min_in = 2,
	.max_in = 2,
	.takes = "real:NxHxWxC real:Nx_x_x_",
	.training = true,
	.n_out = 1,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 1 | 2,
	.low_out = 0,
	.commutes = true,
	.shape = conv2d_grad_weights_shape,
	.reference = conv2d_grad_weights_reference,
	.cases = grad_weights_cases,
};
const graph_op op_conv_transpose2d = {
	.name = "conv_transpose2d",
	.brief = "transposed convolution with bias",
	.attr = &conv_attr,
	.min_in = 2,
	.max_in = 3,
	.takes = "real:NxHxWxC real:CxOxKxL real:_",
	.n_out = 1,
	.low = GRAPH_LOW_DRIVES,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.shape = conv_transpose2d_shape,
	.grad = conv_transpose2d_grad,
	.reference = conv_transpose2d_reference,
	.cases = transpose_cases,
};
