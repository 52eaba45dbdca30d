/*
 * Pictures with their objects drawn on, through cairo: boxes, filled shapes, class names on a plate that is legible on
 * any ground (size follows the picture, ink is black or white by the plate's lightness, plates stay inside), a legend
 * below, and contact sheets.
 */
#include "annotations/dataset.h"
#include "annotations/paint.h"
#include "annotations/rle.h"
#include "base/rng.h"
#include <cairo.h>
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
	SECANT_OPT_END,
};
const secant_opts secant_dataset_drawing_options = { "drawing", sizeof(secant_dataset_drawing), rows };

static cairo_surface_t *
to_surface(const secant_image *im)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, im->width, im->height);
	unsigned char *p = cairo_image_surface_get_data(surface);
	if (!p)
		return surface;
	for (int y = 0; y < im->height; y++)
		for (int x = 0; x < im->width; x++) {
			const uint8_t *c = (const uint8_t *)im->data + 3 * ((size_t)y * (size_t)im->width + (size_t)x);
			uint32_t v = (uint32_t)c[0] << 16 | (uint32_t)c[1] << 8 | c[2];
			memcpy(p + (size_t)y * (size_t)cairo_image_surface_get_stride(surface) + 4 * (size_t)x, &v, 4);
		}
	cairo_surface_mark_dirty(surface);
	return surface;
}

static secant_status
from_surface(cairo_surface_t *surface, secant_image *im, secant_err *err)
{
	int w = cairo_image_surface_get_width(surface), h = cairo_image_surface_get_height(surface);
	cairo_surface_flush(surface);
	const unsigned char *p = cairo_image_surface_get_data(surface);
	if (cairo_surface_status(surface) || !p)
		return secant_fail(
			err, SECANT_ERR_NOMEM, "no surface to draw on: %s", cairo_status_to_string(cairo_surface_status(surface)));
	secant_status status = secant_image_new(im, w, h, 3, SECANT_U8, err);
	for (int y = 0; !status && y < h; y++)
		for (int x = 0; x < w; x++) {
			uint32_t v;
			memcpy(&v, p + (size_t)y * (size_t)cairo_image_surface_get_stride(surface) + 4 * (size_t)x, 4);
			uint8_t *to = (uint8_t *)im->data + 3 * ((size_t)y * (size_t)w + (size_t)x);
			to[0] = (uint8_t)(v >> 16), to[1] = (uint8_t)(v >> 8), to[2] = (uint8_t)v;
		}
	return status;
}

static void
colour(cairo_t *cr, int class, double alpha)
{
	uint8_t c[3];
	secant_palette(class, c);
	cairo_set_source_rgba(cr, c[0] / 255.0, c[1] / 255.0, c[2] / 255.0, alpha);
}

static void
ink_on(cairo_t *cr, int class)
{
	uint8_t c[3];
	secant_palette(class, c);
	double light = .299 * c[0] + .587 * c[1] + .114 * c[2], v = light > 140 ? 0 : 1;
	cairo_set_source_rgb(cr, v, v, v);
}

/* A mask of the object as cairo's mask surface, painted in the class colour. */
static void
fill_mask(cairo_t *cr, const ann_set *s, const ann_object *o, const ann_image *im, double opacity)
{
	uint8_t *layer = secant_calloc((size_t)im->width * (size_t)im->height, 1);
	cairo_surface_t *mask = cairo_image_surface_create(CAIRO_FORMAT_A8, im->width, im->height);
	unsigned char *p = cairo_image_surface_get_data(mask);
	if (layer && p && !ann_paint(s, o, false, im, layer, NULL)) {
		for (int y = 0; y < im->height; y++)
			for (int x = 0; x < im->width; x++)
				p[(size_t)y * (size_t)cairo_image_surface_get_stride(mask) + (size_t)x] =
					layer[(size_t)y * (size_t)im->width + (size_t)x] ? 255 : 0;
		cairo_surface_mark_dirty(mask);
		colour(cr, o->class, opacity);
		cairo_mask_surface(cr, mask, 0, 0);
	}
	cairo_surface_destroy(mask);
	secant_free(layer);
}

