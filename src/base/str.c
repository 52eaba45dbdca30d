/*
 * Strings that grow, formatted strings, and the nearest name for messages about slips of the keyboard.
 */
#include "base/mem.h"
#include "base/bytes.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for n more bytes and a zero. */
static bool
str_reserve(base_str *s, size_t n)
{
	if (s->failed)
		return false;
	if (n < s->capacity - s->n)
		return true;
	size_t want = s->n + n + 1;
	if (want <= n || want > PTRDIFF_MAX) {
		s->failed = true;
		return false;
	}
	size_t more = s->capacity > want / 2 ? s->capacity * 2 : want < 64 ? 64 : want;
	char *p = base_realloc(s->p, more, 1);
	if (!p) {
		s->failed = true;
		return false;
	}
	s->p = p;
	s->capacity = more;
	return true;
}

void
base_str_addn(base_str *s, const char *text, size_t n)
{
	if (!str_reserve(s, n))
		return;
	memcpy(s->p + s->n, text, n);
	s->n += n;
	s->p[s->n] = '\0';
}

void
base_str_add(base_str *s, const char *text)
{
	base_str_addn(s, text, strlen(text));
}

void
base_str_add_markup(base_str *s, const char *text)
{
	for (const char *p = text; *p; p++)
		switch (*p) {
		case '<': base_str_add(s, "&lt;"); break;
		case '>': base_str_add(s, "&gt;"); break;
		case '&': base_str_add(s, "&amp;"); break;
		case '"': base_str_add(s, "&quot;"); break;
		default: base_str_addn(s, p, 1); break;
		}
}

void
base_str_add_le(base_str *s, uint64_t v, int bytes)
{
	uint8_t p[8];
	base_put_le(p, v, bytes);
	base_str_addn(s, (const char *)p, (size_t)bytes);
}

static void
str_addv(base_str *s, const char *fmt, va_list ap)
{
	va_list again;
	if (s->failed)
		return;
	va_copy(again, ap);
	size_t room = s->p && s->capacity > s->n ? s->capacity - s->n : 0;
	int n = vsnprintf(room ? s->p + s->n : NULL, room, fmt, ap);
	if (n < 0)
		s->failed = true;
	else if ((size_t)n < room)
		s->n += (size_t)n;
	else if (str_reserve(s, (size_t)n)) {
		(void)vsnprintf(s->p + s->n, (size_t)n + 1, fmt, again);
		s->n += (size_t)n;
	}
	va_end(again);
}

void
base_str_addf(base_str *s, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	str_addv(s, fmt, ap);
	va_end(ap);
}

char *
base_str_take(base_str *s)
{
	if (!s->failed && !s->p)
		base_str_addn(s, "", 0);
	char *p = s->failed ? NULL : s->p;
	if (s->failed)
		secant_free(s->p);
	memset(s, 0, sizeof *s);
	return p;
}

void
base_str_free(base_str *s)
{
	secant_free(s->p);
	memset(s, 0, sizeof *s);
}

char *
base_format(const char *fmt, ...)
{
	base_str s = { 0 };
	va_list ap;
	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	return base_str_take(&s);
}

static int
least(int a, int b, int c)
{
	int m = a < b ? a : b;
	return m < c ? m : c;
}

/* Optimal string alignment: insertions, deletions, replacements and swaps of neighbours cost 1. Names are cut to 63
 * bytes. */
int
base_edit_distance(const char *a, const char *b)
{
	enum { LONGEST = 63 };
	int rows[3][LONGEST + 1];
	int n = (int)strnlen(a, LONGEST), m = (int)strnlen(b, LONGEST);
	int *before = rows[0], *last = rows[1], *now = rows[2];
	for (int j = 0; j <= m; j++)
		last[j] = before[j] = j;
	for (int i = 1; i <= n; i++) {
		now[0] = i;
		for (int j = 1; j <= m; j++) {
			now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1, now[j]);
		}
		int *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[m];
}

const char *
secant_nearest(const char *name, const char *const *list)
{
	enum { ABBREVIATION = 3 };
	const char *best = NULL, *begins = NULL;
	size_t n = strnlen(name, 63);
	int limit = 1 + (int)n / 3, least_so_far = limit + 1;
	for (; *list; list++) {
		int d = base_edit_distance(name, *list);
		if (d < least_so_far) {
			least_so_far = d;
			best = *list;
		}
		if (n >= ABBREVIATION && !strncmp(*list, name, n) && (!begins || strlen(*list) < strlen(begins)))
			begins = *list;
	}
	/* "colour" is "colour-jitter" sooner than "blur", but one slip is nearer than what was left off */
	return begins && least_so_far > 1 ? begins : best;
}
