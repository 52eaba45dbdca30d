/* Properties of elements that run, what streams have done so far, and texts of error codes. */
#include <secant/manager.h>
#include "stream/run/streams.h"
#include <stdio.h>

enum { NO_STREAM = 6002, BAD_ELEMENT = 6011 };

/* An element of a running stream, held; NULL: none of that name. */
static GstElement *
element_of(stream_run *r, const char *name)
{
	g_mutex_lock(&r->lock);
	GstElement *e = r->pipeline ? gst_bin_get_by_name(GST_BIN(r->pipeline), name) : NULL;
	g_mutex_unlock(&r->lock);
	return e;
}

static int
set_one(secant_stream_fault *f, GstElement *e, const char *property, const char *value, bool strict)
{
	static const char *const live[] = { "mxpi_channelselector", "mxpi_channelosdcoordsconverter",
		"mxpi_channelimagesstitcher", "mxpi_rtspsrc", "mxpi_object2osdinstances", "mxpi_class2osdinstances",
		"mxpi_bufferstablizer", "mxpi_skipframe", NULL };
	const stream_element_type *kind = stream_kind_of(e);
	const stream_prop *p = kind ? stream_element_find_prop(kind, property) : NULL;
	stream_prop_value v;
	char why[400] = "";
	bool listed = false;
	for (int i = 0; kind && live[i]; i++)
		listed |= !strcmp(live[i], kind->name);
	if (!kind || (strict && !listed)) {
		snprintf(f->message, sizeof f->message, "properties of this element do not change while it runs");
		return f->code = BAD_ELEMENT;
	}
	if (!p || (p->flags & STREAM_PROP_READ_ONLY) || !stream_is_clean(value))
		snprintf(why, sizeof why, "%s has no such property, or not such a value", kind->name);
	else if (!stream_prop_read(p, value, &v, why, sizeof why) && p->words && !stream_word_in(p->words, value, NULL))
		snprintf(why, sizeof why, "'%.60s' is none of %.200s", value, p->words);
	if (*why) {
		snprintf(f->message, sizeof f->message, "%s", why);
		return f->code = STREAM_MX_PROPERTIES;
	}
	if (p->type == STREAM_PROP_STRING)
		g_object_set(e, property, value, NULL);
	else
		gst_util_set_object_arg(G_OBJECT(e), property, value);
	return 0;
}

int
secant_streams_set(secant_streams *m, const char *stream, const char *element, const char *property, const char *value,
	bool strict, secant_stream_fault *fault)
{
	secant_stream_fault f = { .code = 0, .name = "OK" };
	stream_run *r = stream_find_run(m, stream);
	GstElement *e = r ? element_of(r, element) : NULL;
	if (e)
		(void)set_one(&f, e, property, value, strict);
	else {
		f.code = r ? BAD_ELEMENT : NO_STREAM;
		snprintf(f.message, sizeof f.message, r ? "the stream has no such element" : "there is no such stream");
	}
	snprintf(f.stream, sizeof f.stream, "%.200s", stream);
	snprintf(f.element, sizeof f.element, "%.200s", element);
	snprintf(f.property, sizeof f.property, "%.200s", property);
	if (e)
		gst_object_unref(e);
	stream_run_drop(r);
	if (fault)
		*fault = f;
	return f.code;
}

/* ---- what was done ---- */

static json_t *
micro(double seconds)
{
	return json_integer((json_int_t)(seconds * 1e6 + 0.5));
}

