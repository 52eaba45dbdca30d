/*
 * SSD MobileNet of MindSpore's zoo (libSsdMobilenetFpn_MindsporePost): boxes as parts of the picture (y0, x0, y1, x1)
 * and scores of all classes, the first of which is the background. Of each class 100 are kept.
 */
#include <stdio.h>
#include "stream/post/detections.h"

enum { MOST_OF_CLASS = 100, PIXELS = 1 };

/* As the original measures it: sides of single boxes are a pixel longer. */
static float
overlap(const stream_found *a, const stream_found *b)
{
	float w = (a->x1 < b->x1 ? a->x1 : b->x1) - (a->x0 > b->x0 ? a->x0 : b->x0);
	float h = (a->y1 < b->y1 ? a->y1 : b->y1) - (a->y0 > b->y0 ? a->y0 : b->y0);
	float both = w > 0 && h > 0 ? w * h : 0;
	float all = (a->x1 - a->x0 + PIXELS) * (a->y1 - a->y0 + PIXELS)
		+ (b->x1 - b->x0 + PIXELS) * (b->y1 - b->y0 + PIXELS);
	return both > 0 && all > both ? both / (all - both) : 0;
}

static bool
open(stream_post *s)
{
	stream_detections *d = s->state;
	if (!stream_post_value(s, "IOU_THRESH"))
		stream_post_refuse(s, "IOU_THRESH is not set in the post-processor's configuration");
	d->overlap = stream_post_real(s, "IOU_THRESH", 0.6F, 0, 1);
	return stream_detections_open(s);
}

static bool
fits(const stream_tensor *t, int n, int classes)
{
	return n >= 2 && stream_is_real(&t[0]) && stream_is_real(&t[1]) && t[0].rank == 3 && t[1].rank == 3
		&& t[0].dim[0] == 1 && t[1].dim[0] == 1 && t[0].dim[2] == 4 && t[1].dim[2] == classes
		&& t[0].dim[1] == t[1].dim[1] && t[0].size == (size_t)t[0].dim[1] * 4 * sizeof(float)
		&& t[1].size == (size_t)t[1].dim[1] * (size_t)classes * sizeof(float);
}

/* Two ends of a side as pixels, in order and within the picture. */
static void
side(double a, double b, float most, float *first, float *last)
{
	float from = (float)(a < b ? a : b) * most, to = (float)(a < b ? b : a) * most;
	*first = from > 0 ? from : 0;
	*last = to < most ? to : most;
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const stream_detections *d = s->state;
	stream_founds found = { 0 };
	char text[200];
	float width, height;
	int class_id = -1, many = 0, kept = 0;
	if (!fits(t, n, d->t.classes)) {
		snprintf(why, size, "boxes FLOAT32 1xNx4 and scores FLOAT32 1xNx%d (CLASS_NUM) are wanted; there are %d%s%s",
			d->t.classes, n, n ? ", the first is " : "", n ? stream_tensor_text(&t[0], text, sizeof text) : "");
		return STREAM_INVALID;
	}
	stream_post_size(from, &width, &height);
	for (size_t i = 0; i < (size_t)t[0].dim[1]; i++)
		for (int k = 1; k < d->t.classes; k++) {
			float score = (float)stream_number_at(&t[1], i * (size_t)d->t.classes + (size_t)k);
			stream_found one = { .confidence = score, .class_id = k, .place = (int)i };
			if (!(score > d->t.separate[k]))
				continue;
			side(stream_number_at(&t[0], 4 * i + 1), stream_number_at(&t[0], 4 * i + 3), width, &one.x0, &one.x1);
			side(stream_number_at(&t[0], 4 * i), stream_number_at(&t[0], 4 * i + 2), height, &one.y0, &one.y1);
			stream_founds_add(&found, &one);
		}
	stream_founds_nms_by(&found, d->overlap, overlap);
	for (int i = 0; i < found.n; i++) {
		many = found.v[i].class_id == class_id ? many + 1 : 0;
		class_id = found.v[i].class_id;
		if (many < MOST_OF_CLASS)
			found.v[kept++] = found.v[i];
	}
	found.n = kept;
	return stream_founds_put(s, &found, STREAM_UNIT_PLACED, from, list, NULL, NULL, why, size);
}

const stream_library stream_library_ssd_mindspore = { .names = "SsdMobilenetFpn_MindsporePost",
	.message = "MxpiObjectList",
	.state = sizeof(stream_detections),
	.empty_is_nothing = true,
	.open = open,
	.run = run,
	.close = stream_detections_close };
