/*
 * Lines of text (libctpnpostprocess): CTPN finds pieces of text 16 pixels wide; those beside each other that overlap
 * upright and are alike in height become lines. Of TensorFlow come corrections and scores of ten anchors at each place,
 * of MindSpore (IS_MINDSPORE, as long as nothing is said) 1000 pieces with a score and a flag.
 *
 * After MindX SDK's CtpnPostProcess, except that pieces of MindSpore are taken by their scores there and then in a
 * mixed order; here the most probable one counts.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "stream/post/boxes.h"

enum {
	STRIDE = 16, /* of the network, and how wide anchors are */
	ANCHORS = 10,
	LEAST_SIDE = 8,
	BEFORE = 12000, /* pieces that are compared */
	AFTER = 1000, /* and that are kept */
	NUMBERS = 5, /* of a piece of MindSpore */
	CORNERS = 4,
	MOST_SIDE = 65536 /* of the network's picture */
};
static const int heights[ANCHORS] = { 11, 16, 23, 33, 48, 68, 97, 139, 198, 283 };
static const float alike = 0.7F, least_ratio = 0.5F, higher = 2.5F;

typedef struct ctpn {
	bool oriented, mindspore;
	int gap;
	float box_overlap, text_overlap, least, least_line;
} ctpn;

static bool
open(stream_post *s)
{
	ctpn *c = s->state;
	c->oriented = stream_post_flag(s, "IS_ORIENTED", false);
	c->mindspore = stream_post_flag(s, "IS_MINDSPORE", true);
	c->gap = stream_post_int(s, "MAX_HORIZONTAL_GAP", 60, 0, 1000);
	c->box_overlap = stream_post_real(s, "BOX_IOU_THRESH", 0.7F, 0, 1);
	c->text_overlap = stream_post_real(s, "TEXT_IOU_THRESH", 0.2F, 0, 1);
	c->least = stream_post_real(s, "TEXT_PROPOSALS_MIN_SCORE", 0.7F, 0, 1);
	c->least_line = stream_post_real(s, "LINE_MIN_SCORE", 0.9F, 0, 1);
	return !s->failed;
}

static float
within(float v, float most)
{
	return v > 0 ? (v < most ? v : most) : 0;
}

static void
clip(stream_found *b, const stream_post_from *from)
{
	float right = (float)from->net_width - 1, bottom = (float)from->net_height - 1;
	b->x0 = within(b->x0, right);
	b->x1 = within(b->x1, right);
	b->y0 = within(b->y0, bottom);
	b->y1 = within(b->y1, bottom);
}

/* Pieces of TensorFlow: at each place of the map ten anchors, of each how far it is moved and stretched upright. */
static bool
read_map(const ctpn *c, const stream_tensor *t, int n, const stream_post_from *from, stream_founds *f)
{
	int rows = from->net_height / STRIDE, columns = from->net_width / STRIDE;
	if (n < 2 || !stream_is_real(&t[0]) || !stream_is_real(&t[1]) || t[0].rank != 4 || t[1].rank != 4
		|| t[0].dim[0] != 1 || t[1].dim[0] != 1 || t[0].dim[1] != rows || t[1].dim[1] != rows || t[0].dim[2] != columns
		|| t[1].dim[2] != columns || t[0].dim[3] != 4 * ANCHORS || t[1].dim[3] != 2 * ANCHORS
		|| t[0].size != (size_t)rows * (size_t)columns * 4 * ANCHORS * sizeof(float)
		|| t[1].size != (size_t)rows * (size_t)columns * 2 * ANCHORS * sizeof(float))
		return false;
	for (int i = 0; i < rows * columns * ANCHORS; i++) {
		size_t at = (size_t)i;
		int place = i / ANCHORS, anchor = heights[i % ANCHORS];
		double middle = (STRIDE - 1) / 2.0, top = trunc(middle - anchor / 2.0), bottom = trunc(middle + anchor / 2.0);
		double height = bottom - top + 1, y = place / columns * STRIDE + top + height / 2;
		double moved = y + stream_number_at(&t[0], 4 * at + 1) * height;
		double half = exp(stream_number_at(&t[0], 4 * at + 3)) * height / 2;
		float x = (float)(place % columns * STRIDE);
		stream_found b = { x, (float)(moved - half), x + STRIDE, (float)(moved + half),
			(float)stream_number_at(&t[1], 2 * at + 1), 0, i };
		clip(&b, from);
		if (b.confidence > c->least && b.x1 - b.x0 + 1 >= LEAST_SIDE && b.y1 - b.y0 + 1 >= LEAST_SIDE)
			stream_founds_add(f, &b);
	}
	stream_founds_top(f, BEFORE);
	stream_founds_nms(f, c->box_overlap);
	stream_founds_top(f, AFTER);
	stream_founds_nms(f, c->text_overlap);
	return true;
}

