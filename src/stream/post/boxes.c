/* Boxes of post-processing; see boxes.h. */
#include "stream/post/boxes.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "stream/resizing.h"

bool
stream_thresholds_read(stream_post *s, stream_thresholds *t)
{
	if (!stream_post_value(s, "CLASS_NUM"))
		stream_post_refuse(s, "CLASS_NUM is not set in the post-processor's configuration");
	t->classes = stream_post_int(s, "CLASS_NUM", 0, 1, 1000);
	t->score = stream_post_real(s, "SCORE_THRESH", 0, 0, 1);
	if (s->failed)
		return false;
	if (!(t->separate = secant_calloc((size_t)t->classes, sizeof *t->separate))) {
		stream_post_refuse(s, "no memory");
		return false;
	}
	for (int i = 0; i < t->classes; i++)
		t->separate[i] = t->score;
	return stream_post_reals(s, "SEPARATE_SCORE_THRESH", t->separate, t->classes) && !s->failed;
}

void
stream_thresholds_free(stream_thresholds *t)
{
	secant_free(t->separate);
	t->separate = NULL;
}

void
stream_founds_add(stream_founds *f, const stream_found *one)
{
	if (f->failed || base_grow((void **)&f->v, &f->capacity, f->n, sizeof *f->v))
		f->failed = true;
	else
		f->v[f->n++] = *one;
}

static float
area(const stream_found *a)
{
	return (a->x1 - a->x0) * (a->y1 - a->y0);
}

static float
in_common(const stream_found *a, const stream_found *b)
{
	float w = (a->x1 < b->x1 ? a->x1 : b->x1) - (a->x0 > b->x0 ? a->x0 : b->x0);
	float h = (a->y1 < b->y1 ? a->y1 : b->y1) - (a->y0 > b->y0 ? a->y0 : b->y0);
	return w > 0 && h > 0 ? w * h : 0;
}

float
stream_found_overlap(const stream_found *a, const stream_found *b)
{
	float both = in_common(a, b), all = area(a) + area(b) - both;
	return both > 0 && all > 0 ? both / all : 0;
}

static float
overlap_of_larger(const stream_found *a, const stream_found *b)
{
	float both = in_common(a, b), all = area(a) > area(b) ? area(a) : area(b);
	return both > 0 && all > 0 ? both / all : 0;
}

static int
by_class_and_confidence(const void *a_, const void *b_)
{
	const stream_found *a = a_, *b = b_;
	if (a->class_id != b->class_id)
		return a->class_id < b->class_id ? -1 : 1;
	return (a->confidence < b->confidence) - (a->confidence > b->confidence);
}

void
stream_founds_nms_by(stream_founds *f, float most, stream_overlap *overlap)
{
	int kept = 0, first = 0; /* of the class */
	if (f->n > 1)
		qsort(f->v, (size_t)f->n, sizeof *f->v, by_class_and_confidence);
	for (int i = 0; i < f->n; i++) {
		bool twice = false;
		if (kept && f->v[kept - 1].class_id != f->v[i].class_id)
			first = kept;
		for (int k = first; k < kept && !twice; k++)
			twice = f->v[k].class_id == f->v[i].class_id && overlap(&f->v[k], &f->v[i]) > most;
		if (!twice)
			f->v[kept++] = f->v[i];
	}
	f->n = kept;
}

void
stream_founds_nms(stream_founds *f, float most)
{
	stream_founds_nms_by(f, most, stream_found_overlap);
}

void
stream_founds_nms_larger(stream_founds *f, float most)
{
	stream_founds_nms_by(f, most, overlap_of_larger);
}

static int
by_confidence(const void *a_, const void *b_)
{
	const stream_found *a = a_, *b = b_;
	return (a->confidence < b->confidence) - (a->confidence > b->confidence);
}

void
stream_founds_top(stream_founds *f, int most)
{
	if (f->n > 1)
		qsort(f->v, (size_t)f->n, sizeof *f->v, by_confidence);
	f->n = f->n < most ? f->n : most;
}

bool
stream_points_back(float (*p)[2], int n, const stream_post_from *from, float width, float height)
{
	bool stretches = from->resize_type == STREAM_STRETCH || from->resize_type == STREAM_YOLO;
	bool keeps = (from->resize_type == STREAM_FASTRCNN || from->resize_type == STREAM_FIT
					 || from->resize_type == STREAM_RESCALE || from->resize_type == STREAM_RESCALE_DOUBLE)
		&& from->scaling > 0;
	const float most[2] = { width, height }, net[2] = { (float)from->net_width, (float)from->net_height };
	const float pasted[2] = { (float)from->pasted_width, (float)from->pasted_height };
	const float first[2] = { (float)from->left, (float)from->top };
	for (int axis = 0; axis < 2; axis++) {
		float scale = keeps ? from->scaling : pasted[axis] / most[axis];
		bool before = true, behind = true;
		for (int i = 0; i < n; i++) {
			float v = stretches ? p[i][axis] * most[axis] : (p[i][axis] * net[axis] - first[axis]) / scale;
			before = before && v < 0;
			behind = behind && v > most[axis];
			p[i][axis] = stretches || v >= 0 ? v : 0;
			if (!stretches && v > most[axis])
				p[i][axis] = most[axis];
		}
		if (!stretches && (before || behind))
			return false;
	}
	return true;
}

