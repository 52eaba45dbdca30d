/* Run-length masks; see rle.h. The polygon rasteriser follows maskApi.c step by step, because metrics must agree with
 * it to the bit. */
#include "annotations/rle.h"
#include "annotations/format.h"
#include <stdlib.h>

void
ann_rle_free(ann_rle *r)
{
	secant_free(r->runs);
	*r = (ann_rle){ 0 };
}

secant_status
ann_rle_decode(ann_rle *r, uint32_t h, uint32_t w, const char *text, size_t n, secant_err *err)
{
	*r = (ann_rle){ .h = h, .w = w };
	r->runs = secant_calloc(n + 1, sizeof *r->runs); /* a run takes at least one byte */
	if (!r->runs)
		return ann_nomem(err);
	uint64_t sum = 0, total = (uint64_t)h * w;
	secant_status status = SECANT_OK;
	for (size_t p = 0; p < n && !status;) {
		int64_t v = 0;
		size_t start = p;
		for (int k = 0;; k++) {
			if (p >= n) {
				status = secant_fail(
					err, SECANT_ERR_FORMAT, "the run-length text ends inside a number that starts at byte %zu", start);
				break;
			}
			int c = (uint8_t)text[p] - 48;
			if (c < 0 || c > 63 || k > 8) {
				status = secant_fail(err, SECANT_ERR_FORMAT,
					c < 0 || c > 63 ? "byte %zu of the run-length text is no group (48 to 111)"
									: "a run of more than 9 groups at byte %zu",
					k > 8 ? start : p);
				break;
			}
			v |= (int64_t)(c & 31) << (5 * k);
			p++;
			if (!(c & 32)) {
				if (c & 16)
					v |= (int64_t)(~(uint64_t)0 << (5 * (k + 1)));
				break;
			}
		}
		if (status)
			break;
		if (r->n > 2)
			v += r->runs[r->n - 2];
		if (v < 0 || (uint64_t)v > total - sum)
			status = secant_fail(err, SECANT_ERR_FORMAT,
				v < 0 ? "run %zu is negative" : "runs overrun the mask at run %zu: %u x %u pixels", r->n, h, w);
		else {
			sum += (uint64_t)v;
			r->runs[r->n++] = (uint32_t)v;
		}
	}
	if (!status && sum != total)
		status = secant_fail(err, SECANT_ERR_FORMAT, "runs sum to %llu, %u x %u pixels are %llu",
			(unsigned long long)sum, h, w, (unsigned long long)total);
	if (status)
		ann_rle_free(r);
	return status;
}

void
ann_rle_encode(base_str *text, const uint32_t *runs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t v = runs[i];
		if (i > 2)
			v -= runs[i - 2];
		bool more = true;
		char group[16];
		size_t k = 0;
		while (more) {
			int c = (int)(v & 31);
			v >>= 5;
			more = c & 16 ? v != -1 : v != 0;
			group[k++] = (char)(c + (more ? 32 : 0) + 48);
		}
		base_str_addn(text, group, k);
	}
}

uint64_t
ann_rle_area(const ann_rle *r)
{
	uint64_t a = 0;
	for (size_t i = 1; i < r->n; i += 2)
		a += r->runs[i];
	return a;
}

void
ann_rle_box(const ann_rle *r, double xywh[4])
{
	uint32_t x0 = r->w, y0 = r->h, x1 = 0, y1 = 0;
	uint64_t at = 0, m = r->n / 2 * 2;
	xywh[0] = xywh[1] = xywh[2] = xywh[3] = 0;
	if (!m || !r->h)
		return;
	uint32_t before = 0;
	for (uint64_t i = 0; i < m; i++) {
		at += r->runs[i];
		if (!r->runs[i | 1]) /* a run of ones without length has no place */
			continue;
		uint64_t t = at - (i & 1);
		uint32_t y = (uint32_t)(t % r->h), x = (uint32_t)(t / r->h);
		if (!(i & 1))
			before = x;
		else if (before < x) {
			y0 = 0;
			y1 = r->h - 1;
		}
		x0 = x < x0 ? x : x0;
		x1 = x > x1 ? x : x1;
		y0 = y < y0 ? y : y0;
		y1 = y > y1 ? y : y1;
	}
	if (x1 < x0)
		return;
	xywh[0] = x0;
	xywh[1] = y0;
	xywh[2] = x1 - x0 + 1.0;
	xywh[3] = y1 - y0 + 1.0;
}

