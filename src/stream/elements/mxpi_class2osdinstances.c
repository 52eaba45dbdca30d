/* mxpi_class2osdinstances: makes drawings of classes. */
#include <stdio.h>
#include "stream/drawing.h"
#include "stream/osd.h"

/* MindX SDK, MxpiClass2OsdInstances.cpp: classes and at most one picture. */
static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "it has more than two ports for input";
	return stream_sinks(e) <= 2 && stream_starts_font(e, prop, why);
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceClass", "auto", "key of the classes"),
	STREAM_PROP_TEXT("dataSourceImage", "auto", "key of the picture"),
	STREAM_PROP_NUMBER(UINT, "topK", "1", 0, 100, "how many classes"),
	STREAM_PROP_WORDS("position", "LEFT_TOP_IN", "LEFT_TOP_OUT|LEFT_TOP_IN|LEFT_BOTTOM_IN|RIGHT_TOP_IN|RIGHT_BOTTOM_IN",
		"where the text stands"),
	STREAM_PROP_NUMBER(UINT, "createRect", "1", 0, 1, "1: with a box"),
	STREAM_PROP_NUMBER(INT, "rectThickness", "1", -1, 100, "width of lines, -1: filled"),
	STREAM_PROP_NUMBER(INT, "rectLineType", "8", 4, 16, "4, 8 or 16"),
	STREAM_PROP_TEXT("colorMap", "auto", "colours: R,G,B|R,G,B"),
	STREAM_PROP_NUMBER(INT, "fontFace", "0", 0, 16, "font of OpenCV: 0 to 7, or 16"),
	STREAM_PROP_NUMBER(REAL, "fontScale", "1.0", 0, 100, "size of the font"),
	STREAM_PROP_NUMBER(INT, "fontThickness", "1", 1, 100, "width of letters"),
	STREAM_PROP_NUMBER(INT, "fontLineType", "8", 4, 16, "4, 8 or 16"),
	STREAM_PROP_END,
};

enum { LEFT_TOP_OUT, LEFT_TOP_IN, LEFT_BOTTOM_IN, RIGHT_TOP_IN, RIGHT_BOTTOM_IN, MOST_PICTURES = 256 };

typedef struct class_read {
	int id, member;
	float confidence;
	format_wire name;
} class_read;

static void
read_class(format_wire w, class_read *c)
{
	format_wire_field f;
	*c = (class_read){ .name = { (const uint8_t *)"", 0 } };
	while (format_wire_next(&w, &f) > 0) {
		if (f.number == 2 && f.type == FORMAT_WIRE_VARINT)
			c->id = (int)(int32_t)(uint32_t)f.value;
		else if (f.number == 3 && f.type == FORMAT_WIRE_BYTES)
			c->name = f.bytes;
		else if (f.number == 4 && f.type == FORMAT_WIRE_32)
			c->confidence = stream_float_of(&f);
		else if (f.number == 1 && f.type == FORMAT_WIRE_BYTES)
			for (format_wire h = f.bytes; format_wire_next(&h, &f) > 0;)
				if (f.number == 2 && f.type == FORMAT_WIRE_VARINT)
					c->member = (int)(int32_t)(uint32_t)f.value;
	}
}

/* Height and width of the pictures: as they were before what was done to them last. */
static int
sizes_of(const stream_blob *list, int size[MOST_PICTURES][2])
{
	format_wire at = { list->p, list->n };
	stream_picture p;
	char why[200];
	int n = 0;
	for (; n < MOST_PICTURES && stream_picture_next(&at, &p, why, sizeof why) > 0; n++) {
		format_wire info = p.info;
		format_wire_field f;
		size[n][0] = p.width;
		size[n][1] = p.height;
		while (format_wire_next(&info, &f) > 0)
			if (f.number == 8 && f.type == FORMAT_WIRE_BYTES)
				for (format_wire step = f.bytes; format_wire_next(&step, &f) > 0;)
					if ((f.number == 1 || f.number == 2) && f.type == FORMAT_WIRE_VARINT && f.value - 1 < 65536)
						size[n][f.number - 1] = (int)f.value;
	}
	return n;
}

