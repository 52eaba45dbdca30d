/*
 * From probabilities to what people look at: masks, small areas removed, overlays.
 */
#include <secant/palette.h>
#include <math.h>
#include <string.h>
#include "codec/codec.h"
#include "deploy/predictor.h"

/* ---- values ---- */

secant_dtype
deploy_mask_dtype(const secant_predictor *p)
{
	return p->model[0].classes + p->options.offset > 255 ? SECANT_U16 : SECANT_U8;
}

static int
none_of(const secant_predictor *p)
{
	return deploy_mask_dtype(p) == SECANT_U16 ? 65535 : 255;
}

int
deploy_mask_background(const secant_predictor *p)
{
	return p->model[0].mode == BASE_MODE_BINARY ? p->options.offset : none_of(p);
}

int
deploy_mask_value(const secant_predictor *p, int class)
{
	int offset = p->options.offset;
	if (p->model[0].mode == BASE_MODE_BINARY)
		return offset ? offset + 1 : 255;
	return class + offset;
}

int
deploy_mask_class(const secant_predictor *p, int value)
{
	int offset = p->options.offset, class = value - offset;
	if (p->model[0].mode == BASE_MODE_BINARY)
		return value == deploy_mask_value(p, 0) ? 0 : -1;
	return class < 0 || class >= p->model[0].classes ? -1 : class;
}

int
deploy_mask_get(secant_dtype dtype, const void *mask, int64_t i)
{
	return dtype == SECANT_U16 ? ((const uint16_t *)mask)[i] : ((const uint8_t *)mask)[i];
}

static void
mask_set(secant_dtype dtype, void *mask, int64_t i, int v)
{
	if (dtype == SECANT_U16)
		((uint16_t *)mask)[i] = (uint16_t)v;
	else
		((uint8_t *)mask)[i] = (uint8_t)v;
}

/* ---- no data ---- */

/* Whether a value may stand for no data: no class has it, and not what was looked at and is none of the classes. Of
 * classes that exclude each other every pixel is one. */
static bool
is_free(const secant_predictor *p, int value)
{
	return deploy_mask_class(p, value) < 0
		&& (p->model[0].mode == BASE_MODE_MULTICLASS || value != deploy_mask_background(p));
}

/* The largest value that is neither a class nor the background. Masks of 0 and 255 have 127, which no threshold takes
 * for the object. */
static int
free_value(const secant_predictor *p)
{
	if (p->model[0].mode == BASE_MODE_BINARY && !p->options.offset)
		return 127;
	int v = none_of(p);
	while (v > 0 && !is_free(p, v))
		v--;
	return v;
}

/* The picture's own value where the mask has it free. Where the file cannot tell the value, masks of one class have the
 * background there, which no reader takes for anything else, and the others what is no class. */
deploy_nodata
deploy_nodata_of(const secant_predictor *p, const deploy_source *s, bool told)
{
	deploy_nodata n = { .voids = deploy_source_voids(p, s), .there = deploy_source_may_lack_data(p, s) };
	bool one = p->model[0].mode == BASE_MODE_BINARY;
	double value = n.voids.declared ? n.voids.value : -1;
	int as = value >= 0 && value <= none_of(p) && value == floor(value) ? (int)value : -1;
	n.mask = as >= 0 && is_free(p, as) ? as : told || !one ? free_value(p) : deploy_mask_background(p);
	return n;
}

secant_geo *
deploy_mask_geo(const deploy_nodata *n, const secant_geo *geo, secant_err *err)
{
	double value = n->mask;
	return geo || n->there ? secant_geo_of_mask(geo, n->there ? &value : NULL, err) : NULL;
}

/* ---- masks ---- */

/* Probabilities with those of classes that the rules forbid below all others. */
static secant_status
only_allowed(secant_predictor *p, const secant_image *im, const float **probabilities, int64_t pixels, secant_err *err)
{
	int classes = p->model[0].classes;
	const float *from = *probabilities;
	if (!p->rules.n && !p->rules.never)
		return SECANT_OK;
	secant_status status = deploy_floats_reserve(&p->allowed, (size_t)(pixels * classes), err);
	if (status)
		return status;
	for (int64_t i = 0, at = 0; i < pixels; i++)
		for (int c = 0; c < classes; c++, at++)
			p->allowed.v[at] = deploy_rules_allow(&p->rules, c, im, i) ? from[at] : -INFINITY;
	*probabilities = p->allowed.v;
	return SECANT_OK;
}

