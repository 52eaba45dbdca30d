/* Strips to put above and below pictures: titles of columns, and a legend of colours and names. */
#ifndef DRAW_LEGEND_H
#define DRAW_LEGEND_H
#include <secant/tensor.h>

enum { DRAW_LEGEND_TEXT = 80 };
typedef struct draw_legend_entry {
	char text[DRAW_LEGEND_TEXT]; /* UTF-8; draw_legend_name cuts it between characters */
	uint8_t rgb[3];
} draw_legend_entry;

/* At most 60 bytes of a name, whole characters of it. */
void draw_legend_name(draw_legend_entry *e, const char *name);
/* A white RGB strip of the width, as high as its rows of entries ask for. More than a picture can hold is refused. */
secant_status draw_legend(
	const draw_legend_entry *entry, int n, int width, secant_image *out, secant_err *err) SECANT_NODISCARD;
/* A white RGB strip of the width with a title over each of n columns, `first` pixels from the left and `step` apart. */
secant_status draw_titles(const char *const *title, int n, int first, int step, int width, secant_image *out,
	secant_err *err) SECANT_NODISCARD;
#endif
