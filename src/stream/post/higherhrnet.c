/*
 * Key points of people (libhigherhrnetpostprocess): HigherHRNet gives maps of 17 key points and of tags, which are
 * alike for those of one person, and the maps of key points again twice as large. Peaks go to the persons whose tags
 * are nearest; what a person lacks is sought where its tag is. Places are pixels of the picture before it was scaled.
 *
 * After MindX SDK's HigherHRnetPostProcess, except that places between pixels are told by the maps; there all but peaks
 * is 0 by then.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "stream/post/boxes.h"
#include "stream/tracking.h"

enum {
	POINTS = 17,
	MOST = 30, /* peaks of a map, and persons that they may go to */
	PEOPLE = 100,
	REACH = 2, /* of a peak */
	LEAST_SIDE = 512, /* of the network's picture */
	GRID = 64, /* which its sides are multiples of */
	MOST_SIDE = 4096
};
static const float equal = 1e-6F, alike = 1;
static const uint8_t order[POINTS] = { 0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16 };

typedef struct point {
	float x, y, score, tag;
} point;

typedef struct person {
	point p[POINTS];
	float key, tags, score; /* the first tag, the sum of all */
	int n_tags;
} person;

typedef struct scene {
	int height, width;
	float *heat, *tag; /* POINTS maps each */
	person *people;
	int n;
} scene;

static bool
open(stream_post *s)
{
	float *least = s->state;
	int points = stream_post_int(s, "KEYPOINT_NUM", POINTS, 0, 100);
	*least = stream_post_real(s, "SCORE_THRESH", 0.1F, 0, 1);
	if (!s->failed && points != POINTS)
		stream_post_refuse(s, "KEYPOINT_NUM %d: 17 is meant", points);
	return !s->failed;
}

/* A map of rows x columns as if it had been scaled to height x width (bilinear). */
static void
enlarge(const float *from, int rows, int columns, float *to, int height, int width)
{
	for (int y = 0; y < height; y++) {
		double v = fmin(fmax((y + 0.5) * rows / height - 0.5, 0), rows - 1);
		int top = (int)v, bottom = top + 1 < rows ? top + 1 : top;
		for (int x = 0; x < width; x++) {
			double u = fmin(fmax((x + 0.5) * columns / width - 0.5, 0), columns - 1);
			int left = (int)u, right = left + 1 < columns ? left + 1 : left;
			double down = v - top, across = u - left;
			const float *a = from + (size_t)top * (size_t)columns, *b = from + (size_t)bottom * (size_t)columns;
			to[(size_t)y * (size_t)width + (size_t)x] = (float)((1 - down)
					* ((1 - across) * (double)a[left] + across * (double)a[right])
				+ down * ((1 - across) * (double)b[left] + across * (double)b[right]));
		}
	}
}

/* Both outputs together, twice as large as the second. */
static bool
make_maps(scene *s, const stream_tensor *t)
{
	int h = (int)t[0].dim[2], w = (int)t[0].dim[3], rows = (int)t[1].dim[2], columns = (int)t[1].dim[3];
	size_t small = (size_t)h * (size_t)w, middle = (size_t)rows * (size_t)columns;
	s->height = 2 * rows;
	s->width = 2 * columns;
	size_t large = (size_t)s->height * (size_t)s->width;
	float *between = secant_calloc(middle, sizeof *between), *copy = secant_calloc(small, sizeof *copy);
	s->heat = secant_calloc(POINTS * large, sizeof *s->heat);
	s->tag = secant_calloc(POINTS * large, sizeof *s->tag);
	bool fine = between && copy && s->heat && s->tag;
	for (size_t k = 0; k < 2 * POINTS && fine; k++) {
		memcpy(copy, t[0].data + k * small * sizeof *copy, small * sizeof *copy);
		enlarge(copy, h, w, between, rows, columns);
		for (size_t i = 0; i < middle && k < POINTS; i++) {
			float v;
			memcpy(&v, t[1].data + (k * middle + i) * sizeof v, sizeof v);
			between[i] = (between[i] + v) / 2;
		}
		enlarge(between, rows, columns, (k < POINTS ? s->heat : s->tag) + k % POINTS * large, s->height, s->width);
	}
	secant_free(between);
	secant_free(copy);
	return fine;
}

