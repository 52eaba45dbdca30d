/*
 * Elements of the table as elements of GStreamer: one class for all of them, whose rows say which pads and properties
 * there are and which functions do the work (worker.h).
 *
 * A frame that comes in is worked on by the thread that brought it, or by the element's own thread where its row says
 * so, with a short queue between: what comes before it goes on meanwhile. An element that waits for a frame on every
 * port keeps one for each; a second one waits. Nothing waits once the element is stopped.
 */
#include "stream/run/gst.h"
#include <pthread.h>
#include <stdio.h>

GST_DEBUG_CATEGORY_STATIC(stream_log);
#define GST_CAT_DEFAULT stream_log

enum { MOST_QUEUED = 4 };

typedef struct host {
	GstElement parent;
	stream_worker w;
	char **value; /* by number of property; NULL: the default */
	GMutex lock; /* all below, and the values */
	GMutex running; /* one frame at a time */
	GCond changed;
	stream_frame **slot; /* what waits at each port */
	GQueue *queue; /* arrays of frames, one for each port; NULL: the end of the stream */
	GThread *thread;
	bool stopped, open, thread_ends, idle;
	int n_ended; /* ports whose stream has ended */
	bool *started; /* ports for output that have told what stream it is */
	int fault;
	char why[500];
	int64_t runs;
	double seconds, longest, pushing;
	uint32_t group;
} host;

typedef struct host_class {
	GstElementClass parent;
	const stream_element_type *kind;
} host_class;

static const stream_element_type *
kind_of(const host *h)
{
	return ((const host_class *)(const void *)G_OBJECT_GET_CLASS(h))->kind;
}

static GstElementClass *
parent_of_all(void)
{
	return g_type_class_peek(GST_TYPE_ELEMENT);
}

/* ---- properties ---- */

static void
set_property(GObject *o, guint id, const GValue *value, GParamSpec *spec)
{
	host *h = (host *)(void *)o;
	gchar *text = G_VALUE_HOLDS_STRING(value) ? g_value_dup_string(value) : gst_value_serialize(value);
	char *copy = base_strdup(text ? text : "");
	g_free(text);
	g_mutex_lock(&h->lock);
	secant_free(h->value[id]);
	h->value[id] = copy;
	g_mutex_unlock(&h->lock);
}

static char *
value_at(host *h, guint id)
{
	const stream_prop *p = stream_element_prop(kind_of(h), (int)id);
	g_mutex_lock(&h->lock);
	char *copy = base_strdup(h->value[id] ? h->value[id] : p->def ? p->def : "");
	g_mutex_unlock(&h->lock);
	return copy;
}

static void
get_property(GObject *o, guint id, GValue *value, GParamSpec *spec)
{
	char *text = value_at((host *)(void *)o, id);
	if (G_VALUE_HOLDS_STRING(value))
		g_value_set_string(value, text);
	else if (text)
		(void)gst_value_deserialize(value, text);
	secant_free(text);
}

static char *
worker_value(void *host_, const char *prop)
{
	host *h = host_;
	const stream_prop *p;
	for (int i = 0; (p = stream_element_prop(kind_of(h), i)); i++)
		if (!strcmp(p->name, prop))
			return value_at(h, (guint)i);
	return base_strdup("");
}

static GParamSpec *
spec_of(const stream_prop *p)
{
	GParamFlags flags = G_PARAM_STATIC_STRINGS
		| (p->flags & STREAM_PROP_READ_ONLY ? G_PARAM_READABLE : G_PARAM_READWRITE);
	stream_prop_value def = { 0 };
	char why[400];
	if (p->def)
		(void)stream_prop_read(p, p->def, &def, why, sizeof why);
	switch (p->type) {
	case STREAM_PROP_INT:
		return g_param_spec_int(p->name, p->name, p->help, (gint)p->min, (gint)p->max, (gint)def.i, flags);
	case STREAM_PROP_UINT:
		return g_param_spec_uint(p->name, p->name, p->help, (guint)p->min, (guint)p->max, (guint)def.i, flags);
	case STREAM_PROP_LONG: return g_param_spec_int64(p->name, p->name, p->help, p->min, p->max, def.i, flags);
	case STREAM_PROP_ULONG:
		return g_param_spec_uint64(p->name, p->name, p->help, (guint64)p->min,
			p->max == INT64_MAX ? G_MAXUINT64 : (guint64)p->max, (guint64)def.i, flags);
	case STREAM_PROP_REAL:
		return g_param_spec_double(p->name, p->name, p->help, (double)p->min, (double)p->max, def.real, flags);
	case STREAM_PROP_BOOL: return g_param_spec_boolean(p->name, p->name, p->help, def.i != 0, flags);
	default: return g_param_spec_string(p->name, p->name, p->help, p->def, flags);
	}
}