double
ann_rle_iou(const ann_rle *d, const ann_rle *g, bool crowd)
{
	if (d->h != g->h || d->w != g->w)
		return -1;
	size_t ka = d->n > 0, kb = g->n > 0;
	uint64_t ca = d->n ? d->runs[0] : 0, cb = g->n ? g->runs[0] : 0, ct = 1, inter = 0, uni = 0;
	bool va = false, vb = false;
	while (ct > 0) {
		uint64_t c = ca < cb ? ca : cb;
		if (va || vb) {
			uni += c;
			if (va && vb)
				inter += c;
		}
		ct = 0;
		ca -= c;
		if (!ca && ka < d->n) {
			ca = d->runs[ka++];
			va = !va;
		}
		ct += ca;
		cb -= c;
		if (!cb && kb < g->n) {
			cb = g->runs[kb++];
			vb = !vb;
		}
		ct += cb;
	}
	if (!inter)
		uni = 1;
	else if (crowd)
		uni = ann_rle_area(d);
	return (double)inter / (double)uni;
}

secant_status
ann_rle_union(ann_rle *to, const ann_rle *a, const ann_rle *b, secant_err *err)
{
	*to = (ann_rle){ 0 };
	if (a->h != b->h || a->w != b->w)
		return SECANT_OK;
	to->h = a->h;
	to->w = a->w;
	to->runs = secant_calloc(a->n + b->n + 2, sizeof *to->runs);
	if (!to->runs)
		return ann_nomem(err);
	size_t ka = a->n > 0, kb = b->n > 0;
	uint64_t ca = a->n ? a->runs[0] : 0, cb = b->n ? b->runs[0] : 0, ct = 1, cc = 0;
	bool va = false, vb = false, v = false;
	while (ct > 0) {
		uint64_t c = ca < cb ? ca : cb;
		cc += c;
		ct = 0;
		ca -= c;
		if (!ca && ka < a->n) {
			ca = a->runs[ka++];
			va = !va;
		}
		ct += ca;
		cb -= c;
		if (!cb && kb < b->n) {
			cb = b->runs[kb++];
			vb = !vb;
		}
		ct += cb;
		bool was = v;
		v = va || vb;
		if (v != was || !ct) {
			to->runs[to->n++] = (uint32_t)cc;
			cc = 0;
		}
	}
	return SECANT_OK;
}

static int
by_value(const void *a, const void *b)
{
	uint32_t c = *(const uint32_t *)a, d = *(const uint32_t *)b;
	return c > d ? 1 : c < d ? -1 : 0;
}

static int
cut(double v)
{
	return v >= 2e9 ? 2000000000 : v <= -2e9 ? -2000000000 : v != v ? 0 : (int)v;
}

static int
absolute(int v)
{
	return v < 0 ? -v : v;
}

/* Differences of sorted positions, runs of zero length joined with their neighbours. */
static void
runs_of(ann_rle *r, uint32_t *a, size_t k, uint64_t end)
{
	a[k++] = (uint32_t)end;
	qsort(a, k, sizeof *a, by_value);
	uint32_t p = 0;
	for (size_t j = 0; j < k; j++) {
		uint32_t t = a[j];
		a[j] -= p;
		p = t;
	}
	size_t m = 0, j = 0;
	r->runs[m++] = a[j++];
	while (j < k) {
		if (a[j] > 0) {
			r->runs[m++] = a[j++];
			continue;
		}
		j++;
		if (j < k)
			r->runs[m - 1] += a[j++];
	}
	r->n = m;
}

