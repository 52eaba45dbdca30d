/*
 * mxpi_nmsoverlapedroiV2: drops boxes that tiles have found twice. Each overlap of two tiles is halved; a box that lies
 * outside its tile's part goes, and of those of one class that overlap the largest stays (intersection over the smaller
 * of two areas). Headers keep the number that a box had, where the original counts anew.
 */
#include <math.h>
#include <stdlib.h>
#include "stream/picture.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceDetection", "auto", "key of the boxes"),
	STREAM_PROP_TEXT("dataSourceBlock", "auto", "key of the tiles"),
	STREAM_PROP_NUMBER(REAL, "nmsThreshold", "0.45", 0, 1, "part of the smaller that overlaps from which two are one"),
	STREAM_PROP_END,
};

enum { MOST = 65536 };

typedef struct part {
	float x0, y0, x1, y1;
} part;

typedef struct candidate {
	stream_box box;
	int place;
	float area;
} candidate;

/* Halves the overlap of two tiles that stand beside each other. */
static void
halve(float *low0, float *low1, float *high0, float *high1)
{
	if (*low0 > *high0) {
		halve(high0, high1, low0, low1);
		return;
	}
	if (*low1 > *high0 && *high0 > *low0)
		*low1 = *high0 = (*low1 + *high0) / 2;
}

static part *
parts_of(const stream_blob *tiles, int *n)
{
	format_wire at = { tiles->p, tiles->n };
	stream_box b;
	part *v = NULL;
	int capacity = 0;
	for (*n = 0; *n < 256 && stream_box_next(&at, &b) > 0; ++*n) {
		if (base_grow((void **)&v, &capacity, *n, sizeof *v)) {
			secant_free(v);
			*n = -1;
			return NULL;
		}
		v[*n] = (part){ b.x0, b.y0, b.x1, b.y1 };
	}
	for (int i = 0; i < *n; i++)
		for (int j = i + 1; j < *n; j++) {
			if (v[i].y0 == v[j].y0)
				halve(&v[i].x0, &v[i].x1, &v[j].x0, &v[j].x1);
			if (v[i].x0 == v[j].x0)
				halve(&v[i].y0, &v[i].y1, &v[j].y0, &v[j].y1);
		}
	return v;
}

/* The tile that a box was found in, by its first header; -1: it has none. */
static int
tile_of(format_wire item)
{
	format_wire header;
	format_wire_field f;
	int member = 0;
	if (format_wire_next_bytes(&item, 1, &header) <= 0)
		return -1;
	while (format_wire_next(&header, &f) > 0)
		if (f.number == 2 && f.type == FORMAT_WIRE_VARINT)
			member = (int)(int32_t)(uint32_t)f.value;
	return member;
}

static int
by_class_and_area(const void *a_, const void *b_)
{
	const candidate *a = a_, *b = b_;
	if (a->box.class_id != b->box.class_id)
		return a->box.class_id < b->box.class_id ? -1 : 1;
	return a->area != b->area ? (a->area < b->area) - (a->area > b->area) : a->place - b->place;
}

static bool
is_twice(const candidate *a, const candidate *b, float most)
{
	float w = fminf(a->box.x1, b->box.x1) - fmaxf(a->box.x0, b->box.x0);
	float h = fminf(a->box.y1, b->box.y1) - fmaxf(a->box.y0, b->box.y0);
	float smaller = fminf(a->area, b->area);
	return a->box.class_id == b->box.class_id && w > 0 && h > 0 && smaller > 0 && w * h / smaller > most;
}

/* The boxes that lie in their tile's part; n -1: no memory. */
static candidate *
candidates_of(const stream_blob *found, const part *parts, int n_parts, int *n)
{
	format_wire at = { found->p, found->n };
	candidate *v = NULL;
	stream_box b;
	int capacity = 0;
	*n = 0;
	for (int place = 0; place < MOST && stream_box_next(&at, &b) > 0; place++) {
		int tile = tile_of(b.item);
		const part *p = tile >= 0 && tile < n_parts ? &parts[tile] : NULL;
		if (!p || b.x0 > p->x1 || b.y0 > p->y1 || b.x1 < p->x0 || b.y1 < p->y0)
			continue;
		if (base_grow((void **)&v, &capacity, *n, sizeof *v)) {
			secant_free(v);
			*n = -1;
			return NULL;
		}
		v[(*n)++] = (candidate){ b, place, (b.x1 - b.x0) * (b.y1 - b.y0) };
	}
	return v;
}

