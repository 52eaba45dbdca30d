/*
 * A stream that runs. Its graph is the one that the check made of the pipeline: pads are taken in the same order, so
 * that ports have the same numbers. Results wait for clients in queues with room for 256; behind a full one the stream
 * stands still, and senders are told (5003) once its entrance is full as well.
 */
#include "stream/run/stream_run.h"
#include <stdio.h>
#include <stdlib.h>

/* Frames and bytes that may wait at an entrance; seconds a sender waits there; how long a result by number is kept. */
enum { MOST_WAITING = 4096, MOST_BYTES = 1 << 30, PATIENCE = 3, ABANDONED = 120, START = 60 };

static stream_run *
alloc_run(const char *name)
{
	stream_run *r = secant_calloc(1, sizeof *r);
	if (!r)
		return NULL;
	g_mutex_init(&r->lock);
	g_mutex_init(&r->trouble_lock);
	g_cond_init(&r->changed);
	r->refs = 1;
	r->name = base_strdup(name);
	r->wanted = g_hash_table_new(g_int64_hash, g_int64_equal);
	r->began = secant_seconds();
	return r;
}

stream_run *
stream_run_hold(stream_run *r)
{
	__atomic_add_fetch(&r->refs, 1, __ATOMIC_RELAXED);
	return r;
}

static void
forget(stream_run *r, stream_wanted *w)
{
	g_hash_table_remove(r->wanted, &w->id);
	r->came -= w->frame != NULL;
	stream_frame_drop(w->frame);
	secant_free(w);
}

static void
forget_all(stream_run *r)
{
	GList *all = g_hash_table_get_values(r->wanted);
	for (GList *l = all; l; l = l->next)
		forget(r, l->data);
	g_list_free(all);
}

void
stream_run_drop(stream_run *r)
{
	if (!r || __atomic_sub_fetch(&r->refs, 1, __ATOMIC_ACQ_REL))
		return;
	stream_run_stop(r);
	forget_all(r);
	g_hash_table_destroy(r->wanted);
	for (int i = 0; i < r->n_outlet; i++) {
		g_queue_free_full(r->outlet[i].results, (GDestroyNotify)stream_frame_drop);
		secant_free(r->outlet[i].name);
	}
	g_mutex_clear(&r->lock);
	g_mutex_clear(&r->trouble_lock);
	g_cond_clear(&r->changed);
	secant_free(r->outlet);
	secant_free(r->source);
	secant_free(r->name);
	secant_free(r);
}

/* ---- results ---- */

static void
count_done(stream_run *r, stream_frame *f)
{
	double sent = stream_frame_way(f)->sent, took = sent > 0 ? secant_seconds() - sent : 0;
	r->done++;
	r->seconds += took;
	r->longest = took > r->longest ? took : r->longest;
}

/* Results that nobody came for in a long time make room. */
static void
drop_abandoned(stream_run *r)
{
	GList *all = g_hash_table_get_values(r->wanted);
	for (GList *l = all; l; l = l->next) {
		stream_wanted *w = l->data;
		if (w->frame && secant_seconds() - w->since > ABANDONED)
			forget(r, w);
	}
	g_list_free(all);
}

static void
keep_by_id(stream_run *r, stream_frame *f)
{
	int64_t id = stream_frame_way(f)->id;
	stream_wanted *w = g_hash_table_lookup(r->wanted, &id);
	while (w && !r->stopped && r->came >= STREAM_KEPT_BY_ID) {
		drop_abandoned(r);
		if (r->came >= STREAM_KEPT_BY_ID)
			g_cond_wait_until(&r->changed, &r->lock, g_get_monotonic_time() + G_TIME_SPAN_SECOND);
		w = g_hash_table_lookup(r->wanted, &id);
	}
	if (!w || r->stopped || w->frame) {
		stream_frame_drop(f);
		return;
	}
	w->frame = f;
	w->since = secant_seconds();
	r->came++;
}