static void
draw_shape(cairo_t *cr, const ann_set *s, const ann_object *o, const ann_image *im, double opacity)
{
	int parts, n;
	const double *xy, *p = ann_parts(s, o->shape, &parts);
	if (ann_shape_kind(s, o->shape) == ANN_RLE) {
		if (im->width > 0 && im->height > 0 && s->shapes[o->shape + 1] == im->height
			&& s->shapes[o->shape + 2] == im->width)
			fill_mask(cr, s, o, im, opacity);
		return;
	}
	cairo_set_fill_rule(cr, CAIRO_FILL_RULE_EVEN_ODD);
	for (int i = 0; i < parts; i++) {
		p = ann_part(p, &xy, &n);
		for (int k = 0; k < n; k++)
			k ? cairo_line_to(cr, xy[2 * k], xy[2 * k + 1]) : cairo_move_to(cr, xy[0], xy[1]);
		if (ann_shape_kind(s, o->shape) != ANN_LINE)
			cairo_close_path(cr);
	}
	colour(cr, o->class, opacity);
	if (ann_shape_kind(s, o->shape) <= ANN_QUAD)
		cairo_fill_preserve(cr);
	colour(cr, o->class, 1);
	cairo_stroke(cr);
}

static void
draw_label(cairo_t *cr, const char *text, int class, double x, double y, double size, double w, double h)
{
	cairo_text_extents_t e;
	double pad = size * .25, ph = size + 2 * pad;
	cairo_set_font_size(cr, size);
	cairo_text_extents(cr, text, &e);
	double pw = e.x_advance + 2 * pad;
	y = y - ph < 0 ? y : y - ph; /* above the box, inside it where there is no room */
	x = fmax(0, fmin(x, w - pw));
	y = fmax(0, fmin(y, h - ph));
	colour(cr, class, .92);
	cairo_rectangle(cr, x, y, pw, ph);
	cairo_fill(cr);
	ink_on(cr, class);
	cairo_move_to(cr, x + pad, y + pad + size * .82);
	cairo_show_text(cr, text);
}

static void
draw_objects(cairo_t *cr, const ann_set *s, int i, const secant_dataset_drawing *o, double w, double h, double letters)
{
	ann_image im = s->images[i];
	double line = o->line > 0 ? o->line : fmax(1, fmin(w, h) / 300), size = fmax(letters, fmin(w, h) / 42);
	im.width = im.width > 0 ? im.width : (int32_t)w;
	im.height = im.height > 0 ? im.height : (int32_t)h;
	cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
	cairo_set_line_width(cr, line);
	for (int pass = 0; pass < 2; pass++) /* labels last: nothing covers them */
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
			const ann_object *b = &s->objects[s->order[k]];
			if (b->flags & (ANN_NO_BOX | ANN_VOID) || b->class < 0)
				continue;
			if (pass) {
				if (o->labels)
					draw_label(cr, ann_str(s, s->classes[b->class].name), b->class, ann_x0(b), ann_y0(b), size, w, h);
				continue;
			}
			if (o->shapes && b->shape)
				draw_shape(cr, s, b, &im, o->opacity);
			if (o->boxes) {
				const double dashes[2] = { 4 * line, 3 * line };
				cairo_set_dash(cr, dashes, b->flags & (ANN_CROWD | ANN_DIFFICULT) ? 2 : 0, 0);
				colour(cr, b->class, 1);
				cairo_rectangle(cr, ann_x0(b), ann_y0(b), ann_w(b), ann_h(b));
				cairo_stroke(cr);
				cairo_set_dash(cr, NULL, 0, 0);
			}
		}
}

/* The classes that are on the picture, or all of the set for a sheet; wraps; returns its height, draws when cr is
 * there. */
