/*
 * Pictures within graphs (ops/picture.h): loops over rows, on as many threads as pay. What moves pixels copies bytes of
 * any type; what computes does so in float and without contraction, in the order of prepare/normalize.c and
 * tensor/sampling.c, whose results these are to the bit.
 */
#include "exec/native/native.h"
#include "ops/picture.h"
#include "tensor/sampling.h"

/* ---- moving pixels ---- */

/* Row y of the result, of picture n, of the step's operands; `pixel` is its size in bytes. */
typedef struct row_of {
	const char *from; /* the picture it comes from */
	char *to;
	int64_t y, h, w, to_w;
	size_t pixel;
} row_of;

static secant_status
each_row(const exec_step *s, const void *in, void *out, void (*put)(const exec_step *s, const row_of *r))
{
	const secant_shape *x = &s->in[0].shape, *y = &s->out[0].shape;
	size_t size = secant_dtype_size(s->in[0].dtype), from = size * (size_t)(x->dim[1] * x->dim[2] * x->dim[3]);
	size_t pixel = size * (size_t)x->dim[3], to = pixel * (size_t)y->dim[2];
	int64_t rows = y->dim[0] * y->dim[1];
	int parts = exec_parts(s, exec_out_count(s, 0));
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(rows, parts, t), end = exec_part(rows, parts, t + 1); i < end; i++) {
			int64_t n = i / y->dim[1];
			put(s,
				&(row_of){ (const char *)in + (size_t)n * from, (char *)out + (size_t)i * to, i % y->dim[1], x->dim[1],
					x->dim[2], y->dim[2], pixel });
		}
	return SECANT_OK;
}

static void
crop_row(const exec_step *s, const row_of *r)
{
	op_window v = op_crop_window(s->node->attr, r->h, r->w);
	memcpy(r->to, r->from + (size_t)((r->y + v.top) * r->w + v.left) * r->pixel, (size_t)r->to_w * r->pixel);
}

static void
crop_like_row(const exec_step *s, const row_of *r)
{
	memcpy(r->to, r->from + (size_t)(r->y * r->w) * r->pixel, (size_t)r->to_w * r->pixel);
}

static void
unfit_like_row(const exec_step *s, const row_of *r)
{
	op_window v = op_unfit_window(&s->in[0].shape, &s->in[1].shape);
	memcpy(r->to, r->from + (size_t)((r->y + v.top) * r->w + v.left) * r->pixel, (size_t)r->to_w * r->pixel);
}

static void
pad_row(const exec_step *s, const row_of *r)
{
	const char *from = r->from + (size_t)(op_reflected(r->y, r->h) * r->w) * r->pixel;
	memcpy(r->to, from, (size_t)r->w * r->pixel);
	for (int64_t x = r->w; x < r->to_w; x++)
		memcpy(r->to + (size_t)x * r->pixel, from + (size_t)op_reflected(x, r->w) * r->pixel, r->pixel);
}

#define MOVES(name, put) \
	static secant_status run_##name( \
		const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err) \
	{ \
		return each_row(s, in[0], out[0], put); \
	}
MOVES(crop, crop_row)
MOVES(crop_like, crop_like_row)
MOVES(unfit_like, unfit_like_row)
MOVES(pad_to, pad_row)

static secant_status
run_channels(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_channels_attr *a = s->node->attr;
	size_t size = secant_dtype_size(s->in[0].dtype);
	int64_t has = exec_last(&s->in[0].shape), pixels = exec_out_count(s, 0) / a->order.n;
	int parts = exec_parts(s, exec_out_count(s, 0));
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(pixels, parts, t), end = exec_part(pixels, parts, t + 1); i < end; i++) {
			const char *from = (const char *)in[0] + (size_t)(i * has) * size;
			char *to = (char *)out[0] + (size_t)(i * a->order.n) * size;
			for (int c = 0; c < a->order.n; c++)
				memcpy(to + (size_t)c * size, from + (size_t)a->order.v[c] * size, size);
		}
	return SECANT_OK;
}

