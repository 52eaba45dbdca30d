/*
 * A pipeline as a drawing, and as SVG; see graph.h. Elements stand in the column of the longest way that leads to them;
 * numbers at the ends of a link are ports other than 0; dashed links are nextMeta.
 */
#include "stream/graph.h"
#include <stdio.h>
#include <string.h>

enum {
	MOST_ELEMENTS = 2000,
	MOST_LINKS = 20000,
	WIDE = 210,
	HIGH = 44,
	STEP_X = WIDE + 2 * STREAM_LINK_BEND,
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
	stream_sheet *out;
	box *boxes;
	edge *edges;
	int n, n_edges, columns, rows, elements, links;
} drawing;

/* Adds text to a mark: control characters are "?", `most` characters are kept. */
static void
put_text(base_str *out, const char *text, size_t most)
{
	size_t n = 0;
	for (const char *c = text; *c; c++) {
		if (((unsigned char)*c & 0xC0) != 0x80 && n++ >= most) {
			base_str_add(out, "\u2026");
			return;
		}
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			base_str_add(out, "?");
		else
			base_str_addn(out, c, 1);
	}
}

static void
add_mark(stream_sheet *s, const stream_mark *m)
{
	if (s->failed || base_grow((void **)&s->v, &s->capacity, s->n, sizeof *s->v)) {
		s->failed = true;
		secant_free(m->text);
	} else
		s->v[s->n++] = *m;
}

/* Takes what `text` holds. */
static void
add_text(stream_sheet *s, stream_mark_font font, int x, int y, base_str *text)
{
	base_str_add(text, ""); /* a name may have no letters */
	char *own = base_str_take(text);
	s->failed = s->failed || !own;
	base_str_free(text);
	if (own)
		add_mark(s, &(stream_mark){ .kind = STREAM_MARK_TEXT, .font = font, .x = x, .y = y, .text = own });
}

static void
add_number(stream_sheet *s, stream_mark_font font, int x, int y, int number)
{
	base_str text = { 0 };
	base_str_addf(&text, "%d", number);
	add_text(s, font, x, y, &text);
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
	int x1 = MARGIN + b->column * STEP_X, y1 = top + b->row * STEP_Y + HIGH / 2;
	/* Links to the same element end side by side. */
	y1 += e->to_port > 0 ? (e->to_port % 3) * 8 : 0;
	add_mark(d->out,
		&(stream_mark){ .kind = e->meta ? STREAM_MARK_META : STREAM_MARK_LINK, .x = x0, .y = y0, .x1 = x1, .y1 = y1 });
	if (e->from_port && !e->meta)
		add_number(d->out, STREAM_FONT_PORT, x0 + 4, y0 - 4, e->from_port);
	if (e->to_port > 0)
		add_number(d->out, STREAM_FONT_PORT_BEFORE, x1 - 10, y1 - 4, e->to_port);
}

static void
draw_box(drawing *d, const box *b, int top)
{
	int x = MARGIN + b->column * STEP_X, y = top + b->row * STEP_Y;
	base_str name = { 0 }, factory = { 0 };
	put_text(&name, b->name, 28);
	put_text(&factory, b->factory, 32);
	add_mark(d->out,
		&(stream_mark){
			.kind = b->fault ? STREAM_MARK_FAULTY : STREAM_MARK_BOX, .x = x, .y = y, .x1 = WIDE, .y1 = HIGH });
	add_text(d->out, STREAM_FONT_NAME, x + 10, y + 18, &name);
	add_text(d->out, STREAM_FONT_KIND, x + 10, y + 35, &factory);
}

/* One stream below what is there; returns where the next begins. */
static int
draw_stream(drawing *d, const char *name, int top)
{
	base_str title = { 0 };
	put_text(&title, name, 100);
	add_text(d->out, STREAM_FONT_STREAM, MARGIN, top + 18, &title);
	top += HEAD;
	for (int i = 0; i < d->n_edges; i++)
		draw_edge(d, &d->edges[i], top);
	for (int i = 0; i < d->n; i++)
		draw_box(d, &d->boxes[i], top);
	int right = 2 * MARGIN + (d->columns ? (d->columns - 1) * STEP_X + WIDE : 0);
	d->out->width = right > d->out->width ? right : d->out->width;
	return top + d->rows * STEP_Y;
}

