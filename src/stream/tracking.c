/* Following boxes. See tracking.h. */
#include "stream/tracking.h"
#include <math.h>
#include <stdio.h>

enum { MOST_BOXES = 500, MOST_FEATURES = 4096, THOUSAND = 1000 };

typedef stream_moving moving;
typedef stream_place box;
typedef stream_track_of track;

typedef struct seen {
	box at;
	float *feature;
	int n_feature;
} seen;

/* ---- where boxes will be ---- */

static const double drift = 0.01, error = 0.1;

static void
foretell(moving *m, bool moves)
{
	m->x += m->speed;
	m->a += drift + (moves ? 2 * m->b + m->c : 0);
	m->b += moves ? m->c : 0;
	m->c += drift;
}

static void
correct(moving *m, double found)
{
	double first = m->a / (m->a + error), second = m->b / (m->a + error), off = found - m->x;
	m->x += first * off;
	m->speed += second * off;
	m->c -= second * m->b;
	m->a *= 1 - first;
	m->b *= 1 - first;
}

static double
ratio_of(const box *b)
{
	return fabs(b->height) > 1e-9 ? b->width / b->height : 0;
}

static void
start(track *t, const box *b)
{
	const moving still = { .a = 1, .c = 1 };
	t->centre[0] = t->centre[1] = t->area = t->ratio = still;
	t->centre[0].x = b->x + b->width / 2;
	t->centre[1].x = b->y + b->height / 2;
	t->area.x = b->width * b->height;
	t->ratio.x = ratio_of(b);
}

static void
move(track *t)
{
	foretell(&t->centre[0], true);
	foretell(&t->centre[1], true);
	foretell(&t->area, true);
	foretell(&t->ratio, false);
	double w = sqrt(t->area.x * t->ratio.x), h;
	t->at = (box){ 0 };
	if (!(w > 1e-9))
		return;
	h = t->area.x / w;
	t->at = (box){ t->centre[0].x - w / 2, t->centre[1].x - h / 2, w, h };
	if (t->at.x < 0 && t->centre[0].x > 0)
		t->at.x = 0;
	if (t->at.y < 0 && t->centre[1].x > 0)
		t->at.y = 0;
}

static void
see(track *t, const box *b)
{
	correct(&t->centre[0], b->x + b->width / 2);
	correct(&t->centre[1], b->y + b->height / 2);
	correct(&t->area, b->width * b->height);
	correct(&t->ratio, ratio_of(b));
}

/* ---- how alike a track and a box are ---- */

static double
overlap(const box *a, const box *b)
{
	double w = fmin(a->x + a->width, b->x + b->width) - fmax(a->x, b->x);
	double h = fmin(a->y + a->height, b->y + b->height) - fmax(a->y, b->y);
	double both = w > 0 && h > 0 ? w * h : 0, all = a->width * a->height + b->width * b->height - both;
	return fabs(all) > 1e-6 ? both / all : 0;
}

static double
cosine(const track *t, const seen *s)
{
	double both = 0, one = 0, other = 0;
	if (t->n_feature != s->n_feature)
		return 0;
	for (int i = 0; i < s->n_feature; i++) {
		both += (double)t->feature[i] * (double)s->feature[i];
		one += (double)t->feature[i] * (double)t->feature[i];
		other += (double)s->feature[i] * (double)s->feature[i];
	}
	return one > 1e-20 && other > 1e-20 ? both / sqrt(one * other) : 0;
}

/* With features: what is far away or of another size is another thing. (The original takes distances with their sign,
 * so that what moves to the right is more alike than what moves to the left; here they have none.) */
static double
likeness(const track *t, const seen *s, bool features)
{
	const box *a = &t->at, *b = &s->at;
	if (!features)
		return overlap(a, b);
	double across = fabs(b->x - a->x + (b->width - a->width) / 2),
		   down = fabs(b->y - a->y + (b->height - a->height) / 2);
	if (!(a->width > 0) || !(a->height > 0) || !(b->width > 0) || !(b->height > 0)
		|| fabs(b->width - a->width) > a->width || fabs(b->height - a->height) > a->height || across > 1.3 * a->width
		|| down > a->height)
		return 0;
	double near = (1 - across / fmin(a->width, b->width)) * (1 - down / fmin(a->height, b->height)),
		   same = cosine(t, s);
	return same > 0.66 ? fmax(near * same * 6, 1) : near;
}

/* ---- assignment ---- */

/* Kuhn's and Munkres' way with potentials: rows one by one, along the cheapest path that ends at a free column. Costs
 * are negative gains; `rows` is at most `columns`. Places are counted from 1, 0 is where paths start. */
typedef struct assigning {
	int64_t *u, *v, *least;
	int *row, *before;
	bool *used;
} assigning;

