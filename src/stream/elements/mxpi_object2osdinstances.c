/* mxpi_object2osdinstances: makes drawings of boxes. */
#include <stdio.h>
#include "stream/drawing.h"
#include "stream/osd.h"

static const stream_prop props[] = {
	STREAM_PROP_TEXT("colorMap", "auto", "colours: R,G,B|R,G,B"),
	STREAM_PROP_NUMBER(INT, "rectThickness", "2", 0, 100, "width of lines"),
	STREAM_PROP_NUMBER(INT, "rectLineType", "8", 4, 16, "4, 8 or 16"),
	STREAM_PROP_NUMBER(UINT, "createText", "1", 0, 1, "1: with the name of the class"),
	STREAM_PROP_NUMBER(INT, "fontFace", "0", 0, 16, "font of OpenCV: 0 to 7, or 16"),
	STREAM_PROP_NUMBER(REAL, "fontScale", "1.0", 0, 100, "size of the font"),
	STREAM_PROP_NUMBER(INT, "fontThickness", "1", 1, 100, "width of letters"),
	STREAM_PROP_NUMBER(INT, "fontLineType", "8", 4, 16, "4, 8 or 16"),
	STREAM_PROP_END,
};

static const float above = 1.3F; /* the ground of text is higher than the text, as in the original */

/* A box, and its name on a filled ground above it. */
static void
put_box(base_str *to, const stream_osd_style *s, const stream_box *b, bool named)
{
	char text[400];
	int width, height, below;
	const int at[4] = { stream_whole((double)b->x0), stream_whole((double)b->y0), stream_whole((double)b->x1),
		stream_whole((double)b->y1) };
	stream_osd_box(to, s, at, b->class_id, s->thickness, false);
	if (!named)
		return;
	snprintf(text, sizeof text, "%.*s %d%%", (int)(b->label.n < 300 ? b->label.n : 300), (const char *)b->label.p,
		stream_whole((double)(b->confidence * 100)));
	stream_text_size(text, s->face, s->scale, s->font_thickness, &width, &height, &below);
	const int ground[4] = { stream_whole((double)b->x0), stream_whole((double)b->y0),
		stream_whole((double)(b->x0 + (float)width)), stream_whole((double)(b->y0 - (float)height * above)) };
	stream_osd_box(to, s, ground, b->class_id, -1, true);
	stream_osd_text(to, s, text, stream_whole((double)b->x0),
		stream_whole((double)b->y0) - (int)s->scale - s->font_thickness, true);
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	stream_osd_style style;
	char key[300];
	base_str all = { 0 }, list = { 0 };
	stream_box b;
	stream_prop_key(w, "dataSource", 0, key, sizeof key);
	stream_blob *boxes = stream_want_or_pass(w, in[0], key, "MxpiObjectList");
	if (!boxes)
		return;
	bool named = stream_prop_int(w, "createText") != 0, fine = stream_osd_style_read(w, &style);
	format_wire at = { boxes->p, boxes->n };
	for (int i = 0; stream_box_next(&at, &b) > 0; i++)
		stream_put_header(&all, key, i);
	at = (format_wire){ boxes->p, boxes->n };
	while (stream_box_next(&at, &b) > 0)
		put_box(&all, &style, &b, named);
	stream_put_message(&list, 1, &all);
	if (fine)
		stream_answer(w, in[0], stream_message_find("MxpiOsdInstancesList"), stream_blob_take(&list));
	else
		stream_cannot(w, in[0], STREAM_INVALID, "colorMap is no list of colours, R,G,B|R,G,B of 0 to 255");
	base_str_free(&all);
	base_str_free(&list);
	stream_blob_drop(boxes);
}

static const stream_work work = { .run = run };

const stream_element_type stream_element_mxpi_object2osdinstances = {
	.name = "mxpi_object2osdinstances",
	.brief = "makes drawings of boxes",
	.props = props,
	.sinks = { STREAM_MEDIA_OBJECT },
	.sources = { STREAM_MEDIA_OSD },
	.starts = stream_starts_font,
	.work = &work,
};
