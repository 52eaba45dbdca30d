/*
 * Elements of streams: what a pipeline may name as a factory, as tables: properties with type, default and range, ports
 * with the media types that may pass. Names, defaults and ranges are those of MindX SDK's plugins (mxVision, as of
 * 2026) and of GStreamer 1.22.
 *
 * To add an element: a file elements/NAME.c that ends in a `const secant_element secant_element_NAME`, and a line in
 * elements.inc.
 */
#ifndef SECANT_STREAM_ELEMENT_H
#define SECANT_STREAM_ELEMENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Media types; only whether two ends share one matters. A port that takes several is their sum. */
enum {
	SECANT_MEDIA_JPEG = 1 << 0, /* image/jpeg */
	SECANT_MEDIA_YUV = 1 << 1, /* image/yuv */
	SECANT_MEDIA_RGB = 1 << 2, /* image/rgb */
	SECANT_MEDIA_H264 = 1 << 3, /* video/x-h264 */
	SECANT_MEDIA_OBJECT = 1 << 4, /* metadata/object */
	SECANT_MEDIA_CLASS = 1 << 5, /* metadata/class */
	SECANT_MEDIA_ATTRIBUTE = 1 << 6, /* metadata/attribute */
	SECANT_MEDIA_FEATURE = 1 << 7, /* metadata/feature-vector */
	SECANT_MEDIA_TENSOR = 1 << 8, /* metadata/tensor */
	SECANT_MEDIA_SEMANTIC = 1 << 9, /* metadata/semanticseg */
	SECANT_MEDIA_KEYPOINT = 1 << 10, /* metadata/keypoint */
	SECANT_MEDIA_TEXTS = 1 << 11, /* metadata/texts */
	SECANT_MEDIA_ROI = 1 << 12, /* metadata/object/roi-info */
	SECANT_MEDIA_OSD = 1 << 13, /* metadata/osd */
	SECANT_MEDIA_STITCH = 1 << 14, /* metadata/stitch-info */
	SECANT_MEDIA_JSON = 1 << 15, /* result/json-result */
	SECANT_MEDIA_ANY = (1 << 16) - 1
};

typedef enum secant_prop_type {
	SECANT_PROP_STRING,
	SECANT_PROP_INT, /* 32 bits */
	SECANT_PROP_UINT,
	SECANT_PROP_LONG, /* 64 bits */
	SECANT_PROP_ULONG,
	SECANT_PROP_REAL,
	SECANT_PROP_BOOL,
	SECANT_PROP_ENUM, /* one of `words`, or its number counted from `min` */
	SECANT_PROP_OTHER /* an object of GStreamer's, which no text stands for */
} secant_prop_type;

enum {
	SECANT_PROP_READ_ONLY = 1,
	SECANT_PROP_MANAGED = 2 /* the stream manager sets it; what a pipeline says is ignored */
};

typedef struct secant_prop {
	const char *name;
	secant_prop_type type;
	const char *def; /* as a pipeline would write it; NULL: none */
	int64_t min, max; /* of numbers; a max of INT64_MAX is no limit */
	const char *words; /* "a|b|c": of strings, others are refused when the stream starts */
	int flags;
	const char *help; /* one line */
} secant_prop;

/* Every element has the properties of what it is derived from, too. */
typedef enum secant_element_base {
	SECANT_BASE_PLUGIN, /* of MindX: status, deviceId, dataSource */
	SECANT_BASE_OBJECT, /* of GStreamer */
	SECANT_BASE_SOURCE,
	SECANT_BASE_SINK
} secant_element_base;

enum {
	SECANT_ELEMENT_FREE_KEYS = 1, /* other keys than factory, props, next, nextMeta are let pass */
	SECANT_ELEMENT_PROXY = 2, /* takes what passes on its other side; asks upstream for keys */
	SECANT_ELEMENT_TRANSPARENT = 4, /* says upstream's key instead of its own */
	SECANT_ELEMENT_KEYLESS = 8 /* writes no key */
};

