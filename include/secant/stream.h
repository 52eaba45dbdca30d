/*
 * Stream pipelines: JSON files of MindX SDK (mxVision) that say which elements a stream has and how they are linked.
 * Here they are read, checked as the original's stream manager checks them, and drawn. Nothing is executed and no file
 * but the pipeline itself is opened: models, libraries and configurations are not looked for.
 *
 * Not thread-safe for one object; different objects are independent.
 */
#ifndef SECANT_STREAM_H
#define SECANT_STREAM_H
#include <secant/base.h>
#include <secant/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct secant_pipeline secant_pipeline;

/* Why the original refuses a pipeline. */
typedef struct secant_stream_fault {
	int code; /* its error code: 6015; 0: it accepts the pipeline */
	const char *name; /* "ELEMENT_INVALID_PROPERTIES"; static */
	char stream[256], element[256], property[256]; /* where; "" where that says nothing; cut with "..." where longer */
	char message[500]; /* what is wrong; one line */
} secant_stream_fault;

/* Reads and checks a pipeline file; `strict`: numbers and booleans as values of properties are refused as in the
 * original, not taken. A refused pipeline is a result, not an error: NULL and err only where there is no memory.
 * secant_pipeline_free. */
SECANT_API secant_pipeline *secant_pipeline_read(const char *path, bool strict, secant_err *err);
/* The same with the text itself, as CreateMultipleStreams takes it. */
SECANT_API secant_pipeline *secant_pipeline_parse(const char *text, size_t size, bool strict, secant_err *err);
SECANT_API void secant_pipeline_free(secant_pipeline *p); /* NULL is fine */

/* Lives as long as the pipeline; its code is 0 where the original accepts it. */
SECANT_API const secant_stream_fault *secant_pipeline_fault(const secant_pipeline *p);
/* The i-th remark (what was taken beyond the original, what is ignored, what needs the vendor's accelerator); NULL
 * after the last. */
SECANT_API const char *secant_pipeline_remark(const secant_pipeline *p, int i);
/* How many streams and elements were found before the first fault. */
SECANT_API void secant_pipeline_count(const secant_pipeline *p, int *streams, int *elements);
/* A drawing as SVG, the place of a fault in red; caller frees with secant_free. NULL and err where the file is no
 * pipeline at all (no JSON), has more than 2000 elements, or there is no memory. */
SECANT_API char *secant_pipeline_svg(const secant_pipeline *p, secant_err *err);
/* The same as a picture, RGB; of 64 million pixels at most. secant_image_free. */
SECANT_API secant_status secant_pipeline_picture(const secant_pipeline *p, secant_image *out, secant_err *err);

#ifdef __cplusplus
}
#endif
#endif