static secant_status
fill_rows(secant_predictor *p, const secant_image *im, const deploy_nodata *none, const float *probabilities,
	int64_t pixels, void *mask, secant_err *err)
{
	secant_dtype dtype = deploy_mask_dtype(p);
	int background = deploy_mask_background(p);
	const void *decided;
	secant_status status = only_allowed(p, im, &probabilities, pixels, err);
	if (!status)
		status = deploy_decide(p->classes, probabilities, pixels, p->model[0].classes, &decided, err);
	if (status)
		return status;
	const int32_t *class = decided;
	for (int64_t i = 0; i < pixels; i++) {
		int value = class[i] < 0 ? background : deploy_mask_value(p, class[i]);
		if (none->there && prepare_voids_at(&none->voids, im, i))
			value = none->mask;
		mask_set(dtype, mask, i, value);
	}
	return SECANT_OK;
}

secant_status
deploy_mask_rows(secant_predictor *p, deploy_source *s, const deploy_nodata *none, int y, int n,
	const float *probabilities, void *mask, secant_err *err)
{
	secant_image window = { 0 };
	const secant_image *im = NULL;
	secant_status status = SECANT_OK;
	if (p->rules.n || none->there)
		status = deploy_source_window(s, 0, y, s->width, n, &window, &im, err);
	if (!status && im)
		status = deploy_rules_check(&p->rules, im->channels, err);
	if (!status)
		status = fill_rows(p, im, none, probabilities, (int64_t)n * s->width, mask, err);
	secant_image_free(&window);
	return status;
}

/* Collects the area around `start` in `queue`; every pixel of it is marked as seen. */
static int64_t
flood(const secant_image *mask, int64_t start, uint8_t *seen, int64_t *queue)
{
	int64_t n = 1, w = mask->width, pixels = w * mask->height;
	int value = deploy_mask_get(mask->dtype, mask->data, start);
	queue[0] = start;
	seen[start] = 1;
	for (int64_t k = 0; k < n; k++) {
		int64_t at = queue[k], column = at % w;
		const int64_t next[4] = { column ? at - 1 : -1, column + 1 < w ? at + 1 : -1, at - w, at + w };
		for (int i = 0; i < 4; i++)
			if (next[i] >= 0 && next[i] < pixels && !seen[next[i]]
				&& deploy_mask_get(mask->dtype, mask->data, next[i]) == value) {
				seen[next[i]] = 1;
				queue[n++] = next[i];
			}
	}
	return n;
}

/* The class that the area has most border with, -1: none. `votes` has room for every class. */
static int
neighbour(const secant_predictor *p, const secant_image *mask, const int64_t *area, int64_t n, int *votes)
{
	int64_t w = mask->width, pixels = w * mask->height;
	int own = deploy_mask_get(mask->dtype, mask->data, area[0]), classes = p->model[0].classes, best = -1;
	memset(votes, 0, (size_t)classes * sizeof *votes);
	for (int64_t k = 0; k < n; k++) {
		int64_t at = area[k], column = at % w;
		const int64_t next[4] = { column ? at - 1 : -1, column + 1 < w ? at + 1 : -1, at - w, at + w };
		for (int i = 0; i < 4; i++) {
			int value = next[i] >= 0 && next[i] < pixels ? deploy_mask_get(mask->dtype, mask->data, next[i]) : own;
			int class = value == own ? -1 : deploy_mask_class(p, value);
			if (class >= 0)
				votes[class]++;
		}
	}
	for (int c = 0; c < classes; c++)
		if (votes[c] && (best < 0 || votes[c] > votes[best]))
			best = c;
	return best;
}

