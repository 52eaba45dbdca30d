/*
 * Elements of the table as elements of GStreamer: one class for all of them, whose rows say which pads and properties
 * there are and which functions do the work (worker.h). How frames go through them is in flow.c.
 */
#include "stream/run/host.h"
#include <pthread.h>
#include <stdio.h>

GST_DEBUG_CATEGORY(stream_log);
#define GST_CAT_DEFAULT stream_log

const stream_element_type *
stream_host_kind(const stream_host *h)
{
	return ((const stream_host_class *)(const void *)G_OBJECT_GET_CLASS(h))->kind;
}

static GstElementClass *
parent_class(void)
{
	return g_type_class_peek(GST_TYPE_ELEMENT);
}

/* ---- properties ---- */

static void
set_property(GObject *o, guint id, const GValue *value, GParamSpec *spec)
{
	stream_host *h = (stream_host *)(void *)o;
	gchar *text = G_VALUE_HOLDS_STRING(value) ? g_value_dup_string(value) : gst_value_serialize(value);
	char *copy = base_strdup(text ? text : "");
	g_free(text);
	g_mutex_lock(&h->lock);
	secant_free(h->value[id]);
	h->value[id] = copy;
	g_mutex_unlock(&h->lock);
}

static char *
value_at(stream_host *h, guint id)
{
	const stream_prop *p = stream_element_prop(stream_host_kind(h), (int)id);
	g_mutex_lock(&h->lock);
	char *copy = base_strdup(h->value[id] ? h->value[id] : p->def ? p->def : "");
	g_mutex_unlock(&h->lock);
	return copy;
}

static void
get_property(GObject *o, guint id, GValue *value, GParamSpec *spec)
{
	char *text = value_at((stream_host *)(void *)o, id);
	if (G_VALUE_HOLDS_STRING(value))
		g_value_set_string(value, text);
	else if (text)
		(void)gst_value_deserialize(value, text);
	secant_free(text);
}

