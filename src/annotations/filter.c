/*
 * The expressions of `secant data filter`:
 *
 *     or   := and { "or" and }           and := not { "and" not }          not := "not" not | "(" or ")" | test
 *     test := field op value | field "in" "(" value { "," value } ")"      op  := = != < <= > >= ~
 *
 * Values with spaces or signs stand in quotes; ~ compares with a pattern of * and ?. Tests are kept as a flat program
 * in postfix order, so that nothing nests deeper than the text, which is limited.
 */
#include "annotations/dataset.h"
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <strings.h>

enum { TOKENS = 512, DEPTH = 100 };
typedef enum field {
	F_CLASS,
	F_WIDTH,
	F_HEIGHT,
	F_AREA,
	F_X0,
	F_Y0,
	F_X1,
	F_Y1,
	F_ASPECT,
	F_CROWD,
	F_DIFFICULT,
	F_SPLIT,
	F_NAME,
	F_IMAGE_WIDTH,
	F_IMAGE_HEIGHT,
	F_OBJECTS,
	F_ATTRIBUTE
} field;
static const char *const fields[] = {
	"class",
	"width",
	"height",
	"area",
	"x0",
	"y0",
	"x1",
	"y1",
	"aspect",
	"crowd",
	"difficult",
	"split",
	"name",
	"image_width",
	"image_height",
	"objects",
	NULL,
};
typedef enum op { EQ, NE, LT, LE, GT, GE, LIKE, AND, OR, NOT } op;
static const char *const ops[] = { "=", "!=", "<", "<=", ">", ">=", "~" };

typedef struct step {
	op op;
	field field;
	char text[200], attribute[100];
	double number;
	bool numeric;
} step;
typedef struct parser {
	const char *start, *p;
	const ann_set *set;
	step program[TOKENS];
	int n, depth;
	secant_err *err;
	bool failed, objects;
} parser;

static bool
fail(parser *q, const char *what)
{
	if (!q->failed)
		(void)secant_fail(q->err, SECANT_ERR_ARG, "expression, character %d: %s", (int)(q->p - q->start) + 1, what);
	q->failed = true;
	return false;
}

static void
space(parser *q)
{
	while (isspace((unsigned char)*q->p))
		q->p++;
}

static bool
word(parser *q, const char *w)
{
	space(q);
	size_t n = strlen(w);
	if (strncasecmp(q->p, w, n) || isalnum((unsigned char)q->p[n]) || q->p[n] == '_')
		return false;
	q->p += n;
	return true;
}

static step *
add(parser *q)
{
	if (q->n == TOKENS) {
		fail(q, "the expression is too long");
		return NULL;
	}
	return &q->program[q->n++];
}

static bool
value(parser *q, step *s)
{
	space(q);
	char quote = *q->p == '"' || *q->p == '\'' ? *q->p++ : 0;
	size_t n = 0;
	while (*q->p && (quote ? *q->p != quote : !isspace((unsigned char)*q->p) && !strchr("(),=<>!~", *q->p))) {
		if (n + 1 >= sizeof s->text)
			return fail(q, "a value is too long");
		s->text[n++] = *q->p++;
	}
	s->text[n] = 0;
	if (quote && *q->p++ != quote)
		return q->p--, fail(q, "a quote without its end");
	if (!n && !quote)
		return fail(q, "a value is missing");
	s->numeric = !quote && ann_real(s->text, s->text + n, &s->number);
	if (!strcasecmp(s->text, "true") || !strcasecmp(s->text, "false"))
		s->numeric = true, s->number = s->text[0] == 't' || s->text[0] == 'T';
	return true;
}

static bool
is_text(field f)
{
	return f == F_CLASS || f == F_NAME || f == F_SPLIT || f == F_ATTRIBUTE;
}

