/* Frames as buffers of GStreamer: a piece of metadata that holds the frame, memory that shows its bytes. */
#include "stream/run/gst.h"

typedef struct frame_meta {
	GstMeta meta;
	stream_frame *frame;
} frame_meta;

static gboolean
meta_init(GstMeta *meta, gpointer params, GstBuffer *buffer)
{
	((frame_meta *)meta)->frame = NULL;
	return TRUE;
}

static void
meta_free(GstMeta *meta, GstBuffer *buffer)
{
	stream_frame_drop(((frame_meta *)meta)->frame);
}

static const GstMetaInfo *meta_info(void);

/* A copy of a buffer carries the same frame. */
static gboolean
meta_transform(GstBuffer *to, GstMeta *meta, GstBuffer *buffer, GQuark type, gpointer data)
{
	frame_meta *made = (frame_meta *)(void *)gst_buffer_add_meta(to, meta_info(), NULL);
	if (made)
		made->frame = stream_frame_hold(((frame_meta *)meta)->frame);
	return made != NULL;
}

static const GstMetaInfo *
meta_info(void)
{
	static const GstMetaInfo *info = NULL;
	static const gchar *tags[] = { NULL };
	if (g_once_init_enter(&info)) {
		GType api = gst_meta_api_type_register("SecantStreamFrameAPI", tags);
		const GstMetaInfo *made = gst_meta_register(
			api, "SecantStreamFrame", sizeof(frame_meta), meta_init, meta_free, meta_transform);
		g_once_init_leave(&info, made);
	}
	return info;
}

static void
drop_blob(gpointer blob)
{
	stream_blob_drop(blob);
}

GstBuffer *
stream_buffer_of(stream_frame *f)
{
	GstBuffer *b = gst_buffer_new();
	stream_blob *bytes = stream_frame_bytes(f);
	frame_meta *m = (frame_meta *)(void *)gst_buffer_add_meta(b, meta_info(), NULL);
	if (!m) {
		gst_buffer_unref(b);
		return NULL;
	}
	m->frame = stream_frame_hold(f);
	if (bytes && bytes->n)
		gst_buffer_append_memory(b,
			gst_memory_new_wrapped(
				GST_MEMORY_FLAG_READONLY, bytes->p, bytes->n, 0, bytes->n, stream_blob_hold(bytes), drop_blob));
	GST_BUFFER_PTS(b) = stream_frame_way(f)->pts;
	return b;
}

stream_frame *
stream_frame_of(GstBuffer *b)
{
	frame_meta *m = (frame_meta *)(void *)gst_buffer_get_meta(b, meta_info()->api);
	if (m)
		return stream_frame_hold(m->frame);
	stream_frame *f = stream_frame_new();
	stream_blob *bytes = stream_blob_new(gst_buffer_get_size(b));
	if (!f || !bytes) {
		stream_frame_drop(f);
		stream_blob_drop(bytes);
		return NULL;
	}
	gst_buffer_extract(b, 0, bytes->p, bytes->n);
	stream_frame_set_bytes(f, bytes);
	stream_frame_way(f)->pts = GST_BUFFER_PTS(b);
	return f;
}
