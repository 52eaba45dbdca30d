/*
 * Pictures of any size as rows of probabilities: whole, scaled, or in tiles.
 *
 * Tiles stand on a grid of rows and columns, so the weight of a tile is a product, w(y, x) = u(y) v(x), each of them a
 * triangle that falls from the middle to the edges and is divided by the sum of all triangles at its place. What
 * overlaps then adds up to 1 without a plane of weights, and one band of rows as high as a tile is all that is kept:
 * rows that no later tile touches leave at once.
 */
#include "prepare/normalize.h"
#include "deploy/predictor.h"
#include <string.h>

/* ---- where tiles lie ---- */

/* One tile less where the overlap shrinks by an eighth at most: no row of tiles for a few last pixels. */
static int
count(int total, int tile, int overlap)
{
	if (total <= tile)
		return 1;
	int step = tile - overlap, n = 1 + (total - tile + step - 1) / step;
	return n > 2 && ((int64_t)(n - 1) * tile - total) * 8 >= (int64_t)overlap * 7 * (n - 2) ? n - 1 : n;
}

/* The smallest tile that covers with as many: what would only make the overlap wider is not computed. A multiple of 32
 * at most `tile`. */
static int
fit(int total, int tile, int overlap)
{
	int n = count(total, tile, overlap), length = (total + (n - 1) * overlap + n - 1) / n;
	length = (length + 31) / 32 * 32;
	return length < tile ? length : tile;
}

secant_status
deploy_axis_make(deploy_axis *a, int total, int tile, int overlap, secant_err *err)
{
	int length = tile < total ? tile : total, n = count(total, length, overlap);
	*a = (deploy_axis){ n, length, secant_calloc((size_t)n, sizeof(int)),
		secant_calloc((size_t)n * (size_t)length, sizeof(float)) };
	float *sum = secant_calloc((size_t)total, sizeof *sum);
	if (!a->start || !a->weight || !sum) {
		secant_free(sum);
		deploy_axis_free(a);
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for %d tiles", n);
	}
	for (int i = 0; i < n; i++) {
		a->start[i] = n > 1 ? (int)((int64_t)(total - length) * i / (n - 1)) : 0;
		for (int k = 0; k < length; k++)
			sum[a->start[i] + k] += a->weight[i * length + k] = (float)(k < length - 1 - k ? k : length - 1 - k) + 0.5f;
	}
	for (int i = 0; i < n; i++)
		for (int k = 0; k < length; k++)
			a->weight[i * length + k] /= sum[a->start[i] + k];
	secant_free(sum);
	return SECANT_OK;
}

void
deploy_axis_free(deploy_axis *a)
{
	secant_free(a->start);
	secant_free(a->weight);
	*a = (deploy_axis){ 0 };
}

/* ---- sources ---- */

static secant_status
copy_window(
	const secant_borrowed_image *from, int x, int y, int width, int height, secant_image *window, secant_err *err)
{
	secant_status status = secant_image_new(window, width, height, from->channels, from->dtype, err);
	size_t pixel = (size_t)from->channels * secant_dtype_size(from->dtype);
	for (int row = 0; row < height && !status; row++)
		memcpy((char *)window->data + (size_t)row * (size_t)width * pixel,
			(const char *)from->data + (y + row) * from->pitch + (int64_t)pixel * x, (size_t)width * pixel);
	return status;
}

secant_status
deploy_source_window(deploy_source *s, int x, int y, int width, int height, secant_image *window,
	const secant_image **view, secant_err *err)
{
	*view = window;
	if (s->borrowed)
		return copy_window(s->borrowed, x, y, width, height, window, err);
	if (!s->image)
		return secant_raster_read_window(s->raster, x, y, width, height, window, err);
	if (width != s->width || height != s->height)
		return secant_image_crop(window, s->image, x, y, width, height, err);
	*view = s->image;
	return SECANT_OK;
}

const secant_geo *
deploy_source_geo(const deploy_source *s)
{
	return s->image ? secant_image_geo(s->image) : s->raster ? secant_raster_about(s->raster)->geo : NULL;
}

