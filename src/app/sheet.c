/* A pipeline as a picture: the marks of src/stream/graph.h on paper, as the SVG has them. */
#include <secant/stream.h>
#include "draw/paper.h"
#include "stream/graph.h"

enum { STEPS = 24, ARROW = 7, MOST_PIXELS = 1 << 26 };

static const uint8_t line[3] = { 0x55, 0x55, 0x55 };

static void
draw_link(draw_paper *paper, const stream_mark *m)
{
	double x[4] = { m->x, m->x + STREAM_LINK_BEND, m->x1 - STREAM_LINK_BEND, m->x1 },
		   y[4] = { m->y, m->y, m->y1, m->y1 };
	draw_paper_ink(paper, line, 1);
	draw_paper_dash(paper, m->kind == STREAM_MARK_META ? 4 : 0, m->kind == STREAM_MARK_META ? 3 : 0);
	for (int i = 0; i <= STEPS; i++) { /* a curve of Bezier */
		double t = (double)i / STEPS, u = 1 - t, w[4] = { u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t };
		double at[2] = { 0, 0 };
		for (int k = 0; k < 4; k++) {
			at[0] += w[k] * x[k];
			at[1] += w[k] * y[k];
		}
		draw_paper_to(paper, at[0], at[1]);
	}
	draw_paper_stroke(paper);
	draw_paper_dash(paper, 0, 0);
	const double arrow[6] = { m->x1 - ARROW, m->y1 - ARROW / 2.0, m->x1, m->y1, m->x1 - ARROW, m->y1 + ARROW / 2.0 };
	draw_paper_path(paper, arrow, 3, true);
	draw_paper_fill_path(paper);
	draw_paper_stroke(paper);
}

static void
draw_box(draw_paper *paper, const stream_mark *m)
{
	static const uint8_t fill[2][3] = { { 0xEE, 0xF3, 0xFA }, { 0xFD, 0xE8, 0xE8 } },
						 edge[2][3] = { { 0x44, 0x55, 0x66 }, { 0xCC, 0, 0 } };
	bool bad = m->kind == STREAM_MARK_FAULTY;
	draw_paper_ink(paper, fill[bad], 1);
	draw_paper_fill_box(paper, m->x, m->y, m->x1, m->y1);
	draw_paper_ink(paper, edge[bad], 1);
	draw_paper_box(paper, m->x, m->y, m->x1, m->y1);
}

static void
draw_text(draw_paper *paper, const stream_mark *m)
{
	static const struct {
		double size;
		bool bold;
		uint8_t ink[3];
	} fonts[] = { [STREAM_FONT_NAME] = { 13, false, { 0x11, 0x22, 0x33 } },
		[STREAM_FONT_KIND] = { 11, false, { 0x55, 0x66, 0x77 } },
		[STREAM_FONT_PORT] = { 11, false, { 0x55, 0x66, 0x77 } },
		[STREAM_FONT_PORT_BEFORE] = { 11, false, { 0x55, 0x66, 0x77 } },
		[STREAM_FONT_STREAM] = { 15, true, { 0x11, 0x22, 0x33 } },
		[STREAM_FONT_FAULT] = { 13, false, { 0xCC, 0, 0 } } };
	draw_paper_ink(paper, fonts[m->font].ink, 1);
	draw_paper_font(paper, fonts[m->font].size, fonts[m->font].bold);
	double before = m->font == STREAM_FONT_PORT_BEFORE ? draw_paper_text_width(paper, m->text) : 0;
	draw_paper_text(paper, m->x - before, m->y, m->text);
}

secant_status
secant_pipeline_picture(const secant_pipeline *p, secant_image *out, secant_err *err)
{
	stream_sheet s;
	secant_err own = { 0 };
	draw_paper *paper = NULL;
	if (stream_sheet_make(&s, p, &own) && (int64_t)s.width * s.height > MOST_PIXELS)
		secant_fail(
			&own, SECANT_ERR_UNSUPPORTED, "a picture of %dx%d pixels is too large; SVG may be", s.width, s.height);
	if (!own.code && (paper = draw_paper_new(s.width, s.height, &own))) {
		draw_paper_pen(paper, 1);
		for (int i = 0; i < s.n; i++)
			(s.v[i].kind == STREAM_MARK_TEXT          ? draw_text
					: s.v[i].kind <= STREAM_MARK_META ? draw_link
													  : draw_box)(paper, &s.v[i]);
		(void)!draw_paper_take(paper, out, &own);
	}
	draw_paper_free(paper);
	stream_sheet_free(&s);
	return own.code ? secant_fail(err, own.code, "%s", own.msg) : SECANT_OK;
}
