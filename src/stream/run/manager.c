/*
 * The manager: streams by name, what clients send as frames, what comes out as results. See secant/manager.h. The codes
 * are the original's (its page on StreamManager API; which failure gives which is in tests/stream).
 */
#include <secant/manager.h>
#include "stream/masks.h"
#include "stream/run/streams.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	NO_STREAM = 6002,
	BAD_LINK = 6006,
	OTHER_MODE = 6008,
	TIMEOUT = 6010,
	BAD_ELEMENT = 6011,
	NO_KEY = 7011,
	INNER = 1002,
	BAD_POINTER = 1003,
	MOST_RESULT = 1 << 30
};

struct secant_streams {
	pid_t process; /* a child that was forked has its memory and none of its threads */
	GMutex lock;
	GPtrArray *run; /* stream_run, in byte order of names */
};

struct secant_stream_result {
	int code;
	bool came;
	stream_frame *frame; /* NULL: none came */
	stream_blob *data;
	char **key, **text;
	stream_blob **blob;
	const stream_message **kind;
	int n;
};

/* Was GStreamer started by the process that this one was forked from? Its threads are not here then, and whatever waits
 * for one waits for ever. The registry lives as long as GStreamer, and remembers. */
static bool
was_forked(void)
{
	GObject *registry = G_OBJECT(gst_registry_get());
	gpointer first = g_object_get_data(registry, "secant-process"), now = GINT_TO_POINTER(getpid());
	if (!first)
		g_object_set_data(registry, "secant-process", now);
	return first && first != now;
}

secant_streams *
secant_streams_new(void)
{
	GError *error = NULL;
	if (!gst_init_check(NULL, NULL, &error)) {
		g_clear_error(&error);
		return NULL;
	}
	secant_streams *m = was_forked() ? NULL : secant_calloc(1, sizeof *m);
	if (m) {
		m->process = getpid();
		g_mutex_init(&m->lock);
		m->run = g_ptr_array_new();
	}
	return m;
}

int
secant_streams_stop_all(secant_streams *m)
{
	if (m->process != getpid())
		return 0;
	g_mutex_lock(&m->lock);
	GPtrArray *all = m->run;
	m->run = g_ptr_array_new();
	g_mutex_unlock(&m->lock);
	for (guint i = 0; i < all->len; i++) {
		stream_run_stop(all->pdata[i]);
		stream_run_drop(all->pdata[i]);
	}
	g_ptr_array_free(all, TRUE);
	return 0;
}

void
secant_streams_free(secant_streams *m)
{
	if (!m || m->process != getpid())
		return;
	secant_streams_stop_all(m);
	g_ptr_array_free(m->run, TRUE);
	g_mutex_clear(&m->lock);
	secant_free(m);
}

/* Where a name stands or would stand; under the lock. */
static guint
place(const secant_streams *m, const char *name, bool *found)
{
	guint at = 0;
	while (at < m->run->len && strcmp(((stream_run *)m->run->pdata[at])->name, name) < 0)
		at++;
	*found = at < m->run->len && !strcmp(((stream_run *)m->run->pdata[at])->name, name);
	return at;
}

stream_run *
stream_find_run(secant_streams *m, const char *name)
{
	bool found;
	if (m->process != getpid())
		return NULL;
	g_mutex_lock(&m->lock);
	guint at = place(m, name, &found);
	stream_run *r = found ? stream_run_hold(m->run->pdata[at]) : NULL;
	g_mutex_unlock(&m->lock);
	return r;
}

/* ---- creating ---- */

static bool
meets(void *m_, stream_instance *s)
{
	if (((secant_streams *)m_)->process != getpid())
		return stream_refuse(s, STREAM_MX_STATE, NULL, NULL,
			"this process was forked from the one that the manager is of: its threads are not here");
	stream_run *r = stream_find_run(m_, s->name);
	if (!r)
		return true;
	stream_run_drop(r);
	return stream_refuse(s, STREAM_MX_STREAM_EXISTS, NULL, NULL, "a stream of that name is there already");
}

