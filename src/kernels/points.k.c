/*
 * Neighbours in one cloud.
 *
 * Farthest points are found in buckets (Han, Wang and others 2023: QuickFPS): points are parted by medians into leaves
 * with a box and the largest distance each. A new choice only touches the leaves whose box is nearer to it than their
 * largest distance; the result is exactly that of the plain loop. Ball queries look at the cells around a centre in a
 * uniform grid of cells no smaller than the radius.
 */
#include "kernels/points.h"
#include <math.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

enum { LANES = 16, LEAF = 64, CELLS = 32 };

KERNEL_INLINE int64_t
round_up(int64_t n)
{
	return (n + LANES - 1) / LANES * LANES;
}

/* ---- farthest points ---- */

typedef struct item {
	float v[3];
	int32_t index;
} item;

/* Pieces of the scratch: places of all leaves one after another, `room` each. */
typedef struct buckets {
	int64_t n, leaves, room;
	item *items;
	float *x, *y, *z, *distance, *low[3], *high[3], *largest, *box;
	int32_t *index;
} buckets;

static buckets
buckets_of(int64_t n, void *scratch, size_t *size)
{
	buckets b = { .n = n, .leaves = 1 };
	while (b.leaves * LEAF < n)
		b.leaves *= 2;
	b.room = round_up((n + b.leaves - 1) / b.leaves);
	int64_t all = b.leaves * b.room, wide = round_up(b.leaves);
	char *at = scratch;
	size_t used = 0;
	float **pieces[] = { &b.x, &b.y, &b.z, &b.distance, &b.low[0], &b.low[1], &b.low[2], &b.high[0], &b.high[1],
		&b.high[2], &b.largest, &b.box };
	for (int i = 0; i < 12; i++) {
		*pieces[i] = at ? (float *)(void *)(at + used) : NULL;
		used += (size_t)(i < 4 ? all : wide) * sizeof(float);
	}
	b.index = at ? (int32_t *)(void *)(at + used) : NULL;
	used += (size_t)all * sizeof(int32_t);
	b.items = at ? (item *)(void *)(at + used) : NULL;
	*size = used + (size_t)round_up(n) * sizeof(item);
	return b;
}

static size_t
farthest_scratch(int64_t n)
{
	size_t size;
	buckets_of(n, NULL, &size);
	return size;
}

/* Reorders p so that the first k are not behind the others along an axis. */
static void
part(item *p, int64_t n, int64_t k, int axis)
{
	int64_t lo = 0, hi = n - 1;
	while (lo < hi) {
		float pivot = p[lo + (hi - lo) / 2].v[axis];
		int64_t i = lo, j = hi;
		while (i <= j) {
			while (p[i].v[axis] < pivot)
				i++;
			while (p[j].v[axis] > pivot)
				j--;
			if (i <= j) {
				item t = p[i];
				p[i++] = p[j];
				p[j--] = t;
			}
		}
		if (k <= j)
			hi = j;
		else if (k >= i)
			lo = i;
		else
			return;
	}
}

/* Parts the items of leaves [first, first + leaves), widest axis first. */
static void
part_all(const buckets *b, int64_t first, int64_t leaves)
{
	int64_t from = b->n * first / b->leaves, to = b->n * (first + leaves) / b->leaves,
			middle = b->n * (first + leaves / 2) / b->leaves;
	float lo[3] = { INFINITY, INFINITY, INFINITY }, hi[3] = { -INFINITY, -INFINITY, -INFINITY };
	int axis = 0;
	if (leaves < 2)
		return;
	for (int64_t i = from; i < to; i++)
		for (int k = 0; k < 3; k++) {
			lo[k] = b->items[i].v[k] < lo[k] ? b->items[i].v[k] : lo[k];
			hi[k] = b->items[i].v[k] > hi[k] ? b->items[i].v[k] : hi[k];
		}
	for (int k = 1; k < 3; k++)
		if (hi[k] - lo[k] > hi[axis] - lo[axis])
			axis = k;
	part(b->items + from, to - from, middle - from, axis);
	part_all(b, first, leaves / 2);
	part_all(b, first + leaves / 2, leaves / 2);
}

