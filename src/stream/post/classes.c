/* Classes of whole pictures (libresnet50postprocess): the TOP_K most probable of CLASS_NUM scores, after SOFTMAX. */
#include <math.h>
#include <stdio.h>
#include "stream/post/boxes.h"

typedef struct classes {
	int n, top;
	bool softmax;
} classes;

static bool
open(stream_post *s)
{
	classes *c = s->state;
	c->n = stream_post_int(s, "CLASS_NUM", 0, 0, 2000);
	c->top = stream_post_int(s, "TOP_K", 1, 0, 16);
	c->softmax = stream_post_flag(s, "SOFTMAX", false);
	if (!s->failed && c->n < 1)
		stream_post_refuse(s, "CLASS_NUM is not set in the post-processor's configuration");
	return !s->failed;
}

static void
put(const stream_post *s, int id, double confidence, const stream_post_from *from, base_str *list)
{
	base_str item = { 0 };
	stream_put_header(&item, from->key, from->member);
	stream_put_int(&item, 2, id);
	stream_put_text(&item, 3, stream_post_label(s, id));
	stream_put_real(&item, 4, confidence);
	stream_put_message(list, 1, &item);
	base_str_free(&item);
}

static int
run(const stream_post *s, const stream_tensor *t, int n, const stream_post_from *from, base_str *list, char *why,
	size_t size)
{
	const classes *c = s->state;
	char text[200];
	double sum = 0, most = -INFINITY;
	bool taken[2000] = { false };
	if (n < 1 || !stream_is_real(t) || t->rank < 2 || t->dim[0] != 1 || t->dim[1] != c->n
		|| t->size != (size_t)c->n * sizeof(float)) {
		snprintf(why, size, "CLASS_NUM is %d: FLOAT32 1x%d is wanted, the model gives %s", c->n, c->n,
			n ? stream_tensor_text(t, text, sizeof text) : "nothing");
		return STREAM_INVALID;
	}
	for (size_t i = 0; i < (size_t)c->n; i++)
		most = fmax(most, stream_number_at(t, i));
	for (size_t i = 0; i < (size_t)c->n && c->softmax; i++)
		sum += exp(stream_number_at(t, i) - most);
	for (int k = 0; k < c->top && k < c->n; k++) {
		int best = -1;
		for (int i = 0; i < c->n; i++) /* of equal ones the first; a NaN comes last */
			if (!taken[i]
				&& (best < 0 || stream_number_at(t, (size_t)i) > stream_number_at(t, (size_t)best)
					|| isnan(stream_number_at(t, (size_t)best))))
				best = i;
		double v = stream_number_at(t, (size_t)best);
		taken[best] = true;
		put(s, best, c->softmax ? exp(v - most) / sum : v, from, list);
	}
	return 0;
}

const stream_library stream_library_classes = { .names = "resnet50postprocess|resnet50postprocessor",
	.message = "MxpiClassList",
	.state = sizeof(classes),
	.open = open,
	.run = run };