secant_status
ann_rle_polygon(ann_rle *r, const double *xy, int n, uint32_t h, uint32_t w, secant_err *err)
{
	const double scale = 5;
	*r = (ann_rle){ .h = h, .w = w };
	if (n < 1 || h > 1 << 24 || w > 1 << 24 || (uint64_t)h * w > UINT32_MAX)
		return secant_fail(err, SECANT_ERR_RANGE, "a polygon of %d points on %u x %u pixels cannot be a mask", n, h, w);
	int *x = secant_calloc((size_t)n + 1, sizeof *x), *y = secant_calloc((size_t)n + 1, sizeof *y);
	uint64_t m = 0;
	secant_status status = x && y ? SECANT_OK : ann_nomem(err);
	for (int j = 0; !status && j < n; j++) {
		x[j] = cut(scale * xy[2 * j] + .5);
		y[j] = cut(scale * xy[2 * j + 1] + .5);
	}
	if (!status) {
		x[n] = x[0];
		y[n] = y[0];
	}
	for (int j = 0; !status && j < n; j++) {
		int64_t dx = llabs((int64_t)x[j] - x[j + 1]), dy = llabs((int64_t)y[j] - y[j + 1]);
		m += (uint64_t)(dx > dy ? dx : dy) + 1;
	}
	if (!status && m > 200000000)
		status = secant_fail(err, SECANT_ERR_RANGE,
			"a polygon with a border of %llu fifths of a pixel is too long for a mask", (unsigned long long)m);
	int *u = status ? NULL : secant_calloc(m + 1, sizeof *u), *v = status ? NULL : secant_calloc(m + 1, sizeof *v);
	uint32_t *a = status ? NULL : secant_calloc(m + 2, sizeof *a);
	r->runs = status ? NULL : secant_calloc(m + 2, sizeof *r->runs);
	if (!status && (!u || !v || !a || !r->runs))
		status = ann_nomem(err);
	m = 0;
	for (int j = 0; !status && j < n; j++) {
		int xs = x[j], xe = x[j + 1], ys = y[j], ye = y[j + 1], dx = absolute(xe - xs), dy = absolute(ys - ye);
		bool flip = (dx >= dy && xs > xe) || (dx < dy && ys > ye);
		if (flip) {
			int t = xs;
			xs = xe;
			xe = t;
			t = ys;
			ys = ye;
			ye = t;
		}
		double slope = dx >= dy ? (double)(ye - ys) / dx : (double)(xe - xs) / dy;
		int len = dx >= dy ? dx : dy;
		for (int d = 0; d <= len; d++) {
			int t = flip ? len - d : d;
			if (dx >= dy) {
				u[m] = t + xs;
				v[m++] = len ? (int)(ys + slope * t + .5) : ys;
			} else {
				v[m] = t + ys;
				u[m++] = (int)(xs + slope * t + .5);
			}
		}
	}
	size_t k = 0;
	for (uint64_t j = 1; !status && j < m; j++)
		if (u[j] != u[j - 1]) {
			double xd = u[j] < u[j - 1] ? u[j] : u[j] - 1;
			xd = (xd + .5) / scale - .5;
			if (floor(xd) != xd || xd < 0 || xd > w - 1.0)
				continue;
			double yd = v[j] < v[j - 1] ? v[j] : v[j - 1];
			yd = (yd + .5) / scale - .5;
			yd = yd < 0 ? 0 : yd > h ? h : yd;
			yd = ceil(yd);
			a[k++] = (uint32_t)xd * h + (uint32_t)yd;
		}
	if (!status)
		runs_of(r, a, k, (uint64_t)h * w);
	secant_free(x), secant_free(y), secant_free(u), secant_free(v), secant_free(a);
	if (status)
		ann_rle_free(r);
	return status;
}

secant_status
ann_rle_shape(ann_rle *r, const ann_set *s, uint32_t shape, uint32_t h, uint32_t w, secant_err *err)
{
	*r = (ann_rle){ 0 };
	if (ann_shape_kind(s, shape) == ANN_RLE) {
		const char *counts = ann_rle_counts(s, shape);
		if (h != (uint32_t)s->shapes[shape + 1] || w != (uint32_t)s->shapes[shape + 2])
			return secant_fail(err, SECANT_ERR_SHAPE, "a mask of %g x %g pixels on a picture of %u x %u",
				s->shapes[shape + 1], s->shapes[shape + 2], h, w);
		return ann_rle_decode(r, h, w, counts, strlen(counts), err);
	}
	int parts, n;
	const double *xy, *p = ann_parts(s, shape, &parts);
	secant_status status = SECANT_OK;
	for (int i = 0; i < parts && !status; i++) {
		ann_rle one, both;
		p = ann_part(p, &xy, &n);
		if (n < 1)
			continue;
		status = ann_rle_polygon(&one, xy, n, h, w, err);
		if (status)
			break;
		if (!r->runs)
			*r = one;
		else {
			status = ann_rle_union(&both, r, &one, err);
			ann_rle_free(r);
			ann_rle_free(&one);
			*r = both;
		}
	}
	if (!status && !r->runs) {
		r->h = h;
		r->w = w;
		r->runs = secant_calloc(1, sizeof *r->runs);
		if (!r->runs)
			return ann_nomem(err);
		r->runs[r->n++] = h * w;
	}
	return status;
}

secant_status
ann_rle_from_pixels(ann_rle *r, const uint8_t *pixels, uint32_t h, uint32_t w, secant_err *err)
{
	*r = (ann_rle){ .h = h, .w = w };
	size_t n = 1;
	uint8_t last = 0;
	for (uint32_t x = 0; x < w; x++)
		for (uint32_t y = 0; y < h; y++) {
			uint8_t v = pixels[(size_t)y * w + x] != 0;
			n += v != last;
			last = v;
		}
	r->runs = secant_calloc(n, sizeof *r->runs);
	if (!r->runs)
		return ann_nomem(err);
	uint32_t run = 0;
	last = 0;
	for (uint32_t x = 0; x < w; x++)
		for (uint32_t y = 0; y < h; y++) {
			uint8_t v = pixels[(size_t)y * w + x] != 0;
			if (v != last) {
				r->runs[r->n++] = run;
				run = 0;
				last = v;
			}
			run++;
		}
	r->runs[r->n++] = run;
	return SECANT_OK;
}

