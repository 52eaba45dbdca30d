/*
 * Values of properties from text, as GStreamer reads them (gst_value_deserialize): integers of any base that C knows,
 * read as unsigned 64 bits first; what a narrower type cannot keep does not convert. Beyond that the stream manager
 * refuses the empty string for every number and a minus sign for unsigned ones.
 */
#include "stream/element.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool
stream_word_in(const char *words, const char *word, int *number)
{
	size_t size = strlen(word);
	for (int i = 0;; i++) {
		size_t n = strcspn(words, "|");
		if (n == size && !memcmp(words, word, n)) {
			if (number)
				*number = i;
			return true;
		}
		if (!words[n])
			return false;
		words += n + 1;
	}
}

static bool
is_unsigned(const stream_prop *p)
{
	return p->type == STREAM_PROP_UINT || p->type == STREAM_PROP_ULONG;
}

static bool
is_narrow(const stream_prop *p)
{
	return p->type == STREAM_PROP_INT || p->type == STREAM_PROP_UINT;
}

/* The names GStreamer knows for integers: limits of the type, and byte orders as glib numbers them. */
static bool
named(const stream_prop *p, const char *text, uint64_t *v)
{
	bool narrow = is_narrow(p), plain = is_unsigned(p);
	uint64_t top = narrow ? UINT32_MAX : UINT64_MAX;
	if (!strcasecmp(text, "little_endian"))
		*v = 1234;
	else if (!strcasecmp(text, "big_endian"))
		*v = 4321;
	else if (!strcasecmp(text, "byte_order"))
		*v = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 1234 : 4321;
	else if (!strcasecmp(text, "min"))
		*v = plain ? 0 : narrow ? (uint64_t)(int64_t)INT32_MIN : (uint64_t)1 << 63;
	else if (!strcasecmp(text, "max"))
		*v = plain ? top : top >> 1;
	else
		return false;
	return true;
}

static bool
read_integer(const stream_prop *p, const char *text, int64_t *v)
{
	char *end;
	errno = 0;
	uint64_t u = strtoull(text, &end, 0);
	if (errno == ERANGE || (*end && !named(p, text, &u)))
		return false;
	if (is_narrow(p)) {
		uint64_t above = u >> 32, sign = u >> 31;
		if ((u >> 63) ? sign != ((uint64_t)1 << 33) - 1 : above != 0)
			return false;
		*v = p->type == STREAM_PROP_UINT ? (int64_t)(uint32_t)u : (int64_t)(int32_t)(uint32_t)u;
	} else {
		*v = (int64_t)u;
	}
	return true;
}

static bool
read_real(const char *text, double *v)
{
	char *end;
	*v = strtod(text, &end);
	return *text && !*end && !isnan(*v);
}

static bool
read_bool(const char *text, int64_t *v)
{
	static const char *const words[] = { "false", "f", "no", "0", "true", "t", "yes", "1" };
	for (int i = 0; i < 8; i++)
		if (!strcasecmp(text, words[i])) {
			*v = i >= 4;
			return true;
		}
	return false;
}

/* Caps of GStreamer begin with a media type, which fields may follow; what these are is not looked at. */
static bool
starts_as_caps(const char *text)
{
	static const char *const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	text += strspn(text, " ");
	size_t n = strspn(text, letters);
	while (n && (strspn(text + n, letters) || strspn(text + n, "0123456789/-_.:+")))
		n++;
	text += n;
	text += strspn(text, " ");
	return n && (!*text || strchr(",;(", *text));
}

static const char *
outside(const stream_prop *p, const char *text, char *why, size_t size)
{
	if (p->max == INT64_MAX)
		snprintf(why, size, "%.60s is below %lld", text, (long long)p->min);
	else
		snprintf(why, size, "%.60s is outside of %lld to %lld", text, (long long)p->min, (long long)p->max);
	return why;
}

const char *
stream_prop_read(const stream_prop *p, const char *text, stream_prop_value *v, char *why, size_t size)
{
	static const char *const kinds[] = { "", "a whole number", "a whole number from 0", "a whole number",
		"a whole number from 0", "a number", "true or false", "", "" };
	int word;
	bool fits = true;
	*v = (stream_prop_value){ 0 };
	switch (p->type) {
	case STREAM_PROP_STRING: return NULL;
	case STREAM_PROP_INT:
	case STREAM_PROP_LONG: fits = *text && read_integer(p, text, &v->i); break;
	case STREAM_PROP_UINT:
	case STREAM_PROP_ULONG: fits = *text && !strchr(text, '-') && read_integer(p, text, &v->i); break;
	case STREAM_PROP_REAL: fits = read_real(text, &v->real); break;
	case STREAM_PROP_BOOL: fits = read_bool(text, &v->i); break;
	case STREAM_PROP_ENUM:
		if (stream_word_in(p->words, text, &word)) {
			v->i = p->min + word;
			return NULL;
		}
		if (!*text || !read_integer(&(stream_prop){ .type = STREAM_PROP_INT }, text, &v->i)) {
			snprintf(why, size, "'%.60s' is none of %.200s", text, p->words);
			return why;
		}
		break;
	case STREAM_PROP_OTHER:
		if (!strcmp(p->name, "caps") && starts_as_caps(text))
			return NULL;
		snprintf(why, size, "'%.60s' does not stand for it", text);
		return why;
	}
	if (!fits) {
		snprintf(why, size, "'%.60s' is not %s%s", text, kinds[p->type], is_narrow(p) ? " of 32 bits" : "");
		return why;
	}
	if (p->type == STREAM_PROP_BOOL || p->type == STREAM_PROP_ULONG)
		return NULL;
	if (p->type == STREAM_PROP_REAL)
		return v->real < (double)p->min || v->real > (double)p->max ? outside(p, text, why, size) : NULL;
	return v->i < p->min || v->i > p->max ? outside(p, text, why, size) : NULL;
}

int
stream_reals(const char *text, size_t size, double *v, int most)
{
	int n = 0;
	for (const char *end = text + size;; text++) {
		char number[64], *stop;
		size_t length = 0;
		for (; text < end && *text != ','; text++)
			if (!isspace((unsigned char)*text)) {
				if (length + 1 >= sizeof number)
					return -1;
				number[length++] = *text;
			}
		number[length] = '\0';
		double value = strtod(number, &stop);
		if (!length || *stop || !isfinite(value) || n == most)
			return -1;
		v[n++] = value;
		if (text >= end)
			return n;
	}
}