/* Leaves from parted items. Places behind a leaf's last point are never far. */
static void
fill(const buckets *b)
{
	for (int64_t l = 0; l < round_up(b->leaves); l++) {
		int64_t from = l < b->leaves ? b->n * l / b->leaves : 0,
				n = l < b->leaves ? b->n * (l + 1) / b->leaves - from : 0;
		b->largest[l] = n ? INFINITY : -1;
		for (int k = 0; k < 3; k++) {
			b->low[k][l] = INFINITY;
			b->high[k][l] = -INFINITY;
		}
		for (int64_t i = 0; i < b->room && l < b->leaves; i++) {
			int64_t at = l * b->room + i;
			const item *p = &b->items[from + (i < n ? i : 0)];
			b->x[at] = p->v[0], b->y[at] = p->v[1], b->z[at] = p->v[2];
			b->index[at] = i < n ? p->index : INT32_MAX;
			b->distance[at] = i < n ? INFINITY : -1;
			for (int k = 0; k < 3 && i < n; k++) {
				b->low[k][l] = p->v[k] < b->low[k][l] ? p->v[k] : b->low[k][l];
				b->high[k][l] = p->v[k] > b->high[k][l] ? p->v[k] : b->high[k][l];
			}
		}
	}
}

/* Brings the distances of a leaf up to date with choice c; returns the largest. */
KERNEL_INLINE float
touch(const buckets *b, int64_t leaf, const float *c)
{
	const float *restrict x = b->x + leaf * b->room, *restrict y = b->y + leaf * b->room,
						  *restrict z = b->z + leaf * b->room;
	float *restrict distance = b->distance + leaf * b->room, most[LANES], cx = c[0], cy = c[1], cz = c[2], top = -1;
	for (int l = 0; l < LANES; l++)
		most[l] = -1;
	for (int64_t i = 0; i < b->room; i += LANES)
		for (int l = 0; l < LANES; l++) {
			float dx = x[i + l] - cx, dy = y[i + l] - cy, dz = z[i + l] - cz, d = dx * dx + dy * dy + dz * dz;
			d = distance[i + l] < d ? distance[i + l] : d;
			distance[i + l] = d;
			most[l] = d > most[l] ? d : most[l];
		}
	for (int l = 0; l < LANES; l++)
		top = most[l] > top ? most[l] : top;
	return top;
}

/* A bound below the squared distance of c to each box; a little less, so that rounding skips no leaf that a point of it
 * would change. */
KERNEL_INLINE void
bounds(const buckets *b, const float *c)
{
	int64_t n = round_up(b->leaves);
	float *restrict box = b->box;
	KERNEL_IVDEP
	for (int64_t l = 0; l < n; l++) {
		float sum = 0;
		for (int k = 0; k < 3; k++) {
			float under = b->low[k][l] - c[k], over = c[k] - b->high[k][l], d = under > over ? under : over;
			d = d > 0 ? d : 0;
			sum += d * d;
		}
		box[l] = sum * 0.999999f;
	}
}

/* The lowest index of the points as far as `top`. */
static int32_t
find(const buckets *b, float top)
{
	int32_t best = INT32_MAX;
	for (int64_t l = 0; l < b->leaves; l++)
		for (int64_t i = l * b->room; b->largest[l] == top && i < (l + 1) * b->room; i++)
			if (b->distance[i] == top && b->index[i] < best)
				best = b->index[i];
	return best == INT32_MAX ? 0 : best; /* no number at all: the first */
}

static void
farthest(int32_t *chosen, int64_t count, int64_t start, const float *x, int64_t step, int64_t n, void *scratch)
{
	size_t size;
	buckets b = buckets_of(n, scratch, &size);
	for (int64_t i = 0; i < n; i++)
		b.items[i] = (item){ { x[i * step], x[i * step + 1], x[i * step + 2] }, (int32_t)i };
	part_all(&b, 0, b.leaves);
	fill(&b);
	chosen[0] = (int32_t)start;
	for (int64_t m = 1; m < count; m++) {
		const float *c = x + chosen[m - 1] * step;
		float most[LANES], top = -1;
		bounds(&b, c);
		for (int64_t l = 0; l < b.leaves; l++)
			if (!(b.box[l] > b.largest[l]))
				b.largest[l] = touch(&b, l, c);
		for (int l = 0; l < LANES; l++)
			most[l] = -1;
		for (int64_t l = 0; l < round_up(b.leaves); l += LANES)
			for (int k = 0; k < LANES; k++)
				most[k] = b.largest[l + k] > most[k] ? b.largest[l + k] : most[k];
		for (int l = 0; l < LANES; l++)
			top = most[l] > top ? most[l] : top;
		chosen[m] = find(&b, top);
	}
}

/* ---- ball queries ---- */