enum { SECANT_PORTS = 4 };

typedef struct secant_stream_element secant_stream_element; /* an element of one stream: stream.h of this room */

typedef struct secant_element {
	const char *name, *brief;
	secant_element_base base;
	int flags;
	const secant_prop *props; /* its own; ends at a name of NULL */
	int sinks[SECANT_PORTS], sources[SECANT_PORTS]; /* media of the ports that are always there, in order; ends at 0 */
	int more_sinks, more_sources; /* media of ports on request; 0: there are none */
	const char *keys[SECANT_PORTS]; /* which property names the key that port i reads and must not be empty */
	/* What the element itself refuses when a stream starts; NULL: nothing. Returns false with *why and *prop set. */
	bool (*starts)(const secant_stream_element *e, const char **prop, const char **why);
} secant_element;

/* The i-th element; NULL after the last. */
const secant_element *secant_element_at(int i);
const secant_element *secant_element_find(const char *factory); /* NULL: there is none */
/* The i-th property, what is inherited first; NULL after the last. */
const secant_prop *secant_element_prop(const secant_element *e, int i);
const secant_prop *secant_element_find_prop(const secant_element *e, const char *name);

/* A number of a property's type, kept in 64 bits or as double. */
typedef struct secant_prop_value {
	int64_t i; /* of a ULONG: its bits */
	double real;
} secant_prop_value;
/* Reads text as GStreamer does (gst_value_deserialize) and checks the range. NULL: it fits; else what is wrong, in
 * `why`. */
const char *secant_prop_read(const secant_prop *p, const char *text, secant_prop_value *v, char *why, size_t size);
/* True where one of "a|b|c" is `word`; `number` (nullable) receives which. */
bool secant_word_in(const char *words, const char *word, int *number);

/* For `starts`: what the stream says, or the default. */
const char *secant_stream_text(const secant_stream_element *e, const char *prop);
int64_t secant_stream_int(const secant_stream_element *e, const char *prop);
int secant_stream_sinks(const secant_stream_element *e); /* ports there are */
int secant_stream_sources(const secant_stream_element *e);
/* The numbers of a list "1, 2.5,3"; how many there are, at most `most`, or -1 where one is none. Blanks are let pass.
 */
int secant_stream_reals(const char *text, size_t size, double *v, int most);
/* The same checks in several elements. */
bool secant_starts_font(const secant_stream_element *e, const char **prop, const char **why);
bool secant_starts_post(const secant_stream_element *e, const char **prop, const char **why);
bool secant_starts_channels(const secant_stream_element *e, const char **prop, const char **why);
/* As many keys in dataSource as ports, where it is given. */
bool secant_starts_count(const secant_stream_element *e, const char **prop, const char **why);
bool secant_starts_linked(const secant_stream_element *e, const char **prop, const char **why);

/* Rows of property tables. */
#define SECANT_PROP_TEXT(name_, def_, help_) \
	{ \
		.name = name_, .type = SECANT_PROP_STRING, .def = def_, .help = help_ \
	}
#define SECANT_PROP_WORDS(name_, def_, words_, help_) \
	{ \
		.name = name_, .type = SECANT_PROP_STRING, .def = def_, .words = words_, .help = help_ \
	}
#define SECANT_PROP_NUMBER(T, name_, def_, min_, max_, help_) \
	{ \
		.name = name_, .type = SECANT_PROP_##T, .def = def_, .min = min_, .max = max_, .help = help_ \
	}
/* The properties of GStreamer: type, default, limits, flags. */
#define SECANT_PROP_NATIVE(T, name_, def_, min_, max_, flags_, help_) \
	{ \
		.name = name_, .type = SECANT_PROP_##T, .def = def_, .min = min_, .max = max_, .flags = flags_, .help = help_ \
	}
#define SECANT_PROP_END \
	{ \
		.name = NULL \
	}
#endif
