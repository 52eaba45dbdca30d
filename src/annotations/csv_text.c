/* Records and cells of CSV files (RFC 4180, with the separators that people have). */
#include "annotations/csv.h"
#include <string.h>

bool
ann_csv_record(ann_lines *l, char separator, ann_csv_row *r, bool *bad)
{
	ann_lines at = *l;
	if (!ann_next_line(&at))
		return false;
	const char *p = at.line, *end = at.line + at.n;
	size_t offset[ANN_COLUMNS], length[ANN_COLUMNS];
	bool quoted[ANN_COLUMNS];
	r->n = 0;
	r->room.n = 0;
	for (;;) {
		if (r->n == ANN_COLUMNS) {
			*bad = true;
			break;
		}
		offset[r->n] = r->room.n;
		const char *first = p;
		while (first < end && (*first == ' ' || (*first == '\t' && separator != '\t')))
			first++;
		quoted[r->n] = first < end && *first == '"';
		if (quoted[r->n]) {
			p = first;
			p++;
			for (;; p++) {
				if (p >= l->end) {
					*bad = true;
					break;
				}
				if (*p == '"' && p + 1 < l->end && p[1] == '"') {
					base_str_addn(&r->room, p++, 1);
					continue;
				}
				if (*p == '"')
					break;
				if (*p == '\n')
					at.number++;
				base_str_addn(&r->room, p, 1);
			}
			if (*bad)
				break;
			p++;
			if (p > end) { /* the field went over the end of the line */
				const char *stop = memchr(p, '\n', (size_t)(l->end - p));
				end = stop ? stop : l->end;
				at.p = stop ? stop + 1 : l->end;
				end -= end > p && end[-1] == '\r';
			}
			while (p < end && (*p == ' ' || *p == '\r') && *p != separator)
				p++;
		} else {
			const char *q = p;
			while (q < end && *q != separator)
				q++;
			base_str_addn(&r->room, p, (size_t)(q - p));
			p = q;
		}
		length[r->n] = r->room.n - offset[r->n];
		r->n++;
		if (p >= end || *p != separator) {
			*bad = *bad || p < end;
			break;
		}
		p++;
	}
	for (int i = 0; i < r->n && !*bad; i++) {
		const char *base = (r->room.p ? r->room.p : "") + offset[i];
		r->f[i] = quoted[i] ? (ann_field){ base, base + length[i] } : ann_trim(base, base + length[i]);
	}
	*l = at;
	return true;
}

char
ann_csv_separator(const char *data, size_t n)
{
	static const char all[] = ",;\t";
	ann_lines l = ann_lines_of(data, n);
	int count[3] = { 0 };
	if (!ann_next_line(&l))
		return ',';
	for (size_t i = 0; i < l.n; i++)
		for (int k = 0; k < 3; k++)
			count[k] += l.line[i] == all[k];
	return count[1] > count[0] && count[1] >= count[2] ? ';' : count[2] > count[0] ? '\t' : ',';
}

void
ann_csv_cell(base_str *t, const char *p, size_t n)
{
	if (!n
		|| !(memchr(p, ',', n) || memchr(p, '"', n) || memchr(p, '\n', n) || memchr(p, '\r', n) || *p == ' '
			|| p[n - 1] == ' ')) {
		base_str_addn(t, p, n);
		return;
	}
	base_str_add(t, "\"");
	for (size_t i = 0; i < n; i++)
		base_str_addn(t, p[i] == '"' ? "\"\"" : p + i, p[i] == '"' ? 2 : 1);
	base_str_add(t, "\"");
}