secant_status
deploy_mask_clean(const secant_predictor *p, secant_image *mask, int min_area, secant_err *err)
{
	int64_t pixels = (int64_t)mask->width * mask->height;
	uint8_t *seen = secant_calloc((size_t)pixels, 1);
	int64_t *queue = secant_calloc((size_t)pixels, sizeof *queue);
	int *votes = secant_calloc((size_t)p->model[0].classes, sizeof *votes);
	bool exclusive = p->model[0].mode == BASE_MODE_MULTICLASS;
	for (int64_t i = 0; i < pixels && seen && queue && votes; i++) {
		if (seen[i] || deploy_mask_class(p, deploy_mask_get(mask->dtype, mask->data, i)) < 0)
			continue;
		int64_t n = flood(mask, i, seen, queue);
		if (n >= min_area)
			continue;
		int to = exclusive ? neighbour(p, mask, queue, n, votes) : -1;
		int value = to >= 0 ? deploy_mask_value(p, to)
			: exclusive     ? deploy_mask_get(mask->dtype, mask->data, i) /* alone in the picture */
							: deploy_mask_background(p);
		for (int64_t k = 0; k < n; k++)
			mask_set(mask->dtype, mask->data, queue[k], value);
	}
	secant_status status = seen && queue && votes
		? SECANT_OK
		: secant_fail(err, SECANT_ERR_NOMEM, "no memory to find areas in %dx%d pixels", mask->height, mask->width);
	secant_free(seen);
	secant_free(queue);
	secant_free(votes);
	return status;
}

/* ---- overlays ---- */

void
secant_predictor_colour(const secant_predictor *p, int i, uint8_t rgb[3])
{
	if (i >= 0 && i < p->n_palette)
		memcpy(rgb, p->palette[i], 3);
	else
		secant_palette(i, rgb);
}

/* A picture's value as a byte, on the scale that normalisation uses: u16 and i16 / 257, floats * 255. */
static int
byte_of(const secant_image *im, int64_t i)
{
	float v;
	switch (im->dtype) {
	case SECANT_U8: return ((const uint8_t *)im->data)[i];
	case SECANT_U16: return ((const uint16_t *)im->data)[i] / 257;
	case SECANT_I16: v = (float)((const int16_t *)im->data)[i] / 257.f; break;
	default: v = ((const float *)im->data)[i] * 255.f; break;
	}
	return v >= 255 ? 255 : v > 0 ? (int)v : 0;
}

void
deploy_overlay_rows(
	const secant_predictor *p, const secant_image *im, const void *mask, const void *above, uint8_t *rgb)
{
	secant_dtype dtype = deploy_mask_dtype(p);
	for (int y = 0; y < im->height; y++) {
		int64_t row = (int64_t)y * im->width;
		for (int x = 0; x < im->width; x++) {
			int64_t i = row + x;
			int own = deploy_mask_get(dtype, mask, i), left = x ? deploy_mask_get(dtype, mask, i - 1) : own;
			int up = y ? deploy_mask_get(dtype, mask, i - im->width) : above ? deploy_mask_get(dtype, above, x) : own;
			int show = deploy_mask_class(p, own);
			bool border = left != own || up != own;
			if (border && show < 0)
				show = deploy_mask_class(p, left != own ? left : up);
			uint8_t colour[3] = { 0 };
			if (show >= 0)
				secant_predictor_colour(p, show, colour);
			for (int c = 0; c < 3; c++) {
				int from = byte_of(im, i * im->channels + (im->channels < 3 ? 0 : c));
				rgb[3 * i + c] = (uint8_t)(show < 0 ? from : border ? colour[c] : (from + colour[c] + 1) / 2);
			}
		}
	}
}

/* ---- pictures in memory ---- */

typedef struct collect {
	secant_predictor *p;
	deploy_source *source;
	deploy_nodata none;
	char *mask;
	size_t pitch; /* of the mask's rows, in bytes */
	float *planes; /* classes x height x width */
} collect;

static secant_status
collect_mask(void *user, int y, int n, const float *probabilities, secant_err *err)
{
	collect *c = user;
	size_t row = (size_t)c->source->width * secant_dtype_size(deploy_mask_dtype(c->p));
	if (c->pitch == row)
		return deploy_mask_rows(c->p, c->source, &c->none, y, n, probabilities, c->mask + (size_t)y * row, err);
	secant_status status = SECANT_OK;
	int64_t each = (int64_t)c->source->width * c->p->model[0].classes;
	for (int i = 0; i < n && !status; i++)
		status = deploy_mask_rows(
			c->p, c->source, &c->none, y + i, 1, probabilities + i * each, c->mask + (size_t)(y + i) * c->pitch, err);
	return status;
}