/* ---- pads ---- */

static GstCaps *
caps_of(int media)
{
	static const char *const types[] = { "image/jpeg", "image/yuv", "image/rgb", "video/x-h264", "metadata/object",
		"metadata/class", "metadata/attribute", "metadata/feature-vector", "metadata/tensor", "metadata/semanticseg",
		"metadata/keypoint", "metadata/texts", "metadata/object/roi-info", "metadata/osd", "metadata/stitch-info",
		"result/json-result" };
	if (media == STREAM_MEDIA_ANY)
		return gst_caps_new_any();
	GstCaps *caps = gst_caps_new_empty();
	for (int i = 0; i < 16; i++)
		if (media >> i & 1)
			gst_caps_append_structure(caps, gst_structure_new_empty(types[i]));
	return caps;
}

static void
add_templates(GstElementClass *class, const int *always, int more, GstPadDirection way)
{
	const char *stem = way == GST_PAD_SINK ? "sink" : "src";
	char name[32];
	for (int i = 0; i <= STREAM_PORTS; i++) {
		bool last = i == STREAM_PORTS || !always[i];
		if (last && !more)
			return;
		GstCaps *caps = caps_of(last ? more : always[i]);
		if (last)
			snprintf(name, sizeof name, "%s_%%u", stem);
		else
			snprintf(name, sizeof name, "%s%d", stem, i);
		gst_element_class_add_pad_template(
			class, gst_pad_template_new(name, way, last ? GST_PAD_REQUEST : GST_PAD_ALWAYS, caps));
		gst_caps_unref(caps);
		if (last)
			return;
	}
}

static int
number_of(GstElement *e, GstPad *pad)
{
	GST_OBJECT_LOCK(e);
	int i = g_list_index(GST_PAD_IS_SRC(pad) ? e->srcpads : e->sinkpads, pad);
	GST_OBJECT_UNLOCK(e);
	return i;
}

/* The i-th pad, held; NULL: there is none. */
static GstPad *
pad_at(GstElement *e, bool source, int i)
{
	GST_OBJECT_LOCK(e);
	GstPad *pad = g_list_nth_data(source ? e->srcpads : e->sinkpads, (guint)i);
	if (pad)
		gst_object_ref(pad);
	GST_OBJECT_UNLOCK(e);
	return pad;
}

/* ---- keys ---- */

static char *
upstream(void *host_, int port)
{
	GstPad *pad = pad_at(host_, false, port);
	GstQuery *q = gst_query_new_custom(GST_QUERY_CUSTOM, gst_structure_new_empty("get_data_source_key"));
	char *key = NULL;
	if (pad && gst_pad_peer_query(pad, q)) {
		const gchar *text = gst_structure_get_string(gst_query_get_structure(q), "data_source_key");
		key = text ? base_strdup(text) : NULL;
	}
	gst_query_unref(q);
	if (pad)
		gst_object_unref(pad);
	return key;
}

