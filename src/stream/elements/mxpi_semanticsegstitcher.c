/* mxpi_semanticsegstitcher: joins the masks of tiles. */
#include <stdio.h>
#include "stream/tensors.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceSemanticSeg", "auto", "key of the masks"),
	STREAM_PROP_TEXT("dataSourceCropRoi", "auto", "key of the tiles"),
	STREAM_PROP_TEXT("dataSourceMergeRoi", "auto", "key of what counts of each tile"),
	STREAM_PROP_END,
};

/* A mask of a tile, as it lies in the message. */
typedef struct tile {
	int height, width, type;
	const uint8_t *data;
	format_wire item;
} tile;

static int
next_tile(format_wire *list, tile *t)
{
	format_wire_field f;
	format_wire w;
	int64_t dim[STREAM_RANK];
	int got = format_wire_next_bytes(list, 1, &w), n = 0;
	size_t bytes = 0;
	if (got <= 0)
		return got;
	*t = (tile){ .item = w };
	while (format_wire_next(&w, &f) > 0) {
		if (f.number == 3 && !stream_take_ints(&f, dim, &n, STREAM_RANK))
			return -1;
		if (f.number == 4 && f.type == FORMAT_WIRE_VARINT)
			t->type = (int)f.value;
		if (f.number == 5 && f.type == FORMAT_WIRE_BYTES) {
			t->data = f.bytes.p;
			bytes = f.bytes.n;
		}
	}
	if (n != 2 || dim[0] < 1 || dim[1] < 1 || dim[0] > 65536 || dim[1] > 65536
		|| (t->type != STREAM_T_U8 && t->type != STREAM_T_I32)
		|| bytes != (size_t)dim[0] * (size_t)dim[1] * stream_type_size(t->type))
		return -1;
	t->height = (int)dim[0];
	t->width = (int)dim[1];
	return 1;
}

/* The part of a tile under its merge box into the whole. */
static void
stitch(uint8_t *to, int height, int width, const tile *t, const stream_box *crop, const stream_box *merge)
{
	size_t unit = stream_type_size(t->type);
	int x0 = (int)merge->x0, y0 = (int)merge->y0, x1 = (int)merge->x1, y1 = (int)merge->y1;
	int dx = (int)crop->x0, dy = (int)crop->y0;
	x0 = x0 > dx ? x0 : dx;
	y0 = y0 > dy ? y0 : dy;
	x1 = x1 < dx + t->width ? x1 : dx + t->width;
	y1 = y1 < dy + t->height ? y1 : dy + t->height;
	x1 = x1 < width ? x1 : width;
	y1 = y1 < height ? y1 : height;
	for (int y = y0 < 0 ? 0 : y0; y < y1 && x0 >= 0 && x0 < x1; y++)
		memcpy(to + ((size_t)y * (size_t)width + (size_t)x0) * unit,
			t->data + ((size_t)(y - dy) * (size_t)t->width + (size_t)(x0 - dx)) * unit, (size_t)(x1 - x0) * unit);
}

static int
count(format_wire list)
{
	format_wire_field f;
	int n = 0;
	while (format_wire_next(&list, &f) > 0)
		n += f.number == 1 && f.type == FORMAT_WIRE_BYTES;
	return n;
}

static bool
sane(const stream_box *b)
{
	return b->x0 >= 0 && b->y0 >= 0 && b->x1 >= b->x0 && b->y1 >= b->y0 && b->x1 <= 65536 && b->y1 <= 65536;
}

/* The size of the buffer's picture; where none is known, that of what the tiles cover. */
static void
whole_size(stream_frame *f, format_wire crops, int *height, int *width)
{
	stream_box b;
	*height = *width = 0;
	while (stream_box_next(&crops, &b) > 0)
		if (sane(&b)) {
			*width = (int)b.x1 > *width ? (int)b.x1 : *width;
			*height = (int)b.y1 > *height ? (int)b.y1 : *height;
		}
}

