/*
 * STL meshes: text ("solid", "vertex x y z") or binary (80 bytes, a count, 50 bytes a triangle). Each triangle has its
 * own three corners; equal ones become one vertex. A binary file may begin with "solid" too: its size tells.
 */
#include "codec/cloud/format.h"
#include "codec/cloud/decimal.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HEAD = 84, TRIANGLE = 50, AUTOMATIC = 0 };

static bool
is_binary(const uint8_t *d, size_t n)
{
	return n >= HEAD && (n - HEAD) / TRIANGLE == base_le32(d + 80) && (n - HEAD) % TRIANGLE == 0;
}

/* ---- corners to vertices ---- */

typedef struct corners {
	cloud_mesh *m;
	int64_t *slot, room; /* vertex + 1 by hash; room is a power of two */
	int64_t corner[3];
	int n;
} corners;

static uint64_t
hash_of(const float v[3])
{
	uint64_t h = 1469598103934665603u;
	uint8_t bytes[12];
	memcpy(bytes, v, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		h = (h ^ bytes[i]) * 1099511628211u;
	return h ^ h >> 29;
}

static int64_t *
slot_of(const corners *k, const float v[3])
{
	const secant_column *c = k->m->vertices.column;
	for (uint64_t i = hash_of(v);; i++) {
		int64_t *s = &k->slot[i & (uint64_t)(k->room - 1)];
		int64_t at = *s - 1;
		if (at < 0
			|| (((const float *)c[0].data)[at] == v[0] && ((const float *)c[1].data)[at] == v[1]
				&& ((const float *)c[2].data)[at] == v[2]))
			return s;
	}
}

static bool
grow(corners *k)
{
	const secant_column *c = k->m->vertices.column;
	int64_t room = k->room ? 2 * k->room : 4096;
	int64_t *slot = secant_calloc((size_t)room, sizeof *slot);
	if (!slot)
		return false;
	secant_free(k->slot);
	k->slot = slot;
	k->room = room;
	for (int64_t i = 0; i < k->m->vertices.n; i++) {
		const float v[3] = { ((const float *)c[0].data)[i], ((const float *)c[1].data)[i],
			((const float *)c[2].data)[i] };
		*slot_of(k, v) = i + 1;
	}
	return true;
}

static secant_status
add_corner(corners *k, float v[3], secant_err *err)
{
	secant_cloud *c = &k->m->vertices;
	for (int axis = 0; axis < 3; axis++)
		v[axis] = v[axis] == 0 ? 0 : v[axis]; /* no minus zero */
	if (c->n * 2 >= k->room && !grow(k))
		return secant_fail(err, SECANT_ERR_NOMEM, "stl: no memory for %lld vertices", (long long)c->n);
	int64_t *s = slot_of(k, v);
	if (!*s) {
		secant_status status = c->n < c->capacity ? SECANT_OK : secant_cloud_reserve(c, c->n * 2 + 1024, err);
		if (status)
			return status;
		for (int axis = 0; axis < 3; axis++)
			((float *)c->column[axis].data)[c->n] = v[axis];
		*s = ++c->n;
	}
	k->corner[k->n++] = *s - 1;
	if (k->n < 3)
		return SECANT_OK;
	k->n = 0;
	return cloud_mesh_polygon(k->m, k->corner, 3, err);
}

/* ---- the two kinds ---- */

static secant_status
bad_number(const secant_cloud_reader *r, int64_t triangle, secant_err *err)
{
	return cloud_fail(
		r->name, err, SECANT_ERR_FORMAT, "triangle %lld has a corner that is no number", (long long)triangle);
}

static secant_status
read_binary(const secant_cloud_reader *r, corners *k, secant_err *err)
{
	int64_t n = base_le32(r->data + 80);
	secant_status s = SECANT_OK;
	for (int64_t i = 0; !s && i < n; i++) {
		for (int corner = 0; !s && corner < 3; corner++) {
			float v[3];
			memcpy(v, r->data + HEAD + (size_t)i * TRIANGLE + 12 + 12 * (size_t)corner, sizeof v);
			s = isfinite(v[0]) && isfinite(v[1]) && isfinite(v[2]) ? add_corner(k, v, err) : bad_number(r, i, err);
		}
	}
	return s;
}

static secant_status
read_text(const secant_cloud_reader *r, corners *k, secant_err *err)
{
	char *text = secant_calloc(r->size + 1, 1);
	if (!text)
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	memcpy(text, r->data, r->size);
	secant_status s = SECANT_OK;
	int64_t n = 0;
	for (const char *p = text; !s && (p = strstr(p, "vertex")); n++) {
		float v[3];
		p += 6;
		for (int axis = 0; p && axis < 3; axis++) {
			double d = 0;
			p = decimal_parse(p + strspn(p, " \t\r\n"), &d);
			v[axis] = (float)d;
		}
		if (!p || !isfinite(v[0]) || !isfinite(v[1]) || !isfinite(v[2])) {
			s = bad_number(r, n / 3, err);
			break;
		}
		s = add_corner(k, v, err);
	}
	secant_free(text);
	if (!s && (n == 0 || k->n))
		s = cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			n ? "ends within triangle %lld" : "has no triangles, neither as text nor as %lld records of 50 bytes",
			(long long)(n ? n / 3 : (int64_t)((r->size > HEAD ? r->size - HEAD : 0) / TRIANGLE)));
	return s;
}

static secant_status
stl_open(secant_cloud_reader *r, secant_err *err)
{
	cloud_mesh m = { 0 };
	corners k = { .m = &m };
	secant_status s = secant_cloud_new(&m.vertices, SECANT_N_F32, err);
	bool binary = is_binary(r->data, r->size);
	if (!s)
		s = binary ? read_binary(r, &k, err) : read_text(r, &k, err);
	snprintf(r->details, sizeof r->details, "%s mesh of %lld vertices, %lld triangles", binary ? "binary" : "text",
		(long long)m.vertices.n, (long long)m.triangles);
	secant_free(k.slot);
	if (!s)
		s = cloud_mesh_ready(r, &m, AUTOMATIC, err);
	cloud_mesh_free(&m);
	return s;
}

static bool
stl_sniff(const uint8_t *d, size_t n)
{
	return n > 6 && !memcmp(d, "solid ", 6) && !is_binary(d, n) && memchr(d, '\n', n);
}

const cloud_format cloud_stl = {
	.name = "stl",
	.brief = "STL mesh, text or binary: its vertices, or points drawn on it (--mesh-points)",
	.extensions = "stl",
	.sniff = stl_sniff,
	.open = stl_open,
	.next = cloud_next_ready,
};
