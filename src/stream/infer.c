/* Inference of elements; see infer.h. */
#include "stream/infer.h"
#include <stdio.h>

enum { MOST_SAMPLES = 4096, MOST_BATCHES = 64 };

/* A frame on its way: its samples run in their order, so that results are appended as they come. */
typedef struct pending {
	stream_frame *frame;
	stream_given from;
	stream_infer_done done; /* NULL: it passes */
	int waiting, made, code;
	stream_blob *only; /* the first package; with a second one both are in `packages` */
	base_str packages;
	char why[500];
	struct pending *next;
} pending;

typedef struct sample {
	pending *of;
	stream_tensor *in; /* n_in of them */
	struct sample *next;
} sample;

struct stream_infer {
	stream_model *model;
	int batch[MOST_BATCHES], n_batches, most; /* sizes in ascending order; the largest that is waited for */
	enum { NEAREST, UPPER, LOWER } strategy;
	double waits; /* seconds */
	bool bare; /* outputs get a leading 1 of their own */
	pending *first, **last;
	sample *oldest, **newest;
	int n_samples;
	uint8_t *room[STREAM_MODEL_PORTS]; /* inputs of a batch, one behind the other */
	size_t room_size[STREAM_MODEL_PORTS];
};

stream_infer *
stream_infer_open(stream_worker *w, int *code, char *why, size_t size)
{
	secant_err err = { 0 };
	stream_infer *s = secant_calloc(1, sizeof *s);
	char *path = stream_prop_copy(w, "modelPath"), strategy[40];
	*code = STREAM_NO_MEMORY;
	snprintf(why, size, "no memory");
	if (s && path && !(s->model = stream_model_open(path, &err))) {
		snprintf(why, size, "%s", err.msg);
		*code = STREAM_INIT;
	}
	secant_free(path);
	if (!s || !s->model) {
		secant_free(s);
		return NULL;
	}
	stream_prop_text(w, "dynamicStrategy", strategy, sizeof strategy);
	s->strategy = !strcmp(strategy, "Upper") ? UPPER : !strcmp(strategy, "Lower") ? LOWER : NEAREST;
	s->n_batches = stream_model_batches(s->model, s->batch, MOST_BATCHES);
	bool single = stream_element_find_prop(w->kind, "singleBatchInfer") && stream_prop_int(w, "singleBatchInfer") == 1;
	s->most = single ? 1 : s->batch[s->n_batches - 1];
	s->waits = (double)stream_prop_int(w, "waitingTime") / 1000;
	s->bare = stream_element_find_prop(w->kind, "outputHasBatchDim") && stream_prop_int(w, "outputHasBatchDim") == 0;
	s->last = &s->first;
	s->newest = &s->oldest;
	return s;
}

static void
drop_pending(pending *p)
{
	for (int i = 0; i < STREAM_MODEL_PORTS; i++)
		stream_blob_drop(p->from.blob[i]);
	stream_frame_drop(p->frame);
	stream_blob_drop(p->only);
	base_str_free(&p->packages);
	secant_free(p);
}

void
stream_infer_close(stream_infer *s)
{
	if (!s)
		return;
	for (sample *x = s->oldest, *next; x; x = next) {
		next = x->next;
		secant_free(x->in);
		secant_free(x);
	}
	for (pending *p = s->first, *next; p; p = next) {
		next = p->next;
		drop_pending(p);
	}
	for (int i = 0; i < STREAM_MODEL_PORTS; i++)
		secant_free(s->room[i]);
	stream_model_close(s->model);
	secant_free(s);
}

static stream_infer *
of(const stream_worker *w)
{
	return *(stream_infer *const *)w->state;
}

void
stream_infer_on_cancel(stream_worker *w)
{
	stream_model_cancel(of(w)->model);
}

bool
stream_infer_on_size(stream_worker *w, int *height, int *width)
{
	return stream_model_size_of(of(w)->model, height, width);
}

/* ---- what frames hold ---- */

/* Which key input i reads; "" where nothing says so. */
static void
key_of(stream_worker *w, int i, char *key, size_t size)
{
	const char *said = w->keys[i < w->n_keys ? i : 0];
	bool asks = !strcmp(said, "auto") || (w->n_keys == 1 && i > 0);
	char *up = asks ? w->upstream(w->host, i) : NULL;
	snprintf(key, size, "%s", up ? up : strcmp(said, "auto") != 0 ? said : "");
	secant_free(up);
}

