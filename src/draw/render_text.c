/* Titles above and legends below the panels of a picture, by cairo. Text that does not fit is cut, entries that do not
 * fit on a line go to the next. */
#include "draw/render.h"
#include <cairo.h>
#include <math.h>
#include <string.h>

enum { TITLE = 30, LINE = 22, SWATCH = 13, MARGIN = 10, FONT = 14 };

int
render_title_height(const secant_view *v)
{
	return v->legend ? TITLE : 0;
}

/* The width of an entry: estimated by its letters, so that the layout does not depend on the fonts of the machine. */
static int
entry_width(const render_entry *e)
{
	return SWATCH + 6 + (int)strlen(e->text) * FONT * 6 / 10 + 14;
}

int
render_legend_height(const secant_view *v, const render_panel *p, int width)
{
	int lines = p->entries > 0, x = MARGIN;
	for (int i = 0; i < p->entries; i++) {
		if (x > MARGIN && x + entry_width(&p->entry[i]) > width) {
			lines++;
			x = MARGIN;
		}
		x += entry_width(&p->entry[i]);
	}
	return v->legend ? lines * LINE + (lines ? 8 : 0) : 0;
}

static void
text_at(cairo_t *cr, const secant_view *v, double x, double y, const char *text)
{
	double ink = v->background ? 0.93 : 0.1;
	cairo_set_source_rgb(cr, ink, ink, ink);
	cairo_move_to(cr, x, y);
	cairo_show_text(cr, text);
}

static void
draw(cairo_t *cr, const secant_view *v, const render_panel *p, int width, int legend_top)
{
	cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, FONT + 2);
	text_at(cr, v, MARGIN, TITLE - 10, p->title);
	cairo_set_font_size(cr, FONT);
	int x = MARGIN, y = legend_top;
	for (int i = 0; i < p->entries; i++) {
		const render_entry *e = &p->entry[i];
		if (x > MARGIN && x + entry_width(e) > width) {
			x = MARGIN;
			y += LINE;
		}
		cairo_set_source_rgb(cr, e->rgb[0] / 255.0, e->rgb[1] / 255.0, e->rgb[2] / 255.0);
		cairo_rectangle(cr, x, y + (LINE - SWATCH) / 2, SWATCH, SWATCH);
		cairo_fill(cr);
		text_at(cr, v, x + SWATCH + 6, y + LINE - 7, e->text);
		x += entry_width(e);
	}
}

/* Cairo has 32 bits a pixel, we have 24: the panel's columns are copied there and back. */
static void
exchange(cairo_surface_t *surface, secant_image *im, int left, int width, bool back)
{
	uint8_t *data = cairo_image_surface_get_data(surface);
	size_t stride = (size_t)cairo_image_surface_get_stride(surface);
	for (int y = 0; y < im->height; y++) {
		uint32_t *line = (uint32_t *)(void *)(data + (size_t)y * stride);
		uint8_t *p = (uint8_t *)im->data + 3 * ((size_t)y * (size_t)im->width + (size_t)left);
		for (int x = 0; x < width; x++, p += 3) {
			if (!back) {
				line[x] = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
				continue;
			}
			p[0] = (uint8_t)(line[x] >> 16);
			p[1] = (uint8_t)(line[x] >> 8);
			p[2] = (uint8_t)line[x];
		}
	}
}

secant_status
render_text(
	const secant_view *v, const render_panel *p, secant_image *im, int left, int width, int legend_top, secant_err *err)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, im->height);
	cairo_t *cr = cairo_create(surface);
	bool ok = cairo_status(cr) == CAIRO_STATUS_SUCCESS;
	if (ok) {
		cairo_surface_flush(surface);
		exchange(surface, im, left, width, false);
		cairo_surface_mark_dirty(surface);
		draw(cr, v, p, width, legend_top);
		cairo_surface_flush(surface);
		exchange(surface, im, left, width, true);
	}
	cairo_destroy(cr);
	cairo_surface_destroy(surface);
	return ok ? SECANT_OK
			  : secant_fail(err, SECANT_ERR_NOMEM, "render: cairo has no memory for %dx%d pixels", im->height, width);
}
