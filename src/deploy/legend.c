/* The legend of overlays: a strip with the classes' colours and names, in as many rows as the width asks for. */
#include <cairo.h>
#include <stdio.h>
#include <string.h>
#include "deploy/predictor.h"

enum { LINE = 26, PAD = 10, SWATCH = 14, SIZE = 14, LONGEST = 80 };

static void
name_of(const secant_predictor *p, int class, char text[LONGEST])
{
	const char *name = secant_predictor_class_name(p, class);
	if (name && *name)
		(void)snprintf(text, LONGEST, "%.60s", name);
	else if (p->model[0].mode == BASE_MODE_BINARY)
		(void)snprintf(text, LONGEST, "foreground");
	else
		(void)snprintf(text, LONGEST, "class %d", class);
	size_t n = strlen(text);
	while (n && ((unsigned char)text[n - 1] & 0xc0) == 0x80) /* a name that was cut within a character */
		n--;
	if (n && ((unsigned char)text[n - 1] & 0xc0) == 0xc0 && strlen(text) >= 60)
		text[n - 1] = '\0';
}

/* Lays the entries out; draws them where cr is a drawing of their size. Returns the height. */
static int
lay_out(const secant_predictor *p, cairo_t *cr, int width, bool draw)
{
	double x = PAD, y = PAD;
	for (int class = 0; class < p->model[0].classes; class ++) {
		if (class == p->rules.never - 1)
			continue;
		char text[LONGEST];
		uint8_t rgb[3];
		cairo_text_extents_t e;
		name_of(p, class, text);
		cairo_text_extents(cr, text, &e);
		double wide = SWATCH + 6 + e.x_advance + 2 * PAD;
		if (x > PAD && x + wide > width) {
			x = PAD;
			y += LINE;
		}
		if (draw) {
			secant_predictor_colour(p, class, rgb);
			cairo_set_source_rgb(cr, rgb[0] / 255., rgb[1] / 255., rgb[2] / 255.);
			cairo_rectangle(cr, x, y, SWATCH, SWATCH);
			cairo_fill(cr);
			cairo_set_source_rgb(cr, .1, .1, .1);
			cairo_move_to(cr, x + SWATCH + 6, y + SWATCH - 2);
			cairo_show_text(cr, text);
		}
		x += wide;
	}
	return (int)y + LINE;
}

static cairo_surface_t *
canvas(int width, int height, cairo_t **cr)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
	*cr = cairo_create(surface);
	cairo_set_source_rgb(*cr, 1, 1, 1);
	cairo_paint(*cr);
	cairo_select_font_face(*cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(*cr, SIZE);
	return surface;
}

static void
drop(cairo_surface_t *surface, cairo_t *cr)
{
	cairo_destroy(cr);
	cairo_surface_destroy(surface);
}

secant_status
deploy_legend_draw(const secant_predictor *p, int width, secant_image *out, secant_err *err)
{
	enum { WIDEST = 4000 }; /* cairo draws 32767 pixels at most; beyond this the strip is white */
	cairo_t *cr;
	int drawn = width < WIDEST ? width : WIDEST;
	cairo_surface_t *surface = canvas(1, 1, &cr);
	int height = lay_out(p, cr, drawn, false);
	drop(surface, cr);
	if (height > 16000)
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "--legend: %d classes are too many for a legend", p->model[0].classes);
	surface = canvas(drawn, height, &cr);
	(void)lay_out(p, cr, drawn, true);
	cairo_surface_flush(surface);
	secant_status status = cairo_status(cr)
		? secant_fail(err, SECANT_ERR_NOMEM, "cannot draw the legend: %s", cairo_status_to_string(cairo_status(cr)))
		: secant_image_new(out, width, height, 3, SECANT_U8, err);
	const uint8_t *from = status ? NULL : cairo_image_surface_get_data(surface);
	int stride = cairo_image_surface_get_stride(surface);
	for (int y = 0; y < height && from; y++)
		for (int x = 0; x < width; x++) {
			uint8_t *to = (uint8_t *)out->data + ((int64_t)y * width + x) * 3;
			uint32_t pixel = 0xffffff;
			if (x < drawn)
				memcpy(&pixel, from + (size_t)y * (size_t)stride + (size_t)x * 4, sizeof pixel);
			to[0] = (uint8_t)(pixel >> 16), to[1] = (uint8_t)(pixel >> 8), to[2] = (uint8_t)pixel;
		}
	drop(surface, cr);
	return status;
}
