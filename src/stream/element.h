/*
 * Elements of streams: what a pipeline may name as a factory, as tables: properties with type, default and range, ports
 * with the media types that may pass. Names, defaults and ranges are those of MindX SDK's plugins (mxVision, as of
 * 2026) and of GStreamer 1.22.
 *
 * To add an element: a file elements/NAME.c that ends in a `const stream_element_type stream_element_NAME`, and a line
 * in elements.inc.
 */
#ifndef STREAM_ELEMENT_H
#define STREAM_ELEMENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Media types; only whether two ends share one matters. A port that takes several is their sum. */
enum {
	STREAM_MEDIA_JPEG = 1 << 0, /* image/jpeg */
	STREAM_MEDIA_YUV = 1 << 1, /* image/yuv */
	STREAM_MEDIA_RGB = 1 << 2, /* image/rgb */
	STREAM_MEDIA_H264 = 1 << 3, /* video/x-h264 */
	STREAM_MEDIA_OBJECT = 1 << 4, /* metadata/object */
	STREAM_MEDIA_CLASS = 1 << 5, /* metadata/class */
	STREAM_MEDIA_ATTRIBUTE = 1 << 6, /* metadata/attribute */
	STREAM_MEDIA_FEATURE = 1 << 7, /* metadata/feature-vector */
	STREAM_MEDIA_TENSOR = 1 << 8, /* metadata/tensor */
	STREAM_MEDIA_SEMANTIC = 1 << 9, /* metadata/semanticseg */
	STREAM_MEDIA_KEYPOINT = 1 << 10, /* metadata/keypoint */
	STREAM_MEDIA_TEXTS = 1 << 11, /* metadata/texts */
	STREAM_MEDIA_ROI = 1 << 12, /* metadata/object/roi-info */
	STREAM_MEDIA_OSD = 1 << 13, /* metadata/osd */
	STREAM_MEDIA_STITCH = 1 << 14, /* metadata/stitch-info */
	STREAM_MEDIA_JSON = 1 << 15, /* result/json-result */
	STREAM_MEDIA_VIDEO = 1 << 16, /* video/x-raw, of GStreamer's own elements: pictures pass both ways */
	STREAM_MEDIA_OTHER = 1 << 17, /* what only these know */
	STREAM_MEDIA_ANY = (1 << 18) - 1
};

const char *stream_media_name(int i); /* of bit i, as far as MindX SDK has it; NULL after the last */

typedef enum stream_prop_type {
	STREAM_PROP_STRING,
	STREAM_PROP_INT, /* 32 bits */
	STREAM_PROP_UINT,
	STREAM_PROP_LONG, /* 64 bits */
	STREAM_PROP_ULONG,
	STREAM_PROP_REAL,
	STREAM_PROP_BOOL,
	STREAM_PROP_ENUM, /* one of `words`, or its number counted from `min` */
	STREAM_PROP_OTHER /* an object of GStreamer's; text stands for caps alone */
} stream_prop_type;

enum {
	STREAM_PROP_READ_ONLY = 1,
	STREAM_PROP_MANAGED = 2 /* the stream manager sets it; what a pipeline says is ignored */
};

typedef struct stream_prop {
	const char *name;
	stream_prop_type type;
	const char *def; /* as a pipeline would write it; NULL: none */
	int64_t min, max; /* of numbers; a max of INT64_MAX is no limit */
	const char *words; /* "a|b|c": of strings, others are refused when the stream starts */
	int flags;
	const char *help; /* one line */
} stream_prop;

/* Every element has the properties of what it is derived from, too. */
typedef enum stream_element_base {
	STREAM_BASE_PLUGIN, /* of MindX: status, deviceId, dataSource */
	STREAM_BASE_OBJECT, /* of GStreamer */
	STREAM_BASE_SOURCE,
	STREAM_BASE_SINK
} stream_element_base;

enum {
	STREAM_ELEMENT_FREE_KEYS = 1, /* other keys than factory, props, next, nextMeta are let pass */
	STREAM_ELEMENT_PROXY = 2, /* takes what passes on its other side; asks upstream for keys */
	STREAM_ELEMENT_TRANSPARENT = 4, /* says upstream's key instead of its own */
	STREAM_ELEMENT_KEYLESS = 8, /* writes no key */
	STREAM_ELEMENT_STANDARD = 16, /* of GStreamer, and in no table */
	STREAM_ELEMENT_LATE = 32 /* ports for output come when it knows what is in its input */
};

enum { STREAM_PORTS = 4 };

typedef struct stream_work stream_work; /* how it works: worker.h of this room */
/* Work that stands on GStreamer (run/): in a library without it, it is not there, and its address is NULL. */
#define STREAM_WORK_OF_GSTREAMER(name) extern const stream_work name __attribute__((weak))
typedef struct stream_element stream_element; /* an element of one stream: stream.h of this room */

typedef struct stream_element_type {
	const char *name, *brief;
	stream_element_base base;
	int flags;
	const stream_prop *props; /* its own; ends at a name of NULL */
	int sinks[STREAM_PORTS], sources[STREAM_PORTS]; /* media of the ports that are always there, in order; ends at 0 */
	int more_sinks, more_sources; /* media of ports on request; 0: there are none */
	const char *keys[STREAM_PORTS]; /* which property names the key that port i reads and must not be empty */
	/* What the element itself refuses when a stream starts; NULL: nothing. Returns false with *why and *prop set. */
	bool (*starts)(const stream_element *e, const char **prop, const char **why);
	const stream_work *work; /* NULL: of GStreamer, or it can be checked only */
	const char *instead; /* of one that can be checked only: what does it here */
} stream_element_type;

