/*
 * Pictures with their objects drawn on: boxes, filled shapes, class names on a plate that is legible on
 * any ground (size follows the picture, ink is black or white by the plate's lightness, plates stay inside), a legend
 * below, and contact sheets.
 */
#include "annotations/dataset.h"
#include "annotations/paint.h"
#include "annotations/rle.h"
#include "base/rng.h"
#include "codec/white.h"
#include "draw/paper.h"
#include <secant/codec.h>
#include <secant/palette.h>
#include <stdio.h>

static const secant_opt rows[] = {
	SECANT_OPT(secant_dataset_drawing, boxes, BOOL, "boxes", "true", 1, 0, "draw boxes"),
	SECANT_OPT(secant_dataset_drawing, shapes, BOOL, "shapes", "true", 1, 0, "fill polygons and masks"),
	SECANT_OPT(secant_dataset_drawing, labels, BOOL, "labels", "true", 1, 0, "write class names"),
	SECANT_OPT(secant_dataset_drawing, legend, BOOL, "legend", "true", 1, 0, "a legend of the classes below"),
	SECANT_OPT(secant_dataset_drawing, opacity, REAL, "opacity", "0.4", 0, 1, "of filled shapes"),
	SECANT_OPT(secant_dataset_drawing, columns, INT, "columns", "4", 1, 20, "of a contact sheet"),
	SECANT_OPT(secant_dataset_drawing, cell, INT, "cell", "320", 64, 2000, "side of a cell of a contact sheet, pixels"),
	SECANT_OPT(secant_dataset_drawing, count, INT, "count", "12", 1, 400, "pictures on a contact sheet"),
	SECANT_OPT(secant_dataset_drawing, seed, INT, "draw-seed", "0", 0, 2147483647, "of the choice of pictures"),
	SECANT_OPT(secant_dataset_drawing, line, REAL, "line", "0", 0, 100,
		"width of lines, pixels; 0: by the size of the picture"),
	SECANT_OPT(secant_dataset_drawing, white, STR, "white", "auto", 0, 0,
		"the number that is white in pictures of more than 8 bits: auto (by what each holds), 10000, 4095, 1, ..., or "
		"by "
		"type u16=4095,f32=1"),
	SECANT_OPT_END,
};
const secant_opts secant_dataset_drawing_options = { "drawing", sizeof(secant_dataset_drawing), rows };

static void
colour(draw_paper *p, int class, double alpha)
{
	uint8_t c[3];
	secant_palette(class, c);
	draw_paper_ink(p, c, alpha);
}

static void
ink_on(draw_paper *p, int class)
{
	uint8_t c[3];
	secant_palette(class, c);
	double light = .299 * c[0] + .587 * c[1] + .114 * c[2];
	draw_paper_grey(p, light > 140 ? 0 : 1);
}

static void
fill_mask(draw_paper *p, const ann_set *s, const ann_object *o, const ann_image *im, double opacity)
{
	uint8_t *layer = secant_calloc((size_t)im->width * (size_t)im->height, 1);
	if (layer && !ann_paint(s, o, false, im, layer, NULL)) {
		colour(p, o->class, opacity);
		draw_paper_mask(p, layer, im->width, im->height);
	}
	secant_free(layer);
}

static void
draw_shape(draw_paper *paper, const ann_set *s, const ann_object *o, const ann_image *im, double opacity)
{
	int parts, n;
	const double *xy, *p = ann_parts(s, o->shape, &parts);
	if (ann_shape_kind(s, o->shape) == ANN_RLE) {
		if (im->width > 0 && im->height > 0 && s->shapes[o->shape + 1] == im->height
			&& s->shapes[o->shape + 2] == im->width)
			fill_mask(paper, s, o, im, opacity);
		return;
	}
	for (int i = 0; i < parts; i++) {
		p = ann_part(p, &xy, &n);
		draw_paper_path(paper, xy, n, ann_shape_kind(s, o->shape) != ANN_LINE);
	}
	colour(paper, o->class, opacity);
	if (ann_shape_kind(s, o->shape) <= ANN_QUAD)
		draw_paper_fill_path(paper);
	colour(paper, o->class, 1);
	draw_paper_stroke(paper);
}

