/*
 * mxpi_channelimagesstitcher: puts the pictures of channels side by side, scaled to one size, so that the least of the
 * whole stays empty. Port 1, where there is one, says where each channel went (preprocessInfo). A place is a multiple
 * of 16 wide, as in the original; rows that would leave the picture, which it tries too, are not chosen.
 */
#include <stdio.h>
#include <stdlib.h>
#include "stream/picture.h"

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	return stream_starts_linked(e, prop, why) && stream_starts_channels(e, prop, why);
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("channelIds", "0", "channels, a list"),
	STREAM_PROP_NUMBER(UINT, "outputWidth", "1920", 32, 4096, "columns"),
	STREAM_PROP_NUMBER(UINT, "outputHeight", "1080", 32, 4096, "rows"),
	STREAM_PROP_TEXT("RGBValue", "", "colour of the ground"),
	STREAM_PROP_END,
};

/* ---- where channels go ---- */

typedef struct layout {
	int across; /* places in the first rows */
	int full; /* rows that have as many; the others have one less; 0: all but the last */
	int width, height; /* of a place */
	int64_t empty;
} layout;

/* Places `n` in a picture of w x h, either so many to a row, or in so many rows; empty < 0: they do not fit. */
static layout
try_layout(int n, int w, int h, float aspect, int count, bool rows)
{
	layout l = { .empty = -1 };
	if (rows) {
		l.width = (int)((float)(h / count) / aspect) / 16 * 16;
		l.across = (n + count - 1) / count;
		l.full = n % count;
	} else {
		l.width = w / count / 16 * 16;
		l.across = count;
	}
	l.height = (int)((float)l.width * aspect);
	int down = rows ? count : (n + count - 1) / count;
	if (l.width > 0 && l.height > 0 && (int64_t)l.across * l.width <= w && (int64_t)down * l.height <= h)
		l.empty = (int64_t)w * h - (int64_t)n * l.width * l.height;
	return l;
}

static layout
best_layout(int n, int w, int h, float aspect)
{
	layout best = { .empty = -1 };
	for (int rows = 0; rows < 2; rows++)
		for (int count = 1; count <= n; count++) {
			layout l = try_layout(n, w, h, aspect, count, rows != 0);
			if (l.empty >= 0 && (best.empty < 0 || l.empty < best.empty))
				best = l;
		}
	return best;
}

/* Column and row of the i-th. */
static void
place_of(const layout *l, int i, int *column, int *row)
{
	int across = l->across;
	*row = 0;
	for (; i >= across; ++*row) {
		i -= across;
		if (l->full && *row + 1 == l->full)
			across = across > 1 ? across - 1 : 1;
	}
	*column = i;
}

/* ---- pictures ---- */

typedef struct channel {
	stream_blob *held;
	stream_picture p;
	bool there;
} channel;

typedef struct whole {
	int n, id[STREAM_CHANNELS], width, height, format;
	channel channel[STREAM_CHANNELS];
	uint8_t ground[3]; /* R, G, B */
} whole;

/* The first picture of each channel that is wanted; 0, or a code with `why`. */
static int
gather(stream_worker *w, stream_frame *const *in, whole *all, char *why, size_t size)
{
	char key[300];
	const stream_picture *first = NULL;
	const stream_message *kind;
	for (int i = 0; i < w->n_sinks; i++) {
		stream_blob *list;
		int c = 0;
		stream_prop_key_at(w, "dataSource", i, i, key, sizeof key);
		while (c < all->n && all->id[c] != (int)stream_frame_way(in[i])->channel)
			c++;
		if (c == all->n || all->channel[c].there || !stream_frame_get(in[i], key, &kind, &list))
			continue;
		channel *to = &all->channel[c];
		to->held = list;
		format_wire at = { list->p, list->n };
		stream_plane plane;
		int got = kind && !strcmp(kind->name, "MxpiVisionList") ? stream_picture_next(&at, &to->p, why, size) : 0;
		if (got < 0)
			return STREAM_FAILURE;
		if (!got)
			continue;
		bool planes = to->p.format == STREAM_NV12 || to->p.format == STREAM_NV21;
		if (to->p.f32 || (!planes && (to->p.format < STREAM_RGB || to->p.format > STREAM_BGR))
			|| (!planes && !stream_picture_plane(&to->p, &plane))
			|| (planes && (to->p.width != to->p.width_aligned || to->p.height != to->p.height_aligned))) {
			snprintf(why, size, "NV12, NV21, RGB888 or BGR888 without margins is wanted; channel %d has format %d",
				all->id[c], to->p.format);
			return STREAM_INVALID;
		}
		to->there = true;
		if (!first)
			first = &to->p;
		if (to->p.width != first->width || to->p.height != first->height || to->p.format != first->format) {
			snprintf(why, size, "pictures of channels must be alike: %dx%d of format %d and %dx%d of format %d",
				first->width, first->height, first->format, to->p.width, to->p.height, to->p.format);
			return STREAM_FAILURE;
		}
	}
	if (!first) {
		snprintf(why, size, "no port has a picture of the channels that are wanted");
		return STREAM_FAILURE;
	}
	all->format = first->format;
	return 0;
}