static double
legend(cairo_t *cr, const ann_set *s, const uint8_t *shown, double width, double y, double size)
{
	double x = size * .6, row = size * 1.6;
	cairo_text_extents_t e;
	cairo_surface_t *own = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
	cairo_t *measure = cairo_create(own);
	double from = y;
	cairo_select_font_face(measure, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(measure, size);
	y += size * .4;
	for (int i = 0; i < s->n_classes; i++) {
		const char *name = ann_str(s, s->classes[i].name);
		if (!shown[i])
			continue;
		cairo_text_extents(measure, name, &e);
		double w = e.x_advance + size * 2.2;
		if (x + w > width && x > size) {
			x = size * .6;
			y += row;
		}
		if (cr) {
			cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
			cairo_set_font_size(cr, size);
			colour(cr, i, 1);
			cairo_rectangle(cr, x, y + size * .15, size, size);
			cairo_fill(cr);
			cairo_set_source_rgb(cr, .1, .1, .1);
			cairo_move_to(cr, x + size * 1.4, y + size * .98);
			cairo_show_text(cr, name);
		}
		x += w;
	}
	cairo_destroy(measure);
	cairo_surface_destroy(own);
	return y + row - from;
}

static secant_status
read_rgb(const ann_set *s, int i, secant_image *im, secant_err *err)
{
	const ann_image *p = &s->images[i];
	secant_image_read_options rgb = { .channels = 3, .to_u8 = true };
	if (p->path)
		return secant_image_read(im, ann_str(s, p->path), &rgb, err);
	secant_status status = ann_need_size(s, p, "a drawing", err);
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
	secant_status status = shown ? read_rgb(s, i, &im, err) : ann_nomem(err);
	bool any = false;
	for (uint32_t k = s->first[i]; !status && k < s->first[i + 1]; k++)
		if (s->objects[s->order[k]].class >= 0)
			shown[s->objects[s->order[k]].class] = 1, any = true;
	if (!status) {
		double size = fmax(11, im.width / 50.0),
			   below = o->legend && any ? legend(NULL, s, shown, im.width, 0, size) : 0;
		cairo_surface_t *picture = to_surface(&im),
						*surface = cairo_image_surface_create(
							CAIRO_FORMAT_RGB24, im.width, im.height + (int)ceil(below));
		cairo_t *cr = cairo_create(surface);
		cairo_set_source_rgb(cr, 1, 1, 1);
		cairo_paint(cr);
		cairo_set_source_surface(cr, picture, 0, 0);
		cairo_paint(cr);
		cairo_save(cr);
		cairo_rectangle(cr, 0, 0, im.width, im.height);
		cairo_clip(cr);
		draw_objects(cr, s, i, o, im.width, im.height, 9);
		cairo_restore(cr);
		if (below > 0)
			(void)legend(cr, s, shown, im.width, im.height, size);
		cairo_destroy(cr);
		status = from_surface(surface, out, err);
		cairo_surface_destroy(surface);
		cairo_surface_destroy(picture);
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
		secant_free(order), secant_free(shown);
		return ann_nomem(err);
	}
	for (int i = 0; i < s->n_images; i++)
		order[i] = i;
	base_rng r = base_rng_make((uint64_t)o->seed, BASE_FOR_SAMPLE, 1, 0);
	base_rng_shuffle(&r, order, s->n_images);
	for (int i = 0; i < s->n_objects; i++)
		if (s->objects[i].class >= 0)
			shown[s->objects[i].class] = 1;
	double below = o->legend ? legend(NULL, s, shown, columns * cell, 0, 14) : 0;
	cairo_surface_t *surface = cairo_image_surface_create(
		CAIRO_FORMAT_RGB24, columns * cell, lines * cell + (int)ceil(below));
	cairo_t *cr = cairo_create(surface);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	secant_status status = SECANT_OK;
	for (int k = 0; k < n && !status; k++) {
		secant_image im = { 0 }, small = { 0 };
		int i = order[k];
		status = read_rgb(s, i, &im, err);
		double scale = status ? 1 : fmin((cell - 8.0) / im.width, (cell - 26.0) / im.height);
		int w = status ? 1 : (int)fmax(1, im.width * scale), h = status ? 1 : (int)fmax(1, im.height * scale);
		if (!status)
			status = secant_image_resize(&small, &im, w, h, SECANT_FILTER_AREA, err);
		if (!status) {
			cairo_surface_t *picture = to_surface(&small);
			cairo_save(cr);
			cairo_translate(cr, k % columns * cell + (cell - w) / 2, k / columns * cell + 20);
			cairo_set_source_surface(cr, picture, 0, 0);
			cairo_paint(cr);
			cairo_rectangle(cr, 0, 0, w, h);
			cairo_clip(cr);
			cairo_scale(cr, scale, scale);
			secant_dataset_drawing at =
				*o; /* lines and letters as wide on the sheet as on a picture of the cell's size */
			at.line = (o->line > 0 ? o->line : 1.4) / scale;
			draw_objects(cr, s, i, &at, im.width, im.height, 9 / scale);
			cairo_restore(cr);
			cairo_surface_destroy(picture);
			cairo_set_source_rgb(cr, .2, .2, .2);
			cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
			cairo_set_font_size(cr, 12);
			cairo_move_to(cr, k % columns * cell + 5, k / columns * cell + 14);
			cairo_show_text(cr, ann_str(s, s->images[i].name));
		}
		secant_image_free(&im);
		secant_image_free(&small);
		if (!status)
			status = ann_call_watch(watch, err);
	}
	if (below > 0 && !status)
		(void)legend(cr, s, shown, columns * cell, lines * cell, 14);
	cairo_destroy(cr);
	if (!status)
		status = from_surface(surface, out, err);
	cairo_surface_destroy(surface);
	secant_free(order), secant_free(shown);
	return status;
}