static bool
made(void *m_, stream_instance *s)
{
	secant_streams *m = m_;
	bool found;
	stream_run *r = stream_run_new(s);
	if (!r)
		return false;
	g_mutex_lock(&m->lock);
	guint at = place(m, s->name, &found);
	if (!found)
		g_ptr_array_insert(m->run, (gint)at, r);
	g_mutex_unlock(&m->lock);
	if (!found)
		return true;
	stream_run_drop(r);
	return stream_refuse(s, STREAM_MX_STREAM_EXISTS, NULL, NULL, "a stream of that name was made meanwhile");
}

static int
result_of(secant_pipeline *p, secant_stream_fault *fault)
{
	secant_stream_fault none = { .code = STREAM_NO_MEMORY, .name = "COMM_OUT_OF_MEM", .message = "no memory" }, f;
	f = p ? *secant_pipeline_fault(p) : none;
	if (fault)
		*fault = f;
	secant_pipeline_free(p);
	return f.code;
}

int
secant_streams_create(secant_streams *m, const char *text, size_t size, secant_stream_fault *fault)
{
	stream_visitor v = { meets, made, stream_standard, m };
	return result_of(stream_pipeline_parse_to(text, size, false, &v, NULL), fault);
}

int
secant_streams_create_file(secant_streams *m, const char *path, secant_stream_fault *fault)
{
	stream_visitor v = { meets, made, stream_standard, m };
	return result_of(stream_pipeline_read_to(path, false, &v, NULL), fault);
}

secant_pipeline *
secant_streams_check_file(const char *path, bool strict, secant_err *err)
{
	stream_visitor v = { .standard = stream_standard };
	if (gst_init_check(NULL, NULL, NULL))
		return stream_pipeline_read_to(path, strict, &v, err);
	secant_fail(err, SECANT_ERR_UNSUPPORTED, "GStreamer does not start");
	return NULL;
}

int
secant_streams_stop(secant_streams *m, const char *name)
{
	bool found;
	stream_run *r = NULL;
	if (!stream_is_clean(name) || m->process != getpid())
		return stream_is_clean(name) ? NO_STREAM : STREAM_INVALID;
	g_mutex_lock(&m->lock);
	guint at = place(m, name, &found);
	if (found)
		r = g_ptr_array_remove_index(m->run, at);
	g_mutex_unlock(&m->lock);
	if (!r)
		return NO_STREAM;
	stream_run_stop(r);
	stream_run_drop(r);
	return 0;
}

/* ---- sending ---- */

static int
put_bytes(stream_frame *f, const char *key, const char *kind, const void *data, size_t size)
{
	const stream_message *m = stream_message_find(kind);
	if (!m || !stream_message_is(m, data, size))
		return STREAM_FAILURE;
	return stream_frame_put(f, key, m, stream_blob_of(data, size));
}

/* The list of one picture that has no pixels: where the bytes came from. The original's key whatever the element's
 * name, so that a client may send messages under that name beside the bytes. */
static int
put_vision(stream_frame *f, const secant_stream_input *in)
{
	static const char source[] = "appsrc";
	base_str vision = { 0 }, list = { 0 };
	if (in->vision_info
		&& !stream_message_is(stream_message_find("MxpiVisionInfo"), in->vision_info, in->vision_info_size))
		return STREAM_FAILURE;
	format_wire_put_bytes(&vision, 2, in->vision_info ? in->vision_info : "", in->vision_info_size);
	stream_put_message(&list, 1, &vision);
	base_str_free(&vision);
	stream_frame_set_vision(f, source);
	return stream_frame_put(f, source, stream_message_find("MxpiVisionList"), stream_blob_take(&list));
}