void
ann_rle_paint(const ann_rle *r, uint8_t *pixels, uint8_t value)
{
	uint64_t at = 0;
	for (size_t i = 0; i < r->n; i++) {
		if (i & 1)
			for (uint64_t t = at; t < at + r->runs[i]; t++)
				pixels[t % r->h * r->w + t / r->h] = value;
		at += r->runs[i];
	}
}

secant_status
ann_rle_cut(const ann_set *s, uint32_t shape, uint8_t **pixels, int xywh[4], secant_err *err)
{
	ann_rle r;
	double b[4];
	uint32_t h = (uint32_t)s->shapes[shape + 1], w = (uint32_t)s->shapes[shape + 2];
	secant_status status = ann_rle_shape(&r, s, shape, h, w, err);
	if (status)
		return status;
	ann_rle_box(&r, b);
	for (int i = 0; i < 4; i++)
		xywh[i] = (int)b[i];
	uint8_t *all = secant_calloc((size_t)w * h + 1, 1);
	*pixels = secant_calloc((size_t)xywh[2] * (size_t)xywh[3] + 1, 1);
	if (all && *pixels) {
		ann_rle_paint(&r, all, 1);
		for (int y = 0; y < xywh[3]; y++)
			memcpy(*pixels + (size_t)y * (size_t)xywh[2], all + (size_t)(y + xywh[1]) * w + (size_t)xywh[0],
				(size_t)xywh[2]);
	} else {
		secant_free(*pixels);
		*pixels = NULL;
		status = ann_nomem(err);
	}
	secant_free(all);
	ann_rle_free(&r);
	return status;
}

static int
by_double(const void *a, const void *b)
{
	double c = *(const double *)a, d = *(const double *)b;
	return c > d ? 1 : c < d ? -1 : 0;
}

/* Row by row: crossings of a part with the line through the pixel centres, sorted, filled in pairs. Parts are joined,
 * as COCO does: one within another is no hole. */
static void
fill_part(const double *xy, int n, uint32_t h, uint32_t w, uint8_t *pixels, uint8_t value, double *cross)
{
	double top = INFINITY, bottom = 0;
	for (int i = 0; i < n; i++) {
		top = fmin(top, xy[2 * i + 1]);
		bottom = fmax(bottom, xy[2 * i + 1]);
	}
	top = fmax(0, floor(top)), bottom = fmin(h, ceil(bottom) + 1);
	for (double row = top; row < bottom; row++) {
		double yc = row + .5;
		int k = 0;
		for (int j = 0; j < n; j++) {
			const double *a = xy + 2 * j, *b = xy + 2 * ((j + 1) % n);
			if ((a[1] <= yc) != (b[1] <= yc))
				cross[k++] = a[0] + (yc - a[1]) * (b[0] - a[0]) / (b[1] - a[1]);
		}
		qsort(cross, (size_t)k, sizeof *cross, by_double);
		for (int j = 0; j + 1 < k; j += 2) {
			double from = fmax(0, ceil(cross[j] - .5)), to = fmin(w, ceil(cross[j + 1] - .5));
			if (to > from)
				memset(pixels + (size_t)row * w + (size_t)from, value, (size_t)(to - from));
		}
	}
}

secant_status
ann_fill(const ann_set *s, uint32_t shape, uint32_t h, uint32_t w, uint8_t *pixels, uint8_t value, secant_err *err)
{
	if (ann_shape_kind(s, shape) == ANN_RLE) {
		ann_rle r;
		secant_status status = ann_rle_shape(&r, s, shape, h, w, err);
		if (!status)
			ann_rle_paint(&r, pixels, value);
		ann_rle_free(&r);
		return status;
	}
	int parts, n, most = 0;
	const double *xy, *p = ann_parts(s, shape, &parts);
	for (int i = 0; i < parts; i++) {
		p = ann_part(p, &xy, &n);
		most = n > most ? n : most;
	}
	double *cross = secant_calloc((size_t)most + 1, sizeof *cross);
	if (!cross)
		return ann_nomem(err);
	p = ann_parts(s, shape, &parts);
	for (int i = 0; i < parts; i++) {
		p = ann_part(p, &xy, &n);
		fill_part(xy, n, h, w, pixels, value, cross);
	}
	secant_free(cross);
	return SECANT_OK;
}
