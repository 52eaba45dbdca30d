/*
 * A pipeline as a drawing: SVG text, one band for each stream, data from left to right. Elements stand in the column of
 * the longest way that leads to them; numbers at the ends of a link are ports other than 0; dashed links are nextMeta.
 */
#include "stream/stream.h"
#include <stdio.h>
#include <string.h>

enum {
	MOST_ELEMENTS = 2000,
	MOST_LINKS = 20000,
	WIDE = 210,
	HIGH = 44,
	STEP_X = 280,
	STEP_Y = 76,
	MARGIN = 24,
	HEAD = 34
};

typedef struct box {
	const char *name, *factory;
	int column, row;
	bool fault;
} box;

typedef struct edge {
	int from, to, from_port, to_port;
	bool meta;
} edge;

typedef struct drawing {
	secant_pipeline *p;
	base_str out;
	box *boxes;
	edge *edges;
	int n, n_edges, columns, rows, elements, links;
} drawing;

/* Text for XML: what markup means is escaped, control characters are not allowed at all. `most` characters are kept. */
static void
put_text(base_str *out, const char *text, size_t most)
{
	size_t n = 0;
	for (const char *c = text; *c; c++) {
		if (((unsigned char)*c & 0xC0) != 0x80 && n++ >= most) {
			base_str_add(out, "\u2026");
			return;
		}
		switch (*c) {
		case '<': base_str_add(out, "&lt;"); break;
		case '>': base_str_add(out, "&gt;"); break;
		case '&': base_str_add(out, "&amp;"); break;
		case '"': base_str_add(out, "&quot;"); break;
		default:
			if ((unsigned char)*c < ' ' || *c == 0x7F)
				base_str_add(out, "?");
			else
				base_str_addn(out, c, 1);
		}
	}
}

static bool
add_edges(drawing *d, base_by_name *names, int from, const json_t *list, bool meta)
{
	const json_t *item;
	for (size_t i = 0; list && (item = stream_listed(list, i)); i++) {
		int port, to;
		const char *name = json_is_string(item) ? stream_target(d->p, json_string_value(item), &port) : NULL;
		if (!name || (to = base_by_name_find(names, name)) < 0)
			continue;
		if (d->links + d->n_edges >= MOST_LINKS)
			return false;
		d->edges[d->n_edges++] = (edge){ from, to, (int)i, port, meta };
	}
	return true;
}

/* The boxes and edges of one stream. False: too many. */
static bool
gather(drawing *d, const char *stream, const json_t *json, base_by_name *names)
{
	const secant_stream_fault *f = &d->p->fault;
	int n = 0, port;
	const char **keys = stream_keys(d->p, json, &n);
	d->n = d->n_edges = 0;
	if (!keys)
		return stream_no_memory(d->p);
	for (int i = 0; i < n; i++) {
		const json_t *e = json_object_get(json, keys[i]);
		const char *factory = json_string_value(json_object_get(e, "factory"));
		if (!strcmp(keys[i], "stream_config") || !json_is_object(e))
			continue;
		if (d->elements + d->n >= MOST_ELEMENTS)
			return false;
		const char *name = stream_target(d->p, keys[i], &port);
		bool bad = f->code && !strcmp(f->stream, stream)
			&& (!strcmp(f->element, keys[i]) || (name && !strcmp(f->element, name)));
		if (!name || !base_by_name_add(names, name, d->n))
			return stream_no_memory(d->p);
		d->boxes[d->n++] = (box){ keys[i], factory ? factory : "no factory", 0, 0, bad };
	}
	for (int i = 0; i < d->n; i++) {
		const json_t *e = json_object_get(json, d->boxes[i].name);
		if (!add_edges(d, names, i, json_object_get(e, "next"), false)
			|| !add_edges(d, names, i, json_object_get(e, "nextMeta"), true))
			return false;
	}
	return true;
}

/* Columns by the longest way; a ring ends after as many rounds as there are elements. Unused columns are closed up. */
static void
place(drawing *d)
{
	int rows[MOST_ELEMENTS + 1] = { 0 }, shift[MOST_ELEMENTS + 1] = { 0 };
	bool moved = true;
	for (int round = 0; moved && round < d->n; round++) {
		moved = false;
		for (int i = 0; i < d->n_edges; i++) {
			const edge *e = &d->edges[i];
			int column = d->boxes[e->from].column + 1;
			if (!e->meta && column > d->boxes[e->to].column && column < d->n) {
				d->boxes[e->to].column = column;
				moved = true;
			}
		}
	}
	for (int i = 0; i < d->n; i++)
		rows[d->boxes[i].column]++;
	d->columns = d->rows = 0;
	for (int c = 0; c < d->n; c++) {
		shift[c] = d->columns;
		d->columns += rows[c] > 0;
		rows[c] = 0;
	}
	for (int i = 0; i < d->n; i++) {
		box *b = &d->boxes[i];
		b->column = shift[b->column];
		b->row = rows[b->column]++;
		d->rows = b->row + 1 > d->rows ? b->row + 1 : d->rows;
	}
}