/* One picture, scaled into its place. False: no memory. */
static bool
paste(const whole *all, const channel *c, uint8_t *to, int x, int y, int width, int height)
{
	stream_plane from,
		at = { width, height, 3, false, (int64_t)all->width * 3,
			to + ((size_t)y * (size_t)all->width + (size_t)x) * 3 };
	uint8_t *pixels = NULL;
	if (stream_picture_channels(c->p.format)) {
		(void)stream_picture_plane(&c->p, &from);
	} else {
		pixels = base_alloc_raw((size_t)c->p.width * (size_t)c->p.height * 3);
		from = (stream_plane){ c->p.width, c->p.height, 3, false, (int64_t)c->p.width * 3, pixels };
		if (pixels)
			stream_from_nv12(pixels, c->p.data, c->p.width, c->p.height, true, c->p.format == STREAM_NV21);
	}
	bool fine = from.p && stream_resize(&at, &from, STREAM_LINEAR);
	secant_free(pixels);
	return fine;
}

/* The whole as MxpiVisionList, and where each went. */
static stream_blob *
stitch(stream_worker *w, const whole *all, const layout *l, base_str *places)
{
	bool planes = !stream_picture_channels(all->format), bgr = all->format != STREAM_RGB;
	stream_made made = { .format = planes ? STREAM_NV12 : all->format, .width = all->width, .height = all->height };
	stream_blob *out = stream_pictures_new(&made, 1);
	size_t pixels = (size_t)all->width * (size_t)all->height;
	uint8_t *to = out && planes ? base_alloc_raw(pixels * 3) : made.to;
	bool fine = out && to;
	for (size_t i = 0; fine && i < pixels * 3; i++)
		to[i] = all->ground[bgr ? 2 - i % 3 : i % 3];
	for (int i = 0; fine && i < all->n; i++) {
		const channel *c = &all->channel[i];
		base_str vision = { 0 }, info = { 0 };
		int column, row;
		place_of(l, i, &column, &row);
		if (c->there) {
			int x = column * l->width, y = row * l->height;
			stream_step step = { { c->p.width, c->p.height }, { 0, c->p.width, 0, c->p.height },
				{ x, x + l->width, y, y + l->height }, 0 };
			fine = paste(all, c, to, x, y, l->width, l->height);
			stream_add_step(&info, &c->p, &step, w->name);
		}
		stream_put_message(&vision, 2, &info);
		stream_put_message(places, 1, &vision);
		base_str_free(&info);
		base_str_free(&vision);
	}
	if (fine && planes)
		stream_to_nv12(made.to, to, all->width, all->height, true);
	if (planes)
		secant_free(to);
	if (fine)
		return out;
	stream_blob_drop(out);
	return NULL;
}

static bool
read_ground(stream_worker *w, whole *all)
{
	char text[64];
	double v[3];
	stream_prop_text(w, "RGBValue", text, sizeof text);
	int n = *text ? stream_reals(text, strlen(text), v, 3) : 0;
	for (int i = 0; i < n; i++) {
		if (!(v[i] >= 0 && v[i] <= 255))
			return false;
		all->ground[i] = (uint8_t)v[i];
	}
	return !*text || n == 3;
}

/* A frame of its own goes on, with the way of the first. */
static int
send_whole(stream_worker *w, stream_frame *first, const whole *all, char *why, size_t size)
{
	const channel *c = all->channel;
	while (!c->there)
		c++;
	layout l = best_layout(all->n, all->width, all->height, (float)c->p.height / (float)c->p.width);
	base_str places = { 0 };
	if (l.empty < 0) {
		snprintf(why, size, "%d pictures of %dx%d have no place in %dx%d", all->n, c->p.width, c->p.height, all->width,
			all->height);
		return STREAM_FAILURE;
	}
	stream_blob *out = stitch(w, all, &l, &places), *where = out ? stream_blob_take(&places) : NULL;
	stream_frame *f = out && where ? stream_frame_new() : NULL;
	const stream_message *kind = stream_message_find("MxpiVisionList");
	base_str_free(&places);
	int code = f ? 0 : STREAM_NO_MEMORY;
	if (f) {
		*stream_frame_way(f) = *stream_frame_way(first);
		code = stream_put(w, f, 0, kind, stream_blob_hold(out));
		if (!code && w->n_sources > 1)
			code = stream_put(w, f, 1, kind, stream_blob_hold(where));
		if (!code)
			stream_send_all(w, f);
	}
	stream_frame_drop(f);
	stream_blob_drop(out);
	stream_blob_drop(where);
	if (code)
		snprintf(why, size, "no memory for a picture of %dx%d", all->width, all->height);
	return code;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char why[300] = "";
	whole *all = secant_calloc(1, sizeof *all);
	int code = all ? 0 : STREAM_NO_MEMORY;
	if (all) {
		all->n = stream_prop_channels(w, all->id);
		all->width = (int)stream_prop_int(w, "outputWidth");
		all->height = (int)stream_prop_int(w, "outputHeight");
		if (!read_ground(w, all)) {
			snprintf(why, sizeof why, "RGBValue is not three numbers of 0 to 255 with commas between");
			code = STREAM_INVALID;
		}
		if (!code)
			code = gather(w, in, all, why, sizeof why);
		if (!code)
			code = send_whole(w, in[0], all, why, sizeof why);
		for (int i = 0; i < all->n; i++)
			stream_blob_drop(all->channel[i].held);
	}
	if (code)
		stream_cannot(w, in[0], code, "%s", *why ? why : "no memory");
	secant_free(all);
}

static const stream_work work = { .run = run, .sync = true };

const stream_element_type stream_element_mxpi_channelimagesstitcher = {
	.name = "mxpi_channelimagesstitcher",
	.brief = "puts the pictures of channels side by side",
	.props = props,
	.sources = { STREAM_MEDIA_YUV },
	.more_sinks = STREAM_MEDIA_YUV,
	.more_sources = STREAM_MEDIA_STITCH,
	.starts = starts,
	.work = &work,
};