static float
at(const scene *s, const float *maps, int k, int y, int x)
{
	return maps[((size_t)k * (size_t)s->height + (size_t)y) * (size_t)s->width + (size_t)x];
}

static bool
is_peak(const scene *s, int k, int y, int x)
{
	float v = at(s, s->heat, k, y, x);
	for (int j = y - REACH; j <= y + REACH; j++)
		for (int i = x - REACH; i <= x + REACH; i++)
			if (j >= 0 && i >= 0 && j < s->height && i < s->width && at(s, s->heat, k, j, i) >= v + equal)
				return false;
	return true;
}

/* The highest peaks of a map; how many. */
static int
find_peaks(const scene *s, int k, float least, point peaks[MOST])
{
	int n = 0;
	for (int y = 0; y < s->height; y++)
		for (int x = 0; x < s->width; x++) {
			float v = at(s, s->heat, k, y, x);
			if (!(v > least) || (n == MOST && v <= peaks[n - 1].score) || !is_peak(s, k, y, x))
				continue;
			int place = n < MOST ? n++ : n - 1;
			for (; place > 0 && peaks[place - 1].score < v; place--)
				peaks[place] = peaks[place - 1];
			peaks[place] = (point){ (float)x, (float)y, v, at(s, s->tag, k, y, x) };
		}
	return n;
}

/* A person of its own, or the one that began with the same tag. */
static void
begin(scene *s, int k, const point *p)
{
	int i = 0;
	while (i < s->n && fabsf(s->people[i].key - p->tag) >= equal)
		i++;
	if (i == PEOPLE)
		return;
	if (i == s->n) {
		s->n++;
		s->people[i] = (person){ .key = p->tag };
	}
	s->people[i].p[k] = *p;
	s->people[i].tags = p->tag;
	s->people[i].n_tags = 1;
}

/* Peaks of a map go to the persons whose tags are nearest, all in all; the others begin some. */
static bool
give(scene *s, int k, const point *peaks, int n)
{
	int groups = s->n < MOST ? s->n : MOST, gain[MOST * MOST], column[MOST];
	float mean[MOST];
	for (int g = 0; g < groups; g++)
		mean[g] = s->people[g].tags / (float)s->people[g].n_tags;
	for (int i = 0; i < n; i++)
		for (int g = 0; g < groups; g++) {
			double far = fmin(round(fabs((double)(peaks[i].tag - mean[g]))), 1000);
			gain[i * groups + g] = -(int)round((far * 100 - (double)peaks[i].score) * 1e4);
		}
	for (int i = 0; i < n && !groups; i++)
		column[i] = -1;
	if (groups && !stream_assign(column, gain, n, groups))
		return false;
	for (int i = 0; i < n; i++) {
		int g = column[i];
		if (g < 0 || !(fabsf(peaks[i].tag - mean[g]) < alike)) {
			begin(s, k, &peaks[i]);
			continue;
		}
		s->people[g].p[k] = peaks[i];
		s->people[g].tags += peaks[i].tag;
		s->people[g].n_tags++;
	}
	return true;
}

/* Between pixels: a quarter to where the map is higher, and the middle of the pixel. */
static void
refine(const scene *s, int k, point *p)
{
	int x = (int)p->x, y = (int)p->y;
	float right = at(s, s->heat, k, y, x + 1 < s->width ? x + 1 : x), left = at(s, s->heat, k, y, x ? x - 1 : 0);
	float below = at(s, s->heat, k, y + 1 < s->height ? y + 1 : y, x), above = at(s, s->heat, k, y ? y - 1 : 0, x);
	p->x = (float)x + 0.5F + (right > left ? 0.25F : -0.25F);
	p->y = (float)y + 0.5F + (below > above ? 0.25F : -0.25F);
}

/* What a person lacks is where the map is high and the tag is its own. */
static void
complete(const scene *s, person *who)
{
	float mean = 0;
	int n = 0;
	size_t pixels = (size_t)s->height * (size_t)s->width;
	for (int k = 0; k < POINTS; k++)
		if (who->p[k].score > 0) {
			mean += who->p[k].tag;
			n++;
		}
	mean /= (float)(n ? n : 1);
	for (int k = 0; k < POINTS; k++) {
		const float *heat = s->heat + (size_t)k * pixels, *tag = s->tag + (size_t)k * pixels;
		size_t best = 0;
		float most = -1e5F;
		for (size_t i = 0; i < pixels && !(who->p[k].score > 0); i++) {
			float v = heat[i] <= most ? most : heat[i] - roundf(fabsf(tag[i] - mean));
			if (v > most) {
				most = v;
				best = i;
			}
		}
		if (!(who->p[k].score > 0) && heat[best] > 0) {
			who->p[k] = (point){ (float)(best % (size_t)s->width), (float)(best / (size_t)s->width), heat[best], mean };
			refine(s, k, &who->p[k]);
		}
	}
}