static gboolean
source_query(GstPad *pad, GstObject *parent, GstQuery *q)
{
	host *h = (host *)(void *)parent;
	int flags = kind_of(h)->flags;
	char key[300], *up = NULL;
	if (GST_QUERY_TYPE(q) != GST_QUERY_CUSTOM
		|| !gst_structure_has_name(gst_query_get_structure(q), "get_data_source_key"))
		return gst_pad_query_default(pad, parent, q);
	if (flags & STREAM_ELEMENT_KEYLESS)
		return FALSE;
	if (flags & STREAM_ELEMENT_TRANSPARENT)
		up = upstream(h, 0);
	else if (GST_ELEMENT(h)->numsrcpads > 1)
		snprintf(key, sizeof key, "%s_%d", GST_OBJECT_NAME(h), number_of(GST_ELEMENT(h), pad));
	else
		snprintf(key, sizeof key, "%s", GST_OBJECT_NAME(h));
	if ((flags & STREAM_ELEMENT_TRANSPARENT) && !up)
		return FALSE;
	gst_structure_set(gst_query_writable_structure(q), "data_source_key", G_TYPE_STRING, up ? up : key, NULL);
	secant_free(up);
	return TRUE;
}

/* What a model behind this element takes is asked for downstream. */
static bool
size_behind(void *host_, int *height, int *width)
{
	GstPad *pad = pad_at(host_, true, 0);
	GstQuery *q = gst_query_new_custom(GST_QUERY_CUSTOM, gst_structure_new_empty("get_dynamic_image_size"));
	const GstStructure *s = gst_query_get_structure(q);
	bool fine = pad && gst_pad_peer_query(pad, q) && gst_structure_get_int(s, "height", height)
		&& gst_structure_get_int(s, "width", width);
	gst_query_unref(q);
	if (pad)
		gst_object_unref(pad);
	return fine;
}

static gboolean
sink_query(GstPad *pad, GstObject *parent, GstQuery *q)
{
	host *h = (host *)(void *)parent;
	int height, width;
	if (GST_QUERY_TYPE(q) != GST_QUERY_CUSTOM
		|| !gst_structure_has_name(gst_query_get_structure(q), "get_dynamic_image_size"))
		return gst_pad_query_default(pad, parent, q);
	if (!kind_of(h)->work->size)
		return false;
	if (!h->open || !kind_of(h)->work->size(&h->w, &height, &width))
		return FALSE;
	gst_structure_set(gst_query_writable_structure(q), "height", G_TYPE_INT, height, "width", G_TYPE_INT, width, NULL);
	return TRUE;
}

/* ---- sending ---- */

/* What a stream begins with, once for each port. */
static void
start_port(host *h, GstPad *pad, int port)
{
	GstSegment segment;
	char id[64];
	g_mutex_lock(&h->lock);
	bool first = h->started && port < h->w.n_sources && !h->started[port];
	if (first)
		h->started[port] = true;
	g_mutex_unlock(&h->lock);
	if (!first)
		return;
	snprintf(id, sizeof id, "secant-%u-%d", h->group, port);
	GstEvent *begin = gst_event_new_stream_start(id);
	gst_event_set_group_id(begin, h->group);
	gst_pad_push_event(pad, begin);
	gst_segment_init(&segment, GST_FORMAT_TIME);
	gst_pad_push_event(pad, gst_event_new_segment(&segment));
}

static void
worker_send(void *host_, int port, stream_frame *f)
{
	host *h = host_;
	GstPad *pad = pad_at(GST_ELEMENT(h), true, port);
	if (!pad)
		return;
	double before = secant_seconds();
	start_port(h, pad, port);
	GstBuffer *b = stream_buffer_of(f);
	if (b)
		(void)gst_pad_push(pad, b);
	gst_object_unref(pad);
	h->pushing += secant_seconds() - before;
}

static void
worker_note(void *host_, const char *text)
{
	GST_WARNING_OBJECT(host_, "%s", text);
}

static void
push_to_all(host *h, GstEvent *event)
{
	for (int i = 0; i < h->w.n_sources; i++) {
		GstPad *pad = pad_at(GST_ELEMENT(h), true, i);
		if (pad) {
			start_port(h, pad, i);
			gst_pad_push_event(pad, gst_event_ref(event));
			gst_object_unref(pad);
		}
	}
	gst_event_unref(event);
}

/* ---- working ---- */