static secant_status
collect_planes(void *user, int y, int n, const float *probabilities, secant_err *err)
{
	collect *c = user;
	int64_t classes = c->p->model[0].classes, height = c->source->height, width = c->source->width;
	for (int64_t k = 0; k < classes; k++)
		for (int64_t i = 0; i < n * width; i++)
			c->planes[(k * height + y) * width + i] = probabilities[i * classes + k];
	return SECANT_OK;
}

/* A picture whose white is another number than its type's is copied with 1 for white: `own`, secant_image_free. */
static secant_status
bring_to_white(secant_predictor *p, deploy_source *s, secant_image *own, secant_err *err)
{
	secant_dtype dtype = s->image ? s->image->dtype : s->borrowed->dtype;
	double white = codec_white_of(&p->of->whites, dtype);
	const secant_image *view;
	*own = (secant_image){ 0 };
	p->rules.white = 0;
	if (!codec_white_matters(dtype, white))
		return SECANT_OK;
	secant_status status = deploy_source_window(s, 0, 0, s->width, s->height, own, &view, err);
	if (!status && view != own)
		status = secant_image_copy(own, view, err);
	if (!status && (status = codec_image_white(own, secant_image_geo(own), white, err)))
		secant_image_free(own);
	*s = (deploy_source){ .width = s->width, .height = s->height, .image = own, .bands = s->bands };
	p->rules.white = white;
	return status;
}

static secant_status
stream_rows(secant_predictor *p, deploy_source *source, const deploy_row_sink *sink, secant_err *err)
{
	secant_image own;
	secant_status status = bring_to_white(p, source, &own, err);
	if (!status)
		status = deploy_predict_stream(p, source, sink, err);
	secant_image_free(&own);
	return status;
}

static secant_status
stream_planes(secant_predictor *p, deploy_source *source, float *out, secant_err *err)
{
	collect c = { .p = p, .source = source, .planes = out };
	return stream_rows(p, source, &(deploy_row_sink){ collect_planes, NULL, &c }, err);
}

secant_status
secant_predictor_probabilities(secant_predictor *p, const secant_image *im, secant_tensor *out, secant_err *err)
{
	secant_shape shape = secant_shape_of(3, p->model[0].classes, im->height, im->width);
	deploy_source source = { .width = im->width, .height = im->height, .image = im, .bands = im->channels };
	secant_status status = secant_tensor_new(out, SECANT_F32, &shape, err);
	if (!status && (status = stream_planes(p, &source, out->data, err)))
		secant_tensor_free(out);
	return status;
}

/* A picture of the caller's as a source: `as` is an image that owns nothing, where rows are contiguous. */
static secant_status
borrow(const secant_borrowed_image *im, secant_image *as, secant_borrowed_image *view, deploy_source *source,
	secant_err *err)
{
	bool known = im->dtype == SECANT_U8 || im->dtype == SECANT_U16 || im->dtype == SECANT_I16
		|| im->dtype == SECANT_F32;
	int64_t row = (int64_t)im->width * im->channels * (int64_t)secant_dtype_size(im->dtype);
	if (!im->data || im->width < 1 || im->height < 1 || im->channels < 1 || im->channels > 4096 || !known)
		return secant_fail(err, SECANT_ERR_ARG, "a picture of %dx%d with %d channels of %s cannot be predicted",
			im->height, im->width, im->channels, secant_dtype_name(im->dtype));
	if (im->pitch && im->pitch < row)
		return secant_fail(err, SECANT_ERR_ARG, "a pitch of %lld bytes is less than a row of %lld",
			(long long)im->pitch, (long long)row);
	*view = *im;
	*as = (secant_image){ .width = im->width, .height = im->height, .channels = im->channels, .dtype = im->dtype };
	as->data = (void *)(uintptr_t)im->data;
	bool dense = !im->pitch || im->pitch == row;
	*source = (deploy_source){ .width = im->width, .height = im->height, .image = dense ? as : NULL };
	source->borrowed = dense ? NULL : view;
	source->bands = im->channels;
	return SECANT_OK;
}