/* To pixels of the picture, as the network's picture is made: its shorter side is 512, the other a multiple of 64, and
 * the middle stays. */
static void
put(const scene *s, const person *who, const stream_post_from *from, base_str *list)
{
	base_str pose = { 0 };
	float width, height;
	stream_post_size(from, &width, &height);
	float shorter = width < height ? width : height, longer = width < height ? height : width;
	int other = (int)((float)LEAST_SIDE / shorter * longer + GRID - 1) / GRID * GRID;
	float wide = width < height ? width : (float)other / LEAST_SIDE * height, scale = wide / (float)s->width;
	stream_put_header(&pose, from->key, from->member);
	for (int k = 0; k < POINTS; k++) {
		base_str p = { 0 };
		float x = (who->p[k].x - (float)s->width / 2) * scale + floorf(width / 2 + 0.5F);
		float y = (who->p[k].y - (float)s->height / 2) * scale + floorf(height / 2 + 0.5F);
		stream_put_real(&p, 1, (double)(x + (from->boxed ? from->box[0] : 0)));
		stream_put_real(&p, 2, (double)(y + (from->boxed ? from->box[1] : 0)));
		stream_put_int(&p, 3, k);
		stream_put_real(&p, 4, (double)who->p[k].score);
		stream_put_message(&pose, 2, &p);
		base_str_free(&p);
	}
	stream_put_real(&pose, 3, (double)who->score);
	stream_put_message(list, 1, &pose);
	base_str_free(&pose);
}

static bool
fits(const stream_tensor *t, int n)
{
	for (int i = 0; i < 2 && i < n; i++) {
		size_t maps = i ? POINTS : 2 * POINTS;
		if (!stream_is_real(&t[i]) || t[i].rank != 4 || t[i].dim[0] != 1 || t[i].dim[1] != (int64_t)maps
			|| t[i].dim[2] < 1 || t[i].dim[3] < 1 || t[i].dim[2] > MOST_SIDE || t[i].dim[3] > MOST_SIDE
			|| t[i].size != maps * (size_t)t[i].dim[2] * (size_t)t[i].dim[3] * sizeof(float))
			return false;
	}
	return n == 2 && t[1].dim[2] * t[0].dim[3] == t[0].dim[2] * t[1].dim[3];
}

static int
run(const stream_post *post, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const float *least = post->state;
	scene s = { 0 };
	char text[200];
	if (!stream_post_is_known(from, why, size))
		return STREAM_FAILURE;
	if (!fits(t, n)) {
		snprintf(why, size, "FLOAT32 1x34xHxW and 1x17x2Hx2W are wanted; there are %d%s%s", n,
			n ? ", the first is " : "", n ? stream_tensor_text(t, text, sizeof text) : "");
		return STREAM_INVALID;
	}
	s.people = secant_calloc(PEOPLE, sizeof *s.people);
	bool fine = s.people && make_maps(&s, t);
	for (int i = 0; i < POINTS && fine; i++) {
		point peaks[MOST];
		fine = give(&s, order[i], peaks, find_peaks(&s, order[i], *least, peaks));
	}
	for (int i = 0; i < s.n && fine; i++) {
		person *who = &s.people[i];
		for (int k = 0; k < POINTS; k++)
			if (who->p[k].score > 0) {
				who->score += who->p[k].score / POINTS;
				refine(&s, k, &who->p[k]);
			}
		complete(&s, who);
		put(&s, who, from, list);
	}
	secant_free(s.people);
	secant_free(s.heat);
	secant_free(s.tag);
	snprintf(why, size, "no memory for key points");
	return fine ? 0 : STREAM_NO_MEMORY;
}

const stream_library stream_library_higherhrnet = { .names = "higherhrnetpostprocess",
	.message = "MxpiPoseList",
	.state = sizeof(float),
	.empty_is_nothing = true,
	.open = open,
	.run = run };