static void
drop_all(stream_frame **in, int n)
{
	for (int i = 0; in && i < n; i++)
		stream_frame_drop(in[i]);
	g_free(in);
}

/* A frame that something before could not do passes an element with one port for output as it is. */
static bool
passes(const host *h, stream_frame *const *in, stream_frame **failed)
{
	*failed = NULL;
	if (kind_of(h)->work->failed_too || h->w.n_sources != 1)
		return false;
	for (int i = 0; i < h->w.n_sinks; i++)
		if (in[i] && stream_frame_failed(in[i], NULL))
			*failed = in[i];
	return *failed != NULL;
}

static void
run(host *h, stream_frame **in)
{
	stream_frame *failed;
	g_mutex_lock(&h->running);
	double before = secant_seconds();
	h->pushing = 0;
	if (!in) {
		if (kind_of(h)->work->flush)
			kind_of(h)->work->flush(&h->w);
	} else if (passes(h, in, &failed))
		worker_send(h, 0, failed);
	else
		kind_of(h)->work->run(&h->w, in);
	double took = secant_seconds() - before - h->pushing;
	g_mutex_lock(&h->lock);
	h->runs += in != NULL;
	h->seconds += took;
	h->longest = took > h->longest ? took : h->longest;
	g_mutex_unlock(&h->lock);
	g_mutex_unlock(&h->running);
	drop_all(in, h->w.n_sinks);
}

static gpointer
own_thread(gpointer host_)
{
	host *h = host_;
	g_mutex_lock(&h->lock);
	while (!h->thread_ends) {
		if (g_queue_is_empty(h->queue)) {
			h->idle = true;
			g_cond_broadcast(&h->changed);
			if (h->w.wait_until > 0) {
				double left = h->w.wait_until - secant_seconds();
				if (left <= 0
					|| !g_cond_wait_until(&h->changed, &h->lock, g_get_monotonic_time() + (gint64)(left * 1e6))) {
					h->w.wait_until = 0;
					g_mutex_unlock(&h->lock);
					run(h, NULL);
					g_mutex_lock(&h->lock);
				}
			} else
				g_cond_wait(&h->changed, &h->lock);
			continue;
		}
		h->idle = false;
		stream_frame **in = g_queue_pop_head(h->queue);
		g_cond_broadcast(&h->changed);
		g_mutex_unlock(&h->lock);
		run(h, in);
		g_mutex_lock(&h->lock);
	}
	g_mutex_unlock(&h->lock);
	return NULL;
}

