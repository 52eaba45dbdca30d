/*
 * mxpi_rtspsrc: video of a camera, by GStreamer's rtspsrc: a thread of its own connects, and again a second after a
 * connection ended; each picture's bytes (start codes before its units) go on as a frame with its channel and number.
 */
#include <stdio.h>
#include "stream/run/host.h"
#include "stream/run/video.h"

typedef struct camera {
	stream_worker *w;
	GThread *thread;
	GstElement *pipeline; /* of the thread */
	char *url;
	uint32_t channel, frame;
} camera;

static bool
stops(const camera *c)
{
	return __atomic_load_n(&c->w->stopping, __ATOMIC_RELAXED);
}

static GstFlowReturn
new_sample(GstAppSink *sink, gpointer camera_)
{
	camera *c = camera_;
	GstSample *sample = gst_app_sink_pull_sample(sink);
	GstBuffer *buffer = sample ? gst_sample_get_buffer(sample) : NULL;
	stream_frame *f = buffer ? stream_frame_new() : NULL;
	stream_blob *bytes = buffer ? stream_blob_new(gst_buffer_get_size(buffer)) : NULL;
	base_str info = { 0 };
	/* what comes behind takes nothing before the element has started */
	while (GST_STATE(c->w->host) < GST_STATE_PAUSED && !stops(c))
		g_usleep(2000);
	if (f && bytes) {
		gst_buffer_extract(buffer, 0, bytes->p, bytes->n);
		stream_frame_set_bytes(f, stream_blob_hold(bytes));
		stream_frame_way(f)->channel = c->channel;
		stream_frame_way(f)->frame = c->frame++;
		stream_put_int(&info, 1, c->channel);
		stream_put_int(&info, 2, stream_frame_way(f)->frame);
		(void)stream_frame_put(f, "ReservedFrameInfo", stream_message_find("MxpiFrameInfo"), stream_blob_take(&info));
		stream_send_all(c->w, f);
	}
	stream_blob_drop(bytes);
	stream_frame_drop(f);
	if (sample)
		gst_sample_unref(sample);
	return stops(c) ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

/* What a camera sends besides video, sound for instance, ends in nothing. */
static void
pad_added(GstElement *source, GstPad *pad, gpointer camera_)
{
	camera *c = camera_;
	GstCaps *caps = gst_pad_get_current_caps(pad);
	const gchar *coded = caps ? gst_structure_get_string(gst_caps_get_structure(caps, 0), "encoding-name") : NULL;
	char text[300] = "fakesink sync=false";
	GstElement *part;
	for (int k = STREAM_H264; k <= STREAM_H265 && coded; k++)
		if (!g_ascii_strcasecmp(coded, k == STREAM_H264 ? "H264" : "H265"))
			snprintf(text, sizeof text,
				"rtp%sdepay ! %s config-interval=-1 ! %s,stream-format=byte-stream,alignment=au ! appsink name=out "
				"sync=false",
				k == STREAM_H264 ? "h264" : "h265", stream_codec_parser(k), stream_codec_media(k));
	if (caps)
		gst_caps_unref(caps);
	if (!(part = gst_parse_bin_from_description(text, TRUE, NULL)))
		return;
	GstElement *out = gst_bin_get_by_name(GST_BIN(part), "out");
	if (out) {
		static const GstAppSinkCallbacks callbacks = { .new_sample = new_sample };
		gst_app_sink_set_callbacks(GST_APP_SINK(out), (GstAppSinkCallbacks *)&callbacks, c, NULL);
		gst_object_unref(out);
	}
	gst_bin_add(GST_BIN(c->pipeline), part);
	gst_element_sync_state_with_parent(part);
	GstPad *in = gst_element_get_static_pad(part, "sink");
	if (in) {
		gst_pad_link(pad, in);
		gst_object_unref(in);
	}
}

/* One connection, until it ends or the stream stops. */
static void
receive(camera *c)
{
	GstElement *source = gst_element_factory_make("rtspsrc", NULL);
	guint64 limit = (guint64)stream_prop_int(c->w, "timeout");
	c->pipeline = gst_pipeline_new(NULL);
	g_object_set(source, "location", c->url, "latency", 200, NULL);
	if (limit)
		g_object_set(source, "tcp-timeout", limit, "timeout", limit, NULL);
	g_signal_connect(source, "pad-added", G_CALLBACK(pad_added), c);
	gst_bin_add(GST_BIN(c->pipeline), source);
	GstBus *bus = gst_element_get_bus(c->pipeline);
	GstMessage *m = NULL;
	gst_element_set_state(c->pipeline, GST_STATE_PLAYING);
	while (!stops(c) && !m)
		m = gst_bus_timed_pop_filtered(bus, 100 * GST_MSECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
	if (m && GST_MESSAGE_TYPE(m) == GST_MESSAGE_ERROR) {
		GError *error = NULL;
		gst_message_parse_error(m, &error, NULL);
		stream_note(c->w, "%s: %s; trying again", c->url, error->message);
		g_clear_error(&error);
	}
	if (m)
		gst_message_unref(m);
	gst_element_set_state(c->pipeline, GST_STATE_NULL);
	gst_object_unref(bus);
	gst_object_unref(c->pipeline);
	c->pipeline = NULL;
}

static gpointer
watch(gpointer camera_)
{
	camera *c = camera_;
	while (!stops(c)) {
		receive(c);
		for (int i = 0; i < 100 && !stops(c); i++)
			g_usleep(10000);
	}
	return NULL;
}

static int
open(stream_worker *w, char *why, size_t size)
{
	static const char *const parts[] = { "rtspsrc", "rtph264depay", "h264parse" };
	camera *c = w->state;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		GstElementFactory *f = gst_element_factory_find(parts[i]);
		if (!f) {
			snprintf(why, size,
				"this GStreamer has no %s: gstreamer1.0-plugins-good and gstreamer1.0-plugins-bad are needed",
				parts[i]);
			return STREAM_INIT;
		}
		gst_object_unref(f);
	}
	if (!stream_prop_is(w, "tlsCertFilePathList", "")) {
		snprintf(why, size,
			"certificates of one's own (tlsCertFilePathList) are not used here; rtsps:// is checked by the system's");
		return STREAM_INIT;
	}
	c->url = stream_prop_copy(w, "rtspUrl");
	if (!c->url || !*c->url) {
		snprintf(why, size, "no address is named (rtspUrl)");
		return STREAM_INIT;
	}
	c->w = w;
	c->channel = (uint32_t)stream_prop_int(w, "channelId");
	c->thread = g_thread_new("rtsp", watch, c);
	return 0;
}

static void
run(stream_worker *w, stream_frame *const *in)
{
}

static void
shut(stream_worker *w)
{
	camera *c = w->state;
	if (c->thread)
		g_thread_join(c->thread);
	secant_free(c->url);
}

const stream_work stream_work_rtsp = { .state = sizeof(camera), .open = open, .run = run, .close = shut };
