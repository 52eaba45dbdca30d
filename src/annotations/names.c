/* Names of classes from a file, one a line; or the class file of training: NAME R G B [ignore]. */
#include "annotations/format.h"
#include <strings.h>

/* NAME R G B, the class file of training: where the colour starts; NULL: there is none. */
static const char *
colour_of(ann_field f, int32_t *colour)
{
	const char *end = f.end;
	int32_t rgb = 0;
	for (int k = 0; k < 3; k++) {
		int64_t v;
		const char *p = end;
		while (p > f.p && p[-1] != ' ' && p[-1] != '\t' && p[-1] != ',')
			p--;
		if (p == f.p || !ann_integer(p, end, &v) || v < 0 || v > 255)
			return NULL;
		rgb |= (int32_t)v << 8 * k;
		end = ann_trim(f.p, p).end;
		while (end > f.p && (end[-1] == ',' || end[-1] == ' ' || end[-1] == '\t'))
			end--;
	}
	*colour = rgb;
	return end > f.p ? end : NULL;
}

/* NAME R G B ignore: the line without that word, *ignored set. */
static ann_field
without_ignore(ann_field f, bool *ignored)
{
	const size_t n = ann_len(f);
	*ignored = n > 7 && !strncasecmp(f.end - 6, "ignore", 6) && strchr(" \t,", f.end[-7]);
	return *ignored ? ann_trim(f.p, f.end - 7) : f;
}

static bool
all_coloured(const char *data, size_t n)
{
	bool ignored;
	ann_lines l = ann_lines_of(data, n);
	bool any = false;
	while (ann_next_line(&l)) {
		int32_t c;
		ann_field f = without_ignore(ann_trim(l.line, l.line + l.n), &ignored);
		if (base_is_comment(f.p, ann_len(f)))
			continue;
		any = any || ann_len(f);
		if (ann_len(f) && !colour_of(f, &c))
			return false;
	}
	return any;
}

static secant_status
names_parse(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	const bool coloured = all_coloured(data, n);
	while (ann_next_line(&l)) {
		ann_field f = ann_trim(l.line, l.line + l.n);
		int32_t colour = -1;
		if (ann_len(f) != l.n && ann_len(f) && s->collect)
			(void)ann_find(s, "class-name-space", -1, origin, l.number, 0, "class name '%.*s' has spaces around it",
				(int)l.n, l.line);
		if (coloured && base_is_comment(f.p, ann_len(f)))
			continue;
		bool ignored = false;
		if (coloured && ann_len(f)) {
			f = without_ignore(f, &ignored);
			f.end = colour_of(f, &colour);
		}
		int at = ann_len(f) ? ann_add_class(s, f.p, ann_len(f), ANN_NO_ID) : 0;
		if (at < 0)
			return ann_nomem(err);
		if (colour >= 0)
			s->classes[at].colour = colour;
		if (ignored)
			s->classes[at].is_void = true;
	}
	return SECANT_OK;
}

secant_status
ann_read_names(ann_set *s, const char *path, secant_err *err)
{
	return ann_read_text(s, -1, path, names_parse, err);
}

secant_status
ann_read_option_names(ann_set *s, const secant_dataset_reading *o, secant_err *err)
{
	return o->classes && *o->classes ? ann_read_names(s, o->classes, err) : SECANT_OK;
}

void
ann_labelmap_row(ann_field row, ann_field *name, int32_t *colour)
{
	*colour = -1;
	for (const char *at = row.end; at > row.p;)
		if (*--at == ':') {
			const char *end = memchr(at + 1, ':', (size_t)(row.end - at - 1));
			ann_field rgb[4];
			int64_t c[3];
			end = end ? end : row.end;
			if (ann_fields(at + 1, (size_t)(end - at - 1), ',', rgb, 4) != 3
				|| !ann_integer(rgb[0].p, rgb[0].end, &c[0]) || !ann_integer(rgb[1].p, rgb[1].end, &c[1])
				|| !ann_integer(rgb[2].p, rgb[2].end, &c[2]) || (c[0] | c[1] | c[2]) & ~255LL)
				continue;
			*name = (ann_field){ row.p, at };
			*colour = (int32_t)(c[0] << 16 | c[1] << 8 | c[2]);
			return;
		}
	const char *first = row.end, *third = NULL; /* NAME:::, without a colour, ends at the last colon but two */
	int colons = 0;
	for (const char *at = row.end; at > row.p;)
		if (*--at == ':') {
			first = at;
			third = ++colons == 3 ? at : third;
		}
	*name = (ann_field){ row.p, third ? third : first };
}
