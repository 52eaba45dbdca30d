/*
 * Evaluated pictures made visible. Pictures come through the decoder of training, so that windows of large rasters and
 * many bands are what the network saw: the first three bands, or the first as grey; what has more than 8 bits is
 * stretched from its 2nd to its 98th percentile.
 */
#include "judge/view.h"
#include <math.h>
#include <stdio.h>
#include <secant/palette.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "data/samples.h"
#include "draw/legend.h"
#include "judge/metrics.h"

enum { CELL = 256, GAP = 6, PROBES = 4096, NO_CLASS = -1, NOT_JUDGED = -2 };

const uint8_t judge_error_colours[3][3] = { { 213, 94, 0 }, { 0, 114, 178 }, { 240, 228, 66 } };
static const uint8_t unjudged[3] = { 150, 150, 150 };

/* ---- pictures ---- */

typedef struct shown {
	const data_picture *p;
	float lo[3], scale[3];
} shown;

static float
value_at(const data_picture *p, int64_t pixel, int c)
{
	int64_t at = pixel * p->channels + (p->channels < 3 ? 0 : c);
	return p->real ? ((const float *)p->pixels)[at] : ((const uint8_t *)p->pixels)[at];
}

static int
ascending(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

static void
stretch(shown *s)
{
	float probe[PROBES];
	int64_t pixels = (int64_t)s->p->width * s->p->height;
	for (int c = 0; c < 3; c++) {
		int n = 0;
		s->lo[c] = 0, s->scale[c] = 1;
		for (int i = 0; i < PROBES && s->p->real; i++) {
			float v = value_at(s->p, pixels * i / PROBES, c);
			if (isfinite(v))
				probe[n++] = v;
		}
		if (!n)
			continue;
		qsort(probe, (size_t)n, sizeof *probe, ascending);
		float lo = probe[n / 50], hi = probe[n - 1 - n / 50];
		s->lo[c] = lo, s->scale[c] = hi > lo ? 255 / (hi - lo) : 1;
	}
}

static void
picture_colour(const shown *s, int64_t pixel, uint8_t *rgb)
{
	for (int c = 0; c < 3; c++) {
		float v = (value_at(s->p, pixel, c) - s->lo[c]) * s->scale[c];
		rgb[c] = (uint8_t)(v > 0 ? v < 255 ? v : 255 : 0);
	}
}

/* ---- classes ---- */

/* Of the label (outputs false) or of the prediction. */
static int
class_at(const judge_view *v, bool outputs, int64_t at)
{
	int n = v->mode == BASE_MODE_BINARY ? 1 : v->classes;
	const float *value = outputs ? v->outputs + at * n : (const float *)v->target + at * n;
	if (outputs && v->mode != BASE_MODE_MULTILABEL)
		return judge_class_of(v->mode, n, value, v->cut, v->never);
	if (v->mode == BASE_MODE_BINARY)
		return value[0] < 0 ? NOT_JUDGED : value[0] >= .5f;
	if (v->mode == BASE_MODE_MULTICLASS) {
		int label = ((const int32_t *)v->target)[at];
		return label == v->ignore || label < 0 || label >= n ? NOT_JUDGED : label;
	}
	if (!outputs && value[0] < 0)
		return NOT_JUDGED;
	int best = judge_class_of(v->mode, n, value, 0, 0);
	return value[best] >= (outputs ? v->cut : .5f) ? best : NO_CLASS;
}

static void
class_colour(const judge_view *v, int k, uint8_t *rgb)
{
	if (k == NOT_JUDGED)
		memcpy(rgb, unjudged, 3);
	else if (v->mode == BASE_MODE_BINARY || k < 0)
		memset(rgb, k > 0 ? 255 : 0, 3);
	else if (k < v->n_palette)
		memcpy(rgb, v->palette[k], 3);
	else
		secant_palette(k, rgb);
}

bool
judge_first_is_background(char *const *name, int n)
{
	static const char *const word[] = { "background", "_background_", "bg", "nothing" };
	for (size_t i = 0; n && i < sizeof word / sizeof *word; i++)
		if (!strcasecmp(name[0], word[i]))
			return true;
	return !n;
}

static void
error_colour(const judge_view *v, int64_t at, uint8_t *rgb)
{
	int label = class_at(v, false, at), got = class_at(v, true, at),
		nothing = v->mode == BASE_MODE_BINARY || (v->mode == BASE_MODE_MULTICLASS && v->background) ? 0 : NO_CLASS;
	int grey = (rgb[0] + rgb[1] + rgb[2]) / 3;
	memset(rgb, label > nothing ? 90 + grey / 3 : grey / 3, 3);
	if (label == NOT_JUDGED)
		memcpy(rgb, unjudged, 3);
	else if (label != got)
		memcpy(rgb, judge_error_colours[label == nothing ? 0 : got == nothing ? 1 : 2], 3);
}

/* ---- cells ---- */

static void
paint_cell(const judge_view *v, const shown *s, int what, secant_image *sheet, int x0, int y0, int cell)
{
	double scale = (double)cell / (v->height > v->width ? v->height : v->width);
	int h = (int)(v->height * scale), w = (int)(v->width * scale);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			uint8_t *out = (uint8_t *)sheet->data + ((int64_t)(y0 + y) * sheet->width + x0 + x) * 3;
			int sy = (int)(y / scale), sx = (int)(x / scale);
			sy = sy < v->height ? sy : v->height - 1, sx = sx < v->width ? sx : v->width - 1;
			int64_t at = (int64_t)sy * v->stride + sx;
			int64_t py = (int64_t)sy * s->p->height / v->height, px = (int64_t)sx * s->p->width / v->width;
			if (what == JUDGE_CELL_PICTURE || what == JUDGE_CELL_ERRORS)
				picture_colour(s, py * s->p->width + px, out);
			if (what == JUDGE_CELL_ERRORS)
				error_colour(v, at, out);
			else if (what != JUDGE_CELL_PICTURE)
				class_colour(v, class_at(v, what == JUDGE_CELL_PREDICTION, at), out);
		}
}

