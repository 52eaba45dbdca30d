/*
 * How frames go through an element; see host.h. A frame that comes in is worked on by the thread that brought it, or by
 * the element's own thread where its row says so, with a short queue between: what comes before it goes on meanwhile.
 * An element that waits for a frame on every port keeps one for each; a second one waits. Nothing waits once the
 * element is stopped.
 */
#include "stream/run/host.h"
#include <stdio.h>

#define GST_CAT_DEFAULT stream_log

enum { MOST_QUEUED = 4 };

/* What a stream begins with, once for each port. `caps`, nullable: what comes from now on. */
static bool
start_port(stream_host *h, GstPad *pad, int port, GstCaps *caps)
{
	GstSegment segment;
	char id[64];
	g_mutex_lock(&h->lock);
	bool first = h->started && port < h->w.n_sources && !h->started[port], taken = true;
	if (first)
		h->started[port] = true;
	g_mutex_unlock(&h->lock);
	if (first) {
		snprintf(id, sizeof id, "secant-%u-%d", h->group, port);
		GstEvent *begin = gst_event_new_stream_start(id);
		gst_event_set_group_id(begin, h->group);
		gst_pad_push_event(pad, begin);
	}
	if (caps)
		taken = gst_pad_push_event(pad, gst_event_new_caps(caps));
	if (first) {
		gst_segment_init(&segment, GST_FORMAT_TIME);
		gst_pad_push_event(pad, gst_event_new_segment(&segment));
	}
	return taken;
}

/* What elements of GStreamer take: the picture as raw video, 25 a second where nothing else is known. *caps: of which
 * kind, where that is another than before. */
static GstBuffer *
raw_buffer(const stream_host *h, stream_shown *s, stream_frame *f, GstCaps **caps)
{
	GstVideoInfo before = s->info;
	GstBuffer *b = stream_raw_buffer(f, h->w.name, &s->info);
	if (!b || !stream_buffer_carry(b, f)) {
		gst_clear_buffer(&b);
		return NULL;
	}
	if (!s->n || !gst_video_info_is_equal(&before, &s->info))
		*caps = gst_video_info_to_caps(&s->info);
	uint64_t pts = stream_frame_way(f)->pts;
	GST_BUFFER_PTS(b) = GST_CLOCK_TIME_IS_VALID(pts) ? pts : s->n * 40 * GST_MSECOND;
	GST_BUFFER_DURATION(b) = 40 * GST_MSECOND;
	s->n++;
	return b;
}

static bool
is_raw(stream_shown *s, GstPad *pad)
{
	if (!s->asked)
		s->raw = stream_host_raw_behind(pad);
	s->asked = true;
	return s->raw;
}

void
stream_host_send(void *host_, int port, stream_frame *f)
{
	stream_host *h = host_;
	GstPad *pad = stream_host_pad(h, true, port);
	if (!pad)
		return;
	double before = secant_seconds();
	stream_shown *s = &h->shown[port];
	GstCaps *caps = NULL;
	GstBuffer *b = is_raw(s, pad) ? raw_buffer(h, s, f, &caps) : stream_buffer_of(f);
	if (!start_port(h, pad, port, caps))
		GST_ELEMENT_ERROR(h, CORE, NEGOTIATION,
			("what is behind it takes no %s pictures: videoconvert between makes what it takes",
				gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&s->info))),
			(NULL));
	gst_clear_caps(&caps);
	if (b)
		(void)gst_pad_push(pad, b);
	gst_object_unref(pad);
	h->pushing += secant_seconds() - before;
}

static void
push_to_all(stream_host *h, GstEvent *event)
{
	for (int i = 0; i < h->w.n_sources; i++) {
		GstPad *pad = stream_host_pad(h, true, i);
		if (pad) {
			start_port(h, pad, i, NULL);
			gst_pad_push_event(pad, gst_event_ref(event));
			gst_object_unref(pad);
		}
	}
	gst_event_unref(event);
}

/* ---- working ---- */

void
stream_host_drop_all(stream_frame **in, int n)
{
	for (int i = 0; in && i < n; i++)
		stream_frame_drop(in[i]);
	g_free(in);
}

/* A frame that something before could not do passes an element with one port for output as it is. */
static bool
passes(const stream_host *h, stream_frame *const *in, stream_frame **failed)
{
	*failed = NULL;
	if (h->work->failed_too || h->w.n_sources != 1)
		return false;
	for (int i = 0; i < h->w.n_sinks; i++)
		if (in[i] && stream_frame_failed(in[i], NULL))
			*failed = in[i];
	return *failed != NULL;
}

