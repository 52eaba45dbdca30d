/* Strips of titles and legends. See legend.h. */
#include "draw/legend.h"
#include <stdio.h>
#include <string.h>
#include "draw/paper.h"

enum { LINE = 26, PAD = 10, SWATCH = 14, SIZE = 14, LONGEST_NAME = 60 };

void
draw_legend_name(draw_legend_entry *e, const char *name)
{
	(void)snprintf(e->text, sizeof e->text, "%.*s", LONGEST_NAME, name);
	size_t n = strlen(e->text);
	if (n < LONGEST_NAME)
		return;
	while (n && ((unsigned char)e->text[n - 1] & 0xc0) == 0x80) /* a name that was cut within a character */
		n--;
	if (n && ((unsigned char)e->text[n - 1] & 0xc0) == 0xc0)
		n--;
	e->text[n] = '\0';
}

/* Lays the entries out; `draw`: on paper of their size, else they are measured only. Returns the height. */
static int
lay_out(const draw_legend_entry *entry, int n, draw_paper *paper, int width, bool draw)
{
	double x = PAD, y = PAD;
	draw_paper_font(paper, SIZE, false);
	for (int i = 0; i < n; i++) {
		double wide = SWATCH + 6 + draw_paper_text_width(paper, entry[i].text) + 2 * PAD;
		if (x > PAD && x + wide > width) {
			x = PAD;
			y += LINE;
		}
		if (draw) {
			draw_paper_ink(paper, entry[i].rgb, 1);
			draw_paper_fill_box(paper, x, y, SWATCH, SWATCH);
			draw_paper_grey(paper, .1);
			draw_paper_text(paper, x + SWATCH + 6, y + SWATCH - 2, entry[i].text);
		}
		x += wide;
	}
	return (int)y + LINE;
}

secant_status
draw_legend(const draw_legend_entry *entry, int n, int width, secant_image *out, secant_err *err)
{
	enum { WIDEST = 4000 }; /* a drawing has 32767 pixels at most; beyond this the strip is white */
	int drawn = width < WIDEST ? width : WIDEST;
	secant_image strip = { 0 };
	draw_paper *paper = draw_paper_new(1, 1, err);
	int height = paper ? lay_out(entry, n, paper, drawn, false) : 0;
	draw_paper_free(paper);
	if (height > 16000)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "--legend: %d classes are too many for a legend", n);
	if (!height || !(paper = draw_paper_new(drawn, height, err)))
		return SECANT_ERR_NOMEM;
	(void)lay_out(entry, n, paper, drawn, true);
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

secant_status
draw_titles(const char *const *title, int n, int first, int step, int width, secant_image *out, secant_err *err)
{
	draw_paper *paper = draw_paper_new(width, LINE, err);
	if (!paper)
		return SECANT_ERR_NOMEM;
	draw_paper_font(paper, SIZE, true);
	draw_paper_grey(paper, .1);
	for (int i = 0; i < n; i++)
		draw_paper_text(paper, first + (double)i * step, LINE - 8, title[i]);
	secant_status status = draw_paper_take(paper, out, err);
	draw_paper_free(paper);
	return status;
}
