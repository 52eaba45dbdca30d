/* The legend of overlays: a strip with the classes' colours and names, in as many rows as the width asks for. */
#include <stdio.h>
#include <string.h>
#include "deploy/predictor.h"
#include "draw/paper.h"

enum { LINE = 26, PAD = 10, SWATCH = 14, SIZE = 14, LONGEST = 80 };

static void
name_of(const secant_predictor *p, int class, char text[LONGEST])
{
	const char *name = secant_predictor_class_name(p, class);
	if (name && *name)
		(void)snprintf(text, LONGEST, "%.60s", name);
	else if (p->model[0].mode == BASE_MODE_BINARY)
		(void)snprintf(text, LONGEST, "foreground");
	else
		(void)snprintf(text, LONGEST, "class %d", class);
	size_t n = strlen(text);
	while (n && ((unsigned char)text[n - 1] & 0xc0) == 0x80) /* a name that was cut within a character */
		n--;
	if (n && ((unsigned char)text[n - 1] & 0xc0) == 0xc0 && strlen(text) >= 60)
		text[n - 1] = '\0';
}

/* Lays the entries out; `draw`: on paper of their size, else they are measured only. Returns the height. */
static int
lay_out(const secant_predictor *p, draw_paper *paper, int width, bool draw)
{
	double x = PAD, y = PAD;
	draw_paper_font(paper, SIZE, false);
	for (int class = 0; class < p->model[0].classes; class ++) {
		if (class == p->rules.never - 1)
			continue;
		char text[LONGEST];
		uint8_t rgb[3];
		name_of(p, class, text);
		double wide = SWATCH + 6 + draw_paper_text_width(paper, text) + 2 * PAD;
		if (x > PAD && x + wide > width) {
			x = PAD;
			y += LINE;
		}
		if (draw) {
			secant_predictor_colour(p, class, rgb);
			draw_paper_ink(paper, rgb, 1);
			draw_paper_fill_box(paper, x, y, SWATCH, SWATCH);
			draw_paper_grey(paper, .1);
			draw_paper_text(paper, x + SWATCH + 6, y + SWATCH - 2, text);
		}
		x += wide;
	}
	return (int)y + LINE;
}

secant_status
deploy_legend_draw(const secant_predictor *p, int width, secant_image *out, secant_err *err)
{
	enum { WIDEST = 4000 }; /* a drawing has 32767 pixels at most; beyond this the strip is white */
	int drawn = width < WIDEST ? width : WIDEST;
	secant_image strip = { 0 };
	draw_paper *paper = draw_paper_new(1, 1, err);
	int height = paper ? lay_out(p, paper, drawn, false) : 0;
	draw_paper_free(paper);
	if (height > 16000)
		return secant_fail(
			err, SECANT_ERR_UNSUPPORTED, "--legend: %d classes are too many for a legend", p->model[0].classes);
	if (!height || !(paper = draw_paper_new(drawn, height, err)))
		return SECANT_ERR_NOMEM;
	(void)lay_out(p, paper, drawn, true);
	secant_status status = draw_paper_take(paper, &strip, err);
	draw_paper_free(paper);
	if (!status && drawn == width) {
		*out = strip;
		return SECANT_OK;
	}
	if (!status)
		status = secant_image_new(out, width, height, 3, SECANT_U8, err);
	for (int y = 0; !status && y < height; y++) {
		uint8_t *to = (uint8_t *)out->data + 3 * (size_t)y * (size_t)width;
		memset(to, 255, 3 * (size_t)width);
		memcpy(to, (uint8_t *)strip.data + 3 * (size_t)y * (size_t)drawn, 3 * (size_t)drawn);
	}
	secant_image_free(&strip);
	return status;
}