static char *
worker_value(void *host_, const char *prop)
{
	stream_host *h = host_;
	const stream_prop *p;
	for (int i = 0; (p = stream_element_prop(stream_host_kind(h), i)); i++)
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
	if (media == STREAM_MEDIA_ANY)
		return gst_caps_new_any();
	GstCaps *caps = gst_caps_new_empty();
	for (int i = 0; stream_media_name(i); i++)
		if (media >> i & 1)
			gst_caps_append_structure(caps, gst_structure_new_empty(stream_media_name(i)));
	if (media & (STREAM_MEDIA_YUV | STREAM_MEDIA_RGB))
		gst_caps_append(caps, stream_raw_caps());
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
close_host(stream_host *h)
{
	stream_worker *w = &h->w;
	stream_frame **in;
	if (h->open && h->work->close)
		h->work->close(w);
	h->open = false;
	while ((in = g_queue_pop_head(h->queue)))
		stream_host_drop_all(in, w->n_sinks);
	stream_host_drop_all(h->slot, w->n_sinks);
	h->slot = NULL;
	for (int i = 0; w->keys && i < w->n_keys; i++)
		secant_free(w->keys[i]);
	secant_free(w->keys);
	secant_free(w->state);
	g_free(h->started);
	g_free(h->seen);
	g_free(h->shown);
	h->seen = NULL;
	h->shown = NULL;
	w->keys = NULL;
	w->state = NULL;
	h->started = NULL;
}

static void
worker_note(void *host_, const char *text)
{
	GST_WARNING_OBJECT(host_, "%s", text);
}

static bool
open_host(stream_host *h)
{
	const stream_work *work = h->work;
	GstElement *e = GST_ELEMENT(h);
	stream_worker *w = &h->w;
	*w = (stream_worker){ .kind = stream_host_kind(h),
		.name = GST_OBJECT_NAME(h),
		.n_sinks = e->numsinkpads,
		.n_sources = e->numsrcpads,
		.host = h,
		.send = stream_host_send,
		.value = worker_value,
		.upstream = stream_host_upstream,
		.size = stream_host_size_behind,
		.note = worker_note,
		.state = secant_calloc(1, work->state + 1) };
	h->slot = g_new0(stream_frame *, w->n_sinks + 1);
	h->started = g_new0(bool, w->n_sources + 1);
	h->seen = g_new0(GstVideoInfo, w->n_sinks + 1);
	h->shown = g_new0(stream_shown, w->n_sources + 1);
	for (int i = 0; i < w->n_sinks; i++)
		gst_video_info_init(&h->seen[i]);
	for (int i = 0; i < w->n_sources; i++)
		gst_video_info_init(&h->shown[i].info);
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
stop(stream_host *h)
{
	g_mutex_lock(&h->lock);
	h->stopped = true;
	__atomic_store_n(&h->w.stopping, 1, __ATOMIC_RELAXED);
	g_cond_broadcast(&h->changed);
	g_mutex_unlock(&h->lock);
	if (h->open && h->work->cancel)
		h->work->cancel(&h->w);
}

static GstStateChangeReturn
change_state(GstElement *e, GstStateChange change)
{
	stream_host *h = (stream_host *)(void *)e;
	if (change == GST_STATE_CHANGE_READY_TO_PAUSED) {
		if (!open_host(h)) {
			GST_ELEMENT_ERROR(e, LIBRARY, INIT, ("%s", h->why), ("error %d", h->fault));
			return GST_STATE_CHANGE_FAILURE;
		}
		stream_host_start_thread(h);
	}
	if (change == GST_STATE_CHANGE_PAUSED_TO_READY)
		stop(h);
	GstStateChangeReturn got = parent_class()->change_state(e, change);
	if (change == GST_STATE_CHANGE_PAUSED_TO_READY
		|| (change == GST_STATE_CHANGE_READY_TO_PAUSED && got == GST_STATE_CHANGE_FAILURE)) {
		stop(h);
		stream_host_end_thread(h);
		close_host(h);
	}
	return got;
}

/* ---- the class ---- */

static void
set_up(GstPad *pad)
{
	if (GST_PAD_IS_SRC(pad)) {
		gst_pad_set_query_function(pad, stream_host_source_query);
		return;
	}
	gst_pad_set_chain_function(pad, stream_host_chain);
	gst_pad_set_event_function(pad, stream_host_event);
	gst_pad_set_query_function(pad, stream_host_sink_query);
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
	stream_host *h = (stream_host *)(void *)o;
	for (int i = 0; stream_element_prop(stream_host_kind(h), i); i++)
		secant_free(h->value[i]);
	g_free(h->value);
	g_queue_free(h->queue);
	g_mutex_clear(&h->lock);
	g_mutex_clear(&h->running);
	g_cond_clear(&h->changed);
	G_OBJECT_CLASS(parent_class())->finalize(o);
}

static void
init(GTypeInstance *instance, gpointer class)
{
	stream_host *h = (stream_host *)(void *)instance;
	const stream_element_type *kind = ((const stream_host_class *)class)->kind;
	int n = 0;
	while (stream_element_prop(kind, n))
		n++;
	h->work = kind->work;
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
	((stream_host_class *)class)->kind = kind;
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
		GTypeInfo info = { .class_size = sizeof(stream_host_class),
			.class_init = class_init,
			.class_data = kind,
			.instance_size = sizeof(stream_host),
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

static stream_host *
ours(GstElement *e)
{
	return G_OBJECT_GET_CLASS(e)->set_property == set_property ? (stream_host *)(void *)e : NULL;
}

const stream_element_type *
stream_kind_of(GstElement *e)
{
	stream_host *h = ours(e);
	return h ? stream_host_kind(h) : NULL;
}

int
stream_element_fault(GstElement *e, char *why, size_t size)
{
	stream_host *h = ours(e);
	if (h && h->fault)
		snprintf(why, size, "%s", h->why);
	return h ? h->fault : 0;
}

bool
stream_element_times(GstElement *e, int64_t *runs, double *seconds, double *longest)
{
	stream_host *h = ours(e);
	if (!h)
		return false;
	g_mutex_lock(&h->lock);
	*runs = h->runs;
	*seconds = h->seconds;
	*longest = h->longest;
	g_mutex_unlock(&h->lock);
	return true;
}
