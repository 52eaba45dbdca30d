/*
 * PTX, Leica's text of whole scans: the number of columns and rows of the scan's grid, the scanner's place and axes
 * (four lines of three numbers), a matrix of four lines of four whose last line moves, and a row "x y z intensity [r g
 * b]" for each place of the grid; further scans follow. A place without an echo is 0 0 0: it is left out and counted.
 * The matrix brings every scan into one system; with more than one scan a column `scan` counts them.
 */
#include "codec/cloud/decimal.h"
#include "codec/cloud/format.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIELDS = 7, HEAD_LINES = 10 };

typedef struct ptx_state {
	int fields, scan, scan_column, column[FIELDS];
	int64_t line, left, dropped; /* lines behind us; points of the scan not read yet; places without an echo */
	double matrix[4][4];
} ptx_state;

/* Numbers on the next line with any; how many there are, 0 at the end, -1 for a line of something else. */
static int
take_numbers(secant_cloud_reader *r, ptx_state *t, double v[FIELDS + 1])
{
	while (r->at < r->size) {
		const uint8_t *feed = memchr(r->data + r->at, '\n', r->size - r->at);
		size_t end = feed ? (size_t)(feed - r->data) : r->size, n = end - r->at;
		char line[512];
		int count = 0;
		if (n >= sizeof line)
			return -1;
		memcpy(line, r->data + r->at, n);
		line[n] = '\0';
		r->at = feed ? end + 1 : end;
		t->line++;
		const char *p = line + strspn(line, " \t\r");
		for (; *p && count <= FIELDS; p += strspn(p, " \t\r")) {
			p = decimal_parse(p, &v[count]);
			if (!p)
				return -1;
			count++;
		}
		if (count)
			return count;
	}
	return 0;
}

static secant_status
bad_head(const secant_cloud_reader *r, const ptx_state *t, int have, const char *want, secant_err *err)
{
	if (have == 0)
		return cloud_fail(
			r->name, err, SECANT_ERR_FORMAT, "ends in line %lld, in the head of scan %d", (long long)t->line, t->scan);
	return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "line %lld: expected %s in the head of scan %d",
		(long long)t->line, want, t->scan);
}

/* The ten lines before a scan's points; *more is false at the end of the file. */
static secant_status
take_head(secant_cloud_reader *r, ptx_state *t, bool *more, secant_err *err)
{
	double size[2], v[FIELDS + 1];
	for (int i = 0; i < HEAD_LINES; i++) {
		int want = i < 2 ? 1 : i < 6 ? 3 : 4, have = take_numbers(r, t, v);
		*more = have != 0 || i > 0;
		if (!*more)
			return SECANT_OK;
		if (have != want)
			return bad_head(r, t, have,
				i < 2       ? "the grid's columns and rows, a number each"
					: i < 6 ? "three numbers of the scanner's place and axes"
							: "four numbers of the matrix",
				err);
		if (i < 2)
			size[i] = v[0];
		else if (i >= 6)
			memcpy(t->matrix[i - 6], v, sizeof t->matrix[0]);
	}
	if (!(size[0] >= 0 && size[1] >= 0 && size[0] * size[1] < 1e15) || size[0] != nearbyint(size[0])
		|| size[1] != nearbyint(size[1]))
		return bad_head(r, t, 1, "whole numbers of columns and rows", err);
	t->left = (int64_t)(size[0] * size[1]);
	return SECANT_OK;
}

/* Whether another head follows the first scan, so that scans are counted: looked for by its lines of one number. */
static bool
several(const secant_cloud_reader *r, const ptx_state *t)
{
	size_t at = r->at;
	for (int64_t i = 0; i < t->left && at < r->size; i++) {
		const uint8_t *feed = memchr(r->data + at, '\n', r->size - at);
		at = feed ? (size_t)(feed - r->data) + 1 : r->size;
	}
	while (at < r->size && r->data[at] <= ' ')
		at++;
	return at < r->size;
}