static void
put_result(base_str *out, const tile *first, int height, int width, const uint8_t *data, char key[3][300])
{
	base_str mask = { 0 };
	format_wire w = first->item;
	format_wire_field f;
	for (int i = 0; i < 3; i++)
		stream_put_header(&mask, key[i], 0);
	while (format_wire_next(&w, &f) > 0)
		if (f.number == 2 && f.type == FORMAT_WIRE_BYTES)
			format_wire_put_bytes(&mask, 2, f.bytes.p, f.bytes.n);
	stream_put_packed(&mask, 3, (const int64_t[]){ height, width }, 2);
	stream_put_int(&mask, 4, first->type);
	format_wire_put_bytes(&mask, 5, data, (size_t)height * (size_t)width * stream_type_size(first->type));
	stream_put_message(out, 1, &mask);
	base_str_free(&mask);
}

static void
join(stream_worker *w, stream_frame *f, char key[3][300], stream_blob *const *blob)
{
	format_wire at[3];
	tile t, first = { 0 };
	stream_box crop, merge;
	int height, width, n;
	for (int i = 0; i < 3; i++)
		at[i] = (format_wire){ blob[i]->p, blob[i]->n };
	whole_size(f, at[1], &height, &width);
	n = count(at[0]);
	if (n < 1 || count(at[1]) != n || count(at[2]) != n || height < 1 || width < 1) {
		stream_cannot(w, f, STREAM_INVALID, "%d masks, %d tiles and %d boxes to merge: as many of each are wanted", n,
			count(at[1]), count(at[2]));
		return;
	}
	uint8_t *whole = NULL;
	bool fine = true;
	for (int i = 0; fine && i < n; i++) {
		fine = next_tile(&at[0], &t) > 0 && stream_box_next(&at[1], &crop) > 0 && stream_box_next(&at[2], &merge) > 0
			&& sane(&crop) && sane(&merge);
		if (fine && !i) {
			first = t;
			whole = secant_calloc((size_t)height * (size_t)width + 1, stream_type_size(t.type));
			fine = whole && t.width == (int)crop.x1 - (int)crop.x0 && t.height == (int)crop.y1 - (int)crop.y0;
		}
		fine = fine && t.type == first.type;
		if (fine)
			stitch(whole, height, width, &t, &crop, &merge);
	}
	base_str out = { 0 };
	if (fine)
		put_result(&out, &first, height, width, whole, key);
	secant_free(whole);
	if (fine)
		stream_answer(w, f, stream_message_find("MxpiImageMaskList"), stream_blob_take(&out));
	else
		stream_cannot(
			w, f, STREAM_INVALID, "masks are two-dimensional, of UINT8 or INT32 alike, and as large as their tiles");
	base_str_free(&out);
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	static const char *const names[] = { "dataSourceSemanticSeg", "dataSourceCropRoi", "dataSourceMergeRoi" };
	static const char *const kinds[] = { "MxpiImageMaskList", "MxpiObjectList", "MxpiObjectList" };
	char key[3][300];
	stream_blob *blob[3] = { NULL };
	bool fine = true;
	for (int i = 0; fine && i < 3; i++) {
		stream_prop_key(w, names[i], i, key[i], sizeof key[i]);
		/* The branches of a tee may have become frames of their own. */
		stream_frame *from = stream_frame_get(in[i], key[i], NULL, NULL) ? in[i] : in[0];
		if (!(blob[i] = stream_want(w, from, key[i], kinds[i]))) {
			fine = false;
			if (from != in[0])
				stream_send_all(w, in[0]);
		}
	}
	if (fine)
		join(w, in[0], key, blob);
	for (int i = 0; i < 3; i++)
		stream_blob_drop(blob[i]);
}

static const stream_work work = { .run = run, .sync = true };

const stream_element_type stream_element_mxpi_semanticsegstitcher = {
	.name = "mxpi_semanticsegstitcher",
	.brief = "joins the masks of tiles",
	.props = props,
	.sinks = { STREAM_MEDIA_SEMANTIC, STREAM_MEDIA_OBJECT, STREAM_MEDIA_ROI },
	.sources = { STREAM_MEDIA_SEMANTIC },
	.work = &work,
};
