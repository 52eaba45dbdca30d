/* Post-processing by itself: tensors go in, with the picture that a resize element made, and what an element makes of
 * them comes out. */
#ifndef TESTS_STREAM_POST_STUB_H
#define TESTS_STREAM_POST_STUB_H
#include "stream/post/boxes.h"
#include "stream/resizing.h"
#include "worker_stub.h"
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static char labels[200]; /* the file of them; "": none */

typedef struct tensors {
	stream_tensor t[4];
	int n;
	float *data[4];
} tensors;

static float *
add(tensors *all, int rank, const int64_t *dim)
{
	stream_tensor *t = &all->t[all->n];
	size_t n = 1;
	*t = (stream_tensor){ .type = STREAM_T_F32, .rank = rank };
	for (int i = 0; i < rank; i++) {
		t->dim[i] = dim[i];
		n *= (size_t)dim[i];
	}
	float *p = secant_calloc(n, sizeof *p);
	t->data = (const uint8_t *)p;
	t->size = n * sizeof *p;
	all->data[all->n++] = p;
	return p;
}

/* A picture under "resized" as a resize element leaves it. */
typedef struct scaled {
	int width, height, net_width, net_height, type;
	float scaling;
	int paste[4]; /* left, right, top, bottom; all 0: everywhere */
	bool cut; /* it is item 0 of "cut", which is box 1 of "boxes" */
} scaled;

static void
put_picture(stream_frame *f, const scaled *s)
{
	stream_picture p = { .width = s->width, .height = s->height };
	stream_made made = { .format = STREAM_BGR,
		.width = s->net_width,
		.height = s->net_height,
		.resize_type = s->type,
		.scaling = s->scaling,
		.parent = s->cut ? "cut" : "decoded" };
	stream_step step = { { s->width, s->height }, { 0, s->width, 0, s->height },
		{ s->paste[0], s->paste[1] ? s->paste[1] : s->net_width, s->paste[2],
			s->paste[3] ? s->paste[3] : s->net_height },
		0 };
	stream_add_step(&made.steps, &p, &step, "resize");
	stream_blob *b = stream_pictures_new(&made, 1);
	memset(made.to, 0, stream_picture_bytes(STREAM_BGR, s->net_width, s->net_height, false));
	assert_int_equal(stream_frame_put(f, "resized", stream_message_find("MxpiVisionList"), b), 0);
	if (s->cut) {
		stream_made part = {
			.format = STREAM_BGR, .width = s->width, .height = s->height, .parent = "boxes", .member = 1
		};
		b = stream_pictures_new(&part, 1);
		assert_int_equal(stream_frame_put(f, "cut", stream_message_find("MxpiVisionList"), b), 0);
		base_str list = { 0 };
		for (int i = 0; i < 2; i++) {
			base_str box = { 0 };
			stream_put_real(&box, 2, 100 + i * 11);
			stream_put_real(&box, 3, 200 + i * 11);
			stream_put_real(&box, 4, 100 + i * 11 + s->width);
			stream_put_real(&box, 5, 200 + i * 11 + s->height);
			stream_put_message(&list, 1, &box);
			base_str_free(&box);
		}
		assert_int_equal(
			stream_frame_put(f, "boxes", stream_message_find("MxpiObjectList"), stream_blob_take(&list)), 0);
	}
}

typedef struct answer {
	int code, n; /* n -1: no list */
	stream_box box[16];
	char label[16][40];
	char why[600], text[40000]; /* as JSON */
} answer;

/* What an element makes of tensors. */
static void
post(answer *a, const char *element, const char *library, const char *config, tensors *all, const scaled *from,
	const char *more, const char *value)
{
	static const char *const parents[] = { "resized" };
	stub s;
	const stream_message *m;
	stream_blob *b = NULL;
	*a = (answer){ .n = -1 };
	stub_open(&s, element);
	stub_set(&s, "postProcessLibPath", library);
	stub_set(&s, "postProcessConfigContent", config);
	stub_set(&s, "labelPath", labels);
	if (more)
		stub_set(&s, more, value);
	stream_frame *f = stream_frame_new();
	if (from)
		put_picture(f, from);
	a->code = s.w.kind->work->open(&s.w, a->why, sizeof a->why);
	if (!a->code) {
		stream_blob *list = stream_packages_new(&(stream_package){ parents, from ? 1 : 0, 0, all->n, all->t }, 1);
		assert_int_equal(stream_frame_put(f, "before", stream_message_find("MxpiTensorPackageList"), list), 0);
		base_str text = { 0 };
		stub_run(&s, f);
		a->code = stream_frame_failed(s.sent[0], &text);
		snprintf(a->why, sizeof a->why, "%s", text.p ? text.p : "");
		base_str_free(&text);
		if (!a->code && stream_frame_get(s.sent[0], element, &m, &b)) {
			base_str json = { 0 };
			stream_message_print(&json, m, b->p, b->n, NULL);
			snprintf(a->text, sizeof a->text, "%s", json.p);
			base_str_free(&json);
			a->n = 0;
			format_wire at = { b->p, b->n };
			while (!strcmp(m->name, "MxpiObjectList") && stream_box_next(&at, &a->box[a->n]) > 0) {
				stream_box *box = &a->box[a->n];
				snprintf(a->label[a->n], 40, "%.*s", (int)box->label.n, (const char *)box->label.p);
				a->n++;
			}
			stream_blob_drop(b);
		}
	}
	stream_frame_drop(f);
	stub_close(&s);
	for (int i = 0; all && i < all->n; i++)
		secant_free(all->data[i]);
}

static const scaled stretched = { 640, 320, 64, 64, 0, 0, { 0 }, false };

/* JSON with ' for ". */
static const char *
json(char *to, const char *text)
{
	snprintf(to, 1000, "{%s}", text);
	for (char *p = to; *p; p++)
		if (*p == '\'')
			*p = '"';
	return to;
}
#endif