prepare_voids
deploy_source_voids(const secant_predictor *p, const deploy_source *s)
{
	int channels = p->model[0].in_channels;
	/* one that is read without its alpha has had it looked at */
	bool whole = s->bands == channels;
	return prepare_voids_of(deploy_source_geo(s), whole ? channels : channels + 1, channels);
}

bool
deploy_source_may_lack_data(const secant_predictor *p, const deploy_source *s)
{
	prepare_voids v = deploy_source_voids(p, s);
	if (s->image)
		return v.declared || s->image->voids || s->image->dtype == SECANT_F32;
	if (!s->raster)
		return s->borrowed->dtype == SECANT_F32;
	const secant_raster_info *a = secant_raster_about(s->raster);
	return v.declared || a->nodata || (a->alpha && v.heed & SECANT_VOID_ALPHA) || a->dtype == SECANT_F32;
}

/* The window as networks shall see it: where it has no data they get a neutral number. */
static secant_status
fill_voids(
	const secant_predictor *p, const deploy_source *s, secant_image *window, const secant_image **view, secant_err *err)
{
	const deploy_deployed *d = &p->model[0];
	prepare_voids v = deploy_source_voids(p, s);
	secant_status status = SECANT_OK;
	if (prepare_voids_find(&v, *view) < 0)
		return SECANT_OK;
	if (*view != window && !(status = secant_image_copy(window, *view, err)))
		*view = window;
	if (!status)
		prepare_voids_fill(&v, window, d->in_channels, d->scale, d->shift, NULL);
	return status;
}

/* ---- tiles ---- */

typedef struct grid {
	deploy_axis y, x;
	deploy_floats *band;
	int width, classes;
} grid;

static secant_status
add_tile(secant_predictor *p, deploy_source *s, const grid *g, int row, int column, secant_err *err)
{
	secant_image window = { 0 };
	const secant_image *view;
	int h = g->y.length, w = g->x.length, classes = g->classes;
	secant_status status = deploy_source_window(s, g->x.start[column], g->y.start[row], w, h, &window, &view, err);
	if (!status)
		status = fill_voids(p, s, &window, &view, err);
	if (!status && !(status = deploy_floats_reserve(&p->window, (size_t)h * (size_t)w * (size_t)classes, err)))
		status = deploy_predict_window(p, view, p->window.v, err);
	for (int y = 0; y < h && !status; y++) {
		const float *from = p->window.v + (int64_t)y * w * classes;
		float *to = g->band->v + ((int64_t)y * g->width + g->x.start[column]) * classes, u = g->y.weight[row * h + y];
		for (int x = 0; x < w; x++)
			for (int c = 0; c < classes; c++)
				to[x * classes + c] += from[x * classes + c] * (u * g->x.weight[column * w + x]);
	}
	if (view == &window)
		secant_image_free(&window);
	return status;
}

static secant_status
stream_tiles(secant_predictor *p, deploy_source *s, const grid *g, const deploy_row_sink *sink, secant_err *err)
{
	int64_t row_floats = (int64_t)g->width * g->classes;
	secant_status status = deploy_floats_reserve(g->band, (size_t)(g->y.length * row_floats), err);
	if (status)
		return status;
	memset(g->band->v, 0, (size_t)(g->y.length * row_floats) * sizeof(float));
	for (int row = 0; row < g->y.n; row++) {
		for (int column = 0; column < g->x.n; column++) {
			if ((status = add_tile(p, s, g, row, column, err)))
				return status;
			if (sink->progress && !sink->progress(sink->user, row * g->x.n + column + 1, g->y.n * g->x.n))
				return secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
		}
		int done = (row + 1 < g->y.n ? g->y.start[row + 1] : s->height) - g->y.start[row], kept = g->y.length - done;
		if ((status = sink->rows(sink->user, g->y.start[row], done, g->band->v, err)))
			return status;
		memmove(g->band->v, g->band->v + done * row_floats, (size_t)(kept * row_floats) * sizeof(float));
		memset(g->band->v + kept * row_floats, 0, (size_t)(done * row_floats) * sizeof(float));
	}
	return SECANT_OK;
}