static void
assign_row(assigning *s, const int *gain, int rows, int columns, bool turned, int row)
{
	int at = 0;
	s->row[0] = row;
	for (int j = 0; j <= columns; j++) {
		s->least[j] = INT64_MAX;
		s->used[j] = false;
	}
	do {
		int r = s->row[at], next = 0;
		int64_t step = INT64_MAX;
		s->used[at] = true;
		for (int j = 1; j <= columns; j++) {
			if (s->used[j])
				continue;
			size_t place = turned ? (size_t)(j - 1) * (size_t)rows + (size_t)(r - 1)
								  : (size_t)(r - 1) * (size_t)columns + (size_t)(j - 1);
			int64_t cost = -(int64_t)gain[place] - s->u[r] - s->v[j];
			if (cost < s->least[j]) {
				s->least[j] = cost;
				s->before[j] = at;
			}
			if (s->least[j] < step) {
				step = s->least[j];
				next = j;
			}
		}
		for (int j = 0; j <= columns; j++)
			if (s->used[j]) {
				s->u[s->row[j]] += step;
				s->v[j] -= step;
			} else {
				s->least[j] -= step;
			}
		at = next;
	} while (s->row[at]);
	for (; at; at = s->before[at])
		s->row[at] = s->row[s->before[at]];
}

bool
stream_assign(int *column, const int *gain, int rows, int columns)
{
	bool turned = rows > columns;
	int few = turned ? columns : rows, many = turned ? rows : columns;
	size_t n = (size_t)many + 1;
	assigning s = { secant_calloc(n, sizeof *s.u), secant_calloc(n, sizeof *s.v), secant_calloc(n, sizeof *s.least),
		secant_calloc(n, sizeof *s.row), secant_calloc(n, sizeof *s.before), secant_calloc(n, sizeof *s.used) };
	bool fine = s.u && s.v && s.least && s.row && s.before && s.used;
	for (int i = 0; i < rows; i++)
		column[i] = -1;
	for (int i = 1; i <= few && fine; i++)
		assign_row(&s, gain, few, many, turned, i);
	for (int j = 1; j <= many && fine; j++)
		if (s.row[j])
			column[turned ? j - 1 : s.row[j] - 1] = turned ? s.row[j] - 1 : j - 1;
	secant_free(s.u);
	secant_free(s.v);
	secant_free(s.least);
	secant_free(s.row);
	secant_free(s.before);
	secant_free(s.used);
	return fine;
}

/* ---- tracks ---- */

static void
take_feature(track *t, seen *s)
{
	secant_free(t->feature);
	t->feature = s->feature;
	t->n_feature = s->n_feature;
	s->feature = NULL;
}

static bool
add(stream_tracks *all, seen *s, int place)
{
	if (base_grow((void **)&all->v, &all->capacity, all->n, sizeof *all->v))
		return false;
	track *t = &all->v[all->n++];
	*t = (track){ .id = ++all->last, .age = 1, .hits = 1, .flag = STREAM_TRACK_NEW, .place = place, .at = s->at };
	start(t, &s->at);
	take_feature(t, s);
	return true;
}

static void
follow(track *t, seen *s, int place)
{
	t->age++;
	if (++t->hits >= 2)
		t->flag = STREAM_TRACK_FOLLOWED;
	t->lost = 0;
	t->at = s->at;
	t->place = place;
	see(t, &s->at);
	take_feature(t, s);
}

/* Matches what is seen with what is followed; false: no memory. */
static bool
match(stream_tracks *all, seen *s, int n, bool features, double threshold)
{
	int old = all->n, *gain = secant_calloc((size_t)old * (size_t)n + 1, sizeof *gain),
		*column = secant_calloc((size_t)old + 1, sizeof *column);
	bool *taken = secant_calloc((size_t)n + 1, sizeof *taken), fine = gain && column && taken;
	for (int i = 0; fine && n && i < old; i++) {
		move(&all->v[i]);
		for (int k = 0; k < n; k++)
			gain[(size_t)i * (size_t)n + (size_t)k] = stream_whole(likeness(&all->v[i], &s[k], features) * THOUSAND);
	}
	fine = fine && stream_assign(column, gain, old, n);
	for (int i = 0; fine && i < old; i++) {
		track *t = &all->v[i];
		int k = column[i];
		if (k >= 0 && gain[(size_t)i * (size_t)n + (size_t)k] >= threshold * THOUSAND) {
			taken[k] = true;
			follow(t, &s[k], k);
		} else {
			t->flag = STREAM_TRACK_LOST;
			t->lost++;
			t->age++;
		}
	}
	for (int k = 0; fine && k < n; k++)
		fine = taken[k] || add(all, &s[k], k);
	secant_free(gain);
	secant_free(column);
	secant_free(taken);
	return fine;
}

/* Those that are there, and those that are given up, which go. */
static void
tell(stream_tracks *all, base_str *list, const char *key, uint32_t patience)
{
	int kept = 0;
	for (int i = 0; i < all->n; i++) {
		track *t = &all->v[i];
		bool gone = t->flag == STREAM_TRACK_LOST && t->lost > patience;
		if (gone || t->flag != STREAM_TRACK_LOST) {
			base_str one = { 0 };
			if (!gone)
				stream_put_header(&one, key, t->place);
			stream_put_int(&one, 2, t->id);
			stream_put_int(&one, 3, t->age);
			stream_put_int(&one, 4, t->hits);
			stream_put_int(&one, 5, t->flag);
			stream_put_message(list, 1, &one);
			base_str_free(&one);
		}
		if (gone)
			secant_free(t->feature);
		else
			all->v[kept++] = *t;
	}
	all->n = kept;
}

