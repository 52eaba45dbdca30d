/*
 * Points from meshes. Vertices are where a modeller needed them, not where the surface is: a cloud of a mesh is drawn
 * on its triangles, each with a probability in proportion to its area, uniformly within (Osada et al., Shape
 * distributions, 2002: with r1, r2 in [0, 1), P = (1 - sqrt r1) A + sqrt r1 (1 - r2) B + sqrt r1 r2 C), by Philox
 * numbers of the given seed. Each point gets the triangle's normal and the other attributes of the corner that weighs
 * most.
 */
#include "codec/cloud/format.h"
#include "base/rng.h"
#include <math.h>
#include <string.h>

void
cloud_mesh_free(cloud_mesh *m)
{
	secant_cloud_free(&m->vertices);
	secant_free(m->corner);
	*m = (cloud_mesh){ 0 };
}

secant_status
cloud_mesh_polygon(cloud_mesh *m, const int64_t *corner, int n, secant_err *err)
{
	for (int i = 2; i < n; i++) {
		if (m->triangles == m->capacity) {
			int64_t more = m->capacity ? m->capacity * 2 : 1024;
			int32_t *p = base_realloc(m->corner, (size_t)more * 3, sizeof *p);
			if (!p)
				return secant_fail(err, SECANT_ERR_NOMEM, "mesh: no memory for %lld triangles", (long long)more);
			m->corner = p;
			m->capacity = more;
		}
		const int64_t fan[3] = { corner[0], corner[i - 1], corner[i] };
		for (int k = 0; k < 3; k++)
			m->corner[3 * m->triangles + k] = fan[k] >= 0 && fan[k] < INT32_MAX ? (int32_t)fan[k] : -1;
		m->triangles++;
	}
	return SECANT_OK;
}

/* The corners of triangle t and its normal times twice its area. */
static void
triangle(const cloud_mesh *m, int64_t t, double p[3][3], double normal[3])
{
	for (int k = 0; k < 3; k++)
		for (int axis = 0; axis < 3; axis++)
			p[k][axis] = secant_cloud_get(&m->vertices, axis, m->corner[3 * t + k]);
	for (int axis = 0; axis < 3; axis++) {
		int a = (axis + 1) % 3, b = (axis + 2) % 3;
		normal[axis] = (p[1][a] - p[0][a]) * (p[2][b] - p[0][b]) - (p[1][b] - p[0][b]) * (p[2][a] - p[0][a]);
	}
}

/* Sums of areas up to each triangle; checks corners and numbers. */
static secant_status
sum_areas(const secant_cloud_reader *r, const cloud_mesh *m, double *sum, secant_err *err)
{
	double total = 0, p[3][3], n[3];
	for (int64_t t = 0; t < m->triangles; t++) {
		for (int k = 0; k < 3; k++)
			if (m->corner[3 * t + k] < 0 || m->corner[3 * t + k] >= m->vertices.n)
				return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
					"triangle %lld has vertex %d, counted from 0, but there are %lld vertices", (long long)t,
					m->corner[3 * t + k], (long long)m->vertices.n);
		triangle(m, t, p, n);
		total += sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]) / 2;
		sum[t] = total;
	}
	if (!(total > 0) || !isfinite(total))
		return cloud_fail(r->name, err, SECANT_ERR_FORMAT,
			"the mesh has an area of %g: no points can be drawn on it (--mesh-points 0 takes its vertices)", total);
	return SECANT_OK;
}

static int64_t
find(const double *sum, int64_t n, double v)
{
	int64_t lo = 0, hi = n - 1;
	while (lo < hi) {
		int64_t mid = lo + (hi - lo) / 2;
		if (sum[mid] > v)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static void
draw_point(const cloud_mesh *m, const double *sum, base_rng *rng, secant_cloud *out, const int normals[3])
{
	double p[3][3], n[3];
	int64_t t = find(sum, m->triangles, base_rng_uniform(rng) * sum[m->triangles - 1]), at = out->n++;
	double s = sqrt(base_rng_uniform(rng)), u = base_rng_uniform(rng);
	const double weight[3] = { 1 - s, s * (1 - u), s * u };
	triangle(m, t, p, n);
	double length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
	for (int axis = 0; axis < 3; axis++) {
		secant_cloud_set(out, axis, at, weight[0] * p[0][axis] + weight[1] * p[1][axis] + weight[2] * p[2][axis]);
		secant_cloud_set(out, normals[axis], at, length > 0 ? n[axis] / length : 0);
	}
	int heavy = weight[1] > weight[0] ? 1 : 0;
	heavy = weight[2] > weight[heavy] ? 2 : heavy;
	for (int i = 3, k = 6; i < m->vertices.columns; i++) {
		const secant_column *c = &m->vertices.column[i];
		if (secant_role_of(c->name) >= SECANT_ROLE_NX && secant_role_of(c->name) <= SECANT_ROLE_NZ)
			continue;
		memcpy(tensor_column_at(&out->column[k++], at), tensor_column_at(c, m->corner[3 * t + heavy]),
			secant_number_size(c->type));
	}
}

static secant_status
draw_all(secant_cloud_reader *r, cloud_mesh *m, int64_t points, secant_err *err)
{
	secant_cloud out;
	int normals[3];
	double *sum = secant_calloc((size_t)m->triangles, sizeof *sum);
	secant_status s = sum ? sum_areas(r, m, sum, err) : secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", r->name);
	if (s) {
		secant_free(sum);
		return s;
	}
	s = secant_cloud_new(&out, m->vertices.column[0].type, err);
	for (int k = 0; !s && k < 3; k++) {
		normals[k] = secant_cloud_add(&out, (const char *const[]){ "nx", "ny", "nz" }[k], SECANT_N_F32, err);
		s = normals[k] < 0 ? (secant_status)normals[k] : SECANT_OK;
	}
	for (int i = 3; !s && i < m->vertices.columns; i++) {
		const secant_column *c = &m->vertices.column[i];
		secant_cloud_role_name role = secant_role_of(c->name);
		int at = role >= SECANT_ROLE_NX && role <= SECANT_ROLE_NZ ? 0 : secant_cloud_add(&out, c->name, c->type, err);
		s = at < 0 ? (secant_status)at : SECANT_OK;
	}
	if (!s)
		s = secant_cloud_reserve(&out, points, err);
	base_rng rng = base_rng_make((uint64_t)r->opt.seed, BASE_FOR_SAMPLE, 0, 0);
	for (int64_t i = 0; !s && i < points; i++)
		draw_point(m, sum, &rng, &out, normals);
	secant_free(sum);
	if (!s)
		s = cloud_set_ready(r, &out, err);
	secant_cloud_free(&out);
	return s;
}

void
cloud_say_faces(const secant_cloud_reader *r, int64_t n, const char *what)
{
	secant_log(&r->opt.logger, SECANT_LOG_INFO,
		"%s: the vertices are taken as the points, %lld %s are left out (--mesh-points draws points on them)", r->name,
		(long long)n, what);
}

secant_status
cloud_mesh_ready(secant_cloud_reader *r, cloud_mesh *m, int automatic, secant_err *err)
{
	int64_t points = r->opt.mesh_points >= 0 ? r->opt.mesh_points : automatic;
	if (points > 0 && m->triangles > 0)
		return draw_all(r, m, points, err);
	if (m->triangles > 0 && r->opt.mesh_points < 0)
		cloud_say_faces(r, m->triangles, "triangles");
	return cloud_set_ready(r, &m->vertices, err);
}
