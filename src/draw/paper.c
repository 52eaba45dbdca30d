/* Paper by cairo. See paper.h. */
#include <cairo.h>
#include <string.h>
#include "base/mem.h"
#include "draw/chart.h"
#include "draw/paper.h"

struct draw_paper {
	cairo_surface_t *surface;
	cairo_t *cr;
};

static uint8_t *
row(cairo_surface_t *s, int y)
{
	return cairo_image_surface_get_data(s) + (size_t)y * (size_t)cairo_image_surface_get_stride(s);
}

draw_paper *
draw_paper_new(int width, int height, secant_err *err)
{
	draw_paper *p = secant_calloc(1, sizeof *p);
	if (!p) {
		secant_fail(err, SECANT_ERR_NOMEM, "no memory to draw");
		return NULL;
	}
	p->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
	p->cr = cairo_create(p->surface);
	draw_paper_grey(p, 1);
	cairo_paint(p->cr);
	cairo_set_fill_rule(p->cr, CAIRO_FILL_RULE_EVEN_ODD);
	return p;
}

void
draw_paper_free(draw_paper *p)
{
	if (!p)
		return;
	cairo_destroy(p->cr);
	cairo_surface_destroy(p->surface);
	secant_free(p);
}

secant_status
draw_paper_take(draw_paper *p, secant_image *out, secant_err *err)
{
	*out = (secant_image){ 0 };
	int width = cairo_image_surface_get_width(p->surface), height = cairo_image_surface_get_height(p->surface);
	cairo_surface_flush(p->surface);
	cairo_status_t drawn = cairo_status(p->cr) ? cairo_status(p->cr) : cairo_surface_status(p->surface);
	if (drawn)
		return secant_fail(err, SECANT_ERR_NOMEM, "cannot draw: %s", cairo_status_to_string(drawn));
	secant_status status = secant_image_new(out, width, height, 3, SECANT_U8, err);
	uint8_t *to = out->data;
	for (int y = 0; !status && y < height; y++)
		for (int x = 0; x < width; x++, to += 3) {
			uint32_t v;
			memcpy(&v, row(p->surface, y) + 4 * (size_t)x, 4);
			to[0] = (uint8_t)(v >> 16);
			to[1] = (uint8_t)(v >> 8);
			to[2] = (uint8_t)v;
		}
	return status;
}

void
draw_paper_ink(draw_paper *p, const uint8_t rgb[3], double alpha)
{
	cairo_set_source_rgba(p->cr, rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0, alpha);
}

void
draw_paper_grey(draw_paper *p, double light)
{
	cairo_set_source_rgb(p->cr, light, light, light);
}

void
draw_paper_pen(draw_paper *p, double width)
{
	cairo_set_line_width(p->cr, width);
}

void
draw_paper_dash(draw_paper *p, double on, double off)
{
	const double dashes[2] = { on, off };
	cairo_set_dash(p->cr, dashes, on > 0 ? 2 : 0, 0);
}

void
draw_paper_font(draw_paper *p, double size, bool bold)
{
	cairo_select_font_face(
		p->cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(p->cr, size);
}

void
draw_paper_text(draw_paper *p, double x, double y, const char *text)
{
	draw_painting_text(p->cr, x, y, 0, text);
	cairo_new_path(p->cr); /* a line does not begin where a text ended */
}

double
draw_paper_text_width(draw_paper *p, const char *text)
{
	return draw_painting_width(p->cr, text);
}

void
draw_paper_fill_box(draw_paper *p, double x, double y, double width, double height)
{
	cairo_rectangle(p->cr, x, y, width, height);
	cairo_fill(p->cr);
}

void
draw_paper_box(draw_paper *p, double x, double y, double width, double height)
{
	cairo_rectangle(p->cr, x, y, width, height);
	cairo_stroke(p->cr);
}

void
draw_paper_path(draw_paper *p, const double *xy, int n, bool closed)
{
	for (int i = 0; i < n; i++)
		if (i)
			cairo_line_to(p->cr, xy[2 * i], xy[2 * i + 1]);
		else
			cairo_move_to(p->cr, xy[0], xy[1]);
	if (closed)
		cairo_close_path(p->cr);
}

void
draw_paper_to(draw_paper *p, double x, double y)
{
	cairo_line_to(p->cr, x, y);
}

void
draw_paper_fill_path(draw_paper *p)
{
	cairo_fill_preserve(p->cr);
}

void
draw_paper_stroke(draw_paper *p)
{
	cairo_stroke(p->cr);
}

void
draw_paper_picture(draw_paper *p, const secant_image *im, double x, double y)
{
	cairo_surface_t *picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24, im->width, im->height);
	bool there = !cairo_surface_status(picture);
	const uint8_t *from = im->data;
	for (int v = 0; there && v < im->height; v++)
		for (int u = 0; u < im->width; u++, from += 3) {
			uint32_t pixel = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
			memcpy(row(picture, v) + 4 * (size_t)u, &pixel, 4);
		}
	cairo_surface_mark_dirty(picture);
	cairo_set_source_surface(p->cr, picture, x, y); /* a surface that failed makes the drawing fail */
	cairo_rectangle(p->cr, x, y, im->width, im->height);
	cairo_fill(p->cr);
	cairo_surface_destroy(picture);
}

void
draw_paper_mask(draw_paper *p, const uint8_t *mask, int width, int height)
{
	cairo_surface_t *layer = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
	for (int y = 0; !cairo_surface_status(layer) && y < height; y++)
		for (int x = 0; x < width; x++)
			row(layer, y)[x] = mask[(size_t)y * (size_t)width + (size_t)x] ? 255 : 0;
	cairo_surface_mark_dirty(layer);
	cairo_mask_surface(p->cr, layer, 0, 0);
	cairo_surface_destroy(layer);
}

void
draw_paper_enter(draw_paper *p, double x, double y, double width, double height, double scale)
{
	cairo_save(p->cr);
	cairo_translate(p->cr, x, y);
	cairo_rectangle(p->cr, 0, 0, width, height);
	cairo_clip(p->cr);
	cairo_scale(p->cr, scale, scale);
}

void
draw_paper_leave(draw_paper *p)
{
	cairo_restore(p->cr);
}
