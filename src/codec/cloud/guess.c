/*
 * What the columns of a nameless table are, from a sample of its rows: the rule of the manual page, in one place for
 * text and NPY.
 *   x y z, then: three columns of unit length are normals; three of whole numbers 0 to 255, or all within 0 to 1,
 *   are colours;
 *   a single column before colours is the intensity (Leica's PTS); a last single column of whole numbers is the
 *   label, else the intensity;
 *   the rest is called c4, c5, ... by position.
 */
#include "codec/cloud/format.h"
#include <math.h>
#include <stdio.h>

typedef struct table {
	const double *v;
	int rows, columns;
} table;

static bool
all_within(table t, int column, double lo, double hi, bool whole)
{
	for (int i = 0; i < t.rows; i++) {
		double v = t.v[(size_t)i * (size_t)t.columns + (size_t)column];
		if (!(v >= lo && v <= hi) || (whole && v != nearbyint(v)))
			return false;
	}
	return t.rows > 0;
}

static bool
triple_within(table t, int column, double lo, double hi, bool whole)
{
	return all_within(t, column, lo, hi, whole) && all_within(t, column + 1, lo, hi, whole)
		&& all_within(t, column + 2, lo, hi, whole);
}

static bool
is_normals(table t, int column)
{
	for (int i = 0; i < t.rows; i++) {
		const double *v = t.v + (size_t)i * (size_t)t.columns + (size_t)column;
		double length = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
		if (!(fabs(length - 1) < 0.02) && length != 0)
			return false;
	}
	return t.rows > 0 && !triple_within(t, column, 0, 255, true);
}

static bool
is_colours(table t, int column)
{
	return triple_within(t, column, 0, 255, true) || triple_within(t, column, 0, 1, false);
}

static void
name_three(char names[][CLOUD_NAME], int at, const char *a, const char *b, const char *c)
{
	snprintf(names[at], CLOUD_NAME, "%s", a);
	snprintf(names[at + 1], CLOUD_NAME, "%s", b);
	snprintf(names[at + 2], CLOUD_NAME, "%s", c);
}

void
cloud_guess_names(const double *v, int rows, int columns, bool leica, char names[][CLOUD_NAME])
{
	table t = { v, rows, columns };
	int at = 3;
	name_three(names, 0, "x", "y", "z");
	for (int i = 3; i < columns; i++)
		snprintf(names[i], CLOUD_NAME, "c%d", i + 1);
	bool intensity_first = columns >= 7 && all_within(t, 3, -1e300, 1e300, false) && triple_within(t, 4, 0, 255, true)
		&& (leica || !(is_normals(t, 3) || is_colours(t, 3)));
	if (intensity_first)
		snprintf(names[at++], CLOUD_NAME, "intensity");
	if (columns - at >= 3 && is_normals(t, at)) {
		name_three(names, at, "nx", "ny", "nz");
		at += 3;
	}
	if (columns - at >= 3 && is_colours(t, at)) {
		name_three(names, at, "red", "green", "blue");
		at += 3;
	}
	if (columns - at >= 3 && at == 6 && names[3][0] == 'r' && is_normals(t, at)) {
		name_three(names, at, "nx", "ny", "nz");
		at += 3;
	}
	if (columns - at == 1)
		snprintf(names[at], CLOUD_NAME, "%s",
			all_within(t, at, -1, 65535, true) && !(leica && at == 3) ? "label"
				: intensity_first                                     ? names[at]
																	  : "intensity");
}

void
cloud_say_guess(const secant_cloud_reader *r, int fields, char names[][CLOUD_NAME])
{
	base_str said = { 0 };
	for (int f = 3; f < fields; f++)
		base_str_addf(&said, "%s%s", f > 3 ? ", " : "", names[f]);
	if (said.p && !said.failed)
		secant_log(&r->opt.logger, SECANT_LOG_INFO,
			"%s: nothing names the columns; behind x, y, z they are taken as %s (--columns)", r->name, said.p);
	base_str_free(&said);
}