typedef struct grid {
	int64_t n, dim[3];
	float low[3], per[3], radius; /* per: cells per unit */
	int32_t *first; /* of each cell, and one behind the last */
	int32_t *index; /* points in the order of cells, and of their index within */
	float *x, *y, *z;
} grid;

static size_t
grid_scratch(int64_t n)
{
	return 128 + (size_t)(CELLS * CELLS * CELLS + LANES) * sizeof(int32_t) + 4 * (size_t)(round_up(n) + LANES) * 4;
}

/* Which cell along an axis: also numbers that are none get one. */
KERNEL_INLINE int64_t
cell(const grid *g, float v, int axis)
{
	float at = (v - g->low[axis]) * g->per[axis];
	return !(at > 0) ? 0 : at < (float)g->dim[axis] ? (int64_t)at : g->dim[axis] - 1;
}

KERNEL_INLINE int64_t
cell_of(const grid *g, const float *p)
{
	return (cell(g, p[2], 2) * g->dim[1] + cell(g, p[1], 1)) * g->dim[0] + cell(g, p[0], 0);
}

static void
make_grid(const float *x, int64_t step, int64_t n, float radius, void *scratch)
{
	grid *g = scratch;
	float high[3];
	*g = (grid){ .n = n, .radius = radius };
	for (int k = 0; k < 3; k++) {
		g->low[k] = INFINITY, high[k] = -INFINITY;
		for (int64_t i = 0; i < n; i++) {
			float v = x[i * step + k];
			g->low[k] = v < g->low[k] ? v : g->low[k];
			high[k] = v > high[k] ? v : high[k];
		}
		float extent = high[k] - g->low[k], cells = extent / (radius * 1.0001f),
			  most = n < 256 ? 1 : CELLS; /* few points: one cell */
		g->dim[k] = !(cells >= 2) ? 1 : cells < most ? (int64_t)cells : (int64_t)most;
		g->per[k] = g->dim[k] > 1 && extent < INFINITY ? (float)g->dim[k] / extent : 0;
	}
	int64_t cells = g->dim[0] * g->dim[1] * g->dim[2];
	g->first = (int32_t *)(void *)((char *)scratch + 128);
	g->index = g->first + CELLS * CELLS * CELLS + LANES;
	g->x = (float *)(void *)(g->index + round_up(n) + LANES);
	g->y = g->x + round_up(n) + LANES;
	g->z = g->y + round_up(n) + LANES;
	memset(g->first, 0, (size_t)(cells + 1) * sizeof *g->first);
	for (int64_t i = 0; i < n; i++)
		g->first[cell_of(g, x + i * step) + 1]++;
	for (int64_t c = 0; c < cells; c++)
		g->first[c + 1] += g->first[c];
	for (int64_t i = 0; i < n; i++) { /* first[c] runs to where c + 1 began ... */
		int32_t at = g->first[cell_of(g, x + i * step)]++;
		g->index[at] = (int32_t)i;
		g->x[at] = x[i * step], g->y[at] = x[i * step + 1], g->z[at] = x[i * step + 2];
	}
	for (int64_t c = cells; c > 0; c--) /* ... and goes back */
		g->first[c] = g->first[c - 1];
	g->first[0] = 0;
}

/* Appends the places' indices that are near enough; up to LANES entries behind the last may be written. */
KERNEL_INLINE int64_t
collect(int32_t *hits, int64_t found, const grid *g, int64_t from, int64_t to, const float *c, float limit, bool open)
{
	int64_t i = from;
#ifdef __AVX512F__
	__m512 cx = _mm512_set1_ps(c[0]), cy = _mm512_set1_ps(c[1]), cz = _mm512_set1_ps(c[2]),
		   most = _mm512_set1_ps(limit);
	for (; i < to; i += LANES) {
		__mmask16 there = to - i < LANES ? (__mmask16)((1u << (to - i)) - 1) : (__mmask16)0xffff;
		__m512 dx = _mm512_sub_ps(_mm512_loadu_ps(g->x + i), cx), dy = _mm512_sub_ps(_mm512_loadu_ps(g->y + i), cy),
			   dz = _mm512_sub_ps(_mm512_loadu_ps(g->z + i), cz);
		__m512 d = _mm512_fmadd_ps(dz, dz, _mm512_fmadd_ps(dy, dy, _mm512_mul_ps(dx, dx)));
		__mmask16 in = open ? _mm512_mask_cmp_ps_mask(there, d, most, _CMP_LT_OQ)
							: _mm512_mask_cmp_ps_mask(there, d, most, _CMP_LE_OQ);
		_mm512_mask_compressstoreu_epi32(hits + found, in, _mm512_loadu_si512(g->index + i));
		found += __builtin_popcount(in);
	}
#else
	for (; i < to; i++) {
		float dx = g->x[i] - c[0], dy = g->y[i] - c[1], dz = g->z[i] - c[2], d = dx * dx + dy * dy + dz * dz;
		hits[found] = g->index[i];
		found += open ? d < limit : d <= limit;
	}
#endif
	return found;
}

