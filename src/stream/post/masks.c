/*
 * Masks (libunetmindsporepostprocess, libdeeplabv3post): the first largest score of each pixel (POST_TYPE 0), or
 * classes as they are (1), in the size of the picture before it was scaled, nearest pixel (RESIZE_TYPE 1).
 */
#include <stdio.h>
#include "stream/post/post.h"
#include "stream/resizing.h"

typedef struct masks {
	int classes, model_type, post_type, resize_type;
} masks;

static bool
open(stream_post *s)
{
	masks *m = s->state;
	m->classes = stream_post_int(s, "CLASS_NUM", 0, 0, 1000);
	m->model_type = stream_post_int(s, "MODEL_TYPE", 0, 0, 100);
	m->post_type = stream_post_int(s, "POST_TYPE", 0, 0, 16);
	m->resize_type = stream_post_int(s, "RESIZE_TYPE", 1, 0, 16);
	if (!s->failed && m->post_type > 1)
		stream_post_refuse(
			s, "POST_TYPE %d: 0 (the largest of scores) or 1 (classes as they are) is meant", m->post_type);
	if (!s->failed && m->classes < 1)
		stream_post_refuse(s, "CLASS_NUM is not set in the post-processor's configuration");
	if (!s->failed && m->classes == 1 && m->post_type == 0)
		stream_post_refuse(s,
			"CLASS_NUM 1: the largest of one score is always class 0; give the network a score for the background too "
			"(secant export --width --height does so) and CLASS_NUM 2");
	return !s->failed;
}

/* A mask of that size from a part of the network's. */
typedef struct place {
	int height, width, top, left, used_height, used_width;
} place;

/* The part of an axis of `whole` cells on which `used` pixels of the picture lie behind `before` of padding. */
static void
part_of(int used, int before, double scale, int whole, int *first, int *many)
{
	int start = (int)(before * scale), n = (int)(used * scale);
	*first = start < 0 || start >= whole ? 0 : start;
	*many = n < 1 || n > whole - *first ? whole - *first : n;
}

/* Height and width of the result, and where in the network's picture it lies. */
static void
place_of(const stream_post_from *from, place *at, const stream_tensor *t, bool rows, bool scaled)
{
	int h = (int)t->dim[t->rank == 3 ? 1 : rows ? 1 : 2], v = (int)t->dim[t->rank == 3 ? 2 : rows ? 2 : 3];
	*at = (place){ h, v, 0, 0, h, v };
	if (!from->known || !scaled || from->net_height < 1 || from->net_width < 1)
		return;
	bool keeps = (from->resize_type == STREAM_FASTRCNN || from->resize_type == STREAM_FIT) && from->scaling > 0;
	double down = (double)h / from->net_height, across = (double)v / from->net_width;
	at->width = from->width;
	at->height = from->height;
	part_of(keeps ? (int)((float)at->height * from->scaling) : from->pasted_height, from->top, down, h, &at->top,
		&at->used_height);
	part_of(keeps ? (int)((float)at->width * from->scaling) : from->pasted_width, from->left, across, v, &at->left,
		&at->used_width);
}

static float
score(const uint8_t *p)
{
	float v;
	memcpy(&v, p, sizeof v);
	return v;
}

/* The classes of a row of the network's picture: its numbers, or the first largest of the scores. */
static void
row_of(int32_t *class, const stream_tensor *t, bool rows, int classes, size_t y)
{
	size_t h = (size_t)t->dim[t->rank == 3 || rows ? 1 : 2], w = (size_t)t->dim[t->rank == 3 || rows ? 2 : 3];
	if (t->rank == 3) {
		memcpy(class, t->data + y * w * sizeof *class, w * sizeof *class);
		return;
	}
	size_t pixel = sizeof(float) * (rows ? (size_t)classes : 1), step = sizeof(float) * (rows ? 1 : h * w);
	const uint8_t *p = t->data + y * w * pixel;
	for (size_t x = 0; x < w && classes == 2; x++)
		class[x] = score(p + x * pixel + step) > score(p + x * pixel);
	for (size_t x = 0; x < w && classes != 2; x++) {
		float most = score(p + x * pixel);
		class[x] = 0;
		for (int k = 1; k < classes; k++) {
			float v = score(p + x * pixel + (size_t)k * step);
			if (v > most) {
				most = v;
				class[x] = k;
			}
		}
	}
}