static bool
draw(drawing *d)
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
		top = draw_stream(d, names[i], top);
		d->elements += d->n;
		d->links += d->n_edges;
	}
	const secant_stream_fault *f = &d->p->fault;
	if (f->code) {
		base_str text = { 0 };
		base_str_addf(&text, "%d %s: ", f->code, f->name);
		put_text(&text, f->element, 60);
		base_str_add(&text, *f->element ? ": " : "");
		put_text(&text, f->message, 200);
		add_text(d->out, STREAM_FONT_FAULT, MARGIN, top + 18, &text);
		top += HEAD;
		d->out->width = d->out->width < 900 ? 900 : d->out->width;
	}
	d->out->height = top + MARGIN / 2;
	return true;
}

bool
stream_sheet_make(stream_sheet *s, const secant_pipeline *p, secant_err *err)
{
	/* The arena of the pipeline takes names: nothing that can be seen from outside changes. */
	drawing d = { .p = (secant_pipeline *)p, .out = s };
	*s = (stream_sheet){ .width = 2 * MARGIN + 300 };
	if (!json_is_object(p->root)) {
		secant_fail(err, SECANT_ERR_FORMAT, "there is nothing to draw: %s", p->fault.message);
		return false;
	}
	d.boxes = secant_calloc(MOST_ELEMENTS, sizeof *d.boxes);
	d.edges = secant_calloc(MOST_LINKS, sizeof *d.edges);
	bool fine = d.boxes && d.edges && draw(&d) && !s->failed;
	bool short_of = !d.boxes || !d.edges || p->no_memory || s->failed;
	if (!fine)
		secant_fail(err, short_of ? SECANT_ERR_NOMEM : SECANT_ERR_UNSUPPORTED,
			short_of ? "no memory for a drawing" : "a drawing has at most %d elements and %d links", (int)MOST_ELEMENTS,
			(int)MOST_LINKS);
	secant_free(d.boxes);
	secant_free(d.edges);
	return fine;
}

void
stream_sheet_free(stream_sheet *s)
{
	for (int i = 0; i < s->n; i++)
		secant_free(s->v[i].text);
	secant_free(s->v);
	*s = (stream_sheet){ 0 };
}

/* ---- SVG ---- */

static const char head[] =
	"<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" "
	"markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#555\"/></marker></defs>\n"
	"<style>text{font:13px sans-serif;fill:#123}.kind,.port{font-size:11px;fill:#567}"
	".stream{font-weight:bold;font-size:15px}.fault{fill:#c00}</style>\n";

static void
write_mark(base_str *out, const stream_mark *m)
{
	static const char *const fonts[] = { "", " class=\"kind\"", " class=\"port\"",
		" class=\"port\" text-anchor=\"end\"", " class=\"stream\"", " class=\"fault\"" };
	bool bad = m->kind == STREAM_MARK_FAULTY;
	switch (m->kind) {
	case STREAM_MARK_LINK:
	case STREAM_MARK_META:
		base_str_addf(out,
			"<path d=\"M%d %d C%d %d %d %d %d %d\" fill=\"none\" stroke=\"#555\"%s marker-end=\"url(#arrow)\"/>\n",
			m->x, m->y, m->x + STREAM_LINK_BEND, m->y, m->x1 - STREAM_LINK_BEND, m->y1, m->x1, m->y1,
			m->kind == STREAM_MARK_META ? " stroke-dasharray=\"4 3\"" : "");
		return;
	case STREAM_MARK_BOX:
	case STREAM_MARK_FAULTY:
		base_str_addf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" fill=\"%s\" stroke=\"%s\"/>\n",
			m->x, m->y, m->x1, m->y1, bad ? "#fde8e8" : "#eef3fa", bad ? "#c00" : "#456");
		return;
	case STREAM_MARK_TEXT:
		base_str_addf(out, "<text x=\"%d\" y=\"%d\"%s>", m->x, m->y, fonts[m->font]);
		base_str_add_markup(out, m->text);
		base_str_add(out, "</text>\n");
	}
}

char *
secant_pipeline_svg(const secant_pipeline *p, secant_err *err)
{
	stream_sheet s;
	base_str whole = { 0 };
	char *text = NULL;
	if (stream_sheet_make(&s, p, err)) {
		base_str_addf(&whole,
			"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n%s"
			"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
			s.width, s.height, s.width, s.height, head);
		for (int i = 0; i < s.n; i++)
			write_mark(&whole, &s.v[i]);
		base_str_add(&whole, "</svg>\n");
		if (!(text = base_str_take(&whole)))
			secant_fail(err, SECANT_ERR_NOMEM, "no memory for a drawing");
	}
	base_str_free(&whole);
	stream_sheet_free(&s);
	return text;
}