static int
put_boxes(stream_frame *f, const secant_stream_input *in)
{
	base_str list = { 0 };
	for (int i = 0; i < in->n_boxes; i++) {
		const secant_stream_box *b = &in->boxes[i];
		base_str box = { 0 };
		stream_put_real(&box, 2, b->x0);
		stream_put_real(&box, 3, b->y0);
		stream_put_real(&box, 4, b->x1);
		stream_put_real(&box, 5, b->y1);
		stream_put_message(&list, 1, &box);
		base_str_free(&box);
	}
	return stream_frame_put(f, "appInput", stream_message_find("MxpiObjectList"), stream_blob_take(&list));
}

static int
put_frame_info(stream_frame *f, const secant_stream_input *in)
{
	format_wire w = { in->frame_info, in->frame_info_size };
	format_wire_field x;
	while (in->frame_info && format_wire_next(&w, &x) > 0)
		if (x.type == FORMAT_WIRE_VARINT && x.number <= 2)
			*(x.number == 1 ? &stream_frame_way(f)->channel : &stream_frame_way(f)->frame) = (uint32_t)x.value;
	return put_bytes(
		f, "ReservedFrameInfo", "MxpiFrameInfo", in->frame_info ? in->frame_info : "", in->frame_info_size);
}

static int
fill(stream_frame *f, const secant_stream_input *in)
{
	int code = put_frame_info(f, in);
	for (int i = 0; !code && i < in->n_messages; i++) {
		const secant_stream_message *m = &in->messages[i];
		code = !m->key || !m->type || (!m->data && m->size) ? BAD_POINTER
			: !stream_is_clean(m->key)                      ? STREAM_INVALID
									   : put_bytes(f, m->key, m->type, m->data ? m->data : "", m->size);
	}
	if (code || !in->data)
		return code;
	stream_blob *bytes = stream_blob_of(in->data, in->size);
	if (!bytes)
		return STREAM_NO_MEMORY;
	stream_frame_set_bytes(f, bytes);
	code = put_vision(f, in);
	return code ? code : put_boxes(f, in);
}

/* The appsrc: its number; -1: there is none. */
static int
source_of(const stream_run *r, const char *element, int number)
{
	for (int i = 0; element && i < r->n_source; i++)
		if (!strcmp(GST_OBJECT_NAME(r->source[i]), element))
			return i;
	return !element && number < r->n_source ? number : -1;
}

int
secant_streams_send(
	secant_streams *m, const char *stream, const char *element, int number, const secant_stream_input *in, int64_t *id)
{
	if (!stream_is_clean(stream) || (element && !stream_is_clean(element)) || (!element && number < 0))
		return STREAM_INVALID;
	stream_run *r = stream_find_run(m, stream);
	if (!r)
		return NO_STREAM;
	int code = 0, source = -1;
	g_mutex_lock(&r->lock);
	if (r->stopped)
		code = NO_STREAM;
	else
		source = source_of(r, element, number);
	g_mutex_unlock(&r->lock);
	if (!code && (source < 0 || (!in->data && !in->n_messages)))
		code = BAD_LINK;
	if (!code && !stream_run_is(r, id ? STREAM_BY_ID : STREAM_NORMAL, true))
		code = OTHER_MODE;
	stream_frame *f = code ? NULL : stream_frame_new();
	if (!code)
		code = f ? fill(f, in) : STREAM_NO_MEMORY;
	if (!code)
		code = stream_run_send(r, source, f, id);
	stream_frame_drop(f);
	stream_run_drop(r);
	return code;
}

/* ---- results ---- */

static secant_stream_result *
say(secant_stream_result *r, int code, const char *text)
{
	if (r) {
		stream_blob_drop(r->data);
		r->code = code;
		r->data = stream_blob_of(text, strlen(text));
	}
	return r;
}

static secant_stream_result *
failure(int code, const char *text)
{
	return say(secant_calloc(1, sizeof(secant_stream_result)), code, text);
}

