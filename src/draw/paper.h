/*
 * Paper: a picture to draw on, for rooms that draw and need not know by what. Colours are 8 bit, alpha and lengths are
 * real; text is UTF-8, bytes that are none are drawn as "?". Calls after a failure do nothing: draw_paper_take says it.
 */
#ifndef DRAW_PAPER_H
#define DRAW_PAPER_H
#include <secant/tensor.h>

typedef struct draw_paper draw_paper;

/* White. NULL and err: no memory. Freed with draw_paper_free (NULL is fine). */
draw_paper *draw_paper_new(int width, int height, secant_err *err);
void draw_paper_free(draw_paper *p);
/* What was drawn, as RGB; the paper may be drawn on further. */
secant_status draw_paper_take(draw_paper *p, secant_image *out, secant_err *err) SECANT_NODISCARD;

void draw_paper_ink(draw_paper *p, const uint8_t rgb[3], double alpha);
void draw_paper_grey(draw_paper *p, double light); /* 0 black, 1 white */
void draw_paper_pen(draw_paper *p, double width);
void draw_paper_dash(draw_paper *p, double on, double off); /* 0, 0: none */
void draw_paper_font(draw_paper *p, double size, bool bold);

void draw_paper_text(draw_paper *p, double x, double y, const char *text); /* y: the baseline */
double draw_paper_text_width(draw_paper *p, const char *text);
void draw_paper_fill_box(draw_paper *p, double x, double y, double width, double height);
void draw_paper_box(draw_paper *p, double x, double y, double width, double height); /* its outline */
/* A path of one or more pieces, filled by the even-odd rule and kept, then drawn along its outline and gone. */
void draw_paper_path(draw_paper *p, const double *xy, int n, bool closed);
void draw_paper_to(draw_paper *p, double x, double y); /* a line from the last point; the first one begins */
void draw_paper_fill_path(draw_paper *p);
void draw_paper_stroke(draw_paper *p);

void draw_paper_picture(draw_paper *p, const secant_image *rgb, double x, double y); /* 8 bit, 3 channels */
void draw_paper_mask(draw_paper *p, const uint8_t *mask, int width, int height); /* ink where it is not 0 */
/* Draws within a box only, whose corner becomes the origin, everything `scale` times as large; until leave. */
void draw_paper_enter(draw_paper *p, double x, double y, double width, double height, double scale);
void draw_paper_leave(draw_paper *p);
#endif
