/* Frames as buffers of GStreamer: a piece of metadata that holds the frame, memory that shows its bytes. */
#include "stream/run/gst.h"

typedef struct frame_meta {
	GstMeta meta;
	stream_frame *frame;
	GstMemory *memory; /* what the buffer held when it left us, kept so that none other gets its place; NULL: nothing */
} frame_meta;

static gboolean
meta_init(GstMeta *meta, gpointer params, GstBuffer *buffer)
{
	((frame_meta *)meta)->frame = NULL;
	((frame_meta *)meta)->memory = NULL;
	return TRUE;
}

static void
meta_free(GstMeta *meta, GstBuffer *buffer)
{
	frame_meta *m = (frame_meta *)meta;
	stream_frame_drop(m->frame);
	if (m->memory)
		gst_memory_unref(m->memory);
}

static const GstMetaInfo *meta_info(void);

/* A copy of a buffer carries the same frame. */
static gboolean
meta_transform(GstBuffer *to, GstMeta *meta, GstBuffer *buffer, GQuark type, gpointer data)
{
	frame_meta *made = (frame_meta *)(void *)gst_buffer_add_meta(to, meta_info(), NULL);
	const frame_meta *from = (const frame_meta *)meta;
	if (made) {
		made->frame = stream_frame_hold(from->frame);
		made->memory = from->memory ? gst_memory_ref(from->memory) : NULL;
	}
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

bool
stream_buffer_carry(GstBuffer *b, stream_frame *f)
{
	frame_meta *m = (frame_meta *)(void *)gst_buffer_add_meta(b, meta_info(), NULL);
	if (!m)
		return false;
	m->frame = stream_frame_hold(f);
	m->memory = gst_buffer_n_memory(b) ? gst_memory_ref(gst_buffer_peek_memory(b, 0)) : NULL;
	return true;
}

GstBuffer *
stream_buffer_of(stream_frame *f)
{
	GstBuffer *b = gst_buffer_new();
	stream_blob *bytes = stream_frame_bytes(f);
	if (bytes && bytes->n)
		gst_buffer_append_memory(b,
			gst_memory_new_wrapped(
				GST_MEMORY_FLAG_READONLY, bytes->p, bytes->n, 0, bytes->n, stream_blob_hold(bytes), drop_blob));
	if (!stream_buffer_carry(b, f)) {
		gst_buffer_unref(b);
		return NULL;
	}
	GST_BUFFER_PTS(b) = stream_frame_way(f)->pts;
	return b;
}

/* Its memory is what it was when it left us. */
static bool
is_untouched(GstBuffer *b, const frame_meta *m)
{
	guint n = gst_buffer_n_memory(b);
	return m->memory ? n == 1 && gst_buffer_peek_memory(b, 0) == m->memory : n == 0;
}

stream_frame *
stream_frame_apart(GstBuffer *b, bool raw)
{
	const frame_meta *m = (const frame_meta *)(const void *)gst_buffer_get_meta(b, meta_info()->api);
	stream_frame *f = stream_frame_new();
	stream_blob *bytes = raw ? NULL : stream_blob_new(gst_buffer_get_size(b));
	if (!f || (!raw && !bytes)) {
		stream_frame_drop(f);
		stream_blob_drop(bytes);
		return NULL;
	}
	if (m)
		stream_frame_copy_messages(f, m->frame);
	if (bytes) {
		gst_buffer_extract(b, 0, bytes->p, bytes->n);
		stream_frame_set_bytes(f, bytes);
	}
	stream_frame_way(f)->pts = GST_BUFFER_PTS(b);
	return f;
}

stream_frame *
stream_frame_of(GstBuffer *b, bool raw)
{
	const frame_meta *m = (const frame_meta *)(const void *)gst_buffer_get_meta(b, meta_info()->api);
	return m && is_untouched(b, m) ? stream_frame_hold(m->frame) : stream_frame_apart(b, raw);
}