static void
take_messages(secant_stream_result *r, const char *const *keys, int n)
{
	r->key = secant_calloc((size_t)n + 1, sizeof *r->key);
	r->text = secant_calloc((size_t)n + 1, sizeof *r->text);
	r->blob = secant_calloc((size_t)n + 1, sizeof *r->blob);
	r->kind = secant_calloc((size_t)n + 1, sizeof *r->kind);
	if (!r->key || !r->text || !r->blob || !r->kind)
		return;
	for (r->n = 0; r->n < n; r->n++) {
		r->key[r->n] = base_strdup(keys[r->n]);
		if (r->frame && !stream_frame_get(r->frame, keys[r->n], &r->kind[r->n], &r->blob[r->n]))
			r->blob[r->n] = NULL;
	}
}

/* Takes the frame. */
static secant_stream_result *
result_from(stream_frame *f, const char *const *keys, int n)
{
	secant_stream_result *r = secant_calloc(1, sizeof *r);
	base_str text = { 0 };
	if (!r) {
		stream_frame_drop(f);
		return NULL;
	}
	r->frame = f;
	r->came = true;
	r->code = stream_frame_failed(f, &text);
	stream_blob *bytes = stream_frame_bytes(f);
	if (r->code)
		r->data = stream_blob_take(&text);
	else if (bytes && bytes->n > MOST_RESULT)
		say(r, INNER, "the result has more than 1 GiB");
	else if (bytes && bytes->n)
		r->data = stream_blob_hold(bytes);
	else
		say(r, 0, "{}");
	base_str_free(&text);
	take_messages(r, keys, n);
	return r;
}

/* Why nothing came: what an element of GStreamer could not do, where one said so. */
static secant_stream_result *
nothing_came(stream_run *r)
{
	char trouble[420], text[600];
	stream_run_trouble(r, trouble, sizeof trouble);
	snprintf(text, sizeof text, "%s%s%s",
		r->stopped     ? "The stream was stopped."
			: r->ended ? "The stream has ended."
					   : "Time out, can not get result in time.",
		*trouble ? " " : "", trouble);
	return failure(TIMEOUT, text);
}

static int
outlet_of(const stream_run *r, const char *element, int number)
{
	for (int i = 0; element && i < r->n_outlet; i++)
		if (!strcmp(r->outlet[i].name, element))
			return i;
	return !element && number < r->n_outlet ? number : -1;
}

secant_stream_result *
secant_streams_get(secant_streams *m, const char *stream, const char *element, int number, const char *const *keys,
	int n, uint32_t milliseconds)
{
	if (!stream_is_clean(stream) || (!element && number < 0))
		return failure(STREAM_INVALID, "a name with a control character or two spaces in a row, or a number below 0");
	stream_run *r = stream_find_run(m, stream);
	if (!r)
		return failure(NO_STREAM, "there is no such stream");
	int outlet = outlet_of(r, element, number);
	secant_stream_result *out;
	stream_frame *f = NULL;
	if (!stream_run_is(r, STREAM_NORMAL, false))
		out = failure(OTHER_MODE, "results of this stream are fetched by the numbers of what was sent");
	else if (outlet < 0)
		out = failure(BAD_ELEMENT, "the stream has no such appsink");
	else if ((f = stream_run_next(r, outlet, milliseconds / 1e3)))
		out = result_from(f, keys, n);
	else
		out = nothing_came(r);
	stream_run_drop(r);
	return out;
}

int
secant_streams_wait(secant_streams *m, const char *stream, uint32_t milliseconds, char *why, size_t size)
{
	stream_run *r = stream_is_clean(stream) ? stream_find_run(m, stream) : NULL;
	int code = r ? stream_run_wait(r, milliseconds / 1e3) : NO_STREAM;
	if (size)
		*why = '\0';
	if (code == STREAM_FAILURE)
		stream_run_trouble(r, why, size);
	stream_run_drop(r);
	return code;
}

