/*
 * Key points of people (libopenposepostprocess): the network gives for each place KEYPOINT_NUM maps of how probable a
 * key point is there and twice as many of which way a limb goes. Peaks of the first, smoothed, are joined along the
 * second; what hangs together is a person. Places are parts of the network's picture, 0 to 1.
 *
 * After tf-pose-estimation's pafprocess, as MindX SDK has it; peaks of earlier pictures, which stay there, are
 * forgotten.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "stream/post/boxes.h"

enum {
	PARTS = 18,
	PAIRS = 19,
	STEPS = 10, /* along a limb */
	LEAST_STEPS = 9, /* of which so many go its way */
	LEAST_PARTS = 4, /* of a person */
	MOST_PEAKS = 1000, /* of a part */
	MOST_SIDE = 8192,
	MOST_FILTER = 100
};
static const double least_peak = 0.05, least_way = 0.05, least_person = 0.4, equal = 1e-6;

/* The parts that a limb joins, and the maps of its direction. */
static const uint8_t limbs[PAIRS][2] = { { 1, 2 }, { 1, 5 }, { 2, 3 }, { 3, 4 }, { 5, 6 }, { 6, 7 }, { 1, 8 }, { 8, 9 },
	{ 9, 10 }, { 1, 11 }, { 11, 12 }, { 12, 13 }, { 1, 0 }, { 0, 14 }, { 14, 16 }, { 0, 15 }, { 15, 17 }, { 2, 16 },
	{ 5, 17 } };
static const uint8_t ways[PAIRS] = { 12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26 };

typedef struct openpose {
	int points, filter;
	float sigma;
} openpose;

typedef struct peak {
	int x, y, part;
	double score;
} peak;

typedef struct joint {
	int a, b; /* peaks */
	double score;
} joint;

typedef struct person {
	int peak[PARTS]; /* -1: none */
	int parts;
	double score;
} person;

/* What one picture needs, freed together. */
typedef struct scene {
	const stream_tensor *t;
	int rows, columns, channels; /* of the tensor */
	int height, width, points;
	float *heat, *smooth, *line, *kernel;
	int filter;
	peak *peaks;
	int n, first[PARTS + 1], capacity;
	joint *joints;
	int n_joints, joints_capacity;
	person *people;
	int n_people, people_capacity;
} scene;

static bool
open(stream_post *s)
{
	openpose *o = s->state;
	(void)stream_post_int(s, "MODEL_TYPE", 0, 0, 0);
	o->points = stream_post_int(s, "KEYPOINT_NUM", PARTS + 1, 0, 100);
	o->filter = stream_post_int(s, "FILTER_SIZE", 25, 1, MOST_FILTER);
	o->sigma = stream_post_real(s, "SIGMA", 3, 0, 10);
	if (!s->failed && o->points != PARTS + 1)
		stream_post_refuse(s, "KEYPOINT_NUM %d: 19 is meant, 18 key points and the background", o->points);
	if (!s->failed && o->sigma <= 0)
		stream_post_refuse(s, "SIGMA must be above 0");
	return !s->failed;
}

/* A channel as if the map had been scaled to the network's picture (bilinear, as OpenCV). */
static double
sample(const scene *s, int channel, int y, int x)
{
	double v[2] = { (y + 0.5) * s->rows / s->height - 0.5, (x + 0.5) * s->columns / s->width - 0.5 }, part[2], sum = 0;
	int at[2][2], most[2] = { s->rows - 1, s->columns - 1 };
	for (int i = 0; i < 2; i++) {
		double whole = floor(v[i]);
		part[i] = v[i] - whole;
		for (int k = 0; k < 2; k++) {
			int place = (int)whole + k;
			at[i][k] = place < 0 ? 0 : place > most[i] ? most[i] : place;
		}
	}
	for (int k = 0; k < 4; k++) {
		size_t place = ((size_t)at[0][k >> 1] * (size_t)s->columns + (size_t)at[1][k & 1]) * (size_t)s->channels;
		double weight = (k >> 1 ? part[0] : 1 - part[0]) * (k & 1 ? part[1] : 1 - part[1]);
		sum += weight * stream_number_at(s->t, place + (size_t)channel);
	}
	return sum;
}

