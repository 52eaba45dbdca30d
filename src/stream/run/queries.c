/* What elements of a stream ask each other: which key a port carries, what size a model takes. See host.h. */
#include "stream/run/host.h"
#include <stdio.h>

int
stream_host_number(GstElement *e, GstPad *pad)
{
	GST_OBJECT_LOCK(e);
	int i = g_list_index(GST_PAD_IS_SRC(pad) ? e->srcpads : e->sinkpads, pad);
	GST_OBJECT_UNLOCK(e);
	return i;
}

GstPad *
stream_host_pad(stream_host *h, bool source, int i)
{
	GstElement *e = GST_ELEMENT(h);
	GST_OBJECT_LOCK(e);
	GstPad *pad = g_list_nth_data(source ? e->srcpads : e->sinkpads, (guint)i);
	if (pad)
		gst_object_ref(pad);
	GST_OBJECT_UNLOCK(e);
	return pad;
}

static bool
takes_all(GstElementFactory *f)
{
	bool all = true;
	for (const GList *l = gst_element_factory_get_static_pad_templates(f); l; l = l->next) {
		GstCaps *caps = gst_static_pad_template_get_caps(l->data);
		all = all && gst_caps_is_any(caps) && ((const GstStaticPadTemplate *)l->data)->presence == GST_PAD_ALWAYS;
		gst_caps_unref(caps);
	}
	return all;
}

/* Whether an element of GStreamer lets through what comes to its one port. */
static bool
lets_through(GstElement *e)
{
	GstElementFactory *f = gst_element_get_factory(e);
	const stream_element_type *kind = f ? stream_element_find(GST_OBJECT_NAME(f)) : NULL;
	return e->numsinkpads == 1 && f && (kind ? kind->flags & STREAM_ELEMENT_PROXY : takes_all(f));
}

char *
stream_standard_before(GstPad *port)
{
	char *name = NULL;
	GstPad *pad = gst_pad_get_peer(port);
	while (pad) {
		GstElement *e = gst_pad_get_parent_element(pad);
		GstElementFactory *f = e ? gst_element_get_factory(e) : NULL;
		GstPad *next = NULL;
		if (e && lets_through(e))
			next = gst_pad_get_peer(e->sinkpads->data);
		else if (f && !stream_element_find(GST_OBJECT_NAME(f)))
			name = base_strdup(GST_OBJECT_NAME(e));
		if (e)
			gst_object_unref(e);
		gst_object_unref(pad);
		pad = next;
	}
	return name;
}

bool
stream_host_raw_behind(GstPad *pad)
{
	GstCaps *caps = gst_pad_peer_query_caps(pad, NULL);
	bool raw = false, ours = gst_caps_is_any(caps);
	for (guint i = 0; !ours && i < gst_caps_get_size(caps); i++) {
		const GstStructure *s = gst_caps_get_structure(caps, i);
		for (int k = 0; stream_media_name(k); k++)
			ours |= gst_structure_has_name(s, stream_media_name(k));
		raw |= gst_structure_has_name(s, "video/x-raw");
	}
	gst_caps_unref(caps);
	return raw && !ours;
}

char *
stream_host_upstream(void *host_, int port)
{
	GstPad *pad = stream_host_pad(host_, false, port);
	char *standard = pad ? stream_standard_before(pad) : NULL;
	if (standard) {
		gst_object_unref(pad);
		return standard;
	}
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

gboolean
stream_host_source_query(GstPad *pad, GstObject *parent, GstQuery *q)
{
	stream_host *h = (stream_host *)(void *)parent;
	int flags = stream_host_kind(h)->flags;
	char key[300], *up = NULL;
	if (GST_QUERY_TYPE(q) != GST_QUERY_CUSTOM
		|| !gst_structure_has_name(gst_query_get_structure(q), "get_data_source_key"))
		return gst_pad_query_default(pad, parent, q);
	if (flags & STREAM_ELEMENT_KEYLESS)
		return FALSE;
	if (flags & STREAM_ELEMENT_TRANSPARENT)
		up = stream_host_upstream(h, 0);
	else if (GST_ELEMENT(h)->numsrcpads > 1)
		snprintf(key, sizeof key, "%s_%d", GST_OBJECT_NAME(h), stream_host_number(GST_ELEMENT(h), pad));
	else
		snprintf(key, sizeof key, "%s", GST_OBJECT_NAME(h));
	if ((flags & STREAM_ELEMENT_TRANSPARENT) && !up)
		return FALSE;
	gst_structure_set(gst_query_writable_structure(q), "data_source_key", G_TYPE_STRING, up ? up : key, NULL);
	secant_free(up);
	return TRUE;
}

/* What a model behind this element takes is asked for downstream. */
bool
stream_host_size_behind(void *host_, int *height, int *width)
{
	GstPad *pad = stream_host_pad(host_, true, 0);
	GstQuery *q = gst_query_new_custom(GST_QUERY_CUSTOM, gst_structure_new_empty("get_dynamic_image_size"));
	const GstStructure *s = gst_query_get_structure(q);
	bool fine = pad && gst_pad_peer_query(pad, q) && gst_structure_get_int(s, "height", height)
		&& gst_structure_get_int(s, "width", width);
	gst_query_unref(q);
	if (pad)
		gst_object_unref(pad);
	return fine;
}

gboolean
stream_host_sink_query(GstPad *pad, GstObject *parent, GstQuery *q)
{
	stream_host *h = (stream_host *)(void *)parent;
	int height, width;
	if (GST_QUERY_TYPE(q) != GST_QUERY_CUSTOM
		|| !gst_structure_has_name(gst_query_get_structure(q), "get_dynamic_image_size"))
		return gst_pad_query_default(pad, parent, q);
	if (!h->work->size)
		return false;
	if (!h->open || !h->work->size(&h->w, &height, &width))
		return FALSE;
	gst_structure_set(gst_query_writable_structure(q), "height", G_TYPE_INT, height, "width", G_TYPE_INT, width, NULL);
	return TRUE;
}
