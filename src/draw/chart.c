/*
 * Line charts: up to two value axes, linear or logarithmic, ticks at 1, 2, 5 times powers of ten, a legend, colours
 * that colour-blind readers can tell apart (Okabe, Ito 2008). Several charts make a figure.
 */
#include "draw/chart.h"
#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 960, PLOT = 300, ALONE = 420, LEFT = 96, RIGHT = 84, HEAD = 56, TOP = 34, BOTTOM = 52, TICKS = 6 };

typedef struct range {
	double lo, hi;
	bool log;
} range;
typedef struct plot {
	cairo_t *cr;
	double top, height;
	range x, left, right;
} plot;

static const double colours[][3] = { { 0, .447, .698 }, { .835, .369, 0 }, { 0, .62, .451 }, { .8, .475, .655 },
	{ .902, .624, 0 }, { .337, .706, .914 } };

static double
scaled(range r, double v)
{
	return r.log ? v > 0 ? log10(v) : NAN : v;
}

static void
widen(range *r, double v)
{
	v = scaled(*r, v);
	if (!isfinite(v))
		return;
	r->lo = v < r->lo ? v : r->lo;
	r->hi = v > r->hi ? v : r->hi;
}

static range
range_of(const draw_chart *c, int axis, bool of_x)
{
	range r = { INFINITY, -INFINITY, of_x ? c->log_x : axis == 0 && c->log_left };
	for (int i = 0; i < c->n; i++)
		for (int k = 0; k < c->series[i].n; k++)
			if (of_x || c->series[i].axis == axis)
				widen(&r, of_x ? c->series[i].x[k] : c->series[i].y[k]);
	if (r.lo > r.hi)
		r.lo = 0, r.hi = 1;
	if (r.hi - r.lo < 1e-12) {
		double half = r.log ? .5 : .5 * (fabs(r.lo) + 1e-3);
		r.lo -= half, r.hi += half;
	} else if (!of_x) {
		double air = .04 * (r.hi - r.lo);
		r.lo -= air, r.hi += air;
	}
	return r;
}

static double
nice_step(range r)
{
	double raw = (r.hi - r.lo) / TICKS, power = pow(10, floor(log10(raw))), m = raw / power;
	return power * (m < 1.5 ? 1 : m < 3.5 ? 2 : m < 7.5 ? 5 : 10);
}

static double
place_x(const plot *p, double v)
{
	return LEFT + (scaled(p->x, v) - p->x.lo) / (p->x.hi - p->x.lo) * (WIDTH - LEFT - RIGHT);
}
static double
place_y(const plot *p, range r, double v)
{
	return p->top + p->height - (scaled(r, v) - r.lo) / (r.hi - r.lo) * p->height;
}

/* side 0: x, 1: left, 2: right */
static void
draw_tick(const plot *p, range r, int side, double v)
{
	char number[32];
	double at = side ? place_y(p, r, v) : place_x(p, v);
	(void)snprintf(number, sizeof number, "%.4g", v);
	if (side < 2) {
		cairo_set_source_rgb(p->cr, .9, .9, .9);
		cairo_move_to(p->cr, side ? LEFT : at, side ? at : p->top);
		cairo_line_to(p->cr, side ? WIDTH - RIGHT : at, side ? at : p->top + p->height);
		cairo_stroke(p->cr);
	}
	cairo_set_source_rgb(p->cr, .25, .25, .25);
	if (side == 0)
		draw_painting_text(p->cr, at, p->top + p->height + 19, .5, number);
	else
		draw_painting_text(p->cr, side == 1 ? LEFT - 8 : WIDTH - RIGHT + 8, at + 5, side == 1 ? 1 : 0, number);
}

static void
draw_ticks(const plot *p, range r, int side)
{
	if (!r.log) {
		double step = nice_step(r);
		if (side == 0 && step < 1)
			step = 1 > r.hi - r.lo ? step : 1; /* epochs are whole */
		for (double v = ceil(r.lo / step) * step; v <= r.hi + step * 1e-9; v += step)
			draw_tick(p, r, side, fabs(v) < step * 1e-6 ? 0 : v);
		return;
	}
	static const double few[] = { 1 }, many[] = { 1, 2, 5 };
	bool wide = r.hi - r.lo > 2;
	for (double e = floor(r.lo); e <= r.hi; e++)
		for (int i = 0; i < (wide ? 1 : 3); i++) {
			double v = (wide ? few : many)[i] * pow(10, e);
			if (log10(v) >= r.lo - 1e-9 && log10(v) <= r.hi + 1e-9)
				draw_tick(p, r, side, v);
		}
}

static void
draw_axis(const plot *p, range r, int side, const char *label)
{
	cairo_set_font_size(p->cr, 13);
	draw_ticks(p, r, side);
	if (!label)
		return;
	if (side == 0) {
		draw_painting_text(p->cr, (LEFT + WIDTH - RIGHT) / 2., p->top + p->height + 40, .5, label);
		return;
	}
	cairo_save(p->cr);
	cairo_translate(p->cr, side == 1 ? 20 : WIDTH - 14, p->top + p->height / 2);
	cairo_rotate(p->cr, -acos(0));
	draw_painting_text(p->cr, 0, 0, .5, label);
	cairo_restore(p->cr);
}