static size_t
ball_scratch(int64_t n)
{
	return (size_t)(round_up(n) + LANES) * sizeof(int32_t) + (size_t)(n / 64 + 1) * sizeof(uint64_t);
}

/* The k lowest of the hits, in order: by a set of bits, or sorted where they are few against its words. */
static void
lowest(int32_t *to, int64_t k, int32_t *hits, int64_t found, uint64_t *bits, int64_t words)
{
	if (found * found < 4 * words || found < 12) {
		for (int64_t i = 1; i < found; i++) {
			int32_t v = hits[i];
			int64_t j = i;
			for (; j > 0 && hits[j - 1] > v; j--)
				hits[j] = hits[j - 1];
			hits[j] = v;
		}
		memcpy(to, hits, (size_t)(found < k ? found : k) * sizeof *to);
		return;
	}
	for (int64_t i = 0; i < found; i++)
		bits[hits[i] >> 6] |= (uint64_t)1 << (hits[i] & 63);
	int64_t n = 0;
	for (int64_t w = 0; w < words; w++)
		for (uint64_t left = bits[w]; left && n < k; left &= left - 1)
			to[n++] = (int32_t)(w * 64 + __builtin_ctzll(left));
	for (int64_t i = 0; i < found; i++)
		bits[hits[i] >> 6] = 0;
}

/* Of a ball without points. */
static int32_t
nearest_of_all(const grid *g, const float *c)
{
	float best = INFINITY;
	int32_t index = 0;
	for (int64_t i = 0; i < g->n; i++) {
		float dx = g->x[i] - c[0], dy = g->y[i] - c[1], dz = g->z[i] - c[2], d = dx * dx + dy * dy + dz * dz;
		if (d < best || (d == best && g->index[i] < index)) {
			best = d;
			index = g->index[i];
		}
	}
	return index;
}

static void
ball(int32_t *found, int64_t k, bool open, const float *centre, int64_t centre_step, int64_t m, const void *made,
	void *scratch)
{
	const grid *g = made;
	int64_t words = g->n / 64 + 1;
	uint64_t *bits = scratch;
	int32_t *hits = (int32_t *)(void *)(bits + words);
	memset(bits, 0, (size_t)words * sizeof *bits);
	for (int64_t i = 0; i < m; i++, found += k) {
		const float *c = centre + i * centre_step;
		int64_t lo[3], hi[3], n = 0;
		for (int a = 0; a < 3; a++) {
			int64_t own = cell(g, c[a], a);
			lo[a] = own > 0 ? own - 1 : 0;
			hi[a] = own + 1 < g->dim[a] ? own + 1 : own;
		}
		for (int64_t z = lo[2]; z <= hi[2]; z++)
			for (int64_t y = lo[1]; y <= hi[1]; y++) {
				int64_t row = (z * g->dim[1] + y) * g->dim[0];
				n = collect(
					hits, n, g, g->first[row + lo[0]], g->first[row + hi[0] + 1], c, g->radius * g->radius, open);
			}
		if (n)
			lowest(found, k, hits, n, bits, words);
		else
			found[0] = nearest_of_all(g, c);
		for (int64_t j = n ? n : 1; j < k; j++)
			found[j] = found[0];
	}
}

/* ---- three nearest ---- */