/* The k-th line of text in a corner. */
static void
put_class(base_str *to, const stream_osd_style *s, const class_read *c, const int size[2], int where, int k, bool boxed)
{
	char text[400];
	int width, height, below;
	snprintf(text, sizeof text, "%d%% %.*s", stream_whole((double)(c->confidence * 100)),
		(int)(c->name.n < 300 ? c->name.n : 300), (const char *)c->name.p);
	stream_text_size(text, s->face, s->scale, s->font_thickness, &width, &height, &below);
	bool right = where == RIGHT_TOP_IN || where == RIGHT_BOTTOM_IN;
	bool down = where == LEFT_TOP_IN || where == RIGHT_TOP_IN;
	int y = where == LEFT_BOTTOM_IN || where == RIGHT_BOTTOM_IN ? size[1] : 0, step = down ? height : -height;
	const int box[4] = { right ? size[0] : 0, y + k * step, right ? size[0] - width : width, y + (k + 1) * step };
	stream_osd_text(to, s, text, right ? box[2] : box[0], down ? box[3] : box[1], false);
	if (boxed)
		stream_osd_box(to, s, box, c->id, s->thickness, false);
}

static stream_blob *
pictures_of(stream_worker *w, stream_frame *const *in)
{
	char key[300];
	stream_blob *list = NULL;
	const stream_message *kind;
	stream_frame *f = in[w->n_sinks > 1 ? 1 : 0];
	if (w->n_sinks > 1)
		stream_prop_key(w, "dataSourceImage", 1, key, sizeof key);
	else
		stream_frame_vision(f, key, sizeof key);
	if (!stream_frame_get(f, key, &kind, &list))
		return NULL;
	if (kind && !strcmp(kind->name, "MxpiVisionList"))
		return list;
	stream_blob_drop(list);
	return NULL;
}

static void
draw(stream_worker *w, stream_frame *f, const char *key, const stream_blob *classes, const stream_blob *pictures,
	const stream_osd_style *style)
{
	int size[MOST_PICTURES][2], lines[MOST_PICTURES] = { 0 }, n = sizes_of(pictures, size), where = 0;
	int64_t top = stream_prop_int(w, "topK");
	char position[40];
	bool boxed = stream_prop_int(w, "createRect") != 0, fine = true;
	base_str all = { 0 }, list = { 0 };
	format_wire at = { classes->p, classes->n }, item;
	class_read c;
	stream_prop_text(w, "position", position, sizeof position);
	(void)stream_word_in("LEFT_TOP_OUT|LEFT_TOP_IN|LEFT_BOTTOM_IN|RIGHT_TOP_IN|RIGHT_BOTTOM_IN", position, &where);
	for (int i = 0; format_wire_next_bytes(&at, 1, &item) > 0; i++)
		stream_put_header(&all, key, i);
	at = (format_wire){ classes->p, classes->n };
	while (fine && format_wire_next_bytes(&at, 1, &item) > 0) {
		read_class(item, &c);
		fine = c.member >= 0 && c.member < n;
		if (fine && lines[c.member] < top)
			put_class(&all, style, &c, size[c.member], where, lines[c.member]++, boxed);
	}
	stream_put_message(&list, 1, &all);
	if (fine)
		stream_answer(w, f, stream_message_find("MxpiOsdInstancesList"), stream_blob_take(&list));
	else
		stream_cannot(w, f, STREAM_FAILURE, "a class is of picture %d, there are %d", c.member, n);
	base_str_free(&all);
	base_str_free(&list);
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300];
	stream_osd_style style;
	stream_prop_key(w, "dataSourceClass", 0, key, sizeof key);
	stream_blob *classes = stream_want_or_pass(w, in[0], key, "MxpiClassList"), *pictures;
	if (!classes)
		return;
	if (!stream_osd_style_read(w, &style))
		stream_cannot(w, in[0], STREAM_INVALID, "colorMap is no list of colours, R,G,B|R,G,B of 0 to 255");
	else if (!(pictures = pictures_of(w, in)))
		stream_cannot(w, in[0], STREAM_FAILURE, "no picture is known whose classes these are (dataSourceImage)");
	else {
		draw(w, in[0], key, classes, pictures, &style);
		stream_blob_drop(pictures);
	}
	stream_blob_drop(classes);
}

static const stream_work work = { .run = run, .sync = true };

const stream_element_type stream_element_mxpi_class2osdinstances = {
	.name = "mxpi_class2osdinstances",
	.brief = "makes drawings of classes",
	.props = props,
	.sinks = { STREAM_MEDIA_CLASS },
	.sources = { STREAM_MEDIA_OSD },
	.more_sinks = STREAM_MEDIA_YUV,
	.starts = starts,
	.work = &work,
};