/* The i-th element; NULL after the last. */
const stream_element_type *stream_element_at(int i);
const stream_element_type *stream_element_find(const char *factory); /* NULL: there is none */
/* The i-th property, what is inherited first; NULL after the last. */
const stream_prop *stream_element_prop(const stream_element_type *e, int i);
const stream_prop *stream_element_find_prop(const stream_element_type *e, const char *name);

/* A number of a property's type, kept in 64 bits or as double. */
typedef struct stream_prop_value {
	int64_t i; /* of a ULONG: its bits */
	double real;
} stream_prop_value;
/* Reads text as GStreamer does (gst_value_deserialize) and checks the range. NULL: it fits; else what is wrong, in
 * `why`. */
const char *stream_prop_read(const stream_prop *p, const char *text, stream_prop_value *v, char *why, size_t size);
/* True where one of "a|b|c" is `word`; `number` (nullable) receives which. */
bool stream_word_in(const char *words, const char *word, int *number);

/* For `starts`: what the stream says, or the default. */
const char *stream_text(const stream_element *e, const char *prop);
int64_t stream_int(const stream_element *e, const char *prop);
int stream_sinks(const stream_element *e); /* ports there are */
int stream_sources(const stream_element *e);
/* The numbers of a list "1, 2.5,3"; how many there are, at most `most`, or -1 where one is none. Blanks are let pass.
 */
int stream_reals(const char *text, size_t size, double *v, int most);
/* The same checks in several elements. */
bool stream_starts_font(const stream_element *e, const char **prop, const char **why);
bool stream_starts_post(const stream_element *e, const char **prop, const char **why);
bool stream_starts_channels(const stream_element *e, const char **prop, const char **why);
/* As many keys in dataSource as ports, where it is given. */
bool stream_starts_count(const stream_element *e, const char **prop, const char **why);
bool stream_starts_linked(const stream_element *e, const char **prop, const char **why);

/* Rows of property tables. */
#define STREAM_PROP_TEXT(name_, def_, help_) \
	{ \
		.name = name_, .type = STREAM_PROP_STRING, .def = def_, .help = help_ \
	}
#define STREAM_PROP_WORDS(name_, def_, words_, help_) \
	{ \
		.name = name_, .type = STREAM_PROP_STRING, .def = def_, .words = words_, .help = help_ \
	}
#define STREAM_PROP_NUMBER(T, name_, def_, min_, max_, help_) \
	{ \
		.name = name_, .type = STREAM_PROP_##T, .def = def_, .min = min_, .max = max_, .help = help_ \
	}
/* The properties of GStreamer: type, default, limits, flags. */
#define STREAM_PROP_NATIVE(T, name_, def_, min_, max_, flags_, help_) \
	{ \
		.name = name_, .type = STREAM_PROP_##T, .def = def_, .min = min_, .max = max_, .flags = flags_, .help = help_ \
	}
#define STREAM_PROP_END \
	{ \
		.name = NULL \
	}

/* What all post-processors have: configuration, labels, library; and the keys of what their tensors were made from. */
#define STREAM_PROPS_POST \
	STREAM_PROP_TEXT("postProcessConfigPath", "", "file of KEY=VALUE"), \
		STREAM_PROP_TEXT("postProcessConfigContent", "", "the same keys as a JSON object"), \
		STREAM_PROP_TEXT("labelPath", "", "file with a class on each line"), \
		STREAM_PROP_TEXT("postProcessLibPath", "", "library of the post-processing, or folder of Python modules"), \
		STREAM_PROP_WORDS("funcLanguage", "c++", "c++|python", "what the library is written in"), \
		STREAM_PROP_TEXT("className", "", "class of a Python module"), \
		STREAM_PROP_TEXT("pythonModule", "", "the Python module")
#define STREAM_PROPS_POST_SOURCES \
	STREAM_PROP_TEXT("dataSourceResize", "auto", "key of the scaled picture"), \
		STREAM_PROP_TEXT("dataSourceRoiBoxes", "auto", "key of the boxes"), \
		STREAM_PROP_TEXT("dataSourceImage", "auto", "key of the picture")
/* What every element that ends a stream has from GStreamer's base class. */
#define STREAM_PROPS_SINK \
	STREAM_PROP_NATIVE(BOOL, "sync", "false", 0, 0, 0, "keep time with the clock"), \
		STREAM_PROP_NATIVE(BOOL, "async", "false", 0, 0, STREAM_PROP_MANAGED, "go to PAUSED asynchronously"), \
		STREAM_PROP_NATIVE( \
			LONG, "max-lateness", "-1", -1, INT64_MAX, 0, "nanoseconds a buffer may be late, -1: no limit"), \
		STREAM_PROP_NATIVE(BOOL, "qos", "false", 0, 0, 0, "send quality-of-service events upstream"), \
		STREAM_PROP_NATIVE(LONG, "ts-offset", "0", INT64_MIN, INT64_MAX, 0, "added to time stamps, nanoseconds"), \
		STREAM_PROP_NATIVE(BOOL, "enable-last-sample", "true", 0, 0, 0, "keep the last sample"), \
		STREAM_PROP_NATIVE(ULONG, "render-delay", "0", 0, INT64_MAX, 0, "further delay, nanoseconds"), \
		STREAM_PROP_NATIVE(ULONG, "throttle-time", "0", 0, INT64_MAX, 0, "time between buffers, nanoseconds"), \
		STREAM_PROP_NATIVE(ULONG, "max-bitrate", "0", 0, INT64_MAX, 0, "bits a second, 0: no limit"), \
		STREAM_PROP_NATIVE( \
			ULONG, "processing-deadline", "20000000", 0, INT64_MAX, 0, "time to process a buffer, nanoseconds")
#endif
