/*
 * OFF, Geomview's object file: the magic word (with the letters C, N, ST for colours, normals, texture), the counts of
 * vertices, faces and edges, the vertices, the faces as "n i j k ...". ModelNet's files often glue the counts to the
 * magic ("OFF490 518 0"). Blank lines and # comments may stand anywhere. Points are drawn on the faces by area.
 */
#include "codec/cloud/format.h"
#include "codec/cloud/decimal.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { AUTOMATIC = 10000, CORNERS = 4096 };

typedef struct scanner {
	const char *begin, *p;
	const char *name;
} scanner; /* text that ends in a zero byte */

/* To the next word; over line ends if `lines`. */
static void
skip_blanks(scanner *s, bool lines)
{
	for (;;) {
		while (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || (lines && *s->p == '\n'))
			s->p++;
		if (*s->p != '#')
			return;
		while (*s->p && *s->p != '\n')
			s->p++;
	}
}

static long long
line_of(const scanner *s)
{
	long long n = 1;
	for (const char *p = s->begin; p < s->p; p++)
		n += *p == '\n';
	return n;
}

static secant_status
number(scanner *s, double *v, const char *what, secant_err *err)
{
	skip_blanks(s, true);
	const char *end = decimal_parse(s->p, v);
	if (!end)
		return cloud_fail(s->name, err, SECANT_ERR_FORMAT, "line %lld: expected a number of %s, %s", line_of(s), what,
			*s->p ? "found a word" : "the file ends");
	s->p = end;
	return SECANT_OK;
}

static secant_status
count(scanner *s, int64_t *n, size_t size, const char *what, secant_err *err)
{
	double v;
	secant_status st = number(s, &v, what, err);
	if (!st && (!(v >= 0 && v <= (double)size && v < 0x1p62) || v != nearbyint(v)))
		st = cloud_fail(
			s->name, err, SECANT_ERR_FORMAT, "line %lld: %g %s in a file of %zu bytes", line_of(s), v, what, size);
	*n = st ? 0 : (int64_t)v;
	return st;
}

/* How many numbers stand on this line. */
static int
numbers_on_line(scanner s)
{
	int n = 0;
	double v;
	skip_blanks(&s, true);
	for (const char *end; (end = decimal_parse(s.p, &v)); n++) {
		s.p = end;
		skip_blanks(&s, false);
	}
	return n;
}

static secant_status
read_vertices(scanner *s, cloud_mesh *m, int64_t n, bool colours, bool normals, secant_err *err)
{
	static const char *const columns[] = { "nx", "ny", "nz", "red", "green", "blue" };
	int per = n ? numbers_on_line(*s) : 3, at[6];
	colours = (colours || per == 6 || per == 7) && per >= 6 + 3 * normals && (colours || !normals);
	normals = normals && per >= 6;
	secant_status st = secant_cloud_new(&m->vertices, SECANT_N_F64, err);
	for (int k = 0; !st && k < 6; k++) {
		bool wanted = k < 3 ? normals : colours;
		at[k] = wanted ? secant_cloud_add(&m->vertices, columns[k], SECANT_N_F32, err) : 0;
		st = at[k] < 0 ? (secant_status)at[k] : SECANT_OK;
	}
	if (!st && per < 3)
		st = cloud_fail(
			s->name, err, SECANT_ERR_FORMAT, "line %lld: a vertex has %d numbers, expected 3", line_of(s), per);
	if (!st)
		st = secant_cloud_reserve(&m->vertices, n, err);
	for (int64_t i = 0; !st && i < n; i++) {
		for (int k = 0; !st && k < per; k++) {
			double v;
			st = number(s, &v, "a vertex", err);
			int column = k < 3                      ? k
				: k < 3 + 3 * normals               ? at[k - 3]
				: k < 3 + 3 * normals + 3 * colours ? at[k - 3 * normals]
													: -1;
			if (!st && column >= 0)
				secant_cloud_set(&m->vertices, column, i, v);
		}
		m->vertices.n += !st;
	}
	return st;
}

static secant_status
read_faces(scanner *s, cloud_mesh *m, int64_t n, secant_err *err)
{
	int64_t corner[CORNERS];
	secant_status st = SECANT_OK;
	for (int64_t i = 0; !st && i < n; i++) {
		int64_t corners;
		st = count(s, &corners, CORNERS, "corners", err);
		for (int64_t k = 0; !st && k < corners; k++) {
			double v;
			st = number(s, &v, "a face", err);
			corner[k] = !st && v >= 0 && v < 1e15 ? (int64_t)v : -1;
		}
		while (*s->p && *s->p != '\n') /* a colour may follow */
			s->p++;
		if (!st)
			st = cloud_mesh_polygon(m, corner, (int)corners, err);
	}
	return st;
}

static secant_status
read_all(secant_cloud_reader *r, scanner *s, cloud_mesh *m, secant_err *err)
{
	int64_t vertices = 0, faces = 0, edges = 0;
	bool colours = false, normals = false;
	skip_blanks(s, true);
	const char *magic = s->p;
	while (isupper((unsigned char)*s->p)) {
		colours |= *s->p == 'C';
		normals |= *s->p == 'N';
		s->p++;
	}
	size_t n = (size_t)(s->p - magic);
	if (n < 3 || strncmp(s->p - 3, "OFF", 3))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "does not begin with OFF");
	skip_blanks(s, false);
	if (!strncmp(s->p, "BINARY", 6))
		return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "is a binary OFF file; only text is read");
	secant_status st = count(s, &vertices, r->size, "vertices", err);
	if (!st)
		st = count(s, &faces, r->size, "faces", err);
	skip_blanks(s, false);
	/* Nobody needs the edges, and some writers leave them out: then the line ends, and the next one is a vertex. */
	if (!st && ((*s->p && *s->p != '\n') || numbers_on_line(*s) == 1))
		st = count(s, &edges, SIZE_MAX, "edges", err);
	if (!st)
		st = read_vertices(s, m, vertices, colours, normals, err);
	if (!st)
		st = read_faces(s, m, faces, err);
	snprintf(r->details, sizeof r->details, "mesh of %lld vertices, %lld faces", (long long)vertices, (long long)faces);
	return st;
}

static secant_status
off_open(secant_cloud_reader *r, secant_err *err)
{
	cloud_mesh m = { 0 };
	char *text = secant_calloc(r->size + 1, 1);
	if (!text)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	memcpy(text, r->data, r->size);
	scanner s = { text, text, r->name };
	secant_status st = read_all(r, &s, &m, err);
	if (!st)
		st = cloud_mesh_ready(r, &m, AUTOMATIC, err);
	cloud_mesh_free(&m);
	secant_free(text);
	return st;
}

static bool
off_sniff(const uint8_t *d, size_t n)
{
	size_t i = 0;
	while (i < n && i < 5 && d[i] >= 'A' && d[i] <= 'Z')
		i++;
	return i >= 3 && !memcmp(d + i - 3, "OFF", 3) && (i == 3 || memchr("CNST", d[0], 4));
}

const cloud_format cloud_off = {
	.name = "off",
	.brief = "Geomview mesh; points are drawn on its faces",
	.extensions = "off",
	.sniff = off_sniff,
	.open = off_open,
	.next = cloud_next_ready,
};