/* As MindSpore's are measured: sides are a pixel longer. */
static float
overlap(const stream_found *a, const stream_found *b)
{
	float w = (a->x1 < b->x1 ? a->x1 : b->x1) - (a->x0 > b->x0 ? a->x0 : b->x0) + 1;
	float h = (a->y1 < b->y1 ? a->y1 : b->y1) - (a->y0 > b->y0 ? a->y0 : b->y0) + 1;
	float both = w > 0 && h > 0 ? w * h : 0;
	float all = (a->x1 - a->x0 + 1) * (a->y1 - a->y0 + 1) + (b->x1 - b->x0 + 1) * (b->y1 - b->y0 + 1) - both;
	return all > 0 ? both / all : 0;
}

static bool
read_pieces(const ctpn *c, const stream_tensor *t, int n, const stream_post_from *from, stream_founds *f)
{
	bool real = n >= 2 && (t[0].type == STREAM_T_F16 || t[0].type == STREAM_T_F32);
	size_t many = real ? t[0].size / stream_type_size(t[0].type) / NUMBERS : 0;
	if (!many || many > BEFORE || stream_type_size(t[1].type) != 1 || t[1].size < many)
		return false;
	for (size_t i = 0; i < many; i++) {
		float v[NUMBERS];
		for (size_t k = 0; k < NUMBERS; k++)
			v[k] = (float)stream_number_at(&t[0], i * NUMBERS + k) * (float)(t[1].data[i] != 0);
		stream_found b = { v[0], v[1], v[2], v[3], v[4], 0, (int)i };
		clip(&b, from);
		if (b.confidence > c->least)
			stream_founds_add(f, &b);
	}
	stream_founds_nms_by(f, nextafterf(c->text_overlap, -1), overlap); /* as much as the threshold is too much there */
	return true;
}

/* Do two pieces stand beside each other? */
static bool
fit(const stream_found *a, const stream_found *b)
{
	float h1 = a->y1 - a->y0 + 1, h2 = b->y1 - b->y0 + 1;
	float smaller = h1 < h2 ? h1 : h2, larger = h1 < h2 ? h2 : h1;
	float both = (a->y1 < b->y1 ? a->y1 : b->y1) - (a->y0 > b->y0 ? a->y0 : b->y0) + 1;
	return smaller > 0 && (both > 0 ? both : 0) / smaller >= alike && smaller / larger >= alike;
}

/* Pieces by the pixel they begin at: first of each, then the next of the same. */
typedef struct row {
	int *first, *next;
	int width;
} row;

/* The most probable of the nearest pieces that fit to `of`, from a pixel on to another one; -1: none. */
static int
nearest(const stream_founds *f, const row *r, const stream_found *of, int x, int end, int step)
{
	int best = -1;
	for (; x != end && x >= 0 && x < r->width && best < 0; x += step)
		for (int i = r->first[x]; i >= 0; i = r->next[i])
			if (fit(&f->v[i], of) && (best < 0 || f->v[i].confidence > f->v[best].confidence))
				best = i;
	return best;
}

/* Of each piece the one that follows it in its line (-1: none), and whether another one comes before it. */
static bool
connect(const ctpn *c, const stream_founds *f, int width, int *follows, bool *preceded)
{
	row r = { secant_calloc((size_t)width, sizeof(int)), secant_calloc((size_t)f->n + 1, sizeof(int)), width };
	bool fine = r.first && r.next;
	for (int x = 0; x < width && fine; x++)
		r.first[x] = -1;
	for (int i = f->n - 1; i >= 0 && fine; i--) {
		int x = (int)f->v[i].x0;
		r.next[i] = r.first[x];
		r.first[x] = i;
	}
	for (int i = 0; i < f->n && fine; i++) {
		const stream_found *b = &f->v[i];
		int x = (int)b->x0, end = x + c->gap + 1;
		follows[i] = nearest(f, &r, b, x + 1, end < width ? end : width, 1);
		if (follows[i] < 0)
			continue;
		x = (int)f->v[follows[i]].x0;
		int before = nearest(f, &r, b, x - 1, (x > c->gap ? x - c->gap : 0) - 1, -1);
		if (before < 0 || b->confidence < f->v[before].confidence)
			follows[i] = -1;
		else
			preceded[follows[i]] = true;
	}
	secant_free(r.first);
	secant_free(r.next);
	return fine;
}

/* A straight line through points by the least squares. */
typedef struct fitted {
	double n, x, y, xx, xy;
} fitted;

static void
fit_point(fitted *l, float x, float y)
{
	l->n += 1;
	l->x += (double)x;
	l->y += (double)y;
	l->xx += (double)x * (double)x;
	l->xy += (double)x * (double)y;
}

static double
slope(const fitted *l)
{
	double d = l->n * l->xx - l->x * l->x;
	return d > 0 ? (l->n * l->xy - l->x * l->y) / d : 0;
}

static double
at(const fitted *l, double x)
{
	return l->y / l->n + slope(l) * (x - l->x / l->n);
}

typedef struct line {
	float p[CORNERS][2]; /* upper left, upper right, lower right, lower left */
	float score;
} line;

