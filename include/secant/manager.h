/*
 * Running stream pipelines: what StreamManagerApi of MindX SDK does, in plain C. Needs the library `secant-stream`,
 * which stands on GStreamer.
 *
 *     secant_streams *m = secant_streams_new();
 *     if (!secant_streams_create_file(m, "inspection.pipeline", &fault)
 *             && !secant_streams_send(m, "inspection", NULL, 0, &(secant_stream_input){ .data = bytes, .size = n },
 * NULL)
 *             && (r = secant_streams_get(m, "inspection", NULL, 0, NULL, 0, 3000)))
 *         ... secant_stream_result_data(r, &size) ...
 *
 * Functions that return an int return the original's error codes, 0 for success. Every wait has a limit; stopping a
 * stream ends all waits for it. Thread-safe, but for secant_streams_free, after which nothing may be called.
 */
#ifndef SECANT_MANAGER_H
#define SECANT_MANAGER_H
#include <secant/stream.h>
#include <secant/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct secant_streams secant_streams;
typedef struct secant_stream_result secant_stream_result;

/* NULL: no memory, GStreamer does not start, or this process was forked from one that had started it, whose threads are
 * not here. In a forked child the parent's managers have no streams (6002), and freeing them does nothing. */
SECANT_API secant_streams *secant_streams_new(void);
SECANT_API void secant_streams_free(secant_streams *m); /* stops all; NULL is fine */

/* Creates and starts the streams of a text or file, in byte order of names, up to the first that fails: those before it
 * go on. The code, and `fault` (nullable) with what was wrong. */
SECANT_API int secant_streams_create(secant_streams *m, const char *text, size_t size, secant_stream_fault *fault);
SECANT_API int secant_streams_create_file(secant_streams *m, const char *path, secant_stream_fault *fault);
/* As secant_pipeline_read, but elements of the installed GStreamer may stand in the pipeline, too. */
SECANT_API secant_pipeline *secant_streams_check_file(const char *path, bool strict, secant_err *err);
SECANT_API int secant_streams_stop(secant_streams *m, const char *stream); /* one that is not there: 6002 */
SECANT_API int secant_streams_stop_all(secant_streams *m);

typedef struct secant_stream_box {
	float x0, y0, x1, y1;
} secant_stream_box;

/* A protobuf message under a key; type "MxTools.MxpiTensorPackageList". */
typedef struct secant_stream_message {
	const char *key, *type;
	const void *data;
	size_t size;
} secant_stream_message;

/* What is sent: borrowed, copied before the call returns. */
typedef struct secant_stream_input {
	const void *data; /* NULL: messages only */
	size_t size;
	const secant_stream_box *boxes; /* boxes of the caller: the key ExternalObjects behind a decoder */
	int n_boxes;
	const secant_stream_message *messages;
	int n_messages;
	const void *frame_info, *vision_info; /* MxpiFrameInfo, MxpiVisionInfo; NULL: none */
	size_t frame_info_size, vision_info_size;
} secant_stream_input;

/* Sends to an appsrc: by name, or with `element` NULL by number in the order of names. `id`, nullable: receives a
 * number that secant_streams_get_id takes; a stream is used with numbers or without, as the first call does (6008). */
SECANT_API int secant_streams_send(
	secant_streams *m, const char *stream, const char *element, int number, const secant_stream_input *in, int64_t *id);

/* The next result of an appsink (by name, or by number in the order of their numbers), with the messages of `keys` (n
 * of them); waits at most so many milliseconds. Never NULL but where there is no memory: a failure is a result with a
 * code and its text. Freed with secant_stream_result_free. */
SECANT_API secant_stream_result *secant_streams_get(secant_streams *m, const char *stream, const char *element,
	int number, const char *const *keys, int n, uint32_t milliseconds);
/* Waits until the stream's own sources (filesrc, mxpi_rtspsrc) have ended and all of it has come out: 0. 1001: one of
 * its elements has given up, `why` (of size bytes) says which; 6010: time is over; 6002: there is no such stream. */
SECANT_API int secant_streams_wait(
	secant_streams *m, const char *stream, uint32_t milliseconds, char *why, size_t size);
/* The result of what was sent under a number. After a timeout (6010) the number is forgotten. */
SECANT_API secant_stream_result *secant_streams_get_id(
	secant_streams *m, const char *stream, int64_t id, uint32_t milliseconds);

SECANT_API int secant_stream_result_code(const secant_stream_result *r);
/* The bytes, ended by a 0 that does not count: of an element that failed, the text. */
SECANT_API const void *secant_stream_result_data(const secant_stream_result *r, size_t *size);
/* Whether it is a frame that came out of the stream; else it only says why there is none. */
SECANT_API bool secant_stream_result_came(const secant_stream_result *r);
SECANT_API int secant_stream_result_messages(const secant_stream_result *r);
/* The i-th of the keys that were asked for; false: the frame does not have it (7011), or there is no frame. `text` is
 * the message as JSON, made when it is asked for; any may be NULL. All live as long as r. */
SECANT_API bool secant_stream_result_message(
	secant_stream_result *r, int i, secant_stream_message *message, const char **text);
/* The classes of the i-th picture of the result as a picture of one channel, from a mask, from tensors of classes or
 * scores, or from a dump of these. False, and why, where there is none. secant_image_free. */
SECANT_API bool secant_stream_result_mask(
	const secant_stream_result *r, int i, secant_image *mask, char *why, size_t size);
SECANT_API void secant_stream_result_free(secant_stream_result *r); /* NULL is fine */

/* Changes a property of an element that runs. The original allows it of eight factories, here all do (`strict`: 6011).
 */
SECANT_API int secant_streams_set(secant_streams *m, const char *stream, const char *element, const char *property,
	const char *value, bool strict, secant_stream_fault *fault);
/* For plugins: registers the elements with a GstPlugin; NULL: with this process. False: GStreamer refused. */
SECANT_API bool secant_streams_register(void *plugin);
/* Elements that a client sends to or fetches from: the i-th appsrc (source) or appsink; NULL: there is none. The caller
 * frees it with secant_free. */
SECANT_API char *secant_streams_port(secant_streams *m, const char *stream, bool source, int i);
/* The i-th stream in byte order of names; NULL after the last. secant_free. */
SECANT_API char *secant_streams_name(secant_streams *m, int i);
/* Frames, times and queues since the stream began, as JSON in microseconds. NULL: no such stream. secant_free. */
SECANT_API char *secant_streams_statistics(secant_streams *m, const char *stream);
/* " (Code = 1002, Message = "Internal error") ", as the original's GetErrorInfo. Writes at most size bytes. */
SECANT_API void secant_stream_error_text(int code, char *text, size_t size);
/* The proto file that defines messages: "MxpiDataType", "MxpiDumpData", "MxpiInternalType", "MxpiOSDType". secant_free.
 */
SECANT_API char *secant_stream_schema(const char *file);

#ifdef __cplusplus
}
#endif
#endif
