/*
 * mxpi_channelosdcoordsconverter: moves drawings to where their channel stands. Port 0 says where channels went
 * (mxpi_channelimagesstitcher, port 1), the others have drawings of a channel each; all become one.
 */
#include <stdio.h>
#include "stream/osd.h"

/* MindX SDK, MxpiChannelOsdCoordsConverter.cpp: where channels stand, and at least one drawing. */
static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "it has less than two ports for input";
	return stream_sinks(e) >= 2 && stream_starts_channels(e, prop, why);
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("channelIds", "0", "channels, a list"),
	STREAM_PROP_TEXT("dataSourceStitchInfo", "auto", "key of where channels stand"),
	STREAM_PROP_TEXT("dataSourceOsds", "auto", "keys of the drawings"),
	STREAM_PROP_NUMBER(UINT, "enableFixedArea", "1", 0, 1, "1: sizes of what says so (fixedArea) stay"),
	STREAM_PROP_END,
};

/* x' = scale x + shift, of columns and rows; scale 0: the channel is not there. */
typedef struct moved {
	double scale[2], shift[2];
} moved;

/* One step of preprocessInfo, behind what was before. */
static bool
add_step(moved *m, format_wire step)
{
	format_wire_field f;
	double v[12] = { 0 };
	while (format_wire_next(&step, &f) > 0)
		if (f.number >= 1 && f.number <= 11 && f.type == FORMAT_WIRE_VARINT)
			v[f.number] = (double)(uint32_t)f.value;
	for (int i = 0; i < 2; i++) {
		const double *crop = &v[3 + 2 * i], *paste = &v[7 + 2 * i];
		if (!(crop[1] > crop[0]) || !(paste[1] > paste[0]))
			return false;
		double scale = (paste[1] - paste[0]) / (crop[1] - crop[0]);
		m->scale[i] *= scale;
		m->shift[i] = scale * (m->shift[i] - crop[0]) + paste[0];
	}
	return true;
}

/* Where each channel went; how many there are, -1: a step that is none. */
static int
read_places(const stream_blob *list, moved *m, int most)
{
	format_wire at = { list->p, list->n }, vision;
	format_wire_field f;
	int n = 0;
	for (; format_wire_next_bytes(&at, 1, &vision) > 0 && n < most; n++) {
		format_wire info, step;
		m[n] = (moved){ { 0, 0 }, { 0, 0 } };
		while (format_wire_next(&vision, &f) > 0) {
			if (f.number != 2 || f.type != FORMAT_WIRE_BYTES)
				continue;
			info = f.bytes;
			while (format_wire_next_bytes(&info, 8, &step) > 0) {
				if (m[n].scale[0] == 0)
					m[n] = (moved){ { 1, 1 }, { 0, 0 } };
				if (!add_step(&m[n], step))
					return -1;
			}
		}
	}
	return n;
}

/* ---- drawings ---- */

/* Which fields of a thing are columns, rows, lengths and its font's scale, and which says that its size stays. */
typedef struct kind {
	int field, x[2], y[2], length, font, fixed;
} kind;
static const kind kinds[] = {
	{ 4, { 2, 4 }, { 3, 5 }, 0, 0, 7 }, /* boxes */
	{ 2, { 3, 0 }, { 4, 0 }, 0, 6, 9 }, /* text */
	{ 5, { 2, 0 }, { 3, 0 }, 4, 0, 0 }, /* circles */
	{ 3, { 2, 4 }, { 3, 5 }, 0, 0, 0 }, /* lines */
};

typedef struct thing {
	int v[10];
	double font;
	bool fixed;
} thing;

static void
read_thing(thing *t, const kind *k, format_wire w)
{
	format_wire_field f;
	*t = (thing){ .v = { 0 } };
	while (format_wire_next(&w, &f) > 0) {
		if (f.number < 10 && f.type == FORMAT_WIRE_VARINT)
			t->v[f.number] = (int)(int32_t)(uint32_t)f.value;
		if (k->font && f.number == k->font && f.type == FORMAT_WIRE_64)
			memcpy(&t->font, &f.value, sizeof t->font);
	}
	t->fixed = k->fixed && t->v[k->fixed];
}

static void
put_double(base_str *to, int number, double v)
{
	uint64_t bits;
	uint8_t byte[9] = { (uint8_t)(number << 3 | FORMAT_WIRE_64) };
	memcpy(&bits, &v, sizeof bits);
	for (int i = 0; i < 8; i++)
		byte[1 + i] = (uint8_t)(bits >> (8 * i));
	base_str_addn(to, (const char *)byte, sizeof byte);
}

static int
place(const moved *m, int axis, int v)
{
	return stream_whole(m->scale[axis] * v + m->shift[axis]);
}