/* Takes the frames in any case. */
static GstFlowReturn
hand_over(host *h, stream_frame **in)
{
	if (!h->thread) {
		run(h, in);
		return GST_FLOW_OK;
	}
	g_mutex_lock(&h->lock);
	while (!h->stopped && g_queue_get_length(h->queue) >= MOST_QUEUED)
		g_cond_wait(&h->changed, &h->lock);
	bool stopped = h->stopped;
	if (!stopped) {
		g_queue_push_tail(h->queue, in);
		h->idle = false;
		g_cond_broadcast(&h->changed);
	}
	g_mutex_unlock(&h->lock);
	if (stopped)
		drop_all(in, h->w.n_sinks);
	return stopped ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

/* With a frame on every port: all of them; else NULL, and the frame waits. */
static stream_frame **
complete(host *h, int port, stream_frame *f, bool *stopped)
{
	stream_frame **in = NULL;
	int n = h->w.n_sinks, have = 0;
	g_mutex_lock(&h->lock);
	while (!h->stopped && h->slot[port])
		g_cond_wait(&h->changed, &h->lock);
	*stopped = h->stopped;
	if (!h->stopped) {
		h->slot[port] = f;
		for (int i = 0; i < n; i++)
			have += h->slot[i] != NULL;
		if (have == n) {
			in = g_new0(stream_frame *, n);
			memcpy(in, h->slot, (size_t)n * sizeof *in);
			memset(h->slot, 0, (size_t)n * sizeof *in);
			g_cond_broadcast(&h->changed);
		}
	} else
		stream_frame_drop(f);
	g_mutex_unlock(&h->lock);
	return in;
}

static GstFlowReturn
chain(GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
	host *h = (host *)(void *)parent;
	int port = number_of(GST_ELEMENT(h), pad);
	bool stopped = false;
	stream_frame *f = stream_frame_of(buffer), **in;
	gst_buffer_unref(buffer);
	if (!f || !h->open || port < 0 || port >= h->w.n_sinks) {
		stream_frame_drop(f);
		return GST_FLOW_ERROR;
	}
	if (kind_of(h)->work->sync || stream_prop_int(&h->w, "status") == 1)
		in = complete(h, port, f, &stopped);
	else {
		in = g_new0(stream_frame *, h->w.n_sinks);
		in[port] = f;
	}
	return in ? hand_over(h, in) : stopped ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

/* The stream of a port has ended; behind the last one comes what was kept back, then the end. */
static void
ended(host *h)
{
	g_mutex_lock(&h->lock);
	bool all = ++h->n_ended >= h->w.n_sinks;
	g_mutex_unlock(&h->lock);
	if (!all)
		return;
	if (h->thread) {
		g_mutex_lock(&h->lock);
		while (!h->stopped && !(h->idle && g_queue_is_empty(h->queue)))
			g_cond_wait(&h->changed, &h->lock);
		g_mutex_unlock(&h->lock);
	}
	run(h, NULL);
	push_to_all(h, gst_event_new_eos());
}

static gboolean
sink_event(GstPad *pad, GstObject *parent, GstEvent *event)
{
	switch (GST_EVENT_TYPE(event)) {
	case GST_EVENT_EOS: ended((host *)(void *)parent); break;
	case GST_EVENT_STREAM_START: /* each element begins streams of its own */
	case GST_EVENT_CAPS:
	case GST_EVENT_SEGMENT: break;
	default: return gst_pad_event_default(pad, parent, event);
	}
	gst_event_unref(event);
	return TRUE;
}

/* ---- starting and stopping ---- */

static bool
split_keys(stream_worker *w)
{
	char *text = stream_prop_copy(w, "dataSource"), *at = text;
	bool fine = text != NULL;
	for (w->n_keys = 0; at; w->n_keys++)
		if ((at = strchr(at, ',')))
			at++;
	w->keys = secant_calloc((size_t)w->n_keys + 1, sizeof *w->keys);
	at = text;
	for (int i = 0; fine && w->keys && i < w->n_keys; i++) {
		size_t n = strcspn(at, ","), from = strspn(at, " "), to = n;
		while (to > from && at[to - 1] == ' ')
			to--;
		fine = (w->keys[i] = base_strndup(at + (from < to ? from : to), from < to ? to - from : 0)) != NULL;
		at += n + 1;
	}
	secant_free(text);
	return fine && w->keys;
}

static void
close_host(host *h)
{
	stream_worker *w = &h->w;
	stream_frame **in;
	if (h->open && kind_of(h)->work->close)
		kind_of(h)->work->close(w);
	h->open = false;
	while ((in = g_queue_pop_head(h->queue)))
		drop_all(in, w->n_sinks);
	drop_all(h->slot, w->n_sinks);
	h->slot = NULL;
	for (int i = 0; w->keys && i < w->n_keys; i++)
		secant_free(w->keys[i]);
	secant_free(w->keys);
	secant_free(w->state);
	g_free(h->started);
	w->keys = NULL;
	w->state = NULL;
	h->started = NULL;
}

static bool
open_host(host *h)
{
	const stream_work *work = kind_of(h)->work;
	GstElement *e = GST_ELEMENT(h);
	stream_worker *w = &h->w;
	*w = (stream_worker){ .kind = kind_of(h),
		.name = GST_OBJECT_NAME(h),
		.n_sinks = e->numsinkpads,
		.n_sources = e->numsrcpads,
		.host = h,
		.send = worker_send,
		.value = worker_value,
		.upstream = upstream,
		.size = size_behind,
		.note = worker_note,
		.state = secant_calloc(1, work->state + 1) };
	h->slot = g_new0(stream_frame *, w->n_sinks + 1);
	h->started = g_new0(bool, w->n_sources + 1);
	h->stopped = h->thread_ends = h->idle = false;
	h->n_ended = 0;
	h->fault = 0;
	h->group = gst_util_group_id_next();
	snprintf(h->why, sizeof h->why, "no memory");
	if (!w->state || !split_keys(w))
		h->fault = STREAM_NO_MEMORY;
	h->open = !h->fault;
	if (!h->fault && work->open)
		h->fault = work->open(w, h->why, sizeof h->why);
	if (h->fault)
		close_host(h);
	return !h->fault;
}

static void
stop(host *h)
{
	g_mutex_lock(&h->lock);
	h->stopped = true;
	__atomic_store_n(&h->w.stopping, 1, __ATOMIC_RELAXED);
	g_cond_broadcast(&h->changed);
	g_mutex_unlock(&h->lock);
	if (h->open && kind_of(h)->work->cancel)
		kind_of(h)->work->cancel(&h->w);
}

static void
end_thread(host *h)
{
	if (!h->thread)
		return;
	g_mutex_lock(&h->lock);
	h->thread_ends = true;
	g_cond_broadcast(&h->changed);
	g_mutex_unlock(&h->lock);
	g_thread_join(h->thread);
	h->thread = NULL;
}

static GstStateChangeReturn
change_state(GstElement *e, GstStateChange change)
{
	host *h = (host *)(void *)e;
	if (change == GST_STATE_CHANGE_READY_TO_PAUSED) {
		if (!open_host(h)) {
			GST_ELEMENT_ERROR(e, LIBRARY, INIT, ("%s", h->why), ("error %d", h->fault));
			return GST_STATE_CHANGE_FAILURE;
		}
		if (kind_of(h)->work->own_thread)
			h->thread = g_thread_new(GST_OBJECT_NAME(h), own_thread, h);
	}
	if (change == GST_STATE_CHANGE_PAUSED_TO_READY)
		stop(h);
	GstStateChangeReturn got = parent_of_all()->change_state(e, change);
	if (change == GST_STATE_CHANGE_PAUSED_TO_READY
		|| (change == GST_STATE_CHANGE_READY_TO_PAUSED && got == GST_STATE_CHANGE_FAILURE)) {
		stop(h);
		end_thread(h);
		close_host(h);
	}
	return got;
}

/* ---- the class ---- */

static void
set_up(GstPad *pad)
{
	if (GST_PAD_IS_SRC(pad)) {
		gst_pad_set_query_function(pad, source_query);
		return;
	}
	gst_pad_set_chain_function(pad, chain);
	gst_pad_set_event_function(pad, sink_event);
	gst_pad_set_query_function(pad, sink_query);
}

static GstPad *
request_pad(GstElement *e, GstPadTemplate *t, const gchar *name, const GstCaps *caps)
{
	char own[32];
	bool source = GST_PAD_TEMPLATE_DIRECTION(t) == GST_PAD_SRC;
	for (unsigned i = 0; !name; i++) {
		GstPad *there;
		snprintf(own, sizeof own, source ? "src_%u" : "sink_%u", i);
		if ((there = gst_element_get_static_pad(e, own)))
			gst_object_unref(there);
		else
			name = own;
	}
	GstPad *pad = gst_pad_new_from_template(t, name);
	set_up(pad);
	return gst_element_add_pad(e, pad) ? pad : NULL;
}

static void
release_pad(GstElement *e, GstPad *pad)
{
	gst_element_remove_pad(e, pad);
}

static void
finalize(GObject *o)
{
	host *h = (host *)(void *)o;
	for (int i = 0; stream_element_prop(kind_of(h), i); i++)
		secant_free(h->value[i]);
	g_free(h->value);
	g_queue_free(h->queue);
	g_mutex_clear(&h->lock);
	g_mutex_clear(&h->running);
	g_cond_clear(&h->changed);
	G_OBJECT_CLASS(parent_of_all())->finalize(o);
}

static void
init(GTypeInstance *instance, gpointer class)
{
	host *h = (host *)(void *)instance;
	const stream_element_type *kind = ((const host_class *)class)->kind;
	int n = 0;
	while (stream_element_prop(kind, n))
		n++;
	h->value = g_new0(char *, n + 1);
	h->queue = g_queue_new();
	g_mutex_init(&h->lock);
	g_mutex_init(&h->running);
	g_cond_init(&h->changed);
	for (GList *l = gst_element_class_get_pad_template_list(class); l; l = l->next)
		if (GST_PAD_TEMPLATE_PRESENCE(l->data) == GST_PAD_ALWAYS) {
			GstPad *pad = gst_pad_new_from_template(l->data, GST_PAD_TEMPLATE_NAME_TEMPLATE(l->data));
			set_up(pad);
			gst_element_add_pad(GST_ELEMENT(h), pad);
		}
}

static void
class_init(gpointer class, gpointer kind_)
{
	const stream_element_type *kind = kind_;
	const stream_prop *p;
	GObjectClass *object = class;
	GstElementClass *element = class;
	((host_class *)class)->kind = kind;
	object->set_property = set_property;
	object->get_property = get_property;
	object->finalize = finalize;
	element->change_state = change_state;
	element->request_new_pad = request_pad;
	element->release_pad = release_pad;
	for (int i = 2; (p = stream_element_prop(kind, i)); i++)
		g_object_class_install_property(object, (guint)i, spec_of(p));
	gst_element_class_set_static_metadata(element, kind->name, "Filter/Analyzer", kind->brief, "secant");
	add_templates(element, kind->sinks, kind->more_sinks, GST_PAD_SINK);
	add_templates(element, kind->sources, kind->more_sources, GST_PAD_SRC);
}

static GType
type_of(const stream_element_type *kind)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* types are made once */
	char name[100];
	snprintf(name, sizeof name, "%s", kind->name); /* default names of elements follow from it: mxpi_imageresize0 */
	pthread_mutex_lock(&lock);
	GType type = g_type_from_name(name);
	if (!type) {
		GTypeInfo info = { .class_size = sizeof(host_class),
			.class_init = class_init,
			.class_data = kind,
			.instance_size = sizeof(host),
			.instance_init = init };
		GST_DEBUG_CATEGORY_INIT(stream_log, "secant", 0, "elements of secant");
		type = g_type_register_static(GST_TYPE_ELEMENT, name, &info, 0);
	}
	pthread_mutex_unlock(&lock);
	return type;
}

gboolean
stream_register(GstPlugin *plugin)
{
	const stream_element_type *kind;
	gboolean fine = TRUE;
	for (int i = 0; (kind = stream_element_at(i)); i++)
		if (kind->work)
			fine = gst_element_register(plugin, kind->name, GST_RANK_NONE, type_of(kind)) && fine;
	return fine;
}

GstElement *
stream_element_new(const stream_element_type *kind, const char *name)
{
	return kind->work ? g_object_new(type_of(kind), "name", name, NULL) : NULL;
}

static host *
ours(GstElement *e)
{
	const stream_element_type *kind = stream_element_find(G_OBJECT_TYPE_NAME(e));
	return kind && kind->work ? (host *)(void *)e : NULL;
}

const stream_element_type *
stream_kind_of(GstElement *e)
{
	host *h = ours(e);
	return h ? kind_of(h) : NULL;
}

int
stream_element_fault(GstElement *e, char *why, size_t size)
{
	host *h = ours(e);
	if (h && h->fault)
		snprintf(why, size, "%s", h->why);
	return h ? h->fault : 0;
}

bool
stream_element_times(GstElement *e, int64_t *runs, double *seconds, double *longest)
{
	host *h = ours(e);
	if (!h)
		return false;
	g_mutex_lock(&h->lock);
	*runs = h->runs;
	*seconds = h->seconds;
	*longest = h->longest;
	g_mutex_unlock(&h->lock);
	return true;
}