int
stream_infer_gather(stream_worker *w, stream_frame *const *in, const char *key, stream_given *s, char *why, size_t size)
{
	const stream_message *kind;
	s->n = key ? 1 : w->n_keys > 1 ? w->n_keys : w->n_sinks;
	for (int i = 0; i < s->n && i < STREAM_MODEL_PORTS; i++) {
		if (key)
			snprintf(s->key[i], sizeof s->key[i], "%s", key);
		else
			key_of(w, i, s->key[i], sizeof s->key[i]);
		if (!stream_frame_get(in[i < w->n_sinks ? i : 0], s->key[i], &kind, &s->blob[i]))
			return STREAM_NO_DATA;
		s->pictures[i] = kind && !strcmp(kind->name, "MxpiVisionList");
		s->at[i] = (format_wire){ s->blob[i]->p, s->blob[i]->n };
		if (!s->pictures[i] && !(kind && !strcmp(kind->name, "MxpiTensorPackageList"))) {
			snprintf(why, size, "the key '%.100s' holds %s, pictures or tensors are wanted", s->key[i],
				kind ? kind->name : "a text");
			return STREAM_OTHER_MESSAGE;
		}
	}
	return 0;
}

/* ---- samples ---- */

/* A picture as a tensor: rows, columns, channels, with what it is aligned to. */
static void
as_tensor(stream_tensor *t, const stream_picture *p)
{
	int c = stream_picture_channels(p->format);
	*t = (stream_tensor){ p->f32 ? STREAM_T_F32 : STREAM_T_U8, 4, { 1, p->height_aligned, p->width_aligned, c },
		p->data, p->size, *p };
	if (!c) {
		t->rank = 2;
		t->dim[1] = (int64_t)p->size;
	}
}

/* The tensors of the next sample: how many, 0 at the end, -1. */
static int
next_sample(stream_given *s, stream_tensor *in, char *why, size_t size)
{
	int n = 0, ended = 0;
	for (int i = 0; i < s->n; i++) {
		stream_picture p;
		format_wire package;
		int got = s->pictures[i] ? stream_picture_next(&s->at[i], &p, why, size)
								 : stream_package_next(&s->at[i], &package, NULL, 0);
		if (got < 0)
			return -1;
		ended += !got;
		if (got && s->pictures[i] && n < STREAM_MODEL_PORTS)
			as_tensor(&in[n++], &p);
		for (got = got && !s->pictures[i]; got && n < STREAM_MODEL_PORTS; n += got)
			if ((got = stream_tensor_next(&package, &in[n], why, size)) < 0)
				return -1;
	}
	if (ended && ended < s->n) {
		snprintf(why, size, "the inputs have unequal numbers of pictures or packages");
		return -1;
	}
	return ended ? 0 : n;
}

static void
fails(pending *p, int code, const char *why)
{
	if (p->code)
		return;
	p->code = code;
	snprintf(p->why, sizeof p->why, "%s", why);
}

static void
keep_package(pending *p, stream_blob *one)
{
	stream_blob *before = p->only;
	if (!one || (before ? before->n : p->packages.n) + one->n > INT32_MAX)
		fails(p, STREAM_NO_MEMORY, "no memory for results, or more than 2 GiB of them");
	else if (!before && !p->packages.n) {
		p->only = one;
		return;
	} else {
		if (before)
			base_str_addn(&p->packages, (const char *)before->p, before->n);
		base_str_addn(&p->packages, (const char *)one->p, one->n);
		stream_blob_drop(before);
		p->only = NULL;
	}
	stream_blob_drop(one);
}

