/*
 * OBJ, Wavefront's object file: "v x y z" or "v x y z r g b" lines are points; with the option mesh_points "f" lines
 * are faces to draw points on. Everything else is passed over. A colour that is over 1 anywhere means 0 to 255.
 */
#include "codec/cloud/format.h"
#include "codec/cloud/decimal.h"
#include <stdio.h>
#include <string.h>

enum { CORNERS = 4096 };

static const char *
blanks(const char *p)
{
	return p + strspn(p, " \t\r");
}

static secant_status
add_vertex(secant_cloud_reader *r, cloud_mesh *m, const char *p, long long line, secant_err *err)
{
	double v[7];
	int n = 0;
	for (const char *end; n < 7 && (end = decimal_parse(p = blanks(p), &v[n])); n++)
		p = end;
	if (n < 3)
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT, "line %lld: a vertex has %d numbers, expected 3", line, n);
	secant_cloud *c = &m->vertices;
	secant_status s = SECANT_OK;
	for (int k = 0; !s && k < 3 && n == 6 && c->columns < 6; k++)
		s = secant_cloud_add(c, (const char *const[]){ "red", "green", "blue" }[k], SECANT_N_F32, err) < 0
			? SECANT_ERR_NOMEM
			: SECANT_OK;
	if (!s && c->n == c->capacity)
		s = secant_cloud_reserve(c, c->capacity ? c->capacity * 2 : 1024, err);
	for (int k = 0; !s && k < c->columns; k++)
		secant_cloud_set(c, k, c->n, k < 3 || n == 6 ? v[k] : 0);
	c->n += !s;
	return s;
}

/* Corners are "7", "7/1", "7//3", counted from 1, or negative from the end. */
static secant_status
add_face(secant_cloud_reader *r, cloud_mesh *m, const char *p, long long line, secant_err *err)
{
	int64_t corner[CORNERS];
	int n = 0;
	double v;
	for (const char *end; (end = decimal_parse(p = blanks(p), &v)); n++) {
		if (n == CORNERS)
			return cloud_fail(
				r->name, err, SECANT_ERR_UNSUPPORTED, "line %lld: a face has more than %d corners", line, CORNERS);
		corner[n] = v >= 1 && v < 1e15 ? (int64_t)v - 1 : v < 0 && v > -1e15 ? m->vertices.n + (int64_t)v : -1;
		p = end + strcspn(end, " \t\r\n");
	}
	return cloud_mesh_polygon(m, corner, n, err);
}

static secant_status
obj_open(secant_cloud_reader *r, secant_err *err)
{
	cloud_mesh m = { 0 };
	char *text = secant_calloc(r->size + 1, 1);
	if (!text)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	memcpy(text, r->data, r->size);
	secant_status s = secant_cloud_new(&m.vertices, SECANT_N_F64, err);
	long long line = 1;
	for (char *p = text, *next; !s && *p; p = next, line++) {
		char *feed = strchr(p, '\n');
		next = feed ? feed + 1 : p + strlen(p);
		if (feed)
			*feed = '\0';
		const char *word = blanks(p);
		bool apart = word[0] && (word[1] == ' ' || word[1] == '\t');
		if (apart && word[0] == 'v')
			s = add_vertex(r, &m, word + 1, line, err);
		else if (apart && word[0] == 'f')
			s = add_face(r, &m, word + 1, line, err);
	}
	snprintf(r->details, sizeof r->details, "%lld vertices, %lld triangles", (long long)m.vertices.n,
		(long long)m.triangles);
	if (!s)
		s = cloud_mesh_ready(r, &m, 0, err);
	cloud_mesh_free(&m);
	secant_free(text);
	return s;
}

const cloud_format cloud_obj = {
	.name = "obj",
	.brief = "Wavefront object: its vertices, or points drawn on its faces",
	.extensions = "obj",
	.open = obj_open,
	.next = cloud_next_ready,
};
