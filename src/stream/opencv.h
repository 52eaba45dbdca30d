/*
 * Scaling of pictures with OpenCV's arithmetic, to the bit (cv2.resize of OpenCV 4 with INTER_NEAREST, INTER_LINEAR,
 * INTER_CUBIC), on rows of interleaved channels. Linear of bytes: weights are multiples of 1/2048, sums of a row are
 * kept in 32 bits, columns are summed in 16, as its vector code does; exactly half the size is the mean of four pixels
 * there, and here. Cubic of bytes is computed in float, as the packages of OpenCV for x86-64 do (measured).
 */
#ifndef STREAM_OPENCV_H
#define STREAM_OPENCV_H
#include <secant/base.h>

typedef enum stream_filter { STREAM_NEAREST, STREAM_LINEAR, STREAM_CUBIC } stream_filter;

/* A plane of pixels: rows `pitch` bytes apart. */
typedef struct stream_plane {
	int width, height, channels;
	bool f32; /* else bytes */
	int64_t pitch;
	uint8_t *p;
} stream_plane;

/* False: no memory. Sizes are from 1 on; both planes have the same channels and type. */
bool stream_resize(const stream_plane *to, const stream_plane *from, stream_filter filter);
#endif