/* The filter's weights: the square is what each row and column is multiplied with. */
static void
make_kernel(scene *s, float sigma)
{
	double interval = (2 * (double)sigma + 1) / s->filter, step = (2 * (double)sigma + interval) / s->filter, sum = 0;
	double start = -(double)sigma - interval / 2;
	for (int i = 0; i < s->filter; i++) {
		double area = (erf((start + (i + 1) * step) / sqrt(2)) - erf((start + i * step) / sqrt(2))) / 2;
		s->kernel[i] = (float)sqrt(area);
		sum += (double)s->kernel[i];
	}
	for (int i = 0; i < s->filter; i++)
		s->kernel[i] = (float)((double)s->kernel[i] / sum);
}

/* One row or column of n numbers, so far apart, filtered; beyond the ends is 0. */
static void
filter_line(const scene *s, float *v, int n, int apart)
{
	int half = s->filter / 2;
	for (int i = 0; i < n; i++) {
		float sum = 0;
		for (int k = 0; k < s->filter; k++)
			if (i + k - half >= 0 && i + k - half < n)
				sum += s->kernel[k] * v[(size_t)(i + k - half) * (size_t)apart];
		s->line[i] = sum;
	}
	for (int i = 0; i < n; i++)
		v[(size_t)i * (size_t)apart] = s->line[i];
}

/* Is no neighbour higher? Those in the first row and column never are peaks. */
static bool
is_peak(const scene *s, int y, int x)
{
	size_t width = (size_t)s->width;
	const float *at = s->smooth + (size_t)y * width + (size_t)x;
	for (int j = -1; j < 2; j++)
		for (int i = -1; i < 2; i++)
			if (y + j < s->height && x + i < s->width && (double)at[j * (ptrdiff_t)width + i] >= (double)*at + equal)
				return false;
	return true;
}

static int
find_peaks(scene *s, int part, char *why, size_t size)
{
	s->first[part] = s->n;
	for (int y = 0; y < s->height; y++)
		for (int x = 0; x < s->width; x++)
			s->heat[(size_t)y * (size_t)s->width + (size_t)x] = (float)sample(s, part, y, x);
	memcpy(s->smooth, s->heat, (size_t)s->height * (size_t)s->width * sizeof *s->heat);
	for (int y = 0; y < s->height; y++)
		filter_line(s, s->smooth + (size_t)y * (size_t)s->width, s->width, 1);
	for (int x = 0; x < s->width; x++)
		filter_line(s, s->smooth + x, s->height, s->width);
	for (int y = 1; y < s->height; y++)
		for (int x = 1; x < s->width; x++) {
			size_t at = (size_t)y * (size_t)s->width + (size_t)x;
			if (!((double)s->smooth[at] > least_peak) || !is_peak(s, y, x))
				continue;
			if (base_grow((void **)&s->peaks, &s->capacity, s->n, sizeof *s->peaks)) {
				snprintf(why, size, "no memory for key points");
				return STREAM_NO_MEMORY;
			}
			if (s->n - s->first[part] >= MOST_PEAKS) {
				snprintf(why, size, "map %d has more than %d peaks: it is not what OpenPose gives", part, MOST_PEAKS);
				return STREAM_INVALID;
			}
			s->peaks[s->n++] = (peak){ x, y, part, (double)s->heat[at] };
		}
	s->first[part + 1] = s->n;
	return 0;
}

/* How well the maps of direction go from one peak to another; 0: they do not. */
static double
goes(const scene *s, int pair, const peak *a, const peak *b)
{
	double x = b->x - a->x, y = b->y - a->y, length = hypot(x, y), sum = 0;
	int channel = s->points + ways[pair], fine = 0;
	if (length < equal)
		return 0;
	for (int i = 0; i < STEPS; i++) {
		int at_x = (int)(a->x + i * x / STEPS + 0.5), at_y = (int)(a->y + i * y / STEPS + 0.5);
		double score = (x * sample(s, channel, at_y, at_x) + y * sample(s, channel + 1, at_y, at_x)) / length;
		sum += score;
		fine += score > least_way;
	}
	double score = sum / STEPS + fmin(0, 0.5 * s->height / length - 1);
	return fine >= LEAST_STEPS && score > (double)FLT_EPSILON ? score : 0;
}

