/*
 * Boundary F1. A pixel of class k is on its boundary where one of its four neighbours in the picture is not of class
 * k (the picture's own edge is no boundary; ignored pixels are neither). With theta the tolerance,
 *
 *     P = boundary pixels of the prediction within theta of one of the label / boundary pixels of the prediction
 *     R = boundary pixels of the label within theta of one of the prediction / boundary pixels of the label       F1
 *     = 2 P R / (P + R)
 *
 * by Euclidean distance; theta is at least one pixel. The paper averages P and R over pictures; here, as everywhere
 * in this room, the four counts are summed over the data set and divided once.
 */
#include "judge/boundary.h"
#include <math.h>

enum { FAR = 1 << 20 }; /* rows to a boundary where the column has none */

typedef struct boundary_counts {
	int64_t predicted, predicted_met, label, label_met;
} boundary_counts;

struct judge_boundary {
	int classes;
	double tolerance;
	boundary_counts *count;
	int height, width; /* of the planes */
	size_t room;
	uint8_t *plane[2]; /* prediction, label; then, in place, only the boundaries */
	int32_t *rows[2]; /* to the nearest boundary pixel of the column */
};

judge_boundary *
judge_boundary_new(int classes, double tolerance, secant_err *err)
{
	judge_boundary *b = secant_calloc(1, sizeof *b);
	if (!b || !(b->count = secant_calloc((size_t)classes, sizeof *b->count))) {
		secant_free(b);
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for boundaries of %d classes", classes);
		return NULL;
	}
	b->classes = classes;
	b->tolerance = tolerance;
	return b;
}

static void
planes_free(judge_boundary *b)
{
	for (int i = 0; i < 2; i++) {
		secant_free(b->plane[i]);
		secant_free(b->rows[i]);
		b->plane[i] = NULL;
		b->rows[i] = NULL;
	}
	b->room = 0;
}

void
judge_boundary_free(judge_boundary *b)
{
	if (!b)
		return;
	planes_free(b);
	secant_free(b->count);
	secant_free(b);
}

secant_status
judge_boundary_planes(judge_boundary *b, int height, int width, uint8_t **predicted, uint8_t **label, secant_err *err)
{
	size_t pixels = (size_t)height * (size_t)width;
	if (pixels > b->room) {
		planes_free(b);
		for (int i = 0; i < 2; i++)
			/* One byte more on every side is not needed: neighbours are asked for inside only. */
			if (!(b->plane[i] = secant_calloc(pixels, 2)) || !(b->rows[i] = secant_calloc(pixels, sizeof(int32_t))))
				return secant_fail(
					err, SECANT_ERR_NOMEM, "no memory for the boundaries of a picture of %dx%d", height, width);
		b->room = pixels;
	}
	b->height = height;
	b->width = width;
	*predicted = b->plane[0];
	*label = b->plane[1];
	return SECANT_OK;
}

/* The second half of a plane's memory: 1 on the boundary. */
static int64_t
mark(const uint8_t *plane, uint8_t *edge, int height, int width)
{
	int64_t n = 0;
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			size_t i = (size_t)y * (size_t)width + (size_t)x;
			bool beside = (x && plane[i - 1] == JUDGE_BEYOND) || (x + 1 < width && plane[i + 1] == JUDGE_BEYOND)
				|| (y && plane[i - (size_t)width] == JUDGE_BEYOND)
				|| (y + 1 < height && plane[i + (size_t)width] == JUDGE_BEYOND);
			edge[i] = plane[i] == JUDGE_WITHIN && beside;
			n += edge[i];
		}
	return n;
}

static void
measure_columns(const uint8_t *edge, int32_t *rows, int height, int width)
{
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			size_t i = (size_t)y * (size_t)width + (size_t)x;
			rows[i] = edge[i] ? 0 : y ? rows[i - (size_t)width] + 1 : FAR;
		}
	for (int y = height - 2; y >= 0; y--)
		for (int x = 0; x < width; x++) {
			size_t i = (size_t)y * (size_t)width + (size_t)x;
			int32_t below = rows[i + (size_t)width] + 1;
			rows[i] = below < rows[i] ? below : rows[i];
		}
}

/* Boundary pixels with one of the other side, whose columns are measured in `rows`, within the radius. */
static int64_t
met(const uint8_t *edge, const int32_t *rows, int height, int width, double radius)
{
	int reach = (int)fmin(radius, width);
	int64_t n = 0;
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			const int32_t *row = rows + (size_t)y * (size_t)width;
			if (!edge[(size_t)y * (size_t)width + (size_t)x])
				continue;
			int first = x > reach ? x - reach : 0, last = x + reach < width ? x + reach : width - 1;
			for (int k = first; k <= last; k++)
				if ((double)(k - x) * (k - x) + (double)row[k] * row[k] <= radius * radius) {
					n++;
					break;
				}
		}
	return n;
}

void
judge_boundary_add(judge_boundary *b, int k)
{
	int h = b->height, w = b->width;
	size_t pixels = (size_t)h * (size_t)w;
	uint8_t *edge[2] = { b->plane[0] + pixels, b->plane[1] + pixels };
	double radius = fmax(1, b->tolerance < 1 ? b->tolerance * hypot(h, w) : b->tolerance);
	int64_t n[2];
	for (int i = 0; i < 2; i++) {
		n[i] = mark(b->plane[i], edge[i], h, w);
		measure_columns(edge[i], b->rows[i], h, w);
	}
	b->count[k].predicted += n[0];
	b->count[k].label += n[1];
	if (n[0] && n[1]) {
		b->count[k].predicted_met += met(edge[0], b->rows[1], h, w, radius);
		b->count[k].label_met += met(edge[1], b->rows[0], h, w, radius);
	}
}

double
judge_boundary_f1(const judge_boundary *b, int k)
{
	const boundary_counts *c = &b->count[k];
	if (!c->predicted && !c->label)
		return NAN;
	double p = c->predicted ? (double)c->predicted_met / (double)c->predicted : 0,
		   r = c->label ? (double)c->label_met / (double)c->label : 0;
	return p + r > 0 ? 2 * p * r / (p + r) : 0;
}
