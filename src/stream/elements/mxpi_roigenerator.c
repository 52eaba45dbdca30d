/* mxpi_roigenerator: divides pictures into tiles. */
#include <math.h>
#include <stdio.h>
#include "stream/picture.h"
#include <string.h>

/* Box i of "x0,y0,x1,y1|x0,...": 1 there is one, 0 the list has ended, -1 it is not four numbers. */
static int
box(const char **at, double v[4])
{
	if (!*at)
		return 0;
	size_t size = strcspn(*at, "|");
	const char *this = *at;
	*at = this[size] ? this + size + 1 : NULL;
	return stream_reals(this, size, v, 4) == 4 ? 1 : -1;
}

/* Custom: four numbers a box; with two ports as many boxes to merge as to crop, each within its tile. */
static bool
custom(const stream_element *e, const char **prop, const char **why)
{
	const char *crop = stream_text(e, "cropRoi"), *merge = stream_text(e, "mergeRoi");
	bool two = stream_sources(e) == 2;
	double c[4], m[4];
	for (;;) {
		int got = box(&crop, c), also = two ? box(&merge, m) : got;
		*prop = got < 0 ? "cropRoi" : "mergeRoi";
		*why = "a box is not four numbers";
		if (got < 0 || also < 0)
			return false;
		*why = "cropRoi and mergeRoi differ in number";
		if (got != also)
			return false;
		if (!got)
			return true;
		*why = "a box leaves that of cropRoi";
		if (two && (m[0] < c[0] || m[1] < c[1] || m[2] > c[2] || m[3] > c[3]))
			return false;
	}
}

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	int ports = stream_sources(e);
	const char *split = stream_text(e, "splitType");
	*prop = "";
	*why = "it has neither one port for output nor two";
	if (ports != 1 && ports != 2)
		return false;
	if (!strcmp(split, "Custom"))
		return custom(e, prop, why);
	if (!strcmp(split, "Num_Block"))
		return true;
	*why = "tiles are not larger than what they share";
	*prop = "overlapHeight";
	if (stream_int(e, "overlapHeight") >= stream_int(e, "blockHeight"))
		return false;
	*prop = "overlapWidth";
	return stream_int(e, "overlapWidth") < stream_int(e, "blockWidth");
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("splitType", "Size_Block", "Size_Block, Num_Block or Custom; any other word counts as the first"),
	STREAM_PROP_NUMBER(INT, "blockHeight", "512", 32, 8192, "rows of a tile (Size_Block)"),
	STREAM_PROP_NUMBER(INT, "blockWidth", "512", 32, 8192, "columns of a tile (Size_Block)"),
	STREAM_PROP_NUMBER(INT, "overlapHeight", "0", 0, 8192, "rows that two tiles share"),
	STREAM_PROP_NUMBER(INT, "overlapWidth", "0", 0, 8192, "columns that two tiles share"),
	STREAM_PROP_NUMBER(INT, "chessboardHeight", "1", 1, 256, "rows of tiles (Num_Block)"),
	STREAM_PROP_NUMBER(INT, "chessboardWidth", "1", 1, 256, "columns of tiles (Num_Block)"),
	STREAM_PROP_TEXT("cropRoi", "", "tiles (Custom): x0,y0,x1,y1|..."),
	STREAM_PROP_TEXT("mergeRoi", "", "what of each tile counts (Custom)"),
	STREAM_PROP_END,
};

enum { MOST_TILES = 256, LEAST_SIDE = 32 };

/* Tiles of one axis: how many, how long, how much two share. */
typedef struct axis {
	int size, n, block, overlap;
} axis;

static int
over(int a, int b)
{
	return (a + b - 1) / b;
}

/* Blocks of a given size; the last one is moved back inside. */
static bool
by_size(axis *a)
{
	a->block = a->block < a->size ? a->block : a->size;
	if (a->block <= a->overlap || a->size <= a->overlap)
		return false;
	a->n = over(a->size - a->overlap, a->block - a->overlap);
	return true;
}

/* A given number of blocks. */
static bool
by_number(axis *a)
{
	int n = a->n;
	a->block = (a->size + a->overlap * (n - 1)) / n;
	if (a->block <= a->overlap || a->block < LEAST_SIDE)
		return false;
	if (n > 1 && (int64_t)(a->block + 1) * (n - 1) - (int64_t)(n - 2) * a->overlap >= a->size)
		a->n = over(a->size - a->overlap, a->block - a->overlap);
	else if ((int64_t)a->block * n - (int64_t)(n - 1) * a->overlap < a->size)
		a->block++;
	return true;
}

static int
start_of(const axis *a, int i)
{
	int at = i * (a->block - a->overlap);
	return at + a->block >= a->size ? a->size - a->block : at;
}

/* Where what counts of tile i begins and ends: what two share is cut in the middle. */
static void
merged(const axis *a, int i, int *from, int *to)
{
	int x0 = start_of(a, i), x1 = x0 + a->block;
	*from = x0 == 0 ? 0 : x0 + (start_of(a, i - 1) + a->block - x0) / 2;
	*to = x1 >= a->size ? a->size : x1 - (x1 - start_of(a, i + 1)) / 2;
}

