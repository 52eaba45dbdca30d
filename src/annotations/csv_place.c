/*
 * Where the object of a CSV's row lies: corners or sizes in columns of their own, a list of four numbers, four corners,
 * or polygons as text: [[x, y], ...], [(x, y), ...], [x, y, ...], [[x, y, ...], ...] of several parts, POLYGON ((x y,
 * ...)).
 */
#include "annotations/csv_boxes.h"

/* The four numbers of a "bbox" column: [x, y, w, h], with or without brackets. */
static bool
bbox_numbers(ann_field f, double box[4])
{
	int n = 0;
	const char *p = f.p;
	while (p < f.end) {
		if (strchr("[](), ;", *p)) {
			p++;
			continue;
		}
		double v;
		p = ann_number(p, f.end, &v);
		if (!p || n == 4)
			return false;
		box[n++] = v;
	}
	return n == 4;
}

/* A number with a decimal comma, as tables have it where fields are parted by semicolons. */
static bool
comma_number(ann_field f, double *v)
{
	char text[64];
	size_t n = ann_len(f);
	char *comma;
	if (n >= sizeof text)
		return false;
	memcpy(text, f.p, n);
	text[n] = 0;
	if (!(comma = strchr(text, ',')))
		return false;
	*comma = '.';
	return ann_real(text, text + n, v);
}

/* Numbers of a text and where its rings end: a bracket that holds more than the two numbers of a point, or points. */
typedef struct outline {
	double *xy;
	int *part, n, capacity, parts, parts_capacity;
} outline;

static bool
end_ring(outline *l, int from)
{
	int n = l->n - from;
	if (n < 6 || n & 1 || base_grow((void **)&l->part, &l->parts_capacity, l->parts, sizeof *l->part))
		return false;
	l->part[l->parts++] = n / 2;
	return true;
}

static bool
read_outline(outline *l, const char *p, const char *end)
{
	enum { MOST = 1 << 24 };
	int held = 0, from = 0; /* numbers since the last bracket, and the first that is of no ring */
	for (double v; p < end;) {
		const char *next = strchr("[](), ;\t\n", *p) ? NULL : ann_number(p, end, &v);
		if (next) {
			if (l->n == MOST || !isfinite(v) || base_grow((void **)&l->xy, &l->capacity, l->n, sizeof *l->xy))
				return false;
			l->xy[l->n++] = v;
			held++;
			p = next;
			continue;
		}
		if (!strchr("[](), ;\t\n", *p))
			return false;
		bool closes = *p == ']' || *p == ')';
		if (closes && (held > 2 || (!held && l->n > from))) {
			if (!end_ring(l, from))
				return false;
			from = l->n;
		} else if (closes && held == 1)
			return false;
		held = closes || *p == '[' || *p == '(' ? 0 : held;
		p++;
	}
	return l->parts && from == l->n;
}

/* The polygons of a text, in the set; 0: it is none. */
static uint32_t
polygons_of(ann_set *s, ann_field f)
{
	static const char wkt[] = "POLYGON";
	outline l = { .n = 0 };
	uint32_t shape = 0;
	bool text = ann_starts(f, wkt), sound = read_outline(&l, f.p + (text ? strlen(wkt) : 0), f.end);
	if (sound && !(text && l.parts > 1)) { /* WKT's second ring is a hole */
		const double *xy = l.xy;
		shape = ann_polygon_begin(s, l.parts);
		for (int i = 0; i < l.parts; xy += 2 * l.part[i++])
			ann_polygon_part(s, xy, l.part[i]);
	}
	secant_free(l.xy), secant_free(l.part);
	return shape;
}

/* Run lengths and other texts that have the same column names are attributes. */
static bool
is_polygon(ann_field f)
{
	return f.p && ann_len(f) && (*f.p == '[' || *f.p == '(' || ann_starts(f, "POLYGON"));
}

secant_status
ann_csv_place(
	ann_set *s, const ann_field v[KNOWN], ann_row_place *p, const char *origin, uint32_t line, secant_err *err)
{
	*p = (ann_row_place){ .has = false };
	if (is_polygon(v[POLYGON])) {
		if (!(p->shape = polygons_of(s, v[POLYGON])))
			return ann_bad(s, "polygon-odd", origin, line, 0, err,
				"'%.*s' is no polygon: [[x, y], [x, y], [x, y], ...]",
				(int)(ann_len(v[POLYGON]) > 60 ? 60 : ann_len(v[POLYGON])), v[POLYGON].p);
		p->has = true;
		p->flags = ANN_BOX_DERIVED;
		return SECANT_OK;
	}
	if (v[BBOX].p && ann_len(v[BBOX])) {
		if (!bbox_numbers(v[BBOX], p->xy))
			return ann_bad(s, "parse-error", origin, line, 0, err, "'%.*s' is no box of four numbers",
				(int)(ann_len(v[BBOX]) > 60 ? 60 : ann_len(v[BBOX])), v[BBOX].p);
		p->has = true;
		p->flags = ANN_XYWH;
		return SECANT_OK;
	}
	bool centre = v[CX].p && ann_len(v[CX]), corner = v[X1].p && ann_len(v[X1]),
		 quad = corner && v[X3].p && ann_len(v[X3]) && v[X4].p && ann_len(v[X4]);
	if (!centre && (!v[X0].p || !ann_len(v[X0])))
		return SECANT_OK;
	const int box[4] = { centre ? CX : X0, centre ? CY : Y0, corner && !centre ? X1 : BOX_W,
		corner && !centre ? Y1 : BOX_H },
			  corners[8] = { X0, Y0, X1, Y1, X3, Y3, X4, Y4 };
	for (int i = 0; i < (quad ? 8 : 4); i++) {
		ann_field f = v[quad ? corners[i] : box[i]];
		if (!f.p || !(ann_real(f.p, f.end, &p->xy[i]) || comma_number(f, &p->xy[i])))
			return ann_bad(s, "parse-error", origin, line, 0, err, "coordinate %d of the box is no number", i + 1);
	}
	if (centre)
		p->xy[0] -= p->xy[2] / 2, p->xy[1] -= p->xy[3] / 2;
	p->has = true;
	p->corners = quad;
	p->flags = quad ? ANN_BOX_DERIVED : corner && !centre ? 0u : ANN_XYWH;
	if (!ann_finite(p->xy, quad ? 8 : 4))
		return ann_bad(s, "value-not-finite", origin, line, 0, err, "a coordinate is not finite");
	return SECANT_OK;
}