/* ---- messages ---- */

/* How many boxes there are; -1 and `why`. */
static int
boxes_of(const stream_blob *list, seen *s, char *why, size_t size)
{
	format_wire at = { list->p, list->n };
	stream_box b;
	int n = 0;
	while (stream_box_next(&at, &b) > 0) {
		double w = (double)b.x1 - (double)b.x0, h = (double)b.y1 - (double)b.y0;
		if (n == MOST_BOXES || !isfinite(w * h) || !isfinite((double)b.x0) || !isfinite((double)b.y0)) {
			snprintf(why, size, n == MOST_BOXES ? "more than %d boxes in a picture" : "box %d has no size",
				n == MOST_BOXES ? (int)MOST_BOXES : n);
			return -1;
		}
		s[n++].at = (box){ (double)b.x0, (double)b.y0, w, h };
	}
	return n;
}

/* The numbers of a MxpiFeatureVector, packed or not. */
static bool
read_feature(format_wire item, seen *s)
{
	format_wire_field f;
	float *v = secant_calloc(MOST_FEATURES, sizeof *v);
	int n = 0;
	while (v && format_wire_next(&item, &f) > 0) {
		if (f.number != 2)
			continue;
		if (f.type != FORMAT_WIRE_BYTES && n < MOST_FEATURES)
			v[n++] = stream_float_of(&f);
		for (size_t i = 0; f.type == FORMAT_WIRE_BYTES && i + 4 <= f.bytes.n && n < MOST_FEATURES; i += 4)
			memcpy(&v[n++], f.bytes.p + i, 4);
	}
	secant_free(s->feature);
	s->feature = v;
	s->n_feature = n;
	return v != NULL;
}

/* Features belong to boxes by the number in their first header. */
static bool
features_of(const stream_blob *list, seen *s, int n)
{
	format_wire at = { list->p, list->n }, item, header;
	format_wire_field f;
	while (format_wire_next_bytes(&at, 1, &item) > 0) {
		format_wire in = item;
		int member = 0;
		if (format_wire_next_bytes(&in, 1, &header) <= 0)
			continue;
		while (format_wire_next(&header, &f) > 0)
			if (f.number == 2 && f.type == FORMAT_WIRE_VARINT)
				member = (int)(int32_t)(uint32_t)f.value;
		if (member >= 0 && member < n && !read_feature(item, &s[member]))
			return false;
	}
	return true;
}

/* ---- the element ---- */

static void
follow_all(stream_worker *w, stream_frame *f, const char *key, const stream_blob *boxes, const stream_blob *features)
{
	char why[200] = "no memory for tracks";
	base_str list = { 0 };
	stream_tracks *all = w->state;
	seen *s = secant_calloc(MOST_BOXES, sizeof *s);
	int n = s ? boxes_of(boxes, s, why, sizeof why) : -1;
	bool fine = n >= 0 && (!features || features_of(features, s, n))
		&& match(all, s, n, features != NULL, stream_prop_real(w, "trackThreshold"));
	if (fine) {
		tell(all, &list, key, (uint32_t)stream_prop_int(w, "lostThreshold"));
		stream_answer(w, f, stream_message_find("MxpiTrackLetList"), stream_blob_take(&list));
	} else {
		stream_cannot(w, f, STREAM_FAILURE, "%s", why);
	}
	for (int i = 0; s && i < MOST_BOXES; i++)
		secant_free(s[i].feature);
	secant_free(s);
	base_str_free(&list);
}

void
stream_track(stream_worker *w, stream_frame *f, const char *detection, stream_frame *features, const char *feature)
{
	const stream_message *kind;
	stream_blob *vectors = NULL;
	bool wanted = *feature != '\0';
	if (wanted && !stream_frame_get(features, feature, &kind, &vectors)) {
		stream_send_all(w, f);
		return;
	}
	if (wanted && (!kind || strcmp(kind->name, "MxpiFeatureVectorList") != 0)) {
		stream_cannot(w, f, STREAM_OTHER_MESSAGE, "the key '%.100s' holds %s, MxpiFeatureVectorList is wanted", feature,
			kind ? kind->name : "a text");
	} else {
		stream_blob *boxes = stream_want_or_pass(w, f, detection, "MxpiObjectList");
		if (boxes)
			follow_all(w, f, detection, boxes, vectors);
		stream_blob_drop(boxes);
	}
	stream_blob_drop(vectors);
}

void
stream_tracks_close(stream_worker *w)
{
	stream_tracks *all = w->state;
	for (int i = 0; i < all->n; i++)
		secant_free(all->v[i].feature);
	secant_free(all->v);
	*all = (stream_tracks){ 0 };
}
