/* Drawings as messages; see osd.h. */
#include "stream/osd.h"
#include <stdio.h>
#include <stdlib.h>
#include "stream/drawing.h"

bool
stream_osd_style_read(stream_worker *w, stream_osd_style *s)
{
	*s = (stream_osd_style){ .face = (int)stream_prop_int(w, "fontFace"),
		.font_thickness = (int)stream_prop_int(w, "fontThickness"),
		.font_line = (int)stream_prop_int(w, "fontLineType"),
		.thickness = (int)stream_prop_int(w, "rectThickness"),
		.line = (int)stream_prop_int(w, "rectLineType"),
		.scale = stream_prop_real(w, "fontScale") };
	if (stream_prop_is(w, "colorMap", "auto"))
		return true;
	char *map = stream_prop_copy(w, "colorMap"), *at = map, *end;
	bool fine = map && *map;
	while (fine && *at && s->n_colours < 256) {
		for (int c = 0; c < 3 && fine; c++) {
			long v = strtol(at, &end, 10);
			while (*end == ' ')
				end++;
			fine = end != at && v >= 0 && v <= 255 && (c == 2 ? !*end || *end == '|' : *end == ',');
			s->colour[s->n_colours][c] = (uint8_t)v;
			at = *end ? end + 1 : end;
		}
		s->n_colours++;
	}
	secant_free(map);
	return fine;
}

static void
put_params(base_str *to, int field, const int bgr[3], int thickness, int line)
{
	base_str p = { 0 };
	for (int i = 0; i < 3; i++)
		stream_put_int(&p, 1 + i, bgr[i]);
	stream_put_int(&p, 4, thickness);
	stream_put_int(&p, 5, line);
	stream_put_message(to, field, &p);
	base_str_free(&p);
}

/* Of a class: from the map, its last colour for all beyond; else by the original's factors. */
static void
colour_of(const stream_osd_style *s, int class_id, int bgr[3])
{
	static const unsigned factors[3] = { 12347, 78997, 34527 };
	int k = class_id < 0 ? 0 : class_id < s->n_colours ? class_id : s->n_colours - 1;
	for (int i = 0; i < 3; i++)
		bgr[i] = s->n_colours ? s->colour[k][2 - i] : (int)((unsigned)class_id * factors[i] % 256);
}

void
stream_osd_box(base_str *to, const stream_osd_style *s, const int box[4], int class_id, int thickness, bool fixed)
{
	base_str b = { 0 };
	int bgr[3];
	for (int i = 0; i < 4; i++)
		stream_put_int(&b, 2 + i, box[i]);
	colour_of(s, class_id, bgr);
	put_params(&b, 6, bgr, thickness, s->line);
	stream_put_int(&b, 7, fixed);
	stream_put_message(to, 4, &b);
	base_str_free(&b);
}

void
stream_osd_text(base_str *to, const stream_osd_style *s, const char *text, int x, int y, bool fixed)
{
	base_str t = { 0 };
	uint64_t bits;
	memcpy(&bits, &s->scale, sizeof bits);
	format_wire_put_text(&t, 2, text);
	stream_put_int(&t, 3, x);
	stream_put_int(&t, 4, y);
	stream_put_int(&t, 5, s->face);
	const uint8_t head = 6 << 3 | FORMAT_WIRE_64; /* a double */
	base_str_addn(&t, (const char *)&head, 1);
	for (int i = 0; i < 8; i++) {
		const uint8_t byte = (uint8_t)(bits >> (8 * i));
		base_str_addn(&t, (const char *)&byte, 1);
	}
	put_params(&t, 8, (int[]){ 0, 0, 0 }, s->font_thickness, s->font_line);
	stream_put_int(&t, 9, fixed);
	stream_put_message(to, 2, &t);
	base_str_free(&t);
}

/* ---- drawing ---- */

/* One thing that is drawn: numbers by field, its text, and the pen. */
typedef struct thing {
	int v[10]; /* fields 2 to 9 where they are numbers */
	double scale;
	char text[400];
	int shift;
	stream_pen pen;
} thing;

static void
read_params(thing *t, format_wire w, bool bgr)
{
	format_wire_field f;
	while (format_wire_next(&w, &f) > 0) {
		int v = f.type == FORMAT_WIRE_VARINT ? (int)(int32_t)(uint32_t)f.value : 0;
		if (f.number >= 1 && f.number <= 3)
			t->pen.colour[bgr ? f.number - 1 : 3 - f.number] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
		else if (f.number == 4)
			t->pen.thickness = v;
		else if (f.number == 5)
			t->pen.four = v == 4;
		else if (f.number == 6)
			t->shift = v < 0 ? 0 : v > 16 ? 16 : v;
	}
}

static void
read_thing(thing *t, format_wire w, int params, bool has_text, bool bgr)
{
	format_wire_field f;
	*t = (thing){ .scale = 1 };
	while (format_wire_next(&w, &f) > 0) {
		if (f.number == params && f.type == FORMAT_WIRE_BYTES)
			read_params(t, f.bytes, bgr);
		else if (has_text && f.number == 2 && f.type == FORMAT_WIRE_BYTES)
			snprintf(t->text, sizeof t->text, "%.*s", (int)f.bytes.n, (const char *)f.bytes.p);
		else if (f.type == FORMAT_WIRE_64)
			memcpy(&t->scale, &f.value, sizeof t->scale);
		else if (f.number >= 2 && f.number <= 9 && f.type == FORMAT_WIRE_VARINT)
			t->v[f.number] = (int)(int32_t)(uint32_t)f.value;
	}
	if (!(t->scale >= 0) || t->scale > 100)
		t->scale = 1;
	if (t->pen.thickness > 4096)
		t->pen.thickness = 4096;
}

static void
draw_thing(const stream_plane *p, const thing *t, int kind)
{
	double unit = 1.0 / (1 << t->shift);
	switch (kind) {
	case 2: stream_draw_text(p, t->text, t->v[3], t->v[4], t->v[5], t->scale, t->v[7] != 0, &t->pen); break;
	case 3: stream_draw_line(p, t->v[2] * unit, t->v[3] * unit, t->v[4] * unit, t->v[5] * unit, &t->pen); break;
	case 4: stream_draw_box(p, t->v[2] * unit, t->v[3] * unit, t->v[4] * unit, t->v[5] * unit, &t->pen); break;
	default: stream_draw_circle(p, t->v[2] * unit, t->v[3] * unit, t->v[4] * unit, &t->pen); break;
	}
}

void
stream_osd_draw(const stream_plane *p, bool bgr, format_wire instances)
{
	static const int order[] = { 4, 2, 5, 3 }; /* boxes, text, circles, lines */
	static const int params[] = { 6, 8, 5, 6 };
	thing t;
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		format_wire all = instances, one;
		while (format_wire_next_bytes(&all, order[i], &one) > 0) {
			read_thing(&t, one, params[i], order[i] == 2, bgr);
			draw_thing(p, &t, order[i]);
		}
	}
}
