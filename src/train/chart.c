/*
 * Line charts with cairo: up to two value axes, ticks at 1, 2, 5 times powers of ten, a legend, colours that colour-blind readers can
 * tell apart (Okabe, Ito 2008).
 */
#include "train/chart.h"
#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/file.h"

enum { WIDTH = 960, HEIGHT = 540, LEFT = 80, RIGHT = 80, TOP = 60, BOTTOM = 60, TICKS = 6 };

typedef struct range { double lo, hi; } range;

static const double colours[][3] = { { 0, .447, .698 }, { .835, .369, 0 }, { 0, .62, .451 }, { .8, .475, .655 }, { .902, .624, 0 }, { .337, .706, .914 } };

static void
widen(range *r, double v)
{
	if (!isfinite(v))
		return;
	r->lo = v < r->lo ? v : r->lo;
	r->hi = v > r->hi ? v : r->hi;
}

static range
range_of(const secant_chart *c, int axis, bool of_x)
{
	range r = { INFINITY, -INFINITY };
	for (int i = 0; i < c->n; i++)
		for (int k = 0; k < c->series[i].n; k++)
			if (of_x || c->series[i].axis == axis)
				widen(&r, of_x ? c->series[i].x[k] : c->series[i].y[k]);
	if (r.lo > r.hi)
		r = (range){ 0, 1 };
	if (r.hi - r.lo < 1e-12)
		r = (range){ r.lo - .5 * (fabs(r.lo) + 1e-3), r.hi + .5 * (fabs(r.hi) + 1e-3) };
	return r;
}

static double
nice_step(range r)
{
	double raw = (r.hi - r.lo) / TICKS, power = pow(10, floor(log10(raw))), m = raw / power;
	return power * (m < 1.5 ? 1 : m < 3.5 ? 2 : m < 7.5 ? 5 : 10);
}

static double place_x(range r, double v) { return LEFT + (v - r.lo) / (r.hi - r.lo) * (WIDTH - LEFT - RIGHT); }
static double place_y(range r, double v) { return HEIGHT - BOTTOM - (v - r.lo) / (r.hi - r.lo) * (HEIGHT - TOP - BOTTOM); }

static void
text(cairo_t *cr, double x, double y, double align, const char *s)
{
	cairo_text_extents_t e;
	cairo_text_extents(cr, s, &e);
	cairo_move_to(cr, x - align * e.x_advance, y);
	cairo_show_text(cr, s);
}

static void
draw_axis(cairo_t *cr, range r, int side, const char *label)     /* side 0: x, 1: left, 2: right */
{
	double step = nice_step(r);
	char number[32];
	for (double v = ceil(r.lo / step) * step; v <= r.hi + step * 1e-9; v += step) {
		(void)snprintf(number, sizeof number, "%.4g", fabs(v) < step * 1e-6 ? 0 : v);
		cairo_set_source_rgb(cr, .88, .88, .88);
		if (side == 0)
			cairo_move_to(cr, place_x(r, v), TOP), cairo_line_to(cr, place_x(r, v), HEIGHT - BOTTOM);
		else if (side == 1)
			cairo_move_to(cr, LEFT, place_y(r, v)), cairo_line_to(cr, WIDTH - RIGHT, place_y(r, v));
		cairo_stroke(cr);
		cairo_set_source_rgb(cr, .25, .25, .25);
		if (side == 0)
			text(cr, place_x(r, v), HEIGHT - BOTTOM + 20, .5, number);
		else
			text(cr, side == 1 ? LEFT - 8 : WIDTH - RIGHT + 8, place_y(r, v) + 5, side == 1 ? 1 : 0, number);
	}
	if (!label)
		return;
	if (side == 0) {
		text(cr, (LEFT + WIDTH - RIGHT) / 2., HEIGHT - 14, .5, label);
		return;
	}
	cairo_save(cr);
	cairo_translate(cr, side == 1 ? 22 : WIDTH - 14, (TOP + HEIGHT - BOTTOM) / 2.);
	cairo_rotate(cr, -acos(0));
	text(cr, 0, 0, .5, label);
	cairo_restore(cr);
}

static void
draw_series(cairo_t *cr, const secant_series *s, range x, range y, const double *colour)
{
	bool pen = false;
	cairo_set_source_rgb(cr, colour[0], colour[1], colour[2]);
	cairo_set_line_width(cr, 2);
	for (int k = 0; k < s->n; k++) {
		if (!isfinite(s->y[k])) {
			pen = false;
			continue;
		}
		(pen ? cairo_line_to : cairo_move_to)(cr, place_x(x, s->x[k]), place_y(y, s->y[k]));
		pen = true;
	}
	cairo_stroke(cr);
	for (int k = 0; k < s->n && s->n <= 60; k++)
		if (isfinite(s->y[k])) {
			cairo_arc(cr, place_x(x, s->x[k]), place_y(y, s->y[k]), 3, 0, 7);
			cairo_fill(cr);
		}
}

static void
draw(cairo_t *cr, const secant_chart *c)
{
	range x = range_of(c, 0, true), left = range_of(c, 0, false), right = range_of(c, 1, false);
	bool two = false;
	double at = LEFT + 12;
	for (int i = 0; i < c->n; i++)
		two |= c->series[i].axis == 1;
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, 14);
	cairo_set_line_width(cr, 1);
	draw_axis(cr, x, 0, c->x_label);
	draw_axis(cr, left, 1, c->left_label);
	if (two)
		draw_axis(cr, right, 2, c->right_label);
	cairo_set_source_rgb(cr, .25, .25, .25);
	cairo_rectangle(cr, LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
	cairo_stroke(cr);
	for (int i = 0; i < c->n; i++) {
		const double *colour = colours[i % 6];
		draw_series(cr, &c->series[i], x, c->series[i].axis ? right : left, colour);
		cairo_rectangle(cr, at, TOP - 22, 14, 10);
		cairo_fill(cr);
		cairo_set_source_rgb(cr, .15, .15, .15);
		cairo_text_extents_t e;
		cairo_text_extents(cr, c->series[i].name, &e);
		text(cr, at + 20, TOP - 12, 0, c->series[i].name);
		at += e.x_advance + 44;
	}
	cairo_set_font_size(cr, 18);
	text(cr, WIDTH / 2., 26, .5, c->title);
}

typedef struct sink { secant_writer *w; secant_err *err; } sink;

static cairo_status_t
put(void *closure, const unsigned char *data, unsigned int length)
{
	sink *s = closure;
	return secant_writer_put(s->w, data, length, s->err) ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

secant_status
secant_chart_write(const secant_chart *c, const char *path, secant_err *err)
{
	bool svg = secant_ext_is(path, "svg");
	sink s = { secant_writer_open(path, err), err };
	if (!s.w)
		return err ? err->code : SECANT_ERR_IO;
	cairo_surface_t *surface = svg ? cairo_svg_surface_create_for_stream(put, &s, WIDTH, HEIGHT) : cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
	cairo_t *cr = cairo_create(surface);
	draw(cr, c);
	cairo_status_t status = cairo_status(cr);
	if (!status && !svg)
		status = cairo_surface_write_to_png_stream(surface, put, &s);
	cairo_destroy(cr);
	cairo_surface_finish(surface);
	cairo_surface_destroy(surface);
	if (status) {
		secant_writer_abort(s.w);
		return secant_fail(err, SECANT_ERR_IO, "%s: cannot draw the chart: %s", path, cairo_status_to_string(status));
	}
	return secant_writer_commit(s.w, err);
}