static secant_status
ptx_open(secant_cloud_reader *r, secant_err *err)
{
	static const char *const names[FIELDS] = { "x", "y", "z", "intensity", "red", "green", "blue" };
	ptx_state *t = r->state = secant_calloc(1, sizeof *t);
	double v[FIELDS + 1];
	bool more = false;
	if (!t)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	secant_status s = take_head(r, t, &more, err);
	if (!s && !more)
		s = bad_head(r, t, 0, "", err);
	size_t first = r->at;
	int64_t line = t->line;
	t->fields = s ? 0 : take_numbers(r, t, v);
	r->at = first;
	t->line = line;
	bool known = t->fields == 3 || t->fields == 4 || t->fields == 6 || t->fields == 7;
	if (!s && t->left && !known)
		s = cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"line %lld: expected x y z, with or without intensity and red green blue", (long long)line + 1);
	t->fields = known ? t->fields : 4; /* a scan without points comes first */
	if (!s)
		s = cloud_begin(r, SECANT_N_F64, err);
	for (int f = 0; !s && f < t->fields; f++) {
		int name = f >= 3 && t->fields == 6 ? f + 1 : f;
		t->column[f] = f;
		if (f >= 3)
			s = cloud_declare(r, names[name], name > 3 ? SECANT_N_U8 : SECANT_N_F32, &t->column[f], err);
	}
	t->scan_column = -1;
	if (!s && several(r, t))
		s = cloud_declare(r, "scan", SECANT_N_I32, &t->scan_column, err);
	r->bound = cloud_count_lines(r->data, r->at, r->size) + 1; /* one more, so that the end is met */
	snprintf(r->details, sizeof r->details, "%s", t->scan_column < 0 ? "one scan" : "several scans");
	return s;
}

/* Moves the n rows behind out->n into one system, and leaves out those without an echo. */
static void
settle(ptx_state *t, secant_cloud *out, int64_t n)
{
	int64_t kept = out->n;
	for (int64_t i = out->n; i < out->n + n; i++) {
		double p[3];
		for (int k = 0; k < 3; k++)
			p[k] = secant_cloud_get(out, k, i);
		if (p[0] == 0 && p[1] == 0 && p[2] == 0) {
			t->dropped++;
			continue;
		}
		for (int k = 0; k < 3; k++)
			secant_cloud_set(out, k, kept,
				p[0] * t->matrix[0][k] + p[1] * t->matrix[1][k] + p[2] * t->matrix[2][k] + t->matrix[3][k]);
		for (int k = 3; k < out->columns; k++) {
			size_t size = secant_number_size(out->column[k].type);
			memmove(tensor_column_at(&out->column[k], kept), tensor_column_at(&out->column[k], i), size);
		}
		if (t->scan_column >= 0)
			secant_cloud_set(out, t->scan_column, kept, t->scan);
		kept++;
	}
	out->n = kept;
}

static secant_status
ptx_next(secant_cloud_reader *r, secant_cloud *out, int64_t max, secant_err *err)
{
	ptx_state *t = r->state;
	int64_t before = out->n;
	bool more = true;
	while (out->n == before && more) {
		if (t->left == 0) {
			t->scan++;
			secant_status s = take_head(r, t, &more, err);
			if (s)
				return s;
			continue;
		}
		cloud_target target[FIELDS];
		for (int f = 0; f < t->fields; f++) {
			secant_column *c = t->column[f] < 0 ? NULL : &out->column[t->column[f]];
			target[f] = c ? (cloud_target){ tensor_column_at(c, out->n), c->type }
						  : (cloud_target){ NULL, SECANT_N_F64 };
		}
		cloud_rows rows = { .fields = t->fields, .separator = ' ', .target = target, .name = r->name };
		int64_t n = 0, want = max < t->left ? max : t->left;
		if (r->at >= r->size)
			return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "ends in line %lld: scan %d lacks %lld of its points",
				(long long)t->line, t->scan, (long long)t->left);
		secant_status s = cloud_rows_parse(&rows, r->data, r->size, &r->at, &t->line, want, cloud_threads(r), &n, err);
		if (s)
			return s;
		t->left -= n;
		settle(t, out, n);
	}
	if (!more && t->dropped) {
		secant_log(&r->opt.logger, SECANT_LOG_INFO, "%s: %lld places of the grid without an echo (0 0 0) were left out",
			r->name, (long long)t->dropped);
		t->dropped = 0;
	}
	return SECANT_OK;
}

const cloud_format cloud_ptx = {
	.name = "ptx",
	.brief = "Leica's text of whole scans with their places, in one system",
	.extensions = "ptx",
	.open = ptx_open,
	.next = ptx_next,
};