/* Adds what a run gave for one sample. `row` of `rows`: which part of outputs that have the batch in front. */
static void
add_package(stream_infer *s, pending *p, const stream_tensor *made, int n, int row, int rows)
{
	stream_tensor part[STREAM_MODEL_PORTS];
	const char *parents[STREAM_MODEL_PORTS];
	for (int i = 0; i < p->from.n; i++)
		parents[i] = p->from.key[i];
	for (int i = 0; i < n; i++) {
		part[i] = made[i];
		if (rows > 1 && (part[i].rank < 1 || part[i].dim[0] != rows)) {
			char text[200], why[400];
			snprintf(why, sizeof why,
				"the model ran %d samples at once, and its output %d is %s: the batch is not its first dimension", rows,
				i, stream_tensor_text(&made[i], text, sizeof text));
			fails(p, STREAM_FAILURE, why);
			return;
		}
		if (rows > 1) {
			part[i].size /= (size_t)rows;
			part[i].data += (size_t)row * part[i].size;
			part[i].dim[0] = 1;
		}
		if (s->bare && part[i].rank < STREAM_RANK) {
			memmove(part[i].dim + 1, part[i].dim, sizeof *part[i].dim * (size_t)part[i].rank++);
			part[i].dim[0] = 1;
		}
	}
	keep_package(p, stream_packages_new(&(stream_package){ parents, p->from.n, p->made++, n, part }, 1));
}

/* ---- batches ---- */

static int
choose(const stream_infer *s, int n)
{
	int best = s->batch[0];
	for (int i = 0; i < s->n_batches; i++) {
		int b = s->batch[i];
		if (s->strategy == UPPER) {
			if (b >= n)
				return b;
			best = b;
		} else if (s->strategy == LOWER) {
			if (b <= n)
				best = b;
		} else if (abs(n - b) <= abs(n - best)) /* of equally near ones the larger */
			best = b;
	}
	return best;
}

static bool
make_room(stream_infer *s, int i, size_t size)
{
	if (s->room_size[i] >= size)
		return true;
	secant_free(s->room[i]);
	s->room[i] = base_alloc_raw(size);
	s->room_size[i] = s->room[i] ? size : 0;
	return s->room[i] != NULL;
}

/* May these run together? */
static bool
are_alike(const stream_infer *s, const stream_tensor *a, const stream_tensor *b)
{
	for (int i = 0; i < stream_model_inputs(s->model); i++)
		if (a[i].size != b[i].size || a[i].type != b[i].type || a[i].picture.format != b[i].picture.format
			|| a[i].picture.width_aligned != b[i].picture.width_aligned)
			return false;
	return true;
}

/* Inputs of n samples that are alike as one, `rows` in all. False: no memory. */
static bool
join(stream_infer *s, const sample *from, int n, int rows, stream_tensor *in, char *why, size_t size)
{
	for (int i = 0; i < stream_model_inputs(s->model); i++) {
		const stream_tensor *first = &from->in[i];
		const sample *x = from;
		in[i] = *first;
		if (!make_room(s, i, first->size * (size_t)rows)) {
			snprintf(why, size, "no memory for a batch of %d", rows);
			return false;
		}
		for (int k = 0; k < n; k++, x = x->next)
			memcpy(s->room[i] + (size_t)k * first->size, x->in[i].data, first->size);
		memset(s->room[i] + (size_t)n * first->size, 0, (size_t)(rows - n) * first->size);
		in[i].data = s->room[i];
		in[i].size = first->size * (size_t)rows;
		if (in[i].rank < 1)
			in[i].rank = 1;
		in[i].dim[0] = rows;
	}
	return true;
}

static void
forget_sample(stream_infer *s)
{
	sample *x = s->oldest;
	if (!(s->oldest = x->next))
		s->newest = &s->oldest;
	x->of->waiting--;
	s->n_samples--;
	secant_free(x->in);
	secant_free(x);
}

/* Runs a batch of at most `rows` of the oldest samples. */
static void
run_batch(stream_infer *s, int rows)
{
	stream_tensor in[STREAM_MODEL_PORTS], made[STREAM_MODEL_PORTS];
	secant_err err = { 0 };
	char why[500] = "";
	int n = s->n_samples < rows ? s->n_samples : rows, got = -1;
	if (rows == 1)
		memcpy(in, s->oldest->in, sizeof *in * (size_t)stream_model_inputs(s->model));
	if ((rows == 1 || join(s, s->oldest, n, rows, in, why, sizeof why))
		&& (got = stream_model_run(s->model, in, stream_model_inputs(s->model), made, &err)) < 0)
		snprintf(why, sizeof why, "%s", err.msg);
	for (int k = 0; k < n; k++) {
		if (got < 0)
			fails(s->oldest->of, err.code == SECANT_ERR_NOMEM ? STREAM_NO_MEMORY : STREAM_FAILURE, why);
		else
			add_package(s, s->oldest->of, made, got, k, rows);
		forget_sample(s);
	}
}

