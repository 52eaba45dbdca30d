/*
 * Lines of text (libcrnnpostprocess): OBJECT_NUM places, each with scores of CLASS_NUM characters or (WITH_ARGMAX) the
 * character itself; a character that repeats stands once, BLANK_INDEX says nothing. Labels are the characters.
 */
#include <stdio.h>
#include "stream/post/boxes.h"

typedef struct crnn {
	int classes, places, blank;
	bool chosen;
} crnn;

static bool
open(stream_post *s)
{
	crnn *c = s->state;
	c->classes = stream_post_int(s, "CLASS_NUM", 0, 0, 10000);
	c->places = stream_post_int(s, "OBJECT_NUM", 0, 0, 1000);
	c->blank = stream_post_int(s, "BLANK_INDEX", 0, 0, 10000);
	c->chosen = stream_post_flag(s, "WITH_ARGMAX", false);
	if (!s->failed && (c->places < 1 || (!c->chosen && c->classes < 1)))
		stream_post_refuse(s, "OBJECT_NUM and CLASS_NUM are not set in the post-processor's configuration");
	return !s->failed;
}

static bool
fits(const crnn *c, const stream_tensor *t)
{
	size_t unit = stream_type_size(t->type), n = unit ? t->size / unit : 0;
	if (c->chosen)
		return (t->type == STREAM_T_I64 || t->type == STREAM_T_I32) && t->rank == 2 && t->dim[0] == 1
			&& n == (size_t)c->places;
	return stream_is_real(t) && (t->rank == 3 || t->rank == 4) && t->dim[t->rank - 1] == c->classes
		&& n == (size_t)c->places * (size_t)c->classes;
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const crnn *c = s->state;
	char text[200];
	base_str line = { 0 }, item = { 0 };
	int64_t before = c->blank;
	if (n != 1 || !fits(c, t)) {
		snprintf(why, size, "OBJECT_NUM %d, CLASS_NUM %d and WITH_ARGMAX %s want one tensor 1x%d%s; the model gives %s",
			c->places, c->classes, c->chosen ? "true" : "false", c->places, c->chosen ? " of integers" : "xCLASS_NUM",
			n ? stream_tensor_text(t, text, sizeof text) : "nothing");
		return STREAM_INVALID;
	}
	for (size_t i = 0; i < (size_t)c->places; i++) {
		size_t classes = (size_t)c->classes, best = 0;
		for (size_t k = 1; k < classes && !c->chosen; k++)
			if (stream_number_at(t, i * classes + k) > stream_number_at(t, i * classes + best))
				best = k;
		int64_t now = c->chosen ? (int64_t)stream_number_at(t, i) : (int64_t)best;
		if (now != c->blank && now != before)
			base_str_add(&line, stream_post_label(s, now));
		before = now;
	}
	stream_put_header(&item, from->key, from->member);
	format_wire_put_text(&item, 2, line.p ? line.p : "");
	stream_put_message(list, 1, &item);
	base_str_free(&line);
	base_str_free(&item);
	return 0;
}

const stream_library stream_library_crnn = { .names = "crnnpostprocess|crnnpostprocessor",
	.message = "MxpiTextsInfoList",
	.state = sizeof(crnn),
	.open = open,
	.run = run };