static void
paint_series(const plot *p, const draw_series *s, const double *colour)
{
	range y = s->axis ? p->right : p->left;
	bool pen = false;
	cairo_set_source_rgb(p->cr, colour[0], colour[1], colour[2]);
	cairo_set_line_width(p->cr, 2);
	cairo_set_line_join(p->cr, CAIRO_LINE_JOIN_ROUND);
	for (int k = 0; k < s->n; k++) {
		double at_x = place_x(p, s->x[k]), at_y = place_y(p, y, s->y[k]);
		if (!isfinite(at_x) || !isfinite(at_y)) {
			pen = false;
			continue;
		}
		(pen ? cairo_line_to : cairo_move_to)(p->cr, at_x, at_y);
		pen = true;
	}
	cairo_stroke(p->cr);
	for (int k = 0; k < s->n && s->n <= 60; k++) {
		double at_x = place_x(p, s->x[k]), at_y = place_y(p, y, s->y[k]);
		if (isfinite(at_x) && isfinite(at_y)) {
			cairo_arc(p->cr, at_x, at_y, 3, 0, 7);
			cairo_fill(p->cr);
		}
	}
}

static void
draw_legend(const plot *p, const draw_chart *c)
{
	double at = LEFT;
	cairo_set_font_size(p->cr, 13);
	for (int i = 0; i < c->n; i++) {
		const double *colour = colours[i % 6];
		cairo_set_source_rgb(p->cr, colour[0], colour[1], colour[2]);
		cairo_rectangle(p->cr, at, p->top - 18, 14, 10);
		cairo_fill(p->cr);
		cairo_set_source_rgb(p->cr, .15, .15, .15);
		draw_painting_text(p->cr, at + 20, p->top - 8, 0, c->series[i].name);
		at += draw_painting_width(p->cr, c->series[i].name) + 44;
	}
}

static void
draw_mark(const plot *p, const draw_chart *c)
{
	const double dash[] = { 4, 4 };
	double at = place_x(p, c->mark_x);
	if (!c->mark || !isfinite(at))
		return;
	cairo_set_source_rgb(p->cr, .45, .45, .45);
	cairo_set_line_width(p->cr, 1);
	cairo_set_dash(p->cr, dash, 2, 0);
	cairo_move_to(p->cr, at, p->top);
	cairo_line_to(p->cr, at, p->top + p->height);
	cairo_stroke(p->cr);
	cairo_set_dash(p->cr, NULL, 0, 0);
	bool right = at > WIDTH / 2.;
	draw_painting_text(p->cr, at + (right ? -6 : 6), p->top + p->height - 8, right ? 1 : 0, c->mark);
}

static void
paint_chart(cairo_t *cr, const draw_chart *c, double top, double height)
{
	plot p = { cr, top, height, range_of(c, 0, true), range_of(c, 0, false), range_of(c, 1, false) };
	bool two = false;
	for (int i = 0; i < c->n; i++)
		two |= c->series[i].axis == 1;
	if (c->left_from_0 && !p.left.log && p.left.lo > 0)
		p.left.lo = 0;
	cairo_set_line_width(cr, 1);
	draw_axis(&p, p.x, 0, c->x_label);
	draw_axis(&p, p.left, 1, c->left_label);
	if (two)
		draw_axis(&p, p.right, 2, c->right_label);
	cairo_set_source_rgb(cr, .55, .55, .55);
	cairo_rectangle(cr, LEFT, top, WIDTH - LEFT - RIGHT, height);
	cairo_stroke(cr);
	draw_mark(&p, c);
	for (int i = 0; i < c->n; i++)
		paint_series(&p, &c->series[i], colours[i % 6]);
	draw_legend(&p, c);
}

static double
plot_height(const draw_figure *f)
{
	return f->n > 1 ? PLOT - TOP - BOTTOM : ALONE;
}

static void
paint_figure(void *cairo, const void *what)
{
	const draw_figure *f = what;
	if (f->title) {
		cairo_set_source_rgb(cairo, .1, .1, .1);
		cairo_set_font_size(cairo, 18);
		draw_painting_text(cairo, LEFT, 30, 0, f->title);
	}
	for (int i = 0; i < f->n; i++)
		paint_chart(cairo, &f->chart[i], HEAD + TOP - 10 + i * (plot_height(f) + TOP + BOTTOM), plot_height(f));
}

static draw_painting
painting(const draw_figure *f)
{
	return (draw_painting){ WIDTH, HEAD + f->n * (plot_height(f) + TOP + BOTTOM), paint_figure, f };
}

secant_status
draw_figure_write(const draw_figure *f, const char *path, secant_err *err)
{
	draw_painting p = painting(f);
	return draw_painting_write(&p, path, err);
}

char *
draw_figure_svg(const draw_figure *f, const char *prefix, secant_err *err)
{
	draw_painting p = painting(f);
	return draw_painting_svg(&p, prefix, err);
}

secant_status
draw_chart_write(const draw_chart *c, const char *path, secant_err *err)
{
	return draw_figure_write(&(draw_figure){ c->title, c, 1 }, path, err);
}
