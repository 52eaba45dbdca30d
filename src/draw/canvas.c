/*
 * Where drawings go: PNG and SVG files through cairo, and SVG elements within pages. A page has one space of ids and
 * cairo numbers its glyphs from 0 in every drawing, so ids and references to them (id="", href="#", url(#)) are given a
 * prefix.
 */
#include <cairo-svg.h>
#include <cairo.h>
#include <string.h>
#include "base/file.h"
#include "base/mem.h"
#include "draw/chart.h"

enum { DENSITY = 2 };

/* Bytes of the UTF-8 character at p; 0: there is none. Names that were cut to a length may end in half a character. */
static int
character(const unsigned char *p)
{
	int n = p[0] < 0x80               ? 1
		: p[0] >= 0xc2 && p[0] < 0xe0 ? 2
		: p[0] >= 0xe0 && p[0] < 0xf0 ? 3
		: p[0] >= 0xf0 && p[0] < 0xf5 ? 4
									  : 0;
	for (int i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && n && p[1] < 0xa0) || (p[0] == 0xed && n && p[1] > 0x9f) || (p[0] == 0xf0 && n && p[1] < 0x90)
		|| (p[0] == 0xf4 && n && p[1] > 0x8f))
		return 0;
	return n;
}

enum { LONGEST = 256 };

static void
clean(char to[LONGEST], const char *text)
{
	size_t n = 0;
	for (const unsigned char *p = (const unsigned char *)text; *p && n + 5 < LONGEST;) {
		int bytes = character(p);
		if (bytes)
			memcpy(to + n, p, (size_t)bytes);
		else
			to[n] = '?'; /* cairo would draw nothing more */
		n += bytes ? (size_t)bytes : 1;
		p += bytes ? bytes : 1;
	}
	to[n] = '\0';
}

double
draw_painting_width(void *cairo, const char *text)
{
	char words[LONGEST];
	cairo_text_extents_t e;
	clean(words, text);
	cairo_text_extents(cairo, words, &e);
	return e.x_advance;
}

void
draw_painting_text(void *cairo, double x, double y, double align, const char *text)
{
	char words[LONGEST];
	clean(words, text);
	cairo_move_to(cairo, x - align * draw_painting_width(cairo, words), y);
	cairo_show_text(cairo, words);
}

static cairo_status_t
draw(const draw_painting *p, cairo_surface_t *surface, double density)
{
	cairo_t *cr = cairo_create(surface);
	cairo_scale(cr, density, density);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	p->draw(cr, p->what);
	cairo_status_t status = cairo_status(cr);
	cairo_destroy(cr);
	return status;
}

typedef struct sink {
	base_writer *w;
	secant_err *err;
} sink;

static cairo_status_t
put(void *closure, const unsigned char *data, unsigned int length)
{
	sink *s = closure;
	return base_writer_put(s->w, data, length, s->err) ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

secant_status
draw_painting_write(const draw_painting *p, const char *path, secant_err *err)
{
	bool svg = base_ext_is(path, "svg");
	if (!svg && !base_ext_is(path, "png"))
		return secant_fail(err, SECANT_ERR_ARG, "%s: drawings are written as .png or .svg", path);
	sink s = { base_writer_open(path, err), err };
	if (!s.w)
		return err ? err->code : SECANT_ERR_IO;
	cairo_surface_t *surface = svg
		? cairo_svg_surface_create_for_stream(put, &s, p->width, p->height)
		: cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(p->width * DENSITY), (int)(p->height * DENSITY));
	cairo_status_t status = draw(p, surface, svg ? 1 : DENSITY);
	if (!status && !svg)
		status = cairo_surface_write_to_png_stream(surface, put, &s);
	cairo_surface_finish(surface);
	if (!status)
		status = cairo_surface_status(surface);
	cairo_surface_destroy(surface);
	if (status) {
		base_writer_abort(s.w);
		return secant_fail(err, SECANT_ERR_IO, "%s: cannot draw: %s", path, cairo_status_to_string(status));
	}
	return base_writer_commit(s.w, err);
}

static cairo_status_t
gather(void *closure, const unsigned char *data, unsigned int length)
{
	base_str *s = closure;
	base_str_addn(s, (const char *)data, length);
	return s->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

/* `text` from its <svg on, with the prefix in every id and reference. */
static void
rename_ids(base_str *to, const char *text, const char *prefix)
{
	static const char *const before[] = { " id=\"", "href=\"#", "url(#" };
	const char *start = strstr(text, "<svg"), *at = start ? start : text;
	while (*at) {
		const char *next = NULL;
		size_t skip = 0;
		for (int i = 0; i < 3; i++) {
			const char *hit = strstr(at, before[i]);
			if (hit && (!next || hit < next)) {
				next = hit;
				skip = strlen(before[i]);
			}
		}
		if (!next)
			break;
		base_str_addn(to, at, (size_t)(next - at) + skip);
		base_str_add(to, prefix);
		at = next + skip;
	}
	base_str_add(to, at);
}

char *
draw_painting_svg(const draw_painting *p, const char *prefix, secant_err *err)
{
	base_str raw = { 0 }, out = { 0 };
	cairo_surface_t *surface = cairo_svg_surface_create_for_stream(gather, &raw, p->width, p->height);
	cairo_status_t status = draw(p, surface, 1);
	cairo_surface_finish(surface);
	if (!status)
		status = cairo_surface_status(surface);
	cairo_surface_destroy(surface);
	if (status)
		secant_fail(err, SECANT_ERR_IO, "cannot draw: %s", cairo_status_to_string(status));
	else if (raw.p)
		rename_ids(&out, raw.p, prefix);
	base_str_free(&raw);
	char *text = base_str_take(&out);
	if (!text)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a drawing");
	return text;
}
