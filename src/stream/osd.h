/* Drawings as messages (MxpiOsdInstances): how they are made, and how they are drawn. */
#ifndef STREAM_OSD_H
#define STREAM_OSD_H
#include "stream/picture.h"

/* Properties that elements share which make drawings. */
typedef struct stream_osd_style {
	int face, font_thickness, font_line, thickness, line;
	double scale;
	int n_colours;
	uint8_t colour[256][3]; /* R, G, B; n 0: by the class's number */
} stream_osd_style;
/* False: colorMap is no list "R,G,B|R,G,B". */
bool stream_osd_style_read(stream_worker *w, stream_osd_style *s);

/* Adds to the fields of an MxpiOsdInstances. thickness below 0: filled. */
void stream_osd_box(base_str *to, const stream_osd_style *s, const int box[4], int class_id, int thickness, bool fixed);
void stream_osd_text(base_str *to, const stream_osd_style *s, const char *text, int x, int y, bool fixed);
/* Draws an MxpiOsdInstances on a picture of bytes of three channels; `bgr`: their order. */
void stream_osd_draw(const stream_plane *p, bool bgr, format_wire instances);
#endif