/* LANES points at a time against all others. */
static void
nearest(int32_t *index, float *distance, const float *x, int64_t step, int64_t n, const float *other,
	int64_t other_step, int64_t m)
{
	int64_t k = m < 3 ? m : 3;
	for (int64_t i = 0; i < n; i += LANES) {
		float px[LANES], py[LANES], pz[LANES], best[3][LANES];
		int32_t which[3][LANES];
		for (int l = 0; l < LANES; l++) {
			const float *p = x + (i + l < n ? i + l : n - 1) * step;
			px[l] = p[0], py[l] = p[1], pz[l] = p[2];
			for (int t = 0; t < 3; t++) {
				best[t][l] = INFINITY;
				which[t][l] = 0;
			}
		}
		for (int64_t o = 0; o < m; o++) {
			const float *q = other + o * other_step;
			float qx = q[0], qy = q[1], qz = q[2];
			int32_t number = (int32_t)o;
			for (int l = 0; l < LANES; l++) {
				float dx = px[l] - qx, dy = py[l] - qy, dz = pz[l] - qz, d = dx * dx + dy * dy + dz * dz;
				bool first = d < best[0][l], second = d < best[1][l], third = d < best[2][l];
				best[2][l] = second ? best[1][l] : third ? d : best[2][l];
				which[2][l] = second ? which[1][l] : third ? number : which[2][l];
				best[1][l] = first ? best[0][l] : second ? d : best[1][l];
				which[1][l] = first ? which[0][l] : second ? number : which[1][l];
				best[0][l] = first ? d : best[0][l];
				which[0][l] = first ? number : which[0][l];
			}
		}
		for (int64_t l = 0; l < LANES && i + l < n; l++)
			for (int64_t t = 0; t < k; t++) {
				index[(i + l) * k + t] = which[t][l];
				distance[(i + l) * k + t] = best[t][l];
			}
	}
}

/* ---- rows ---- */

static void
add(float *y, const void *x, bool low, float w, int64_t n)
{
	if (low)
		for (int64_t i = 0; i < n; i++)
			y[i] += w * kernel_load(x, i, true);
	else
		for (int64_t i = 0; i < n; i++)
			y[i] += w * ((const float *)x)[i];
}

KERNEL_INLINE void
combine_rows(void *y, const void *const *x, const float *w, int k, bool low, int64_t n)
{
	static const float none;
	const void *a = k > 0 && x[0] ? x[0] : NULL, *b = k > 1 && x[1] ? x[1] : NULL, *c = k > 2 && x[2] ? x[2] : NULL;
	float u = a ? w[0] : none, v = b ? w[1] : none, t = c ? w[2] : none;
	if (!a && !b && !c) {
		memset(y, 0, (size_t)n * (low ? 2 : 4));
		return;
	}
	a = a ? a : b ? b : c; /* any row will do where the weight is 0 */
	b = b ? b : a;
	c = c ? c : a;
	KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++)
		kernel_store_real(
			y, i, low, u * kernel_load(a, i, low) + v * kernel_load(b, i, low) + t * kernel_load(c, i, low));
}

static void
combine(void *y, const void *const *x, const float *w, int k, bool low, int64_t n)
{
	if (low)
		combine_rows(y, x, w, k, true, n);
	else
		combine_rows(y, x, w, k, false, n);
}

/* Eight rows a pass: what is best so far is read and written once for them. */
static void
largest(float *restrict best, int32_t *restrict which, const float *restrict z, int64_t rows, int64_t step, int64_t n,
	const float *restrict flip, int32_t first)
{
	int64_t r = 0;
	for (; r + 8 <= rows; r += 8)
		for (int64_t i = 0; i < n; i++) {
			float top = best[i], f = flip[i];
			int32_t row = which[i], number = first + (int32_t)r;
			for (int k = 0; k < 8; k++) {
				float v = z[(r + k) * step + i] * f;
				bool take = v > top || v != v;
				row = take ? number + k : row;
				top = take ? v : top;
			}
			best[i] = top;
			which[i] = row;
		}
	for (; r < rows; r++)
		for (int64_t i = 0; i < n; i++) {
			float v = z[r * step + i] * flip[i];
			bool take = v > best[i] || v != v;
			which[i] = take ? first + (int32_t)r : which[i];
			best[i] = take ? v : best[i];
		}
}

KERNEL_INLINE void
subtract_rows(void *y, const void *x, const float *mean, bool low, int64_t rows, int64_t n)
{
	for (int64_t r = 0; r < rows; r++)
		KERNEL_IVDEP
	for (int64_t i = 0; i < n; i++)
		kernel_store_real(y, r * n + i, low, kernel_load(x, r * n + i, low) - mean[i]);
}

static void
subtract(void *y, const void *x, const float *mean, bool low, int64_t rows, int64_t n)
{
	if (low)
		subtract_rows(y, x, mean, true, rows, n);
	else
		subtract_rows(y, x, mean, false, rows, n);
}

const kernel_points_kernels KERNEL_TABLE(points) = {
	.farthest_scratch = farthest_scratch,
	.farthest = farthest,
	.grid_scratch = grid_scratch,
	.grid = make_grid,
	.ball_scratch = ball_scratch,
	.ball = ball,
	.nearest = nearest,
	.add = add,
	.combine = combine,
	.largest = largest,
	.subtract = subtract,
};