static void
draw_label(draw_paper *p, const char *text, int class, double x, double y, double size, double w, double h)
{
	double pad = size * .25, ph = size + 2 * pad;
	draw_paper_font(p, size, true);
	double pw = draw_paper_text_width(p, text) + 2 * pad;
	y = y - ph < 0 ? y : y - ph; /* above the box, inside it where there is no room */
	x = fmax(0, fmin(x, w - pw));
	y = fmax(0, fmin(y, h - ph));
	colour(p, class, .92);
	draw_paper_fill_box(p, x, y, pw, ph);
	ink_on(p, class);
	draw_paper_text(p, x + pad, y + pad + size * .82, text);
}

static void
draw_objects(
	draw_paper *p, const ann_set *s, int i, const secant_dataset_drawing *o, double w, double h, double letters)
{
	ann_image im = s->images[i];
	double line = o->line > 0 ? o->line : fmax(1, fmin(w, h) / 300), size = fmax(letters, fmin(w, h) / 42);
	im.width = im.width > 0 ? im.width : (int32_t)w;
	im.height = im.height > 0 ? im.height : (int32_t)h;
	draw_paper_pen(p, line);
	for (int pass = 0; pass < 2; pass++) /* labels last: nothing covers them */
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
			const ann_object *b = &s->objects[s->order[k]];
			if (b->flags & (ANN_NO_BOX | ANN_VOID) || b->class < 0)
				continue;
			if (pass) {
				if (o->labels)
					draw_label(p, ann_str(s, s->classes[b->class].name), b->class, ann_x0(b), ann_y0(b), size, w, h);
				continue;
			}
			if (o->shapes && b->shape)
				draw_shape(p, s, b, &im, o->opacity);
			if (o->boxes) {
				if (b->flags & (ANN_CROWD | ANN_DIFFICULT))
					draw_paper_dash(p, 4 * line, 3 * line);
				colour(p, b->class, 1);
				draw_paper_box(p, ann_x0(b), ann_y0(b), ann_w(b), ann_h(b));
				draw_paper_dash(p, 0, 0);
			}
		}
}

/* The classes that are on the picture, or all of the set for a sheet; wraps; returns its height. `draw`: else it is
 * measured only. */
static double
legend(draw_paper *p, bool draw, const ann_set *s, const uint8_t *shown, double width, double y, double size)
{
	double x = size * .6, row = size * 1.6;
	double from = y;
	draw_paper_font(p, size, false);
	y += size * .4;
	for (int i = 0; i < s->n_classes; i++) {
		const char *name = ann_str(s, s->classes[i].name);
		if (!shown[i])
			continue;
		double w = draw_paper_text_width(p, name) + size * 2.2;
		if (x + w > width && x > size) {
			x = size * .6;
			y += row;
		}
		if (draw) {
			colour(p, i, 1);
			draw_paper_fill_box(p, x, y + size * .15, size, size);
			draw_paper_grey(p, .1);
			draw_paper_text(p, x + size * 1.4, y + size * .98, name);
		}
		x += w;
	}
	return y + row - from;
}

/* Its height alone; 0 where there is no memory, which the drawing says. */
static double
legend_height(const ann_set *s, const uint8_t *shown, double width, double size)
{
	draw_paper *p = draw_paper_new(1, 1, NULL);
	double height = p ? legend(p, false, s, shown, width, 0, size) : 0;
	draw_paper_free(p);
	return height;
}

static secant_status
read_rgb(const ann_set *s, int i, const char *white, secant_image *im, secant_err *err)
{
	const ann_image *p = &s->images[i];
	secant_image_read_options rgb = { .channels = 3, .to_u8 = true };
	secant_image_info info;
	codec_whites whites = { 0 };
	secant_status status = codec_whites_parse(&whites, white, err);
	if (!status && p->path)
		status = secant_image_probe(ann_str(s, p->path), &info, err);
	if (!status && p->path) {
		rgb.white = codec_white_of(&whites, info.dtype);
		return secant_image_read(im, ann_str(s, p->path), &rgb, err);
	}
	if (!status)
		status = ann_need_size(s, p, "a drawing", err);
	if (!status)
		status = secant_image_new(im, p->width, p->height, 3, SECANT_U8, err);
	if (!status)
		memset(im->data, 128, (size_t)p->width * (size_t)p->height * 3);
	return status;
}