static int
by_score(const void *a_, const void *b_)
{
	const joint *a = a_, *b = b_;
	if (a->score != b->score)
		return a->score < b->score ? 1 : -1;
	return a->a != b->a ? (a->a > b->a) - (a->a < b->a) : (a->b > b->b) - (a->b < b->b);
}

/* The limbs of one kind: the best first, each peak once. */
static bool
find_joints(scene *s, int pair)
{
	int from = limbs[pair][0], to = limbs[pair][1], kept = 0;
	s->n_joints = 0;
	for (int a = s->first[from]; a < s->first[from + 1]; a++)
		for (int b = s->first[to]; b < s->first[to + 1]; b++) {
			double score = goes(s, pair, &s->peaks[a], &s->peaks[b]);
			if (score <= 0)
				continue;
			if (base_grow((void **)&s->joints, &s->joints_capacity, s->n_joints, sizeof *s->joints))
				return false;
			s->joints[s->n_joints++] = (joint){ a, b, score };
		}
	if (s->n_joints > 1)
		qsort(s->joints, (size_t)s->n_joints, sizeof *s->joints, by_score);
	for (int i = 0; i < s->n_joints; i++) {
		bool taken = false;
		for (int k = 0; k < kept && !taken; k++)
			taken = s->joints[k].a == s->joints[i].a || s->joints[k].b == s->joints[i].b;
		if (!taken)
			s->joints[kept++] = s->joints[i];
	}
	s->n_joints = kept;
	return true;
}

static void
take(person *p, const scene *s, int part, const joint *j)
{
	p->peak[part] = j->b;
	p->parts++;
	p->score += s->peaks[j->b].score + j->score;
}

/* Two that a limb joins become one, unless both have the same part. */
static void
join(scene *s, person *a, person *b, int part, const joint *j)
{
	bool twice = false;
	for (int i = 0; i < PARTS; i++)
		twice = twice || (a->peak[i] >= 0 && b->peak[i] >= 0);
	if (twice) {
		take(a, s, part, j);
		return;
	}
	for (int i = 0; i < PARTS; i++)
		a->peak[i] = a->peak[i] >= 0 ? a->peak[i] : b->peak[i];
	a->parts += b->parts;
	a->score += b->score + j->score;
	memmove(b, b + 1, (size_t)(s->people + s->n_people - (b + 1)) * sizeof *b);
	s->n_people--;
}

static bool
add_joint(scene *s, int pair, const joint *j)
{
	int from = limbs[pair][0], to = limbs[pair][1], found = 0, who[2] = { 0, 0 };
	for (int i = 0; i < s->n_people; i++)
		if (s->people[i].peak[from] == j->a || s->people[i].peak[to] == j->b) {
			if (found < 2)
				who[found] = i;
			found++;
		}
	person *a = found ? &s->people[who[0]] : NULL;
	if (found == 1 && a->peak[to] != j->b)
		take(a, s, to, j);
	else if (found == 2)
		join(s, a, &s->people[who[1]], to, j);
	else if (!found && pair < PARTS - 1) {
		if (base_grow((void **)&s->people, &s->people_capacity, s->n_people, sizeof *s->people))
			return false;
		a = &s->people[s->n_people++];
		for (int i = 0; i < PARTS; i++)
			a->peak[i] = i == from ? j->a : i == to ? j->b : -1;
		a->parts = 2;
		a->score = s->peaks[j->a].score + s->peaks[j->b].score + j->score;
	}
	return true;
}