secant_status
secant_predictor_probabilities_into(secant_predictor *p, const secant_borrowed_image *im, float *out, secant_err *err)
{
	secant_image as;
	secant_borrowed_image view;
	deploy_source source;
	secant_status status = borrow(im, &as, &view, &source, err);
	return status ? status : stream_planes(p, &source, out, err);
}

secant_status
deploy_predict_rows(secant_predictor *p, const secant_borrowed_image *im, const deploy_row_sink *sink, secant_err *err)
{
	secant_image as;
	secant_borrowed_image view;
	deploy_source source;
	secant_status status = borrow(im, &as, &view, &source, err);
	return status ? status : stream_rows(p, &source, sink, err);
}

secant_dtype
secant_predictor_mask_dtype(const secant_predictor *p)
{
	return deploy_mask_dtype(p);
}

secant_status
secant_predictor_mask_into(
	secant_predictor *p, const secant_borrowed_image *im, void *mask, int64_t pitch, secant_err *err)
{
	secant_image as;
	secant_borrowed_image view;
	deploy_source source;
	int64_t row = (int64_t)im->width * (int64_t)secant_dtype_size(deploy_mask_dtype(p));
	secant_status status = borrow(im, &as, &view, &source, err);
	if (status)
		return status;
	if (pitch && pitch < row)
		return secant_fail(err, SECANT_ERR_ARG, "a pitch of %lld bytes is less than a row of the mask, %lld",
			(long long)pitch, (long long)row);
	if (p->options.min_area > 1)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "--min-area looks at whole masks: use secant_predictor_mask");
	secant_image own;
	collect c = { .p = p, .source = &source, .none = deploy_nodata_of(p, &source, true), .mask = mask };
	c.pitch = (size_t)(pitch ? pitch : row);
	if (!(status = bring_to_white(p, &source, &own, err)))
		status = deploy_predict_stream(p, &source, &(deploy_row_sink){ collect_mask, NULL, &c }, err);
	secant_image_free(&own);
	return status;
}

/* The picture's georeference, without its value for nodata where that is a class. */
static secant_status
set_geo(secant_image *mask, const secant_image *im, const deploy_nodata *none, secant_err *err)
{
	secant_err own = { 0 };
	secant_geo *geo = deploy_mask_geo(none, secant_image_geo(im), &own);
	secant_status status = own.code ? secant_fail(err, own.code, "%s", own.msg)
		: geo                       ? secant_image_set_geo(mask, geo, err)
									: SECANT_OK;
	secant_geo_free(geo);
	return status;
}

secant_status
secant_predictor_mask(secant_predictor *p, const secant_image *im, secant_image *mask, secant_err *err)
{
	deploy_source source = { .width = im->width, .height = im->height, .image = im, .bands = im->channels };
	secant_image own;
	secant_status status = secant_image_new(mask, im->width, im->height, 1, deploy_mask_dtype(p), err);
	if (status)
		return status;
	collect c = { .p = p,
		.source = &source,
		.none = deploy_nodata_of(p, &source, true),
		.mask = mask->data,
		.pitch = secant_image_row_bytes(mask) };
	if (!(status = bring_to_white(p, &source, &own, err))
		&& !(status = deploy_predict_stream(p, &source, &(deploy_row_sink){ collect_mask, NULL, &c }, err))
		&& p->options.min_area > 1)
		status = deploy_mask_clean(p, mask, p->options.min_area, err);
	if (!status)
		status = set_geo(mask, im, &c.none, err);
	secant_image_free(&own);
	if (status)
		secant_image_free(mask);
	return status;
}

secant_status
secant_predictor_overlay(
	const secant_predictor *p, const secant_image *im, const secant_image *mask, secant_image *out, secant_err *err)
{
	if (mask->width != im->width || mask->height != im->height || mask->channels != 1
		|| mask->dtype != deploy_mask_dtype(p))
		return secant_fail(err, SECANT_ERR_SHAPE, "the mask is %dx%dx%d of %s, want %dx%dx1 of %s", mask->height,
			mask->width, mask->channels, secant_dtype_name(mask->dtype), im->height, im->width,
			secant_dtype_name(deploy_mask_dtype(p)));
	secant_status status = secant_image_new(out, im->width, im->height, 3, SECANT_U8, err);
	if (!status)
		deploy_overlay_rows(p, im, mask->data, NULL, out->data);
	return status;
}
