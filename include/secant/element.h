/*
 * Elements of your own in streams: a shared library in a folder that SECANT_ELEMENT_PATH names (folders with ":"
 * between), or in $MX_SDK_HOME/lib/plugins. It exports the one function at the end, in C (from C++: extern "C"), and
 * pipelines may name its elements as factories. Plugins that were written for MindX SDK's class MxPluginBase stand on
 * this by MxTools/PluginToolkit/base/MxPluginGenerator.h.
 *
 * Frames are buffers of GStreamer (GstBuffer) that carry messages by key, as bytes of protocol buffers. An element
 * works on one set of frames at a time; several elements may work at once.
 */
#ifndef SECANT_ELEMENT_H
#define SECANT_ELEMENT_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define SECANT_ELEMENT_VERSION 1

typedef struct secant_element_host secant_element_host; /* the element in its stream */
typedef void secant_frame; /* GstBuffer */

typedef enum secant_element_type { /* of a property, as PropertyType of MindX SDK numbers them */
	SECANT_ELEMENT_STRING,
	SECANT_ELEMENT_INT,
	SECANT_ELEMENT_UINT,
	SECANT_ELEMENT_FLOAT,
	SECANT_ELEMENT_DOUBLE,
	SECANT_ELEMENT_LONG,
	SECANT_ELEMENT_ULONG
} secant_element_type;

typedef struct secant_element_property {
	const char *name; /* NULL: the end of the list */
	secant_element_type type;
	const char *def; /* as a pipeline would write it */
	double min, max; /* of numbers */
	const char *help;
} secant_element_property;

/* What an element may ask and do. Text that is handed out is given back by `release`. Codes are those of the SDK. */
typedef struct secant_element_calls {
	int version;
	const char *(*name)(const secant_element_host *h); /* of the element; lives as long as it */
	int (*ports)(const secant_element_host *h, int output); /* how many there are */
	char *(*property)(const secant_element_host *h, const char *name); /* as it is now; NULL: no memory */
	char *(*upstream)(const secant_element_host *h, int port); /* the key of what comes before a port; NULL: none */
	void (*send)(secant_element_host *h, int port, secant_frame *f); /* borrows */
	void (*release)(char *text);
	/* Frames; held by who made them or asked for them. */
	secant_frame *(*make)(const void *bytes, size_t size); /* without messages; NULL: no memory */
	secant_frame *(*hold)(secant_frame *f);
	void (*drop)(secant_frame *f);
	int (*copy)(secant_frame *to, secant_frame *from); /* messages, numbers of clients, time stamps */
	/* The message of a key: "MxpiObjectList" and its bytes, which live as long as the frame; 0: there is none. A plain
	 * text has type "". */
	int (*get)(secant_frame *f, const char *key, const char **type, const void **data, size_t *size);
	int (*put)(secant_frame *f, const char *key, const char *type, const void *data, size_t size); /* 0, or a code */
	void (*picture)(secant_frame *f, char *key, size_t size); /* the key of the pictures that are worked on; "": none */
	/* What went wrong before: its code, 0 nothing; `text` is filled. */
	int (*failed)(secant_frame *f, char *text, size_t size);
	void (*fail)(secant_frame *f, const char *element, int code, const char *text);
} secant_element_calls;

typedef struct secant_element_table {
	int version; /* SECANT_ELEMENT_VERSION */
	const char *name, *brief; /* of the factory */
	const secant_element_property *properties; /* beside status, deviceId, dataSource; NULL: none */
	/* Media types of the ports that are always there, "image/yuv|image/rgb" or "ANY"; end at NULL, at most 4. */
	const char *const *inputs, *const *outputs;
	const char *more_inputs, *more_outputs; /* of ports on request; NULL: there are none */
	/* What comes back is handed to process and close; NULL: the stream does not start, `why` says why. */
	void *(*open)(secant_element_host *h, const secant_element_calls *calls, char *why, size_t size);
	/* A frame for each port for input, NULL where none came; they are borrowed. */
	void (*process)(void *self, secant_frame *const *frames, int n);
	void (*close)(void *self);
} secant_element_table;

/* What the library exports: the i-th of its elements, a table that lives as long as the library; NULL after the last,
 * or where it cannot do `version`. */
const secant_element_table *secant_element_at(int version, int i);

#ifdef __cplusplus
}
#endif
#endif
