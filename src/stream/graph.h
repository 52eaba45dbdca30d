/*
 * A pipeline as marks on a sheet, which whoever draws turns into SVG (graph.c) or pixels (src/app/sheet.c): one band
 * for each stream, data from left to right.
 */
#ifndef STREAM_GRAPH_H
#define STREAM_GRAPH_H
#include "stream/stream.h"

typedef enum stream_mark_kind {
	STREAM_MARK_LINK, /* from x, y to x1, y1, with an arrow there; it leaves and arrives level */
	STREAM_MARK_META, /* the same, dashed */
	STREAM_MARK_BOX, /* x, y, and x1 wide, y1 high */
	STREAM_MARK_FAULTY, /* the same, of the element at fault */
	STREAM_MARK_TEXT /* on the line at x, y */
} stream_mark_kind;

typedef enum stream_mark_font {
	STREAM_FONT_NAME,
	STREAM_FONT_KIND,
	STREAM_FONT_PORT,
	STREAM_FONT_PORT_BEFORE, /* ends at x */
	STREAM_FONT_STREAM,
	STREAM_FONT_FAULT
} stream_mark_font;

typedef struct stream_mark {
	stream_mark_kind kind;
	stream_mark_font font;
	int x, y, x1, y1;
	char *text; /* UTF-8 without control characters */
} stream_mark;

typedef struct stream_sheet {
	stream_mark *v;
	int n, capacity, width, height;
	bool failed; /* no memory */
} stream_sheet;

enum { STREAM_LINK_BEND = 35 }; /* how far a link goes level before it turns */

/* The marks of a pipeline; false: it is none, too large, or there is no memory (err). stream_sheet_free after either.
 */
bool stream_sheet_make(stream_sheet *s, const secant_pipeline *p, secant_err *err);
void stream_sheet_free(stream_sheet *s);
#endif