void
stream_corners_put(float (*p)[2], float score, const stream_post_from *from, base_str *list)
{
	enum { CORNERS = 4 };
	base_str item = { 0 };
	float width, height;
	stream_post_size(from, &width, &height);
	if (!stream_points_back(p, CORNERS, from, width, height))
		return;
	stream_put_header(&item, from->key, from->member);
	for (int i = 0; i < CORNERS; i++)
		for (int axis = 0; axis < 2; axis++)
			stream_put_real(&item, 2 + 2 * i + axis, (double)(p[i][axis] + (from->boxed ? from->box[axis] : 0)));
	stream_put_real(&item, 10, (double)score);
	stream_put_message(list, 1, &item);
	base_str_free(&item);
}

static float
within(float v, float most)
{
	return v > 0 ? (v < most ? v : most) : 0;
}

static void
keep_within(stream_found *b, float width, float height)
{
	b->x0 = within(b->x0, width - 1);
	b->x1 = within(b->x1, width - 1);
	b->y0 = within(b->y0, height - 1);
	b->y1 = within(b->y1, height - 1);
}

static void
put(const stream_post *s, const stream_found *b, const stream_post_from *from, base_str *list, stream_found_more more,
	const void *user)
{
	base_str object = { 0 }, class = { 0 };
	stream_put_header(&object, from->key, from->member);
	stream_put_real(&object, 2, (double)b->x0);
	stream_put_real(&object, 3, (double)b->y0);
	stream_put_real(&object, 4, (double)b->x1);
	stream_put_real(&object, 5, (double)b->y1);
	stream_put_int(&class, 2, b->class_id);
	stream_put_text(&class, 3, stream_post_label(s, b->class_id));
	stream_put_real(&class, 4, (double)b->confidence);
	stream_put_message(&object, 6, &class);
	if (more)
		more(user, b, &object);
	stream_put_message(list, 1, &object);
	base_str_free(&class);
	base_str_free(&object);
}

void
stream_post_size(const stream_post_from *from, float *width, float *height)
{
	*width = from->boxed ? (float)(int)(from->box[2] - from->box[0]) : (float)from->width;
	*height = from->boxed ? (float)(int)(from->box[3] - from->box[1]) : (float)from->height;
}

bool
stream_post_is_known(const stream_post_from *from, char *why, size_t size)
{
	if (!from->known)
		snprintf(why, size,
			"no picture is known that the tensors were made from: name the element that scaled it by dataSourceResize");
	return from->known;
}

int
stream_founds_put(const stream_post *s, stream_founds *f, stream_unit unit, const stream_post_from *from,
	base_str *list, stream_found_more more, const void *user, char *why, size_t size)
{
	int code = f->failed ? STREAM_NO_MEMORY : !stream_post_is_known(from, why, size) ? STREAM_FAILURE : 0;
	if (f->failed)
		snprintf(why, size, "no memory for boxes");
	float width, height;
	stream_post_size(from, &width, &height);
	for (int i = 0; i < f->n && !code; i++) {
		stream_found *b = &f->v[i];
		if (unit == STREAM_UNIT_PIXELS) {
			b->x0 /= (float)from->net_width;
			b->x1 /= (float)from->net_width;
			b->y0 /= (float)from->net_height;
			b->y1 /= (float)from->net_height;
		}
		float corners[2][2] = { { b->x0, b->y0 }, { b->x1, b->y1 } };
		if (unit == STREAM_UNIT_DONE)
			keep_within(b, width, height);
		else if (unit != STREAM_UNIT_PLACED) {
			if (!stream_points_back(corners, 2, from, width, height))
				continue;
			b->x0 = corners[0][0];
			b->y0 = corners[0][1];
			b->x1 = corners[1][0];
			b->y1 = corners[1][1];
		}
		if (from->boxed) {
			b->x0 += from->box[0];
			b->x1 += from->box[0];
			b->y0 += from->box[1];
			b->y1 += from->box[1];
		}
		put(s, b, from, list, more, user);
	}
	secant_free(f->v);
	*f = (stream_founds){ 0 };
	return code;
}

bool
stream_is_real(const stream_tensor *t)
{
	return t->type == STREAM_T_F32;
}

/* IEEE 754 binary16. */
static double
half(const uint8_t *at)
{
	unsigned bits = (unsigned)at[0] | (unsigned)at[1] << 8, exponent = bits >> 10 & 31, part = bits & 1023;
	double v = exponent == 31 ? part ? NAN : INFINITY
		: exponent            ? ldexp(1024 + part, (int)exponent - 25)
							  : ldexp(part, -24);
	return bits >> 15 ? -v : v;
}

double
stream_number_at(const stream_tensor *t, size_t i)
{
	const uint8_t *at = t->data + i * stream_type_size(t->type);
	float f;
	int32_t v;
	int64_t wide;
	switch (t->type) {
	case STREAM_T_F32: memcpy(&f, at, sizeof f); return (double)f;
	case STREAM_T_F16: return half(at);
	case STREAM_T_I32: memcpy(&v, at, sizeof v); return v;
	case STREAM_T_I64: memcpy(&wide, at, sizeof wide); return (double)wide;
	default: return *at;
	}
}
