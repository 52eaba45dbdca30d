/* Four tensors of a detector; see detections.h. */
#include "stream/post/detections.h"
#include <stdio.h>

bool
stream_detections_open(stream_post *s)
{
	return stream_thresholds_read(s, &((stream_detections *)s->state)->t);
}

void
stream_detections_close(stream_post *s)
{
	if (s->state)
		stream_thresholds_free(&((stream_detections *)s->state)->t);
}

bool
stream_has_numbers(const stream_tensor *t, size_t want, const char *what, char *why, size_t size)
{
	char text[200];
	size_t unit = stream_type_size(t->type);
	bool number = t->type == STREAM_T_F32 || t->type == STREAM_T_F16 || t->type == STREAM_T_I32
		|| t->type == STREAM_T_I64;
	if (number && unit && t->size / unit >= want)
		return true;
	snprintf(why, size, "%s: at least %zu numbers are wanted, the model gives %s", what, want,
		stream_tensor_text(t, text, sizeof text));
	return false;
}

int
stream_detections_many(const stream_tensor *t, char *why, size_t size)
{
	if (!stream_has_numbers(t, 1, "how many", why, size))
		return -1;
	double told = stream_number_at(t, 0);
	return told > STREAM_MOST_DETECTIONS ? STREAM_MOST_DETECTIONS : told > 0 ? (int)told : 0;
}

void
stream_detections_add(
	const stream_detections *d, stream_founds *found, int class_id, float confidence, const float box[4])
{
	if (class_id < 0 || class_id >= d->t.classes || !(confidence >= d->t.separate[class_id]))
		return;
	stream_founds_add(found, &(stream_found){ box[0], box[1], box[2], box[3], confidence, class_id, 0 });
}

int
stream_detections_run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list,
	char *why, size_t size)
{
	const stream_detections *d = s->state;
	stream_founds found = { 0 };
	if (n < 4) {
		snprintf(why, size, "four tensors are wanted (how many, scores, boxes, classes), the model gives %d", n);
		return STREAM_INVALID;
	}
	int many = stream_detections_many(t, why, size);
	if (many < 0 || !stream_has_numbers(&t[1], (size_t)many, "scores", why, size)
		|| !stream_has_numbers(&t[2], (size_t)many * 4, "boxes", why, size)
		|| !stream_has_numbers(&t[3], (size_t)many, "classes", why, size))
		return STREAM_INVALID;
	for (size_t i = 0; i < (size_t)many; i++) {
		float box[4];
		for (size_t k = 0; k < 4; k++) /* y0, x0, y1, x1 */
			box[k ^ 1] = (float)stream_number_at(&t[2], 4 * i + k);
		stream_detections_add(d, &found, (int)stream_number_at(&t[3], i), (float)stream_number_at(&t[1], i), box);
	}
	return stream_founds_put(s, &found, STREAM_UNIT_PARTS, from, list, NULL, NULL, why, size);
}
