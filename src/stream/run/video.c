/* What elements that work by GStreamer share; see video.h. */
#include "stream/run/video.h"
#include <stdio.h>

enum { MOST_SECONDS = 10 };

static const struct {
	const char *media, *parser, *packages[2];
} codecs[] = {
	{ "video/x-h264", "h264parse",
		{ "gstreamer1.0-plugins-ugly (x264enc) or gstreamer1.0-plugins-bad (openh264enc)",
			"gstreamer1.0-libav (avdec_h264) or gstreamer1.0-plugins-bad (openh264dec)" } },
	{ "video/x-h265", "h265parse",
		{ "gstreamer1.0-plugins-bad (x265enc)",
			"gstreamer1.0-libav (avdec_h265) or gstreamer1.0-plugins-bad (libde265dec)" } },
};

const char *
stream_codec_media(stream_codec c)
{
	return codecs[c].media;
}

const char *
stream_codec_parser(stream_codec c)
{
	return codecs[c].parser;
}

static bool
is_there(const char *factory)
{
	GstElementFactory *f = gst_element_factory_find(factory);
	if (f)
		gst_object_unref(f);
	return f != NULL;
}

bool
stream_codec_find(stream_codec c, bool decodes, char *name, size_t room, char *why, size_t size)
{
	GstElementFactoryListType type = GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO
		| (decodes ? GST_ELEMENT_FACTORY_TYPE_DECODER : GST_ELEMENT_FACTORY_TYPE_ENCODER);
	GList *all = gst_element_factory_list_get_elements(type, GST_RANK_NONE);
	GstCaps *caps = gst_caps_new_empty_simple(codecs[c].media);
	GList *fit = gst_element_factory_list_filter(all, caps, decodes ? GST_PAD_SINK : GST_PAD_SRC, FALSE);
	fit = g_list_sort(fit, gst_plugin_feature_rank_compare_func);
	*name = '\0';
	for (GList *l = fit; l && !*name; l = l->next) {
		const gchar *class = gst_element_factory_get_metadata(l->data, GST_ELEMENT_METADATA_KLASS);
		if (!class || !strstr(class, "Hardware"))
			snprintf(name, room, "%s", GST_OBJECT_NAME(l->data));
	}
	gst_plugin_feature_list_free(fit);
	gst_plugin_feature_list_free(all);
	gst_caps_unref(caps);
	if (*name && is_there(codecs[c].parser))
		return true;
	snprintf(why, size, "this GStreamer has no %s: a package is missing, %s",
		*name         ? codecs[c].parser
			: decodes ? "decoder of this video"
					  : "encoder of this video",
		*name ? "gstreamer1.0-plugins-bad" : codecs[c].packages[decodes]);
	return false;
}

bool
stream_inner_start(stream_inner *p, const char *text, char *why, size_t size)
{
	GError *error = NULL;
	p->pipeline = gst_parse_launch(text, &error);
	p->sent = p->came = 0;
	if (!p->pipeline || error) {
		snprintf(why, size, "%s", error ? error->message : "GStreamer refuses it");
		g_clear_error(&error);
		stream_inner_stop(p);
		return false;
	}
	p->in = GST_APP_SRC(gst_bin_get_by_name(GST_BIN(p->pipeline), "in"));
	p->out = GST_APP_SINK(gst_bin_get_by_name(GST_BIN(p->pipeline), "out"));
	g_object_set(p->in, "format", GST_FORMAT_TIME, "block", TRUE, "max-bytes", (guint64)(8 << 20), NULL);
	g_object_set(p->out, "sync", FALSE, "enable-last-sample", FALSE, NULL);
	if (gst_element_set_state(p->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
		return true;
	if (!stream_inner_error(p, why, size))
		snprintf(why, size, "GStreamer's elements do not start");
	stream_inner_stop(p);
	return false;
}

static void
drop_blob(gpointer blob)
{
	stream_blob_drop(blob);
}

/* Numbers go along as time stamps, 40 ms each. */
bool
stream_inner_send(stream_inner *p, stream_blob *bytes, const stream_way *way)
{
	GstBuffer *b = gst_buffer_new_wrapped_full(
		GST_MEMORY_FLAG_READONLY, bytes->p, bytes->n, 0, bytes->n, stream_blob_hold(bytes), drop_blob);
	p->way[p->sent % STREAM_INNER_KEPT] = *way;
	GST_BUFFER_PTS(b) = GST_BUFFER_DTS(b) = (GstClockTime)p->sent++ * 40 * GST_MSECOND;
	GST_BUFFER_DURATION(b) = 40 * GST_MSECOND;
	return gst_app_src_push_buffer(p->in, b) == GST_FLOW_OK;
}

static void
take_one(stream_inner *p, stream_worker *w, GstSample *sample, stream_inner_take take)
{
	GstClockTime pts = GST_BUFFER_PTS(gst_sample_get_buffer(sample));
	int64_t at = GST_CLOCK_TIME_IS_VALID(pts) ? (int64_t)(pts / (40 * GST_MSECOND)) : p->came;
	bool known = at >= 0 && at < p->sent && p->sent - at <= STREAM_INNER_KEPT;
	stream_way none = { .id = -1, .pts = UINT64_MAX }, *way = known ? &p->way[at % STREAM_INNER_KEPT] : &none;
	p->came++;
	take(w, sample, way);
	way->id = -1; /* a client's number is answered once */
	gst_sample_unref(sample);
}

void
stream_inner_collect(stream_inner *p, stream_worker *w, bool last, stream_inner_take take)
{
	double until = secant_seconds() + MOST_SECONDS;
	GstSample *sample;
	if (!p->pipeline)
		return;
	if (last)
		gst_app_src_end_of_stream(p->in);
	do {
		sample = gst_app_sink_try_pull_sample(p->out, last ? 100 * GST_MSECOND : 0);
		if (sample)
			take_one(p, w, sample, take);
	} while (sample
		|| (last && !gst_app_sink_is_eos(p->out) && secant_seconds() < until
			&& !__atomic_load_n(&w->stopping, __ATOMIC_RELAXED)));
}

bool
stream_inner_error(stream_inner *p, char *why, size_t size)
{
	GstBus *bus = gst_element_get_bus(p->pipeline);
	GstMessage *m = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
	GError *error = NULL;
	gst_object_unref(bus);
	if (!m)
		return false;
	gst_message_parse_error(m, &error, NULL);
	snprintf(why, size, "%s: %s", GST_OBJECT_NAME(GST_MESSAGE_SRC(m)), error->message);
	g_clear_error(&error);
	gst_message_unref(m);
	return true;
}

void
stream_inner_cancel(stream_inner *p)
{
	if (p->pipeline)
		gst_element_set_state(p->pipeline, GST_STATE_NULL);
}

void
stream_inner_stop(stream_inner *p)
{
	stream_inner_cancel(p);
	if (p->in)
		gst_object_unref(p->in);
	if (p->out)
		gst_object_unref(p->out);
	if (p->pipeline)
		gst_object_unref(p->pipeline);
	p->pipeline = NULL;
	p->in = NULL;
	p->out = NULL;
}

void
stream_inner_wait(const stream_inner *p, stream_worker *w)
{
	w->wait_until = p->pipeline && p->came < p->sent ? secant_seconds() + 0.02 : 0;
}
