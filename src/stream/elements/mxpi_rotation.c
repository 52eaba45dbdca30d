/*
 * mxpi_rotation: turns pictures. With one port those whose height over width fulfils the condition; with two those
 * whose class says so: its name is the turn, by name or in degrees, and its confidence fulfils the condition.
 */
#include <stdio.h>
#include "stream/picture.h"

enum { CLOCKWISE, HALF, COUNTERCLOCKWISE };
static const char turns[] = "ROTATE_90_CLOCKWISE|ROTATE_180|ROTATE_90_COUNTERCLOCKWISE", conditions[] = "GE|GT|LE|LT";

static const stream_prop props[] = {
	STREAM_PROP_TEXT("dataSourceWarp", "auto", "key of the picture"),
	STREAM_PROP_TEXT("dataSourceClass", "auto", "key of the class"),
	STREAM_PROP_WORDS("rotateCode", "ROTATE_90_CLOCKWISE", turns, "how it turns"),
	STREAM_PROP_WORDS("rotCondition", "GE", conditions, "when it turns"),
	STREAM_PROP_NUMBER(REAL, "criticalValue", "0", 0, 3, "what height over width, or the confidence, is compared with"),
	STREAM_PROP_END,
};

static bool
fulfils(int condition, double v, double critical)
{
	return condition == 0 ? v >= critical
		: condition == 1  ? v > critical
		: condition == 2  ? v <= critical
						  : v < critical;
}

/* Does the next class of the list ask for the turn? At the list's end: -1. */
static int
asked(format_wire *classes, const char *code, int turn, int condition, double critical)
{
	static const char *const degrees[][2] = { { "90", "90" }, { "180", "180" }, { "270", "-90" } };
	format_wire one;
	format_wire_field f;
	char name[64] = "";
	double confidence = 0;
	if (format_wire_next_bytes(classes, 1, &one) <= 0)
		return -1;
	while (format_wire_next(&one, &f) > 0) {
		if (f.number == 3 && f.type == FORMAT_WIRE_BYTES)
			snprintf(name, sizeof name, "%.*s", (int)f.bytes.n, (const char *)f.bytes.p);
		else if (f.number == 4 && f.type == FORMAT_WIRE_32)
			confidence = (double)stream_float_of(&f);
	}
	return (!strcmp(name, code) || !strcmp(name, degrees[turn][0]) || !strcmp(name, degrees[turn][1]))
		&& fulfils(condition, confidence, critical);
}

/* turn -1: as it is. */
static void
turn_pixels(const stream_plane *from, uint8_t *to, int turn)
{
	size_t pixel = (size_t)from->channels * (from->f32 ? sizeof(float) : 1);
	int h = from->height, w = from->width;
	bool lies = turn == CLOCKWISE || turn == COUNTERCLOCKWISE;
	int rows = lies ? w : h, columns = lies ? h : w;
	for (int y = 0; y < rows; y++)
		for (int x = 0; x < columns; x++, to += pixel) {
			int sy = turn < 0 ? y : turn == CLOCKWISE ? h - 1 - x : turn == HALF ? h - 1 - y : x;
			int sx = turn < 0 ? x : turn == CLOCKWISE ? y : turn == HALF ? w - 1 - x : w - 1 - y;
			memcpy(to, from->p + sy * from->pitch + (size_t)sx * pixel, pixel);
		}
}

enum { MOST = 1024 };