secant_stream_result *
secant_streams_get_id(secant_streams *m, const char *stream, int64_t id, uint32_t milliseconds)
{
	bool known = false;
	if (!stream_is_clean(stream))
		return failure(STREAM_INVALID, "a name with a control character or two spaces in a row");
	stream_run *r = stream_find_run(m, stream);
	if (!r)
		return failure(NO_STREAM, "there is no such stream");
	secant_stream_result *out;
	if (!stream_run_is(r, STREAM_BY_ID, false))
		out = failure(OTHER_MODE, "nothing was sent to this stream with a number");
	else {
		stream_frame *f = stream_run_take(r, id, milliseconds / 1e3, &known);
		out = f     ? result_from(f, NULL, 0)
			: known ? nothing_came(r)
					: failure(STREAM_INVALID, "The number is not one that is waited for.");
	}
	stream_run_drop(r);
	return out;
}

int
secant_stream_result_code(const secant_stream_result *r)
{
	return r->code;
}

bool
secant_stream_result_came(const secant_stream_result *r)
{
	return r->came;
}

const void *
secant_stream_result_data(const secant_stream_result *r, size_t *size)
{
	*size = r->data ? r->data->n : 0;
	return r->data ? (const char *)r->data->p : "";
}

bool
secant_stream_result_mask(const secant_stream_result *r, int i, secant_image *mask, char *why, size_t size)
{
	*mask = (secant_image){ 0 };
	if (r->frame && !r->code)
		return stream_mask_of(r->frame, i, mask, why, size);
	snprintf(why, size, "%s", r->data ? (const char *)r->data->p : "there is no result");
	return false;
}

int
secant_stream_result_messages(const secant_stream_result *r)
{
	return r->n;
}

bool
secant_stream_result_message(secant_stream_result *r, int i, secant_stream_message *message, const char **text)
{
	if (i < 0 || i >= r->n || !r->blob[i] || !r->kind[i])
		return false;
	if (message)
		*message = (secant_stream_message){ r->key[i], r->kind[i]->name, r->blob[i]->p, r->blob[i]->n };
	if (text && !r->text[i]) {
		base_str out = { 0 };
		stream_message_print(&out, r->kind[i], r->blob[i]->p, r->blob[i]->n, NULL);
		r->text[i] = base_str_take(&out);
	}
	if (text)
		*text = r->text[i] ? r->text[i] : "";
	return true;
}

void
secant_stream_result_free(secant_stream_result *r)
{
	if (!r)
		return;
	for (int i = 0; i < r->n; i++) {
		secant_free(r->key[i]);
		secant_free(r->text[i]);
		stream_blob_drop(r->blob[i]);
	}
	secant_free(r->key);
	secant_free(r->text);
	secant_free(r->blob);
	secant_free(r->kind);
	stream_blob_drop(r->data);
	stream_frame_drop(r->frame);
	secant_free(r);
}

/* ---- the rest ---- */

char *
secant_streams_port(secant_streams *m, const char *stream, bool source, int i)
{
	stream_run *r = stream_find_run(m, stream);
	char *name = NULL;
	if (!r)
		return NULL;
	g_mutex_lock(&r->lock);
	if (source && i >= 0 && i < r->n_source && !r->stopped)
		name = base_strdup(GST_OBJECT_NAME(r->source[i]));
	else if (!source && i >= 0 && i < r->n_outlet)
		name = base_strdup(r->outlet[i].name);
	g_mutex_unlock(&r->lock);
	stream_run_drop(r);
	return name;
}

char *
secant_streams_name(secant_streams *m, int i)
{
	g_mutex_lock(&m->lock);
	char *name = i >= 0 && (guint)i < m->run->len ? base_strdup(((stream_run *)m->run->pdata[i])->name) : NULL;
	g_mutex_unlock(&m->lock);
	return name;
}

char *
secant_stream_schema(const char *file)
{
	base_str out = { 0 };
	stream_message_schema(&out, file);
	return base_str_take(&out);
}