/* A line that follows the slope of its pieces. */
static void
turned(line *l, const fitted *middle, double height, float x0, float x1)
{
	double a = slope(middle), up = (height + (double)higher) / 2,
		   width = hypot((double)(x1 - x0), a * (double)(x1 - x0));
	double y[CORNERS] = { at(middle, (double)x0) - up, at(middle, (double)x1) - up, at(middle, (double)x1) + up,
		at(middle, (double)x0) + up };
	double rise = width > 0 ? 2 * up * fabs(y[1] - y[0]) / width : 0;
	double x = width > 0 ? rise * (double)(x1 - x0) / width : 0, d = width > 0 ? rise * fabs(y[1] - y[0]) / width : 0;
	for (int i = 0; i < CORNERS; i++) {
		bool moved = a < 0 ? i == 0 || i == 2 : i == 1 || i == 3, right = i == 1 || i == 2;
		l->p[i][0] = (float)((double)(right ? x1 : x0) + (moved ? right ? x : -x : 0));
		l->p[i][1] = (float)(y[i] + (moved ? i < 2 ? d : -d : 0));
	}
}

/* The line that begins with a piece; false: it is too short, too steep or too improbable. */
static bool
line_of(const ctpn *c, const stream_founds *f, const int *follows, int first, const stream_post_from *from, line *l)
{
	fitted top = { 0 }, bottom = { 0 }, middle = { 0 };
	double scores = 0, heights_of = 0;
	float x0 = f->v[first].x0, x1 = f->v[first].x1, half = (x1 - x0) / 2;
	for (int i = first; i >= 0; i = follows[i]) {
		const stream_found *b = &f->v[i];
		x0 = b->x0 < x0 ? b->x0 : x0;
		x1 = b->x1 > x1 ? b->x1 : x1;
		fit_point(&top, b->x0, b->y0);
		fit_point(&bottom, b->x0, b->y1);
		fit_point(&middle, (b->x0 + b->x1) / 2, (b->y0 + b->y1) / 2);
		heights_of += (double)(b->y1 - b->y0);
		scores += (double)b->confidence;
	}
	l->score = (float)(scores / top.n);
	if (c->oriented)
		turned(l, &middle, heights_of / top.n, x0, x1);
	else {
		double left = (double)(x0 + half), right = (double)(x1 - half);
		stream_found b = { x0, (float)fmin(at(&top, left), at(&top, right)), x1,
			(float)fmax(at(&bottom, left), at(&bottom, right)), l->score, 0, 0 };
		clip(&b, from);
		memcpy(
			l->p, (float[CORNERS][2]){ { b.x0, b.y0 }, { b.x1, b.y0 }, { b.x1, b.y1 }, { b.x0, b.y1 } }, sizeof l->p);
	}
	float height = fabsf(l->p[2][1] - l->p[0][1]), width = fabsf(l->p[2][0] - l->p[0][0]);
	if (!c->mindspore) {
		height = (height + fabsf(l->p[3][1] - l->p[1][1])) / 2 + 1;
		width = (fabsf(l->p[1][0] - l->p[0][0]) + fabsf(l->p[3][0] - l->p[2][0])) / 2 + 1;
	}
	return height > 0 && width / height > least_ratio && l->score > c->least_line && width > 2 * STRIDE;
}

static void
put(line *l, const stream_post_from *from, base_str *list)
{
	for (int i = 0; i < CORNERS; i++) {
		l->p[i][0] /= (float)from->net_width;
		l->p[i][1] /= (float)from->net_height;
	}
	stream_corners_put(l->p, l->score, from, list);
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const ctpn *c = s->state;
	stream_founds f = { 0 };
	char text[200];
	if (!stream_post_is_known(from, why, size))
		return STREAM_FAILURE;
	if (from->net_width < 1 || from->net_width > MOST_SIDE
		|| !(c->mindspore ? read_pieces(c, t, n, from, &f) : read_map(c, t, n, from, &f))) {
		snprintf(why, size, "IS_MINDSPORE %s wants %s for a picture of %dx%d; there are %d%s%s",
			c->mindspore ? "true" : "false",
			c->mindspore ? "pieces FLOAT16 Nx5 and flags" : "FLOAT32 1xHxWx40 and 1xHxWx20, a place for 16 pixels,",
			from->net_width, from->net_height, n, n ? ", the first is " : "",
			n ? stream_tensor_text(&t[0], text, sizeof text) : "");
		return STREAM_INVALID;
	}
	int *follows = secant_calloc((size_t)f.n + 1, sizeof *follows);
	bool *preceded = secant_calloc((size_t)f.n + 1, sizeof *preceded);
	bool fine = !f.failed && follows && preceded && connect(c, &f, from->net_width, follows, preceded);
	for (int i = 0; i < f.n && fine; i++) {
		line l;
		if (!preceded[i] && follows[i] >= 0 && line_of(c, &f, follows, i, from, &l))
			put(&l, from, list);
	}
	secant_free(follows);
	secant_free(preceded);
	secant_free(f.v);
	snprintf(why, size, "no memory for lines of text");
	return fine ? 0 : STREAM_NO_MEMORY;
}

const stream_library stream_library_ctpn = { .names = "ctpnpostprocess|MpCtpnPostProcessor",
	.message = "MxpiTextObjectList",
	.state = sizeof(ctpn),
	.empty_is_nothing = true,
	.open = open,
	.run = run };