static void
draw_edge(drawing *d, const edge *e, int top)
{
	const box *a = &d->boxes[e->from], *b = &d->boxes[e->to];
	int x0 = MARGIN + a->column * STEP_X + WIDE, y0 = top + a->row * STEP_Y + HIGH / 2;
	int x1 = MARGIN + b->column * STEP_X, y1 = top + b->row * STEP_Y + HIGH / 2, bend = (STEP_X - WIDE) / 2;
	/* Links to the same element end side by side. */
	y1 += e->to_port > 0 ? (e->to_port % 3) * 8 : 0;
	base_str_addf(&d->out,
		"<path d=\"M%d %d C%d %d %d %d %d %d\" fill=\"none\" stroke=\"#555\"%s marker-end=\"url(#arrow)\"/>\n", x0, y0,
		x0 + bend, y0, x1 - bend, y1, x1, y1, e->meta ? " stroke-dasharray=\"4 3\"" : "");
	if (e->from_port && !e->meta)
		base_str_addf(&d->out, "<text x=\"%d\" y=\"%d\" class=\"port\">%d</text>\n", x0 + 4, y0 - 4, e->from_port);
	if (e->to_port > 0)
		base_str_addf(&d->out, "<text x=\"%d\" y=\"%d\" class=\"port\" text-anchor=\"end\">%d</text>\n", x1 - 10,
			y1 - 4, e->to_port);
}

static void
draw_box(drawing *d, const box *b, int top)
{
	int x = MARGIN + b->column * STEP_X, y = top + b->row * STEP_Y;
	base_str_addf(&d->out,
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" fill=\"%s\" stroke=\"%s\"/>\n<text x=\"%d\" "
		"y=\"%d\">",
		x, y, WIDE, HIGH, b->fault ? "#fde8e8" : "#eef3fa", b->fault ? "#c00" : "#456", x + 10, y + 18);
	put_text(&d->out, b->name, 28);
	base_str_addf(&d->out, "</text>\n<text x=\"%d\" y=\"%d\" class=\"kind\">", x + 10, y + 35);
	put_text(&d->out, b->factory, 32);
	base_str_add(&d->out, "</text>\n");
}

/* One stream below what is there; returns where the next begins. */
static int
draw_stream(drawing *d, const char *name, int top, int *wide)
{
	base_str_addf(&d->out, "<text x=\"%d\" y=\"%d\" class=\"stream\">", MARGIN, top + 18);
	put_text(&d->out, name, 100);
	base_str_add(&d->out, "</text>\n");
	top += HEAD;
	for (int i = 0; i < d->n_edges; i++)
		draw_edge(d, &d->edges[i], top);
	for (int i = 0; i < d->n; i++)
		draw_box(d, &d->boxes[i], top);
	int right = 2 * MARGIN + (d->columns ? (d->columns - 1) * STEP_X + WIDE : 0);
	*wide = right > *wide ? right : *wide;
	return top + d->rows * STEP_Y;
}

static const char head[] =
	"<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" "
	"markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#555\"/></marker></defs>\n"
	"<style>text{font:13px sans-serif;fill:#123}.kind,.port{font-size:11px;fill:#567}"
	".stream{font-weight:bold;font-size:15px}.fault{fill:#c00}</style>\n";

static bool
draw(drawing *d, int *wide, int *high)
{
	int n = 0, top = MARGIN / 2;
	const char **names = stream_keys(d->p, d->p->root, &n);
	if (!names)
		return stream_no_memory(d->p);
	for (int i = 0; i < n; i++) {
		const json_t *stream = json_object_get(d->p->root, names[i]);
		base_by_name by_name = { 0 };
		bool fine = gather(d, names[i], stream, &by_name);
		base_by_name_free(&by_name);
		if (!fine)
			return false;
		place(d);
		top = draw_stream(d, names[i], top, wide);
		d->elements += d->n;
		d->links += d->n_edges;
	}
	const secant_stream_fault *f = &d->p->fault;
	if (f->code) {
		base_str_addf(&d->out, "<text x=\"%d\" y=\"%d\" class=\"fault\">%d %s: ", MARGIN, top + 18, f->code, f->name);
		put_text(&d->out, f->element, 60);
		base_str_add(&d->out, *f->element ? ": " : "");
		put_text(&d->out, f->message, 200);
		base_str_add(&d->out, "</text>\n");
		top += HEAD;
		*wide = *wide < 900 ? 900 : *wide;
	}
	*high = top + MARGIN / 2;
	return true;
}

char *
secant_pipeline_svg(const secant_pipeline *p, secant_err *err)
{
	/* The arena of the pipeline takes names: nothing that can be seen from outside changes. */
	drawing d = { .p = (secant_pipeline *)p };
	base_str whole = { 0 };
	int wide = 2 * MARGIN + 300, high = 0;
	if (!json_is_object(p->root)) {
		secant_fail(err, SECANT_ERR_FORMAT, "there is nothing to draw: %s", p->fault.message);
		return NULL;
	}
	d.boxes = secant_calloc(MOST_ELEMENTS, sizeof *d.boxes);
	d.edges = secant_calloc(MOST_LINKS, sizeof *d.edges);
	if (!d.boxes || !d.edges || !draw(&d, &wide, &high)) {
		bool short_of = !d.boxes || !d.edges || p->no_memory;
		secant_fail(err, short_of ? SECANT_ERR_NOMEM : SECANT_ERR_UNSUPPORTED,
			short_of ? "no memory for a drawing" : "a drawing has at most %d elements and %d links", (int)MOST_ELEMENTS,
			(int)MOST_LINKS);
	} else {
		base_str_addf(&whole,
			"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n%s"
			"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
			wide, high, wide, high, head);
		if (d.out.failed)
			whole.failed = true;
		else
			base_str_addn(&whole, d.out.p, d.out.n);
		base_str_add(&whole, "</svg>\n");
	}
	secant_free(d.boxes);
	secant_free(d.edges);
	base_str_free(&d.out);
	char *text = err && err->code ? NULL : base_str_take(&whole);
	base_str_free(&whole);
	if (!text)
		secant_fail(err, SECANT_ERR_NOMEM, "no memory for a drawing");
	return text;
}