secant_status
judge_view_paint(
	const judge_view *v, int first, int last, secant_image *sheet, int x, int y, int cell, int gap, secant_err *err)
{
	data_picture own = { 0 };
	shown s = { 0 };
	secant_status status = data_samples_decode(v->samples, v->sample, &own, &s.p, err);
	if (!status) {
		stretch(&s);
		for (int k = first; k <= last; k++)
			paint_cell(v, &s, k, sheet, x + (k - first) * (cell + gap), y, cell);
	}
	data_picture_free(&own);
	return status;
}

/* ---- titles and legend ---- */

secant_status
judge_view_titles(int x, int step, int width, secant_image *out, secant_err *err)
{
	static const char *const title[JUDGE_CELLS] = { "picture", "label", "prediction", "errors" };
	return draw_titles(title, JUDGE_CELLS, x, step, width, out, err);
}

static void
add_entry(draw_legend_entry *entry, int *n, const char *text, const uint8_t rgb[3])
{
	draw_legend_name(&entry[*n], text);
	memcpy(entry[(*n)++].rgb, rgb, 3);
}

secant_status
judge_view_legend(const judge_view *v, char *const *name, int n_names, int width, secant_image *out, secant_err *err)
{
	enum { MOST = 64 }; /* more than a sheet's foot has room for are left to the report */
	static const char *const error[] = { "found, not there", "missed", "another class" };
	int classes = v->mode == BASE_MODE_BINARY ? 0 : v->classes, n = 0;
	draw_legend_entry entry[MOST + 5];
	for (int k = 0; k < classes && k < MOST; k++) {
		char number[24];
		uint8_t rgb[3];
		(void)snprintf(number, sizeof number, "class %d", k);
		class_colour(v, k, rgb);
		add_entry(entry, &n, k < n_names && name[k][0] ? name[k] : number, rgb);
	}
	bool whole = v->mode == BASE_MODE_MULTICLASS && !v->background; /* every pixel is of a class */
	for (int k = whole ? 2 : 0; k < (classes ? 3 : 2); k++)
		add_entry(entry, &n, error[k], judge_error_colours[k]);
	if (v->ignore >= 0)
		add_entry(entry, &n, "not judged", unjudged);
	return draw_legend(entry, n, width, out, err);
}

/* ---- the worst of many ---- */

secant_status
judge_cases_take(judge_cases *c, const judge_view *v, double score, secant_err *err)
{
	int at = c->n;
	while (at > 0 && (c->v[at - 1].score > score || (c->v[at - 1].score == score && c->v[at - 1].sample > v->sample)))
		at--;
	if (at == JUDGE_WORST)
		return SECANT_OK;
	judge_case k = { .score = score, .sample = v->sample };
	double scale = (double)CELL / (v->height > v->width ? v->height : v->width);
	int h = (int)(v->height * scale);
	secant_status status = secant_image_new(
		&k.sheet, JUDGE_CELLS * CELL + (JUDGE_CELLS - 1) * GAP, h > 0 ? h : 1, 3, SECANT_U8, err);
	if (status)
		return status;
	memset(k.sheet.data, 255, (size_t)k.sheet.width * (size_t)k.sheet.height * 3);
	if ((status = judge_view_paint(v, 0, JUDGE_CELLS - 1, &k.sheet, 0, 0, CELL, GAP, err))) {
		secant_image_free(&k.sheet);
		return status;
	}
	if (c->n == JUDGE_WORST)
		secant_image_free(&c->v[--c->n].sheet);
	memmove(&c->v[at + 1], &c->v[at], (size_t)(c->n - at) * sizeof *c->v);
	c->v[at] = k;
	c->n++;
	return SECANT_OK;
}

void
judge_cases_free(judge_cases *c)
{
	for (int i = 0; i < c->n; i++)
		secant_image_free(&c->v[i].sheet);
	c->n = 0;
}