static void
run(stream_host *h, stream_frame **in)
{
	stream_frame *failed;
	g_mutex_lock(&h->running);
	double before = secant_seconds();
	h->pushing = 0;
	if (!in) {
		if (h->work->flush)
			h->work->flush(&h->w);
	} else if (passes(h, in, &failed))
		stream_host_send(h, 0, failed);
	else
		h->work->run(&h->w, in);
	double took = secant_seconds() - before - h->pushing;
	g_mutex_lock(&h->lock);
	h->runs += in != NULL;
	h->seconds += took;
	h->longest = took > h->longest ? took : h->longest;
	g_mutex_unlock(&h->lock);
	g_mutex_unlock(&h->running);
	stream_host_drop_all(in, h->w.n_sinks);
}

static gpointer
own_thread(gpointer host_)
{
	stream_host *h = host_;
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
hand_over(stream_host *h, stream_frame **in)
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
		stream_host_drop_all(in, h->w.n_sinks);
	return stopped ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

/* With a frame on every port: all of them; else NULL, and the frame waits. */
static stream_frame **
complete(stream_host *h, int port, stream_frame *f, bool *stopped)
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

/* A picture of an element of GStreamer stands under that one's name, also where it let a picture of ours pass. */
static void
take_picture(stream_host *h, GstPad *pad, int port, stream_frame *f, GstBuffer *b)
{
	const GstVideoInfo *info = &h->seen[port];
	char *key = stream_standard_before(pad);
	if (!key)
		return;
	stream_blob *list = stream_raw_picture(b, info);
	if (!list && !stream_frame_failed(f, NULL)) {
		char why[300];
		snprintf(why, sizeof why,
			"%.100s: pictures in %.20s come in; NV12, NV21, RGB and BGR are taken, and videoconvert makes them",
			h->w.name, gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(info)));
		stream_frame_fail(f, h->w.name, STREAM_FORMAT, why);
	}
	if (list && !stream_frame_put(f, key, stream_message_find("MxpiVisionList"), list))
		stream_frame_set_vision(f, key);
	secant_free(key);
}

/* What a port is told that comes next. */
static void
take_caps(stream_host *h, GstPad *pad, GstEvent *event)
{
	GstCaps *caps;
	int port = stream_host_number(GST_ELEMENT(h), pad);
	gst_event_parse_caps(event, &caps);
	if (!h->seen || port < 0 || port >= h->w.n_sinks)
		return;
	bool raw = gst_structure_has_name(gst_caps_get_structure(caps, 0), "video/x-raw");
	if (!raw || !gst_video_info_from_caps(&h->seen[port], caps))
		gst_video_info_init(&h->seen[port]);
}

GstFlowReturn
stream_host_chain(GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
	stream_host *h = (stream_host *)(void *)parent;
	int port = stream_host_number(GST_ELEMENT(h), pad);
	bool stopped = false, raw;
	if (!h->open || port < 0 || port >= h->w.n_sinks) {
		gst_buffer_unref(buffer);
		return GST_FLOW_ERROR;
	}
	raw = GST_VIDEO_INFO_FORMAT(&h->seen[port]) != GST_VIDEO_FORMAT_UNKNOWN;
	stream_frame *f = stream_frame_of(buffer, raw), **in;
	if (f && raw)
		take_picture(h, pad, port, f, buffer);
	gst_buffer_unref(buffer);
	if (!f)
		return GST_FLOW_ERROR;
	if (h->work->sync || stream_prop_int(&h->w, "status") == 1)
		in = complete(h, port, f, &stopped);
	else {
		in = g_new0(stream_frame *, h->w.n_sinks);
		in[port] = f;
	}
	return in ? hand_over(h, in) : stopped ? GST_FLOW_FLUSHING : GST_FLOW_OK;
}

/* The stream of a port has ended; behind the last one comes what was kept back, then the end. */
static void
ended(stream_host *h)
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
	h->w.ended = true;
	run(h, NULL);
	push_to_all(h, gst_event_new_eos());
}

gboolean
stream_host_event(GstPad *pad, GstObject *parent, GstEvent *event)
{
	switch (GST_EVENT_TYPE(event)) {
	case GST_EVENT_EOS: ended((stream_host *)(void *)parent); break;
	case GST_EVENT_CAPS: take_caps((stream_host *)(void *)parent, pad, event); break;
	case GST_EVENT_STREAM_START: /* each element begins streams of its own */
	case GST_EVENT_SEGMENT: break;
	default: return gst_pad_event_default(pad, parent, event);
	}
	gst_event_unref(event);
	return TRUE;
}

void
stream_host_start_thread(stream_host *h)
{
	if (h->work->own_thread)
		h->thread = g_thread_new(GST_OBJECT_NAME(h), own_thread, h);
}

void
stream_host_end_thread(stream_host *h)
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