static GstFlowReturn
new_sample(GstAppSink *sink, gpointer outlet_)
{
	stream_outlet *o = outlet_;
	stream_run *r = o->stream;
	GstSample *sample = gst_app_sink_pull_sample(sink);
	GstBuffer *buffer = sample ? gst_sample_get_buffer(sample) : NULL;
	stream_frame *f = !buffer ? NULL : o->apart ? stream_frame_apart(buffer, false) : stream_frame_of(buffer, false);
	if (sample)
		gst_sample_unref(sample);
	if (!f)
		return GST_FLOW_OK;
	g_mutex_lock(&r->lock);
	count_done(r, f);
	if (r->mode == STREAM_BY_ID)
		keep_by_id(r, f);
	else {
		while (!r->stopped && g_queue_get_length(o->results) >= STREAM_KEPT)
			g_cond_wait(&r->changed, &r->lock);
		if (r->stopped)
			stream_frame_drop(f);
		else
			g_queue_push_tail(o->results, f);
	}
	bool stopped = r->stopped;
	g_cond_broadcast(&r->changed);
	g_mutex_unlock(&r->lock);
	return stopped ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

stream_frame *
stream_run_next(stream_run *r, int outlet, double seconds)
{
	gint64 until = g_get_monotonic_time() + (gint64)(seconds * 1e6);
	stream_frame *f = NULL;
	g_mutex_lock(&r->lock);
	while (!r->stopped && !(f = g_queue_pop_head(r->outlet[outlet].results)) && !r->ended)
		if (!g_cond_wait_until(&r->changed, &r->lock, until)) {
			f = g_queue_pop_head(r->outlet[outlet].results);
			break;
		}
	g_cond_broadcast(&r->changed);
	g_mutex_unlock(&r->lock);
	return f;
}

int
stream_run_wait(stream_run *r, double seconds)
{
	gint64 until = g_get_monotonic_time() + (gint64)(seconds * 1e6);
	g_mutex_lock(&r->lock);
	while (!r->stopped && !r->ended && !r->failed && g_cond_wait_until(&r->changed, &r->lock, until))
		continue;
	int code = r->ended ? 0 : r->failed && !r->stopped ? STREAM_FAILURE : 6010;
	g_mutex_unlock(&r->lock);
	return code;
}

stream_frame *
stream_run_take(stream_run *r, int64_t id, double seconds, bool *known)
{
	gint64 until = g_get_monotonic_time() + (gint64)(seconds * 1e6);
	stream_wanted *w;
	stream_frame *f = NULL;
	bool late = false;
	g_mutex_lock(&r->lock);
	*known = g_hash_table_lookup(r->wanted, &id) != NULL;
	while ((w = g_hash_table_lookup(r->wanted, &id)) && !w->frame && !r->stopped && !late)
		late = !g_cond_wait_until(&r->changed, &r->lock, until);
	if ((w = g_hash_table_lookup(r->wanted, &id))) {
		f = stream_frame_hold(w->frame);
		forget(r, w);
	}
	g_cond_broadcast(&r->changed);
	g_mutex_unlock(&r->lock);
	return f;
}

bool
stream_run_is(stream_run *r, stream_mode mode, bool sends)
{
	g_mutex_lock(&r->lock);
	if (r->mode == STREAM_UNUSED && sends)
		r->mode = mode;
	bool fits = r->mode == mode || (r->mode == STREAM_UNUSED && mode == STREAM_NORMAL);
	g_mutex_unlock(&r->lock);
	return fits;
}

/* ---- sending ---- */

static bool
has_room(GstAppSrc *src)
{
	return gst_app_src_get_current_level_buffers(src) < MOST_WAITING
		&& gst_app_src_get_current_level_bytes(src) < MOST_BYTES;
}

static int
number_frame(stream_run *r, stream_frame *f, int64_t *id)
{
	stream_wanted *w = secant_calloc(1, sizeof *w);
	if (!w)
		return STREAM_NO_MEMORY;
	w->id = *id = stream_frame_way(f)->id = r->next_id++;
	g_hash_table_insert(r->wanted, &w->id, w);
	return 0;
}

int
stream_run_send(stream_run *r, int source, stream_frame *f, int64_t *id)
{
	GstAppSrc *src = GST_APP_SRC(r->source[source]);
	gint64 until = g_get_monotonic_time() + PATIENCE * G_TIME_SPAN_SECOND;
	g_mutex_lock(&r->lock);
	while (!r->stopped && !has_room(src) && g_get_monotonic_time() < until) /* nobody tells of room: looked at often */
		g_cond_wait_until(&r->changed, &r->lock, g_get_monotonic_time() + 5 * G_TIME_SPAN_MILLISECOND);
	int code = r->stopped ? 6002 : !has_room(src) ? 5003 : 0;
	if (!code && id)
		code = number_frame(r, f, id);
	GstBuffer *buffer = NULL;
	if (!code) {
		stream_frame_way(f)->sent = secant_seconds();
		buffer = stream_buffer_of(f);
		code = buffer ? 0 : STREAM_NO_MEMORY;
	}
	if (!code && gst_app_src_push_buffer(src, buffer) != GST_FLOW_OK)
		code = STREAM_FAILURE;
	r->sent += !code;
	if (code && id && code != 6002 && code != 5003) {
		stream_wanted *w = g_hash_table_lookup(r->wanted, id);
		if (w)
			forget(r, w);
	}
	g_mutex_unlock(&r->lock);
	return code;
}

/* ---- building ---- */

/* Sets a property from text; false: it does not stand for one of its type (which the check looks at for numbers). */
static bool
set_property(GstElement *made, const char *name, const char *text)
{
	GParamSpec *spec = g_object_class_find_property(G_OBJECT_GET_CLASS(made), name);
	GValue v = G_VALUE_INIT;
	if (!spec)
		return false;
	if (spec->value_type == G_TYPE_STRING) {
		g_object_set(made, name, text, NULL);
		return true;
	}
	g_value_init(&v, spec->value_type);
	bool fine = gst_value_deserialize_with_pspec(&v, text, spec);
	if (fine)
		g_object_set_property(G_OBJECT(made), name, &v);
	g_value_unset(&v);
	return fine;
}

static bool
set_properties(const stream_element *e, GstElement *made)
{
	const stream_prop *p;
	for (int i = 2; (p = stream_element_prop(e->kind, i)); i++) {
		bool said = json_object_get(json_object_get(e->json, "props"), p->name) != NULL;
		if (!strcmp(p->name, "dataSource"))
			said |= e->data_source != NULL;
		if (!strcmp(p->name, "deviceId") && e->stream->device) {
			(void)set_property(made, p->name, e->stream->device);
			continue;
		}
		if (!said || (p->flags & (STREAM_PROP_MANAGED | STREAM_PROP_READ_ONLY)))
			continue;
		if (!set_property(made, p->name, stream_text(e, p->name)))
			return stream_refuse(e->stream, STREAM_MX_PROPERTIES, e->name, p->name, "'%.60s' does not stand for it",
				stream_text(e, p->name));
	}
	return true;
}

static void
manage(GstElement *made, const char *factory)
{
	if (!strcmp(factory, "tee"))
		g_object_set(made, "allow-not-linked", TRUE, NULL);
	static const char *const waits[] = { "async", "sync" };
	for (int i = 0; i < 2 && GST_OBJECT_FLAG_IS_SET(made, GST_ELEMENT_FLAG_SINK); i++)
		if (g_object_class_find_property(G_OBJECT_GET_CLASS(made), waits[i]))
			g_object_set(made, waits[i], FALSE, NULL);
	if (!strcmp(factory, "appsrc"))
		g_object_set(made, "block", FALSE, "max-bytes", (guint64)1, "format", GST_FORMAT_TIME, NULL);
	if (!strcmp(factory, "appsink"))
		g_object_set(made, "enable-last-sample", FALSE, NULL);
}

static GstElement *
make_element(stream_run *r, const stream_element *e)
{
	bool vendor = e->kind->base == STREAM_BASE_PLUGIN || !strncmp(e->kind->name, "mxpi_", 5);
	GstElement *made = vendor ? stream_element_new(e->kind, e->name) : gst_element_factory_make(e->kind->name, e->name);
	if (!made) {
		if (vendor)
			stream_refuse(e->stream, STREAM_MX_FACTORY, e->name, "factory",
				"%s is known, but this version has no element that does its work%s%s", e->kind->name,
				e->kind->instead ? ": " : "", e->kind->instead ? e->kind->instead : "");
		else
			stream_refuse(e->stream, STREAM_MX_FACTORY, e->name, "factory",
				"this GStreamer has no element %s: a package of its plugins is missing", e->kind->name);
		return NULL;
	}
	manage(made, e->kind->name);
	bool fine = set_properties(e, made);
	gst_bin_add(GST_BIN(r->pipeline), made);
	return fine ? made : NULL;
}

/* The k-th pad: one that is always there, else one that is asked for. */
static GstPad *
pad_of(GstElement *e, bool source, int k)
{
	GList *pads = source ? e->srcpads : e->sinkpads;
	GstPad *pad = g_list_nth_data(pads, (guint)k);
	if (pad)
		return gst_object_ref(pad);
	for (GList *l = gst_element_get_pad_template_list(e); l; l = l->next) {
		GstPadTemplate *t = l->data;
		if (GST_PAD_TEMPLATE_PRESENCE(t) == GST_PAD_REQUEST && (GST_PAD_TEMPLATE_DIRECTION(t) == GST_PAD_SRC) == source)
			return gst_element_request_pad(e, t, NULL, NULL);
	}
	return NULL;
}

static bool
make_pads(const stream_element *e, GstElement *made)
{
	for (int way = 0; way < 2; way++)
		for (int k = 0, n = way ? e->n_sources : e->n_sinks; k < n; k++) {
			GstPad *pad = pad_of(made, way, k);
			if (!pad && way && e->kind->flags & STREAM_ELEMENT_LATE)
				continue;
			if (!pad)
				return stream_refuse(
					e->stream, STREAM_MX_LINK, e->name, NULL, "no port %d for %s", k, way ? "output" : "input");
			gst_object_unref(pad);
		}
	return true;
}

/* A port that comes late goes to the first target that is free and takes what it gives. */
static void
link_late(GstElement *e, GstPad *out, gpointer in)
{
	if (gst_pad_is_linked(out) || gst_pad_is_linked(in) || !GST_PAD_IS_SRC(out))
		return;
	GstCaps *caps = gst_pad_query_caps(out, NULL), *taken = gst_pad_query_caps(in, NULL);
	if (gst_caps_can_intersect(caps, taken) && GST_PAD_LINK_FAILED(gst_pad_link(out, in)))
		GST_ELEMENT_ERROR(e, CORE, PAD, ("one of its ports cannot be linked"), (NULL));
	gst_caps_unref(caps);
	gst_caps_unref(taken);
}

/* All that comes has come: a target without it would wait for ever. */
static void
all_late(GstElement *e, gpointer in)
{
	if (!gst_pad_is_linked(in))
		GST_ELEMENT_ERROR(e, CORE, PAD,
			("nothing of what it found is taken by '%s' (videoconvert between takes any picture)",
				GST_OBJECT_NAME(GST_OBJECT_PARENT(in))),
			(NULL));
}

static void
drop_pad(gpointer pad, GClosure *closure)
{
	gst_object_unref(pad);
}

static void
link_when_there(GstElement *e, GstPad *in)
{
	g_signal_connect_data(e, "pad-added", G_CALLBACK(link_late), gst_object_ref(in), drop_pad, 0);
	g_signal_connect_data(e, "no-more-pads", G_CALLBACK(all_late), gst_object_ref(in), drop_pad, 0);
}

static bool
link_up(stream_instance *s, GstElement *const *made)
{
	for (int i = 0; i < s->n; i++)
		for (int k = 0; k < s->elements[i].n_sources; k++) {
			const stream_pad *to = &s->elements[i].sources[k];
			GstPad *out = pad_of(made[i], true, k), *in = pad_of(made[to->peer - s->elements], false, to->peer_pad);
			GstPadLinkReturn got = GST_PAD_LINK_REFUSED;
			if (out && in)
				got = gst_pad_link(out, in);
			else if (in && s->elements[i].kind->flags & STREAM_ELEMENT_LATE) {
				link_when_there(made[i], in);
				got = GST_PAD_LINK_OK;
			}
			if (out)
				gst_object_unref(out);
			if (in)
				gst_object_unref(in);
			if (GST_PAD_LINK_FAILED(got))
				return stream_refuse(s, STREAM_MX_LINK, s->elements[i].name, "next", "'%.100s' cannot be linked: %s%s",
					to->peer->name, gst_pad_link_get_name(got),
					to->peer->kind->flags & STREAM_ELEMENT_STANDARD
						? " (videoconvert between makes pictures of any kind)"
						: "");
		}
	return true;
}

static int
by_number(const void *a, const void *b)
{
	const stream_outlet *x = a, *y = b;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Where clients send to and fetch from. */
static bool
find_ends(stream_run *r, stream_instance *s, GstElement *const *made)
{
	static const GstAppSinkCallbacks callbacks = { .new_sample = new_sample };
	r->source = secant_calloc((size_t)s->n, sizeof *r->source);
	r->outlet = secant_calloc((size_t)s->n, sizeof *r->outlet);
	if (!r->source || !r->outlet)
		return stream_no_memory(s->pipeline);
	for (int i = 0; i < s->n; i++) {
		const stream_element *e = &s->elements[i];
		if (!strcmp(e->kind->name, "appsrc"))
			r->source[r->n_source++] = made[i];
		if (strcmp(e->kind->name, "appsink") != 0)
			continue;
		bool found = !strncmp(e->name, "appsink", 7);
		r->outlet[r->n_outlet++] = (stream_outlet){ r, made[i], base_strdup(e->name),
			found ? (int)strtol(e->name + 7, NULL, 10) : INT32_MAX, g_queue_new() };
	}
	qsort(r->outlet, (size_t)r->n_outlet, sizeof *r->outlet, by_number);
	for (int i = 0; i < r->n_outlet; i++) {
		char *standard = stream_standard_before(r->outlet[i].sink->sinkpads->data);
		r->outlet[i].apart = standard != NULL;
		secant_free(standard);
		gst_app_sink_set_callbacks(
			GST_APP_SINK(r->outlet[i].sink), (GstAppSinkCallbacks *)&callbacks, &r->outlet[i], NULL);
	}
	return true;
}

static void
tell(stream_run *r, bool *what)
{
	g_mutex_lock(&r->lock);
	*what = true;
	g_cond_broadcast(&r->changed);
	g_mutex_unlock(&r->lock);
}

/* Nobody reads the bus: messages end here. What an element of GStreamer could not do is kept for who waits in vain. */
static GstBusSyncReply
take_message(GstBus *bus, GstMessage *message, gpointer r_)
{
	stream_run *r = r_;
	GError *error = NULL;
	if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
		const GstObject *at = GST_MESSAGE_SRC(message); /* of the pipeline's elements the one that has it */
		while (GST_OBJECT_PARENT(at) && GST_OBJECT_PARENT(at) != GST_OBJECT(r->pipeline))
			at = GST_OBJECT_PARENT(at);
		gst_message_parse_error(message, &error, NULL);
		g_mutex_lock(&r->trouble_lock);
		snprintf(r->trouble, sizeof r->trouble, "%.100s: %.300s", GST_OBJECT_NAME(at), error->message);
		g_mutex_unlock(&r->trouble_lock);
		g_clear_error(&error);
		tell(r, &r->failed);
	} else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
		tell(r, &r->ended);
	gst_message_unref(message);
	return GST_BUS_DROP;
}

static bool
start(stream_run *r, stream_instance *s, GstElement *const *made)
{
	char why[500] = "";
	GstStateChangeReturn got = gst_element_set_state(r->pipeline, GST_STATE_PLAYING);
	if (got == GST_STATE_CHANGE_ASYNC && r->n_source > 0)
		return true; /* decodebin is ready once it has seen what will be sent */
	if (got == GST_STATE_CHANGE_ASYNC)
		got = gst_element_get_state(r->pipeline, NULL, NULL, START * GST_SECOND);
	if (got != GST_STATE_CHANGE_FAILURE && got != GST_STATE_CHANGE_ASYNC)
		return true;
	for (int i = 0; i < s->n; i++)
		if (stream_element_fault(made[i], why, sizeof why))
			return stream_refuse(s, STREAM_MX_STATE, s->elements[i].name, NULL, "%s", why);
	return stream_refuse(s, STREAM_MX_STATE, NULL, NULL,
		got == GST_STATE_CHANGE_ASYNC ? "the stream did not start within %d seconds" : "the stream does not start",
		(int)START);
}

stream_run *
stream_run_new(stream_instance *s)
{
	stream_run *r = alloc_run(s->name);
	GstElement **made = r && r->name ? secant_calloc((size_t)s->n, sizeof *made) : NULL;
	bool fine = made != NULL;
	if (!fine)
		stream_no_memory(s->pipeline);
	else {
		r->pipeline = gst_pipeline_new(s->name);
		GstBus *bus = gst_element_get_bus(r->pipeline);
		gst_bus_set_sync_handler(bus, take_message, r, NULL);
		gst_object_unref(bus);
	}
	for (int i = 0; fine && i < s->n; i++)
		fine = (made[i] = make_element(r, &s->elements[i])) != NULL && make_pads(&s->elements[i], made[i]);
	fine = fine && link_up(s, made) && find_ends(r, s, made) && start(r, s, made);
	secant_free(made);
	if (fine)
		return r;
	stream_run_drop(r);
	return NULL;
}

void
stream_run_trouble(stream_run *r, char *text, size_t size)
{
	g_mutex_lock(&r->trouble_lock);
	snprintf(text, size, "%s", r->trouble);
	g_mutex_unlock(&r->trouble_lock);
}

void
stream_run_stop(stream_run *r)
{
	g_mutex_lock(&r->lock);
	GstElement *pipeline = r->pipeline;
	r->pipeline = NULL;
	r->stopped = true;
	g_cond_broadcast(&r->changed);
	g_mutex_unlock(&r->lock);
	if (!pipeline)
		return;
	gst_element_set_state(pipeline, GST_STATE_NULL);
	gst_object_unref(pipeline);
}
