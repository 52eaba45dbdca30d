/*
 * Pictures as messages: MxpiVisionList, read where it lies and written once, pixels in their places.
 */
#ifndef STREAM_PICTURE_H
#define STREAM_PICTURE_H
#include "stream/opencv.h"
#include "stream/worker.h"

/* MxpiVisionInfo.format. */
enum { STREAM_GREY = 0, STREAM_NV12 = 1, STREAM_NV21 = 2, STREAM_RGB = 12, STREAM_BGR = 13 };

typedef struct stream_picture {
	int format, width, height, width_aligned, height_aligned, resize_type;
	float scaling; /* keepAspectRatioScaling */
	bool f32;
	format_wire info; /* MxpiVisionInfo as it lies there */
	const uint8_t *data;
	size_t size;
} stream_picture;

/* Takes the next picture off a list: 1; 0 at the end; -1 and `why` where the bytes cannot be one. A format whose size
 * is not known has data as it is. */
int stream_picture_next(format_wire *list, stream_picture *p, char *why, size_t size);
/* Bytes of a picture of that format; 0: not known. */
size_t stream_picture_bytes(int format, int width, int height, bool f32);
int stream_picture_channels(int format); /* 1, 3, 4; 0: planes, or not known */
/* Interleaved pixels as a plane; false: it has none (NV12, ...), or fewer bytes than it says. */
bool stream_picture_plane(const stream_picture *p, stream_plane *plane);

/* A picture that is made. */
typedef struct stream_made {
	int format, width, height, resize_type;
	float scaling;
	bool f32;
	const char *parent; /* key and number of what it was made from; NULL: nothing */
	int member;
	base_str steps; /* preprocessInfo: fields of MxpiVisionInfo; freed by stream_pictures_new */
	uint8_t *to; /* where its pixels go */
} stream_made;
/* A list of n pictures with room for their pixels; NULL: no memory, or more than 2 GiB. */
stream_blob *stream_pictures_new(stream_made *v, int n);
/* Adds what was done before to `p`, and a step: the part of the source that went to a part of the result. */
typedef struct stream_step {
	int source[2]; /* width, height */
	int crop[4], paste[4]; /* left, right, top, bottom */
	int interpolation;
} stream_step;
void stream_add_step(base_str *steps, const stream_picture *p, const stream_step *step, const char *element);

/* NV12 to interleaved RGB or BGR, and back: BT.601 full range, as JPEG has it; chroma is the mean of four pixels. */
/* n pixels of three bytes with the first and the third exchanged: RGB to BGR and back. The two must not overlap. */
void stream_swap_red(uint8_t *restrict to, const uint8_t *restrict from, size_t n);
void stream_from_nv12(uint8_t *to, const uint8_t *from, int width, int height, bool bgr, bool nv21);
void stream_to_nv12(uint8_t *to, const uint8_t *from, int width, int height, bool bgr);
/* Y, U and V of a colour. */
void stream_yuv_of(uint8_t yuv[3], const float bgr[3]);

/* A box of MxpiObjectList. */
typedef struct stream_box {
	float x0, y0, x1, y1;
	int class_id; /* of the most probable class; -1: it has none */
	float confidence;
	format_wire item, label; /* the message; the class's name */
} stream_box;
int stream_box_next(format_wire *list, stream_box *b); /* as stream_picture_next */

/* A number of a message as (int) has it, up to a thousand million either way: a message may say anything. */
static inline int
stream_whole(double v)
{
	return v > 1e9 ? 1000000000 : v < -1e9 ? -1000000000 : v == v ? (int)v : 0;
}
#endif
