/*
 * Pictures of bytes seen through a matrix, with OpenCV's arithmetic, to the bit (cv2.warpAffine and cv2.warpPerspective
 * of OpenCV 4 with INTER_LINEAR): places are rounded to 1/32 of a pixel, weights are 15 bits, outside is black.
 */
#ifndef STREAM_WARP_H
#define STREAM_WARP_H
#include "stream/picture.h"

/* The matrix (row by row) that takes four points x0 y0 ... to four others; false: they lie on a line. */
bool stream_perspective(const float from[8], const float to[8], double m[9]);
/* The turn, scale and shift that takes n points nearest to n others (least squares: Umeyama 1991 in the plane). */
bool stream_similarity(const float *from, const float *to, int n, double m[6]);

enum { STREAM_WARP_SIDE = 32767 }; /* the largest side of a picture that is read */
/* Fills `to` with what `from` looks like after the matrix. Channels are the same, bytes both. */
void stream_warp_perspective(const stream_plane *to, const stream_plane *from, const double m[9]);
void stream_warp_affine(const stream_plane *to, const stream_plane *from, const double m[6]);

/* Pixels of a picture as they can be warped: its own, or (NV12, NV21) made into *made, which the caller frees. `bgr`:
 * the order of those. False: float values, or a format that is not known; or no memory. */
bool stream_warp_pixels(const stream_picture *p, bool bgr, stream_plane *plane, uint8_t **made);
#endif