static void
put(const scene *s, const person *p, const stream_post_from *from, base_str *list)
{
	base_str pose = { 0 };
	stream_put_header(&pose, from->key, from->member);
	for (int i = 0; i < PARTS; i++) {
		base_str point = { 0 };
		if (p->peak[i] < 0)
			continue;
		const peak *k = &s->peaks[p->peak[i]];
		stream_put_real(&point, 1, (double)k->x / s->width);
		stream_put_real(&point, 2, (double)k->y / s->height);
		stream_put_int(&point, 3, i);
		stream_put_real(&point, 4, k->score);
		stream_put_message(&pose, 2, &point);
		base_str_free(&point);
	}
	stream_put_real(&pose, 3, p->score / p->parts);
	stream_put_message(list, 1, &pose);
	base_str_free(&pose);
}

static int
find_people(scene *s, float sigma, const stream_post_from *from, base_str *list, char *why, size_t size)
{
	size_t pixels = (size_t)s->height * (size_t)s->width;
	int code = 0, longer = s->height > s->width ? s->height : s->width;
	s->heat = secant_calloc(pixels, sizeof *s->heat);
	s->smooth = secant_calloc(pixels, sizeof *s->smooth);
	s->line = secant_calloc((size_t)longer, sizeof *s->line);
	s->kernel = secant_calloc((size_t)s->filter, sizeof *s->kernel);
	snprintf(why, size, "no memory for key points");
	if (!s->heat || !s->smooth || !s->line || !s->kernel)
		return STREAM_NO_MEMORY;
	make_kernel(s, sigma);
	for (int part = 0; part < PARTS && !code; part++)
		code = find_peaks(s, part, why, size);
	for (int pair = 0; pair < PAIRS && !code; pair++) {
		code = find_joints(s, pair) ? 0 : STREAM_NO_MEMORY;
		for (int i = 0; i < s->n_joints && !code; i++)
			code = add_joint(s, pair, &s->joints[i]) ? 0 : STREAM_NO_MEMORY;
	}
	for (int i = 0; i < s->n_people && !code; i++)
		if (s->people[i].parts >= LEAST_PARTS && s->people[i].score / s->people[i].parts >= least_person)
			put(s, &s->people[i], from, list);
	return code;
}

static int
run(const stream_post *post, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const openpose *o = post->state;
	char text[200];
	if (!stream_post_is_known(from, why, size))
		return STREAM_FAILURE;
	int channels = 3 * o->points;
	bool fits = n > 0 && stream_is_real(t) && t->rank == 4 && t->dim[0] == 1 && t->dim[1] > 0 && t->dim[2] > 0
		&& t->dim[1] <= MOST_SIDE && t->dim[2] <= MOST_SIDE && t->dim[3] == channels
		&& t->size == (size_t)t->dim[1] * (size_t)t->dim[2] * (size_t)channels * sizeof(float);
	if (!fits || from->net_width < 2 || from->net_height < 2 || from->net_width > MOST_SIDE
		|| from->net_height > MOST_SIDE) {
		snprintf(why, size,
			"FLOAT32 1xHxWx%d (3 x KEYPOINT_NUM) for a picture of at most %d is wanted; there are %d%s%s", channels,
			MOST_SIDE, n, n ? ", the first is " : "", n ? stream_tensor_text(t, text, sizeof text) : "");
		return STREAM_INVALID;
	}
	scene s = { .t = t,
		.rows = (int)t->dim[1],
		.columns = (int)t->dim[2],
		.channels = channels,
		.height = from->net_height,
		.width = from->net_width,
		.points = o->points,
		.filter = o->filter };
	int code = find_people(&s, o->sigma, from, list, why, size);
	secant_free(s.heat);
	secant_free(s.smooth);
	secant_free(s.line);
	secant_free(s.kernel);
	secant_free(s.peaks);
	secant_free(s.joints);
	secant_free(s.people);
	return code;
}

const stream_library stream_library_openpose = { .names = "openposepostprocess",
	.message = "MxpiPoseList",
	.state = sizeof(openpose),
	.empty_is_nothing = true,
	.open = open,
	.run = run };