static json_t *
elements_json(stream_run *r)
{
	json_t *list = json_array();
	g_mutex_lock(&r->lock);
	GstBin *bin = r->pipeline ? gst_object_ref(r->pipeline) : NULL;
	g_mutex_unlock(&r->lock);
	if (!bin)
		return list;
	GST_OBJECT_LOCK(bin);
	GList *all = g_list_copy_deep(bin->children, (GCopyFunc)(void (*)(void))gst_object_ref, NULL);
	GST_OBJECT_UNLOCK(bin);
	for (GList *l = g_list_last(all); l; l = l->prev) {
		int64_t runs;
		double seconds, longest;
		if (stream_element_times(l->data, &runs, &seconds, &longest))
			json_array_append_new(list,
				json_pack("{s:s, s:s, s:I, s:o, s:o}", "element", GST_OBJECT_NAME(l->data), "factory",
					stream_kind_of(l->data)->name, "frames", (json_int_t)runs, "mean",
					micro(runs ? seconds / (double)runs : 0), "max", micro(longest)));
		else if (g_object_class_find_property(G_OBJECT_GET_CLASS(l->data), "current-level-buffers")) {
			guint buffers = 0;
			if (G_PARAM_SPEC_VALUE_TYPE(
					g_object_class_find_property(G_OBJECT_GET_CLASS(l->data), "current-level-buffers"))
				== G_TYPE_UINT)
				g_object_get(l->data, "current-level-buffers", &buffers, NULL);
			json_array_append_new(
				list, json_pack("{s:s, s:i}", "element", GST_OBJECT_NAME(l->data), "waiting", (int)buffers));
		}
	}
	g_list_free_full(all, gst_object_unref);
	gst_object_unref(bin);
	return list;
}

char *
secant_streams_statistics(secant_streams *m, const char *stream)
{
	stream_run *r = stream_find_run(m, stream);
	if (!r)
		return NULL;
	json_t *elements = elements_json(r);
	g_mutex_lock(&r->lock);
	double age = secant_seconds() - r->began;
	json_t *j = json_pack("{s:s, s:I, s:I, s:o, s:o, s:f, s:o}", "stream", r->name, "sent", (json_int_t)r->sent,
		"results", (json_int_t)r->done, "mean", micro(r->done ? r->seconds / (double)r->done : 0), "max",
		micro(r->longest), "results_per_second", age > 0 ? (double)r->done / age : 0., "elements", elements);
	g_mutex_unlock(&r->lock);
	char *text = base_json_text(j, 2);
	json_decref(j);
	stream_run_drop(r);
	return text;
}

bool
secant_streams_register(void *plugin)
{
	return stream_register(plugin);
}

/* ---- codes ---- */

static const struct {
	int code;
	const char *text;
} texts[] = {
	{ 0, "Success" },
	{ 1001, "General Failed" },
	{ 1002, "Internal error" },
	{ 1003, "Invalid Pointer" },
	{ 1004, "Invalid parameter" },
	{ 1005, "Not implemented" },
	{ 1006, "Out of memory" },
	{ 1011, "Operation timed out" },
	{ 1013, "Initialization failed" },
	{ 1016, "The resource does not exist" },
	{ 1029, "Invalid path" },
	{ 5003, "Queue full" },
	{ 6001, "Stream exists already" },
	{ 6002, "Stream does not exist" },
	{ 6003, "Stream changes state failed" },
	{ 6005, "Stream has an invalid configuration" },
	{ 6006, "Stream has an invalid link" },
	{ 6008, "Transmission mode does not match" },
	{ 6010, "Stream timed out" },
	{ 6011, "Element is invalid" },
	{ 6012, "Element exists already" },
	{ 6013, "Element does not exist" },
	{ 6014, "Element has an invalid factory" },
	{ 6015, "Element has invalid properties" },
	{ 6016, "Element has a pad that is not linked" },
	{ 7011, "There is no metadata of that key" },
};

void
secant_stream_error_text(int code, char *text, size_t size)
{
	const char *what = code >= 0 && code < 12000 ? "Undefined error code" : "Error code unknown";
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (texts[i].code == code)
			what = texts[i].text;
	if (code < -1)
		snprintf(text, size, " (Code = 0x%x, Message = \"%s\") ", (unsigned)code, what);
	else
		snprintf(text, size, " (Code = %d, Message = \"%s\") ", code, what);
}
