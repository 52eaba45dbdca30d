/* Texts that a translator gives (libtransformerpostprocess): numbers of words up to BREAK_INDEX; labels are the words.
 */
#include <stdio.h>
#include "stream/post/boxes.h"

typedef struct words {
	int end;
} words;

static bool
open(stream_post *s)
{
	words *w = s->state;
	w->end = stream_post_int(s, "BREAK_INDEX", 0, 0, 5000);
	return !s->failed;
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const words *w = s->state;
	char text[200];
	base_str line = { 0 }, item = { 0 };
	if (n < 1 || t->type != STREAM_T_I32 || t->rank < 1 || t->dim[0] != 1) {
		snprintf(why, size, "one tensor INT32 1xN is wanted, the model gives %s",
			n ? stream_tensor_text(t, text, sizeof text) : "nothing");
		return STREAM_INVALID;
	}
	for (size_t i = 0; i < t->size / sizeof(int32_t); i++) {
		int64_t word = (int64_t)stream_number_at(t, i);
		if (word == w->end)
			break;
		base_str_add(&line, stream_post_label(s, word));
		base_str_add(&line, " ");
	}
	stream_put_header(&item, from->key, from->member);
	format_wire_put_text(&item, 2, line.p ? line.p : "");
	stream_put_message(list, 1, &item);
	base_str_free(&line);
	base_str_free(&item);
	return 0;
}

const stream_library stream_library_transformer = {
	.names = "transformerpostprocess", .message = "MxpiTextsInfoList", .state = sizeof(words), .open = open, .run = run
};
