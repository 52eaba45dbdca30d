/*
 * A confusion matrix as a picture: cells from white to blue by their share of the row, with share and count while there
 * is room.
 */
#include <cairo.h>
#include <stdio.h>
#include <string.h>
#include "draw/chart.h"

enum { HEAD = 60, FOOT = 50, MARGIN = 24, MOST_NAMES = 170, MOST = 92, LEAST = 5, TEXT = 52, SHARES = 34, NAMED = 11 };

/* Room for the names. */
static double
names_of(const draw_matrix *m)
{
	size_t longest = 6;
	for (int k = 0; k < m->n; k++)
		longest = strlen(m->names[k]) > longest ? strlen(m->names[k]) : longest;
	return longest > 16 ? MOST_NAMES : 20 + 9 * (double)longest;
}

static double
cell_of(const draw_matrix *m)
{
	double cell = 720. / m->n;
	return cell > MOST ? MOST : cell < LEAST ? LEAST : cell;
}

static void
short_count(char *to, size_t size, int64_t n)
{
	static const char *const units[] = { "", "k", "M", "G", "T" };
	double v = (double)n;
	int unit = 0;
	for (; v >= 9999.5 && unit < 4; unit++)
		v /= 1000;
	(void)snprintf(to, size, unit ? "%.4g%s" : "%.0f%s", v, units[unit]);
}

static void
draw_cell(cairo_t *cr, const draw_matrix *m, int row, int column, int64_t sum)
{
	double cell = cell_of(m), x = MARGIN + names_of(m) + column * cell, y = HEAD + names_of(m) + row * cell;
	int64_t count = m->counts[(int64_t)row * m->n + column];
	double share = sum ? (double)count / (double)sum : 0;
	char text[32];
	cairo_set_source_rgb(cr, 1 - .97 * share, 1 - .66 * share, 1 - .42 * share);
	cairo_rectangle(cr, x, y, cell, cell);
	cairo_fill(cr);
	if (cell < SHARES)
		return;
	double dark = share > .5 ? 1 : .15;
	cairo_set_source_rgb(cr, dark, dark, dark);
	cairo_set_font_size(cr, cell < TEXT ? 11 : 14);
	(void)snprintf(text, sizeof text, share > 0 && share < .0995 ? "%.1f%%" : "%.0f%%", 100 * share);
	draw_painting_text(cr, x + cell / 2, y + cell / 2 + (cell < TEXT ? 4 : -1), .5, sum ? text : "-");
	if (cell < TEXT)
		return;
	cairo_set_font_size(cr, 11);
	short_count(text, sizeof text, count);
	draw_painting_text(cr, x + cell / 2, y + cell / 2 + 15, .5, text);
}

/* A name within MOST_NAMES, cut with dots where it is longer. */
static void
draw_name(cairo_t *cr, const char *name, double align)
{
	char text[80];
	size_t n = strlen(name);
	(void)snprintf(text, sizeof text, "%s", name);
	while (draw_painting_width(cr, text) > MOST_NAMES - 20 && n > 1) {
		do
			n--;
		while (n > 1 && ((unsigned char)name[n] & 0xc0) == 0x80); /* whole UTF-8 characters */
		(void)snprintf(text, sizeof text, "%.*s...", (int)(n < 64 ? n : 64), name);
	}
	draw_painting_text(cr, 0, 0, align, text);
}

static void
draw_names(cairo_t *cr, const draw_matrix *m)
{
	double cell = cell_of(m), x = MARGIN + names_of(m), y = HEAD + names_of(m);
	if (cell < NAMED)
		return;
	cairo_set_font_size(cr, cell < 20 ? cell * .8 : 14);
	for (int k = 0; k < m->n; k++) {
		cairo_save(cr);
		cairo_translate(cr, x - 8, y + (k + .5) * cell + 4);
		draw_name(cr, m->names[k], 1);
		cairo_restore(cr);
		cairo_save(cr);
		cairo_translate(cr, x + (k + .5) * cell + 4, y - 8);
		cairo_rotate(cr, -1.5707963);
		draw_name(cr, m->names[k], 0);
		cairo_restore(cr);
	}
}

static void
paint_matrix(void *cairo, const void *what)
{
	const draw_matrix *m = what;
	double cell = cell_of(m), side = m->n * cell, x = MARGIN + names_of(m), y = HEAD + names_of(m);
	for (int row = 0; row < m->n; row++) {
		int64_t sum = 0;
		for (int k = 0; k < m->n; k++)
			sum += m->counts[(int64_t)row * m->n + k];
		for (int k = 0; k < m->n; k++)
			draw_cell(cairo, m, row, k, sum);
	}
	cairo_set_source_rgb(cairo, .55, .55, .55);
	cairo_set_line_width(cairo, 1);
	cairo_rectangle(cairo, x, y, side, side);
	cairo_stroke(cairo);
	cairo_set_source_rgb(cairo, .15, .15, .15);
	draw_names(cairo, m);
	cairo_set_font_size(cairo, 18);
	draw_painting_text(cairo, MARGIN, 34, 0, m->title ? m->title : "Confusion matrix");
	cairo_set_source_rgb(cairo, .35, .35, .35);
	cairo_set_font_size(cairo, 13);
	draw_painting_text(cairo, MARGIN, 56, 0, "rows: labels, columns: predictions, colour: share of the row");
}

static draw_painting
painting(const draw_matrix *m)
{
	double side = m->n * cell_of(m), width = MARGIN + names_of(m) + side + MARGIN;
	return (draw_painting){ width < 420 ? 420 : width, HEAD + names_of(m) + side + FOOT, paint_matrix, m };
}

secant_status
draw_matrix_write(const draw_matrix *m, const char *path, secant_err *err)
{
	draw_painting p = painting(m);
	return draw_painting_write(&p, path, err);
}

char *
draw_matrix_svg(const draw_matrix *m, const char *prefix, secant_err *err)
{
	draw_painting p = painting(m);
	return draw_painting_svg(&p, prefix, err);
}