/* A value that its field can have: a number, or a class of the set. */
static bool
sound(parser *q, const step *t)
{
	const ann_set *s = q->set;
	char what[400];
	if (!is_text(t->field) && (!t->numeric || t->op == LIKE)) {
		snprintf(what, sizeof what, "%s is a number, and '%.100s' is %s", fields[t->field], t->text,
			t->op == LIKE ? "a pattern" : "none");
		return fail(q, what);
	}
	if (!s || t->field != F_CLASS || (t->op != EQ && t->op != NE && t->op != LIKE))
		return true;
	bool any = false;
	for (int i = 0; i < s->n_classes && !any; i++) {
		const char *name = ann_str(s, s->classes[i].name);
		any = t->op == LIKE ? !fnmatch(t->text, name, 0) : !strcmp(t->text, name);
	}
	if (any || (!*t->text && t->op != LIKE)) /* '' are objects without class */
		return true;
	const char *near = NULL;
	int least = 0;
	for (int i = 0; i < s->n_classes; i++) {
		const char *name = ann_str(s, s->classes[i].name);
		int d = base_edit_distance(t->text, name);
		if (!near || d < least)
			near = name, least = d;
	}
	snprintf(what, sizeof what, "no class %s '%.100s'%s%.100s%s", t->op == LIKE ? "is like" : "is called", t->text,
		near ? " (nearest: " : "; the data set has no classes", near ? near : "", near ? ")" : "");
	return fail(q, what);
}

static bool
test(parser *q)
{
	step s = { .op = EQ };
	size_t n = 0;
	space(q);
	while (isalnum((unsigned char)q->p[n]) || q->p[n] == '_' || q->p[n] == '.')
		n++;
	int f = 0;
	while (fields[f] && (strlen(fields[f]) != n || strncmp(fields[f], q->p, n)))
		f++;
	if (!fields[f] && !strncmp(q->p, "attr.", 5) && n > 5 && n < 100) {
		memcpy(s.attribute, q->p + 5, n - 5);
		f = F_ATTRIBUTE;
	} else if (!fields[f])
		return fail(q,
			n ? "no such field (class, width, height, area, x0, y0, x1, y1, aspect, crowd, difficult, split, name, "
				"image_width, image_height, "
				"objects, attr.NAME)"
			  : "a field is missing");
	q->p += n;
	s.field = (field)f;
	q->objects = q->objects
		|| (f != F_SPLIT && f != F_NAME && f != F_IMAGE_WIDTH && f != F_IMAGE_HEIGHT && f != F_OBJECTS);
	if (word(q, "in")) {
		space(q);
		if (*q->p++ != '(')
			return q->p--, fail(q, "'(' is missing after in");
		for (int i = 0;; i++) {
			step *t;
			if (!value(q, &s) || !(t = add(q)))
				return false;
			*t = s;
			if (!sound(q, t))
				return false;
			if (i && (t = add(q)))
				t->op = OR;
			space(q);
			if (*q->p == ')')
				return q->p++, true;
			if (*q->p++ != ',')
				return q->p--, fail(q, "',' or ')' is missing");
		}
	}
	space(q);
	int best = -1;
	for (int i = 0; i < 7; i++)
		if (!strncmp(q->p, ops[i], strlen(ops[i])) && (best < 0 || strlen(ops[i]) > strlen(ops[best])))
			best = i;
	if (best < 0)
		return fail(q, "one of = != < <= > >= ~ in is missing");
	q->p += strlen(ops[best]);
	q->p += best == EQ && *q->p == '=';
	s.op = (op)best;
	step *t;
	if (!value(q, &s) || !(t = add(q)))
		return false;
	*t = s;
	return sound(q, t);
}

static bool either(parser *q);

static bool
negation(parser *q)
{
	if (++q->depth > DEPTH)
		return fail(q, "more than 100 levels");
	bool good;
	space(q);
	if (word(q, "not")) {
		step *t;
		good = negation(q) && (t = add(q));
		if (good)
			q->program[q->n - 1].op = NOT;
	} else if (*q->p == '(') {
		q->p++;
		good = either(q);
		space(q);
		if (good && *q->p++ != ')')
			q->p--, good = fail(q, "')' is missing");
	} else
		good = test(q);
	q->depth--;
	return good;
}

static bool
both(parser *q)
{
	bool good = negation(q);
	while (good && word(q, "and")) {
		good = negation(q) && add(q);
		if (good)
			q->program[q->n - 1].op = AND;
	}
	return good;
}

static bool
either(parser *q)
{
	bool good = both(q);
	while (good && word(q, "or")) {
		good = both(q) && add(q);
		if (good)
			q->program[q->n - 1].op = OR;
	}
	return good;
}