static void
put(base_str *list, const candidate *c, const char *key)
{
	base_str object = { 0 }, class = { 0 };
	stream_put_header(&object, key, c->place);
	stream_put_real(&object, 2, (double)c->box.x0);
	stream_put_real(&object, 3, (double)c->box.y0);
	stream_put_real(&object, 4, (double)c->box.x1);
	stream_put_real(&object, 5, (double)c->box.y1);
	stream_put_int(&class, 2, c->box.class_id);
	if (c->box.label.n)
		format_wire_put_bytes(&class, 3, c->box.label.p, c->box.label.n);
	stream_put_real(&class, 4, (double)c->box.confidence);
	stream_put_message(&object, 6, &class);
	stream_put_message(list, 1, &object);
	base_str_free(&class);
	base_str_free(&object);
}

static void
select_boxes(stream_worker *w, stream_frame *f, const stream_blob *tiles, const stream_blob *found, const char *key)
{
	int n_parts, n = 0, kept = 0;
	float most = (float)stream_prop_real(w, "nmsThreshold");
	base_str list = { 0 };
	part *parts = parts_of(tiles, &n_parts);
	candidate *v = n_parts < 0 ? NULL : candidates_of(found, parts, n_parts, &n);
	if (n > 1)
		qsort(v, (size_t)n, sizeof *v, by_class_and_area);
	for (int i = 0; i < n; i++) {
		bool twice = false;
		for (int k = kept - 1; k >= 0 && !twice; k--)
			twice = is_twice(&v[k], &v[i], most);
		if (!twice)
			v[kept++] = v[i];
	}
	for (int i = 0; i < kept; i++)
		put(&list, &v[i], key);
	if (n_parts < 0 || n < 0)
		stream_cannot(w, f, STREAM_NO_MEMORY, "no memory for boxes");
	else
		stream_answer(w, f, stream_message_find("MxpiObjectList"), stream_blob_take(&list));
	base_str_free(&list);
	secant_free(parts);
	secant_free(v);
}

/* Tiles come to port 0, what was found to port 1. */
static void
run(stream_worker *w, stream_frame *const *in)
{
	char tiles_key[300], found_key[300];
	stream_blob *tiles = NULL, *found = NULL;
	stream_prop_key(w, "dataSourceBlock", 0, tiles_key, sizeof tiles_key);
	stream_prop_key(w, "dataSourceDetection", 1, found_key, sizeof found_key);
	const stream_message *kind;
	if (!stream_frame_get(in[1], found_key, &kind, &found)) {
		stream_send_all(w, in[0]);
		return;
	}
	if (!kind || strcmp(kind->name, "MxpiObjectList") != 0)
		stream_cannot(w, in[0], STREAM_OTHER_MESSAGE, "the key '%.100s' holds %s, MxpiObjectList is wanted", found_key,
			kind ? kind->name : "a text");
	else if ((tiles = stream_want_or_pass(w, in[0], tiles_key, "MxpiObjectList")))
		select_boxes(w, in[0], tiles, found, found_key);
	stream_blob_drop(tiles);
	stream_blob_drop(found);
}

static const stream_work work = { .run = run, .sync = true };

const stream_element_type stream_element_mxpi_nmsoverlapedroiV2 = {
	.name = "mxpi_nmsoverlapedroiV2",
	.brief = "drops boxes that tiles have found twice",
	.props = props,
	.sinks = { STREAM_MEDIA_OBJECT, STREAM_MEDIA_OBJECT },
	.sources = { STREAM_MEDIA_OBJECT },
	.keys = { "dataSourceBlock", "dataSourceDetection" },
	.work = &work,
};
