/*
 * Colours of pictures within graphs: channels (in another order, some of them), colour_matrix (bytes, whole numbers in
 * parts of 256: the arithmetic of AIPP) and normalize_picture, where bytes become the real numbers of a network.
 */
#include "ops/picture.h"
#include "ops/rules.h"
#include <math.h>

/* ---- channels ---- */

static secant_status
channels_shape(const graph_signature *s, secant_err *err)
{
	const op_channels_attr *a = s->attr;
	secant_shape y = s->in[0].shape;
	if (y.rank < 1 || !a->order.n)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "no channels: the input has %d axes, the order %d numbers", y.rank, a->order.n);
	for (int i = 0; i < a->order.n; i++)
		if (a->order.v[i] < 0 || a->order.v[i] >= y.dim[y.rank - 1])
			return secant_fail(
				err, SECANT_ERR_SHAPE, "no channel %d among %lld", a->order.v[i], (long long)y.dim[y.rank - 1]);
	y.dim[y.rank - 1] = a->order.n;
	s->out[0] = (graph_type){ op_kind_of(s, 0), y };
	return SECANT_OK;
}

static void
channels_reference(const graph_reference *r)
{
	const op_channels_attr *a = r->attr;
	int64_t from = r->in_shape[0].dim[r->in_shape[0].rank - 1];
	for (int64_t i = 0, n = secant_shape_count(&r->out_shape[0]); i < n; i++)
		r->out[0][i] = r->in[0][i / a->order.n * from + a->order.v[i % a->order.n]];
}

/* ---- colour_matrix ---- */

static secant_status
matrix_shape(const graph_signature *s, secant_err *err)
{
	const op_colour_matrix_attr *a = s->attr;
	if (s->in[0].dtype != SECANT_U8)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "input 0 is %s, want a picture of bytes (u8)", secant_dtype_name(s->in[0].dtype));
	if (a->matrix.n != 9 || (a->before.n && a->before.n != 3) || (a->after.n && a->after.n != 3))
		return secant_fail(err, SECANT_ERR_ARG, "a matrix of %d numbers with %d and %d biases, want 9, 3 and 3",
			a->matrix.n, a->before.n, a->after.n);
	s->out[0] = (graph_type){ SECANT_U8, s->in[0].shape };
	return SECANT_OK;
}

/* In double a picture may hold what no byte is. */
static int
byte_of(double v)
{
	return v >= 255 ? 255 : v > 0 ? (int)v : 0;
}

static void
matrix_reference(const graph_reference *r)
{
	for (int64_t i = 0, n = secant_shape_count(&r->out_shape[0]); i < n; i++) {
		const double *p = r->in[0] + i / 3 * 3;
		int in[3] = { byte_of(p[0]), byte_of(p[1]), byte_of(p[2]) };
		r->out[0][i] = op_colour_of(r->attr, in, (int)(i % 3));
	}
}

/* ---- normalize_picture ---- */

static secant_status
normalize_shape(const graph_signature *s, secant_err *err)
{
	const op_normalize_attr *a = s->attr;
	secant_shape y = s->in[0].shape;
	int64_t has = y.dim[3], c = a->channels ? a->channels : has;
	const secant_reals *lists[] = { &a->mean, &a->low, &a->scale, &a->shift };
	if (s->in[0].dtype != SECANT_U8)
		return secant_fail(
			err, SECANT_ERR_SHAPE, "input 0 is %s, want a picture of bytes (u8)", secant_dtype_name(s->in[0].dtype));
	if (has != c && !(c == 3 && (has == 1 || has == 4))) /* grey, and an alpha */
		return secant_fail(err, SECANT_ERR_SHAPE, "the picture has %lld channels, the network wants %lld",
			(long long)has, (long long)c);
	for (int i = 0; i < 4; i++)
		if (lists[i]->n > 1 && lists[i]->n != c)
			return secant_fail(err, SECANT_ERR_ARG, "%d numbers for %lld channels", lists[i]->n, (long long)c);
	y.dim[3] = c;
	s->out[0].shape = y;
	return SECANT_OK;
}

static void
normalize_reference(const graph_reference *r)
{
	const op_normalize_attr *a = r->attr;
	int64_t has = r->in_shape[0].dim[3], c = r->out_shape[0].dim[3];
	for (int64_t i = 0, n = secant_shape_count(&r->out_shape[0]); i < n; i++) {
		int k = (int)(i % c);
		double x = r->in[0][i / c * has + (has == 1 ? 0 : k)];
		x = x - op_real_at(&a->mean, k, 0) - op_real_at(&a->low, k, 0);
		r->out[0][i] = x * op_real_at(&a->scale, k, 1) + op_real_at(&a->shift, k, 0);
	}
}

