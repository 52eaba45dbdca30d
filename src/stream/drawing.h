/*
 * Drawing on pixels: lines, boxes, circles and text. Sizes of text are OpenCV's (measured widths of its nine fonts);
 * letters are plain strokes of our own in their places, and ends of lines are round.
 */
#ifndef STREAM_DRAWING_H
#define STREAM_DRAWING_H
#include "stream/opencv.h"

typedef struct stream_pen {
	uint8_t colour[3]; /* in the order of the plane's channels */
	int thickness; /* below 0: filled */
	bool four; /* a thin line goes from a pixel to one of its four neighbours, not eight */
} stream_pen;

/* On interleaved bytes of three channels; what lies outside is left out. */
void stream_draw_line(const stream_plane *p, double x0, double y0, double x1, double y1, const stream_pen *pen);
/* The same, of a thickness of at least 2: thick_line.c. */
void stream_draw_thick_line(const stream_plane *p, double x0, double y0, double x1, double y1, const stream_pen *pen);
/* A circle as a polygon: cv2's of a thickness of at least 2 or with lineType 4. */
void stream_draw_round(const stream_plane *p, double x, double y, double radius, const stream_pen *pen);
/* Cuts a line between whole pixels x0 y0 x1 y1 to the picture and `about` pixels about it; false: none is left. */
bool stream_clip_line(const stream_plane *p, int about, double v[4]);
void stream_draw_box(const stream_plane *p, double x0, double y0, double x1, double y1, const stream_pen *pen);
void stream_draw_circle(const stream_plane *p, double x, double y, double radius, const stream_pen *pen);
/* (x, y) is the left end of the line that letters stand on; `below`: of the lower edge of the picture upwards. */
void stream_draw_text(const stream_plane *p, const char *text, double x, double y, int face, double scale, bool upside,
	const stream_pen *pen);
/* As cv2.getTextSize. */
void stream_text_size(const char *text, int face, double scale, int thickness, int *width, int *height, int *below);
#endif
