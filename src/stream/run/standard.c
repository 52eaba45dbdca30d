/*
 * Elements of libraries of others (own.c), and of the installed GStreamer, that are in no table, as rows like those of
 * the table: so pipelines may name videoconvert or x264enc, and are checked before anything is made. The rows live in
 * the pipeline's arena.
 */
#include <math.h>
#include "stream/run/gst.h"

static int64_t
whole(double v)
{
	return v >= 9.2e18 ? INT64_MAX : v <= -9.2e18 ? INT64_MIN : (int64_t)v;
}

/* Type and limits; what is no number is text here, and converted when the element is made. */
static void
read_spec(stream_prop *p, GParamSpec *spec)
{
	p->name = spec->name;
	p->help = "";
	p->flags = spec->flags & G_PARAM_WRITABLE && !(spec->flags & G_PARAM_CONSTRUCT_ONLY) ? 0 : STREAM_PROP_READ_ONLY;
	p->max = INT64_MAX;
	p->min = INT64_MIN;
#define LIMITS(T, G) \
	if (G_IS_PARAM_SPEC_##G(spec)) \
	p->type = STREAM_PROP_##T, p->min = whole((double)G_PARAM_SPEC_##G(spec)->minimum), \
	p->max = whole((double)G_PARAM_SPEC_##G(spec)->maximum)
	LIMITS(INT, INT);
	LIMITS(UINT, UINT);
	LIMITS(LONG, INT64);
	LIMITS(LONG, LONG);
	LIMITS(ULONG, UINT64);
	LIMITS(ULONG, ULONG);
	LIMITS(REAL, FLOAT);
	LIMITS(REAL, DOUBLE);
#undef LIMITS
	if (G_IS_PARAM_SPEC_BOOLEAN(spec))
		p->type = STREAM_PROP_BOOL;
}

static const stream_prop *
props_of(base_arena *arena, GObjectClass *class)
{
	guint n;
	int kept = 0;
	GParamSpec **specs = g_object_class_list_properties(class, &n);
	stream_prop *props = base_arena_alloc(arena, ((size_t)n + 1) * sizeof *props);
	for (guint i = 0; props && i < n; i++)
		if (strcmp(specs[i]->name, "name") != 0 && strcmp(specs[i]->name, "parent") != 0) {
			props[kept] = (stream_prop){ .type = STREAM_PROP_STRING };
			read_spec(&props[kept++], specs[i]);
		}
	if (props)
		props[kept] = (stream_prop)STREAM_PROP_END;
	g_free(specs);
	return props;
}

static int
media_of(const GstCaps *caps)
{
	int media = STREAM_MEDIA_OTHER;
	if (gst_caps_is_any(caps))
		return STREAM_MEDIA_ANY;
	for (guint k = 0; k < gst_caps_get_size(caps); k++) {
		const GstStructure *s = gst_caps_get_structure(caps, k);
		for (int i = 0; stream_media_name(i); i++)
			if (gst_structure_has_name(s, stream_media_name(i)))
				media |= 1 << i;
		if (gst_structure_has_name(s, "video/x-raw"))
			media |= STREAM_MEDIA_VIDEO;
	}
	return media;
}

static void
add_port(stream_element_type *e, GstStaticPadTemplate *t)
{
	bool source = t->direction == GST_PAD_SRC;
	int *always = source ? e->sources : e->sinks, *more = source ? &e->more_sources : &e->more_sinks, n = 0;
	GstCaps *caps = gst_static_pad_template_get_caps(t);
	int media = media_of(caps);
	gst_caps_unref(caps);
	while (n < STREAM_PORTS - 1 && always[n])
		n++;
	if (t->presence == GST_PAD_ALWAYS && !always[n])
		always[n] = media;
	else
		*more |= media;
	if (source && t->presence == GST_PAD_SOMETIMES)
		e->flags |= STREAM_ELEMENT_LATE;
}

const stream_element_type *
stream_standard(secant_pipeline *p, const char *factory)
{
	const stream_element_type *own = stream_own(factory);
	if (own)
		return own;
	p->trouble = stream_own_trouble(factory);
	GstElementFactory *f = gst_element_factory_find(factory);
	GstPluginFeature *loaded = f ? gst_plugin_feature_load(GST_PLUGIN_FEATURE(f)) : NULL;
	stream_element_type *e = loaded ? base_arena_alloc(p->arena, sizeof *e) : NULL;
	if (f)
		gst_object_unref(f);
	if (!loaded)
		return NULL;
	f = GST_ELEMENT_FACTORY(loaded);
	GObjectClass *class = g_type_class_ref(gst_element_factory_get_element_type(f));
	if (e) {
		*e = (stream_element_type){ .name = base_arena_strdup(p->arena, factory),
			.brief = "of GStreamer",
			.base = STREAM_BASE_OBJECT,
			.flags = STREAM_ELEMENT_STANDARD,
			.props = props_of(p->arena, class) };
		for (const GList *l = gst_element_factory_get_static_pad_templates(f); l; l = l->next)
			add_port(e, l->data);
		bool passes = e->sinks[0] == STREAM_MEDIA_ANY && e->sources[0] == STREAM_MEDIA_ANY;
		e->flags |= passes                                           ? STREAM_ELEMENT_PROXY
			: (e->sources[0] | e->more_sources) & STREAM_MEDIA_VIDEO ? 0
																	 : STREAM_ELEMENT_KEYLESS;
	}
	if (!e || !e->name || !e->props) {
		stream_no_memory(p);
		e = NULL;
	}
	g_type_class_unref(class);
	gst_object_unref(loaded);
	return e;
}