/* What becomes of each picture: 0 or a code with `why`. */
static int
plan(stream_worker *w, const stream_blob *list, const stream_blob *class_list, const char *key, stream_made *made,
	int *turn, int *n, char *why, size_t size)
{
	char code[64], word[8];
	int how = 0, condition = 0, got = 0;
	double critical = stream_prop_real(w, "criticalValue");
	stream_picture p;
	stream_plane plane;
	format_wire at = { list->p, list->n }, classes = { NULL, 0 };
	stream_prop_text(w, "rotateCode", code, sizeof code);
	stream_prop_text(w, "rotCondition", word, sizeof word);
	(void)stream_word_in(turns, code, &how);
	(void)stream_word_in(conditions, word, &condition);
	if (class_list)
		classes = (format_wire){ class_list->p, class_list->n };
	while (*n < MOST && (got = stream_picture_next(&at, &p, why, size)) > 0) {
		if (!stream_picture_plane(&p, &plane)) {
			snprintf(why, size, "pixels that can be turned are wanted (RGB888, BGR888); the picture has format %d",
				p.format);
			return STREAM_INVALID;
		}
		int yes = class_list ? asked(&classes, code, how, condition, critical)
							 : fulfils(condition, (double)p.height / p.width, critical);
		if (yes < 0)
			break;
		turn[*n] = yes ? how : -1;
		bool lies = yes && how != HALF;
		made[*n] = (stream_made){ .format = p.format,
			.width = lies ? p.height : p.width,
			.height = lies ? p.width : p.height,
			.f32 = p.f32,
			.resize_type = p.resize_type,
			.scaling = p.scaling,
			.parent = key,
			.member = *n };
		++*n;
	}
	if (*why)
		return STREAM_FAILURE;
	int left = 0, more = 0;
	format_wire one;
	while (format_wire_next_bytes(&at, 1, &one) > 0)
		left++;
	while (class_list && format_wire_next_bytes(&classes, 1, &one) > 0)
		more++;
	if (!left && !more && got <= 0)
		return 0;
	snprintf(why, size, class_list ? "pictures and classes are not as many" : "more than %d pictures", (int)MOST);
	return STREAM_UNEQUAL;
}

static void
turn_all(stream_worker *w, stream_frame *f, const stream_blob *list, const stream_blob *classes, const char *key)
{
	char why[300] = "";
	int n = 0, *turn = secant_calloc(MOST, sizeof *turn);
	stream_made *made = secant_calloc(MOST, sizeof *made);
	stream_picture p;
	stream_plane plane;
	int code = turn && made ? plan(w, list, classes, key, made, turn, &n, why, sizeof why) : STREAM_NO_MEMORY;
	stream_blob *out = code ? NULL : stream_pictures_new(made, n);
	format_wire at = { list->p, list->n };
	for (int i = 0; out && i < n && stream_picture_next(&at, &p, why, sizeof why) > 0; i++)
		if (stream_picture_plane(&p, &plane))
			turn_pixels(&plane, made[i].to, turn[i]);
	secant_free(made);
	secant_free(turn);
	if (out) {
		stream_frame_set_vision(f, w->name);
		stream_answer(w, f, stream_message_find("MxpiVisionList"), out);
	} else {
		stream_cannot(w, f, code ? code : STREAM_NO_MEMORY, "%s", *why ? why : "no memory for pictures");
	}
}

static void
run(stream_worker *w, stream_frame *const *in)
{
	char key[300], class_key[300];
	const stream_message *kind;
	stream_blob *classes = NULL;
	stream_prop_key(w, "dataSourceWarp", 0, key, sizeof key);
	stream_blob *list = stream_want_or_pass(w, in[0], key, "MxpiVisionList");
	if (!list)
		return;
	if (w->n_sinks > 1) {
		stream_prop_key(w, "dataSourceClass", 1, class_key, sizeof class_key);
		if (!stream_frame_get(in[1], class_key, &kind, &classes) || !kind || strcmp(kind->name, "MxpiClassList") != 0) {
			stream_cannot(w, in[0], STREAM_OTHER_MESSAGE, "the key '%.100s' holds no MxpiClassList", class_key);
			stream_blob_drop(classes);
			stream_blob_drop(list);
			return;
		}
	}
	turn_all(w, in[0], list, classes, key);
	stream_blob_drop(classes);
	stream_blob_drop(list);
}

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	*prop = "";
	*why = "it has more than two ports for input";
	return stream_sinks(e) <= 2;
}

static const stream_work work = { .run = run, .sync = true };

const stream_element_type stream_element_mxpi_rotation = {
	.name = "mxpi_rotation",
	.brief = "turns pictures by their shape or class",
	.props = props,
	.sinks = { STREAM_MEDIA_RGB },
	.sources = { STREAM_MEDIA_RGB },
	.more_sinks = STREAM_MEDIA_CLASS,
	.starts = starts,
	.work = &work,
};
