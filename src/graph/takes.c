/* The words of takes.h, read where they are checked: they are short, and nodes are made once. */
#include "graph/takes.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef struct word {
	const char *kind; /* r, i or a */
	char how; /* '=', '#', ':' or 0 */
	const char *axes; /* behind ':' */
	size_t n; /* of axes */
	int other; /* behind '=' */
	bool repeats;
} word;

/* The word at *p, which moves behind it and the space. False: it cannot be read. */
static bool
next_word(const char **p, word *w)
{
	static const char *const kinds[] = { "real", "int", "any" };
	const char *at = *p;
	*w = (word){ 0 };
	for (int k = 0; k < 3 && !w->kind; k++)
		if (!strncmp(at, kinds[k], strlen(kinds[k]))) {
			w->kind = kinds[k];
			at += strlen(kinds[k]);
		}
	if (!w->kind)
		return false;
	w->how = *at && *at != ' ' ? *at++ : '\0';
	if (w->how == '=') {
		if (!isdigit((unsigned char)*at))
			return false;
		w->other = *at++ - '0';
	} else if (w->how == '#') {
		if (*at++ != '1')
			return false;
	} else if (w->how == ':') {
		w->axes = at;
		w->n = strcspn(at, " ");
		at += w->n;
	} else if (w->how)
		return false;
	if (*at && *at++ != ' ')
		return false;
	if (!strcmp(at, "...")) {
		w->repeats = true;
		at += 3;
	}
	*p = at;
	return true;
}

/* One axis at *at: its size, -1 any, or a letter. False at the end, or where nothing can be read. */
typedef struct axis {
	int64_t size;
	char letter;
} axis;

static bool
next_axis(const char **at, const char *end, axis *a)
{
	*a = (axis){ .size = -1 };
	if (*at >= end)
		return false;
	if (isdigit((unsigned char)**at)) {
		a->size = 0;
		while (*at < end && isdigit((unsigned char)**at))
			a->size = a->size * 10 + *(*at)++ - '0';
	} else if (isupper((unsigned char)**at))
		a->letter = *(*at)++;
	else if (*(*at)++ != '_')
		return false;
	if (*at < end && *(*at)++ != 'x')
		return false;
	return true;
}

/* The axes of a pattern, and whether ".." stands in front or behind. -1: it cannot be read. */
static int
read_axes(const word *w, axis axes[SECANT_MAX_RANK], bool *before, bool *behind)
{
	const char *at = w->axes, *end = at + w->n;
	int n = 0;
	*before = w->n >= 2 && !strncmp(at, "..", 2);
	at += *before ? 2 : 0;
	*behind = end - at >= 2 && !strncmp(end - 2, "..", 2);
	end -= *behind ? 2 : 0;
	while (n < SECANT_MAX_RANK && next_axis(&at, end, &axes[n]))
		n++;
	return at == end && !(*before && *behind) ? n : -1;
}

static secant_status
check_kind(const word *w, const graph_signature *s, int i, secant_err *err)
{
	secant_dtype d = s->in[i].dtype;
	bool integer = d == SECANT_U8 || d == SECANT_I8 || d == SECANT_U16 || d == SECANT_I16 || d == SECANT_I32
		|| d == SECANT_I64 || d == SECANT_BOOL;
	if (*w->kind == 'a' || (*w->kind == 'i' && integer) || (*w->kind == 'r' && (d == SECANT_F32 || d == SECANT_BF16)))
		return SECANT_OK;
	return secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, want %s", i, secant_dtype_name(d),
		*w->kind == 'i' ? "integers" : "f32");
}

/* Sizes by letter that are known so far; -1: not yet. */
static secant_status
check_axes(const word *w, const graph_signature *s, int i, int64_t known[26], secant_err *err)
{
	const secant_shape *x = &s->in[i].shape;
	axis axes[SECANT_MAX_RANK];
	bool before, behind;
	int n = read_axes(w, axes, &before, &behind);
	char got[96], want[160];
	if (n < 0)
		return secant_fail(err, SECANT_ERR_BUG, "cannot read what input %d must be", i);
	bool fits = before || behind ? x->rank >= n : x->rank == n;
	for (int k = 0; k < n && fits; k++) {
		int64_t size = x->dim[before ? x->rank - n + k : k],
				*letter = axes[k].letter ? &known[axes[k].letter - 'A'] : NULL;
		if (letter && *letter < 0)
			*letter = size;
		fits = letter ? *letter == size : axes[k].size < 0 || axes[k].size == size;
	}
	if (fits)
		return SECANT_OK;
	size_t used = 0;
	want[0] = '\0';
	for (int k = 0; k < n; k++) {
		int64_t size = axes[k].letter ? known[axes[k].letter - 'A'] : axes[k].size;
		const char *joint = k ? "x" : before ? "..." : "";
		used += (size_t)(size >= 0 ? snprintf(want + used, sizeof want - used, "%s%lld", joint, (long long)size)
								   : snprintf(want + used, sizeof want - used, "%s_", joint));
	}
	return secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, want %s%s", i, secant_shape_text(x, got, sizeof got),
		n ? want : "a number", behind ? "..." : "");
}

static secant_status
check_word(const word *w, const graph_signature *s, int i, int64_t known[26], secant_err *err)
{
	char got[96], other[96];
	if (s->in[i].shape.rank < 0)
		return SECANT_OK;
	if (check_kind(w, s, i, err))
		return SECANT_ERR_SHAPE;
	switch (w->how) {
	case '=':
		return s->in[w->other].shape.rank < 0 || secant_shape_equal(&s->in[w->other].shape, &s->in[i].shape)
			? SECANT_OK
			: secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, input %d is %s: want equal shapes", w->other,
				secant_shape_text(&s->in[w->other].shape, other, sizeof other), i,
				secant_shape_text(&s->in[i].shape, got, sizeof got));
	case '#':
		return secant_shape_count(&s->in[i].shape) == 1
			? SECANT_OK
			: secant_fail(err, SECANT_ERR_SHAPE, "input %d is %s, want one number", i,
				secant_shape_text(&s->in[i].shape, got, sizeof got));
	case ':': return check_axes(w, s, i, known, err);
	default: return SECANT_OK;
	}
}

secant_status
graph_takes_check(const char *takes, const graph_signature *s, secant_err *err)
{
	int64_t known[26];
	word w = { 0 };
	memset(known, -1, sizeof known);
	for (int i = 0; takes && i < s->n_in; i++) {
		if (!w.repeats && !next_word(&takes, &w))
			return secant_fail(err, SECANT_ERR_BUG, "cannot read what input %d must be", i);
		secant_status status = check_word(&w, s, i, known, err);
		if (status)
			return status;
	}
	return SECANT_OK;
}

int
graph_takes_words(const char *takes)
{
	int n = 0;
	word w = { 0 };
	axis axes[SECANT_MAX_RANK];
	bool before, behind;
	for (; *takes; n++)
		if (!next_word(&takes, &w) || (w.how == '=' && w.other >= n)
			|| (w.how == ':' && read_axes(&w, axes, &before, &behind) < 0))
			return -2;
	return w.repeats ? -1 : n;
}