/* Sends the frames in front that wait for nothing. */
static void
send_done(stream_infer *s, stream_worker *w)
{
	while (s->first && !s->first->waiting) {
		pending *p = s->first;
		if (!(s->first = p->next))
			s->last = &s->first;
		if (!p->done)
			stream_send_all(w, p->frame);
		else {
			stream_blob *list = p->code ? NULL : p->only ? stream_blob_hold(p->only) : stream_blob_take(&p->packages);
			if (!p->code && !list)
				fails(p, STREAM_NO_MEMORY, "no memory for results");
			p->done(w, p->frame, list, p->code, p->why);
		}
		drop_pending(p);
	}
	if (!s->n_samples)
		w->wait_until = 0;
}

void
stream_infer_on_flush(stream_worker *w)
{
	stream_infer *s = of(w);
	while (s->n_samples)
		run_batch(s, choose(s, s->n_samples));
	send_done(s, w);
}

/* A sample that fills a whole batch by itself: an extension, for those who stack pictures themselves. */
static bool
is_whole(const stream_infer *s, const stream_tensor *in)
{
	const stream_port *p = stream_model_input(s->model, 0);
	size_t bytes = stream_type_size(p->type);
	for (int k = 0; k < p->rank; k++)
		bytes *= p->dim[k] > 0 ? (size_t)p->dim[k] : 0;
	return s->n_batches == 1 && s->batch[0] > 1 && bytes && in[0].size == bytes;
}

static bool
add_sample(stream_infer *s, pending *p, const stream_tensor *in)
{
	size_t n = (size_t)stream_model_inputs(s->model);
	sample *x = secant_calloc(1, sizeof *x);
	if (!x || !(x->in = base_alloc_raw(n * sizeof *in))) {
		secant_free(x);
		return false;
	}
	memcpy(x->in, in, n * sizeof *in);
	x->of = p;
	*s->newest = x;
	s->newest = &x->next;
	s->n_samples++;
	p->waiting++;
	return true;
}

static void
take_samples(stream_infer *s, pending *p)
{
	stream_tensor in[STREAM_MODEL_PORTS];
	char why[500] = "";
	for (int k = 0, n; k < MOST_SAMPLES && (n = next_sample(&p->from, in, why, sizeof why)); k++) {
		if (n > 0 && n != stream_model_inputs(s->model)) {
			snprintf(why, sizeof why, "the model has %d inputs, it got %d tensors", stream_model_inputs(s->model), n);
			n = -1;
		}
		bool whole = n > 0 && is_whole(s, in);
		while (n > 0 && s->n_samples && (whole || !are_alike(s, s->oldest->in, in)))
			run_batch(s, choose(s, s->n_samples));
		if (whole) {
			if (add_sample(s, p, in))
				run_batch(s, 1);
			continue;
		}
		if (n < 0 || !add_sample(s, p, in)) {
			fails(p, n < 0 ? STREAM_FAILURE : STREAM_NO_MEMORY, n < 0 ? why : "no memory for samples");
			return;
		}
		while (s->n_samples >= s->most)
			run_batch(s, s->most > 1 ? s->most : choose(s, 1));
	}
}

void
stream_infer_take(stream_infer *s, stream_worker *w, stream_frame *f, stream_given *from, stream_infer_done done)
{
	pending *p = secant_calloc(1, sizeof *p);
	if (!p) {
		for (int i = 0; from && i < STREAM_MODEL_PORTS; i++)
			stream_blob_drop(from->blob[i]);
		stream_cannot(w, f, STREAM_NO_MEMORY, "no memory");
		return;
	}
	p->frame = stream_frame_hold(f);
	*s->last = p;
	s->last = &p->next;
	if (from) {
		p->from = *from;
		p->done = done;
		p->waiting = 1; /* until all its samples are known */
		take_samples(s, p);
		p->waiting--;
	}
	send_done(s, w);
	if (s->n_samples && !(w->wait_until > 0))
		w->wait_until = secant_seconds() + s->waits;
}