/* ---- descriptors ---- */

static const secant_opt channels_rows[] = {
	SECANT_OPT(op_channels_attr, order, INTS, "order", NULL, 0, 65535, "the input's channel of each of the result's"),
	SECANT_OPT_END,
};
static const secant_opts channels_attr = { "channels", sizeof(op_channels_attr), channels_rows };
static const graph_op_case channels_cases[] = {
	{ "swapped", "order=2,1,0", "2x3x5x3#256" },
	{ "some", "order=1,3", "1x3x5x4" },
	{ "repeated", "order=0,0,0", "7x1#7" },
	{ "empty", "order=2,1,0", "0x3x3#256" },
	{ 0 },
};

static const secant_opt matrix_rows[] = {
	SECANT_OPT(op_colour_matrix_attr, matrix, INTS, "matrix", NULL, -32768, 32767, "3 x 3, in parts of 256"),
	SECANT_OPT(op_colour_matrix_attr, before, INTS, "before", NULL, -255, 255, "taken from the input first"),
	SECANT_OPT(op_colour_matrix_attr, after, INTS, "after", NULL, -255, 255, "added to the result"),
	SECANT_OPT_END,
};
static const secant_opts matrix_attr = { "colour_matrix", sizeof(op_colour_matrix_attr), matrix_rows };
static const graph_op_case matrix_cases[] = {
	{ "YUV to BGR", "matrix=298,516,0,298,-100,-208,298,0,409 before=16,128,128", "2x5x7x3#256" },
	{ "RGB to YUV", "matrix=66,129,25,-38,-74,112,112,-94,-18 after=16,128,128", "1x5x7x3#256" },
	{ "empty", "matrix=256,0,0,0,256,0,0,0,256", "0x3x4x3#256" },
	{ 0 },
};

static const secant_opt normalize_rows[] = {
	SECANT_OPT(op_normalize_attr, channels, INT, "channels", "0", 0, 65535,
		"of the result: one is repeated, the one too many dropped; 0: the picture's"),
	SECANT_OPT(op_normalize_attr, mean, REALS, "mean", NULL, 1, 0, "taken away first, of 0 to 255"),
	SECANT_OPT(op_normalize_attr, low, REALS, "low", NULL, 1, 0, "taken away then"),
	SECANT_OPT(op_normalize_attr, scale, REALS, "scale", NULL, 1, 0, "the factor"),
	SECANT_OPT(op_normalize_attr, shift, REALS, "shift", NULL, 1, 0, "added at the end"),
	SECANT_OPT_END,
};
static const secant_opts normalize_attr = { "normalize_picture", sizeof(op_normalize_attr), normalize_rows };
static const graph_op_case normalize_cases[] = {
	{ "colours", "scale=0.017,0.0175,0.0174 shift=-2.1,-2.0,-1.8", "2x5x7x3#256" },
	{ "grey to three", "channels=3 scale=0.0039", "1x5x7x1#256" },
	{ "without alpha", "channels=3 mean=104,117,123 low=0.5", "1x5x7x4#256" },
	{ "bands", "scale=0.01", "1x3x3x13#256" },
	{ "empty", "scale=0.5", "0x3x3x3#256" },
	{ 0 },
};

const graph_op op_channels = {
	.name = "channels",
	.brief = "channels in another order, or some of them",
	.attr = &channels_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "any",
	.n_out = 1,
	.low = GRAPH_LOW_FOLLOWS,
	.low_in = 1,
	.low_out = 1,
	.commutes = true,
	.moves = true,
	.shape = channels_shape,
	.reference = channels_reference,
	.cases = channels_cases,
};
const graph_op op_colour_matrix = {
	.name = "colour_matrix",
	.brief = "colours of bytes by a matrix of whole numbers, in parts of 256",
	.attr = &matrix_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "int:NxHxWx3",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = matrix_shape,
	.reference = matrix_reference,
	.cases = matrix_cases,
};
const graph_op op_normalize_picture = {
	.name = "normalize_picture",
	.brief = "bytes as real numbers: (x - mean - low) * scale + shift",
	.attr = &normalize_attr,
	.min_in = 1,
	.max_in = 1,
	.takes = "int:NxHxWxC",
	.n_out = 1,
	.low = GRAPH_LOW_NEVER,
	.commutes = true,
	.shape = normalize_shape,
	.reference = normalize_reference,
	.cases = normalize_cases,
};