static secant_status
run_yuv(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const op_yuv_attr *a = s->node->attr;
	const secant_shape *y = &s->out[0].shape;
	int64_t h = y->dim[1], w = y->dim[2], rows = y->dim[0] * h;
	int parts = exec_parts(s, exec_out_count(s, 0));
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(rows, parts, t), end = exec_part(rows, parts, t + 1); i < end; i++) {
			const uint8_t *from = (const uint8_t *)in[0] + i / h * (h * w / 2 * 3);
			uint8_t *to = (uint8_t *)out[0] + i * w * 3;
			const uint8_t *u = from + op_yuv_place(a->layout, 1, h, w, i % h, 0);
			const uint8_t *v = from + op_yuv_place(a->layout, 2, h, w, i % h, 0);
			int64_t step = a->layout == OP_YUV_NV12 || a->layout == OP_YUV_NV21 ? 2 : 1;
			for (int64_t x = 0; x < w; x++) {
				to[3 * x] = from[i % h * w + x];
				to[3 * x + 1] = u[x / 2 * step];
				to[3 * x + 2] = v[x / 2 * step];
			}
		}
	return SECANT_OK;
}

/* ---- picture_resize ---- */

typedef struct resizing {
	tensor_taps x, y;
	op_window at;
	size_t work; /* floats of one thread */
} resizing;

static void
release_resize(exec_step *s)
{
	resizing *r = s->data;
	tensor_taps_free(&r->x);
	tensor_taps_free(&r->y);
	secant_free(r);
}

static secant_status
prepare_resize(exec_step *s, secant_err *err)
{
	const op_picture_resize_attr *a = s->node->attr;
	const secant_shape *x = &s->in[0].shape;
	resizing *r = secant_calloc(1, sizeof *r);
	s->data = r;
	if (!r)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory to resize a picture");
	r->at = op_fit_window(a, x->dim[1], x->dim[2]);
	/* sums of rows, and a whole scaled row where only its middle is wanted */
	r->work = (size_t)(2 * x->dim[2] + 2 * r->at.width) * (size_t)x->dim[3] + 16;
	s->scratch = (size_t)(s->threads > 1 ? s->threads : 1) * r->work * sizeof(float);
	secant_status status = tensor_taps_make(&r->x, (int)x->dim[2], (int)r->at.width, (secant_filter)a->filter, err);
	return status ? status : tensor_taps_make(&r->y, (int)x->dim[1], (int)r->at.height, (secant_filter)a->filter, err);
}

static void
resize_row(const exec_step *s, const tensor_sampled *p, int64_t y, float *work, uint8_t *to)
{
	const resizing *r = s->data;
	const op_window *at = &r->at;
	size_t c = (size_t)p->channels, width = (size_t)s->out[0].shape.dim[2];
	int64_t row = y - at->top, left = at->left > 0 ? at->left : 0, skipped = at->left < 0 ? -at->left : 0;
	size_t seen = (size_t)(at->width < (int64_t)width ? at->width : (int64_t)width);
	bool inside = row >= 0 && row < at->height;
	if (!inside || seen < width)
		memset(to, ((const op_picture_resize_attr *)s->node->attr)->fill, width * c);
	if (!inside)
		return;
	uint8_t *whole = (uint8_t *)(work + (size_t)(2 * p->from_width + p->to_width) * c);
	tensor_sample_row(p, &r->x, &r->y, (int)row, work, whole);
	memcpy(to + (size_t)left * c, whole + (size_t)skipped * c, seen * c);
}

static secant_status
run_resize(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const resizing *r = s->data;
	const secant_shape *x = &s->in[0].shape, *y = &s->out[0].shape;
	int64_t rows = y->dim[0] * y->dim[1], picture = x->dim[1] * x->dim[2] * x->dim[3];
	int parts = exec_parts(s, exec_out_count(s, 0));
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(rows, parts, t), end = exec_part(rows, parts, t + 1); i < end; i++) {
			tensor_sampled p = { (const uint8_t *)in[0] + i / y->dim[1] * picture, SECANT_U8, (int)x->dim[3],
				(int)x->dim[2], (int)r->at.width };
			resize_row(s, &p, i % y->dim[1], (float *)scratch + (size_t)t * r->work,
				(uint8_t *)out[0] + i * y->dim[2] * y->dim[3]);
		}
	return SECANT_OK;
}

/* ---- numbers ---- */