static void
put_tile(base_str *list, const float v[4], const char *key)
{
	base_str box = { 0 };
	stream_put_header(&box, key, 0);
	for (int i = 0; i < 4; i++)
		stream_put_real(&box, 2 + i, v[i]);
	stream_put_message(list, 1, &box);
	base_str_free(&box);
}

static int
tile(stream_worker *w, const char *split, int width, int height, const char *key, base_str *tiles, base_str *merges,
	char *why, size_t size)
{
	bool number = !strcmp(split, "Num_Block");
	axis x = { width, (int)stream_prop_int(w, "chessboardWidth"), (int)stream_prop_int(w, "blockWidth"),
		(int)stream_prop_int(w, "overlapWidth") };
	axis y = { height, (int)stream_prop_int(w, "chessboardHeight"), (int)stream_prop_int(w, "blockHeight"),
		(int)stream_prop_int(w, "overlapHeight") };
	bool fine = number ? by_number(&x) && by_number(&y) : by_size(&x) && by_size(&y);
	if (!fine || (int64_t)x.n * y.n > MOST_TILES) {
		snprintf(why, size,
			fine ? "%dx%d pixels make more than 256 tiles"
				 : "%dx%d pixels cannot be divided so: tiles must be larger than what they share%s",
			width, height, number ? ", and at least 32 pixels" : "");
		return number ? STREAM_INIT : STREAM_INVALID;
	}
	for (int r = 0; r < y.n; r++)
		for (int c = 0; c < x.n; c++) {
			int x0, x1, y0, y1;
			put_tile(tiles,
				(float[]){ (float)start_of(&x, c), (float)start_of(&y, r), (float)(start_of(&x, c) + x.block),
					(float)(start_of(&y, r) + y.block) },
				key);
			merged(&x, c, &x0, &x1);
			merged(&y, r, &y0, &y1);
			if (r) { /* rows meet where the one above ends */
				int above;
				merged(&y, r - 1, &above, &y0);
			}
			put_tile(merges, (float[]){ (float)x0, (float)y0, (float)x1, (float)y1 }, key);
		}
	return 0;
}

/* Boxes of a property. */
static int
named_tiles(
	stream_worker *w, const char *prop, int width, int height, const char *key, base_str *out, char *why, size_t size)
{
	char *text = stream_prop_copy(w, prop);
	const char *at = text;
	double v[4];
	int n = 0, code = text ? 0 : STREAM_NO_MEMORY;
	while (!code && at && box(&at, v) > 0) {
		bool inside = v[0] >= 0 && v[1] >= 0 && v[0] < v[2] && v[1] < v[3] && v[2] <= width && v[3] <= height;
		if (!inside && !strcmp(prop, "mergeRoi")) {
			snprintf(why, size, "box %d of mergeRoi leaves the picture of %dx%d", n, width, height);
			code = STREAM_FAILURE;
		} else if (!inside)
			stream_note(w, "box %d of cropRoi leaves the picture of %dx%d", n, width, height);
		put_tile(out, (float[]){ (float)v[0], (float)v[1], (float)v[2], (float)v[3] }, key);
		n++;
	}
	secant_free(text);
	return code;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300], split[32], why[300] = "";
	stream_picture p;
	base_str tiles = { 0 }, merges = { 0 };
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	stream_prop_text(w, "splitType", split, sizeof split);
	stream_blob *list = stream_want(w, in[0], key, "MxpiVisionList");
	if (!list)
		return;
	format_wire at = { list->p, list->n };
	int code = stream_picture_next(&at, &p, why, sizeof why) > 0 ? 0 : STREAM_NO_DATA;
	if (code && !*why)
		snprintf(why, sizeof why, "there is no picture to divide");
	if (!code && !strcmp(split, "Custom")) {
		code = named_tiles(w, "cropRoi", p.width, p.height, key, &tiles, why, sizeof why);
		if (!code && w->n_sources == 2)
			code = named_tiles(w, "mergeRoi", p.width, p.height, key, &merges, why, sizeof why);
	} else if (!code)
		code = tile(w, split, p.width, p.height, key, &tiles, &merges, why, sizeof why);
	stream_blob_drop(list);
	for (int i = 0; !code && i < w->n_sources; i++)
		code = stream_put(w, in[0], i, stream_message_find("MxpiObjectList"), stream_blob_take(i ? &merges : &tiles));
	if (code)
		stream_cannot(w, in[0], code, "%s", *why ? why : "no memory for tiles, or the key is taken already");
	else
		stream_send_all(w, in[0]);
	base_str_free(&tiles);
	base_str_free(&merges);
}

static const stream_work work = { .run = run };

const stream_element_type stream_element_mxpi_roigenerator = {
	.name = "mxpi_roigenerator",
	.brief = "divides pictures into tiles",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV },
	.sources = { STREAM_MEDIA_OBJECT },
	.more_sources = STREAM_MEDIA_ROI,
	.starts = starts,
	.work = &work,
};