/* Adds an MxpiImageMask; what is wrong, or NULL. */
static const char *
put_mask(base_str *list, const stream_post *s, const stream_tensor *t, bool rows, const place *at,
	const stream_post_from *from)
{
	base_str mask = { 0 };
	/* Bytes where the original has them, unless numbers of classes would not fit. */
	const masks *m = s->state;
	size_t unit = s->n_labels <= 255 && m->classes <= 256 ? 1 : sizeof(int32_t),
		   n = (size_t)at->height * (size_t)at->width;
	size_t columns = (size_t)t->dim[t->rank == 3 || rows ? 2 : 3], have = SIZE_MAX;
	uint8_t *data = base_alloc_raw(n * unit + 1);
	int32_t *row = base_alloc_raw((columns + (size_t)at->width) * sizeof *row), *column = row ? row + columns : NULL;
	bool outside = false;
	for (size_t x = 0; row && x < (size_t)at->width; x++)
		column[x] = at->left + (int32_t)(x * (size_t)at->used_width / (size_t)at->width);
	for (size_t y = 0; data && row && y < (size_t)at->height; y++) {
		uint8_t *to = data + y * (size_t)at->width * unit;
		size_t from_y = (size_t)at->top + y * (size_t)at->used_height / (size_t)at->height;
		if (from_y != have)
			row_of(row, t, rows, m->classes, have = from_y);
		for (size_t x = 0; x < (size_t)at->width; x++) {
			int32_t v = row[column[x]];
			outside |= unit == 1 && (uint32_t)v > UINT8_MAX;
			if (unit == 1)
				to[x] = (uint8_t)v;
			else
				memcpy(to + x * unit, &v, unit);
		}
	}
	stream_put_header(&mask, from->key, from->member);
	for (int i = 0; i < s->n_labels; i++)
		format_wire_put_text(&mask, 2, s->label[i]);
	stream_put_packed(&mask, 3, (const int64_t[]){ at->height, at->width }, 2);
	stream_put_int(&mask, 4, unit == 1 ? STREAM_T_U8 : STREAM_T_I32);
	format_wire_put_bytes(&mask, 5, data ? (const void *)data : "", data ? n * unit : 0);
	mask.failed |= !row;
	stream_put_message(list, 1, &mask);
	base_str_free(&mask);
	secant_free(row);
	secant_free(data);
	if (outside)
		return "the model gives classes below 0 or above 255, and CLASS_NUM says that there are none";
	return data && !list->failed ? NULL : "no memory for a mask";
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const masks *m = s->state;
	char text[200] = "no tensor";
	const stream_tensor *best = NULL;
	int rank = m->post_type == 1 ? 3 : 4, want = m->post_type == 1 ? STREAM_T_I32 : STREAM_T_F32;
	for (int i = 0; i < n && !best; i++)
		if (t[i].rank == rank && t[i].type == want && t[i].dim[0] == 1)
			best = &t[i];
		else
			stream_tensor_text(&t[i], text, sizeof text);
	if (!best) {
		snprintf(why, size, "POST_TYPE %d wants a tensor %s of %d axes with batch 1; there is %s", m->post_type,
			stream_type_name(want), rank, text);
		return STREAM_FAILURE;
	}
	bool rows = m->model_type != 1;
	int64_t c = rank == 3 ? m->classes : best->dim[rows ? 3 : 1];
	if (c != m->classes) {
		snprintf(why, size, "CLASS_NUM is %d and MODEL_TYPE %d (%s); the model gives %s", m->classes, m->model_type,
			rows ? "NHWC" : "NCHW", stream_tensor_text(best, text, sizeof text));
		return STREAM_FAILURE;
	}
	place at;
	place_of(from, &at, best, rows, m->resize_type != 0);
	const char *wrong = put_mask(list, s, best, rows, &at, from);
	if (wrong)
		snprintf(why, size, "%s", wrong);
	return wrong ? STREAM_FAILURE : 0;
}

const stream_library stream_library_masks = { .names = "unetmindsporepostprocess|deeplabv3post",
	.message = "MxpiImageMaskList",
	.state = sizeof(masks),
	.open = open,
	.run = run };