static secant_status
run_matrix(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	int64_t pixels = exec_out_count(s, 0) / 3;
	int parts = exec_parts(s, pixels * 9);
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(pixels, parts, t), end = exec_part(pixels, parts, t + 1); i < end; i++) {
			const uint8_t *p = (const uint8_t *)in[0] + 3 * i;
			int of[3] = { p[0], p[1], p[2] };
			for (int c = 0; c < 3; c++)
				((uint8_t *)out[0])[3 * i + c] = (uint8_t)op_colour_of(s->node->attr, of, c);
		}
	return SECANT_OK;
}

/* The result for each byte in each channel, 256 x C floats: what is computed once for each byte there is. */
static secant_status
prepare_normalize(exec_step *s, secant_err *err)
{
	const op_normalize_attr *a = s->node->attr;
	size_t c = (size_t)s->out[0].shape.dim[3];
	float *table = secant_calloc(256 * c, sizeof *table);
	s->data = table;
	if (!table)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a table of %zu channels", c);
	for (size_t k = 0; k < c; k++) {
		float mean = (float)op_real_at(&a->mean, (int)k, 0), low = (float)op_real_at(&a->low, (int)k, 0);
		float scale = (float)op_real_at(&a->scale, (int)k, 1), shift = (float)op_real_at(&a->shift, (int)k, 0);
		for (int x = 0; x < 256; x++)
			table[k * 256 + (size_t)x] = ((float)x - mean - low) * scale + shift;
	}
	return SECANT_OK;
}

static secant_status
run_normalize(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const float *table = s->data;
	int64_t has = exec_last(&s->in[0].shape), c = exec_last(&s->out[0].shape), pixels = exec_out_count(s, 0) / c;
	int parts = exec_parts(s, exec_out_count(s, 0));
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(pixels, parts, t), end = exec_part(pixels, parts, t + 1); i < end; i++) {
			const uint8_t *p = (const uint8_t *)in[0] + i * has;
			float *to = (float *)out[0] + i * c;
			for (int64_t k = 0; k < c; k++)
				to[k] = table[k * 256 + p[has == 1 ? 0 : k]];
		}
	return SECANT_OK;
}

static secant_status
run_scale_like(const exec_step *s, void *bound, const void *const *in, void *const *out, void *scratch, secant_err *err)
{
	const secant_shape *x = &s->in[0].shape, *y = &s->out[0].shape;
	int64_t w = x->dim[2], c = x->dim[3], rows = y->dim[0] * y->dim[1];
	int parts = exec_parts(s, exec_out_count(s, 0));
	EXEC_PARTS(parts)
	for (int t = 0; t < parts; t++)
		for (int64_t i = exec_part(rows, parts, t), end = exec_part(rows, parts, t + 1); i < end; i++) {
			int64_t y0, y1, x0, x1;
			const float *p = (const float *)in[0] + i / y->dim[1] * x->dim[1] * w * c;
			float *to = (float *)out[0] + i * y->dim[2] * c,
				  v = op_between(i % y->dim[1], x->dim[1], y->dim[1], &y0, &y1);
			for (int64_t column = 0; column < y->dim[2]; column++, to += c) {
				float u = op_between(column, w, y->dim[2], &x0, &x1);
				for (int64_t k = 0; k < c; k++) {
					float top = p[(y0 * w + x0) * c + k] * (1 - u) + p[(y0 * w + x1) * c + k] * u;
					float low = p[(y1 * w + x0) * c + k] * (1 - u) + p[(y1 * w + x1) * c + k] * u;
					to[k] = top * (1 - v) + low * v;
				}
			}
		}
	return SECANT_OK;
}

extern const exec_impl exec_impls_native_picture[];
#define PLAIN(which, f) \
	{ \
		.op = which, .name = "native", .supports = exec_native_supports, .run = f \
	}
const exec_impl exec_impls_native_picture[] = {
	PLAIN("crop", run_crop),
	PLAIN("crop_like", run_crop_like),
	PLAIN("unfit_like", run_unfit_like),
	PLAIN("pad_to", run_pad_to),
	PLAIN("channels", run_channels),
	PLAIN("yuv_picture", run_yuv),
	PLAIN("colour_matrix", run_matrix),
	PLAIN("scale_like", run_scale_like),
	{ .op = "picture_resize",
		.name = "native",
		.supports = exec_native_supports,
		.prepare = prepare_resize,
		.run = run_resize,
		.release = release_resize },
	{ .op = "normalize_picture",
		.name = "native",
		.supports = exec_native_supports,
		.prepare = prepare_normalize,
		.run = run_normalize },
	{ .op = NULL },
};