/* The value of a field: text, or a number. False: the object has none. */
static bool
field_of(const ann_set *s, const step *t, int image, const ann_object *o, const char **text, double *v, base_str *room)
{
	const ann_image *im = &s->images[image];
	*text = NULL;
	switch (t->field) {
	case F_NAME: *text = ann_str(s, im->name); return true;
	case F_IMAGE_WIDTH: *v = im->width; return true;
	case F_IMAGE_HEIGHT: *v = im->height; return true;
	case F_OBJECTS: *v = s->first[image + 1] - s->first[image]; return true;
	case F_SPLIT: return false; /* several: judged in holds */
	default: break;
	}
	if (!o)
		return false;
	switch (t->field) {
	case F_CLASS: *text = o->class >= 0 ? ann_str(s, s->classes[o->class].name) : ""; return true;
	case F_WIDTH: *v = ann_w(o); return true;
	case F_HEIGHT: *v = ann_h(o); return true;
	case F_AREA: *v = ann_area(s, o); return true;
	case F_X0: *v = ann_x0(o); return true;
	case F_Y0: *v = ann_y0(o); return true;
	case F_X1: *v = ann_x1(o); return true;
	case F_Y1: *v = ann_y1(o); return true;
	case F_ASPECT: *v = ann_h(o) > 0 ? ann_w(o) / ann_h(o) : 0; return true;
	case F_CROWD: *v = (o->flags & ANN_CROWD) != 0; return true;
	case F_DIFFICULT: *v = (o->flags & ANN_DIFFICULT) != 0; return true;
	default: break;
	}
	const char *json = ann_get(s, o->attributes, t->attribute);
	if (!json)
		return false;
	room->n = 0;
	ann_json_plain(room, json);
	*text = room->p ? room->p : "";
	if (!strcmp(json, "true") || !strcmp(json, "false"))
		*v = json[0] == 't', *text = NULL;
	else if (ann_real(json, json + strlen(json), v))
		*text = NULL;
	return true;
}

static bool
compare(const step *t, const char *text, double v)
{
	if (text && t->op == LIKE)
		return !fnmatch(t->text, text, 0);
	double d = text ? strcmp(text, t->text) : t->numeric ? v - t->number : NAN;
	switch (t->op) {
	case EQ: return d == 0;
	case NE: return !(d == 0);
	case LT: return d < 0;
	case LE: return d <= 0;
	case GT: return d > 0;
	case GE: return d >= 0;
	default: return false;
	}
}

static bool
holds(const ann_set *s, const parser *q, int image, const ann_object *o, base_str *room)
{
	bool stack[TOKENS];
	int n = 0;
	for (int i = 0; i < q->n; i++) {
		const step *t = &q->program[i];
		const char *text;
		double v = 0;
		if (t->op == NOT)
			stack[n - 1] = !stack[n - 1];
		else if (t->op == AND || t->op == OR) {
			n--;
			stack[n - 1] = t->op == AND ? stack[n - 1] && stack[n] : stack[n - 1] || stack[n];
		} else if (t->field == F_SPLIT) {
			bool in = false;
			for (int k = 0; k < s->n_splits; k++)
				in = in
					|| (s->images[image].splits >> k & 1
						&& (t->op == LIKE ? !fnmatch(t->text, ann_str(s, s->splits[k]), 0)
										  : !strcmp(t->text, ann_str(s, s->splits[k]))));
			stack[n++] = t->op == NE ? !in : in;
		} else
			stack[n++] = field_of(s, t, image, o, &text, &v, room) ? compare(t, text, v) : t->op == NE;
	}
	return n == 1 && stack[0];
}

secant_status
secant_dataset_filter(secant_dataset *d, const char *expression, bool empty, secant_err *err)
{
	ann_set *s = &d->set;
	secant_err own = { 0 };
	parser *q = secant_calloc(1, sizeof *q);
	base_str room = { 0 };
	if (!q)
		return ann_nomem(err);
	q->start = q->p = expression;
	q->set = s;
	q->err = err ? err : &own;
	if (either(q)) {
		space(q);
		if (*q->p)
			fail(q, "something is left over");
	}
	secant_status status = q->failed ? q->err->code : SECANT_OK;
	for (int i = 0; !status && i < s->n_images; i++) {
		int left = 0;
		if (!q->objects) {
			if (!holds(s, q, i, NULL, &room))
				s->images[i].flags |= ANN_GONE;
			continue;
		}
		for (uint32_t k = s->first[i]; k < s->first[i + 1]; k++) {
			ann_object *o = &s->objects[s->order[k]];
			if (holds(s, q, i, o, &room))
				left++;
			else
				o->flags |= ANN_GONE;
		}
		if (!left && !empty)
			s->images[i].flags |= ANN_GONE;
	}
	base_str_free(&room);
	secant_free(q);
	return status ? status : ann_compact(s, err);
}
