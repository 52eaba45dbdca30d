/*
 * Scenes cut into columns: windows every `stride` over the ground, found through a grid of cells. After the whole-scene
 * evaluation of PointNet on S3DIS (1 m windows every 0.5 m, the last of an axis moved back inside).
 */
#include "prepare/points.h"
#include <math.h>
#include "base/mem.h"

enum { MOST_CELLS = 1 << 24 };

static int64_t
cell_of(const prepare_blocks *b, int a, double x)
{
	int64_t k = (int64_t)floor((x - b->lo[a]) / b->cell);
	return k < 0 ? 0 : k >= b->cells[a] ? b->cells[a] - 1 : k;
}

static bool
is_finite(const prepare_blocks *b, int64_t i)
{
	const float *x = b->p->xyz + 3 * i;
	return isfinite(x[0]) && isfinite(x[1]) && isfinite(x[2]);
}

static int64_t
cell_at(const prepare_blocks *b, int64_t i)
{
	return cell_of(b, 0, (double)b->p->xyz[3 * i + b->axis[0]]) * b->cells[1]
		+ cell_of(b, 1, (double)b->p->xyz[3 * i + b->axis[1]]);
}

/* Counting sort of the points by cell; within a cell by index. */
static secant_status
fill_grid(prepare_blocks *b, secant_err *err)
{
	int64_t cells = b->cells[0] * b->cells[1];
	b->start = secant_calloc((size_t)cells + 2, sizeof *b->start);
	b->index = secant_calloc((size_t)b->p->n + 1, sizeof *b->index);
	if (!b->start || !b->index)
		return secant_fail(err, SECANT_ERR_NOMEM, "no memory for a grid of %lld cells", (long long)cells);
	for (int64_t i = 0; i < b->p->n; i++)
		if (is_finite(b, i))
			b->start[cell_at(b, i) + 2]++;
	for (int64_t k = 2; k <= cells + 1; k++)
		b->start[k] += b->start[k - 1];
	for (int64_t i = 0; i < b->p->n; i++)
		if (is_finite(b, i))
			b->index[b->start[cell_at(b, i) + 1]++] = i;
	return SECANT_OK;
}

secant_status
prepare_blocks_make(
	prepare_blocks *b, const prepare_points *p, const secant_cloud_recipe *r, double stride, secant_err *err)
{
	*b = (prepare_blocks){ .p = p, .side = r->block, .stride = stride };
	prepare_recipe_ground(r, &b->axis[0], &b->axis[1]);
	double cells = 1, windows = 1;
	for (int a = 0; a < 2; a++) {
		b->lo[a] = (double)p->lo[b->axis[a]];
		b->hi[a] = (double)p->hi[b->axis[a]];
		double extent = b->hi[a] - b->lo[a], n = ceil((extent - b->side) / b->stride) + 1;
		b->count[a] = n > 1 ? n < 1e9 ? (int64_t)n : (int64_t)1e9 : 1;
		windows *= (double)b->count[a];
	}
	if (windows > MOST_CELLS)
		return secant_fail(err, SECANT_ERR_RANGE,
			"--block: a scene of %g x %g would be cut into %.3g columns of %g; at most %d", b->hi[0] - b->lo[0],
			b->hi[1] - b->lo[1], windows, b->side, MOST_CELLS);
	b->cell = stride;
	do {
		cells = 1;
		for (int a = 0; a < 2; a++) {
			b->cells[a] = (int64_t)((b->hi[a] - b->lo[a]) / b->cell) + 1;
			cells *= (double)b->cells[a];
		}
		b->cell *= cells > MOST_CELLS ? 2 : 1;
	} while (cells > MOST_CELLS);
	secant_status s = fill_grid(b, err);
	if (s)
		prepare_blocks_free(b);
	return s;
}

void
prepare_blocks_free(prepare_blocks *b)
{
	secant_free(b->start);
	secant_free(b->index);
	*b = (prepare_blocks){ 0 };
}

void
prepare_blocks_corner(const prepare_blocks *b, int64_t k, float corner[3])
{
	int64_t at[2] = { k / b->count[1], k % b->count[1] };
	for (int i = 0; i < 3; i++)
		corner[i] = b->p->lo[i];
	for (int a = 0; a < 2; a++) {
		double x = b->lo[a] + (double)at[a] * b->stride;
		if (at[a] && x + b->side > b->hi[a])
			x = b->hi[a] - b->side;
		corner[b->axis[a]] = (float)(x > b->lo[a] ? x : b->lo[a]);
	}
}

int64_t
prepare_blocks_points(const prepare_blocks *b, const float corner[3], int64_t *out, int64_t room)
{
	double lo[2], hi[2];
	int64_t n = 0, from[2], to[2];
	for (int a = 0; a < 2; a++) {
		/* Corners are floats: a hair of room keeps the points at a window's edge in it. */
		double hair = 1e-6 * (b->side + fabs(b->lo[a]) + fabs(b->hi[a]));
		lo[a] = (double)corner[b->axis[a]] - hair;
		hi[a] = (double)corner[b->axis[a]] + b->side + hair;
		from[a] = cell_of(b, a, lo[a]);
		to[a] = cell_of(b, a, hi[a]);
	}
	for (int64_t i = from[0]; i <= to[0]; i++)
		for (int64_t at = b->start[i * b->cells[1] + from[1]], end = b->start[i * b->cells[1] + to[1] + 1]; at < end;
			 at++) {
			const float *x = b->p->xyz + 3 * b->index[at];
			double u = (double)x[b->axis[0]], v = (double)x[b->axis[1]];
			if (u < lo[0] || u > hi[0] || v < lo[1] || v > hi[1])
				continue;
			if (n < room)
				out[n] = b->index[at];
			n++;
		}
	return n;
}