/* The thing in its new place: what has no place stays as its bytes are. */
static void
put_thing(base_str *to, const kind *k, format_wire w, const moved *m, bool fix)
{
	base_str out = { 0 };
	format_wire_field f;
	thing t;
	read_thing(&t, k, w);
	bool stays = t.fixed && fix;
	for (format_wire before = w; format_wire_next(&w, &f) > 0; before = w) {
		bool moves = f.number
			&& (f.number == k->x[0] || f.number == k->x[1] || f.number == k->y[0] || f.number == k->y[1]
				|| f.number == k->length || f.number == k->font);
		if (!moves)
			base_str_addn(&out, (const char *)before.p, before.n - w.n);
	}
	for (int i = 0; i < 2; i++) {
		const int *at = i ? k->y : k->x;
		int first = place(m, i, t.v[at[0]]), second = at[1] ? place(m, i, t.v[at[1]]) : 0;
		if (at[1] && stays)
			second = stream_whole((double)first + t.v[at[1]] - t.v[at[0]]);
		stream_put_int(&out, at[0], first);
		if (at[1])
			stream_put_int(&out, at[1], second);
	}
	if (k->length)
		stream_put_int(&out, k->length, stream_whole(t.v[k->length] * m->scale[1]));
	if (k->font)
		put_double(&out, k->font, stays ? t.font : t.font * m->scale[0]);
	stream_put_message(to, k->field, &out);
	base_str_free(&out);
}

/* ---- the element ---- */

/* The drawings of each channel that has some and a place. */
static bool
convert(stream_worker *w, stream_frame *const *in, const moved *m, const int *id, int n, base_str *all)
{
	bool done[STREAM_CHANNELS] = { false }, fix = stream_prop_int(w, "enableFixedArea") == 1, any = false;
	for (int port = 1; port < w->n_sinks; port++) {
		char key[300];
		const stream_message *message;
		stream_blob *list;
		int c = 0;
		stream_prop_key_at(w, "dataSourceOsds", port - 1, port, key, sizeof key);
		if (!stream_frame_get(in[port], key, &message, &list))
			continue;
		format_wire at = { list->p, list->n }, drawing, one;
		bool has = message && !strcmp(message->name, "MxpiOsdInstancesList")
			&& format_wire_next_bytes(&at, 1, &drawing) > 0;
		any |= has;
		while (c < n && id[c] != (int)stream_frame_way(in[port])->channel)
			c++;
		if (has && c < n && !done[c] && m[c].scale[0] > 0)
			for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
				format_wire things = drawing;
				done[c] = true;
				while (format_wire_next_bytes(&things, kinds[k].field, &one) > 0)
					put_thing(all, &kinds[k], one, &m[c], fix);
			}
		stream_blob_drop(list);
	}
	return any;
}

static void
send_drawings(stream_worker *w, stream_frame *first, base_str *all)
{
	base_str list = { 0 };
	stream_frame *f = stream_frame_new();
	stream_put_message(&list, 1, all);
	if (f) {
		*stream_frame_way(f) = *stream_frame_way(first);
		stream_answer(w, f, stream_message_find("MxpiOsdInstancesList"), stream_blob_take(&list));
	} else {
		stream_cannot(w, first, STREAM_NO_MEMORY, "no memory for a frame");
	}
	stream_frame_drop(f);
	base_str_free(&list);
}

/* Where nothing is drawn, what came to port 0 goes on. */
static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300];
	moved m[STREAM_CHANNELS];
	int id[STREAM_CHANNELS], n = stream_prop_channels(w, id);
	base_str all = { 0 };
	stream_prop_key(w, "dataSourceStitchInfo", 0, key, sizeof key);
	stream_blob *places = stream_want_or_pass(w, in[0], key, "MxpiVisionList");
	if (!places)
		return;
	int found = read_places(places, m, STREAM_CHANNELS);
	if (found < 0)
		stream_cannot(w, in[0], STREAM_INVALID, "'%.100s' has a step from or to nothing", key);
	else if (found != n)
		stream_cannot(w, in[0], STREAM_INVALID, "'%.100s' has places of %d channels, channelIds has %d", key, found, n);
	else if (!convert(w, in, m, id, n, &all))
		stream_send_all(w, in[0]);
	else
		send_drawings(w, in[0], &all);
	base_str_free(&all);
	stream_blob_drop(places);
}

static const stream_work work = { .run = run, .sync = true };

const stream_element_type stream_element_mxpi_channelosdcoordsconverter = {
	.name = "mxpi_channelosdcoordsconverter",
	.brief = "moves drawings to where their channel stands",
	.props = props,
	.sinks = { STREAM_MEDIA_STITCH },
	.sources = { STREAM_MEDIA_OSD },
	.more_sinks = STREAM_MEDIA_OSD,
	.starts = starts,
	.work = &work,
};
