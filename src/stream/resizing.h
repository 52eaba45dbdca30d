/* Sizes and padding of mxpi_imageresize and mxpi_imagecrop: how large a picture becomes and what is put around it. */
#ifndef STREAM_RESIZING_H
#define STREAM_RESIZING_H
#include "stream/picture.h"

/* MxpiVisionInfo.resizeType, as the original numbers them. */
enum {
	STREAM_STRETCH,
	STREAM_FASTRCNN,
	STREAM_FIT,
	STREAM_ONLY_PADDING,
	STREAM_LONG,
	STREAM_SHORT,
	STREAM_RESCALE,
	STREAM_RESCALE_DOUBLE,
	STREAM_YOLO,
	STREAM_OCR
};
enum { STREAM_PAD_NO, STREAM_PAD_RIGHT_DOWN, STREAM_PAD_AROUND };

typedef struct stream_resizing {
	int type, padding, width, height, least, most, side, pad_width, pad_height;
	float bgr[3], planes_bgr[3]; /* of the padding; of pictures in planes (NV12) */
	const int *member; /* the pictures' numbers under the parent's key; NULL: their places in the list */
} stream_resizing;

/* What becomes of a picture: scaled (RESCALE_DOUBLE: twice), then padded. */
typedef struct stream_sizes {
	int first[2], scaled[2], whole[2], left, top; /* width, height */
	stream_filter filter;
	float scaling;
} stream_sizes;

/* Code 0, or why not. */
int stream_sizes_of(stream_sizes *s, const stream_resizing *r, int width, int height, char *why, size_t size);
/* All pictures of a list, under the parent's key; NULL: *code and `why`. */
stream_blob *stream_resize_list(stream_blob *list, const char *key, const stream_resizing *r, const char *element,
	int *code, char *why, size_t size);
/* The properties resizeType, paddingType, RGBValue, minDimension, maxDimension and the size, which both elements have.
 */
void stream_resizing_read(stream_worker *w, stream_resizing *r);
/* Whether cvProcessor (handleMethod, where that is set) is the accelerator. */
bool stream_is_ascend(stream_worker *w);
/* The size that a model behind this element takes; left alone where there is none. */
void stream_model_size(stream_worker *w, int *width, int *height);
#endif