/* ---- scaled ---- */

float
deploy_place(int i, int from, int to, int *first, int *second)
{
	float at = ((float)i + 0.5f) * (float)from / (float)to - 0.5f;
	at = at < 0 ? 0 : at;
	*first = (int)at < from - 1 ? (int)at : from - 1;
	*second = *first + 1 < from ? *first + 1 : *first;
	return at - (float)*first;
}

static secant_status
stream_scaled(secant_predictor *p, deploy_source *s, const deploy_row_sink *sink, secant_err *err)
{
	secant_image whole = { 0 }, scaled = { 0 };
	const secant_image *view;
	int h = p->options.size.v[0], w = p->options.size.v[1], classes = p->model[0].classes;
	int64_t row = (int64_t)s->width * classes;
	secant_status status = deploy_source_window(s, 0, 0, s->width, s->height, &whole, &view, err);
	if (!status)
		status = fill_voids(p, s, &whole, &view, err);
	if (!status)
		status = secant_image_resize(&scaled, view, w, h, SECANT_FILTER_BILINEAR, err);
	if (view == &whole)
		secant_image_free(&whole);
	if (!status && !(status = deploy_floats_reserve(&p->window, (size_t)h * (size_t)w * (size_t)classes, err))
		&& !(status = deploy_floats_reserve(&p->weighted, (size_t)row, err)))
		status = deploy_predict_window(p, &scaled, p->window.v, err);
	secant_image_free(&scaled);
	if (!status && sink->progress && !sink->progress(sink->user, 1, 1))
		status = secant_fail(err, SECANT_ERR_CANCELLED, "interrupted");
	for (int y = 0; y < s->height && !status; y++) {
		int y0, y1, x0, x1;
		float v = deploy_place(y, h, s->height, &y0, &y1);
		for (int x = 0; x < s->width; x++) {
			float u = deploy_place(x, w, s->width, &x0, &x1);
			for (int c = 0; c < classes; c++) {
				const float *q = p->window.v + c;
				float top = q[(y0 * w + x0) * (int64_t)classes] * (1 - u) + q[(y0 * w + x1) * (int64_t)classes] * u;
				float low = q[(y1 * w + x0) * (int64_t)classes] * (1 - u) + q[(y1 * w + x1) * (int64_t)classes] * u;
				p->weighted.v[x * classes + c] = top * (1 - v) + low * v;
			}
		}
		status = sink->rows(sink->user, y, 1, p->weighted.v, err);
	}
	return status;
}

secant_status
deploy_predict_stream(secant_predictor *p, deploy_source *s, const deploy_row_sink *sink, secant_err *err)
{
	enum { TILE = 512 };
	int h = s->height, w = s->width, side = 0;
	for (int i = 0; i < p->n_models; i++)
		side = p->model[i].side ? p->model[i].side : side;
	int overlap = side && p->options.overlap > side / 2 ? side / 2 : p->options.overlap;
	if (p->options.resize)
		return stream_scaled(p, s, sink, err);
	if (p->options.tile.n == 2 && p->options.tile.v[0] && p->options.tile.v[1])
		h = p->options.tile.v[0], w = p->options.tile.v[1];
	else if (side) /* a network for pictures of one size sees such pieces and no others */
		h = h < side ? h : side, w = w < side ? w : side;
	else if (p->options.tile.n != 2 && (int64_t)h * w > SECANT_PREDICT_WHOLE) {
		int most = p->options.overlap > TILE / 2 ? 2 * p->options.overlap : TILE;
		h = fit(h, most, p->options.overlap);
		w = fit(w, most, p->options.overlap);
	}
	grid g = { .band = &p->weighted, .width = s->width, .classes = p->model[0].classes };
	secant_status status = deploy_axis_make(&g.y, s->height, h, overlap, err);
	if (!status && !(status = deploy_axis_make(&g.x, s->width, w, overlap, err)))
		status = stream_tiles(p, s, &g, sink, err);
	deploy_axis_free(&g.y);
	deploy_axis_free(&g.x);
	return status;
}