secant_status
secant_dataset_draw(const secant_dataset *d, int i, const secant_dataset_drawing *o, secant_image *out, secant_err *err)
{
	const ann_set *s = &d->set;
	secant_image im = { 0 };
	*out = (secant_image){ 0 };
	if (i < 0 || i >= s->n_images)
		return secant_fail(err, SECANT_ERR_RANGE, "picture %d of a data set of %d", i, s->n_images);
	uint8_t *shown = secant_calloc((size_t)s->n_classes + 1, 1);
	secant_status status = shown ? read_rgb(s, i, o->white, &im, err) : ann_nomem(err);
	bool any = false;
	for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++)
		if (s->objects[s->order[k]].class >= 0)
			shown[s->objects[s->order[k]].class] = 1, any = true;
	if (!status) {
		double size = fmax(11, im.width / 50.0), below = o->legend && any ? legend_height(s, shown, im.width, size) : 0;
		draw_paper *p = draw_paper_new(im.width, im.height + (int)ceil(below), err);
		if (p) {
			draw_paper_picture(p, &im, 0, 0);
			draw_paper_enter(p, 0, 0, im.width, im.height, 1);
			draw_objects(p, s, i, o, im.width, im.height, 9);
			draw_paper_leave(p);
			if (below > 0)
				(void)legend(p, true, s, shown, im.width, im.height, size);
		}
		status = p ? draw_paper_take(p, out, err) : SECANT_ERR_NOMEM;
		draw_paper_free(p);
	}
	secant_image_free(&im);
	secant_free(shown);
	return status;
}

secant_status
secant_dataset_sheet(const secant_dataset *d, const secant_dataset_drawing *o, const secant_watch *watch,
	secant_image *out, secant_err *err)
{
	const ann_set *s = &d->set;
	int n = o->count < s->n_images ? o->count : s->n_images, columns = o->columns < n ? o->columns : n, cell = o->cell;
	*out = (secant_image){ 0 };
	if (n < 1)
		return secant_fail(err, SECANT_ERR_ARG, "%s has no pictures", ann_str(s, s->root));
	int *order = secant_calloc((size_t)s->n_images, sizeof *order), lines = (n + columns - 1) / columns;
	uint8_t *shown = secant_calloc((size_t)s->n_classes + 1, 1);
	if (!order || !shown) {
		secant_free(order);
		secant_free(shown);
		return ann_nomem(err);
	}
	for (int i = 0; i < s->n_images; i++)
		order[i] = i;
	base_rng r = base_rng_make((uint64_t)o->seed, BASE_FOR_SAMPLE, 1, 0);
	base_rng_shuffle(&r, order, s->n_images);
	for (int i = 0; i < s->n_objects; i++)
		if (s->objects[i].class >= 0)
			shown[s->objects[i].class] = 1;
	double below = o->legend ? legend_height(s, shown, columns * cell, 14) : 0;
	draw_paper *p = draw_paper_new(columns * cell, lines * cell + (int)ceil(below), err);
	secant_status status = p ? SECANT_OK : SECANT_ERR_NOMEM;
	for (int k = 0; k < n && !status; k++) {
		secant_image im = { 0 }, small = { 0 };
		int i = order[k];
		status = read_rgb(s, i, o->white, &im, err);
		double scale = status ? 1 : fmin((cell - 8.0) / im.width, (cell - 26.0) / im.height);
		int w = status ? 1 : (int)fmax(1, im.width * scale), h = status ? 1 : (int)fmax(1, im.height * scale);
		if (!status)
			status = secant_image_resize(&small, &im, w, h, SECANT_FILTER_AREA, err);
		if (!status) {
			int x = k % columns * cell, y = k / columns * cell;
			draw_paper_picture(p, &small, x + (cell - w) / 2, y + 20);
			draw_paper_enter(p, x + (cell - w) / 2, y + 20, w, h, scale);
			/* lines and letters as wide on the sheet as on a picture of the cell's size */
			secant_dataset_drawing at = *o;
			at.line = (o->line > 0 ? o->line : 1.4) / scale;
			draw_objects(p, s, i, &at, im.width, im.height, 9 / scale);
			draw_paper_leave(p);
			draw_paper_grey(p, .2);
			draw_paper_font(p, 12, false);
			draw_paper_text(p, x + 5, y + 14, ann_str(s, s->images[i].name));
		}
		secant_image_free(&im);
		secant_image_free(&small);
		if (!status)
			status = ann_call_watch(watch, err);
	}
	if (below > 0 && !status)
		(void)legend(p, true, s, shown, columns * cell, lines * cell, 14);
	if (!status)
		status = draw_paper_take(p, out, err);
	draw_paper_free(p);
	secant_free(order);
	secant_free(shown);
	return status;
}
